// Package reveal is what staff may see of a wallet beyond what is masked: one field unmasked
// at a time, and the reason that has to be given for it. Which fields there are, and how far
// each goes into somebody's life, is domain/field's.
package reveal

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/field"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

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
func Of(f field.Name, c wallet.Customer, accounts []wallet.Account, t wallet.Transaction, object string) (string, error) {
	const op = "reveal.Of"
	if !f.Revealable() {
		return "", fault.New(fault.Forbidden, op, "nobody may see %s", f.Class())
	}
	value := ""
	switch f {
	case field.CustomerName:
		value = c.Name
	case field.Email, field.PhoneNumber, field.Username:
		for place, h := range c.Handles { // somebody may have two numbers: it must be the one that was asked for
			if "customer."+h.Kind == string(f) && value == "" && (object == "" || object == strconv.Itoa(place)) {
				value = h.Value
			}
		}
	case field.Account:
		for _, a := range accounts {
			if a.ID == object {
				value = a.Number
			}
		}
	case field.Note:
		value = t.Note
	case field.Counterparty, field.PartyAccount:
		if t.Counterparty == nil {
			break
		}
		if value = t.Counterparty.Name; f == field.PartyAccount {
			value = t.Counterparty.Account
		}
	}
	if value == "" {
		return "", fault.New(fault.NotFound, op, "the wallet holds nothing there")
	}
	return value, nil
}
