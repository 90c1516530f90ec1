package profile

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kefu/internal/walletcheck/wire"
)

// signatures is whom a wallet lets in. Every refusal is a 401 with the code signature.
func signatures() []Check {
	const open = "else anybody reads what customers own"
	const bound = "else what was signed for one thing is taken for another"
	plain := func(id, what, why string, spoil func(Probe, *wire.Call)) Check {
		return Check{id, what, why, func(p Probe) error {
			c := wire.Get(p.Mine(""))
			spoil(p, &c)
			a := p.Send(c)
			if bytes.Contains(a.Body, []byte(`"handles"`)) {
				return fmt.Errorf("%s, and the customer is told", a)
			}
			return a.Refused(401, "signature")
		}}
	}
	drop := func(names ...string) func(Probe, *wire.Call) {
		return func(_ Probe, c *wire.Call) { c.Drop = names }
	}
	claim := func(name, value string) func(Probe, *wire.Call) {
		return func(_ Probe, c *wire.Call) { c.Claims = map[string]string{name: value} }
	}
	less := func(missing string) func(Probe, *wire.Call) {
		return func(_ Probe, c *wire.Call) {
			for _, name := range []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"} {
				if name != missing {
					c.Covers = append(c.Covers, name)
				}
			}
		}
	}
	good := func(id, what, why string, change func(Probe, *wire.Call)) Check {
		return Check{id, what, why, func(p Probe) error {
			c := wire.Get(p.Mine(""))
			change(p, &c)
			if a := p.Send(c); a.Err != nil || a.Status != http.StatusOK {
				return fmt.Errorf("%s", a)
			}
			return nil
		}}
	}
	later := func(d time.Duration) func(Probe, *wire.Call) {
		return func(p Probe, c *wire.Call) { c.At = p.Now().Add(d) }
	}
	all := []Check{
		good("signature.good", "takes what is signed as it must be", "nothing works before this does", func(Probe, *wire.Call) {}),
		good("signature.skew.behind", "takes what was signed four minutes ago by its clock", "clocks differ, and 300 s are allowed", later(-4*time.Minute)),
		good("signature.skew.ahead", "takes what is signed four minutes ahead of its clock", "clocks differ, and 300 s are allowed", later(4*time.Minute)),
		plain("signature.none", "refuses what is not signed", open, func(_ Probe, c *wire.Call) { c.Bare = true }),
		plain("signature.no.signature", "refuses a request without Signature", open, drop("Signature")),
		plain("signature.no.input", "refuses a request without Signature-Input", open, drop("Signature-Input")),
		plain("signature.no.digest", "refuses a request without Content-Digest", bound, drop("Content-Digest")),
		plain("signature.no.actor", "refuses a request without Kefu-Actor", "a wallet keeps a record of who looked", drop("Kefu-Actor")),
		plain("signature.other.secret", "refuses what is signed with another secret", open, func(_ Probe, c *wire.Call) { c.Secret = []byte("a secret that is none of anybody's") }),
		plain("signature.other.key", "refuses a key that it does not know", open, func(_ Probe, c *wire.Call) { c.KeyID = "unknown-verify" }),
		plain("signature.old", "refuses what was signed six minutes ago", "else whoever once saw a request has it for ever", later(-6*time.Minute)),
		plain("signature.very.old", "refuses what was signed a year ago", "else whoever once saw a request has it for ever", later(-365*24*time.Hour)),
		plain("signature.future", "refuses what is signed six minutes ahead", "else its nonce is forgotten before it ends", later(6*time.Minute)),
		plain("signature.other.method", "refuses what was signed for another method", bound, claim("@method", "POST")),
		plain("signature.other.host", "refuses what was signed for another host", bound, claim("@authority", "elsewhere.example")),
		plain("signature.other.path", "refuses what was signed for another path", bound, claim("@path", "/v1/incidents")),
		plain("signature.other.query", "refuses what was signed for another query", bound, claim("@query", "?a=b")),
		plain("signature.other.digest", "refuses what was signed over another digest", bound, claim("content-digest", "sha-256=:AAAA:")),
		plain("signature.other.actor", "refuses what was signed for another actor", "else an agent looks in a colleague's name", claim("kefu-actor", strings.Replace(wire.Actor, "kefu-verify", "somebody", 1))),
		plain("signature.wrong.digest", "refuses a digest that is not the body's", "else any body goes with a signature", func(_ Probe, c *wire.Call) {
			c.Claims = map[string]string{"content-digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFE=:"}
			c.After = func(h http.Header) { h.Set("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFE=:") }
		}),
		plain("signature.algorithm", "refuses another algorithm", "the signer must not choose how it is believed", func(_ Probe, c *wire.Call) { c.Alg = "none" }),
		plain("signature.label", "refuses another label", "one profile, read by nobody in two ways", func(_ Probe, c *wire.Call) { c.Label = "sig1" }),
		plain("signature.nothing.covered", "refuses a signature over nothing", bound, func(_ Probe, c *wire.Call) { c.Covers = []string{} }),
		plain("signature.zero", "refuses a signature of noughts", open, func(_ Probe, c *wire.Call) {
			c.After = func(h http.Header) { h.Set("Signature", "kefu=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:") }
		}),
		plain("signature.empty", "refuses an empty signature", open, func(_ Probe, c *wire.Call) { c.After = func(h http.Header) { h.Set("Signature", "kefu=::") } }),
		plain("signature.cut", "refuses a signature that is cut off", open, func(_ Probe, c *wire.Call) {
			c.After = func(h http.Header) { h.Set("Signature", h.Get("Signature")[:20]+":") }
		}),
		plain("signature.actor.twice", "refuses two actors", "two readers would believe two of them", func(_ Probe, c *wire.Call) {
			c.After = func(h http.Header) { h.Add("Kefu-Actor", strings.Replace(wire.Actor, "kefu-verify", "somebody", 1)) }
		}),
		{"signature.replay", "takes a signature once", "else whoever once saw a request can send it again", func(p Probe) error { return replay(p, wire.Get(p.Mine("")), 200) }},
		{"signature.problem", "says in a problem, with the code signature, that it refuses one", "Kefu tells people what to mend by the code", func(p Probe) error {
			c := wire.Get(p.Mine(""))
			c.Bare = true
			return p.Send(c).Refused(401, "signature")
		}},
	}
	for _, name := range []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"} {
		all = append(all, plain("signature.uncovered."+strings.TrimPrefix(name, "@"), "refuses a signature that does not cover "+name, bound, less(name)))
	}
	return append(all, signedPosts()...)
}

// replay sends a call twice under one nonce.
func replay(p Probe, c wire.Call, first int) error {
	c.Nonce = wire.NewNonce()
	c.At = p.Now()
	if a := p.Send(c); a.Err != nil || a.Status != first {
		return fmt.Errorf("the first time: %s", a)
	}
	return p.Send(c).Refused(401, "signature")
}

// signedPosts are commands that somebody has changed on their way. Their bodies make no
// sense, so that a wallet which is taken in does nothing either.
func signedPosts() []Check {
	const why = "else a command is changed on its way, or done for another key"
	changed := func(id, what string, spoil func(*wire.Call)) Check {
		return Check{id, what, why, func(p Probe) error {
			if err := p.Does("freeze"); err != nil {
				return err
			}
			c := wire.Post(p.Mine(":freeze"), `{"customer_id":"`+wire.Nobody+`"}`)
			spoil(&c)
			return p.Send(c).Refused(401, "signature")
		}}
	}
	return []Check{
		changed("signature.post.body", "refuses another body than was signed", func(c *wire.Call) {
			c.Claims = map[string]string{"content-digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}
			c.After = func(h http.Header) { h.Set("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:") }
		}),
		changed("signature.post.key", "refuses another Idempotency-Key than was signed", func(c *wire.Call) {
			c.After = func(h http.Header) { h.Set("Idempotency-Key", "another-key") }
		}),
		changed("signature.post.uncovered", "refuses a command whose Idempotency-Key is not covered", func(c *wire.Call) {
			c.Covers = []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"}
		}),
		changed("signature.post.none", "refuses a command that is not signed", func(c *wire.Call) {
			c.Bare = true
			c.Header = http.Header{"Idempotency-Key": {"k"}, "Kefu-Actor": {wire.Actor}}
		}),
		{"signature.post.replay", "takes a signature of a command once", why, func(p Probe) error {
			if err := p.Does("freeze"); err != nil {
				return err
			}
			return replay(p, wire.Post(p.Mine(":freeze"), `{"customer_id":"`+wire.Nobody+`"}`), 400)
		}},
	}
}
