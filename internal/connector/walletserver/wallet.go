package walletserver

import (
	"context"

	"kefu/internal/domain/wallet"
)

// Wallet is the least that is served: a customer and their transactions. What else a
// wallet has is found in the interfaces below; the capability document lists what was
// found, and for the rest there is no endpoint.
//
// Every method is told on whose behalf it is asked. Errors: NotFound for what is not
// there or somebody else's, Invalid for a question that makes no sense, TooMany, and
// anything else for a failure.
type Wallet interface {
	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error)
	Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error)
}

// Describer is a wallet that says itself what it can do.
type Describer interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
}

// Accounts is a wallet that tells of accounts.
type Accounts interface {
	Accounts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Account, error)
	Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error)
}

// Instruments is a wallet that tells of cards and bank accounts.
type Instruments interface {
	Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error)
}

// Timelines is a wallet that tells all that happened to one transaction.
type Timelines interface {
	Timeline(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Trace, error)
}

// Attempts is a wallet that tells of payments that never became one. Without a trace id
// the newest are asked for.
type Attempts interface {
	Attempts(ctx context.Context, by wallet.Actor, customer, traceID string) ([]wallet.Attempt, error)
}

// Refunds is a wallet that tells of refunds and of the terms of a payment. Without a
// transaction the newest refunds are asked for.
type Refunds interface {
	Refunds(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Refund, error)
	Terms(ctx context.Context, by wallet.Actor, customer, txID string) (wallet.Terms, error)
}

// Disputes is a wallet that tells of disputes.
type Disputes interface {
	Disputes(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error)
}

// Devices is a wallet that tells where a customer is signed in from.
type Devices interface {
	Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error)
}

// Sessions is a wallet that tells when a customer signed in.
type Sessions interface {
	Sessions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Session, error)
}

// Factors is a wallet that tells how a customer can prove who they are.
type Factors interface {
	Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error)
}

// Limits is a wallet that tells how much a customer may move.
type Limits interface {
	Limits(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Limit, error)
}

// Restrictions is a wallet that tells what a customer may not do at present.
type Restrictions interface {
	Restrictions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error)
}

// Alerts is a wallet that tells what looked unlike a customer.
type Alerts interface {
	Alerts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Alert, error)
}

// Incidents is a wallet that tells what does not work at present.
type Incidents interface {
	Incidents(ctx context.Context) ([]wallet.Incident, error)
}

// Matcher is a wallet that compares what somebody says of themselves.
type Matcher interface {
	Match(ctx context.Context, by wallet.Actor, c wallet.Claimed) (wallet.Matched, error)
}

// Commands is a wallet that can be asked to do something. A refusal is an Operation
// that failed, and no error. What was done under a key once is told again for the same
// key and is not done anew. Errors beside those of Wallet: Conflict, with the reason
// MismatchReason when the key was used for another command, else because the same
// command is being dealt with at this moment.
type Commands interface {
	Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error)
	Operation(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Operation, error)
	OperationByKey(ctx context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error)
}

// Files is a wallet that takes files of its customers, for what a command names: it keeps
// each under its digest, for its customer alone, and tells of one that it has as it is.
// Errors beside those of Wallet: Invalid, with the reason NotTakenReason for one that it
// does not want.
type Files interface {
	GiveFile(ctx context.Context, by wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error)
}

// NotTakenReason is the reason (fault.Error) of an Invalid about a file that a wallet does
// not want, whatever is wrong with it.
const NotTakenReason = "not_taken"

// MismatchReason is the reason (fault.Error) of a Conflict about a key that was used
// before for something else.
const MismatchReason = "idempotency_mismatch"

// StepUps is a wallet whose customers can prove themselves inside it. Errors as for
// Commands.
type StepUps interface {
	Ask(ctx context.Context, by wallet.Actor, a wallet.Ask) (wallet.Asked, error)
	Asked(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Asked, error)
}

// Signing is a wallet with keys of its own: a JWK set (RFC 7517) of public keys.
type Signing interface {
	Keys(ctx context.Context) ([]byte, error)
}

// Notices is a wallet that remembers what it told Kefu of.
type Notices interface {
	Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error)
}

// Full is a wallet that can do all of it.
type Full interface {
	Wallet
	Describer
	Accounts
	Instruments
	Timelines
	Attempts
	Refunds
	Disputes
	Devices
	Sessions
	Factors
	Limits
	Restrictions
	Alerts
	Incidents
	Matcher
	Commands
	Files
	StepUps
	Signing
	Notices
	Further
}

// has lists the readings for which w has methods.
func has(w Wallet) []wallet.Reading {
	list := []wallet.Reading{wallet.ReadCustomer, wallet.ReadTransactions}
	add := func(r wallet.Reading, ok bool) {
		if ok {
			list = append(list, r)
		}
	}
	_, ok := w.(Accounts)
	add(wallet.ReadAccounts, ok)
	_, ok = w.(Instruments)
	add(wallet.ReadInstruments, ok)
	_, ok = w.(Timelines)
	add(wallet.ReadTimeline, ok)
	_, ok = w.(Attempts)
	add(wallet.ReadAttempts, ok)
	_, ok = w.(Refunds)
	add(wallet.ReadRefunds, ok)
	_, ok = w.(Disputes)
	add(wallet.ReadDisputes, ok)
	_, ok = w.(Devices)
	add(wallet.ReadDevices, ok)
	_, ok = w.(Sessions)
	add(wallet.ReadSessions, ok)
	_, ok = w.(Factors)
	add(wallet.ReadFactors, ok)
	_, ok = w.(Restrictions)
	add(wallet.ReadRestrictions, ok)
	_, ok = w.(Limits)
	add(wallet.ReadLimits, ok)
	_, ok = w.(Alerts)
	add(wallet.ReadAlerts, ok)
	_, ok = w.(Incidents)
	add(wallet.ReadIncidents, ok)
	_, ok = w.(Matcher)
	add(wallet.ReadMatch, ok)
	_, ok = w.(Notices)
	add(wallet.ReadNotices, ok)
	return append(list, hasFurther(w)...)
}
