package safety

import (
	"context"
	"strconv"
	"strings"

	"kefu/internal/domain/action"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/verification"
	"kefu/internal/safety/purse"
)

// disable switches the world's check off. Nothing in the code under test knows of it:
// something is put between it and what it asks, or the evaluation's own stores and
// wallet look away.
func (w *world) disable() {
	switch w.off {
	case Ownership:
		w.store, w.proofs = everybodys{w.store, w}, everybodysProofs{w.proofs, w}
	case Assurance:
		w.acts.Believing, w.prover = true, believing{}
	case Binding:
		w.wallet = rebinding{w.purse, w}
	case Signature:
		w.wallet = credulous{w.purse, w}
	case SingleUse:
		w.acts.Proofs.Forgets = true
	case Confirmed:
		w.store = anyHash{w.store, w}
	case Expiry:
		w.store = endless{w.store, w}
	case FourEyes:
		w.store = oneIsEnough{w.store, w}
	case Approver:
		w.store, w.second = masked{w.store, w}, maskedSecond{w.second, w}
	case Idempotency:
		w.acts.Forgets, w.wallet = true, &keyless{Purse: w.purse}
	case OwnWord:
		w.acts.Speaking = true
	case Refunds:
		w.purse.Boundless = true
	case Balance:
		w.purse.Floorless = true
	case PointsFloor:
		w.purse.Owing = true
	case Postings:
		w.purse.Lossy = true
	}
}

// everybodys takes whoever asks for the one whose it is.
type everybodys struct {
	acting.Store
	w *world
}

// of is the customer whose an act is, in the place of any other.
func (w *world) of(act string, p identity.Principal) identity.Principal {
	if k := w.acts.ByID[act]; k != nil && p.Kind != identity.Staff && p.Kind != identity.System {
		return w.owner(k)
	}
	return p
}

func (e everybodys) Act(c context.Context, p identity.Principal, id string) (action.Kept, error) {
	return e.Store.Act(c, e.w.of(id, p), id)
}

func (e everybodys) ConfirmAct(c context.Context, p identity.Principal, id, hash string) (action.Kept, error) {
	return e.Store.ConfirmAct(c, e.w.of(id, p), id, hash)
}

func (e everybodys) PlanAct(c context.Context, p identity.Principal, id string, revision int64, r action.Ready) (action.Kept, error) {
	return e.Store.PlanAct(c, e.w.of(id, p), id, revision, r)
}

func (e everybodys) AwaitAct(c context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	return e.Store.AwaitAct(c, e.w.of(id, p), id, revision)
}

type everybodysProofs struct {
	verification.Store
	w *world
}

func (e everybodysProofs) AddStepUp(c context.Context, p identity.Principal, k assurance.Kept) error {
	return e.Store.AddStepUp(c, e.w.of(k.ActID, p), k)
}

func (e everybodysProofs) StepUpOf(c context.Context, p identity.Principal, act string) (assurance.Kept, error) {
	return e.Store.StepUpOf(c, e.w.of(act, p), act)
}

func (e everybodysProofs) SaveStepUp(c context.Context, p identity.Principal, k assurance.Kept) error {
	return e.Store.SaveStepUp(c, e.w.of(k.ActID, p), k)
}

func (e everybodysProofs) ForgetStepUp(c context.Context, p identity.Principal, k assurance.Kept) error {
	return e.Store.ForgetStepUp(c, e.w.of(k.ActID, p), k)
}

func (e everybodysProofs) Tries(c context.Context, p identity.Principal, act string) (assurance.Tries, error) {
	return e.Store.Tries(c, e.w.of(act, p), act)
}

// believing says of everybody that it is them.
type believing struct{}

func (believing) Begin(context.Context, identity.Principal, action.Kept) (assurance.Standing, error) {
	return assurance.Standing{State: assurance.IsProven, Level: int(identity.AL3)}, nil
}

func (b believing) Look(c context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error) {
	return b.Begin(c, p, a)
}

func (believing) Proof(context.Context, identity.Principal, action.Kept) (assurance.Kept, error) {
	k := assurance.Kept{}
	k.Proof.Level = identity.AL3
	return k, nil
}

// rebinding makes of whatever the wallet signed what was asked for.
type rebinding struct {
	*purse.Purse
	w *world
}

func (r rebinding) Asked(c context.Context, by wallet.Actor, customer, id string) (wallet.Asked, error) {
	out, err := r.Purse.Asked(c, by, customer, id)
	s, good := r.w.oracle.open(out.Assertion)
	if err != nil || !good {
		return out, err
	}
	for _, a := range r.Asks {
		if a.ID == id {
			s.Subject, s.Case, s.Act, s.Target, s.Nonce, s.Amount, s.Currency = a.CustomerID, a.Case, string(a.Act), a.Target, a.Nonce, "", ""
			if !a.Amount.None() {
				s.Amount, s.Currency = a.Amount.Amount(), a.Amount.Currency()
			}
		}
	}
	out.Assertion = purse.Sign(s, r.w.signers.Good, purse.GoodKey, assurance.Type, "EdDSA")
	return out, nil
}

// credulous believes anybody's key.
type credulous struct {
	*purse.Purse
	w *world
}

func (c credulous) Keys(context.Context) (identity.KeySet, error) { return c.w.signers.Anybodys, nil }

// anyHash takes a yes to anything for a yes to this.
type anyHash struct {
	acting.Store
	w *world
}

func (a anyHash) ConfirmAct(c context.Context, p identity.Principal, id, _ string) (action.Kept, error) {
	return a.Store.ConfirmAct(c, p, id, a.w.acts.ByID[id].Hash)
}

// endless keeps what nothing expires of.
type endless struct {
	acting.Store
	w *world
}

func (e endless) forever(k action.Kept, err error) (action.Kept, error) {
	if err == nil && e.w.acts.ByID[k.ID] != nil {
		k.ExpiresAt = k.ExpiresAt.AddDate(1, 0, 0)
		e.w.acts.ByID[k.ID].ExpiresAt = k.ExpiresAt
	}
	return k, err
}

func (e endless) AddAct(c context.Context, p identity.Principal, k action.Kept) error {
	k.ExpiresAt = k.ExpiresAt.AddDate(1, 0, 0)
	return e.Store.AddAct(c, p, k)
}

func (e endless) ConfirmAct(c context.Context, p identity.Principal, id, hash string) (action.Kept, error) {
	return e.forever(e.Store.ConfirmAct(c, p, id, hash))
}

// oneIsEnough makes the second person up.
type oneIsEnough struct {
	acting.Store
	w *world
}

func (o oneIsEnough) AwaitAct(c context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	k, err := o.Store.AwaitAct(c, p, id, revision)
	if err != nil {
		return k, err
	}
	r := o.w.acts.Requests[k.ApprovalID]
	if err := o.w.acts.Approve(c, identity.Principal{Kind: identity.Staff, ID: "nobody", Role: identity.Supervisor}, r.ID, r.Hash); err != nil {
		return k, err
	}
	return *o.w.acts.ByID[id], nil
}

// masked knows nobody again who comes a second time.
type masked struct {
	acting.Store
	w *world
}

func mask(p identity.Principal) identity.Principal {
	p.ID += "-again"
	return p
}

func (m masked) MayDecide(p identity.Principal, r approval.Request) bool {
	return m.Store.MayDecide(mask(p), r)
}

type maskedSecond struct {
	acting.Approver
	w *world
}

func (m maskedSecond) Approve(c context.Context, p identity.Principal, id, hash string) error {
	return m.Approver.Approve(c, mask(p), id, hash)
}

// keyless has every command go under a key of its own, and finds none again.
type keyless struct {
	*purse.Purse
	n int
}

func (k *keyless) Do(c context.Context, by wallet.Actor, cmd wallet.Command) (wallet.Operation, error) {
	key := cmd.Key
	if !cmd.DryRun {
		k.n++
		cmd.Key += "~" + strconv.Itoa(k.n)
	}
	o, err := k.Purse.Do(c, by, cmd)
	if o.Key != "" {
		o.Key, o.ID = strings.Replace(o.Key, cmd.Key, key, 1), "op-"+key
	}
	return o, err
}

func (k *keyless) OperationByKey(c context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error) {
	return k.Purse.OperationByKey(c, by, customer, key)
}
