package selfservice

import (
	"slices"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
)

// Pending is what a run waits for in which nobody is asked anything at present: so much
// as its customer may be told in a list.
type Pending struct {
	Run    string
	Title  form.Texts // of its flow
	For    PendingFor
	Since  time.Time
	Amount *wallet.Money // that it is about; nil: none
}

// PendingFor is what is waited for.
type PendingFor string

// What is waited for.
const (
	ForProof  PendingFor = "proof"  // that its customer confirms in the wallet who they are
	ForSecond PendingFor = "second" // a second person of the house
	ForWallet PendingFor = "wallet" // that the wallet does it, or says whether it did
	ForChange PendingFor = "change" // that something in the wallet becomes another than it is
	ForReader PendingFor = "reader" // nothing: it has an answer, which its customer has not gone on from
)

// Pending tells what r waits for, by the flow that it is in; false when it is over, or
// somebody is asked something in it before anything was done.
func (r Record) Pending(d *Definition) (Pending, bool) {
	if r.State == Asking && slices.ContainsFunc(r.Trail, func(v Visit) bool { return v.Done }) {
		return Pending{Run: r.ID, Title: d.Title, For: ForReader, Since: r.Since}, true
	}
	if r.State != Waiting && r.State != Working {
		return Pending{}, false
	}
	p := Pending{Run: r.ID, Title: d.Title, For: ForWallet, Since: r.Since}
	if r.Effect == nil {
		return p, true
	}
	var act *ActFact
	switch r.Effect.Kind {
	case KindStepUp:
		p.For, act = ForProof, &r.Effect.Act
	case KindExecute:
		act = &r.Effect.Act
	case KindWait:
		if act = r.Effect.For.Act; act == nil {
			p.For = ForChange
		}
		switch v := r.Effect.For; {
		case v.Payment != nil:
			p.Amount = &v.Payment.Amount
		case v.Refund != nil:
			p.Amount = &v.Refund.Amount
		case v.Dispute != nil:
			p.Amount = &v.Dispute.Amount
		}
	}
	if act == nil {
		return p, true
	}
	if act.State == "waiting" {
		p.For = ForSecond
	}
	if act.Amount.Currency() != "" {
		p.Amount = &act.Amount
	}
	return p, true
}
