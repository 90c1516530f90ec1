package demowallet

import (
	"context"

	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// notOffered is the answer to what Capabilities does not list.
func notOffered(op string) error {
	return fault.New(fault.Unavailable, op, "this wallet does not offer that")
}

// Capabilities is what this wallet can do.
func (w *Wallet) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{
		Version: "1", Name: Name, Rails: rails.Names(), Readings: []wallet.Reading{
			wallet.ReadCustomer, wallet.ReadAccounts, wallet.ReadInstruments, wallet.ReadTransactions, wallet.ReadTimeline, wallet.ReadAttempts, wallet.ReadRefunds,
			wallet.ReadDisputes, wallet.ReadDevices, wallet.ReadSessions, wallet.ReadFactors, wallet.ReadRestrictions, wallet.ReadLimits, wallet.ReadIncidents, wallet.ReadNotices,
		},
	}, nil
}

// Do does something for a customer, or tells what it would do. A refusal is an operation
// that failed. Errors: NotFound, Invalid, Conflict with the reason idempotency_mismatch
// for another command under the same key, Unavailable.
func (w *Wallet) Do(context.Context, wallet.Actor, wallet.Command) (wallet.Operation, error) {
	return wallet.Operation{}, notOffered("demowallet.Do")
}

// Operation reads what became of a command. Errors: NotFound, Unavailable.
func (w *Wallet) Operation(context.Context, wallet.Actor, string, string) (wallet.Operation, error) {
	return wallet.Operation{}, notOffered("demowallet.Operation")
}

// OperationByKey reads what became of the command of a key. Errors: NotFound when there
// was none; Unavailable.
func (w *Wallet) OperationByKey(context.Context, wallet.Actor, string, string) (wallet.Operation, error) {
	return wallet.Operation{}, notOffered("demowallet.OperationByKey")
}

// Ask asks a customer to prove who they are and what they want. Errors: NotFound,
// Invalid, Unavailable.
func (w *Wallet) Ask(context.Context, wallet.Actor, wallet.Ask) (wallet.Asked, error) {
	return wallet.Asked{}, notOffered("demowallet.Ask")
}

// Asked reads how far a step-up has got. Errors: NotFound, Unavailable.
func (w *Wallet) Asked(context.Context, wallet.Actor, string, string) (wallet.Asked, error) {
	return wallet.Asked{}, notOffered("demowallet.Asked")
}

// Keys are the public keys with which assertions are verified, a JWK set (RFC 7517).
// Errors: Unavailable.
func (w *Wallet) Keys(context.Context) ([]byte, error) {
	return nil, notOffered("demowallet.Keys")
}

// Match compares what somebody says of themselves with what the wallet knows. Errors:
// Invalid, TooMany, Unavailable.
func (w *Wallet) Match(context.Context, wallet.Actor, wallet.Claimed) (wallet.Matched, error) {
	return wallet.Matched{}, notOffered("demowallet.Match")
}
