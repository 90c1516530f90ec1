package holdings

import (
	"context"
	"strings"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// part is who asks what no customer has to be signed in for at the moment.
func part() identity.Principal { return identity.SystemPart("holdings") }

// mostLooks is how many of the newest looks are told in a flow; the window has all of them.
const mostLooks = 10

// looked is who of the house looked at the customer's data last, without their names.
func (d Deps) looked(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	const op = "holdings.looked"
	if d.Looks == nil || a.Who.Kind != identity.Customer {
		return sheet.Sheet{}, fault.New(fault.Unavailable, op, "it is told to the customer alone")
	}
	page, err := d.Looks(ctx, a.Who, 0, mostLooks)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{Heading: head("Who looked at your data", "谁看过您的资料"), Facts: map[string]sheet.Fact{"looks": sheet.Many(int64(len(page.Looks))), "more": sheet.Is(page.Next > 0)}, Named: map[string]sheet.Figure{}}
	rows := sheet.Part{}
	for _, l := range page.Looks {
		rows.Rows = append(rows.Rows, sheet.Line(lookOf(l.Action), sheet.Day(wallet.Time(l.At)).Cell()))
	}
	if len(rows.Rows) > 0 {
		s.Parts = append(s.Parts, rows)
	}
	return s, nil
}

// lookOf is what was looked at, in words.
func lookOf(action string) sheet.Sentence {
	switch room, what, _ := strings.Cut(action, "."); {
	case action == "wallet.reveal":
		return sheet.Say("One detail was shown in full", "看到了一项完整信息")
	case what == "export":
		return sheet.Say("A case was taken out as a file", "案件被导出为文件")
	case action == "conversation.offered":
		return sheet.Say("A request was shown to somebody who could take it", "请求曾显示给可以接待的客服")
	case action == "contact.read_phrase":
		return sheet.Say("Your phrase was shown", "看到了您的暗语")
	case room == "act", room == "run":
		return sheet.Say("What you did by yourself here was looked at", "查看了您在这里自助办理的内容")
	case room == "customer":
		return sheet.Say("Your contact details were opened", "打开了您的联系方式")
	case room == "wallet":
		return sheet.Say("Your wallet was looked at, with numbers hidden", "查看了您的钱包（号码已隐藏）")
	case room == "attachment":
		return sheet.Say("A file of yours was opened", "打开了您的一份文件")
	case room == "case":
		return sheet.Say("A case of yours was opened", "打开了您的案件")
	default:
		return sheet.Say("A conversation of yours was opened", "打开了您的会话")
	}
}
