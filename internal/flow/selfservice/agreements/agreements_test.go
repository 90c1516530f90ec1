package agreements_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/flow/selfservice/agreements"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

const day = wallet.Time(24 * 3600 * 1_000_000)

// told is a wallet that says one thing of consents.
type told struct{ s consent.Standing }

func (t told) Consents(context.Context, wallet.Actor, string) (consent.Standing, error) {
	return t.s, nil
}
func (t told) Of() any                                          { return t }
func (t told) Reads(_ context.Context, r wallet.Reading) bool   { return r == wallet.ReadConsents }
func (t told) In(context.Context) (wallet.Actor, string, error) { return wallet.Actor{}, "c-1", nil }

func standing(t *testing.T) consent.Standing {
	t.Helper()
	text := consent.Words{"en": "We read what you buy.", "zh": "我们会读取您的消费记录。"}
	s := consent.Standing{
		CustomerID: "c-1",
		Items: []consent.Item{
			{Key: "identity", Name: consent.Words{"en": "Who you are"}, Basis: consent.Law, State: consent.Required, Text: text, Version: "1"},
			{Key: consent.MarketingSMS, Basis: consent.Agreed, State: consent.Withdrawn, Text: text, Version: "1", At: 30 * day, Way: "support", Give: true, Withdraw: true},
			{Key: consent.Personalisation, Basis: consent.Agreed, State: consent.Given, Text: text, Version: "2", Agreed: "1", Again: consent.TextChanged, At: 20 * day, Way: "app", Give: true, Withdraw: true, Without: consent.Words{"en": "It is the same for everybody."}},
		},
		Changes: []consent.Change{
			{ID: "k-3", Key: consent.MarketingSMS, State: consent.Withdrawn, Version: "1", At: 30 * day, By: "customer", Way: "support"},
			{ID: "k-2", Key: consent.Personalisation, State: consent.Given, Version: "1", At: 20 * day, By: "customer", Way: "app"},
			{ID: "k-1", Key: "gone", State: consent.Withdrawn, Version: "1", At: 10 * day, By: "wallet", Way: "wallet"},
		},
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

func asked(t *testing.T, name, of string) (sheet.Sheet, error) {
	t.Helper()
	all, err := reads.New(agreements.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := all.Call(context.Background(), name, reads.Asked{Wallet: told{standing(t)}, Args: map[string]selfservice.Value{"of": {Type: selfservice.Entry, Entry: &sheet.Entry{ID: of}}}})
	if err != nil {
		return sheet.Sheet{}, err
	}
	return *v.Sheet, nil
}

func TestWhatIsToldOfConsents(t *testing.T) {
	for name, c := range map[string]struct {
		read, of string
		want     []string // in English, each in some line
	}{
		"how many":        {"consents", "", []string{"You took back: 1", "have to be asked again: 1", "by a law: 1"}},
		"an older text":   {"consent", consent.Personalisation, []string{"To be asked again", "You agreed: ", "We read what you buy.", "agreed to: version 1", "above: version 2", "the same for everybody", "no help is proposed"}},
		"one taken back":  {"consent", consent.MarketingSMS, []string{"Taken back", "here, in customer service"}},
		"of the wallet's": {"consent", "identity", []string{"Who you are", "Required"}},
		"the proof":       {"consent_proof", consent.MarketingSMS, []string{"Number: k-3", "version 1"}},
		"every change":    {"consent_history", "", []string{"Offers by text message: Taken back", "by you: in the wallet’s app; text 1; number k-2", "No longer asked for: Taken back", "by the wallet: by the wallet"}},
	} {
		s, err := asked(t, c.read, c.of)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lines := s.Lines("en", true)
		for _, want := range c.want {
			if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) }) {
				t.Errorf("%s: nothing says %q: %q", name, want, lines)
			}
		}
		for _, l := range s.Lines("zh", true) {
			if c.read != "consent_history" && strings.Contains(l, "version") {
				t.Errorf("%s: in Chinese: %s", name, l)
			}
		}
	}
	for _, read := range []string{"consent", "consent_proof"} {
		if _, err := asked(t, read, "none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of what is not there: %v", read, err)
		}
	}
	if _, err := asked(t, "consent_proof", "identity"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the proof of what nobody changed: %v", err)
	}
	s, _ := asked(t, "consent", consent.Personalisation)
	if s.Facts["counts"].Yes || s.Named["version"].Text != "2" {
		t.Errorf("%+v", s)
	}
}

func TestWhatHasToBeAskedAgainStandsFirst(t *testing.T) {
	all, err := reads.New(agreements.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := all.List(context.Background(), "consent_items", reads.Asked{Wallet: told{standing(t)}})
	if err != nil || len(list) != 3 {
		t.Fatalf("%v %v", list, err)
	}
	for n, want := range []struct{ id, state string }{{consent.Personalisation, "given"}, {consent.MarketingSMS, "withdrawn"}, {"identity", "required"}} {
		if list[n].Ref() != want.id || list[n].State() != want.state {
			t.Errorf("%d: %s %s, want %v", n, list[n].Ref(), list[n].State(), want)
		}
	}
}
