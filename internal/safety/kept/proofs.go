package kept

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Proofs keeps step-ups in memory, by the contract of storage/verification.
type Proofs struct {
	clock   clock.Clock
	acts    *Acts
	all     []*assurance.Kept
	tries   map[string]assurance.Tries
	used    map[string]bool // by jti
	Forgets bool            // what was used: to show what comes of it
}

// As storage/verification has them.
const (
	maxAsks = 8
	asksIn  = time.Hour
)

func (v *Proofs) allow(p identity.Principal, act string) (customer string, err error) {
	const op = "kept.proofs"
	k := v.acts.ByID[act]
	if k == nil {
		return "", fault.New(fault.NotFound, op, "there is no such act")
	}
	o, err := v.acts.about(k.ConversationID, k.CustomerID)
	if err != nil {
		return "", err
	}
	if !policy.Allow(p, policy.ProposeAct, o) && !policy.Allow(p, policy.RunActs, o) {
		return "", fault.New(fault.Forbidden, op, "has nothing to do with the proofs of this customer")
	}
	return k.CustomerID, nil
}

// AddStepUp implements verification.Store.
func (v *Proofs) AddStepUp(_ context.Context, p identity.Principal, k assurance.Kept) error {
	const op = "kept.AddStepUp"
	customer, err := v.allow(p, k.ActID)
	if err != nil {
		return err
	}
	if customer != k.CustomerID || k.State != assurance.Asked {
		return fault.New(fault.NotFound, op, "the act is another customer's, or the step-up is none")
	}
	if _, locked := v.tries[customer].LockedAt(v.clock()); locked {
		return &fault.Error{Code: fault.TooMany, Op: op, Field: "step_up", Reason: "locked", Message: "too many tries failed"}
	}
	asked := 0
	for _, o := range v.all {
		if o.CustomerID == customer && o.AskedAt.After(v.clock().Add(-asksIn)) {
			asked++
		}
	}
	if asked >= maxAsks {
		return &fault.Error{Code: fault.TooMany, Op: op, Field: "step_up", Reason: "asked_too_often", Message: "the customer was asked often enough"}
	}
	k.Revision = 1
	v.all = append(v.all, &k)
	return nil
}

// StepUpOf implements verification.Store.
func (v *Proofs) StepUpOf(_ context.Context, p identity.Principal, act string) (assurance.Kept, error) {
	if _, err := v.allow(p, act); err != nil {
		return assurance.Kept{}, err
	}
	for _, k := range slices.Backward(v.all) {
		if k.ActID == act {
			return *k, nil
		}
	}
	return assurance.Kept{}, fault.New(fault.NotFound, "kept.StepUpOf", "none was asked for")
}

func (v *Proofs) find(id string) *assurance.Kept {
	for _, k := range v.all {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// SaveStepUp implements verification.Store.
func (v *Proofs) SaveStepUp(_ context.Context, p identity.Principal, k assurance.Kept) error {
	const op = "kept.SaveStepUp"
	customer, err := v.allow(p, k.ActID)
	if err != nil {
		return err
	}
	was := v.find(k.ID)
	switch {
	case was == nil || was.ActID != k.ActID || was.CustomerID != customer:
		return fault.New(fault.NotFound, op, "the step-up is another act's")
	case was.Revision != k.Revision || was.State != assurance.Asked:
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "step_up", Reason: string(was.State), Message: "it has changed meanwhile"}
	case k.State == assurance.Used:
		return fault.New(fault.Conflict, op, "a proof is used where what it is for is planned")
	}
	switch k.State {
	case assurance.Refused:
		v.tries[customer] = v.tries[customer].Fail(v.clock())
	case assurance.Proven:
		v.tries[customer] = v.tries[customer].Succeed()
	}
	k.Revision++
	*was = k
	return nil
}

// ForgetStepUp implements verification.Store.
func (v *Proofs) ForgetStepUp(_ context.Context, p identity.Principal, k assurance.Kept) error {
	const op = "kept.ForgetStepUp"
	customer, err := v.allow(p, k.ActID)
	if err != nil {
		return err
	}
	was := v.find(k.ID)
	switch {
	case was == nil || was.ActID != k.ActID || was.CustomerID != customer:
		return fault.New(fault.NotFound, op, "the step-up is another act's")
	case was.Revision != 1 || was.State != assurance.Asked || was.Remote != "":
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "step_up", Reason: string(was.State), Message: "the wallet was asked"}
	}
	v.all = slices.DeleteFunc(v.all, func(o *assurance.Kept) bool { return o == was })
	return nil
}

// Tries implements verification.Store.
func (v *Proofs) Tries(_ context.Context, p identity.Principal, act string) (assurance.Tries, error) {
	customer, err := v.allow(p, act)
	return v.tries[customer], err
}

// use uses a proof up, when what it gives is called: with the plan or not at all.
func (v *Proofs) use(id, act, conversation string, c wallet.Command) (assurance.StepUp, func(), error) {
	const op = "kept.use"
	k := v.find(id)
	if k == nil {
		return assurance.StepUp{}, nil, fault.New(fault.NotFound, op, "there is none")
	}
	if k.ActID != act {
		return assurance.StepUp{}, nil, fault.New(fault.Conflict, op, "the proof is for another act")
	}
	used, err := k.Use(conversation, c, v.clock())
	if err != nil {
		return assurance.StepUp{}, nil, err
	}
	if v.used[k.Proof.ID] && !v.Forgets {
		return assurance.StepUp{}, nil, fault.New(fault.Conflict, op, "the assertion was used before")
	}
	return used, func() {
		v.used[k.Proof.ID] = true
		k.StepUp = used
		k.Revision++
	}, nil
}
