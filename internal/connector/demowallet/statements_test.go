package demowallet_test

import (
	"context"
	"encoding/csv"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// What all statements of somebody say was moved is what their accounts hold: they began
// with nothing. And the lines of a month are its figures.
func TestStatementsAreTheLedgers(t *testing.T) {
	ctx := context.Background()
	h := open(t)
	must(t, h.Seed(ctx, demoPeople()))
	for _, p := range demoPeople() {
		list, err := h.Statements(ctx, wallet.Actor{}, p.ID)
		must(t, err)
		balances, err := h.Balances(ctx, wallet.Actor{}, p.ID)
		must(t, err)
		for _, b := range balances {
			sum := new(big.Int)
			for _, s := range list {
				i := slices.IndexFunc(s.Figures, func(f statement.Figure) bool { return f.AccountID == b.AccountID })
				f := s.Figures[i]
				sum.Add(sum, f.In.Smallest()).Sub(sum, f.Out.Smallest())
				if s.State == statement.Open && f.Closing.Cmp(b.Total) != 0 {
					t.Errorf("%s holds %s, and this month ends with %s", b.AccountID, b.Total, f.Closing)
				}
			}
			if sum.Cmp(b.Total.Smallest()) != 0 {
				t.Errorf("%s holds %s, and by its statements %s", b.AccountID, b.Total, sum)
			}
		}
		lines(t, h, p.ID, list[1])
	}
}

// lines compares a month that can be kept with its figures.
func lines(t *testing.T, h *house, who string, s statement.Statement) {
	t.Helper()
	d, err := h.Document(context.Background(), wallet.Actor{}, who, s.ID, statement.CSV)
	must(t, err)
	content, err := d.Bytes()
	must(t, err)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff"))).ReadAll()
	must(t, err)
	for _, f := range s.Figures {
		sum := [2]wallet.Money{f.In.Neg(), f.Out.Neg()}
		for _, r := range rows[1:] {
			for i, cell := range []string{r[5], r[6]} {
				if cell == "" || r[10] != f.AccountID {
					continue
				}
				m, err := wallet.Parse(cell, f.In.Currency(), f.In.Scale())
				must(t, err)
				sum[i], err = sum[i].Add(m)
				must(t, err)
			}
		}
		if sum[0].Sign() != 0 || sum[1].Sign() != 0 {
			t.Errorf("%s of %s: the lines differ from the figures by %s and %s", s.ID, f.AccountID, sum[0], sum[1])
		}
	}
}

// On PostgreSQL too, and a month is one of where its customer is.
func TestMonthsAreThoseOfTheCustomer(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		h := on(t, d.Books(t), d.Clock.Now)
		must(t, h.Seed(ctx, []demowallet.Person{{ID: "cust-li", Name: "李静", Language: "zh"}}))
		list, err := h.Statements(ctx, wallet.Actor{}, "cust-li")
		must(t, err)
		zone, err := time.LoadLocation("Asia/Shanghai")
		must(t, err)
		for _, s := range list {
			if from := s.From.Std().In(zone); from.Day() != 1 || from.Hour() != 0 || s.TimeZone != "Asia/Shanghai" {
				t.Errorf("%s begins at %s", s.ID, from)
			}
		}
		if _, err := h.Statements(ctx, wallet.Actor{}, "nobody"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}

// A card is added in the wallet's own form, is made the default, and the old one is taken
// away once nothing rests on it any more.
func TestACardIsChanged(t *testing.T) {
	ctx := context.Background()
	l := helped(t)
	by, card := wallet.Actor{}, "cust-anna:card"
	paid, err := l.Pay(ctx, demowallet.Order{
		CustomerID: "cust-anna", Kind: wallet.KindPayment, Amount: euro(t, "12.00"), Rail: "card", InstrumentID: card, Merchant: &wallet.Merchant{Name: "Thalia"}, Fate: rails.Fate{Kind: rails.Fine},
	})
	must(t, err)
	uses, err := l.Uses(ctx, by, "cust-anna", card)
	must(t, err)
	if uses.Removable || !slices.Contains(uses.Payments, paid.Transaction.ID) || len(uses.Mandates) == 0 || !slices.Contains(uses.Why, "mandates") {
		t.Errorf("%+v", uses)
	}
	l.refuses(t, command(wallet.RemoveInstrument, card, expect("active")), wallet.NotEligible)
	form, err := l.Link(ctx, by, instrument.Adding{Key: id.New(), CustomerID: "cust-anna", Type: "card"})
	must(t, err)
	open, err := l.Forms(ctx, "cust-anna")
	must(t, err)
	if len(open) != 1 || open[0].ID != form.ID {
		t.Errorf("%+v", open)
	}
	_, err = l.Fill(ctx, "cust-anna", form.ID, cards.Made{Type: "card", Brand: "Mastercard", Last4: "4444", Expiry: "2031-05"})
	must(t, err)
	l.pass(t, 30*time.Hour)
	form, err = l.Linked(ctx, by, "cust-anna", form.ID)
	must(t, err)
	if form.State != instrument.Added {
		t.Fatalf("%+v", form)
	}
	if o := l.do(t, command(wallet.SetDefault, form.InstrumentID, expect("active"))); o.State != wallet.OpSucceeded {
		t.Errorf("%+v", o)
	}
	l.refuses(t, command(wallet.SetDefault, form.InstrumentID, expect("active")), wallet.AlreadyDone)
	mandates, err := l.Mandates(ctx, by, "cust-anna")
	must(t, err)
	for _, m := range mandates {
		if m.Charges() {
			l.do(t, command(wallet.CancelMandate, m.ID, expect(m.State)))
		}
	}
	l.pass(t, 30*24*time.Hour) // and everything that rests on it is over
	remove := command(wallet.RemoveInstrument, card, expect("active"))
	l.refuses(t, remove, wallet.StepUpRequired)
	if o := l.do(t, l.proven(t, command(wallet.RemoveInstrument, card, expect("active")), 2)); o.State != wallet.OpSucceeded {
		t.Errorf("%+v", o)
	}
	told, err := l.Messages(ctx, "cust-anna")
	must(t, err)
	for _, why := range []string{"instrument_added", "default_changed", "instrument_removed"} {
		if !slices.ContainsFunc(told, func(m demowallet.Message) bool { return m.Reason == why }) {
			t.Errorf("nobody was told: %s", why)
		}
	}
	all, err := l.Instruments(ctx, by, "cust-anna")
	must(t, err)
	for _, i := range all {
		if i.Default != (i.ID == form.InstrumentID) || (i.ID == card) != (i.Status == "removed") {
			t.Errorf("%+v", i)
		}
	}
}

// What is wrong with a card is said; three wrong codes are the end, and a form that nobody
// fills in ends by itself.
func TestACardIsNotAdded(t *testing.T) {
	ctx := context.Background()
	l := helped(t)
	adding := func() instrument.Link {
		f, err := l.Link(ctx, wallet.Actor{}, instrument.Adding{Key: id.New(), CustomerID: "cust-anna", Type: "card"})
		must(t, err)
		return f
	}
	state := func(f instrument.Link) instrument.Link {
		f, err := l.Linked(ctx, wallet.Actor{}, "cust-anna", f.ID)
		must(t, err)
		must(t, f.Validate())
		return f
	}
	fill := func(f instrument.Link, says string) {
		_, err := l.Fill(ctx, "cust-anna", f.ID, cards.Made{Type: "card", Brand: "Visa", Last4: "1881", Expiry: "2031-05", Says: says})
		must(t, err)
		l.pass(t, 10*time.Second)
	}
	for _, why := range []string{instrument.NameMismatch, instrument.Elsewhere, instrument.NotTaken, instrument.Declined} {
		f := adding()
		fill(f, why)
		if f = state(f); f.State != instrument.Failed || f.Why != why {
			t.Errorf("%s: %+v", why, f)
		}
	}
	f := adding()
	for range 3 {
		fill(f, "again")
	}
	if f = state(f); f.State != instrument.Failed || f.Why != instrument.Exhausted {
		t.Errorf("%+v", f)
	}
	if _, err := l.Fill(ctx, "cust-anna", f.ID, cards.Made{Type: "card", Brand: "Visa", Last4: "1881"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a form that is over is filled in: %v", err)
	}
	if _, err := l.Fill(ctx, "cust-anna", adding().ID, cards.Made{Type: "card", Brand: "Visa", Last4: "1881", Expiry: "2031-05", Says: "what you like"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a bank says what is none of its answers: %v", err)
	}
	if _, err := l.Fill(ctx, "cust-sara", adding().ID, cards.Made{Type: "card", Brand: "Visa", Last4: "1881"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's form is filled in: %v", err)
	}
	f = adding()
	l.pass(t, time.Hour)
	if f = state(f); f.State != instrument.Lapsed {
		t.Errorf("%+v", f)
	}
}

// A subscription charges by itself on its days, as any payment, until it is ended.
func TestMandatesCharge(t *testing.T) {
	ctx := context.Background()
	l := helped(t)
	charges := func() (n int) {
		for _, tx := range all(t, l.house, wallet.Query{CustomerID: "cust-anna", Limit: 100, Kinds: []wallet.Kind{wallet.KindPayment}}) {
			if tx.Merchant != nil && tx.Merchant.Name == "Spotify" && tx.Channel == "api" {
				n++
			}
		}
		return n
	}
	sum, next := euro(t, "4.99"), wallet.At(l.clock.Now().AddDate(0, 0, 5))
	m := instrument.Mandate{
		ID: "permit-1", CustomerID: "cust-anna", InstrumentID: "cust-anna:card", Merchant: "Spotify", Kind: "subscription", State: instrument.Active, Amount: sum, Period: "month", NextAt: next,
		Cancellable: true, CreatedAt: next - 1,
	}
	must(t, l.Permit(ctx, m))
	before := charges()
	l.pass(t, 70*24*time.Hour)
	if got := charges() - before; got != 3 {
		t.Errorf("in 70 days it charged %d times", got)
	}
	l.do(t, command(wallet.CancelMandate, m.ID, expect(m.State)))
	l.refuses(t, command(wallet.CancelMandate, m.ID, expect(m.State)), wallet.AlreadyDone)
	after := charges()
	l.pass(t, 70*24*time.Hour)
	if charges() != after {
		t.Error("what was ended charges on")
	}
}

// The help window's link leads to the wallet with its customer signed in: there the form
// is.
func TestTheFormIsFoundByItsLink(t *testing.T) {
	l := open(t, func(o *demowallet.Options) { o.Link = walletApp })
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt"}}))
	form, err := l.Link(context.Background(), wallet.Actor{}, instrument.Adding{Key: id.New(), CustomerID: "cust-anna", Type: "card"})
	must(t, err)
	if led, err := url.Parse(form.Address); err != nil || !strings.HasPrefix(form.Address, walletApp) || led.Query().Get("form") != form.ID || led.Query().Get("as") != "cust-anna" {
		t.Errorf("the link leads to %q", form.Address)
	}
}
