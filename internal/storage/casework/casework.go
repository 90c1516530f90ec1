// Package casework keeps cases: their events, each sealed and never changed, and beside
// them what follows from those for lists, alarms and figures. Who may is decided here,
// for the case as the transaction finds it.
package casework

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Cases is the part of the store that this package is.
type Cases struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Cases { return &Cases{core: c} }

type queryer interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

func aad(id string, seq int64) string { return "case event/" + id + "/" + strconv.FormatInt(seq, 10) }

// AddCase opens a case with its first event, or gives the one that was opened from the
// same origin before. Errors: Forbidden; NotFound for a conversation that is not the
// customer's; TooMany when as many are open as there may be; Conflict.
func (s *Cases) AddCase(ctx context.Context, p identity.Principal, h cases.Head, origin string, b *jurisdiction.Book, e cases.Event) (*cases.Case, error) {
	const op = "casework.AddCase"
	if !engine.ValidKey(h.ID) || !engine.ValidKey(h.CustomerID) || !engine.ValidKey(h.Reference) || (e.Conversation != "" && !engine.ValidKey(e.Conversation)) {
		return nil, fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	if !policy.Allow(p, policy.OpenCase, policy.Object{CustomerID: h.CustomerID, DataRequest: e.Type == jurisdiction.DataRequest}) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not open a case", p.Kind, p.Role)
	}
	var opened *cases.Case
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if origin != "" {
			var found string
			err := engine.MapError(op, t.SQL.QueryRowContext(ctx, "SELECT id FROM case_file WHERE origin = $1 AND customer_id = $2", origin, h.CustomerID).Scan(&found))
			if err == nil {
				opened, err = s.load(ctx, t.SQL, found)
				return err
			}
			if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		if err := s.mayOpen(ctx, t, h, e); err != nil {
			return err
		}
		c := cases.New(h)
		if err := s.add(ctx, t, p, c, b, []cases.Event{e}); err != nil {
			return err
		}
		_, err := t.SQL.ExecContext(ctx, `INSERT INTO case_file (id, reference, origin, customer_id, type, jurisdiction, stage, assignee_id, revision, noticed_at, opened_at, changed_at,
			due_at, breached, broken, outcome, answered_at, over_at, keep_until, reckoned_by, proven_at, still_since) VALUES ($1, $2, $3, $4, '', '', '', '', 0, 0, 0, 0, 0, 0, $5, '', 0, 0, 0, '', 0, 0)`,
			h.ID, h.Reference, origin, h.CustomerID, false)
		if err != nil {
			return engine.MapError(op, err)
		}
		opened = c
		return s.index(ctx, t, c, b, nil)
	})
	if err != nil {
		return nil, err
	}
	return opened, nil
}

func (s *Cases) mayOpen(ctx context.Context, t *core.Tx, h cases.Head, e cases.Event) error {
	const op = "casework.mayOpen"
	if e.Conversation != "" {
		var owner string
		if err := t.SQL.QueryRowContext(ctx, "SELECT customer_id FROM conversation WHERE id = $1", e.Conversation).Scan(&owner); err != nil {
			return engine.MapError(op, err)
		}
		if owner != h.CustomerID {
			return fault.New(fault.NotFound, op, "the conversation is another customer's")
		}
	}
	var open int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM case_file WHERE customer_id = $1 AND over_at = 0", h.CustomerID).Scan(&open); err != nil {
		return engine.MapError(op, err)
	}
	if open >= cases.MaxOpen {
		return fault.New(fault.TooMany, op, "the customer has %d cases open", open)
	}
	return nil
}

// ReasonProof is why it is not noted that somebody is who they say: they have not proven it
// in the wallet within the last minutes.
const ReasonProof = "proof"

// add applies events to a case and writes them, as of the transaction's time and by
// whoever asks.
func (s *Cases) add(ctx context.Context, t *core.Tx, p identity.Principal, c *cases.Case, b *jurisdiction.Book, events []cases.Event) error {
	const op = "casework.add"
	for _, e := range events {
		e.At, e.By = t.Now, cases.ByOf(p)
		if last := len(c.Events); last > 0 {
			e.At = max(e.At, c.Events[last-1].At) // clocks of machines go back
		}
		if e.Overseen() && !policy.Allow(p, policy.OverseeCase, c.Object()) {
			return fault.New(fault.Forbidden, op, "%s %s may not hold a case or let it go", p.Kind, p.Role)
		}
		if c.NeedsLead(e) && !policy.Allow(p, policy.LeadPrivacy, policy.Object{CustomerID: c.CustomerID}) {
			return fault.New(fault.Forbidden, op, "%s %s does not lead requests about data", p.Kind, p.Role)
		}
		if e.Kind == cases.Identified && (p.Kind != identity.Customer || p.Level < identity.AL2) {
			return &fault.Error{Code: fault.Forbidden, Op: op, Reason: ReasonProof, Message: "the customer has not proven who they are just now"}
		}
		if e.Unproven() {
			if !policy.Allow(p, policy.OverseeCase, c.Object()) {
				return &fault.Error{Code: fault.Forbidden, Op: op, Field: "act", Reason: "no_act", Message: "without an act in the wallet a supervisor has to say so"}
			}
			e.When = 0 // it counts from when somebody vouched for it
		}
		if e.When == 0 {
			e.When = e.At
		}
		if err := s.assign(ctx, t, c, &e); err != nil {
			return err
		}
		if err := c.Check(b, e); err != nil {
			return err
		}
		if err := c.Apply(e); err != nil {
			return err
		}
		e = c.Events[len(c.Events)-1]
		if e.Conversation != "" {
			if err := s.link(ctx, t, c, e); err != nil {
				return err
			}
		}
		if e.Cites() {
			if err := s.cite(ctx, t, c, e.Act); err != nil {
				return err
			}
		}
		body, err := json.Marshal(e.Data)
		if err != nil {
			return fault.Wrap(op, err)
		}
		sealed, ref, err := t.Seal(body, aad(c.ID, e.Seq))
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, "INSERT INTO case_event (case_id, seq, kind, at, happened_at, by_kind, by_id, body, body_ref) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			c.ID, e.Seq, string(e.Kind), e.At, e.When, int64(e.By.Kind), e.By.ID, sealed, ref)
		if err != nil {
			return engine.MapError(op, err)
		}
		t.Record(p, "case."+string(e.Kind), "case", c.ID, c.CustomerID)
	}
	return nil
}

// assign sees to it that a case is given to nobody who could not lead it: it would stand
// in no list that anybody works from. Errors: Invalid for who may not be given it.
func (s *Cases) assign(ctx context.Context, t *core.Tx, c *cases.Case, e *cases.Event) error {
	const op = "casework.assign"
	if e.Staff == "" || (e.Kind != cases.Assigned && e.Kind != cases.Opened) {
		return nil
	}
	member := identity.Principal{Kind: identity.Staff, ID: e.Staff}
	var role string
	err := engine.MapError(op, t.SQL.QueryRowContext(ctx, "SELECT role FROM staff WHERE id = $1 AND disabled_at = 0", e.Staff).Scan(&role))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	member.Role = identity.Role(role)
	if err == nil && policy.Allow(member, policy.WorkCase, policy.Object{CustomerID: c.CustomerID, AssigneeID: member.ID, DataRequest: c.Type == jurisdiction.DataRequest}) {
		return nil
	}
	if e.Kind == cases.Opened {
		e.Staff = "" // who has the conversation may be of a partner firm: the case is anybody's
		return nil
	}
	return fault.InvalidFor(op, "staff", "cannot_lead", "is nobody here who may lead cases")
}

// link puts the conversation to a case that is told of in it; whatever an event points to
// is of the case's customer. Errors: NotFound when it is not.
func (s *Cases) link(ctx context.Context, t *core.Tx, c *cases.Case, e cases.Event) error {
	const op = "casework.link"
	var owner string
	if !engine.ValidKey(e.Conversation) {
		return fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	if err := t.SQL.QueryRowContext(ctx, "SELECT customer_id FROM conversation WHERE id = $1", e.Conversation).Scan(&owner); err != nil {
		return engine.MapError(op, err)
	}
	if owner != c.CustomerID {
		return fault.New(fault.NotFound, op, "the conversation is another customer's")
	}
	if e.Kind != cases.Opened && e.Kind != cases.Noticed && e.Kind != cases.Linked {
		return nil
	}
	_, err := t.SQL.ExecContext(ctx, "INSERT INTO case_conversation (conversation_id, case_id) VALUES ($1, $2) ON CONFLICT (conversation_id, case_id) DO NOTHING", e.Conversation, c.ID)
	return engine.MapError(op, err)
}

// cite notes that a case rests on an act in the wallet. Errors: Conflict when another one
// does.
func (s *Cases) cite(ctx context.Context, t *core.Tx, c *cases.Case, act string) error {
	const op = "casework.cite"
	if !engine.ValidKey(act) {
		return fault.New(fault.NotFound, op, "no act has an id of that form")
	}
	var holder string
	err := t.SQL.QueryRowContext(ctx, "INSERT INTO case_act (act_id, case_id) VALUES ($1, $2) ON CONFLICT (act_id) DO UPDATE SET act_id = excluded.act_id RETURNING case_id", act, c.ID).Scan(&holder)
	if err != nil {
		return engine.MapError(op, err)
	}
	if holder != c.ID {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "act", Reason: "act_used", Message: "the act is in another case"}
	}
	return nil
}

// index writes what follows from the events. rung is up to where clocks rang; nil for
// what the rows say.
func (s *Cases) index(ctx context.Context, t *core.Tx, c *cases.Case, b *jurisdiction.Book, rung map[string]int64) error {
	const op = "casework.index"
	if rung == nil {
		var err error
		if rung, err = rungOf(ctx, t.SQL, c.ID); err != nil {
			return err
		}
	}
	x := c.IndexOf(b, t.Now, rung)
	outcome, broken := cases.Outcome(""), false
	if c.Decision != nil {
		outcome = c.Decision.Outcome
	}
	for _, a := range x.Clocks {
		broken = broken || a.State == sla.Breached
	}
	_, err := t.SQL.ExecContext(ctx, `UPDATE case_file SET type = $1, jurisdiction = $2, stage = $3, assignee_id = $4, revision = $5, noticed_at = $6, opened_at = $7, changed_at = $8,
		due_at = $9, breached = $10, broken = $11, outcome = $12, answered_at = $13, over_at = $14, keep_until = $15, reckoned_by = $16, proven_at = $17, still_since = $18 WHERE id = $19`,
		string(c.Type), c.Jurisdiction, string(c.Stage), c.Assignee, len(c.Events), c.NoticedAt, c.OpenedAt, c.ChangedAt, x.DueAt, x.Breached, broken, string(outcome), c.AnsweredAt,
		c.OverAt, x.KeepTill, b.Digest(), c.ProvenAt(), c.StillSince, c.ID)
	if err != nil {
		return engine.MapError(op, err)
	}
	Tell(t, c.CustomerID)
	if _, err := t.SQL.ExecContext(ctx, "DELETE FROM case_clock WHERE case_id = $1", c.ID); err != nil {
		return engine.MapError(op, err)
	}
	for _, a := range x.Clocks {
		_, err := t.SQL.ExecContext(ctx, "INSERT INTO case_clock (case_id, clock, state, due_at, ring_at, rung_at) VALUES ($1, $2, $3, $4, $5, $6)",
			c.ID, a.Clock, string(a.State), a.DueAt, a.RingAt, rung[a.Clock])
		if err != nil {
			return engine.MapError(op, err)
		}
	}
	return nil
}

// Tell has a customer's windows hear that a case of theirs is not as it was.
func Tell(t *core.Tx, customer string) {
	if !slices.Contains(t.Commit.Cases, customer) {
		t.Commit.Cases = append(t.Commit.Cases, customer)
	}
}

func rungOf(ctx context.Context, from queryer, id string) (map[string]int64, error) {
	const op = "casework.rungOf"
	rows, err := from.QueryContext(ctx, "SELECT clock, rung_at FROM case_clock WHERE case_id = $1", id)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	rung := map[string]int64{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var clock string
		var at int64
		err := r.Scan(&clock, &at)
		rung[clock] = at
		return err
	})
	return rung, engine.MapError(op, err)
}

// load reads a case with all that happened to it. Errors: NotFound.
func (s *Cases) load(ctx context.Context, from queryer, id string) (*cases.Case, error) {
	const op = "casework.load"
	h := cases.Head{ID: id}
	if err := from.QueryRowContext(ctx, "SELECT reference, customer_id FROM case_file WHERE id = $1", id).Scan(&h.Reference, &h.CustomerID); err != nil {
		return nil, engine.MapError(op, err)
	}
	rows, err := from.QueryContext(ctx, "SELECT seq, kind, at, happened_at, by_kind, by_id, body, body_ref FROM case_event WHERE case_id = $1 ORDER BY seq", id)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var events []cases.Event
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var e cases.Event
		var kind string
		var by, ref int64
		var sealed []byte
		if err := r.Scan(&e.Seq, &kind, &e.At, &e.When, &by, &e.By.ID, &sealed, &ref); err != nil {
			return err
		}
		e.Kind, e.By.Kind = cases.Kind(kind), identity.Kind(by)
		body, err := s.core.Open(sealed, ref, aad(id, e.Seq))
		if err != nil {
			return err
		}
		if body == nil {
			return fault.New(fault.NotFound, op, "the case was erased")
		}
		if err := json.Unmarshal(body, &e.Data); err != nil {
			return fault.New(fault.Internal, op, "an event of a case cannot be read")
		}
		events = append(events, e)
		return nil
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	return cases.Fold(h, events)
}

// Case reads a case. That a member of staff looked is recorded. Errors: NotFound, also
// for who may not know of it.
func (s *Cases) Case(ctx context.Context, p identity.Principal, id string) (*cases.Case, error) {
	const op = "casework.Case"
	if !engine.ValidKey(id) {
		return nil, fault.New(fault.NotFound, op, "no case has an id of that form")
	}
	c, err := s.load(ctx, s.core.DB.Reader, id)
	if err != nil {
		return nil, err
	}
	if !policy.Allow(p, policy.ReadCases, c.Object()) {
		return nil, fault.New(fault.NotFound, op, "%s may not know of it", p.Kind)
	}
	if p.Kind.Recorded() {
		if err := s.core.RecordRead(ctx, p, core.Read{Action: "case.read", ObjectType: "case", ObjectID: id, Subject: c.CustomerID}); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// ExportCase reads a case for somebody who takes it out of the house, which is recorded.
// Errors: NotFound; Forbidden for who may not.
func (s *Cases) ExportCase(ctx context.Context, p identity.Principal, id string) (*cases.Case, error) {
	const op = "casework.ExportCase"
	c, err := s.Case(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if !policy.Allow(p, policy.OverseeCase, c.Object()) {
		return nil, fault.New(fault.Forbidden, op, "%s %s may not take a case out of the house", p.Kind, p.Role)
	}
	if err := s.core.RecordFirst(ctx, p, core.Read{Action: "case.export", ObjectType: "case", ObjectID: id, Subject: c.CustomerID}); err != nil {
		return nil, err
	}
	return c, nil
}

// AnyRevision stands for whichever revision there is.
const AnyRevision = -1

// ChangeCase adds what do works out, in the transaction that finds the case as it is.
// The time and the author of events are the store's. Errors: NotFound and Forbidden for
// who may not; Conflict when it has changed since a revision, and those of the events.
func (s *Cases) ChangeCase(ctx context.Context, p identity.Principal, id string, revision int64, b *jurisdiction.Book, do func(c *cases.Case, now int64) ([]cases.Event, error)) (*cases.Case, error) {
	const op = "casework.ChangeCase"
	if !engine.ValidKey(id) {
		return nil, fault.New(fault.NotFound, op, "no case has an id of that form")
	}
	action := policy.WorkCase
	if p.IsCustomer() {
		action = policy.AnswerCase
	}
	var changed *cases.Case
	err := s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		c, err := s.load(ctx, t.SQL, id)
		if err != nil {
			return err
		}
		o := c.Object()
		switch {
		case !policy.Allow(p, policy.ReadCases, o):
			return fault.New(fault.NotFound, op, "%s may not know of it", p.Kind)
		case !policy.Allow(p, action, o):
			return fault.New(fault.Forbidden, op, "the case is a colleague's")
		case revision != AnyRevision && revision != int64(len(c.Events)):
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "revision", Reason: "changed", Message: "it has changed meanwhile"}
		}
		events, err := do(c, t.Now)
		if err != nil {
			return err
		}
		if err := s.add(ctx, t, p, c, b, events); err != nil {
			return err
		}
		changed = c
		return s.index(ctx, t, c, b, nil)
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}
