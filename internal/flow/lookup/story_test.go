package lookup_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// telling is a wallet that tells more of a payment, as far as can says; what is slow
// in it answers when whoever asks has given up.
type telling struct {
	*counting
	change   func(*wallet.Transaction)
	can      []wallet.Reading
	slow     wallet.Reading
	traces   []wallet.Trace
	refunds  []wallet.Refund
	disputes []wallet.Dispute
}

func (w *telling) Transaction(ctx context.Context, by wallet.Actor, who, id string) (wallet.Transaction, error) {
	t, err := w.counting.Transaction(ctx, by, who, id)
	if err == nil && w.change != nil {
		w.change(&t)
	}
	return t, err
}

func (w *telling) Capabilities(context.Context) (wallet.Capabilities, error) {
	if w.can == nil {
		return wallet.Capabilities{}, fault.New(fault.Unavailable, "test", "down")
	}
	return wallet.Capabilities{Readings: w.can}, nil
}

func (w *telling) wait(ctx context.Context, r wallet.Reading) error {
	if w.slow != r {
		return nil
	}
	<-ctx.Done()
	return fault.New(fault.Unavailable, "test", "slow")
}

func (w *telling) Timeline(ctx context.Context, _ wallet.Actor, _, _ string) ([]wallet.Trace, error) {
	return w.traces, w.wait(ctx, wallet.ReadTimeline)
}

func (w *telling) Refunds(ctx context.Context, _ wallet.Actor, _, _ string) ([]wallet.Refund, error) {
	return w.refunds, w.wait(ctx, wallet.ReadRefunds)
}

func (w *telling) Terms(context.Context, wallet.Actor, string, string) (wallet.Terms, error) {
	return wallet.Terms{}, fault.New(fault.NotFound, "test", "no terms")
}

func (w *telling) Disputes(ctx context.Context, _ wallet.Actor, _ string) ([]wallet.Dispute, error) {
	return w.disputes, w.wait(ctx, wallet.ReadDisputes)
}

// doings is a room that has something to tell.
type doings func(conv, tx string) ([]lookup.Event, error)

func (d doings) About(_ context.Context, _ identity.Principal, _, conv, tx string) ([]lookup.Event, error) {
	return d(conv, tx)
}

// tell makes the flow anew over a wallet that tells more.
func (h *house) tell(w *telling, rooms ...lookup.Doings) *lookup.Service {
	w.counting = h.wallet
	deps := lookup.Deps{Wallet: w, Teller: w, Links: h.Store, Causes: h.causes, Clock: h.clock.Now, Clean: clean, Doings: rooms}
	return lookup.New(deps, lookup.Options{Issuer: "wallet", Reveals: threeAnHour()})
}

// failed makes a payment one that failed with a code.
func failed(code wallet.FailureCode, source, raw, words string) func(*wallet.Transaction) {
	return func(t *wallet.Transaction) {
		t.State, t.Rail, t.Failure = wallet.Failed, "card", &wallet.Failure{Code: code, Source: source, RawCode: raw, RawText: words}
	}
}

func (h *house) anyTx() string {
	h.Helper()
	page, err := h.flow.Transactions(context.Background(), h.agent, h.anna.ID, wallet.Query{Limit: 1})
	h.must(err)
	return page.Items[0].ID
}

func TestAStoryIsToldAsFarAsTheWalletTells(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	tx := h.anyTx()
	plain, err := h.flow.Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	if plain.From != lookup.NotOffered || plain.RefundsAre != lookup.NotOffered || plain.DisputesAre != lookup.NotOffered {
		t.Errorf("of a wallet that tells no more: %+v", plain)
	}
	if len(plain.Timeline) != len(plain.Transaction.History) || plain.Case != h.conv || plain.Level != identity.AL1 {
		t.Errorf("%d events of %d states, case %s, level %d", len(plain.Timeline), len(plain.Transaction.History), plain.Case, plain.Level)
	}
	eur, err := wallet.Parse("5.00", "EUR", 2)
	h.must(err)
	now := wallet.At(h.clock.Now())
	w := &telling{
		can: []wallet.Reading{wallet.ReadTimeline, wallet.ReadRefunds, wallet.ReadDisputes},
		traces: []wallet.Trace{
			{At: now, Source: "provider", Event: "answered", RawCode: "00", Tellable: true},
			{At: now - 10, Source: "wallet", Event: "initiated", State: wallet.Initiated, Tellable: true},
		},
		refunds:  []wallet.Refund{{ID: "rf", Amount: eur, State: wallet.RefundProcessing}},
		disputes: []wallet.Dispute{{ID: "other", Transactions: []string{"tx-else"}}, {ID: "this", Transactions: []string{"tx-else", tx}}},
	}
	broken := doings(func(string, string) ([]lookup.Event, error) { return nil, fault.New(fault.Unavailable, "test", "down") })
	room := doings(func(conv, about string) ([]lookup.Event, error) {
		if conv != h.conv || about != tx {
			t.Errorf("asked about %s in %s", about, conv)
		}
		return []lookup.Event{{Trace: wallet.Trace{At: now - 5, Source: lookup.SourceRun, Event: "FL2", Tellable: true}, Ref: "run-1"}}, nil
	})
	whole, err := h.tell(w, broken, room).Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	var order []string
	for _, e := range whole.Timeline {
		order = append(order, e.Source)
	}
	if strings.Join(order, " ") != "wallet run provider" || whole.From != lookup.Told {
		t.Errorf("the timeline is %v, %s", order, whole.From)
	}
	if len(whole.Refunds) != 1 || len(whole.Disputes) != 1 || whole.Disputes[0].ID != "this" || whole.Terms != nil || whole.RefundsAre != lookup.Told {
		t.Errorf("%+v", whole)
	}
}

func TestASilentReadingFailsNothingElse(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	tx := h.anyTx()
	w := &telling{can: []wallet.Reading{wallet.ReadTimeline, wallet.ReadRefunds}, slow: wallet.ReadTimeline, traces: []wallet.Trace{{At: 1, Source: "wallet", Event: "x"}}}
	began := time.Now()
	story, err := h.tell(w).Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if story.From != lookup.Silent || len(story.Timeline) != len(story.Transaction.History) || story.RefundsAre != lookup.Told || story.DisputesAre != lookup.NotOffered {
		t.Errorf("%+v", story)
	}
	dead, err := h.tell(&telling{}).Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	if dead.From != lookup.Silent || dead.RefundsAre != lookup.Silent || dead.DisputesAre != lookup.Silent {
		t.Errorf("%+v", dead)
	}
	h.wallet.down.Store(true)
	if _, err := h.flow.Story(ctx, h.agent, h.anna.ID, tx); !fault.Is(err, fault.Unavailable) {
		t.Errorf("of a wallet that is down: %v", err)
	}
}

func TestWhatMustNotBeToldIsSeenByThoseWhoMay(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	tx := h.anyTx()
	colleague := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
	supervisor := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}
	for name, change := range map[string]func(*wallet.Transaction){
		"the wallet says it":              failed(wallet.SuspectedFraud, "wallet", "", "velocity rule seven"),
		"only the raw code says it":       failed(wallet.DoNotHonor, "issuer", "59", "velocity rule seven"),
		"nobody knows what the code says": failed(wallet.Unmapped, "issuer", "XQ", "velocity rule seven"),
	} {
		w := &telling{change: change, can: []wallet.Reading{wallet.ReadTimeline}, traces: []wallet.Trace{
			{At: 1, Source: "provider", Event: "refused", RawCode: "59", RawText: "velocity rule seven", Tellable: true},
			{At: 2, Source: "risk", Event: "rule_fired", RawText: "velocity rule seven"},
		}}
		flow := h.tell(w)
		for who, p := range map[string]identity.Principal{"the agent": h.agent, "a supervisor": supervisor} {
			story, err := flow.Story(ctx, p, h.anna.ID, tx)
			h.must(err)
			if story.Cause == nil || story.Withheld || story.Say.Disclosed || story.Say.Told != wallet.FailureUndisclosed || len(story.Timeline) != 2 {
				t.Errorf("%s, %s: %+v", name, who, story)
			}
			said, err := json.Marshal([]any{story.Say.Title, story.Say.Text, story.Say.Money, story.Say.RetryText})
			h.must(err)
			if strings.Contains(string(said), "velocity") || strings.Contains(strings.ToLower(string(said)), "fraud") {
				t.Errorf("%s: the customer is told %s", name, said)
			}
		}
		story, err := flow.Story(ctx, colleague, h.anna.ID, tx)
		h.must(err)
		one, err := flow.Transaction(ctx, colleague, h.anna.ID, tx)
		h.must(err)
		text, err := json.Marshal([]any{story, one})
		h.must(err)
		for _, hidden := range []string{"velocity", `"59"`, "suspected_fraud", "unmapped", "XQ"} {
			if strings.Contains(string(text), hidden) {
				t.Errorf("%s: a colleague is told %s", name, hidden)
			}
		}
		if story.Cause != nil || !story.Withheld || story.Left != 1 || len(story.Timeline) != 1 {
			t.Errorf("%s: a colleague's story %+v", name, story)
		}
	}
}

func TestWhoSaidWhatIsTold(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	tx := h.anyTx()
	story, err := h.tell(&telling{change: failed(wallet.InsufficientFunds, "issuer", "51", "NOT SUFFICIENT FUNDS")}).Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	if c := story.Cause; c == nil || c.Cause != wallet.InsufficientFunds || !c.Agrees || !c.Known || c.Raw.Code != "51" || c.Raw.Rail != "card" || c.Source != "issuer" || !story.Say.Disclosed {
		t.Errorf("%+v", story)
	}
	other, err := h.tell(&telling{change: failed(wallet.ExpiredInstrument, "issuer", "51", "")}).Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	if c := other.Cause; c == nil || c.Agrees || c.Said != wallet.ExpiredInstrument || c.Mapped != wallet.InsufficientFunds {
		t.Errorf("two that disagree: %+v", other.Cause)
	}
	fine, err := h.tell(&telling{change: func(t *wallet.Transaction) { t.State, t.Failure = wallet.Posted, nil }}).Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	if fine.Cause != nil || fine.Withheld || fine.Where.Key != "arrived" {
		t.Errorf("one that arrived: %+v", fine)
	}
	// That somebody looks at a payment is not said to whoever made it.
	held, err := h.tell(&telling{change: func(t *wallet.Transaction) {
		t.Failure, t.State = nil, wallet.RiskHold
		t.History = []wallet.Step{{State: wallet.Initiated, At: 1}, {State: wallet.RiskHold, At: 2}}
	}}).Story(ctx, h.agent, h.anna.ID, tx)
	h.must(err)
	if held.Where.Key != "on_hold" || !strings.HasPrefix(held.Say.Money.Key, "unfinished") {
		t.Errorf("one that is held: %s to staff, %s to the customer", held.Where.Key, held.Say.Money.Key)
	}
}

func TestTheDemosWalletTellsItsStories(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	flow := lookup.New(lookup.Deps{Wallet: h.wallet, Teller: h.wallet.Wallet, Links: h.Store, Causes: h.causes, Clock: h.clock.Now, Clean: clean},
		lookup.Options{Issuer: "wallet", Reveals: threeAnHour()})
	page, err := flow.Transactions(ctx, h.agent, h.anna.ID, wallet.Query{Limit: 100})
	h.must(err)
	var failures int
	for _, tx := range page.Items {
		if tx.Failure == nil {
			continue
		}
		failures++
		story, err := flow.Story(ctx, h.agent, h.anna.ID, tx.ID)
		h.must(err)
		if story.From != lookup.Told || story.RefundsAre != lookup.Told || story.DisputesAre != lookup.Told || len(story.Timeline) < len(tx.History) || story.Cause == nil {
			t.Errorf("%s: from %s, refunds %s, disputes %s, %d events, %+v", tx.ID, story.From, story.RefundsAre, story.DisputesAre, len(story.Timeline), story.Cause)
		}
	}
	if failures == 0 {
		t.Error("no payment of theirs failed: this has shown nothing")
	}
}

// Who may know that a payment is looked at: who works on the conversation, and who sees
// everything. A colleague is told what its customer is, in every reading, and cannot tell
// the payment from one that nobody looks at.
func TestWhoMayKnowThatAPaymentIsLookedAt(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	tx := h.anyTx()
	secrets := []string{"risk_hold", "velocity", "manual_review", "unusual", "RULE-7", "compliance", "on_hold"}
	read := func(p identity.Principal, looked bool) (string, lookup.Story) {
		t.Helper()
		w := &telling{change: func(t *wallet.Transaction) {
			t.State, t.Failure, t.Holds = wallet.Initiated, nil, nil
			t.History = []wallet.Step{{State: wallet.Initiated, At: t.CreatedAt}}
			if looked {
				t.State = wallet.RiskHold
				t.Holds = []wallet.Hold{{ID: "s", Amount: t.Amount, Reason: "unusual", PlacedAt: 2, ExpiresAt: wallet.At(h.clock.Now()) + 1}}
				t.History = append(t.History, wallet.Step{State: wallet.RiskHold, At: t.CreatedAt + 1, Note: "manual_review"})
				t.Failure = &wallet.Failure{Code: wallet.ComplianceHold, Source: "wallet"}
			}
		}}
		w.can = []wallet.Reading{wallet.ReadTimeline}
		w.traces = []wallet.Trace{{At: 1, Source: "wallet", Event: "initiated", State: wallet.Initiated, Tellable: true}}
		if looked {
			w.traces = append(w.traces, wallet.Trace{At: 2, Source: "risk", Event: "velocity", RawCode: "RULE-7"}, wallet.Trace{At: 3, Source: "wallet", Event: "risk_hold", State: wallet.RiskHold, Tellable: true})
		}
		flow := h.tell(w)
		story, err := flow.Story(ctx, p, h.anna.ID, tx)
		h.must(err)
		one, err := flow.Transaction(ctx, p, h.anna.ID, tx)
		h.must(err)
		text, err := json.Marshal([]any{story, one})
		h.must(err)
		return string(text), story
	}
	member := func(role identity.Role) identity.Principal {
		return identity.Principal{Kind: identity.Staff, ID: id.New(), Role: role}
	}
	for name, c := range map[string]struct {
		p   identity.Principal
		may bool
	}{"the agent who has it": {h.agent, true}, "a supervisor": {member(identity.Supervisor), true}, "the owner": {member(identity.Owner), true}, "a colleague": {member(identity.Agent), false}} {
		text, story := read(c.p, true)
		if c.may {
			if story.Where.Key != "on_hold_until" || story.Transaction.State != wallet.RiskHold || len(story.Timeline) != 3 || story.Cause == nil {
				t.Errorf("%s is not told: %+v", name, story)
			}
			said, err := json.Marshal(story.Say)
			h.must(err)
			for _, secret := range secrets {
				if strings.Contains(string(said), secret) {
					t.Errorf("%s is to say %s", name, secret)
				}
			}
			continue
		}
		plain, _ := read(c.p, false)
		if text != plain {
			t.Errorf("%s is told\n%s\nand of one that nobody looks at\n%s", name, text, plain)
		}
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s is told %s", name, secret)
			}
		}
	}
}
