// Package engine is all that differs between the two databases the store runs
// on: how they are opened, how many rows enter one statement, how a migration of
// one of them is told from the other's, and which of our error codes their
// errors mean. It knows no table.
package engine

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"kefu/internal/platform/fault"
)

// Kind is one of the two databases.
type Kind string

// The engines.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
)

// Of tells which engine a database setting selects: a PostgreSQL DSN, or "" for
// SQLite in the data folder.
func Of(dsn string) Kind {
	if dsn == "" {
		return SQLite
	}
	return Postgres
}

// File is the name of SQLite's file in the data folder.
const File = "kefu.db"

// DB is an open database: a pool for reading, and the one connection for
// writing, which readers can never take away from the committer.
type DB struct {
	Kind   Kind
	Reader *Pool
	Writer *sql.DB

	rows *rowTable // SQLite: where the statements of Set read their rows
	path string    // of SQLite's file
	wal  walSizes

	claim *claim // PostgreSQL: of the one server; nil for what works beside it
}

// walSizes are the sizes of SQLite's log, in bytes, from which it is worth moving
// into the file, and from which commits are held for a moment to begin it anew.
type walSizes struct {
	move, restart int64
	next          atomic.Int64 // the size for the next try after one that a reader prevented
}

// Open opens the database of a setting. Errors: Unavailable when PostgreSQL does
// not answer within 10 seconds.
func Open(dsn, dir string) (*DB, error) {
	if Of(dsn) == Postgres {
		return openPostgres(dsn, nil)
	}
	return openSQLite(dir)
}

// OpenAlone is Open for a server: on PostgreSQL no other may be on the same database
// while this one is, whatever folders they have. SQLite's folder has a lock of its
// own. Errors: Conflict while another server is.
func OpenAlone(dsn, dir string) (*DB, error) {
	if Of(dsn) == Postgres {
		return openPostgres(dsn, newClaim())
	}
	return openSQLite(dir)
}

func openSQLite(dir string) (*DB, error) {
	const op = "engine.openSQLite"
	path := filepath.Join(dir, File)
	if err := Private(path); err != nil {
		return nil, fault.Wrap(op, err)
	}
	rows := &rowTable{}
	connector, err := newRowConnector(sqliteDSN(path, "rwc", -65536), rows)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	writer := sql.OpenDB(connector)
	writer.SetMaxOpenConns(1)
	// Turning a new file into one with a log waits for nobody who does the same.
	err = writer.Ping()
	for try := 0; err != nil && fault.Is(MapError(op, err), fault.Unavailable) && try < busyTries; try++ {
		time.Sleep(busyWait / busyTries)
		err = writer.Ping()
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(op, err), writer.Close())
	}
	reader, err := sql.Open("sqlite", sqliteDSN(path, "ro", -16384))
	if err != nil {
		return nil, errors.Join(fault.Wrap(op, err), writer.Close())
	}
	reader.SetMaxOpenConns(4)
	reader.SetMaxIdleConns(4)
	return &DB{Kind: SQLite, Reader: newPool(reader, SQLite), Writer: writer, rows: rows, path: path, wal: walSizes{move: 16 << 20, restart: 64 << 20}}, nil
}

// Private sees to it that a file of SQLite's is nobody else's to read: SQLite
// makes files as the umask says, and those beside one in its mode.
func Private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+suffix, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// sqliteDSN sets the pragmas that every connection needs. Checkpoints are made
// by their own worker, off the path of a commit.
func sqliteDSN(path, mode string, cacheKiB int) string {
	query := url.Values{}
	query.Set("mode", mode)
	query.Set("_txlock", "immediate")
	busy := "busy_timeout(" + strconv.FormatInt(busyWait.Milliseconds(), 10) + ")"
	pragmas := []string{"journal_mode(WAL)", "synchronous(FULL)", busy, "foreign_keys(ON)", "temp_store(MEMORY)", "wal_autocheckpoint(0)"}
	if mode == "ro" {
		pragmas = []string{busy, "temp_store(MEMORY)", "query_only(ON)"}
	}
	for _, pragma := range pragmas {
		query.Add("_pragma", pragma)
	}
	query.Add("_pragma", "cache_size("+strconv.Itoa(cacheKiB)+")")
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

func openPostgres(dsn string, alone *claim) (*DB, error) {
	const op = "engine.openPostgres"
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, unreadable(op)
	}
	prepare := func(ctx context.Context, conn *pgx.Conn) error {
		err := prepareWriter(ctx, conn)
		if err == nil && alone != nil {
			err = alone.take(ctx, conn)
		}
		if err != nil {
			_ = conn.Close(context.WithoutCancel(ctx)) // the driver leaves it open
		}
		return err
	}
	reader, writer := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(prepareReader)), stdlib.OpenDB(*config, stdlib.OptionAfterConnect(prepare))
	reader.SetMaxOpenConns(12)
	reader.SetMaxIdleConns(12)
	writer.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := writer.PingContext(ctx); err != nil {
		if !fault.Is(err, fault.Conflict) {
			err = noAnswer(op, err)
		}
		return nil, errors.Join(err, reader.Close(), writer.Close())
	}
	return &DB{Kind: Postgres, Reader: newPool(reader, Postgres), Writer: writer, claim: alone}, nil
}

// prepareReader suits the planner to what is read here: some rows by their keys. What a
// server assumes of slow disks makes it read tables of a hundred thousand rows from end
// to end for a thousand of them, and compiling takes longer than what it would spare.
// An operator who has set either keeps it.
func prepareReader(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT set_config(name, CASE name WHEN 'jit' THEN 'off' ELSE '1.1' END, false) FROM pg_settings
		WHERE name IN ('jit', 'random_page_cost') AND source = 'default'`)
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx)) // the driver leaves it open
	}
	return err
}

// prepareWriter makes a server's own defaults harmless: a commit that is not
// durable when it returns, an isolation under which waiting for another process
// ends in an error, and a process that was stopped in the middle of a commit,
// which would keep all others waiting until it went on.
func prepareWriter(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET idle_in_transaction_session_timeout = '10s';
		SET default_transaction_isolation = 'read committed';
		SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

// Close closes both pools.
func (d *DB) Close() error {
	if d.Kind == SQLite {
		_, _ = d.Writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // only saves time at the next start
	}
	return errors.Join(d.Reader.Close(), d.Writer.Close())
}

// How long a statement waits for another process, and how long a restart of the
// log, which holds commits, waits for a reader.
const (
	busyWait    = 10 * time.Second
	restartWait = 200 * time.Millisecond
	busyTries   = 100
)

// Checkpoint moves what SQLite's log holds into its file. It runs beside
// commits; on PostgreSQL it does nothing.
func (d *DB) Checkpoint(ctx context.Context) error {
	const op = "engine.Checkpoint"
	if d.Kind != SQLite {
		return nil
	}
	info, err := os.Stat(d.path + "-wal")
	if err != nil || info.Size() < d.wal.move {
		return nil
	}
	db, err := sql.Open("sqlite", sqliteDSN(d.path, "rw", -2048))
	if err != nil {
		return MapError(op, err)
	}
	db.SetMaxOpenConns(1)
	return errors.Join(MapError(op, d.moveLog(ctx, db)), db.Close())
}

// moveLog moves beside commits what is in the log. That never gets to the end of a
// log to which they add all the time, and only from its end SQLite begins it anew.
// So one that has become long is ended by force: commits wait for what is left.
func (d *DB) moveLog(ctx context.Context, db *sql.DB) error {
	var busy, pages, moved, pageSize int64
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA page_size").Scan(&pageSize); err != nil {
		return err
	}
	size := pages * pageSize
	if size < max(d.wal.restart, d.wal.next.Load()) {
		return nil
	}
	// The file keeps its length, and what is written over it needs no more of the
	// file system than the data itself, unless a reader has let it grow far.
	mode := "RESTART"
	if size > 4*d.wal.restart {
		mode = "TRUNCATE"
	}
	begun, err := d.restartLog(ctx, mode)
	if d.wal.next.Store(0); err == nil && !begun {
		d.wal.next.Store(2 * size) // a reader that stays must not hold up commits each time
	}
	return err
}

// restartLog moves the rest of the log and begins it anew, and tells whether it
// could. It takes the committer's connection: of two, the one that waits for the
// other's lock would hardly ever find it free.
func (d *DB) restartLog(ctx context.Context, mode string) (begun bool, err error) {
	conn, err := d.Writer.Conn(ctx)
	if err != nil {
		return false, err
	}
	wait := func(limit time.Duration) error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA busy_timeout = "+strconv.FormatInt(limit.Milliseconds(), 10))
		return err
	}
	var busy, pages, moved int64
	if err = wait(restartWait); err == nil {
		err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &moved)
	}
	return busy == 0, errors.Join(err, wait(busyWait), conn.Close())
}

// Look opens a database for reading alone, hands it to do and closes it again.
// It makes no database of SQLite's where there is none, and turns no setting; the
// files beside one, its log and the index of that, it may make and leave behind.
func Look(ctx context.Context, dsn, dir string, do func(context.Context, *sql.DB) error) error {
	const op = "engine.Look"
	var db *sql.DB
	if Of(dsn) == Postgres {
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return unreadable(op)
		}
		db = stdlib.OpenDB(*config)
		if err := db.PingContext(ctx); err != nil {
			return errors.Join(noAnswer(op, err), db.Close())
		}
	} else {
		var err error
		if db, err = sql.Open("sqlite", sqliteDSN(filepath.Join(dir, File), "ro", -2048)); err != nil {
			return fault.Wrap(op, err)
		}
	}
	return errors.Join(do(ctx, db), db.Close())
}

func unreadable(op string) error {
	return fault.New(fault.Invalid, op, "the PostgreSQL setting cannot be read; check KEFU_DATABASE")
}

func noAnswer(op string, err error) error {
	return fault.New(fault.Unavailable, op, "PostgreSQL does not answer; check KEFU_DATABASE and that the server runs: %v", err)
}

// Probe asks a database who it is, without changing anything. Errors: Invalid when
// PostgreSQL is set so that it loses what it has acknowledged.
func Probe(ctx context.Context, dsn, dir string) (version string, err error) {
	const op = "engine.Probe"
	text := "SELECT 'SQLite ' || sqlite_version(), 'on', 'on' FROM (SELECT COUNT(*) FROM sqlite_schema) AS readable"
	if Of(dsn) == Postgres {
		text = "SELECT 'PostgreSQL ' || current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes')"
	}
	err = Look(ctx, dsn, dir, func(ctx context.Context, db *sql.DB) error {
		var fsync, pages string
		if err := db.QueryRowContext(ctx, text).Scan(&version, &fsync, &pages); err != nil {
			return MapError(op, err)
		}
		return durable(version, fsync, pages)
	})
	return version, err
}

// durable refuses settings of PostgreSQL under which a commit can be lost or torn
// by a power cut. Its synchronous_commit does not matter: Kefu sets that itself.
func durable(version, fsync, pages string) error {
	const op = "engine.durable"
	if fsync != "on" {
		return fault.New(fault.Invalid, op, "%s has fsync %s, so a power cut loses what it acknowledged, or all of it: set fsync = on and restart it", version, fsync)
	}
	if pages != "on" {
		return fault.New(fault.Invalid, op, "%s has full_page_writes %s, so a power cut can tear its pages: set full_page_writes = on", version, pages)
	}
	return nil
}
