package reads_test

import (
	"context"
	"errors"
	"testing"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

func quote(answer func(reads.Asked) (sheet.Sheet, error)) reads.Read {
	return reads.Read{
		Read: selfservice.Read{
			Name: "quote", With: map[string]selfservice.Given{"amount": {Type: selfservice.Amount}},
			Has: sheet.Declared{Facts: map[string]sheet.Kind{"free": sheet.IsYes}, Figures: map[string]sheet.Named{"fee": {Shape: sheet.OfMoney, Always: true}}},
		},
		Sheet: func(_ context.Context, a reads.Asked) (sheet.Sheet, error) { return answer(a) },
	}
}

func fees(entries ...sheet.Entry) reads.Read {
	return reads.Read{
		Read:    selfservice.Read{Name: "fees", List: true, Has: sheet.Declared{Facts: map[string]sheet.Kind{"kind": sheet.IsWord}}},
		Entries: func(context.Context, reads.Asked) ([]sheet.Entry, error) { return entries, nil },
	}
}

func eur(t *testing.T, amount string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(amount, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What a read tells is taken only where it is as it was declared.
func TestAnAnswerIsAsItWasDeclared(t *testing.T) {
	fee := map[string]sheet.Figure{"fee": sheet.Money(eur(t, "1.20"))}
	for name, c := range map[string]struct {
		told sheet.Sheet
		err  error
		want fault.Code
	}{
		"all of it":              {told: sheet.Sheet{Facts: map[string]sheet.Fact{"free": sheet.Is(true)}, Named: fee}},
		"a fact that is left":    {told: sheet.Sheet{Named: fee}},
		"an undeclared fact":     {told: sheet.Sheet{Facts: map[string]sheet.Fact{"cheap": sheet.Is(true)}, Named: fee}, want: fault.Internal},
		"a fact of another kind": {told: sheet.Sheet{Facts: map[string]sheet.Fact{"free": sheet.Many(1)}, Named: fee}, want: fault.Internal},
		"a figure that is left":  {told: sheet.Sheet{}, want: fault.Internal},
		"another shape":          {told: sheet.Sheet{Named: map[string]sheet.Figure{"fee": sheet.Text("1.20")}}, want: fault.Internal},
		"one language":           {told: sheet.Sheet{Named: fee, Parts: []sheet.Part{{Rows: []sheet.Row{{Name: sheet.Say("Fee", "")}}}}}, want: fault.Internal},
		"too many rows":          {told: sheet.Sheet{Named: fee, Parts: []sheet.Part{{Rows: make([]sheet.Row, sheet.MaxRows+1)}}}, want: fault.Internal},
		"nothing there":          {err: fault.New(fault.NotFound, "test", "none"), want: fault.NotFound},
		"an unknown tone":        {told: sheet.Sheet{Named: fee, Parts: []sheet.Part{{Rows: []sheet.Row{sheet.Line(sheet.Say("Fee", "费用"), sheet.Number(1).Cell()).In("loud")}}}}, want: fault.Internal},
	} {
		r, err := reads.New(quote(func(reads.Asked) (sheet.Sheet, error) { return c.told, c.err }), fees())
		if err != nil {
			t.Fatal(err)
		}
		v, err := r.Call(t.Context(), "quote", reads.Asked{})
		if fault.CodeOf(err) != c.want || (c.want == "" && (v.Type != selfservice.Sheet || v.Sheet == nil)) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

// Entries have ids by which they are chosen.
func TestEntries(t *testing.T) {
	for name, c := range map[string]struct {
		entry sheet.Entry
		want  fault.Code
	}{
		"whole":              {sheet.Entry{ID: "fee-1", Label: sheet.Say("Transfer", "转账"), Facts: map[string]sheet.Fact{"kind": sheet.Code("transfer")}}, ""},
		"without an id":      {sheet.Entry{Label: sheet.Say("Transfer", "转账")}, fault.Internal},
		"with a strange one": {sheet.Entry{ID: "a b", Label: sheet.Say("Transfer", "转账")}, fault.Internal},
		"with a share":       {sheet.Entry{ID: "a", Label: sheet.Say("{n}", "{n}").With("n", sheet.Percent("1.5"))}, fault.Internal},
	} {
		r, err := reads.New(fees(c.entry))
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.List(t.Context(), "fees", reads.Asked{})
		if fault.CodeOf(err) != c.want || (c.want == "" && (len(list) != 1 || list[0].Ref() != "fee-1")) {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
}

// The set is closed: what is not in it is not asked, nothing is there twice, and nothing
// takes the name of what the engine knows.
func TestTheSetIsClosed(t *testing.T) {
	none := func(reads.Asked) (sheet.Sheet, error) { return sheet.Sheet{}, errors.New("never asked") }
	var nobody *reads.Registry
	for _, r := range []*reads.Registry{nobody, must(reads.New()), must(reads.New(fees()))} {
		if _, err := r.Call(t.Context(), "fees", reads.Asked{}); !fault.Is(err, fault.Internal) {
			t.Errorf("a list was called: %v", err)
		}
		if _, err := r.List(t.Context(), "quote", reads.Asked{}); !fault.Is(err, fault.Internal) {
			t.Errorf("what is not there: %v", err)
		}
	}
	taken := quote(none)
	taken.Name = "terms"
	half := quote(none)
	half.List = true
	nameless := quote(none)
	nameless.Has.Facts = map[string]sheet.Kind{"there": sheet.IsYes}
	for name, all := range map[string][]reads.Read{"twice": {quote(none), quote(none)}, "a name of the engine's": {taken}, "a list without entries": {half}, "a fact of every sheet": {nameless}} {
		if _, err := reads.New(all...); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must(r *reads.Registry, err error) *reads.Registry {
	if err != nil {
		panic(err)
	}
	return r
}

// A wallet that does not say that it answers is not asked.
func TestAWalletIsAskedWhatItAnswers(t *testing.T) {
	p := &purse{}
	ask := func() error {
		_, err := reads.Ask(t.Context(), reads.Asked{Wallet: p}, wallet.ReadLimits, limits.Limits)
		return err
	}
	if err := ask(); !fault.Is(err, fault.Unavailable) || p.asked {
		t.Errorf("asked what it does not answer: %v", err)
	}
	p.able = true
	if err := ask(); err != nil || !p.asked {
		t.Errorf("not asked: %v", err)
	}
	if _, err := reads.Ask(t.Context(), reads.Asked{}, wallet.ReadLimits, limits.Limits); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a wallet: %v", err)
	}
}

type limits interface {
	Limits(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Limit, error)
}

type purse struct{ able, asked bool }

func (p *purse) Of() any                                    { return p }
func (p *purse) Reads(context.Context, wallet.Reading) bool { return p.able }
func (p *purse) In(context.Context) (wallet.Actor, string, error) {
	return wallet.Actor{}, "cust-1", nil
}
func (p *purse) Limits(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Limit, error) {
	p.asked = customer == "cust-1"
	return nil, nil
}
