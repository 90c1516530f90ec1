// Package look says how the window and its button look: one setting of the house.
// It keeps every colour readable, and writes what the pages need of it.
package look

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"maps"
	"regexp"
	"slices"

	"kefu/internal/domain/form"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// Bounds of a look.
const (
	MaxLabel    = 30       // characters on the button
	MaxGreeting = 120      // characters
	MaxLogo     = 40 << 10 // bytes of the picture
	MaxLogoSide = 256      // pixels
)

// Look is how the window looks.
type Look struct {
	Accent   string     `json:"accent" maxLength:"7" doc:"the one colour, as #rrggbb; shades that can be read on light and on dark are made of it"`
	Corners  string     `json:"corners" enum:"square,soft,round"`
	Theme    string     `json:"theme" enum:"system,light,dark"`
	Side     string     `json:"side" enum:"end,start" doc:"where the button stands; start is left in languages written from the left"`
	Label    form.Texts `json:"label,omitempty" doc:"on the button, by language"`
	Greeting form.Texts `json:"greeting,omitempty" doc:"the first line of the window, by language"`
	Logo     string     `json:"logo,omitempty" guard:"-" maxLength:"56000" doc:"a PNG picture in base64, at most 256 pixels wide and high"`
}

// Definition makes the look a kind of setting.
func Definition() settings.Definition {
	return settings.Define(settings.Kind[Look]{
		Name: "look", Singleton: true, Read: policy.ReadWorkSettings, Change: policy.ChangeSetup, Default: Default(),
		Said: func(Look, string) bool { return true },
	})
}

// Default is the look of a new deployment.
func Default() Look { return Look{Accent: "#0b5cad", Corners: "soft", Theme: "system", Side: "end"} }

// Validate implements settings.Value.
func (l Look) Validate() error {
	const op = "look.Validate"
	if _, err := parse(l.Accent); err != nil {
		return fault.InvalidFor(op, "accent", settings.Malformed, "must be a colour such as #0b5cad")
	}
	for field, c := range map[string]struct {
		value string
		of    []string
	}{
		"corners": {l.Corners, []string{"square", "soft", "round"}},
		"theme":   {l.Theme, []string{"system", "light", "dark"}},
		"side":    {l.Side, []string{"end", "start"}},
	} {
		if !slices.Contains(c.of, c.value) {
			return fault.InvalidFor(op, field, settings.Unknown, "must be one of %v", c.of)
		}
	}
	language := regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$`)
	for field, texts := range map[string]form.Texts{"label": l.Label, "greeting": l.Greeting} {
		most := MaxLabel
		if field == "greeting" {
			most = MaxGreeting
		}
		for _, tag := range slices.Sorted(maps.Keys(texts)) {
			if !language.MatchString(tag) {
				return fault.InvalidFor(op, field, settings.Malformed, "names %q, which is no language", tag)
			}
			if err := settings.CheckLine(field+"."+tag, texts[tag], most, true); err != nil {
				return err
			}
		}
	}
	if _, err := l.Picture(); err != nil {
		return err
	}
	return nil
}

// Picture is the logo, drawn anew: what is served was written by this program and
// holds nothing but the picture. Nil without a logo. Errors: Invalid.
func (l Look) Picture() ([]byte, error) {
	const op = "look.Picture"
	if l.Logo == "" {
		return nil, nil
	}
	data, err := base64.StdEncoding.DecodeString(l.Logo)
	if err != nil || len(data) > MaxLogo {
		return nil, fault.InvalidFor(op, "logo", settings.TooLong, "must be base64 of at most %d bytes", MaxLogo)
	}
	size, err := png.DecodeConfig(bytes.NewReader(data)) // before the pixels: their number is what costs
	if err != nil {
		return nil, fault.InvalidFor(op, "logo", settings.Malformed, "is no PNG picture")
	}
	if size.Width > MaxLogoSide || size.Height > MaxLogoSide {
		return nil, fault.InvalidFor(op, "logo", settings.OutOfRange, "is larger than %d pixels", MaxLogoSide)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fault.InvalidFor(op, "logo", settings.Malformed, "is no PNG picture")
	}
	plain := image.NewNRGBA(picture.Bounds())
	for y := plain.Rect.Min.Y; y < plain.Rect.Max.Y; y++ {
		for x := plain.Rect.Min.X; x < plain.Rect.Max.X; x++ {
			plain.Set(x, y, picture.At(x, y))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, plain); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return out.Bytes(), nil
}
