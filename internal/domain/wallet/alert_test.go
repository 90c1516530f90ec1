package wallet_test

import (
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

func TestWhatAnAlertIs(t *testing.T) {
	at := wallet.At(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC))
	good := wallet.Alert{ID: "al-1", Kind: wallet.AlertDevice, About: "d-1", Severity: "high", State: "open", Disclosable: true, RaisedAt: at}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wallet.Alert){
		"no id": func(a *wallet.Alert) { a.ID = "" }, "about nothing": func(a *wallet.Alert) { a.About = "" }, "no time": func(a *wallet.Alert) { a.RaisedAt = 0 },
		"another kind": func(a *wallet.Alert) { a.Kind = "velocity" }, "another severity": func(a *wallet.Alert) { a.Severity = "97" },
		"another state": func(a *wallet.Alert) { a.State = "maybe" }, "open and over": func(a *wallet.Alert) { a.SettledAt = at }, "over and open": func(a *wallet.Alert) { a.State = "closed" },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		change func(*wallet.Alert)
		after  time.Duration
		want   bool
	}{
		"now":               {func(*wallet.Alert) {}, 0, true},
		"a day later":       {func(*wallet.Alert) {}, 24 * time.Hour, false},
		"settled":           {func(a *wallet.Alert) { a.State, a.SettledAt = "mine", at }, 0, false},
		"kept to the house": {func(a *wallet.Alert) { a.Disclosable = false }, 0, false},
	} {
		a := good
		c.change(&a)
		if got := a.Telling(at.Std().Add(c.after)); got != c.want {
			t.Errorf("%s: told %v", name, got)
		}
	}
}
