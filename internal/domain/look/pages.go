package look

import (
	"encoding/json"
	"fmt"
	"strings"

	"kefu/internal/domain/form"
)

// Button is what the loader is told, beside its own code.
type Button struct {
	CSS   string     `json:"css"`
	Theme string     `json:"theme,omitempty"`
	Side  string     `json:"side,omitempty"`
	Label form.Texts `json:"label,omitempty"`
}

// Button is the look of the button in the wallet's page, as JSON.
func (l Look) Button() ([]byte, error) {
	light, dark := l.light(), l.dark()
	set := func(s shades) string { return fmt.Sprintf("{--a:%s;--o:%s}", s.accent, s.on) }
	b := Button{Label: l.Label, CSS: ":host" + set(light) +
		"@media(prefers-color-scheme:dark){:host(:not([data-theme=light]))" + set(dark) + "}:host([data-theme=dark])" + set(dark)}
	if l.Theme != "system" {
		b.Theme = l.Theme
	}
	if l.Side == "start" {
		b.Side = l.Side
	}
	if l.Corners == "square" {
		b.CSS += "button{border-radius:6px}"
	}
	return json.Marshal(b)
}

// CSS is the look of the frame: a stylesheet that comes before anything is drawn,
// so that nothing is seen in other colours first. logo is the address of its picture, "" for
// none. light-dark() is spelled out, as the built styles do for older browsers.
func (l Look) CSS(logo string) string {
	var b strings.Builder
	set := func(s shades) string {
		return fmt.Sprintf("--accent:%s;--accent-hover:%s;--accent-soft:%s;--on-accent:%s", s.accent, s.hover, s.soft, s.on)
	}
	light, dark := set(l.light()), set(l.dark())
	// Twice :root counts for more than the built styles, whichever come first.
	switch l.Theme {
	case "light":
		fmt.Fprintf(&b, ":root:root{%s}:root:root:not([data-theme]){color-scheme:light;--lightningcss-light:initial;--lightningcss-dark: }", light)
	case "dark":
		fmt.Fprintf(&b, ":root:root{%s}:root:root[data-theme=light]{%s}", dark, light)
		b.WriteString(":root:root:not([data-theme]){color-scheme:dark;--lightningcss-light: ;--lightningcss-dark:initial}")
	default:
		fmt.Fprintf(&b, ":root:root{%s}@media(prefers-color-scheme:dark){:root:root:not([data-theme=light]){%s}}", light, dark)
	}
	fmt.Fprintf(&b, ":root:root[data-theme=dark]{%s}", dark)
	switch l.Corners {
	case "square":
		b.WriteString(":root:root{--radius-s:2px;--radius-m:3px;--radius-l:4px}")
	case "round":
		b.WriteString(":root:root{--radius-s:6px;--radius-m:12px;--radius-l:20px}")
	}
	if logo != "" {
		fmt.Fprintf(&b, ":root:root .logo{display:block;background:url(%s) center/contain no-repeat}", logo)
	}
	return b.String()
}
