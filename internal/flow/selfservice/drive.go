package selfservice

import (
	"context"
	"maps"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

const (
	maxEffects = 64               // carried out one after another
	lease      = time.Minute      // that something being carried out may take, before it is carried out anew
	retryAfter = 3 * time.Second  // at first, when something could not be carried out
	saveTime   = 3 * time.Second  // to keep what there is when time is over
	maxProof   = 30 * time.Minute // that a proof is waited for, whatever the wallet says
	doubtAfter = 5 * time.Minute  // that nobody says how an act stands
)

// drive carries out what a run waits for, until somebody or something has to come.
// What only asks is asked before anything is kept: a crash then loses an answer that
// nobody was told was taken. Before anything that acts the run is kept, so that it is
// carried out after a crash: whatever acts can be asked for again. Dirty says that
// rec holds what is not kept.
//
// Errors: Conflict with the field revision, when somebody else was first.
func (s *Service) drive(ctx context.Context, p identity.Principal, d *selfservice.Definition, rec selfservice.Record, dirty bool) (selfservice.Record, error) {
	failed := false
	switch p.Kind {
	case identity.Staff:
		rec.Staff = p.ID
	case identity.Visitor, identity.Customer:
		rec.Staff = ""
	}
	for range maxEffects {
		x := rec.Effect
		if x == nil {
			if !s.refuses(ctx, d, rec) {
				break
			}
			next, err := s.notTaken(d, rec, "")
			if err != nil {
				return rec, err
			}
			rec, dirty = next, true
			continue
		}
		if dirty && acts(x.Kind) {
			var err error
			if rec, err = s.keep(ctx, p, rec); err != nil {
				return rec, err
			}
			dirty = false
		}
		if x.Kind == selfservice.KindEnd || x.Kind == selfservice.KindHandOver {
			next, err := s.finish(ctx, p, d, rec)
			if err != nil {
				s.troubled(ctx, "a run could not be ended", rec, err)
				failed = true
				break
			}
			rec, dirty = next, true
			rec.News = p.Kind == identity.System && rec.State == selfservice.Ended
			continue
		}
		if x.Kind == selfservice.KindContinue {
			next, to, err := s.goOn(ctx, p, d, rec)
			if err != nil {
				return rec, err
			}
			rec, d, dirty = next, to, true
			continue
		}
		w, err := s.carry(ctx, p, rec, x)
		if err == nil && w.Pending {
			err = s.meanwhile(ctx, d, rec, x)
		}
		if err != nil { // it is tried again
			s.troubled(ctx, "a step could not be carried out", rec, err)
			failed = true
			break
		}
		if w.Pending && rec.State == selfservice.Waiting && !news(rec, w) {
			return rec, s.Store.DelayFlowRun(ctx, part(), rec, s.nextLook(rec))
		}
		now := s.Clock()
		waited := rec.State == selfservice.Waiting
		turn, err := selfservice.Resume(d, rec.Run, w, now)
		if err != nil {
			return rec, err
		}
		rec, dirty = rec.After(turn, waited, "", now), true
		if rec.State == selfservice.Waiting && waited { // it waits on: its time runs from before
			rec.Since = trailed(rec)
		}
		if w.Pending {
			break
		}
	}
	if dirty {
		var err error
		if rec, err = s.keep(ctx, p, rec); err != nil {
			return rec, err
		}
	}
	if failed {
		now := s.Clock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
		return rec, s.Store.DelayFlowRun(ctx, part(), rec, now.Add(min(max(now.Sub(rec.Since)/5, retryAfter), 5*time.Minute)))
	}
	return rec, nil
}

// goOn takes a run into the flow in which it goes on, or where its own flow leads when the
// wallet does not tell what that one has to know, or when that one is for customers who are
// signed in and this one is not.
func (s *Service) goOn(ctx context.Context, p identity.Principal, d *selfservice.Definition, rec selfservice.Record) (selfservice.Record, *selfservice.Definition, error) {
	x, now := rec.Effect, s.Clock()
	to, err := s.Flows.Get(x.Flow)
	away := "unavailable"
	if err == nil && p.Kind != identity.Staff && to.Needs.Level > d.Needs.Level && int(p.Level) < to.Needs.Level {
		away, err = "sign_in", fault.New(fault.Forbidden, "selfservice.goOn", "the flow is for customers who are signed in")
	}
	if err == nil && (to.Needs.Call == "" || s.able(ctx).Reads(wallet.Reading(to.Needs.Call))) {
		var turn selfservice.Turn
		with, err := s.taken(ctx, s.asker(p, rec), to, x.Args)
		if err == nil {
			turn, err = selfservice.Enter(d, to, rec.Run, with, now)
		}
		if err == nil {
			rec = rec.After(turn, false, "", now)
			rec.Since, rec.Proposed = now, nil
			return rec, to, nil
		}
		gone := fault.Is(err, fault.Unavailable) && ctx.Err() == nil
		if !gone && !fault.Is(err, fault.Invalid) { // a flow of today that an older one does not fit
			return rec, d, err
		}
		s.Log.Warn("a run does not go on in another flow", "run", rec.ID, "flow", x.Flow, "error", err)
	}
	turn, err := selfservice.Resume(d, rec.Run, selfservice.Result{Step: x.Step, Outcome: away}, now)
	if err != nil {
		return rec, d, err
	}
	return rec.After(turn, false, "", now), d, nil
}

// taken are the values that a flow takes from the one before it. An entry that names a payment
// it takes as that payment, as the wallet tells of it to this customer now; one that it does
// not tell of is not taken along, and is chosen there. Errors: those of the wallet.
func (s *Service) taken(ctx context.Context, a asker, to *selfservice.Definition, args map[string]selfservice.Value) (map[string]selfservice.Value, error) {
	with := maps.Clone(args)
	for slot, v := range args {
		if v.Type != selfservice.Entry || to.Slots[slot].Type != selfservice.Payment {
			continue
		}
		delete(with, slot)
		payment, err := s.payment(ctx, a, v.Ref())
		switch {
		case err == nil:
			with[slot] = payment
		case !fault.Is(err, fault.NotFound):
			return with, err
		}
	}
	return with, nil
}

// trailed is when a run first stopped at its step.
func trailed(rec selfservice.Record) time.Time {
	for i := len(rec.Trail) - 1; i >= 0; i-- {
		if rec.Trail[i].Step == rec.Step {
			return rec.Trail[i].At
		}
	}
	return rec.Since
}

// news tells whether something that is still waited for has a link that was not there, or
// more of its files are in the wallet.
func news(rec selfservice.Record, w selfservice.Result) bool {
	if w.Value != nil && w.Value.Act != nil && handed(rec, w.Value.Act) {
		return true
	}
	return w.Value != nil && w.Value.Act != nil && rec.Effect != nil && w.Value.Act.Link != "" && rec.Effect.Act.Link != w.Value.Act.Link &&
		!linked(rec, w.Value.Act.Link)
}

// handed tells whether more files of an act are in the wallet than a run knows of.
func handed(rec selfservice.Record, f *selfservice.ActFact) bool {
	for _, v := range rec.Slots {
		if v.Act != nil && v.Act.ID == f.ID {
			return f.Given > v.Act.Given
		}
	}
	return false
}

func linked(rec selfservice.Record, link string) bool {
	for _, v := range rec.Slots {
		if v.Act != nil && v.Act.Link == link {
			return true
		}
	}
	return false
}

// acts tells whether a step does something that must not be lost, or done by a run
// that nobody remembers.
func acts(k selfservice.Kind) bool {
	switch k {
	case selfservice.KindChoose, selfservice.KindCall, selfservice.KindWait, selfservice.KindContinue, selfservice.KindEnd:
		return false
	default:
		return true
	}
}

func (s *Service) troubled(ctx context.Context, what string, rec selfservice.Record, err error) {
	if ctx.Err() == nil {
		s.Log.Warn(what, "run", rec.ID, "step", rec.Step, "error", err)
	}
	s.stir()
}

// stir has the worker look when it is to look next.
func (s *Service) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// keep writes a run down, also when the time of whoever asked is over.
func (s *Service) keep(ctx context.Context, p identity.Principal, rec selfservice.Record) (selfservice.Record, error) {
	rec.DueAt = s.due(rec)
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
	}
	if rec.Revision == 0 {
		if err := s.Store.AddFlowRun(ctx, p, rec); err != nil {
			return rec, err
		}
	} else if err := s.Store.SaveFlowRun(ctx, p, rec); err != nil {
		return rec, err
	}
	rec.Revision++
	return rec, nil
}

// due is when somebody has to look at a run.
func (s *Service) due(rec selfservice.Record) time.Time {
	now := s.Clock()
	switch {
	case rec.State == selfservice.Waiting:
		return s.nextLook(rec)
	case rec.Effect != nil:
		return now.Add(lease)
	case rec.State == selfservice.Asking:
		return rec.ExpiresAt
	default:
		return time.Time{}
	}
}

// nextLook is when to look again at what a run waits for: soon at first, and less
// often the longer it takes. A notice of the wallet's comes sooner.
func (s *Service) nextLook(rec selfservice.Record) time.Time {
	now := s.Clock()
	waited := now.Sub(rec.Since)
	pause := min(max(waited/10, 5*time.Second), 15*time.Minute)
	if rec.Effect != nil && rec.Effect.Kind == selfservice.KindStepUp {
		pause = min(max(waited/10, 2*time.Second), 15*time.Second) // somebody sits there with the wallet in hand
	}
	return now.Add(pause)
}

// carry carries out one effect. Errors are tried again.
func (s *Service) carry(ctx context.Context, p identity.Principal, rec selfservice.Record, x *selfservice.Effect) (selfservice.Result, error) {
	w := selfservice.Result{Step: x.Step}
	var err error
	switch x.Kind {
	case selfservice.KindChoose:
		w.Items, err = s.list(ctx, s.asker(p, rec), x)
		if fault.Is(err, fault.NotFound) {
			err = nil
		}
	case selfservice.KindCall:
		w.Value, err = s.call(ctx, s.asker(p, rec), x)
		if fault.Is(err, fault.NotFound) {
			w.Outcome, err = "not_found", nil
		}
	case selfservice.KindWait:
		return s.wait(ctx, p, rec, x)
	default:
		return s.act(ctx, p, rec, x)
	}
	if fault.Is(err, fault.Unavailable) && ctx.Err() == nil {
		w.Outcome, err = "unavailable", nil
	}
	return w, err
}

// wait looks whether what is waited for has happened.
func (s *Service) wait(ctx context.Context, p identity.Principal, rec selfservice.Record, x *selfservice.Effect) (selfservice.Result, error) {
	w := selfservice.Result{Step: x.Step}
	v, over, err := s.happened(ctx, p, rec, x.For)
	switch {
	case err != nil && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.NotFound):
		return w, err
	case err == nil && over:
		w.Value = v
	case rec.State == selfservice.Waiting && s.Clock().Sub(trailed(rec)) >= time.Duration(x.Days)*24*time.Hour:
		w.Outcome = "timeout"
	default:
		w.Pending = true
	}
	return w, nil
}

// happened looks at what is waited for: it has, when it is not as it was when the
// waiting began.
func (s *Service) happened(ctx context.Context, p identity.Principal, rec selfservice.Record, was selfservice.Value) (*selfservice.Value, bool, error) {
	a := s.asker(p, rec)
	switch was.Type {
	case selfservice.Payment:
		v, err := s.payment(ctx, a, was.Ref())
		if err != nil {
			return nil, false, err
		}
		return &v, v.Payment.State != was.Payment.State || v.Payment.Where != was.Payment.Where, nil
	case selfservice.Refund:
		v, err := s.refund(ctx, a, was.Ref())
		if err != nil {
			return nil, false, err
		}
		return v, v.Refund.State != was.Refund.State || v.Refund.Late != was.Refund.Late, nil
	case selfservice.Dispute:
		v, err := s.dispute(ctx, a, was.Ref())
		if err != nil {
			return nil, false, err
		}
		return v, v.Dispute.State != was.Dispute.State, nil
	case selfservice.Act:
		if s.Acts == nil || was.Act == nil {
			return nil, false, fault.New(fault.Unavailable, "selfservice.happened", "nobody knows of acts")
		}
		fact, err := s.Acts.State(ctx, s.behalf(p, rec), was.Act.ID)
		if err != nil {
			return nil, false, err
		}
		over := settled(fact.State) || (fact.State == "sent" && was.Act.State != "sent")
		return &selfservice.Value{Type: selfservice.Act, Act: &fact}, over, nil
	default:
		return nil, false, fault.New(fault.Internal, "selfservice.happened", "%s does not change", was.Type)
	}
}

// settled tells whether an act is over.
func settled(state string) bool {
	switch state {
	case "succeeded", "failed", "rejected", "cancelled", "expired":
		return true
	default:
		return false
	}
}

// behalf is in whose name a run has things done: whoever answers, or the customer,
// when it goes on by itself.
func (s *Service) behalf(p identity.Principal, rec selfservice.Record) identity.Principal {
	if p.Kind != identity.System {
		return p
	}
	return customerIn(rec)
}

// customerIn is a run's customer, by whom it goes on when it goes on by itself.
func customerIn(rec selfservice.Record) identity.Principal {
	if rec.Visitor {
		return identity.Principal{Kind: identity.Visitor, ID: rec.CustomerID}
	}
	return identity.Principal{Kind: identity.Customer, ID: rec.CustomerID, Level: identity.AL1}
}

// act carries out what is done in the wallet.
func (s *Service) act(ctx context.Context, p identity.Principal, rec selfservice.Record, x *selfservice.Effect) (selfservice.Result, error) {
	w := selfservice.Result{Step: x.Step}
	if s.Acts == nil {
		return noActs(w, x.Kind), nil
	}
	if p.Kind == identity.System && rec.Staff != "" {
		if outcome := cutOff(x.Kind); outcome != "" {
			w.Outcome = outcome
			return w, nil
		}
	}
	who := s.behalf(p, rec)
	var fact selfservice.ActFact
	var err error
	switch x.Kind {
	case selfservice.KindPropose:
		fact, w.Outcome, err = s.Acts.Propose(ctx, who, rec.ConversationID, rec.ID, x.Step, *x.Propose)
	case selfservice.KindConfirm:
		return s.confirm(ctx, who, rec, x)
	case selfservice.KindStepUp:
		return s.prove(ctx, who, rec, x)
	case selfservice.KindExecute:
		return s.execute(ctx, who, rec, x)
	default:
		return w, fault.New(fault.Internal, "selfservice.act", "%s is no act", x.Kind)
	}
	switch fault.CodeOf(err) {
	case "":
		if fact.ID != "" {
			w.Value = &selfservice.Value{Type: selfservice.Act, Act: &fact}
		}
	case fault.Unavailable:
		if ctx.Err() != nil {
			return w, err
		}
		w.Outcome, err = "unavailable", nil
	case fault.Forbidden, fault.Invalid, fault.NotFound, fault.Conflict, fault.TooMany:
		w.Outcome, err = "refused", nil
	}
	return w, err
}

// cutOff is how a step ends that a member of staff had begun and whose request broke
// off: their wish and their yes are theirs, and nobody else's to repeat. "" is for what
// only carries on with what was agreed to.
func cutOff(k selfservice.Kind) string {
	switch k {
	case selfservice.KindPropose:
		return "unavailable"
	case selfservice.KindConfirm:
		return "changed" // it is asked again
	default:
		return ""
	}
}

// noActs is how each step ends where nothing can be done in the wallet: so that a
// person comes.
func noActs(w selfservice.Result, k selfservice.Kind) selfservice.Result {
	switch k {
	case selfservice.KindExecute:
		w.Outcome = "failed"
	case selfservice.KindConfirm:
		w.Outcome = "no"
	default:
		w.Outcome = "unavailable"
	}
	return w
}

// confirm notes a yes. When what was shown is not so any more, it is worked out anew.
func (s *Service) confirm(ctx context.Context, who identity.Principal, rec selfservice.Record, x *selfservice.Effect) (selfservice.Result, error) {
	w := selfservice.Result{Step: x.Step}
	fact, outcome, err := s.Acts.Confirm(ctx, who, x.Act.ID, x.Hash)
	switch {
	case fault.Is(err, fault.Forbidden):
		w.Outcome = "no"
		return w, nil
	case fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict):
		outcome = "changed"
	case err != nil:
		return w, err
	case outcome == "":
		w.Value = &selfservice.Value{Type: selfservice.Act, Act: &fact}
		return w, nil
	}
	w.Outcome = outcome
	if outcome == "changed" && rec.Proposed != nil && rec.Proposed.Propose != nil {
		again, refused, err := s.Acts.Propose(ctx, who, rec.ConversationID, rec.ID, rec.Proposed.Step, *rec.Proposed.Propose)
		if err != nil {
			return w, err
		}
		if refused == "" {
			w.Value = &selfservice.Value{Type: selfservice.Act, Act: &again}
		}
	}
	return w, nil
}

// prove begins a proof or looks at it.
func (s *Service) prove(ctx context.Context, who identity.Principal, rec selfservice.Record, x *selfservice.Effect) (selfservice.Result, error) {
	w := selfservice.Result{Step: x.Step}
	fact, standing, err := s.Acts.Prove(ctx, who, x.Act.ID)
	waiting := rec.State == selfservice.Waiting
	late := waiting && s.Clock().Sub(trailed(rec)) > maxProof
	switch fault.CodeOf(err) {
	case "":
		w.Outcome, w.Pending = standing.State.Outcome()
	case fault.Unavailable:
		if ctx.Err() != nil {
			return w, err
		}
		w.Outcome = "unavailable"
	case fault.Conflict, fault.Forbidden, fault.NotFound: // it expired meanwhile
		w.Outcome = "failed"
	default:
		return w, err
	}
	switch {
	case w.Outcome == "unavailable" && waiting && !late: // the wallet may be back in a moment
		w.Outcome, w.Pending = "", true
	case w.Pending && late:
		w.Outcome, w.Pending = "failed", false
	}
	if fact.ID != "" {
		if fact.Link = standing.Link; who.Kind == identity.Staff { // it is the customer's alone
			fact.Link = ""
		}
		w.Value = &selfservice.Value{Type: selfservice.Act, Act: &fact}
	}
	return w, nil
}

// execute has an act done. No answer is no failure: the act says how it stands.
func (s *Service) execute(ctx context.Context, who identity.Principal, rec selfservice.Record, x *selfservice.Effect) (selfservice.Result, error) {
	w := selfservice.Result{Step: x.Step}
	fact, outcome, err := s.Acts.Execute(ctx, who, x.Act.ID)
	switch fault.CodeOf(err) {
	case "":
		w.Outcome, w.Value = outcome, &selfservice.Value{Type: selfservice.Act, Act: &fact}
		if outcome == "handing" {
			w.Outcome, w.Pending = "", true
		}
	case fault.Forbidden, fault.Conflict, fault.Invalid, fault.NotFound:
		w.Outcome = "failed"
	default:
		if s.Clock().Sub(rec.Since) <= doubtAfter || s.unleft(ctx, who, x.Act.ID) {
			return w, err
		}
		w.Outcome = "unknown"
	}
	return w, nil
}

// unleft tells whether nothing of an act has left for the wallet yet: what becomes of it is
// known, and it is gone on with until it has left or its yes ran out.
func (s *Service) unleft(ctx context.Context, who identity.Principal, act string) bool {
	fact, err := s.Acts.State(ctx, who, act)
	return err == nil && (action.State(fact.State) == action.Confirmed || action.State(fact.State) == action.Approved)
}
