package acting_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// script is what a run of the property has to remember beside the store: what people
// really said, and when.
type script struct {
	acts      map[string]*wished
	order     []string
	confirmed map[string]time.Time // by act: the customer's yes, or staff's to what makes safe
	approved  map[string]time.Time
}

type wished struct {
	fact selfservice.ActFact
	key  string
}

// Whatever is done in whichever order, however often processes end and answers are lost:
// each act happens at most once, none without the yes, the proof and the second person
// that it needs, and none after its time.
func TestAnyOrderOfEverything(t *testing.T) {
	h := open(t, engine.SQLite)
	rapid.Check(t, func(r *rapid.T) {
		h.anna = h.SignIn("cust-" + rapid.StringMatching(`[a-z]{12}`).Draw(r, "customer"))
		h.conv = h.begin(h.anna)
		h.wallet = newWallet(h.clock)
		h.restart()
		s := &script{acts: map[string]*wished{}, confirmed: map[string]time.Time{}, approved: map[string]time.Time{}}
		for range rapid.IntRange(5, 40).Draw(r, "steps") {
			h.step(r, s)
			h.check(r, s)
		}
		h.wallet.mu.Lock()
		h.wallet.down, h.wallet.next, h.wallet.answer = false, nil, wallet.AskApproved
		h.wallet.mu.Unlock()
		h.dies.Store(0)
		for range 40 { // it comes to rest
			h.clock.Move(3 * time.Minute)
			if err := h.flow.Reconcile(context.Background()); err != nil {
				r.Fatal(err)
			}
		}
		h.check(r, s)
		for id := range s.acts {
			k, err := h.Act(context.Background(), identity.SystemPart("test"), id)
			if err != nil {
				r.Fatal(err)
			}
			if k.State.Underway() {
				r.Fatalf("an act is still %s two hours after", k.State)
			}
			if happened := h.happened(k.Command.Key); happened != (k.State == action.Succeeded) {
				r.Fatalf("an act is told as %s, and happened: %v", k.State, happened)
			}
		}
	})
}

func (h *house) happened(key string) bool {
	for _, e := range h.wallet.done() {
		if e.command.Key == key {
			return true
		}
	}
	return false
}

// step does one thing.
func (h *house) step(r *rapid.T, s *script) {
	ctx := context.Background()
	pick := func() *wished {
		if len(s.order) == 0 {
			return nil
		}
		return s.acts[s.order[rapid.IntRange(0, len(s.order)-1).Draw(r, "which")]]
	}
	what := rapid.SampledFrom([]string{
		"propose", "propose", "desk", "desk", "push", "push", "push", "confirm", "prove", "execute", "execute", "approve", "approve", "approve", "reject", "cancel", "reconcile", "reconcile",
		"wait", "wait", "crash", "trouble", "trouble", "down", "answer",
	}).Draw(r, "step")
	switch what {
	case "propose":
		act, sum := selfservice.Proposal{Act: wallet.Freeze, Reason: "lost"}, rapid.SampledFrom([]string{"", "5.00", "800.00", "5000.00"}).Draw(r, "sum")
		if sum != "" {
			act = h.refund(sum)
			act.Target = rapid.SampledFrom([]string{"tx-1", "tx-2"}).Draw(r, "payment")
		}
		a, outcome, err := h.flow.Propose(ctx, h.anna, h.conv, rapid.SampledFrom([]string{"run-1", "run-2"}).Draw(r, "run"), "ask", act)
		h.accept(r, err)
		if err == nil && outcome == "" {
			h.remember(r, s, a.ID)
		}
	case "desk":
		seen, err := h.flow.AtDesk(ctx, h.agent, acting.Wish{Conversation: h.conv, Proposal: h.refund(rapid.SampledFrom([]string{"5.00", "5000.00"}).Draw(r, "sum"))})
		h.accept(r, err)
		if err == nil {
			h.remember(r, s, seen.ID)
		}
	case "push": // as far as it goes, for random steps alone seldom get far
		if w := pick(); w != nil {
			_, outcome, err := h.flow.Confirm(ctx, h.anna, w.fact.ID, w.fact.Hash)
			h.accept(r, err)
			if _, before := s.confirmed[w.fact.ID]; err == nil && outcome == "" && !before {
				s.confirmed[w.fact.ID] = h.clock.Now()
			}
			_, _, err = h.flow.Prove(ctx, h.anna, w.fact.ID)
			h.accept(r, err)
			_, _, err = h.flow.Proof(ctx, h.anna, w.fact.ID)
			h.accept(r, err)
			_, _, err = h.flow.Execute(ctx, h.anna, w.fact.ID)
			h.accept(r, err)
		}
	case "confirm":
		if w := pick(); w != nil {
			hash := w.fact.Hash
			if rapid.IntRange(0, 4).Draw(r, "hash") == 0 {
				hash = "another"
			}
			_, outcome, err := h.flow.Confirm(ctx, h.anna, w.fact.ID, hash)
			h.accept(r, err)
			if err == nil && outcome == "" {
				if hash == "another" {
					r.Fatal("a yes to something else counts")
				}
				if _, before := s.confirmed[w.fact.ID]; !before {
					s.confirmed[w.fact.ID] = h.clock.Now()
				}
			}
		}
	case "prove":
		if w := pick(); w != nil {
			_, _, err := h.flow.Prove(ctx, h.anna, w.fact.ID)
			h.accept(r, err)
			_, _, err = h.flow.Proof(ctx, h.anna, w.fact.ID)
			h.accept(r, err)
		}
	case "execute":
		if w := pick(); w != nil {
			_, _, err := h.flow.Execute(ctx, h.anna, w.fact.ID)
			h.accept(r, err)
		}
	case "approve":
		if w := pick(); w != nil {
			err := h.flow.Approve(ctx, h.supervisor, w.fact.ID, w.fact.Hash)
			h.accept(r, err)
			if err == nil {
				s.approved[w.fact.ID] = h.clock.Now()
			}
		}
	case "reject":
		if w := pick(); w != nil {
			h.accept(r, h.flow.Reject(ctx, h.second, w.fact.ID, "no"))
		}
	case "cancel":
		if w := pick(); w != nil {
			_, err := h.flow.Cancel(ctx, h.anna, w.fact.ID)
			h.accept(r, err)
		}
	default:
		h.happen(r, what)
	}
}

// happen lets something happen that nobody wants.
func (h *house) happen(r *rapid.T, what string) {
	switch what {
	case "reconcile":
		h.accept(r, h.flow.Reconcile(context.Background()))
	case "wait":
		h.clock.Move(time.Duration(rapid.OneOf(rapid.IntRange(1, 90), rapid.IntRange(1, 900)).Draw(r, "seconds")) * time.Second)
	case "crash":
		if rapid.Bool().Draw(r, "in the middle") {
			h.dies.Store(1)
		}
		h.restart()
	case "trouble":
		h.wallet.mu.Lock()
		h.wallet.next = append(h.wallet.next, way(rapid.IntRange(0, int(takesTime)).Draw(r, "way")))
		h.wallet.mu.Unlock()
	case "down":
		h.wallet.mu.Lock()
		h.wallet.down = !h.wallet.down
		h.wallet.mu.Unlock()
	case "answer":
		h.wallet.mu.Lock()
		h.wallet.answer = rapid.SampledFrom([]wallet.AskState{"", wallet.AskApproved, wallet.AskApproved, wallet.AskDeclined, wallet.AskExpired}).Draw(r, "answer")
		h.wallet.mu.Unlock()
	}
}

// accept takes the errors that people get, and no defect.
func (h *house) accept(r *rapid.T, err error) {
	if err != nil && fault.CodeOf(err) == fault.Internal {
		r.Fatal(err)
	}
}

func (h *house) remember(r *rapid.T, s *script, id string) {
	if s.acts[id] != nil {
		return
	}
	k, err := h.Act(context.Background(), identity.SystemPart("test"), id)
	if err != nil {
		r.Fatal(err)
	}
	fact, err := h.flow.State(context.Background(), h.anna, id)
	if err != nil {
		r.Fatal(err)
	}
	s.acts[id] = &wished{fact, k.Command.Key}
	s.order = append(s.order, id)
}

// check looks at what happened in the wallet.
func (h *house) check(r *rapid.T, s *script) {
	seen := map[string]bool{}
	for _, e := range h.wallet.done() {
		if seen[e.command.Key] {
			r.Fatal("something happened twice")
		}
		seen[e.command.Key] = true
		var act *wished
		for _, w := range s.acts {
			if w.key == e.command.Key {
				act = w
			}
		}
		if act == nil {
			r.Fatal("something happened that nobody wanted")
		}
		yes, said := s.confirmed[act.fact.ID]
		agreed, second := s.approved[act.fact.ID]
		switch {
		case !said:
			r.Fatal("something happened without a yes")
		case act.fact.Proof > 1 && !e.proven:
			r.Fatal("something happened without a proof")
		case act.fact.FourEyes && (!second || len(e.command.Approvals) == 0):
			r.Fatal("something happened without a second person")
		}
		last := yes
		if second && agreed.After(last) {
			last = agreed
		}
		// What left in time may arrive as long as its signature lives.
		if e.at.Sub(last) > 2*action.StartLife+5*time.Minute {
			r.Fatalf("something happened %s after the last yes", e.at.Sub(last))
		}
	}
}
