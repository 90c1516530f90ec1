// Package verification keeps the proofs that customers are asked for in the wallet:
// each for one act, sealed, changed by whoever saw it last and used once, in the
// transaction in which what it is for is planned. It counts the tries that failed, for
// all channels together. What a proof is worth is domain/assurance's to say.
package verification

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/erased"
	"kefu/internal/storage/reach"
)

// Proofs is the part of the store that this package is.
type Proofs struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Proofs { return &Proofs{core: c} }

// Bounds of what one customer is asked: more would wear somebody down until they say
// yes to what they did not want.
const (
	maxAsks = 8
	asksIn  = time.Hour
)

// The reasons why nobody is asked.
const (
	ReasonLocked = "locked"
	ReasonAsked  = "asked_too_often"
)

// allow tells whether p may have to do with the proofs of a customer: the customer,
// who has an act of theirs done, and the parts of Kefu that carry it out. Staff do by
// the act, which is theirs to propose.
func allow(op string, p identity.Principal, o policy.Object) error {
	if !policy.Allow(p, policy.ProposeAct, o) && !policy.Allow(p, policy.RunActs, o) {
		return fault.New(fault.Forbidden, op, "%s has nothing to do with the proofs of this customer", p.Kind)
	}
	return nil
}

// whose finds whose act it is, and in whose reach the conversation is that it belongs to.
func (v *Proofs) whose(ctx context.Context, from reach.From, act string) (policy.Object, error) {
	const op = "verification.whose"
	if !engine.ValidKey(act) {
		return policy.Object{}, fault.New(fault.NotFound, op, "no act has an id of that form")
	}
	var customer, conversation string
	if err := from.QueryRowContext(ctx, "SELECT customer_id, conversation_id FROM act WHERE id = $1", act).Scan(&customer, &conversation); err != nil {
		return policy.Object{}, engine.MapError(op, err)
	}
	return reach.Of(ctx, from, conversation, customer)
}

// AddStepUp keeps a step-up that is about to be asked for, for an act. Errors:
// Forbidden; NotFound for an act that is not there, or not of this customer; TooMany,
// with the reason locked or asked_too_often.
func (v *Proofs) AddStepUp(ctx context.Context, p identity.Principal, k assurance.Kept) error {
	const op = "verification.AddStepUp"
	return v.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		o, err := v.whose(ctx, t.SQL, k.ActID)
		if err != nil {
			return err
		}
		if err := allow(op, p, o); err != nil {
			return err
		}
		if o.CustomerID != k.CustomerID || !engine.ValidKey(k.ID) || k.State != assurance.Asked {
			return fault.New(fault.NotFound, op, "the act is another customer's, or the step-up is none")
		}
		tries, err := triesOf(ctx, t.SQL, o.CustomerID)
		if err != nil {
			return err
		}
		if _, locked := tries.LockedAt(clock.FromMicros(t.Now)); locked {
			return &fault.Error{Code: fault.TooMany, Op: op, Field: "step_up", Reason: ReasonLocked, Message: "too many tries failed"}
		}
		var asked, last int64
		if err := t.SQL.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MAX(asked_at), 0) FROM step_up WHERE customer_id = $1 AND asked_at > $2", o.CustomerID, t.Now-asksIn.Microseconds()).Scan(&asked, &last); err != nil {
			return engine.MapError(op, err)
		}
		if asked >= maxAsks {
			return &fault.Error{Code: fault.TooMany, Op: op, Field: "step_up", Reason: ReasonAsked, Message: "the customer was asked often enough"}
		}
		sealed, ref, err := seal(t, k)
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, `INSERT INTO step_up (id, act_id, customer_id, state, revision, asked_at, expires_at, body, body_ref) VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8)`,
			k.ID, k.ActID, o.CustomerID, string(k.State), max(t.Now, last+1), k.ExpiresAt.UnixMicro(), sealed, ref)
		t.RecordFor(p, "proof.ask", "proof", k.ID, o.CustomerID, "act "+k.ActID)
		return engine.MapError(op, err)
	})
}

const columns = "s.id, s.act_id, s.state, s.revision, s.asked_at, s.expires_at, s.body, s.body_ref FROM step_up s"

// StepUpOf is the latest step-up of an act. Errors: Forbidden; NotFound where none was
// asked for.
func (v *Proofs) StepUpOf(ctx context.Context, p identity.Principal, act string) (assurance.Kept, error) {
	const op = "verification.StepUpOf"
	o, err := v.whose(ctx, v.core.DB.Reader, act)
	if err != nil {
		return assurance.Kept{}, err
	}
	if err := allow(op, p, o); err != nil {
		return assurance.Kept{}, err
	}
	return v.open(v.core.DB.Reader.QueryRowContext(ctx, "SELECT "+columns+" WHERE s.act_id = $1 ORDER BY s.asked_at DESC, s.id DESC LIMIT 1", act))
}

// SaveStepUp keeps what became of a step-up, if it is still as whoever asks saw it, and
// counts it as a try where it failed. Errors: Forbidden; NotFound; Conflict when it has
// changed, or is over.
func (v *Proofs) SaveStepUp(ctx context.Context, p identity.Principal, k assurance.Kept) error {
	const op = "verification.SaveStepUp"
	return v.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		o, err := v.whose(ctx, t.SQL, k.ActID)
		if err != nil {
			return err
		}
		if err := allow(op, p, o); err != nil {
			return err
		}
		was, err := find(ctx, t, v, k.ID)
		switch {
		case err != nil:
			return err
		case was.ActID != k.ActID || was.CustomerID != o.CustomerID:
			return fault.New(fault.NotFound, op, "the step-up is another act's")
		case was.Revision != k.Revision || was.State != assurance.Asked:
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "step_up", Reason: string(was.State), Message: "it has changed meanwhile"}
		case k.State == assurance.Used:
			return fault.New(fault.Conflict, op, "a proof is used where what it is for is planned")
		}
		if err := count(ctx, t, o.CustomerID, k.State); err != nil {
			return err
		}
		if k.State != was.State {
			t.RecordFor(p, "proof."+string(k.State), "proof", k.ID, o.CustomerID, "act "+k.ActID)
		}
		return save(ctx, t, k)
	})
}

// ForgetStepUp forgets a step-up of which nothing has left for the wallet: nobody was
// asked, and it counts for nothing. That it was begun stays in the audit chain. Errors:
// Forbidden; NotFound; Conflict when it is not as it was begun any more.
func (v *Proofs) ForgetStepUp(ctx context.Context, p identity.Principal, k assurance.Kept) error {
	const op = "verification.ForgetStepUp"
	return v.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		o, err := v.whose(ctx, t.SQL, k.ActID)
		if err != nil {
			return err
		}
		if err := allow(op, p, o); err != nil {
			return err
		}
		was, err := find(ctx, t, v, k.ID)
		switch {
		case err != nil:
			return err
		case was.ActID != k.ActID || was.CustomerID != o.CustomerID:
			return fault.New(fault.NotFound, op, "the step-up is another act's")
		case was.Revision != 1 || was.State != assurance.Asked || was.Remote != "":
			return &fault.Error{Code: fault.Conflict, Op: op, Field: "step_up", Reason: string(was.State), Message: "the wallet was asked"}
		}
		var ref int64
		if err := t.SQL.QueryRowContext(ctx, "DELETE FROM step_up WHERE id = $1 RETURNING body_ref", k.ID).Scan(&ref); err != nil {
			return engine.MapError(op, err)
		}
		t.RecordFor(p, "proof.unsent", "proof", k.ID, o.CustomerID, "act "+k.ActID)
		return t.DestroyKeys(ctx, []int64{ref})
	})
}

// count counts a try.
func count(ctx context.Context, t *core.Tx, customer string, s assurance.State) error {
	tries, err := triesOf(ctx, t.SQL, customer)
	if err != nil {
		return err
	}
	before := tries
	switch s {
	case assurance.Refused: // neither to decline nor to be away is one
		tries = tries.Fail(clock.FromMicros(t.Now))
	case assurance.Proven:
		tries = tries.Succeed()
	default:
		return nil
	}
	if tries == before {
		return nil
	}
	if tries.Locked.After(before.Locked) {
		t.Record(identity.SystemPart("verification"), "proof.locked", "customer", customer, customer)
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO proof_try (customer_id, failed, first_at, locked_until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (customer_id) DO UPDATE SET failed = $2, first_at = $3, locked_until = $4`,
		customer, int64(tries.Failed), clock.Micros(tries.First), clock.Micros(tries.Locked))
	return engine.MapError("verification.count", err)
}

func triesOf(ctx context.Context, from reach.From, customer string) (assurance.Tries, error) {
	var failed, first, locked int64
	err := from.QueryRowContext(ctx, "SELECT failed, first_at, locked_until FROM proof_try WHERE customer_id = $1", customer).Scan(&failed, &first, &locked)
	if errors.Is(err, sql.ErrNoRows) {
		return assurance.Tries{}, nil
	}
	return assurance.Tries{Failed: int(failed), First: clock.FromMicros(first), Locked: clock.FromMicros(locked)}, engine.MapError("verification.triesOf", err)
}

// Tries are a customer's, for the act that is theirs. Errors: Forbidden, NotFound.
func (v *Proofs) Tries(ctx context.Context, p identity.Principal, act string) (assurance.Tries, error) {
	const op = "verification.Tries"
	o, err := v.whose(ctx, v.core.DB.Reader, act)
	if err != nil {
		return assurance.Tries{}, err
	}
	if err := allow(op, p, o); err != nil {
		return assurance.Tries{}, err
	}
	return triesOf(ctx, v.core.DB.Reader, o.CustomerID)
}

// Use uses the proof of an act up, for a command, in the transaction in which the act
// is planned, and gives it. It is no method, so that the store does not offer it to
// everybody. Errors: NotFound; Conflict when it is for something else, old, or used.
func Use(ctx context.Context, t *core.Tx, v *Proofs, id, act, conversation string, c wallet.Command) (assurance.StepUp, error) {
	const op = "verification.Use"
	k, err := find(ctx, t, v, id)
	if err != nil {
		return assurance.StepUp{}, err
	}
	if k.ActID != act {
		return assurance.StepUp{}, fault.New(fault.Conflict, op, "the proof is for another act")
	}
	used, err := k.Use(conversation, c, clock.FromMicros(t.Now))
	if err != nil {
		return assurance.StepUp{}, err
	}
	digest := sha256.Sum256([]byte(k.Proof.ID))
	res, err := t.SQL.ExecContext(ctx, "INSERT INTO assertion_used (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", hex.EncodeToString(digest[:]), k.Proof.ExpiresAt.Add(time.Hour).UnixMicro())
	if err != nil {
		return assurance.StepUp{}, engine.MapError(op, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return assurance.StepUp{}, fault.New(fault.Conflict, op, "the assertion was used before")
	}
	k.StepUp = used
	return used, save(ctx, t, k)
}

func find(ctx context.Context, t *core.Tx, v *Proofs, id string) (assurance.Kept, error) {
	if !engine.ValidKey(id) {
		return assurance.Kept{}, fault.New(fault.NotFound, "verification.find", "no step-up has an id of that form")
	}
	return v.open(t.SQL.QueryRowContext(ctx, "SELECT "+columns+" WHERE s.id = $1", id))
}

// save seals k anew, one revision later.
func save(ctx context.Context, t *core.Tx, k assurance.Kept) error {
	const op = "verification.save"
	sealed, ref, err := seal(t, k)
	if err != nil {
		return err
	}
	var before int64
	if err := t.SQL.QueryRowContext(ctx, "SELECT body_ref FROM step_up WHERE id = $1", k.ID).Scan(&before); err != nil {
		return engine.MapError(op, err)
	}
	_, err = t.SQL.ExecContext(ctx, "UPDATE step_up SET state = $1, revision = revision + 1, expires_at = $2, body = $3, body_ref = $4 WHERE id = $5",
		string(k.State), k.ExpiresAt.UnixMicro(), sealed, ref, k.ID)
	if err != nil {
		return engine.MapError(op, err)
	}
	return t.DestroyKeys(ctx, []int64{before})
}

const (
	keepFor  = 30 * 24 * time.Hour
	purgeMax = 1000
)

// PurgeProofs removes the step-ups of a month ago, with the keys of what they say, and
// the numbers of assertions that nobody would believe any more.
func (v *Proofs) PurgeProofs(ctx context.Context) error {
	const op = "verification.PurgeProofs"
	return v.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		if _, err := t.SQL.ExecContext(ctx, "DELETE FROM assertion_used WHERE digest IN (SELECT digest FROM assertion_used WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)", t.Now, purgeMax); err != nil {
			return engine.MapError(op, err)
		}
		rows, err := t.SQL.QueryContext(ctx, "DELETE FROM step_up WHERE id IN (SELECT id FROM step_up WHERE asked_at < $1 ORDER BY asked_at LIMIT $2) RETURNING body_ref", t.Now-keepFor.Microseconds(), purgeMax)
		if err != nil {
			return engine.MapError(op, err)
		}
		var refs []int64
		err = engine.EachRow(rows, func(r *sql.Rows) error {
			var ref int64
			err := r.Scan(&ref)
			refs = append(refs, ref)
			return err
		})
		if err != nil {
			return engine.MapError(op, err)
		}
		return t.DestroyKeys(ctx, refs)
	})
}

// EraseProofs forgets what a customer was asked to prove up to a time and how they did, and
// destroys the keys of it. How often they failed stays: it locks whoever guesses, and says
// nothing of them. Errors: Forbidden for all but parts of Kefu.
func (v *Proofs) EraseProofs(ctx context.Context, p identity.Principal, customerID string, before int64) error {
	const op = "verification.EraseProofs"
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s erases nothing", p.Kind)
	}
	return v.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		ids, refs, err := erased.Rows(ctx, t, "DELETE FROM step_up WHERE customer_id IN "+erased.Whose+" AND asked_at <= $2 RETURNING id, body_ref, 0", customerID, before)
		if err != nil || len(ids) == 0 {
			return err
		}
		t.Record(p, "proof.erase", "customer", customerID, customerID)
		return errors.Join(erased.Note(ctx, t, customerID, privacy.Proofs, ids), t.DestroyKeys(ctx, refs))
	})
}
