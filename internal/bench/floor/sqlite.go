package floor

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"modernc.org/sqlite"
)

const (
	sqliteColumns = 5
	// sqliteWide rows go into one INSERT: measured as the cheapest of json_each,
	// one statement a row, and 20, 100 and 300 rows a statement.
	sqliteWide = 100
	// checkpointFrom is the size of the log, in bytes, from which it is moved.
	checkpointFrom = 16 << 20
)

// sqliteStore writes through the driver itself, without database/sql.
type sqliteStore struct {
	conn  driver.Conn
	begin driver.ConnBeginTx
	wide  driver.StmtExecContext
	one   driver.StmtExecContext
	args  []driver.NamedValue

	path   string
	stop   func()        // ends the checkpoints
	ended  chan struct{} // closed when they have ended
	failed error         // of the checkpoints, to be read after ended
}

func openSQLite(ctx context.Context, path string) (*sqliteStore, error) {
	conn, err := (&sqlite.Driver{}).Open(path + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_pragma=wal_autocheckpoint(0)")
	if err != nil {
		return nil, fmt.Errorf("floor: opening the database: %w", err)
	}
	s := &sqliteStore{conn: conn, args: make([]driver.NamedValue, sqliteColumns*sqliteWide), path: path, ended: make(chan struct{})}
	for i := range s.args {
		s.args[i].Ordinal = i + 1
	}
	create, ok := conn.(driver.ExecerContext)
	begin, both := conn.(driver.ConnBeginTx)
	if !ok || !both {
		return nil, errors.New("floor: the SQLite driver executes no statements or begins no transactions")
	}
	s.begin = begin
	if _, err := create.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY,
		conv TEXT NOT NULL, seq INTEGER NOT NULL, client_msg_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL)`, nil); err != nil {
		return nil, fmt.Errorf("floor: creating the table: %w", err)
	}
	if s.wide, err = s.prepare(sqliteWide); err != nil {
		return nil, err
	}
	if s.one, err = s.prepare(1); err != nil {
		return nil, err
	}
	ctx, s.stop = context.WithCancel(ctx)
	go s.checkpoints(ctx)
	return s, nil
}

// checkpoints moves the log into the file beside the commits, as the product does:
// SQLite's own way, inside every commit that finds a thousand pages in the log,
// would slow the floor down.
func (s *sqliteStore) checkpoints(ctx context.Context) {
	defer close(s.ended)
	pulse := time.NewTicker(time.Second)
	defer pulse.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pulse.C:
		}
		if info, err := os.Stat(s.path + "-wal"); err != nil || info.Size() < checkpointFrom {
			continue
		}
		if err := checkpoint(ctx, s.path); err != nil && ctx.Err() == nil {
			s.failed = err
			return
		}
	}
}

func checkpoint(ctx context.Context, path string) error {
	conn, err := (&sqlite.Driver{}).Open(path)
	if err != nil {
		return fmt.Errorf("floor: opening the database to move its log: %w", err)
	}
	if executor, ok := conn.(driver.ExecerContext); ok {
		_, err = executor.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)", nil)
	}
	return errors.Join(err, conn.Close())
}

func (s *sqliteStore) prepare(rows int) (driver.StmtExecContext, error) {
	const values = "(?,?,?,?,?)"
	statement, err := s.conn.Prepare(`INSERT INTO message (conv, seq, client_msg_id, at, body) VALUES ` +
		values + strings.Repeat(","+values, rows-1))
	if err != nil {
		return nil, fmt.Errorf("floor: preparing: %w", err)
	}
	executes, ok := statement.(driver.StmtExecContext)
	if !ok {
		return nil, errors.New("floor: the SQLite driver executes no prepared statements")
	}
	return executes, nil
}

func (s *sqliteStore) write(ctx context.Context, rows []row) error {
	tx, err := s.begin.BeginTx(ctx, driver.TxOptions{})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for len(rows) > 0 {
		n, statement := 1, s.one
		if len(rows) >= sqliteWide {
			n, statement = sqliteWide, s.wide
		}
		for i := range n {
			r, args := &rows[i], s.args[i*sqliteColumns:]
			args[0].Value, args[1].Value, args[2].Value = r.conv.id, r.seq, r.id
			args[3].Value, args[4].Value = r.at, r.text
		}
		if _, err := statement.ExecContext(ctx, s.args[:n*sqliteColumns]); err != nil {
			return errors.Join(fmt.Errorf("insert: %w", err), tx.Rollback())
		}
		rows = rows[n:]
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (s *sqliteStore) close() error {
	s.stop()
	<-s.ended
	return errors.Join(s.failed, s.conn.Close())
}
