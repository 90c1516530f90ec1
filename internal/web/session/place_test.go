package session_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"kefu/internal/web/session"
)

func TestWhatIsToldOfADevice(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox · Linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                   "Chrome · macOS",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0":               "Edge · Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari · iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36":                            "Chrome · Android",
		"curl/8.5": "", "": "", "<script>alert(1)</script>": "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User-Agent", agent)
		if got := session.Device(r); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}

func TestSurroundingsAreWide(t *testing.T) {
	for address, want := range map[string]string{"198.51.100.7": "198.51.100.0/24", "2001:db8:1:2::3": "2001:db8:1::/48"} {
		if got := session.Surroundings(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	if got := session.Surroundings(netip.Addr{}); got != "" {
		t.Errorf("no address: %s", got)
	}
}
