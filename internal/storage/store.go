// Package storage keeps everything Kefu knows, on SQLite or PostgreSQL, with one
// code and one SQL text for both. All writes go through the group committer: many
// waiting requests become one transaction and are answered after its commit.
// Every method that reads or changes customer data takes the principal who asks
// and puts the question to package policy here, whatever way the request came.
package storage

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"kefu/internal/domain/event"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
)

// Options are what a Store is opened with.
type Options struct {
	Dir      string // the data folder; the SQLite file is in it
	Database string // a PostgreSQL DSN, or "" for SQLite
	Ring     *keyring.Ring
	Clock    clock.Clock
	Log      *slog.Logger
	Observer Observer // told of every commit; may be nil

	MaxBatch int           // requests in one commit; default 2,048
	MaxQueue int           // requests waiting; beyond, callers wait; default 16,384
	MaxDelay time.Duration // how long a commit may wait for company under load; default 1 ms
}

// Observer is told what the store does, for metrics.
type Observer interface {
	Committed(requests, entries int, took time.Duration)
	CommitFailed(err error)
}

// Store is the database. Make one with Open, then let Run run.
type Store struct {
	engine  Engine
	reader  *sql.DB
	writer  *sql.DB
	ring    *keyring.Ring
	now     clock.Clock
	log     *slog.Logger
	observe Observer
	opts    Options
	stmts   statements
	cache   stateCache // of the committer

	queue    chan *request
	commits  chan []*request
	listener atomic.Pointer[Listener]
	closed   chan struct{}
	entering atomic.Int64 // callers inside enqueue
}

// Listener is told, in the order of commits, what was committed. It must not
// block: commits wait for it.
type Listener func(event.Commit)

// Open opens the database, brings its schema up to date and prepares the
// statements, so that a mistake in one fails here and not later.
func Open(ctx context.Context, o Options) (*Store, error) {
	const op = "storage.Open"
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 2048
	}
	if o.MaxQueue == 0 {
		o.MaxQueue = 16384
	}
	if o.MaxDelay == 0 {
		o.MaxDelay = time.Millisecond
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault.Wrap(op, err)
	}
	engine := EngineOf(o.Database)
	reader, writer, err := openDatabases(engine, o.Database, o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		engine: engine, reader: reader, writer: writer, ring: o.Ring, now: o.Clock, log: o.Log,
		observe: o.Observer, opts: o, queue: make(chan *request, o.MaxQueue),
		commits: make(chan []*request, 4), closed: make(chan struct{}),
	}
	if err := migrate(ctx, engine, writer); err != nil {
		return nil, errors.Join(err, s.closeDatabases())
	}
	if s.stmts, err = prepareAll(ctx, s); err != nil {
		return nil, errors.Join(err, s.closeDatabases())
	}
	return s, nil
}

// Listen sets who is told of commits. Set it before Run.
func (s *Store) Listen(l Listener) { s.listener.Store(&l) }

// Engine tells which database this is.
func (s *Store) Engine() Engine { return s.engine }

// Ready tells whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	var one int
	return mapError("storage.Ready", s.reader.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Close closes the database after Run has ended.
func (s *Store) Close() error { return s.closeDatabases() }

func (s *Store) closeDatabases() error {
	if s.engine == SQLite {
		_, _ = s.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // only saves time at the next start
	}
	return errors.Join(s.reader.Close(), s.writer.Close())
}

// Checkpoint moves what SQLite's log holds into its file. It runs beside
// commits; on PostgreSQL it does nothing.
func (s *Store) Checkpoint(ctx context.Context) error {
	if s.engine != SQLite {
		return nil
	}
	info, err := os.Stat(filepath.Join(s.opts.Dir, sqliteFile+"-wal"))
	if err != nil || info.Size() < 8<<20 {
		return nil
	}
	db, err := sql.Open("sqlite", sqliteDSN(filepath.Join(s.opts.Dir, sqliteFile), "rw", -2048))
	if err != nil {
		return mapError("storage.Checkpoint", err)
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
	return errors.Join(mapError("storage.Checkpoint", err), db.Close())
}
