package secret_test

import (
	"slices"
	"testing"

	"kefu/internal/domain/guard/secret"
)

func TestApply(t *testing.T) {
	for _, c := range []struct {
		text  string
		found []secret.Finding
		want  string
	}{
		{"nothing", nil, "nothing"},
		{"卡4242😀x", []secret.Finding{{Start: 1, End: 5, Class: secret.PAN, Last4: "4242"}}, "卡‹pan ••••4242›😀x"},
		{"ab", []secret.Finding{{Start: 0, End: 1, Class: secret.CVV}, {Start: 1, End: 2, Class: secret.OTP}}, "‹cvv›‹otp›"},
		{"\xff12\xfe", []secret.Finding{{Start: 1, End: 3, Class: secret.CVV}}, "\xff‹cvv›\xfe"},
	} {
		if got := secret.Apply(c.text, c.found); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// Findings that overlap become one under the graver class, with its last four.
func TestMerge(t *testing.T) {
	got := secret.Merge([]secret.Finding{
		{Start: 20, End: 23, Class: secret.CVV},
		{Start: 4, End: 9, Class: secret.OTP},
		{Start: 0, End: 6, Class: secret.PAN, Last4: "1111"},
		{Start: 9, End: 12, Class: secret.Password},
	})
	want := []secret.Finding{
		{Start: 0, End: 9, Class: secret.PAN, Last4: "1111"}, {Start: 9, End: 12, Class: secret.Password}, {Start: 20, End: 23, Class: secret.CVV},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestFitLeavesNoHalfMarker(t *testing.T) {
	const text = "a ‹pan ••••1111› 五 b"
	for most, want := range map[int]string{
		30: text, 20: text, 19: "a ‹pan ••••1111› 五 ", 18: "a ‹pan ••••1111› 五", 16: "a ‹pan ••••1111›", 15: "a ", 3: "a ", 1: "a", 0: "",
	} {
		if got := secret.Fit(text, most); got != want {
			t.Errorf("%d: %q, want %q", most, got, want)
		}
	}
}
