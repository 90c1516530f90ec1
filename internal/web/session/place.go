package session

import (
	"net/http"
	"net/netip"
	"strings"
)

// Device names the browser and the system of a request as far as somebody needs it
// to know their own again, such as "Firefox · Linux". What cannot be told is "".
func Device(r *http.Request) string {
	agent := r.UserAgent()
	browser := firstNamed(agent, []named{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	})
	system := firstNamed(agent, []named{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	})
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	default:
		return browser + " · " + system
	}
}

// named is what a browser calls a thing, and what people call it.
type named struct{ sign, name string }

func firstNamed(agent string, all []named) string {
	for _, n := range all {
		if strings.Contains(agent, n.sign) {
			return n.name
		}
	}
	return ""
}

// Surroundings is the network around an address, too wide to find anybody by: 24
// bits of an IPv4 address, 48 of an IPv6 one.
func Surroundings(addr netip.Addr) string {
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	prefix, err := addr.Prefix(bits)
	if err != nil || !prefix.IsValid() { // of no address
		return ""
	}
	return prefix.String()
}
