package actions

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"kefu/internal/domain/action"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reach"
	"kefu/internal/storage/verification"
)

// anyRevision stands for whichever revision there is.
const anyRevision = 0

// change lets do work out what an act becomes, in the transaction that finds it. Who may
// asks about the act's conversation as it is then.
func (a *Acts) change(ctx context.Context, op string, p identity.Principal, id string, revision int64, may func(policy.Object) bool, do func(context.Context, *core.Tx, *action.Kept) error) (action.Kept, error) {
	if !engine.ValidKey(id) {
		return action.Kept{}, fault.New(fault.NotFound, op, "no act has an id of that form")
	}
	var changed action.Kept
	err := a.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		k, err := a.scan(t.SQL.QueryRowContext(ctx, "SELECT "+columns+" WHERE a.id = $1", id).Scan)
		if err != nil {
			return err
		}
		o, err := reach.Of(ctx, t.SQL, k.ConversationID, k.CustomerID)
		switch {
		case err != nil:
			return err
		case !may(o):
			return fault.New(fault.Forbidden, op, "the act is not theirs to change")
		case revision != anyRevision && revision != k.Revision:
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "revision", Message: "it has changed meanwhile"}
		}
		before := k.Action
		if err := do(ctx, t, &k); err != nil {
			return err
		}
		if !k.Follows(before) {
			return fault.New(fault.Internal, op, "%s does not follow %s", k.State, before.State)
		}
		if k.State.Over() && k.ApprovalID != "" {
			if err := a.gate.Drop(ctx, t, k.ApprovalID); err != nil {
				return err
			}
		}
		err = a.save(ctx, t, &k)
		changed = k
		return err
	})
	if err != nil {
		return action.Kept{}, a.refused(ctx, p, id, "", op, err)
	}
	return changed, nil
}

// save seals k anew, one revision later. What cannot be read stays as it lies: its key may
// be put back.
func (a *Acts) save(ctx context.Context, t *core.Tx, k *action.Kept) error {
	const op = "actions.save"
	if err := counts(ctx, t, *k); err != nil {
		return err
	}
	if k.Lost {
		_, err := t.SQL.ExecContext(ctx, `UPDATE act SET state = $1, revision = $2, alarmed_at = CASE WHEN $3 = 0 THEN 0 WHEN alarmed_at > 0 THEN alarmed_at ELSE $4 END,
				lost_at = CASE WHEN lost_at > 0 THEN lost_at ELSE $4 END, changed_at = $5, due_at = $6, ask_since = $7 WHERE id = $8`,
			string(k.State), k.Revision+1, bit(k.Alarmed), t.Now, clock.Micros(k.ChangedAt), due(*k), clock.Micros(k.AskSince), k.ID)
		k.Revision++
		return engine.MapError(op, err)
	}
	sealed, ref, err := seal(t, *k)
	if err != nil {
		return err
	}
	var before int64
	var was action.State
	if err := t.SQL.QueryRowContext(ctx, "SELECT body_ref, state FROM act WHERE id = $1", k.ID).Scan(&before, &was); err != nil {
		return engine.MapError(op, err)
	}
	_, err = t.SQL.ExecContext(ctx, `UPDATE act SET state = $1, revision = $2, approval_id = $3, sending = $4, alarmed_at = CASE WHEN $5 = 0 THEN 0 WHEN alarmed_at > 0 THEN alarmed_at ELSE $6 END,
			changed_at = $7, due_at = $8, body = $9, body_ref = $10, ask_since = $11, lost_at = 0 WHERE id = $12`,
		string(k.State), k.Revision+1, k.ApprovalID, bit(k.Sending), bit(k.Alarmed), t.Now, clock.Micros(k.ChangedAt), due(*k), sealed, ref, clock.Micros(k.AskSince), k.ID)
	if err != nil {
		return engine.MapError(op, err)
	}
	k.Revision++
	if err := tell(ctx, t, *k); err != nil {
		return err
	}
	if was != k.State {
		if err := tellTalk(ctx, t, *k); err != nil {
			return err
		}
	}
	return t.DestroyKeys(ctx, []int64{before})
}

// tellTalk has the conversation told what became of an act for which the customer is asked.
// The job is in the transaction of the change, so that no crash comes between.
func tellTalk(ctx context.Context, t *core.Tx, k action.Kept) error {
	if !k.AsksCustomer() || k.State == action.Planned { // which is over in a moment
		return nil
	}
	payload, err := job.Told{Act: k.ID, State: string(k.State), Revision: k.Revision}.Encode()
	if err != nil {
		return err
	}
	return t.Enqueue(ctx, job.New{Kind: job.TellAct, Payload: payload, DueAt: t.Now})
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// proposes is who has an act of theirs done.
func proposes(p identity.Principal) func(policy.Object) bool {
	return func(o policy.Object) bool { return policy.Allow(p, policy.ProposeAct, o) }
}

// runs is the part of Kefu that carries acts out.
func runs(p identity.Principal) func(policy.Object) bool {
	return func(o policy.Object) bool { return policy.Allow(p, policy.RunActs, o) }
}

func either(p identity.Principal) func(policy.Object) bool {
	return func(o policy.Object) bool { return proposes(p)(o) || runs(p)(o) }
}

// ConfirmAct notes a yes to what has a hash. Errors: NotFound; Forbidden; Conflict, as
// action.Confirm.
func (a *Acts) ConfirmAct(ctx context.Context, p identity.Principal, id, hash string) (action.Kept, error) {
	return a.change(ctx, "actions.ConfirmAct", p, id, anyRevision, proposes(p), func(ctx context.Context, t *core.Tx, k *action.Kept) error {
		next, err := k.Confirm(p, hash, clock.FromMicros(t.Now))
		anew := err == nil && k.State != next.State
		if anew {
			record(t, p, *k, "act.confirm")
		}
		if k.Action = next; anew && k.Command.Act.OfHouse() {
			o, err := reach.Of(ctx, t.SQL, k.ConversationID, k.CustomerID)
			if err == nil {
				err = gives("actions.ConfirmAct", p, *k, o)
			}
			if err == nil {
				err = reserve(ctx, t, k)
			}
			return err
		}
		return err
	})
}

// CancelAct gives an act up. Errors: NotFound; Forbidden; Conflict when it may have left.
func (a *Acts) CancelAct(ctx context.Context, p identity.Principal, id string) (action.Kept, error) {
	return a.change(ctx, "actions.CancelAct", p, id, anyRevision, proposes(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		next, err := k.Cancel(p, clock.FromMicros(t.Now))
		k.Action = next
		record(t, p, *k, "act.cancel")
		return err
	})
}

// SupersedeAct ends what the customer was asked for, because another proposal for the same
// thing takes its place. Errors: NotFound; Forbidden for all but the part of Kefu that
// carries acts out; Conflict when it waits for somebody else or has begun.
func (a *Acts) SupersedeAct(ctx context.Context, p identity.Principal, id string) (action.Kept, error) {
	return a.change(ctx, "actions.SupersedeAct", p, id, anyRevision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		next, err := k.Supersede(clock.FromMicros(t.Now))
		k.Action = next
		record(t, p, *k, "act.supersede")
		return err
	})
}

// GaveAct notes that the wallet has the first n of the files of an act; again it changes
// nothing. Errors: NotFound; Forbidden for all but the part of Kefu that carries acts out;
// Conflict when it is not about to be sent.
func (a *Acts) GaveAct(ctx context.Context, p identity.Principal, id string, n int) (action.Kept, error) {
	return a.change(ctx, "actions.GaveAct", p, id, anyRevision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) (err error) {
		*k, err = k.Gave(n, clock.FromMicros(t.Now))
		if err == nil {
			record(t, p, *k, "act.give")
		}
		return err
	})
}

// asked is the payload of a request: which act, and the hash of exactly what will
// happen. Not are the members of staff who are no second person.
type asked struct {
	Act  string   `json:"act"`
	Hash string   `json:"hash"`
	Not  []string `json:"not,omitempty"`
}

// AwaitAct puts a confirmed act before a second person. Errors: NotFound; Forbidden;
// Conflict, with the reason nobody_else where there is no such person.
func (a *Acts) AwaitAct(ctx context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	const op = "actions.AwaitAct"
	return a.change(ctx, op, p, id, revision, either(p), func(ctx context.Context, t *core.Tx, k *action.Kept) error {
		now := clock.FromMicros(t.Now)
		if _, err := k.Await("", now); err != nil { // before anybody is asked
			return err
		}
		want := asked{Act: k.ID, Hash: k.Hash}
		for _, who := range []action.By{k.Maker, k.Confirmer} {
			if who.Kind == identity.Staff {
				want.Not = append(want.Not, who.ID)
			}
		}
		payload, err := json.Marshal(want)
		if err != nil {
			return fault.Wrap(op, err)
		}
		maker := identity.Principal{Kind: k.Maker.Kind, ID: k.Maker.ID}
		_, pending, err := a.gate.Ask(ctx, t, maker, approval.New{
			Kind: approval.WalletAct, Subject: "act/" + k.ID, Summary: string(k.Command.Act), Payload: payload,
			May: func(p identity.Principal) bool { return mayDecide(p, want) },
		})
		if err != nil {
			return err
		}
		if pending == nil {
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "approval", Reason: "nobody_else", Message: "nobody could be the second person"}
		}
		k.Action, err = k.Await(pending.ID, now)
		return err
	})
}

// PlanAct writes down that an act will be sent, and uses its proof up, in one
// transaction. What the proof is worth is found here, not believed. Errors: NotFound;
// Forbidden, with a reason, as action.Plan, or underway while the same may have happened
// to the same thing under another key; Conflict.
func (a *Acts) PlanAct(ctx context.Context, p identity.Principal, id string, revision int64, r action.Ready) (action.Kept, error) {
	return a.change(ctx, "actions.PlanAct", p, id, revision, either(p), func(ctx context.Context, t *core.Tx, k *action.Kept) error {
		now := clock.FromMicros(t.Now)
		if err := a.alone(ctx, t, *k); err != nil {
			return err
		}
		if k.Command.Act.OfHouse() {
			if err := stillGiven(ctx, t, *k, &r); err != nil {
				return err
			}
		}
		r.Level, r.Signed = identity.AL1, ""
		if r.StepUp != "" {
			used, err := verification.Use(ctx, t, a.proofs, r.StepUp, k.ID, k.ConversationID, k.Command)
			if err != nil {
				return err
			}
			r.Level, r.Signed = used.Proof.Level, used.Signed
		}
		next, err := k.Plan(r, now)
		if err != nil {
			return err
		}
		k.Action, k.Sending, k.NextAt = next, true, now.Add(action.SendLease)
		t.RecordUnder(p, k.ApprovalID, "act.plan", "act", k.ID, k.CustomerID)
		return nil
	})
}

// alone refuses what may have happened already, under another key.
func (a *Acts) alone(ctx context.Context, t *core.Tx, k action.Kept) error {
	const op = "actions.alone"
	rows, err := t.SQL.QueryContext(ctx, "SELECT "+columns+` WHERE a.customer_id = $1 AND a.kind = $2 AND a.id <> $3
			AND (a.state IN ('planned', 'unknown') OR (a.due_at > 0 AND (a.ask_since > 0 OR a.lost_at > 0))) LIMIT $4`, k.CustomerID, string(k.Command.Act), k.ID, most)
	if err != nil {
		return engine.MapError(op, err)
	}
	same := false
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		other, err := a.scan(r.Scan)
		about := other.Command.Target == k.Command.Target || other.Lost // and may be the same
		same = same || (about && other.KeepsBack(clock.FromMicros(t.Now)))
		return err
	})
	if err == nil && same {
		err = &fault.Error{Code: fault.Forbidden, Op: op, Field: "act", Reason: Underway, Message: "the same may have happened already"}
	}
	return engine.MapError(op, err)
}

// Underway is the reason why nothing is planned while the same may have happened.
const Underway = "underway"

// ResendAct notes that an act which certainly never left, or of which the wallet knows
// nothing, is handed over once more, under the same key. Errors: NotFound; Forbidden;
// Conflict when it may have left, or its time is over.
func (a *Acts) ResendAct(ctx context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	const op = "actions.ResendAct"
	return a.change(ctx, op, p, id, revision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		now := clock.FromMicros(t.Now)
		if k.Sending || !k.Resendable(now) {
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(k.State), Message: "it may have left, or its time is over"}
		}
		k.Sending, k.HandedAt, k.NextAt = true, now, now.Add(action.SendLease)
		return nil
	})
}

// SettleAct takes in what the wallet answered. Errors: NotFound; Forbidden; Conflict when
// nothing is underway, or it has changed.
func (a *Acts) SettleAct(ctx context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error) {
	return a.change(ctx, "actions.SettleAct", p, id, revision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		next, err := k.Settle(w, clock.FromMicros(t.Now))
		if err == nil && next.State != k.State {
			record(t, p, *k, "act."+string(next.State))
		}
		k.Action, k.Sending = next, false
		return err
	})
}

// LearnAct takes in what the wallet says of an act that is in doubt. Errors: NotFound;
// Forbidden; Conflict when it is not, or has changed.
func (a *Acts) LearnAct(ctx context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error) {
	return a.change(ctx, "actions.LearnAct", p, id, revision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		about := k.Action
		if about.Lost && w.Err == nil && !w.Nothing { // whose it is is asked of the customer, not of the act
			about.Command.CustomerID = w.Operation.CustomerID
		}
		next, err := about.Learn(w, clock.FromMicros(t.Now))
		if err == nil && next.State != k.State {
			record(t, p, *k, "act."+string(next.State))
			k.Sending = false
		}
		k.Action = next
		return err
	})
}

// FoundAct takes in what a person found out of an act that is in doubt, when the wallet may
// have forgotten it. Why, a few words such as a number of the wallet's own ticket, goes into
// the audit chain. Errors: NotFound; Forbidden for all but parts of Kefu and the command
// line; Invalid for the reason; Conflict, as action.Find.
func (a *Acts) FoundAct(ctx context.Context, p identity.Principal, id string, done bool, why string) (action.Kept, error) {
	const op = "actions.FoundAct"
	if why = strings.TrimSpace(why); why == "" || len(why) > maxWhy || strings.ContainsFunc(why, unicode.IsControl) {
		return action.Kept{}, fault.InvalidField(op, "reason", "is needed, on one line of at most %d bytes", maxWhy)
	}
	return a.change(ctx, op, p, id, anyRevision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		next, err := k.Find(done, clock.FromMicros(t.Now))
		if err != nil {
			return err
		}
		k.Action, k.Sending, k.Alarmed = next, false, false
		t.RecordFor(p, "act.found", "act", k.ID, k.CustomerID, string(k.Command.Act)+"; case "+k.ConversationID+"; "+string(k.State)+": "+why)
		return nil
	})
}

// maxWhy bounds what is said of how something was found out, in bytes.
const maxWhy = 300

// DoubtActs has the wallet asked about every act that is not over before anything else
// happens to it: an older database was put back, or is taken for one. It tells how many
// there are. Errors: Forbidden for all but parts of Kefu.
func (a *Acts) DoubtActs(ctx context.Context, p identity.Principal) (doubted int64, err error) {
	const op = "actions.DoubtActs"
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return 0, fault.New(fault.Forbidden, op, "%s puts nothing in doubt", p.Kind)
	}
	err = a.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		res, err := t.SQL.ExecContext(ctx, "UPDATE act SET ask_since = $1, due_at = $1, revision = revision + 1 WHERE due_at > 0 AND state <> $2", t.Now, string(action.Succeeded))
		if err != nil {
			return engine.MapError(op, err)
		}
		doubted, err = res.RowsAffected()
		t.Record(p, "act.doubt", "acts", "all", "")
		return engine.MapError(op, err)
	})
	return doubted, err
}

// FailAct ends an act that has not left, and says why. Errors: NotFound; Forbidden;
// Conflict when it may have left.
func (a *Acts) FailAct(ctx context.Context, p identity.Principal, id string, revision int64, why wallet.Refusal) (action.Kept, error) {
	return a.change(ctx, "actions.FailAct", p, id, revision, either(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		next, err := k.Fail(why, clock.FromMicros(t.Now))
		k.Action = next
		record(t, p, *k, "act.failed")
		return err
	})
}

// LookAgain notes when an act that waits for somebody is to be looked at again; one
// whose time is over ends. Errors: NotFound; Forbidden; Conflict.
func (a *Acts) LookAgain(ctx context.Context, p identity.Principal, id string, revision int64, at time.Time) (action.Kept, error) {
	return a.change(ctx, "actions.LookAgain", p, id, revision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		if now := clock.FromMicros(t.Now); k.At(now).State == action.Expired {
			k.Action = k.At(now)
			record(t, p, *k, "act.expired")
			return nil
		}
		k.NextAt = at
		return nil
	})
}

// ToldAct notes that the customer was told of what was done for them, or, with a time, that
// it is tried again then. Errors: NotFound; Forbidden; Conflict.
func (a *Acts) ToldAct(ctx context.Context, p identity.Principal, id string, revision int64, again time.Time) (action.Kept, error) {
	return a.change(ctx, "actions.ToldAct", p, id, revision, runs(p), func(_ context.Context, _ *core.Tx, k *action.Kept) error {
		k.Untold, k.NextAt = k.Untold && !again.IsZero(), again
		return nil
	})
}

// HurryActs has the acts of one of the wallet's customers looked at now, of which the
// wallet may know more than it has told: it said that something changed. Errors:
// Forbidden for all but the part of Kefu that carries acts out.
func (a *Acts) HurryActs(ctx context.Context, p identity.Principal, issuer, subject string) error {
	const op = "actions.HurryActs"
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s hurries nothing", p.Kind)
	}
	return a.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		_, err := t.SQL.ExecContext(ctx, `UPDATE act SET due_at = $1 WHERE due_at > $1 AND (state IN ('sent', 'unknown', 'approved', 'confirmed') OR ask_since > 0 OR lost_at > 0)
			AND customer_id IN (SELECT id FROM customer WHERE issuer = $2 AND subject = $3)`, t.Now, issuer, subject)
		return engine.MapError(op, err)
	})
}

// AlarmAct notes that somebody is told that nobody knows what became of an act. Errors:
// NotFound; Forbidden; Conflict.
func (a *Acts) AlarmAct(ctx context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	return a.change(ctx, "actions.AlarmAct", p, id, revision, runs(p), func(_ context.Context, t *core.Tx, k *action.Kept) error {
		k.Alarmed = true
		record(t, p, *k, "act.alarm")
		return nil
	})
}
