package alerting_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/examples/wallet/memory"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/outbound"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/domain/webhook"
	"kefu/internal/flow/alerting"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/storagetest"
)

// purse is the example's wallet with alerts of the test's.
type purse struct {
	*memory.Wallet
	alerts  []wallet.Alert
	locale  string
	change  func(*wallet.Factor, *wallet.Device)
	state   wallet.State
	payee   *wallet.Merchant
	friend  *wallet.Counterparty
	zone    string
	lacks   wallet.Reading
	failing bool
	left    bool                // the customer has left the wallet
	tries   []recovery.Standing // in the place of the example's
}

func (p *purse) Capabilities(ctx context.Context) (wallet.Capabilities, error) {
	if p.failing {
		return wallet.Capabilities{}, fault.New(fault.Unavailable, "test", "away")
	}
	can, err := p.Wallet.Capabilities(ctx)
	var left []wallet.Reading
	for _, r := range can.Readings {
		if r != p.lacks {
			left = append(left, r)
		}
	}
	can.Readings = left
	return can, err
}

func (p *purse) Alerts(context.Context, wallet.Actor, string) ([]wallet.Alert, error) {
	if p.left {
		return nil, fault.New(fault.NotFound, "test", "there is no such customer")
	}
	return p.alerts, nil
}

func (p *purse) Recoveries(ctx context.Context, by wallet.Actor, customer string) ([]recovery.Standing, error) {
	if p.left {
		return nil, fault.New(fault.NotFound, "test", "there is no such customer")
	}
	if p.tries != nil {
		return p.tries, nil
	}
	return p.Wallet.Recoveries(ctx, by, customer)
}

func (p *purse) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	c, err := p.Wallet.Customer(ctx, by, id)
	c.Locale, c.TimeZone = p.locale, p.zone
	return c, err
}

func (p *purse) Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error) {
	t, err := p.Wallet.Transaction(ctx, by, customer, id)
	if p.state != "" {
		t.State = p.state
	}
	if p.payee != nil {
		t.Merchant = p.payee
	}
	if p.friend != nil {
		t.Kind, t.Merchant, t.Counterparty = wallet.KindTransfer, nil, p.friend
	}
	return t, err
}

func (p *purse) Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error) {
	list, err := p.Wallet.Factors(ctx, by, customer)
	for i := range list {
		p.change(&list[i], &wallet.Device{})
	}
	return list, err
}

func (p *purse) Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error) {
	list, err := p.Wallet.Devices(ctx, by, customer)
	for i := range list {
		p.change(&wallet.Factor{}, &list[i])
	}
	return list, err
}

type house struct {
	testing.TB
	*storagetest.Process
	now     func() time.Time
	purse   *purse
	runs    *selfservice.Service
	flow    *alerting.Service
	deps    alerting.Deps
	anna    identity.Principal
	limited int
	alarms  int // entries of which a closed window is told, as last counted
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func open(t testing.TB, d *storagetest.Deployment) *house {
	t.Helper()
	h := &house{TB: t, Process: d.Open(t), now: d.Clock.Now}
	h.purse = &purse{Wallet: memory.New(memory.Options{Clock: d.Clock.Now}), locale: "en", change: func(*wallet.Factor, *wallet.Device) {}}
	detector, err := guard.New()
	h.must(err)
	wide := ratelimit.Limit{Burst: 100_000, Per: time.Second}
	in := intake.New(h.Store, detector, intake.Limits{Visitor: wide, Customer: wide, Staff: wide, VisitorStarts: wide, CustomerStarts: wide, Senders: 100}, d.Clock.Now, nil)
	filter, err := outbound.New()
	h.must(err)
	in.UseWording(filter)
	sub := func(of fs.FS, name string) fs.FS {
		found, err := fs.Sub(of, name)
		h.must(err)
		return found
	}
	asked, err := subjects.All(subjects.Deps{})
	h.must(err)
	flows, table, err := selfservice.LoadFlows(sub(content.Flows, "flows"), sub(content.Failures, "failures"), asked.Declared())
	h.must(err)
	h.runs = selfservice.New(selfservice.Deps{
		Store: h.Store, Intake: in, Wallet: h.purse, Failures: table, Flows: flows, Reads: asked, Clock: d.Clock.Now, Log: slog.New(slog.DiscardHandler),
	}, selfservice.Options{Issuer: "wallet"})
	h.must(h.runs.KeepFlows(t.Context()))
	h.deps = alerting.Deps{
		Wallet: h.purse, Store: h.Store, Intake: in, Runs: h.runs, House: func() string { return "Luma" }, Clock: d.Clock.Now, Log: slog.New(slog.DiscardHandler),
		Limited: func(string) { h.limited++ },
	}
	h.flow = alerting.New(h.deps, "wallet")
	h.runs.UseAsker(h.flow)
	h.anna = h.SignIn(memory.Anna)
	return h
}

// raise has the wallet raise an alert, and gives the notice of it.
func (h *house) raise(kind wallet.AlertKind, about string, change ...func(*wallet.Alert)) wallet.Notice {
	h.Helper()
	n := len(h.purse.alerts) + 1
	a := wallet.Alert{ID: fmt.Sprintf("al-%d", n), Kind: kind, About: about, Severity: "high", State: "open", Disclosable: true, RaisedAt: wallet.At(h.now())}
	for _, c := range change {
		c(&a)
	}
	h.purse.alerts = append(h.purse.alerts, a)
	return wallet.Notice{ID: "ev-" + a.ID, Type: wallet.RiskAlert, CustomerID: memory.Anna, Object: a.ID, Sequence: 1, Position: int64(n), At: wallet.At(h.now())}
}

// said is what there is in Anna's conversations: words to her, notes, and runs that ask.
func (h *house) said() (words, notes []string, asked []string, states []conversation.State) {
	h.Helper()
	ctx := context.Background()
	h.alarms = 0
	lines, err := h.ConversationsOf(ctx, h.anna, 20)
	h.must(err)
	for _, line := range lines {
		state, err := h.Conversation(ctx, identity.SystemPart("test"), line.State.ID)
		h.must(err)
		states = append(states, state)
		entries, _, err := h.Entries(ctx, identity.SystemPart("test"), state.ID, conversation.EntryRange{Limit: 100})
		h.must(err)
		for _, e := range entries {
			if e.ForCustomer().Content.Quiet {
				h.Error("the customer's side is told what no notification is shown for")
			}
			for _, told := range webhook.Of(e, state) {
				if told.Type == webhook.CustomerUnreached {
					h.alarms++
				}
			}
			switch e.Kind {
			case conversation.KindMessage:
				if e.Author.Kind != conversation.ByProgram || e.Author.Name != "Luma" {
					h.Errorf("said by %+v", e.Author)
				}
				words = append(words, e.Content.Text)
			case conversation.KindNote:
				notes = append(notes, e.Content.Text)
			}
		}
	}
	runs, err := h.runs.List(ctx, h.anna)
	h.must(err)
	for _, r := range runs {
		asked = append(asked, r.Run.Flow+" "+r.Run.Slots["payment"].Ref())
	}
	return words, notes, asked, states
}

const bistro = memory.Anna + ":bistro"

func TestAnAlertIsToldOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), t.Context()
		n := h.raise(wallet.AlertPayment, bistro)
		for range 3 { // notices come again, also after a restart
			h.must(h.flow.Took(ctx, n))
			h.flow = alerting.New(h.deps, "wallet")
		}
		words, notes, asked, states := h.said()
		if len(words) != 1 || !strings.Contains(words[0], "45.00 EUR to Bistro Nord") || len(notes) != 1 || len(asked) != 1 || asked[0] != "FL19 "+bistro {
			t.Fatalf("%q %q %q", words, notes, asked)
		}
		if len(states) != 1 || states[0].Priority != conversation.Urgent || states[0].Topic != "Was this you?" {
			t.Errorf("%+v", states)
		}
		h.must(h.flow.Took(ctx, h.raise(wallet.AlertDevice, memory.Anna+":tablet")))
		words, notes, asked, states = h.said()
		if len(words) != 2 || len(notes) != 2 || len(asked) != 2 || len(states) != 1 {
			t.Errorf("two of one day: %d words, %d notes, %q in %d conversations", len(words), len(notes), asked, len(states))
		}
	})
}

// What a customer, or nobody, is told of an alert.
func TestWhoIsToldWhat(t *testing.T) {
	const told, quietly, nothing = "told", "told in the window alone", "nothing"
	for name, c := range map[string]struct {
		kind   wallet.AlertKind
		about  string
		change func(*house, *wallet.Alert)
		want   string
	}{
		"a payment":                   {wallet.AlertPayment, bistro, nil, told},
		"a sign-in":                   {wallet.AlertLogin, memory.Anna + ":s1", nil, told},
		"a new device":                {wallet.AlertDevice, memory.Anna + ":tablet", nil, told},
		"a changed factor":            {wallet.AlertFactor, memory.Anna + ":passkey", nil, told},
		"settled":                     {wallet.AlertDevice, "d", func(_ *house, a *wallet.Alert) { a.State, a.SettledAt = "closed", a.RaisedAt }, nothing},
		"said to be theirs":           {wallet.AlertDevice, "d", func(_ *house, a *wallet.Alert) { a.State, a.SettledAt = "mine", a.RaisedAt }, nothing},
		"kept to the house":           {wallet.AlertDevice, "d", func(_ *house, a *wallet.Alert) { a.Disclosable = false }, nothing},
		"of yesterday":                {wallet.AlertDevice, "d", func(_ *house, a *wallet.Alert) { a.RaisedAt -= wallet.Time((24 * time.Hour).Microseconds()) }, nothing},
		"a payment that is looked at": {wallet.AlertPayment, bistro, func(h *house, _ *wallet.Alert) { h.purse.state = wallet.RiskHold }, nothing},
		"a payment in dispute":        {wallet.AlertPayment, bistro, func(h *house, _ *wallet.Alert) { h.purse.state = wallet.Disputed }, nothing},
		"a payment that failed":       {wallet.AlertPayment, bistro, func(h *house, _ *wallet.Alert) { h.purse.state = wallet.Failed }, nothing},
		"a payment of nobody":         {wallet.AlertPayment, "t-none", nil, nothing},
		"another one":                 {wallet.AlertDevice, "d", func(_ *house, a *wallet.Alert) { a.ID = "al-other" }, nothing},
		"a wallet without alerts":     {wallet.AlertDevice, "d", func(h *house, _ *wallet.Alert) { h.purse.lacks = wallet.ReadAlerts }, nothing},
		"push was set up yesterday": {wallet.AlertDevice, "d", func(h *house, _ *wallet.Alert) {
			h.purse.change = func(f *wallet.Factor, _ *wallet.Device) {
				if f.Type == "app_push" {
					f.ChangedAt = wallet.At(h.now().Add(-24 * time.Hour))
				}
			}
		}, quietly},
		"the telephone is new": {wallet.AlertDevice, "d", func(h *house, _ *wallet.Alert) {
			h.purse.change = func(_ *wallet.Factor, d *wallet.Device) {
				if d.Push {
					d.FirstSeen = wallet.At(h.now().Add(-71 * time.Hour))
				}
			}
		}, quietly},
		"a telephone that nobody trusts": {wallet.AlertDevice, "d", func(h *house, _ *wallet.Alert) {
			h.purse.change = func(_ *wallet.Factor, d *wallet.Device) { d.Push, d.Trust = true, "new" }
		}, quietly},
		"no telephone": {wallet.AlertDevice, "d", func(h *house, _ *wallet.Alert) {
			h.purse.change = func(_ *wallet.Factor, d *wallet.Device) { d.Push = false }
		}, quietly},
		"a wallet that tells no factors": {wallet.AlertDevice, "d", func(h *house, _ *wallet.Alert) { h.purse.lacks = wallet.ReadFactors }, quietly},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, storagetest.New(t, "sqlite"))
			n := h.raise(c.kind, c.about, func(a *wallet.Alert) {
				if c.change != nil {
					c.change(h, a)
				}
			})
			if name == "another one" {
				n.Object = "al-none"
			}
			h.must(h.flow.Took(t.Context(), n))
			words, notes, asked, states := h.said()
			got := nothing
			switch {
			case len(words) == 1 && len(notes) == 1 && len(asked) == 1 && h.alarms == 1:
				got = told
			case len(words) == 1 && len(notes) == 1 && len(asked) == 1 && h.alarms == 0 && strings.Contains(notes[0], "not told by a notification"):
				got = quietly
			case len(words)+len(notes)+len(asked)+len(states) > 0:
				got = "something else"
			}
			if got != c.want {
				t.Errorf("%s: %q %q %q", got, words, notes, asked)
			}
		})
	}
}

// Somebody who tries to come back in as the customer is told of once for each recovery,
// however far it gets, and the flow begins with what stops it; one that is over, or of which
// the wallet tells nothing, is not told of. On both engines.
func TestSomebodyTriesToComeIn(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), t.Context()
		n := wallet.Notice{ID: "ev-1", Type: wallet.RecoveryChanged, CustomerID: memory.Anna, Object: h.recovers("key-1"), Sequence: 1, Position: 1, At: wallet.At(h.now())}
		h.purse.lacks = wallet.ReadRecoveries
		h.must(h.flow.Took(ctx, n))
		if words, _, _, _ := h.said(); len(words) != 0 {
			t.Fatalf("of a wallet that tells nothing of it: %q", words)
		}
		h.purse.lacks = ""
		for range 3 {
			h.must(h.flow.Took(ctx, n))
			h.flow = alerting.New(h.deps, "wallet")
		}
		words, notes, asked, states := h.said()
		if len(words) != 1 || !strings.Contains(words[0], "asked to get back in to your wallet as you") || len(notes) != 1 || len(asked) != 1 || states[0].Priority != conversation.Urgent {
			t.Fatalf("%q %q %q %+v", words, notes, asked, states)
		}
		runs, err := h.runs.List(ctx, h.anna)
		h.must(err)
		if got := runs[0].Run; got.Flow != "FL3" || got.Step != "trying" {
			t.Errorf("asked at %s of %s", got.Step, got.Flow)
		}
		n.Object = h.recovers("key-2")
		d.Clock.Move(time.Hour)
		h.must(h.flow.Took(ctx, n))
		if words, _, asked, _ := h.said(); len(words) != 2 || !strings.Contains(words[1], "came to its end, and nobody got in") || len(asked) != 0 {
			t.Errorf("of one that is over: %q, asked %q", words, asked)
		}
	})
}

// recovers has somebody ask to come back in as Anna, and gives how she is told of it.
func (h *house) recovers(key string) string {
	h.Helper()
	ctx, nobody := context.Background(), wallet.Actor{Kind: "customer", ID: "visitor"}
	c, err := h.purse.Wallet.Customer(ctx, nobody, memory.Anna)
	h.must(err)
	o, err := h.purse.Ways(ctx, nobody, recovery.Asking{Key: key, Handle: c.Handles[0].Value})
	h.must(err)
	_, err = h.purse.Begin(ctx, nobody, o.ID, recovery.Begin{Key: key, Way: o.Ways[0].ID})
	h.must(err)
	all, err := h.purse.Recoveries(ctx, nobody, memory.Anna)
	h.must(err)
	return all[0].ID
}

// A storm of alerts is told up to a bound; of somebody who never came here nothing is.
func TestAStormIsBounded(t *testing.T) {
	h := open(t, storagetest.New(t, "sqlite"))
	light := func(a *wallet.Alert) { a.Severity = "low" }
	for range 20 {
		h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertDevice, "d", light)))
	}
	words, _, asked, states := h.said()
	if len(words) != 5 || len(asked) != 1 || len(states) != 1 || h.limited != 15 {
		t.Errorf("%d told, %q in %d conversations, %d held back", len(words), asked, len(states), h.limited)
	}
	for range 26 { // those of great weight have a bound of their own
		h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertFactor, "f")))
	}
	if words, _, _, _ = h.said(); len(words) != 30 || h.limited != 16 {
		t.Errorf("after a storm of small ones %d told, %d held back", len(words)-5, h.limited-15)
	}
	stranger := h.raise(wallet.AlertDevice, "d")
	stranger.CustomerID = memory.Bo
	h.must(h.flow.Took(t.Context(), stranger))
	other := h.raise(wallet.AlertDevice, "d")
	other.Type = wallet.FactorChanged
	h.must(h.flow.Took(t.Context(), other))
	h.purse.failing = true
	if err := h.flow.Took(t.Context(), h.raise(wallet.AlertDevice, "d")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while the wallet is away: %v", err)
	}
}

// walking is how customers are walked through flows while that fails at times.
type walking struct {
	alerting.Runs
	failures int
}

func (w *walking) List(ctx context.Context, p identity.Principal) ([]selfservice.Seen, error) {
	if w.failures > 0 {
		w.failures--
		return nil, fault.New(fault.Unavailable, "test", "away")
	}
	return w.Runs.List(ctx, p)
}

// An alert takes one place among those of a day, however often its notice comes: while
// something is down, and when somebody else who hears of it fails.
func TestAnOutageUsesUpNothing(t *testing.T) {
	h := open(t, storagetest.New(t, "sqlite"))
	light := func(a *wallet.Alert) { a.Severity = "low" }
	away := &walking{Runs: h.runs, failures: 9}
	h.deps.Runs = away
	h.flow = alerting.New(h.deps, "wallet")
	first := h.raise(wallet.AlertPayment, bistro, light)
	for range 9 {
		if err := h.flow.Took(t.Context(), first); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("while something is down: %v", err)
		}
	}
	for range 9 {
		h.must(h.flow.Took(t.Context(), first))
	}
	for range 4 {
		h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertDevice, "d", light)))
	}
	words, _, asked, _ := h.said()
	if len(words) != 5 || len(asked) != 2 || h.limited != 0 {
		t.Errorf("%d told, %q asked, %d held back", len(words), asked, h.limited)
	}
	h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertDevice, "d", light)))
	if h.limited != 1 {
		t.Errorf("the sixth of a day: %d held back", h.limited)
	}
}

// What is said asks for nothing that is secret, gives no reasons, and is whole in both
// languages.
func TestWhatIsSaid(t *testing.T) {
	filter, err := outbound.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, locale := range []string{"en", "zh-CN"} {
		h := open(t, storagetest.New(t, "sqlite"))
		h.purse.locale = locale
		for kind, about := range map[wallet.AlertKind]string{wallet.AlertPayment: bistro, wallet.AlertLogin: "s", wallet.AlertDevice: "d", wallet.AlertFactor: "f"} {
			h.must(h.flow.Took(t.Context(), h.raise(kind, about)))
		}
		words, notes, _, _ := h.said()
		if len(words) != 4 || len(notes) != 4 {
			t.Fatalf("%q %q", words, notes)
		}
		for _, text := range words {
			if stands := map[string]string{"en": "This message stands in your wallet itself.", "zh-CN": "这条消息就显示在您的钱包里。"}[locale]; !strings.Contains(text, stands) || strings.Contains(text, "whether this is from us") || strings.Contains(text, "核实") {
				t.Errorf("%q does not say where it stands, or sends to a look-up that shows no alerts", text)
			}
			if found, err := filter.Check(text); err != nil || len(found) > 0 {
				t.Errorf("%q asks for %v: %v", text, found, err)
			}
		}
		for _, text := range append(words, notes...) {
			if strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") {
				t.Errorf("%q is not whole", text)
			}
		}
	}
}

// Whoever is paid chooses what they are called: only what is a mere name is said in the
// house's own voice, and a person's is masked.
func TestNobodySpeaksThroughTheirName(t *testing.T) {
	h := open(t, storagetest.New(t, "sqlite"))
	before := 0
	for name, c := range map[string]struct {
		payee, friend string
		says          string
	}{
		"a shop":               {payee: "7-Eleven Köln", says: "45.00 EUR to 7-Eleven Köln."},
		"a person":             {friend: "Jonas Weber", says: "45.00 EUR to Jonas W. Was"},
		"a telephone number":   {payee: "call +86 400 123 4567"},
		"one in other digits":  {payee: "客服电话 ４００１２３４５６７"},
		"a link":               {payee: "luma-help.example"},
		"an address":           {payee: "help@luma"},
		"a secret asked for":   {payee: "send us your password"},
		"the same by a person": {friend: "tell us the code", says: "45.00 EUR to tell C. Was"},
		"a whole sentence":     {payee: "Luma support team please answer this message at once"},
		"lines":                {payee: "Luma\n\nWrite back"},
		"nothing":              {payee: ""},
	} {
		t.Run(name, func(t *testing.T) {
			h.purse.payee, h.purse.friend = &wallet.Merchant{Name: c.payee}, nil
			called := c.payee
			if c.friend != "" {
				h.purse.friend, called = &wallet.Counterparty{Name: c.friend}, c.friend
			}
			h.must(h.flow.Took(t.Context(), h.raise(wallet.AlertPayment, bistro)))
			words, notes, _, _ := h.said()
			if before++; len(words) != before || len(notes) != before {
				t.Fatalf("%q %q", words, notes)
			}
			word, note := words[before-1], notes[before-1]
			want := c.says
			if want == "" {
				want = "unlike you: 45.00 EUR."
			}
			if !strings.Contains(word, want) {
				t.Errorf("said %q, not %q", word, want)
			}
			if c.says == "" && called != "" && strings.Contains(note, called) {
				t.Errorf("staff read %q", note)
			}
		})
	}
}

// The question names what happened and when, takes "it was me" for an answer and is not
// put again; whoever it was not is led to what makes safe first.
func TestItWasMe(t *testing.T) {
	for locale, said := range map[string]struct{ words, question string }{
		"en":    {"On 1 November 2026 at 15:30 (UTC+08:00) we noticed that a new device", "We noticed that a new device was signed in"},
		"zh-CN": {"我们在 2026年11月1日 15:30（UTC+08:00） 注意到有一台新设备", "我们注意到有一台新设备登录"},
	} {
		h, ctx := open(t, storagetest.New(t, "sqlite")), t.Context()
		h.purse.locale, h.purse.zone = locale, "Asia/Shanghai"
		n := h.raise(wallet.AlertDevice, "d", func(a *wallet.Alert) {
			a.RaisedAt = wallet.At(time.Date(2026, 11, 1, 7, 30, 0, 0, time.UTC))
		})
		h.must(h.flow.Took(ctx, n))
		words, _, _, _ := h.said()
		if len(words) != 1 || !strings.Contains(words[0], said.words) {
			t.Errorf("%q, not %q", words, said.words)
		}
		h.must(h.flow.Took(ctx, h.raise(wallet.AlertFactor, "f")))
		runs, err := h.runs.List(ctx, h.anna)
		h.must(err)
		if len(runs) != 2 {
			t.Fatalf("two things happened, and %d are asked about", len(runs))
		}
		for i, answer := range map[string]struct {
			text  string
			state domain.State
		}{"noticed_device": {"mine", domain.Ended}, "noticed_factor": {"not_me", ""}} {
			for _, r := range runs {
				if r.Run.Step != i {
					continue
				}
				if i == "noticed_device" && !strings.Contains(r.Views[len(r.Views)-1].Say.In(locale), said.question) {
					t.Errorf("asked %q", r.Views[len(r.Views)-1].Say.In(locale))
				}
				seen, err := h.runs.Answer(ctx, h.anna, r.Run.ID, "op-1", "", domain.Input{Do: domain.Set, Text: answer.text})
				h.must(err)
				if answer.state != "" && seen.Run.State != answer.state {
					t.Errorf("%s: %s at %s", answer.text, seen.Run.State, seen.Run.Step)
				}
				if answer.state == "" && (seen.Run.Step == "person_now" || seen.Run.Step == "was_me" || seen.Run.Step == i) {
					t.Errorf("%s: %s at %s", answer.text, seen.Run.State, seen.Run.Step)
				}
			}
		}
		h.must(h.flow.Took(ctx, n)) // again, because somebody else failed
		left, err := h.runs.List(ctx, h.anna)
		h.must(err)
		for _, r := range left {
			if r.Run.Step == "noticed_device" {
				t.Error("asked again after the answer")
			}
		}
		own, err := h.runs.Start(ctx, h.anna, selfservice.Begin{Flow: "FL3", Language: locale})
		h.must(err)
		if own.Run.Step != "situation" {
			t.Errorf("whoever comes by themselves stands at %s", own.Run.Step)
		}
	}
}
