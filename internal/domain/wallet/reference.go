package wallet

import (
	"kefu/internal/domain/wallet/check"
	"kefu/internal/domain/wallet/mask"
	"kefu/internal/platform/fault"
)

// Reference is how a conversation names a transaction that its customer chose: the
// wallet's id, and what the customer saw at that moment. It is the one part of the
// wallet that Kefu stores, in the sealed content of an entry or a form. Kefu makes
// it from the wallet's own answer, never from what a client says; staff who want
// to know more ask the wallet.
type Reference struct {
	ID        string    `json:"id"`
	Amount    Money     `json:"amount"`
	Direction Direction `json:"direction"`
	Kind      Kind      `json:"kind"`
	At        int64     `json:"at"`              // when the transaction began, in microseconds
	Party     string    `json:"party,omitempty"` // the merchant, or the masked name of the counterparty
	State     State     `json:"state"`           // when it was chosen
}

// Refer makes the reference to a transaction.
func Refer(t Transaction) Reference {
	r := Reference{ID: t.ID, Amount: t.Amount, Direction: t.Direction, Kind: t.Kind, At: int64(t.CreatedAt), State: t.told()}
	switch {
	case t.Merchant != nil:
		r.Party = t.Merchant.Name
	case t.Counterparty != nil:
		r.Party = mask.Name(t.Counterparty.Name)
	}
	return r
}

// Validate refuses what is no reference. Errors: Invalid.
func (r Reference) Validate() error {
	const op = "wallet.Reference"
	if r.Amount.None() || r.Amount.Sign() < 0 || r.At == 0 {
		return fault.InvalidField(op, "amount", "is missing or below nothing, or the transaction has no time")
	}
	return check.First(
		check.ID(op, "id", r.ID, true), check.Word(op, "direction", r.Direction, In, Out), check.Word(op, "kind", r.Kind, Kinds()...),
		check.Text(op, "party", r.Party), check.Word(op, "state", r.State, States()...),
	)
}
