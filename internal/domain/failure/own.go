package failure

import (
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Bounds of what an operator adds.
const (
	MaxOwn     = 500
	maxOwnRail = 40 // characters
	maxOwnCode = 64
)

// Own is what an operator says that a rail's own code stands for: beside the table that
// Kefu comes with, and before it.
type Own struct {
	Rail  string             `json:"rail,omitempty" maxLength:"40" doc:"whose code it is, as the wallet names it: card, sepa, wallet …; without it, of payments that never began"`
	Code  string             `json:"code" maxLength:"64" doc:"as it comes"`
	Means wallet.FailureCode `json:"means" enum:"insufficient_funds,do_not_honor,expired_instrument,wrong_details,pin_or_password_wrong,tries_exceeded,auth_required,limit_exceeded,not_permitted,currency_not_supported,suspected_fraud,lost_stolen,account_closed_blocked,payee_problem,duplicate,cancelled_by_user,timeout_user,order_state,issuer_or_network_down,unknown_outcome,compliance_hold,stop_payment" doc:"what it stands for"`
	Note  string             `json:"note,omitempty" maxLength:"200" doc:"where that is written"`
}

// OwnKind is its definition. A change needs a second person: it decides what customers
// are told of their money.
// Of a code that t holds for fraud or law nobody may say otherwise; t may be nil.
func OwnKind(t *Table) settings.Definition {
	check := func(all *settings.Snapshot, of string, o Own) error {
		if t != nil && t.closed(o.Rail, o.Code) && o.Means != t.rails[o.Rail][o.Code] {
			return fault.InvalidFor("failure.OwnKind", "means", NeverTold, "the code stands for what no customer is told")
		}
		return once(all, of, o)
	}
	return settings.Define(settings.Kind[Own]{
		Name: "failure_code", Read: policy.ReadSetup, Change: policy.ChangeWorkSettings, FourEyes: true, Max: MaxOwn, Check: check,
	})
}

// NeverTold is why a meaning is refused that would have customers told what they must
// not be.
const NeverTold = "never_told"

// closed tells whether a code stands for what no customer is told.
func (t *Table) closed(rail, raw string) bool {
	code, known := t.rails[rail][raw]
	return known && t.codes[code].Tell == Never
}

// Validate implements settings.Value.
func (o Own) Validate() error {
	const op = "failure.Own"
	if err := settings.CheckLine("rail", o.Rail, maxOwnRail, true); err != nil {
		return err
	}
	if err := settings.CheckLine("code", o.Code, maxOwnCode); err != nil {
		return err
	}
	if err := settings.CheckLine("note", o.Note, maxText, true); err != nil {
		return err
	}
	if !o.Means.Known() || o.Means == wallet.Unmapped {
		return fault.InvalidFor(op, "means", settings.Unknown, "is no failure code")
	}
	return nil
}

// once refuses a second meaning of one code.
func once(all *settings.Snapshot, of string, o Own) error {
	for _, other := range settings.All[Own](all) {
		if other.ID != of && other.Value.Rail == o.Rail && other.Value.Code == o.Code {
			return fault.InvalidFor("failure.once", "code", settings.Taken, "another one says what this code stands for")
		}
	}
	return nil
}

// rawKey names a rail's own code.
type rawKey struct{ rail, code string }

// Use has the table go by what the operator says, in place of what was said before. What
// Kefu's own table holds for fraud or law stays that: nobody makes it tellable by naming
// it otherwise. It may be called at any time.
func (t *Table) Use(own []Own) {
	said := make(map[rawKey]wallet.FailureCode, len(own))
	for _, o := range own {
		if t.closed(o.Rail, o.Code) {
			continue
		}
		said[rawKey{o.Rail, o.Code}] = o.Means
	}
	t.own.Store(&said)
}

// ownOf is what the operator says that a code stands for.
func (t *Table) ownOf(rail, raw string) (wallet.FailureCode, bool) {
	said := t.own.Load()
	if said == nil {
		return "", false
	}
	code, known := (*said)[rawKey{rail, raw}]
	return code, known
}
