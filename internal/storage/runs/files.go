package runs

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/gather"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// heldFor is how long after a run would expire its files are kept at most, whatever
// becomes of the run: it is the longest that a run may wait for the wallet, and a day.
const heldFor = 8 * 24 * time.Hour

// hold ties to a run the files that it has, and lets go of those that it has not any more,
// or that it needs no more because it is over. One that was to be handed over to a person,
// and that no message took, stays as long as it may. A new one is its uploader's to give, has
// been sent nowhere, and is the customer's from now on, whoever gave it for them. Errors:
// NotFound for a file that may not be given; TooMany with the field "file" when the
// customer's runs would hold more than gather.MaxHeld.
func hold(ctx context.Context, t *core.Tx, p identity.Principal, n selfservice.Record) error {
	const op = "runs.hold"
	was, err := held(ctx, t, "run_id = $1", n.ID)
	if err != nil {
		return err
	}
	until := n.ExpiresAt.Add(heldFor).UnixMicro()
	done := n.State.Over() && n.Effect == nil // a hand-over that is still to be carried out sends them
	var now []string
	for _, f := range n.Files() {
		now = append(now, f.ID)
		if slices.Contains(was, f.ID) {
			_, err = t.SQL.ExecContext(ctx, "UPDATE attachment SET unsent_since = $1 WHERE id = $2 AND unsent_since > $3", until, f.ID, t.Now)
			if err != nil {
				return engine.MapError(op, err)
			}
			continue
		}
		if done { // it is gone, or was sent
			continue
		}
		if err := take(ctx, t, p, n, f.ID, until); err != nil {
			return err
		}
	}
	for _, id := range slices.Concat(was, now) {
		end := letGo
		switch there := slices.Contains(now, id); {
		case there && !done:
			continue
		case there && n.State == selfservice.Handed:
			end = untie
		}
		if err := end(ctx, t, id); err != nil {
			return err
		}
	}
	return nil
}

// untie ends what ties a file to its run, if a message has sent it or it is nobody's.
func untie(ctx context.Context, t *core.Tx, id string) error {
	_, err := t.SQL.ExecContext(ctx, `DELETE FROM run_file WHERE attachment_id = $1
		AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.id = run_file.attachment_id AND a.unsent_since > $2)`, id, t.Now)
	return engine.MapError("runs.untie", err)
}

// take ties a file to a run.
func take(ctx context.Context, t *core.Tx, p identity.Principal, n selfservice.Record, id string, until int64) error {
	const op = "runs.take"
	if !engine.ValidKey(id) {
		return fault.New(fault.NotFound, op, "no file has an id of that form")
	}
	done, err := t.SQL.ExecContext(ctx, `UPDATE attachment SET customer_id = $1, uploader_kind = $2, uploader_id = $1, unsent_since = $3
		WHERE id = $4 AND uploader_id = $5 AND uploader_kind = $6 AND conversation_id = '' AND unsent_since > 0 AND unsent_since <= $7`,
		n.CustomerID, int64(identity.Customer), until, id, p.ID, int64(p.Kind), t.Now)
	if err != nil {
		return engine.MapError(op, err)
	}
	if rows, err := done.RowsAffected(); err != nil || rows == 0 {
		return errors.Join(err, fault.New(fault.NotFound, op, "the file is not theirs to give, or was sent"))
	}
	if _, err := t.SQL.ExecContext(ctx, "INSERT INTO run_file (attachment_id, run_id, added_at) VALUES ($1, $2, $3)", id, n.ID, t.Now); err != nil {
		return engine.MapError(op, err)
	}
	var bytes int64
	err = t.SQL.QueryRowContext(ctx, `SELECT CAST(COALESCE(SUM(a.size), 0) AS BIGINT) FROM flow_run r JOIN run_file f ON f.run_id = r.id JOIN attachment a ON a.id = f.attachment_id
		WHERE r.customer_id = $1`, n.CustomerID).Scan(&bytes)
	if err != nil {
		return engine.MapError(op, err)
	}
	if bytes > gather.MaxHeld {
		return &fault.Error{Code: fault.TooMany, Op: op, Field: "file", Reason: "too_much", Message: "the customer's runs hold as many bytes as they may"}
	}
	t.Commit.Held = append(t.Commit.Held, id)
	t.Record(p, "run.file", "run", n.ID, n.CustomerID)
	return nil
}

// letGo ends what ties a file to its run. One that no message has sent is nobody's from
// now on: its keys are destroyed, and the worker that removes orphans removes its bytes.
func letGo(ctx context.Context, t *core.Tx, id string) error {
	const op = "runs.letGo"
	if _, err := t.SQL.ExecContext(ctx, "DELETE FROM run_file WHERE attachment_id = $1", id); err != nil {
		return engine.MapError(op, err)
	}
	var name, blob int64
	err := t.SQL.QueryRowContext(ctx, `UPDATE attachment SET conversation_id = '', customer_id = '', uploader_id = '', internal = $1, unsent_since = created_at
		WHERE id = $2 AND unsent_since > $3 RETURNING name_ref, blob_ref`, true, id, t.Now).Scan(&name, &blob)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return engine.MapError(op, err)
	}
	return t.DestroyKeys(ctx, []int64{name, blob})
}

// held lists the files of runs.
func held(ctx context.Context, t *core.Tx, where string, args ...any) (ids []string, err error) {
	const op = "runs.held"
	rows, err := t.SQL.QueryContext(ctx, "SELECT attachment_id FROM run_file WHERE "+where+" ORDER BY attachment_id", args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	err = engine.EachRow(rows, func(row *sql.Rows) error {
		ids = append(ids, "")
		return row.Scan(&ids[len(ids)-1])
	})
	return ids, engine.MapError(op, err)
}

// forget lets go of the files of runs that are removed.
func forget(ctx context.Context, t *core.Tx, where string, args ...any) error {
	ids, err := held(ctx, t, "run_id IN (SELECT id FROM flow_run WHERE "+where+")", args...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := letGo(ctx, t, id); err != nil {
			return err
		}
	}
	return nil
}

// SeeRunFile tells whether p, who is no customer, may see a file that no message has sent:
// one of a run is for those who may see the run. Errors: NotFound, which is recorded of
// staff.
func (r *Runs) SeeRunFile(ctx context.Context, p identity.Principal, id string) error {
	const op = "runs.SeeRunFile"
	var run, whose, conversation string
	err := r.core.DB.Reader.QueryRowContext(ctx, `SELECT r.id, r.customer_id, r.conversation_id FROM run_file f JOIN flow_run r ON r.id = f.run_id WHERE f.attachment_id = $1`, id).
		Scan(&run, &whose, &conversation)
	switch mapped := engine.MapError(op, err); {
	case fault.Is(mapped, fault.NotFound):
		return nil
	case mapped != nil:
		return mapped
	case p.Kind != identity.Staff:
		return fault.New(fault.NotFound, op, "a file of a run is not %s's to see", p.Kind)
	}
	if err := r.allow(ctx, op, p, policy.ReadRuns, run, conversation, whose); err != nil {
		return &fault.Error{Code: fault.NotFound, Op: op, Message: "the run is not theirs to see", Err: err}
	}
	return nil
}
