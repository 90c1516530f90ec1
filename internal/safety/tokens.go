package safety

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

const (
	issuer   = "wallet"
	audience = "kefu"
	goodKey  = "w-1"
	badKey   = "x-1"
)

// signers are the wallet's key, and that of somebody else.
type signers struct {
	good, bad ed25519.PrivateKey
	set       identity.KeySet // the wallet's
	anybodys  identity.KeySet // both
}

func newSigners() (signers, error) {
	key := func(of string) ed25519.PrivateKey {
		seed := sha256.Sum256([]byte(of)) // of invented money only, and the same each time
		return ed25519.NewKeyFromSeed(seed[:])
	}
	s := signers{good: key("the wallet of the evaluation"), bad: key("somebody else")}
	public := func(k ed25519.PrivateKey, id string) string {
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"use":"sig","x":%q}`, id, base64.RawURLEncoding.EncodeToString(k.Public().(ed25519.PublicKey)))
	}
	var err error
	if s.set, err = identity.ParseKeySet([]byte(`{"keys":[` + public(s.good, goodKey) + `]}`)); err != nil {
		return s, err
	}
	s.anybodys, err = identity.ParseKeySet([]byte(`{"keys":[` + public(s.good, goodKey) + `,` + public(s.bad, badKey) + `]}`))
	return s, err
}

// said is an assertion's content.
type said struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	Subject  string   `json:"sub"`
	Case     string   `json:"case"`
	Act      string   `json:"act"`
	Target   string   `json:"tgt,omitempty"`
	Amount   string   `json:"amt,omitempty"`
	Currency string   `json:"cur,omitempty"`
	Level    int      `json:"aal"`
	Methods  []string `json:"amr"`
	FactorH  int      `json:"factor_age_min_h"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	ID       string   `json:"jti"`
	Nonce    string   `json:"nonce"`
}

func sign(s said, key ed25519.PrivateKey, kid, typ, alg string) string {
	head := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":%q}`, alg, kid, typ)
	body, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString(body)
	if alg == "none" {
		return text + "."
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
}

// asking is a step-up as the wallet has it.
type asking struct {
	wallet.Ask
	id    string
	state wallet.AskState
	token string
	until time.Time
}

// Ask implements verification.Wallet.
func (p *purse) Ask(_ context.Context, _ wallet.Actor, a wallet.Ask) (wallet.Asked, error) {
	if p.down {
		return wallet.Asked{}, gone()
	}
	p.asks = append(p.asks, &asking{Ask: a, id: "ask-" + strconv.Itoa(len(p.asks)), state: wallet.AskPending, until: p.w.now.Add(9 * time.Minute)})
	return p.asked(p.asks[len(p.asks)-1]), nil
}

// Asked implements verification.Wallet.
func (p *purse) Asked(_ context.Context, _ wallet.Actor, _, id string) (wallet.Asked, error) {
	if p.down {
		return wallet.Asked{}, gone()
	}
	for _, a := range p.asks {
		if a.id == id {
			return p.asked(a), nil
		}
	}
	return wallet.Asked{}, fault.New(fault.NotFound, "safety", "nobody was asked")
}

func (p *purse) asked(a *asking) wallet.Asked {
	out := wallet.Asked{ID: a.id, State: a.state, Method: "app_push", ExpiresAt: wallet.At(a.until)}
	if a.state == wallet.AskApproved {
		out.Assertion = a.token
	}
	return out
}

// Keys implements verification.Wallet.
func (p *purse) Keys(context.Context) (identity.KeySet, error) {
	if p.down {
		return identity.KeySet{}, gone()
	}
	return p.w.signers.set, nil
}

func (p *purse) said(a *asking) said {
	s := said{
		Issuer: issuer, Audience: audience, Subject: a.CustomerID, Case: a.Case, Act: string(a.Act), Target: a.Target, Level: a.Level, Methods: []string{"passkey"},
		FactorH: int(p.w.now.Sub(p.factorAt[a.CustomerID]) / time.Hour), Issued: p.w.now.Unix(), Expires: p.w.now.Add(9 * time.Minute).Unix(), ID: "jti-" + strconv.Itoa(p.w.oracle.jtis), Nonce: a.Nonce,
	}
	p.w.oracle.jtis++
	if !a.Amount.None() {
		s.Amount, s.Currency = a.Amount.Amount(), a.Amount.Currency()
	}
	return s
}

// approve is the customer's honest yes in the wallet's app.
func (p *purse) approve(a *asking) {
	s := p.said(a)
	p.w.oracle.approvedInApp(s)
	a.state, a.token = wallet.AskApproved, sign(s, p.w.signers.good, goodKey, assurance.Type, "EdDSA")
}

// answers is how many ways there are to answer, honest and forged.
const answers = 24

// answer lets something come of a step-up. What customers really agreed to in the app
// the oracle is told; of what is forged, nothing, or what it really was.
func (p *purse) answer(a *asking, n, other int) {
	if a.state != wallet.AskPending {
		return
	}
	s := p.said(a)
	key, kid, typ, alg := p.w.signers.good, goodKey, assurance.Type, "EdDSA"
	honest := true // the customer did agree to what it says
	switch n % answers {
	case 0:
		a.state = wallet.AskDeclined
		return
	case 1:
		a.state = wallet.AskExpired
		return
	case 2:
		a.state = wallet.AskLocked
		return
	case 3:
		key, kid, honest = p.w.signers.bad, badKey, false
	case 4:
		key, honest = p.w.signers.bad, false // under the wallet's name
	case 5:
		alg, honest = "none", false
	case 6: // altered after it was signed
		s.Amount, s.Currency = "1.00", "EUR"
		p.w.oracle.approvedInApp(s)
		parts := strings.Split(sign(s, key, kid, typ, alg), ".")
		was := p.said(a)
		was.ID = s.ID
		body, _ := json.Marshal(was)
		a.state, a.token = wallet.AskApproved, parts[0]+"."+base64.RawURLEncoding.EncodeToString(body)+"."+parts[2]
		return
	case 7: // the assertion of another step-up
		if len(p.asks) > 1 {
			if o := p.asks[other%len(p.asks)]; o != a && o.token != "" {
				a.state, a.token = wallet.AskApproved, o.token
				return
			}
		}
	case 8: // they agreed to a smaller sum
		s.Amount, s.Currency = "1.00", "EUR"
	case 9:
		s.Subject = p.w.customers[other%len(p.w.customers)].wallet
	case 10:
		s.Case = "another-case"
	case 11:
		s.Act = string(wallet.NotifyCustomer)
	case 12:
		s.Target = "tx-9"
	case 13:
		s.Nonce = "another"
	case 14:
		s.Level = 1
	case 15:
		s.Methods = []string{"sms"}
	case 16:
		s.FactorH = 1
	case 17:
		s.Issued, s.Expires = p.w.now.Add(-20*time.Minute).Unix(), p.w.now.Add(-11*time.Minute).Unix()
	case 18:
		s.Expires = p.w.now.Add(5 * time.Hour).Unix()
	case 19:
		typ = "JWT"
	case 20, 21: // the wallet numbers two alike
		s.ID = "jti-same"
	}
	if honest {
		p.w.oracle.approvedInApp(s)
	}
	a.state, a.token = wallet.AskApproved, sign(s, key, kid, typ, alg)
}

// pending is a step-up that nobody has answered; nil where there is none.
func (p *purse) pending(n int) *asking {
	var open []*asking
	for _, a := range p.asks {
		if a.state == wallet.AskPending && p.w.now.Before(a.until) {
			open = append(open, a)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return open[n%len(open)]
}
