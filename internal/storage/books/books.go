// Package books keeps a double-entry ledger, on either engine, in which the wallet of
// demo and tests is kept: accounts, immutable transfers with their lines, and records
// beside them. It is a database of its own, with its own committer: many that ask share
// one transaction, and balances are remembered by the one goroutine that writes. Which
// transfer may happen is decided by domain/ledger.
package books

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"kefu/internal/domain/ledger"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/committer"
	"kefu/internal/storage/engine"
)

//go:embed migrations
var migrations embed.FS

// Options are where the books are kept and how they are written.
type Options struct {
	DSN      string // of PostgreSQL; "" for SQLite in Dir
	Dir      string // a folder for the books alone
	Clock    clock.Clock
	Log      *slog.Logger
	MaxBatch int           // requests of one commit; default 1024
	MaxQueue int           // requests that wait; default 4096
	MaxDelay time.Duration // how long a commit may wait for company under load; default 1 ms
	MaxCache int           // accounts and records that are remembered; default 200,000
}

// Store is open books. It is safe for concurrent use. Run must run for anything to be
// written.
type Store struct {
	o         Options
	db        *engine.DB
	do        statements
	committer *committer.Committer[*request]
	cache     *layer // what was read or written: the writing goroutine's own
	last      last   // of the chain, lines and transfers: the same
}

// last is where the books end.
type last struct {
	chain, transfer, line int64
	digest                string
}

// suffix makes of a schema of PostgreSQL's the name of the one for the books beside it.
const suffix = "_books"

// Open opens the books and makes them where there are none. Errors: Unavailable,
// Conflict while another process keeps them or a newer program did.
func Open(ctx context.Context, o Options) (*Store, error) {
	const op = "books.Open"
	o = o.whole()
	dsn, err := place(ctx, o)
	if err != nil {
		return nil, err
	}
	db, err := engine.OpenAlone(dsn, o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{o: o, db: db, cache: newLayer(nil)}
	s.committer = committer.New(committer.Options[*request]{
		MaxBatch: o.MaxBatch, MaxHeavy: o.MaxBatch, MaxQueue: o.MaxQueue, MaxDelay: o.MaxDelay, Log: o.Log,
		Heavy: func(*request) bool { return false }, Attempt: s.attempt, Failed: failed, Publish: publish,
	})
	files, err := fs.Sub(migrations, "migrations")
	if err == nil {
		err = db.Migrate(ctx, files)
	}
	if err == nil {
		err = s.prepare(ctx)
	}
	if err == nil {
		err = s.readLast(ctx)
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(op, err), db.Close())
	}
	return s, nil
}

func (o Options) whole() Options {
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBatch <= 0 {
		o.MaxBatch = 1024
	}
	if o.MaxQueue <= 0 {
		o.MaxQueue = 4096
	}
	if o.MaxDelay <= 0 {
		o.MaxDelay = time.Millisecond
	}
	if o.MaxCache <= 0 {
		o.MaxCache = 200_000
	}
	return o
}

// place makes the folder or the schema, and gives the setting by which it is opened.
func place(ctx context.Context, o Options) (string, error) {
	const op = "books.place"
	if o.DSN == "" {
		return "", fault.Wrap(op, os.MkdirAll(o.Dir, 0o700))
	}
	db, err := engine.Open(o.DSN, "")
	if err != nil {
		return "", err
	}
	var schema string
	err = db.Writer.QueryRowContext(ctx, "SELECT current_schema()").Scan(&schema)
	if err == nil {
		schema += suffix
		_, err = db.Writer.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+quoted(schema))
	}
	if err := errors.Join(engine.MapError(op, err), db.Close()); err != nil {
		return "", err
	}
	return within(o.DSN, schema), nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// within is a setting of PostgreSQL's whose tables are those of a schema.
func within(dsn, schema string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " search_path='" + strings.ReplaceAll(schema, "'", `\'`) + "'"
	}
	base, query, _ := strings.Cut(dsn, "?")
	kept := []string{"search_path=" + schema}
	for part := range strings.SplitSeq(query, "&") {
		if part != "" && !strings.HasPrefix(part, "search_path=") {
			kept = append(kept, part)
		}
	}
	return base + "?" + strings.Join(kept, "&")
}

// Folder is where SQLite's books are, in the folder of the data.
func Folder(data string) string { return filepath.Join(data, "wallet") }

// Run writes until ctx ends, then writes what waits and returns.
func (s *Store) Run(ctx context.Context) error {
	s.committer.Run(ctx)
	return nil
}

// Close closes the database. Run must have ended.
func (s *Store) Close() error { return s.db.Close() }

// request is a function that waits to be run on the books.
type request struct {
	need  Need
	fn    func(*Book) error
	err   error
	done  chan error
	whose atomic.Int32 // nobody's yet, then the writer's or given up
}

const (
	writers int32 = iota + 1
	givenUp
)

// begin takes the function for the writer, which may try it more than once. It fails
// once the caller has given up.
func (r *request) begin() bool {
	return r.whose.CompareAndSwap(0, writers) || r.whose.Load() == writers
}

// Need is what a function on the books will look at. It is read with one statement
// for a whole commit; what is not named is read when it is asked for.
type Need = ledger.Need

// Do runs fn on the books, in a transaction that it shares with others, and gives its
// error. When fn fails, nothing that it did is kept. It may be run more than once, so
// it does nothing but through its Book. When ctx ends before fn was begun it is never
// run; one that was begun is waited for, since it writes to what is its caller's.
// Errors: those of fn; Unavailable when it was not run, or when it is not known
// whether it was kept.
func (s *Store) Do(ctx context.Context, need Need, fn func(*Book) error) error {
	r := &request{need: need, fn: fn, done: make(chan error, 1)}
	if err := s.committer.Enqueue(ctx, r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.whose.CompareAndSwap(0, givenUp) {
			return fault.New(fault.Unavailable, "books.Do", "gave up waiting for the commit")
		}
		return <-r.done
	}
}

// Transfer carries out one transfer. Errors: those of ledger.Judge, and of Do.
func (s *Store) Transfer(ctx context.Context, t ledger.Transfer) error {
	need := Need{Transfers: []string{t.ID}}
	for _, id := range []string{t.Debit, t.Credit} {
		if id != "" {
			need.Accounts = append(need.Accounts, id)
		}
	}
	if t.Resolves != "" {
		need.Transfers = append(need.Transfers, t.Resolves)
	}
	return s.Do(ctx, need, func(b *Book) error { return b.Transfer(t) })
}

func failed(batch []*request, err error) {
	for _, r := range batch {
		r.err = err
	}
}

func publish(batch []*request) {
	for _, r := range batch {
		r.done <- r.err
	}
}

// Checkpoint moves what SQLite's log holds into its file, beside commits.
func (s *Store) Checkpoint(ctx context.Context) error { return s.db.Checkpoint(ctx) }
