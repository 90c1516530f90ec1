// Package demowallet is a whole and honest wallet for the demo and for tests: people
// with accounts, devices and payments, a simulator of the rails on which everything
// that can go wrong does, the commands that a wallet takes from its customer service,
// and proofs of who somebody is. Its money is on a double-entry ledger and moves by
// transfers alone; a state and its money are one commit. It is no part of Kefu and
// holds nobody's real money: Kefu reaches it as it reaches any other wallet.
package demowallet

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/closing"
	"kefu/internal/connector/demowallet/consents"
	"kefu/internal/connector/demowallet/fees"
	"kefu/internal/connector/demowallet/files"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/loyalty"
	"kefu/internal/connector/demowallet/proof"
	"kefu/internal/connector/demowallet/recovery"
	"kefu/internal/connector/demowallet/restrictions"
	"kefu/internal/connector/demowallet/signins"
	"kefu/internal/connector/demowallet/statements"
	"kefu/internal/domain/failure"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Name is what the demo's wallet is called.
const Name = lives.House

// Options are what a wallet is made of.
type Options struct {
	Books    keep.Books
	Clock    clock.Clock
	Failures fs.FS  // content/failures: in which codes the rails speak
	Issuer   string // of its assertions
	Audience string // whose assertions they are
	Link     string // where the wallet's app is; "" for nowhere
	// Named is where the app is under a name, which passkeys need; "" for nowhere.
	Named string
	// Pace is how much faster than life the rails are; 0 and 1 are life.
	Pace float64
	// Closing is the operator's policy of closures; without days closing.Usual.
	Closing closing.Policy
	Log     *slog.Logger
}

// Wallet is the wallet. It is safe for concurrent use.
type Wallet struct {
	*proof.Proofs
	*statements.Papers
	*cards.Cards
	*closing.Closings
	*loyalty.Loyalty
	*consents.Permits
	*files.Files
	*restrictions.Register
	*signins.Signins
	*recovery.Desks
	*chain.Chain
	fees.Board
	books keep.Store
	now   clock.Clock
	table *failure.Table
	pace  float64
	log   *slog.Logger
	woken chan struct{}
}

// Open opens the wallet on its books, which must run. Errors: Invalid, Unavailable.
func Open(ctx context.Context, o Options) (*Wallet, error) {
	const op = "demowallet.Open"
	table, err := failure.Load(o.Failures)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	w := &Wallet{now: o.Clock, table: table, pace: o.Pace, log: o.Log, woken: make(chan struct{}, 1)}
	if w.now == nil {
		w.now = clock.System
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.pace <= 0 {
		w.pace = 1
	}
	w.books = keep.Store{Books: o.Books, Clock: w.now, Woken: make(chan struct{}, 1), Moved: loyalty.Moved}
	if w.Proofs, err = proof.Open(ctx, w.books, proof.Options{Issuer: o.Issuer, Audience: o.Audience, Link: o.Link, Named: o.Named}); err != nil {
		return nil, fault.Wrap(op, err)
	}
	w.Papers, w.Cards, w.Board = statements.New(w.books), cards.New(w.books, o.Link), fees.Board{}
	if o.Closing.Days == 0 {
		o.Closing = closing.Usual()
	}
	if err := o.Closing.Validate(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	w.Closings, w.Loyalty = closing.New(w.books, o.Closing), loyalty.New(w.books)
	w.Permits = consents.New(w.books)
	w.Files, w.Register, w.Signins = files.New(w.books), restrictions.New(w.books), signins.New(w.books)
	if w.Desks, err = recovery.Open(ctx, w.books, recovery.Options{Link: o.Link, Pace: w.pace}); err != nil {
		return nil, fault.Wrap(op, err)
	}
	w.Chain = chain.New(w.books, w.pace, o.Link)
	return w, nil
}

// Now is the wallet's time.
func (w *Wallet) Now() time.Time { return w.now() }
