package closing

import (
	"slices"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/flow/selfservice/proposing"
)

// flow is the one in which an account is closed, and kept after all.
const flow = "FL5"

// Proposed is what stands before everything else that is proposed: that the account closes
// on a day, with the way to keep it; or that money waits for who is gone.
func Proposed(s closing.Standing, flows []*selfservice.Definition) (proposing.Proposal, bool) {
	at := slices.IndexFunc(flows, func(d *selfservice.Definition) bool { return d.ID == flow })
	if at < 0 {
		return proposing.Proposal{}, false
	}
	p := proposing.Proposal{ID: "closing:" + s.CustomerID, Flow: flows[at], Given: map[string]string{}}
	if s.State == closing.Cooling {
		p.Title = form.Texts{"en": "Your account closes: {closing.at}. Keep it?", "zh": "您的账户将于 {closing.at} 注销，要保留吗？"}
		p.Figures = map[string]selfservice.Figure{"closing.at": sheet.At(s.ClosesAt)}
		return p, true
	}
	for _, l := range s.Late {
		if l.PaidAt == 0 {
			p.Title = form.Texts{"en": "{late.amount} came in after your account was closed: have it paid out", "zh": "注销后有 {late.amount} 到账，可提取"}
			p.Figures = map[string]selfservice.Figure{"late.amount": sheet.Money(l.Amount)}
			return p, true
		}
	}
	return proposing.Proposal{}, false
}

// Asks tells whether a wallet can be asked how an end stands.
type Asks = leaving

// Reading is the question.
const Reading = wallet.ReadClosure
