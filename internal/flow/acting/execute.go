package acting

import (
	"context"
	"errors"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// doTime bounds the wait for the wallet's answer to a command; it is shorter than
// action.SendLease, so that nobody asks by the key while the command is on its way.
const doTime = 20 * time.Second

// execute has an act done, as far as it may be now. Errors: as Execute.
func (s *Service) execute(ctx context.Context, p identity.Principal, k action.Kept) (action.Kept, error) {
	const op = "acting.execute"
	switch k.Told() {
	case action.Confirmed, action.Approved:
	case action.Proposed:
		return k, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(k.State), Message: "nobody said yes to it"}
	default:
		return k, nil
	}
	if s.Wallet == nil {
		return k, fault.New(fault.NotFound, op, "there is no wallet")
	}
	if s.underway(k) {
		return k, &HandingError{}
	}
	ready, err := s.ready(ctx, p, k)
	var no *RefusedError
	switch {
	case errors.As(err, &no):
		return s.fail(ctx, p, k, no.Why)
	case err != nil:
		return k, err
	}
	if k.State == action.Confirmed && (ready.Verdict.FourEyes || k.Verdict.FourEyes) {
		return s.changed(s.Store.AwaitAct(ctx, p, k.ID, k.Revision))
	}
	if k, err = s.give(ctx, p, k); err != nil {
		if why := isRefused(err); why != "" {
			return s.fail(ctx, p, k, why)
		}
		return k, err
	}
	planned, err := s.Store.PlanAct(ctx, p, k.ID, k.Revision, ready)
	switch {
	case fault.Is(err, fault.Forbidden) && fault.ReasonOf(err) != "":
		return s.fail(ctx, p, k, fault.ReasonOf(err))
	case fault.Is(err, fault.Conflict): // somebody else was faster, or the time is over
		return s.overtaken(ctx, p, k.ID)
	case err != nil:
		return k, err
	}
	s.Changed(planned)
	return s.send(ctx, p, planned)
}

// overtaken is an act that had changed when it was to be planned. One that has its yes still
// and has not left has not failed: it is tried again. Errors: NotFound; Unavailable for such
// a one.
func (s *Service) overtaken(ctx context.Context, p identity.Principal, id string) (action.Kept, error) {
	k, err := s.act(ctx, p, id)
	if state := k.Told(); err == nil && (state == action.Confirmed || state == action.Approved) {
		return k, fault.New(fault.Unavailable, "acting.execute", "it changed while it was looked at")
	}
	return k, err
}

// ready is what has to be true again before an act leaves: a new dry run, the policy's
// word of now, and the proof. Errors: a *RefusedError; Unavailable.
func (s *Service) ready(ctx context.Context, p identity.Principal, k action.Kept) (action.Ready, error) {
	r := action.Ready{Level: identity.AL1}
	if k.Verdict.Level > identity.AL1 {
		proof, err := s.Prover.Proof(ctx, p, k)
		if fault.Is(err, fault.NotFound) {
			return r, refused(string(wallet.StepUpRequired))
		}
		if err != nil {
			return r, err
		}
		r.StepUp, r.Level = proof.ID, proof.StepUp.Proof.Level
	}
	able, err := s.capabilities(ctx)
	if err != nil {
		return r, err
	}
	run, err := s.dryRun(ctx, actor(p, k), k.Command)
	if err != nil {
		return r, err
	}
	if r.Summary = run.summary; action.Hash(k.Command, r.Summary) != k.Hash {
		return r, refused(string(wallet.StateChanged))
	}
	if r.Verdict, err = s.say(ctx, p, able, k, max(levelOf(p), r.Level)); err != nil {
		return r, err
	}
	if !r.Verdict.Allow {
		return r, refused(r.Verdict.Code)
	}
	run.also(&r.Verdict)
	if r.Level < r.Verdict.Level {
		return r, refused(string(wallet.StepUpRequired))
	}
	return r, nil
}

// fail ends an act that has not left, and gives it with the reason. A proof that is
// missing ends nothing: it can still be given.
func (s *Service) fail(ctx context.Context, p identity.Principal, k action.Kept, why string) (action.Kept, error) {
	const op = "acting.fail"
	if why == string(wallet.StepUpRequired) {
		return k, &fault.Error{Code: fault.Conflict, Op: op, Field: "act", Reason: why, Message: "the proof is missing"}
	}
	ended, err := s.Store.FailAct(ctx, p, k.ID, k.Revision, wallet.Refusal(why))
	if fault.Is(err, fault.Conflict) {
		return s.act(ctx, p, k.ID)
	}
	return s.changed(ended, err)
}

// changed tells of a change.
func (s *Service) changed(k action.Kept, err error) (action.Kept, error) {
	if err == nil {
		s.Changed(k)
	}
	return k, err
}

// send hands a planned act to the wallet, and takes in the answer. Whoever asked may
// have gone: what was planned goes on. But where so long went by since it was written down
// that others ask what became of it, as on a machine that was suspended, nothing leaves.
func (s *Service) send(ctx context.Context, p identity.Principal, k action.Kept) (action.Kept, error) {
	ctx = context.WithoutCancel(ctx)
	if s.Clock().Sub(k.HandedAt) >= action.SendLease-doTime {
		return s.act(ctx, p, k.ID)
	}
	asking, cancel := context.WithTimeout(ctx, doTime)
	defer cancel()
	o, err := s.Wallet.Do(asking, actor(p, k), k.Command)
	if err != nil {
		s.Log.Warn("the wallet did not answer a command", "act", k.ID, "never_sent", neverSent(err), "error", err)
	}
	return s.settle(ctx, k, action.Answer{Operation: o, Err: err, NeverSent: err != nil && neverSent(err)}), nil
}

// settle takes in an answer. When it cannot be kept the act stays as it is, and is asked
// for later.
func (s *Service) settle(ctx context.Context, k action.Kept, w action.Answer) action.Kept {
	saving, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	settled, err := s.Store.SettleAct(saving, part(), k.ID, k.Revision, w)
	if err == nil {
		s.Changed(settled)
		s.wakeUp()
		return settled
	}
	if !fault.Is(err, fault.Conflict) {
		s.Log.Error("what the wallet answered could not be kept; it will be asked again", "act", k.ID, "error", err)
		return k
	}
	now, err := s.Store.Act(saving, part(), k.ID)
	if err != nil {
		return k
	}
	return now
}

// neverSent tells whether an error says that nothing can have reached the wallet.
func neverSent(err error) bool {
	var never interface{ NeverSent() bool }
	return errors.As(err, &never) && never.NeverSent()
}
