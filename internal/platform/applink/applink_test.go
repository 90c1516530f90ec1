package applink_test

import (
	"net/url"
	"strings"
	"testing"

	"kefu/internal/platform/applink"
	"kefu/internal/platform/fault"
)

func places(t testing.TB) applink.Places {
	t.Helper()
	l, err := applink.Read([]string{"https://Wallet.example", "https://pay.example:8443", "acmepay:", "acme.two://", "http://localhost:7000"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLinksLeadWhereTheOperatorSaid(t *testing.T) {
	t.Parallel()
	l := places(t)
	for link, want := range map[string]bool{
		"https://wallet.example":                              true,
		"https://wallet.example/":                             true,
		"https://WALLET.example/ask?id=1#x":                   true,
		"https://wallet.example?ask=1":                        true,
		"https://pay.example:8443/x":                          true,
		"http://localhost:7000/?ask=1":                        true,
		"acmepay://confirm/1":                                 true,
		"AcmePay:confirm":                                     true,
		"acme.two://confirm":                                  true,
		"":                                                    false,
		"https://wallet.example.evil.com/":                    false,
		"https://wallet.example:444/":                         false,
		"https://wallet.example@evil.com/":                    false,
		"https://a@wallet.example/":                           false,
		"https://evil.com/https://wallet.example":             false,
		"http://wallet.example/":                              false,
		"//wallet.example/":                                   false,
		"https:/wallet.example/":                              false,
		"https:wallet.example/":                               false,
		"https://wallet.example\\@evil.com/":                  false,
		"https://wallet.example\t.evil.com/":                  false,
		" https://wallet.example/":                            false,
		"https://wallet.example/\n":                           false,
		"https://pay.example/":                                false,
		"https://sub.wallet.example/":                         false,
		"http://localhost:7001/":                              false,
		"acmepay:":                                            false,
		"acmepay://":                                          false,
		"acmepayx://confirm":                                  false,
		"javascript:alert(1)":                                 false,
		"data:text/html,x":                                    false,
		"https://wallet.example/" + strings.Repeat("a", 2048): false,
	} {
		if got := l.Lead(link); got != want {
			t.Errorf("%q leads there: %v", link, got)
		}
		if (applink.Places{}).Lead(link) {
			t.Errorf("%q leads somewhere although nothing is named", link)
		}
	}
}

func TestPlacesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"", "wallet.example", "https://", "https://wallet.example/path", "https://wallet.example/", "https://a:b@wallet.example", "http://wallet.example", "https://*.wallet.example",
		"javascript:", "data:", "intent:", "file:", "tel:", "https:", "acmepay", "acme pay:", "1pay:", ":", "ws://x", "acmepay://host",
	} {
		if _, err := applink.Read([]string{place}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken: %v", place, err)
		}
	}
	if _, err := applink.Read(make([]string, applink.Max+1)); !fault.Is(err, fault.Invalid) {
		t.Errorf("no bound: %v", err)
	}
}

func TestWhatIsNoLinkAtAll(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]bool{
		"https://elsewhere.example/x": true, "otherapp://x": true, "http://localhost/x": true,
		"javascript:alert(1)": false, "data:text/html,x": false, "http://elsewhere.example": false, "x": false, "https://a b": false, "vbscript:x": false, "blob:https://x": false,
	} {
		if err := applink.Check(link); (err == nil) != want {
			t.Errorf("%q: %v", link, err)
		}
	}
	for link, want := range map[string]string{"https://evil.com/ask?secret=1": "https://evil.com", "otherapp://secret": "otherapp:", "\x00": "no address"} {
		if got := applink.Place(link); got != want {
			t.Errorf("%q is told as %q", link, got)
		}
	}
}

// Whatever is taken: a browser reads it as leading to one of the places too.
func FuzzLead(f *testing.F) {
	for _, link := range []string{"https://wallet.example/", "https://wallet.example@evil.com", "acmepay:x", "https://wallet.example\\x", "HTTPS://WALLET.EXAMPLE?x"} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if !places(t).Lead(link) {
			return
		}
		u, err := url.Parse(link)
		if err != nil || u.User != nil {
			t.Fatalf("%q is taken", link)
		}
		switch strings.ToLower(u.Scheme) {
		case "acmepay", "acme.two":
		case "https":
			if host := strings.ToLower(u.Host); host != "wallet.example" && host != "pay.example:8443" {
				t.Errorf("%q leads to %s", link, host)
			}
		default:
			if u.Host != "localhost:7000" {
				t.Errorf("%q leads to %s", link, u.Host)
			}
		}
	})
}
