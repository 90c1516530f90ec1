package helpcentre

import (
	"kefu/internal/domain/knowledge/markup"
	"kefu/internal/domain/official"
)

// words are what the pages say in one language. %s is the name of the house, %d a number.
type words struct {
	Name, Tag, Dir                                                   string
	Help, Skip, Site, Contact, Times, Verify, VerifyLong, News       string
	Ask, AskHint, Search, Topics, Often, Where                       string
	HomeTitle, HomeAbout                                             string
	DangerTitle, DangerText, DangerGo                                string
	NotSolved, NotSolvedText, Write, OtherWays, Never                string
	FoundNone, FoundOne, FoundMany, NoneText                         string
	Helped, Yes, No, Thanks, ThanksNo, Related                       string
	Dated, Foreign                                                   string
	ContactAbout, Ways, Chat, ChatText, Prepare                      string
	TimesTitle, TimesAbout, TimesNone, Hours, Wait, AnswerBy, Nobody string
	MissingTitle, MissingAbout, TooMany                              string
	PrepareList                                                      []string
	Kinds                                                            map[official.Kind]string
	Boxes                                                            map[markup.Box]string
}

func english() words {
	return words{
		Name: "English", Tag: "en", Dir: "ltr",
		Help: "Help", Skip: "To the text", Site: "Help centre", Contact: "Contact", Times: "Response times", Verify: "Is this really us?", VerifyLong: "Check a number, an address or a link", News: "What changed in our help",
		Ask: "What is it about?", AskHint: "A few words, as you would say it", Search: "Search", Topics: "Topics", Often: "Often read", Where: "Where you are",
		HomeTitle: "How can we help?", HomeAbout: "Answers about your wallet, and the ways to a person.",
		DangerTitle: "Is somebody at your money?", DangerText: "A payment that is not yours, a call that frightens you, a lost phone: stop payments first.", DangerGo: "Stop it now",
		NotSolved: "Does this not help?", NotSolvedText: "Write to us: a person answers. What you write is kept, and the answer is there when you are back.", Write: "Write to us", OtherWays: "Other ways to reach us",
		Never:     "Nobody of us asks for your password, a code, your recovery phrase, control of your device, or that you move money into safety.",
		FoundNone: "Nothing was found for “%s”.", FoundOne: "One answer for “%s”", FoundMany: "%d answers for “%s”", NoneText: "Try other words, or fewer. Or write to us as you would say it: people read it.",
		Helped: "Did this help?", Yes: "Yes", No: "No", Thanks: "Thank you.", ThanksNo: "Thank you. We read this to make it better. If you still need help, write to us below.", Related: "Near this",
		Dated: "As of %s", Foreign: "There is no English text for this yet. This is the one in %s.",
		ContactAbout: "Every way to reach us that is ours, and how long it takes now.", Ways: "Ways to reach us", Chat: "Write to us", ChatText: "In your wallet, or here. What you write is kept: you may close the page, and the answer is there when you are back.",
		Prepare: "What to have at hand", PrepareList: []string{
			"The payment: choose it in the window, or note its day, its sum and who it went to.",
			"What you saw: the message on the screen, as it stood there. A picture helps.",
			"Your phone, to say in your wallet that it is you. Nobody needs a code or your password for that.",
		},
		TimesTitle: "Response times", TimesAbout: "Whether somebody is there now, and by when who writes is answered.", TimesNone: "How long answers took in the last days is not told here yet.", Hours: "Our hours: %s.", Wait: "Now: %s.", AnswerBy: "Who writes now is answered by %s.", Nobody: "How long it takes now cannot be told.",
		MissingTitle: "There is no such page", MissingAbout: "It may have moved. Search for it, or begin at the topics.", TooMany: "You asked many times in a short time. Please try again in a minute.",
		Kinds: map[official.Kind]string{official.Phone: "Telephone", official.Mail: "E-mail", official.MailDomain: "E-mail addresses ending in", official.Site: "Website", official.Social: "Account", official.App: "App"},
		Boxes: map[markup.Box]string{markup.Warning: "Careful", markup.Note: "Good to know"},
	}
}

func chinese() words {
	return words{
		Name: "中文", Tag: "zh-CN", Dir: "ltr",
		Help: "帮助中心", Skip: "跳到正文", Site: "帮助中心", Contact: "联系我们", Times: "答复时间", Verify: "这真的是我们吗？", VerifyLong: "核实号码、邮箱或链接", News: "帮助内容更新",
		Ask: "您遇到了什么问题？", AskHint: "用您平时的说法，写几个字就行", Search: "搜索", Topics: "问题分类", Often: "大家常看", Where: "当前位置",
		HomeTitle: "有什么可以帮您？", HomeAbout: "钱包常见问题的解答，以及联系人工客服的方式。",
		DangerTitle: "资金有危险？", DangerText: "不是您的付款、让人害怕的来电、手机丢了：请先停止付款。", DangerGo: "马上停止付款",
		NotSolved: "还没有解决？", NotSolvedText: "可以联系客服，会有人答复。您写的内容会保留，回来就能看到答复。", Write: "联系客服", OtherWays: "其他联系方式",
		Never:     "我们不会向您索要密码、验证码、恢复短语，不会要求远程控制您的设备，也不会让您把钱转到“安全账户”。",
		FoundNone: "没有找到与“%s”有关的内容。", FoundOne: "与“%s”有关的内容：1 篇", FoundMany: "与“%[2]s”有关的内容：%[1]d 篇", NoneText: "可以换个说法，或者少写几个字。也可以直接用您的话告诉我们，有人会看。",
		Helped: "这篇内容有帮助吗？", Yes: "有帮助", No: "没有", Thanks: "谢谢您的反馈。", ThanksNo: "谢谢您的反馈，我们会据此改进。如果问题还没解决，请在下方联系我们。", Related: "相关内容",
		Dated: "更新于 %s", Foreign: "这篇内容暂时没有中文，以下为%s版本。",
		ContactAbout: "这里列出全部官方联系方式，以及目前需要等多久。", Ways: "联系方式", Chat: "在线客服", ChatText: "在钱包里或在这里都可以留言。内容会保留，关闭页面也没关系，回来就能看到答复。",
		Prepare: "联系之前请准备", PrepareList: []string{
			"那笔付款：在窗口里选择，或记下日期、金额和对方。",
			"您看到的提示：屏幕上原来的文字，截图更好。",
			"您的手机：用于在钱包里确认是您本人。这不需要验证码，也不需要密码。",
		},
		TimesTitle: "答复时间", TimesAbout: "现在是否有人在，以及留言后最迟什么时候答复。", TimesNone: "最近的实际答复时间暂未公布。", Hours: "服务时间：%s。", Wait: "目前：%s。", AnswerBy: "现在留言，最迟 %s 答复。", Nobody: "目前无法估计需要多久。",
		MissingTitle: "没有这个页面", MissingAbout: "它可能已经移动。请搜索，或者从问题分类开始。", TooMany: "短时间内请求过多，请一分钟后再试。",
		Kinds: map[official.Kind]string{official.Phone: "电话", official.Mail: "邮箱", official.MailDomain: "邮箱后缀", official.Site: "网站", official.Social: "社交账号", official.App: "应用"},
		Boxes: map[markup.Box]string{markup.Warning: "请注意", markup.Note: "小提示"},
	}
}
