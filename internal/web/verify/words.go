package verify

import "kefu/internal/domain/official"

// words are what the page says in one language. %s is the name of the house.
type words struct {
	Title, Lead, Ask, AskHint, Check                                      string
	CodeTitle, CodeText, Window, NeverTitle, Never                        string
	Report, ReportLead, About, Happened, Where, Reach, Send, ReportNeeded string
	Thanks, ThanksText, ListTitle, ListEmpty, ASCII, TooMany, Failed      string
	Ours, Resembles, Was, Letters                                         string
	Kinds                                                                 map[official.Kind]string
	Networks                                                              map[string]string
	Scripts                                                               map[string]string
	Verdicts                                                              map[official.State]verdict
	// Of what is ours, by kind: what that does not prove.
	Still map[official.Kind]string
	// Of what is ours as one thing only, by kind: as what. %s is its network, of a number itself.
	As map[official.Kind]string
	Or string
}

type verdict struct {
	Title, Text string
	Next        []string
}

func english() words {
	next := []string{
		"Do not call back, do not follow the link and do not answer.",
		"Open your wallet yourself, by the app or the address that you know, and ask us there.",
		"If you told somebody a code or a password, or moved money: tell us in your wallet at once, and your bank.",
	}
	return words{
		Title: "Is this really %s?", Lead: "Somebody rang you, wrote to you or sent a link in our name? Look here whether it is one of our official channels. Nobody has to sign in for that.",
		Ask: "Number, e-mail address, account or link", AskHint: "As it was shown to you. What you type is not kept.", Check: "Check",
		CodeTitle: "Are they talking to you now?", CodeText: "A number or a sender's name can be forged. When one of us contacts you, ask for a code, and open the help of your wallet while you are signed in: it shows who contacts you and the same code. Whoever cannot give one that stands there is not to be believed.",
		Window: "Open our help", NeverTitle: "What we never ask for", Never: "Passwords, PINs, one-time codes, recovery phrases, control of your device, or moving money to a “safe” account.",
		Report: "Report somebody who pretends to be us", ReportLead: "It goes to the people who have such numbers, pages and accounts taken down. Do not write passwords or codes.",
		About: "Number, address, account or link", Happened: "What did they say, or ask for? (optional)", Where: "Where can it be seen? A link (optional)", Reach: "How can we reach you? (optional)", Send: "Send the report", ReportNeeded: "Something in the report is missing or too long.",
		Thanks: "Thank you. We have your report.", ThanksText: "We look into it and have it taken down. If it was about your money, write to us in your wallet too: there we know that it is you.",
		ListTitle: "Our official channels", ListEmpty: "None are listed at the moment.", ASCII: "To the network its name is", TooMany: "You asked many times in a short time. Please try again in a minute.", Failed: "That did not work. Please try again.",
		Ours: "In our register as", Resembles: "Ours is", Was: "It was in our register as", Letters: "The marked letters are %s.",
		Kinds:    map[official.Kind]string{official.Phone: "Telephone", official.Mail: "E-mail address", official.MailDomain: "E-mail addresses ending in", official.Site: "Website", official.Social: "Account", official.App: "App"},
		Networks: map[string]string{"wechat": "WeChat", "weibo": "Weibo", "douyin": "Douyin", "xiaohongshu": "Xiaohongshu", "x": "X", "facebook": "Facebook", "instagram": "Instagram", "youtube": "YouTube", "tiktok": "TikTok", "linkedin": "LinkedIn", "telegram": "Telegram", "whatsapp": "WhatsApp", "ios": "iOS", "android": "Android"},
		Scripts:  map[string]string{"Cyrillic": "Cyrillic", "Greek": "Greek", "Armenian": "Armenian", "Han": "Chinese", "Hebrew": "Hebrew", "Arabic": "Arabic", "Cherokee": "Cherokee", "": "of another script"},
		Verdicts: map[official.State]verdict{
			official.Ours:       {"This is ours", "It is in the register of our official channels.", nil},
			official.OursAs:     {"Ours only as %s", "Is that what you see, and there? The same name anywhere else, or as the sender of a message, is not ours: anybody can take it. A longer link with the name in it proves nothing: open it, and look whose it is.", nil},
			official.Formerly:   {"This was ours, and is not any more", "We have given it up, and somebody else may have it now.", next},
			official.Lookalike:  {"This is not ours", "It looks like one of our channels and is not in our register. That is how impostors do it.", next},
			official.NotOurs:    {"This is not ours", "It is not in the register of our official channels.", next},
			official.Unlisted:   {"This page cannot tell", "We list no channel of this kind here, so it may be ours or not. Treat it as not ours until you have asked.", next},
			official.Unreadable: {"We cannot read this", "It is no telephone number, e-mail address, account or link that we know how to read. Type it as it was shown to you, without spaces in links. If there are several, check one at a time. If it was shown like this: it is not ours.", nil},
		},
		Still: map[official.Kind]string{
			official.Phone:  "Even so: a caller can make a false number appear. If they talk to you now, look for their code in your wallet.",
			official.Mail:   "Even so: a sender's address can be forged. If they ask for something, look for their code in your wallet.",
			official.Social: "Even so: a name and a picture can be copied, and a name that is shown can be forged. If somebody asks for something under it, look for their code in your wallet.",
			official.App:    "Even so: an app's name and picture can be copied. Install it from the store alone, never from a link or a file that somebody sent you.",
			"":              "Even so: nobody of ours asks for passwords, codes or transfers there.",
		},
		As: map[official.Kind]string{official.Phone: "the number %s", official.Site: "a website", official.Social: "an account on %s", official.App: "an app for %s"},
		Or: " or ",
	}
}

func chinese() words {
	next := []string{
		"不要回拨，不要点链接，也不要回复。",
		"自己打开钱包 App 或您熟悉的网址，在里面联系我们核实。",
		"如果已经把验证码或密码告诉对方，或者转了账，请马上在钱包里告诉我们，并联系银行。",
	}
	return words{
		Title: "真的是%s吗？", Lead: "有人以我们的名义打电话、发消息或发来链接？在这里核对它是不是官方渠道，不用登录。",
		Ask: "电话号码、邮箱、账号或链接", AskHint: "照您看到的样子填写，我们不会保存。", Check: "核实",
		CodeTitle: "对方正在跟您联系？", CodeText: "来电号码和发件人名称都可以伪造。有人以我们的名义联系您时，请让对方给出口令，再登录钱包、打开客服窗口核对：那里会显示是谁在联系您和同一个口令。给不出或对不上，就不要相信。",
		Window: "打开客服窗口", NeverTitle: "我们绝不会索要", Never: "密码、PIN、短信验证码、助记词、远程控制您的设备，也不会让您把钱转到“安全账户”。",
		Report: "举报冒充我们的人", ReportLead: "会交给专人处理，关停对方的号码、网页和账号。请不要写密码或验证码。",
		About: "号码、地址、账号或链接", Happened: "对方说了什么、要您做什么？（选填）", Where: "在哪里可以看到？请填链接（选填）", Reach: "怎么联系您？（选填）", Send: "提交举报", ReportNeeded: "举报内容有缺漏或太长。",
		Thanks: "谢谢，举报已收到。", ThanksText: "我们会核查并推动关停。如果涉及您的资金，请同时在钱包里联系我们，那里能确认是您本人。",
		ListTitle: "我们的官方渠道", ListEmpty: "目前没有公布。", ASCII: "它在网络上的真实名称是", TooMany: "查询太频繁，请一分钟后再试。", Failed: "没有成功，请重试。",
		Ours: "名录中登记为", Resembles: "我们的是", Was: "曾登记为", Letters: "标出的字母是%s。",
		Kinds:    map[official.Kind]string{official.Phone: "电话", official.Mail: "邮箱", official.MailDomain: "以此结尾的邮箱", official.Site: "网站", official.Social: "账号", official.App: "App"},
		Networks: map[string]string{"wechat": "微信", "weibo": "微博", "douyin": "抖音", "xiaohongshu": "小红书", "x": "X", "facebook": "Facebook", "instagram": "Instagram", "youtube": "YouTube", "tiktok": "TikTok", "linkedin": "领英", "telegram": "Telegram", "whatsapp": "WhatsApp", "ios": "iOS", "android": "安卓"},
		Scripts:  map[string]string{"Cyrillic": "西里尔字母", "Greek": "希腊字母", "Armenian": "亚美尼亚字母", "Han": "汉字", "Hebrew": "希伯来字母", "Arabic": "阿拉伯字母", "Cherokee": "切罗基字母", "": "其他文字"},
		Verdicts: map[official.State]verdict{
			official.Ours:       {"是我们的官方渠道", "它在我们的官方渠道名录中。", nil},
			official.OursAs:     {"只有%s才是我们", "您看到的是它吗，就在那里看到的？同样的名字出现在别处，或显示为短信发件人，都不是我们：名字谁都可以取。带有这个名字的长链接说明不了什么，请看打开后是谁的账号。", nil},
			official.Formerly:   {"曾经是，现在不是了", "我们已停用，现在可能归别人使用。", next},
			official.Lookalike:  {"不是我们", "它和我们的官方渠道很像，但不在名录中。冒充者常用这种手法。", next},
			official.NotOurs:    {"不是我们", "它不在我们的官方渠道名录中。", next},
			official.Unlisted:   {"这里无法判断", "我们没有在这里公布这类渠道，所以它可能是我们，也可能不是。核实之前，请当作不是我们。", next},
			official.Unreadable: {"无法识别", "这不像电话号码、邮箱、账号或链接，请照您看到的样子填写，链接里不要有空格；有好几个时，请一次核实一个。如果看到的就是这样，那就不是我们。", nil},
		},
		Still: map[official.Kind]string{
			official.Phone:  "但来电号码可以伪造。如果对方正在跟您通话，请到钱包里核对口令。",
			official.Mail:   "但发件地址可以伪造。如果对方要您做什么，请到钱包里核对口令。",
			official.Social: "但昵称和头像可以抄，显示的名字可以伪造。如果对方用它要您做什么，请到钱包里核对口令。",
			official.App:    "但 App 的名称和图标可以抄。请只从应用商店安装，不要用别人发来的链接或安装包。",
			"":              "但我们的人绝不会在那里索要密码、验证码，也不会要您转账。",
		},
		As: map[official.Kind]string{official.Phone: "号码 %s", official.Site: "网站", official.Social: "%s账号", official.App: "%s App"},
		Or: "或",
	}
}
