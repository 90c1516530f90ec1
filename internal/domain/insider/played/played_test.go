package played_test

import (
	"slices"
	"testing"

	"kefu/internal/domain/insider"
	"kefu/internal/domain/insider/played"
)

// One play of each; `kefu eval insiders` plays many.
func TestEachOfTheTenIsFoundAndTheOthersAreLeftInPeace(t *testing.T) {
	for _, who := range played.Personas() {
		t.Run(string(who), func(t *testing.T) {
			t.Parallel()
			f := played.Measure(who, 1, insider.DefaultLimits(), []uint64{7})
			if f.Found != 1 {
				t.Error("nobody was found")
			}
			if f.PerWeek > 1 {
				t.Errorf("%.2f false alerts an agent and week: %v", f.PerWeek, f.FalseBy)
			}
		})
	}
}

// The adversary's own check: whoever does nothing bad is not found, so that what finds
// the others is what they do.
func TestWhoMakesNoEffortIsNotFound(t *testing.T) {
	f := played.Measure(played.Dripper, 0, insider.DefaultLimits(), []uint64{7, 8})
	if f.Found != 0 {
		t.Errorf("%d were found that did nothing", f.Found)
	}
}

func TestAPlayIsTheSameForTheSameSeed(t *testing.T) {
	a, b := played.New(3, played.Hunter, 1), played.New(3, played.Hunter, 1)
	if !slices.Equal(a.Doings, b.Doings) || !slices.Equal(a.Bad, b.Bad) {
		t.Error("two plays of one seed differ")
	}
	if c := played.New(4, played.Hunter, 1); slices.Equal(a.Doings, c.Doings) {
		t.Error("two seeds give one play")
	}
}
