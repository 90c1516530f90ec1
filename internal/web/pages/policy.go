package pages

import (
	"cmp"
	"net/http"
)

// policy is what a page may do, as response headers.
type policy struct {
	csp      string
	opener   string // Cross-Origin-Opener-Policy, if any
	embedded bool   // whether other sites may hold the page in a frame
	referrer string // Referrer-Policy; empty: none is sent
}

func (p policy) set(h http.Header) {
	h.Set("Content-Security-Policy", p.csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", cmp.Or(p.referrer, "no-referrer"))
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	if p.opener != "" {
		h.Set("Cross-Origin-Opener-Policy", p.opener)
	}
	if !p.embedded {
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
	}
}

// Headers are those of a page that no site may hold and that opens nothing, under a
// content security policy of its own.
func Headers(h http.Header, csp string) { policy{csp: csp, opener: "same-origin"}.set(h) }

// Strict tells browsers to use https alone for a year (RFC 6797), on whatever
// next serves.
func Strict(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}
