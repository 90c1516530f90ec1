package profile

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/internal/walletcheck/wire"
)

// hygiene is how a wallet speaks HTTP.
func hygiene() []Check {
	good := func(id, what, why string, judge func(wire.Answer) error) Check {
		return Check{id, what, why, func(p Probe) error {
			a := p.Send(wire.Get(p.Mine("")))
			if a.Err != nil || a.Status != http.StatusOK {
				return fmt.Errorf("%s", a)
			}
			return judge(a)
		}}
	}
	without := func(name string) func(wire.Answer) error {
		return func(a wire.Answer) error {
			if v := a.Header.Get(name); v != "" {
				return fmt.Errorf("there is %s: %s", name, v)
			}
			return nil
		}
	}
	return []Check{
		good("http.json", "says that it answers with application/json", "Kefu reads nothing else", func(a wire.Answer) error {
			if a.Kind() != "application/json" {
				return fmt.Errorf("it says %q", a.Header.Get("Content-Type"))
			}
			return nil
		}),
		good("http.utf8", "answers in UTF-8", "Kefu reads nothing else", func(a wire.Answer) error {
			if !utf8.Valid(a.Body) {
				return fmt.Errorf("the answer is something else")
			}
			return nil
		}),
		good("http.no.store", "forbids everybody to keep an answer", "a proxy's memory is a second treasure to guard", func(a wire.Answer) error {
			if !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
				return fmt.Errorf("Cache-Control is %q", a.Header.Get("Cache-Control"))
			}
			return nil
		}),
		good("http.no.cookie", "sets no cookie", "there is no session, and nobody to keep one", without("Set-Cookie")),
		good("http.no.cors", "lets no browser read it", "no browser ever asks", without("Access-Control-Allow-Origin")),
		good("http.plain", "does not compress", "lengths of compressed secrets tell of them, and Kefu counts what was sent", without("Content-Encoding")),
		good("http.quick", "answers within two seconds", "after four Kefu tells people that the wallet does not answer", func(a wire.Answer) error {
			if a.Took > 2*time.Second {
				return fmt.Errorf("it took %s", a.Took.Round(10*time.Millisecond))
			}
			return nil
		}),
		good("http.small", "answers with less than 2 MiB", "more is refused", func(a wire.Answer) error {
			if len(a.Body) >= wire.MaxAnswer/2 {
				return fmt.Errorf("there are %d bytes of one customer", len(a.Body))
			}
			return nil
		}),
		{"http.no.redirect", "leads nowhere else", "redirects are not followed: what was signed for one address is for no other", func(p Probe) error {
			for _, path := range []string{p.Mine(""), p.Listed()} {
				if a := p.Send(wire.Get(path)); a.Status >= 300 && a.Status < 400 {
					return fmt.Errorf("%s", a)
				}
			}
			return nil
		}},
		{"http.unknown", "answers 404 with a problem where nothing is served", "else an address that is wrong is taken for an answer", func(p Probe) error {
			return p.Send(wire.Get("/verify-nothing-is-here")).Refused(404, "no_such_endpoint", "not_found")
		}},
		{"http.method", "refuses a method that an address does not have", "else PUT and DELETE do what nobody reviewed", func(p Probe) error {
			c := wire.Get(p.Mine(""))
			c.Method = http.MethodDelete
			if a := p.Send(c); a.Err == nil && a.Status < 400 {
				return fmt.Errorf("%s", a)
			}
			return nil
		}},
	}
}

// problem is a check of what an error says.
func problem(id, what, why string, judge func(wire.Answer, map[string]any) error) Check {
	return Check{id, what, why, func(p Probe) error {
		a := p.Send(wire.Get("/customers/" + wire.Nobody))
		var told map[string]any
		if a.Err != nil || json.Unmarshal(a.Body, &told) != nil {
			return fmt.Errorf("%s", a)
		}
		return judge(a, told)
	}}
}

// problems is what errors say.
func problems() []Check {
	return []Check{
		problem("http.problem.kind", "answers errors with application/problem+json", "a page of HTML is an address that is wrong", func(a wire.Answer, _ map[string]any) error {
			if a.Kind() != "application/problem+json" {
				return fmt.Errorf("%s", a)
			}
			return nil
		}),
		problem("http.problem.code", "names a code in each error", "Kefu acts by the code", func(a wire.Answer, told map[string]any) error {
			if told["code"] != "not_found" {
				return fmt.Errorf("code is %v", told["code"])
			}
			return nil
		}),
		problem("http.problem.status", "repeats the status in the problem", "RFC 9457, section 3.1", func(a wire.Answer, told map[string]any) error {
			if n, ok := told["status"].(float64); ok && int(n) != a.Status {
				return fmt.Errorf("%v in an answer of %d", n, a.Status)
			}
			return nil
		}),
		problem("http.problem.quiet", "tells nothing of its inside in an error", "traces of stacks and statements help whoever looks for a way in", func(a wire.Answer, _ map[string]any) error {
			for _, word := range []string{"goroutine", "Exception", "stack", "SELECT ", "Traceback", " at /"} {
				if strings.Contains(string(a.Body), word) {
					return fmt.Errorf("it says %q", word)
				}
			}
			return nil
		}),
	}
}
