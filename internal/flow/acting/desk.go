package acting

import (
	"context"
	"encoding/json"
	"errors"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

// Seen is an act as a member of staff sees it, with what they may do now. For who may not
// hear that a payment is held (ADR 29) the states that the wallet told are not in it, and
// no hash.
type Seen struct {
	action.Kept
	Proof      assurance.Standing // how far the customer's proof is; never a link
	Tells      string             // what its customer will read, or has read, of a gift
	MayConfirm bool               // what only makes safe, in the customer's place
	MayCancel  bool
	MayStart   bool // have it done
	MayDecide  bool // as the second person
}

// AtDesk proposes something for a customer in a conversation that a member of staff
// works on. What the customer is asked for follows: their yes, their proof.
//
// Errors: Forbidden, with the reason why it is not done (a *RefusedError); NotFound;
// Invalid; Unavailable; a *intake.LimitedError.
func (s *Service) AtDesk(ctx context.Context, p identity.Principal, w Wish) (Seen, error) {
	const op = "acting.AtDesk"
	if p.Kind != identity.Staff {
		return Seen{}, fault.New(fault.Forbidden, op, "%s does not work here", p.Kind)
	}
	if err := s.askable(ctx, p, w); err != nil {
		return Seen{}, err
	}
	k, err := s.propose(ctx, p, w)
	if err != nil {
		return Seen{}, err
	}
	return s.seen(ctx, p, k), nil
}

// List gives acts as a member of staff sees them. Errors: as the store's.
func (s *Service) List(ctx context.Context, p identity.Principal, q action.Query) ([]Seen, error) {
	all, err := s.Store.ListActs(ctx, p, q)
	if err != nil {
		return nil, err
	}
	seen := make([]Seen, len(all))
	for i, k := range all {
		k.Action = k.At(s.Clock())
		if seen[i] = s.seen(ctx, p, k); k.State == action.Confirmed || k.State == action.Approved {
			if seen[i].Proof, err = s.proofOf(ctx, k); err != nil {
				return nil, err
			}
		}
	}
	return seen, nil
}

// Get gives one act, and how far its proof is. Errors: NotFound.
func (s *Service) Get(ctx context.Context, p identity.Principal, id string) (Seen, assurance.Standing, error) {
	k, err := s.act(ctx, p, id)
	if err != nil {
		return Seen{}, assurance.Standing{}, err
	}
	seen := s.seen(ctx, p, k)
	seen.Proof, err = s.proofOf(ctx, k)
	return seen, seen.Proof, err
}

// proofOf is how far the proof of an act is, as staff may know it.
func (s *Service) proofOf(ctx context.Context, k action.Kept) (assurance.Standing, error) {
	if k.Verdict.Level <= identity.AL1 {
		return assurance.Standing{State: assurance.NotNeeded, Level: int(k.Verdict.Level)}, nil
	}
	proof, err := s.Prover.Look(ctx, part(), k)
	proof.Link = "" // it is the customer's to follow
	return proof, err
}

func (s *Service) seen(ctx context.Context, p identity.Principal, k action.Kept) Seen {
	out := Seen{Kept: k}
	o := policy.Object{CustomerID: k.CustomerID}
	talk, err := s.Store.Conversation(ctx, part(), k.ConversationID)
	if err == nil && talk.MergedInto != "" { // there it goes on
		talk, err = s.Store.Conversation(ctx, part(), talk.MergedInto)
	}
	if err == nil {
		o.AssigneeID, o.Open = talk.AssigneeID, talk.Status != conversation.Resolved
		out.Tells = toldOfGift(k, talk.Language)
	}
	if !policy.Allow(p, policy.ReadUntold, o) { // of a state that is there to be guessed the hash tells which
		out.Command.Expect, out.Summary.State, out.Hash = "", "", ""
	}
	if k.Doubtful() {
		return out
	}
	mine := policy.Allow(p, policy.ProposeAct, o)
	out.MayConfirm = mine && k.State == action.Proposed && (k.Command.Act.Cautious() || (k.Command.Act.OfHouse() && k.Maker == action.ByOf(p)))
	out.MayCancel = mine && k.State.May(action.Cancelled) && k.Maker == action.ByOf(p)
	out.MayStart = mine && k.State == action.Confirmed && !k.AsksCustomer() // which goes on by itself
	if k.State == action.Waiting && policy.Allow(p, policy.OverseeActs, policy.Object{}) {
		if r, err := s.Store.ActRequest(ctx, p, k.ID); err == nil {
			out.MayDecide = s.Store.MayDecide(p, r)
		}
	}
	return out
}

// Approve is the second person's yes to what has a hash. Whether it still is what would
// happen is looked at before: an act that has changed meanwhile fails. Errors: Forbidden,
// also for who wanted it; NotFound; Conflict, with the field hash for another, and with
// the reason state_changed; Unavailable.
func (s *Service) Approve(ctx context.Context, p identity.Principal, id, hash string) error {
	const op = "acting.Approve"
	r, err := s.Store.ActRequest(ctx, p, id)
	if err != nil {
		return err
	}
	if !s.Store.MayDecide(p, r) {
		return s.undecidable(ctx, p, id)
	}
	k, err := s.act(ctx, p, id)
	if err != nil {
		return err
	}
	if k.Doubtful() {
		return doubtful(op, k)
	}
	var asked struct {
		Hash string `json:"hash"`
	}
	if err := json.Unmarshal(r.Payload, &asked); err != nil || asked.Hash != hash || k.Hash != hash {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "hash", Message: "this is not what was asked for"}
	}
	if s.Wallet == nil {
		return fault.New(fault.NotFound, op, "there is no wallet")
	}
	run, err := s.dryRun(ctx, actor(p, k), k.Command)
	var no *RefusedError
	switch {
	case errors.As(err, &no):
	case err != nil:
		return err
	case action.Hash(k.Command, run.summary) != k.Hash:
		no = &RefusedError{Why: "state_changed"}
	}
	if no != nil {
		if _, err := s.fail(ctx, p, k, no.Why); err != nil {
			return err
		}
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "act", Reason: no.Why, Message: "it is not as it was"}
	}
	if err := s.Approver.Approve(ctx, p, r.ID, r.Hash); err != nil {
		return err
	}
	return s.decided(ctx, id)
}

// doubtful is why nobody decides over what may have happened already: the request stays,
// and is decided over once the wallet has said.
func doubtful(op string, k action.Kept) error {
	return &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(k.Told()), Message: "the wallet is being asked what became of it"}
}

// undecidable says why somebody may not decide.
func (s *Service) undecidable(ctx context.Context, p identity.Principal, id string) error {
	const op = "acting.undecidable"
	k, err := s.act(ctx, p, id)
	if err == nil && k.State != action.Waiting {
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(k.State), Message: "it waits no more"}
	}
	if err != nil {
		return err
	}
	return fault.New(fault.Forbidden, op, "it is not theirs to decide")
}

// Reject is the second person's no, and why. Errors: Forbidden; NotFound; Conflict;
// Invalid for the reason.
func (s *Service) Reject(ctx context.Context, p identity.Principal, id, reason string) error {
	r, err := s.Store.ActRequest(ctx, p, id)
	if err != nil {
		return err
	}
	k, err := s.act(ctx, p, id)
	if err != nil {
		return err
	}
	if k.Doubtful() {
		return doubtful("acting.Reject", k)
	}
	if err := s.Approver.Reject(ctx, p, r.ID, reason); err != nil {
		return err
	}
	return s.decided(ctx, id)
}

// decided tells of a decision, and has what was approved gone on with.
func (s *Service) decided(ctx context.Context, id string) error {
	k, err := s.Store.Act(ctx, part(), id)
	if err != nil {
		return err
	}
	s.Changed(k)
	s.wakeUp()
	return nil
}
