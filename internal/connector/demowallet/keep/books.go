// Package keep is what the demo's wallet is kept in: books that are handed to it, records
// and notices in the same commit as their money, things that happen at a time, and the
// payments, whose states and money cannot part.
package keep

import (
	"context"
	"encoding/json"

	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Book is the books inside one commit.
type Book interface {
	// Now is the time of the commit in microseconds.
	Now() int64
	// Open opens an account. Errors: Conflict for another one of that id; Invalid.
	Open(ledger.Spec) error
	// Stop freezes an account, closes it, or lets it go on. Errors: NotFound.
	Stop(id string, frozen, closed bool) error
	// Account gives an account and its balance, which must not be changed. Errors: NotFound.
	Account(id string) (ledger.Account, *ledger.Balance, error)
	// Transfer moves money. Errors: those of ledger.Judge.
	Transfer(ledger.Transfer) error
	// Get gives the present revision of a record. Errors: NotFound.
	Get(kind, id string) (ledger.Record, error)
	// Put keeps a revision of a record. Errors: Invalid.
	Put(ledger.Record) error
}

// Reader reads the books as they stand. Errors: Unavailable; NotFound for a record.
type Reader interface {
	Accounts(ctx context.Context, owner string) ([]ledger.Standing, error)
	Record(ctx context.Context, kind, id string) (ledger.Record, error)
	// Records lists an owner's records of a kind, the one that sorts highest first.
	Records(ctx context.Context, kind, owner string, before ledger.Before, limit int) ([]ledger.Record, error)
}

// Books are where the wallet keeps everything.
type Books interface {
	Reader
	// Do runs fn on the books in one commit; when fn fails, nothing that it did is kept.
	// It may run fn more than once.
	Do(ctx context.Context, need ledger.Need, fn func(Book) error) error
}

// Keeper is a store of books whose functions are given a Book of its own type.
type Keeper[B Book] interface {
	Reader
	Do(ctx context.Context, need ledger.Need, fn func(B) error) error
}

// Over makes of a store of books the one that the wallet is kept in.
func Over[B Book](store Keeper[B]) Books { return over[B]{store} }

type over[B Book] struct{ Keeper[B] }

// Do implements Books.
func (o over[B]) Do(ctx context.Context, need ledger.Need, fn func(Book) error) error {
	return o.Keeper.Do(ctx, need, func(b B) error { return fn(b) })
}

// The kinds of records.
const (
	KindCustomer    = "customer"
	KindPrivate     = "private" // what the wallet tells nobody
	KindHandle      = "handle"  // who has an address
	KindAccount     = "account"
	KindInstrument  = "instrument"
	KindPayee       = "payee"
	KindMerchant    = "merchant"
	KindPayment     = "payment"
	KindAttempt     = "attempt"
	KindRefund      = "refund"
	KindDispute     = "dispute"
	KindFile        = "file"  // that a customer gave, for a dispute
	KindPiece       = "piece" // of the bytes of one
	KindDevice      = "device"
	KindSession     = "session"
	KindFactor      = "factor"
	KindLimit       = "limit"
	KindRestriction = "restriction"
	KindIncident    = "incident"
	KindOperation   = "operation"
	KindKey         = "key" // which operation an idempotency key stands for
	KindTask        = "task"
	KindFate        = "fate" // what is to go wrong next
	KindAsk         = "ask"
	KindTries       = "tries" // to prove who somebody is, on whichever channel
	KindRecall      = "recall"
	KindMessage     = "message"
	KindMandate     = "mandate"
	KindForm        = "form"    // in which an instrument is added
	KindDeposit     = "deposit" // that came over a public network and is nobody's yet
	KindClosure     = "closure"
	KindPayout      = "payout"     // what a withdrawal waits for
	KindStatement   = "statement"  // of a customer, about a deposit before it was credited
	KindPoints      = "points"     // what a customer has of points, and which of them are left
	KindLot         = "points_lot" // that one purchase brought
	KindClaim       = "points_claim"
	KindRedemption  = "points_redemption"
	KindOffer       = "points_offer"
	KindConsent     = "consent"      // one change of one
	KindConsented   = "consented"    // the latest change of each
	KindConsentText = "consent_text" // a version that came later
	KindBooked      = "booked"       // a change of an account that is no payment
	KindNotice      = "notice"
	KindCounter     = "counter"
	KindSigning     = "signing"
	KindPasskey     = "passkey"
	KindCeremony    = "ceremony" // a passkey that is being made
)

// Store is the books of a wallet, with its clock.
type Store struct {
	Books
	Clock clock.Clock
	Woken chan struct{} // gets something after a commit that told of something; may be nil
	// Moved hears of each step of a payment in its commit; may be nil.
	Moved func(*Desk, *Payment) error
}

// Desk is the books inside one commit, in the wallet's own words.
type Desk struct {
	Book
	At wallet.Time // of the commit
	// Silent: nobody is told, for it happened before anybody was there to be told.
	Silent bool
	told   bool
	moved  func(*Desk, *Payment) error
}

// Commit runs fn in one commit: all that it does is kept, or nothing. It may run it more
// than once. Errors: those of fn; Unavailable.
func (s Store) Commit(ctx context.Context, fn func(*Desk) error) error {
	told := false
	err := s.Do(ctx, ledger.Need{}, func(b Book) error {
		d := &Desk{Book: b, At: wallet.At(s.Clock()), moved: s.Moved}
		err := fn(d)
		told = d.told
		return err
	})
	if err == nil && told {
		select {
		case s.Woken <- struct{}{}:
		default: // it was woken and has not looked yet, or nobody is there to be
		}
	}
	return err
}

// Put keeps a record. What is not of the contract is not kept. Errors: Invalid.
func Put[T any](d *Desk, kind, id, owner string, sort wallet.Time, v T) error {
	const op = "keep.Put"
	if checked, ok := any(v).(interface{ Validate() error }); ok {
		if err := checked.Validate(); err != nil {
			return err
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return d.Put(ledger.Record{Kind: kind, ID: id, Owner: owner, Sort: int64(sort), Body: string(text)})
}

// Get reads a record inside a commit. Errors: NotFound.
func Get[T any](d *Desk, kind, id string) (T, error) {
	r, err := d.Get(kind, id)
	if err != nil {
		var none T
		return none, err
	}
	return Parse[T](r)
}

// Owned reads a record of a customer's inside a commit. Errors: NotFound, also for
// another's.
func Owned[T any](d *Desk, kind, customer, id string) (T, error) {
	r, err := d.Get(kind, id)
	if err == nil && r.Owner != customer {
		err = fault.New(fault.NotFound, "keep.Owned", "there is no such %s of this customer", kind)
	}
	if err != nil {
		var none T
		return none, err
	}
	return Parse[T](r)
}

// Parse reads the body of a record. Errors: Internal.
func Parse[T any](r ledger.Record) (T, error) {
	var v T
	err := json.Unmarshal([]byte(r.Body), &v)
	return v, fault.Wrap("keep.Parse", err)
}

// ParseInto reads the body of a record. Errors: Internal.
func ParseInto(r ledger.Record, into any) error {
	return fault.Wrap("keep.ParseInto", json.Unmarshal([]byte(r.Body), into))
}

// Read reads a record of one owner; another's is none. Errors: NotFound, Unavailable.
func Read[T any](ctx context.Context, s Store, kind, owner, id string) (T, error) {
	r, err := s.Record(ctx, kind, id)
	if err == nil && r.Owner != owner {
		err = fault.New(fault.NotFound, "keep.Read", "there is no such %s of this customer", kind)
	}
	if err != nil {
		var none T
		return none, err
	}
	return Parse[T](r)
}

// Listed reads the records of a customer, the one that sorts highest first. Errors:
// NotFound for nobody; Unavailable.
func Listed[T any](ctx context.Context, s Store, kind, customer string, limit int) ([]T, error) {
	if _, err := Read[wallet.Customer](ctx, s, KindCustomer, "", customer); err != nil {
		return nil, err
	}
	return Gather[T](ctx, s, kind, customer, limit)
}

// Gather reads the records of an owner, the one that sorts highest first. Errors:
// Unavailable.
func Gather[T any](ctx context.Context, s Store, kind, owner string, limit int) ([]T, error) {
	records, err := s.Records(ctx, kind, owner, ledger.Before{}, limit)
	if err != nil {
		return nil, err
	}
	list := make([]T, 0, len(records))
	for _, r := range records {
		v, err := Parse[T](r)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
