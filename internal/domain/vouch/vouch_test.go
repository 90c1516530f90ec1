package vouch_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
)

func TestCodes(t *testing.T) {
	seen, letters := map[string]bool{}, map[rune]int{}
	for range 5000 {
		code := vouch.NewCode()
		if len(code) != vouch.Length || seen[code] || strings.ContainsAny(code, "0O1IL2Z5S8BUVNAE") {
			t.Fatalf("%q", code)
		}
		seen[code] = true
		for _, r := range code {
			letters[r]++
		}
		if back, ok := vouch.Read(vouch.Shown(code)); !ok || back != code {
			t.Fatalf("%q is read as %q", vouch.Shown(code), back)
		}
	}
	// 40,000 letters over 20: each 2,000 times, within far more than chance does.
	for r, n := range letters {
		if n < 1700 || n > 2300 {
			t.Errorf("%c came %d times of %d", r, n, 5000*vouch.Length)
		}
	}
	if len(letters) != 20 {
		t.Errorf("%d letters", len(letters))
	}
}

func TestReading(t *testing.T) {
	for text, want := range map[string]string{
		"7QX4-93HD": "7QX493HD", "7qx4 93hd": "7QX493HD", " ７ＱＸ４－９３ＨＤ ": "7QX493HD", "7QX4—93HD": "7QX493HD", "7.Q.X.4.9.3.H.D": "7QX493HD", "7QX4\u200b93HD": "7QX493HD",
		"7QX4-93H": "", "7QX4-93HDD": "", "7QX4-93H0": "", "": "", "7QX4/93HD": "", "７QX4-93HД": "", strings.Repeat(" ", 300) + "7QX493HD": "",
	} {
		if got, ok := vouch.Read(text); ok != (want != "") || (ok && got != want) {
			t.Errorf("%q: %q %v", text, got, ok)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("7QX4-93HD")
	f.Add("７ＱＸ４ ９３ＨＤ")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := vouch.Read(text)
		if !ok {
			return
		}
		if again, ok := vouch.Read(vouch.Shown(code)); !ok || again != code || len(code) != vouch.Length {
			t.Errorf("%q: %q, %q", text, code, again)
		}
	})
}

func TestPhrases(t *testing.T) {
	for text, want := range map[string]string{
		"  blue  kettle ": "blue kettle", "蓝水壶": "蓝水壶", "水壶": "水壶",
	} {
		got, err := vouch.CheckPhrase(text)
		if err != nil || got != want {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
	for text, reason := range map[string]string{"": "missing", " \t": "missing", "abc": "too_short", "壶": "too_short", strings.Repeat("a", 41): "too_long", "blue\u202ekettle": "control", "a\x00bcd": "control"} {
		if _, err := vouch.CheckPhrase(text); fault.ReasonOf(err) != reason || fault.FieldOf(err) != "phrase" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzPhrase(f *testing.F) {
	f.Add("blue kettle")
	f.Add("蓝水壶")
	f.Fuzz(func(t *testing.T, text string) {
		kept, err := vouch.CheckPhrase(text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := vouch.CheckPhrase(kept); err != nil || again != kept {
			t.Errorf("%q: %q is not as it is kept: %q %v", text, kept, again, err)
		}
	})
}

func TestLife(t *testing.T) {
	c := vouch.Contact{ExpiresAt: vouch.Life.Microseconds()}
	if !c.Live(0) || !c.Live(c.ExpiresAt-1) || c.Live(c.ExpiresAt) || c.Live(c.ExpiresAt+time.Hour.Microseconds()) {
		t.Error("it counts as long as it should not, or not as long as it should")
	}
	c.EndedAt = 1
	if c.Live(2) {
		t.Error("what has ended counts")
	}
}
