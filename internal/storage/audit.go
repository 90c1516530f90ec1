package storage

import (
	"context"
	"database/sql"
	"iter"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/auditlog"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/workset"
)

// AuditStream is the name of the deployment's one audit chain.
const AuditStream = auditlog.Stream

// digest notes the digests of what a workset wrote and rewrote.
func (t *Tx) digest(w *workset.Set) {
	for i := range w.Entries {
		e := &w.Entries[i]
		t.digests = append(t.digests, audit.MessageDigest{Conversation: e.ConversationID, Seq: e.Seq, Sum: auditlog.EntryDigest(e.Entry, e.Sealed)})
	}
	for i := range w.Rewrites {
		r := &w.Rewrites[i]
		t.rewrote = true
		t.digests = append(t.digests, audit.MessageDigest{Conversation: r.Conversation, Seq: r.Seq, Sum: auditlog.EntryDigest(r.Entry, r.Sealed)})
	}
}

// writeAudit gives every record of the commit its place in the chain, and more
// that hold the digests of all entries the commit wrote.
func (t *Tx) writeAudit(ctx context.Context) error {
	if err := t.Audit.Digests(t.Now, t.digests, t.rewrote); err != nil {
		return err
	}
	records, last := t.Audit.Rows(t.auditLast)
	if len(records) == 0 {
		return nil
	}
	t.auditLast = last
	rows := t.store.stmts.insertAudit.Layout.Rowset()
	for i := range records {
		r := &records[i]
		if r.Detail == nil {
			r.Detail = []byte{}
		}
		rows.Int(r.Seq).Bytes(r.Record).Bytes(r.Detail).Bytes(r.Hash[:]).EndRow()
	}
	return t.store.stmts.insertAudit.Exec(ctx, t.SQL, rows)
}

// AuditHead is the end of the audit chain as committed.
func (s *Store) AuditHead(ctx context.Context) (audit.Link, error) {
	var link audit.Link
	var hash []byte
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT audit_seq, audit_hash FROM log_head WHERE id = 1").Scan(&link.Seq, &hash)
	copy(link.Hash[:], hash)
	return link, engine.MapError("storage.AuditHead", err)
}

// AuditEntries reads the audit chain from its beginning, as it is stored. Errors:
// Forbidden.
func (s *Store) AuditEntries(ctx context.Context, p identity.Principal) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		if !policy.Allow(p, policy.ReadAudit, policy.Object{}) {
			yield(audit.Entry{}, fault.New(fault.Forbidden, "storage.AuditEntries", "%s may not read the audit chain", p.Kind))
			return
		}
		after := int64(0)
		for {
			batch, last, err := s.auditBatch(ctx, after)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
			}
			if len(batch) == 0 {
				return
			}
			after = last
		}
	}
}

// auditPage bounds the records that are in memory at once: one may carry the
// digests of 16,384 messages.
const auditPage = 100

func (s *Store) auditBatch(ctx context.Context, after int64) (batch []audit.Entry, last int64, err error) {
	const op = "storage.auditBatch"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT seq, record, detail, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2", after, auditPage)
	if err != nil {
		return nil, after, engine.MapError(op, err)
	}
	last = after
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var row auditlog.Row
		var hash []byte
		if err := r.Scan(&row.Seq, &row.Record, &row.Detail, &hash); err != nil {
			return err
		}
		copy(row.Hash[:], hash)
		last = row.Seq
		batch = append(batch, row.Entry())
		return nil
	})
	return batch, last, engine.MapError(op, err)
}

// ConversationLengths are all conversations that have entries, with the number of
// the last one, for the verification of the audit chain.
func (s *Store) ConversationLengths(ctx context.Context) iter.Seq2[audit.Length, error] {
	const op = "storage.ConversationLengths"
	return func(yield func(audit.Length, error) bool) {
		rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT conversation_id, MAX(seq) FROM entry GROUP BY conversation_id")
		if err != nil {
			yield(audit.Length{}, engine.MapError(op, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var l audit.Length
			err := rows.Scan(&l.Conversation, &l.LastSeq)
			if !yield(l, engine.MapError(op, err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Length{}, engine.MapError(op, err))
		}
	}
}

// CheckMessages compares digests with the entries as stored now and gives the
// indexes of those that are missing or differ.
func (s *Store) CheckMessages(ctx context.Context, list []audit.MessageDigest) ([]int, error) {
	const op = "storage.CheckMessages"
	l := s.core.DB.Kind.Layout("n:int conversation_id seq:int")
	rowsOf := l.Rowset()
	for i, d := range list {
		rowsOf.Int(int64(i)).Text(d.Conversation).Int(d.Seq).EndRow()
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT v.n, e.pos, e.kind, e.author_kind, e.author_id, e.author_name, e.client_id, e.at, e.content
		FROM `+l.From()+` CROSS JOIN entry e WHERE e.conversation_id = v.conversation_id AND e.seq = v.seq`, rowsOf.Args()...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	good := make([]bool, len(list))
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var n int
		var e conversation.Entry
		var kind, authorKind string
		var client sql.NullString
		var sealed []byte
		if err := r.Scan(&n, &e.Pos, &kind, &authorKind, &e.Author.ID, &e.Author.Name, &client, &e.At, &sealed); err != nil {
			return err
		}
		e.Kind, e.Author.Kind, e.ClientID = conversation.EntryKind(kind), conversation.AuthorKind(authorKind), client.String
		good[n] = auditlog.EntryDigest(e, sealed) == list[n].Sum
		return nil
	})
	var bad []int
	for i, ok := range good {
		if !ok {
			bad = append(bad, i)
		}
	}
	return bad, engine.MapError(op, err)
}
