// Package runs keeps what customers do for themselves: each run of a flow with what
// was told and entered, sealed; and the text of every flow that a run began with.
// Whoever changes a run names the revision that they saw.
package runs

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reach"
)

// Runs is the part of the store that this package is.
type Runs struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Runs { return &Runs{core: c} }

// maxCases is how many of a customer's conversations are told of a run: the newest by their
// last word.
const maxCases = 50

func aad(id string) string { return "flow run/" + id }

// mayRun refuses all but the part of Kefu that carries runs out.
func mayRun(op string, p identity.Principal) error {
	if !policy.Allow(p, policy.RunFlows, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not run flows", p.Kind)
	}
	return nil
}

// allow asks whether p may do a to a run of a customer, or to what conversation they
// would begin one in: staff in the conversation that it belongs to, where that goes on
// now; who sees everything in any. A refusal of staff is recorded. Errors: NotFound, for
// whoever may not know of it; Forbidden for who may look and no more.
func (r *Runs) allow(ctx context.Context, op string, p identity.Principal, a policy.Action, run, conversation, customer string) error {
	object := policy.Object{CustomerID: customer}
	if p.Kind == identity.Staff && conversation != "" {
		var err error
		if object, err = reach.Of(ctx, r.core.DB.Reader, conversation, customer); err != nil {
			return err
		}
	}
	var refusal error
	switch {
	case policy.Allow(p, a, object):
		return nil
	case policy.Allow(p, policy.ReadRuns, object):
		refusal = fault.New(fault.Forbidden, op, "%s may look, and no more", p.Kind)
	default:
		refusal = fault.New(fault.NotFound, op, "there is no such run for %s", p.Kind)
	}
	read := core.Read{Action: "run.refuse", ObjectType: "run", ObjectID: run, Subject: object.CustomerID, Purpose: string(a)}
	if run == "" {
		read.ObjectType, read.ObjectID = "conversation", conversation
	}
	return reach.Refused(ctx, r.core, p, read, refusal)
}

// AddFlowRun keeps a new run. Errors: NotFound and Forbidden for who may not; TooMany
// when the customer has as many open as there may be; Conflict when it is there.
func (r *Runs) AddFlowRun(ctx context.Context, p identity.Principal, n selfservice.Record) error {
	const op = "runs.AddFlowRun"
	if !engine.ValidKey(n.ID) || !engine.ValidKey(n.ConversationID) || !engine.ValidKey(n.CustomerID) {
		return fault.New(fault.Invalid, op, "a run belongs to nobody")
	}
	if err := r.allow(ctx, op, p, policy.WalkRun, n.ID, n.ConversationID, n.CustomerID); err != nil {
		return err
	}
	body, err := json.Marshal(n)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var open int
		err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*) FROM flow_run WHERE customer_id = $1 AND over_at = 0", n.CustomerID).Scan(&open)
		if err != nil {
			return engine.MapError(op, err)
		}
		if open >= selfservice.MaxOpen {
			return fault.New(fault.TooMany, op, "the customer has %d runs open", open)
		}
		sealed, ref, err := t.Seal(body, aad(n.ID))
		if err != nil {
			return err
		}
		t.Record(p, "run.start", "run", n.ID, n.CustomerID)
		_, err = t.SQL.ExecContext(ctx, `INSERT INTO flow_run (id, customer_id, conversation_id, flow, digest, state, revision, started_at, changed_at, over_at, due_at, news, asked, body, body_ref)
			VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7, $8, $9, $10, $11, $12, $13)`,
			n.ID, n.CustomerID, n.ConversationID, n.Flow, n.Digest, string(n.State), t.Now, overAt(n, t.Now), clock.Micros(n.DueAt), n.News, n.Asks(), sealed, ref)
		if err != nil {
			return engine.MapError(op, err)
		}
		if err := hold(ctx, t, p, n); err != nil {
			return err
		}
		return tell(ctx, t, n, 1)
	})
}

// tell has whoever shows a run hear that it is another revision now.
func tell(ctx context.Context, t *core.Tx, n selfservice.Record, revision int64) error {
	const op = "runs.tell"
	o, here, err := reach.Way(ctx, t.SQL, n.ConversationID, n.CustomerID)
	if err != nil && !fault.Is(err, fault.NotFound) { // of another customer's conversation nobody hears of it
		return err
	}
	change := event.RunChange{ID: n.ID, Revision: revision, State: string(n.State), CustomerID: n.CustomerID}
	for _, id := range here {
		change.Places = append(change.Places, event.Place{Conversation: id, Reach: o})
	}
	rows, err := t.SQL.QueryContext(ctx, "SELECT id FROM conversation WHERE customer_id = $1 ORDER BY last_activity DESC LIMIT $2", n.CustomerID, maxCases)
	if err != nil {
		return engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(row *sql.Rows) error {
		var id string
		err := row.Scan(&id)
		if !slices.Contains(here, id) { // only who sees everything hears of it there
			change.Places = append(change.Places, event.Place{Conversation: id, Reach: policy.Object{CustomerID: n.CustomerID}})
		}
		return err
	})
	t.Commit.Runs = append(t.Commit.Runs, change)
	return engine.MapError(op, err)
}

// overAt is when a run that is over was so: now, the first time that it is kept so.
func overAt(n selfservice.Record, now int64) int64 {
	if n.State.Over() {
		return now
	}
	return 0
}

// SaveFlowRun keeps a run in the place of the revision that it was made from. Errors:
// NotFound and Forbidden for who may not, and for a file that is not theirs to give;
// TooMany with the field "file" for one for which the customer's runs have no room;
// Conflict when somebody else was first.
func (r *Runs) SaveFlowRun(ctx context.Context, p identity.Principal, n selfservice.Record) error {
	const op = "runs.SaveFlowRun"
	if p.Kind == identity.System {
		if err := mayRun(op, p); err != nil {
			return err
		}
	} else if err := r.allow(ctx, op, p, policy.WalkRun, n.ID, n.ConversationID, n.CustomerID); err != nil {
		return err
	}
	body, err := json.Marshal(n)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var old int64
		err := t.SQL.QueryRowContext(ctx, "SELECT body_ref FROM flow_run WHERE id = $1 AND customer_id = $2 AND revision = $3 AND (over_at = 0 OR due_at > 0)",
			n.ID, n.CustomerID, n.Revision).Scan(&old)
		if err = engine.MapError(op, err); fault.Is(err, fault.NotFound) {
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "revision", Reason: "changed", Message: "somebody else was first"}
		}
		if err != nil {
			return err
		}
		sealed, ref, err := t.Seal(body, aad(n.ID))
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, "UPDATE flow_run SET state = $1, revision = revision + 1, changed_at = $2, over_at = $3, due_at = $4, news = $5, body = $6, body_ref = $7, flow = $8, digest = $9, asked = $10 WHERE id = $11",
			string(n.State), t.Now, overAt(n, t.Now), clock.Micros(n.DueAt), n.News, sealed, ref, n.Flow, n.Digest, n.Asks(), n.ID)
		if err != nil {
			return engine.MapError(op, err)
		}
		if err := hold(ctx, t, p, n); err != nil {
			return err
		}
		if p.Kind == identity.Staff || n.State.Over() {
			t.Record(p, "run.walk", "run", n.ID, n.CustomerID)
		}
		if err := tell(ctx, t, n, n.Revision+1); err != nil {
			return err
		}
		return t.DestroyKeys(ctx, []int64{old})
	})
}

const columns = "id, revision, due_at, news, body, body_ref"

// scan reads a run. Of one whose body was erased nothing is left.
func (r *Runs) scan(row interface{ Scan(...any) error }) (n selfservice.Record, err error) {
	const op = "runs.scan"
	var id string
	var revision, due, ref int64
	var sealed []byte
	var news bool
	if err := row.Scan(&id, &revision, &due, &news, &sealed, &ref); err != nil {
		return n, engine.MapError(op, err)
	}
	plain, err := r.core.Open(sealed, ref, aad(id))
	if err != nil {
		return n, err
	}
	if plain == nil {
		return n, fault.New(fault.NotFound, op, "the run was erased")
	}
	if err := json.Unmarshal(plain, &n); err != nil {
		return n, fault.New(fault.Internal, op, "a run cannot be read")
	}
	n.Revision, n.DueAt, n.News = revision, clock.FromMicros(due), news
	return n, nil
}

// FlowRun finds a run. That a member of staff looked is recorded. Errors: NotFound.
func (r *Runs) FlowRun(ctx context.Context, p identity.Principal, id string) (selfservice.Record, error) {
	const op = "runs.FlowRun"
	if !engine.ValidKey(id) {
		return selfservice.Record{}, fault.New(fault.NotFound, op, "no run has an id of that form")
	}
	var whose, conversation string
	if err := r.core.DB.Reader.QueryRowContext(ctx, "SELECT customer_id, conversation_id FROM flow_run WHERE id = $1", id).Scan(&whose, &conversation); err != nil {
		return selfservice.Record{}, engine.MapError(op, err)
	}
	if err := r.allow(ctx, op, p, policy.ReadRuns, id, conversation, whose); err != nil {
		return selfservice.Record{}, err
	}
	n, err := r.scan(r.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" FROM flow_run WHERE id = $1", id))
	if err != nil {
		return selfservice.Record{}, err
	}
	if !open(p, n) {
		return selfservice.Record{}, fault.New(fault.NotFound, op, "there is no such run for %s", p.Kind)
	}
	return n, r.looked(ctx, p, whose, n)
}

// open tells whether p, whose run it is, is known well enough to see it: what somebody
// did while they were signed in is not for who is not.
func open(p identity.Principal, n selfservice.Record) bool {
	return p.Kind != identity.Visitor || n.Visitor
}

// looked notes in the audit chain that a member of staff reads runs.
func (r *Runs) looked(ctx context.Context, p identity.Principal, whose string, all ...selfservice.Record) error {
	if p.Kind != identity.Staff || len(all) == 0 {
		return nil
	}
	reads := make([]core.Read, len(all))
	for i, n := range all {
		reads[i] = core.Read{Action: "run.read", ObjectType: "run", ObjectID: n.ID, Subject: whose}
	}
	return r.core.RecordRead(ctx, p, reads...)
}

// OpenFlowRuns lists the runs of a customer that are not over, and those that ended
// lately while nobody was there, the newest first, at most MaxPage: for themselves, and
// for staff who see everything. Errors: NotFound for who may not.
func (r *Runs) OpenFlowRuns(ctx context.Context, p identity.Principal, customerID string) ([]selfservice.Record, error) {
	const op = "runs.OpenFlowRuns"
	if err := r.allow(ctx, op, p, policy.ReadRuns, "", "", customerID); err != nil {
		return nil, err
	}
	since := r.core.Now().Add(-selfservice.NewsFor).UnixMicro()
	return r.list(ctx, p, customerID, "customer_id = $1 AND (over_at = 0 OR (news AND over_at > $2))", customerID, since)
}

// AskedFlowRuns lists the questions that Kefu itself put to a customer and that nobody has
// answered, the newest first. Errors: Forbidden.
func (r *Runs) AskedFlowRuns(ctx context.Context, p identity.Principal, customerID string) ([]selfservice.Record, error) {
	if err := mayRun("runs.AskedFlowRuns", p); err != nil {
		return nil, err
	}
	return r.list(ctx, p, customerID, "customer_id = $1 AND over_at = 0 AND asked", customerID)
}

// SeeFlowRun notes that its customer has looked at how a run ended. Errors: NotFound for
// everybody else.
func (r *Runs) SeeFlowRun(ctx context.Context, p identity.Principal, id string) error {
	const op = "runs.SeeFlowRun"
	if !p.Kind.CustomerSide() || !policy.Allow(p, policy.ReadRuns, policy.Object{CustomerID: p.ID}) || !engine.ValidKey(id) {
		return fault.New(fault.NotFound, op, "there is no such run for %s", p.Kind)
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, "UPDATE flow_run SET news = $1 WHERE id = $2 AND customer_id = $3", false, id, p.ID)
		if err != nil {
			return engine.MapError(op, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return &fault.Error{Code: fault.NotFound, Op: op, Message: "there is no such run", Err: err}
		}
		return nil
	})
}

// FlowRunsOf lists, for staff, the runs of a conversation and of those that were merged
// into it, the newest first, at most MaxPage; for who sees everything also those of its
// customer that are not over. Errors: NotFound.
func (r *Runs) FlowRunsOf(ctx context.Context, p identity.Principal, conversationID string) ([]selfservice.Record, error) {
	whose, err := r.FlowCustomer(ctx, p, conversationID)
	if err != nil {
		return nil, err
	}
	where := "customer_id = $1 AND (conversation_id = $2 OR conversation_id IN (SELECT id FROM conversation WHERE customer_id = $1 AND merged_into = $2)"
	if policy.Allow(p, policy.ReadRuns, policy.Object{CustomerID: whose}) {
		where += " OR over_at = 0"
	}
	return r.list(ctx, p, whose, where+")", whose, conversationID)
}

func (r *Runs) list(ctx context.Context, p identity.Principal, whose, where string, args ...any) ([]selfservice.Record, error) {
	const op = "runs.list"
	rows, err := r.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" FROM flow_run WHERE "+where+" ORDER BY started_at DESC, id DESC LIMIT 50", args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	found, err := r.all(op, rows)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(n selfservice.Record) bool { return !open(p, n) })
	return found, r.looked(ctx, p, whose, found...)
}

// all reads rows; what was erased is left out.
func (r *Runs) all(op string, rows *sql.Rows) ([]selfservice.Record, error) {
	var found []selfservice.Record
	err := engine.EachRow(rows, func(row *sql.Rows) error {
		n, err := r.scan(row)
		if err == nil {
			found = append(found, n)
		}
		if fault.Is(err, fault.NotFound) || core.IsDamaged(err) {
			return nil
		}
		return err
	})
	return found, engine.MapError(op, err)
}

// FlowCustomer is whose a conversation is, for whoever may walk or see runs with them.
// Errors: NotFound.
func (r *Runs) FlowCustomer(ctx context.Context, p identity.Principal, conversationID string) (string, error) {
	const op = "runs.FlowCustomer"
	if !engine.ValidKey(conversationID) {
		return "", fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	var whose string
	if err := r.core.DB.Reader.QueryRowContext(ctx, "SELECT customer_id FROM conversation WHERE id = $1", conversationID).Scan(&whose); err != nil {
		return "", engine.MapError(op, err)
	}
	if err := r.allow(ctx, op, p, policy.ReadRuns, "", conversationID, whose); err != nil {
		return "", err
	}
	return whose, nil
}
