package guard_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kefu/internal/domain/guard"
	"kefu/internal/domain/guard/guardtest"
)

func checkFindings(t *testing.T, text string, found []guard.Finding) {
	t.Helper()
	last, length := 0, utf8.RuneCountInString(text)
	for _, f := range found {
		if f.Start < last || f.End <= f.Start || f.End > length || f.Class == "" {
			t.Fatalf("findings out of order or range in %q: %+v", text, found)
		}
		last = f.End
	}
}

func FuzzRedact(f *testing.F) {
	for _, line := range guardtest.Corpus(3, 200) {
		f.Add(line.Text)
	}
	f.Add("\xff\xfe4242 4242\xff 4242 4242")
	f.Add("‹pan ••••1111› cvv ‹cvv› 123")
	f.Add(strings.Repeat("的一是在不了有和人这中大", 30))
	d := newDetector(f)
	f.Fuzz(func(t *testing.T, text string) {
		redacted, found, _ := d.Redact(t.Context(), text)
		checkFindings(t, text, found)
		if again := d.Scan(redacted); len(again) > 0 {
			t.Fatalf("redacted text has findings: %q -> %q: %+v", text, redacted, again)
		}
		if len(found) == 0 && redacted != text {
			t.Fatalf("nothing found, yet %q became %q", text, redacted)
		}
	})
}

func FuzzScanWindow(f *testing.F) {
	f.Add("4242 4242", "4242", "4242", true)
	f.Add("my cvv is", "ok", "123", false)
	f.Add("", "", "4111 1111 1111 1111, security is 123", true)
	f.Add("4111 1111", "security is 123", "1111 1111, security is 123", true)
	for _, line := range guardtest.Corpus(5, 200) {
		f.Add(line.Text, "", line.Text, true)
	}
	d := newDetector(f)
	f.Fuzz(func(t *testing.T, first, second, current string, own bool) {
		turns := []guard.Turn{{Text: first, Own: true}, {Text: second, Own: own}}
		now, earlier := d.ScanWindow(turns, current)
		checkStored(t, d, current, now)
		for i, turn := range turns {
			if earlier != nil && len(earlier[i]) > 0 {
				checkStored(t, d, turn.Text, earlier[i])
			}
		}
	})
}

// checkStored looks for secrets in what is stored of a text.
func checkStored(t *testing.T, d *guard.Detector, text string, found []guard.Finding) {
	t.Helper()
	checkFindings(t, text, found)
	stored := guard.Apply(text, found)
	if again := d.Scan(stored); len(again) > 0 {
		t.Fatalf("what is stored has findings: %q -> %q: %+v", text, stored, again)
	}
}

// A secret stands out whatever ordinary words are around it.
func TestPlantedSecretsAreFound(t *testing.T) {
	d := newDetector(t)
	word := rapid.SampledFrom(strings.Fields("hello refund please the is my transfer late 您好 退款 我的 转账 谢谢 why today thanks help account"))
	secret := rapid.SampledFrom([]string{
		"4242 4242 4242 4242", "5555555555554444", "3782-822463-10005", "６２００００００００００００05", "four two four two four two four two four two four two four two four two",
		"legal winner thank year wave sausage worth useful legal winner thank yellow", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
		"11010519491231002X", "GB29 NWBK 6016 1331 9268 19", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "536-22-8726",
	})
	rapid.Check(t, func(t *rapid.T) {
		before := strings.Join(rapid.SliceOfN(word, 0, 30).Draw(t, "before"), " ")
		after := strings.Join(rapid.SliceOfN(word, 0, 30).Draw(t, "after"), " ")
		planted := secret.Draw(t, "secret")
		text := before + " " + planted + " " + after
		start := utf8.RuneCountInString(before) + 1
		end := start + utf8.RuneCountInString(planted)
		for _, f := range d.Scan(text) {
			if f.Start <= start && f.End >= end {
				return
			}
		}
		t.Fatalf("not found: %q", text)
	})
}

// Seams of the pieces of a long text hide nothing.
func TestLongTextIsScannedWhole(t *testing.T) {
	d := newDetector(t)
	for _, before := range []int{65_500, 65_530, 57_300, 130_000, 122_870} {
		text := strings.Repeat("a ", before/2) + "4242 4242 4242 4242" + strings.Repeat(" b", 50_000)
		found := d.Scan(text)
		if len(found) != 1 || found[0].Start != before || found[0].End != before+19 {
			t.Errorf("card at %d: %+v", before, found)
		}
	}
}

func TestScanAllocatesNothingOnPlainText(t *testing.T) {
	d := newDetector(t)
	for _, text := range []string{"Why is my transfer still pending after two days?", "为什么我的转账两天了还没有到账呢"} {
		if n := testing.AllocsPerRun(100, func() { d.Scan(text) }); n > 1 {
			t.Errorf("%q: %v allocations", text, n)
		}
	}
}
