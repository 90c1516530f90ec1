package walletcheck

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
	"kefu/internal/walletcheck/wire"
)

// stepUps is how a customer proves that they want something.
func stepUps() []Check {
	const code = "no code passes through a conversation: the wallet's own app asks"
	can := func(p *probe) error {
		switch {
		case len(p.can.StepUp) == 0:
			return skip("the wallet has no step-up")
		case !p.o.Write:
			return skip("nothing may be asked of this customer")
		default:
			return nil
		}
	}
	after := func(ID, what, why string, run func(*probe) error) Check {
		return Check{"stepup." + ID, what, why, func(p *probe) error {
			if err := can(p); err != nil {
				return err
			}
			if p.asked.ID == "" {
				return skip("asking did not work")
			}
			return run(p)
		}}
	}
	refused := func(ID, what, why string, spoil func(*wallet.Ask)) Check {
		return Check{"stepup.refuses." + ID, what, why, func(p *probe) error {
			if len(p.can.StepUp) == 0 {
				return skip("the wallet has no step-up")
			}
			a := p.wanted(wallet.Freeze)
			spoil(&a)
			return p.send(wire.Post(p.mine("/stepups"), a)).Refused(400, "invalid")
		}}
	}
	const bound = "a proof that is for nothing in particular is for everything"
	return []Check{
		refused("level", "refuses a level that is none", bound, func(a *wallet.Ask) { a.Level = 9 }),
		refused("act", "refuses an act that is none", bound, func(a *wallet.Ask) { a.Act = "pay_out" }),
		refused("nonce", "refuses an ask without a nonce", "else an old proof is a new one", func(a *wallet.Ask) { a.Nonce = "" }),
		refused("case", "refuses an ask without a conversation", bound, func(a *wallet.Ask) { a.Case = "" }),
		{"stepup.nobody", "answers 404 not_found for nobody", "else Kefu waits for nobody's answer", func(p *probe) error {
			if len(p.can.StepUp) == 0 {
				return skip("the wallet has no step-up")
			}
			a := p.wanted(wallet.Freeze)
			a.CustomerID = wire.Nobody
			return p.send(wire.Post("/customers/"+wire.Nobody+"/stepups", a)).Refused(404, "not_found")
		}},
		{"stepup.none", "answers 404 not_found for a step-up that is not there", "else Kefu waits for nobody's answer", func(p *probe) error {
			if len(p.can.StepUp) == 0 {
				return skip("the wallet has no step-up")
			}
			return p.send(wire.Get(p.mine("/stepups/none-verify"))).Refused(404, "not_found")
		}},
		{"stepup.asked", "asks the customer in its own app", code, func(p *probe) error {
			if err := can(p); err != nil {
				return err
			}
			a := p.wanted(wallet.Freeze)
			told, err := one[wallet.Asked](p, p.asking(a))
			if err == nil {
				p.asked, p.ask = told, a
			}
			return err
		}},
		after("link", "gives a link that opens its app, or none", "a script for a link runs in the page that shows it", func(p *probe) error {
			if p.asked.Link == "" {
				return nil
			}
			link, err := url.Parse(p.asked.Link)
			if err != nil || link.Scheme == "" || slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "http"}, link.Scheme) {
				return fmt.Errorf("the link is of %q", p.asked.Link[:min(12, len(p.asked.Link))])
			}
			return nil
		}),
		after("again", "answers the same key with the same step-up", "one question must not ring twice", func(p *probe) error {
			told, err := one[wallet.Asked](p, p.asking(p.ask))
			if err == nil && told.ID != p.asked.ID {
				return fmt.Errorf("another one was made")
			}
			return err
		}),
		after("mismatch", "refuses the same key for another ask", bound, func(p *probe) error {
			a := p.ask
			a.Nonce = "n-" + id.New()
			return p.send(p.asking(a)).Refused(422, "idempotency_mismatch")
		}),
		after("other", "tells nobody of another customer's step-up", "whoever sees the proof has it", func(p *probe) error {
			return p.send(wire.Get(p.others("/stepups/"+p.asked.ID))).Refused(404, "not_found")
		}),
		after("proof", "signs a proof about exactly what was asked for", bound, func(p *probe) error {
			proof, err := p.answered(p.o.Customer, p.asked.ID)
			if err != nil {
				return err
			}
			return p.judge(proof, p.ask)
		}),
	}
}

// wanted is a proof for an act without a target.
func (p *probe) wanted(a wallet.Act) wallet.Ask {
	return wallet.Ask{Key: newKey(), CustomerID: p.o.Customer, Case: "verify-" + id.New(), Act: a, Level: 2, Nonce: "n-" + id.New()}
}

func (p *probe) asking(a wallet.Ask) wire.Call {
	c := wire.Post("/customers/"+a.CustomerID+"/stepups", a)
	c.Key = a.Key
	return c
}

// answered waits for the customer.
func (p *probe) answered(customer, stepUp string) (string, error) {
	var told wallet.Asked
	err := p.until(func() (bool, error) {
		var err error
		told, err = one[wallet.Asked](p, wire.Get("/customers/"+customer+"/stepups/"+stepUp))
		return told.State != wallet.AskPending, err
	})
	if err == nil && told.State != wallet.AskApproved {
		return "", skip("the customer has not agreed: " + string(told.State))
	}
	return told.Assertion, err
}

// prove has the customer prove that they want a command.
func (p *probe) prove(c wallet.Command, level int) (string, error) {
	if len(p.can.StepUp) == 0 {
		return "", skip("the wallet has no step-up")
	}
	a := p.wanted(c.Act)
	a.CustomerID, a.Target, a.Amount, a.Level = c.CustomerID, c.Target, c.Amount, level
	asked, err := one[wallet.Asked](p, p.asking(a))
	if err != nil {
		return "", err
	}
	proof, err := p.answered(c.CustomerID, asked.ID)
	if err != nil {
		return "", err
	}
	return proof, p.judge(proof, a)
}

// judge judges a proof as Kefu does; who signed it and for whom is taken from itself.
func (p *probe) judge(proof string, a wallet.Ask) error {
	set, _, err := p.keySet()
	if err != nil {
		return err
	}
	var claims struct {
		Issuer   string `json:"iss"`
		Audience string `json:"aud"`
	}
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return fmt.Errorf("it is no JWS")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &claims) != nil || claims.Issuer == "" || claims.Audience == "" {
		return fmt.Errorf("it has no issuer or audience")
	}
	_, err = assurance.Verify(proof, set, assurance.Wanted{
		Issuer: claims.Issuer, Audience: claims.Audience, Subject: a.CustomerID, Case: a.Case, Act: a.Act, Target: a.Target, Amount: a.Amount,
		Level: identity.Level(min(a.Level, 2)), Nonce: a.Nonce,
	}, p.o.Clock())
	return err
}
