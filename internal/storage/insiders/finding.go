package insiders

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// MaxFindings is the most findings of a page.
const MaxFindings = 50

// maxEvidence is the most rows that one finding is shown with.
const maxEvidence = 200

const findingColumns = `f.id, f.staff_id, f.peers, f.at, f.day, f.by_rule, f.step, f.grade, f.reasons, f.state, f.taken, f.made_at, f.about, COALESCE(m.name, k.name, ''), COALESCE(m.role, CASE WHEN k.id IS NULL THEN '' ELSE 'program' END),
	COALESCE((SELECT MAX(r.step) FROM staff_restraint r WHERE r.staff_id = f.staff_id AND r.lifted_at = 0), 0)
	FROM staff_finding f LEFT JOIN staff m ON m.id = f.staff_id LEFT JOIN api_key k ON k.id = f.staff_id`

func scanLine(scan func(...any) error) (l insider.Line, err error) {
	var step, grade, taken, now int64
	var reasons, state string
	a := &l.Alert
	if err := scan(&l.ID, &a.Staff, &l.Group, &a.At, &a.Day, &a.Rule, &step, &grade, &reasons, &state, &taken, &l.MadeAt, &a.About, &l.Name, &l.Role, &now); err != nil {
		return l, err
	}
	a.Step, l.Rank, l.State, l.Taken, l.Now = insider.Step(step), insider.Rank(grade), insider.State(state), insider.Step(taken), insider.Step(now)
	return l, fault.Wrap("insiders.scanLine", json.Unmarshal([]byte(reasons), &a.Reasons))
}

// somebodyElse is anybody but who asks: whom a finding is about is found out later.
func somebodyElse() policy.Object { return policy.Object{StaffID: "-"} }

// Findings lists what was found about others than p, the newest first, behind the one
// whose id is before: those that wait to be judged, or all. The look is recorded.
// Errors: Forbidden.
func (s *Insiders) Findings(ctx context.Context, p identity.Principal, open bool, before string, limit int) ([]insider.Line, error) {
	const op = "insiders.Findings"
	if !policy.Allow(p, policy.ReadFindings, somebodyElse()) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not see findings", p.Kind, p.Role)
	}
	if err := s.core.RecordRead(ctx, p, core.Read{Action: "finding.list", ObjectType: "findings"}); err != nil {
		return nil, err
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+findingColumns+` WHERE f.staff_id <> $1 AND COALESCE(k.created_by, '') <> $1 AND ($2 = '' OR f.state = $2)
		AND ($3 = '' OR (f.made_at, f.id) < (SELECT made_at, id FROM staff_finding WHERE id = $3)) ORDER BY f.made_at DESC, f.id DESC LIMIT $4`,
		p.ID, onlyOpen(open), before, min(max(limit, 1), MaxFindings))
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []insider.Line{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		l, err := scanLine(r.Scan)
		all = append(all, l)
		return err
	})
	return all, engine.MapError(op, err)
}

func onlyOpen(open bool) string {
	if open {
		return string(insider.Open)
	}
	return ""
}

// Finding gives one finding with its evidence, and the request that waits for a second
// person, where Case.Waiting says that there is one. It is not there for whom it is about.
// The look is recorded. Errors: Forbidden, NotFound.
func (s *Insiders) Finding(ctx context.Context, p identity.Principal, id string) (c insider.Case, r approval.Request, err error) {
	const op = "insiders.Finding"
	if !policy.Allow(p, policy.ReadFindings, somebodyElse()) {
		return c, r, fault.New(fault.Forbidden, op, "%s %s may not see findings", p.Kind, p.Role)
	}
	if c.Line, err = s.line(ctx, p, id); err != nil {
		return c, r, err
	}
	if err := s.core.RecordRead(ctx, p, core.Read{Action: "finding.read", ObjectType: "finding", ObjectID: id}); err != nil {
		return c, r, err
	}
	not, err := tookPart(ctx, s.core.DB.Reader, c.Alert)
	if err != nil {
		return c, r, err
	}
	c.MayDecide = policy.Allow(p, policy.DecideFinding, policy.Object{StaffID: c.Alert.Staff}) && !slices.Contains(not, p.ID)
	if c.Evidence, err = s.evidence(ctx, c.Alert); err != nil {
		return c, r, err
	}
	if c.Days, err = s.days(ctx, c.Alert.Staff, c.Alert.Day, 28); err != nil {
		return c, r, err
	}
	if c.Decisions, err = s.decisions(ctx, c.Alert.Staff); err != nil {
		return c, r, err
	}
	r, found, err := s.waiting(ctx, c.Alert.Staff)
	if err != nil || !found {
		return c, r, err
	}
	var a asked
	if err := strictjson.Decode(r.Payload, &a); err != nil {
		return c, r, err
	}
	c.Waiting = &insider.Waiting{Verdict: a.Verdict, Reason: a.Reason, Finding: a.Finding, MayDecide: c.MayDecide && policy.Allow(p, policy.DecideFinding, policy.Object{StaffID: r.MakerID}), MayTake: r.MakerID == p.ID}
	return c, r, nil
}

// line finds a finding that is not about p, nor about a program whose key p made.
func (s *Insiders) line(ctx context.Context, p identity.Principal, id string) (insider.Line, error) {
	const op = "insiders.line"
	if !engine.ValidKey(id) {
		return insider.Line{}, fault.New(fault.NotFound, op, "no finding has an id of that form")
	}
	l, err := scanLine(s.core.DB.Reader.QueryRowContext(ctx, "SELECT "+findingColumns+" WHERE f.id = $1 AND COALESCE(k.created_by, '') <> $2", id, p.ID).Scan)
	if err != nil {
		return l, engine.MapError(op, err)
	}
	if !policy.Allow(p, policy.ReadFindings, policy.Object{StaffID: l.Alert.Staff}) {
		return insider.Line{}, fault.New(fault.NotFound, op, "it is not theirs to see")
	}
	return l, nil
}

// tookPart are those who cannot judge a finding beside whom it is about: who asked for the
// emergency access that it is about and who agreed, or who made the key.
func tookPart(ctx context.Context, from interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}, a insider.Alert) (not []string, err error) {
	const op = "insiders.tookPart"
	rows, err := from.QueryContext(ctx, `SELECT e.asked_by FROM emergency e WHERE e.id = $1 UNION SELECT r.decider FROM emergency e JOIN approval r ON r.id = e.approval WHERE e.id = $1
		UNION SELECT k.created_by FROM api_key k WHERE k.id = $2`, a.About, a.Staff)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		not = append(not, "")
		return r.Scan(&not[len(not)-1])
	})
	return not, engine.MapError(op, err)
}

// evidence is what the reasons of an alert rest on, the newest first, and what was like
// it on the rest of that day; of emergency access all that they did while they had it.
func (s *Insiders) evidence(ctx context.Context, a insider.Alert) ([]insider.Noted, error) {
	if a.About != "" {
		return s.doings(ctx, "staff_id = $1 AND at >= (SELECT began_at FROM emergency WHERE id = $2) AND at <= $3 AND kind <> $4 ORDER BY at DESC, seq DESC LIMIT $5", a.Staff, a.About, a.At, int64(insider.Glass), maxEvidence)
	}
	seen := map[int64]bool{}
	var all []insider.Noted
	for _, r := range a.Reasons {
		e := insider.EvidenceOf(r.Why)
		from, until := insider.DayBounds(a.Day)
		if e.For > 0 {
			from = a.At - e.For
		}
		kinds := make([]string, len(e.Kinds))
		for i, k := range e.Kinds {
			kinds[i] = strconv.Itoa(int(k))
		}
		where := "staff_id = $1 AND at >= $2 AND at < $3 AND kind IN (" + strings.Join(kinds, ", ") + ")"
		for _, c := range []struct {
			is   bool
			text string
		}{{e.WithoutOnly, " AND contact = ''"}, {e.OffOnly, " AND off_shift = 1"}, {e.HighOnly, " AND high = 1"}, {e.DecoyOnly, " AND decoy = 1"}} {
			if c.is {
				where += c.text
			}
		}
		rows, err := s.doings(ctx, where+" ORDER BY at DESC, seq DESC LIMIT $4", a.Staff, from, until, maxEvidence)
		if err != nil {
			return nil, err
		}
		for _, n := range rows {
			if !seen[n.Seq] && len(all) < maxEvidence {
				seen[n.Seq] = true
				all = append(all, n)
			}
		}
	}
	slices.SortFunc(all, func(a, b insider.Noted) int { return int(b.Seq - a.Seq) })
	return all, nil
}

// days are what somebody did on each of some days up to one, the newest first; days on
// which they did nothing are left out.
func (s *Insiders) days(ctx context.Context, staffID string, last int64, n int64) ([]insider.DayFigures, error) {
	const op = "insiders.days"
	from, _ := insider.DayBounds(last - n + 1)
	_, until := insider.DayBounds(last)
	const perDay = int64(86_400_000_000)
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT at / $4, COUNT(DISTINCT CASE WHEN kind <= 2 AND customer_id <> '' THEN customer_id END),
		COUNT(DISTINCT CASE WHEN kind <= 2 AND contact = '' AND customer_id <> '' THEN customer_id END),
		SUM(CASE WHEN kind <= 2 THEN 1 ELSE 0 END), SUM(CASE WHEN kind = 2 THEN 1 ELSE 0 END), SUM(CASE WHEN kind = 3 THEN 1 ELSE 0 END),
		SUM(CASE WHEN kind = 4 THEN 1 ELSE 0 END), SUM(CASE WHEN kind = 6 THEN 1 ELSE 0 END), SUM(CASE WHEN kind = 7 THEN 1 ELSE 0 END),
		SUM(CASE WHEN kind = 5 THEN 1 ELSE 0 END), SUM(CASE WHEN kind <= 2 AND off_shift = 1 THEN 1 ELSE 0 END)
		FROM staff_doing WHERE staff_id = $1 AND at >= $2 AND at < $3 GROUP BY at / $4 ORDER BY at / $4 DESC LIMIT 60`, staffID, from, until, perDay)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var all []insider.DayFigures
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var d insider.DayFigures
		err := r.Scan(&d.Day, &d.Customers, &d.Without, &d.Looks, &d.Reveals, &d.Searches, &d.Exports, &d.Payments, &d.Refused, &d.Works, &d.Off)
		all = append(all, d)
		return err
	})
	return all, engine.MapError(op, err)
}

func (s *Insiders) decisions(ctx context.Context, staffID string) (all []insider.Decision, err error) {
	const op = "insiders.decisions"
	rows, err := s.core.DB.Reader.QueryContext(ctx, `SELECT d.id, d.finding_id, d.staff_id, d.verdict, d.reason, COALESCE(m.name, d.made_by), d.at, d.approval, COALESCE(x.name, '')
		FROM staff_decision d LEFT JOIN staff m ON m.id = d.made_by LEFT JOIN approval a ON a.id = d.approval LEFT JOIN staff x ON x.id = a.decider
		WHERE d.staff_id = $1 ORDER BY d.at DESC, d.id DESC LIMIT 100`, staffID)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var d insider.Decision
		var verdict string
		err := r.Scan(&d.ID, &d.Finding, &d.Staff, &verdict, &d.Reason, &d.By, &d.At, &d.Approval, &d.Second)
		d.Verdict = insider.Verdict(verdict)
		all = append(all, d)
		return err
	})
	return all, engine.MapError(op, err)
}

// waiting is what a second person has to agree to about somebody.
func (s *Insiders) waiting(ctx context.Context, staffID string) (r approval.Request, found bool, err error) {
	const op = "insiders.waiting"
	var id string
	err = s.core.DB.Reader.QueryRowContext(ctx, "SELECT id FROM approval WHERE kind = $1 AND subject = $2 AND state = 'pending' AND expires_at > $3",
		approval.Restrain, subject(staffID), s.core.Now().UnixMicro()).Scan(&id)
	if mapped := engine.MapError(op, err); mapped != nil {
		if fault.Is(mapped, fault.NotFound) {
			mapped = nil
		}
		return r, false, mapped
	}
	r, err = s.gate.Request(ctx, id)
	return r, err == nil, err
}
