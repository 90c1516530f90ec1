// Package demowallet is a small and honest wallet for the demo and for tests: a
// double-entry ledger with accounts, transfers in one step or two, and postings that
// nobody can change, in an SQLite file of its own, with the customers' transactions
// on it. Balances are sums of postings and stand nowhere else. It serves the API
// that docs/wallet-api.md asks of an operator's wallet, signatures included, so that
// Kefu reaches it in the way it reaches any other. It is no part of Kefu's store and
// holds nobody's real money.
package demowallet

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// File is the name of the ledger's file in the data folder.
const File = "demo-wallet.db"

// schema is the whole of it. Nothing is ever changed or deleted: what corrects a
// transfer is another one.
const schema = `
CREATE TABLE IF NOT EXISTS customer (id TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS instrument (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, facts TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS instrument_of ON instrument (customer_id, id);
CREATE TABLE IF NOT EXISTS account (
	id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, currency TEXT NOT NULL, scale INTEGER NOT NULL, floor INTEGER NOT NULL, facts TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS account_of ON account (customer_id, id);
CREATE TABLE IF NOT EXISTS movement (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, created_at INTEGER NOT NULL, facts TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS movement_of ON movement (customer_id, created_at DESC, id DESC);
CREATE TABLE IF NOT EXISTS step (
	movement_id TEXT NOT NULL REFERENCES movement (id), n INTEGER NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL, facts TEXT NOT NULL,
	PRIMARY KEY (movement_id, n)
) STRICT;
CREATE TABLE IF NOT EXISTS transfer (
	id TEXT PRIMARY KEY, digest TEXT NOT NULL, kind TEXT NOT NULL, debit TEXT NOT NULL REFERENCES account (id), credit TEXT NOT NULL REFERENCES account (id),
	amount TEXT NOT NULL, resolves TEXT UNIQUE REFERENCES transfer (id), expires_at INTEGER NOT NULL, movement_id TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS posting (
	seq INTEGER PRIMARY KEY AUTOINCREMENT, transfer_id TEXT NOT NULL REFERENCES transfer (id), account_id TEXT NOT NULL REFERENCES account (id),
	phase TEXT NOT NULL CHECK (phase IN ('posted', 'pending_in', 'pending_out', 'held')), amount TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS posting_of ON posting (account_id);`

// tables are those that only grow.
func tables() []string {
	return []string{"customer", "instrument", "account", "movement", "step", "transfer", "posting"}
}

// Ledger is the wallet. It is safe for concurrent use.
type Ledger struct {
	db  *sql.DB
	now clock.Clock
}

// Open opens the ledger in a file, and makes it if there is none.
func Open(ctx context.Context, path string, now clock.Clock) (*Ledger, error) {
	const op = "demowallet.Open"
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := file.Close(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	db.SetMaxOpenConns(4)
	text := schema
	for _, table := range tables() {
		for _, change := range []string{"UPDATE", "DELETE"} {
			text += "\nCREATE TRIGGER IF NOT EXISTS " + table + "_no_" + change + " BEFORE " + change + " ON " + table +
				" BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;"
		}
	}
	if _, err := db.ExecContext(ctx, text); err != nil {
		return nil, errors.Join(fault.Wrap(op, err), db.Close())
	}
	return &Ledger{db: db, now: now}, nil
}

// Close closes the file.
func (l *Ledger) Close() error { return l.db.Close() }

// Batch runs fn in one transaction of the file: all of it is kept, or nothing.
func (l *Ledger) Batch(ctx context.Context, fn func(context.Context, *Book) error) error {
	const op = "demowallet.Batch"
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := fn(ctx, &Book{tx: tx, now: wallet.At(l.now())}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return fault.Wrap(op, tx.Commit())
}

// Book is the open ledger inside a Batch, and ends with it.
type Book struct {
	tx  *sql.Tx
	now wallet.Time
}

// AccountSpec is an account to open. Without a customer it is the wallet's own or
// stands for the world outside, and may go below nothing.
type AccountSpec struct {
	CustomerID string
	Currency   string
	Scale      int
	wallet.Account
}

// OpenAccount opens an account. One that is there already, the same, is no error.
// Errors: Conflict for another one of that id.
func (b *Book) OpenAccount(ctx context.Context, s AccountSpec) error {
	const op = "demowallet.OpenAccount"
	if _, err := wallet.Units(new(big.Int), s.Currency, s.Scale); err != nil {
		return fault.Wrap(op, err)
	}
	if err := s.Validate(); err != nil {
		return err
	}
	facts, err := json.Marshal(s.Account)
	if err != nil {
		return fault.Wrap(op, err)
	}
	floor := 0
	if s.CustomerID != "" {
		floor = 1
	}
	return b.add(ctx, op, "account", s.ID, "id, customer_id, currency, scale, floor, facts", s.ID, s.CustomerID, s.Currency, s.Scale, floor, string(facts))
}

// add inserts a row that may be there already, the same.
func (b *Book) add(ctx context.Context, op, table, id, columns string, values ...any) error {
	marks := "$1"
	same := ""
	names := splitColumns(columns)
	for i := range values {
		if i > 0 {
			marks += ", $" + itoa(i+1)
			same += " AND "
		}
		same += names[i] + " = $" + itoa(i+1)
	}
	done, err := b.tx.ExecContext(ctx, "INSERT INTO "+table+" ("+columns+") VALUES ("+marks+") ON CONFLICT (id) DO NOTHING", values...)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 1 {
		return fault.Wrap(op, err)
	}
	var equal int
	if err := b.tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table+" WHERE "+same, values...).Scan(&equal); err != nil {
		return fault.Wrap(op, err)
	}
	if equal != 1 {
		return fault.New(fault.Conflict, op, "%s is there already, and is another one", id)
	}
	return nil
}

// TransferKind is what a transfer does.
type TransferKind string

// The kinds of transfers.
const (
	Direct  TransferKind = "direct"  // from one account to another at once
	Pending TransferKind = "pending" // set aside until it is resolved
	Held    TransferKind = "held"    // the same, by the wallet's own decision
	Post    TransferKind = "post"    // the pending one happens, in whole or in part
	Void    TransferKind = "void"    // the pending one is given up
	Expire  TransferKind = "expire"  // the same, because its time has come
)

// Transfer moves money, once, from Debit to Credit. Its id is made by whoever asks,
// before asking, so that asking again is harmless.
type Transfer struct {
	ID        string
	Kind      TransferKind
	Debit     string
	Credit    string
	Amount    wallet.Money // of a Post: at most the pending amount; of Void and Expire: none
	Resolves  string       // the pending transfer that a Post, Void or Expire ends
	ExpiresAt wallet.Time  // of a Pending or Held; 0: never
	Movement  string       // the customer's transaction that it belongs to
	At        wallet.Time
}

// digest tells one transfer from another with the same id.
func (t Transfer) digest() (string, error) {
	text, err := json.Marshal(t)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// Transfer moves money. The same transfer again does nothing. Errors: Conflict for
// another one of that id, when the account would fall below nothing, and when the
// pending transfer is resolved already; NotFound for an account or pending transfer
// that is not there; Invalid.
func (b *Book) Transfer(ctx context.Context, t Transfer) error {
	const op = "demowallet.Transfer"
	if t.At == 0 {
		t.At = b.now
	}
	digest, err := t.digest()
	if err != nil {
		return fault.Wrap(op, err)
	}
	var before string
	switch err := b.tx.QueryRowContext(ctx, "SELECT digest FROM transfer WHERE id = $1", t.ID).Scan(&before); {
	case err == nil && before == digest:
		return nil
	case err == nil:
		return fault.New(fault.Conflict, op, "the transfer %s is there already, and is another one", t.ID)
	case !errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(op, err)
	}
	postings, err := b.judge(ctx, &t)
	if err != nil {
		return err
	}
	_, err = b.tx.ExecContext(ctx, `INSERT INTO transfer (id, digest, kind, debit, credit, amount, resolves, expires_at, movement_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, t.ID, digest, string(t.Kind), t.Debit, t.Credit, t.Amount.Smallest().String(),
		sql.NullString{String: t.Resolves, Valid: t.Resolves != ""}, int64(t.ExpiresAt), t.Movement, int64(t.At))
	if err != nil {
		return fault.Wrap(op, err)
	}
	for _, p := range postings {
		_, err := b.tx.ExecContext(ctx, "INSERT INTO posting (transfer_id, account_id, phase, amount, at) VALUES ($1, $2, $3, $4, $5)",
			t.ID, p.account, p.phase, p.amount.String(), int64(t.At))
		if err != nil {
			return fault.Wrap(op, err)
		}
	}
	return nil
}

// posting is one line of the ledger: a change of one account in one phase.
type posting struct {
	account string
	phase   string
	amount  *big.Int
}

// The phases of money in an account.
const (
	posted     = "posted"
	pendingIn  = "pending_in"
	pendingOut = "pending_out"
	held       = "held"
)

// judge works out the postings of a transfer and refuses one that must not be.
func (b *Book) judge(ctx context.Context, t *Transfer) ([]posting, error) {
	const op = "demowallet.judge"
	if t.ID == "" || len(t.ID) > 2*wallet.MaxID {
		return nil, fault.InvalidField(op, "id", "is missing or too long")
	}
	var open []posting
	switch t.Kind {
	case Post, Void, Expire:
		var err error
		if open, err = b.resolve(ctx, t); err != nil {
			return nil, err
		}
	case Direct, Pending, Held:
		if t.Resolves != "" || t.Amount.Sign() <= 0 {
			return nil, fault.InvalidField(op, "amount", "is not above nothing, or the transfer resolves another")
		}
	default:
		return nil, fault.InvalidField(op, "kind", "is unknown")
	}
	if t.Debit == t.Credit {
		return nil, fault.InvalidField(op, "credit", "is the account that is debited")
	}
	amount := t.Amount.Smallest()
	less := new(big.Int).Neg(amount)
	switch t.Kind {
	case Direct, Post:
		open = append(open, posting{t.Debit, posted, less}, posting{t.Credit, posted, amount})
	case Pending:
		open = append(open, posting{t.Debit, pendingOut, amount}, posting{t.Credit, pendingIn, amount})
	case Held:
		open = append(open, posting{t.Debit, held, amount}, posting{t.Credit, pendingIn, amount})
	}
	return open, b.check(ctx, t, open)
}

// resolve ends a pending transfer: it fills in the accounts and gives the postings
// that take back what was set aside.
func (b *Book) resolve(ctx context.Context, t *Transfer) ([]posting, error) {
	const op = "demowallet.resolve"
	var kind, amount, currency string
	var expires int64
	var scale, resolved int
	err := b.tx.QueryRowContext(ctx, `SELECT t.kind, t.debit, t.credit, t.amount, t.expires_at, a.currency, a.scale, (SELECT COUNT(*) FROM transfer r WHERE r.resolves = t.id)
		FROM transfer t JOIN account a ON a.id = t.debit WHERE t.id = $1`, t.Resolves).Scan(&kind, &t.Debit, &t.Credit, &amount, &expires, &currency, &scale, &resolved)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, fault.New(fault.NotFound, op, "no transfer %s is pending", t.Resolves)
	case err != nil:
		return nil, fault.Wrap(op, err)
	case kind != string(Pending) && kind != string(Held):
		return nil, fault.New(fault.Conflict, op, "the transfer %s was never pending", t.Resolves)
	case resolved > 0:
		return nil, fault.New(fault.Conflict, op, "the transfer %s is resolved already", t.Resolves)
	case t.Kind == Expire && (expires == 0 || int64(t.At) < expires):
		return nil, fault.New(fault.Conflict, op, "the time of the transfer %s has not come", t.Resolves)
	}
	whole, ok := new(big.Int).SetString(amount, 10)
	if !ok {
		return nil, fault.New(fault.Internal, op, "a transfer's amount cannot be read")
	}
	if t.Kind == Post {
		set, err := wallet.Units(whole, currency, scale)
		if err != nil {
			return nil, err
		}
		if t.Amount.None() {
			t.Amount = set
		}
		if !t.Amount.Like(set) || t.Amount.Sign() <= 0 || t.Amount.Cmp(set) > 0 {
			return nil, fault.InvalidField(op, "amount", "is not between nothing and what was set aside")
		}
	} else if t.Amount, err = wallet.Units(new(big.Int), currency, scale); err != nil {
		return nil, err
	}
	back := new(big.Int).Neg(whole)
	phase := pendingOut
	if kind == string(Held) {
		phase = held
	}
	return []posting{{t.Debit, phase, back}, {t.Credit, pendingIn, back}}, nil
}

// check sees to it that both accounts are of the money's currency, and that the
// one that gives does not fall below nothing where it must not.
func (b *Book) check(ctx context.Context, t *Transfer, postings []posting) error {
	const op = "demowallet.check"
	for _, id := range []string{t.Debit, t.Credit} {
		var currency string
		var scale, floor int
		err := b.tx.QueryRowContext(ctx, "SELECT currency, scale, floor FROM account WHERE id = $1", id).Scan(&currency, &scale, &floor)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, op, "there is no account %s", id)
		}
		if err != nil {
			return fault.Wrap(op, err)
		}
		if t.Amount.Currency() != currency || t.Amount.Scale() != scale {
			return fault.InvalidField(op, "amount", "is of another currency than the account %s", id)
		}
		if floor == 0 || id != t.Debit {
			continue
		}
		s, err := sumsOf(ctx, b.tx, id)
		if err != nil {
			return err
		}
		for _, p := range postings {
			if p.account == id {
				s.add(p.phase, p.amount)
			}
		}
		if s.available().Sign() < 0 {
			return fault.New(fault.Conflict, insufficient, "the account %s would fall below nothing", id)
		}
	}
	return nil
}

// insufficient is where it is said that there is not enough money.
const insufficient = "demowallet.insufficient"

// IsInsufficient tells whether an error of Transfer or Advance says that there is
// not enough money.
func IsInsufficient(err error) bool {
	var own *fault.Error
	for errors.As(err, &own) {
		if own.Op == insufficient {
			return true
		}
		err = own.Err
	}
	return false
}

// sums is what an account holds in each phase.
type sums map[string]*big.Int

func (s sums) add(phase string, amount *big.Int) {
	if s[phase] == nil {
		s[phase] = new(big.Int)
	}
	s[phase] = new(big.Int).Add(s[phase], amount)
}

func (s sums) of(phase string) *big.Int {
	if s[phase] == nil {
		return new(big.Int)
	}
	return s[phase]
}

func (s sums) available() *big.Int {
	left := new(big.Int).Sub(s.of(posted), s.of(pendingOut))
	return left.Sub(left, s.of(held))
}

// querier is an open file, inside a transaction or not.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// sumsOf adds up the postings of an account.
func sumsOf(ctx context.Context, q querier, account string) (sums, error) {
	const op = "demowallet.sumsOf"
	rows, err := q.QueryContext(ctx, "SELECT phase, amount FROM posting WHERE account_id = $1", account)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer rows.Close()
	s := sums{}
	for rows.Next() {
		var phase, text string
		if err := rows.Scan(&phase, &text); err != nil {
			return nil, fault.Wrap(op, err)
		}
		amount, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil, fault.New(fault.Internal, op, "a posting's amount cannot be read")
		}
		s.add(phase, amount)
	}
	return s, fault.Wrap(op, rows.Err())
}
