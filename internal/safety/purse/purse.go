// Package purse is the wallet that the adversary of internal/safety plays against: books
// that hold money, commands once for their key, and step-ups that its customers answer,
// honestly or not. Who may want what, and who agreed, it leaves to Kefu; it tells an
// oracle what it saw, and judges nothing.
package purse

import (
	"context"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/platform/fault"
)

// Way is what becomes of a command on its way.
type Way int

const (
	arrives Way = iota
	answerLost
	comesLate // four minutes later, while its signature lives; the answer is lost
	isLost
	neverLeft
	comesTwice
	isRefused
	takesTime
	otherAnswer // the answer is about something else
	Ways        // how many there are
)

// LateBy is how late what comes late comes.
const LateBy = 4 * time.Minute

// Payment is a customer's payment, or money that is held.
type Payment struct {
	id, owner, merchant string // the wallet's ids
	currency            string
	state               wallet.State
	hold                string // the transfer that holds it

	Captured, Refunded int64 // in cents
}

// Dispute is what a customer disputes, by their payment.
type Dispute struct {
	ID       string
	credited int64
	files    []wallet.Evidence

	Owner, Payment string // of the wallet
	Over           bool
}

// Purse is a wallet that holds money: books by domain/ledger, commands once for their
// key, step-ups. Who may want what, how it is proven, who agreed and by when it is over
// it leaves to Kefu, and only writes down.
type Purse struct {
	w         World
	transfers map[string]ledger.Stored
	blocked   map[string]bool           // cards
	claimed   map[string]string         // purchases whose points were said to be missing, by which wish
	files     map[string][]byte         // by customer and digest
	permits   map[string]consent.Stance // by customer and key
	ops       map[string]wallet.Operation
	opKeys    []string
	told      map[string]Terms // by key: what was said last of what would happen
	late      []handed
	sent      []handed
	jtis      int // how its assertions are numbered

	Books      map[string]*ledger.Standing
	Names      []string // of the accounts, in order
	Lines      []ledger.Line
	Payments   map[string]*Payment
	Astray     []*Lost
	Disputed   []*Dispute
	Restricted []wallet.Restriction
	Owners     map[string]string // of restrictions
	FactorAt   map[string]time.Time
	DeviceAt   map[string]time.Time
	Asks       []*Asking

	Next      []Way // what becomes of the next commands
	Down      bool
	Floorless bool // balances may go below nothing
	Owing     bool // those of points may
	Boundless bool // refunds too
	Lossy     bool // lines get lost
}

// World is what is around the wallet.
type World struct {
	Now       *time.Time // moved on to when something late arrives
	Begun     *bool      // nothing gets lost before
	Customers []string   // the wallet's ids
	Signers   Signers
	Oracle    Oracle
}

// Oracle writes down what the wallet saw.
type Oracle interface {
	HandedOver(c wallet.Command)                        // a command came, or tried to
	LookedAt(c wallet.Command)                          // it was asked what would happen
	Happened(c wallet.Command, t Terms, left time.Time) // something did
	ApprovedInApp(s Said)                               // a customer really agreed to it
}

// Terms are what a command comes to at a time.
type Terms struct {
	state string

	To  string
	Fee int64 // in cents
}

// handed is a command as Kefu handed it over.
type handed struct {
	command wallet.Command
	at      time.Time // when it was
	due     time.Time // when it arrives
}

// New opens one with money, payments, a dispute and a freeze for each customer.
func New(w World) *Purse {
	p := &Purse{
		w: w, Books: map[string]*ledger.Standing{}, transfers: map[string]ledger.Stored{}, Payments: map[string]*Payment{}, Owners: map[string]string{}, blocked: map[string]bool{}, claimed: map[string]string{},
		FactorAt: map[string]time.Time{}, DeviceAt: map[string]time.Time{}, files: map[string][]byte{}, permits: map[string]consent.Stance{}, ops: map[string]wallet.Operation{}, told: map[string]Terms{},
	}
	for _, currency := range []string{"EUR", "SEK"} {
		for _, name := range []string{"world", "bank", "shop"} {
			p.open(name, currency, name == "shop")
		}
		for _, c := range w.Customers {
			p.open(c, currency, true)
			p.move("world", c, 200_000, currency)
			p.FactorAt[c], p.DeviceAt[c] = w.Now.Add(-5000*time.Hour), w.Now.Add(-5000*time.Hour)
		}
	}
	if err := p.collect(); err != nil {
		panic(err) // the world has as many as it likes
	}
	for i, c := range w.Customers {
		pay := func(n int, cents int64, currency string) string {
			id := "tx-" + strconv.Itoa(i) + "-" + strconv.Itoa(n)
			p.move(c, "shop", cents, currency)
			p.Payments[id] = &Payment{id: id, owner: c, merchant: "shop", Captured: cents, currency: currency, state: wallet.Posted}
			return id
		}
		pay(0, 6_000, "EUR")
		pay(1, 150_000, "EUR")
		pay(2, 4_000, "SEK")
		was := pay(3, 9_000, "EUR")
		p.dispute(c, was)
		hold := "hold-" + strconv.Itoa(i)
		_ = p.post(ledger.Transfer{ID: hold, Kind: ledger.Held, Debit: "world/EUR", Credit: c + "/EUR", Amount: big.NewInt(20_000)})
		p.Payments["tx-"+strconv.Itoa(i)+"-4"] = &Payment{id: "tx-" + strconv.Itoa(i) + "-4", owner: c, Captured: 20_000, currency: "EUR", state: wallet.RiskHold, hold: hold}
		p.restrict(c, "", "customer", "wallet")
		p.Astray = append(p.Astray, &Lost{id: "ch-" + strconv.Itoa(i), owner: c, cents: 50_000, fee: 2_500})
	}
	return p
}

func (p *Purse) open(name, currency string, floor bool) {
	id := name + "/" + currency
	p.Books[id] = &ledger.Standing{Spec: ledger.Spec{Account: ledger.Account{ID: id, Currency: currency, Scale: 2, Floor: floor}}}
	p.Names = append(p.Names, id)
}

// Account implements ledger.Books.
func (p *Purse) Account(id string) (ledger.Account, *ledger.Balance, error) {
	a := p.Books[id]
	if a == nil {
		return ledger.Account{}, nil, fault.New(fault.NotFound, "safety.Account", "there is none")
	}
	out := a.Account
	if p.Floorless || (p.Owing && out.Currency == unit) {
		out.Floor = false
	}
	return out, &a.Balance, nil
}

// Transfer implements ledger.Books.
func (p *Purse) Transfer(id string) (ledger.Stored, error) {
	t, there := p.transfers[id]
	if !there {
		return t, fault.New(fault.NotFound, "safety.Transfer", "there is none")
	}
	return t, nil
}

func (p *Purse) post(t ledger.Transfer) error {
	t.At = p.w.Now.UnixMicro()
	whole, lines, err := ledger.Judge(p, t)
	if err != nil {
		return err
	}
	if p.Lossy && len(lines) > 1 && *p.w.Begun {
		lines = lines[:len(lines)-1]
	}
	for _, l := range lines {
		p.Books[l.Account].Balance.Apply(l)
		p.Lines = append(p.Lines, l)
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
func (p *Purse) move(from, to string, cents int64, currency string) error {
	return p.post(ledger.Transfer{ID: "t-" + strconv.Itoa(len(p.transfers)), Kind: ledger.Direct, Debit: from + "/" + currency, Credit: to + "/" + currency, Amount: big.NewInt(cents)})
}

func (p *Purse) dispute(owner, tx string) {
	p.Disputed = append(p.Disputed, &Dispute{ID: "dispute-" + strconv.Itoa(len(p.Disputed)), Owner: owner, Payment: tx})
}

func (p *Purse) restrict(owner, target, by, scope string) string {
	id := "stop-" + strconv.Itoa(len(p.Owners))
	p.Owners[id] = owner
	p.Restricted = append(p.Restricted, wallet.Restriction{ID: id, Scope: scope, Target: target, Kind: "freeze", Stops: "debit", PlacedBy: by, PlacedAt: wallet.At(*p.w.Now), Release: by})
	return id
}

// Cents are a sum of money in cents; 0 for none.
func Cents(m wallet.Money) int64 {
	if m.None() {
		return 0
	}
	return m.Smallest().Int64()
}

func (p *Purse) openDispute(id string) *Dispute {
	for _, d := range p.Disputed {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// come works out what a command would come to: by what only a wallet can know.
func (p *Purse) come(c wallet.Command) (Terms, wallet.Refusal) {
	t := Terms{To: "card-" + c.CustomerID}
	if p.blocked[t.To] {
		t.To = c.CustomerID
	}
	pay := p.Payments[c.Target]
	switch c.Act {
	case wallet.RequestRefund:
		switch {
		case pay == nil || pay.owner != c.CustomerID || pay.currency != c.Amount.Currency() || pay.hold != "":
			return t, wallet.NotEligible
		case pay.Refunded+Cents(c.Amount) > pay.Captured && !p.Boundless:
			return t, wallet.AmountTooHigh
		case pay.state == wallet.PartiallyRefunded:
			t.Fee = 100
		}
		t.state = string(pay.state)
	case wallet.ReleaseHold:
		if pay == nil || pay.owner != c.CustomerID || pay.state != wallet.RiskHold {
			return t, wallet.NotEligible
		}
		t.state, t.To = string(pay.state), c.CustomerID
	case wallet.OpenDispute:
		if pay == nil || pay.owner != c.CustomerID || pay.hold != "" {
			return t, wallet.NotEligible
		}
		t.state, t.To = string(pay.state), ""
	case wallet.GrantCredit:
		d := p.openDispute(c.Target)
		if d == nil || d.Owner != c.CustomerID || d.Over || c.Amount.Currency() != "EUR" || d.credited > 0 {
			return t, wallet.NotEligible
		}
		t.state, t.To = string(wallet.DisputeOpen), c.CustomerID
	case wallet.AddEvidence:
		d := p.openDispute(c.Target)
		if d == nil || d.Owner != c.CustomerID || d.Over || len(c.Files) == 0 {
			return t, wallet.NotEligible
		}
		for _, f := range c.Files {
			if slices.Contains(d.files, f) {
				return t, wallet.AlreadyDone
			}
		}
		t.state, t.To = string(wallet.DisputeOpen), ""
	case wallet.Unfreeze:
		if p.Owners[c.Target] != c.CustomerID {
			return t, wallet.NotEligible
		}
		t.state, t.To = "freeze", ""
	case wallet.BlockInstrument:
		if c.Target != "card-"+c.CustomerID {
			return t, wallet.NotEligible
		}
		t.To = ""
	case wallet.RequestRetrieval:
		return p.comeBack(c)
	case wallet.ClaimPoints, wallet.RedeemPoints:
		return p.earn(c)
	case wallet.GiveConsent, wallet.WithdrawConsent:
		return p.agree(c)
	default:
		t.To = ""
	}
	return t, ""
}

// Capabilities implements acting.Wallet.
func (p *Purse) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{Version: "1", Readings: wallet.Readings(), Acts: wallet.Acts(), StepUp: []string{"app_push"}, Files: &wallet.FileLimits{MaxBytes: 1 << 10, Types: wallet.FileTypes()}}, nil
}

// GiveFile implements acting.Wallet. Whose file it is the wallet believes.
func (p *Purse) GiveFile(_ context.Context, _ wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error) {
	if p.Down {
		return wallet.Stored{}, Gone()
	}
	p.files[customer+f.Digest] = content
	return wallet.Stored{CustomerID: customer, File: f, At: wallet.At(*p.w.Now)}, nil
}

// Gave is a file that a customer of the wallet is said to have given; nil for none.
func (p *Purse) Gave(customer, digest string) []byte { return p.files[customer+digest] }

func (p *Purse) operation(c wallet.Command, s wallet.OperationState) wallet.Operation {
	o := wallet.Operation{ID: "op-" + c.Key, Key: c.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: s, CreatedAt: wallet.At(*p.w.Now)}
	if s.Over() {
		o.DoneAt = o.CreatedAt
	}
	return o
}

// Wish is the part of a key that is the wish's: what follows is added where keys are
// switched off.
func Wish(key string) string {
	head, _, _ := strings.Cut(key, "~")
	return head
}

type never struct{ error }

func (never) NeverSent() bool { return true }

// Gone is the error of whoever got no answer.
func Gone() error { return fault.New(fault.Unavailable, "safety", "no answer") }

// Do implements acting.Wallet.
func (p *Purse) Do(_ context.Context, _ wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	if !c.DryRun {
		p.w.Oracle.HandedOver(c)
	}
	if p.Down {
		return wallet.Operation{}, never{Gone()}
	}
	if c.DryRun {
		return p.would(c), nil
	}
	what := arrives
	if len(p.Next) > 0 {
		what, p.Next = p.Next[0], p.Next[1:]
	}
	if what == neverLeft {
		return wallet.Operation{}, never{Gone()}
	}
	h := handed{command: c, at: *p.w.Now}
	p.sent = append(p.sent, h)
	switch what {
	case answerLost:
		p.apply(h)
	case comesLate:
		h.due = p.w.Now.Add(LateBy)
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
	return wallet.Operation{}, Gone()
}

func (p *Purse) refused(c wallet.Command, why wallet.Refusal) wallet.Operation {
	o := p.operation(c, wallet.OpFailed)
	o.Refusal = why
	return o
}

// keep remembers an operation under its key, if there is none.
func (p *Purse) keep(o wallet.Operation) wallet.Operation {
	if before, known := p.ops[o.Key]; known {
		return before
	}
	p.ops[o.Key] = o
	p.opKeys = append(p.opKeys, o.Key)
	return o
}

func (p *Purse) would(c wallet.Command) wallet.Operation {
	t, why := p.come(c)
	if why != "" {
		return p.refused(c, why)
	}
	p.told[c.Key] = t
	p.w.Oracle.LookedAt(c)
	o := p.operation(c, wallet.OpProposed)
	o.Summary = &wallet.Summary{Amount: c.Amount, Destination: t.To, State: t.state, ArrivesBy: wallet.At(p.w.Now.Add(72 * time.Hour))}
	if l := p.lost(c.Target); l != nil {
		o.Summary.Amount = euros(l.cents - l.fee)
		o.Summary.Fees = []wallet.Fee{{Kind: "retrieval", Amount: euros(l.fee)}}
	} else if t.Fee > 0 {
		m, _ := wallet.Units(big.NewInt(t.Fee), c.Amount.Currency(), 2)
		o.Summary.Fees = []wallet.Fee{{Kind: "late", Amount: m}}
	}
	return o
}

func euros(cents int64) wallet.Money {
	m, _ := wallet.Units(big.NewInt(cents), "EUR", 2)
	return m
}

// apply does a command, once for its key. What has changed since Kefu asked last it does
// not do, which is what Expect is for; of what has not, it believes that Kefu has looked.
func (p *Purse) apply(h handed) wallet.Operation {
	c := h.command
	if o, known := p.ops[c.Key]; known {
		return o
	}
	t, why := p.come(c)
	if why == "" && t != p.told[Wish(c.Key)] {
		why = wallet.StateChanged
	}
	if why != "" {
		return p.keep(p.refused(c, why))
	}
	o := p.operation(c, wallet.OpSucceeded)
	if err := p.move4(c, t, &o); err != nil {
		return p.keep(p.refused(c, wallet.BlockedByWallet))
	}
	p.w.Oracle.Happened(c, t, h.at)
	return p.keep(o)
}

// move4 does what a command is for.
func (p *Purse) move4(c wallet.Command, t Terms, o *wallet.Operation) error {
	sum := Cents(c.Amount)
	pay := p.Payments[c.Target]
	switch c.Act {
	case wallet.RequestRefund:
		if err := p.move(pay.merchant, "bank", sum, pay.currency); err != nil {
			return err
		}
		pay.Refunded += sum
		pay.state = wallet.PartiallyRefunded
		if pay.Refunded >= pay.Captured {
			pay.state = wallet.Refunded
		}
		return p.move("bank", c.CustomerID, sum-t.Fee, pay.currency)
	case wallet.ReleaseHold:
		pay.state = wallet.Posted
		return p.post(ledger.Transfer{ID: "post-" + pay.hold, Kind: ledger.Post, Resolves: pay.hold})
	case wallet.GrantCredit:
		p.openDispute(c.Target).credited += sum
		return p.move("bank", c.CustomerID, sum, "EUR")
	case wallet.RequestRetrieval:
		l := p.lost(c.Target)
		l.asked = Wish(c.Key)
		return p.move("bank", c.CustomerID, l.cents-l.fee, "EUR")
	case wallet.RedeemPoints:
		return p.spend(c)
	case wallet.ClaimPoints:
		p.claimed[c.Target] = Wish(c.Key)
	case wallet.GiveConsent:
		p.permits[c.CustomerID+"/"+c.Target] = consent.Given
	case wallet.WithdrawConsent:
		p.permits[c.CustomerID+"/"+c.Target] = consent.Withdrawn
	case wallet.OpenDispute:
		p.dispute(c.CustomerID, c.Target)
	case wallet.AddEvidence:
		d := p.openDispute(c.Target)
		d.files = append(d.files, c.Files...)
	case wallet.Freeze:
		o.Made = []wallet.Made{{Kind: "freeze", ID: p.restrict(c.CustomerID, "", "customer", "wallet")}}
	case wallet.Unfreeze:
		for i, r := range p.Restricted {
			if r.ID == c.Target {
				p.Restricted = append(p.Restricted[:i:i], p.Restricted[i+1:]...)
				break
			}
		}
		delete(p.Owners, c.Target)
	case wallet.BlockInstrument:
		p.blocked[c.Target] = true
	}
	return nil
}

// Arrive lets come in what was on its way until a time.
func (p *Purse) Arrive(until time.Time) {
	kept := p.late[:0]
	for _, h := range p.late {
		if h.due.After(until) {
			kept = append(kept, h)
			continue
		}
		*p.w.Now = h.due
		p.apply(h)
	}
	p.late = kept
}

// signed is how long the signature of a request is good for.
const signed = 5 * time.Minute

// Again has a command that was sent before come in once more, if its signature is good.
func (p *Purse) Again(n int) {
	if len(p.sent) == 0 {
		return
	}
	if h := p.sent[n%len(p.sent)]; p.w.Now.Sub(h.at) <= signed {
		p.apply(h)
	}
}

// Operation implements acting.Wallet.
func (p *Purse) Operation(_ context.Context, _ wallet.Actor, customer, id string) (wallet.Operation, error) {
	return p.OperationByKey(context.Background(), wallet.Actor{}, customer, strings.TrimPrefix(id, "op-"))
}

// OperationByKey implements acting.Wallet.
func (p *Purse) OperationByKey(_ context.Context, _ wallet.Actor, customer, key string) (wallet.Operation, error) {
	if p.Down {
		return wallet.Operation{}, never{Gone()}
	}
	o, known := p.ops[key]
	if !known || o.CustomerID != customer {
		return wallet.Operation{}, fault.New(fault.NotFound, "safety", "nothing under this key")
	}
	if o.State == wallet.OpPending {
		o.State, o.DoneAt = wallet.OpSucceeded, wallet.At(*p.w.Now)
		p.ops[key] = o
	}
	return o, nil
}

func (p *Purse) away() error {
	if p.Down {
		return Gone()
	}
	return nil
}

// Customer implements acting.Wallet, and so do those below.
func (p *Purse) Customer(_ context.Context, _ wallet.Actor, id string) (wallet.Customer, error) {
	return wallet.Customer{ID: id, Kind: wallet.Person, KYC: wallet.KYC{Status: "approved"}}, p.away()
}

func (p *Purse) Accounts(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Account, error) {
	return []wallet.Account{{ID: customer, Kind: "emoney", Name: "Main", Status: "active", Block: "none"}}, p.away()
}

func (p *Purse) Instruments(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Instrument, error) {
	return []wallet.Instrument{{ID: "card-" + customer, Type: "card", Brand: "Visa", Last4: "4242", Status: "active"}}, p.away()
}

func (p *Purse) Transaction(_ context.Context, _ wallet.Actor, customer, id string) (wallet.Transaction, error) {
	t := p.Payments[id]
	if p.Down {
		return wallet.Transaction{}, Gone()
	}
	if t == nil || t.owner != customer {
		return wallet.Transaction{}, fault.New(fault.NotFound, "safety", "the customer has no such payment")
	}
	return wallet.Transaction{ID: id, CustomerID: customer, State: t.state}, nil
}

func (p *Purse) Refunds(context.Context, wallet.Actor, string, string) ([]wallet.Refund, error) {
	return nil, p.away()
}

func (p *Purse) Disputes(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Dispute, error) {
	var found []wallet.Dispute
	for _, d := range p.Disputed {
		if d.Owner != customer {
			continue
		}
		state := wallet.DisputeOpen
		if d.Over {
			state = wallet.DisputeLost
		}
		found = append(found, wallet.Dispute{ID: d.ID, CustomerID: customer, Transactions: []string{d.Payment}, State: state})
	}
	return found, p.away()
}

func (p *Purse) Devices(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Device, error) {
	return []wallet.Device{{ID: "d-1", Trust: "trusted", FirstSeen: wallet.At(p.DeviceAt[customer])}}, p.away()
}

func (p *Purse) Factors(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Factor, error) {
	at := wallet.At(p.FactorAt[customer])
	return []wallet.Factor{{ID: "f-1", Type: "passkey", State: "active", CreatedAt: at, ChangedAt: at}}, p.away()
}

func (p *Purse) Restrictions(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Restriction, error) {
	var found []wallet.Restriction
	for _, r := range p.Restricted {
		if p.Owners[r.ID] == customer {
			found = append(found, r)
		}
	}
	return found, p.away()
}

// Happen is what happens in the wallet without Kefu.
func (p *Purse) Happen(n, customer int) {
	c := p.w.Customers[customer%len(p.w.Customers)]
	switch n % 14 {
	case 0:
		_ = p.move(c, "shop", 20_000, "EUR")
	case 1:
		_ = p.move(c, "shop", 500_000, "EUR") // more than there is
	case 2:
		_ = p.move("shop", "world", 300_000, "EUR") // the merchant is paid out
	case 3:
		p.dispute(c, "tx-"+strconv.Itoa(customer%len(p.w.Customers))+"-"+strconv.Itoa(n/14%4))
	case 4:
		for _, d := range p.Disputed {
			if d.Owner == c && !d.Over {
				d.Over = true
				break
			}
		}
	case 5:
		p.restrict(c, "tx-"+strconv.Itoa(customer%len(p.w.Customers))+"-4", "authority", "account")
	case 6:
		p.restrict(c, "", "authority", "wallet")
	case 7:
		p.FactorAt[c] = *p.w.Now
	case 8:
		p.DeviceAt[c] = *p.w.Now
	case 9:
		p.blocked["card-"+c] = true
	case 10: // bringing something back costs more than it did
		p.Astray[n/14%len(p.Astray)].fee += 500
	case 11: // or is no longer possible
		if n/14%3 == 0 {
			p.Astray[n/42%len(p.Astray)].impossible = true
		}
	case 12: // it begins to number its assertions anew, as after a restart
		p.jtis = 0
	default:
		p.restrict(c, "", "customer", "wallet")
	}
}
