// Package rails is how money travels in the demo's wallet, and everything that can
// happen to it on the way: card networks, bank transfers, instant payments, mobile
// money, the wallet's own accounts and a chain, as data. It plans what becomes of one
// payment and does nothing itself: the wallet carries the steps out on its books.
package rails

import (
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Rail is one way for money to travel, and how long it takes.
type Rail struct {
	Name   string // as transactions name it
	Codes  string // the table of raw codes (content/failures/rails) in which it speaks
	Source string // who refuses on it

	Answer  time.Duration // until whoever is asked says yes or no
	Settle  time.Duration // from there until the money has arrived
	Give    time.Duration // more, until it counts as late
	Return  time.Duration // until money that came back is there
	Keeps   time.Duration // how long what was set aside stays so
	Recall  time.Duration // until a bank answers to a recall; 0: nobody can be asked
	Refunds [2]int        // hours from agreement to arrival, least and most
}

// Rails lists every rail.
func Rails() []Rail {
	return []Rail{
		{Name: "card", Codes: "card", Source: "issuer", Answer: 2 * time.Second, Settle: 27 * time.Hour, Give: 48 * time.Hour, Return: 24 * time.Hour, Keeps: 7 * 24 * time.Hour, Refunds: [2]int{24, 120}},
		{Name: "sepa", Codes: "sepa", Source: "network", Answer: 3 * time.Second, Settle: 20 * time.Hour, Give: 10 * time.Hour, Return: 24 * time.Hour, Keeps: 48 * time.Hour, Recall: 48 * time.Hour, Refunds: [2]int{24, 72}},
		{Name: "instant", Codes: "sepa", Source: "network", Answer: time.Second, Settle: 9 * time.Second, Give: 10 * time.Second, Return: 10 * time.Second, Keeps: time.Hour, Recall: 24 * time.Hour, Refunds: [2]int{0, 1}},
		{Name: "mpesa", Codes: "mpesa", Source: "network", Answer: 4 * time.Second, Settle: 30 * time.Second, Give: 30 * time.Minute, Return: time.Hour, Keeps: time.Hour, Recall: 24 * time.Hour, Refunds: [2]int{0, 24}},
		{Name: "mojaloop", Codes: "mojaloop", Source: "network", Answer: 2 * time.Second, Settle: 20 * time.Second, Give: 30 * time.Minute, Return: time.Hour, Keeps: time.Hour, Refunds: [2]int{0, 24}},
		{Name: "wallet", Codes: "wallet", Source: "wallet", Answer: time.Second, Settle: 2 * time.Second, Give: time.Minute, Return: 2 * time.Second, Keeps: 48 * time.Hour, Recall: 24 * time.Hour, Refunds: [2]int{0, 1}},
		{Name: "chain", Codes: "wallet", Source: "network", Answer: 5 * time.Second, Settle: 13 * time.Minute, Give: time.Hour, Return: 15 * time.Minute, Keeps: 24 * time.Hour, Refunds: [2]int{1, 24}},
		{Name: "stripe", Codes: "stripe", Source: "issuer", Answer: 2 * time.Second, Settle: 27 * time.Hour, Give: 48 * time.Hour, Return: 24 * time.Hour, Keeps: 7 * 24 * time.Hour, Refunds: [2]int{24, 240}},
		{Name: "card_sca", Codes: "card_sca", Source: "issuer", Answer: 2 * time.Second, Settle: 27 * time.Hour, Give: 48 * time.Hour, Return: 24 * time.Hour, Keeps: 7 * 24 * time.Hour, Refunds: [2]int{24, 120}},
		{Name: "paypal", Codes: "paypal", Source: "network", Answer: 2 * time.Second, Settle: time.Minute, Give: time.Hour, Return: time.Hour, Keeps: 72 * time.Hour, Refunds: [2]int{1, 72}},
		{Name: "wechat", Codes: "wechat", Source: "network", Answer: 2 * time.Second, Settle: 30 * time.Second, Give: time.Hour, Return: time.Hour, Keeps: 24 * time.Hour, Refunds: [2]int{0, 72}},
		{Name: "alipay", Codes: "alipay", Source: "network", Answer: 2 * time.Second, Settle: 30 * time.Second, Give: time.Hour, Return: time.Hour, Keeps: 24 * time.Hour, Refunds: [2]int{0, 72}},
	}
}

// Names lists the names of the rails.
func Names() []string {
	var names []string
	for _, r := range Rails() {
		names = append(names, r.Name)
	}
	return names
}

// Of finds a rail. Errors: Invalid.
func Of(name string) (Rail, error) {
	for _, r := range Rails() {
		if r.Name == name {
			return r, nil
		}
	}
	return Rail{}, fault.InvalidField("rails.Of", "rail", "is none of this wallet's")
}

// Step is one thing that happens to a payment, at a time.
type Step struct {
	To         wallet.State      `json:"to"`
	At         wallet.Time       `json:"at"` // 0: now
	Note       string            `json:"note,omitempty"`
	Failure    *wallet.Failure   `json:"failure,omitempty"`
	ExpectedBy wallet.Time       `json:"expected_by,omitempty"`
	Final      bool              `json:"final,omitempty"`
	Related    []wallet.Relation `json:"related,omitempty"`
	Hold       *wallet.Hold      `json:"hold,omitempty"`
	Expires    wallet.Time       `json:"expires,omitempty"` // when what is set aside expires
	Part       int               `json:"part,omitempty"`    // hundredths of what was set aside that are captured; 0: all
}

// What can become of a payment.
const (
	Fine       = "fine"        // it arrives when it should
	Late       = "late"        // it arrives after it was expected
	Refused    = "refused"     // before anything was taken
	NotBegun   = "not_begun"   // before the wallet wrote anything down
	Hangs      = "hangs"       // nobody says whether it was done, for a while
	Held       = "held"        // the wallet looks at it
	Waits      = "waits"       // for the customer to confirm it
	AfterDebit = "after_debit" // it fails when the money has left, and comes back by itself
	Partial    = "partial"     // the shop takes a part of it
	Double     = "double"      // the shop takes it twice
	Reversed   = "reversed"    // it is taken back after it arrived
	Stuck      = "stuck"       // it stays on its way until somebody asks
	Lapses     = "lapses"      // the shop never takes what was set aside, which is free again when that expires
)

// Chain is the rail of public networks.
const Chain = "chain"

// What can become of a payment on the rail Chain beside those.
const (
	Dropped  = "dropped"  // its network forgets it, and the money is free again
	Replaced = "replaced" // another transaction takes its place and arrives
	Reverted = "reverted" // its network runs it and takes it back; what that cost is spent
)

// OnChain lists them.
func OnChain() []string { return []string{Dropped, Replaced, Reverted} }

// Kinds lists what can become of a payment.
func Kinds() []string {
	return []string{Fine, Late, Refused, NotBegun, Hangs, Held, Waits, AfterDebit, Partial, Double, Reversed, Stuck, Lapses}
}

// Fate is what is to become of a payment.
type Fate struct {
	Kind string `json:"kind"`
	Raw  string `json:"raw,omitempty"`  // the rail's own code, where it fails
	Then string `json:"then,omitempty"` // of Hangs: how it ends, Fine or Refused; of Held: Fine, Refused or "": when somebody releases it
}

// Validate refuses what this simulator cannot make happen. Errors: Invalid.
func (f Fate) Validate() error {
	const op = "rails.Fate"
	if !slices.Contains(Kinds(), f.Kind) && !slices.Contains(OnChain(), f.Kind) {
		return fault.InvalidField(op, "kind", "is nothing that can become of a payment")
	}
	if (f.Kind == Refused || f.Kind == NotBegun || f.Kind == AfterDebit) && f.Raw == "" {
		return fault.InvalidField(op, "raw", "is missing")
	}
	if f.Then != "" && f.Then != Fine && f.Then != Refused {
		return fault.InvalidField(op, "then", "is neither %s nor %s", Fine, Refused)
	}
	if f.Kind == Hangs && f.Then == "" {
		return fault.InvalidField(op, "then", "is missing")
	}
	return nil
}

// Plan is what becomes of one payment.
type Plan struct {
	Rail  Rail
	Fate  Fate
	Start wallet.Time
	Pace  float64 // how much faster than life: 1 is life
	// Fail makes the failure of a raw code of the rail's.
	Fail func(raw string) *wallet.Failure
	// Hold makes the hold of a payment that the wallet looks at, placed at a time.
	Hold func(at wallet.Time) *wallet.Hold
}

// after is a time some while after at, at the pace of the plan. Two steps of one payment
// are never at one instant.
func (p Plan) after(at wallet.Time, d time.Duration) wallet.Time {
	return at + max(1, wallet.Time(float64(d.Microseconds())/max(p.Pace, 1e-6)))
}

// Expected is by when a payment that began now should have arrived.
func (p Plan) Expected() wallet.Time {
	return p.after(p.Start, p.Rail.Answer+p.Rail.Settle+p.Rail.Give)
}

// Steps are what happens, in order, each with its time.
func (p Plan) Steps() []Step {
	answered := p.after(p.Start, p.Rail.Answer)
	authorised := Step{To: wallet.Authorised, At: answered, Expires: answered + wallet.Time(p.Rail.Keeps.Microseconds())}
	captured := Step{To: wallet.Captured, At: p.after(answered, p.Rail.Answer)}
	underway := Step{To: wallet.Processing, At: p.after(captured.At, p.Rail.Answer), ExpectedBy: p.Expected(), Note: "sent_to_rail"}
	arrived := Step{To: wallet.Posted, At: p.after(underway.At, p.Rail.Settle)}
	switch p.Fate.Kind {
	case Refused:
		return []Step{{To: wallet.PreCheckFailed, At: answered, Failure: p.Fail(p.Fate.Raw)}}
	case Hangs:
		asked := Step{To: wallet.Unknown, At: p.after(captured.At, p.Rail.Answer), Failure: p.Fail(""), Note: "no_answer"}
		told := p.after(asked.At, 2*time.Hour)
		if p.Fate.Then == Refused {
			return []Step{authorised, captured, asked, {To: wallet.FailedAfterDebit, At: told, Failure: p.Fail(p.Fate.Raw)}, p.back(told), p.returned(told)}
		}
		return []Step{authorised, captured, asked, {To: wallet.Posted, At: told}}
	case Held:
		held := Step{To: wallet.RiskHold, At: answered, Hold: p.Hold(answered)}
		switch p.Fate.Then {
		case Fine:
			released := p.after(answered, 4*time.Hour)
			authorised.At, captured.At = released, p.after(released, p.Rail.Answer)
			arrived.At = p.after(captured.At, p.Rail.Settle)
			return []Step{held, authorised, captured, arrived}
		case Refused:
			return []Step{held, {To: wallet.Voided, At: p.after(answered, 4*time.Hour)}}
		}
		return []Step{held}
	case Waits:
		patience := 15 * time.Minute
		if p.Rail.Name == Chain { // what is asked for by law
			patience = p.Rail.Keeps
		}
		return []Step{{To: wallet.RequiresAction, At: answered}, {To: wallet.Expired, At: answered + wallet.Time(patience.Microseconds())}}
	case AfterDebit:
		failed := p.after(underway.At, p.Rail.Settle/2)
		return []Step{authorised, captured, underway, {To: wallet.FailedAfterDebit, At: failed, Failure: p.Fail(p.Fate.Raw)}, p.back(failed), p.returned(failed)}
	case Dropped:
		return p.undone(authorised, captured, underway, 6*time.Hour, "network_dropped")
	case Reverted:
		return p.undone(authorised, captured, underway, p.Rail.Settle/2, "reverted_on_chain")
	case Partial:
		part := Step{To: wallet.PartiallyCaptured, At: captured.At, Part: 60, Note: "part_captured"}
		return []Step{authorised, part, underway, arrived}
	case Late:
		arrived.At = p.after(underway.ExpectedBy, 24*time.Hour)
		return []Step{authorised, captured, underway, arrived}
	case Reversed:
		return []Step{authorised, captured, underway, arrived, {To: wallet.Reversed, At: p.after(arrived.At, p.Rail.Return), Note: "returned_by_rail"}}
	case Lapses:
		return []Step{authorised}
	case Stuck:
		return []Step{authorised, captured, underway}
	default: // Fine, Double
		return []Step{authorised, captured, underway, arrived}
	}
}

// undone is a payment that its network does not keep, some while after it was given to it.
func (p Plan) undone(authorised, captured, underway Step, after time.Duration, raw string) []Step {
	failed := p.after(underway.At, after)
	return []Step{authorised, captured, underway, {To: wallet.FailedAfterDebit, At: failed, Failure: p.Fail(raw)}, p.back(failed), p.returned(failed)}
}

// Released are the steps of a payment whose hold was released, or that its customer
// confirmed.
func (p Plan) Released() []Step {
	p.Fate = Fate{Kind: Fine}
	return p.Steps()
}

func (p Plan) back(failed wallet.Time) Step {
	at := p.after(failed, p.Rail.Answer)
	return Step{To: wallet.AutoReversal, At: at, ExpectedBy: p.after(at, p.Rail.Return+p.Rail.Give), Note: "sent_back"}
}

func (p Plan) returned(failed wallet.Time) Step {
	return Step{To: wallet.Reversed, At: p.after(p.back(failed).At, p.Rail.Return)}
}
