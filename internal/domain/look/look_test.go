package look_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"regexp"
	"strings"
	"testing"

	"kefu/internal/domain/form"
	"kefu/internal/domain/look"
	"kefu/internal/platform/fault"

	"pgregory.net/rapid"
)

func picture(t testing.TB, side int) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

func TestValidate(t *testing.T) {
	if err := look.Default().Validate(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*look.Look){
		"accent":      func(l *look.Look) { l.Accent = "red;}body{display:none" },
		"corners":     func(l *look.Look) { l.Corners = "" },
		"theme":       func(l *look.Look) { l.Theme = "sepia" },
		"side":        func(l *look.Look) { l.Side = "top" },
		"label":       func(l *look.Look) { l.Label = form.Texts{"no language": "x"} },
		"label.en":    func(l *look.Look) { l.Label = form.Texts{"en": strings.Repeat("x", look.MaxLabel+1)} },
		"greeting.en": func(l *look.Look) { l.Greeting = form.Texts{"en": "two\nlines"} },
		"logo":        func(l *look.Look) { l.Logo = base64.StdEncoding.EncodeToString([]byte("<svg onload=alert(1)>")) },
	} {
		l := look.Default()
		spoil(&l)
		if err := l.Validate(); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != field {
			t.Errorf("%s: %v names %q", field, err, fault.FieldOf(err))
		}
	}
	l := look.Default()
	if l.Logo = picture(t, look.MaxLogoSide+1); fault.FieldOf(l.Validate()) != "logo" {
		t.Error("a logo that is too large is taken")
	}
	l.Logo = picture(t, 64)
	if again, err := l.Picture(); err != nil || len(again) == 0 {
		t.Errorf("the logo: %d bytes, %v", len(again), err)
	}
}

// luminance and contrast are written here once more, as WCAG 2.2 defines them.
func contrast(t *rapid.T, a, b string) float64 {
	of := func(text string) float64 {
		var r, g, bl int
		if _, err := fmt.Sscanf(text, "#%02x%02x%02x", &r, &g, &bl); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		f := func(v int) float64 {
			if c := float64(v) / 255; c > 0.04045 {
				return math.Pow((c+0.055)/1.055, 2.4)
			}
			return float64(v) / 255 / 12.92
		}
		return 0.2126*f(r) + 0.7152*f(g) + 0.0722*f(bl)
	}
	x, y := of(a), of(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Whatever colour an operator chooses, it is read on light, on dark, and under what
// is written on it.
func TestEveryAccentCanBeRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := look.Default()
		l.Accent = fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "accent"))
		if err := l.Validate(); err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`--accent:(#\w+);--accent-hover:#\w+;--accent-soft:#\w+;--on-accent:(#\w+)`).FindAllStringSubmatch(l.CSS(""), -1)
		if len(found) != 3 {
			t.Fatalf("%d sets of shades in %s", len(found), l.CSS(""))
		}
		for i, surface := range []string{"#ffffff", "#16191d", "#16191d"} {
			accent, on := found[i][1], found[i][2]
			if c := contrast(t, accent, surface); c < 4.5 {
				t.Fatalf("%s becomes %s, %.2f against %s", l.Accent, accent, c, surface)
			}
			if c := contrast(t, on, accent); c < 4.5 {
				t.Fatalf("%s on %s: %.2f", on, accent, c)
			}
		}
	})
}

func TestWhatThePagesAreTold(t *testing.T) {
	l := look.Default()
	l.Side, l.Theme, l.Corners, l.Label = "start", "dark", "square", form.Texts{"en": "</script>"}
	told, err := l.Button()
	if err != nil || bytes.Contains(told, []byte("</script>")) {
		t.Fatalf("%s, %v", told, err)
	}
	var b look.Button
	if err := json.Unmarshal(told, &b); err != nil || b.Side != "start" || b.Theme != "dark" || b.Label["en"] != "</script>" {
		t.Errorf("%+v, %v", b, err)
	}
	css := l.CSS("/frame/logo.png?v=abc")
	for _, part := range []string{"color-scheme:dark", "--radius-l:4px", "/frame/logo.png?v=abc"} {
		if !strings.Contains(css, part) {
			t.Errorf("%q is not in %s", part, css)
		}
	}
}
