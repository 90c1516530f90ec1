package runs

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erased"
)

// ClaimFlowRuns takes the runs that somebody has to look at now, the longest overdue
// first, for so long: whoever does not keep them in time loses them to the next claim.
// Their revisions stay. Errors: Forbidden.
func (r *Runs) ClaimFlowRuns(ctx context.Context, p identity.Principal, limit int, lease time.Duration) ([]selfservice.Record, error) {
	const op = "runs.ClaimFlowRuns"
	if err := mayRun(op, p); err != nil {
		return nil, err
	}
	due, err := r.NextFlowRun(ctx)
	if err != nil || due == 0 || due > r.core.Now().UnixMicro() {
		return nil, err
	}
	var claimed []selfservice.Record
	err = r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		rows, err := t.SQL.QueryContext(ctx, `UPDATE flow_run SET due_at = $1 WHERE id IN (SELECT id FROM flow_run WHERE due_at > 0 AND due_at <= $2 ORDER BY due_at LIMIT $3)
			RETURNING `+columns, t.Now+lease.Microseconds(), t.Now, limit)
		if err != nil {
			return engine.MapError(op, err)
		}
		claimed, err = r.all(op, rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// NextFlowRun is when somebody has to look at a run next, in microseconds; 0: never.
func (r *Runs) NextFlowRun(ctx context.Context) (int64, error) {
	var due sql.NullInt64
	err := r.core.DB.Reader.QueryRowContext(ctx, "SELECT MIN(due_at) FROM flow_run WHERE due_at > 0").Scan(&due)
	return due.Int64, engine.MapError("runs.NextFlowRun", err)
}

// DelayFlowRun says when somebody has to look at a run again, of which nothing has
// changed. One that was changed meanwhile says so itself. Errors: Forbidden.
func (r *Runs) DelayFlowRun(ctx context.Context, p identity.Principal, n selfservice.Record, until time.Time) error {
	const op = "runs.DelayFlowRun"
	if err := mayRun(op, p); err != nil {
		return err
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "UPDATE flow_run SET due_at = $1 WHERE id = $2 AND revision = $3 AND due_at > 0", until.UnixMicro(), n.ID, n.Revision)
		return engine.MapError(op, err)
	})
}

// WakeFlowRuns has somebody look at once at whatever the customer of a wallet waits
// for. Errors: Forbidden.
func (r *Runs) WakeFlowRuns(ctx context.Context, p identity.Principal, issuer, subject string) error {
	const op = "runs.WakeFlowRuns"
	if err := mayRun(op, p); err != nil {
		return err
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, `UPDATE flow_run SET due_at = $1 WHERE state = 'waiting' AND due_at > $1
			AND customer_id IN (SELECT id FROM customer WHERE issuer = $2 AND subject = $3)`, t.Now, issuer, subject)
		return engine.MapError(op, err)
	})
}

// WakeFlowRun has somebody look at once at what a run waits for. Errors: Forbidden.
func (r *Runs) WakeFlowRun(ctx context.Context, p identity.Principal, id string) error {
	const op = "runs.WakeFlowRun"
	if err := mayRun(op, p); err != nil {
		return err
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "UPDATE flow_run SET due_at = $1 WHERE id = $2 AND state = 'waiting' AND due_at > $1", t.Now, id)
		return engine.MapError(op, err)
	})
}

// PurgeFlowRuns forgets runs that have been over for as long as they are kept, at most
// limit of them, and destroys their keys: none of somebody whose data stand still, who asked
// that they be kept.
func (r *Runs) PurgeFlowRuns(ctx context.Context, limit int) error {
	const op = "runs.PurgeFlowRuns"
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		rows, err := t.SQL.QueryContext(ctx, "DELETE FROM flow_run WHERE id IN (SELECT id FROM flow_run WHERE over_at > 0 AND due_at = 0 AND over_at < $1 AND NOT EXISTS (SELECT 1 FROM case_file k WHERE k.still_since > 0 AND k.customer_id IN (flow_run.customer_id, (SELECT u.became FROM customer u WHERE u.id = flow_run.customer_id))) ORDER BY over_at LIMIT $2) RETURNING body_ref",
			t.Now-selfservice.Kept.Microseconds(), limit)
		if err != nil {
			return engine.MapError(op, err)
		}
		var refs []int64
		err = engine.EachRow(rows, func(row *sql.Rows) error {
			refs = append(refs, 0)
			return row.Scan(&refs[len(refs)-1])
		})
		if err != nil {
			return engine.MapError(op, err)
		}
		return t.DestroyKeys(ctx, refs)
	})
}

// RunsOfCustomer gives the runs of a customer, those from before they signed in too, in the
// order of their ids from after one on, at most limit of them, to the part that gathers what
// is kept of them. Errors: Forbidden.
func (r *Runs) RunsOfCustomer(ctx context.Context, p identity.Principal, customer, after string, limit int) ([]selfservice.Record, error) {
	const op = "runs.RunsOfCustomer"
	if !policy.Allow(p, policy.RunPrivacy, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, op, "%s gathers nothing", p.Kind)
	}
	rows, err := r.core.DB.Reader.QueryContext(ctx, "SELECT "+columns+" FROM flow_run WHERE (customer_id IN "+erased.Whose+erased.OrTalk+") AND id > $2 ORDER BY id LIMIT $3", customer, after, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	return r.all(op, rows)
}

// EraseFlowRuns forgets the runs of a customer that began up to a time, those from before
// they signed in too, and destroys their keys. Errors: Forbidden.
func (r *Runs) EraseFlowRuns(ctx context.Context, p identity.Principal, customerID string, before int64) error {
	const op = "runs.EraseFlowRuns"
	if err := mayRun(op, p); err != nil {
		return err
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		files, _, err := erased.Rows(ctx, t, "SELECT ':' || a.id, 0, 0 FROM run_file f JOIN attachment a ON a.id = f.attachment_id WHERE a.unsent_since > $3 AND f.run_id IN (SELECT id FROM flow_run WHERE "+erasing+")",
			customerID, before, t.Now)
		if err != nil {
			return err
		}
		if err := forget(ctx, t, erasing, customerID, before); err != nil {
			return err
		}
		ids, refs, err := erased.Rows(ctx, t, "DELETE FROM flow_run WHERE "+erasing+" RETURNING id, body_ref, 0", customerID, before)
		if err != nil || len(ids) == 0 {
			return err
		}
		t.Record(p, "run.erase", "customer", customerID, customerID)
		return errors.Join(erased.Note(ctx, t, customerID, privacy.Runs, ids), erased.Note(ctx, t, customerID, privacy.Files, files), t.DestroyKeys(ctx, refs))
	})
}

const erasing = "(customer_id IN " + erased.Whose + erased.OrTalk + ") AND started_at <= $2"

// KeepFlow keeps the text of a flow, by which its runs go on. Errors: Forbidden.
func (r *Runs) KeepFlow(ctx context.Context, p identity.Principal, d *selfservice.Definition) error {
	const op = "runs.KeepFlow"
	if err := mayRun(op, p); err != nil {
		return err
	}
	return r.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, "INSERT INTO flow_text (digest, flow, version, text, added_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO NOTHING",
			d.Digest(), d.ID, d.Version, string(d.Source()), t.Now)
		return engine.MapError(op, err)
	})
}

// FlowText is the text that was kept under a digest. It is nobody's. Errors: NotFound.
func (r *Runs) FlowText(ctx context.Context, digest string) ([]byte, error) {
	var text string
	err := r.core.DB.Reader.QueryRowContext(ctx, "SELECT text FROM flow_text WHERE digest = $1", digest).Scan(&text)
	return []byte(text), engine.MapError("runs.FlowText", err)
}

// FlowSubject is the wallet's id of a customer, for what runs ask of the wallet in
// their name, for a run of a conversation. Errors: NotFound when the wallet is not
// theirs, and for who may not know.
func (r *Runs) FlowSubject(ctx context.Context, p identity.Principal, conversationID, customerID, issuer string) (string, error) {
	const op = "runs.FlowSubject"
	if p.Kind == identity.System {
		if err := mayRun(op, p); err != nil {
			return "", err
		}
	} else if err := r.allow(ctx, op, p, policy.WalkRun, "", conversationID, customerID); err != nil {
		return "", err
	}
	var subject sql.NullString
	err := r.core.DB.Reader.QueryRowContext(ctx, "SELECT subject FROM customer WHERE id = $1 AND issuer = $2", customerID, issuer).Scan(&subject)
	if err != nil {
		return "", engine.MapError(op, err)
	}
	if !wallet.ValidID(subject.String) {
		return "", fault.New(fault.NotFound, op, "the customer is none of the wallet's")
	}
	return subject.String, nil
}
