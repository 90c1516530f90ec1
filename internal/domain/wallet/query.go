package wallet

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Actor is on whose behalf the wallet is asked, so that it can refuse by rules of
// its own and keep a record of its own.
type Actor struct {
	Kind    string `json:"kind"` // staff, customer
	ID      string `json:"id"`   // the member of staff's, or the customer's in Kefu
	Role    string `json:"role,omitempty"`
	Case    string `json:"case,omitempty"`    // the conversation it is asked for
	Purpose string `json:"purpose,omitempty"` // view, list, reveal, own
}

// What the wallet is asked for.
const (
	PurposeView   = "view"   // by staff, who see it masked
	PurposeReveal = "reveal" // by staff, one field
	PurposeOwn    = "own"    // by the customer
)

// Query asks for a customer's transactions, the newest first.
type Query struct {
	CustomerID string
	States     []State
	Kinds      []Kind
	From, To   Time   // created at From or later and before To; 0 is no bound
	Min, Max   string // decimal texts that bound the amount, whatever the currency; "" is no bound
	Currency   string // "" is any
	Text       string // in the name of the counterparty or merchant, without regard to case
	Instrument string // that it was paid with; "" is any. Only of a wallet with that filter
	Cursor     string // where the page before ended
	Limit      int    // 1 to MaxPage
}

// MinText is the least number of characters that is searched for.
const MinText = 2

// Validate refuses a question that makes no sense. Errors: Invalid.
func (q Query) Validate() error {
	const op = "wallet.Query"
	for _, s := range q.States {
		if !s.Known() {
			return fault.InvalidField(op, "state", "is unknown")
		}
	}
	for _, k := range q.Kinds {
		if err := check.Word(op, "kind", k, Kinds()...); err != nil {
			return err
		}
	}
	for field, text := range map[string]string{"min": q.Min, "max": q.Max} {
		if m, err := Parse(text, "XXX", MaxScale); text != "" && (err != nil || m.Sign() < 0) {
			return fault.InvalidField(op, field, "is no amount")
		}
	}
	switch text := strings.TrimSpace(q.Text); {
	case text != "" && utf8.RuneCountInString(text) < MinText:
		return fault.InvalidField(op, "text", "has fewer than %d characters", MinText)
	case q.Currency != "" && !ValidCurrency(q.Currency):
		return fault.InvalidField(op, "currency", "is no code of a currency")
	case len(q.States) > len(States()) || len(q.Kinds) > len(Kinds()):
		return fault.InvalidField(op, "state", "is a list that names something twice")
	case q.From != 0 && q.To != 0 && q.From >= q.To:
		return fault.InvalidField(op, "to", "is not after from")
	case q.Limit < 1 || q.Limit > MaxPage:
		return fault.InvalidField(op, "limit", "is not one of 1 to %d", MaxPage)
	case len(q.Cursor) > MaxCursor:
		return fault.InvalidField(op, "cursor", "is longer than %d bytes", MaxCursor)
	}
	return check.First(check.ID(op, "customer_id", q.CustomerID, true), check.ID(op, "instrument", q.Instrument, false), check.Text(op, "text", q.Text), check.Code(op, "cursor", ascii(q.Cursor)))
}

// ascii gives up what a cursor may not hold to checkCode's eyes, whatever its length.
func ascii(s string) string {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return "\x00"
		}
	}
	return ""
}

// Matches tells whether t is what q asks for, its cursor and limit apart.
func (q Query) Matches(t Transaction) bool {
	return t.CustomerID == q.CustomerID && among(t.State, q.States) && among(t.Kind, q.Kinds) &&
		(q.From == 0 || t.CreatedAt >= q.From) && (q.To == 0 || t.CreatedAt < q.To) &&
		(q.Instrument == "" || t.InstrumentID == q.Instrument) && (q.Currency == "" || t.Amount.Currency() == q.Currency) && q.fits(t.Amount) && q.names(t)
}

func among[T comparable](one T, list []T) bool {
	for _, l := range list {
		if l == one {
			return true
		}
	}
	return len(list) == 0
}

func (q Query) fits(m Money) bool {
	if q.Min != "" {
		if least, err := Parse(q.Min, m.Currency(), MaxScale); err != nil || m.Cmp(least) < 0 {
			return false
		}
	}
	if q.Max != "" {
		if most, err := Parse(q.Max, m.Currency(), MaxScale); err != nil || m.Cmp(most) > 0 {
			return false
		}
	}
	return true
}

func (q Query) names(t Transaction) bool {
	text := strings.ToLower(strings.TrimSpace(q.Text))
	if text == "" {
		return true
	}
	names := []string{}
	if t.Merchant != nil {
		names = append(names, t.Merchant.Name, t.Merchant.Descriptor)
	}
	if t.Counterparty != nil {
		names = append(names, t.Counterparty.Name)
	}
	return strings.Contains(strings.ToLower(strings.Join(names, "\n")), text)
}

// Page is a part of a customer's transactions, the newest first.
type Page struct {
	Items []Transaction `json:"items"`
	Next  string        `json:"next,omitempty"` // the cursor of the next page; "" at the end
}
