package firststeps_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/vouch"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/firststeps"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// purse is a wallet that tells what it is given to tell.
type purse struct {
	kyc      string
	since    time.Time
	handles  []wallet.Handle
	factors  []wallet.Factor
	cards    []wallet.Instrument
	pages    []wallet.Page
	lacks    map[wallet.Reading]bool
	links    map[string]string
	asked    int
	customer string
}

func (p *purse) Of() any                                        { return p }
func (p *purse) Reads(_ context.Context, r wallet.Reading) bool { return !p.lacks[r] }
func (p *purse) In(context.Context) (wallet.Actor, string, error) {
	return wallet.Actor{}, "w-1", nil
}

func (p *purse) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Links: p.links}, nil
}

func (p *purse) Customer(_ context.Context, _ wallet.Actor, id string) (wallet.Customer, error) {
	p.customer = id
	return wallet.Customer{ID: id, CreatedAt: wallet.At(p.since), KYC: wallet.KYC{Status: p.kyc}, Handles: p.handles}, nil
}

func (p *purse) Factors(context.Context, wallet.Actor, string) ([]wallet.Factor, error) {
	return p.factors, nil
}

func (p *purse) Devices(context.Context, wallet.Actor, string) ([]wallet.Device, error) {
	return []wallet.Device{{ID: "d-1", Trust: "trusted"}, {ID: "d-2", Trust: "revoked"}}, nil
}

func (p *purse) Instruments(context.Context, wallet.Actor, string) ([]wallet.Instrument, error) {
	return p.cards, nil
}

func (p *purse) Transactions(_ context.Context, _ wallet.Actor, q wallet.Query) (wallet.Page, error) {
	p.asked++
	at := 0
	_, _ = fmt.Sscan(strings.TrimPrefix(q.Cursor, "c"), &at)
	if at >= len(p.pages) {
		return wallet.Page{}, nil
	}
	page := p.pages[at]
	page.Next = fmt.Sprint("c", at+1)
	if at+1 == len(p.pages) {
		page.Next = ""
	}
	return page, nil
}

func ask(t *testing.T, p *purse, who identity.Principal, d firststeps.Deps) (map[string]string, *selfservice.Value, error) {
	t.Helper()
	r, err := reads.New(firststeps.Reads(d)...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.Call(t.Context(), "first_steps", reads.Asked{Who: who, Customer: "cust-1", Now: wallet.At(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)), Wallet: p})
	if err != nil {
		return nil, nil, err
	}
	said := map[string]string{}
	for name, f := range v.Sheet.Facts {
		said[name] = f.Word
	}
	return said, v, nil
}

func anna() identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: "cust-1", Level: identity.AL1}
}

func phrase(text string) firststeps.Deps {
	return firststeps.Deps{Phrase: func(_ context.Context, p identity.Principal) (vouch.Phrase, error) {
		if p.Kind != identity.Customer {
			return vouch.Phrase{}, fault.New(fault.Forbidden, "test", "not theirs")
		}
		return vouch.Phrase{Text: text}, nil
	}}
}

func top(state wallet.State) wallet.Transaction {
	return wallet.Transaction{Kind: wallet.KindTopUp, Direction: wallet.In, State: state, CreatedAt: wallet.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))}
}

// A step is done by what the wallet has, and by nothing else; links lead only where it names a
// screen and something is to be done.
func TestHowFarSomebodyIs(t *testing.T) {
	phone := wallet.Handle{Kind: wallet.HandlePhone, VerifiedAt: 1}
	whole := func() *purse {
		return &purse{
			kyc: "approved", since: time.Date(2025, 12, 1, 9, 0, 0, 0, time.UTC), handles: []wallet.Handle{phone}, factors: []wallet.Factor{{Type: "passkey", State: "active"}},
			cards: []wallet.Instrument{{Type: "card", Status: "active"}}, pages: []wallet.Page{{Items: []wallet.Transaction{top(wallet.Posted)}}},
			links: map[string]string{"security": "https://w.example/s", "top_up": "https://w.example/t", "documents": "https://w.example/d"},
		}
	}
	for name, c := range map[string]struct {
		change func(*purse)
		fact   string
		want   string
	}{
		"known":                          {func(*purse) {}, "known", "done"},
		"expired":                        {func(p *purse) { p.kyc = "expired" }, "known", "expired"},
		"never began":                    {func(p *purse) { p.kyc = "none" }, "known", "none"},
		"says nothing of it":             {func(p *purse) { p.kyc = "" }, "known", "untold"},
		"a passkey":                      {func(*purse) {}, "proof", "done"},
		"a passkey that was removed":     {func(p *purse) { p.factors[0].State = "removed" }, "proof", "none"},
		"messages alone":                 {func(p *purse) { p.factors[0].Type = "sms" }, "proof", "weak"},
		"tells no proofs":                {func(p *purse) { p.lacks = map[wallet.Reading]bool{wallet.ReadFactors: true} }, "proof", "untold"},
		"a number that is not confirmed": {func(p *purse) { p.handles[0].VerifiedAt = 0 }, "reach", "none"},
		"a name alone":                   {func(p *purse) { p.handles[0].Kind = wallet.HandleUsername }, "reach", "untold"},
		"a blocked card":                 {func(p *purse) { p.cards[0].Status = "blocked" }, "pay", "none"},
		"a card that was not verified":   {func(p *purse) { p.cards[0].Verification = "exhausted" }, "pay", "none"},
		"a card on a phone alone":        {func(p *purse) { p.cards[0].Type = "network_token" }, "pay", "none"},
		"money that failed to come":      {func(p *purse) { p.pages[0].Items[0] = top(wallet.Failed) }, "money", "none"},
		"money on a later page":          {func(p *purse) { p.pages = []wallet.Page{{}, p.pages[0]} }, "money", "done"},
		"money before what is looked at": {func(p *purse) { p.since, p.pages = p.since.AddDate(-5, 0, 0), nil }, "money", "untold"},
		"an old customer with money":     {func(p *purse) { p.since = p.since.AddDate(-5, 0, 0) }, "money", "done"},
		"nobody says since when":         {func(p *purse) { p.since, p.pages = time.UnixMicro(0), nil }, "money", "untold"},
		"more than is looked through":    {func(p *purse) { p.pages = make([]wallet.Page, 9) }, "money", "untold"},
		"a phrase":                       {func(*purse) {}, "phrase", "done"},
	} {
		p := whole()
		c.change(p)
		said, v, err := ask(t, p, anna(), phrase("blue kettle"))
		if err != nil || said[c.fact] != c.want {
			t.Errorf("%s: %s is %q (%v), want %q", name, c.fact, said[c.fact], err, c.want)
			continue
		}
		for _, row := range v.Sheet.Parts[0].Rows {
			if row.Link != "" && row.Tone != "warning" {
				t.Errorf("%s: %s leads somewhere, and nothing is to be done", name, row.Name.Text["en"])
			}
		}
		if strings.Contains(strings.Join(v.Sheet.Lines("en", false), "\n"), "blue kettle") {
			t.Errorf("%s: the phrase is shown", name)
		}
		if p.customer != "w-1" || p.asked > 3 {
			t.Errorf("%s: %s was asked about, and %d pages read", name, p.customer, p.asked)
		}
	}
}

// Staff who walk with a customer are not told whether they have a phrase, and open no screens.
func TestStaffAreToldNoPhrase(t *testing.T) {
	p := &purse{kyc: "none", links: map[string]string{"documents": "https://w.example/d"}}
	said, v, err := ask(t, p, identity.Principal{Kind: identity.Staff, ID: "s-1", Role: identity.Agent}, phrase("blue kettle"))
	if err != nil || said["phrase"] != "untold" || said["known"] != "none" {
		t.Fatalf("%v %v", said, err)
	}
	for _, row := range v.Sheet.Masked().Parts[0].Rows {
		if row.Link != "" {
			t.Errorf("staff are led to %s", row.Link)
		}
	}
}

// Where nobody tells anything nothing is called missing.
func TestNobodyTells(t *testing.T) {
	p := &purse{lacks: map[wallet.Reading]bool{}}
	for _, r := range wallet.Readings() {
		p.lacks[r] = true
	}
	if _, _, err := ask(t, p, anna(), firststeps.Deps{}); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

// The certificate says what was gone through and nothing of who it was; an answer that was
// not given makes none.
func TestTheCertificateNamesNobody(t *testing.T) {
	r, err := reads.New(firststeps.Reads(firststeps.Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(mule string) (*selfservice.Value, error) {
		args := map[string]selfservice.Value{}
		for slot, word := range map[string]string{"caller": "hang_up", "link": "open", "mule": mule} {
			args[slot] = selfservice.Value{Type: selfservice.Choice, Text: word}
		}
		return r.Call(t.Context(), "safe_use", reads.Asked{Run: "run-1", Customer: "cust-1", Now: wallet.At(time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)), Args: args})
	}
	if _, err := ask(""); !fault.Is(err, fault.NotFound) {
		t.Errorf("without every answer: %v", err)
	}
	v, err := ask("refuse")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(v.Sheet.Lines("en", false), "\n")
	if !strings.Contains(text, "2026-11-28") || strings.Contains(text, "cust-1") || strings.Contains(text, "run-1") || strings.Count(text, "As advised") != 2 {
		t.Errorf("%s", text)
	}
}
