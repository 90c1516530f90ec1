package wallet

import (
	"slices"
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Link is the bridge from a customer of Kefu's to the wallet's, as far as somebody
// may cross it.
type Link struct {
	CustomerID string // Kefu's
	WalletID   string // the wallet's
	Case       string // the conversation that a member of staff looks for; "" for the customer
	Language   string // of that conversation (BCP 47), "" when nobody said
	Open       bool   // whether that conversation goes on: it is not resolved
	Untold     bool   // whether they may see what the customer must not hear
}

// ActiveFor is how long after its last word a closed conversation lets staff look
// into the wallet, in microseconds: 30 days.
const ActiveFor = 30 * 24 * 3600 * 1_000_000

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

// ReasonCodes are why a field may be revealed.
func ReasonCodes() []string {
	return []string{"identify_customer", "trace_payment", "contact_customer", "report_fraud", "correct_data", "other"}
}

// Bounds of a reason's text, in characters.
const (
	MinReason = 8
	MaxReason = 200
)

// Validate refuses a reason that says nothing. Errors: Invalid.
func (r Reason) Validate() error {
	const op = "wallet.Reason"
	if !slices.Contains(ReasonCodes(), r.Code) {
		return fault.InvalidField(op, "reason", "is not one of those that there are")
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(r.Text)); n < MinReason || n > MaxReason {
		return fault.InvalidField(op, "text", "has not %d to %d characters", MinReason, MaxReason)
	}
	return check.Text(op, "text", r.Text)
}
