package id_test

import (
	"testing"

	"kefu/internal/platform/id"
)

func TestNewIsValidAndDistinct(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		v := id.New()
		if !id.Valid(v) {
			t.Fatalf("New() = %q, which is not valid", v)
		}
		if seen[v] {
			t.Fatalf("New() gave %q twice", v)
		}
		seen[v] = true
	}
}

func TestValidRefusesOtherForms(t *testing.T) {
	for _, bad := range []string{"", "short", "0123456789abcdefghjkmnpqrs ", "0123456789ABCDEFGHJKMNPQRS", "0123456789abcdefghijklmnop"} {
		if id.Valid(bad) {
			t.Errorf("Valid(%q) = true", bad)
		}
	}
}

func TestValidUUID(t *testing.T) {
	for text, want := range map[string]bool{
		"0192d1b2-7c3a-7def-8000-000000000001":  true,
		"0192D1B2-7C3A-7DEF-8000-00000000000F":  true,
		"":                                      false,
		"0192d1b2-7c3a-7def-8000-00000000000":   false,
		"0192d1b2-7c3a-7def-8000-0000000000011": false,
		"0192d1b2-7c3a-7def-8000-00000000000g":  false,
		"0192d1b2x7c3a-7def-8000-000000000001":  false,
		"my card is 4539 1488 0343 6467, yes!":  false,
	} {
		if id.ValidUUID(text) != want {
			t.Errorf("ValidUUID(%q) is %v", text, !want)
		}
	}
}
