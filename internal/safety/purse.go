package safety

import (
	"context"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// way is what becomes of a command on its way.
type way int

const (
	arrives way = iota
	answerLost
	comesLate // four minutes later, while its signature lives; the answer is lost
	isLost
	neverLeft
	comesTwice
	isRefused
	takesTime
	otherAnswer // the answer is about something else
	ways
)

const lateBy = 4 * time.Minute

// payment is a customer's payment, or money that is held.
type payment struct {
	id, owner, merchant string // the wallet's ids
	captured            int64  // in cents
	currency            string
	state               wallet.State
	refunded            int64
	hold                string // the transfer that holds it
}

type dispute struct {
	id, owner, payment string
	credited           int64
	over               bool
	files              []wallet.Evidence
}

// purse is a wallet that holds money: books by domain/ledger, commands once for their
// key, step-ups. Who may want what, how it is proven, who agreed and by when it is over
// it leaves to Kefu, and only writes down.
type purse struct {
	w            *world
	accounts     map[string]*ledger.Standing
	names        []string // of the accounts, in order
	transfers    map[string]ledger.Stored
	lines        []ledger.Line
	payments     map[string]*payment
	disputes     []*dispute
	restrictions []wallet.Restriction
	owners       map[string]string // of restrictions
	blocked      map[string]bool   // cards
	factorAt     map[string]time.Time
	deviceAt     map[string]time.Time
	files        map[string][]byte // by customer and digest
	ops          map[string]wallet.Operation
	opKeys       []string
	told         map[string]terms // by key: what was said last of what would happen
	late         []handed
	sent         []handed
	next         []way
	down         bool
	asks         []*asking
	floorless    bool // balances may go below nothing
	boundless    bool // refunds too
	lossy        bool // lines get lost
}

// terms are what a command comes to at a time.
type terms struct {
	state, to string
	fee       int64
}

// handed is a command as Kefu handed it over.
type handed struct {
	command wallet.Command
	at      time.Time // when it was
	due     time.Time // when it arrives
}

func newPurse(w *world) *purse {
	p := &purse{
		w: w, accounts: map[string]*ledger.Standing{}, transfers: map[string]ledger.Stored{}, payments: map[string]*payment{}, owners: map[string]string{}, blocked: map[string]bool{},
		factorAt: map[string]time.Time{}, deviceAt: map[string]time.Time{}, files: map[string][]byte{}, ops: map[string]wallet.Operation{}, told: map[string]terms{},
	}
	for _, currency := range []string{"EUR", "SEK"} {
		for _, name := range []string{"world", "bank", "shop"} {
			p.open(name, currency, name == "shop")
		}
		for _, c := range w.customers {
			p.open(c.wallet, currency, true)
			p.move("world", c.wallet, 200_000, currency)
			p.factorAt[c.wallet], p.deviceAt[c.wallet] = w.now.Add(-5000*time.Hour), w.now.Add(-5000*time.Hour)
		}
	}
	for i, c := range w.customers {
		pay := func(n int, cents int64, currency string) string {
			id := "tx-" + strconv.Itoa(i) + "-" + strconv.Itoa(n)
			p.move(c.wallet, "shop", cents, currency)
			p.payments[id] = &payment{id: id, owner: c.wallet, merchant: "shop", captured: cents, currency: currency, state: wallet.Posted}
			return id
		}
		pay(0, 6_000, "EUR")
		pay(1, 150_000, "EUR")
		pay(2, 4_000, "SEK")
		was := pay(3, 9_000, "EUR")
		p.dispute(c.wallet, was)
		hold := "hold-" + strconv.Itoa(i)
		_ = p.post(ledger.Transfer{ID: hold, Kind: ledger.Held, Debit: "world/EUR", Credit: c.wallet + "/EUR", Amount: big.NewInt(20_000)})
		p.payments["tx-"+strconv.Itoa(i)+"-4"] = &payment{id: "tx-" + strconv.Itoa(i) + "-4", owner: c.wallet, captured: 20_000, currency: "EUR", state: wallet.RiskHold, hold: hold}
		p.restrict(c.wallet, "", "customer", "wallet")
	}
	return p
}

func (p *purse) open(name, currency string, floor bool) {
	id := name + "/" + currency
	p.accounts[id] = &ledger.Standing{Spec: ledger.Spec{Account: ledger.Account{ID: id, Currency: currency, Scale: 2, Floor: floor}}}
	p.names = append(p.names, id)
}

// Account implements ledger.Books.
func (p *purse) Account(id string) (ledger.Account, *ledger.Balance, error) {
	a := p.accounts[id]
	if a == nil {
		return ledger.Account{}, nil, fault.New(fault.NotFound, "safety.Account", "there is none")
	}
	out := a.Account
	if p.floorless {
		out.Floor = false
	}
	return out, &a.Balance, nil
}

// Transfer implements ledger.Books.
func (p *purse) Transfer(id string) (ledger.Stored, error) {
	t, there := p.transfers[id]
	if !there {
		return t, fault.New(fault.NotFound, "safety.Transfer", "there is none")
	}
	return t, nil
}

func (p *purse) post(t ledger.Transfer) error {
	t.At = p.w.now.UnixMicro()
	whole, lines, err := ledger.Judge(p, t)
	if err != nil {
		return err
	}
	if p.lossy && len(lines) > 1 && p.w.begun {
		lines = lines[:len(lines)-1]
	}
	for _, l := range lines {
		p.accounts[l.Account].Balance.Apply(l)
		p.lines = append(p.lines, l)
	}
	p.transfers[t.ID] = ledger.Stored{Transfer: whole, Asked: t.Digest()}
	if before, resolves := p.transfers[t.Resolves]; resolves {
		before.Resolved = true
		p.transfers[t.Resolves] = before
	}
	return nil
}

// move moves money under an id that no other transfer has, so that the books do not
// notice what is done twice.
func (p *purse) move(from, to string, cents int64, currency string) error {
	return p.post(ledger.Transfer{ID: "t-" + strconv.Itoa(len(p.transfers)), Kind: ledger.Direct, Debit: from + "/" + currency, Credit: to + "/" + currency, Amount: big.NewInt(cents)})
}

func (p *purse) dispute(owner, tx string) {
	p.disputes = append(p.disputes, &dispute{id: "dispute-" + strconv.Itoa(len(p.disputes)), owner: owner, payment: tx})
}

func (p *purse) restrict(owner, target, by, scope string) string {
	id := "stop-" + strconv.Itoa(len(p.owners))
	p.owners[id] = owner
	p.restrictions = append(p.restrictions, wallet.Restriction{ID: id, Scope: scope, Target: target, Kind: "freeze", Stops: "debit", PlacedBy: by, PlacedAt: wallet.At(p.w.now), Release: by})
	return id
}

func cents(m wallet.Money) int64 {
	if m.None() {
		return 0
	}
	return m.Smallest().Int64()
}

func (p *purse) openDispute(id string) *dispute {
	for _, d := range p.disputes {
		if d.id == id {
			return d
		}
	}
	return nil
}

// come works out what a command would come to: by what only a wallet can know.
func (p *purse) come(c wallet.Command) (terms, wallet.Refusal) {
	t := terms{to: "card-" + c.CustomerID}
	if p.blocked[t.to] {
		t.to = c.CustomerID
	}
	pay := p.payments[c.Target]
	switch c.Act {
	case wallet.RequestRefund:
		switch {
		case pay == nil || pay.owner != c.CustomerID || pay.currency != c.Amount.Currency() || pay.hold != "":
			return t, wallet.NotEligible
		case pay.refunded+cents(c.Amount) > pay.captured && !p.boundless:
			return t, wallet.AmountTooHigh
		case pay.state == wallet.PartiallyRefunded:
			t.fee = 100
		}
		t.state = string(pay.state)
	case wallet.ReleaseHold:
		if pay == nil || pay.owner != c.CustomerID || pay.state != wallet.RiskHold {
			return t, wallet.NotEligible
		}
		t.state, t.to = string(pay.state), c.CustomerID
	case wallet.OpenDispute:
		if pay == nil || pay.owner != c.CustomerID || pay.hold != "" {
			return t, wallet.NotEligible
		}
		t.state, t.to = string(pay.state), ""
	case wallet.GrantCredit:
		d := p.openDispute(c.Target)
		if d == nil || d.owner != c.CustomerID || d.over || c.Amount.Currency() != "EUR" || d.credited > 0 {
			return t, wallet.NotEligible
		}
		t.state, t.to = string(wallet.DisputeOpen), c.CustomerID
	case wallet.AddEvidence:
		d := p.openDispute(c.Target)
		if d == nil || d.owner != c.CustomerID || d.over || len(c.Files) == 0 {
			return t, wallet.NotEligible
		}
		for _, f := range c.Files {
			if slices.Contains(d.files, f) {
				return t, wallet.AlreadyDone
			}
		}
		t.state, t.to = string(wallet.DisputeOpen), ""
	case wallet.Unfreeze:
		if p.owners[c.Target] != c.CustomerID {
			return t, wallet.NotEligible
		}
		t.state, t.to = "freeze", ""
	case wallet.BlockInstrument:
		if c.Target != "card-"+c.CustomerID {
			return t, wallet.NotEligible
		}
		t.to = ""
	default:
		t.to = ""
	}
	return t, ""
}

// Capabilities implements acting.Wallet.
func (p *purse) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Version: "1", Readings: wallet.Readings(), Acts: wallet.Acts(), StepUp: []string{"app_push"}, Files: &wallet.FileLimits{MaxBytes: 1 << 10, Types: wallet.FileTypes()}}, nil
}

// GiveFile implements acting.Wallet. Whose file it is the wallet believes.
func (p *purse) GiveFile(_ context.Context, _ wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error) {
	if p.down {
		return wallet.Stored{}, gone()
	}
	p.files[customer+f.Digest] = content
	return wallet.Stored{CustomerID: customer, File: f, At: wallet.At(p.w.now)}, nil
}

// gave is whose a file really is that a customer of the wallet is said to have given.
func (p *purse) gave(customer, digest string) (owner string, content []byte) {
	content = p.files[customer+digest]
	for _, f := range p.w.papers {
		if len(content) > 0 && string(f.content) == string(content) {
			owner = f.owner
		}
	}
	return owner, content
}

func (p *purse) operation(c wallet.Command, s wallet.OperationState) wallet.Operation {
	o := wallet.Operation{ID: "op-" + c.Key, Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: s, CreatedAt: wallet.At(p.w.now)}
	if s.Over() {
		o.DoneAt = o.CreatedAt
	}
	return o
}

// wish is the part of a key that is the wish's: what follows is added where keys are
// switched off.
func wish(key string) string {
	head, _, _ := strings.Cut(key, "~")
	return head
}

type never struct{ error }

func (never) NeverSent() bool { return true }

func gone() error { return fault.New(fault.Unavailable, "safety", "no answer") }

// Do implements acting.Wallet.
func (p *purse) Do(_ context.Context, _ wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	if !c.DryRun {
		p.w.oracle.handedOver(c)
	}
	if p.down {
		return wallet.Operation{}, never{gone()}
	}
	if c.DryRun {
		return p.would(c), nil
	}
	what := arrives
	if len(p.next) > 0 {
		what, p.next = p.next[0], p.next[1:]
	}
	if what == neverLeft {
		return wallet.Operation{}, never{gone()}
	}
	h := handed{command: c, at: p.w.now}
	p.sent = append(p.sent, h)
	switch what {
	case answerLost:
		p.apply(h)
	case comesLate:
		h.due = p.w.now.Add(lateBy)
		p.late = append(p.late, h)
	case isLost:
	case comesTwice:
		p.apply(h)
		return p.apply(h), nil
	case isRefused:
		return p.keep(p.refused(c, wallet.BlockedByWallet)), nil
	case takesTime:
		o := p.apply(h)
		if o.State == wallet.OpSucceeded {
			o.State, o.DoneAt = wallet.OpPending, 0
			p.ops[c.Key] = o
		}
		return o, nil
	case otherAnswer:
		o := p.apply(h)
		o.Key = "another"
		return o, nil
	default:
		return p.apply(h), nil
	}
	return wallet.Operation{}, gone()
}

func (p *purse) refused(c wallet.Command, why wallet.Refusal) wallet.Operation {
	o := p.operation(c, wallet.OpFailed)
	o.Refusal = why
	return o
}

// keep remembers an operation under its key, if there is none.
func (p *purse) keep(o wallet.Operation) wallet.Operation {
	if before, known := p.ops[o.Key]; known {
		return before
	}
	p.ops[o.Key] = o
	p.opKeys = append(p.opKeys, o.Key)
	return o
}

func (p *purse) would(c wallet.Command) wallet.Operation {
	t, why := p.come(c)
	if why != "" {
		return p.refused(c, why)
	}
	p.told[c.Key] = t
	p.w.oracle.lookedAt(c)
	o := p.operation(c, wallet.OpProposed)
	o.Summary = &wallet.Summary{Amount: c.Amount, Destination: t.to, State: t.state, ArrivesBy: wallet.At(p.w.now.Add(72 * time.Hour))}
	if t.fee > 0 {
		m, _ := wallet.Units(big.NewInt(t.fee), c.Amount.Currency(), 2)
		o.Summary.Fees = []wallet.Fee{{Kind: "late", Amount: m}}
	}
	return o
}

// apply does a command, once for its key. What has changed since Kefu asked last it does
// not do, which is what Expect is for; of what has not, it believes that Kefu has looked.
func (p *purse) apply(h handed) wallet.Operation {
	c := h.command
	if o, known := p.ops[c.Key]; known {
		return o
	}
	t, why := p.come(c)
	if why == "" && t != p.told[wish(c.Key)] {
		why = wallet.StateChanged
	}
	if why != "" {
		return p.keep(p.refused(c, why))
	}
	o := p.operation(c, wallet.OpSucceeded)
	if err := p.move4(c, t, &o); err != nil {
		return p.keep(p.refused(c, wallet.BlockedByWallet))
	}
	p.w.oracle.happened(c, t, h.at)
	return p.keep(o)
}

// move4 does what a command is for.
func (p *purse) move4(c wallet.Command, t terms, o *wallet.Operation) error {
	sum := cents(c.Amount)
	pay := p.payments[c.Target]
	switch c.Act {
	case wallet.RequestRefund:
		if err := p.move(pay.merchant, "bank", sum, pay.currency); err != nil {
			return err
		}
		pay.refunded += sum
		pay.state = wallet.PartiallyRefunded
		if pay.refunded >= pay.captured {
			pay.state = wallet.Refunded
		}
		return p.move("bank", c.CustomerID, sum-t.fee, pay.currency)
	case wallet.ReleaseHold:
		pay.state = wallet.Posted
		return p.post(ledger.Transfer{ID: "post-" + pay.hold, Kind: ledger.Post, Resolves: pay.hold})
	case wallet.GrantCredit:
		p.openDispute(c.Target).credited += sum
		return p.move("bank", c.CustomerID, sum, "EUR")
	case wallet.OpenDispute:
		p.dispute(c.CustomerID, c.Target)
	case wallet.AddEvidence:
		d := p.openDispute(c.Target)
		d.files = append(d.files, c.Files...)
	case wallet.Freeze:
		o.Made = []wallet.Made{{Kind: "freeze", ID: p.restrict(c.CustomerID, "", "customer", "wallet")}}
	case wallet.Unfreeze:
		for i, r := range p.restrictions {
			if r.ID == c.Target {
				p.restrictions = append(p.restrictions[:i:i], p.restrictions[i+1:]...)
				break
			}
		}
		delete(p.owners, c.Target)
	case wallet.BlockInstrument:
		p.blocked[c.Target] = true
	}
	return nil
}

// arrive lets come in what was on its way until a time.
func (p *purse) arrive(until time.Time) {
	kept := p.late[:0]
	for _, h := range p.late {
		if h.due.After(until) {
			kept = append(kept, h)
			continue
		}
		p.w.now = h.due
		p.apply(h)
	}
	p.late = kept
}

// signed is how long the signature of a request is good for.
const signed = 5 * time.Minute

// again has a command that was sent before come in once more, if its signature is good.
func (p *purse) again(n int) {
	if len(p.sent) == 0 {
		return
	}
	if h := p.sent[n%len(p.sent)]; p.w.now.Sub(h.at) <= signed {
		p.apply(h)
	}
}

// Operation implements acting.Wallet.
func (p *purse) Operation(_ context.Context, _ wallet.Actor, customer, id string) (wallet.Operation, error) {
	return p.OperationByKey(context.Background(), wallet.Actor{}, customer, strings.TrimPrefix(id, "op-"))
}

// OperationByKey implements acting.Wallet.
func (p *purse) OperationByKey(_ context.Context, _ wallet.Actor, customer, key string) (wallet.Operation, error) {
	if p.down {
		return wallet.Operation{}, never{gone()}
	}
	o, known := p.ops[key]
	if !known || o.CustomerID != customer {
		return wallet.Operation{}, fault.New(fault.NotFound, "safety", "nothing under this key")
	}
	if o.State == wallet.OpPending {
		o.State, o.DoneAt = wallet.OpSucceeded, wallet.At(p.w.now)
		p.ops[key] = o
	}
	return o, nil
}

func (p *purse) away() error {
	if p.down {
		return gone()
	}
	return nil
}

// Customer implements acting.Wallet, and so do those below.
func (p *purse) Customer(_ context.Context, _ wallet.Actor, id string) (wallet.Customer, error) {
	return wallet.Customer{ID: id, Kind: wallet.Person, KYC: wallet.KYC{Status: "approved"}}, p.away()
}

func (p *purse) Accounts(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Account, error) {
	return []wallet.Account{{ID: customer, Kind: "emoney", Name: "Main", Status: "active", Block: "none"}}, p.away()
}

func (p *purse) Instruments(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Instrument, error) {
	return []wallet.Instrument{{ID: "card-" + customer, Type: "card", Brand: "Visa", Last4: "4242", Status: "active"}}, p.away()
}

func (p *purse) Transaction(_ context.Context, _ wallet.Actor, customer, id string) (wallet.Transaction, error) {
	t := p.payments[id]
	if p.down {
		return wallet.Transaction{}, gone()
	}
	if t == nil || t.owner != customer {
		return wallet.Transaction{}, fault.New(fault.NotFound, "safety", "the customer has no such payment")
	}
	return wallet.Transaction{ID: id, CustomerID: customer, State: t.state}, nil
}

func (p *purse) Refunds(context.Context, wallet.Actor, string, string) ([]wallet.Refund, error) {
	return nil, p.away()
}

func (p *purse) Disputes(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Dispute, error) {
	var found []wallet.Dispute
	for _, d := range p.disputes {
		if d.owner != customer {
			continue
		}
		state := wallet.DisputeOpen
		if d.over {
			state = wallet.DisputeLost
		}
		found = append(found, wallet.Dispute{ID: d.id, CustomerID: customer, Transactions: []string{d.payment}, State: state})
	}
	return found, p.away()
}

func (p *purse) Devices(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Device, error) {
	return []wallet.Device{{ID: "d-1", Trust: "trusted", FirstSeen: wallet.At(p.deviceAt[customer])}}, p.away()
}

func (p *purse) Factors(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Factor, error) {
	at := wallet.At(p.factorAt[customer])
	return []wallet.Factor{{ID: "f-1", Type: "passkey", State: "active", CreatedAt: at, ChangedAt: at}}, p.away()
}

func (p *purse) Restrictions(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Restriction, error) {
	var found []wallet.Restriction
	for _, r := range p.restrictions {
		if p.owners[r.ID] == customer {
			found = append(found, r)
		}
	}
	return found, p.away()
}

// world is what happens in the wallet without Kefu.
func (p *purse) world(n, customer int) {
	c := p.w.customers[customer%len(p.w.customers)].wallet
	switch n % 12 {
	case 0:
		_ = p.move(c, "shop", 20_000, "EUR")
	case 1:
		_ = p.move(c, "shop", 500_000, "EUR") // more than there is
	case 2:
		_ = p.move("shop", "world", 300_000, "EUR") // the merchant is paid out
	case 3:
		p.dispute(c, "tx-"+strconv.Itoa(customer%len(p.w.customers))+"-"+strconv.Itoa(n/12%4))
	case 4:
		for _, d := range p.disputes {
			if d.owner == c && !d.over {
				d.over = true
				break
			}
		}
	case 5:
		p.restrict(c, "tx-"+strconv.Itoa(customer%len(p.w.customers))+"-4", "authority", "account")
	case 6:
		p.restrict(c, "", "authority", "wallet")
	case 7:
		p.factorAt[c] = p.w.now
	case 8:
		p.deviceAt[c] = p.w.now
	case 9:
		p.blocked["card-"+c] = true
	case 10: // it begins to number its assertions anew, as after a restart
		p.w.oracle.jtis = 0
	default:
		p.restrict(c, "", "customer", "wallet")
	}
}
