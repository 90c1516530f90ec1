package fold_test

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"kefu/internal/domain/guard/fold"
)

func TestFill(t *testing.T) {
	f := fold.New()
	for _, c := range []struct{ text, want string }{
		{"Hello 42", "hello 42"},
		{"４２４２　Ａ", "4242 a"},
		{"٤٢ ४२ 𝟒𝟐 ④② 4️⃣", "42 42 42 42 4"},
		{"4\u200b2\u00ad4\ufeff2", "4242"},
		{"contraseña Über", "contrasena uber"},
		{"p\u0430ssword \u0441vv", "password cvv"}, // Cyrillic letters among Latin ones
		{"пароль", "пароль"},
		{"密码：", "密码:"},
	} {
		var v fold.View
		v.Fill(f, c.text)
		if got := string(v.Char); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// Every folded range leads back to a range of the text that is in order and
// inside it, whatever was dropped or became several.
func TestOriginalStaysInTheText(t *testing.T) {
	f := fold.New()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text") + rapid.StringMatching(`[a-z4２㎏한\x{200b}é]{0,8}`).Draw(t, "more")
		var v fold.View
		v.Fill(f, text)
		if len(v.Char) == 0 {
			return
		}
		start := rapid.IntRange(0, len(v.Char)-1).Draw(t, "start")
		end := rapid.IntRange(start+1, len(v.Char)).Draw(t, "end")
		from, to := v.Original(start, end)
		if from < 0 || to <= from || int(to) > utf8.RuneCountInString(text) {
			t.Fatalf("%q %d-%d leads to %d-%d", text, start, end, from, to)
		}
	})
}
