// Package assurance is how a customer proves, in the middle of a conversation, that
// it is them and that they want exactly what is about to be done: the assertion that
// the wallet signs for it, how long a proof counts and for what, how many tries there
// are, and how old what proves somebody must be. The proof is made in the wallet;
// no code ever passes through Kefu, and staff see a state.
package assurance

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// Type is the typ of an assertion's header. It keeps an assertion from being taken
// for a token to come in with, and the other way round.
const Type = "kefu-assertion+jws"

// Bounds of an assertion.
const (
	MaxLife = 10 * time.Minute
	MaxSkew = time.Minute // how far the wallet's clock may be from ours
)

// CoolDown is how long after a change nothing that proves who somebody is counts for
// more than AL2: whoever takes an account over changes that first.
const CoolDown = 72 * time.Hour

// Wanted is what an assertion must be about.
type Wanted struct {
	Issuer   string // the wallet
	Audience string // this Kefu
	Subject  string // the customer, by the wallet's id
	Case     string // the conversation
	Act      wallet.Act
	Target   string
	Amount   wallet.Money // none where the act has none
	Level    identity.Level
	Nonce    string // of our own request
}

// Assertion is what a wallet said, and was believed.
type Assertion struct {
	ID        string // jti: good once
	Level     identity.Level
	Methods   []string
	FactorAge time.Duration // of the youngest factor that was used
	Device    string
	At        time.Time
	ExpiresAt time.Time
}

// claims are those of an assertion, in the order of their meaning. A sum is told in
// the words of the contract, so that 10 and 10.00 are one.
type claims struct {
	Issuer       string      `json:"iss"`
	Audience     string      `json:"aud"`
	Subject      string      `json:"sub"`
	Case         string      `json:"case"`
	Act          wallet.Act  `json:"act"`
	Target       string      `json:"tgt,omitempty"`
	Amount       string      `json:"amt,omitempty"`
	Currency     string      `json:"cur,omitempty"`
	Level        int         `json:"aal"`
	Methods      []string    `json:"amr"`
	FactorAgeMin json.Number `json:"factor_age_min_h"`
	Device       string      `json:"dev,omitempty"`
	IssuedAt     int64       `json:"iat"`
	ExpiresAt    int64       `json:"exp"`
	ID           string      `json:"jti"`
	Nonce        string      `json:"nonce"`
}

// Verify judges an assertion. It must be signed by one of the wallet's keys, with
// EdDSA, and be about exactly what is wanted. That an assertion is used once is for the
// caller to see to, who stores its ID in the transaction that uses it.
//
// Errors: Unauthenticated, always with the same message, whatever is wrong. The cause
// is for the log and holds no part of the assertion.
func Verify(signed string, keys identity.KeySet, w Wanted, now time.Time) (Assertion, error) {
	a, err := verify(signed, keys, w, now)
	if err != nil {
		return Assertion{}, &fault.Error{Code: fault.Unauthenticated, Op: "assurance.Verify", Message: "the proof is refused", Err: err}
	}
	return a, nil
}

func verify(signed string, keys identity.KeySet, w Wanted, now time.Time) (Assertion, error) {
	payload, err := keys.Only("EdDSA").Open(signed, Type)
	if err != nil {
		return Assertion{}, err
	}
	var c claims
	if err := strictjson.Decode(payload, &c); err != nil {
		return Assertion{}, errors.New("the claims are not those of an assertion")
	}
	issued, expires := time.Unix(c.IssuedAt, 0).UTC(), time.Unix(c.ExpiresAt, 0).UTC()
	switch {
	case c.Issuer != w.Issuer || c.Audience != w.Audience:
		return Assertion{}, errors.New("iss or aud is another")
	case !now.Before(expires) || issued.After(now.Add(MaxSkew)):
		return Assertion{}, errors.New("it has expired or is of the future")
	case !expires.After(issued) || expires.Sub(issued) > MaxLife:
		return Assertion{}, errors.New("it lives too long, or not at all")
	case w.Nonce == "" || subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(w.Nonce)) != 1:
		return Assertion{}, errors.New("the nonce is another")
	case c.ID == "" || len(c.ID) > identity.MaxIdentifierLen:
		return Assertion{}, errors.New("jti is missing or too long")
	}
	if err := about(c, w); err != nil {
		return Assertion{}, err
	}
	return proof(c, w, issued, expires)
}

// about judges whom and what an assertion is about.
func about(c claims, w Wanted) error {
	if c.Subject == "" || c.Subject != w.Subject || c.Case == "" || c.Case != w.Case {
		return errors.New("sub or case is another")
	}
	if !c.Act.Known() || c.Act != w.Act || c.Target != w.Target {
		return errors.New("act or target is another")
	}
	if w.Amount.None() {
		if c.Amount != "" || c.Currency != "" {
			return errors.New("a sum is there that nobody asked for")
		}
		return nil
	}
	sum, err := wallet.Parse(c.Amount, c.Currency, w.Amount.Scale())
	if err != nil || !sum.Like(w.Amount) || sum.Cmp(w.Amount) != 0 {
		return errors.New("the sum is another")
	}
	return nil
}

// proof judges how good the proof is.
func proof(c claims, w Wanted, issued, expires time.Time) (Assertion, error) {
	hours, err := c.FactorAgeMin.Float64()
	if err != nil || hours < 0 || hours > 24*366*100 {
		return Assertion{}, errors.New("the age of the factor cannot be read")
	}
	if c.Level < int(identity.AL1) || c.Level > int(identity.AL3) || len(c.Methods) == 0 || len(c.Methods) > 8 {
		return Assertion{}, errors.New("aal or amr is out of range")
	}
	a := Assertion{
		ID: c.ID, Methods: c.Methods, FactorAge: time.Duration(hours * float64(time.Hour)), Device: c.Device, At: issued, ExpiresAt: expires,
	}
	a.Level = worth(identity.Level(c.Level), c.Methods, a.FactorAge)
	if a.Level < w.Level {
		return Assertion{}, errors.New("the proof is weaker than what is needed")
	}
	return a, nil
}

// strong are the means that prove more than that somebody reads a mailbox or holds a
// telephone number.
func strong() []string { return []string{"passkey", "app_push", "totp", "doc_selfie"} }

// worth is the level that a proof counts for: never more than the wallet says, AL1
// for codes by mail or message, and AL2 while a factor is young.
func worth(said identity.Level, methods []string, age time.Duration) identity.Level {
	good := 0
	for _, m := range methods {
		if slices.Contains(strong(), m) {
			good++
		}
	}
	switch {
	case good == 0:
		return min(said, identity.AL1)
	case age < CoolDown:
		return min(said, identity.AL2)
	default:
		return said
	}
}
