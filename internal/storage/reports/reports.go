// Package reports reads the facts that storage/clocks keeps: how the work went, and
// which promises are about to break.
package reports

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/report"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Reports is the part of the store that this package is.
type Reports struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Reports { return &Reports{core: c} }

// timeout bounds one report: a million conversations that are not packed take some
// seconds.
const timeout = 30 * time.Second

// Report makes a report. Who may see but their own work asks for themselves by
// Query.Agent. Errors: Forbidden, Invalid.
func (s *Reports) Report(ctx context.Context, p identity.Principal, q report.Query) (report.Report, error) {
	const op = "reports.Report"
	if !policy.Allow(p, policy.ReadReports, policy.Object{StaffID: q.Agent}) {
		return report.Report{}, fault.New(fault.Forbidden, op, "%s may not see everybody's work", p.Role)
	}
	if err := q.Validate(); err != nil {
		return report.Report{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c := report.Collect(q)
	for _, part := range []report.Part{report.PartBegan, report.PartResolved, report.PartRated} {
		if err := s.count(ctx, q, c, part); err != nil {
			return report.Report{}, err
		}
	}
	if q.Backlogged() {
		if err := s.backlog(ctx, q, c); err != nil {
			return report.Report{}, err
		}
	}
	out := c.Report()
	if !policy.Allow(p, policy.ReadReports, policy.Object{}) {
		out.Agents = []report.Group{}
	}
	return out, nil
}

// backlog adds how many were not resolved at the end of each bucket: one sum of all
// that moved before, and the quarters since.
func (s *Reports) backlog(ctx context.Context, q report.Query, c *report.Collector) error {
	const op = "reports.backlog"
	from := q.From / report.QuarterMicros
	var before int64
	row := s.core.DB.Reader.QueryRowContext(ctx, "SELECT COALESCE(SUM(delta), 0) FROM backlog WHERE quarter < $1 AND ($2 = '' OR channel = $2)", from, q.Channel)
	if err := row.Scan(&before); err != nil {
		return engine.MapError(op, err)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT quarter, SUM(delta) FROM backlog WHERE quarter >= $1 AND quarter < $2 AND ($3 = '' OR channel = $3) GROUP BY quarter ORDER BY quarter",
		from, q.To/report.QuarterMicros+1, q.Channel)
	if err != nil {
		return engine.MapError(op, err)
	}
	base := before
	var quarters, sums []int64
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var at, delta int64
		err := r.Scan(&at, &delta)
		before += delta
		quarters, sums = append(quarters, at), append(sums, before)
		return err
	})
	if err != nil {
		return engine.MapError(op, err)
	}
	c.Backlog(func(at int64) int64 {
		n := sort.Search(len(quarters), func(i int) bool { return quarters[i]*report.QuarterMicros >= at })
		if n == 0 {
			return base
		}
		return sums[n-1]
	})
	return nil
}

// Exported notes in the audit chain that a report was taken out. Errors: Forbidden.
func (s *Reports) Exported(ctx context.Context, p identity.Principal, q report.Query) error {
	if !policy.Allow(p, policy.ReadReports, policy.Object{StaffID: q.Agent}) {
		return fault.New(fault.Forbidden, "reports.Exported", "%s may not take out everybody's work", p.Role)
	}
	return s.core.Do(ctx, func(_ context.Context, t *core.Tx) error {
		t.Record(p, "report.export", "report", fmt.Sprintf("%d-%d", q.From, q.To), q.Agent)
		return nil
	})
}

// maxDue bounds one list of clocks.
const maxDue = 200

// DueClocks lists clocks that run, the next to break its promise first: all of
// them, or those of one member of staff's conversations, "" for nobody's. With
// overdue only those that have broken it. Errors: Forbidden.
func (s *Reports) DueClocks(ctx context.Context, p identity.Principal, of conversation.Assignee, overdue bool, limit int) ([]sla.Alert, error) {
	const op = "reports.DueClocks"
	object := policy.Object{}
	if !of.Any {
		object = policy.Whosever(of.ID)
	}
	if !policy.Allow(p, policy.ListInbox, object) {
		return nil, fault.New(fault.Forbidden, op, "%s may not list the inbox", p.Kind)
	}
	until := int64(1) << 62
	if overdue {
		until = s.core.Now().UnixMicro()
	}
	where, args := "", []any{until}
	if !of.Any {
		where, args = " AND k.assignee_id = $3", []any{until, min(max(limit, 1), maxDue), of.ID}
	} else {
		args = append(args, min(max(limit, 1), maxDue))
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT k.conversation_id, k.kind, k.due_at, k.state, k.level, k.started_at, k.assignee_id, c.team, c.priority, c.channel
		FROM clock k CROSS JOIN conversation c WHERE c.id = k.conversation_id AND k.ended_at = 0 AND k.due_at > 0 AND k.due_at <= $1`+where+` ORDER BY k.due_at, k.conversation_id, k.kind LIMIT $2`, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	return readAlerts(op, rows)
}

// ClocksOf lists the clocks of some conversations that have not ended. Errors:
// Forbidden for who may not list an inbox at all.
func (s *Reports) ClocksOf(ctx context.Context, p identity.Principal, ids []string) ([]sla.Alert, error) {
	const op = "reports.ClocksOf"
	if !policy.Allow(p, policy.ListInbox, policy.Whosever(p.ID)) {
		return nil, fault.New(fault.Forbidden, op, "%s may not list the inbox", p.Kind)
	}
	l := s.core.DB.Kind.Layout("id")
	wanted := l.Rowset()
	for _, id := range ids[:min(len(ids), conversation.MaxPage)] {
		wanted.Text(id).EndRow()
	}
	if wanted.Len() == 0 {
		return nil, nil
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT k.conversation_id, k.kind, k.due_at, k.state, k.level, k.started_at, k.assignee_id, '', '', '' FROM `+l.From()+`
		CROSS JOIN clock k WHERE k.conversation_id = v.id AND k.ended_at = 0`, wanted.Args()...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all, err := readAlerts(op, rows)
	if policy.Allow(p, policy.ListInbox, policy.Object{}) {
		return all, err
	}
	return slices.DeleteFunc(all, func(a sla.Alert) bool { return a.Assignee != p.ID }), err
}

func readAlerts(op string, rows *sql.Rows) (all []sla.Alert, err error) {
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var a sla.Alert
		var kind, state, priority string
		err := r.Scan(&a.ConversationID, &kind, &a.Due, &state, &a.Level, &a.Start, &a.Assignee, &a.Team, &priority, &a.Channel)
		a.Priority = conversation.Priority(priority)
		a.Kind, a.State = sla.ClockKind(kind), sla.ClockState(state)
		all = append(all, a)
		return err
	})
	return all, engine.MapError(op, err)
}
