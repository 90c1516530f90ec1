package approvals

import (
	"context"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Approve carries out a request whose payload has the hash that p saw. Errors:
// NotFound; Forbidden, for the maker too; Conflict with the field hash for another
// payload, with state when it waits no more, with decider when p came back by a link too
// lately, and with moved when what it is about has changed meanwhile: then it has
// expired, and somebody has to ask anew.
func (a *Approvals) Approve(ctx context.Context, p identity.Principal, id, hash string) (approval.Request, error) {
	const op = "approvals.Approve"
	var result approval.Request
	var moved error
	err := a.decide(ctx, id, func(ctx context.Context, t *core.Tx, r approval.Request) error {
		result, moved = r, nil
		if err := r.CheckApprove(p, t.Now, hash, a.may(r)); err != nil {
			return err
		}
		if err := still(ctx, t, p); err != nil {
			return err
		}
		if err := independent(ctx, t, p.ID, r.MakerID); err != nil {
			return err
		}
		result.State, result.DeciderID, result.DecidedAt = approval.Executed, p.ID, t.Now
		if moved = a.execute(ctx, t, p, r); moved != nil {
			switch fault.CodeOf(moved) {
			case fault.Unavailable, fault.Internal:
				return moved
			}
			result.State, result.Reason = approval.Expired, approval.Moved
		}
		action := "approval.approve"
		if moved != nil {
			action = "approval.moved"
		}
		t.Record(p, action, "approval", id, "")
		return save(ctx, t, result)
	})
	if err != nil {
		return approval.Request{}, err
	}
	if moved != nil {
		return approval.Request{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "moved", Reason: approval.Moved, Message: "what it is about has changed", Err: moved}
	}
	return result, nil
}

// independent refuses who came back by a colleague's link lately, and from whom a
// line of such links leads to the maker: they may be one and the same person.
func independent(ctx context.Context, t *core.Tx, decider, maker string) error {
	const op = "approvals.independent"
	var links int
	err := t.SQL.QueryRowContext(ctx, `WITH RECURSIVE handed (id) AS (
			SELECT CAST($3 AS TEXT)
			UNION SELECT i.staff_id FROM staff_invitation i JOIN handed h ON h.id = i.invited_by WHERE i.kind = $1 AND i.used_at > $2
		)
		SELECT (SELECT COUNT(*) FROM staff_invitation i JOIN staff f ON f.id = i.invited_by WHERE i.kind = $1 AND i.used_at > $2 AND i.staff_id = $3)
			+ (SELECT COUNT(*) FROM handed WHERE id = $4)`,
		string(staff.ResetMember), t.Now-approval.Settled.Microseconds(), decider, maker).Scan(&links)
	if err != nil {
		return engine.MapError(op, err)
	}
	if links > 0 {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "decider", Reason: approval.Fresh, Message: "one of the two came back by the other's link, or lately by anybody's"}
	}
	return nil
}

// still refuses who is not any more what they were when they were let in: a decision
// counts by the rights of the moment in which it is carried out.
func still(ctx context.Context, t *core.Tx, p identity.Principal) error {
	const op = "approvals.still"
	now, err := present(ctx, t, p.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || now.Role != p.Role || now.Restrained && !p.Restrained {
		return fault.New(fault.Forbidden, op, "they have lost the right to it")
	}
	return nil
}

// present is a member of staff with the rights that they have now: their role, what was
// taken from them until a finding is judged, and what they were given for an emergency.
// Errors: NotFound for nobody and for who is disabled.
func present(ctx context.Context, t *core.Tx, id string) (identity.Principal, error) {
	const op = "approvals.present"
	p := identity.Principal{Kind: identity.Staff, ID: id}
	var role string
	err := t.SQL.QueryRowContext(ctx, `SELECT f.alias, f.role,
		EXISTS (SELECT 1 FROM staff_restraint r WHERE r.staff_id = f.id AND r.lifted_at = 0),
		COALESCE((SELECT e.id FROM emergency e WHERE e.staff_id = f.id AND e.ended_at = 0 AND e.until_at > $2), '')
		FROM staff f WHERE f.id = $1 AND f.disabled_at = 0`, id, t.Now).Scan(&p.Name, &role, &p.Restrained, &p.Emergency)
	p.Role = identity.Role(role)
	return p, engine.MapError(op, err)
}

// execute lets the request's executor work as its maker, with the rights that the
// maker has now, as the house restricts them. When that fails nothing of it remains.
func (a *Approvals) execute(ctx context.Context, t *core.Tx, by identity.Principal, r approval.Request) error {
	const op = "approvals.execute"
	if d := a.deciders[r.Kind]; d != nil {
		return guarded(ctx, t, func() error { return d.Approved(ctx, t, by, r.Payload, r.ID) })
	}
	maker, err := present(ctx, t, r.MakerID)
	if err != nil {
		return err
	}
	if a.bound != nil {
		maker = a.bound(maker)
	}
	if !a.may(r)(maker) {
		return fault.New(fault.Forbidden, op, "its maker has lost the right to it")
	}
	return guarded(ctx, t, func() error { return a.executors[r.Kind].Execute(ctx, t, maker, r.Payload, r.ID) })
}

// guarded undoes what do did when it fails.
func guarded(ctx context.Context, t *core.Tx, do func() error) error {
	const op = "approvals.guarded"
	if _, err := t.SQL.ExecContext(ctx, "SAVEPOINT approval"); err != nil {
		return engine.MapError(op, err)
	}
	before := *t
	failed := do()
	if failed != nil {
		*t = before
		if err := engine.RollbackTo(ctx, t.SQL, "approval"); err != nil {
			return engine.MapError(op, err)
		}
	}
	if _, err := t.SQL.ExecContext(ctx, "RELEASE SAVEPOINT approval"); err != nil {
		return engine.MapError(op, err)
	}
	return failed
}

// Reject refuses a request, and says why. Errors: NotFound, Forbidden, Conflict,
// Invalid for the reason.
func (a *Approvals) Reject(ctx context.Context, p identity.Principal, id, reason string) error {
	return a.decide(ctx, id, func(ctx context.Context, t *core.Tx, r approval.Request) error {
		if err := r.CheckReject(p, t.Now, reason, a.may(r)); err != nil {
			return err
		}
		if err := still(ctx, t, p); err != nil {
			return err
		}
		if d := a.deciders[r.Kind]; d != nil {
			if err := d.Rejected(ctx, t, p, r.Payload); err != nil {
				return err
			}
		}
		r.State, r.DeciderID, r.DecidedAt, r.Reason = approval.Rejected, p.ID, t.Now, reason
		t.Record(p, "approval.reject", "approval", id, "")
		return save(ctx, t, r)
	})
}

// Withdraw takes back a request of p's own. Errors: NotFound, Forbidden, Conflict.
func (a *Approvals) Withdraw(ctx context.Context, p identity.Principal, id string) error {
	return a.decide(ctx, id, func(ctx context.Context, t *core.Tx, r approval.Request) error {
		if err := r.CheckWithdraw(p, t.Now); err != nil {
			return err
		}
		r.State, r.DecidedAt = approval.Withdrawn, t.Now
		t.Record(p, "approval.withdraw", "approval", id, "")
		return save(ctx, t, r)
	})
}

// decide runs a decision in a transaction. Commits come one after the other, in all
// processes, so what do finds is what stays until it ends.
func (a *Approvals) decide(ctx context.Context, id string, do func(context.Context, *core.Tx, approval.Request) error) error {
	return a.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		r, err := find(ctx, t.SQL.QueryRowContext(ctx, "SELECT "+columns+" WHERE a.id = $1", id))
		if err != nil {
			return err
		}
		return do(ctx, t, r)
	})
}

func save(ctx context.Context, t *core.Tx, r approval.Request) error {
	t.Commit.Approvals = true
	_, err := t.SQL.ExecContext(ctx, "UPDATE approval SET state = $1, decider = $2, decided_at = $3, reason = $4 WHERE id = $5 AND state = 'pending'",
		string(r.State), r.DeciderID, r.DecidedAt, r.Reason, r.ID)
	return engine.MapError("approvals.save", err)
}
