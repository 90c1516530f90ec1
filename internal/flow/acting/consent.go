package acting

import (
	"context"
	"errors"
	"slices"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Consent is an act that a member of staff proposed in a conversation, as its customer is
// asked for their yes, and how far their proof is.
type Consent struct {
	action.Kept
	Proof assurance.Standing
}

// Why nothing is proposed for which nobody could say yes.
const (
	NobodyToAsk = "customer_unknown"    // the customer is not signed in to the wallet
	TalkClosed  = "conversation_closed" // it is resolved, or goes on elsewhere
)

// askable refuses what the customer would be asked for and could confirm nowhere. It tells
// the customer's side of the wallet. Errors: a *RefusedError; NotFound.
func (s *Service) askable(ctx context.Context, p identity.Principal, w Wish) error {
	if w.Act.Cautious() {
		return nil
	}
	talk, err := s.Store.Conversation(ctx, p, w.Conversation)
	if err != nil {
		return err
	}
	if talk.Status == conversation.Resolved || talk.Status == conversation.Merged {
		return refused(TalkClosed)
	}
	_, err = s.Links.WalletCase(ctx, p, talk.CustomerID, w.Conversation, s.issuer)
	if fault.Is(err, fault.NotFound) {
		return refused(NobodyToAsk)
	}
	return err
}

// supersede ends the proposals of the same conversation for the same thing that the
// customer has not gone on with: they are asked one question at a time. What cannot be
// ended any more goes on, and a new one would be refused as underway.
func (s *Service) supersede(ctx context.Context, k action.Kept) error {
	if !k.AsksCustomer() {
		return nil
	}
	open, err := s.Store.ListActs(ctx, part(), action.Query{ConversationID: k.ConversationID, States: []action.State{action.Proposed, action.Confirmed}, Limit: action.MaxPage})
	if err != nil {
		return err
	}
	for _, o := range open {
		if !o.AsksCustomer() || o.Command.Act != k.Command.Act || o.Command.Target != k.Command.Target || o.At(s.Clock()).State.Over() {
			continue
		}
		if _, err := s.changed(s.Store.SupersedeAct(ctx, part(), o.ID)); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// about is what an act acts on, in the customer's words. What the wallet does not tell now
// is left out.
func (s *Service) about(ctx context.Context, by wallet.Actor, k action.Kept) action.About {
	switch k.Command.Act {
	case wallet.RequestRefund, wallet.Recall, wallet.ReleaseHold, wallet.OpenDispute, wallet.RequestInspection:
	default:
		return action.About{}
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	t, err := s.Wallet.Transaction(ctx, by, k.Command.CustomerID, k.Command.Target)
	if err != nil || t.Party() == "" {
		return action.About{}
	}
	return action.About{Party: t.Party(), Amount: t.Amount, At: t.CreatedAt.Std()}
}

// own finds what a customer is asked for in a conversation of theirs. Whatever is none of
// that is not there. Errors: NotFound.
func (s *Service) own(ctx context.Context, p identity.Principal, conv, act string) (action.Kept, error) {
	const op = "acting.own"
	none := fault.New(fault.NotFound, op, "the customer is asked for no such thing here")
	if p.Kind != identity.Customer || !id.Valid(conv) || !id.Valid(act) {
		return action.Kept{}, none
	}
	talk, err := s.Store.Conversation(ctx, p, conv)
	if err != nil {
		return action.Kept{}, err
	}
	k, err := s.act(ctx, p, act)
	if err != nil {
		return action.Kept{}, err
	}
	if !k.AsksCustomer() || k.CustomerID != p.ID {
		return action.Kept{}, none
	}
	if k.ConversationID == talk.ID {
		return k, nil
	}
	begun, err := s.Store.Conversation(ctx, part(), k.ConversationID) // it may go on in this one
	if err != nil || begun.MergedInto != talk.ID {
		return action.Kept{}, none
	}
	return k, nil
}

// consent tells how an act stands, and how far its proof is.
func (s *Service) consent(ctx context.Context, p identity.Principal, k action.Kept, look func(context.Context, identity.Principal, action.Kept) (assurance.Standing, error)) (Consent, error) {
	out := Consent{Kept: k, Proof: assurance.Standing{State: assurance.NotNeeded, Level: int(k.Verdict.Level)}}
	if k.State != action.Confirmed && k.State != action.Approved {
		if k.State == action.Proposed && k.Verdict.Level > identity.AL1 {
			out.Proof.State = assurance.NotAsked
		}
		return out, nil
	}
	var err error
	out.Proof, err = look(ctx, p, k)
	return out, err
}

// Consent gives what a customer is asked for. Errors: NotFound, also for what is no
// concern of theirs in this conversation.
func (s *Service) Consent(ctx context.Context, p identity.Principal, conv, act string) (Consent, error) {
	k, err := s.own(ctx, p, conv, act)
	if err != nil {
		return Consent{}, err
	}
	return s.consent(ctx, p, k, s.Prover.Look)
}

// Agree is the customer's own yes to what has a hash. Before anything is asked of them the
// wallet is asked whether it still is what would happen; then they are asked for the
// proof, where one is needed, and what needs none is done. What was given later, or in
// another window, is gone on with by the worker.
//
// Errors: NotFound; Conflict with the field hash when it is not what was shown, and with
// the field state when it cannot be agreed to any more; Unavailable when the wallet does
// not answer, and nothing was agreed to.
func (s *Service) Agree(ctx context.Context, p identity.Principal, conv, act, hash string) (Consent, error) {
	const op = "acting.Agree"
	k, err := s.own(ctx, p, conv, act)
	if err != nil {
		return Consent{}, err
	}
	if k.State != action.Proposed { // a second press, or another device: what is so now is shown
		if hash != k.Hash {
			return Consent{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "hash", Message: "this is not what was shown"}
		}
		return s.consent(ctx, p, k, s.Prover.Look)
	}
	if s.Wallet == nil {
		return Consent{}, fault.New(fault.Unavailable, op, "there is no wallet")
	}
	why, err := s.stillSo(ctx, p, k)
	if err != nil {
		return Consent{}, err
	}
	if k, err = s.Store.ConfirmAct(ctx, p, act, hash); err != nil {
		return Consent{}, err
	}
	if s.Changed(k); why != "" {
		if k, err = s.fail(ctx, p, k, why); err != nil {
			return Consent{}, err
		}
		return Consent{Kept: k, Proof: assurance.Standing{State: assurance.NotNeeded}}, nil
	}
	return s.goOnWith(ctx, p, k)
}

// stillSo tells why an act is not any more what was shown; "" when it is. Errors:
// Unavailable.
func (s *Service) stillSo(ctx context.Context, p identity.Principal, k action.Kept) (string, error) {
	run, err := s.dryRun(ctx, actor(p, k), k.Command)
	var no *RefusedError
	switch {
	case errors.As(err, &no):
		return no.Why, nil
	case err != nil:
		return "", err
	case action.Hash(k.Command, run.summary) != k.Hash:
		return string(wallet.StateChanged), nil
	}
	return "", nil
}

// goOnWith asks for the proof of what was agreed to, or has it done where none is needed,
// and sees to it that somebody looks again.
func (s *Service) goOnWith(ctx context.Context, p identity.Principal, k action.Kept) (Consent, error) {
	if k.Verdict.Level <= identity.AL1 {
		done, err := s.execute(ctx, p, k)
		if err == nil {
			return s.consent(ctx, p, done, s.Prover.Look)
		}
		s.Log.Warn("what a customer agreed to could not be begun; it is tried again", "act", k.ID, "error", err)
	}
	soon, err := s.Store.LookAgain(ctx, part(), k.ID, k.Revision, s.Clock().Add(proofSoon))
	switch {
	case err == nil:
		k = soon
	case !fault.Is(err, fault.Conflict): // else somebody is at it
		return Consent{}, err
	}
	return s.consent(ctx, p, k, s.Prover.Begin)
}

// ProveAgain asks the customer once more for a proof that was not given in time or not
// believed. Errors: NotFound; Conflict when none is needed now.
func (s *Service) ProveAgain(ctx context.Context, p identity.Principal, conv, act string) (Consent, error) {
	const op = "acting.ProveAgain"
	k, err := s.own(ctx, p, conv, act)
	if err != nil {
		return Consent{}, err
	}
	if k.State != action.Confirmed && k.State != action.Approved {
		return Consent{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "state", Reason: string(k.State), Message: "no proof is needed now"}
	}
	return s.consent(ctx, p, k, s.Prover.Begin)
}

// Decline is the customer's no. Errors: NotFound; Conflict when it has begun.
func (s *Service) Decline(ctx context.Context, p identity.Principal, conv, act string) (Consent, error) {
	k, err := s.own(ctx, p, conv, act)
	if err != nil {
		return Consent{}, err
	}
	if k.State == action.Cancelled && k.Refusal == action.Declined {
		return s.consent(ctx, p, k, s.Prover.Look)
	}
	k, err = s.changed(s.Store.CancelAct(ctx, p, k.ID))
	if err != nil {
		return Consent{}, err
	}
	return s.consent(ctx, p, k, s.Prover.Look)
}

// proven goes on with what a customer agreed to while nobody waits for it: the proof may be
// given when the window is closed. It never asks for one.
func (s *Service) proven(ctx context.Context, k action.Kept) error {
	later := func(wait time.Duration) error {
		_, err := s.Store.LookAgain(ctx, part(), k.ID, k.Revision, s.Clock().Add(wait))
		return err
	}
	proof, err := s.Prover.Look(ctx, part(), k)
	if err != nil {
		return errors.Join(err, later(laterOn))
	}
	switch proof.State {
	case assurance.NotNeeded, assurance.IsProven:
		if _, err := s.execute(ctx, part(), k); err != nil {
			if fault.Is(err, fault.Conflict) && fault.FieldOf(err) == "revision" {
				return err
			}
			return errors.Join(err, later(laterOn))
		}
		return nil
	case assurance.WasDeclined:
		_, err := s.fail(ctx, part(), k, string(action.Declined))
		return err
	default:
		return later(proofSoon)
	}
}

// Teller writes into conversations.
type Teller interface {
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// TellTalk notes in the conversation what became of an act for which its customer is asked;
// where it goes on in another one, there. Told again it changes nothing. Errors: those of
// the store; what can never be told is no error.
func (s *Service) TellTalk(ctx context.Context, to Teller, t job.Told) error {
	k, err := s.Store.Act(ctx, part(), t.Act)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c := conversation.Command{
		Kind: conversation.TellAct, ClientID: "act:" + k.ID + ":" + t.Key(),
		Content: conversation.Content{Act: &conversation.ActRef{ID: k.ID, Act: string(k.Command.Act), State: t.State}, Staff: &conversation.StaffRef{ID: k.Maker.ID, Name: k.MakerName}},
	}
	where := k.ConversationID
	for range 2 {
		_, err = to.Execute(ctx, part(), where, c)
		var merged *conversation.MergedError
		if !errors.As(err, &merged) {
			break
		}
		where = merged.Into
	}
	if slices.Contains([]fault.Code{fault.NotFound, fault.Invalid}, fault.CodeOf(err)) {
		s.Log.Warn("a conversation could not be told of an act", "act", k.ID, "error", err)
		return nil
	}
	return err
}
