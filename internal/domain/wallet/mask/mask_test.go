package mask_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kefu/internal/domain/wallet/mask"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"Anna Schmidt": "Anna S.", "James Okafor": "James O.", "李静": "李••", "欧阳娜娜": "欧••", "김철수": "김••", "Cher": "C••••", "": "", " ": "",
		"J R": "J ••••", "Maria del Carmen ruiz": "Maria R.", "A Tolkien": "A ••••",
		strings.Repeat("x", 30) + " y": "x••••",
	} {
		if got := mask.Name(name); got != want {
			t.Errorf("Name(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestMasksHideMostOfWhatTheyMask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz0123456789李王")), 3, 30, -1).Draw(t, "text")
		for _, masked := range []string{mask.End(text, 4), mask.Name(text), mask.End(text, 3)} {
			shown := utf8.RuneCountInString(strings.ReplaceAll(masked, "•", ""))
			if shown > utf8.RuneCountInString(text)/3 || strings.Contains(masked, text) || !strings.Contains(masked, "•") {
				t.Fatalf("%q is masked as %q", text, masked)
			}
		}
	})
}
