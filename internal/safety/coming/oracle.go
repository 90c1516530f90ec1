package coming

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/safety/script"
	"kefu/internal/safety/vault"
)

// proves is for how long what was changed is too young for money to leave, and an address
// that was changed proves nothing, as the documents say; grace how many days there are.
const (
	proves = 72 * time.Hour
	grace  = 10 * 24 * time.Hour
)

// oracle reads the books, and judges by rules of its own. It asks none of the code that it
// judges.
type oracle struct {
	w       *world
	stops   map[string]string    // by the token of a letter: which request it stops
	named   map[string]string    // by how a customer is told of it: which request that is
	stopped map[string]bool      // requests that their customer stopped
	asked   map[string]time.Time // requests: when they were asked for
	came    map[string]came      // by the wallet's customer: when somebody came in last
	ends    map[string]end       // by the wallet's customer
	paid    map[string]int       // what came late: how often it left
	began   map[string]bool      // payments that were seen
	effects []string
	broken  []script.Violation
}

// came is that somebody came in.
type came struct {
	at  time.Time
	nth int
}

// end is a closure as its customer wanted it.
type end struct {
	asked  time.Time
	wanted bool // they asked for it, and did not take it back
	closed bool
}

func newOracle() *oracle {
	return &oracle{
		stops: map[string]string{}, named: map[string]string{}, stopped: map[string]bool{}, asked: map[string]time.Time{}, came: map[string]came{}, ends: map[string]end{}, paid: map[string]int{}, began: map[string]bool{},
	}
}

func (o *oracle) broke(r script.Rule, format string, args ...any) {
	o.broken = append(o.broken, script.Violation{Rule: r, Why: fmt.Sprintf(format, args...)})
}

func (o *oracle) did(what string) { o.effects = append(o.effects, what) }

// kept is told of each commit.
func (o *oracle) kept(moved []vault.Moved, records []ledger.Record) {
	var last request
	for _, r := range records {
		if q, is := requestOf(r); is {
			last = q
			if _, known := o.asked[q.ID]; !known {
				o.asked[q.ID] = o.w.room.now
			}
		}
	}
	for _, m := range moved {
		o.moved(m)
	}
	for _, r := range records {
		switch r.Kind {
		case kindToken:
			var id string
			if json.Unmarshal([]byte(r.Body), &id) == nil && strings.HasPrefix(r.ID, "rs-") {
				o.named[r.ID] = id
			}
		case kindLetter:
			var l struct {
				Link string `json:"link"`
			}
			if json.Unmarshal([]byte(r.Body), &l) == nil && l.Link != "" && last.ID != "" {
				if token := query(l.Link).Get("stop"); token != "" {
					o.stops[token] = last.ID
				}
			}
		case kindLimited:
			o.in(r.ID, last)
		case keep.KindClosure:
			o.closure(r)
		case keep.KindPayment:
			o.payment(r)
		}
	}
}

// moved judges a transfer.
func (o *oracle) moved(m vault.Moved) {
	for _, who := range o.w.members {
		if o.ends[who.id].closed && (m.Debit == who.account || m.Credit == who.account) {
			o.broke(ClosedMoved, "%s moved %s from %s to %s after %s was closed", m.ID, m.Amount, m.Debit, m.Credit, who.account)
		}
		if m.Debit == keep.Suspense(who.id, o.w.room.sums["1.00"]) {
			if o.paid[m.Ref]++; o.paid[m.Ref] == 2 {
				o.broke(LateTwice, "%s left twice", m.Ref)
			}
			o.soon(who.id, "what came late was paid out")
		}
	}
}

// in judges that somebody came in.
func (o *oracle) in(customer string, by request) {
	who := o.w.session
	switch {
	case o.stopped[by.ID]:
		o.broke(StoppedIn, "%s came in as %s by %s, which was stopped", who.name, customer, by.Kind)
	case who.id == customer:
	case by.Kind == recovery.Document: // people took somebody else's for theirs, and they said nothing
	case by.Kind == recovery.SMS && !o.w.named("ben").is(customer) && !o.w.moved[customer].IsZero() && o.asked[by.ID].Sub(o.w.moved[customer]) >= proves: // it was theirs for long
	default:
		o.broke(ForeignIn, "%s came in as %s by %s", who.name, customer, by.Kind)
	}
	o.w.ins++
	o.came[customer] = came{o.w.room.now, o.w.ins}
	if who.id == customer {
		o.did("recovery")
	}
}

// soon judges that money left, or the end was asked for.
func (o *oracle) soon(customer, what string) {
	if c, some := o.came[customer]; some && c.nth <= o.w.insBefore && o.w.room.now.Sub(c.at) < proves {
		o.broke(TooSoon, "%s of %s %s after somebody came in", what, customer, o.w.room.now.Sub(c.at))
	}
}

// closure judges what the wallet keeps of an end.
func (o *oracle) closure(r ledger.Record) {
	var k closureKept
	if json.Unmarshal([]byte(r.Body), &k) != nil {
		return
	}
	e := o.ends[r.ID]
	switch {
	case k.State == closing.Cooling && !e.wanted:
		o.ends[r.ID] = end{asked: o.w.room.now, wanted: true}
		o.soon(r.ID, "the end was asked for")
		o.did(string(wallet.Close))
	case k.State == closing.Open && k.EndedBy == "wallet":
		o.ends[r.ID] = end{}
	case k.State == closing.Closed && !e.closed:
		if !e.wanted {
			o.broke(AfterAll, "%s was closed, and nobody wanted it any more", r.ID)
		}
		if took := o.w.room.now.Sub(e.asked); took < grace {
			o.broke(TooEarly, "%s was closed after %s", r.ID, took)
		}
		e.closed = true
		o.ends[r.ID] = e
		o.did("closed")
	}
	for _, l := range k.Late {
		if l.PaidTo != "" && l.PaidTo != bankOf(r.ID) {
			o.broke(Astray, "%s of %s was paid to %s", l.ID, r.ID, l.PaidTo)
		}
		if l.PaidTo != "" && !o.began[l.ID] {
			o.began[l.ID] = true
			o.did("late_paid")
		}
	}
}

func bankOf(customer string) string { return customer + ":bank" }

// payment judges a withdrawal that begins.
func (o *oracle) payment(r ledger.Record) {
	var p keep.Payment
	if o.began[r.ID] || json.Unmarshal([]byte(r.Body), &p) != nil || p.Tx.Kind != wallet.KindWithdrawal {
		return
	}
	o.began[r.ID] = true
	if p.Tx.InstrumentID != bankOf(p.Tx.CustomerID) || p.Tx.AccountID != p.Tx.CustomerID+":main" {
		o.broke(Astray, "%s of %s went to %s", p.Tx.Amount, p.Tx.AccountID, p.Tx.InstrumentID)
	}
	o.soon(p.Tx.CustomerID, "a payout")
	o.did(string(wallet.Withdraw))
}

// judge judges a run that is over.
func (o *oracle) judge() {
	total := new(big.Int)
	for id, a := range o.w.books.All() {
		total.Add(total, &a.Balance.Posted)
		if a.Floor && a.Balance.Available().Sign() < 0 && !o.w.books.Floorless {
			o.broke(script.BelowZero, "%s is at %s", id, a.Balance.Available())
		}
		for _, who := range o.w.members {
			if id == who.account && o.ends[who.id].closed && a.Balance.Posted.Sign() != 0 {
				o.broke(ClosedMoved, "%s is closed and holds %s", id, &a.Balance.Posted)
			}
		}
	}
	if total.Sign() != 0 {
		o.broke(script.Unbalanced, "the books come to %s", total)
	}
}
