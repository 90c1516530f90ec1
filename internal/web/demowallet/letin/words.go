package letin

// words are those of the page, in English or Chinese.
func words(lang string) map[string]string {
	at := 0
	if lang == "zh" {
		at = 1
	}
	w := map[string]string{}
	for name, both := range map[string][2]string{
		"title":     {"Get back in to your wallet", "找回钱包账户"},
		"mail":      {"Mail and messages of the demonstration", "演示用的邮件和短信"},
		"confirm":   {"Press the button to go on. Only here a new password is chosen; nobody calls you for it.", "请按下按钮继续。只在这里设置新密码，不会有人为此打电话给您。"},
		"go_on":     {"Go on in this browser", "在此浏览器继续"},
		"code":      {"If there is an account, we sent six digits. Type them here, and nowhere else.", "如果账户存在，我们已发送六位数字，请只在这里输入。"},
		"mailed":    {"If there is an account, we sent a link and six digits to this mailbox. Open the link in this browser, or type the digits here, and nowhere else.", "如果账户存在，我们已向这个邮箱发送链接和六位数字。请在这个浏览器里打开链接，或在这里输入数字，不要在其他地方输入。"},
		"kept":      {"Type the recovery code that you kept.", "请输入您保存的恢复码。"},
		"digits":    {"Code", "验证码"},
		"check":     {"Check", "确认"},
		"wrong":     {"That is not it, or it counts no more. Tries left:", "不正确或已失效。剩余次数："},
		"second":    {"Now the code of your authenticator app.", "请输入验证器 App 上的验证码。"},
		"without":   {"I do not have it any more", "我已没有验证器"},
		"document":  {"Show your document and your face. Only people who are trained for it see them.", "请提交证件和本人照片，只有受过培训的人员会查看。"},
		"give":      {"Take the pictures (in this demonstration: one press)", "拍照提交（演示中按一下即可）"},
		"password":  {"Choose a new password: 12 characters or more, best some words that nobody else would put together.", "请设置新密码：至少 12 个字符，最好用几个别人想不到的词。"},
		"new":       {"New password", "新密码"},
		"choose":    {"Use it, and sign everybody else out", "使用新密码，并退出其他设备"},
		"too_short": {"That is too short.", "太短了。"},
		"too_long":  {"That is too long.", "太长了。"},
		"common":    {"That is guessed quickly, or was stolen somewhere before. Take another one.", "这个密码容易被猜到或曾经泄露，请换一个。"},
		"reviewing": {"People look at your document. An answer comes by", "正在人工审核。最晚答复："},
		"cooling":   {"Your document was accepted. For your safety it goes on from the time below, in this browser. Every address of the account was told, and can stop it.", "证件已通过。为安全起见，请在下面的时间之后用这个浏览器继续。账户的所有联系方式都已收到通知，可以终止。"},
		"done":      {"You are in again. Everybody else was signed out. Little can be spent until", "已找回账户，其他设备都已退出。限额至："},
		"over":      {"This does not count any more: it is out of time, was used, or another one took its place. Ask for a new one where you began.", "已失效：可能已过期、已使用或被新的申请取代。请回到开始的地方重新申请。"},
		"elsewhere": {"It was begun in another browser. Go on there, or ask for a new one.", "申请是在另一个浏览器里开始的。请在那里继续，或重新申请。"},
		"locked":    {"There were too many tries. It is the same on every device. Possible again from", "尝试次数过多，所有设备限制相同。可再次尝试的时间："},
		"stop":      {"Somebody asked to get in to your account. If that was not you, press the button: then nothing comes of it.", "有人申请找回您的账户。如果不是您，请按下按钮，申请会立即失效。"},
		"not_me":    {"It was not me", "不是我"},
		"stopped":   {"Stopped. Your own way in has not changed. For an hour nothing is sent for your account, whoever asks. Open help in your wallet if you want somebody to look.", "已终止，您原来的登录方式没有变化。一小时内不论谁申请，都不会为您的账户发送任何消息。如需有人查看，请在钱包中打开客服。"},
		"was_over":  {"It was over already. If you did not do it yourself, sign in and open help in your wallet now.", "申请已经结束。如果不是您本人操作，请马上登录钱包并打开客服。"},
		"open":      {"Get back in", "找回账户"},
		"app_code":  {"The authenticator app shows", "验证器 App 显示"},
		"until":     {"Until:", "截止时间："},
		"at_home":   {"Recovery codes that were written down at home, each for once:", "抄在纸上的恢复码，每个只能用一次："},
		"none":      {"Nothing was sent yet.", "还没有发送过消息。"},
		"by_email":  {"Mail to", "邮件"}, "by_sms": {"Message to", "短信"}, "by_app": {"In the wallet's app", "钱包 App 内"},
		"letter_link":     {"Somebody, we hope you, wants back in to your wallet. The link counts once.", "有人（希望是您本人）申请找回钱包账户。链接只能用一次。"},
		"letter_code":     {"Your code for the wallet's page. Tell it to nobody.", "您的验证码，只在钱包页面使用，请勿告诉任何人。"},
		"letter_begun":    {"Somebody asked to get back in to your wallet.", "有人申请找回您的钱包账户。"},
		"letter_proven":   {"Somebody proved that they are you, and chooses a new password now.", "有人通过了验证，正在设置新密码。"},
		"letter_document": {"Somebody gave a document to get in to your wallet.", "有人提交了证件，申请进入您的钱包。"},
		"letter_cooling":  {"A document was accepted. If you do not stop it, somebody can come in to your wallet after that.", "证件已通过。如果您不终止，届时对方将能进入您的钱包。"},
		"letter_ready":    {"Somebody can choose a new password for your wallet now.", "现在可以为您的钱包设置新密码。"},
		"letter_refused":  {"A document did not prove it. Nothing was changed.", "证件未通过审核，没有任何变更。"},
		"letter_done":     {"A new password was chosen, and everybody else was signed out.", "已设置新密码，其他设备都已退出登录。"},
		"letter_stopped":  {"It was stopped. Your own way in has not changed.", "申请已终止，您原来的登录方式没有变化。"},
	} {
		w[name] = both[at]
	}
	return w
}
