package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kefu/internal/platform/fault"
)

// MapError gives a database error its fault code, the same for both engines.
func MapError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return &fault.Error{Code: fault.NotFound, Op: op, Message: "no such row", Err: err}
	case isUniqueViolation(err):
		return &fault.Error{Code: fault.Conflict, Op: op, Message: "exists already", Err: err}
	case isBadText(err):
		return &fault.Error{Code: fault.Invalid, Op: op, Message: "the text cannot be stored", Err: err}
	case isFull(err):
		return &fault.Error{Code: fault.Unavailable, Op: op, Message: "the disk of the database is full or broken", Err: err}
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

// isForeign tells whether a statement names a table or a column that is not there.
func isForeign(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) { // which has no code of its own for it
		text := lite.Error()
		return strings.Contains(text, "no such column") || strings.Contains(text, "no such table") || strings.Contains(text, "has no column named")
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "42703" || pg.Code == "42P01")
}

func isFull(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "53100" || pg.Code == "58030")
}

func isTransient(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_CANTOPEN || code == sqlite3.SQLITE_INTERRUPT
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// Classes 08 connection, 40 rollback, 53 resources, 57 operator intervention.
		// 25P03 is the end of a transaction that stood still, which prepareWriter asks
		// for, and 25006 a server that only reads, as one that lost its place does.
		return pg.Code == "25P03" || pg.Code == "25006" || strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "40") ||
			strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57")
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// ValidKey tells whether s can be the key of a row. What cannot, such as a text
// with U+0000, which PostgreSQL refuses, must never enter a set statement, where
// it would fail a whole commit.
func ValidKey(s string) bool {
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

// EachRow calls each for every row and closes rows. The first error ends it.
func EachRow(rows *sql.Rows, each func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// RollbackTo undoes what a transaction did since a savepoint.
func RollbackTo(ctx context.Context, tx *sql.Tx, savepoint string) error {
	_, err := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+savepoint)
	return err
}
