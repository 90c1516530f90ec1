package consents

import (
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
)

// text is one of the operator's texts, and what it is about.
type text struct {
	Key, Version   string
	Name           consent.Words // of a key that is the wallet's own
	Basis          consent.Basis
	Text, Without  consent.Words
	give, withdraw bool // in customer service; in the wallet's app both always
	lasts          wallet.Time
}

func words(en, zh string) consent.Words { return consent.Words{"en": en, "zh": zh} }

// texts are what the wallet asks its customers, and what it does without asking.
func texts() []text {
	here := func(key, version string, what, without consent.Words) text {
		return text{Key: key, Version: version, Basis: consent.Agreed, Text: what, Without: without, give: true, withdraw: true}
	}
	partners := here(consent.Partners, "2",
		words("Luma tells the shops in its partner programme your name and when you paid there, for a year.", "Luma 会把您的姓名和付款时间告知合作商户，为期一年。"),
		words("Partner shops no longer know you as a member. Your points stay.", "合作商户将无法识别您的会员身份，积分不受影响。"))
	partners.lasts = year
	labs := here("luma_labs", "1",
		words("Luma shows you features that are not finished, and looks at how you use them.", "Luma 会向您展示尚未正式发布的功能，并了解您的使用情况。"),
		words("You see finished features only.", "您只会看到正式发布的功能。"))
	labs.Name, labs.give = words("Trying new features", "新功能试用"), false
	calls := here(consent.Recording, "1", words("Luma records calls with you, to check later what was said.", "Luma 会对与您的通话录音，以便日后核对。"), nil)
	calls.give, calls.withdraw = false, false // asked at the beginning of each call
	return []text{
		here(consent.Location, "2",
			words("Luma sees where your phone is while the app is open, and warns you of payments far away from it.", "应用打开时，Luma 会获取手机位置，并在付款地点离您很远时提醒您。"),
			words("There is no such warning.", "不会再有这类提醒。")),
		here(consent.Shopping, "1",
			words("Luma sorts what you bought by kind, and shows you what your money goes to.", "Luma 会将您的消费分类，向您展示钱花在了哪里。"),
			words("Spending is not shown by kind. The payments themselves stay.", "不再按类别展示消费，付款记录本身会保留。")),
		here(consent.Personalisation, "1",
			words("Luma and its customer service work out from your payments which help and offers fit you.", "Luma 及其客服会根据您的付款情况，推测适合您的帮助和优惠。"),
			words("Help and offers are the same for everybody.", "您看到的帮助和优惠与所有人相同。")),
		here(consent.MarketingEmail, "2", words("Luma sends you offers by e-mail, twice a month at most.", "Luma 会通过电子邮件向您发送优惠，每月最多两次。"), words("No offers come by e-mail. Letters about your account still do.", "不再收到优惠邮件，账户通知邮件仍会发送。")),
		here(consent.MarketingSMS, "1", words("Luma sends you offers by text message.", "Luma 会通过短信向您发送优惠。"), words("No offers come by text message. Codes still do.", "不再收到优惠短信，验证码短信仍会发送。")),
		here(consent.MarketingPush, "1", words("Luma shows you offers as notifications of the app.", "Luma 会通过应用通知向您推送优惠。"), words("The app shows no offers as notifications.", "应用不再推送优惠通知。")),
		here(consent.MarketingCall, "1", words("Luma calls you about offers.", "Luma 会就优惠活动致电您。"), words("Nobody of Luma calls you about offers.", "Luma 不会就优惠活动致电您。")),
		calls,
		here(consent.Assistant, "1",
			words("A program reads what you write to Luma and proposes answers.", "程序会读取您写给 Luma 的内容并建议答复。"),
			words("A person reads it first, which can take longer.", "由人工先阅读，可能需要更长时间。")),
		partners, labs,
		{Key: "payments", Version: "1", Name: words("Carrying out your payments", "完成您的付款"), Basis: consent.Contract,
			Text: words("Luma passes your name and account number on to the bank of whoever you pay.", "Luma 会将您的姓名和账号提供给收款方银行。")},
		{Key: "identity", Version: "3", Name: words("Checking who you are", "核验身份"), Basis: consent.Law,
			Text: words("A law has Luma check who you are, and keep what shows it.", "法律要求 Luma 核验您的身份并保存相关证明。")},
	}
}
