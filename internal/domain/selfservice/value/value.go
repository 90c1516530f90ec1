// Package value is what a slot of a flow holds: of which type it is, what conditions ask
// about it, and what sentences may name of it. How a run comes by values is not its
// business.
package value

import (
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice/fact"
	"kefu/internal/domain/selfservice/gather"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
)

// Type is the type of a slot's value.
type Type string

// The types. The first are what people enter, the others what the wallet tells.
const (
	Amount     Type = "amount"
	Date       Type = "date"
	Text       Type = "text"
	Choice     Type = "choice"
	YesNo      Type = "yes_no"
	Phone      Type = "phone"
	Email      Type = "email"
	Last4      Type = "last4"
	Currency   Type = "currency"
	Payment    Type = "payment"
	Cause      Type = "cause"
	Terms      Type = "terms"
	Act        Type = "act"
	Incident   Type = "incident"
	Instrument Type = "instrument"
	Refund     Type = "refund"
	Dispute    Type = "dispute"
	Device     Type = "device"
	Limits     Type = "limits"
	Stops      Type = "restrictions"
	Stop       Type = "restriction"
	Safety     Type = "safety"
	Sheet      Type = "sheet" // what a read tells
	Entry      Type = "entry" // of a list of a read
	Files      Type = "files"
)

// Entered are the types that somebody enters as words.
func Entered() []Type {
	return []Type{Amount, Date, Text, Choice, YesNo, Phone, Email, Last4, Currency}
}

// Chosen are the types of things that somebody chooses from a list.
func Chosen() []Type { return []Type{Payment, Instrument, Refund, Dispute, Device, Stop, Entry} }

// Told are the types that only the wallet or Kefu itself fills in.
func Told() []Type { return []Type{Cause, Terms, Act, Incident, Limits, Stops, Safety, Sheet} }

// Value is what a slot holds. Which members are there follows from its type. It is
// what was told to the customer, and no more: nothing that they may not hear is ever
// in a slot.
type Value struct {
	Type       Type             `json:"type"`
	Text       string           `json:"text,omitempty"`  // of what was entered; the id of a chosen option
	Money      *wallet.Money    `json:"money,omitempty"` // of an amount
	At         wallet.Time      `json:"at,omitempty"`    // of a date: midnight where the customer is
	Yes        bool             `json:"yes,omitempty"`
	Payment    *PaymentFact     `json:"payment,omitempty"`
	Cause      *CauseFact       `json:"cause,omitempty"`
	Terms      *fact.Terms      `json:"terms,omitempty"`
	Act        *ActFact         `json:"act,omitempty"`
	Incident   *fact.Incident   `json:"incident,omitempty"`
	Instrument *fact.Instrument `json:"instrument,omitempty"`
	Refund     *fact.Refund     `json:"refund,omitempty"`
	Dispute    *fact.Dispute    `json:"dispute,omitempty"`
	Device     *fact.Device     `json:"device,omitempty"`
	Limits     *fact.Limits     `json:"limits,omitempty"`
	Stops      *fact.Stops      `json:"restrictions,omitempty"`
	Stop       *fact.StopLine   `json:"restriction,omitempty"`
	Safety     *SafetyFact      `json:"safety,omitempty"`
	Sheet      *sheet.Sheet     `json:"sheet,omitempty"`
	Entry      *sheet.Entry     `json:"entry,omitempty"`
	Files      []gather.File    `json:"files,omitempty"`
}

// PaymentFact is a payment as its customer may see it. Numbers for conditions are
// rounded; Amount is exact.
type PaymentFact struct {
	ID         string          `json:"id" cel:"id"`
	Kind       string          `json:"kind" cel:"kind"`
	Direction  string          `json:"direction" cel:"direction"`
	State      string          `json:"state" cel:"state"`
	Party      string          `json:"party" cel:"party"`
	Rail       string          `json:"rail" cel:"rail"`
	Reference  string          `json:"reference,omitempty" cel:"-"` // by which the other side finds it
	Amount     wallet.Money    `json:"amount" cel:"-"`
	Sum        float64         `json:"sum" cel:"sum"` // in whole units
	Currency   string          `json:"currency" cel:"currency"`
	Where      string          `json:"where" cel:"where"`       // where the money is: a key of the sentences of failure codes
	Money      *sheet.Sentence `json:"money,omitempty" cel:"-"` // the same in words
	Begun      wallet.Time     `json:"begun" cel:"-"`
	ExpectedBy wallet.Time     `json:"expected_by" cel:"-"`
	HeldUntil  wallet.Time     `json:"held_until" cel:"-"`
	AgeHours   int64           `json:"age_hours" cel:"age_hours"`
	LateHours  int64           `json:"late_hours" cel:"late_hours"` // 0: not late
	Failed     bool            `json:"failed" cel:"failed"`
	Over       bool            `json:"over" cel:"over"`
	Final      bool            `json:"final" cel:"final"`
	Disputed   bool            `json:"disputed" cel:"disputed"`
	Refunded   bool            `json:"refunded" cel:"refunded"`   // in whole
	Refunding  bool            `json:"refunding" cel:"refunding"` // a refund is on its way
	There      bool            `json:"there" cel:"there"`         // false: no such payment was found
}

// CauseFact is why a payment did not work, as far as it may be told.
type CauseFact struct {
	Code      string   `json:"code" cel:"code"` // undisclosed where it may not be told; "" where nothing failed
	Disclosed bool     `json:"disclosed" cel:"disclosed"`
	Where     string   `json:"where" cel:"where"`
	Retry     string   `json:"retry" cel:"retry"`
	Next      []string `json:"next" cel:"next"`
	Version   string   `json:"version" cel:"-"`

	// The same in words, as it was told.
	Title     form.Texts      `json:"title,omitempty" cel:"-"`
	Text      form.Texts      `json:"text,omitempty" cel:"-"`
	Money     *sheet.Sentence `json:"money,omitempty" cel:"-"`
	RetryText form.Texts      `json:"retry_text,omitempty" cel:"-"`
	RetryAt   wallet.Time     `json:"retry_at,omitempty" cel:"-"` // 0: at once, never, or nobody can say
	Steps     []NextStep      `json:"steps,omitempty" cel:"-"`
}

// NextStep is something that may be done after a failure: one of Next, in words.
type NextStep struct {
	Key   string     `json:"key"`
	Where string     `json:"where"` // wallet, here, outside, person
	Link  string     `json:"link,omitempty"`
	URL   string     `json:"url,omitempty"` // opens it in the wallet's app; "" where the wallet names no address
	Label form.Texts `json:"label"`
}

// ActFact is something that is to be done, or was.
type ActFact struct {
	ID          string       `json:"id" cel:"-"`
	Act         string       `json:"act" cel:"act"`
	State       string       `json:"state" cel:"state"`
	Hash        string       `json:"hash" cel:"-"` // what a yes names
	Refusal     string       `json:"refusal" cel:"refusal"`
	Proof       int64        `json:"proof" cel:"proof"` // the level that it needs
	FourEyes    bool         `json:"four_eyes" cel:"four_eyes"`
	Amount      wallet.Money `json:"amount" cel:"-"`
	Destination string       `json:"destination" cel:"-"` // in the customer's words, masked
	ArrivesBy   wallet.Time  `json:"arrives_by" cel:"-"`
	Effects     []string     `json:"effects" cel:"effects"`
	Reversible  bool         `json:"reversible" cel:"reversible"`
	Link        string       `json:"link,omitempty" cel:"-"`   // opens the wallet's app where a proof is asked for
	Papers      int64        `json:"papers,omitempty" cel:"-"` // files that it names
	Given       int64        `json:"given,omitempty" cel:"-"`  // of them, those that the wallet has
	Made        string       `json:"made" cel:"-"`             // the id of the refund, dispute … that came of it
}

// SafetyFact is who can get at a customer's wallet, as far as the wallet tells: how many
// devices and sign-ins there are, and what proves the customer that was added or changed
// within the cool-down. A count below nothing is one that the wallet does not tell.
type SafetyFact struct {
	There    bool        `json:"there" cel:"there"`
	Changed  bool        `json:"changed" cel:"changed"` // something that proves them, within the cool-down
	Weak     bool        `json:"weak" cel:"weak"`       // messages alone prove them
	Devices  int64       `json:"devices" cel:"devices"`
	SignedIn int64       `json:"signed_in" cel:"signed_in"`
	Refused  int64       `json:"refused" cel:"refused"` // sign-ins of the last week
	LastAt   wallet.Time `json:"last_at" cel:"-"`       // of the last change; zero where nobody tells
	// Changes are when each kind of proof was changed last, of those that were within the
	// cool-down: passkey, sms …
	Changes map[string]wallet.Time `json:"changes,omitempty" cel:"-"`
}

// Proofs are the kinds of what proves a customer, of which a SafetyFact tells changes.
func Proofs() []string {
	return []string{"passkey", "app_push", "totp", "sms", "email", "password", "recovery_code", "document"}
}

// AmountFact is an amount, for conditions.
type AmountFact struct {
	Sum      float64 `cel:"sum"`
	Currency string  `cel:"currency"`
	There    bool    `cel:"there"`
}

// DateFact is a day, for conditions.
type DateFact struct {
	At    time.Time `cel:"at"`
	There bool      `cel:"there"`
}

// Zero is the fact of a type, by which conditions are checked. It and FactOf agree.
func Zero(t Type) any {
	switch t {
	case Amount:
		return AmountFact{}
	case Date:
		return DateFact{}
	case YesNo:
		return false
	case Payment:
		return PaymentFact{}
	case Cause:
		return CauseFact{}
	case Terms:
		return fact.Terms{}
	case Act:
		return ActFact{}
	case Incident:
		return fact.Incident{}
	case Instrument:
		return fact.Instrument{}
	case Refund:
		return fact.Refund{}
	case Dispute:
		return fact.Dispute{}
	case Device:
		return fact.Device{}
	case Limits:
		return fact.Limits{}
	case Stops:
		return fact.Stops{}
	case Stop:
		return fact.StopLine{}
	case Safety:
		return SafetyFact{}
	case Files:
		return gather.Fact{}
	default: // what is entered as a text
		return ""
	}
}

// OrNew is what a pointer leads to, or an empty one.
func OrNew[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}

// FactOf is a value as conditions see it; the zero Value of a type is an empty one.
func FactOf(t Type, v Value) any {
	switch t {
	case Amount:
		f := AmountFact{}
		if v.Money != nil {
			f = AmountFact{Sum: Whole(*v.Money), Currency: v.Money.Currency(), There: true}
		}
		return &f
	case Date:
		return &DateFact{At: v.At.Std(), There: v.At != 0}
	case YesNo:
		return v.Yes
	case Payment:
		return OrNew(v.Payment)
	case Cause:
		return OrNew(v.Cause)
	case Terms:
		return OrNew(v.Terms)
	case Act:
		return OrNew(v.Act)
	case Incident:
		return OrNew(v.Incident)
	case Instrument:
		return OrNew(v.Instrument)
	case Refund:
		return OrNew(v.Refund)
	case Dispute:
		return OrNew(v.Dispute)
	case Device:
		return OrNew(v.Device)
	case Limits:
		return OrNew(v.Limits)
	case Stops:
		return OrNew(v.Stops)
	case Stop:
		return OrNew(v.Stop)
	case Safety:
		return OrNew(v.Safety)
	case Files:
		return gather.FactOf(v.Files)
	default:
		return v.Text
	}
}

// Whole is a sum in whole units, rounded: to compare with a bound, never to reckon with.
func Whole(m wallet.Money) float64 {
	units, _ := m.Smallest().Float64()
	for range m.Scale() {
		units /= 10
	}
	return units
}

// Ref is the wallet's id of what a value is about, or "".
func (v Value) Ref() string {
	switch v.Type {
	case Payment:
		return OrNew(v.Payment).ID
	case Instrument:
		return OrNew(v.Instrument).ID
	case Refund:
		return OrNew(v.Refund).ID
	case Dispute:
		return OrNew(v.Dispute).ID
	case Device:
		return OrNew(v.Device).ID
	case Stop:
		return OrNew(v.Stop).ID
	case Entry:
		return OrNew(v.Entry).ID
	case Act:
		return OrNew(v.Act).Made
	default:
		return ""
	}
}

// Untaken tells whether no money has moved.
func (f *PaymentFact) Untaken() bool {
	return f.Where == "not_taken" || strings.HasPrefix(f.Where, "unfinished")
}

// State is the wallet's state of what a value is about, for a command's Expect.
func (v Value) State() string {
	switch v.Type {
	case Payment:
		return OrNew(v.Payment).State
	case Refund:
		return OrNew(v.Refund).State
	case Dispute:
		return OrNew(v.Dispute).State
	case Instrument:
		return OrNew(v.Instrument).Status
	case Device:
		return OrNew(v.Device).Trust
	case Stop:
		return OrNew(v.Stop).Kind
	case Entry:
		return OrNew(v.Entry).State
	default:
		return ""
	}
}

// Figures are what sentences may name of each type, after the slot's name and a dot.
func Figures(t Type) []string {
	switch t {
	case Amount, Date, Text, Phone, Email, Last4, Currency:
		return []string{""}
	case Payment:
		return []string{"amount", "party", "reference", "begun", "expected_by", "held_until"}
	case Terms:
		return []string{"left", "until", "answers_by"}
	case Act:
		return []string{"amount", "destination", "arrives_by"}
	case Incident:
		return []string{"ends_at", "message"}
	case Instrument, Device:
		return []string{"label"}
	case Refund:
		return []string{"amount", "expected_by", "reference"}
	case Stops:
		return []string{"lifts_from"}
	case Dispute:
		return []string{"amount", "decision_by", "evidence_by"}
	case Safety:
		names := []string{"devices", "signed_in", "refused", "changed_at"}
		for _, proof := range Proofs() {
			names = append(names, proof+"_at")
		}
		return names
	default:
		return nil
	}
}

// Certain are those of them that are always there.
func Certain(t Type) []string {
	switch t {
	case Amount, Date, Text, Phone, Email, Last4, Currency:
		return []string{""}
	case Payment, Refund, Dispute:
		return []string{"amount"}
	case Terms:
		return []string{"left"}
	case Instrument, Device:
		return []string{"label"}
	default:
		return nil
	}
}

// Figure gives what a sentence names. There is none where the wallet told none: then
// the sentence is not said.
func (v Value) Figure(name string) (sheet.Figure, bool) {
	money := func(m wallet.Money) (sheet.Figure, bool) { return sheet.Figure{Money: &m}, !m.None() }
	at := func(t wallet.Time) (sheet.Figure, bool) { return sheet.Figure{At: t}, t != 0 }
	text := func(s string) (sheet.Figure, bool) { return sheet.Figure{Text: s}, s != "" }
	if v.Type == Safety {
		return v.Safety.figure(name)
	}
	switch string(v.Type) + "." + name {
	case "amount.":
		return money(*OrNew(v.Money))
	case "date.":
		return at(v.At)
	case "text.", "phone.", "email.", "last4.", "currency.":
		return text(v.Text)
	case "payment.amount":
		return money(OrNew(v.Payment).Amount)
	case "payment.party":
		return text(OrNew(v.Payment).Party)
	case "payment.reference":
		return text(OrNew(v.Payment).Reference)
	case "payment.begun":
		return at(OrNew(v.Payment).Begun)
	case "payment.expected_by":
		return at(OrNew(v.Payment).ExpectedBy)
	case "payment.held_until":
		return at(OrNew(v.Payment).HeldUntil)
	case "terms.left":
		return money(OrNew(v.Terms).Left)
	case "terms.until":
		return at(OrNew(v.Terms).Until)
	case "terms.answers_by":
		return at(OrNew(v.Terms).AnswersBy)
	case "act.amount":
		return money(OrNew(v.Act).Amount)
	case "act.destination":
		return text(OrNew(v.Act).Destination)
	case "act.given":
		return sheet.Figure{Text: strconv.FormatInt(OrNew(v.Act).Given, 10)}, OrNew(v.Act).Papers > 0
	case "act.papers":
		return sheet.Figure{Text: strconv.FormatInt(OrNew(v.Act).Papers, 10)}, OrNew(v.Act).Papers > 0
	case "act.arrives_by":
		return at(OrNew(v.Act).ArrivesBy)
	case "incident.ends_at":
		return at(OrNew(v.Incident).EndsAt)
	case "incident.message":
		return text(OrNew(v.Incident).Message)
	case "instrument.label":
		return text(OrNew(v.Instrument).Label)
	case "device.label":
		return text(OrNew(v.Device).Label)
	case "restrictions.lifts_from":
		return at(OrNew(v.Stops).LiftsFrom)
	case "refund.amount":
		return money(OrNew(v.Refund).Amount)
	case "refund.expected_by":
		return at(OrNew(v.Refund).ExpectedBy)
	case "refund.reference":
		return text(OrNew(v.Refund).Reference)
	case "dispute.amount":
		return money(OrNew(v.Dispute).Amount)
	case "dispute.evidence_by":
		return at(OrNew(v.Dispute).EvidenceBy)
	case "dispute.decision_by":
		return at(OrNew(v.Dispute).DecisionBy)
	default:
		return v.named(name)
	}
}

// figure gives what a sentence names of who can get at a wallet.
func (f *SafetyFact) figure(name string) (sheet.Figure, bool) {
	if f == nil {
		return sheet.Figure{}, false
	}
	count := func(n int64) (sheet.Figure, bool) { return sheet.Figure{Text: strconv.FormatInt(n, 10)}, n >= 0 }
	switch name {
	case "devices":
		return count(f.Devices)
	case "signed_in":
		return count(f.SignedIn)
	case "refused":
		return count(f.Refused)
	case "changed_at":
		return sheet.Figure{At: f.LastAt}, f.LastAt != 0
	}
	at := f.Changes[strings.TrimSuffix(name, "_at")]
	return sheet.Figure{At: at}, at != 0
}

// named is a figure of a sheet or an entry.
func (v Value) named(name string) (sheet.Figure, bool) {
	var f sheet.Figure
	switch {
	case v.Sheet != nil:
		f = v.Sheet.Named[name]
	case v.Entry != nil:
		f = v.Entry.Named[name]
	}
	return f, !f.None()
}
