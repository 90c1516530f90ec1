// Package ledger is what Kefu's books are held against: the shortest honest way of a
// transfer into SQLite on this machine. One writer takes what waits, checks balances
// that it remembers, and writes for each transfer its key, two entries and the two
// balances, in one transaction for all (WAL, synchronous=FULL). There is nothing else
// in it: no pending transfers, no chain, no records, no reading back.
//
// It has two forms. The plain one runs a prepared statement for each row; the wide one
// writes a hundred rows with one statement and each balance once a commit, which is as
// fast as this driver gets.
package ledger

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// Transfer is one of the prototype's.
type Transfer struct {
	ID            string
	Debit, Credit int
	Amount        int64
	Done          chan error
}

// The widest statements, in rows: measured as the cheapest on this driver.
const wide = 100

// Ledger is the prototype. Its Run is the one writer.
type Ledger struct {
	conn     driver.Conn
	begin    driver.ConnBeginTx
	transfer [2]driver.StmtExecContext // one row, wide rows
	entry    [2]driver.StmtExecContext
	balance  driver.StmtExecContext
	balances []int64
	wide     bool
	queue    chan *Transfer
}

// Open makes a ledger of so many accounts with so much on each.
func Open(ctx context.Context, dir string, accounts int, opening int64, wide bool) (*Ledger, error) {
	conn, err := (&sqlite.Driver{}).Open(filepath.Join(dir, fmt.Sprintf("floor-%t.db", wide)) + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	l := &Ledger{conn: conn, wide: wide, balances: make([]int64, accounts), queue: make(chan *Transfer, 4096)}
	exec, ok := conn.(driver.ExecerContext)
	begin, both := conn.(driver.ConnBeginTx)
	if !ok || !both {
		return nil, errors.New("floor: the driver executes no statements or begins no transactions")
	}
	l.begin = begin
	if _, err := exec.ExecContext(ctx, `CREATE TABLE transfer (id TEXT PRIMARY KEY, debit INTEGER NOT NULL, credit INTEGER NOT NULL, amount INTEGER NOT NULL) WITHOUT ROWID;
		CREATE TABLE entry (seq INTEGER PRIMARY KEY, transfer TEXT NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT NULL);
		CREATE TABLE balance (account INTEGER PRIMARY KEY, amount INTEGER NOT NULL)`, nil); err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	for i := range accounts {
		l.balances[i] = opening
	}
	if _, err := exec.ExecContext(ctx, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO balance SELECT i, %d FROM n`, accounts-1, opening), nil); err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	return l, l.prepare()
}

func (l *Ledger) prepare() error {
	statement := func(text string) (driver.StmtExecContext, error) {
		s, err := l.conn.Prepare(text)
		if err != nil {
			return nil, fmt.Errorf("floor: %w", err)
		}
		return s.(driver.StmtExecContext), nil
	}
	var err error
	for i, rows := range []int{1, wide} {
		if l.transfer[i], err = statement("INSERT INTO transfer VALUES (?,?,?,?)" + strings.Repeat(",(?,?,?,?)", rows-1)); err != nil {
			return err
		}
		if l.entry[i], err = statement("INSERT INTO entry (transfer, account, amount) VALUES (?,?,?)" + strings.Repeat(",(?,?,?)", rows-1)); err != nil {
			return err
		}
	}
	l.balance, err = statement("UPDATE balance SET amount = ? WHERE account = ?")
	return err
}

// Do hands a transfer over; its answer comes on Done when it is durable.
func (l *Ledger) Do(t *Transfer) { l.queue <- t }

// Run writes until ctx ends.
func (l *Ledger) Run(ctx context.Context) error {
	batch := make([]*Transfer, 0, 1024)
	for {
		batch = batch[:0]
		select {
		case <-ctx.Done():
			return l.conn.Close()
		case t := <-l.queue:
			batch = append(batch, t)
		}
	more:
		for len(batch) < cap(batch) {
			select {
			case t := <-l.queue:
				batch = append(batch, t)
			default:
				break more
			}
		}
		err := l.write(ctx, batch)
		for _, t := range batch {
			t.Done <- err
		}
	}
}

func (l *Ledger) write(ctx context.Context, batch []*Transfer) error {
	tx, err := l.begin.BeginTx(context.WithoutCancel(ctx), driver.TxOptions{})
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	if !l.wide {
		if err := l.plain(ctx, batch); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}
	var transfers, entries []any
	touched := map[int]bool{}
	for _, t := range batch {
		if l.balances[t.Debit] < t.Amount {
			continue // refused: it has no rows
		}
		l.balances[t.Debit] -= t.Amount
		l.balances[t.Credit] += t.Amount
		touched[t.Debit], touched[t.Credit] = true, true
		transfers = append(transfers, t.ID, int64(t.Debit), int64(t.Credit), t.Amount)
		entries = append(entries, t.ID, int64(t.Debit), -t.Amount, t.ID, int64(t.Credit), t.Amount)
	}
	err = errors.Join(rows(ctx, l.transfer, transfers, 4), rows(ctx, l.entry, entries, 3))
	for account := range touched {
		if err == nil {
			_, err = l.balance.ExecContext(ctx, values([]any{l.balances[account], int64(account)}))
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("floor: %w", err), tx.Rollback())
	}
	return tx.Commit()
}

// plain writes a batch with a statement for each row.
func (l *Ledger) plain(ctx context.Context, batch []*Transfer) error {
	for _, t := range batch {
		if l.balances[t.Debit] < t.Amount {
			continue // refused: it has no rows
		}
		l.balances[t.Debit] -= t.Amount
		l.balances[t.Credit] += t.Amount
		debit, credit := int64(t.Debit), int64(t.Credit)
		for _, w := range []struct {
			statement driver.StmtExecContext
			row       []any
		}{
			{l.transfer[0], []any{t.ID, debit, credit, t.Amount}}, {l.entry[0], []any{t.ID, debit, -t.Amount}}, {l.entry[0], []any{t.ID, credit, t.Amount}},
			{l.balance, []any{l.balances[t.Debit], debit}}, {l.balance, []any{l.balances[t.Credit], credit}},
		} {
			if _, err := w.statement.ExecContext(ctx, values(w.row)); err != nil {
				return fmt.Errorf("floor: %w", err)
			}
		}
	}
	return nil
}

// rows writes values in statements as wide as they may be.
func rows(ctx context.Context, statements [2]driver.StmtExecContext, list []any, columns int) error {
	for len(list) > 0 {
		n, s := columns, statements[0]
		if len(list) >= wide*columns {
			n, s = wide*columns, statements[1]
		}
		if _, err := s.ExecContext(ctx, values(list[:n])); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func values(list []any) []driver.NamedValue {
	args := make([]driver.NamedValue, len(list))
	for i, v := range list {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args
}
