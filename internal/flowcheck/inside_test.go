package flowcheck

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/connector/walletapi"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/wallet"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/flow/selfservice/loyalty"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/fault"
)

// Two ways that tell something else are apart, also where they are at the same place.
func TestWhatIsToldInAnotherWayIsApart(t *testing.T) {
	one := []golden.See{{At: "what asking", Say: map[string][]string{"en": {"EUR 1.00 was not taken."}}}}
	other := []golden.See{{At: "what asking", Say: map[string][]string{"en": {"EUR 1.00 was taken."}}}}
	if len(apart("FL2-01", "en", HTTP, one, other)) != 1 || len(apart("FL2-01", "en", HTTP, one, one)) != 0 {
		t.Error("what is told is not compared")
	}
}

// sloppy is a Kefu with a defect, by its name.
type sloppy struct {
	Wallet
	defect string
	held   *held
}

// held is a command that left later than it should.
type held struct {
	mu sync.Mutex
	c  *wallet.Command
	by wallet.Actor

	asked int
}

func (s sloppy) Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	if c.DryRun {
		return s.Wallet.Do(ctx, by, c)
	}
	switch s.defect {
	case "again under another key":
		again := c
		again.Key += "2"
		_, _ = s.Wallet.Do(ctx, by, again)
	case "hours later":
		s.held.mu.Lock()
		defer s.held.mu.Unlock()
		s.held.c, s.held.by = &c, by
		return wallet.Operation{}, fault.New(fault.Unavailable, "test", "no answer")
	}
	o, err := s.Wallet.Do(ctx, by, c)
	now := wallet.At(time.Unix(1_800_000_000, 0))
	switch {
	case s.defect == "no answer is a failure" && err == nil:
		return wallet.Operation{ID: "op-x", Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: wallet.OpFailed, Refusal: wallet.NotEligible, CreatedAt: now, DoneAt: now}, nil
	case s.defect == "no answer is done" && err != nil:
		return wallet.Operation{ID: "op-x", Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: wallet.OpSucceeded, CreatedAt: now, DoneAt: now}, nil
	}
	return o, err
}

func (s sloppy) OperationByKey(ctx context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error) {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	if s.defect == "hours later" && s.held.c != nil {
		c := *s.held.c
		s.held.c = nil
		if s.late() {
			return s.Wallet.Do(ctx, by, c)
		}
		s.held.c = &c
		return wallet.Operation{}, fault.New(fault.Unavailable, "test", "no answer")
	}
	return s.Wallet.OperationByKey(ctx, by, customer, key)
}

// late tells whether enough was asked for hours to have gone by.
func (s sloppy) late() bool { s.held.asked++; return s.held.asked > 6 }

func (s sloppy) Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error) {
	t, err := s.Wallet.Transaction(ctx, by, customer, id)
	switch {
	case err != nil:
	case s.defect == "another state":
		t.State, t.History = wallet.Failed, []wallet.Step{{State: wallet.Initiated, At: t.CreatedAt}, {State: wallet.Failed, At: t.CreatedAt}}
	case s.defect == "another's name" && t.Merchant != nil:
		t.Merchant = &wallet.Merchant{Name: "Bo Larsen"}
	}
	return t, err
}

// The judge finds what a Kefu with a defect does.
func TestTheJudgeFindsDefects(t *testing.T) {
	c := kit(t)
	d, err := NewDriller(t.Context(), c, Example(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for defect, finds := range map[string]struct{ fault, why string }{
		"again under another key": {"cached", "nobody said yes to"},
		"no answer is a failure":  {"cached", "is called failed, and was done"},
		"no answer is done":       {"net-reset", "is called done, and is not"},
		"hours later":             {"cached", "after the yes to it"},
		"another state":           {"cached", "shows a payment as"},
		"another's name":          {"cached", "can be read at"},
	} {
		d.between = func(w Wallet) Wallet { return sloppy{w, defect, &held{}} }
		var all []string
		for seed := range uint64(12) {
			tried, err := d.Try(t.Context(), Tries{Seed: seed, Walks: 2}, finds.fault)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, tried.Wrong...)
			if strings.Contains(strings.Join(tried.Wrong, "\n"), finds.why) {
				all = nil
				break
			}
		}
		if all != nil || t.Failed() {
			t.Errorf("%s: %q was to be found, and %q was", defect, finds.why, all)
		}
	}
}

// A wallet that does not answer is left alone after some failures, so that nobody waits
// for it, and is asked again when it has rested.
func TestAWalletThatIsDownIsLeftAlone(t *testing.T) {
	d, err := NewDriller(t.Context(), kit(t), Example(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	clock, key := NewClock(golden.Start()), newKey()
	x := &drill{Driller: d, clock: clock, truth: &truth{Full: d.of.Open(clock.Now), now: clock.Now}}
	l, err := x.wire(key, []string{"net-reset"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := serve(l, key, walletapi.Options{Timeout: patience, ActTimeout: commandTime, Clock: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	ask := func() error {
		_, err := s.Customer(t.Context(), wallet.Actor{Kind: "customer", ID: "c", Purpose: wallet.PurposeOwn}, d.of.Customer)
		return err
	}
	l.on.Store(true)
	for range 50 {
		if err := ask(); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("a wallet that is down: %v", err)
		}
	}
	if n := l.asked.Load(); n > 10 { // five failures, each asked twice
		t.Errorf("%d requests got there", n)
	}
	l.right()
	if err := ask(); !fault.Is(err, fault.Unavailable) {
		t.Errorf("it has not rested: %v", err)
	}
	clock.Move(11 * time.Second)
	for range 3 {
		if err := ask(); err != nil {
			t.Errorf("it is there again: %v", err)
		}
	}
}

// kit is what Kefu brings along.
func kit(t *testing.T) Content {
	t.Helper()
	files := func(of fs.FS, name string) fs.FS {
		sub, err := fs.Sub(of, name)
		if err != nil {
			t.Fatal(err)
		}
		return sub
	}
	c := Content{Codes: files(content.Failures, "failures")}
	words, err := rewarding.Load(content.Points)
	if err != nil {
		t.Fatal(err)
	}
	if c.Reads, err = subjects.All(subjects.Deps{Loyalty: loyalty.Deps{Words: words}}); err != nil {
		t.Fatal(err)
	}
	if c.Flows, c.Failures, err = flow.LoadFlows(files(content.Flows, "flows"), c.Codes, c.Reads.Declared()); err != nil {
		t.Fatal(err)
	}
	if c.Guard, err = guard.New(); err != nil {
		t.Fatal(err)
	}
	return c
}
