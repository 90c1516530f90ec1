package parting_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/outbound"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/parting"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/storagetest"
)

// purse is the example's wallet with a closure of the test's.
type purse struct {
	*memory.Wallet
	now    closing.Standing
	locale string
	down   bool
}

func (p *purse) Closure(context.Context, wallet.Actor, string) (closing.Standing, error) {
	if p.down {
		return closing.Standing{}, fault.New(fault.Unavailable, "test", "away")
	}
	return p.now, nil
}

func (p *purse) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	c, err := p.Wallet.Customer(ctx, by, id)
	c.Locale, c.TimeZone = p.locale, "Europe/Berlin"
	return c, err
}

type house struct {
	testing.TB
	*storagetest.Process
	purse *purse
	flow  *parting.Service
	deps  parting.Deps
	anna  identity.Principal
	now   func() time.Time
}

func open(t testing.TB, d *storagetest.Deployment) *house {
	t.Helper()
	h := &house{TB: t, Process: d.Open(t), now: d.Clock.Now}
	h.purse = &purse{Wallet: memory.New(memory.Options{Clock: d.Clock.Now}), locale: "en"}
	detector, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	filter, err := outbound.New()
	if err != nil {
		t.Fatal(err)
	}
	wide := ratelimit.Limit{Burst: 100_000, Per: time.Second}
	in := intake.New(h.Store, detector, intake.Limits{Visitor: wide, Customer: wide, Staff: wide, VisitorStarts: wide, CustomerStarts: wide, Senders: 100}, d.Clock.Now, nil)
	in.UseWording(filter)
	h.deps = parting.Deps{Wallet: h.purse, Store: h.Store, Intake: in, House: func() string { return "Luma" }, Clock: d.Clock.Now, Log: slog.New(slog.DiscardHandler)}
	h.flow = parting.New(h.deps, "wallet")
	h.anna = h.SignIn(memory.Anna)
	return h
}

// hear has the service hear of a change, as often as a wallet may tell of it.
func (h *house) hear(times int) {
	h.Helper()
	for range times {
		n := wallet.Notice{ID: "ev-1", Type: wallet.ClosureChanged, CustomerID: memory.Anna, Object: memory.Anna, Sequence: 1, Position: 1, At: wallet.At(h.now())}
		if err := h.flow.Took(context.Background(), n); err != nil {
			h.Fatal(err)
		}
		h.flow = parting.New(h.deps, "wallet") // also after a restart
	}
}

func (h *house) said() (words []string, conversations int) {
	h.Helper()
	lines, err := h.ConversationsOf(context.Background(), h.anna, 20)
	if err != nil {
		h.Fatal(err)
	}
	for _, line := range lines {
		entries, _, err := h.Entries(context.Background(), identity.SystemPart("test"), line.State.ID, conversation.EntryRange{Limit: 100})
		if err != nil {
			h.Fatal(err)
		}
		for _, e := range entries {
			if e.Kind == conversation.KindMessage {
				words = append(words, e.Content.Text)
			}
		}
	}
	return words, len(lines)
}

func TestAnEndIsToldOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.purse.now = closing.Standing{CustomerID: memory.Anna, State: closing.Cooling, RequestedAt: wallet.At(h.now()), ClosesAt: wallet.At(h.now().Add(240 * time.Hour))}
		h.hear(2)
		if words, _ := h.said(); len(words) != 0 {
			t.Fatalf("told before the end: %q", words)
		}
		ended := wallet.At(h.now())
		h.purse.now = closing.Standing{CustomerID: memory.Anna, State: closing.Closed, ClosedAt: ended}
		h.hear(3)
		words, _ := h.said()
		if len(words) != 1 || !strings.Contains(words[0], "was closed on") || !strings.Contains(words[0], ended.Std().In(berlin(t)).Format("15:04")) {
			t.Fatalf("%q", words)
		}
		late, err := wallet.Parse("12.50", "EUR", 2)
		if err != nil {
			t.Fatal(err)
		}
		h.purse.now.Late = []closing.Late{{ID: "late-1", Amount: late, At: wallet.At(h.now())}, {ID: "late-0", Amount: late, At: wallet.At(h.now()), PaidAt: wallet.At(h.now())}}
		h.hear(2)
		words, conversations := h.said()
		if len(words) != 2 || !strings.Contains(words[1], "12.50 EUR") || conversations != 1 {
			t.Errorf("%q in %d conversations", words, conversations)
		}
	})
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// What is told is what the wallet says, in the customer's language, and nothing of long ago.
func TestWhatIsTold(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.purse.locale = "zh-CN"
		h.purse.now = closing.Standing{CustomerID: memory.Anna, State: closing.Closed, ClosedAt: wallet.At(h.now().Add(-60 * 24 * time.Hour))}
		h.hear(1)
		h.purse.now = closing.Standing{CustomerID: memory.Anna, State: closing.Open, EndedBy: "customer", EndedAt: wallet.At(h.now())}
		h.hear(1)
		if words, _ := h.said(); len(words) != 0 {
			t.Fatalf("told what they know, or what is long over: %q", words)
		}
		h.purse.now.EndedBy = "wallet"
		h.hear(2)
		if words, _ := h.said(); len(words) != 1 || !strings.Contains(words[0], "没有注销") {
			t.Errorf("%q", words)
		}
		h.purse.down = true
		n := wallet.Notice{Type: wallet.ClosureChanged, CustomerID: memory.Anna}
		if err := h.flow.Took(t.Context(), n); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a wallet that does not answer: %v", err)
		}
		n.CustomerID = "nobody"
		if err := h.flow.Took(t.Context(), n); err != nil {
			t.Errorf("nobody who ever came: %v", err)
		}
	})
}
