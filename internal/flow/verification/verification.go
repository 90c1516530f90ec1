// Package verification has customers prove, in the wallet and by its means, that it is
// them and that they want exactly what is about to be done. It asks the wallet, looks at
// what came of it, and believes nothing but what the wallet signed for this. Whoever
// waits is told a state: no code passes through Kefu, and staff could not read one out.
package verification

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/secret"
)

// Wallet is the part of the operator's wallet that asks its customers. Errors: NotFound,
// Invalid, Unavailable; one that certainly never left says so by NeverSent.
type Wallet interface {
	Ask(ctx context.Context, by wallet.Actor, a wallet.Ask) (wallet.Asked, error)
	Asked(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Asked, error)
	Keys(ctx context.Context) (identity.KeySet, error)
}

// Store keeps step-ups.
type Store interface {
	AddStepUp(ctx context.Context, p identity.Principal, k assurance.Kept) error
	StepUpOf(ctx context.Context, p identity.Principal, act string) (assurance.Kept, error)
	SaveStepUp(ctx context.Context, p identity.Principal, k assurance.Kept) error
	ForgetStepUp(ctx context.Context, p identity.Principal, k assurance.Kept) error
	Tries(ctx context.Context, p identity.Principal, act string) (assurance.Tries, error)
}

// Deps are what a Service works with.
type Deps struct {
	Wallet Wallet // nil: there is none
	Store  Store
	Clock  clock.Clock
	Log    *slog.Logger
	// Told is called with the state of each proof that has come to its end; may be nil.
	Told func(assurance.State)
}

// Options are the operator's choices.
type Options struct {
	Issuer   string // the iss of the wallet's assertions
	Audience string // their aud: this Kefu
}

// walletTime bounds one question to the wallet.
const walletTime = 10 * time.Second

// Service is the use case. It is safe for concurrent use.
type Service struct {
	Deps
	options Options
	keys    keys
}

// New makes a Service.
func New(d Deps, o Options) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Told == nil {
		d.Told = func(assurance.State) {}
	}
	return &Service{Deps: d, options: o}
}

// Begin asks for the proof that an act needs, unless one is open or good already, or the
// customer said that it was not them: whoever did is not asked for the same again. Errors: Forbidden; NotFound.
func (s *Service) Begin(ctx context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error) {
	now, err := s.Look(ctx, p, a)
	if err != nil {
		return now, err
	}
	switch now.State {
	case assurance.NotNeeded, assurance.Pending, assurance.IsProven, assurance.WasUsed, assurance.WasDeclined, assurance.Locked, assurance.Unreachable:
		return now, nil
	}
	return s.ask(ctx, p, a)
}

// needed tells whether an act needs a proof at all.
func needed(a action.Kept) bool { return a.Verdict.Level > identity.AL1 }

// ask asks the wallet. That it will be asked is kept before, so that an answer which
// does not come leaves no proof that nobody knows of.
func (s *Service) ask(ctx context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error) {
	const op = "verification.ask"
	now := s.Clock()
	out := assurance.Standing{State: assurance.NotAsked, Level: int(a.Verdict.Level)}
	if s.Wallet == nil {
		return out, fault.New(fault.NotFound, op, "there is no wallet")
	}
	k := assurance.Kept{ActID: a.ID, Revision: 1, StepUp: assurance.StepUp{
		ID: id.New(), ConversationID: a.ConversationID, CustomerID: a.CustomerID, WalletID: a.Command.CustomerID, Act: a.Command.Act, Target: a.Command.Target, Amount: a.Command.Amount,
		Level: a.Verdict.Level, Nonce: secret.Token(), State: assurance.Asked, AskedAt: now, ExpiresAt: now.Add(assurance.Life),
	}}
	err := s.Store.AddStepUp(ctx, p, k)
	switch {
	case fault.Is(err, fault.TooMany):
		return s.locked(ctx, p, a, out)
	case err != nil:
		return out, err
	}
	asking, cancel := context.WithTimeout(ctx, walletTime)
	defer cancel()
	asked, err := s.Wallet.Ask(asking, actor(p, a), wallet.Ask{
		Key: k.ID, CustomerID: k.WalletID, Case: k.ConversationID, Act: k.Act, Target: k.Target, Amount: k.Amount, Level: int(k.Level), Nonce: k.Nonce,
	})
	if err == nil {
		err = asked.Validate()
	}
	if err != nil {
		s.Log.Warn("the wallet was asked for a proof and did not answer", "error", err)
		out.State = assurance.Unreachable
		return out, s.giveUp(ctx, p, k, err)
	}
	k.Remote, k.Method = asked.ID, asked.Method
	if until := asked.ExpiresAt.Std(); until.Before(k.ExpiresAt) {
		k.ExpiresAt = until
	}
	if err := s.save(ctx, p, k); err != nil {
		return out, err
	}
	k.Revision++
	return s.take(ctx, p, k, asked)
}

// saveTime bounds the keeping of what became of a question, when the time of whoever
// asked is over.
const saveTime = 3 * time.Second

// giveUp gives up a step-up that the wallet did not answer. Where nothing has left,
// nobody was asked and it counts for nothing. Where something may have, the customer may
// have been asked: it counts, and what the wallet says of it comes too late.
func (s *Service) giveUp(ctx context.Context, p identity.Principal, k assurance.Kept, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	var err error
	if neverSent(why) {
		err = s.Store.ForgetStepUp(ctx, p, k)
	} else {
		k.State = assurance.Expired
		err = s.save(ctx, p, k)
	}
	if fault.Is(err, fault.Conflict) { // somebody was faster
		return nil
	}
	return err
}

// neverSent tells whether an error says that nothing can have reached the wallet.
func neverSent(err error) bool {
	var never interface{ NeverSent() bool }
	return errors.As(err, &never) && never.NeverSent()
}

// locked says until when nobody is asked.
func (s *Service) locked(ctx context.Context, p identity.Principal, a action.Kept, out assurance.Standing) (assurance.Standing, error) {
	tries, err := s.Store.Tries(ctx, p, a.ID)
	out.State, out.Until = assurance.Locked, tries.Locked
	return out, err
}

func (s *Service) save(ctx context.Context, p identity.Principal, k assurance.Kept) error {
	return s.Store.SaveStepUp(ctx, p, k)
}

// actor is on whose behalf the wallet is asked.
func actor(p identity.Principal, a action.Kept) wallet.Actor {
	by := wallet.Actor{Kind: p.Kind.String(), ID: p.ID, Role: string(p.Role), Case: a.ConversationID, Purpose: wallet.PurposeView}
	if p.Kind == identity.System { // for whoever wanted it
		by.Kind, by.ID = a.Maker.Kind.String(), a.Maker.ID
	}
	if by.Kind == identity.Customer.String() {
		by.Purpose = wallet.PurposeOwn
	}
	return by
}

// Look tells how far the proof of an act is, asking the wallet where it may know more.
// Errors: Forbidden; NotFound.
func (s *Service) Look(ctx context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error) {
	out := assurance.Standing{State: assurance.NotNeeded, Level: int(a.Verdict.Level)}
	if !needed(a) {
		return out, nil
	}
	k, err := s.Store.StepUpOf(ctx, p, a.ID)
	if fault.Is(err, fault.NotFound) || (err == nil && k.State == assurance.Expired && k.Remote == "") { // or the wallet did not answer
		out.State = assurance.NotAsked
		if tries, err := s.Store.Tries(ctx, p, a.ID); err != nil || s.Clock().Before(tries.Locked) {
			out.State, out.Until = assurance.Locked, tries.Locked
			return out, err
		}
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if !k.Open(s.Clock()) || k.Remote == "" || s.Wallet == nil {
		return standing(k, s.Clock()), nil
	}
	asking, cancel := context.WithTimeout(ctx, walletTime)
	defer cancel()
	asked, err := s.Wallet.Asked(asking, actor(p, a), k.WalletID, k.Remote)
	if err == nil {
		err = asked.Validate()
	}
	if err != nil || asked.ID != k.Remote { // it is still open: whoever waits looks again
		s.Log.Warn("the wallet does not say what became of a proof", "error", err)
		return standing(k, s.Clock()), nil
	}
	return s.take(ctx, p, k, asked)
}

// Proof is the step-up that is good for an act now, and its level. Errors: NotFound
// where there is none.
func (s *Service) Proof(ctx context.Context, p identity.Principal, a action.Kept) (assurance.Kept, error) {
	const op = "verification.Proof"
	k, err := s.Store.StepUpOf(ctx, p, a.ID)
	if err == nil && !k.Covers(a.ConversationID, a.Command, s.Clock()) {
		err = fault.New(fault.NotFound, op, "there is no proof that is good for it now")
	}
	return k, err
}

// standing is a step-up as it is told.
func standing(k assurance.Kept, now time.Time) assurance.Standing {
	return assurance.Standing{State: k.Progress(now), Method: k.Method, Level: int(k.Level), ExpiresAt: k.ExpiresAt}
}

// take takes in what the wallet says of a step-up.
func (s *Service) take(ctx context.Context, p identity.Principal, k assurance.Kept, asked wallet.Asked) (assurance.Standing, error) {
	switch asked.State {
	case wallet.AskApproved:
		k = s.prove(ctx, k, asked.Assertion)
	case wallet.AskDeclined:
		k.State = assurance.Declined
	case wallet.AskExpired:
		k.State = assurance.Expired
	case wallet.AskLocked:
		k.State = assurance.Refused
	default:
		out := standing(k, s.Clock())
		out.Link = asked.Link
		return out, nil
	}
	if k.State == assurance.Asked { // the keys could not be had: it is looked at again
		return standing(k, s.Clock()), nil
	}
	err := s.save(ctx, p, k)
	if fault.Is(err, fault.Conflict) { // somebody looked at the same moment
		k, err = s.Store.StepUpOf(ctx, p, k.ActID)
		return standing(k, s.Clock()), err
	}
	if err != nil {
		return assurance.Standing{}, err
	}
	s.Told(k.State)
	out := standing(k, s.Clock())
	if asked.State == wallet.AskLocked {
		out.State = assurance.Locked
	}
	return out, nil
}

// prove believes an assertion, or not. Why not is for the log.
func (s *Service) prove(ctx context.Context, k assurance.Kept, signed string) assurance.Kept {
	set, err := s.keys.forToken(ctx, s.Wallet, signed, s.Clock())
	if err != nil {
		s.Log.Warn("the wallet's keys cannot be had", "error", err)
		return k
	}
	next, err := k.Prove(signed, set, s.options.Issuer, s.options.Audience, s.Clock())
	if err != nil {
		s.Log.Warn("what the wallet sent is no proof", "error", err, "step_up", k.ID)
	}
	k.StepUp = next
	return k
}
