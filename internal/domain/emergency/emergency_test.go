package emergency_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/emergency"
	"kefu/internal/platform/fault"
)

func TestAWishHasATimeAndAReason(t *testing.T) {
	good := emergency.Wish{StaffID: "s", Minutes: 60, Reason: "Payments stand still"}
	with := func(change func(*emergency.Wish)) emergency.Wish { w := good; change(&w); return w }
	for name, c := range map[string]struct {
		wish  emergency.Wish
		field string
	}{
		"good":             {good, ""},
		"the shortest":     {with(func(w *emergency.Wish) { w.Minutes = emergency.MinMinutes }), ""},
		"the longest":      {with(func(w *emergency.Wish) { w.Minutes = emergency.MaxMinutes }), ""},
		"too short":        {with(func(w *emergency.Wish) { w.Minutes = emergency.MinMinutes - 1 }), "minutes"},
		"without an end":   {with(func(w *emergency.Wish) { w.Minutes = emergency.MaxMinutes + 1 }), "minutes"},
		"no reason":        {with(func(w *emergency.Wish) { w.Reason = "" }), "reason"},
		"a reason of gaps": {with(func(w *emergency.Wish) { w.Reason = strings.Repeat(" ", 40) }), "reason"},
		"a novel":          {with(func(w *emergency.Wish) { w.Reason = strings.Repeat("长", emergency.MaxReason+1) }), "reason"},
		"long in Chinese":  {with(func(w *emergency.Wish) { w.Reason = strings.Repeat("长", emergency.MaxReason) }), ""},
	} {
		err := c.wish.Check()
		if (err == nil) != (c.field == "") || fault.FieldOf(err) != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhenTheGlassIsOpen(t *testing.T) {
	o := emergency.Opening{BeganAt: 10, UntilAt: 20}
	for now, want := range map[int64]bool{10: true, 19: true, 20: false, 21: false} {
		if o.OpenAt(now) != want {
			t.Errorf("at %d: %v", now, !want)
		}
	}
	if o.EndedAt = 15; o.OpenAt(16) {
		t.Error("it is open after it was closed")
	}
}
