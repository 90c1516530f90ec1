package cards_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/cards"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

// purse is the example's wallet, with what it may tell.
type purse struct {
	own   *memory.Wallet
	lacks wallet.Reading
}

// Of implements reads.Wallet.
func (p purse) Of() any { return p.own }

// Reads implements reads.Wallet.
func (p purse) Reads(_ context.Context, r wallet.Reading) bool { return r != p.lacks }

// In implements reads.Wallet.
func (p purse) In(context.Context) (wallet.Actor, string, error) {
	return wallet.Actor{}, memory.Anna, nil
}

func asked(w reads.Wallet, run, card string, words map[string]string) reads.Asked {
	v := selfservice.Value{Type: selfservice.Instrument, Instrument: &selfservice.InstrumentFact{ID: card}}
	return reads.Asked{Run: run, Words: words, Args: map[string]selfservice.Value{"card": v}, Wallet: w}
}

func TestCards(t *testing.T) {
	r, err := reads.New(cards.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	w, ctx := purse{own: memory.New(memory.Options{})}, t.Context()
	uses, err := r.Call(ctx, "card_uses", asked(w, "r-1", memory.Anna+":card", nil))
	if err != nil {
		t.Fatal(err)
	}
	if f := uses.Sheet.Facts; f["removable"].Yes || f["payments"].Count == 0 || f["mandates"].Count != 1 || f["endable"].Count != 1 || f["else"].Yes {
		t.Errorf("%+v", f)
	}
	list, err := r.List(ctx, "card_mandates", asked(w, "r-1", memory.Anna+":bank", nil))
	if err != nil || len(list) != 0 { // only its shop can end it
		t.Errorf("%+v %v", list, err)
	}
	told, err := r.Call(ctx, "card_told", asked(w, "r-1", memory.Anna+":card", nil))
	if err != nil || !told.Sheet.Facts["default"].Yes || told.Sheet.Facts["others"].Count != 1 || strings.Contains(strings.Join(told.Sheet.Lines("en", false), ""), "4111") {
		t.Errorf("%+v %v", told, err)
	}
	for lang, want := range map[string]string{"en": "Valid until: 08/29", "zh": "有效期至：2029年8月"} {
		if lines := told.Sheet.Lines(lang, false); !slices.Contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
	if _, err := r.Call(ctx, "card_told", asked(w, "r-1", memory.Bo+":card", nil)); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's card: %v", err)
	}
	if _, err := r.Call(ctx, "card_uses", asked(purse{w.own, wallet.ReadUses}, "r-1", memory.Anna+":card", nil)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a wallet that does not tell: %v", err)
	}
}

// One run has one form for each try, however often it looks; staff are not given its
// address.
func TestTheFormIsTheRuns(t *testing.T) {
	r, err := reads.New(cards.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	w := purse{own: memory.New(memory.Options{Delay: 1 << 40})}
	link := func(run, try string) string {
		v, err := r.Call(t.Context(), "card_form", asked(w, run, "", map[string]string{"try": try}))
		if err != nil {
			t.Fatal(err)
		}
		if m := v.Sheet.Masked(); m.Parts[0].Rows[0].Link != "" {
			t.Error("staff are given the form")
		}
		return v.Sheet.Parts[0].Rows[0].Link
	}
	one := link("r-1", "first")
	if one == "" || link("r-1", "first") != one || link("r-1", "second") == one || link("r-2", "first") == one {
		t.Error("a run has no form of its own")
	}
}
