package demowallet

import (
	"context"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// notOffered is the answer to what Capabilities does not list.
func notOffered(op string) error {
	return fault.New(fault.Unavailable, op, "this wallet does not offer that")
}

// Capabilities is what this wallet can do.
func (l *Ledger) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{
		Version: "1", Name: "Luma", Readings: []wallet.Reading{wallet.ReadCustomer, wallet.ReadAccounts, wallet.ReadInstruments, wallet.ReadTransactions},
	}, nil
}

// Timeline tells what happened to one transaction. Errors: NotFound, Unavailable.
func (l *Ledger) Timeline(context.Context, wallet.Actor, string, string) ([]wallet.Trace, error) {
	return nil, notOffered("demowallet.Timeline")
}

// Attempts lists what a customer tried to pay, or the attempt of one trace. Errors:
// NotFound, Unavailable.
func (l *Ledger) Attempts(context.Context, wallet.Actor, string, string) ([]wallet.Attempt, error) {
	return nil, notOffered("demowallet.Attempts")
}

// Refunds lists a customer's refunds, or those of one payment. Errors: NotFound,
// Unavailable.
func (l *Ledger) Refunds(context.Context, wallet.Actor, string, string) ([]wallet.Refund, error) {
	return nil, notOffered("demowallet.Refunds")
}

// Terms tells whether and how a payment can be refunded. Errors: NotFound, Unavailable.
func (l *Ledger) Terms(context.Context, wallet.Actor, string, string) (wallet.Terms, error) {
	return wallet.Terms{}, notOffered("demowallet.Terms")
}

// Disputes lists a customer's disputes. Errors: NotFound, Unavailable.
func (l *Ledger) Disputes(context.Context, wallet.Actor, string) ([]wallet.Dispute, error) {
	return nil, notOffered("demowallet.Disputes")
}

// Devices lists a customer's devices. Errors: NotFound, Unavailable.
func (l *Ledger) Devices(context.Context, wallet.Actor, string) ([]wallet.Device, error) {
	return nil, notOffered("demowallet.Devices")
}

// Sessions lists a customer's sign-ins. Errors: NotFound, Unavailable.
func (l *Ledger) Sessions(context.Context, wallet.Actor, string) ([]wallet.Session, error) {
	return nil, notOffered("demowallet.Sessions")
}

// Factors lists what proves a customer. Errors: NotFound, Unavailable.
func (l *Ledger) Factors(context.Context, wallet.Actor, string) ([]wallet.Factor, error) {
	return nil, notOffered("demowallet.Factors")
}

// Limits lists how much a customer may move. Errors: NotFound, Unavailable.
func (l *Ledger) Limits(context.Context, wallet.Actor, string) ([]wallet.Limit, error) {
	return nil, notOffered("demowallet.Limits")
}

// Restrictions lists what a customer may not do at present. Errors: NotFound, Unavailable.
func (l *Ledger) Restrictions(context.Context, wallet.Actor, string) ([]wallet.Restriction, error) {
	return nil, notOffered("demowallet.Restrictions")
}

// Incidents lists what does not work at present, or will not. Errors: Unavailable.
func (l *Ledger) Incidents(context.Context) ([]wallet.Incident, error) {
	return nil, notOffered("demowallet.Incidents")
}

// Do does something for a customer, or tells what it would do. A refusal is an operation
// that failed. Errors: NotFound, Invalid, Conflict with the reason idempotency_mismatch
// for another command under the same key, Unavailable.
func (l *Ledger) Do(context.Context, wallet.Actor, wallet.Command) (wallet.Operation, error) {
	return wallet.Operation{}, notOffered("demowallet.Do")
}

// Operation reads what became of a command. Errors: NotFound, Unavailable.
func (l *Ledger) Operation(context.Context, wallet.Actor, string, string) (wallet.Operation, error) {
	return wallet.Operation{}, notOffered("demowallet.Operation")
}

// OperationByKey reads what became of the command of a key. Errors: NotFound when there
// was none; Unavailable.
func (l *Ledger) OperationByKey(context.Context, wallet.Actor, string, string) (wallet.Operation, error) {
	return wallet.Operation{}, notOffered("demowallet.OperationByKey")
}

// Ask asks a customer to prove who they are and what they want. Errors: NotFound,
// Invalid, Unavailable.
func (l *Ledger) Ask(context.Context, wallet.Actor, wallet.Ask) (wallet.Asked, error) {
	return wallet.Asked{}, notOffered("demowallet.Ask")
}

// Asked reads how far a step-up has got. Errors: NotFound, Unavailable.
func (l *Ledger) Asked(context.Context, wallet.Actor, string, string) (wallet.Asked, error) {
	return wallet.Asked{}, notOffered("demowallet.Asked")
}

// Keys are the public keys with which assertions are verified, a JWK set (RFC 7517).
// Errors: Unavailable.
func (l *Ledger) Keys(context.Context) ([]byte, error) {
	return nil, notOffered("demowallet.Keys")
}

// Match compares what somebody says of themselves with what the wallet knows. Errors:
// Invalid, TooMany, Unavailable.
func (l *Ledger) Match(context.Context, wallet.Actor, wallet.Claimed) (wallet.Matched, error) {
	return wallet.Matched{}, notOffered("demowallet.Match")
}

// Notices gives what changed after a position, the oldest first. Errors: Invalid,
// Unavailable.
func (l *Ledger) Notices(context.Context, int64, int) (wallet.Notices, error) {
	return wallet.Notices{}, notOffered("demowallet.Notices")
}
