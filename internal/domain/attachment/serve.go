package attachment

import (
	"fmt"
	"strings"
)

// Headers gives the HTTP headers under which a file of type t is served, beside
// SafeHeaders: as a download (RFC 6266), and of exactly this type. A picture can
// still be shown by an img element.
func Headers(name string, t Type) map[string]string {
	media := string(t)
	if t == Text {
		media += "; charset=utf-8" // what Accept lets pass and the guard could read
	}
	return map[string]string{
		"Content-Type":        media,
		"Content-Disposition": disposition(CleanName(name, t)),
	}
}

// SafeHeaders gives the HTTP headers of every answer where files are served,
// always from an origin of its own: without rights should a browser open it
// after all, and kept by nobody on the way.
func SafeHeaders() map[string]string {
	return map[string]string{
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "private, no-store",
	}
}

// disposition writes the name twice when it is not plain ASCII: for old clients
// with the other characters replaced, and in the form of RFC 8187.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	header := `attachment; filename="` + plain + `"`
	if plain == name {
		return header
	}
	var b strings.Builder
	for _, c := range []byte(name) {
		if isAttrChar(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return header + "; filename*=UTF-8''" + b.String()
}

// isAttrChar tells attr-char (RFC 8187 section 3.2.1).
func isAttrChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	default:
		return strings.IndexByte("!#$&+-.^_`|~", c) >= 0
	}
}
