package look

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"kefu/internal/platform/fault"
)

// colour is in sRGB, each part from 0 to 1.
type colour [3]float64

// The surfaces of the window, and the inks on what is coloured; ui/kit/tokens.css.
func white() colour       { return colour{1, 1, 1} }
func darkSurface() colour { return colour{0x16 / 255.0, 0x19 / 255.0, 0x1d / 255.0} }
func darkInk() colour     { return colour{0x0c / 255.0, 0x1b / 255.0, 0x2b / 255.0} }

// readable is the contrast that WCAG 2.2 asks of text (success criterion 1.4.3).
const readable = 4.5

func parse(text string) (colour, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "#"))
	if err != nil || len(raw) != 3 || !strings.HasPrefix(text, "#") {
		return colour{}, fault.New(fault.Invalid, "look.parse", "is no colour")
	}
	return colour{float64(raw[0]) / 255, float64(raw[1]) / 255, float64(raw[2]) / 255}, nil
}

func (c colour) String() string {
	part := func(v float64) int { return int(math.Round(255 * min(max(v, 0), 1))) }
	return fmt.Sprintf("#%02x%02x%02x", part(c[0]), part(c[1]), part(c[2]))
}

// luminance is the relative luminance of WCAG 2.2.
func (c colour) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is that of WCAG 2.2, from 1 to 21.
func contrast(a, b colour) float64 {
	high, low := a.luminance(), b.luminance()
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func mix(a, b colour, part float64) colour {
	return colour{a[0] + part*(b[0]-a[0]), a[1] + part*(b[1]-a[1]), a[2] + part*(b[2]-a[2])}
}

// towards moves a colour towards another until it can be read on a surface. What
// is written in hex is a little off: it is judged as it is written.
func (c colour) towards(end, on colour) colour {
	for part := 0.0; part <= 1; part += 0.02 {
		moved, _ := parse(mix(c, end, part).String())
		if contrast(moved, on) >= readable {
			return moved
		}
	}
	return end
}

// shades are the accent's colours on one surface.
type shades struct{ accent, hover, soft, on colour }

// on is what is written on a colour: the one of the two inks that is read better.
func ink(of colour) colour {
	if contrast(white(), of) >= contrast(darkInk(), of) {
		return white()
	}
	return darkInk()
}

func (l Look) light() shades {
	base, _ := parse(l.Accent) // validated
	accent := base.towards(colour{}, white())
	return shades{accent, mix(accent, colour{}, 0.16), mix(accent, white(), 0.9), ink(accent)}
}

func (l Look) dark() shades {
	base, _ := parse(l.Accent)
	accent := base.towards(white(), darkSurface())
	accent = accent.towards(white(), darkInk()) // it carries dark ink
	return shades{accent, mix(accent, white(), 0.2), mix(accent, darkSurface(), 0.78), darkInk()}
}
