package session_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/web/session"
)

func carrier(t *testing.T, public string, proxies ...string) *session.Carrier {
	t.Helper()
	c, err := session.New(session.Options{PublicURL: public, TrustedProxies: proxies})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const https = "https://desk.example.org"

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	for _, o := range []session.Options{
		{}, {PublicURL: "desk.example.org"}, {PublicURL: "ftp://desk.example.org"}, {PublicURL: "https://"}, {PublicURL: "https://a b"},
		{PublicURL: https, TrustedProxies: []string{"proxy"}},
		{PublicURL: https, TrustedProxies: []string{"10.0.0.0/33"}},
		{PublicURL: https, TrustedProxies: []string{""}},
	} {
		if _, err := session.New(o); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) == "" {
			t.Errorf("New(%+v): %v", o, err)
		}
	}
}

func TestTheCookieIsForUsAlone(t *testing.T) {
	until := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	cookie := carrier(t, https).Cookie("secret", until)
	if got := cookie.String(); got != "__Host-kefu_session=secret; Path=/; Expires=Thu, 26 Nov 2026 12:00:00 GMT; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("over https: %s", got)
	}
	cookie = carrier(t, "http://localhost:8080").Cookie("secret", until)
	if cookie.Name != "kefu_session" || cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("over http: %s", cookie.String())
	}
	gone := carrier(t, https).NoCookie()
	if got := gone.String(); !strings.HasPrefix(got, "__Host-kefu_session=; Path=/;") || !strings.Contains(got, "Max-Age=0") || !strings.Contains(got, "Secure") {
		t.Errorf("taken away: %s", got)
	}
}

func TestWhereATokenIsTakenFrom(t *testing.T) {
	c := carrier(t, https)
	const ours = "__Host-kefu_session="
	for name, test := range map[string]struct {
		authorization, cookies []string
		token                  string
		byCookie               bool
	}{
		"nothing":                    {},
		"a cookie":                   {cookies: []string{ours + "a"}, token: "a", byCookie: true},
		"among others":               {cookies: []string{"x=1; " + ours + "a; y=2"}, token: "a", byCookie: true},
		"a planted one before it":    {cookies: []string{ours + "planted; " + ours + "a"}},
		"a planted one in a header":  {cookies: []string{ours + "a", ours + "planted"}},
		"twice the same":             {cookies: []string{ours + "a; " + ours + "a"}},
		"an empty one":               {cookies: []string{ours}},
		"without the prefix":         {cookies: []string{"kefu_session=a"}},
		"another case":               {cookies: []string{"__host-kefu_session=a"}},
		"a bearer":                   {authorization: []string{"Bearer b"}, token: "b"},
		"a bearer in another case":   {authorization: []string{"bearer b"}, token: "b"},
		"a bearer wins":              {authorization: []string{"Bearer b"}, cookies: []string{ours + "a"}, token: "b"},
		"two headers":                {authorization: []string{"Bearer b", "Bearer c"}, cookies: []string{ours + "a"}},
		"two tokens":                 {authorization: []string{"Bearer b, Bearer c"}, cookies: []string{ours + "a"}},
		"another scheme":             {authorization: []string{"Basic b"}, cookies: []string{ours + "a"}},
		"no token":                   {authorization: []string{"Bearer"}, cookies: []string{ours + "a"}},
		"an empty token":             {authorization: []string{"Bearer "}, cookies: []string{ours + "a"}},
		"an empty header":            {authorization: []string{""}, cookies: []string{ours + "a"}},
		"a token behind two spaces":  {authorization: []string{"Bearer  b"}, cookies: []string{ours + "a"}},
		"a token with more after it": {authorization: []string{"Bearer b c"}, cookies: []string{ours + "a"}},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"], r.Header["Cookie"] = test.authorization, test.cookies
		if token, byCookie := c.Token(r); token != test.token || byCookie != test.byCookie {
			t.Errorf("%s: %q %v, want %q %v", name, token, byCookie, test.token, test.byCookie)
		}
	}
}

func TestWhereARequestComesFrom(t *testing.T) {
	proxies := []string{"10.0.0.0/8", "192.0.2.1", "2001:db8:ffff::/48"}
	for name, test := range map[string]struct {
		proxies   []string
		remote    string
		forwarded []string
		want      string
	}{
		"directly":                        {proxies, "198.51.100.7:1", nil, "198.51.100.7"},
		"directly, with a lie":            {proxies, "198.51.100.7:1", []string{"203.0.113.9"}, "198.51.100.7"},
		"no proxies, with a lie":          {nil, "10.0.0.1:1", []string{"203.0.113.9"}, "10.0.0.1"},
		"through a proxy":                 {proxies, "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		"a lie before the proxy's word":   {proxies, "10.0.0.1:1", []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		"a lie in a header of its own":    {proxies, "10.0.0.1:1", []string{"127.0.0.1", "203.0.113.9"}, "203.0.113.9"},
		"a lie that names a proxy":        {proxies, "10.0.0.1:1", []string{"10.9.9.9, 203.0.113.9"}, "203.0.113.9"},
		"through two proxies":             {proxies, "10.0.0.1:1", []string{"203.0.113.9, 192.0.2.1"}, "203.0.113.9"},
		"proxies only":                    {proxies, "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"a proxy that says nothing":       {proxies, "10.0.0.1:1", nil, "10.0.0.1"},
		"a proxy that says nonsense":      {proxies, "10.0.0.1:1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		"nonsense further away":           {proxies, "10.0.0.1:1", []string{"<script>, 203.0.113.9"}, "203.0.113.9"},
		"with a port":                     {proxies, "10.0.0.1:1", []string{"203.0.113.9:80"}, "10.0.0.1"},
		"IPv6 through a proxy":            {proxies, "[2001:db8:ffff::1]:1", []string{"2001:db8:1::5"}, "2001:db8:1::5"},
		"IPv4 in IPv6":                    {proxies, "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"with a zone":                     {proxies, "[fe80::1%eth0]:1", nil, "fe80::1"},
		"no address at all (a unix pipe)": {proxies, "@", []string{"203.0.113.9"}, "invalid IP"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.remote
		r.Header["X-Forwarded-For"] = test.forwarded
		r.Header.Set("X-Real-Ip", "203.0.113.200")
		r.Header.Set("Forwarded", "for=203.0.113.201")
		r.Header.Set("True-Client-Ip", "203.0.113.202")
		if got := carrier(t, https, test.proxies...).Peer(r).String(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestNetworksAreWhatOneSubscriberHolds(t *testing.T) {
	for addr, want := range map[string]string{
		"198.51.100.7": "198.51.100.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::1": "2001:db8:1:2::/64", "2001:db8:1:3::1": "2001:db8:1:3::/64",
	} {
		if got := session.Network(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Network(%s) = %s, want %s", addr, got, want)
		}
	}
	if got := session.Network(netip.Addr{}); got == "" {
		t.Error("no address has no name, so that it would not be limited")
	}
}

func TestOnlyOurOwnPageMayChange(t *testing.T) {
	c := carrier(t, https)
	const json, form = "application/json", "multipart/form-data; boundary=b"
	for name, test := range map[string]struct {
		method, origin, site, media string
		byCookie, ok                bool
	}{
		"our page":                         {"POST", https, "same-origin", json, true, true},
		"our page, uploading":              {"POST", https, "same-origin", form, true, true},
		"an old browser":                   {"POST", https, "", json, true, true},
		"our page in other letters":        {"POST", "HTTPS://Desk.Example.org", "", json, true, true},
		"a program":                        {"POST", "", "", json, false, true},
		"a program, whatever it sends":     {"POST", "", "", "text/plain", false, true},
		"a cookie without an origin":       {"POST", "", "", json, true, false},
		"a cookie without an origin, Node": {"DELETE", "", "same-origin", json, true, false},
		"another site":                     {"POST", "https://evil.example", "cross-site", json, true, false},
		"another site, with a token":       {"POST", "https://evil.example", "cross-site", json, false, false},
		"another site, signing in":         {"POST", "https://evil.example", "", json, false, false},
		"no page":                          {"POST", "null", "", json, true, false},
		"http":                             {"POST", "http://desk.example.org", "", json, true, false},
		"another port":                     {"POST", https + ":444", "", json, true, false},
		"a subdomain":                      {"POST", "https://x.desk.example.org", "same-site", json, true, false},
		"a longer name":                    {"POST", https + ".evil.example", "", json, true, false},
		"our origin, another site":         {"POST", https, "cross-site", json, true, false},
		"our origin, the same site":        {"PUT", https, "same-site", json, true, false},
		"typed in":                         {"POST", "", "none", json, false, false},
		"a form":                           {"POST", https, "", "application/x-www-form-urlencoded", true, false},
		"a form of text":                   {"POST", https, "", "text/plain; charset=utf-8", true, false},
		"a form in capitals":               {"POST", https, "", "TEXT/Plain", true, false},
		"a body without a type":            {"POST", https, "", "", true, false},
		"reading":                          {"GET", "https://evil.example", "cross-site", "", true, true},
		"looking":                          {"HEAD", "", "", "", true, true},
		"an unknown method":                {"LOOK", "https://evil.example", "", json, false, false},
	} {
		r := httptest.NewRequest(test.method, "/", strings.NewReader("x"))
		for header, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.site, "Content-Type": test.media} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		err := c.CheckSource(r, test.byCookie)
		if (err == nil) != test.ok || (err != nil && !fault.Is(err, fault.Forbidden)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := httptest.NewRequest("DELETE", "/", nil)
	r.Header["Origin"] = []string{https}
	if err := c.CheckSource(r, true); err != nil {
		t.Errorf("a request without a body needs no type: %v", err)
	}
	r.Header["Origin"] = []string{https, https}
	if err := c.CheckSource(r, true); err == nil {
		t.Error("two origins passed")
	}
	r = httptest.NewRequest("POST", "/", http.NoBody)
	r.ContentLength = -1
	r.Header.Set("Origin", https)
	if err := c.CheckSource(r, true); err == nil {
		t.Error("a body of unknown length without a type passed")
	}
}
