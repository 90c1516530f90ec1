// Package applink says where links may lead that another system gives us for people to
// follow, such as a wallet's into its app: to the places that the operator named, and
// nowhere else. It opens nothing.
package applink

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"kefu/internal/platform/fault"
)

// Places are where links may lead: pages, by their origin, and apps, by the scheme of
// their links. The zero value leads nowhere.
type Places struct{ places []string } // "https://wallet.example", "acmepay:"

// Bounds.
const (
	Max     = 20   // places
	maxLink = 2048 // bytes of a link
)

// Read reads a list of places, each an origin such as https://wallet.example or the
// scheme of an app's links such as acmepay:. Plain http is for this machine alone. Errors:
// Invalid.
func Read(places []string) (Places, error) {
	const op = "applink.Read"
	if len(places) > Max {
		return Places{}, fault.InvalidField(op, "links", "name more than %d places", Max)
	}
	var l Places
	for _, place := range places {
		plain := strings.ToLower(place)
		switch scheme, host, page := strings.Cut(plain, "://"); {
		case page && host != "" && isPage(scheme, host):
			plain = scheme + "://" + strings.TrimSuffix(host, ":"+map[string]string{"https": "443", "http": "80"}[scheme])
		case isApp(strings.TrimSuffix(strings.TrimSuffix(plain, "//"), ":")) && strings.Contains(plain, ":"):
			plain = strings.TrimSuffix(plain, "//")
		default:
			return Places{}, fault.InvalidField(op, "links", "%q is neither the origin of a page nor the scheme of an app's links", place)
		}
		l.places = append(l.places, plain)
	}
	return l, nil
}

// isPage tells whether scheme and host are an origin that a link may lead to.
func isPage(scheme, host string) bool {
	u, err := url.Parse(scheme + "://" + host)
	if err != nil || u.Host != host || u.Hostname() == "" || u.User != nil || strings.ContainsAny(host, "*\\ ") {
		return false
	}
	return scheme == "https" || (scheme == "http" && onThisMachine(u.Hostname()))
}

func onThisMachine(name string) bool {
	address, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || (err == nil && address.IsLoopback())
}

// isApp tells whether a scheme may be that of an app's links: none that a browser or a
// telephone takes for something else (IANA, WHATWG HTML).
func isApp(scheme string) bool {
	for i, c := range []byte(scheme) {
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	taken := []string{
		"about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "geo", "http", "https", "intent", "jar", "javascript", "livescript", "mailto", "market",
		"ms-settings", "resource", "shell", "sms", "smsto", "tel", "vbscript", "view-source", "ws", "wss",
	}
	return scheme != "" && len(scheme) <= 40 && !slices.Contains(taken, scheme)
}

// Lead tells whether a link leads to one of the places. What two programs could read
// differently does not.
func (l Places) Lead(link string) bool {
	return wellFormed(link) && slices.ContainsFunc(l.places, func(place string) bool {
		if len(link) < len(place) || !strings.EqualFold(link[:len(place)], place) {
			return false
		}
		rest := link[len(place):]
		if strings.HasSuffix(place, ":") { // an app's, whatever comes behind
			return rest != "" && rest != "//"
		}
		return rest == "" || strings.ContainsRune("/?#", rune(rest[0]))
	})
}

// wellFormed tells whether a link is written so that every program reads it alike.
func wellFormed(link string) bool {
	for _, c := range []byte(link) {
		if c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	u, err := url.Parse(link)
	return err == nil && u.Scheme != "" && u.User == nil && len(link) <= maxLink
}

// Check refuses what is no link into an app or to a page at all, wherever it leads.
// Errors: Invalid.
func Check(link string) error {
	u, err := url.Parse(link)
	if !wellFormed(link) || err != nil || (!isPage(strings.ToLower(u.Scheme), strings.ToLower(u.Host)) && !isApp(strings.ToLower(u.Scheme))) {
		return fault.InvalidField("applink.Check", "link", "leads to no page and into no app")
	}
	return nil
}

// Place names the place that a link leads to, for the log: its origin or its scheme, and
// nothing that would open anything.
func Place(link string) string {
	u, err := url.Parse(link)
	switch {
	case err != nil || u.Scheme == "":
		return "no address"
	case isPage(strings.ToLower(u.Scheme), strings.ToLower(u.Host)):
		return strings.ToLower(u.Scheme + "://" + u.Host)
	default:
		return strings.ToLower(u.Scheme) + ":"
	}
}

// String lists the places.
func (l Places) String() string { return strings.Join(l.places, ", ") }
