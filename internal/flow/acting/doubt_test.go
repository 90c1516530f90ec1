package acting_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/job"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage/storagetest"
)

// beside is what a house has that few tests look at.
type beside struct {
	deployment *storagetest.Deployment
	told       []string // acts whose customers were told
	telling    error    // what comes of telling
}

func (b *beside) tell(_ context.Context, k action.Kept) error {
	b.told = append(b.told, k.ID)
	return b.telling
}

// another is a refund of another payment in the conversation, up to the yes and the proof.
func (h *house) another(run, tx string) selfservice.ActFact {
	h.Helper()
	w := h.refund("12.50")
	w.Target = tx
	a, outcome, err := h.flow.Propose(context.Background(), h.anna, h.conv, run, "ask", w)
	if err != nil || outcome != "" {
		h.Fatalf("propose: %+v %q %v", a, outcome, err)
	}
	h.confirm(a)
	h.prove(a)
	return a
}

// ruin makes an act unreadable.
func (h *house) ruin(how string, act string) {
	h.Helper()
	switch how {
	case "the key is gone":
		var ref int64
		h.deployment.Scan(h, "SELECT body_ref FROM act WHERE id = '"+act+"'", &ref)
		h.must(h.Ring.Destroy(keyring.Ref(ref)))
	case "the text is damaged":
		h.deployment.Exec(h, "UPDATE act SET body = $1 WHERE id = $2", []byte("nonsense that nothing opens, long enough to be taken for a text"), act)
	case "another's text":
		h.deployment.Exec(h, "UPDATE act SET body = (SELECT body FROM act o WHERE o.id <> $1 LIMIT 1), body_ref = (SELECT body_ref FROM act o WHERE o.id <> $1 LIMIT 1) WHERE id = $1", act)
	}
}

func TestWhatCannotBeReadIsAskedForAndKeepsNothingBack(t *testing.T) {
	for _, how := range []string{"the key is gone", "the text is damaged", "another's text"} {
		t.Run(how, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				h.wallet.next = []way{answerLost, answerLost}
				lost := h.another("run-1", "tx-1")
				h.execute(lost, "unknown")
				whole := h.another("run-2", "tx-2")
				h.execute(whole, "unknown")
				h.ruin(how, lost.ID)
				h.later(2 * time.Minute)
				if got := h.state(whole); got.State != "succeeded" {
					t.Errorf("the other is %s", got.State)
				}
				if got := h.state(lost); got.State != "succeeded" {
					t.Errorf("what the wallet did is told as %s", got.State)
				}
				if len(h.alarms) != 1 || h.alarms[0].ID != lost.ID || !h.alarms[0].Lost {
					t.Errorf("alarms: %+v", h.alarms)
				}
				if n := len(h.wallet.done()); n != 2 {
					t.Errorf("%d things happened", n)
				}
			})
		})
	}
}

func TestWhatCannotBeReadIsNeverSentNorJudged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.another("run-1", "tx-1")
		h.ruin("the key is gone", a.ID)
		if got := h.execute(a, "unknown"); got.State != "unknown" {
			t.Errorf("told as %s", got.State)
		}
		if _, err := h.flow.Cancel(context.Background(), h.anna, a.ID); fault.ReasonOf(err) != "in_doubt" {
			t.Errorf("it is given up: %v", err)
		}
		w := h.refund("12.50")
		w.Target = "tx-2" // nobody knows that this is another
		if got, outcome, err := h.flow.Propose(context.Background(), h.anna, h.conv, "run-2", "ask", w); err != nil || outcome != "refused" || got.Refusal != acting.Underway {
			t.Errorf("beside it: %+v %q %v", got, outcome, err)
		}
		seen, err := h.flow.List(context.Background(), h.supervisor, action.Query{ConversationID: h.conv, Limit: 10})
		h.must(err)
		if len(seen) != 1 || !seen[0].Lost || seen[0].Command.Act != wallet.RequestRefund || seen[0].Maker.ID != h.anna.ID || seen[0].MayCancel || seen[0].MayStart {
			t.Errorf("the desk sees %+v", seen)
		}
		if n, err := h.CountUnsettledActs(context.Background()); err != nil || n.Lost != 0 {
			t.Errorf("before anybody looked: %+v %v", n, err)
		}
		h.later(15 * time.Minute)
		if n, err := h.CountUnsettledActs(context.Background()); err != nil || n.Lost != 1 {
			t.Errorf("counted: %+v %v", n, err)
		}
		if got := h.state(a); got.State != "unknown" {
			t.Errorf("while it could be on its way it is %s", got.State)
		}
		h.later(20 * time.Minute)
		if got := h.state(a); got.State != "expired" {
			t.Errorf("the wallet knows nothing, and it is %s", got.State)
		}
		if n := len(h.wallet.done()); n != 0 || len(h.alarms) != 1 {
			t.Errorf("%d happened, %d alarms", n, len(h.alarms))
		}
	})
}

// What the wallet has forgotten proves nothing.
func TestAWalletThatMayHaveForgottenSettlesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.wallet.next = []way{isLost}
		a := h.another("run-1", "tx-1")
		h.execute(a, "unknown")
		h.ruin("the key is gone", a.ID)
		h.wallet.down = true
		h.later(action.KeyLife)
		h.wallet.down = false
		h.later(2 * time.Hour)
		if got := h.state(a); got.State != "unknown" {
			t.Errorf("it is told as %s", got.State)
		}
	})
}

// restore puts the database back as it was when it was copied; what was destroyed since is
// destroyed, or not where the keys were put back too.
func (h *house) restore(before *storagetest.Deployment, withKeys bool) {
	h.Helper()
	if !withKeys {
		for _, j := range h.claim() {
			var refs []keyring.Ref
			for _, r := range job.DecodeRefs(j.Payload) {
				refs = append(refs, keyring.Ref(r))
			}
			h.must(h.Ring.Destroy(refs...))
		}
	}
	h.Stop()
	h.deployment, h.Process = before, before.Open(h)
	h.restart()
}

func (h *house) claim() []job.Job {
	h.Helper()
	jobs, err := h.ClaimJobs(context.Background(), 100, 60_000_000)
	h.must(err)
	return jobs
}

func TestAnOlderDatabaseAsksBeforeItSends(t *testing.T) {
	for name, withKeys := range map[string]bool{"with the keys of its time": true, "with the keys of now": false} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				done := h.another("run-1", "tx-1")
				not := h.another("run-2", "tx-2")
				before := h.deployment.Backup(t)
				h.execute(done, "")
				h.restore(before, withKeys)
				n, err := h.DoubtActs(context.Background(), identity.SystemPart("cli"))
				h.must(err)
				if n != 2 {
					t.Errorf("%d are in doubt", n)
				}
				for _, a := range []selfservice.ActFact{done, not} {
					h.execute(a, "unknown") // nobody sends it
				}
				h.later(time.Second)
				if got := h.state(done); got.State != "succeeded" {
					t.Errorf("what had happened is %s", got.State)
				}
				if got := h.state(not); got.State != "unknown" {
					t.Errorf("what may be on its way is %s", got.State)
				}
				h.later(2 * time.Hour)
				if got := h.state(not); got.State != "expired" {
					t.Errorf("what had not happened is %s", got.State)
				}
				if got := len(h.wallet.done()); got != 1 {
					t.Errorf("%d things happened", got)
				}
			})
		})
	}
}

// recorded counts the records of the audit chain that name something.
func (h *house) recorded(t *testing.T, what string) (n int) {
	t.Helper()
	rows, err := h.deployment.SQL(t).Query("SELECT record FROM audit")
	h.must(err)
	defer func() { h.must(rows.Close()) }()
	for rows.Next() {
		var record []byte
		h.must(rows.Scan(&record))
		if bytes.Contains(record, []byte(what)) {
			n++
		}
	}
	h.must(rows.Err())
	return n
}

// Of a backup that is older than a wallet's memory everything open is in doubt: it keeps
// nobody from freezing, keeps a payment from being refunded twice, and a person settles it.
func TestAfterAnOldBackupAPersonSettles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, cli := context.Background(), identity.SystemPart("cli")
		freeze := selfservice.Proposal{Act: wallet.Freeze, Reason: "lost"}
		frozen, outcome, err := h.flow.Propose(ctx, h.anna, h.conv, "run-f", "ask", freeze)
		if err != nil || outcome != "" {
			t.Fatalf("%+v %q %v", frozen, outcome, err)
		}
		refund := h.another("run-1", "tx-1")
		h.restore(h.deployment.Backup(t), true)
		h.wallet.down = true
		_, err = h.DoubtActs(ctx, cli)
		h.must(err)
		if _, err := h.FoundAct(ctx, cli, refund.ID, false, "ticket 7"); fault.ReasonOf(err) != "in_doubt" {
			t.Errorf("while the wallet knows: %v", err)
		}
		h.later(action.KeyLife)
		h.wallet.down = false
		h.later(2 * time.Hour)
		if a, b := h.state(frozen), h.state(refund); a.State != "unknown" || b.State != "unknown" {
			t.Fatalf("%s, %s", a.State, b.State)
		}
		again, outcome, err := h.flow.Propose(ctx, h.anna, h.conv, "run-f", "ask", freeze) // in the very same step
		if err != nil || outcome != "" {
			t.Fatalf("somebody is kept from freezing: %+v %q %v", again, outcome, err)
		}
		h.confirm(again)
		h.execute(again, "")
		if got := h.state(again); got.State != "succeeded" {
			t.Errorf("the freeze is %s", got.State)
		}
		w := h.refund("12.50")
		w.Target = "tx-1"
		if _, outcome, _ := h.flow.Propose(ctx, h.anna, h.conv, "run-2", "ask", w); outcome != "refused" {
			t.Errorf("what may have happened is refunded again: %q", outcome)
		}
		if _, err := h.FoundAct(ctx, cli, refund.ID, false, " \n "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		for _, p := range []identity.Principal{h.anna, h.supervisor} {
			if _, err := h.FoundAct(ctx, p, refund.ID, false, "ticket 7"); !fault.Is(err, fault.Forbidden) {
				t.Errorf("by %s: %v", p.Kind, err)
			}
		}
		_, err = h.FoundAct(ctx, cli, refund.ID, false, "ticket 7")
		h.must(err)
		if got := h.state(refund); got.State != "expired" {
			t.Errorf("what did not happen is %s", got.State)
		}
		_, err = h.FoundAct(ctx, cli, frozen.ID, true, "ticket 8")
		h.must(err)
		if got := h.state(frozen); got.State != "succeeded" {
			t.Errorf("what happened is %s", got.State)
		}
		if a, outcome, err := h.flow.Propose(ctx, h.anna, h.conv, "run-3", "ask", w); err != nil || outcome != "" {
			t.Errorf("what was settled keeps it back: %+v %q %v", a, outcome, err)
		}
		if n := h.recorded(t, "act.found"); n != 2 {
			t.Errorf("%d records of it", n)
		}
	})
}

func TestWhatWaitedForASecondPersonGoesOnAfterARestore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.propose("1200.00")
		h.confirm(a)
		h.prove(a)
		h.execute(a, "waiting")
		h.restore(h.deployment.Backup(t), true)
		_, err := h.DoubtActs(context.Background(), identity.SystemPart("cli"))
		h.must(err)
		if err := h.flow.Approve(context.Background(), h.supervisor, a.ID, a.Hash); err == nil {
			t.Error("what is in doubt is approved")
		}
		h.later(action.ArriveLife + time.Second)
		if got := h.state(a); got.State != "waiting" {
			t.Fatalf("it is %s", got.State)
		}
		h.must(h.flow.Approve(context.Background(), h.second, a.ID, a.Hash))
		h.later(time.Second)
		h.later(10 * time.Second)
		if got := h.state(a); got.State != "succeeded" {
			t.Errorf("it is %s", got.State)
		}
	})
}

// alarmed keeps what somebody is called for; several acts are looked at, at once.
func (h *house) alarmed(k action.Kept) {
	h.alarming.Lock()
	defer h.alarming.Unlock()
	h.alarms = append(h.alarms, k)
}

func (h *house) member(role identity.Role) identity.Principal {
	h.Helper()
	m := staff.Member{ID: id.New(), Email: id.New() + "@example.org", Name: "Name", Role: role}
	h.must(h.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: m}))
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Role: role}
}
