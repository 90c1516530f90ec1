package memory

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// ask is a step-up and what became of it.
type ask struct {
	wallet.Asked
	wanted wallet.Ask
	due    wallet.Time // when the customer answers
}

// askLife is how long a customer has.
const askLife = 5 * time.Minute

// Ask asks a customer for a proof. The customers of this wallet say yes after a while.
func (w *Wallet) Ask(_ context.Context, _ wallet.Actor, wanted wallet.Ask) (wallet.Asked, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.of(wanted.CustomerID); err != nil {
		return wallet.Asked{}, err
	}
	if before, ok := w.asks[wanted.CustomerID+" "+wanted.Key]; ok {
		if !same(before.wanted, wanted) {
			return wallet.Asked{}, mismatch("memory.Ask")
		}
		return before.Asked, nil
	}
	now := w.o.Clock()
	a := &ask{wanted: wanted, due: wallet.At(now.Add(w.o.Delay)), Asked: wallet.Asked{
		ID: w.id("stepup"), State: wallet.AskPending, Method: "app_push", Link: "examplewallet://confirm", ExpiresAt: wallet.At(now.Add(askLife)),
	}}
	w.asks[wanted.CustomerID+" "+wanted.Key] = a
	return a.Asked, nil
}

func same(a, b wallet.Ask) bool {
	return a.CustomerID == b.CustomerID && a.Case == b.Case && a.Act == b.Act && a.Target == b.Target && a.Level == b.Level && a.Nonce == b.Nonce &&
		a.Amount.Like(b.Amount) && a.Amount.Cmp(b.Amount) == 0
}

// Asked tells how far a step-up has got.
func (w *Wallet) Asked(_ context.Context, _ wallet.Actor, customer, id string) (wallet.Asked, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.of(customer); err != nil {
		return wallet.Asked{}, err
	}
	for _, a := range w.asks {
		if a.wanted.CustomerID == customer && a.ID == id {
			return a.Asked, nil
		}
	}
	return wallet.Asked{}, fault.New(fault.NotFound, "memory.Asked", "there is no such step-up")
}

// Answer is what the customer says to a step-up, before they would say yes.
func (w *Wallet) Answer(id string, state wallet.AskState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.asks {
		if a.ID == id && a.State == wallet.AskPending {
			w.answer(a, state)
		}
	}
}

func (w *Wallet) answer(a *ask, state wallet.AskState) {
	a.State = state
	kind := wallet.StepUpFailed
	if state == wallet.AskApproved {
		kind = wallet.StepUpCompleted
		a.Assertion = w.sign(a.wanted)
		w.proofs[a.Assertion] = a
	}
	w.notify(kind, a.wanted.CustomerID, a.ID)
}

// sign makes the assertion of a step-up: a JWS with EdDSA (RFC 8037).
func (w *Wallet) sign(wanted wallet.Ask) string {
	now := w.o.Clock()
	claims := jwt.MapClaims{
		"iss": w.o.Issuer, "aud": w.o.Audience, "sub": wanted.CustomerID, "case": wanted.Case, "act": string(wanted.Act), "aal": wanted.Level,
		"amr": []string{"app_push"}, "factor_age_min_h": 2000, "iat": now.Unix(), "exp": now.Add(askLife).Unix(), "jti": w.id("proof"), "nonce": wanted.Nonce,
	}
	if wanted.Target != "" {
		claims["tgt"] = wanted.Target
	}
	if !wanted.Amount.None() {
		claims["amt"], claims["cur"] = wanted.Amount.Amount(), wanted.Amount.Currency()
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"], token.Header["typ"] = keyID, assurance.Type
	signed, err := token.SignedString(w.key)
	if err != nil {
		panic(err) // an Ed25519 key always signs
	}
	return signed
}

// proven tells whether a command has the proof that it needs: of the same customer, act,
// target and sum, and used for nothing else.
func (w *Wallet) proven(c wallet.Command) bool {
	a, ok := w.proofs[c.Assertion]
	return ok && !w.used[c.Assertion] && w.now() < a.ExpiresAt && a.wanted.CustomerID == c.CustomerID && a.wanted.Act == c.Act && a.wanted.Target == c.Target &&
		a.wanted.Amount.Like(c.Amount) && a.wanted.Amount.Cmp(c.Amount) == 0
}
