// Package coming is the scene of the adversary in which people come back into a wallet and
// leave it: access recovery, and closures with their days of grace, payouts and money that
// arrives afterwards. The wallet is the demo's, whole, over books in memory; Kefu's acts,
// proofs and policy are the real ones over it. People ask in each other's names, read each
// other's mail, guess, race, take back and come too late; whatever came of it is read from
// the books and judged by an oracle with rules of its own.
package coming

import (
	"context"
	"io/fs"
	"net/url"
	"strconv"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/action"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/verification"
	"kefu/internal/safety/kept"
	"kefu/internal/safety/script"
	"kefu/internal/safety/vault"
)

// The checks of this scene.
const (
	SecondFactor  script.Check = "recovery-second-factor"
	Guarded       script.Check = "recovery-guard"
	Stopping      script.Check = "recovery-stop"
	Browser       script.Check = "recovery-browser"
	CoolDown      script.Check = "recovery-cool-down"
	OwnTarget     script.Check = "payout-own"
	PaidOnce      script.Check = "late-paid-once"
	TakenBack     script.Check = "closure-taken-back"
	DaysOfGrace   script.Check = "closure-days"
	ClosedAccount script.Check = "closure-accounts"
)

// The rules of this scene.
const (
	ForeignIn   script.Rule = "recovery: somebody came into another's account"
	StoppedIn   script.Rule = "recovery: one that its customer stopped let somebody in"
	TooSoon     script.Rule = "recovery: money left, or the end was asked for, too soon after what proves them was changed"
	Astray      script.Rule = "closure: what was paid out went to somebody else"
	LateTwice   script.Rule = "closure: what came late was paid out twice"
	AfterAll    script.Rule = "closure: it came although it was taken back"
	TooEarly    script.Rule = "closure: it came before its days were over"
	ClosedMoved script.Rule = "closure: an account that is closed holds or moves money"
)

// Checks lists the checks, and what is broken when each is off.
func Checks() map[script.Check]script.Rule {
	return map[script.Check]script.Rule{
		SecondFactor: ForeignIn, Guarded: ForeignIn, Browser: ForeignIn, Stopping: StoppedIn, CoolDown: TooSoon, OwnTarget: Astray, PaidOnce: LateTwice, TakenBack: AfterAll,
		DaysOfGrace: TooEarly, ClosedAccount: ClosedMoved,
	}
}

const (
	issuer, audience = "wallet", "kefu"
	link             = "https://wallet.example"
)

// epoch is when every run begins.
func epoch() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// Room is what one worker keeps from run to run: the wallet and the flows over it, which
// take longer to make than a run.
type Room struct {
	off    script.Check
	ground *vault.Vault // that every run begins with
	books  *turning     // of the run that is on
	wallet *demowallet.Wallet
	flow   *acting.Service
	store  *store
	proofs *proofs
	totp   string // the secret of the one who has a second factor
	sums   map[string]wallet.Money
	now    time.Time
	made   uint64
	world  *world
}

// turning is the books of the run that is on.
type turning struct{ keep.Books }

// New makes a Room without a check. Codes are content/failures, in which the rails of the
// wallet speak.
func New(off script.Check, codes fs.FS) (*Room, error) {
	r := &Room{off: off, now: epoch(), sums: map[string]wallet.Money{}}
	for _, text := range []string{"1.00", "20.00", "50.00", "120.00"} {
		m, err := wallet.Parse(text, "EUR", 2)
		if err != nil {
			return nil, err
		}
		r.sums[text] = m
	}
	r.ground = vault.New(&r.now)
	r.books = &turning{r.ground}
	books := keep.Store{Books: r.ground, Clock: r.clock}
	err := books.Commit(context.Background(), func(d *keep.Desk) error { // or what nobody has would be another in each process
		return keep.Put(d, kindSecret, kindRequest, "", 0, []byte("what the wallet works out from it"))
	})
	if err != nil {
		return nil, err
	}
	r.wallet, err = demowallet.Open(context.Background(), demowallet.Options{
		Books: r.books, Clock: r.clock, Failures: codes, Issuer: issuer, Audience: audience, Link: link,
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names() {
		if err := r.seed(name); err != nil {
			return nil, err
		}
	}
	r.store, r.proofs = &store{}, &proofs{}
	prover := verification.New(verification.Deps{Wallet: side{r.wallet, r}, Store: r.proofs, Clock: r.clock}, verification.Options{Issuer: issuer, Audience: audience})
	r.flow = acting.New(acting.Deps{
		Wallet: side{r.wallet, r}, Links: links{r}, Store: r.store, Prover: prover, Policy: func() (action.Policy, int64) { return action.Default(), 1 },
		Zone: func() *time.Location { return time.UTC }, OnDuty: func() bool { return true }, Clean: func(_ context.Context, text string) (string, error) { return text, nil }, Clock: r.clock,
	}, issuer)
	return r, nil
}

func (r *Room) clock() time.Time { return r.now }

// names are the customers of the wallet: one without a second factor, one with, and one
// who is after the others.
func names() []string { return []string{"ann", "ben", "eve"} }

// tenant is somebody as they are known in the wallet.
type tenant struct{ id, mail, phone, account, bank, bought string }

func tenantOf(name string) tenant {
	return tenant{"w-" + name, name + "@example.com", "+49151000" + strconv.Itoa(len(name)*1000+int(name[0])), "w-" + name + ":main", "w-" + name + ":bank", "tx-" + name}
}

// kept codes of recovery.
const codeKept = "kept-code-of-"

// seed writes a customer down who has been there for long: with money, a bank account,
// what proves them, and something bought.
func (r *Room) seed(name string) error {
	who := tenantOf(name)
	books := keep.Store{Books: r.ground, Clock: r.clock}
	return books.Commit(context.Background(), func(d *keep.Desk) error {
		d.Silent = true
		old := wallet.At(epoch().Add(-5000 * time.Hour))
		c := wallet.Customer{ID: who.id, Kind: wallet.Person, Name: name, Jurisdiction: "DE", CreatedAt: old, RiskTier: "low", KYC: wallet.KYC{Level: "full", Status: "approved"}, Handles: []wallet.Handle{
			{Kind: wallet.HandleEmail, Value: who.mail, VerifiedAt: old, ChangedAt: old}, {Kind: wallet.HandlePhone, Value: who.phone, VerifiedAt: old, ChangedAt: old},
		}}
		puts := []func() error{func() error { return keep.Put(d, keep.KindCustomer, c.ID, "", 0, c) }}
		for _, h := range c.Handles {
			puts = append(puts, func() error {
				return keep.Put(d, keep.KindHandle, keep.HandleID(h.Kind, h.Value), "", 0, map[string]string{"customer": c.ID})
			})
		}
		proves := []string{"app_push"}
		if name == "ben" {
			proves = append(proves, "totp", recovery.Code)
		}
		for _, kind := range proves {
			f := wallet.Factor{ID: c.ID + ":" + kind, Type: kind, State: "active", CreatedAt: old, ChangedAt: old}
			puts = append(puts, func() error { return keep.Put(d, keep.KindFactor, f.ID, c.ID, -f.CreatedAt, f) })
		}
		r.totp = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
		device := wallet.Device{ID: c.ID + ":d", Model: "Pixel", FirstSeen: old, LastSeen: old, Trust: "trusted", Push: true}
		bank := wallet.Instrument{ID: who.bank, Type: "bank", Last4: "0001", Status: "active", VerifiedAt: old, Verification: "verified", NameMatch: "full", Holder: wallet.Person}
		puts = append(puts,
			func() error { return keep.Put(d, keep.KindDevice, device.ID, c.ID, old, device) },
			func() error { return keep.Put(d, keep.KindInstrument, bank.ID, c.ID, 0, bank) },
			func() error {
				return keep.Put(d, keep.KindPrivate, c.ID, c.ID, 0, lives.Private{TOTP: r.totp, Kept: []string{codeKept + name}})
			},
			func() error {
				return d.OpenAccount(c.ID, "EUR", 2, wallet.Account{ID: who.account, Kind: "emoney", Name: "Main", Status: "active", Block: "none", OpenedAt: old})
			},
			func() error { return r.give(d, "gift-"+name, who.account, r.sums["120.00"]) },
			func() error { return r.buy(d, who) },
		)
		for _, put := range puts {
			if err := put(); err != nil {
				return err
			}
		}
		return nil
	})
}

// give has money come in.
func (r *Room) give(d *keep.Desk, id, account string, m wallet.Money) error {
	return d.Transfer(ledger.Transfer{ID: id, Kind: ledger.Direct, Debit: keep.World(m), Credit: account, Amount: m.Smallest()})
}

// buy has something bought, which may be given back some day.
func (r *Room) buy(d *keep.Desk, who tenant) error {
	t := wallet.Transaction{
		ID: who.bought, CustomerID: who.id, AccountID: who.account, Kind: wallet.KindPayment, Direction: wallet.Out, Amount: r.sums["50.00"], Rail: "wallet", Channel: "app",
		Merchant: &wallet.Merchant{Name: "Corner shop"}, CreatedAt: d.At,
	}
	p, err := d.Begin(t, keep.World(t.Amount), rails.Fate{Kind: rails.Fine})
	if err != nil {
		return err
	}
	for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
		if err := d.Advance(p, keep.Move{To: to}); err != nil {
			return err
		}
	}
	return nil
}

// store is Kefu's store of the run that is on.
type store struct {
	acting.Store
	w *world
}

// ConfirmAct and PlanAct are moments in which something else may happen.
func (s *store) ConfirmAct(c context.Context, p identity.Principal, id, hash string) (action.Kept, error) {
	if err := s.w.write(); err != nil {
		return action.Kept{}, err
	}
	return s.Store.ConfirmAct(c, p, id, hash)
}

// PlanAct implements acting.Store.
func (s *store) PlanAct(c context.Context, p identity.Principal, id string, revision int64, r action.Ready) (action.Kept, error) {
	if err := s.w.write(); err != nil {
		return action.Kept{}, err
	}
	return s.Store.PlanAct(c, p, id, revision, r)
}

type proofs struct{ verification.Store }

// member is a customer of Kefu's.
type member struct {
	identity.Principal
	tenant
	name, talk string
	reads      map[string]bool // mailboxes and telephones that they can read
}

func (r *Room) fresh() *world {
	r.made++
	n := strconv.FormatUint(r.made, 36)
	r.now = epoch()
	w := &world{room: r, oracle: newOracle()}
	w.oracle.w = w
	w.acts = kept.New(r.clock)
	for _, name := range names() {
		m := &member{Principal: identity.Principal{Kind: identity.Customer, ID: "c-" + name + n, Level: identity.AL1}, tenant: tenantOf(name), name: name, talk: "talk-" + name + n}
		m.reads = map[string]bool{m.mail: true, m.phone: true}
		w.members = append(w.members, m)
		w.acts.Talks[m.talk] = conversation.State{ID: m.talk, CustomerID: m.ID, Channel: "chat"}
	}
	r.store.Store, r.store.w, r.proofs.Store = w.acts, w, w.acts.Proofs
	w.books = r.ground.Again(&r.now)
	w.books.Before, w.books.Kept = w.write, w.oracle.kept
	w.disable()
	r.books.Books, r.world = w.books, w
	return w
}

// query reads a link of a letter.
func query(of string) url.Values {
	u, err := url.Parse(of)
	if err != nil {
		return nil
	}
	return u.Query()
}
