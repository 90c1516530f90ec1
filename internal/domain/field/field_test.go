package field_test

import (
	"testing"

	"kefu/internal/domain/field"
)

func TestWhatIsUnknownIsASecret(t *testing.T) {
	t.Parallel()
	for _, n := range []field.Name{"", "card.cvv", "customer.password", "instrument.pan", "customer.seed", "step_up.otp", field.Instrument} {
		if n.Class() != field.C4 || n.Revealable() || n.Form() != field.Hidden {
			t.Errorf("%q: %s, revealable %t", n, n.Class(), n.Revealable())
		}
	}
}

func TestTheTable(t *testing.T) {
	t.Parallel()
	seen := map[[2]string]bool{}
	for _, r := range field.Declared() {
		if seen[[2]string{r.Of, r.Field}] {
			t.Errorf("%s.%s is there twice", r.Of, r.Field)
		}
		seen[[2]string{r.Of, r.Field}] = true
		switch {
		case r.Class == field.C4:
			t.Errorf("%s.%s is a secret, and stands in a form that leaves Kefu", r.Of, r.Field)
		case r.Class >= field.C2 && r.Mask == "" && r.Why == "":
			t.Errorf("%s.%s is %s, neither masked nor shown for a reason", r.Of, r.Field, r.Class)
		case r.Mask != "" && (r.Class != r.Mask.Class() || r.Why != ""):
			t.Errorf("%s.%s is %s and masked as %s, which is %s", r.Of, r.Field, r.Class, r.Mask, r.Mask.Class())
		}
	}
	for _, n := range field.Masked() {
		if n.Class() < field.C2 {
			t.Errorf("%s is masked, and says nothing of anybody", n)
		}
	}
}
