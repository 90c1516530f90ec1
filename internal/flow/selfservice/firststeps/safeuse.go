package firststeps

import (
	"context"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// questions are the three by which tricks are recognised, with the answer that is advised.
func questions() []struct{ slot, advised, en, zh string } {
	return []struct{ slot, advised, en, zh string }{
		{"caller", "hang_up", "Somebody who asks for a code", "有人索要验证码"},
		{"link", "self", "A message with a link", "带链接的短信"},
		{"mule", "refuse", "Money to send on for others", "替别人收款转账"},
	}
}

// certificate is what somebody may keep of having gone through them: what, when, and nothing
// that it would prove.
func certificate() reads.Read {
	choice := selfservice.Given{Type: selfservice.Choice}
	return reads.Read{
		Read:  selfservice.Read{Name: "safe_use", With: map[string]selfservice.Given{"caller": choice, "link": choice, "mule": choice}},
		Sheet: safeUse,
	}
}

// safeUse tells what was gone through, and when. It names nobody: whoever shows it to
// somebody shows no data. Errors: NotFound where not every question was answered.
func safeUse(_ context.Context, a reads.Asked) (sheet.Sheet, error) {
	heading := sheet.Say("Certificate of safe use", "安全使用证书")
	s := sheet.Sheet{Heading: &heading}
	rows := []sheet.Row{sheet.Line(sheet.Say("Gone through on", "完成日期"), sheet.Day(a.Now).Cell())}
	for _, q := range questions() {
		switch a.Args[q.slot].Text {
		case "":
			return sheet.Sheet{}, fault.New(fault.NotFound, "firststeps.safeUse", "not every question was answered")
		case q.advised:
			rows = append(rows, sheet.Line(sheet.Say(q.en, q.zh), sheet.Say("As advised", "回答正确").Status()).In(sheet.Good))
		default:
			rows = append(rows, sheet.Line(sheet.Say(q.en, q.zh), sheet.Say("Talked through", "已讲解").Status()))
		}
	}
	s.Add(nil, rows...)
	return s, nil
}

// alerts are what a customer is asked about when it looks unlike them. No wallet tells
// settings of alerts, or takes them.
func alerts() reads.Read {
	return reads.Read{
		Read:  selfservice.Read{Name: "alerts_told", Has: sheet.Declared{Facts: map[string]sheet.Kind{"asks": sheet.IsYes}}},
		Sheet: alertsTold,
	}
}

func alertsTold(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	if a.Wallet == nil {
		return sheet.Sheet{}, fault.New(fault.Unavailable, "firststeps.alertsTold", "there is no wallet")
	}
	told, back := a.Wallet.Reads(ctx, wallet.ReadAlerts), a.Wallet.Reads(ctx, wallet.ReadRecoveries)
	s := sheet.Sheet{Facts: map[string]sheet.Fact{"asks": sheet.Is(told || back)}}
	var rows []sheet.Row
	if told {
		for _, words := range []sheet.Sentence{
			sheet.Say("A payment that looks unlike you", "不像您平时习惯的付款"), sheet.Say("A sign-in that looks unlike you", "不像您平时习惯的登录"),
			sheet.Say("A new device", "新设备登录"), sheet.Say("A change of how you confirm that it is you", "身份验证方式变更"),
		} {
			rows = append(rows, sheet.Row{Name: words})
		}
	}
	if back {
		rows = append(rows, sheet.Row{Name: sheet.Say("Somebody who asks to get back in as you", "有人申请找回您的账户")})
	}
	heading := sheet.Say("When we ask whether it was you", "我们会向您确认的情况")
	s.Add(&heading, rows...)
	return s, nil
}
