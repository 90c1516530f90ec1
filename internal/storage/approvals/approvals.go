// Package approvals keeps changes that wait for a second person, and carries them
// out in the transaction in which that person approves: exactly once, and only if
// everything that was true when they were asked for still is.
package approvals

import (
	"context"
	"database/sql"
	"slices"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Executor carries out requests of one kind.
type Executor interface {
	// MayExecute tells whether somebody holds the right that a payload needs.
	MayExecute(p identity.Principal, payload []byte) bool
	// Execute does what a payload says, as its maker, under an approval. It checks
	// everything anew. Any fault but Unavailable and Internal means that the state
	// has moved.
	Execute(ctx context.Context, t *core.Tx, maker identity.Principal, payload []byte, under string) error
}

// Decider carries out requests that are made by people who could not decide them
// themselves, such as customers: what is asked for is told of the decision, in its
// transaction, and does what follows.
type Decider interface {
	// MayDecide tells whether somebody holds the right that a payload needs.
	MayDecide(p identity.Principal, payload []byte) bool
	// Approved is told of the second person's yes. Any fault but Unavailable and
	// Internal means that the state has moved.
	Approved(ctx context.Context, t *core.Tx, by identity.Principal, payload []byte, under string) error
	// Rejected is told of the second person's no.
	Rejected(ctx context.Context, t *core.Tx, by identity.Principal, payload []byte) error
}

// WalletAct is the kind of what waits to be done in the wallet.
const WalletAct = approval.WalletAct

// Approvals is the part of the store that this package is.
type Approvals struct {
	core      *core.Core
	executors map[string]Executor
	deciders  map[string]Decider
	bound     func(identity.Principal) identity.Principal // nil: nothing restricts
}

// BoundBy has what was asked for be carried out within what the house's own restrictions leave
// its maker at that time. It is called before anything is.
func (a *Approvals) BoundBy(restrict func(identity.Principal) identity.Principal) { a.bound = restrict }

// New makes it. Executors are added before it is used.
func New(c *core.Core) *Approvals {
	return &Approvals{core: c, executors: map[string]Executor{}, deciders: map[string]Decider{}}
}

// Gate is how the parts of the store ask for a second person.
type Gate struct{ approvals *Approvals }

// GateOf gives the way in for other parts of the store. It is no method, so that
// the store does not offer it to everybody.
func GateOf(a *Approvals) Gate { return Gate{a} }

// Executes says who carries out the requests of a kind.
func (g Gate) Executes(kind string, e Executor) { g.approvals.executors[kind] = e }

// Decides says who is told of decisions over the requests of a kind.
func (g Gate) Decides(kind string, d Decider) { g.approvals.deciders[kind] = d }

// Request finds a request, for who has seen to it that it may be shown.
func (g Gate) Request(ctx context.Context, id string) (approval.Request, error) {
	r, err := find(ctx, g.approvals.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" WHERE a.id = $1", id))
	return r.At(g.approvals.now()), err
}

// Drop takes back a request that nobody has to decide any more.
func (g Gate) Drop(ctx context.Context, t *core.Tx, id string) error {
	t.Commit.Approvals = true
	_, err := t.SQL.ExecContext(ctx, "UPDATE approval SET state = 'withdrawn', decided_at = $1 WHERE id = $2 AND state = 'pending'", t.Now, id)
	return engine.MapError("approvals.Drop", err)
}

// Ask tells whether p may make a change in this transaction: under an approval's
// name, which is approval.Alone where nobody else holds the right and "" for a part
// of Kefu, or not yet. Then pending is the error to be answered after the commit.
// Errors: Conflict when a change of the same thing waits already, or too many do.
func (g Gate) Ask(ctx context.Context, t *core.Tx, p identity.Principal, n approval.New) (under string, pending *approval.PendingError, err error) {
	const op = "approvals.Ask"
	if p.Kind == identity.System {
		return "", nil, nil
	}
	others, err := others(ctx, t, p.ID, approval.Approvers(n.May))
	if err != nil {
		return "", nil, err
	}
	if others == 0 {
		return approval.Alone, nil, nil
	}
	if len(n.Payload) > approval.MaxPayload {
		return "", nil, fault.New(fault.Invalid, op, "the payload is larger than %d bytes", approval.MaxPayload)
	}
	var same, all int
	if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN subject = $1 THEN 1 ELSE 0 END), 0) FROM approval WHERE state = 'pending' AND expires_at > $2 AND (kind = $3) = $4", n.Subject, t.Now, WalletAct, n.Kind == WalletAct).Scan(&all, &same); err != nil {
		return "", nil, engine.MapError(op, err)
	}
	if same > 0 {
		return "", nil, &fault.Error{Code: fault.Conflict, Op: op, Field: "approval", Reason: "waiting", Message: "a change of the same thing waits already"}
	}
	if all >= approval.MaxOf(n.Kind) {
		return "", nil, &fault.Error{Code: fault.Conflict, Op: op, Field: "approval", Reason: "too_many", Message: "too many changes wait"}
	}
	made := id.New()
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO approval (id, kind, subject, payload, hash, summary, maker, created_at, expires_at, state, decider, decided_at, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', '', 0, '')`,
		made, n.Kind, n.Subject, string(n.Payload), approval.HashOf(n.Kind, n.Subject, n.Payload), n.Summary, p.ID, t.Now, t.Now+approval.Life.Microseconds())
	t.Record(p, "approval.ask", "approval", made, "")
	t.Commit.Approvals = true
	return "", &approval.PendingError{ID: made}, engine.MapError(op, err)
}

// others counts who else has one of the roles. Whom a rule keeps out until they are judged
// counts: somebody who has brought that about does not stand alone by it.
func others(ctx context.Context, t *core.Tx, but string, roles []identity.Role) (n int, err error) {
	const op = "approvals.others"
	rows, err := t.SQL.QueryContext(ctx, `SELECT f.role, COUNT(*) FROM staff f WHERE f.id <> $1 AND (f.disabled_at = 0
		OR EXISTS (SELECT 1 FROM staff_restraint r WHERE r.staff_id = f.id AND r.lifted_at = 0 AND r.made_by = '')) GROUP BY f.role`, but)
	if err != nil {
		return 0, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var role string
		var count int
		err := r.Scan(&role, &count)
		if slices.Contains(roles, identity.Role(role)) {
			n += count
		}
		return err
	})
	return n, engine.MapError(op, err)
}

const columns = `a.id, a.kind, a.subject, a.payload, a.hash, a.summary, a.maker, COALESCE(m.name, ''), a.created_at, a.expires_at,
	a.state, a.decider, COALESCE(d.name, ''), a.decided_at, a.reason
	FROM approval a LEFT JOIN staff m ON m.id = a.maker LEFT JOIN staff d ON d.id = a.decider`

func scanRequest(scan func(...any) error) (approval.Request, error) {
	var r approval.Request
	var payload, state string
	err := scan(&r.ID, &r.Kind, &r.Subject, &payload, &r.Hash, &r.Summary, &r.MakerID, &r.MakerName, &r.CreatedAt, &r.ExpiresAt,
		&state, &r.DeciderID, &r.Decider, &r.DecidedAt, &r.Reason)
	r.Payload, r.State = []byte(payload), approval.State(state)
	return r, err
}

func find(ctx context.Context, row *sql.Row) (approval.Request, error) {
	r, err := scanRequest(row.Scan)
	return r, engine.MapError("approvals.find", err)
}

// ListApprovals gives the requests but those of acts in the wallet and of findings about
// staff, which are seen with those and by other people, the newest first, at most limit (1 to MaxPage)
// of them behind the one whose ID is after: those that wait, or those that were
// decided; to who does not decide, their own. Errors: Forbidden.
func (a *Approvals) ListApprovals(ctx context.Context, p identity.Principal, waiting bool, after string, limit int) ([]approval.Request, error) {
	const op = "approvals.ListApprovals"
	own := ""
	if !policy.Allow(p, policy.ReadApprovals, policy.Object{}) {
		if own = p.ID; !policy.Allow(p, policy.ReadApprovals, policy.Object{StaffID: own}) {
			return nil, fault.New(fault.Forbidden, op, "%s %s may not see approvals", p.Kind, p.Role)
		}
	}
	now := a.now()
	rows, err := a.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+` WHERE (a.state = 'pending' AND a.expires_at > $1) = $2 AND a.kind NOT IN ('`+WalletAct+`', '`+approval.Restrain+`')
		AND ($5 = '' OR a.maker = $5) AND ($3 = '' OR (a.created_at, a.id) < (SELECT created_at, id FROM approval WHERE id = $3)) ORDER BY a.created_at DESC, a.id DESC LIMIT $4`,
		now, waiting, after, min(max(limit, 1), approval.MaxPage), own)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	all := []approval.Request{}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		found, err := scanRequest(r.Scan)
		all = append(all, found.At(now))
		return err
	})
	return all, engine.MapError(op, err)
}

// Approval finds a request. Errors: Forbidden, NotFound.
func (a *Approvals) Approval(ctx context.Context, p identity.Principal, id string) (approval.Request, error) {
	const op = "approvals.Approval"
	if !policy.Allow(p, policy.ReadApprovals, policy.Object{StaffID: p.ID}) {
		return approval.Request{}, fault.New(fault.Forbidden, op, "%s %s may not see approvals", p.Kind, p.Role)
	}
	r, err := find(ctx, a.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" WHERE a.id = $1", id))
	if err == nil && (approval.Apart(r.Kind) || !policy.Allow(p, policy.ReadApprovals, policy.Object{StaffID: r.MakerID})) {
		return approval.Request{}, fault.New(fault.NotFound, op, "it is seen with what it is about")
	}
	return r.At(a.now()), err
}

func (a *Approvals) now() int64 { return clock.Micros(a.core.Now()) }

// may is the right that a request needs.
func (a *Approvals) may(r approval.Request) func(identity.Principal) bool {
	e := a.executors[r.Kind]
	if d := a.deciders[r.Kind]; d != nil {
		return func(p identity.Principal) bool { return d.MayDecide(p, r.Payload) }
	}
	return func(p identity.Principal) bool { return e != nil && e.MayExecute(p, r.Payload) }
}

// MayDecide tells whether p could approve or reject a request that waits.
func (a *Approvals) MayDecide(p identity.Principal, r approval.Request) bool {
	return r.CheckApprove(p, a.now(), r.Hash, a.may(r)) == nil
}
