package selfservice_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/content"
	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/flow/selfservice/proposing"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// acts does what is agreed, and may be interrupted anywhere.
type acts struct {
	mu     sync.Mutex
	all    map[string]*domain.ActFact
	ran    map[string]int // by act
	proof  assurance.Progress
	papers int64                    // files that each act names
	crash  func(where string) error // of the process, before and after something is done
}

func (a *acts) at(where string) error {
	if a.crash == nil {
		return nil
	}
	return a.crash(where)
}

func (a *acts) Propose(_ context.Context, _ identity.Principal, conv, run, step string, w domain.Proposal) (domain.ActFact, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := conv + run + step + w.Target + w.Amount.String() + w.Reason
	fact := &domain.ActFact{ID: id.From(key), Act: string(w.Act), State: "proposed", Amount: w.Amount, Hash: action.Hash(wallet.Command{Act: w.Act, Target: w.Target, Amount: w.Amount, Reason: key}, wallet.Summary{})}
	if old, ok := a.all[fact.ID]; ok && old.State == "proposed" {
		return *old, "", nil
	} else if ok {
		fact.ID = id.New()
	}
	fact.Papers = a.papers
	a.all[fact.ID] = fact
	return *fact, "", a.at("propose")
}

func (a *acts) find(id string) (*domain.ActFact, error) {
	if f, ok := a.all[id]; ok {
		return f, nil
	}
	return nil, fault.New(fault.NotFound, "test", "no act")
}

func (a *acts) Confirm(_ context.Context, p identity.Principal, id, hash string) (domain.ActFact, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.find(id)
	if err == nil {
		err = a.at("before confirm")
	}
	switch {
	case err != nil:
		return domain.ActFact{}, "", err
	case p.Kind != identity.Customer && !wallet.Act(f.Act).Cautious():
		return domain.ActFact{}, "", fault.New(fault.Forbidden, "test", "not theirs")
	case f.Hash != hash || (f.State != "proposed" && f.State != "confirmed"):
		return *f, "changed", nil
	}
	f.State = "confirmed"
	return *f, "", a.at("confirm")
}

func (a *acts) Prove(_ context.Context, _ identity.Principal, id string) (domain.ActFact, assurance.Standing, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.find(id)
	if err != nil {
		return domain.ActFact{}, assurance.Standing{}, err
	}
	return *f, assurance.Standing{State: a.proof, Link: "https://wallet.example/su"}, a.at("prove")
}

func (a *acts) Execute(_ context.Context, _ identity.Principal, id string) (domain.ActFact, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.find(id)
	if err != nil {
		return domain.ActFact{}, "", err
	}
	if err := a.at("before execute"); err != nil {
		return domain.ActFact{}, "", err
	}
	if f.State == "confirmed" && f.Given < f.Papers {
		return *f, "handing", nil
	}
	if f.State == "confirmed" {
		a.ran[id]++
		f.State, f.Made = "succeeded", "made-1"
	}
	return *f, "", a.at("after execute")
}

func (a *acts) State(_ context.Context, _ identity.Principal, id string) (domain.ActFact, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.find(id)
	if err != nil {
		return domain.ActFact{}, err
	}
	return *f, nil
}

type house struct {
	testing.TB
	*storagetest.Process
	d      *storagetest.Deployment
	acts   *acts
	intake *intake.Service
	anna   identity.Principal
	deps   selfservice.Deps
	flow   *selfservice.Service
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func world() golden.World {
	return golden.World{
		Transactions: []golden.Tx{
			{ID: "tx-1", Amount: "268.00 CNY", Party: "Lotus Market", State: "posted", Ago: "100h"},
			{ID: "tx-2", Amount: "42.00 CNY", Party: "Metro", State: "failed", Failure: "insufficient_funds", Ago: "5m"},
			{ID: "tx-3", Kind: "transfer", Amount: "850.00 EUR", Party: "Anna Krüger", State: "processing", Ago: "51h", Expected: "20h", Rail: "sepa"},
		},
		Terms: map[string]golden.Due{"tx-1": {Eligible: true, Left: "268.00 CNY", Until: "-100h", Decides: "wallet"}},
	}
}

func open(t testing.TB, d *storagetest.Deployment) *house {
	t.Helper()
	h := &house{TB: t, Process: d.Open(t), d: d, acts: &acts{all: map[string]*domain.ActFact{}, ran: map[string]int{}, proof: assurance.Pending}}
	d.Clock.Move(golden.Start().Sub(d.Clock.Now()))
	detector, err := guard.New()
	h.must(err)
	wide := ratelimit.Limit{Burst: 100_000, Per: time.Second}
	h.intake = intake.New(h.Store, detector, intake.Limits{Visitor: wide, Customer: wide, Staff: wide, VisitorStarts: wide, CustomerStarts: wide, Senders: 100}, d.Clock.Now, nil)
	sub := func(of fs.FS, name string) fs.FS {
		found, err := fs.Sub(of, name)
		h.must(err)
		return found
	}
	texts := sub(content.Flows, "flows")
	asked, err := subjects.All(subjects.Deps{})
	h.must(err)
	flows, table, err := selfservice.LoadFlows(texts, sub(content.Failures, "failures"), asked.Declared())
	h.must(err)
	rules, err := proposing.Load(sub(texts, "proposals"), flows)
	h.must(err)
	h.deps = selfservice.Deps{
		Store: h.Store, Intake: h.intake, Wallet: golden.Wallet(world()), Acts: h.acts, Failures: table, Flows: flows, Reads: asked, Rules: rules, Clock: d.Clock.Now, Log: slog.New(slog.DiscardHandler),
	}
	h.flow = h.process(true)
	h.must(h.flow.KeepFlows(context.Background()))
	h.anna = h.SignIn("cust-1")
	return h
}

// process is one more process over the same store, as after a restart.
func (h *house) process(suggest bool) *selfservice.Service {
	return selfservice.New(h.deps, selfservice.Options{Issuer: "wallet", Suggest: suggest, Answers: ratelimit.Limit{Burst: 100_000, Per: time.Second}})
}

func (h *house) begin(flow string) selfservice.Seen {
	h.Helper()
	seen, err := h.flow.Start(context.Background(), h.anna, selfservice.Begin{Flow: flow, Language: "en"})
	h.must(err)
	return seen
}

func (h *house) answer(seen selfservice.Seen, do domain.Doing, text string) selfservice.Seen {
	h.Helper()
	in := domain.Input{Do: do, Text: text}
	if do == domain.Confirm {
		in.Hash = text
	}
	next, err := h.flow.Answer(context.Background(), h.anna, seen.Run.ID, id.New(), seen.Run.Step, in)
	h.must(err)
	return next
}

// hash is what is to be agreed to.
func hash(seen selfservice.Seen) string {
	if n := len(seen.Views); n > 0 && seen.Views[n-1].Value != nil && seen.Views[n-1].Value.Act != nil {
		return seen.Views[n-1].Value.Act.Hash
	}
	return ""
}

func (h *house) refund() selfservice.Seen {
	h.Helper()
	seen := h.answer(h.begin("FL7"), domain.Set, "tx-1")
	seen = h.answer(h.answer(seen, domain.Set, "not_received"), domain.Set, "all")
	return h.answer(seen, domain.Confirm, hash(seen))
}

func (h *house) work() {
	h.Helper()
	_, err := h.flow.Work(context.Background())
	h.must(err)
}

func TestARefundOverTwoDevicesAndARestart(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		seen := h.refund()
		if seen.Run.State != domain.Waiting || seen.Run.Step != "prove" || seen.Begun {
			t.Fatalf("%+v", seen.Run.Run)
		}
		h.flow = h.process(true) // the server was restarted
		other, err := h.flow.Get(ctx, h.anna, seen.Run.ID)
		h.must(err)
		if len(other.Views) != 1 || other.Views[0].Step != "prove" || other.Views[0].Value.Act.Link == "" {
			t.Errorf("another device sees %+v", other.Views)
		}
		h.acts.proof = assurance.IsProven
		d.Clock.Move(20 * time.Second)
		h.work()
		for _, want := range []int{1, 0} { // it ended while nobody looked: that is news, once
			list, err := h.flow.List(ctx, h.anna)
			if err != nil || len(list) != want {
				t.Errorf("%d runs are listed, want %d, %v", len(list), want, err)
			}
			_, err = h.flow.Get(ctx, h.anna, seen.Run.ID)
			h.must(err)
		}
		if seen, err = h.flow.Get(ctx, h.anna, seen.Run.ID); err != nil || seen.Run.Step != "submitted" || seen.Run.Outcome != "solved" || len(h.acts.ran) != 1 {
			t.Errorf("%+v, %v, done %v", seen.Run.Run, err, h.acts.ran)
		}
		if _, err := h.flow.Answer(ctx, h.anna, seen.Run.ID, "late", "", domain.Input{Do: domain.Human}); !fault.Is(err, fault.Conflict) {
			t.Errorf("it goes on after its end: %v", err)
		}
	})
}

func TestAnAnswerIsTakenOnce(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	seen := h.answer(h.begin("FL7"), domain.Set, "tx-1")
	once := func(op, step, text string) selfservice.Seen {
		t.Helper()
		next, err := h.flow.Answer(ctx, h.anna, seen.Run.ID, op, step, domain.Input{Do: domain.Set, Text: text})
		h.must(err)
		return next
	}
	first, again := once("op-1", "reason", "other"), once("op-1", "reason", "other")
	if first.Run.Step != "how_much" || again.Run.Step != "how_much" || again.Run.Revision != first.Run.Revision || !again.Taken {
		t.Errorf("%s at %d, then %s at %d", first.Run.Step, first.Run.Revision, again.Run.Step, again.Run.Revision)
	}
	if slow := once("op-2", "reason", "twice"); slow.Taken || slow.Run.Step != "how_much" || slow.Run.Slots["reason"].Text != "other" {
		t.Errorf("an answer from a device that was behind: %+v", slow)
	}
	for _, op := range []string{"", "a b", strings.Repeat("x", 65), "ä"} {
		if _, err := h.flow.Answer(ctx, h.anna, seen.Run.ID, op, "", domain.Input{Do: domain.Back}); !fault.Is(err, fault.Invalid) {
			t.Errorf("op %q: %v", op, err)
		}
	}
}

// A person gets the story once, in a conversation that begins with it, whatever happens
// in between; and what was entered is in it.
func TestAPersonGetsTheStoryOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		seen := h.answer(h.answer(h.begin("FL7"), domain.Set, "tx-1"), domain.Set, "twice")
		failing := &losing{Intake: h.intake, lose: 2}
		h.deps.Intake = failing
		h.flow = h.process(true)
		seen = h.answer(seen, domain.Human, "")
		if seen.Run.State != domain.Handed {
			t.Fatalf("%+v", seen.Run.Run)
		}
		for range 4 {
			d.Clock.Move(6 * time.Minute)
			h.work()
		}
		state, err := h.Conversation(ctx, h.anna, seen.Run.ConversationID)
		h.must(err)
		entries, _, err := h.Entries(ctx, h.anna, state.ID, conversation.EntryRange{Limit: 50})
		h.must(err)
		told := 0
		for _, e := range entries {
			if e.Content.Form == nil {
				continue
			}
			told++
			if text := e.Content.Text; !strings.Contains(text, "268.00 CNY") || !strings.Contains(text, "I was charged twice") || e.Author.ID != h.anna.ID {
				t.Errorf("told is %q by %+v", text, e.Author)
			}
		}
		if told != 1 || failing.sent < 3 {
			t.Errorf("told %d times, sent %d times", told, failing.sent)
		}
		if seen, err = h.flow.Get(ctx, h.anna, seen.Run.ID); err != nil || !seen.Begun || seen.Run.Effect != nil {
			t.Errorf("%+v, %v", seen, err)
		}
	})
}

// losing loses the answers to some messages, although they were taken.
type losing struct {
	selfservice.Intake
	lose, sent int
}

func (l *losing) Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error {
	if l.sent++; l.sent > l.lose {
		return l.Intake.Send(ctx, p, m, done)
	}
	taken := make(chan struct{})
	if err := l.Intake.Send(ctx, p, m, func(intake.Said) { close(taken) }); err != nil {
		return err
	}
	<-taken
	return errors.New("the answer was lost")
}

func TestARunIsNobodyElses(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	seen := h.begin("FL6")
	for name, p := range map[string]identity.Principal{
		"another customer": h.SignIn("cust-2"), "a visitor": {Kind: identity.Visitor, ID: h.anna.ID}, "nobody": {}, "an agent without a conversation": {Kind: identity.Staff, ID: id.New(), Role: identity.Agent},
		"an auditor": {Kind: identity.Staff, ID: id.New(), Role: identity.Auditor}, "a program": {Kind: identity.Program, ID: id.New(), Scopes: identity.ScopesOf(identity.AllScopes()...)},
	} {
		_, one := h.flow.Get(ctx, p, seen.Run.ID)
		_, two := h.flow.Answer(ctx, p, seen.Run.ID, "op", "", domain.Input{Do: domain.Human})
		for i, err := range []error{one, two} {
			if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s, %d: %v", name, i, err)
			}
		}
	}
	if _, err := h.flow.Start(ctx, identity.Principal{Kind: identity.Visitor, ID: id.New()}, selfservice.Begin{Flow: "FL6"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a visitor begins: %v", err)
	}
	if _, err := h.flow.Start(ctx, h.anna, selfservice.Begin{Flow: "FL2", Given: map[string]string{"payment": "tx-99"}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a payment that is not theirs: %v", err)
	}
	if _, err := h.flow.Start(ctx, h.anna, selfservice.Begin{Flow: "FL2", Given: map[string]string{"cause": "x"}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("what only the wallet says: %v", err)
	}
}

// Staff walk with the customer, and agree to nothing of theirs.
func TestOnlyTheCustomerAgrees(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	conv := h.Begin(h.anna, "en")
	mei := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
	_, err := h.Execute(ctx, mei, conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "Mei"}}})
	h.must(err)
	seen, err := h.flow.Start(ctx, mei, selfservice.Begin{Flow: "FL7", Conversation: conv, Language: "en"})
	h.must(err)
	for i, text := range []string{"tx-1", "twice", "all"} {
		seen, err = h.flow.Answer(ctx, mei, seen.Run.ID, fmt.Sprint("op-", i), "", domain.Input{Do: domain.Set, Text: text})
		h.must(err)
	}
	yes := domain.Input{Do: domain.Confirm, Hash: hash(seen)}
	if _, err := h.flow.Answer(ctx, mei, seen.Run.ID, "yes", "", yes); !fault.Is(err, fault.Forbidden) || fault.ReasonOf(err) != "customer_only" {
		t.Errorf("an agent agrees to a refund: %v", err)
	}
	mine, err := h.flow.Answer(ctx, h.anna, seen.Run.ID, "yes", "", yes)
	if err != nil || mine.Run.Step != "prove" || !mine.Begun {
		t.Errorf("the customer agrees: %+v, %v", mine.Run.Run, err)
	}
	seen, err = h.flow.Start(ctx, mei, selfservice.Begin{Flow: "FL19", Conversation: conv, Language: "en"})
	h.must(err)
	for i, text := range []string{"not_me", "stop"} {
		seen, err = h.flow.Answer(ctx, mei, seen.Run.ID, fmt.Sprint("op-", i), "", domain.Input{Do: domain.Set, Text: text})
		h.must(err)
	}
	if seen, err = h.flow.Answer(ctx, mei, seen.Run.ID, "yes", "", domain.Input{Do: domain.Confirm, Hash: hash(seen)}); err != nil || seen.Run.Step != "prove_freeze" {
		t.Errorf("an agent stops payments: %+v, %v", seen.Run.Run, err)
	}
}

func TestTheYesOfStaffIsNobodyElsesToRepeat(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	conv := h.Begin(h.anna, "en")
	mei := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
	_, err := h.Execute(ctx, mei, conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: mei.ID, Name: "Mei"}}})
	h.must(err)
	seen, err := h.flow.Start(ctx, mei, selfservice.Begin{Flow: "FL19", Conversation: conv, Language: "en"})
	h.must(err)
	for i, text := range []string{"not_me", "stop"} {
		seen, err = h.flow.Answer(ctx, mei, seen.Run.ID, fmt.Sprint("op-", i), "", domain.Input{Do: domain.Set, Text: text})
		h.must(err)
	}
	act := seen.Views[len(seen.Views)-1].Value.Act.ID
	h.acts.crash = func(where string) error {
		if where == "before confirm" {
			return context.Canceled
		}
		return nil
	}
	_, _ = h.flow.Answer(ctx, mei, seen.Run.ID, "yes", "", domain.Input{Do: domain.Confirm, Hash: hash(seen)})
	h.acts.crash = nil
	for range 4 {
		h.d.Clock.Move(time.Minute)
		h.work()
	}
	if state := h.acts.all[act].State; state != "proposed" {
		t.Errorf("the worker said yes in the customer's name: %s", state)
	}
	again, err := h.flow.Get(ctx, h.anna, seen.Run.ID)
	if err != nil || again.Run.State != domain.Asking || again.Run.Step != seen.Run.Step {
		t.Errorf("it is not asked again: %+v, %v", again.Run.Run, err)
	}
}

func TestWhatIsProposed(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	got := h.flow.Proposals(ctx, h.anna)
	if len(got) != 2 || got[0].ID != "failed:tx-2" || got[0].Flow.ID != "FL2" || got[1].ID != "late:tx-3" || got[0].Given["payment"] != "tx-2" {
		t.Fatalf("%+v", got)
	}
	for name, c := range map[string]struct {
		suggest bool
		flags   []string
		want    int
	}{
		"neither said yes": {false, nil, 0}, "the customer said yes": {false, []string{"help_suggestions"}, 2}, "the customer said no": {true, []string{"no_help_suggestions"}, 0},
	} {
		w := world()
		w.Flags = c.flags
		h.deps.Wallet = golden.Wallet(w)
		if got := h.process(c.suggest).Proposals(ctx, h.anna); len(got) != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w := world()
	w.Transactions[1].State, w.Transactions[1].Failure = "risk_hold", "suspected_fraud"
	h.deps.Wallet = golden.Wallet(w)
	for _, p := range h.process(true).Proposals(ctx, h.anna) {
		if p.Given["payment"] == "tx-2" {
			t.Errorf("a payment that is looked at for risk is proposed: %+v", p)
		}
	}
	for name, c := range map[string]struct {
		payments []golden.Tx
		want     string
	}{
		"taken twice":    {[]golden.Tx{{ID: "a", Amount: "9.00 EUR", Party: "Shop", State: "posted", Ago: "29h"}, {ID: "b", Amount: "9.00 EUR", Party: "Shop", State: "posted", Ago: "29h1m"}}, "twice:a"},
		"bought twice":   {[]golden.Tx{{ID: "a", Amount: "9.00 EUR", Party: "Shop", State: "posted", Ago: "29h"}, {ID: "b", Amount: "9.00 EUR", Party: "Shop", State: "posted", Ago: "40h"}}, ""},
		"far more":       {[]golden.Tx{{ID: "a", Amount: "298.00 CNY", Party: "Films", State: "posted", Ago: "26h"}, {ID: "b", Amount: "1.00 CNY", Party: "Films", State: "posted", Ago: "700h"}}, "grew:a"},
		"a new shop":     {[]golden.Tx{{ID: "a", Amount: "298.00 CNY", Party: "Films", State: "posted", Ago: "2h"}}, ""},
		"comes in late":  {[]golden.Tx{{ID: "a", Kind: "transfer", Direction: "in", Amount: "9.00 EUR", Party: "Jo", State: "processing", Ago: "90h", Expected: "20h"}}, "late_in:a"},
		"paid at last":   {[]golden.Tx{{ID: "a", Amount: "9.00 EUR", Party: "Shop", State: "posted", Ago: "1h"}, {ID: "b", Amount: "9.00 EUR", Party: "Shop", State: "failed", Failure: "auth_required", Ago: "2h"}, {ID: "c", Amount: "3.00 EUR", Party: "Shop", State: "posted", Ago: "200h"}}, ""},
		"nothing to say": {[]golden.Tx{{ID: "a", Amount: "9.00 EUR", Party: "Shop", State: "posted", Ago: "90h"}}, ""},
		"nobody's name":  {[]golden.Tx{{ID: "a", Amount: "9.00 EUR", State: "failed", Failure: "auth_required", Ago: "1h"}}, ""},
	} {
		h.deps.Wallet = golden.Wallet(golden.World{Transactions: c.payments})
		id := ""
		if got := h.process(true).Proposals(ctx, h.anna); len(got) > 0 {
			id = got[0].ID
		}
		if id != c.want {
			t.Errorf("%s: %q, want %q", name, id, c.want)
		}
	}
	if got := h.flow.Proposals(ctx, identity.Principal{Kind: identity.Visitor, ID: h.anna.ID}); got != nil {
		t.Errorf("to a visitor: %+v", got)
	}
	for range 20 {
		got = h.flow.Proposals(ctx, h.anna)
	}
	if got != nil {
		t.Error("nobody bounds how often the wallet is asked")
	}
}

// Who waits for a second person hears at once what came of it, and not only when it is
// looked at again.
func TestAnActThatChangesWakesItsRun(t *testing.T) {
	h := open(t, storagetest.New(t, engine.SQLite))
	seen := h.refund()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	h.d.Clock.Move(time.Second)
	go func() { ended <- h.flow.Run(ctx) }()
	h.acts.mu.Lock()
	h.acts.proof = assurance.IsProven
	h.acts.mu.Unlock()
	h.flow.ActChanged(action.Kept{Action: action.Action{ID: "a", Run: seen.Run.ID}})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		now, err := h.FlowRun(ctx, h.anna, seen.Run.ID)
		h.must(err)
		if now.State == domain.Ended {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it waits at %s", now.Step)
		}
	}
	stop()
	h.must(<-ended)
}

// A run that nobody goes on with expires, and makes room.
func TestARunExpires(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	seen := h.begin("FL6")
	h.d.Clock.Move(domain.Life)
	if list, err := h.flow.List(ctx, h.anna); err != nil || len(list) != 0 {
		t.Errorf("%d are listed, %v", len(list), err)
	}
	h.work()
	if seen, err := h.flow.Get(ctx, h.anna, seen.Run.ID); err != nil || seen.Run.State != domain.Lapsed || len(seen.Views) != 0 {
		t.Errorf("%+v, %v", seen.Run.Run, err)
	}
	if due, err := h.NextFlowRun(ctx); err != nil || due != 0 {
		t.Errorf("somebody looks at it again at %d, %v", due, err)
	}
}

// However answers of two devices, restarts and failures around what is done fall
// together: no run is lost or stuck, nothing is done that was not agreed to, nothing is
// done twice, and a person hears of it once.
func TestNothingIsLostOrDoneTwice(t *testing.T) {
	h := open(t, storagetest.New(t, engine.SQLite))
	ctx := context.Background()
	rapid.Check(t, func(r *rapid.T) {
		h.must(h.EraseFlowRuns(ctx, identity.SystemPart("test"), h.anna.ID, 1<<60))
		a := &acts{all: map[string]*domain.ActFact{}, ran: map[string]int{}, proof: assurance.Pending}
		a.crash = func(string) error {
			if rapid.IntRange(0, 3).Draw(r, "fails") == 0 {
				return fault.New(fault.Internal, "test", "the process died")
			}
			return nil
		}
		dies := &dying{Store: h.Store, dies: func() bool { return a.crash != nil && rapid.IntRange(0, 5).Draw(r, "dies") == 0 }}
		h.deps.Acts, h.deps.Intake, h.deps.Store = a, h.intake, dies
		devices := []*selfservice.Service{h.process(true), h.process(true)}
		flow := rapid.SampledFrom([]string{"FL2", "FL3", "FL6", "FL7", "FL9", "FL15", "FL18", "FL19"}).Draw(r, "flow")
		seen, err := devices[0].Start(ctx, h.anna, selfservice.Begin{Flow: flow, Language: "en"})
		if err != nil {
			r.Fatal(err)
		}
		run := seen.Run.ID
		agreed := map[string]bool{}
		for i := range rapid.IntRange(1, 25).Draw(r, "events") {
			s := devices[rapid.IntRange(0, 1).Draw(r, "device")]
			switch rapid.IntRange(0, 9).Draw(r, "event") {
			case 0:
				devices[0] = h.process(true)
			case 1:
				a.proof = rapid.SampledFrom([]assurance.Progress{assurance.Pending, assurance.IsProven, assurance.WasDeclined}).Draw(r, "proof")
			case 2:
				h.d.Clock.Move(time.Duration(rapid.IntRange(1, 90).Draw(r, "minutes")) * time.Minute)
				if _, err := s.Work(ctx); err != nil {
					r.Fatal(err)
				}
			default:
				now, err := s.Get(ctx, h.anna, run)
				if err != nil && !errors.Is(err, diedError{}) {
					r.Fatal(err)
				}
				in := input(r, now)
				if in.Do == domain.Confirm && in.Hash == hash(now) && in.Hash != "" {
					agreed[in.Hash] = true
				}
				op := fmt.Sprint("op-", i)
				for range rapid.IntRange(1, 2).Draw(r, "sent") {
					if _, err := s.Answer(ctx, h.anna, run, op, now.Run.Step, in); err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) && !errors.Is(err, diedError{}) {
						r.Fatal(err)
					}
				}
			}
		}
		a.crash = nil // whatever was going on comes to rest
		for range 12 {
			h.d.Clock.Move(6 * time.Minute)
			if _, err := devices[1].Work(ctx); err != nil {
				r.Fatal(err)
			}
		}
		end, err := devices[1].Get(ctx, h.anna, run)
		if err != nil {
			r.Fatalf("the run is lost: %v", err)
		}
		if end.Run.State == domain.Working || (end.Run.State.Over() && end.Run.Effect != nil) {
			r.Fatalf("the run is stuck at %s, %s", end.Run.Step, end.Run.State)
		}
		if !end.Run.State.Over() && len(end.Views) == 0 {
			r.Fatalf("nothing is seen at %s, %s", end.Run.Step, end.Run.State)
		}
		for act, times := range a.ran {
			if times > 1 || !agreed[a.all[act].Hash] {
				r.Fatalf("%s was done %d times, agreed %v", a.all[act].Act, times, agreed[a.all[act].Hash])
			}
		}
		if end.Run.State == domain.Handed {
			entries, _, err := h.Entries(ctx, h.anna, end.Run.ConversationID, conversation.EntryRange{Limit: 50})
			if err != nil {
				r.Fatal(err)
			}
			told := 0
			for _, e := range entries {
				if e.Content.Form != nil {
					told++
				}
			}
			if told != 1 {
				r.Fatalf("a person was told %d times", told)
			}
		}
	})
}

// dying is a store whose process dies now and then before it has kept a run.
type dying struct {
	selfservice.Store
	dies func() bool
}

type diedError struct{}

func (diedError) Error() string { return "the process died" }

func (d *dying) SaveFlowRun(ctx context.Context, p identity.Principal, n domain.Record) error {
	if d.dies() {
		return diedError{}
	}
	return d.Store.SaveFlowRun(ctx, p, n)
}

// input is something that somebody might say to what they see, mostly with sense.
func input(r *rapid.T, seen selfservice.Seen) domain.Input {
	in := domain.Input{Do: rapid.SampledFrom([]domain.Doing{domain.Back, domain.Deny, domain.Other, domain.Skip, domain.GoOn, domain.Human, domain.Set, domain.Confirm}).Draw(r, "do"), Text: "x", Hash: "h"}
	if len(seen.Views) == 0 || rapid.IntRange(0, 7).Draw(r, "sense") == 0 {
		return in
	}
	v := seen.Views[len(seen.Views)-1]
	var all []string
	for _, o := range v.Options {
		all = append(all, o.ID)
	}
	for _, i := range v.Items {
		all = append(all, i.Ref())
	}
	switch {
	case v.Kind == domain.KindConfirm:
		return domain.Input{Do: domain.Confirm, Hash: hash(seen)}
	case len(all) > 0:
		return domain.Input{Do: domain.Set, Text: rapid.SampledFrom(all).Draw(r, "choice")}
	case v.Type == domain.Amount:
		return domain.Input{Do: domain.Set, Text: "50"}
	case v.Type != "":
		return domain.Input{Do: domain.Set, Text: "words"}
	default:
		return in
	}
}
