// Package failure says why a payment did not work, in the words of a customer: it
// reads the table of codes (content/failures), finds the normalised code that a
// rail's own code stands for, and explains one payment to one person, by how sure
// Kefu is of who they are. What a payment's money did is told by the payment, never
// by the code. It asks nobody and keeps nothing.
package failure

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Telling is who may hear a code.
type Telling string

// Who may hear a code.
const (
	Always   Telling = "always"
	Verified Telling = "verified" // after a step-up
	Never    Telling = "never"    // fraud and law
)

// Retry is when it makes sense to pay again.
type Retry string

// When it makes sense to pay again.
const (
	RetryNo       Retry = "no"
	RetryNow      Retry = "now"
	RetryFew      Retry = "few" // once more, with care
	RetryLater    Retry = "later"
	RetryChanged  Retry = "after_change"
	RetryReset    Retry = "after_reset"
	RetryNewOrder Retry = "new_order"
	RetryNever    Retry = "never" // a second try could pay twice
)

// retries lists them.
func retries() []Retry {
	return []Retry{RetryNo, RetryNow, RetryFew, RetryLater, RetryChanged, RetryReset, RetryNewOrder, RetryNever}
}

// Code is what is known of one normalised code.
type Code struct {
	Tell  Telling    `yaml:"tell"`
	Retry Retry      `yaml:"retry"`
	Wait  int        `yaml:"wait"` // minutes until it makes sense, of RetryLater; 0: nobody can say
	Next  []string   `yaml:"next"`
	Title form.Texts `yaml:"title"`
	Text  form.Texts `yaml:"text"`
}

// Step is something that may be done after a failure.
type Step struct {
	Key   string     `yaml:"-"`
	Where string     `yaml:"where"` // wallet, here, outside, person
	Link  string     `yaml:"link"`  // what opens there
	Label form.Texts `yaml:"label"`
}

// Raw is a rail's own code as a wallet told it.
type Raw struct {
	Rail    string
	Version string
	Code    string
}

// Explanation is one payment explained to one person. Its texts are keys and figures
// beside the sentences, so that whoever shows it writes money and time as its reader
// does.
type Explanation struct {
	Version   string             // of the table
	Told      wallet.FailureCode // what may be said: Undisclosed where Cause may not
	Cause     wallet.FailureCode // for staff; "" when the payment has not failed
	Disclosed bool
	Title     form.Texts
	Text      form.Texts
	Money     Sentence
	Retry     Retry
	RetryText form.Texts
	RetryAt   wallet.Time // from when a second try makes sense; 0: at once, never, or nobody can say
	Next      []Step
}

// Sentence is a sentence with figures to be filled in: {amount}, {until}, {by}.
type Sentence struct {
	Key    string
	Text   form.Texts
	Amount wallet.Money
	At     wallet.Time // 0: the sentence names no time
}

// Table is the codes, as one version of the data has them, and as the operator has
// added to them. It is safe for concurrent use.
type Table struct {
	own      atomic.Pointer[map[rawKey]wallet.FailureCode] // what the operator says; nil: nothing
	version  string
	codes    map[wallet.FailureCode]Code
	neutral  Code
	money    map[string]form.Texts
	incoming map[string]form.Texts // of money that comes in
	retry    map[Retry]form.Texts
	holds    map[string]form.Texts // for what money is set aside, by the wallet's category
	steps    map[string]Step
	rails    map[string]map[string]wallet.FailureCode
}

// Version names the data that the table was read from.
func (t *Table) Version() string { return t.version }

// Normalise finds what a rail's own code stands for: what the operator says, or the
// table. A code of which neither says anything is Unmapped, and known is false: whoever
// reads payments raises an alarm then (Doubt).
func (t *Table) Normalise(rail, raw string) (code wallet.FailureCode, known bool) {
	if code, known = t.ownOf(rail, raw); known {
		return code, true
	}
	code, known = t.rails[rail][raw]
	if !known {
		return wallet.Unmapped, false
	}
	return code, true
}

// Raw lists a rail's own codes with what each stands for; the caller may keep it.
func (t *Table) Raw(rail string) map[string]wallet.FailureCode { return maps.Clone(t.rails[rail]) }

// Rails lists the rails that have a table, in order.
func (t *Table) Rails() []string {
	var names []string
	for name := range t.rails {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Agrees tells whether the code that a wallet normalised itself is the one that this
// table gives for the raw code. A wallet of a rail that has no table here is believed.
func (t *Table) Agrees(f wallet.Failure, rail string) bool {
	if f.RawCode == "" {
		return true
	}
	code, known := t.Normalise(rail, f.RawCode)
	if !known && t.rails[rail] == nil {
		return true
	}
	return known && code == f.Code
}

// cause is why a payment failed, as far as the wallet says. Where its own word and
// the raw code disagree, the one that says less is taken; of two that may both be told
// the operator's, or else the wallet's.
func (t *Table) cause(tx wallet.Transaction) wallet.FailureCode {
	if tx.State == wallet.Unknown {
		return wallet.UnknownOutcome
	}
	f := tx.Failure
	if f == nil {
		return ""
	}
	if f.RawCode == "" {
		return f.Code
	}
	rail := railOf(f, tx.Rail)
	mapped, known := t.Normalise(rail, f.RawCode)
	_, decided := t.ownOf(rail, f.RawCode)
	switch {
	case !known || mapped == f.Code:
		return f.Code
	case t.codes[mapped].Tell == Never:
		return mapped
	case f.Code == wallet.Unmapped: // the wallet does not know
		return mapped
	case decided && t.codes[f.Code].Tell != Never:
		return mapped
	default:
		return f.Code
	}
}

// railOf is whose vocabulary the raw code is of.
func railOf(f *wallet.Failure, rail string) string {
	if f.Source == "wallet" {
		return "wallet"
	}
	return rail
}

// Where is where the money of a payment is, for staff who may know everything of it.
func (t *Table) Where(tx wallet.Transaction, now wallet.Time) Sentence { return t.moneyOf(tx, now) }

// Explain says what happened to a payment, to its customer, of whom Kefu is this sure, as
// it stands at now. What they must not hear is not in it, whatever the payment says
// (wallet.Transaction.Told), but for Cause.
func (t *Table) Explain(tx wallet.Transaction, level identity.Level, now wallet.Time) Explanation {
	tx = tx.Told()
	x := Explanation{Version: t.version, Cause: t.cause(tx), Disclosed: true, Money: t.moneyOf(tx, now)}
	if x.Cause != "" && t.codes[x.Cause].Tell == Never && !tx.State.Failing() { // it has not failed, and may not be said to be looked at
		x.Cause = ""
	}
	if x.Cause == "" {
		x.Retry, x.RetryText = retryOf(tx), nil
		if x.Retry == RetryNever {
			x.RetryText = t.retry[RetryNever]
		}
		switch {
		case held(x.Money.Key):
			x.Text = t.holds[holdFor(tx)]
		case x.Money.Key == "unfinished_long":
			x.Next = []Step{t.steps[stepTalk]}
		}
		return x
	}
	code := t.codes[x.Cause]
	x.Told = x.Cause
	if code.Tell == Never || (code.Tell == Verified && level < identity.AL2) {
		x.Told, x.Disclosed = wallet.FailureUndisclosed, false
		code = t.neutral
		if x.Cause == wallet.ComplianceHold { // that it takes time may be told, why may not
			code = t.codes[x.Cause]
		}
	}
	x.Title, x.Text, x.Retry = code.Title, code.Text, code.Retry
	if guarded := retryOf(tx); guarded == RetryNever {
		x.Retry = RetryNever
	}
	x.RetryText = t.retry[x.Retry]
	if x.Retry == RetryLater && code.Wait > 0 {
		x.RetryAt = failedAt(tx) + wallet.Time(code.Wait)*wallet.Time(time.Minute.Microseconds())
	}
	for _, key := range code.Next {
		x.Next = append(x.Next, t.steps[key])
	}
	return x
}

// failedAt is when a payment came to where it is.
func failedAt(tx wallet.Transaction) wallet.Time {
	if n := len(tx.History); n > 0 {
		return tx.History[n-1].At
	}
	return tx.CreatedAt
}

// stepTalk is the step that leads to a person.
const stepTalk = "talk"

// holdFor is for what money is set aside, as the wallet says it may be told; "" where it
// does not say, or says several things.
func holdFor(tx wallet.Transaction) string {
	why := ""
	for _, h := range tx.Holds {
		if !h.Disclosable || (why != "" && why != h.Reason) {
			return ""
		}
		why = h.Reason
	}
	return why
}

// longFor is after how long a payment that was begun takes longer than usual: such as are
// confirmed at once take seconds, and a customer who has to confirm one has some minutes.
const longFor = wallet.Time(10 * 60 * 1_000_000)

// retryOf refuses a second try while the first may still pay.
func retryOf(tx wallet.Transaction) Retry {
	switch tx.State {
	case wallet.PreCheckFailed, wallet.Failed, wallet.Voided, wallet.Expired, wallet.Reversed, wallet.Refunded, wallet.Lost, wallet.Won:
		return RetryNow
	default:
		return RetryNever
	}
}

// moneyOf is where the money of a payment is.
func (t *Table) moneyOf(tx wallet.Transaction, now wallet.Time) Sentence {
	key, at := "not_taken", wallet.Time(0)
	switch tx.State {
	case wallet.PreCheckFailed, wallet.Failed, wallet.Voided, wallet.Expired:
	case wallet.Initiated, wallet.RequiresAction:
		switch {
		case len(tx.Holds) > 0:
			key, at = onHold(tx, now)
		case tx.CreatedAt != 0 && now-tx.CreatedAt > longFor:
			key = "unfinished_long"
		default:
			key = "unfinished"
		}
	case wallet.RiskHold, wallet.Authorised, wallet.PartiallyCaptured:
		key, at = onHold(tx, now)
	case wallet.Captured, wallet.Processing:
		key = "underway"
		switch at = tx.ExpectedBy; {
		case at != 0 && now > at:
			key = "late"
		case at != 0:
			key = "underway_by"
		}
	case wallet.FailedAfterDebit, wallet.AutoReversal, wallet.RefundPending:
		key = "coming_back"
		if at = tx.ExpectedBy; at > now {
			key = "coming_back_by"
		} else {
			at = 0
		}
	case wallet.Reversed, wallet.Refunded, wallet.Won:
		key = "came_back"
	case wallet.Unknown:
		key = "unknown"
	default: // posted and what may follow it
		key = "arrived"
	}
	if tx.Direction == wallet.In {
		if held(key) {
			key, at = "underway", 0
		}
		return Sentence{Key: key, Text: t.incoming[key], Amount: tx.Amount, At: at}
	}
	return Sentence{Key: key, Text: t.money[key], Amount: tx.Amount, At: at}
}

func onHold(tx wallet.Transaction, now wallet.Time) (key string, until wallet.Time) {
	if until = holdEnds(tx); until > now {
		return "on_hold_until", until
	}
	return "on_hold", 0
}

// held tells whether money is set aside: that which comes in never is.
func held(key string) bool { return key == "on_hold" || key == "on_hold_until" }

// holdEnds is when the last hold of a payment ends, 0 when nobody says.
func holdEnds(tx wallet.Transaction) wallet.Time {
	var last wallet.Time
	for _, h := range tx.Holds {
		if h.ExpiresAt == 0 {
			return 0
		}
		last = max(last, h.ExpiresAt)
	}
	return last
}

// Say is the sentence in a language, its figures filled in by whoever knows how the
// reader writes them. Errors: Internal when the text names a figure that is not there.
func (s Sentence) Say(lang string, amount func(wallet.Money) string, at func(wallet.Time) string) (string, error) {
	text := s.Text.In(lang)
	out, rest := "", text
	for {
		before, after, found := cutPlace(rest)
		out += before
		if !found {
			return out, nil
		}
		name, tail := after[0], after[1]
		switch {
		case name == "amount" && !s.Amount.None():
			out += amount(s.Amount)
		case (name == "until" || name == "by") && s.At != 0:
			out += at(s.At)
		default:
			return "", fault.New(fault.Internal, "failure.Say", "the sentence %s has no %s", s.Key, name)
		}
		rest = tail
	}
}

// cutPlace finds the first {name} of a text.
func cutPlace(text string) (before string, name [2]string, found bool) {
	for i := range len(text) {
		if text[i] != '{' {
			continue
		}
		for j := i + 1; j < len(text); j++ {
			if text[j] == '}' {
				return text[:i], [2]string{text[i+1 : j], text[j+1:]}, true
			}
		}
	}
	return text, name, false
}

// places lists the figures that a text names.
func places(text string) []string {
	var names []string
	for {
		_, cut, found := cutPlace(text)
		if !found {
			slices.Sort(names)
			return slices.Compact(names)
		}
		names = append(names, cut[0])
		text = cut[1]
	}
}

func wrong(file, format string, values ...any) error {
	return fault.New(fault.Invalid, "failure.Load", "%s: %s", file, fmt.Sprintf(format, values...))
}
