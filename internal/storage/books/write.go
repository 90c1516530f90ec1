package books

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"math/big"
	"strconv"
	"time"

	"kefu/internal/domain/ledger"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/committer"
	"kefu/internal/storage/engine"
)

// statements are those of the writing connection, each for many rows.
type statements struct {
	accounts, transfers, record                    engine.Set
	open, balance, transfer, line, revision, heads engine.Set
}

const accountColumns = "id, owner, currency, scale, has_floor, frozen, closed, posted, pending_in, pending_out, held"

func (s *Store) prepare(ctx context.Context) error {
	k := s.db.Kind
	s.do = statements{
		accounts: k.Set("id", "SELECT a.id, a.owner, a.currency, a.scale, a.has_floor, a.frozen, a.closed, a.posted, a.pending_in, a.pending_out, a.held FROM {rows} JOIN account a ON a.id = v.id"),
		transfers: k.Set("id", `SELECT t.id, t.asked, t.kind, t.debit, t.credit, t.amount, t.resolves, t.expires_at, t.ref, t.at,
			(SELECT COUNT(*) FROM transfer r WHERE r.resolves = t.id AND r.resolves <> '') FROM {rows} JOIN transfer t ON t.id = v.id`),
		record: k.Set("kind id", `SELECT h.kind, h.id, h.rev, h.owner, h.sort, r.body FROM {rows} JOIN head h ON h.kind = v.kind AND h.id = v.id
			JOIN record r ON r.kind = h.kind AND r.id = h.id AND r.rev = h.rev`),
		open: k.Set("id owner currency scale:int has_floor:int at:int", `INSERT INTO account (`+accountColumns+`, changed_at)
			SELECT id, owner, currency, scale, has_floor, 0, 0, '0', '0', '0', '0', at FROM {rows}`),
		balance: k.Set("id frozen:int closed:int posted pending_in pending_out held at:int", `UPDATE account SET frozen = v.frozen, closed = v.closed, posted = v.posted,
			pending_in = v.pending_in, pending_out = v.pending_out, held = v.held, changed_at = v.at FROM {rows} WHERE account.id = v.id`),
		transfer: k.Set("id seq:int asked:bytes kind:int debit credit amount resolves expires_at:int ref at:int", `INSERT INTO transfer (id, seq, asked, kind, debit, credit, amount, resolves, expires_at, ref, at)
			SELECT id, seq, asked, kind, debit, credit, amount, resolves, expires_at, ref, at FROM {rows}`),
		line:     k.Set("seq:int transfer:int account phase:int amount", `INSERT INTO line (seq, transfer, account, phase, amount) SELECT seq, transfer, account, phase, amount FROM {rows}`),
		revision: k.Set("kind id rev:int at:int body", `INSERT INTO record (kind, id, rev, at, body) SELECT kind, id, rev, at, body FROM {rows}`),
		heads: k.Set("kind id rev:int owner sort:int", `INSERT INTO head (kind, id, rev, owner, sort) SELECT kind, id, rev, owner, sort FROM {rows} WHERE true
			ON CONFLICT (kind, id) DO UPDATE SET rev = excluded.rev, sort = excluded.sort`),
	}
	for _, set := range []*engine.Set{
		&s.do.accounts, &s.do.transfers, &s.do.record, &s.do.open, &s.do.balance, &s.do.transfer, &s.do.line, &s.do.revision, &s.do.heads,
	} {
		if err := set.Prepare(ctx, s.db); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) readLast(ctx context.Context) error {
	err := s.db.Writer.QueryRowContext(ctx, "SELECT seq, last_trans, last_line, digest FROM chain ORDER BY seq DESC LIMIT 1").Scan(
		&s.last.chain, &s.last.transfer, &s.last.line, &s.last.digest)
	if err == sql.ErrNoRows {
		return nil
	}
	return engine.MapError("books.readLast", err)
}

// commitTimeout bounds one transaction.
const commitTimeout = 30 * time.Second

// attempt runs a batch in one transaction.
func (s *Store) attempt(ctx context.Context, batch []*request) error {
	const op = "books.attempt"
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	tx, err := s.db.Writer.BeginTx(ctx, nil)
	if err != nil {
		return engine.MapError(op, err)
	}
	all, end, err := s.run(ctx, tx, batch)
	if err != nil {
		_ = tx.Rollback() // the first error is the one that matters
		return err
	}
	if len(all.opened)+len(all.moved)+len(all.put) == 0 && !all.touched() {
		_ = tx.Rollback() // nothing was changed
	} else if err := tx.Commit(); err != nil {
		s.cache = newLayer(nil) // whether it was kept is not known
		return committer.Unknown(engine.MapError(op, err))
	}
	all.remember()
	if s.last = end; s.cache.size() > s.o.MaxCache {
		s.cache = newLayer(nil)
	}
	return nil
}

// touched tells whether an account was changed without a transfer.
func (l *layer) touched() bool {
	for _, a := range l.accounts {
		if a != nil && a.changed {
			return true
		}
	}
	return false
}

// run runs the functions of a batch and writes what they did.
func (s *Store) run(ctx context.Context, tx *sql.Tx, batch []*request) (all *layer, end last, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.OfPanic("books.run", p)
		}
	}()
	now := clock.Micros(s.o.Clock())
	all = newLayer(s.cache)
	b := &Book{ctx: ctx, store: s, tx: tx, layer: all, now: now}
	if err := s.load(b, batch); err != nil {
		return nil, end, err
	}
	own := newLayer(all)
	for _, r := range batch {
		own.clear()
		if !r.begin() {
			continue // nobody waits for it
		}
		one := &Book{ctx: ctx, store: s, tx: tx, layer: own, now: now}
		r.err = r.fn(one)
		if one.err != nil {
			return nil, end, one.err
		}
		if r.err == nil {
			own.merge()
		}
	}
	end, err = s.write(ctx, tx, all, now)
	return all, end, err
}

// load reads what a batch says that it needs and nobody remembers.
func (s *Store) load(b *Book, batch []*request) error {
	var accounts, transfers []string
	asked := map[string]bool{}
	for _, r := range batch {
		for _, id := range r.need.Accounts {
			if !asked["a"+id] && !b.layer.knowsAccount(id) {
				asked["a"+id] = true
				accounts = append(accounts, id)
			}
		}
		for _, id := range r.need.Transfers {
			if _, known := b.layer.transfer(id); !known && !asked["t"+id] {
				asked["t"+id] = true
				transfers = append(transfers, id)
			}
		}
	}
	if err := s.loadAccounts(b, accounts); err != nil {
		return err
	}
	return s.loadTransfers(b, transfers)
}

// write writes what a layer did.
func (s *Store) write(ctx context.Context, tx *sql.Tx, l *layer, now int64) (last, error) {
	end := s.last
	opened := s.do.open.Layout.Rowset()
	for _, id := range l.opened {
		a := l.accounts[id]
		opened.Text(id).Text(a.Owner).Text(a.Currency).Int(int64(a.Scale)).Int(number(a.Floor)).Int(now).EndRow()
	}
	balances := s.do.balance.Layout.Rowset()
	for id, a := range l.accounts {
		if a == nil || !a.changed {
			continue
		}
		x := &a.Balance
		balances.Text(id).Int(number(a.Frozen)).Int(number(a.Closed)).Text(x.Posted.String()).Text(x.PendingIn.String()).Text(x.PendingOut.String()).Text(x.Held.String()).Int(now).EndRow()
		a.changed = false
	}
	transfers, lines := s.do.transfer.Layout.Rowset(), s.do.line.Layout.Rowset()
	chain, buffer := sha256.New(), []byte(end.digest)
	for _, m := range l.moved {
		end.transfer++
		t := m.transfer
		transfers.Text(t.ID).Int(end.transfer).Bytes(m.asked[:]).Int(int64(t.Kind)).Text(t.Debit).Text(t.Credit).Text(t.Amount.String()).Text(t.Resolves).
			Int(t.Expires).Text(t.Ref).Int(t.At).EndRow()
		if buffer = link(buffer, t, m.lines); len(buffer) > 4096 {
			chain.Write(buffer)
			buffer = buffer[:0]
		}
		for _, line := range m.lines {
			end.line++
			lines.Int(end.line).Int(end.transfer).Text(line.Account).Int(int64(line.Phase)).Text(line.Amount.String()).EndRow()
		}
	}
	revisions, heads := s.do.revision.Layout.Rowset(), s.do.heads.Layout.Rowset()
	s.gatherRecords(l, revisions, heads, now)
	for _, w := range []struct {
		set  engine.Set
		rows *engine.Rowset
	}{{s.do.open, opened}, {s.do.balance, balances}, {s.do.transfer, transfers}, {s.do.line, lines}, {s.do.revision, revisions}, {s.do.heads, heads}} {
		if w.rows.Len() == 0 {
			continue
		}
		if err := w.set.Exec(ctx, tx, w.rows); err != nil {
			return end, err
		}
	}
	if transfers.Len() == 0 {
		return end, nil
	}
	chain.Write(buffer)
	end.chain++
	end.digest = hex.EncodeToString(chain.Sum(nil))
	_, err := tx.ExecContext(ctx, "INSERT INTO chain (seq, last_trans, last_line, digest, at) VALUES ($1, $2, $3, $4, $5)", end.chain, end.transfer, end.line, end.digest, now)
	return end, engine.MapError("books.write", err)
}

// gatherRecords gathers the revisions that are new; the last one of each record is the
// present one.
func (s *Store) gatherRecords(l *layer, revisions, heads *engine.Rowset, now int64) {
	for _, r := range l.put {
		revisions.Text(r.Kind).Text(r.ID).Int(r.rev).Int(now).Text(r.Body).EndRow()
		if l.records[recordKey{r.Kind, r.ID}].rev == r.rev {
			heads.Text(r.Kind).Text(r.ID).Int(r.rev).Text(r.Owner).Int(r.Sort).EndRow()
		}
	}
}

// link appends a transfer and its lines as the chain has them, each part with its
// length.
func link(to []byte, t ledger.Transfer, lines []ledger.Line) []byte {
	part := func(text string) {
		to = strconv.AppendInt(to, int64(len(text)), 10)
		to = append(append(to, ':'), text...)
	}
	sum := func(n *big.Int) {
		to = append(n.Append(append(to, '='), 10), ';')
	}
	number := func(n int64) { to = append(strconv.AppendInt(append(to, '#'), n, 10), ';') }
	part(t.ID)
	number(int64(t.Kind))
	part(t.Debit)
	part(t.Credit)
	sum(t.Amount)
	part(t.Resolves)
	number(t.Expires)
	part(t.Ref)
	number(t.At)
	for _, l := range lines {
		part(l.Account)
		number(int64(l.Phase))
		sum(l.Amount)
	}
	return to
}

func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// whole reads a sum of the database.
func whole(op, text string) (*big.Int, error) {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, fault.New(fault.Internal, op, "a sum of the books cannot be read")
	}
	return n, nil
}
