// Package auditview lets people look into the audit chain, a page at a time. Each
// look leaves a record of its own.
package auditview

import (
	"context"
	"database/sql"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/auditlog"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// View is the part of the store that this package is.
type View struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *View { return &View{core: c} }

const (
	batch = 200
	// looked bounds the records that are read for one page: a filter that finds
	// little must not read the whole chain at once.
	looked = 4000
	// late is how much later than it happened a reading may be recorded at most, in
	// microseconds: those that are owed while commits fail.
	late = int64(24 * 3600 * 1_000_000)
)

// AuditPage reads a page of the chain, the newest first. Errors: Forbidden, Invalid.
func (v *View) AuditPage(ctx context.Context, p identity.Principal, q audit.Query) (audit.Page, error) {
	const op = "auditview.AuditPage"
	if !policy.Allow(p, policy.ReadAudit, policy.Object{}) {
		return audit.Page{}, fault.New(fault.Forbidden, op, "%s may not read the audit chain", p.Role)
	}
	if q.Limit < 1 || q.Limit > audit.MaxPage {
		return audit.Page{}, fault.InvalidField(op, "limit", "must lie between 1 and %d", audit.MaxPage)
	}
	if err := v.core.RecordRead(ctx, p, core.Read{Action: "audit.read", ObjectType: "audit"}); err != nil {
		return audit.Page{}, err
	}
	var page audit.Page
	before := q.Before
	if before <= 0 {
		before = 1 << 62
	}
	for range looked / batch {
		records, err := v.before(ctx, before)
		if err != nil {
			return audit.Page{}, err
		}
		for i := range records {
			r := &records[i]
			if q.From > 0 && r.At < q.From-late {
				page.Next = 0
				return page, nil
			}
			if !q.Matches(r) {
				continue
			}
			if page.Records = append(page.Records, *r); len(page.Records) == q.Limit {
				if r.Seq > 1 {
					page.Next = r.Seq
				}
				return page, nil
			}
		}
		if len(records) < batch {
			return page, nil
		}
		before = records[len(records)-1].Seq
	}
	page.Next = before
	return page, nil
}

func (v *View) before(ctx context.Context, seq int64) ([]audit.Record, error) {
	const op = "auditview.before"
	rows, err := v.core.DB.Reader.QueryContext(ctx, "SELECT seq, record, hash FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2", seq, batch)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	records := make([]audit.Record, 0, batch)
	err = engine.EachRow(rows, func(found *sql.Rows) error {
		var row auditlog.Row
		var hash []byte
		if err := found.Scan(&row.Seq, &row.Record, &hash); err != nil {
			return err
		}
		copy(row.Hash[:], hash)
		entry := row.Entry()
		entry.Seq = row.Seq // of a record that cannot be read, which the proof tells
		records = append(records, entry.Record)
		return nil
	})
	return records, engine.MapError(op, err)
}

// AuditSince reads the chain after a record, in order, for a proof that goes on.
// Errors: Forbidden.
func (v *View) AuditSince(ctx context.Context, p identity.Principal, after int64) (func(yield func(audit.Entry, error) bool), error) {
	const op = "auditview.AuditSince"
	if !policy.Allow(p, policy.ReadAudit, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s may not read the audit chain", p.Role)
	}
	return auditlog.Since(ctx, v.core.DB, after), nil
}
