package flowcheck

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/approving"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/intake"
	flow "kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/flow/verification"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/secret"
	"kefu/internal/storage"
)

// Issuer and Audience are what the wallet and the Kefu of a check call each other.
const (
	Issuer   = "wallet"
	Audience = "kefu"
)

// Wallet is all that Kefu asks of an operator's wallet for what customers do themselves.
type Wallet interface {
	flow.Wallet
	acting.Wallet
	verification.Wallet
}

// Content is what customers are walked through.
type Content struct {
	Flows    *selfservice.Flows
	Reads    *reads.Registry // what flows may ask for beside what is known without them
	Failures *failure.Table
	Guard    *guard.Detector
	Codes    fs.FS // the failure codes, as files
}

// Clock is a time that stands until it is moved. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock makes a Clock that stands at a time.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now is the time. It is a clock.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Move lets time pass.
func (c *Clock) Move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// house is a Kefu as far as flows need it: the real flows, rules, proofs and store.
type house struct {
	*flow.Service
	acts   *acting.Service
	files  *attaching.Service
	store  *storage.Store
	clock  *Clock
	second identity.Principal // a person who may decide
	close  func() error
}

// open opens a house in a folder, over a wallet; one that is new gets somebody who
// decides. Errors: those of the store.
func open(ctx context.Context, dir string, master secret.Master, c Content, w Wallet, clock *Clock, in *heard) (*house, error) {
	_, missing := os.Stat(filepath.Join(dir, "keys"))
	ring, err := keyring.Open(filepath.Join(dir, "keys"), master, keyring.Options{FirstExtent: 256, Tombstones: filepath.Join(dir, "destroyed.log")})
	if err != nil {
		return nil, err
	}
	kinds, err := configuring.Kinds()
	if err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	store, err := storage.Open(ctx, storage.Options{Migrate: true, Dir: dir, Ring: ring, Clock: clock.Now, Settings: kinds})
	if err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- store.Run(running) }()
	h := &house{store: store, clock: clock, close: func() error {
		stop()
		return errors.Join(<-ended, store.Close(), ring.Close())
	}}
	in.Service = intake.New(h.store, c.Guard, intake.Limits{Visitor: wide(), Customer: wide(), Staff: wide(), VisitorStarts: wide(), CustomerStarts: wide(), Senders: 1000}, clock.Now, nil)
	files, blobs, err := filing(dir, store, ring, in.Clean, clock)
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	rest := h.close
	h.files, h.close = files, func() error { return errors.Join(blobs.Close(), rest()) }
	h.furnish(c, w, in)
	if missing != nil {
		if err := h.people(ctx); err != nil {
			return nil, errors.Join(err, h.close())
		}
	}
	return h, nil
}

// wide is no limit that a check would reach.
func wide() ratelimit.Limit { return ratelimit.Limit{Burst: 100_000, Per: time.Second} }

// furnish puts the flows, rules and proofs into the house.
func (h *house) furnish(c Content, w Wallet, in *heard) {
	log, now := slog.New(slog.DiscardHandler), h.clock.Now
	h.Service = flow.New(flow.Deps{
		Store: h.store, Intake: in, Wallet: w, Failures: c.Failures, Flows: c.Flows, Reads: c.Reads, Files: h.files, Clock: now, Log: log,
	}, flow.Options{Issuer: Issuer, Answers: wide()})
	proofs := verification.New(verification.Deps{Wallet: w, Store: h.store, Clock: now, Log: log}, verification.Options{Issuer: Issuer, Audience: Audience})
	h.acts = acting.New(acting.Deps{
		Wallet: w, Links: h.store, Store: h.store, Prover: proofs, Approver: approving.New(h.store, in.Clean, nil), Clock: now, Clean: in.Clean, Log: log, Changed: h.ActChanged, Files: h.files,
		Policy: func() (action.Policy, int64) { return careful(), 1 }, Zone: func() *time.Location { return time.UTC }, OnDuty: func() bool { return true },
	}, Issuer)
	h.UseActs(acting.Flows{Service: h.acts})
}

// people lets somebody in who decides, and keeps the flows.
func (h *house) people(ctx context.Context) error {
	m := staff.Member{ID: id.New(), Email: "second@example.org", Name: "Second", Role: identity.Supervisor}
	if err := h.store.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: m}); err != nil {
		return err
	}
	h.second = identity.Principal{Kind: identity.Staff, ID: m.ID, Role: m.Role}
	return h.KeepFlows(ctx)
}

// careful is the policy of a new house, but that the customer proves all that is done: so
// it is in the golden conversations, which show what comes of a proof. A consent is taken back
// without one: that is to be as easy as to give it.
func careful() action.Policy {
	p := action.Default()
	for i := range p.Rules {
		if r := p.Rules[i]; r.Allow && !r.Acts[0].ByCustomer() {
			p.Rules[i].Level = max(p.Rules[i].Level, int(identity.AL2))
		}
	}
	return p
}

// signIn gives the customer whom the wallet knows by an id.
func (h *house) signIn(ctx context.Context, subject string, level identity.Level) (identity.Principal, error) {
	signed, err := h.store.SignInCustomer(ctx, customer.SignIn{
		Issuer: Issuer, Subject: subject, TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(),
		Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60},
	})
	return identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: max(level, identity.AL1)}, err
}

// looks bounds how often what is due is looked at after one thing: each look may make
// another thing due.
const looks = 4

// work has all that is due looked at, as the workers do: acts first, then the runs that
// wait for them.
func (h *house) work(ctx context.Context) error {
	for range looks {
		if err := h.acts.Reconcile(ctx); err != nil {
			return err
		}
		n, err := h.Work(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// waiting lists a customer's acts that wait for a second person.
func (h *house) waiting(ctx context.Context, customerID string) ([]action.Kept, error) {
	return h.store.ListActs(ctx, identity.SystemPart("acts"), action.Query{CustomerID: customerID, States: []action.State{action.Waiting}, Limit: 10})
}
