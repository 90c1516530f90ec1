package demowallet

import (
	"context"
	"encoding/json"

	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
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
	kindCustomer    = "customer"
	kindPrivate     = "private" // what the wallet tells nobody
	kindHandle      = "handle"  // who has an address
	kindAccount     = "account"
	kindInstrument  = "instrument"
	kindPayee       = "payee"
	kindMerchant    = "merchant"
	kindPayment     = "payment"
	kindAttempt     = "attempt"
	kindRefund      = "refund"
	kindDispute     = "dispute"
	kindDevice      = "device"
	kindSession     = "session"
	kindFactor      = "factor"
	kindLimit       = "limit"
	kindRestriction = "restriction"
	kindIncident    = "incident"
	kindOperation   = "operation"
	kindKey         = "key" // which operation an idempotency key stands for
	kindTask        = "task"
	kindFate        = "fate" // what is to go wrong next
	kindAsk         = "ask"
	kindMessage     = "message"
	kindNotice      = "notice"
	kindCounter     = "counter"
	kindSigning     = "signing"
)

// desk is the books inside one commit, in the wallet's own words.
type desk struct {
	Book
	w   *Wallet
	now wallet.Time
	// silent: nobody is told, for it happened before anybody was there to be told.
	silent bool
}

// do runs fn in one commit.
func (w *Wallet) do(ctx context.Context, fn func(*desk) error) error {
	return w.books.Do(ctx, ledger.Need{}, func(b Book) error {
		return fn(&desk{Book: b, w: w, now: wallet.At(w.now())})
	})
}

// put keeps a record. What is not of the contract is not kept.
func put[T any](d *desk, kind, id, owner string, sort wallet.Time, v T) error {
	const op = "demowallet.put"
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

// get reads a record inside a commit. Errors: NotFound.
func get[T any](d *desk, kind, id string) (T, error) {
	r, err := d.Get(kind, id)
	if err != nil {
		var none T
		return none, err
	}
	return parse[T](r)
}

func parse[T any](r ledger.Record) (T, error) {
	var v T
	err := json.Unmarshal([]byte(r.Body), &v)
	return v, fault.Wrap("demowallet.parse", err)
}

// read reads a record of one owner; another's is none. Errors: NotFound, Unavailable.
func read[T any](ctx context.Context, w *Wallet, kind, owner, id string) (T, error) {
	r, err := w.books.Record(ctx, kind, id)
	if err == nil && r.Owner != owner {
		err = fault.New(fault.NotFound, "demowallet.read", "there is no such %s of this customer", kind)
	}
	if err != nil {
		var none T
		return none, err
	}
	return parse[T](r)
}

// listed reads the records of a customer, the one that sorts highest first. Errors:
// NotFound for nobody; Unavailable.
func listed[T any](ctx context.Context, w *Wallet, kind, customer string, limit int) ([]T, error) {
	if _, err := w.Customer(ctx, wallet.Actor{}, customer); err != nil {
		return nil, err
	}
	return gather[T](ctx, w, kind, customer, limit)
}

func gather[T any](ctx context.Context, w *Wallet, kind, owner string, limit int) ([]T, error) {
	records, err := w.books.Records(ctx, kind, owner, ledger.Before{}, limit)
	if err != nil {
		return nil, err
	}
	list := make([]T, 0, len(records))
	for _, r := range records {
		v, err := parse[T](r)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
