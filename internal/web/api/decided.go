package api

import (
	"net/http"
	"net/netip"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/restriction"
)

// Decisions knows what the house's restrictions keep from staff, and keeps what was
// decided.
type Decisions interface {
	Asking(p identity.Principal, from netip.Addr) identity.Principal
	Refusal(p identity.Principal) (restriction.Refusal, bool)
	Decided(p identity.Principal, operation, object string, err error)
}

// Needs is what a restriction of the house asks for.
type Needs struct {
	What     restriction.Need `json:"what" enum:"withheld,training,proof,hours,network"`
	Right    string           `json:"right" doc:"the action that was refused, as the table of rights names it"`
	Rule     string           `json:"rule,omitempty" doc:"the name of the restriction"`
	Training string           `json:"training,omitempty" doc:"of which a certificate is needed"`
	Advice   string           `json:"advice,omitempty" doc:"what the house says to do about it"`
	Opens    int64            `json:"opens,omitempty" doc:"of hours: when it is there again, microseconds"`
}

// admittedBy finds the request of an operation's input; every one embeds Caller.
type admittedBy interface{ admitted() *admitted }

func (c *Caller) admitted() *admitted { return c.in }

// decided keeps how a request ended, and says of one that a restriction refused what
// it needs: what is there and was kept from somebody is no secret to them.
func (a *API) decided(in any, operation string, err error) *Problem {
	by, ok := in.(admittedBy)
	if a.Decisions == nil || !ok || by.admitted() == nil {
		return nil
	}
	request := by.admitted()
	a.Decisions.Decided(request.who, operation, request.request.PathValue("id"), err)
	if err == nil {
		return nil
	}
	if p := problemOf(err); p.Code != "forbidden" && p.Code != "not_found" {
		return nil
	}
	refusal, refused := a.Decisions.Refusal(request.who)
	if !refused {
		return nil
	}
	p := newProblem(http.StatusForbidden, "forbidden")
	p.Field = "restriction"
	if refusal.Need == restriction.Prove {
		p.Field = "proof"
	}
	p.Needs = &Needs{What: refusal.Need, Right: string(refusal.Action), Rule: refusal.Name, Training: refusal.Training, Advice: refusal.Advice, Opens: refusal.Opens}
	return p
}
