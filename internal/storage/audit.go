package storage

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"iter"
	"slices"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// AuditStream is the name of the deployment's one audit chain.
const AuditStream = "main"

// auditEvent is a record that waits for its place in the chain.
type auditEvent struct {
	record audit.Record
	detail []byte
}

// recordFor notes what a principal did, in the transaction that does it.
func (t *Tx) recordFor(p identity.Principal, action, objectType, objectID, subject string) {
	t.audits = append(t.audits, auditEvent{record: newRecord(p, t.now, action, objectType, objectID, subject)})
}

func newRecord(p identity.Principal, at int64, action, objectType, objectID, subject string) audit.Record {
	return audit.Record{
		At: at, Actor: audit.Actor{Type: actorType(p), ID: p.ID, Session: p.Session}, Subject: subject,
		Action: action, Object: audit.Object{Type: objectType, ID: objectID}, Assurance: uint8(p.Level), Result: "ok",
	}
}

func actorType(p identity.Principal) string {
	switch p.Kind {
	case identity.Staff:
		return "agent"
	case identity.Visitor, identity.Customer:
		return "customer"
	default:
		return "system"
	}
}

// auditChange notes what staff and system parts do to a conversation. Messages
// are covered by the digests of their commit, marks of reading are not kept.
func (w *workset) auditChange(c *conversation.Change, work *working, outcome conversation.Outcome) {
	for _, e := range outcome.Entries {
		if e.Kind == conversation.KindMessage || (e.Kind == conversation.KindStatus && c.Principal.IsCustomer()) {
			continue
		}
		w.tx.recordFor(c.Principal, "conversation."+string(e.Kind), "conversation", work.state.ID, work.state.CustomerID)
	}
}

// recordRead notes that staff read personal data. It joins the next commit and
// nobody waits for it; only a full queue makes the reader wait.
func (s *Store) recordRead(p identity.Principal, action, objectType, objectID, subject string) {
	if p.Kind != identity.Staff {
		return
	}
	s.enqueueNote(&request{kind: noteOnly, fn: func(_ context.Context, t *Tx) error {
		t.recordFor(p, action, objectType, objectID, subject)
		return nil
	}}, true)
}

// writeAudit gives every record of the commit its place in the chain, and one
// more that holds the digests of all entries the commit wrote.
func (t *Tx) writeAudit(ctx context.Context) error {
	if err := t.recordDigests(); err != nil {
		return err
	}
	if len(t.audits) == 0 {
		return nil
	}
	var last audit.Link
	last.Seq = t.auditSeq
	copy(last.Hash[:], t.auditHash)
	chain := audit.NewChain(AuditStream, last)
	rows := t.store.stmts.insertAudit.layout.rowset()
	for i := range t.audits {
		e := &t.audits[i]
		e.record.DetailHash = audit.HashDetail(e.detail)
		hash := chain.Append(&e.record)
		encoded := e.record.Encode(nil)
		detail := e.detail
		if detail == nil {
			detail = []byte{}
		}
		rows.int(chain.Last().Seq).bytes(encoded).bytes(detail).bytes(hash[:]).endRow()
	}
	t.auditSeq, t.auditHash = chain.Last().Seq, append([]byte(nil), lastHash(chain)...)
	return t.execSet(ctx, t.store.stmts.insertAudit, rows)
}

func lastHash(chain audit.Chain) []byte {
	last := chain.Last()
	return last.Hash[:]
}

// digestsPerRecord keeps a record well below what audit.EncodeDigests takes.
const digestsPerRecord = 16384

func (t *Tx) recordDigests() error {
	if len(t.entries) == 0 && len(t.rewritten) == 0 {
		return nil
	}
	list := make([]audit.MessageDigest, 0, len(t.entries)+len(t.rewritten))
	for i := range t.entries {
		e := &t.entries[i]
		list = append(list, audit.MessageDigest{Conversation: e.ConversationID, Seq: e.Seq, Sum: entryDigest(e.Entry, e.sealed)})
	}
	list = lastDigests(append(list, t.rewritten...), len(t.rewritten))
	for part := range slices.Chunk(list, digestsPerRecord) {
		detail, err := audit.EncodeDigests(nil, part)
		if err != nil {
			return fault.Wrap("storage.recordDigests", err)
		}
		record := newRecord(identity.SystemPart("committer"), t.now, audit.ActionMessages, "log", "", "")
		t.audits = append(t.audits, auditEvent{record: record, detail: detail})
	}
	return nil
}

// lastDigests keeps of each entry the last digest: what the commit leaves behind.
func lastDigests(list []audit.MessageDigest, rewritten int) []audit.MessageDigest {
	if rewritten == 0 {
		return list
	}
	last := make(map[entryKey]int, len(list))
	for i, d := range list {
		last[entryKey{d.Conversation, d.Seq}] = i
	}
	kept := list[:0]
	for i, d := range list {
		if last[entryKey{d.Conversation, d.Seq}] == i {
			kept = append(kept, d)
		}
	}
	return kept
}

// entryDigest covers everything an entry states: who, when, what kind, and the
// sealed content.
func entryDigest(e conversation.Entry, sealed []byte) [audit.DigestLen]byte {
	h := sha256.New()
	var scratch [16]byte
	binary.BigEndian.PutUint64(scratch[:8], uint64(e.At))
	binary.BigEndian.PutUint64(scratch[8:], uint64(e.Pos))
	h.Write(scratch[:])
	for _, part := range []string{string(e.Kind), string(e.Author.Kind), e.Author.ID, e.Author.Name, e.ClientID} {
		binary.BigEndian.PutUint64(scratch[:8], uint64(len(part)))
		h.Write(scratch[:8])
		h.Write([]byte(part))
	}
	h.Write(sealed)
	var sum [audit.DigestLen]byte
	copy(sum[:], h.Sum(nil))
	return sum
}

// AuditHead is the end of the audit chain as committed.
func (s *Store) AuditHead(ctx context.Context) (audit.Link, error) {
	var link audit.Link
	var hash []byte
	err := s.reader.QueryRowContext(ctx, "SELECT audit_seq, audit_hash FROM log_head WHERE id = 1").Scan(&link.Seq, &hash)
	copy(link.Hash[:], hash)
	return link, mapError("storage.AuditHead", err)
}

// AuditEntries reads the audit chain from its beginning, as it is stored.
func (s *Store) AuditEntries(ctx context.Context) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
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

func (s *Store) auditBatch(ctx context.Context, after int64) (batch []audit.Entry, last int64, err error) {
	const op = "storage.auditBatch"
	rows, err := s.reader.QueryContext(ctx, "SELECT seq, record, detail, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT 1000", after)
	if err != nil {
		return nil, after, mapError(op, err)
	}
	last = after
	err = eachRow(rows, func(r *sql.Rows) error {
		var encoded, hash []byte
		var e audit.Entry
		if err := r.Scan(&last, &encoded, &e.Detail, &hash); err != nil {
			return err
		}
		record, err := audit.Decode(encoded)
		if err != nil || record.Seq != last {
			record = audit.Record{Stream: AuditStream, Seq: last} // Verify finds it out: its hash cannot match
		}
		e.Record = record
		copy(e.Hash[:], hash)
		batch = append(batch, e)
		return nil
	})
	return batch, last, mapError(op, err)
}

// CheckMessages compares digests with the entries as stored now and gives the
// indexes of those that are missing or differ.
func (s *Store) CheckMessages(ctx context.Context, list []audit.MessageDigest) ([]int, error) {
	const op = "storage.CheckMessages"
	l := layout{engine: s.engine, columns: columnsOf("n:int conversation_id seq:int")}
	rowsOf := l.rowset()
	for i, d := range list {
		rowsOf.int(int64(i)).text(d.Conversation).int(d.Seq).endRow()
	}
	rows, err := s.reader.QueryContext(ctx, `SELECT v.n, e.pos, e.kind, e.author_kind, e.author_id, e.author_name, e.client_id, e.at, e.content
		FROM `+l.from()+` CROSS JOIN entry e WHERE e.conversation_id = v.conversation_id AND e.seq = v.seq`, rowsOf.args()...)
	if err != nil {
		return nil, mapError(op, err)
	}
	good := make([]bool, len(list))
	err = eachRow(rows, func(r *sql.Rows) error {
		var n int
		var e conversation.Entry
		var kind, authorKind string
		var client sql.NullString
		var sealed []byte
		if err := r.Scan(&n, &e.Pos, &kind, &authorKind, &e.Author.ID, &e.Author.Name, &client, &e.At, &sealed); err != nil {
			return err
		}
		e.Kind, e.Author.Kind, e.ClientID = conversation.EntryKind(kind), conversation.AuthorKind(authorKind), client.String
		good[n] = entryDigest(e, sealed) == list[n].Sum
		return nil
	})
	var bad []int
	for i, ok := range good {
		if !ok {
			bad = append(bad, i)
		}
	}
	return bad, mapError(op, err)
}
