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
