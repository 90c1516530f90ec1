package claiming_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/examples/wallet/memory"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/outbound"
	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/claiming"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/storagetest"
)

// purse is the example's wallet with claims of the test's.
type purse struct {
	*memory.Wallet
	now     points.Standing
	locale  string
	down    bool
	without bool // it tells of no points
}

func (p *purse) Points(context.Context, wallet.Actor, string) (points.Standing, error) {
	if p.down {
		return points.Standing{}, fault.New(fault.Unavailable, "test", "away")
	}
	return p.now, nil
}

func (p *purse) Capabilities(ctx context.Context) (wallet.Capabilities, error) {
	c, err := p.Wallet.Capabilities(ctx)
	if p.without {
		c.Readings = slices.DeleteFunc(slices.Clone(c.Readings), func(r wallet.Reading) bool { return r == wallet.ReadPoints })
	}
	return c, err
}

func (p *purse) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	c, err := p.Wallet.Customer(ctx, by, id)
	c.Locale, c.TimeZone = p.locale, "Asia/Shanghai"
	return c, err
}

type house struct {
	testing.TB
	*storagetest.Process
	purse *purse
	flow  *claiming.Service
	deps  claiming.Deps
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
	words, err := rewarding.Load(content.Points)
	if err != nil {
		t.Fatal(err)
	}
	wide := ratelimit.Limit{Burst: 100_000, Per: time.Second}
	in := intake.New(h.Store, detector, intake.Limits{Visitor: wide, Customer: wide, Staff: wide, VisitorStarts: wide, CustomerStarts: wide, Senders: 100}, d.Clock.Now, nil)
	in.UseWording(filter)
	h.deps = claiming.Deps{Wallet: h.purse, Store: h.Store, Intake: in, Words: words, House: func() string { return "Luma" }, Clock: d.Clock.Now}
	h.flow = claiming.New(h.deps, "wallet")
	h.anna = h.SignIn(memory.Anna)
	return h
}

// hear has the service hear of a change, as often as a wallet may tell of it.
func (h *house) hear(times int) {
	h.Helper()
	for range times {
		n := wallet.Notice{ID: "ev-1", Type: wallet.PointsChanged, CustomerID: memory.Anna, Object: "pc-1", Sequence: 1, Position: 1, At: wallet.At(h.now())}
		if err := h.flow.Took(context.Background(), n); err != nil {
			h.Fatal(err)
		}
		h.flow = claiming.New(h.deps, "wallet") // also after a restart
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

// claimed are claims of a purchase of Anna's in one state, decided some time ago.
func (h *house) claimed(state string, why points.Code, ago time.Duration) points.Standing {
	c := points.Claim{ID: "pc-1", Transaction: memory.Anna + ":bistro", State: state, Points: 38, At: wallet.At(h.now().Add(-ago - time.Hour)), DecideBy: wallet.At(h.now().Add(time.Hour)), Why: why}
	if state != "open" {
		c.DecidedAt = wallet.At(h.now().Add(-ago))
	}
	return points.Standing{CustomerID: memory.Anna, Member: true, Unit: "PTS", Claims: []points.Claim{c}}
}

func TestADecisionIsToldOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.purse.now = h.claimed("open", "", 0)
		h.hear(2)
		if words, _ := h.said(); len(words) != 0 {
			t.Fatalf("told before it was decided: %q", words)
		}
		h.purse.now = h.claimed("granted", "", time.Minute)
		ready := wallet.At(h.now().Add(240 * time.Hour))
		h.purse.now.Lots = []points.Lot{{ID: "pl-1", State: points.Pending, Transaction: memory.Anna + ":bistro", Earned: 38, Left: 38, At: wallet.At(h.now()), ReadyAt: ready}}
		h.hear(3)
		words, conversations := h.said()
		day := ready.Std().In(time.FixedZone("", 8*3600)).Format("2 January 2006")
		if len(words) != 1 || conversations != 1 || !strings.Contains(words[0], "38 points came. You can spend them from "+day) || !strings.Contains(words[0], " for your purchase at ") {
			t.Fatalf("%q in %d conversations", words, conversations)
		}
		second := h.claimed("refused", points.NoProof, time.Minute).Claims[0]
		second.ID, second.Transaction = "pc-2", "gone"
		h.purse.now.Claims = append(h.purse.now.Claims, second)
		h.hear(2)
		words, conversations = h.said()
		said := strings.Join(words, "\n")
		if len(words) != 2 || conversations != 2 || !strings.Contains(said, "did not grant it. Why: What was given does not show it. ") || !strings.Contains(said, "claim of 38 missing points and did not") {
			t.Errorf("%q in %d conversations", words, conversations)
		}
	})
}

// What is told is how the points stand now, in the customer's language, and nothing of long ago.
func TestWhatIsTold(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.purse.locale = "zh-CN"
		h.purse.now = h.claimed("granted", "", 20*24*time.Hour)
		h.hear(1)
		if words, _ := h.said(); len(words) != 0 {
			t.Fatalf("told what is long over: %q", words)
		}
		h.purse.without, h.purse.now = true, h.claimed("granted", "", time.Minute)
		h.hear(1)
		if words, _ := h.said(); len(words) != 0 {
			t.Fatalf("told by a wallet that tells of no points: %q", words)
		}
		h.purse.without = false
		h.hear(2) // the points went to what was owed: nothing is left of them
		if words, _ := h.said(); len(words) != 1 || !strings.Contains(words[0], "已通过，补记 38 积分。积分去向可在") {
			t.Errorf("%q", words)
		}
		h.purse.down = true
		n := wallet.Notice{Type: wallet.PointsChanged, CustomerID: memory.Anna}
		if err := h.flow.Took(t.Context(), n); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a wallet that does not answer: %v", err)
		}
		n.CustomerID = "nobody"
		if err := h.flow.Took(t.Context(), n); err != nil {
			t.Errorf("nobody who ever came: %v", err)
		}
		n.Type, n.CustomerID = wallet.ClosureChanged, memory.Anna
		if err := h.flow.Took(t.Context(), n); err != nil {
			t.Errorf("of something else: %v", err)
		}
	})
}
