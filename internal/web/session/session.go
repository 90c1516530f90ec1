// Package session carries a staff session over HTTP: in a cookie for browsers,
// in the Authorization header for programs. It tells where a request really
// comes from, and refuses those that another site made a browser send. Whose
// session it is, and what that person may do, is decided elsewhere.
package session

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"kefu/internal/platform/fault"
)

// Options say how the server is reached.
type Options struct {
	PublicURL      string   // of the desk, as a browser shows it
	TrustedProxies []string // addresses or networks whose X-Forwarded-For is believed
}

// Carrier reads and writes what carries a session. It is safe for concurrent use.
type Carrier struct {
	origin  string
	secure  bool
	trusted []netip.Prefix
}

// New makes a Carrier. Errors: Invalid for an address that is none.
func New(o Options) (*Carrier, error) {
	const op = "session.New"
	u, err := url.Parse(o.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fault.InvalidField(op, "public_url", "is no web address")
	}
	c := &Carrier{origin: u.Scheme + "://" + strings.ToLower(u.Host), secure: u.Scheme == "https"}
	for _, text := range o.TrustedProxies {
		prefix, err := parseNetwork(text)
		if err != nil {
			return nil, fault.InvalidField(op, "trusted_proxies", "%q is neither an address nor a network", text)
		}
		c.trusted = append(c.trusted, prefix)
	}
	return c, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix.Masked(), err
}

// CookieName is the name of the cookie. Over https its prefix makes browsers
// refuse it from any other host and over http (RFC 6265bis section 4.1.3).
func (c *Carrier) CookieName() string {
	if c.secure {
		return "__Host-kefu_session"
	}
	return "kefu_session"
}

// Cookie carries a session token to a browser.
func (c *Carrier) Cookie(token string, expires time.Time) http.Cookie {
	return http.Cookie{
		Name: c.CookieName(), Value: token, Path: "/", Expires: expires.UTC(),
		HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteStrictMode,
	}
}

// NoCookie takes the cookie away.
func (c *Carrier) NoCookie() http.Cookie {
	cookie := c.Cookie("", time.Unix(0, 0))
	cookie.MaxAge = -1
	return cookie
}

// Token is the session token of a request, and whether a browser sent it by
// itself. The header wins over the cookie. A cookie that comes twice counts as
// none: one of them was planted.
func (c *Carrier) Token(r *http.Request) (token string, byCookie bool) {
	if token = Bearer(r); token != "" {
		return token, false
	}
	if len(r.Header.Values("Authorization")) > 0 {
		return "", false
	}
	if found := r.CookiesNamed(c.CookieName()); len(found) == 1 && found[0].Value != "" {
		return found[0].Value, true
	}
	return "", false
}

// Bearer is the token of an Authorization header (RFC 6750 section 2.1), or "".
func Bearer(r *http.Request) string {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || strings.ContainsAny(token, " ,") {
		return ""
	}
	return token
}

// CheckSource refuses a request that changes something and was not made by our
// own page: one with a foreign Origin, one that the browser says came from
// another site (Fetch Metadata), and, where the cookie speaks for it, one
// without any Origin or with a body that an HTML form could send.
//
// Errors: Forbidden.
func (c *Carrier) CheckSource(r *http.Request, byCookie bool) error {
	const op = "session.CheckSource"
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	origins := r.Header.Values("Origin")
	for _, origin := range origins {
		if !strings.EqualFold(origin, c.origin) {
			return fault.New(fault.Forbidden, op, "the request comes from another origin")
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return fault.New(fault.Forbidden, op, "the request comes from another site")
	}
	if !byCookie {
		return nil
	}
	if len(origins) != 1 {
		return fault.New(fault.Forbidden, op, "a request with the cookie names no origin")
	}
	if r.ContentLength != 0 && formBody(r.Header.Get("Content-Type")) {
		return fault.New(fault.Forbidden, op, "the body is of a kind that any page could send")
	}
	return nil
}

// formBody tells bodies that a page may send to another site without asking
// (Fetch standard, CORS-safelisted request headers). multipart is left to the
// other checks, because uploads need it.
func formBody(contentType string) bool {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	media = strings.TrimSpace(media)
	return media == "" || media == "text/plain" || media == "application/x-www-form-urlencoded"
}

// Peer is the address that a request comes from: the other end of the
// connection, or, when that is a trusted proxy, the last address before the
// trusted ones in X-Forwarded-For. No other header is believed. It is the zero
// address when the connection has none.
func (c *Carrier) Peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	peer := at.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && c.trusts(peer); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = hop.Unmap().WithZone("")
	}
	return peer
}

func (c *Carrier) trusts(addr netip.Addr) bool {
	for _, network := range c.trusted {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// Network names the network that limits count an address under: an IPv4
// address alone, an IPv6 address with the /64 that one subscriber holds.
func Network(addr netip.Addr) string {
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}

// NetworkOf is the network of whoever made a request, as peer tells it; "" where it
// cannot tell.
func NetworkOf(r *http.Request, peer func(*http.Request) netip.Addr) string {
	if peer == nil {
		return ""
	}
	if addr := peer(r); addr.IsValid() {
		return Network(addr)
	}
	return ""
}

// CookieOf is the staff session of a browser, or "". The window's page is of the same
// site as the desk's, so that browsers send the cookie along with its connections too:
// for those it must not speak. A cookie that comes twice counts as none: one of them
// was planted.
func CookieOf(r *http.Request, name, deskOrigin string) string {
	for _, origin := range r.Header.Values("Origin") {
		if origin != deskOrigin {
			return ""
		}
	}
	if found := r.CookiesNamed(name); len(found) == 1 {
		return found[0].Value
	}
	return ""
}
