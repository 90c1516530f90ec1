package choosing

import (
	"context"
	"time"

	"kefu/internal/domain/product"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// guideVersion grows with each change of the guide, and guideDay is when that was made.
const guideVersion = "1"

func guideDay() wallet.Time {
	return wallet.At(time.Date(2026, time.November, 28, 0, 0, 0, 0, time.UTC))
}

// asked is one thing to find out of any wallet: what, and how it is seen.
type asked struct{ en, zh, howEn, howZh string }

// guide is what to look at in any wallet, ours no less than others, on one topic.
func guide(_ context.Context, a reads.Asked) (sheet.Sheet, error) {
	heading, all := questions(product.Topic(a.Args["topic"].Text))
	if len(all) == 0 {
		return sheet.Sheet{}, fault.New(fault.NotFound, "choosing.guide", "nothing is said of it")
	}
	s := sheet.Sheet{Named: map[string]sheet.Figure{"version": sheet.Text(guideVersion), "published": sheet.Date(guideDay())}}
	var rows []sheet.Row
	for _, q := range all {
		rows = append(rows, sheet.Row{Name: sheet.Say(q.en, q.zh)}.Noted(sheet.Say(q.howEn, q.howZh)))
	}
	s.Add(&heading, rows...)
	return s, nil
}

// questions are the questions of a topic.
func questions(t product.Topic) (sheet.Sentence, []asked) {
	switch t {
	case product.Security:
		return sheet.Say("Security", "安全"), []asked{
			{"How is a payment confirmed?", "付款怎么确认？", "A passkey or a confirmation in the app is stronger than a code by message.", "通行密钥或 App 内确认比短信验证码更安全。"},
			{"Can you stop payments yourself, at any hour?", "能随时自己停止付款吗？", "Look for it in the app before you need it.", "先在 App 里找到这个功能，别等出事再找。"},
			{"Who holds your money, and is it kept apart?", "资金由谁保管？是否与公司资金分开？", "The terms name the holder and the authority. Look the licence up in that authority's public register.", "服务条款会写明保管方和监管机构，请到该机构的公开名册核实牌照。"},
			{"Is it looked at by others, and is that published?", "有没有第三方审计并公开？", "A report has an author, a scope and a date. A seal alone says nothing.", "报告应有出具机构、范围和日期，只有一个标志说明不了什么。"},
			{"What is lost if you lose the phone?", "手机丢了会怎样？", "Ask how one gets back in, and how long that takes.", "问清楚怎么找回、需要多久。"},
		}
	case product.Convenience:
		return sheet.Say("Convenience", "方便程度"), []asked{
			{"What is needed to begin?", "开通需要什么？", "Which documents, and what can be done before they are checked.", "需要哪些证件，审核通过前能做什么。"},
			{"Does it run on your phone, and in your language?", "支持您的手机和语言吗？", "Look at the oldest system that it names, and at large text or a screen reader if you use them.", "看最低系统要求；如果您用大字体或读屏，也请试一试。"},
			{"Can you see and export your payments?", "能查看和导出交易记录吗？", "For how far back, and in which form.", "能查多久以前的，导出什么格式。"},
			{"How do you leave again?", "不想用了怎么办？", "How the rest is paid out, and what is kept of you.", "余额怎么取出，会保留哪些信息。"},
		}
	case product.Payments:
		return sheet.Say("Ways to pay", "支付方式"), []asked{
			{"Is it taken where you pay?", "您常去的地方能用吗？", "Look in the shops and sites that you really use.", "看看您真正常去的店和网站。"},
			{"How does money come in and go out?", "怎么充值、怎么提现？", "By bank, card or cash; and how long each takes.", "银行、银行卡还是现金，各需要多久。"},
			{"Which currencies does it hold?", "支持哪些货币？", "One that it does not hold is exchanged each time.", "不支持的货币每次都要换汇。"},
			{"How much may be moved?", "限额是多少？", "Per payment, day and year, and what raises it.", "单笔、每日、每年的限额，以及怎么提高。"},
		}
	case product.Costs:
		return sheet.Say("Fees and promotions", "费用与优惠"), []asked{
			{"Is there one list of all fees, with a date?", "有没有带日期的完整收费标准？", "Reckon with what you really do in a month, not with one fee.", "按您一个月实际的用法来算，不要只看一项。"},
			{"What is in the rate of an exchange?", "汇率里有没有加点？", "Compare with the rate of a central bank on the same day. “No commission” does not say that nothing is added.", "与同一天中央银行公布的汇率比较；“免手续费”不等于没有加点。"},
			{"Until when does a promotion count, and what comes after?", "优惠到什么时候？之后呢？", "Look for the end, the conditions, and what must be paid back.", "看清截止日期、条件，以及哪些情况要退回。"},
			{"What costs nothing only at first?", "哪些只是开始时免费？", "Cards, an account that is not used, closing it.", "例如卡片、闲置账户、销户。"},
		}
	case product.Support:
		return sheet.Say("Support", "客服"), []asked{
			{"Is a person there when money is gone?", "资金出问题时有人工客服吗？", "At which hours, in which language, and by which way.", "几点到几点、什么语言、通过什么渠道。"},
			{"Is it said how long an answer takes?", "有没有承诺答复时间？", "A promise has a time, and says what comes when it is not kept.", "承诺应写明时间，以及没做到怎么办。"},
			{"Where do complaints go?", "投诉找谁？", "There should be a procedure, and somebody outside to turn to.", "应有投诉流程，以及可以求助的外部机构。"},
			{"How do you know that it is really them?", "怎么确认对方真的是客服？", "Support that asks for a password, a code or a recovery phrase is none.", "索要密码、验证码或助记词的都不是客服。"},
		}
	case product.Reviews:
		return sheet.Say("What others write", "用户评价"), []asked{
			{"Who wrote it, and when?", "谁写的，什么时候写的？", "Many alike on one day tell little. Read the middling ones.", "同一天大量雷同的评价参考价值不大，多看中等评价。"},
			{"Who pays for the comparison?", "比较网站靠什么赚钱？", "A page that is paid for sign-ups says so, often at the bottom.", "靠推荐开户赚钱的网站会注明，往往在页面底部。"},
			{"What does the authority publish?", "监管机构公布了什么？", "Warnings and decisions stand in its public register.", "警示和处罚会在公开名册中公布。"},
			{"Is it the real app?", "是不是真的 App？", "Go to the store from the maker's own page, and never by a link that somebody sent.", "从官方网站进入应用商店，不要点别人发来的链接。"},
		}
	default:
		return sheet.Sentence{}, nil
	}
}
