package acting

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Wish is something that somebody wants done.
type Wish struct {
	Conversation string
	Run, Step    string // of the flow; "" at the desk
	Also         []string
	selfservice.Proposal
}

// Bounds of proposing.
const (
	maxAttempts = 32              // of the very same thing in one conversation
	stillGood   = 2 * time.Minute // that a proposal has to live, to be given once more
)

// propose works out what a wish would do. Errors: as Propose, and a *RefusedError.
func (s *Service) propose(ctx context.Context, p identity.Principal, w Wish) (action.Kept, error) {
	const op = "acting.propose"
	if s.Wallet == nil {
		return action.Kept{}, fault.New(fault.NotFound, op, "there is no wallet")
	}
	link, err := s.link(ctx, p, w)
	if err != nil {
		return action.Kept{}, err
	}
	if wait := s.wishes.Allow(p.ID, 1, s.Clock()); wait > 0 {
		s.Limited("acts")
		return action.Kept{}, &intake.LimitedError{RetryAfter: wait}
	}
	able, err := s.capabilities(ctx)
	if err != nil {
		return action.Kept{}, err
	}
	if !able.Does(w.Act) {
		return action.Kept{}, refused(string(wallet.NotSupported))
	}
	k := action.Kept{Action: action.Action{
		ID: id.New(), ConversationID: w.Conversation, CustomerID: link.CustomerID, Run: w.Run, Step: w.Step, Maker: action.ByOf(p),
		Command: wallet.Command{Act: w.Act, CustomerID: link.WalletID, Target: w.Target, Also: w.Also, Amount: w.Amount, Reason: w.Reason, Expect: w.Expect},
	}}
	if p.Kind == identity.Staff {
		k.MakerName = p.Name
	}
	if err := named(able, &k, w.Files); err != nil {
		return action.Kept{}, err
	}
	if k.Command.Details, err = s.cleaned(ctx, w.Details); err != nil {
		return action.Kept{}, err
	}
	if k.Command.Expect == "" || w.Act == wallet.ClaimPoints { // whose target is a purchase, and whose state is that of its points
		if k.Command.Expect, err = s.stateOf(ctx, actor(p, k), k.Command); err != nil {
			return action.Kept{}, err
		}
	}
	k.Command.Key = "unnamed" // which Validate wants, and the attempt decides
	if err := k.Command.Validate(); err != nil {
		return action.Kept{}, err
	}
	return s.attempt(ctx, p, able, k)
}

// cleaned takes secrets out of what somebody wrote.
func (s *Service) cleaned(ctx context.Context, words map[string]string) (map[string]string, error) {
	if len(words) == 0 || len(words) > wallet.MaxDetails {
		return words, nil // too many are refused a moment later
	}
	clean := make(map[string]string, len(words))
	for name, text := range words {
		kept, err := s.Clean(ctx, text)
		if err != nil {
			return nil, err
		}
		clean[name] = kept
	}
	return clean, nil
}

// link finds the customer's side of the wallet, and whether p may have something done
// there for this conversation.
func (s *Service) link(ctx context.Context, p identity.Principal, w Wish) (wallet.Link, error) {
	if p.Kind == identity.Staff {
		talk, err := s.Store.Conversation(ctx, p, w.Conversation)
		if err != nil {
			return wallet.Link{}, err
		}
		return s.Links.WalletCase(ctx, p, talk.CustomerID, w.Conversation, s.issuer)
	}
	return s.Links.OwnWalletLink(ctx, p, s.issuer)
}

// attempt finds the act that the wish is: the one that lives, or a new one.
func (s *Service) attempt(ctx context.Context, p identity.Principal, able wallet.Capabilities, k action.Kept) (action.Kept, error) {
	const op = "acting.attempt"
	key, old, err := s.free(ctx, p, &k)
	if err != nil {
		return action.Kept{}, err
	}
	if old != nil && old.Told() != action.Proposed && old.Told() != action.Confirmed { // it waits for somebody, or is on its way
		return *old, nil
	}
	k.Command.Key = key
	if err := s.alone(ctx, k); err != nil {
		return action.Kept{}, err
	}
	run, err := s.dryRun(ctx, actor(p, k), k.Command)
	if err != nil {
		return action.Kept{}, err
	}
	if old != nil {
		if s.stands(*old, k, run) {
			return *old, nil
		}
		if err := s.giveUp(ctx, p, *old); err != nil {
			return action.Kept{}, err
		}
		if k.Command.Key, _, err = s.free(ctx, p, &k); err != nil {
			return action.Kept{}, err
		}
	}
	k.Summary = run.summary
	if k.Verdict, err = s.say(ctx, p, able, k, levelOf(p)); err != nil {
		return action.Kept{}, err
	}
	if !k.Verdict.Allow {
		return action.Kept{}, refused(k.Verdict.Code)
	}
	run.also(&k.Verdict)
	if err := s.gift(ctx, p, able, &k); err != nil {
		return action.Kept{}, err
	}
	if err := s.supersede(ctx, k); err != nil {
		return action.Kept{}, err
	}
	k.Destination, k.About = s.destination(ctx, actor(p, k), able, k), s.about(ctx, actor(p, k), k)
	if k.Action, err = action.Propose(k.Action, s.Clock()); err != nil {
		return action.Kept{}, err
	}
	if err := s.Store.AddAct(ctx, p, k); err != nil {
		if fault.Is(err, fault.Conflict) { // the same was asked for at the same moment
			return s.Store.ActByKey(ctx, p, k.Command.Key)
		}
		return action.Kept{}, fault.Wrap(op, err)
	}
	k.Revision = 1
	s.Changed(k)
	return k, nil
}

// stands tells whether what was proposed before is just what is proposed now, so that it is
// given once more. A customer who is on the way to prove it is left to it.
func (s *Service) stands(old, k action.Kept, run dry) bool {
	if action.Hash(k.Command, run.summary) != old.Hash || old.Maker != k.Maker || !slices.Equal(old.Papers, k.Papers) {
		return false
	}
	return (old.State == action.Proposed && old.ExpiresAt.Sub(s.Clock()) >= stillGood) || (old.State == action.Confirmed && old.AsksCustomer())
}

// giveUp ends what another proposal takes the place of.
func (s *Service) giveUp(ctx context.Context, p identity.Principal, old action.Kept) error {
	if old.AsksCustomer() {
		_, err := s.changed(s.Store.SupersedeAct(ctx, part(), old.ID))
		return err
	}
	_, err := s.Store.CancelAct(ctx, p, old.ID)
	return err
}

// levelOf is how sure we are of whoever asks; of staff it says nothing of the customer.
func levelOf(p identity.Principal) identity.Level {
	if p.Kind == identity.Customer {
		return p.Level
	}
	return identity.AL1
}

// free finds the key under which a wish is made: the first of its attempts that has not
// been, or the one that lives, which is given too. The files that the wallet was given for
// an attempt before, which were the same, it has still.
func (s *Service) free(ctx context.Context, p identity.Principal, k *action.Kept) (string, *action.Kept, error) {
	const op = "acting.free"
	for n := range maxAttempts {
		key := action.Key(k.ConversationID, k.Run, k.Step, k.Command, n)
		old, err := s.Store.ActByKey(ctx, p, key)
		if fault.Is(err, fault.NotFound) {
			return key, nil, nil
		}
		if err != nil {
			return "", nil, err
		}
		if old.Action = old.At(s.Clock()); !old.State.Over() && old.KeepsBack(s.Clock()) {
			return key, &old, nil
		}
		if k.Given, k.GivenAt = 0, (time.Time{}); s.Clock().Sub(old.GivenAt) < action.FilesFor && old.Refusal != wallet.FileMissing {
			k.Given, k.GivenAt = old.Given, old.GivenAt
		}
	}
	return "", nil, fault.New(fault.TooMany, op, "the same was wanted %d times", maxAttempts)
}

// alone refuses a wish while the same for the same thing waits for somebody, or may have
// happened and nobody knows, wherever it was begun.
func (s *Service) alone(ctx context.Context, k action.Kept) error {
	live, err := s.Store.ListActs(ctx, part(), action.Query{
		CustomerID: k.CustomerID, Limit: action.MaxPage,
		States: []action.State{action.Proposed, action.Confirmed, action.Waiting, action.Approved, action.Planned, action.Sent, action.Unknown},
	})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(live, func(o action.Kept) bool {
		if o.Command.Act != k.Command.Act || o.Command.Key == k.Command.Key || !o.KeepsBack(s.Clock()) {
			return false
		}
		switch o.At(s.Clock()).Told() {
		case action.Waiting, action.Approved, action.Planned, action.Unknown:
			return o.Lost || o.Command.Target == k.Command.Target // of what cannot be read nobody knows that it is another
		default:
			return false
		}
	}) {
		return refused(Underway)
	}
	return nil
}

// dry is what a dry run said.
type dry struct {
	summary  wallet.Summary
	proof    bool // the wallet wants a proof
	approval bool // and a second person
}

// also has a verdict ask for what the wallet asks for.
func (d dry) also(v *action.Verdict) {
	if d.proof {
		v.Level = max(v.Level, identity.AL2)
	}
	v.FourEyes = v.FourEyes || d.approval
}

// dryRun has the wallet work out what a command would do. Errors: a *RefusedError;
// Unavailable, also for an answer to something else.
func (s *Service) dryRun(ctx context.Context, by wallet.Actor, c wallet.Command) (dry, error) {
	const op = "acting.dryRun"
	c.DryRun, c.Assertion = true, ""
	asking, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	o, err := s.Wallet.Do(asking, by, c)
	if err != nil {
		return dry{}, &fault.Error{Code: fault.Unavailable, Op: op, Message: "the wallet does not say what would happen", Err: err}
	}
	if o.Validate() != nil || o.Act != c.Act || o.CustomerID != c.CustomerID || o.Target != c.Target {
		return dry{}, fault.New(fault.Unavailable, op, "the wallet answered something else")
	}
	out := dry{proof: o.Refusal == wallet.StepUpRequired, approval: o.Refusal == wallet.ApprovalRequired}
	if o.Summary != nil {
		out.summary = *o.Summary
	}
	switch {
	case o.State == wallet.OpProposed, o.Summary != nil && (out.proof || out.approval):
		return out, nil
	case o.State == wallet.OpFailed:
		return dry{}, refused(string(o.Refusal))
	default:
		return dry{}, fault.New(fault.Unavailable, op, "the wallet did something in a dry run")
	}
}

// actor is on whose behalf the wallet is asked: of whoever wanted it, where Kefu goes on
// by itself.
func actor(p identity.Principal, k action.Kept) wallet.Actor {
	by := wallet.Actor{Kind: p.Kind.String(), ID: p.ID, Role: string(p.Role), Case: k.ConversationID, Purpose: wallet.PurposeView}
	if p.Kind == identity.System {
		by.Kind, by.ID = k.Maker.Kind.String(), k.Maker.ID
	}
	if by.Kind == identity.Customer.String() {
		by.Purpose = wallet.PurposeOwn
	}
	return by
}
