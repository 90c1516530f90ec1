package runs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

type house struct {
	testing.TB
	*storagetest.Process
	d    *storagetest.Deployment
	anna identity.Principal
}

func open(t *testing.T, d *storagetest.Deployment) *house {
	h := &house{TB: t, Process: d.Open(t), d: d}
	h.anna = h.SignIn("cust-anna")
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func part() identity.Principal { return identity.SystemPart("test") }

// full is a run with something in every member.
func (h *house) full(whose string) selfservice.Record {
	h.Helper()
	amount, err := wallet.Parse("268.00", "CNY", 2)
	h.must(err)
	now := h.d.Clock.Now()
	payment := selfservice.Value{Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: "tx-1", Party: "Planted Market", Amount: amount, There: true}}
	return selfservice.Record{
		Run: selfservice.Run{
			ID: id.New(), Flow: "FL7", Version: 1, Digest: "d", ConversationID: id.New(), CustomerID: whose, Step: "prove", State: selfservice.Waiting,
			Slots: map[string]selfservice.Value{"payment": payment, "note": {Type: selfservice.Text, Text: "planted words"}}, Offered: []selfservice.Value{payment},
			Trail: []selfservice.Visit{{Step: "pick", At: now}}, StartedAt: now, ChangedAt: now, ExpiresAt: now.Add(selfservice.Life),
		},
		Language: "zh", Views: []selfservice.View{{Step: "prove", Kind: selfservice.KindStepUp, Say: form.Texts{"en": "Confirm."}, Figures: map[string]selfservice.Figure{"act.amount": {Money: &amount}}}},
		Effect: &selfservice.Effect{Kind: selfservice.KindStepUp, Step: "prove", Act: selfservice.ActFact{ID: "a", Hash: "h", Amount: amount}, For: payment},
		Ops:    []string{"op-1"}, Since: now, DueAt: now.Add(time.Minute),
	}
}

func TestARunIsKeptWhole(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		n := h.full(h.anna.ID)
		h.must(h.AddFlowRun(ctx, h.anna, n))
		n.Revision = 1
		got, err := h.FlowRun(ctx, h.anna, n.ID)
		h.must(err)
		if !reflect.DeepEqual(got, n) {
			t.Errorf("kept as\n%+v, want\n%+v", got, n)
		}
		if err := h.AddFlowRun(ctx, h.anna, n); !fault.Is(err, fault.Conflict) {
			t.Errorf("added twice: %v", err)
		}
		var body []byte
		d.Scan(t, "SELECT body FROM flow_run WHERE id = '"+n.ID+"'", &body)
		if strings.Contains(string(body), "planted") || strings.Contains(string(body), "Planted") {
			t.Error("what was told stands in the clear")
		}
	})
}

// Of many who saw the same revision one is first, and the others are told so.
func TestOneOfManyIsFirst(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		n := h.full(h.anna.ID)
		h.must(h.AddFlowRun(ctx, h.anna, n))
		n.Revision = 1
		var won atomic.Int64
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				mine := n
				mine.Ops = []string{fmt.Sprint("op-", i)}
				switch err := h.SaveFlowRun(ctx, h.anna, mine); {
				case err == nil:
					won.Add(1)
				case !fault.Is(err, fault.Conflict):
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, err := h.FlowRun(ctx, h.anna, n.ID)
		h.must(err)
		if won.Load() != 1 || got.Revision != 2 {
			t.Errorf("%d were first, revision %d", won.Load(), got.Revision)
		}
		got.State, got.DueAt, got.Effect = selfservice.Ended, time.Time{}, nil
		h.must(h.SaveFlowRun(ctx, h.anna, got))
		got.Revision++
		if err := h.SaveFlowRun(ctx, h.anna, got); !fault.Is(err, fault.Conflict) {
			t.Errorf("what is over was changed: %v", err)
		}
	})
}

func TestOpenRunsAreListedAndBounded(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		var first selfservice.Record
		for i := range selfservice.MaxOpen {
			n := h.full(h.anna.ID)
			h.must(h.AddFlowRun(ctx, h.anna, n))
			if n.Revision = 1; i == 0 {
				first = n
			}
			d.Clock.Move(time.Second)
		}
		if err := h.AddFlowRun(ctx, h.anna, h.full(h.anna.ID)); !fault.Is(err, fault.TooMany) {
			t.Errorf("one more: %v", err)
		}
		list, err := h.OpenFlowRuns(ctx, h.anna, h.anna.ID)
		h.must(err)
		if len(list) != selfservice.MaxOpen || list[len(list)-1].ID != first.ID {
			t.Errorf("%d are listed", len(list))
		}
		first.State, first.DueAt = selfservice.Handed, time.Time{}
		h.must(h.SaveFlowRun(ctx, h.anna, first))
		h.must(h.AddFlowRun(ctx, h.anna, h.full(h.anna.ID)))
		h.must(h.PurgeFlowRuns(ctx, 10))
		late := h.full(h.anna.ID)
		h.must(h.EraseFlowRuns(ctx, part(), h.anna.ID, 1<<60))
		h.must(h.AddFlowRun(ctx, h.anna, late))
		late.Revision, late.State, late.DueAt, late.News = 1, selfservice.Ended, time.Time{}, true
		h.must(h.SaveFlowRun(ctx, part(), late))
		if list, err := h.OpenFlowRuns(ctx, h.anna, h.anna.ID); err != nil || len(list) != 1 || !list[0].News {
			t.Errorf("what ended while nobody was there: %+v, %v", list, err)
		}
		h.must(h.SeeFlowRun(ctx, h.anna, late.ID))
		if list, err := h.OpenFlowRuns(ctx, h.anna, h.anna.ID); err != nil || len(list) != 0 {
			t.Errorf("it is listed although it was seen: %d, %v", len(list), err)
		}
		other := h.SignIn("cust-li")
		if list, err := h.OpenFlowRuns(ctx, other, other.ID); err != nil || len(list) != 0 {
			t.Errorf("somebody else's: %d, %v", len(list), err)
		}
	})
}

func TestWhatIsDueIsTakenOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		n := h.full(h.anna.ID)
		h.must(h.AddFlowRun(ctx, h.anna, n))
		n.Revision = 1
		claim := func() int {
			t.Helper()
			got, err := h.ClaimFlowRuns(ctx, part(), 10, time.Minute)
			h.must(err)
			return len(got)
		}
		if claim() != 0 {
			t.Error("taken before it was due")
		}
		d.Clock.Move(time.Minute)
		if claim() != 1 || claim() != 0 {
			t.Error("not taken once")
		}
		d.Clock.Move(time.Minute)
		if claim() != 1 {
			t.Error("what was lost is not taken again")
		}
		h.must(h.DelayFlowRun(ctx, part(), n, d.Clock.Now().Add(time.Hour)))
		d.Clock.Move(2 * time.Minute)
		if claim() != 0 {
			t.Error("taken although it was put off")
		}
		h.must(h.WakeFlowRuns(ctx, part(), "wallet", "cust-li"))
		if claim() != 0 {
			t.Error("woken by another customer's news")
		}
		h.must(h.WakeFlowRuns(ctx, part(), "wallet", "cust-anna"))
		if claim() != 1 {
			t.Error("not woken")
		}
		h.must(h.WakeFlowRun(ctx, part(), id.New()))
		if claim() != 0 {
			t.Error("woken by another run's news")
		}
		h.must(h.WakeFlowRun(ctx, part(), n.ID))
		if claim() != 1 {
			t.Error("not woken by its own")
		}
		n.State, n.DueAt = selfservice.Ended, time.Time{}
		h.must(h.SaveFlowRun(ctx, h.anna, n))
		d.Clock.Move(selfservice.Kept - time.Second)
		h.must(h.PurgeFlowRuns(ctx, 10))
		if _, err := h.FlowRun(ctx, h.anna, n.ID); err != nil {
			t.Errorf("forgotten too early: %v", err)
		}
		d.Clock.Move(2 * time.Second)
		d.StandStill(t, h.anna.ID)
		h.must(h.PurgeFlowRuns(ctx, 10))
		if _, err := h.FlowRun(ctx, h.anna, n.ID); err != nil {
			t.Errorf("forgotten though their data stand still: %v", err)
		}
		d.Lift(t)
		h.must(h.PurgeFlowRuns(ctx, 10))
		if _, err := h.FlowRun(ctx, h.anna, n.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("kept for ever: %v", err)
		}
	})
}

// Once the keys of a customer's runs are destroyed, nothing of them can be read, not
// even in a copy of the database from before.
func TestErasedRunsAreGone(t *testing.T) {
	d := storagetest.New(t, engine.SQLite)
	h, ctx := open(t, d), context.Background()
	n := h.full(h.anna.ID)
	h.must(h.AddFlowRun(ctx, h.anna, n))
	var ref int64
	d.Scan(t, "SELECT body_ref FROM flow_run", &ref)
	h.must(h.EraseFlowRuns(ctx, part(), h.anna.ID, 1<<60))
	jobs, err := h.ClaimJobs(ctx, 10, 1_000_000)
	h.must(err)
	if len(jobs) != 1 {
		t.Fatalf("%d jobs destroy keys", len(jobs))
	}
	h.must(h.Ring.Destroy(keyring.Ref(ref)))
	if _, err := h.Ring.Open(nil, []byte("x"), keyring.Ref(ref), nil); !keyring.IsDestroyed(err) {
		t.Errorf("the key is there: %v", err)
	}
	if _, err := h.FlowRun(ctx, h.anna, n.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("the run is there: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(d.Dir, "*"))
	h.must(err)
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil && strings.Contains(string(text), "planted words") {
			t.Errorf("%s holds what was entered", name)
		}
	}
}

// A run goes on by the text that it began with, whatever the flow says today.
func TestTheTextOfAFlowIsKept(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		text, err := content.Flows.ReadFile("flows/FL7.yaml")
		h.must(err)
		def, err := selfservice.Parse(text, selfservice.Reads{})
		h.must(err)
		h.must(h.KeepFlow(ctx, part(), def))
		h.must(h.KeepFlow(ctx, part(), def))
		kept, err := h.FlowText(ctx, def.Digest())
		h.must(err)
		again, err := selfservice.Parse(kept, selfservice.Reads{})
		h.must(err)
		if again.Digest() != def.Digest() {
			t.Error("kept as something else")
		}
		if _, err := h.FlowText(ctx, "another"); !fault.Is(err, fault.NotFound) {
			t.Errorf("what was never kept: %v", err)
		}
	})
}
