package storage

import (
	"context"

	"kefu/internal/domain/audit"
	"kefu/internal/storage/auditlog"
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
