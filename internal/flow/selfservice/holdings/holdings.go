// Package holdings is what flows may ask about what is kept of a customer: how much of
// what, what of it an erasure takes and leaves, and what they have asked about it already.
package holdings

import (
	"context"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/privacy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// Cases are those of a customer, as they or staff may see them.
type Cases interface {
	List(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error)
	Get(ctx context.Context, p identity.Principal, id string) (casework.Seen, error)
}

// Deps are what the reads stand on. What is nil is not to be had.
type Deps struct {
	// Plan says what an erasure of a customer would do, and changes nothing.
	Plan  func(ctx context.Context, customer string) (privacy.Plan, error)
	Cases func() Cases
	// Looks are those at a customer, the newest first, as the customer may see them.
	Looks func(ctx context.Context, p identity.Principal, before int64, limit int) (insider.LookPage, error)
	// Still is since when what is kept of a customer stands still; 0: it does not.
	Still func(ctx context.Context, p identity.Principal, customer string) (int64, error)
}

// Reads gives the reads.
func Reads(d Deps) []reads.Read {
	facts := map[string]sheet.Kind{"requests": sheet.IsCount, "stays": sheet.IsYes, "going": sheet.IsYes, "still": sheet.IsYes}
	for _, r := range cases.Requests() {
		facts["asked_"+string(r)] = sheet.IsYes
	}
	return []reads.Read{
		{Read: selfservice.Read{Name: "my_data", Has: sheet.Declared{Facts: facts}}, Sheet: d.kept},
		{Read: selfservice.Read{Name: "my_erasure", Has: sheet.Declared{Facts: map[string]sheet.Kind{"stays": sheet.IsYes, "going": sheet.IsYes}}}, Sheet: d.erased},
		{Read: selfservice.Read{Name: "my_looks", Has: sheet.Declared{Facts: map[string]sheet.Kind{"looks": sheet.IsCount, "more": sheet.IsYes}}}, Sheet: d.looked},
	}
}

func (d Deps) plan(ctx context.Context, a reads.Asked) (privacy.Plan, error) {
	if d.Plan == nil || d.Cases == nil {
		return nil, fault.New(fault.Unavailable, "holdings.plan", "nobody can say what is kept")
	}
	return d.Plan(ctx, a.Customer)
}

// mostRequests bounds how many cases are looked at.
const mostRequests = cases.MaxOpen

// asked are the requests about data that go on.
func (d Deps) asked(ctx context.Context, a reads.Asked) (map[cases.Request]bool, error) {
	rows, err := d.Cases().List(ctx, a.Who, cases.Query{List: cases.All, CustomerID: a.Customer, Limit: cases.MaxPage})
	if err != nil {
		return nil, err
	}
	out := map[cases.Request]bool{}
	looked := 0
	for _, row := range rows {
		if row.Type != jurisdiction.DataRequest || row.Stage.Over() || row.Stage == cases.Answered || looked == mostRequests {
			continue
		}
		looked++
		c, err := d.Cases().Get(ctx, a.Who, row.ID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !c.Erased { // what was erased since may be asked for anew
			out[c.Request] = true
		}
	}
	return out, nil
}

func factsOf(plan privacy.Plan) map[string]sheet.Fact {
	going := false
	for _, h := range plan {
		for _, why := range h.Why {
			going = going || why == privacy.OpenCase
		}
	}
	return map[string]sheet.Fact{"stays": sheet.Is(plan.Left() > 0), "going": sheet.Is(going)}
}

// kept is how much there is of what, and what was asked about it.
func (d Deps) kept(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	plan, err := d.plan(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	asked, err := d.asked(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{Heading: head("What we keep of you", "我们保存的您的信息"), Facts: factsOf(plan), Named: map[string]sheet.Figure{}}
	for _, r := range cases.Requests() {
		s.Facts["asked_"+string(r)] = sheet.Is(asked[r])
	}
	s.Facts["requests"] = sheet.Many(int64(len(asked)))
	still := int64(0)
	if d.Still != nil {
		if still, err = d.Still(ctx, part(), a.Customer); err != nil {
			return sheet.Sheet{}, err
		}
	}
	s.Facts["still"] = sheet.Is(still > 0)
	part := sheet.Part{}
	for _, h := range plan {
		if n := h.Erase + h.Keep; n > 0 && shown(h.Category) {
			part.Rows = append(part.Rows, sheet.Line(nameOf(h.Category), sheet.Number(n).Cell()))
		}
	}
	if len(part.Rows) > 0 {
		s.Parts = append(s.Parts, part)
	}
	return s, nil
}

// erased is what an erasure would take, and what stays, why, and until when.
func (d Deps) erased(ctx context.Context, a reads.Asked) (sheet.Sheet, error) {
	plan, err := d.plan(ctx, a)
	if err != nil {
		return sheet.Sheet{}, err
	}
	s := sheet.Sheet{Heading: head("What an erasure does", "删除的范围"), Facts: factsOf(plan), Named: map[string]sheet.Figure{}}
	goes := sheet.Part{Heading: head("Is erased", "将被删除")}
	stays := sheet.Part{Heading: head("Stays, and is used for nothing else", "予以保留，且不作他用")}
	for _, h := range plan {
		if h.Erase > 0 && shown(h.Category) {
			goes.Rows = append(goes.Rows, sheet.Line(nameOf(h.Category), sheet.Number(h.Erase).Cell()))
		}
		if h.Keep == 0 {
			continue
		}
		row := sheet.Line(nameOf(h.Category), sheet.Number(h.Keep).Cell()).Noted(because(h))
		stays.Rows = append(stays.Rows, row)
	}
	for _, part := range []sheet.Part{goes, stays} {
		if len(part.Rows) > 0 {
			s.Parts = append(s.Parts, part)
		}
	}
	return s, nil
}

func head(en, zh string) *sheet.Sentence {
	s := sheet.Say(en, zh)
	return &s
}

// because is why something stays, as far as its customer may know: the first reason.
func because(h privacy.Holding) sheet.Sentence {
	switch {
	case len(h.Why) > 0 && h.Why[0] == privacy.Money:
		return sheet.Say("It shows what was done with your money: 800 days after that is over", "用于证明资金操作，结束后保留800天")
	case h.Until != 0:
		return sheet.Say("A law has it kept, until {day} at the latest", "法律要求保留，最迟至 {day}").With("day", sheet.Day(wallet.Time(h.Until)))
	case len(h.Why) > 0 && h.Why[0] == privacy.OpenCase:
		return sheet.Say("A case of yours goes on and needs it", "您有案件仍在处理，需要用到")
	default: // a hold, of which nothing is said
		return sheet.Say("It has to be kept; no day is set yet", "必须保留，尚无确定日期")
	}
}

// shown tells whether a category says anything to a customer.
func shown(c privacy.Category) bool {
	return c != privacy.Sessions && c != privacy.Notices && c != privacy.Deliveries && c != privacy.Drafts
}

func nameOf(c privacy.Category) sheet.Sentence {
	switch c {
	case privacy.Profile:
		return sheet.Say("Your name, addresses and wallet id", "姓名、联系方式和钱包编号")
	case privacy.Messages:
		return sheet.Say("Entries of your conversations with us", "与我们的会话记录")
	case privacy.Files:
		return sheet.Say("Files", "文件")
	case privacy.Runs:
		return sheet.Say("What you went through step by step", "自助办理记录")
	case privacy.Proofs:
		return sheet.Say("Confirmations in the wallet that it was you", "在钱包内的身份验证记录")
	case privacy.Contacts:
		return sheet.Say("When we contacted you, and your phrase", "联系记录和暗语")
	case privacy.Acts:
		return sheet.Say("What was done in your wallet through us", "通过我们在钱包中的操作")
	case privacy.Cases:
		return sheet.Say("Cases", "案件")
	default:
		return sheet.Say("Other", "其他")
	}
}
