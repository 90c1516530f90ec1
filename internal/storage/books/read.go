package books

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"hash"
	"math/big"
	"strconv"

	"kefu/internal/domain/ledger"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// scanAccount reads a row of accountColumns.
func scanAccount(rows interface{ Scan(...any) error }) (*account, error) {
	const op = "books.scanAccount"
	a := &account{}
	var floor, frozen, closed int64
	var sums [4]string
	if err := rows.Scan(&a.ID, &a.Owner, &a.Currency, &a.Scale, &floor, &frozen, &closed, &sums[0], &sums[1], &sums[2], &sums[3]); err != nil {
		return nil, err
	}
	a.Floor, a.Frozen, a.Closed = floor == 1, frozen == 1, closed == 1
	for i, part := range []*big.Int{&a.Balance.Posted, &a.Balance.PendingIn, &a.Balance.PendingOut, &a.Balance.Held} {
		n, err := whole(op, sums[i])
		if err != nil {
			return nil, err
		}
		part.Set(n)
	}
	return a, nil
}

// ground is the layer of the whole commit: what was read for one is there for all.
func (l *layer) ground() *layer {
	for l.below != nil && l.below.below != nil {
		l = l.below
	}
	return l
}

// loadAccounts reads accounts into the layer of the commit, and notes those that are
// not there.
func (s *Store) loadAccounts(b *Book, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	ground := b.layer.ground()
	rows := s.do.accounts.Layout.Rowset()
	for _, id := range ids {
		rows.Text(id).EndRow()
		ground.accounts[id] = nil
	}
	return s.do.accounts.Query(b.ctx, b.tx, rows, func(r *sql.Rows) error {
		a, err := scanAccount(r)
		if err == nil {
			ground.accounts[a.ID] = a
		}
		return err
	})
}

func (s *Store) loadTransfers(b *Book, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	ground := b.layer.ground()
	rows := s.do.transfers.Layout.Rowset()
	for _, id := range ids {
		rows.Text(id).EndRow()
		ground.transfers[id] = nil
	}
	return s.do.transfers.Query(b.ctx, b.tx, rows, func(r *sql.Rows) error {
		t, err := scanTransfer(r)
		if err == nil {
			ground.transfers[t.ID] = t
		}
		return err
	})
}

func scanTransfer(rows interface{ Scan(...any) error }) (*ledger.Stored, error) {
	const op = "books.scanTransfer"
	t := &ledger.Stored{}
	var asked []byte
	var amount string
	var resolved int
	if err := rows.Scan(&t.ID, &asked, &t.Kind, &t.Debit, &t.Credit, &amount, &t.Resolves, &t.Expires, &t.Ref, &t.At, &resolved); err != nil {
		return nil, err
	}
	if len(asked) != sha256.Size {
		return nil, fault.New(fault.Internal, op, "a digest of the books cannot be read")
	}
	t.Asked, t.Resolved = [sha256.Size]byte(asked), resolved > 0
	var err error
	t.Amount, err = whole(op, amount)
	return t, err
}

func (s *Store) loadRecord(b *Book, key recordKey) error {
	ground := b.layer.ground()
	ground.records[key] = nil
	rows := s.do.record.Layout.Rowset()
	rows.Text(key.kind).Text(key.id).EndRow()
	return s.do.record.Query(b.ctx, b.tx, rows, func(r *sql.Rows) error {
		one := &record{}
		if err := r.Scan(&one.Kind, &one.ID, &one.rev, &one.Owner, &one.Sort, &one.Body); err != nil {
			return err
		}
		ground.records[key] = one
		return nil
	})
}

// Standing is an account as it stands after some commit.
type Standing = ledger.Standing

// Accounts gives the accounts of an owner, as of one commit, in the order of their
// ids. Errors: Unavailable.
func (s *Store) Accounts(ctx context.Context, owner string) ([]Standing, error) {
	const op = "books.Accounts"
	rows, err := s.db.Reader.QueryContext(ctx, "SELECT "+accountColumns+" FROM account WHERE owner = $1 ORDER BY id", owner)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var list []Standing
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		a, err := scanAccount(r)
		if err == nil {
			list = append(list, Standing{Spec: AccountSpec{Account: a.Account, Owner: a.Owner}, Balance: a.Balance})
		}
		return err
	})
	return list, engine.MapError(op, err)
}

const recordQuery = "SELECT h.kind, h.id, h.owner, h.sort, r.body FROM head h JOIN record r ON r.kind = h.kind AND r.id = h.id AND r.rev = h.rev WHERE "

func scanRecord(r interface{ Scan(...any) error }) (Record, error) {
	var one Record
	err := r.Scan(&one.Kind, &one.ID, &one.Owner, &one.Sort, &one.Body)
	return one, err
}

// Record gives the present revision of one. Errors: NotFound, Unavailable.
func (s *Store) Record(ctx context.Context, kind, id string) (Record, error) {
	const op = "books.Record"
	one, err := scanRecord(s.db.Reader.QueryRowContext(ctx, recordQuery+"h.kind = $1 AND h.id = $2", kind, id))
	if errors.Is(err, sql.ErrNoRows) {
		return one, fault.New(fault.NotFound, op, "there is no %s %s", kind, id)
	}
	return one, engine.MapError(op, err)
}

// Before is where a page of records begins: with those that sort below it. The zero
// Before is the beginning.
type Before = ledger.Before

// Records lists the present revisions of an owner's records of a kind, the one that
// sorts highest first, at most limit. Errors: Unavailable.
func (s *Store) Records(ctx context.Context, kind, owner string, before Before, limit int) ([]Record, error) {
	const op = "books.Records"
	where, args := "h.kind = $1 AND h.owner = $2", []any{kind, owner, limit}
	if before.ID != "" {
		where += " AND (h.sort, h.id) < ($4, $5)"
		args = append(args, before.Sort, before.ID)
	}
	rows, err := s.db.Reader.QueryContext(ctx, recordQuery+where+" ORDER BY h.sort DESC, h.id DESC LIMIT $3", args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var list []Record
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		one, err := scanRecord(r)
		list = append(list, one)
		return err
	})
	return list, engine.MapError(op, err)
}

// Revision is a record as it was, and when it became so.
type Revision struct {
	Record
	At int64
}

// Revisions gives every revision of a record, the first one first. Errors: Unavailable.
func (s *Store) Revisions(ctx context.Context, kind, id string) ([]Revision, error) {
	const op = "books.Revisions"
	rows, err := s.db.Reader.QueryContext(ctx, "SELECT kind, id, at, body FROM record WHERE kind = $1 AND id = $2 ORDER BY rev", kind, id)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var list []Revision
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var one Revision
		err := r.Scan(&one.Kind, &one.ID, &one.At, &one.Body)
		list = append(list, one)
		return err
	})
	return list, engine.MapError(op, err)
}

// Moved gives what the transfers of a reference did to each account that they touched.
// It looks through all transfers. Errors: Unavailable.
func (s *Store) Moved(ctx context.Context, ref string) (map[string]*ledger.Balance, error) {
	const op = "books.Moved"
	rows, err := s.db.Reader.QueryContext(ctx, "SELECT l.account, l.phase, l.amount FROM transfer t JOIN line l ON l.transfer = t.seq WHERE t.ref = $1", ref)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	found := map[string]*ledger.Balance{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var l ledger.Line
		var amount string
		if err := r.Scan(&l.Account, &l.Phase, &amount); err != nil {
			return err
		}
		if found[l.Account] == nil {
			found[l.Account] = &ledger.Balance{}
		}
		if l.Amount, err = whole(op, amount); err == nil {
			found[l.Account].Apply(l)
		}
		return err
	})
	return found, engine.MapError(op, err)
}

// Due gives the ids of pending transfers whose time to expire has come, the earliest
// first, at most limit. Errors: Unavailable.
func (s *Store) Due(ctx context.Context, now int64, limit int) ([]string, error) {
	const op = "books.Due"
	rows, err := s.db.Reader.QueryContext(ctx, `SELECT id FROM transfer t WHERE expires_at > 0 AND expires_at <= $1
		AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.resolves = t.id AND r.resolves <> '') ORDER BY expires_at LIMIT $2`, now, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var ids []string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var id string
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, engine.MapError(op, err)
}

// Proof is what a look through all of the books found.
type Proof struct {
	Transfers int64
	Lines     int64
	Accounts  int64
	Problems  []string // none: the books are whole
}

const maxProblems = 20

func (p *Proof) add(format string, of string) {
	if len(p.Problems) < maxProblems {
		p.Problems = append(p.Problems, format+": "+of)
	}
}

// Verify adds up every line anew and follows the chain from its beginning. It reads
// all of the books. Errors: Unavailable.
func (s *Store) Verify(ctx context.Context) (Proof, error) {
	const op = "books.Verify"
	var p Proof
	tx, err := s.db.Reader.BeginTx(ctx, &sql.TxOptions{Isolation: s.snapshot(), ReadOnly: true})
	if err != nil {
		return p, engine.MapError(op, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := sums(ctx, tx, &p); err != nil {
		return p, engine.MapError(op, err)
	}
	return p, engine.MapError(op, follow(ctx, tx, &p))
}

// snapshot is the isolation under which several statements see one state.
func (s *Store) snapshot() sql.IsolationLevel {
	if s.db.Kind == engine.Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// sums compares each account with its lines, and all currencies with nothing.
func sums(ctx context.Context, tx *sql.Tx, p *Proof) error {
	found := map[string]*ledger.Balance{}
	rows, err := tx.QueryContext(ctx, "SELECT seq, account, phase, amount FROM line ORDER BY seq")
	if err != nil {
		return err
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var l ledger.Line
		var seq int64
		var amount string
		if err := r.Scan(&seq, &l.Account, &l.Phase, &amount); err != nil {
			return err
		}
		if l.Amount, err = whole("books.sums", amount); err != nil {
			return err
		}
		if p.Lines++; seq != p.Lines {
			p.add("a line is missing before", strconv.FormatInt(seq, 10))
			p.Lines = seq
		}
		if found[l.Account] == nil {
			found[l.Account] = &ledger.Balance{}
		}
		found[l.Account].Apply(l)
		return nil
	})
	if err != nil {
		return err
	}
	return compare(ctx, tx, found, p)
}

func compare(ctx context.Context, tx *sql.Tx, found map[string]*ledger.Balance, p *Proof) error {
	posted, aside := map[string]*big.Int{}, map[string]*big.Int{}
	rows, err := tx.QueryContext(ctx, "SELECT "+accountColumns+" FROM account")
	if err != nil {
		return err
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		a, err := scanAccount(r)
		if err != nil {
			return err
		}
		p.Accounts++
		x := found[a.ID]
		if x == nil {
			x = &ledger.Balance{}
		}
		if posted[a.Currency] == nil {
			posted[a.Currency], aside[a.Currency] = new(big.Int), new(big.Int)
		}
		posted[a.Currency].Add(posted[a.Currency], &x.Posted)
		left := aside[a.Currency]
		left.Add(left, &x.PendingIn).Sub(left, &x.PendingOut).Sub(left, &x.Held)
		if x.Posted.Cmp(&a.Balance.Posted) != 0 || x.PendingIn.Cmp(&a.Balance.PendingIn) != 0 || x.PendingOut.Cmp(&a.Balance.PendingOut) != 0 || x.Held.Cmp(&a.Balance.Held) != 0 {
			p.add("the balance is not the sum of the lines", a.ID)
		}
		if a.Floor && x.Available().Sign() < 0 {
			p.add("the account is below nothing", a.ID)
		}
		return nil
	})
	for currency, sum := range posted {
		if sum.Sign() != 0 || aside[currency].Sign() != 0 {
			p.add("the lines do not add up to nothing", currency)
		}
	}
	return err
}

// written is a link of the chain.
type written struct {
	seq, transfer int64
	digest        string
}

// follow works the chain out anew.
func follow(ctx context.Context, tx *sql.Tx, p *Proof) error {
	var chain []written
	rows, err := tx.QueryContext(ctx, "SELECT seq, last_trans, digest FROM chain ORDER BY seq")
	if err != nil {
		return err
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var w written
		err := r.Scan(&w.seq, &w.transfer, &w.digest)
		chain = append(chain, w)
		return err
	})
	if err != nil {
		return err
	}
	f := &follower{chain: chain, proof: p, hash: sha256.New()}
	if rows, err = tx.QueryContext(ctx, `SELECT t.seq, t.id, t.kind, t.debit, t.credit, t.amount, t.resolves, t.expires_at, t.ref, t.at, l.account, l.phase, l.amount
		FROM transfer t JOIN line l ON l.transfer = t.seq ORDER BY l.seq`); err != nil {
		return err
	}
	if err := engine.EachRow(rows, f.row); err != nil {
		return err
	}
	f.end()
	if len(f.chain) > 0 {
		p.add("the chain goes on after the last transfer", strconv.FormatInt(f.chain[0].seq, 10))
	}
	return nil
}

// follower follows the chain transfer by transfer.
type follower struct {
	chain []written
	proof *Proof
	hash  hash.Hash
	seq   int64
	at    ledger.Transfer
	lines []ledger.Line
}

func (f *follower) row(r *sql.Rows) error {
	var t ledger.Transfer
	var l ledger.Line
	var seq int64
	var amount, lineAmount string
	err := r.Scan(&seq, &t.ID, &t.Kind, &t.Debit, &t.Credit, &amount, &t.Resolves, &t.Expires, &t.Ref, &t.At, &l.Account, &l.Phase, &lineAmount)
	if err != nil {
		return err
	}
	if t.Amount, err = whole("books.follow", amount); err != nil {
		return err
	}
	if l.Amount, err = whole("books.follow", lineAmount); err != nil {
		return err
	}
	if seq != f.seq {
		f.end()
		if f.proof.Transfers++; seq != f.proof.Transfers {
			f.proof.add("a transfer is missing before", t.ID)
			f.proof.Transfers = seq
		}
		f.seq, f.at, f.lines = seq, t, nil
	}
	f.lines = append(f.lines, l)
	return nil
}

// end adds the transfer whose lines are all there to the chain, and compares the
// digest where a commit ended.
func (f *follower) end() {
	if f.seq == 0 {
		return
	}
	f.hash.Write(link(nil, f.at, f.lines))
	if len(f.chain) == 0 {
		f.proof.add("no digest covers the transfer", f.at.ID)
		return
	}
	if w := f.chain[0]; f.seq >= w.transfer {
		if hex.EncodeToString(f.hash.Sum(nil)) != w.digest {
			f.proof.add("the digest is another at", strconv.FormatInt(w.seq, 10))
		}
		f.chain, f.hash = f.chain[1:], sha256.New()
		f.hash.Write([]byte(w.digest))
	}
}
