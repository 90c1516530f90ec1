package articlebench_test

import (
	"testing"

	"kefu/internal/bench/articlebench"
	"kefu/internal/domain/knowledge"
)

func TestWhatIsMeasured(t *testing.T) {
	all := []knowledge.Article{{ID: "a", Questions: map[string][]string{"en": {"how do i pay", "why did it fail"}}, Texts: map[string]knowledge.Text{"en": {Title: "Pay", Body: "Open the app.\n\nPress pay.\n"}}}}
	r, err := articlebench.Run(all, "en", nil, articlebench.Options{Articles: 50, Searches: 100, Seed: 1})
	if err != nil || r.Articles != 50 || r.P99 < r.P50 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := articlebench.Run(all, "zh", nil, articlebench.Options{Articles: 1, Searches: 1}); err == nil {
		t.Error("a language without texts is measured")
	}
}
