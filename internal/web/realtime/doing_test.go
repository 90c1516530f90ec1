package realtime_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
)

// doings are the frames about runs and acts among those that a client was given.
func doings(frames []frame) (all []string) {
	for _, f := range frames {
		if t := f.text("t"); t == "run" || t == "act" {
			all = append(all, fmt.Sprint(t, " ", f.text("conv"), " ", f.text("run"), f.text("act"), " ", f.text("state"), " ", f.number("revision")))
		}
	}
	return all
}

// Whoever shows a run or an act hears that it changed: every window of its customer, and
// the desks that watch the conversation that it belongs to. Beside another one of the
// customer's only who sees everything hears of a run; nobody else hears that it is there,
// windows hear of no act, and of a hold that is released who may hear of holds.
func TestWhoHearsOfRunsAndActs(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h, ctx := open(t, choices{dsn: dsn}), context.Background()
		ann, welcome := h.window("ann")
		second, _ := h.window("ann")
		bob, _ := h.window("bob")
		visitor := h.dial(nil)
		visitor.hello(frame{"t": "hello", "v": 1, "role": "window"})
		conv, other, beside := ann.start(), bob.start(), ann.start()
		ann.send(conv, "one")
		ann.send(beside, "three")
		bob.send(other, "two")
		agent, outside := h.colleague(identity.Agent), h.colleague(identity.OutsideAgent)
		h.give(conv, &outside)
		desk, elsewhere, idle, guest := h.deskOf(agent), h.deskOf(agent), h.deskOf(h.colleague(identity.Supervisor)), h.deskOf(outside)
		admin := h.deskOf(h.colleague(identity.Admin))
		desk.say(frame{"t": "watch", "conv": conv})
		elsewhere.say(frame{"t": "watch", "conv": other})
		guest.say(frame{"t": "watch", "conv": conv})
		near, above := h.deskOf(agent), h.deskOf(h.colleague(identity.Supervisor))
		near.say(frame{"t": "watch", "conv": beside})
		above.say(frame{"t": "watch", "conv": beside})
		all := []*wire{ann, second, bob, visitor, desk, elsewhere, idle, guest, admin, near, above}
		for _, w := range all {
			w.rest()
		}

		p := identity.Principal{Kind: identity.Customer, ID: welcome.text("customer"), Level: identity.AL1}
		rec := selfservice.Record{Run: selfservice.Run{ID: id.New(), Flow: "FL7", ConversationID: conv, CustomerID: p.ID, Step: "prove", State: selfservice.Waiting, ExpiresAt: h.now().Add(time.Hour)}}
		h.must(h.store.AddFlowRun(ctx, p, rec))
		rec.Revision, rec.State = 1, selfservice.Ended
		h.must(h.store.SaveFlowRun(ctx, identity.SystemPart("test"), rec))
		k := h.freeze(p, conv)
		h.must(h.store.AddAct(ctx, p, k))
		_, err := h.store.CancelAct(ctx, p, k.ID)
		h.must(err)

		early := rec // in a conversation that has not begun
		early.ID, early.ConversationID, early.Revision, early.State = id.New(), id.New(), 0, selfservice.Waiting
		h.must(h.store.AddFlowRun(ctx, p, early))
		held := action.Kept{Action: h.freeze(p, conv).Action}
		held.ID, held.State, held.Hash, held.Verdict.Level = id.New(), "", "", identity.AL2
		held.Command = wallet.Command{Act: wallet.ReleaseHold, CustomerID: "ann", Target: "tx-1", Reason: "customer_asked", Expect: "risk_hold"}
		held.Command.Key = action.Key(conv, "r", "ask", held.Command, 0)
		held.Action, err = action.Propose(held.Action, h.now())
		h.must(err)
		h.must(h.store.AddAct(ctx, p, held))

		heard := func(conv string) []string {
			return []string{fmt.Sprintf("run %s %s waiting 1", conv, rec.ID), fmt.Sprintf("run %s %s ended 2", conv, rec.ID)}
		}
		begun := func(conv string) string { return fmt.Sprintf("run %s %s waiting 1", conv, early.ID) }
		acts := []string{fmt.Sprintf("act %s %s  1", conv, k.ID), fmt.Sprintf("act %s %s  2", conv, k.ID)}
		window := append(heard(""), begun(""))
		want := [][]string{window, window, nil, nil, append(heard(conv), acts...), nil, nil, nil, nil, nil, append(heard(beside), begun(beside))}
		for i, w := range all {
			if got := doings(w.rest()); fmt.Sprint(got) != fmt.Sprint(want[i]) {
				t.Errorf("client %d heard %q, not %q", i, got, want[i])
			}
		}

		desk.say(frame{"t": "unwatch", "conv": conv})
		desk.rest()
		rec.Revision = 2
		if err := h.store.SaveFlowRun(ctx, identity.SystemPart("test"), rec); err == nil {
			t.Error("a run that is over was kept anew")
		}
		if got := append(doings(desk.rest()), doings(ann.rest())...); len(got) != 0 {
			t.Errorf("what was refused is told: %q", got)
		}
	})
}

func (h *house) freeze(p identity.Principal, conv string) action.Kept {
	h.t.Helper()
	c := wallet.Command{Act: wallet.Freeze, CustomerID: "ann", Target: "ann", Reason: "customer_asked", Expect: "active"}
	c.Key = action.Key(conv, "r", "ask", c, 0)
	a, err := action.Propose(action.Action{
		ID: id.New(), ConversationID: conv, CustomerID: p.ID, Run: "r", Step: "ask", Command: c, Maker: action.ByOf(p),
		Verdict: action.Verdict{Allow: true, Level: identity.AL1, Code: "rule", Version: 1}, Summary: wallet.Summary{State: "active"},
	}, h.now())
	h.must(err)
	return action.Kept{Action: a}
}
