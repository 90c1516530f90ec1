package golden_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"kefu/content"
	"kefu/internal/domain/guard"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/flow/selfservice/subjects"
)

// walker is for the flows that Kefu comes with.
func walker(t *testing.T) (golden.Walker, map[string]golden.Conversation) {
	t.Helper()
	sub := func(of fs.FS, name string) fs.FS {
		found, err := fs.Sub(of, name)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	texts := sub(content.Flows, "flows")
	reads, err := subjects.Declared()
	if err != nil {
		t.Fatal(err)
	}
	flows, codes, err := selfservice.LoadFlows(texts, sub(content.Failures, "failures"), reads)
	if err != nil {
		t.Fatal(err)
	}
	detector, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	all, err := golden.Load(sub(texts, "golden"))
	if err != nil {
		t.Fatal(err)
	}
	return golden.Walker{Flows: flows, Failures: codes, Guard: detector}, all
}

// Every conversation goes as it is written down, in every language.
func TestTheGoldenConversations(t *testing.T) {
	w, all := walker(t)
	count := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		count[c.Flow]++
		wrong, err := w.Check(t.Context(), c)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		for _, line := range wrong {
			t.Errorf("%s: %s", c.ID, line)
		}
	}
	for _, d := range w.Flows.All() {
		if count[d.ID] < 12 {
			t.Errorf("%s has %d conversations, fewer than 12", d.ID, count[d.ID])
		}
	}
}

// What must not be told is told in none of them, whichever way it goes: neither why a
// payment was stopped for risk or by law, nor a provider's own words.
func TestNoConversationTellsWhatItMustNot(t *testing.T) {
	w, all := walker(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		seen, err := w.Walk(t.Context(), all[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range seen {
			for lang, lines := range s.Say {
				told := strings.ToLower(strings.Join(lines, "\n"))
				for _, word := range []string{"suspected", "risk", "sanction", "compliance", "fraud", "风控", "涉嫌", "制裁"} {
					if strings.Contains(told, word) {
						t.Errorf("%s says %q in %s: %s", all[name].ID, word, lang, told)
					}
				}
				if strings.Contains(told, "{") {
					t.Errorf("%s leaves a place open in %s: %s", all[name].ID, lang, told)
				}
			}
		}
	}
}

// Of a payment that may still arrive nobody is ever told to pay again.
func TestNobodyIsToldToPayTwice(t *testing.T) {
	w, all := walker(t)
	for _, id := range []string{"FL2-07", "FL2-08", "FL6-02", "FL6-04", "FL6-13"} {
		c, ok := all[id+".yaml"]
		if !ok {
			t.Fatalf("%s is not there", id)
		}
		seen, err := w.Walk(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		told := false
		for _, s := range seen {
			for _, line := range s.Say["en"] {
				lower := strings.ToLower(line)
				told = told || strings.Contains(lower, "do not pay again") || strings.Contains(lower, "do not send it again")
				if strings.HasPrefix(line, "→ Pay") || strings.Contains(lower, "you can pay again") {
					t.Errorf("%s: %s", id, line)
				}
			}
		}
		if !told {
			t.Errorf("%s never says not to pay again", id)
		}
	}
}
