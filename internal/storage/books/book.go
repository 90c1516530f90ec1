package books

import (
	"context"
	"database/sql"
	"math/big"

	"kefu/internal/domain/ledger"
	"kefu/internal/platform/fault"
)

// Book is the books inside Do, and ends with it. It is not safe for concurrent use.
type Book struct {
	ctx   context.Context
	store *Store
	tx    *sql.Tx
	layer *layer
	now   int64
	err   error // of the database: the whole commit fails with it
}

// Now is the time of the commit in microseconds.
func (b *Book) Now() int64 { return b.now }

// AccountSpec is an account to be opened.
type AccountSpec = ledger.Spec

// Open opens an account. One that is there already, the same, is no error. Errors:
// Conflict for another one of that id; Invalid.
func (b *Book) Open(a AccountSpec) error {
	const op = "books.Open"
	if a.ID == "" || len(a.ID) > ledger.MaxID || a.Currency == "" {
		return fault.InvalidField(op, "id", "is missing or too long, or there is no currency")
	}
	before, _, err := b.Account(a.ID)
	if err == nil {
		known, _ := b.layer.account(a.ID)
		if before.Currency != a.Currency || before.Scale != a.Scale || before.Floor != a.Floor || known.Owner != a.Owner {
			return fault.New(fault.Conflict, op, "the account %s is there already, and is another one", a.ID)
		}
		return nil
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	b.layer.accounts[a.ID] = &account{Account: a.Account, Owner: a.Owner, changed: true}
	b.layer.opened = append(b.layer.opened, a.ID)
	return nil
}

// Stop freezes an account, closes it, or lets it go on. Errors: NotFound.
func (b *Book) Stop(id string, frozen, closed bool) error {
	if _, _, err := b.Account(id); err != nil {
		return err
	}
	a := b.layer.own(id)
	a.Frozen, a.Closed = frozen, closed
	return nil
}

// Account implements ledger.Books. The balance must not be changed.
func (b *Book) Account(id string) (ledger.Account, *ledger.Balance, error) {
	if !b.layer.knowsAccount(id) {
		if err := b.store.loadAccounts(b, []string{id}); err != nil {
			b.err = err
			return ledger.Account{}, nil, err
		}
	}
	a, ok := b.layer.account(id)
	if !ok {
		return ledger.Account{}, nil, fault.New(fault.NotFound, "books.Account", "there is no account %s", id)
	}
	return a.Account, &a.Balance, nil
}

// find gives a transfer that has happened. Errors: NotFound.
func (b *Book) find(id string) (ledger.Stored, error) {
	t, known := b.layer.transfer(id)
	if !known {
		if err := b.store.loadTransfers(b, []string{id}); err != nil {
			b.err = err
			return ledger.Stored{}, err
		}
		t, _ = b.layer.transfer(id)
	}
	if t == nil {
		return ledger.Stored{}, fault.New(fault.NotFound, "books.Transfer", "there is no transfer %s", id)
	}
	return *t, nil
}

// judged is a Book as ledger.Judge sees it.
type judged struct{ *Book }

// Transfer implements ledger.Books.
func (j judged) Transfer(id string) (ledger.Stored, error) { return j.find(id) }

// Transfer carries out a transfer; the same again does nothing. Without a time of its
// own it gets that of the commit. Errors: those of ledger.Judge.
func (b *Book) Transfer(t ledger.Transfer) error {
	asked := t.Digest()
	if t.At == 0 {
		t.At = b.now
	}
	whole, lines, err := ledger.Judge(judged{b}, t)
	if err != nil || lines == nil {
		return err
	}
	if whole.Amount == nil {
		whole.Amount = new(big.Int)
	}
	b.layer.transfers[t.ID] = &ledger.Stored{Transfer: whole, Asked: asked}
	if whole.Resolves != "" {
		before, _ := b.layer.transfer(whole.Resolves)
		over := *before
		over.Resolved = true
		b.layer.transfers[whole.Resolves] = &over
	}
	for _, l := range lines {
		b.layer.own(l.Account).Balance.Apply(l)
	}
	b.layer.moved = append(b.layer.moved, moved{whole, asked, lines})
	return nil
}

// Record is something that whoever keeps the books knows besides, in one revision.
type Record = ledger.Record

// Get gives the present revision of a record. Errors: NotFound.
func (b *Book) Get(kind, id string) (Record, error) {
	r, err := b.latest(recordKey{kind, id})
	if err != nil {
		return Record{}, err
	}
	if r == nil {
		return Record{}, fault.New(fault.NotFound, "books.Get", "there is no %s %s", kind, id)
	}
	return r.Record, nil
}

func (b *Book) latest(key recordKey) (*record, error) {
	r, known := b.layer.record(key)
	if !known {
		if err := b.store.loadRecord(b, key); err != nil {
			b.err = err
			return nil, err
		}
		r, _ = b.layer.record(key)
	}
	return r, nil
}

// Put keeps a revision of a record; those before stay. What is the same already is
// not kept again. Errors: Invalid.
func (b *Book) Put(r Record) error {
	const op = "books.Put"
	if r.Kind == "" || r.ID == "" || len(r.ID) > ledger.MaxID || len(r.Body) > ledger.MaxBody {
		return fault.InvalidField(op, "id", "is missing or too long, or the body is")
	}
	key := recordKey{r.Kind, r.ID}
	before, err := b.latest(key)
	if err != nil {
		return err
	}
	next := &record{Record: r, rev: 1}
	if before != nil {
		if before.Record == r {
			return nil
		}
		if before.Owner != r.Owner {
			return fault.InvalidField(op, "owner", "is somebody else's than before")
		}
		next.rev = before.rev + 1
	}
	b.layer.records[key] = next
	b.layer.put = append(b.layer.put, next)
	return nil
}
