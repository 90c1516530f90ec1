package casework

import (
	"context"
	"database/sql"
	"strings"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
)

const columns = `f.id, f.reference, f.customer_id, f.type, f.jurisdiction, f.stage, f.assignee_id, f.noticed_at, f.opened_at, f.changed_at, f.due_at, f.breached, f.outcome, f.over_at, u.name, u.name_ref
	FROM case_file f LEFT JOIN customer u ON u.id = f.customer_id`

// never stands behind every time, for lists in which nothing is due.
const never = "9223372036854775807"

// ListCases lists cases. A customer sees their own. Errors: Forbidden; NotFound for ids
// that are none; Invalid for a list that there is not.
func (s *Cases) ListCases(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error) {
	const op = "casework.ListCases"
	customer := q.CustomerID
	if p.IsCustomer() {
		customer, q.CustomerID, q.List = p.ID, p.ID, cases.All
	}
	only, err := narrowed(op, p, customer)
	if err != nil {
		return nil, err
	}
	for _, key := range []string{q.CustomerID, q.Conversation, q.Before} {
		if key != "" && !engine.ValidKey(key) {
			return nil, fault.New(fault.NotFound, op, "nothing has an id of that form")
		}
	}
	where, args, err := s.listed(p, q)
	if err != nil {
		return nil, err
	}
	if only {
		where = strings.Replace(where, " WHERE ", " WHERE "+ofData+" AND ", 1)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+where, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	found := []cases.Row{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var x cases.Row
		var about, stage, outcome string
		var name []byte
		var ref sql.NullInt64
		err := r.Scan(&x.ID, &x.Reference, &x.CustomerID, &about, &x.Jurisdiction, &stage, &x.Assignee, &x.NoticedAt, &x.OpenedAt, &x.ChangedAt, &x.DueAt, &x.Breached, &outcome, &x.OverAt, &name, &ref)
		if err != nil {
			return err
		}
		x.Name, err = s.core.Read(name, ref.Int64, reading.CustomerNameAAD(x.CustomerID))
		x.Type, x.Stage, x.Outcome = jurisdiction.Type(about), cases.Stage(stage), cases.Outcome(outcome)
		found = append(found, x)
		return err
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	if p.Kind.Recorded() {
		object := string(q.List) + " " + q.CustomerID + q.Conversation
		if err := s.core.RecordRead(ctx, p, listing(q, object, found)...); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// ofData is the condition that a case f is a request about data.
const ofData = "f.type = '" + string(jurisdiction.DataRequest) + "'"

// narrowed tells whether of the cases p sees requests about data alone. Errors: Forbidden for
// who sees none.
func narrowed(op string, p identity.Principal, customer string) (bool, error) {
	switch {
	case policy.Allow(p, policy.ReadCases, policy.Object{CustomerID: customer}):
		return false, nil
	case policy.Allow(p, policy.ReadCases, policy.Object{CustomerID: customer, DataRequest: true}):
		return true, nil
	default:
		return false, fault.New(fault.Forbidden, op, "%s %s may not see cases", p.Kind, p.Role)
	}
}

// listing is the reading of a page of cases. It names the customer whose they are, or else
// every case: as many as one record holds in each.
func listing(q cases.Query, object string, found []cases.Row) (reads []core.Read) {
	if q.CustomerID != "" || len(found) == 0 {
		return []core.Read{{Action: "case.list", ObjectType: "lists of cases", ObjectID: object, Subject: q.CustomerID}}
	}
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	reads = core.ReadingsOf("case.list", ids)
	for i := range reads {
		reads[i].ObjectType = "cases"
		if q.Before != "" {
			reads[i].Purpose = insider.FurtherPage
		}
	}
	return reads
}

// listed is where a list is read, page by page: each in an order of its own.
func (s *Cases) listed(p identity.Principal, q cases.Query) (where string, args []any, err error) {
	limit := min(max(q.Limit, 1), cases.MaxPage)
	const soonest = ` AND ($1 = '' OR (CASE WHEN f.due_at = 0 THEN ` + never + ` ELSE f.due_at END, f.id) > (SELECT CASE WHEN due_at = 0 THEN ` + never + ` ELSE due_at END, id FROM case_file WHERE id = $1))
		ORDER BY CASE WHEN f.due_at = 0 THEN ` + never + ` ELSE f.due_at END, f.id LIMIT $2`
	const newest = ` AND ($1 = '' OR (f.opened_at, f.id) < (SELECT opened_at, id FROM case_file WHERE id = $1)) ORDER BY f.opened_at DESC, f.id DESC LIMIT $2`
	args = []any{q.Before, limit}
	switch q.List {
	case cases.Mine:
		return " WHERE f.assignee_id = $3 AND f.over_at = 0" + soonest, append(args, p.ID), nil
	case cases.Due:
		return " WHERE f.over_at = 0" + soonest, args, nil
	case cases.Late:
		return " WHERE f.over_at = 0 AND f.breached > 0" + soonest, args, nil
	case cases.Unconfirmed:
		return ` WHERE f.stage = 'reported' AND ($1 = '' OR (f.noticed_at, f.id) > (SELECT noticed_at, id FROM case_file WHERE id = $1)) ORDER BY f.noticed_at, f.id LIMIT $2`, args, nil
	case cases.Over:
		return ` WHERE f.over_at > 0 AND ($1 = '' OR (f.over_at, f.id) < (SELECT over_at, id FROM case_file WHERE id = $1)) ORDER BY f.over_at DESC, f.id DESC LIMIT $2`, args, nil
	case cases.Named:
		return " WHERE f.reference = $3 AND ($4 = '' OR f.customer_id = $4) AND $1 = ''" + " LIMIT $2", append(args, q.Reference, q.CustomerID), nil
	case cases.All:
		switch {
		case q.Conversation != "":
			return " WHERE f.id IN (SELECT case_id FROM case_conversation WHERE conversation_id = $3) AND ($4 = '' OR f.customer_id = $4)" + newest, append(args, q.Conversation, q.CustomerID), nil
		case q.CustomerID != "":
			return " WHERE f.customer_id = $3" + newest, append(args, q.CustomerID), nil
		}
	}
	return "", nil, fault.InvalidField("casework.listed", "list", "is none, or names neither customer nor conversation")
}

// CountCases counts, up to a bound, what stands in each list that somebody works from.
// Errors: Forbidden.
func (s *Cases) CountCases(ctx context.Context, p identity.Principal) (map[cases.List]int, error) {
	const op = "casework.CountCases"
	if p.IsCustomer() {
		return nil, fault.New(fault.Forbidden, op, "%s may not see cases of others", p.Kind)
	}
	only, err := narrowed(op, p, "")
	if err != nil {
		return nil, err
	}
	out, narrow := map[cases.List]int{}, ""
	if only {
		narrow = ofData + " AND "
	}
	for list, where := range map[cases.List]string{
		cases.Mine: "assignee_id = $1 AND over_at = 0", cases.Due: "$1 <> '' AND over_at = 0", cases.Late: "$1 <> '' AND over_at = 0 AND breached > 0", cases.Unconfirmed: "$1 <> '' AND stage = 'reported'",
	} {
		var n int
		err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM case_file f WHERE "+narrow+where+" LIMIT 1000) AS counted", p.ID).Scan(&n)
		if err != nil {
			return nil, engine.MapError(op, err)
		}
		out[list] = n
	}
	return out, nil
}

// KeptCases tells which cases of a customer are kept and under which law, those that go on
// among them. Errors: Forbidden; NotFound for an id that is none.
func (s *Cases) KeptCases(ctx context.Context, p identity.Principal, customer string) ([]cases.Held, error) {
	const op = "casework.KeptCases"
	if _, err := narrowed(op, p, customer); err != nil { // how many there are, and for how long, is what an erasure rests on
		return nil, err
	}
	if !engine.ValidKey(customer) {
		return nil, fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT jurisdiction, COUNT(*), SUM(CASE WHEN over_at = 0 THEN 1 ELSE 0 END), MAX(keep_until)
		FROM case_file WHERE customer_id = $1 GROUP BY jurisdiction ORDER BY jurisdiction`, customer)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []cases.Held
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var h cases.Held
		err := r.Scan(&h.Jurisdiction, &h.Cases, &h.Open, &h.Until)
		all = append(all, h)
		return err
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	if p.Kind.Recorded() {
		if err := s.core.RecordRead(ctx, p, core.Read{Action: "case.kept", ObjectType: "cases", ObjectID: "customer " + customer, Subject: customer}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// CaseFigures gives every case whose first notice was in some time, for the yearly
// figures. That somebody exported them is recorded. Errors: Forbidden.
func (s *Cases) CaseFigures(ctx context.Context, p identity.Principal, from, to int64) ([]cases.Counted, error) {
	const op = "casework.CaseFigures"
	if !policy.Allow(p, policy.ReadCaseFigures, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not see the figures of cases", p.Kind, p.Role)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT type, jurisdiction, outcome, noticed_at, answered_at, broken FROM case_file WHERE noticed_at >= $1 AND noticed_at < $2", from, to)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []cases.Counted
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var c cases.Counted
		var about, outcome string
		err := r.Scan(&about, &c.Jurisdiction, &outcome, &c.NoticedAt, &c.AnsweredAt, &c.Broken)
		c.Type, c.Outcome = jurisdiction.Type(about), cases.Outcome(outcome)
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	if p.Kind.Recorded() {
		if err := s.core.RecordRead(ctx, p, core.Read{Action: "case.figures", ObjectType: "cases", ObjectID: "year"}); err != nil {
			return nil, err
		}
	}
	return all, nil
}
