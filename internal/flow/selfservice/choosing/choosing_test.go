package choosing_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/product"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/flow/selfservice/choosing"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

func now() time.Time { return time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC) }

// till is a wallet that tells its fees and knows nobody.
type till struct{ down bool }

func (w till) Of() any                                        { return w }
func (w till) Reads(_ context.Context, r wallet.Reading) bool { return r == wallet.ReadFees }
func (w till) In(context.Context) (wallet.Actor, string, error) {
	return wallet.Actor{}, "", fault.New(fault.Unavailable, "test", "nobody is signed in")
}
func (w till) Fees(context.Context) (tariff.Schedule, error) {
	if w.down {
		return tariff.Schedule{}, fault.New(fault.Unavailable, "test", "down")
	}
	none, some := sum("0.00"), sum("4.50")
	return tariff.Schedule{Version: "7", PublishedAt: wallet.At(now().Add(-time.Hour)), Lines: []tariff.Line{
		{ID: "free", Kind: tariff.Account, Currency: "EUR", Period: "month", From: 1, Tiers: []tariff.Tier{{Fixed: none}}},
		{ID: "dear", Kind: tariff.Account, Currency: "EUR", Rail: "card", Period: "month", From: 1, Tiers: []tariff.Tier{{Fixed: some}}},
		{ID: "later", Kind: tariff.Cash, Currency: "EUR", From: wallet.At(now().Add(time.Hour)), Tiers: []tariff.Tier{{Fixed: some}}},
	}}, nil
}

func sum(text string) wallet.Money {
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		panic(err)
	}
	return m
}

func shelf() product.Shelf {
	one := func(id, name string, fees ...string) product.Version {
		return product.Version{ID: id, Number: 4, Changed: now().AddDate(0, 0, -3), Plan: product.Plan{
			Name: form.Texts{"en": name, "zh": name}, About: form.Texts{"en": "One", "zh": "一个"}, From: "2026-01-01",
			For: []product.Audience{product.Adult}, Currencies: []string{"EUR"}, Uses: []product.Use{product.Shops}, PayIn: []product.Way{product.Bank}, Fees: fees,
		}}
	}
	return product.NewShelf(now(), []product.Version{one("a", "A", "free", "later"), one("b", "B", "dear", "gone"), one("c", "C")}, nil)
}

func ask(t *testing.T, w reads.Wallet, read string, args map[string]string) *sheet.Sheet {
	t.Helper()
	all, err := reads.New(choosing.Reads(choosing.Deps{Shelf: shelf})...)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]selfservice.Value{}
	for name, word := range args {
		given[name] = selfservice.Value{Type: selfservice.Choice, Text: word}
		if name == "plan" || name == "currency" {
			given[name] = selfservice.Value{Type: selfservice.Entry, Entry: &sheet.Entry{ID: word}}
		}
	}
	v, err := all.Call(t.Context(), read, reads.Asked{Now: wallet.At(now()), Wallet: w, Args: given})
	if err != nil {
		t.Fatal(err)
	}
	return v.Sheet
}

// What a plan costs is what the list says under its lines; without the list nothing is told.
func TestPricesComeFromTheList(t *testing.T) {
	for _, c := range []struct {
		plan                       string
		down, priced, whole, named bool
	}{
		{"a", false, true, true, true}, {"b", false, true, false, true}, {"c", false, false, true, false}, {"a", true, false, true, true},
	} {
		s := ask(t, till{c.down}, "plan_detail", map[string]string{"plan": c.plan})
		if s.Facts["priced"].Yes != c.priced || s.Facts["whole"].Yes != c.whole || s.Facts["names_fees"].Yes != c.named {
			t.Errorf("plan %s, down %t: %+v", c.plan, c.down, s.Facts)
		}
		if told := s.Named["list"].Text != ""; told != c.priced {
			t.Errorf("plan %s, down %t: of the list %q is told", c.plan, c.down, s.Named["list"].Text)
		}
	}
}

// A wish that the list decides is met, not met, or not known, and never guessed.
func TestNothingToPayFollowsFromTheList(t *testing.T) {
	wish := map[string]string{"for": "adult", "use": "shops", "also": "none", "pay_in": "bank", "wish": "no_fee"}
	s := ask(t, till{}, "plan_match", wish)
	if best := s.Named["best"].Texts["en"]; best != "A" || s.Facts["fit"].Count != 3 || !s.Facts["unknown"].Yes {
		t.Errorf("best is %q, %+v", best, s.Facts)
	}
	s = ask(t, till{down: true}, "plan_match", wish)
	if s.Facts["best"].Count != 3 || !s.Facts["unknown"].Yes {
		t.Errorf("without the list: %+v", s.Facts)
	}
}

// The guide is told with its version: another text needs another version and day.
func TestTheGuideHasAVersion(t *testing.T) {
	hash := sha256.New()
	var version string
	for _, topic := range product.Topics() {
		s := ask(t, till{}, "choosing_guide", map[string]string{"topic": string(topic)})
		text, err := json.Marshal(s.Parts)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write(text)
		version = s.Named["version"].Text
	}
	of := map[string]string{"1": "c1e4080ce72ab2df"}
	if got := hex.EncodeToString(hash.Sum(nil))[:16]; of[version] != got {
		t.Errorf("version %s of the guide has the texts %s: raise guideVersion and guideDay, and write down here what they are", version, got)
	}
}
