package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver of database/sql
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kefu/internal/platform/fault"
)

// Engine is one of the two databases the store runs on.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

const sqliteFile = "kefu.db"

// EngineOf tells which engine a database setting selects: a PostgreSQL DSN, or
// "" for SQLite in the data folder.
func EngineOf(dsn string) Engine {
	if dsn == "" {
		return SQLite
	}
	return Postgres
}

// openDatabases opens the pool for reading and the single connection for
// writing, which readers can never take away from the committer.
func openDatabases(engine Engine, dsn, dir string) (reader, writer *sql.DB, err error) {
	if engine == Postgres {
		return openPostgres(dsn)
	}
	path := filepath.Join(dir, sqliteFile)
	writer, err = sql.Open("sqlite", sqliteDSN(path, "rwc", -65536))
	if err != nil {
		return nil, nil, fault.Wrap("storage.openDatabases", err)
	}
	writer.SetMaxOpenConns(1)
	if err := writer.Ping(); err != nil {
		return nil, nil, fault.Wrap("storage.openDatabases", err)
	}
	reader, err = sql.Open("sqlite", sqliteDSN(path, "ro", -16384))
	if err != nil {
		return nil, nil, errors.Join(fault.Wrap("storage.openDatabases", err), writer.Close())
	}
	reader.SetMaxOpenConns(4)
	reader.SetMaxIdleConns(4)
	return reader, writer, nil
}

// sqliteDSN sets the pragmas that every connection needs. Checkpoints are made
// by their own worker, off the path of a commit.
func sqliteDSN(path, mode string, cacheKiB int) string {
	query := url.Values{}
	query.Set("mode", mode)
	query.Set("_txlock", "immediate")
	pragmas := []string{"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(ON)", "temp_store(MEMORY)", "wal_autocheckpoint(0)"}
	if mode == "ro" {
		pragmas = []string{"busy_timeout(10000)", "temp_store(MEMORY)", "query_only(ON)"}
	}
	for _, pragma := range pragmas {
		query.Add("_pragma", pragma)
	}
	query.Add("_pragma", "cache_size("+itoa(int64(cacheKiB))+")")
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

func openPostgres(dsn string) (reader, writer *sql.DB, err error) {
	const op = "storage.openPostgres"
	if reader, err = sql.Open("pgx", dsn); err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	if writer, err = sql.Open("pgx", dsn); err != nil {
		return nil, nil, errors.Join(fault.Wrap(op, err), reader.Close())
	}
	reader.SetMaxOpenConns(12)
	reader.SetMaxIdleConns(12)
	writer.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := writer.PingContext(ctx); err != nil {
		err = fault.New(fault.Unavailable, op, "PostgreSQL does not answer; check KEFU_DATABASE and that the server runs: %v", err)
		return nil, nil, errors.Join(err, reader.Close(), writer.Close())
	}
	return reader, writer, nil
}

// mapError gives a database error its fault code, the same for both engines.
func mapError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return &fault.Error{Code: fault.NotFound, Op: op, Message: "no such row", Err: err}
	case isUniqueViolation(err):
		return &fault.Error{Code: fault.Conflict, Op: op, Message: "exists already", Err: err}
	case isBadText(err):
		return &fault.Error{Code: fault.Invalid, Op: op, Message: "the text cannot be stored", Err: err}
	case isTransient(err):
		return &fault.Error{Code: fault.Unavailable, Op: op, Message: "the database is busy or gone", Err: err}
	default:
		return fault.Wrap(op, err)
	}
}

func isUniqueViolation(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// isBadText tells whether a text holds what PostgreSQL cannot store, such as U+0000.
func isBadText(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "22021"
}

func isTransient(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
			return true
		}
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Classes 08 connection, 40 rollback, 53 resources, 57 operator intervention.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "40") ||
			strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57")
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// validKey tells whether s can be the key of a row. What cannot, such as a text
// with U+0000, which PostgreSQL refuses, must never enter a set statement, where
// it would fail a whole commit.
func validKey(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
