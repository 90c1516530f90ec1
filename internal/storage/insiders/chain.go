package insiders

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/wallet"
	"kefu/internal/storage/auditlog"
	"kefu/internal/storage/engine"
)

// MaxChain is the most records that are read at once.
const MaxChain = 500

// tagHigh is the tag that the house gives conversations of those who have most: what a
// customer has, the wallet's contract does not say.
const tagHigh = "vip"

// ChainSince reads at most limit records of the audit chain after one and gives what is to
// be judged of them, with whose contact it was, as that stands now: moments after it was
// done. Next is the last record that was read. Errors: Forbidden.
func (s *Insiders) ChainSince(ctx context.Context, p identity.Principal, after int64, limit int) (all []insider.Noted, next int64, err error) {
	const op = "insiders.ChainSince"
	if err := runs(op, p); err != nil {
		return nil, after, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT seq, record, detail FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2", after, min(max(limit, 1), MaxChain))
	if err != nil {
		return nil, after, engine.MapError(op, err)
	}
	next = after
	var said []spoken
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var row auditlog.Row
		if err := r.Scan(&row.Seq, &row.Record, &row.Detail); err != nil {
			return err
		}
		next = row.Seq
		entry := row.Entry()
		if entry.Action == audit.ActionMessages {
			list, err := audit.DecodeDigests(row.Detail)
			for _, d := range list {
				said = append(said, spoken{row.Seq, d.Conversation, d.Seq})
			}
			return err
		}
		if n, is := insider.Read(entry.Record); is {
			all = append(all, n)
		}
		return nil
	})
	if err != nil {
		return nil, after, engine.MapError(op, err)
	}
	written, err := s.written(ctx, said)
	if err != nil {
		return nil, after, err
	}
	all = append(all, written...)
	slices.SortStableFunc(all, func(a, b insider.Noted) int { return cmp.Compare(a.Seq, b.Seq) })
	all, err = s.fill(ctx, all)
	return all, next, err
}

// spoken is an entry that a record of the chain is about.
type spoken struct {
	record       int64
	conversation string
	seq          int64
}

// written is what members of staff said to customers: of that the chain has digests, and
// the log who it was.
func (s *Insiders) written(ctx context.Context, said []spoken) (all []insider.Noted, err error) {
	const op = "insiders.written"
	nth := map[int64]int64{}
	l := s.core.DB.Kind.Layout("record:int conversation_id seq:int")
	for part := range slices.Chunk(said, 2000) {
		rowset := l.Rowset()
		for _, one := range part {
			rowset.Int(one.record).Text(one.conversation).Int(one.seq).EndRow()
		}
		rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT v.record, e.conversation_id, e.author_id, e.at FROM "+l.From()+` CROSS JOIN entry e
			WHERE e.conversation_id = v.conversation_id AND e.seq = v.seq AND e.author_kind = 'agent' AND e.kind = 'message' ORDER BY v.record, e.pos`, rowset.Args()...)
		if err != nil {
			return nil, engine.MapError(op, err)
		}
		err = engine.EachRow(rows, func(r *sql.Rows) error {
			n := insider.Noted{Action: "conversation.message"}
			n.Kind = insider.Worked
			if err := r.Scan(&n.Seq, &n.Conversation, &n.Staff, &n.At); err != nil {
				return err
			}
			nth[n.Seq]++
			n.Nth, n.Object = nth[n.Seq], n.Conversation
			all = append(all, n)
			return nil
		})
		if err != nil {
			return nil, engine.MapError(op, err)
		}
	}
	return all, nil
}

// batch is what is looked up once for many doings.
type batch struct {
	s       *Insiders
	people  map[string]worker
	fresh   map[string]bool   // by session
	owners  map[string]string // by conversation: whose it is
	decoys  map[string]bool   // by customer and by conversation
	high    map[string]bool   // by customer
	contact map[[4]string]string
	offered map[[2]string]string // by who and whose: the conversation that was offered last
}

type worker struct{ role, group string }

func (s *Insiders) fill(ctx context.Context, all []insider.Noted) ([]insider.Noted, error) {
	if len(all) == 0 {
		return nil, nil
	}
	b := &batch{s: s, people: map[string]worker{}, fresh: map[string]bool{}, owners: map[string]string{}, high: map[string]bool{}, contact: map[[4]string]string{}, offered: map[[2]string]string{}}
	var err error
	if b.decoys, err = s.decoys(ctx); err != nil {
		return nil, err
	}
	kept := all[:0]
	for i := range all {
		n := all[i]
		is, err := b.one(ctx, &n)
		if err != nil {
			return nil, err
		}
		if is {
			kept = append(kept, n)
		}
	}
	return kept, nil
}

func (b *batch) one(ctx context.Context, n *insider.Noted) (bool, error) {
	if n.Kind == insider.Paid {
		if is, err := b.paid(ctx, n); err != nil || !is {
			return false, err
		}
	}
	if n.Kind == insider.Glass {
		err := b.s.core.DB.Reader.QueryRowContext(ctx, "SELECT staff_id FROM emergency WHERE id = $1", n.About).Scan(&n.Staff)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, engine.MapError("insiders.one", err)
		}
	}
	w, err := b.worker(ctx, n.Staff)
	if err != nil {
		return false, err
	}
	n.Role, n.Group = w.role, w.group
	if n.Customer == "" && n.Conversation != "" {
		if n.Customer, err = b.owner(ctx, n.Conversation); err != nil {
			return false, err
		}
	}
	n.Canary = n.Kind != insider.Ahead && (b.decoys[n.Customer] || b.decoys[n.Conversation])
	if n.NewDevice, err = b.unfamiliar(ctx, n.Session); err != nil {
		return false, err
	}
	if n.Customer == "" || n.Kind == insider.Glass {
		return true, nil
	}
	if n.High, err = b.rich(ctx, n.Customer); err != nil {
		return false, err
	}
	n.Contact, err = b.contactOf(ctx, n)
	return true, err
}

// paid fills in who wanted that money goes out, and who agreed.
func (b *batch) paid(ctx context.Context, n *insider.Noted) (bool, error) {
	var kind, approver string
	var makerKind int64
	err := b.s.core.DB.Reader.QueryRowContext(ctx, `SELECT a.maker_kind, a.maker_id, a.kind, a.conversation_id, a.customer_id, COALESCE(r.decider, '')
		FROM act a LEFT JOIN approval r ON r.id = a.approval_id WHERE a.id = $1`, n.Object).Scan(&makerKind, &n.Staff, &kind, &n.Conversation, &n.Customer, &approver)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	n.Approver, n.Session = approver, ""
	out := []wallet.Act{wallet.RequestRefund, wallet.GrantCredit, wallet.ReleaseHold, wallet.GiveGoodwill}
	return identity.Kind(makerKind) == identity.Staff && slices.Contains(out, wallet.Act(kind)), engine.MapError("insiders.paid", err)
}

// worker is by whom somebody is compared: those of the same role and the same first team;
// programs are a group of their own.
func (b *batch) worker(ctx context.Context, staffID string) (worker, error) {
	if w, known := b.people[staffID]; known {
		return w, nil
	}
	var w worker
	var teams sql.NullString
	err := b.s.core.DB.Reader.QueryRowContext(ctx, "SELECT f.role, d.teams FROM staff f LEFT JOIN duty d ON d.staff_id = f.id WHERE f.id = $1", staffID).Scan(&w.role, &teams)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return w, engine.MapError("insiders.worker", err)
	}
	w.group = w.role + "/" + firstOf(teams.String)
	if w.role == "" {
		var program int
		if err := b.s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM api_key WHERE id = $1", staffID).Scan(&program); err != nil {
			return w, engine.MapError("insiders.worker", err)
		}
		if program > 0 {
			w = worker{insider.Programs, insider.Programs}
		}
	}
	b.people[staffID] = w
	return w, nil
}

func (b *batch) owner(ctx context.Context, conversation string) (string, error) {
	if c, known := b.owners[conversation]; known {
		return c, nil
	}
	var customer string
	err := b.s.core.DB.Reader.QueryRowContext(ctx, "SELECT customer_id FROM conversation WHERE id = $1", conversation).Scan(&customer)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", engine.MapError("insiders.owner", err)
	}
	b.owners[conversation] = customer
	return customer, nil
}

func (b *batch) unfamiliar(ctx context.Context, session string) (bool, error) {
	if session == "" {
		return false, nil
	}
	if f, known := b.fresh[session]; known {
		return f, nil
	}
	var n int
	err := b.s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM staff_session WHERE id = $1 AND fresh", session).Scan(&n)
	b.fresh[session] = n > 0
	return n > 0, engine.MapError("insiders.unfamiliar", err)
}

func (b *batch) rich(ctx context.Context, customer string) (bool, error) {
	if h, known := b.high[customer]; known {
		return h, nil
	}
	var n int
	err := b.s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM conversation v JOIN conversation_tag g ON g.conversation_id = v.id AND g.tag = $2 WHERE v.customer_id = $1", customer, tagHigh).Scan(&n)
	b.high[customer] = n > 0
	return n > 0, engine.MapError("insiders.rich", err)
}

// touched is for how long, in microseconds, somebody has to do with a customer after they
// last wrote, or were named, in a conversation of theirs: seven days.
const touched = int64(7 * 24 * 3600 * 1_000_000)

// ownTaking are the entries by which somebody took the conversation c on their own and was
// not offered it: whoever only wants to look can do that with any.
const ownTaking = `SELECT 1 FROM entry e WHERE e.conversation_id = c.id AND e.kind = 'assigned' AND e.author_kind = 'agent' AND e.author_id = $2 AND c.id <> $6
	AND e.seq = (SELECT MAX(x.seq) FROM entry x WHERE x.conversation_id = c.id AND x.kind = 'assigned')
	AND NOT EXISTS (SELECT 1 FROM staff_doing o WHERE o.customer_id = c.customer_id AND o.staff_id = $2 AND o.conversation_id = c.id AND o.action = 'conversation.offered')`

// contactOf is the conversation or case by which somebody has to do with a customer: one
// that was given to them and is not over for long, or in which they wrote to the customer
// or were named lately, the one that the record names before others. A conversation that
// is offered to them is theirs for the moment. Taking one, and a note, make no contact.
func (b *batch) contactOf(ctx context.Context, n *insider.Noted) (string, error) {
	const op = "insiders.contactOf"
	if n.Action == "conversation.offered" {
		b.offered[[2]string{n.Staff, n.Customer}] = n.Conversation
		clear(b.contact)
		return n.Conversation, nil
	}
	if n.Kind == insider.Worked && n.Conversation != "" && n.Action != "conversation.note" { // a note is written beside the work
		return n.Conversation, nil
	}
	key := [4]string{n.Staff, n.Customer, n.Conversation, n.Object}
	if c, known := b.contact[key]; known {
		return c, nil
	}
	rows, err := b.s.core.DB.Reader.QueryContext(ctx, `SELECT t.id FROM (
		SELECT c.id AS id, CASE WHEN c.id = $4 THEN 0 WHEN c.assignee_id = $2 THEN 1 ELSE 3 END AS place, c.last_activity AS at FROM conversation c
			WHERE c.customer_id = $1 AND ((c.assignee_id = $2 AND (c.status <> 'resolved' OR c.resolved_at > $3) AND NOT EXISTS (`+ownTaking+`))
			OR EXISTS (SELECT 1 FROM mention m WHERE m.staff_id = $2 AND m.conversation_id = c.id AND m.at > $3)
			OR EXISTS (SELECT 1 FROM entry e WHERE e.conversation_id = c.id AND e.author_id = $2 AND e.author_kind = 'agent' AND e.kind = 'message' AND e.at > $3))
		UNION ALL SELECT f.id, CASE WHEN f.id = $5 THEN 0 ELSE 2 END, f.changed_at FROM case_file f
			WHERE f.customer_id = $1 AND f.assignee_id = $2 AND (f.over_at = 0 OR f.over_at > $3)) t
		ORDER BY t.place, t.at DESC, t.id LIMIT 1`, n.Customer, n.Staff, n.At-touched, n.Conversation, n.Object, b.offered[[2]string{n.Staff, n.Customer}])
	if err != nil {
		return "", engine.MapError(op, err)
	}
	found := ""
	err = engine.EachRow(rows, func(r *sql.Rows) error { return r.Scan(&found) })
	b.contact[key] = found
	return found, engine.MapError(op, err)
}

const doingColumns = "seq, nth, at, staff_id, role, peers, kind, action, object, customer_id, conversation_id, contact, field, reason, high, decoy, new_device, off_shift, unjudged, destination, approver"

func scanDoing(r *sql.Rows) (n insider.Noted, err error) {
	var kind int64
	var high, decoy, device, off, unjudged int64
	err = r.Scan(&n.Seq, &n.Nth, &n.At, &n.Staff, &n.Role, &n.Group, &kind, &n.Action, &n.Object, &n.Customer, &n.Conversation, &n.Contact, &n.Field, &n.Reason, &high, &decoy, &device, &off, &unjudged, &n.To, &n.Approver)
	n.Kind, n.High, n.Canary, n.NewDevice, n.OffShift, n.Unjudged = insider.Kind(kind), high != 0, decoy != 0, device != 0, off != 0, unjudged != 0
	n.Shows()
	return n, err
}

// DoingsBetween reads what was judged after one doing, by its record and place there, and
// up to a record, in order, at most limit of it: what the judging learnt since it was
// saved. Errors: Forbidden.
func (s *Insiders) DoingsBetween(ctx context.Context, p identity.Principal, after, nth, upTo int64, limit int) ([]insider.Noted, error) {
	const op = "insiders.DoingsBetween"
	if err := runs(op, p); err != nil {
		return nil, err
	}
	return s.doings(ctx, "(seq, nth) > (CAST($1 AS BIGINT), $2) AND seq <= $3 AND unjudged = 0 ORDER BY seq, nth LIMIT $4", after, nth, upTo, limit)
}

func (s *Insiders) doings(ctx context.Context, where string, args ...any) (all []insider.Noted, err error) {
	const op = "insiders.doings"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+doingColumns+" FROM staff_doing WHERE "+where, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		n, err := scanDoing(r)
		all = append(all, n)
		return err
	})
	return all, engine.MapError(op, err)
}
