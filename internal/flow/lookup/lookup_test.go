package lookup_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/lookup"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// counting is the demo's ledger that counts who asks it for what, and may be down.
type counting struct {
	*demowallet.Wallet
	asked atomic.Int64
	down  atomic.Bool
	last  atomic.Value // wallet.Actor
}

func (c *counting) note(by wallet.Actor) error {
	c.asked.Add(1)
	c.last.Store(by)
	if c.down.Load() {
		return fault.New(fault.Unavailable, "test", "down")
	}
	return nil
}

func (c *counting) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	if err := c.note(by); err != nil {
		return wallet.Customer{}, err
	}
	return c.Wallet.Customer(ctx, by, id)
}

func (c *counting) Transaction(ctx context.Context, by wallet.Actor, who, id string) (wallet.Transaction, error) {
	if err := c.note(by); err != nil {
		return wallet.Transaction{}, err
	}
	return c.Wallet.Transaction(ctx, by, who, id)
}

func (c *counting) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	if err := c.note(by); err != nil {
		return wallet.Page{}, err
	}
	return c.Wallet.Transactions(ctx, by, q)
}

type house struct {
	*testing.T
	*storagetest.Process
	clock  *storagetest.Clock
	wallet *counting
	flow   *lookup.Service
	anna   identity.Principal
	other  identity.Principal
	agent  identity.Principal
	conv   string
	causes *failure.Table
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func threeAnHour() ratelimit.Limit { return ratelimit.Limit{Burst: 3, Per: time.Hour} }

func clean(_ context.Context, text string) (string, error) {
	return strings.ReplaceAll(text, "4242424242424242", "‹pan›"), nil
}

func open(t *testing.T) *house {
	d := storagetest.New(t, engine.SQLite)
	h := &house{T: t, Process: d.Open(t), clock: d.Clock}
	ctx := context.Background()
	codes, err := fs.Sub(content.Failures, "failures")
	h.must(err)
	ledger, err := demowallet.Open(ctx, demowallet.Options{Books: demowallet.Over(d.Books(t)), Clock: d.Clock.Now, Failures: codes, Issuer: "wallet", Audience: "kefu"})
	h.must(err)
	h.must(ledger.Seed(ctx, []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt", Language: "en"}, {ID: "cust-li", Name: "李静", Language: "zh"}}))
	h.wallet = &counting{Wallet: ledger}
	h.causes, err = failure.Load(codes)
	h.must(err)
	h.flow = lookup.New(lookup.Deps{Wallet: h.wallet, Links: h.Store, Causes: h.causes, Clock: d.Clock.Now, Clean: clean}, lookup.Options{Issuer: "wallet", Reveals: threeAnHour()})
	h.anna, h.other = h.SignIn("cust-anna"), h.SignIn("cust-li")
	h.agent = identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
	h.conv = h.Begin(h.anna, "en")
	_, err = h.Execute(ctx, h.agent, h.conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: h.agent.ID, Name: "Mei"}}})
	h.must(err)
	return h
}

func TestStaffSeeTheWalletMasked(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	sum, err := h.flow.Customer(ctx, h.agent, h.anna.ID)
	h.must(err)
	page, err := h.flow.Transactions(ctx, h.agent, h.anna.ID, wallet.Query{Limit: 100})
	h.must(err)
	one, err := h.flow.Transaction(ctx, h.agent, h.anna.ID, page.Items[0].ID)
	h.must(err)
	text, err := json.Marshal([]any{sum, page, one})
	h.must(err)
	for _, hidden := range []string{"Schmidt", "anna.schmidt", "5550142", "Krüger", "DE02120300000000202051", "Miete", "Jonas Weber", "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("staff see %q", hidden)
		}
	}
	if sum.Case != h.conv || sum.Customer.Name != "Anna S." || len(sum.Accounts) != len(sum.Balances) || len(page.Items) < 50 {
		t.Errorf("%+v", sum)
	}
	if by := h.wallet.last.Load().(wallet.Actor); by.Kind != "staff" || by.ID != h.agent.ID || by.Case != h.conv || by.Purpose != wallet.PurposeView {
		t.Errorf("the wallet is told %+v", by)
	}
	if _, err := h.flow.Transactions(ctx, h.agent, h.anna.ID, wallet.Query{Limit: 100, CustomerID: "cust-li"}); err != nil {
		t.Error(err)
	} else if by := h.wallet.last.Load().(wallet.Actor); by.Case != h.conv {
		t.Errorf("%+v", by)
	}
}

func TestNobodyLooksAtStrangers(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	before := h.wallet.asked.Load()
	for name, c := range map[string]struct {
		p    identity.Principal
		who  string
		code fault.Code
	}{
		"a customer without a conversation": {h.agent, h.other.ID, fault.NotFound},
		"an admin":                          {identity.Principal{Kind: identity.Staff, ID: "a", Role: identity.Admin}, h.anna.ID, fault.Forbidden},
		"an auditor":                        {identity.Principal{Kind: identity.Staff, ID: "a", Role: identity.Auditor}, h.anna.ID, fault.Forbidden},
		"an outside agent":                  {identity.Principal{Kind: identity.Staff, ID: "a", Role: identity.OutsideAgent}, h.anna.ID, fault.Forbidden},
		"the customer over the desk's door": {h.anna, h.anna.ID, fault.Forbidden},
		"nobody":                            {identity.Principal{}, h.anna.ID, fault.Forbidden},
	} {
		_, first := h.flow.Customer(ctx, c.p, c.who)
		_, second := h.flow.Transactions(ctx, c.p, c.who, wallet.Query{Limit: 5})
		_, third := h.flow.Transaction(ctx, c.p, c.who, "tx-anna-10001")
		_, story := h.flow.Story(ctx, c.p, c.who, "tx-anna-10001")
		_, fourth := h.flow.Reveal(ctx, c.p, lookup.Ask{CustomerID: c.who, Conversation: h.conv, Field: field.Email, Reason: reveal.Reason{Code: "other", Text: "just to know it"}})
		for i, err := range []error{first, second, third, fourth, story} {
			if !fault.Is(err, c.code) {
				t.Errorf("%s, %d: %v", name, i, err)
			}
		}
	}
	if after := h.wallet.asked.Load(); after != before {
		t.Errorf("the wallet was asked %d times", after-before)
	}
	// A transaction of another customer's is not found among this one's.
	list, err := h.wallet.Wallet.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: "cust-li", Limit: 1})
	h.must(err)
	if _, err := h.flow.Transaction(ctx, h.agent, h.anna.ID, list.Items[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another customer's transaction: %v", err)
	}
}

func (h *house) reveals() []string {
	h.Helper()
	var found []string
	for e, err := range h.AuditEntries(context.Background(), identity.SystemPart("verify")) {
		h.must(err)
		if e.Record.Action == "wallet.reveal" {
			found = append(found, e.Record.Purpose)
		}
	}
	return found
}

func TestAFieldIsRevealedForAReason(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	ask := lookup.Ask{CustomerID: h.anna.ID, Conversation: h.conv, Field: field.PhoneNumber, Reason: reveal.Reason{Code: "contact_customer", Text: " card 4242424242424242 was read to me "}}
	for name, c := range map[string]struct {
		spoil func(*lookup.Ask)
		code  fault.Code
	}{
		"no reason":             {func(a *lookup.Ask) { a.Reason = reveal.Reason{} }, fault.Invalid},
		"a reason of one word":  {func(a *lookup.Ask) { a.Reason.Text = "because" }, fault.Invalid},
		"spaces":                {func(a *lookup.Ask) { a.Reason.Text = "              " }, fault.Invalid},
		"a long reason":         {func(a *lookup.Ask) { a.Reason.Text = strings.Repeat("x", 201) }, fault.Invalid},
		"a reason of their own": {func(a *lookup.Ask) { a.Reason.Code = "curious" }, fault.Invalid},
		"a secret":              {func(a *lookup.Ask) { a.Field = field.Instrument }, fault.Forbidden},
		"an unknown field":      {func(a *lookup.Ask) { a.Field = "customer.password" }, fault.Forbidden},
		"no conversation":       {func(a *lookup.Ask) { a.Conversation = "" }, fault.Invalid},
		"another conversation":  {func(a *lookup.Ask) { a.Conversation = h.Begin(h.other, "en") }, fault.NotFound},
	} {
		spoilt := ask
		c.spoil(&spoilt)
		if got, err := h.flow.Reveal(ctx, h.agent, spoilt); !fault.Is(err, c.code) || got.Value != "" {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	colleague := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
	if _, err := h.flow.Reveal(ctx, colleague, ask); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a colleague: %v", err)
	}
	if n := len(h.reveals()); n != 0 {
		t.Errorf("%d reveals are recorded before one happened", n)
	}
	got, err := h.flow.Reveal(ctx, h.agent, ask)
	if err != nil || got.Value != "+49 170 5550142" || got.ExpiresAt.Sub(h.clock.Now()) != 5*time.Minute {
		t.Fatalf("%+v %v", got, err)
	}
	if by := h.wallet.last.Load().(wallet.Actor); by.Purpose != wallet.PurposeReveal {
		t.Errorf("the wallet is told %+v", by)
	}
	if r := h.reveals(); len(r) != 1 || !strings.Contains(r[0], "C3 customer.phone; case "+h.conv+"; contact_customer: card ‹pan› was") || strings.Contains(r[0], "5550142") {
		t.Errorf("the chain holds %q", r)
	}
	h.wallet.down.Store(true)
	if got, err := h.flow.Reveal(ctx, h.agent, ask); !fault.Is(err, fault.Unavailable) || got.Value != "" {
		t.Errorf("from a wallet that is down: %+v %v", got, err)
	}
	h.wallet.down.Store(false)
	_, err = h.flow.Reveal(ctx, h.agent, ask)
	h.must(err)
	if _, err := h.flow.Reveal(ctx, h.agent, ask); !fault.Is(err, fault.TooMany) {
		t.Errorf("a fourth within the hour: %v", err)
	}
	// Neither a restart nor another process begins the count anew.
	again := lookup.New(lookup.Deps{Wallet: h.wallet, Links: h.Store, Clock: h.clock.Now, Clean: clean}, lookup.Options{Issuer: "wallet", Reveals: threeAnHour()})
	if _, err := again.Reveal(ctx, h.agent, ask); !fault.Is(err, fault.TooMany) {
		t.Errorf("a fourth within the hour, after a restart: %v", err)
	}
	h.clock.Move(time.Hour)
	_, err = h.flow.Reveal(ctx, h.agent, ask)
	h.must(err)
	if n := len(h.reveals()); n != 3 {
		t.Errorf("%d reveals are recorded, want the three that were shown", n)
	}
}

// The wallet answers the desk too: no customer takes all of its answers.
func TestACustomerAsksTheWalletSoOften(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	var err error
	n := 0
	for ; err == nil && n < 100; n++ {
		_, err = h.flow.Own(ctx, h.anna, wallet.Query{Limit: 1})
	}
	var limited *intake.LimitedError
	if !errors.As(err, &limited) || n != 31 || limited.RetryAfter <= 0 {
		t.Fatalf("after %d questions: %v", n, err)
	}
	if _, err := h.flow.Reference(ctx, h.anna, "tx-unknown"); !errors.As(err, &limited) {
		t.Errorf("by a reference: %v", err)
	}
	_, err = h.flow.Own(ctx, h.other, wallet.Query{Limit: 1})
	h.must(err)
	h.clock.Move(limited.RetryAfter)
	_, err = h.flow.Own(ctx, h.anna, wallet.Query{Limit: 1})
	h.must(err)
}

func TestCustomersSeeTheirOwn(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	page, err := h.flow.Own(ctx, h.anna, wallet.Query{Limit: 20, CustomerID: "cust-li"})
	if err != nil || len(page.Items) != 20 {
		t.Fatalf("%+v %v", page, err)
	}
	for _, tx := range page.Items {
		if tx.CustomerID != "cust-anna" || tx.RailRef != "" || tx.ClientRef != "" {
			t.Errorf("%+v", tx)
		}
	}
	asked := h.wallet.asked.Load()
	r, err := h.flow.Reference(ctx, h.anna, page.Items[3].ID)
	if err != nil || r.ID != page.Items[3].ID || r.Validate() != nil || h.wallet.asked.Load() != asked {
		t.Errorf("%+v %v after %d questions", r, err, h.wallet.asked.Load()-asked)
	}
	if _, err := h.flow.Reference(ctx, h.other, page.Items[3].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("to another customer's: %v", err)
	}
	one, err := h.flow.OwnOne(ctx, h.anna, page.Items[7].ID)
	if err != nil || one.ID != page.Items[7].ID || one.RailRef != "" || one.ClientRef != "" {
		t.Errorf("one of her own: %+v %v", one, err)
	}
	for _, other := range []string{"no id at all \x00", "tx-of-nobody"} {
		if _, err := h.flow.OwnOne(ctx, h.anna, other); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", other, err)
		}
	}
	if _, err := h.flow.OwnOne(ctx, h.other, page.Items[7].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another customer's: %v", err)
	}
	h.clock.Move(time.Hour)
	again, err := h.flow.Reference(ctx, h.anna, page.Items[3].ID)
	if err != nil || again.ID != r.ID || h.wallet.asked.Load() == asked {
		t.Errorf("an hour later: %+v %v", again, err)
	}
	for name, p := range map[string]identity.Principal{
		"a visitor": {Kind: identity.Visitor, ID: h.anna.ID, Level: identity.AL1}, "at AL0": {Kind: identity.Customer, ID: h.anna.ID},
		"staff": h.agent, "nobody": {},
	} {
		if _, err := h.flow.Own(ctx, p, wallet.Query{Limit: 20}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := h.flow.OwnOne(ctx, p, page.Items[3].ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("one, %s: %v", name, err)
		}
		if _, err := h.flow.Reference(ctx, p, page.Items[3].ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a reference, %s: %v", name, err)
		}
	}
	without := lookup.New(lookup.Deps{Links: h.Store, Clock: h.clock.Now}, lookup.Options{Issuer: "wallet"})
	if _, err := without.Own(ctx, h.anna, wallet.Query{Limit: 20}); !fault.Is(err, fault.NotFound) {
		t.Errorf("where there is no wallet: %v", err)
	}
}

func TestWhatWasOfferedIsBounded(t *testing.T) {
	h := open(t)
	ctx := context.Background()
	page, err := h.flow.Own(ctx, h.anna, wallet.Query{Limit: 1})
	h.must(err)
	h.wallet.down.Store(true)
	if _, err := h.flow.Own(ctx, h.anna, wallet.Query{Limit: 1}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("from a wallet that is down: %v", err)
	}
	if _, err := h.flow.Reference(ctx, h.anna, page.Items[0].ID); err != nil {
		t.Errorf("what was shown cannot be chosen while the wallet is down: %v", err)
	}
	if _, err := h.flow.Reference(ctx, h.anna, "tx-anna-99999"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("what was not shown: %v", err)
	}
}
