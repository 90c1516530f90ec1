// Package proof is how the demo's wallet lets its customers prove who they are and what
// they want: it asks them in its app, judges what they answer, counts how often it was
// wrong, and signs assertions. It also compares what somebody says of themselves.
package proof

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/passkey"
	"kefu/internal/platform/password"
	"kefu/internal/platform/ratelimit"
)

// signingID names the wallet's key.
const signingID = "luma-1"

// Proofs is the part of the wallet that lets customers prove themselves. It is safe for
// concurrent use.
type Proofs struct {
	books  keep.Store
	signer identity.Signer
	link   string
	named  string             // where a passkey can be used
	party  *passkey.Party     // nil: there are no passkeys
	asked  *ratelimit.Limiter // of the oracle, by who asks
	all    *ratelimit.Limiter // of the oracle, by everybody together
}

// most is how many things of one kind are looked at.
const most = 100

// Options say who signs, for whom, and where customers are asked.
type Options struct {
	Issuer, Audience string
	Link             string // where the wallet's app is; "" for nowhere
	Named            string // where it is under a name, which passkeys need; "" for nowhere
}

// Open reads the wallet's key, or makes one. Errors: Unavailable; Invalid for an address
// that cannot be the home of passkeys.
func Open(ctx context.Context, books keep.Store, o Options) (*Proofs, error) {
	p := &Proofs{
		books: books, link: o.Link, named: o.Named,
		asked: ratelimit.New(ratelimit.Limit{Burst: 10, Per: time.Minute}, 10_000),
		all:   ratelimit.New(ratelimit.Limit{Burst: 300, Per: time.Minute}, 1),
	}
	var err error
	if o.Named != "" {
		if p.party, err = passkey.New(o.Named); err != nil {
			return nil, err
		}
	}
	p.signer, err = p.signing(ctx, o.Issuer, o.Audience)
	return p, err
}

// signing reads the key with which the wallet signs what its customers proved, or makes
// one.
func (p *Proofs) signing(ctx context.Context, issuer, audience string) (identity.Signer, error) {
	const op = "proof.signing"
	_, made, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return identity.Signer{}, fault.Wrap(op, err)
	}
	s := identity.Signer{Issuer: issuer, Audience: audience, KeyID: signingID}
	err = p.books.Commit(ctx, func(d *keep.Desk) error {
		seed, err := keep.Get[[]byte](d, keep.KindSigning, signingID)
		if fault.Is(err, fault.NotFound) {
			seed = made.Seed()
			err = keep.Put(d, keep.KindSigning, signingID, "", 0, seed)
		}
		if err != nil {
			return err
		}
		if len(seed) != ed25519.SeedSize {
			return fault.New(fault.Internal, op, "the wallet's key cannot be read")
		}
		s.Key = ed25519.NewKeyFromSeed(seed)
		return nil
	})
	return s, err
}

// Keys are the public keys with which assertions are verified, a JWK set (RFC 7517).
func (p *Proofs) Keys(context.Context) ([]byte, error) { return p.signer.KeySetJSON(), nil }

// asking is what the wallet keeps of a step-up.
type asking struct {
	wallet.Asked
	Ask    wallet.Ask  `json:"ask"`
	Digest string      `json:"digest"` // of what was asked for
	At     wallet.Time `json:"at"`
	Used   bool        `json:"used,omitempty"`   // the proof is good once
	Change *Change     `json:"change,omitempty"` // of what proves the customer; nil: customer service asks
	// Passkey is what a passkey was asked to sign for this; nil: none was, or it was answered.
	Passkey *ceremony `json:"passkey,omitempty"`
}

// tries are how often a customer failed to prove who they are.
type tries struct {
	assurance.Tries
}

// Ask asks a customer to prove who they are and what they want, in the wallet's app or
// by a code of their authenticator. Errors: NotFound, Invalid; Conflict with the reason
// keep.Mismatch; Unavailable when there is nothing by which they could.
func (p *Proofs) Ask(ctx context.Context, by wallet.Actor, a wallet.Ask) (wallet.Asked, error) {
	const op = "proof.Ask"
	if !wallet.ValidID(a.Key) || !a.Act.Known() || a.Case == "" || a.Nonce == "" || a.Level < 2 || a.Level > 3 || len(a.Nonce) > 2*wallet.MaxID || (a.Target != "" && !wallet.ValidID(a.Target)) {
		return wallet.Asked{}, fault.InvalidField(op, "ask", "names no key, act, case, nonce or level")
	}
	if _, err := keep.Read[wallet.Customer](ctx, p.books, keep.KindCustomer, "", a.CustomerID); err != nil {
		return wallet.Asked{}, err
	}
	digest, err := keep.Digest(wallet.Command{
		CustomerID: a.CustomerID, Act: a.Act, Target: a.Target, Amount: a.Amount, Reason: a.Case, Expect: a.Nonce, Details: map[string]string{"methods": strings.Join(a.Methods, ",")},
	})
	if err != nil {
		return wallet.Asked{}, err
	}
	method, link, err := p.method(ctx, a)
	if err != nil {
		return wallet.Asked{}, err
	}
	var asked wallet.Asked
	err = p.books.Commit(ctx, func(d *keep.Desk) error {
		key := "ask-" + keep.KeyID(a.CustomerID, a.Key)[:32]
		before, err := keep.Get[asking](d, keep.KindAsk, key)
		if err == nil {
			if before.Digest != digest {
				return &fault.Error{Code: fault.Conflict, Op: op, Reason: keep.Mismatch, Message: "the key was used for another step-up"}
			}
			asked = before.present(d.At)
			return nil
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		x := asking{Ask: a, Digest: digest, At: d.At, Asked: wallet.Asked{
			ID: key, State: wallet.AskPending, Method: method, ExpiresAt: d.At + wallet.Time(assurance.Life.Microseconds()),
		}}
		if link != "" {
			x.Link = strings.TrimSuffix(link, "/") + "/?" + url.Values{"ask": {key}, "as": {a.CustomerID}}.Encode()
		}
		t, err := triesOf(d, a.CustomerID)
		if err != nil {
			return err
		}
		if until, locked := t.LockedAt(d.At.Std()); locked {
			x.State, x.ExpiresAt = wallet.AskLocked, wallet.At(until)
		}
		asked = x.Asked
		return save(d, x)
	})
	return asked, err
}

// noFactor is the reason of what fails for want of anything to prove it by.
const noFactor = "no_factor"

// method chooses by what a customer is asked, and where: what they have, the best first.
// Whoever can use a passkey for it is asked where passkeys work.
func (p *Proofs) method(ctx context.Context, a wallet.Ask) (method, link string, err error) {
	factors, err := keep.Listed[wallet.Factor](ctx, p.books, keep.KindFactor, a.CustomerID, most)
	if err != nil {
		return "", "", err
	}
	keys, err := p.keysFor(ctx, a)
	if err != nil {
		return "", "", err
	}
	app, err := p.trusted(ctx, a.CustomerID)
	if err != nil {
		return "", "", err
	}
	link = p.link
	if len(keys) > 0 {
		link = p.named
	}
	for _, m := range []string{"app_push", "totp", "passkey"} {
		has := slices.ContainsFunc(factors, func(f wallet.Factor) bool { return f.Type == m && f.State == "active" })
		switch m {
		case "app_push": // by a device that was removed nobody can say yes
			has = has && app.ID != ""
		case "passkey":
			has = len(keys) > 0
		}
		if has && (len(a.Methods) == 0 || slices.Contains(a.Methods, m)) {
			return m, link, nil
		}
	}
	return "", "", &fault.Error{Code: fault.Unavailable, Op: "proof.method", Reason: noFactor, Message: "the customer has nothing by which they could prove themselves"}
}

// present is a step-up as it stands at a time.
func (x asking) present(now wallet.Time) wallet.Asked {
	if x.State == wallet.AskPending && now >= x.ExpiresAt {
		x.State = wallet.AskExpired
	}
	return x.Asked
}

// save keeps a step-up, and tells of it once it is over.
func save(d *keep.Desk, x asking) error {
	at := x.ExpiresAt
	if x.State != wallet.AskPending {
		at = 0
	}
	if err := d.Wake(keep.KindAsk, x.ID, at); err != nil {
		return err
	}
	if err := keep.Put(d, keep.KindAsk, x.ID, x.Ask.CustomerID, x.At, x); err != nil {
		return err
	}
	switch {
	case x.State == wallet.AskPending || x.own():
		return nil
	case x.State == wallet.AskApproved:
		return d.Tell(wallet.StepUpCompleted, x.Ask.CustomerID, x.ID)
	default:
		return d.Tell(wallet.StepUpFailed, x.Ask.CustomerID, x.ID)
	}
}

// Step ends a step-up that nobody answered.
func Step(d *keep.Desk, key string) error {
	x, err := keep.Get[asking](d, keep.KindAsk, key)
	if err != nil || x.State != wallet.AskPending {
		if err == nil {
			err = d.Wake(keep.KindAsk, key, 0)
		}
		return err
	}
	x.State = wallet.AskExpired
	return save(d, x)
}

// Asked reads how far a step-up has got. Errors: NotFound, Unavailable.
func (p *Proofs) Asked(ctx context.Context, _ wallet.Actor, customer, ask string) (wallet.Asked, error) {
	x, err := keep.Read[asking](ctx, p.books, keep.KindAsk, customer, ask)
	if err == nil && x.own() {
		err = fault.New(fault.NotFound, "proof.Asked", "nobody but the customer is told of it")
	}
	if err != nil {
		return wallet.Asked{}, err
	}
	return x.present(wallet.At(p.books.Clock())), nil
}

// Waiting is a step-up as the app shows it to its customer.
type Waiting struct {
	ID        string       `json:"id"`
	Act       wallet.Act   `json:"act"`
	Target    string       `json:"target,omitempty"`
	Name      string       `json:"name,omitempty"` // of the passkey that is to be added or removed
	Amount    wallet.Money `json:"amount"`
	Method    string       `json:"method"`
	Passkey   bool         `json:"passkey"` // may be used instead, or has to be
	ExpiresAt wallet.Time  `json:"expires_at"`
}

// Waitings lists what the app asks a customer at present, the latest first. Errors:
// NotFound, Unavailable.
func (p *Proofs) Waitings(ctx context.Context, customer string) ([]Waiting, error) {
	kept, err := keep.Listed[asking](ctx, p.books, keep.KindAsk, customer, most)
	list := []Waiting{}
	for _, x := range kept {
		if x.present(wallet.At(p.books.Clock())).State != wallet.AskPending {
			continue
		}
		keys, err := p.keysFor(ctx, x.Ask)
		if err != nil {
			return nil, err
		}
		w := Waiting{ID: x.ID, Act: x.Ask.Act, Target: x.Ask.Target, Amount: x.Ask.Amount, Method: x.Method, Passkey: len(keys) > 0, ExpiresAt: x.ExpiresAt}
		if x.Change != nil {
			w.Name = x.Change.Name
		}
		list = append(list, w)
	}
	return list, err
}

func triesOf(d *keep.Desk, customer string) (tries, error) {
	t, err := keep.Get[tries](d, keep.KindTries, customer)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return t, err
}

// Answer is what a customer answers in the app: yes or no, and a code of their
// authenticator where one is asked for. A wrong code is told by what is given back.
// Errors: NotFound; Conflict when nothing waits; Unavailable.
func (p *Proofs) Answer(ctx context.Context, customer, ask string, yes bool, code string) (wallet.Asked, error) {
	device, err := p.trusted(ctx, customer)
	if err != nil {
		return wallet.Asked{}, err
	}
	factors, err := keep.Listed[wallet.Factor](ctx, p.books, keep.KindFactor, customer, most)
	if err != nil {
		return wallet.Asked{}, err
	}
	return p.settle(ctx, customer, ask, func(d *keep.Desk, x *asking, t *tries) error {
		if !yes {
			x.State = wallet.AskDeclined
			return nil
		}
		return p.prove(d, x, t, factors, device, code)
	})
}

// settle has an answer judged on a step-up that waits for one. Errors: NotFound; Conflict
// when nothing waits; those of judge, with which nothing is kept.
func (p *Proofs) settle(ctx context.Context, customer, ask string, judge func(*keep.Desk, *asking, *tries) error) (wallet.Asked, error) {
	var asked wallet.Asked
	err := p.books.Commit(ctx, func(d *keep.Desk) error {
		x, err := keep.Owned[asking](d, keep.KindAsk, customer, ask)
		if err != nil {
			return err
		}
		if x.present(d.At).State != wallet.AskPending {
			return fault.New(fault.Conflict, "proof.settle", "nothing waits for an answer")
		}
		t, err := triesOf(d, customer)
		if err != nil {
			return err
		}
		if _, locked := t.LockedAt(d.At.Std()); locked {
			x.State = wallet.AskLocked
		} else if err := judge(d, &x, &t); err != nil {
			return err
		}
		asked = x.Asked
		return save(d, x)
	})
	return asked, err
}

// prove judges a yes by the app or by a code, and signs what was proven.
func (p *Proofs) prove(d *keep.Desk, x *asking, t *tries, factors []wallet.Factor, device wallet.Device, code string) error {
	i := slices.IndexFunc(factors, func(f wallet.Factor) bool { return f.Type == x.Method && f.State == "active" })
	ok := i >= 0
	switch x.Method {
	case "totp":
		if !ok {
			break
		}
		secrets, err := keep.Get[lives.Private](d, keep.KindPrivate, x.Ask.CustomerID)
		if err != nil {
			return err
		}
		step, right, err := password.CheckTOTP(secrets.TOTP, code, d.At.Std(), secrets.Step)
		if err != nil {
			return err
		}
		if ok = right; right {
			secrets.Step = step
			if err := keep.Put(d, keep.KindPrivate, x.Ask.CustomerID, x.Ask.CustomerID, 0, secrets); err != nil {
				return err
			}
		}
	case "app_push":
		ok = ok && device.ID != ""
	default: // a yes alone proves nothing where a passkey has to sign
		ok = false
	}
	if !ok {
		return p.failed(d, x, t)
	}
	age := time.Duration(d.At-factors[i].ChangedAt) * time.Microsecond
	return p.proven(d, x, t, shown{method: x.Method, age: age, device: device.ID, best: x.Method == "app_push"})
}

// failed counts a try that proved nothing.
func (p *Proofs) failed(d *keep.Desk, x *asking, t *tries) error {
	t.Tries = t.Fail(d.At.Std())
	if _, locked := t.LockedAt(d.At.Std()); locked {
		x.State = wallet.AskLocked
	}
	return keep.Put(d, keep.KindTries, x.Ask.CustomerID, x.Ask.CustomerID, 0, *t)
}

// shown is what proves who somebody is.
type shown struct {
	method, device string
	age            time.Duration // since the factor was changed
	best           bool          // it shows as much as anything can, unless it is young
}

// proven signs what was proven, where that is as much as is wanted.
func (p *Proofs) proven(d *keep.Desk, x *asking, t *tries, by shown) error {
	t.Tries = t.Succeed()
	if err := keep.Put(d, keep.KindTries, x.Ask.CustomerID, x.Ask.CustomerID, 0, *t); err != nil {
		return err
	}
	assured := 2
	if by.best && by.age >= assurance.CoolDown { // by a device that was known before, outside of the conversation
		assured = 3
	}
	x.Method = by.method
	if assured < x.Ask.Level {
		x.State = wallet.AskDeclined // it cannot be proven as well as is wanted
		return nil
	}
	signed, err := p.sign(*x, assured, by.age, by.device, d.At.Std())
	x.State, x.Assertion = wallet.AskApproved, signed
	return err
}

// trusted is the device on which the app may ask; none is no error.
func (p *Proofs) trusted(ctx context.Context, customer string) (wallet.Device, error) {
	list, err := keep.Listed[wallet.Device](ctx, p.books, keep.KindDevice, customer, most)
	for _, x := range list {
		if x.Trust == "trusted" && x.Push {
			return x, nil
		}
	}
	return wallet.Device{}, err
}

// sign makes the assertion of a proof: a JWS in compact form (RFC 7515, RFC 8037),
// about exactly what was asked.
func (p *Proofs) sign(x asking, level int, age time.Duration, device string, now time.Time) (string, error) {
	claims := map[string]any{
		"iss": p.signer.Issuer, "aud": p.signer.Audience, "sub": x.Ask.CustomerID, "case": x.Ask.Case, "act": x.Ask.Act, "aal": level, "amr": []string{x.Method},
		"factor_age_min_h": int64(age / time.Hour), "iat": now.Unix(), "exp": now.Add(assurance.MaxLife / 2).Unix(), "jti": x.ID, "nonce": x.Ask.Nonce,
	}
	if x.Ask.Target != "" {
		claims["tgt"] = x.Ask.Target
	}
	if device != "" {
		claims["dev"] = device
	}
	if !x.Ask.Amount.None() {
		claims["amt"], claims["cur"] = x.Ask.Amount.Amount(), x.Ask.Amount.Currency()
	}
	header, err := json.Marshal(map[string]string{"alg": "EdDSA", "typ": assurance.Type, "kid": p.signer.KeyID})
	if err != nil {
		return "", fault.Wrap("proof.sign", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fault.Wrap("proof.sign", err)
	}
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(p.signer.Key, []byte(text))), nil
}

// Proven tells whether a command comes with a proof of the wallet's own, made for exactly
// this command, fresh and never used before; with that it is used.
func (p *Proofs) Proven(d *keep.Desk, by wallet.Actor, c wallet.Command, need identity.Level) (bool, error) {
	ask, ok := askOf(c.Assertion)
	if !ok {
		return false, nil
	}
	x, err := keep.Owned[asking](d, keep.KindAsk, c.CustomerID, ask)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			err = nil
		}
		return false, err
	}
	if x.Used || x.State != wallet.AskApproved || subtle.ConstantTimeCompare([]byte(x.Assertion), []byte(c.Assertion)) != 1 {
		return false, nil
	}
	keys, err := identity.ParseKeySet(p.signer.KeySetJSON())
	if err != nil {
		return false, err
	}
	_, err = assurance.Verify(c.Assertion, keys, assurance.Wanted{
		Issuer: p.signer.Issuer, Audience: p.signer.Audience, Subject: c.CustomerID, Case: by.Case, Act: c.Act, Target: c.Target, Amount: c.Amount, Level: need, Nonce: x.Ask.Nonce,
	}, d.At.Std())
	if err != nil {
		return false, nil //nolint:nilerr // whatever is wrong with it: it is no proof
	}
	x.Used = true
	return true, keep.Put(d, keep.KindAsk, x.ID, c.CustomerID, x.At, x)
}

// askOf is of which step-up an assertion says that it is. Nothing is believed of it yet.
func askOf(signed string) (string, bool) {
	parts := strings.Split(signed, ".")
	if len(parts) != 3 {
		return "", false
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", false
	}
	var said struct {
		ID string `json:"jti"`
	}
	return said.ID, json.Unmarshal(body, &said) == nil && said.ID != ""
}

// Match compares what somebody says of themselves with what the wallet knows of whoever
// has that address: which of it fits, and nothing else. Who it is is told when two things
// fit. Errors: Invalid without an address; TooMany, Unavailable.
func (p *Proofs) Match(ctx context.Context, by wallet.Actor, c wallet.Claimed) (wallet.Matched, error) {
	const op = "proof.Match"
	m := wallet.Matched{Fields: []string{}}
	if (c.Email == "" && c.Phone == "") || max(len(c.Email), len(c.Phone), len(c.Name), len(c.BirthDate), len(c.Last4)) > 4*wallet.MaxText {
		return m, fault.InvalidField(op, "email", "and phone are missing, or something is too long")
	}
	if p.asked.Allow(by.Kind+":"+by.ID, 1, p.books.Clock()) > 0 || p.all.Allow("", 1, p.books.Clock()) > 0 {
		return m, fault.New(fault.TooMany, op, "too much was compared a moment ago")
	}
	who, err := p.holder(ctx, c)
	if err != nil || who == "" {
		return m, err
	}
	known, err := keep.Read[wallet.Customer](ctx, p.books, keep.KindCustomer, "", who)
	if err != nil {
		return m, err
	}
	secrets, err := keep.Read[lives.Private](ctx, p.books, keep.KindPrivate, who, who)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return m, err
	}
	instruments, err := keep.Listed[wallet.Instrument](ctx, p.books, keep.KindInstrument, who, most)
	if err != nil {
		return m, err
	}
	has := func(kind, value string) bool {
		return value != "" && slices.ContainsFunc(known.Handles, func(h wallet.Handle) bool {
			return h.Kind == kind && keep.HandleID(kind, h.Value) == keep.HandleID(kind, value)
		})
	}
	fits := map[string]bool{
		"email": has(wallet.HandleEmail, c.Email), "phone": has(wallet.HandlePhone, c.Phone), "name": c.Name != "" && strings.EqualFold(strings.TrimSpace(c.Name), known.Name),
		"birth_date": c.BirthDate != "" && c.BirthDate == secrets.BirthDate,
		"last4":      c.Last4 != "" && slices.ContainsFunc(instruments, func(i wallet.Instrument) bool { return i.Type == "card" && i.Last4 == c.Last4 }),
	}
	for _, field := range []string{"email", "phone", "name", "birth_date", "last4"} {
		if fits[field] {
			m.Fields = append(m.Fields, field)
		}
	}
	if len(m.Fields) > 1 {
		m.CustomerID = who
	}
	return m, nil
}

// holder is who has the address that somebody names; "" is nobody.
func (p *Proofs) holder(ctx context.Context, c wallet.Claimed) (string, error) {
	for _, h := range [][2]string{{wallet.HandleEmail, c.Email}, {wallet.HandlePhone, c.Phone}} {
		if h[1] == "" {
			continue
		}
		r, err := p.books.Record(ctx, keep.KindHandle, keep.HandleID(h[0], h[1]))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		found, err := keep.Parse[map[string]string](r)
		return found["customer"], err
	}
	return "", nil
}
