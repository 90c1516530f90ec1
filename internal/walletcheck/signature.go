package walletcheck

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// signatures is whom a wallet lets in. Every refusal is a 401 with the code signature.
func signatures() []Check {
	const open = "else anybody reads what customers own"
	const bound = "else what was signed for one thing is taken for another"
	plain := func(id, what, why string, spoil func(*probe, *call)) Check {
		return Check{id, what, why, func(p *probe) error {
			c := get(p.mine(""))
			spoil(p, &c)
			a := p.send(c)
			if bytes.Contains(a.Body, []byte(`"handles"`)) {
				return fmt.Errorf("%s, and the customer is told", a)
			}
			return a.refused(401, "signature")
		}}
	}
	drop := func(names ...string) func(*probe, *call) {
		return func(_ *probe, c *call) { c.drop = names }
	}
	claim := func(name, value string) func(*probe, *call) {
		return func(_ *probe, c *call) { c.claims = map[string]string{name: value} }
	}
	less := func(missing string) func(*probe, *call) {
		return func(_ *probe, c *call) {
			for _, name := range []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"} {
				if name != missing {
					c.covers = append(c.covers, name)
				}
			}
		}
	}
	good := func(id, what, why string, change func(*probe, *call)) Check {
		return Check{id, what, why, func(p *probe) error {
			c := get(p.mine(""))
			change(p, &c)
			if a := p.send(c); a.err != nil || a.Status != http.StatusOK {
				return fmt.Errorf("%s", a)
			}
			return nil
		}}
	}
	later := func(d time.Duration) func(*probe, *call) {
		return func(p *probe, c *call) { c.at = p.o.Clock().Add(d) }
	}
	all := []Check{
		good("signature.good", "takes what is signed as it must be", "nothing works before this does", func(*probe, *call) {}),
		good("signature.skew.behind", "takes what was signed four minutes ago by its clock", "clocks differ, and 300 s are allowed", later(-4*time.Minute)),
		good("signature.skew.ahead", "takes what is signed four minutes ahead of its clock", "clocks differ, and 300 s are allowed", later(4*time.Minute)),
		plain("signature.none", "refuses what is not signed", open, func(_ *probe, c *call) { c.bare = true }),
		plain("signature.no.signature", "refuses a request without Signature", open, drop("Signature")),
		plain("signature.no.input", "refuses a request without Signature-Input", open, drop("Signature-Input")),
		plain("signature.no.digest", "refuses a request without Content-Digest", bound, drop("Content-Digest")),
		plain("signature.no.actor", "refuses a request without Kefu-Actor", "a wallet keeps a record of who looked", drop("Kefu-Actor")),
		plain("signature.other.secret", "refuses what is signed with another secret", open, func(_ *probe, c *call) { c.secret = []byte("a secret that is none of anybody's") }),
		plain("signature.other.key", "refuses a key that it does not know", open, func(_ *probe, c *call) { c.keyID = "unknown-verify" }),
		plain("signature.old", "refuses what was signed six minutes ago", "else whoever once saw a request has it for ever", later(-6*time.Minute)),
		plain("signature.very.old", "refuses what was signed a year ago", "else whoever once saw a request has it for ever", later(-365*24*time.Hour)),
		plain("signature.future", "refuses what is signed six minutes ahead", "else its nonce is forgotten before it ends", later(6*time.Minute)),
		plain("signature.other.method", "refuses what was signed for another method", bound, claim("@method", "POST")),
		plain("signature.other.host", "refuses what was signed for another host", bound, claim("@authority", "elsewhere.example")),
		plain("signature.other.path", "refuses what was signed for another path", bound, claim("@path", "/v1/incidents")),
		plain("signature.other.query", "refuses what was signed for another query", bound, claim("@query", "?a=b")),
		plain("signature.other.digest", "refuses what was signed over another digest", bound, claim("content-digest", "sha-256=:AAAA:")),
		plain("signature.other.actor", "refuses what was signed for another actor", "else an agent looks in a colleague's name", claim("kefu-actor", strings.Replace(actor, "kefu-verify", "somebody", 1))),
		plain("signature.wrong.digest", "refuses a digest that is not the body's", "else any body goes with a signature", func(_ *probe, c *call) {
			c.claims = map[string]string{"content-digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFE=:"}
			c.after = func(h http.Header) { h.Set("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFE=:") }
		}),
		plain("signature.algorithm", "refuses another algorithm", "the signer must not choose how it is believed", func(_ *probe, c *call) { c.alg = "none" }),
		plain("signature.label", "refuses another label", "one profile, read by nobody in two ways", func(_ *probe, c *call) { c.label = "sig1" }),
		plain("signature.nothing.covered", "refuses a signature over nothing", bound, func(_ *probe, c *call) { c.covers = []string{} }),
		plain("signature.zero", "refuses a signature of noughts", open, func(_ *probe, c *call) {
			c.after = func(h http.Header) { h.Set("Signature", "kefu=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:") }
		}),
		plain("signature.empty", "refuses an empty signature", open, func(_ *probe, c *call) { c.after = func(h http.Header) { h.Set("Signature", "kefu=::") } }),
		plain("signature.cut", "refuses a signature that is cut off", open, func(_ *probe, c *call) {
			c.after = func(h http.Header) { h.Set("Signature", h.Get("Signature")[:20]+":") }
		}),
		plain("signature.actor.twice", "refuses two actors", "two readers would believe two of them", func(_ *probe, c *call) {
			c.after = func(h http.Header) { h.Add("Kefu-Actor", strings.Replace(actor, "kefu-verify", "somebody", 1)) }
		}),
		{"signature.replay", "takes a signature once", "else whoever once saw a request can send it again", func(p *probe) error { return p.replay(get(p.mine("")), 200) }},
		{"signature.problem", "says in a problem, with the code signature, that it refuses one", "Kefu tells people what to mend by the code", func(p *probe) error {
			c := get(p.mine(""))
			c.bare = true
			return p.send(c).refused(401, "signature")
		}},
	}
	for _, name := range []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"} {
		all = append(all, plain("signature.uncovered."+strings.TrimPrefix(name, "@"), "refuses a signature that does not cover "+name, bound, less(name)))
	}
	return append(all, signedPosts()...)
}

// replay sends a call twice under one nonce.
func (p *probe) replay(c call, first int) error {
	c.nonce = newNonce()
	c.at = p.o.Clock()
	if a := p.send(c); a.err != nil || a.Status != first {
		return fmt.Errorf("the first time: %s", a)
	}
	return p.send(c).refused(401, "signature")
}

// signedPosts are commands that somebody has changed on their way. Their bodies make no
// sense, so that a wallet which is taken in does nothing either.
func signedPosts() []Check {
	const why = "else a command is changed on its way, or done for another key"
	changed := func(id, what string, spoil func(*call)) Check {
		return Check{id, what, why, func(p *probe) error {
			if err := p.does("freeze"); err != nil {
				return err
			}
			c := post(p.mine(":freeze"), `{"customer_id":"`+nobody+`"}`)
			spoil(&c)
			return p.send(c).refused(401, "signature")
		}}
	}
	return []Check{
		changed("signature.post.body", "refuses another body than was signed", func(c *call) {
			c.claims = map[string]string{"content-digest": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"}
			c.after = func(h http.Header) { h.Set("Content-Digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:") }
		}),
		changed("signature.post.key", "refuses another Idempotency-Key than was signed", func(c *call) {
			c.after = func(h http.Header) { h.Set("Idempotency-Key", "another-key") }
		}),
		changed("signature.post.uncovered", "refuses a command whose Idempotency-Key is not covered", func(c *call) {
			c.covers = []string{"@method", "@authority", "@path", "@query", "content-digest", "kefu-actor"}
		}),
		changed("signature.post.none", "refuses a command that is not signed", func(c *call) { c.bare = true; c.header = http.Header{"Idempotency-Key": {"k"}, "Kefu-Actor": {actor}} }),
		{"signature.post.replay", "takes a signature of a command once", why, func(p *probe) error {
			if err := p.does("freeze"); err != nil {
				return err
			}
			return p.replay(post(p.mine(":freeze"), `{"customer_id":"`+nobody+`"}`), 400)
		}},
	}
}
