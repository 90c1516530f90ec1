package acting_test

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/approving"
	"kefu/internal/flow/verification"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// demo is the demo's wallet, with its keys as a client of it reads them.
type demo struct{ *demowallet.Wallet }

func (d demo) Keys(ctx context.Context) (identity.KeySet, error) {
	text, err := d.Wallet.Keys(ctx)
	if err != nil {
		return identity.KeySet{}, err
	}
	return identity.ParseKeySet(text)
}

// withDemo is a house over the demo's wallet, which judges commands and proofs itself.
func withDemo(t *testing.T) (*house, demo) {
	d := storagetest.New(t, engine.SQLite)
	h := &house{TB: t, Process: d.Open(t), clock: d.Clock}
	codes, err := fs.Sub(content.Failures, "failures")
	h.must(err)
	w, err := demowallet.Open(context.Background(), demowallet.Options{
		Books: demowallet.Over(storagetest.Books(t, d.Clock.Now)), Clock: d.Clock.Now, Failures: codes, Issuer: "wallet", Audience: "kefu", Link: "https://wallet.example/",
	})
	h.must(err)
	h.must(w.Seed(context.Background(), []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt", Language: "en"}}))
	real := demo{w}
	proofs := verification.New(verification.Deps{Wallet: real, Store: h.Store, Clock: d.Clock.Now}, verification.Options{Issuer: "wallet", Audience: "kefu"})
	clean := func(_ context.Context, text string) (string, error) { return text, nil }
	h.flow = acting.New(acting.Deps{
		Wallet: real, Links: h.Store, Store: h.Store, Prover: proofs, Approver: approving.New(h.Store, clean, nil), Clock: d.Clock.Now, Clean: clean,
		Policy: func() (action.Policy, int64) { return action.Default(), 1 }, Zone: func() *time.Location { return time.UTC }, OnDuty: func() bool { return true },
	}, "wallet")
	h.anna = h.SignIn("cust-anna")
	h.agent, h.supervisor, h.second = h.member(identity.Agent), h.member(identity.Supervisor), h.member(identity.Supervisor)
	h.conv = h.begin(h.anna)
	return h, real
}

// answers has the customer say yes in the wallet's app.
func (h *house) answers(w demo, yes bool) {
	h.Helper()
	waiting, err := w.Waitings(context.Background(), "cust-anna")
	h.must(err)
	if len(waiting) != 1 {
		h.Fatalf("%d step-ups wait in the app", len(waiting))
	}
	_, err = w.Answer(context.Background(), "cust-anna", waiting[0].ID, yes, "")
	h.must(err)
}

// refundable is a payment of Anna's that can be given back, and how much of it.
func (h *house) refundable(w demo) (string, wallet.Money, wallet.State) {
	h.Helper()
	ctx := context.Background()
	for cursor := ""; ; {
		page, err := w.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: "cust-anna", States: []wallet.State{wallet.Posted, wallet.Captured}, Limit: 100, Cursor: cursor})
		h.must(err)
		for _, t := range page.Items {
			if terms, err := w.Terms(ctx, wallet.Actor{}, "cust-anna", t.ID); err == nil && terms.Eligible && terms.Decides == "wallet" {
				return t.ID, terms.Left, t.State
			}
		}
		if cursor = page.Next; cursor == "" {
			h.Fatal("no payment can be refunded")
		}
	}
}

func TestARefundInTheDemosWallet(t *testing.T) {
	h, w := withDemo(t)
	ctx := context.Background()
	tx, left, state := h.refundable(w)
	terms, err := w.Terms(ctx, wallet.Actor{}, "cust-anna", tx)
	h.must(err)
	reason := "not_received"
	if len(terms.Reasons) > 0 {
		reason = terms.Reasons[0]
	}
	f := acting.Flows{Service: h.flow}
	a, outcome, err := f.Propose(ctx, h.anna, h.conv, "run-1", "ask", selfservice.Proposal{Act: wallet.RequestRefund, Target: tx, Expect: string(state), Amount: left, Reason: reason})
	if err != nil || outcome != "" {
		t.Fatalf("%+v %q %v", a, outcome, err)
	}
	if a.Proof != 2 || a.Destination == "" {
		t.Errorf("%+v", a)
	}
	a = h.confirm(a)
	_, now, err := f.Prove(ctx, h.anna, a.ID)
	if err != nil || now.State != assurance.Pending || now.Link == "" {
		t.Fatalf("%+v %v", now, err)
	}
	h.answers(w, true)
	if _, now, err = f.Prove(ctx, h.anna, a.ID); err != nil || now.State != assurance.IsProven {
		t.Fatalf("%+v %v", now, err)
	}
	a = h.execute(a, "")
	refunds, err := w.Refunds(ctx, wallet.Actor{}, "cust-anna", tx)
	if err != nil || len(refunds) != 1 || refunds[0].ID != a.Made || refunds[0].Amount.Cmp(left) != 0 {
		t.Errorf("%+v: %+v %v", a, refunds, err)
	}
	// The same once more: the wallet says why not, before anybody is asked.
	again, outcome, err := f.Propose(ctx, h.anna, h.conv, "run-2", "ask", selfservice.Proposal{Act: wallet.RequestRefund, Target: tx, Expect: string(state), Amount: left, Reason: reason})
	if err != nil || outcome != "refused" || again.Refusal == "" {
		t.Errorf("%+v %q %v", again, outcome, err)
	}
}

func TestWhoDidNotAskForARefundKeepsTheirMoney(t *testing.T) {
	h, w := withDemo(t)
	ctx := context.Background()
	tx, left, state := h.refundable(w)
	f := acting.Flows{Service: h.flow}
	a, _, err := f.Propose(ctx, h.anna, h.conv, "run-1", "ask", selfservice.Proposal{Act: wallet.RequestRefund, Target: tx, Expect: string(state), Amount: left, Reason: "not_received"})
	h.must(err)
	a = h.confirm(a)
	_, _, err = f.Prove(ctx, h.anna, a.ID)
	h.must(err)
	h.answers(w, false)
	if _, now, err := f.Prove(ctx, h.anna, a.ID); err != nil || now.State != assurance.WasDeclined {
		t.Errorf("%+v %v", now, err)
	}
	if _, _, err := f.Execute(ctx, h.anna, a.ID); err == nil {
		t.Error("it goes on without a proof")
	}
	if refunds, err := w.Refunds(ctx, wallet.Actor{}, "cust-anna", tx); err != nil || len(refunds) != 0 {
		t.Errorf("%+v %v", refunds, err)
	}
}

// An agent freezes at once; the customer alone does not get out of what staff did, and
// staff alone neither.
func TestFreezingIsCheapAndUnfreezingDear(t *testing.T) {
	h, w := withDemo(t)
	ctx := context.Background()
	made, err := h.flow.AtDesk(ctx, h.agent, acting.Wish{Conversation: h.conv, Proposal: selfservice.Proposal{Act: wallet.Freeze, Reason: "lost_phone"}})
	h.must(err)
	_, _, err = h.flow.Confirm(ctx, h.agent, made.ID, made.Hash)
	h.must(err)
	if a, outcome, err := h.flow.Execute(ctx, h.agent, made.ID); err != nil || outcome != "" || a.State != "succeeded" {
		t.Fatalf("%+v %q %v", a, outcome, err)
	}
	stops, err := w.Restrictions(ctx, wallet.Actor{}, "cust-anna")
	h.must(err)
	var frozen *wallet.Restriction
	for i := range stops {
		if stops[i].Kind == "freeze" {
			frozen = &stops[i]
		}
	}
	if frozen == nil {
		t.Fatalf("nothing is frozen: %+v", stops)
	}
	made, err = h.flow.AtDesk(ctx, h.agent, acting.Wish{Conversation: h.conv, Proposal: selfservice.Proposal{Act: wallet.Unfreeze, Target: frozen.ID, Reason: "found"}})
	h.must(err)
	if !made.Verdict.FourEyes || made.Verdict.Level != identity.AL3 {
		t.Errorf("%+v", made.Verdict)
	}
	a := h.confirm(selfservice.ActFact{ID: made.ID, Hash: made.Hash})
	_, now, err := h.flow.Prove(ctx, h.anna, a.ID)
	if err != nil || now.State != assurance.Pending {
		t.Fatalf("%+v %v", now, err)
	}
	h.answers(w, true)
	if _, now, err = h.flow.Proof(ctx, h.anna, a.ID); err != nil || now.State != assurance.IsProven {
		t.Fatalf("%+v %v", now, err)
	}
	h.execute(a, "waiting")
	h.must(h.flow.Approve(ctx, h.supervisor, a.ID, a.Hash))
	h.later(time.Second)
	if now := h.state(a); now.State != "succeeded" {
		t.Errorf("%+v", now)
	}
	if stops, err = w.Restrictions(ctx, wallet.Actor{}, "cust-anna"); err != nil {
		t.Fatal(err)
	}
	for _, r := range stops {
		if r.ID == frozen.ID {
			t.Errorf("it is still frozen: %+v", r)
		}
	}
}
