package auditlog

import (
	"context"
	"database/sql"
	"iter"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// Reader reads the chain, and what its digests are about, for the verification.
type Reader struct{ db *engine.DB }

// NewReader makes a Reader.
func NewReader(db *engine.DB) *Reader { return &Reader{db: db} }

// AuditHead is the end of the audit chain as committed.
func (r *Reader) AuditHead(ctx context.Context) (audit.Link, error) {
	var link audit.Link
	var hash []byte
	err := r.db.Reader.QueryRowContext(ctx, "SELECT audit_seq, audit_hash FROM log_head WHERE id = 1").Scan(&link.Seq, &hash)
	copy(link.Hash[:], hash)
	return link, engine.MapError("auditlog.AuditHead", err)
}

// AuditEntries reads the audit chain from its beginning, as it is stored. Errors:
// Forbidden.
func (r *Reader) AuditEntries(ctx context.Context, p identity.Principal) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		if !policy.Allow(p, policy.ReadAudit, policy.Object{}) {
			yield(audit.Entry{}, fault.New(fault.Forbidden, "auditlog.AuditEntries", "%s may not read the audit chain", p.Kind))
			return
		}
		for e, err := range Since(ctx, r.db, 0) {
			if !yield(e, err) {
				return
			}
		}
	}
}

// Since reads the chain after a record, in order. Who asks is for the caller to see to.
func Since(ctx context.Context, db *engine.DB, after int64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for {
			batch, last, err := batchOf(ctx, db, after)
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

func batchOf(ctx context.Context, db *engine.DB, after int64) (batch []audit.Entry, last int64, err error) {
	const op = "auditlog.batchOf"
	rows, err := db.Reader.QueryContext(ctx, "SELECT seq, record, detail, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2", after, auditPage)
	if err != nil {
		return nil, after, engine.MapError(op, err)
	}
	last = after
	err = engine.EachRow(rows, func(found *sql.Rows) error {
		var row Row
		var hash []byte
		if err := found.Scan(&row.Seq, &row.Record, &row.Detail, &hash); err != nil {
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
func (r *Reader) ConversationLengths(ctx context.Context) iter.Seq2[audit.Length, error] {
	const op = "auditlog.ConversationLengths"
	return func(yield func(audit.Length, error) bool) {
		rows, err := r.db.Reader.QueryContext(ctx, "SELECT conversation_id, MAX(seq) FROM entry GROUP BY conversation_id")
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
func (r *Reader) CheckMessages(ctx context.Context, list []audit.MessageDigest) ([]int, error) {
	const op = "auditlog.CheckMessages"
	l := r.db.Kind.Layout("n:int conversation_id seq:int")
	rowsOf := l.Rowset()
	for i, d := range list {
		rowsOf.Int(int64(i)).Text(d.Conversation).Int(d.Seq).EndRow()
	}
	rows, err := r.db.Reader.QueryContext(ctx, `SELECT v.n, e.pos, e.kind, e.author_kind, e.author_id, e.author_name, e.client_id, e.at, e.content
		FROM `+l.From()+` CROSS JOIN entry e WHERE e.conversation_id = v.conversation_id AND e.seq = v.seq`, rowsOf.Args()...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	good := make([]bool, len(list))
	err = engine.EachRow(rows, func(found *sql.Rows) error {
		var n int
		var e conversation.Entry
		var kind, authorKind string
		var client sql.NullString
		var sealed []byte
		if err := found.Scan(&n, &e.Pos, &kind, &authorKind, &e.Author.ID, &e.Author.Name, &client, &e.At, &sealed); err != nil {
			return err
		}
		e.Kind, e.Author.Kind, e.ClientID = conversation.EntryKind(kind), conversation.AuthorKind(authorKind), client.String
		good[n] = EntryDigest(e, sealed) == list[n].Sum
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
