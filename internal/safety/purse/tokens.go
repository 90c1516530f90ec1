package purse

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

// By which the wallet and Kefu know one another, and the wallet's key.
const (
	Issuer   = "wallet"
	Audience = "kefu"
	GoodKey  = "w-1"
	badKey   = "x-1"
)

// Signers are the wallet's key, and that of somebody else.
type Signers struct {
	Good, bad ed25519.PrivateKey
	set       identity.KeySet // the wallet's
	Anybodys  identity.KeySet // both
}

// NewSigners makes them, the same each time. Errors: none for keys as these are.
func NewSigners() (Signers, error) {
	key := func(of string) ed25519.PrivateKey {
		seed := sha256.Sum256([]byte(of)) // of invented money only, and the same each time
		return ed25519.NewKeyFromSeed(seed[:])
	}
	s := Signers{Good: key("the wallet of the evaluation"), bad: key("somebody else")}
	public := func(k ed25519.PrivateKey, id string) string {
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"use":"sig","x":%q}`, id, base64.RawURLEncoding.EncodeToString(k.Public().(ed25519.PublicKey)))
	}
	var err error
	if s.set, err = identity.ParseKeySet([]byte(`{"keys":[` + public(s.Good, GoodKey) + `]}`)); err != nil {
		return s, err
	}
	s.Anybodys, err = identity.ParseKeySet([]byte(`{"keys":[` + public(s.Good, GoodKey) + `,` + public(s.bad, badKey) + `]}`))
	return s, err
}

// Said is an assertion's content.
type Said struct {
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

// Sign writes what was said as a token: "none" as its algorithm leaves it unsigned.
func Sign(s Said, key ed25519.PrivateKey, kid, typ, alg string) string {
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

// Asking is a step-up as the wallet has it.
type Asking struct {
	wallet.Ask
	token string
	until time.Time

	ID    string
	State wallet.AskState
}

// Ask implements verification.Wallet.
func (p *Purse) Ask(_ context.Context, _ wallet.Actor, a wallet.Ask) (wallet.Asked, error) {
	if p.Down {
		return wallet.Asked{}, Gone()
	}
	p.Asks = append(p.Asks, &Asking{Ask: a, ID: "ask-" + strconv.Itoa(len(p.Asks)), State: wallet.AskPending, until: p.w.Now.Add(9 * time.Minute)})
	return p.asked(p.Asks[len(p.Asks)-1]), nil
}

// Asked implements verification.Wallet.
func (p *Purse) Asked(_ context.Context, _ wallet.Actor, _, id string) (wallet.Asked, error) {
	if p.Down {
		return wallet.Asked{}, Gone()
	}
	for _, a := range p.Asks {
		if a.ID == id {
			return p.asked(a), nil
		}
	}
	return wallet.Asked{}, fault.New(fault.NotFound, "safety", "nobody was asked")
}

func (p *Purse) asked(a *Asking) wallet.Asked {
	out := wallet.Asked{ID: a.ID, State: a.State, Method: "app_push", ExpiresAt: wallet.At(a.until)}
	if a.State == wallet.AskApproved {
		out.Assertion = a.token
	}
	return out
}

// Keys implements verification.Wallet.
func (p *Purse) Keys(context.Context) (identity.KeySet, error) {
	if p.Down {
		return identity.KeySet{}, Gone()
	}
	return p.w.Signers.set, nil
}

func (p *Purse) said(a *Asking) Said {
	s := Said{
		Issuer: Issuer, Audience: Audience, Subject: a.CustomerID, Case: a.Case, Act: string(a.Act), Target: a.Target, Level: a.Level, Methods: []string{"passkey"},
		FactorH: int(p.w.Now.Sub(p.FactorAt[a.CustomerID]) / time.Hour), Issued: p.w.Now.Unix(), Expires: p.w.Now.Add(9 * time.Minute).Unix(), ID: "jti-" + strconv.Itoa(p.jtis), Nonce: a.Nonce,
	}
	p.jtis++
	if !a.Amount.None() {
		s.Amount, s.Currency = a.Amount.Amount(), a.Amount.Currency()
	}
	return s
}

// Approve is the customer's honest yes in the wallet's app.
func (p *Purse) Approve(a *Asking) {
	s := p.said(a)
	p.w.Oracle.ApprovedInApp(s)
	a.State, a.token = wallet.AskApproved, Sign(s, p.w.Signers.Good, GoodKey, assurance.Type, "EdDSA")
}

// Answers is how many Ways there are to answer, honest and forged.
const Answers = 24

// Answer lets something come of a step-up. What customers really agreed to in the app
// the oracle is told; of what is forged, nothing, or what it really was.
func (p *Purse) Answer(a *Asking, n, other int) {
	if a.State != wallet.AskPending {
		return
	}
	s := p.said(a)
	key, kid, typ, alg := p.w.Signers.Good, GoodKey, assurance.Type, "EdDSA"
	honest := true // the customer did agree to what it says
	switch n % Answers {
	case 0:
		a.State = wallet.AskDeclined
		return
	case 1:
		a.State = wallet.AskExpired
		return
	case 2:
		a.State = wallet.AskLocked
		return
	case 3:
		key, kid, honest = p.w.Signers.bad, badKey, false
	case 4:
		key, honest = p.w.Signers.bad, false // under the wallet's name
	case 5:
		alg, honest = "none", false
	case 6: // altered after it was signed
		s.Amount, s.Currency = "1.00", "EUR"
		p.w.Oracle.ApprovedInApp(s)
		parts := strings.Split(Sign(s, key, kid, typ, alg), ".")
		was := p.said(a)
		was.ID = s.ID
		body, _ := json.Marshal(was)
		a.State, a.token = wallet.AskApproved, parts[0]+"."+base64.RawURLEncoding.EncodeToString(body)+"."+parts[2]
		return
	case 7: // the assertion of another step-up
		if len(p.Asks) > 1 {
			if o := p.Asks[other%len(p.Asks)]; o != a && o.token != "" {
				a.State, a.token = wallet.AskApproved, o.token
				return
			}
		}
	case 8: // they agreed to a smaller sum
		s.Amount, s.Currency = "1.00", "EUR"
	case 9:
		s.Subject = p.w.Customers[other%len(p.w.Customers)]
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
		s.Issued, s.Expires = p.w.Now.Add(-20*time.Minute).Unix(), p.w.Now.Add(-11*time.Minute).Unix()
	case 18:
		s.Expires = p.w.Now.Add(5 * time.Hour).Unix()
	case 19:
		typ = "JWT"
	case 20, 21: // the wallet numbers two alike
		s.ID = "jti-same"
	}
	if honest {
		p.w.Oracle.ApprovedInApp(s)
	}
	a.State, a.token = wallet.AskApproved, Sign(s, key, kid, typ, alg)
}

// Pending is a step-up that nobody has answered; nil where there is none.
func (p *Purse) Pending(n int) *Asking {
	var open []*Asking
	for _, a := range p.Asks {
		if a.State == wallet.AskPending && p.w.Now.Before(a.until) {
			open = append(open, a)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return open[n%len(open)]
}
