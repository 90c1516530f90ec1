package customer_test

import (
	"testing"

	"kefu/internal/domain/customer"
)

func TestHandlesAreMasked(t *testing.T) {
	for value, want := range map[string]string{
		"+49 170 1234567":    "••••4567",
		"wallet-8812":        "••••812",
		"mei@example.org":    "m••••@example.org",
		"李雷@example.org":     "李••••@example.org",
		"@handle":            "••••le",
		"abc":                "••••c",
		"ab":                 "••••",
		"":                   "••••",
		"王小明123456789012345": "••••2345",
	} {
		if got := (customer.Handle{Value: value}).Masked(); got != want {
			t.Errorf("Masked(%q) = %q, want %q", value, got, want)
		}
	}
}
