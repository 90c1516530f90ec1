// Package reveal is what staff may see of a wallet beyond what is masked: which fields there
// are and how far each goes into somebody's life, one field unmasked at a time, and the
// reason that has to be given for it.
package reveal

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Class says how far a field of a wallet goes into somebody's life, and so who may see it.
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

// Look is what a member of staff looks at, for the audit chain.
type Look struct {
	What string // customer, transactions, transaction
	ID   string // of the transaction
}

// Reason is why a member of staff wants to see a field: a word of the closed set,
// and what they write.
type Reason struct {
	Code string
	Text string
}

// Reasons are why a field may be revealed.
func Reasons() []string {
	return []string{"identify_customer", "trace_payment", "contact_customer", "report_fraud", "correct_data", "other"}
}

// Bounds of a reason's text, in characters.
const (
	MinReason = 8
	MaxReason = 200
)

// Validate refuses a reason that says nothing. Errors: Invalid.
func (r Reason) Validate() error {
	const op = "reveal.Reason"
	if !slices.Contains(Reasons(), r.Code) {
		return fault.InvalidField(op, "reason", "is not one of those that there are")
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(r.Text)); n < MinReason || n > MaxReason {
		return fault.InvalidField(op, "text", "has not %d to %d characters", MinReason, MaxReason)
	}
	return check.Text(op, "text", r.Text)
}

// Of gives one field of what the wallet said, unmasked. Object is the transaction
// or account that it is of; of a handle its place among the customer's, from 0, or ""
// for the first of its kind. Errors: Forbidden for a
// secret; NotFound when there is no such field or it is empty.
func Of(f Field, c wallet.Customer, accounts []wallet.Account, t wallet.Transaction, object string) (string, error) {
	const op = "reveal.Of"
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
