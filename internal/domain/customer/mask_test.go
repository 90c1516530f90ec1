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

func TestSpellingsOfOneHandle(t *testing.T) {
	for _, c := range []struct{ kind, value, want string }{
		{customer.Email, " Mei@Example.ORG ", "mei@example.org"},
		{customer.Phone, "+49 (170) 12-34.567", "+491701234567"},
		{customer.Phone, "+86\u00a010\u3000123", "+8610123"},
		{customer.Phone, " - ", ""},
		{"wallet", " W-1 ", "W-1"},
		{"device", "Pixel 9", "Pixel 9"},
	} {
		if got := customer.Plain(c.kind, c.value); got != c.want {
			t.Errorf("Plain(%s, %q) = %q, want %q", c.kind, c.value, got, c.want)
		}
	}
}
