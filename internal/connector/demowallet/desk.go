package demowallet

import (
	"context"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
)

// Over makes of a store of books the one that the wallet is kept in.
func Over[B keep.Book](store keep.Keeper[B]) keep.Books { return keep.Over(store) }

// desk is the books inside one commit, as this wallet sees them.
type desk struct {
	*keep.Desk
	w   *Wallet
	dry bool   // a command that is only looked at
	has having // of the customer whom a command is about
}

// do runs fn in one commit.
func (w *Wallet) do(ctx context.Context, fn func(*desk) error) error {
	return w.books.Commit(ctx, func(d *keep.Desk) error { return fn(&desk{Desk: d, w: w}) })
}

func put[T any](d *desk, kind, id, owner string, sort wallet.Time, v T) error {
	return keep.Put(d.Desk, kind, id, owner, sort, v)
}

func get[T any](d *desk, kind, id string) (T, error) { return keep.Get[T](d.Desk, kind, id) }

func owned[T any](d *desk, kind, customer, id string) (T, error) {
	return keep.Owned[T](d.Desk, kind, customer, id)
}

func parse[T any](r ledger.Record) (T, error) { return keep.Parse[T](r) }

func read[T any](ctx context.Context, w *Wallet, kind, owner, id string) (T, error) {
	return keep.Read[T](ctx, w.books, kind, owner, id)
}

func listed[T any](ctx context.Context, w *Wallet, kind, customer string, limit int) ([]T, error) {
	return keep.Listed[T](ctx, w.books, kind, customer, limit)
}

func gather[T any](ctx context.Context, w *Wallet, kind, owner string, limit int) ([]T, error) {
	return keep.Gather[T](ctx, w.books, kind, owner, limit)
}

// Notices gives what changed after a position, the oldest first. Errors: Invalid,
// Unavailable.
func (w *Wallet) Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error) {
	return w.books.Notices(ctx, after, limit)
}

// Outbox is the wallet as whoever delivers its notices sees it.
func (w *Wallet) Outbox() keep.Outbox { return keep.Outbox{Store: w.books} }
