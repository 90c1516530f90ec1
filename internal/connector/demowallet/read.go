package demowallet

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// AddCustomer writes a customer down. Errors: Conflict for another one of that id;
// Invalid.
func (b *Book) AddCustomer(ctx context.Context, c wallet.Customer) error {
	const op = "demowallet.AddCustomer"
	if err := c.Validate(); err != nil {
		return err
	}
	facts, err := json.Marshal(c)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return b.add(ctx, op, "customer", c.ID, "id, facts", c.ID, string(facts))
}

// AddInstrument writes an instrument of a customer down. Errors: as AddCustomer.
func (b *Book) AddInstrument(ctx context.Context, customer string, i wallet.Instrument) error {
	const op = "demowallet.AddInstrument"
	if err := i.Validate(); err != nil {
		return err
	}
	facts, err := json.Marshal(i)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return b.add(ctx, op, "instrument", i.ID, "id, customer_id, facts", i.ID, customer, string(facts))
}

// Customer reads a customer. Errors: NotFound.
func (l *Ledger) Customer(ctx context.Context, _ wallet.Actor, id string) (wallet.Customer, error) {
	const op = "demowallet.Customer"
	var facts string
	var c wallet.Customer
	err := l.db.QueryRowContext(ctx, "SELECT facts FROM customer WHERE id = $1", id).Scan(&facts)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fault.New(fault.NotFound, op, "there is no such customer")
	}
	if err == nil {
		err = json.Unmarshal([]byte(facts), &c)
	}
	return c, fault.Wrap(op, err)
}

// Accounts lists the accounts of a customer. Errors: NotFound.
func (l *Ledger) Accounts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Account, error) {
	return listed[wallet.Account](ctx, l, by, customer, "SELECT facts FROM account WHERE customer_id = $1 ORDER BY id LIMIT $2")
}

// Instruments lists the instruments of a customer. Errors: NotFound.
func (l *Ledger) Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error) {
	return listed[wallet.Instrument](ctx, l, by, customer, "SELECT facts FROM instrument WHERE customer_id = $1 ORDER BY id LIMIT $2")
}

func listed[T any](ctx context.Context, l *Ledger, by wallet.Actor, customer, query string) ([]T, error) {
	const op = "demowallet.listed"
	if _, err := l.Customer(ctx, by, customer); err != nil {
		return nil, err
	}
	rows, err := l.db.QueryContext(ctx, query, customer, wallet.MaxAccounts)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		var facts string
		var one T
		if err := rows.Scan(&facts); err != nil {
			return nil, fault.Wrap(op, err)
		}
		if err := json.Unmarshal([]byte(facts), &one); err != nil {
			return nil, fault.Wrap(op, err)
		}
		list = append(list, one)
	}
	return list, fault.Wrap(op, rows.Err())
}

// Balances adds up what the accounts of a customer hold, all at one time. Errors:
// NotFound.
func (l *Ledger) Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error) {
	const op = "demowallet.Balances"
	if _, err := l.Customer(ctx, by, customer); err != nil {
		return nil, err
	}
	tx, err := l.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	rows, err := tx.QueryContext(ctx, "SELECT id, currency, scale FROM account WHERE customer_id = $1 ORDER BY id LIMIT $2", customer, wallet.MaxAccounts)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	type pot struct {
		id, currency string
		scale        int
	}
	var pots []pot
	for rows.Next() {
		var p pot
		if err := rows.Scan(&p.id, &p.currency, &p.scale); err != nil {
			return nil, errors.Join(fault.Wrap(op, err), rows.Close())
		}
		pots = append(pots, p)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fault.Wrap(op, err)
	}
	balances := []wallet.Balance{}
	for _, p := range pots {
		s, err := sumsOf(ctx, tx, p.id)
		if err != nil {
			return nil, err
		}
		balance, err := s.balance(p.id, p.currency, p.scale, wallet.At(l.now()))
		if err != nil {
			return nil, err
		}
		balances = append(balances, balance)
	}
	return balances, nil
}

func (s sums) balance(account, currency string, scale int, asOf wallet.Time) (wallet.Balance, error) {
	b := wallet.Balance{AccountID: account, AsOf: asOf}
	var errs []error
	in := func(units *big.Int) wallet.Money {
		m, err := wallet.Units(units, currency, scale)
		errs = append(errs, err)
		return m
	}
	b.Total, b.PendingIn, b.PendingOut, b.Held, b.Available = in(s.of(posted)), in(s.of(pendingIn)), in(s.of(pendingOut)), in(s.of(held)), in(s.available())
	return b, errors.Join(errs...)
}

// Transaction reads one transaction of a customer. Errors: NotFound, also for one of
// another customer's.
func (l *Ledger) Transaction(ctx context.Context, _ wallet.Actor, customer, id string) (wallet.Transaction, error) {
	const op = "demowallet.Transaction"
	var facts string
	err := l.db.QueryRowContext(ctx, "SELECT facts FROM movement WHERE id = $1 AND customer_id = $2", id, customer).Scan(&facts)
	if errors.Is(err, sql.ErrNoRows) {
		return wallet.Transaction{}, fault.New(fault.NotFound, op, "there is no such transaction")
	}
	if err != nil {
		return wallet.Transaction{}, fault.Wrap(op, err)
	}
	t, _, err := compose(ctx, l.db, facts)
	return t, err
}

// Transactions reads a customer's transactions, the newest first. A cursor names the
// last one that was read, so that new ones change nothing of the pages behind it.
// Errors: NotFound; Invalid.
func (l *Ledger) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	const op = "demowallet.Transactions"
	if err := q.Validate(); err != nil {
		return wallet.Page{}, err
	}
	before, beforeID, err := readCursor(q.Cursor)
	if err != nil {
		return wallet.Page{}, err
	}
	if _, err := l.Customer(ctx, by, q.CustomerID); err != nil {
		return wallet.Page{}, err
	}
	page := wallet.Page{Items: []wallet.Transaction{}}
	for {
		facts, err := l.stretch(ctx, q, before, beforeID)
		if err != nil {
			return wallet.Page{}, err
		}
		for _, text := range facts {
			t, _, err := compose(ctx, l.db, text)
			if err != nil {
				return wallet.Page{}, fault.Wrap(op, err)
			}
			if q.Matches(t) {
				if len(page.Items) == q.Limit { // there is one more
					last := page.Items[q.Limit-1]
					page.Next = cursorOf(last)
					return page, nil
				}
				page.Items = append(page.Items, t)
			}
			before, beforeID = int64(t.CreatedAt), t.ID
		}
		if len(facts) < stretchLen {
			return page, nil
		}
	}
}

// stretchLen is how many transactions are looked at in one go.
const stretchLen = 200

func (l *Ledger) stretch(ctx context.Context, q wallet.Query, before int64, beforeID string) ([]string, error) {
	const op = "demowallet.stretch"
	if q.To != 0 && int64(q.To) <= before {
		before, beforeID = int64(q.To), ""
	}
	rows, err := l.db.QueryContext(ctx, `SELECT facts FROM movement WHERE customer_id = $1 AND (created_at, id) < ($2, $3) AND created_at >= $4
		ORDER BY created_at DESC, id DESC LIMIT $5`, q.CustomerID, before, beforeID, int64(q.From), stretchLen)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var facts string
		if err := rows.Scan(&facts); err != nil {
			return nil, fault.Wrap(op, err)
		}
		list = append(list, facts)
	}
	return list, fault.Wrap(op, rows.Err())
}

func cursorOf(t wallet.Transaction) string { return fmt.Sprintf("%d~%s", int64(t.CreatedAt), t.ID) }

func readCursor(cursor string) (int64, string, error) {
	if cursor == "" {
		return 1 << 62, "", nil
	}
	at, id, ok := strings.Cut(cursor, "~")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || !wallet.ValidID(id) {
		return 0, "", fault.InvalidField("demowallet.readCursor", "cursor", "is none of this wallet's")
	}
	return n, id, nil
}
