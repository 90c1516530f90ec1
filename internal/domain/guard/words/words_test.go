package words_test

import (
	"testing"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/words"
)

func TestNearly(t *testing.T) {
	for _, c := range []struct {
		word string
		want words.Kind
	}{
		{"passwrod", words.Pass}, {"passwors", words.Pass}, {"passsword", words.Pass}, {"pasword", words.Pass}, {"passcoce", words.Pass | words.OTP},
		{"passport", 0}, {"passbook", 0}, {"passenger", 0}, {"platform", 0}, {"postcode", 0},
	} {
		if got := words.Nearly([]rune(c.word)); got != c.want {
			t.Errorf("%s: got %b, want %b", c.word, got, c.want)
		}
	}
}

// The longest phrase counts; gaps are loose, and a word ends where it is written.
func TestMatch(t *testing.T) {
	f := fold.New()
	l, err := words.New(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		end  int
		kind words.Kind
	}{
		{"verification  code is", 18, words.OTP},
		{"one-time-password", 17, words.OTP},
		{"验 证 码448190", 5, words.OTP},
		{"order code 12", 10, words.Claim},
		{"pinnacle", 0, 0},
	} {
		var v fold.View
		v.Fill(f, c.text)
		end, w := l.Match(&v, 0)
		if end != c.end || w.Kind&c.kind != c.kind {
			t.Errorf("%q: got %d %b, want %d %b", c.text, end, w.Kind, c.end, c.kind)
		}
	}
}

func TestDisguised(t *testing.T) {
	f := fold.New()
	for text, want := range map[string]int{"p@ssw0rd: x": 8, "p4$$word = x": 8, "p@ssw0rd and": 0, "p@ssion: x": 0, "p@ssw0r": 0} {
		var v fold.View
		v.Fill(f, text)
		if got := words.Disguised(&v, 0); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}
