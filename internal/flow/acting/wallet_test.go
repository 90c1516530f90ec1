package acting_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// way is what becomes of a command.
type way int

const (
	arrives way = iota // and is answered
	answerLost
	comesLate  // within five minutes, as a signature lives; the answer is lost
	isLost     // it never arrives, and nobody knows
	neverLeft  // it never arrives, and everybody knows
	comesTwice // and is answered
	isRefused
	takesTime // it is taken on, and done when somebody asks
)

// effect is something that happened in the wallet.
type effect struct {
	command wallet.Command
	at      time.Time
	proven  bool
}

// theWallet does what wallets do: each command once for its key, whatever becomes of the
// answers; it believes only its own assertions.
type theWallet struct {
	mu        sync.Mutex
	files     map[string][]byte // by customer and digest
	came      map[string]int    // how often each of those came
	takesNone error             // instead of files
	takesOnly int               // so many files; the others find it down
	taking    func()            // is called as each file comes
	clock     *storagetest.Clock
	key       ed25519.PrivateKey
	kid       string
	next      []way // of the commands to come; arrives after those
	unreached bool  // nothing that asks a customer reaches it
	down      bool  // nothing is answered
	pending   bool  // what was taken on is not done yet
	state     string
	fee       string
	ops       map[string]wallet.Operation
	late      []late
	effects   []effect
	asks      map[string]*asking
	asked     int
	answer    wallet.AskState // to step-ups; "" leaves them open
	forge     bool            // assertions are of something else
	dry       wallet.Refusal
	frozen    []wallet.Restriction
	reads     []wallet.Reading
	actors    []wallet.Actor
	keyings   int
}

type late struct {
	command wallet.Command
	at      time.Time
}

type asking struct {
	ask   wallet.Ask
	state wallet.AskState
	until time.Time
}

func newWallet(clock *storagetest.Clock) *theWallet {
	w := &theWallet{clock: clock, state: "posted", ops: map[string]wallet.Operation{}, asks: map[string]*asking{}, answer: wallet.AskApproved, reads: wallet.Readings()}
	w.rotate()
	return w
}

// rotate has the wallet sign with another key.
func (w *theWallet) rotate() {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	w.key, w.kid = private, id.New()
}

type neverSent struct{ error }

func (neverSent) NeverSent() bool { return true }

func (w *theWallet) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Version: "1", Readings: w.reads, Acts: wallet.Acts(), StepUp: []string{"app_push"}, Files: &wallet.FileLimits{MaxBytes: 1 << 20, Types: []string{"text/plain"}}}, nil
}

func (w *theWallet) gone() error {
	if w.down {
		return fault.New(fault.Unavailable, "test", "down")
	}
	return nil
}

func (w *theWallet) Do(_ context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arrive()
	w.actors = append(w.actors, by)
	if w.down {
		return wallet.Operation{}, neverSent{errors.New("no way there")}
	}
	if err := c.Validate(); err != nil {
		return wallet.Operation{}, err
	}
	if c.DryRun {
		return w.wouldDo(c), nil
	}
	what := arrives
	if len(w.next) > 0 {
		what, w.next = w.next[0], w.next[1:]
	}
	lost := fault.New(fault.Unavailable, "test", "no answer")
	switch what {
	case answerLost:
		w.apply(c)
		return wallet.Operation{}, lost
	case comesLate:
		w.late = append(w.late, late{c, w.clock.Now().Add(4 * time.Minute)})
		return wallet.Operation{}, lost
	case isLost:
		return wallet.Operation{}, lost
	case neverLeft:
		return wallet.Operation{}, neverSent{errors.New("no way there")}
	case comesTwice:
		w.apply(c)
		return w.apply(c), nil
	case isRefused:
		return w.refuse(c, wallet.BlockedByWallet), nil
	case takesTime:
		return w.takeOn(c), nil
	default:
		return w.apply(c), nil
	}
}

func (w *theWallet) operation(c wallet.Command, s wallet.OperationState) wallet.Operation {
	now := wallet.At(w.clock.Now())
	o := wallet.Operation{ID: "op-" + c.Key, Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: s, CreatedAt: now}
	if s.Over() {
		o.DoneAt = now
	}
	return o
}

func (w *theWallet) wouldDo(c wallet.Command) wallet.Operation {
	if w.dry != "" {
		o := w.operation(c, wallet.OpFailed)
		o.Refusal = w.dry
		return o
	}
	o := w.operation(c, wallet.OpProposed)
	o.Summary = &wallet.Summary{Amount: c.Amount, Destination: "card-1", State: w.state, ArrivesBy: wallet.At(w.clock.Now().Add(72 * time.Hour))}
	if w.fee != "" {
		o.Summary.Fees = []wallet.Fee{{Kind: "late", Amount: c.Amount}}
	}
	return o
}

// apply does a command, once for its key.
func (w *theWallet) apply(c wallet.Command) wallet.Operation {
	if o, known := w.ops[c.Key]; known {
		return o
	}
	proven := w.believes(c)
	if c.Act.MovesMoney() && !proven {
		return w.refuse(c, wallet.StepUpRequired)
	}
	w.effects = append(w.effects, effect{c, w.clock.Now(), proven})
	o := w.operation(c, wallet.OpSucceeded)
	if c.Act == wallet.RequestRefund {
		o.Made = []wallet.Made{{Kind: "refund", ID: "re-" + strconv.Itoa(len(w.effects))}}
	}
	w.ops[c.Key] = o
	return o
}

func (w *theWallet) refuse(c wallet.Command, why wallet.Refusal) wallet.Operation {
	if o, known := w.ops[c.Key]; known {
		return o
	}
	o := w.operation(c, wallet.OpFailed)
	o.Refusal = why
	w.ops[c.Key] = o
	return o
}

func (w *theWallet) takeOn(c wallet.Command) wallet.Operation {
	if o, known := w.ops[c.Key]; known {
		return o
	}
	w.apply(c)
	o := w.ops[c.Key]
	if o.State == wallet.OpSucceeded {
		o.State, o.DoneAt = wallet.OpPending, 0
		w.ops[c.Key] = o
	}
	return o
}

// believes tells whether a command carries an assertion of this wallet's for it.
func (w *theWallet) believes(c wallet.Command) bool {
	token, err := jwt.Parse(c.Assertion, func(*jwt.Token) (any, error) { return w.key.Public(), nil }, jwt.WithTimeFunc(w.clock.Now))
	if err != nil {
		return false
	}
	claims := token.Claims.(jwt.MapClaims)
	return claims["sub"] == c.CustomerID && claims["act"] == string(c.Act) && (c.Target == "" || claims["tgt"] == c.Target) && (c.Amount.None() || claims["amt"] == c.Amount.Amount())
}

// arrive lets what was on its way come in.
func (w *theWallet) arrive() {
	kept := w.late[:0]
	for _, l := range w.late {
		if w.clock.Now().Before(l.at) {
			kept = append(kept, l)
			continue
		}
		if w.clock.Now().Sub(l.at) <= time.Minute { // else its signature is too old
			w.apply(l.command)
		}
	}
	w.late = kept
}

func (w *theWallet) Operation(_ context.Context, _ wallet.Actor, customer, op string) (wallet.Operation, error) {
	return w.find(func(o wallet.Operation) bool { return o.ID == op && o.CustomerID == customer })
}

func (w *theWallet) OperationByKey(_ context.Context, _ wallet.Actor, customer, key string) (wallet.Operation, error) {
	return w.find(func(o wallet.Operation) bool { return o.Key == key && o.CustomerID == customer })
}

func (w *theWallet) find(is func(wallet.Operation) bool) (wallet.Operation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arrive()
	if w.down {
		return wallet.Operation{}, neverSent{errors.New("no way there")} // of the question: it says nothing of the command
	}
	for key, o := range w.ops {
		if !is(o) {
			continue
		}
		if o.State == wallet.OpPending && !w.pending {
			o.State, o.DoneAt = wallet.OpSucceeded, wallet.At(w.clock.Now())
			w.ops[key] = o
		}
		return o, nil
	}
	return wallet.Operation{}, fault.New(fault.NotFound, "test", "nothing under this key")
}

func (w *theWallet) Ask(_ context.Context, _ wallet.Actor, a wallet.Ask) (wallet.Asked, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unreached {
		return wallet.Asked{}, neverSent{fault.New(fault.Unavailable, "test", "no way there")}
	}
	w.asked++
	if err := w.gone(); err != nil {
		return wallet.Asked{}, err
	}
	w.asks["su-"+a.Key] = &asking{a, wallet.AskPending, w.clock.Now().Add(9 * time.Minute)}
	return w.told("su-" + a.Key), nil
}

func (w *theWallet) Asked(_ context.Context, _ wallet.Actor, _, ask string) (wallet.Asked, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.gone(); err != nil {
		return wallet.Asked{}, err
	}
	x, known := w.asks[ask]
	if !known {
		return wallet.Asked{}, fault.New(fault.NotFound, "test", "nobody was asked")
	}
	if x.state == wallet.AskPending && w.answer != "" {
		x.state = w.answer
	}
	return w.told(ask), nil
}

func (w *theWallet) told(ask string) wallet.Asked {
	x := w.asks[ask]
	out := wallet.Asked{ID: ask, State: x.state, Method: "app_push", Link: "wallet://ask", ExpiresAt: wallet.At(x.until)}
	if x.state == wallet.AskApproved {
		out.Link, out.Assertion = "", w.sign(x.ask)
	}
	return out
}

func (w *theWallet) sign(a wallet.Ask) string {
	now := w.clock.Now()
	claims := jwt.MapClaims{
		"iss": "wallet", "aud": "kefu", "sub": a.CustomerID, "case": a.Case, "act": string(a.Act), "aal": a.Level, "amr": []string{"passkey"}, "factor_age_min_h": 2000,
		"dev": "d-1", "iat": now.Unix(), "exp": now.Add(9 * time.Minute).Unix(), "jti": id.New(), "nonce": a.Nonce,
	}
	if a.Target != "" {
		claims["tgt"] = a.Target
	}
	if !a.Amount.None() {
		claims["amt"], claims["cur"] = a.Amount.Amount(), a.Amount.Currency()
	}
	if w.forge {
		claims["sub"] = "somebody-else"
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"], token.Header["typ"] = w.kid, assurance.Type
	signed, err := token.SignedString(w.key)
	if err != nil {
		panic(err)
	}
	return signed
}

func (w *theWallet) Keys(context.Context) (identity.KeySet, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keyings++
	if err := w.gone(); err != nil {
		return identity.KeySet{}, err
	}
	return identity.ParseKeySet(fmt.Appendf(nil, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":%q,"use":"sig","x":%q}]}`, w.kid, base64.RawURLEncoding.EncodeToString(w.key.Public().(ed25519.PublicKey))))
}

func (w *theWallet) Customer(_ context.Context, _ wallet.Actor, who string) (wallet.Customer, error) {
	return wallet.Customer{ID: who, Kind: wallet.Person, KYC: wallet.KYC{Status: "approved"}}, w.gone()
}

func (w *theWallet) Accounts(context.Context, wallet.Actor, string) ([]wallet.Account, error) {
	return nil, w.gone()
}

func (w *theWallet) Instruments(context.Context, wallet.Actor, string) ([]wallet.Instrument, error) {
	return []wallet.Instrument{{ID: "card-1", Type: "card", Brand: "Visa", Last4: "4242", Status: "active"}}, w.gone()
}

func (w *theWallet) Transaction(_ context.Context, _ wallet.Actor, who, tx string) (wallet.Transaction, error) {
	return wallet.Transaction{ID: tx, CustomerID: who, Kind: wallet.KindPayment, Merchant: &wallet.Merchant{Name: "Lotus Market"}, State: wallet.State(w.state)}, w.gone()
}

func (w *theWallet) Refunds(context.Context, wallet.Actor, string, string) ([]wallet.Refund, error) {
	return nil, w.gone()
}

func (w *theWallet) Disputes(context.Context, wallet.Actor, string) ([]wallet.Dispute, error) {
	return nil, w.gone()
}

func (w *theWallet) Devices(context.Context, wallet.Actor, string) ([]wallet.Device, error) {
	return []wallet.Device{{ID: "d-1", Trust: "trusted", FirstSeen: wallet.At(w.clock.Now().Add(-5000 * time.Hour))}}, w.gone()
}

func (w *theWallet) Factors(context.Context, wallet.Actor, string) ([]wallet.Factor, error) {
	old := wallet.At(w.clock.Now().Add(-5000 * time.Hour))
	return []wallet.Factor{{ID: "f-1", Type: "passkey", State: "active", CreatedAt: old, ChangedAt: old}}, w.gone()
}

func (w *theWallet) Restrictions(context.Context, wallet.Actor, string) ([]wallet.Restriction, error) {
	return w.frozen, w.gone()
}

func (w *theWallet) done() []effect {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arrive()
	return append([]effect(nil), w.effects...)
}

func euros(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// GiveFile implements acting.Wallet.
func (w *theWallet) GiveFile(_ context.Context, _ wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error) {
	if w.taking != nil {
		w.taking()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.takesNone != nil {
		return wallet.Stored{}, w.takesNone
	}
	if w.files == nil {
		w.files, w.came = map[string][]byte{}, map[string]int{}
	}
	if w.takesOnly > 0 && len(w.files) >= w.takesOnly {
		return wallet.Stored{}, fault.New(fault.Unavailable, "test", "later")
	}
	w.came[string(content)]++
	w.files[customer+" "+f.Digest] = content
	return wallet.Stored{CustomerID: customer, File: f, At: wallet.At(w.clock.Now())}, nil
}
