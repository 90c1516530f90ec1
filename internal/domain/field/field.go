// Package field says how far each field that the wallet or Kefu's own record tells of a
// customer goes into their life, how it is masked, and whether somebody of the house may see
// it unmasked. Masks, reveals and their audit records go by it. That the desk's forms for
// both, and webhooks, hold no field that is in none of its rows is TestEveryFieldOfTheWireIsDeclared;
// conversations, cases, acts and the window's own forms are not in it.
package field

import (
	"slices"
	"strings"
)

// Class says how far a field goes into somebody's life, and so who may see it.
type Class uint8

// The classes.
const (
	C0 Class = iota // says nothing about anybody: states, currencies, codes of failures
	C1              // needed to answer at all: amounts, times, merchants; whoever works on the conversation sees it
	C2              // who somebody is: names. Masked, and revealed with a reason
	C3              // how to reach or rob somebody: addresses, account numbers. Masked, and revealed in the same way
	C4              // secrets: card numbers, security codes, codes, passwords, phrases. Never told to Kefu, never revealed
)

// String is how the audit chain names a class.
func (c Class) String() string { return [...]string{"C0", "C1", "C2", "C3", "C4"}[min(c, C4)] }

// Form is what is left of a value that is masked.
type Form uint8

// The forms.
const (
	Hidden Form = iota // nothing: that something stands there
	Person             // a first name and an initial, or a family name
	Mail               // the first letter and the domain
	Phone              // the country's code and the last two digits
	End3               // the last three characters
	End4               // the last four characters
)

// Name is a field that is masked wherever staff see it.
type Name string

// The fields that are masked.
const (
	CustomerName Name = "customer.name"
	Email        Name = "customer.email"
	PhoneNumber  Name = "customer.phone"
	Username     Name = "customer.username"
	Account      Name = "account.number"
	Counterparty Name = "transaction.counterparty"
	PartyAccount Name = "transaction.counterparty_account"
	Note         Name = "transaction.note"
	ClientRef    Name = "transaction.client_ref" // the wallet's own key of a payment
	Handle       Name = "handle.value"           // of Kefu's own record of a customer
	Instrument   Name = "instrument.number"      // the number behind the last four
)

// Masked lists the fields that are masked.
func Masked() []Name {
	return []Name{CustomerName, Email, PhoneNumber, Username, Account, Counterparty, PartyAccount, Note, ClientRef, Handle, Instrument}
}

// Class is the class of a field; what is unknown is a secret.
func (n Name) Class() Class {
	switch n {
	case CustomerName, Username, Counterparty, Note, ClientRef:
		return C2
	case Email, PhoneNumber, Account, PartyAccount, Handle:
		return C3
	default:
		return C4
	}
}

// Form is how a field is masked; what is unknown is hidden.
func (n Name) Form() Form {
	switch n {
	case CustomerName, Counterparty:
		return Person
	case Email:
		return Mail
	case PhoneNumber:
		return Phone
	case Username:
		return End3
	case Account, PartyAccount, ClientRef, Handle:
		return End4
	default:
		return Hidden
	}
}

// Revealable tells whether a field may be shown unmasked to anybody at all. A key of the
// wallet's and what Kefu noted itself are of use to nobody: whoever needs an address reveals
// the wallet's.
func (n Name) Revealable() bool { return n.Class() < C4 && n != ClientRef && n != Handle }

// OfCustomer tells whether a field is one of the customer's own in the wallet, and of no
// account or transaction.
func (n Name) OfCustomer() bool { return strings.HasPrefix(string(n), "customer.") }

// Row is a field of one form in which something of a customer leaves Kefu towards a person
// or a program.
type Row struct {
	Of    string // the form: the package and the name of its type
	Field string // as it stands in JSON
	Class Class
	Mask  Name   // under which it is masked; "": it is shown as it is
	Why   string // it is shown although it says who somebody is
}

// Declared are the rows of every such field.
func Declared() []Row {
	var rows []Row
	shown := func(of string, class Class, fields string) {
		for f := range strings.FieldsSeq(fields) {
			rows = append(rows, Row{Of: of, Field: f, Class: class})
		}
	}
	masked := func(of, field string, name Name) {
		rows = append(rows, Row{Of: of, Field: field, Class: name.Class(), Mask: name})
	}
	because := func(of, field string, class Class, why string) {
		rows = append(rows, Row{Of: of, Field: field, Class: class, Why: why})
	}
	atDesk(shown, masked)
	ownRecords(shown, masked, because)
	return rows
}

// atDesk are the forms in which the desk is told what the wallet says.
func atDesk(shown func(of string, class Class, fields string), masked func(of, field string, name Name)) {
	shown("walletview.WalletView", C0, "kind locale time_zone jurisdiction kyc flags risk_tier handles accounts instruments case")
	shown("walletview.WalletView", C1, "since")
	masked("walletview.WalletView", "name", CustomerName)
	shown("walletview.WalletHandle", C0, "kind")
	shown("walletview.WalletHandle", C1, "verified_at changed_at")
	masked("walletview.WalletHandle", "masked", Email) // or PhoneNumber, or Username, by its kind
	shown("walletview.WalletAccount", C0, "id kind status block balances")
	shown("walletview.WalletAccount", C1, "name opened_at")
	masked("walletview.WalletAccount", "number", Account)
	shown("walletview.WalletBalance", C1, "total available pending_in pending_out held as_of")
	shown("walletview.WalletInstrument", C0, "id type brand country expiry status default open_uses")
	shown("walletview.WalletInstrument", C1, "last4")
	shown("walletview.Sum", C1, "amount currency scale")
	shown("walletview.Plain", C0, "key tone")
	shown("walletview.Step", C0, "state note")
	shown("walletview.Step", C1, "at")
	masked("walletview.Party", "name", Counterparty)
	masked("walletview.Party", "account", PartyAccount)
	shown("walletview.Merchant", C1, "name mcc descriptor")
	shown("walletview.Fee", C1, "kind amount")
	shown("walletview.Exchange", C1, "rate from to quoted_at")
	shown("walletview.Failure", C0, "code disclosable source raw_code retriable advice")
	shown("walletview.Failure", C1, "raw_text")
	shown("walletview.Hold", C0, "id reason disclosable")
	shown("walletview.Hold", C1, "amount placed_at expires_at")
	shown("walletview.Relation", C0, "kind id")
	shown("walletview.Transaction", C0, "id account_id kind direction state plain final instrument_id channel history failure holds related rail evidence fees fx counterparty merchant")
	shown("walletview.Transaction", C1, "amount at authorised_at posted_at expected_by order_ref rail_ref")
	masked("walletview.Transaction", "party", Counterparty)
	masked("walletview.Transaction", "note", Note)
	shown("walletview.Page", C0, "items next")
}

// ownRecords are the forms in which Kefu's own record of a customer leaves it.
func ownRecords(shown func(of string, class Class, fields string), masked func(of, field string, name Name), because func(of, field string, class Class, why string)) {
	const addressed = "they are addressed by it in the conversation"
	shown("api.CustomerLabel", C0, "id evidence anonymous")
	because("api.CustomerLabel", "name", C2, addressed)
	shown("api.CustomerView", C0, "handles conversations still_at")
	shown("api.Handle", C0, "id kind evidence")
	masked("api.Handle", "masked", Handle)
	shown("api.FoundLabel", C0, "id evidence anonymous")
	masked("api.FoundLabel", "name", CustomerName)
	shown("api.FoundCustomer", C0, "handle_evidence")
	shown("api.FoundList", C0, "items")
	shown("api.RevealedField", C1, "expires_at")
	because("api.RevealedField", "value", C3, "one field, for a reason, within a budget, for five minutes")
	shown("webhook.Data", C0, "conversation seq channel language status agent customer unread")
	shown("webhook.Customer", C0, "id issuer")
	because("webhook.Customer", "subject", C2, "the wallet's own id, without which it finds nobody")
}

// Find is the row of a field of a form; false: nobody has declared it.
func Find(rows []Row, of, field string) (Row, bool) {
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Of == of && r.Field == field })
	if i < 0 {
		return Row{}, false
	}
	return rows[i], true
}
