// Package storage keeps everything Kefu knows, on SQLite or PostgreSQL, with one
// code and one SQL text for both. All writes go through the group committer: many
// waiting requests become one transaction and are answered after its commit.
// Every method that reads or changes customer data takes the principal who asks
// and puts the question to package policy here, whatever way the request came.
package storage

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"kefu/internal/domain/event"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage/actions"
	"kefu/internal/storage/apikeys"
	"kefu/internal/storage/approvals"
	"kefu/internal/storage/auditlog"
	"kefu/internal/storage/auditview"
	"kefu/internal/storage/casework"
	"kefu/internal/storage/clocks"
	"kefu/internal/storage/committer"
	"kefu/internal/storage/contacts"
	"kefu/internal/storage/core"
	"kefu/internal/storage/customers"
	"kefu/internal/storage/decisions"
	"kefu/internal/storage/doubts"
	"kefu/internal/storage/drafts"
	"kefu/internal/storage/emergencies"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erasure"
	"kefu/internal/storage/files"
	"kefu/internal/storage/finding"
	"kefu/internal/storage/followers"
	"kefu/internal/storage/insiders"
	"kefu/internal/storage/jobs"
	"kefu/internal/storage/listing"
	"kefu/internal/storage/reports"
	routingstore "kefu/internal/storage/routing"
	"kefu/internal/storage/runs"
	settingstore "kefu/internal/storage/settings"
	"kefu/internal/storage/staffing"
	"kefu/internal/storage/standstill"
	"kefu/internal/storage/verification"
	"kefu/internal/storage/walletlink"
	"kefu/internal/storage/walletnotices"
	"kefu/internal/storage/webhooks"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Options are what a Store is opened with.
type Options struct {
	Dir      string // the data folder; the SQLite file is in it
	Database string // a PostgreSQL DSN, or "" for SQLite
	Ring     *keyring.Ring
	Clock    clock.Clock
	Log      *slog.Logger
	Observer Observer           // told of every commit; may be nil
	Settings *settings.Registry // the kinds of settings there are; none if nil
	// Migrate brings the schema up to date, which no other program may rely on
	// meanwhile. Without it a schema that is not this program's is refused.
	Migrate bool
	// Alone is for a server: there is one on a database. Programs that change a
	// little beside it leave it false.
	Alone bool

	MaxBatch int           // requests in one commit; default 512
	MaxQueue int           // requests waiting; beyond, callers wait; default 16,384
	MaxDelay time.Duration // how long a commit may wait for company under load; default 1 ms

	MaxUnnoted int // readings by staff that are not in the audit chain yet; beyond, while commits fail, reading is refused; default 4,096
}

// Observer is told what the store does, for metrics.
type Observer interface {
	Committed(requests, entries int, took time.Duration)
	CommitFailed(err error)
}

// Store is the database: its own methods and those of its parts. Make one with
// Open, then let Run run.
type Store struct {
	*staffing.Staff
	*jobs.Jobs
	*walletlink.Links
	*auditlog.Reader
	*auditview.View
	*settingstore.Settings
	*routingstore.Routing
	*followers.Followers
	*clocks.Clocks
	*reports.Reports
	*listing.Lists
	*finding.Finder
	*webhooks.Webhooks
	*approvals.Approvals
	*apikeys.Keys
	*runs.Runs
	*actions.Acts
	*verification.Proofs
	*walletnotices.Notices
	*doubts.Doubts
	*contacts.Contacts
	*decisions.Decisions
	*casework.Cases
	*erasure.Erasures
	*insiders.Insiders
	*standstill.Standstills
	*files.Files
	*customers.Customers
	*drafts.Drafts
	*emergencies.Emergencies

	core    *core.Core
	observe Observer

	deployment string

	stmts statements
	cache stateCache // of the committer
	owed  []*note    // of the committer: whose commit failed
	doubt bool       // of the committer: a commit's outcome is unknown, and none has followed

	failing    atomic.Bool  // the last commit did
	unnoted    atomic.Int64 // notes that wait for their commit or are owed
	maxUnnoted int

	committer *committer.Committer[*request]
	listener  atomic.Pointer[Listener]
}

// Listener is told, in the order of commits, what was committed. It must not
// block: commits wait for it.
type Listener func(event.Commit)

// Open opens the database, sees to its schema and prepares the statements, so that
// a mistake in one fails here and not later. Errors: Conflict for a schema that is
// not this program's, or while another server is on the database; Unavailable.
func Open(ctx context.Context, o Options) (*Store, error) {
	const op = "storage.Open"
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 512
	}
	if o.MaxQueue == 0 {
		o.MaxQueue = 16384
	}
	if o.MaxDelay == 0 {
		o.MaxDelay = time.Millisecond
	}
	if o.MaxUnnoted == 0 {
		o.MaxUnnoted = 4096
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault.Wrap(op, err)
	}
	open := engine.Open
	if o.Alone {
		open = engine.OpenAlone
	}
	db, err := open(o.Database, o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{core: &core.Core{DB: db, Ring: o.Ring, Now: o.Clock, Log: o.Log}, observe: o.Observer, maxUnnoted: o.MaxUnnoted}
	s.core.Queue = queue{s}
	s.Approvals, s.Routing = approvals.New(s.core), routingstore.New(s.core)
	gate := approvals.GateOf(s.Approvals)
	s.Settings = settingstore.New(s.core, o.Settings, gate)
	s.Clocks, s.Reports = clocks.New(s.core), reports.New(s.core)
	s.Followers = followers.New(s.core, s.openFollowed)
	s.Staff, s.Jobs, s.Reader, s.Lists = staffing.New(s.core, gate), jobs.New(s.core), auditlog.NewReader(db), listing.New(s.core)
	s.View, s.Finder = auditview.New(s.core), finding.New(s.core)
	s.Webhooks, s.Keys = webhooks.New(s.core), apikeys.New(s.core, gate)
	s.Links, s.Runs, s.Proofs = walletlink.New(s.core), runs.New(s.core), verification.New(s.core)
	s.Acts, s.Notices = actions.New(s.core, gate, s.Proofs), walletnotices.New(s.core)
	s.Doubts, s.Contacts, s.Decisions = doubts.New(s.core), contacts.New(s.core), decisions.New(s.core)
	s.Cases, s.Erasures, s.Insiders = casework.New(s.core), erasure.New(s.core, gate), insiders.New(s.core, gate)
	s.Standstills = standstill.New(s.core)
	s.Files, s.Customers, s.Drafts = files.New(s.core, s.Runs), customers.New(s.core), drafts.New(s.core)
	s.Emergencies = emergencies.New(s.core, gate)
	s.committer = committer.New(committer.Options[*request]{
		MaxBatch: o.MaxBatch, MaxHeavy: maxFuncs, MaxQueue: o.MaxQueue, MaxDelay: o.MaxDelay, Heavy: (*request).heavy,
		Attempt: s.attempt, Failed: s.fail, Publish: s.publish, Log: o.Log,
	})
	if err := schema(ctx, db, o.Migrate); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if s.deployment, err = nameDeployment(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if s.stmts, err = prepareAll(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func schema(ctx context.Context, db *engine.DB, migrate bool) error {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return fault.Wrap("storage.schema", err)
	}
	if migrate {
		return db.Migrate(ctx, files)
	}
	return db.Current(ctx, files)
}

// Listen sets who is told of commits. Set it before Run.
func (s *Store) Listen(l Listener) { s.listener.Store(&l) }

// Ready tells whether the database answers, and whether it commits: after a commit
// that failed it tries one of nothing.
func (s *Store) Ready(ctx context.Context) error {
	var one int
	if err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return engine.MapError("storage.Ready", err)
	}
	if !s.failing.Load() {
		return nil
	}
	return s.tx(ctx, func(context.Context, *Tx) error { return nil })
}

// WatchAlone returns when ctx ends, or with a Conflict once another server has taken
// the database over; from then on nothing is committed.
func (s *Store) WatchAlone(ctx context.Context) error { return s.core.DB.WatchAlone(ctx) }

// Close closes the database after Run has ended.
func (s *Store) Close() error { return s.core.DB.Close() }

// Checkpoint moves what SQLite's log holds into its file. It runs beside
// commits; on PostgreSQL it does nothing.
func (s *Store) Checkpoint(ctx context.Context) error { return s.core.DB.Checkpoint(ctx) }
