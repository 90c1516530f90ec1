package flowcheck

import (
	"testing"

	"kefu/internal/flow/selfservice/golden"
)

// Two ways that tell something else are apart, also where they are at the same place.
func TestWhatIsToldInAnotherWayIsApart(t *testing.T) {
	one := []golden.See{{At: "what asking", Say: map[string][]string{"en": {"EUR 1.00 was not taken."}}}}
	other := []golden.See{{At: "what asking", Say: map[string][]string{"en": {"EUR 1.00 was taken."}}}}
	if len(apart("FL2-01", "en", HTTP, one, other)) != 1 || len(apart("FL2-01", "en", HTTP, one, one)) != 0 {
		t.Error("what is told is not compared")
	}
}
