package wallet

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// Class says how far a field goes into somebody's life, and so who may see it.
type Class uint8

// The classes of fields.
const (
	C0 Class = iota // says nothing about anybody: states, currencies, codes of failures
	C1              // needed to answer at all: amounts, times, merchants; whoever works on the conversation sees it
	C2              // who somebody is: names. Masked, and revealed with a reason
	C3              // how to reach or rob somebody: addresses, account numbers. The same
	C4              // secrets: card numbers, security codes, codes, passwords, phrases. Never told to Kefu, never revealed
)

// String is how the audit chain names a class.
func (c Class) String() string { return [...]string{"C0", "C1", "C2", "C3", "C4"}[min(c, C4)] }

// Field is a field that staff may ask to see unmasked, one at a time.
type Field string

// The fields that have a masked and an unmasked form.
const (
	FieldName         Field = "customer.name"
	FieldEmail        Field = "customer.email"
	FieldPhone        Field = "customer.phone"
	FieldUsername     Field = "customer.username"
	FieldAccount      Field = "account.number"
	FieldCounterparty Field = "transaction.counterparty"
	FieldPartyAccount Field = "transaction.counterparty_account"
	FieldNote         Field = "transaction.note"
	FieldInstrument   Field = "instrument.number" // C4: the number behind the last four
)

// Fields lists them.
func Fields() []Field {
	return []Field{FieldName, FieldEmail, FieldPhone, FieldUsername, FieldAccount, FieldCounterparty, FieldPartyAccount, FieldNote, FieldInstrument}
}

// Class is the class of a field; what is unknown is a secret.
func (f Field) Class() Class {
	switch f {
	case FieldName, FieldUsername, FieldCounterparty, FieldNote:
		return C2
	case FieldEmail, FieldPhone, FieldAccount, FieldPartyAccount:
		return C3
	default:
		return C4
	}
}

// OfCustomer tells whether f is one of the customer's own, and of no account or
// transaction.
func (f Field) OfCustomer() bool { return strings.HasPrefix(string(f), "customer.") }

// Revealable tells whether f may be revealed to anybody at all.
func (f Field) Revealable() bool { return f.Class() < C4 }

const (
	dots         = "••••"
	maxFirstName = 24 // characters; more are no first name
)

// MaskName leaves what is enough to tell one from another and not enough to find
// them: the first word of a name and the initial of the last, "Anna S.". Of a name
// in Chinese, Japanese or Korean letters the family name, "李••". A single word
// keeps its first letter.
func MaskName(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words[0])
	if len(words) == 1 {
		if unicode.In(first, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) {
			return string(first) + "••"
		}
		return words[0][:size] + dots
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	switch n := utf8.RuneCountInString(words[0]); {
	case n == 1: // an initial: the rest says all the more
		return words[0] + " " + dots
	case n > maxFirstName:
		return string(first) + dots
	}
	return words[0] + " " + string(unicode.ToUpper(last)) + "."
}

// MaskEmail leaves the first letter and the domain.
func MaskEmail(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return MaskEnd(address, 0)
	}
	_, size := utf8.DecodeRuneInString(local)
	if size == len(local) { // its first letter is all of it
		size = 0
	}
	return local[:size] + dots + "@" + domain
}

// MaskPhone leaves the country's code, where one stands in front, and the last two
// digits.
func MaskPhone(number string) string {
	plain := strings.Map(func(r rune) rune {
		if (r >= '0' && r <= '9') || r == '+' {
			return r
		}
		return -1
	}, number)
	if len(plain) < 8 {
		return MaskEnd(plain, 0)
	}
	front := ""
	if plain[0] == '+' {
		front = plain[:3] + " "
	}
	return front + dots + plain[len(plain)-2:]
}

// MaskEnd leaves the last n characters, at most a third.
func MaskEnd(text string, n int) string {
	if text == "" {
		return ""
	}
	chars := []rune(text)
	return dots + string(chars[len(chars)-min(n, len(chars)/3):])
}

// MaskHandle masks a handle by its kind.
func MaskHandle(h Handle) string {
	switch h.Kind {
	case HandleEmail:
		return MaskEmail(h.Value)
	case HandlePhone:
		return MaskPhone(h.Value)
	default:
		return MaskEnd(h.Value, 3)
	}
}

// Masked is c as staff may see it.
func (c Customer) Masked() Customer {
	c.Name = MaskName(c.Name)
	handles := make([]Handle, len(c.Handles))
	for i, h := range c.Handles {
		h.Value = MaskHandle(h)
		handles[i] = h
	}
	c.Handles = handles
	return c
}

// Masked is a as staff may see it.
func (a Account) Masked() Account {
	a.Number = MaskEnd(a.Number, 4)
	return a
}

// Masked is t as staff may see it: amounts, times and merchants as they are, the
// other person's name and account masked, and of what the payer wrote nothing.
func (t Transaction) Masked() Transaction {
	if t.Counterparty != nil {
		t.Counterparty = &Counterparty{Name: MaskName(t.Counterparty.Name), Account: MaskEnd(t.Counterparty.Account, 4)}
	}
	t.Note = MaskEnd(t.Note, 0)
	if t.ClientRef != "" {
		t.ClientRef = MaskEnd(t.ClientRef, 4)
	}
	return t
}

// ForCustomer is t as its own customer may see it in Kefu's window: without the
// raw words of a provider, without what must not be disclosed, and the other side's
// account masked, for somebody may be looking over a shoulder.
func (t Transaction) ForCustomer() Transaction {
	if t.Counterparty != nil {
		t.Counterparty = &Counterparty{Name: t.Counterparty.Name, Account: MaskEnd(t.Counterparty.Account, 4)}
	}
	t = t.Told()
	if t.Failure != nil {
		f := t.Failure.ForCustomer()
		t.Failure = &f
	}
	t.Evidence, t.Rail, t.RailRef, t.ClientRef = nil, "", "", ""
	return t
}

// Told is t as far as its customer may be told of it, and whoever may hear no more than
// they. That somebody looks at a payment for fraud or by law is not said: it is where it
// was before, with a history in which that never happened; of what is set aside there is
// what the wallet says may be told; and no reason for which a payment that goes on would
// have failed. A payment is told like any other one that takes its time, or the
// difference would tell. This is the one rule: whatever explains, proposes, lists or
// shows a payment goes by it.
func (t Transaction) Told() Transaction {
	var holds []Hold
	for _, h := range t.Holds {
		if h.Disclosable {
			holds = append(holds, h)
		}
	}
	var history []Step
	for _, s := range t.History {
		if s.State != RiskHold && (len(history) == 0 || history[len(history)-1].State != s.State) {
			history = append(history, Step{State: s.State, At: s.At})
		}
	}
	t.State, t.Holds, t.History = t.told(), holds, history
	if t.Failure != nil && !t.Failure.Code.Disclosable() && !t.State.Failing() {
		t.Failure = nil
	}
	return t
}

// Failing tells whether a payment in s did not do what it was for, so that there is a
// reason.
func (s State) Failing() bool {
	switch s {
	case PreCheckFailed, Failed, FailedAfterDebit, AutoReversal, Expired, Voided, Reversed:
		return true
	default:
		return false
	}
}

// told is the state that t's customer may be told.
func (t Transaction) told() State {
	if t.State != RiskHold {
		return t.State
	}
	for _, s := range slices.Backward(t.History) {
		if s.State != RiskHold {
			return s.State
		}
	}
	return Initiated
}

// Reveal gives one field of what the wallet said, unmasked. Object is the transaction
// or account that it is of; of a handle its place among the customer's, from 0, or ""
// for the first of its kind. Errors: Forbidden for a
// secret; NotFound when there is no such field or it is empty.
func Reveal(f Field, c Customer, accounts []Account, t Transaction, object string) (string, error) {
	const op = "wallet.Reveal"
	if !f.Revealable() {
		return "", fault.New(fault.Forbidden, op, "nobody may see %s", f.Class())
	}
	value := ""
	switch f {
	case FieldName:
		value = c.Name
	case FieldEmail, FieldPhone, FieldUsername:
		for place, h := range c.Handles { // somebody may have two numbers: it must be the one that was asked for
			if "customer."+h.Kind == string(f) && value == "" && (object == "" || object == strconv.Itoa(place)) {
				value = h.Value
			}
		}
	case FieldAccount:
		for _, a := range accounts {
			if a.ID == object {
				value = a.Number
			}
		}
	case FieldNote:
		value = t.Note
	case FieldCounterparty, FieldPartyAccount:
		if t.Counterparty == nil {
			break
		}
		if value = t.Counterparty.Name; f == FieldPartyAccount {
			value = t.Counterparty.Account
		}
	}
	if value == "" {
		return "", fault.New(fault.NotFound, op, "the wallet holds nothing there")
	}
	return value, nil
}
