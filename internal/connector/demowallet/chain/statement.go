package chain

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/platform/fault"
)

// Statement is what the law wants known of a deposit before it is credited (the travel
// rule). The wallet keeps it, and customer service is never told of it.
type Statement struct {
	Sender string `json:"sender"` // who sent it: the customer's own name where the address is theirs
	Own    bool   `json:"own"`    // the address that sent it is the customer's own
}

// maxSender bounds a name, in characters: as that of a person in a payment (ISO 20022).
const maxSender = 140

// asks are what a Statement answers.
func asks() []string { return []string{"originator_name", "own_address"} }

// Validate refuses what is no answer, and takes off what stands around it. Errors: Invalid.
func (s *Statement) Validate() error {
	s.Sender = strings.TrimSpace(s.Sender)
	unseen := func(r rune) bool { return !unicode.IsPrint(r) }
	if s.Sender == "" || utf8.RuneCountInString(s.Sender) > maxSender || strings.ContainsFunc(s.Sender, unseen) || !strings.ContainsFunc(s.Sender, unicode.IsLetter) {
		return fault.InvalidField("chain.Statement", "sender", "is no name of at most %d characters", maxSender)
	}
	return nil
}

// Waits tells whether a payment waits for a statement.
func Waits(t wallet.Transaction) bool {
	return t.Rail == rails.Chain && t.Direction == wallet.In && t.State == wallet.RequiresAction
}

// Keep writes down what a customer said of a deposit that waits for it. Errors: NotFound
// for one that is not theirs; Conflict where it does not wait, or no longer; Invalid.
func Keep(d *keep.Desk, customer, tx string, s Statement) (*keep.Payment, error) {
	p, err := d.PaymentOf(customer, tx)
	if err != nil {
		return nil, err
	}
	if !Waits(p.Tx) {
		return nil, fault.New(fault.Conflict, "chain.Keep", "the deposit does not wait for a statement")
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return p, keep.Put(d, keep.KindStatement, tx, customer, d.At, s)
}

// Asking are a customer's deposits that wait for a statement, the newest first. Errors:
// Unavailable.
func (c *Chain) Asking(ctx context.Context, customer string) ([]onchain.Transfer, error) {
	records, err := c.books.Records(ctx, keep.KindPayment, customer, ledger.Before{}, looked)
	if err != nil {
		return nil, err
	}
	list := []onchain.Transfer{}
	for _, r := range records {
		p, err := keep.Parse[keep.Payment](r)
		if err != nil {
			return nil, err
		}
		if t, on := c.paid(p); on && Waits(p.Tx) {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b onchain.Transfer) int { return int(min(max(b.SeenAt-a.SeenAt, -1), 1)) })
	return list[:min(len(list), most)], nil
}
