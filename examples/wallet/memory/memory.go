// Package memory is a small wallet that lives in memory: two invented customers with
// all that a support desk may meet, and every reading and act of the Wallet Support
// API. It shows what stands behind the API, and is what the checks and both sides of
// the API are tried on. It keeps no books: for those see internal/storage/books.
package memory

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// The customers of the wallet.
const (
	Anna = "c-anna"
	Bo   = "c-bo"
	Cleo = "c-cleo" // with nothing that is in the way of an end
)

// Options are what a Wallet is made with.
type Options struct {
	Issuer   string        // of assertions; default memory-wallet
	Audience string        // the Kefu that asks; default kefu
	Delay    time.Duration // until what is pending is over, and customers have answered; default 2 s
	Clock    clock.Clock
}

// Wallet is a wallet in memory. It is safe for concurrent use.
type Wallet struct {
	o       Options
	key     ed25519.PrivateKey
	mu      sync.Mutex
	people  map[string]*person
	done    map[string]*done // by customer and key
	asks    map[string]*ask  // by customer and key
	proofs  map[string]*ask  // by the assertion
	used    map[string]bool  // assertions
	notices []wallet.Notice
	told    chan struct{}
	taken   int64            // the position up to which Kefu took what it was told
	last    map[string]int64 // the sequence of each object
	count   int64            // of identifiers
	claims  []time.Time      // comparisons in the last minute
	given   wallet.Money     // refunded on the day
	day     int64
	room    *recovering.Room
	kept    map[string]kept
	letter  recovering.Letter
}

// person is one customer and all that is theirs.
type person struct {
	wallet.Customer
	birth        string
	accounts     []wallet.Account
	balances     []wallet.Balance
	instruments  []wallet.Instrument
	transactions []wallet.Transaction // the newest first
	traces       map[string][]wallet.Trace
	attempts     []wallet.Attempt
	refunds      []wallet.Refund
	disputes     []wallet.Dispute
	devices      []wallet.Device
	sessions     []wallet.Session
	factors      []wallet.Factor
	limits       []wallet.Limit
	restrictions []wallet.Restriction
	mandates     []instrument.Mandate
	chain        []onchain.Transfer // the newest first
	links        []*linking
	files        map[string]given // by their digests
	alerts       []wallet.Alert
	leaving      leaving
	points       collected
	said         []consent.Change // the latest first
}

// New makes a wallet with its customers and a key of its own.
func New(o Options) *Wallet {
	if o.Issuer == "" {
		o.Issuer = "memory-wallet"
	}
	if o.Audience == "" {
		o.Audience = "kefu"
	}
	if o.Delay <= 0 {
		o.Delay = 2 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand ends the process instead
	}
	w := &Wallet{
		o: o, key: key, people: map[string]*person{}, done: map[string]*done{}, asks: map[string]*ask{}, proofs: map[string]*ask{},
		used: map[string]bool{}, last: map[string]int64{}, kept: map[string]kept{}, told: make(chan struct{}, 1), given: euros("0.00"),
	}
	w.people[Anna] = seed(Anna, "Anna Schmidt", "anna@example.com", "+4915112345678", "1990-05-17", o.Clock())
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: crypto/rand ends the process instead
	if w.room, err = recovering.New(rooms{w}, recovering.Options{Secret: secret, Link: "https://wallet.example", Review: reviewTime(o.Delay)}); err != nil {
		panic(err) // the secret is long enough
	}
	w.people[Bo] = seed(Bo, "Bo Larsen", "bo@example.com", "+4520123456", "1984-11-02", o.Clock())
	bo := w.people[Bo]
	changed := wallet.At(o.Clock().Add(-5 * time.Hour))
	bo.Handles = append(bo.Handles, wallet.Handle{Kind: wallet.HandlePhone, Value: "+4520999911", VerifiedAt: changed, ChangedAt: changed})
	w.people[Bo].leaving = leaving{state: closing.Cooling, at: w.now(), closes: wallet.At(o.Clock().Add(days * 24 * time.Hour))}
	w.people[Cleo] = bare(Cleo, "Cleo Vidal", "cleo@example.com", "+34600123456", "1979-03-09", o.Clock())
	return w
}

// Capabilities are all there are.
func (w *Wallet) Capabilities(context.Context) (wallet.Capabilities, error) {
	return wallet.Capabilities{
		Version: "1", Name: "Example Wallet", Readings: wallet.Readings(), Acts: wallet.Acts(), StepUp: []string{"app_push", "passkey"},
		Rails: []string{"card", "sepa", "wallet"}, Files: limits(), Filters: []string{wallet.FilterInstrument},
	}, nil
}

// of finds a customer, after what was to happen by now has happened; w.mu is held.
func (w *Wallet) of(customer string) (*person, error) {
	w.advance()
	p, ok := w.people[customer]
	if !ok {
		return nil, fault.New(fault.NotFound, "memory.of", "there is no such customer")
	}
	return p, nil
}

// id makes an identifier.
func (w *Wallet) id(kind string) string {
	w.count++
	return kind + "-" + strconv.FormatInt(w.count, 10)
}

func (w *Wallet) now() wallet.Time { return wallet.At(w.o.Clock()) }

// told gives a copy of a customer's list.
func told[T any](w *Wallet, customer string, list func(*person) []T) ([]T, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return nil, err
	}
	return slices.Clone(list(p)), nil
}

// Customer tells of a customer.
func (w *Wallet) Customer(_ context.Context, _ wallet.Actor, id string) (wallet.Customer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(id)
	if err != nil {
		return wallet.Customer{}, err
	}
	return p.Customer, nil
}

// Accounts tells of a customer's accounts.
func (w *Wallet) Accounts(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Account, error) {
	return told(w, customer, func(p *person) []wallet.Account { return p.accounts })
}

// Balances tells what the accounts hold.
func (w *Wallet) Balances(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Balance, error) {
	list, err := told(w, customer, func(p *person) []wallet.Balance { return p.balances })
	for i := range list {
		list[i].AsOf = w.now()
	}
	return list, err
}

// Instruments tells of a customer's cards and bank accounts.
func (w *Wallet) Instruments(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Instrument, error) {
	return told(w, customer, func(p *person) []wallet.Instrument { return p.instruments })
}

// Disputes tells of a customer's disputes.
func (w *Wallet) Disputes(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Dispute, error) {
	return told(w, customer, func(p *person) []wallet.Dispute { return p.disputes })
}

// Devices tells of a customer's devices.
func (w *Wallet) Devices(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Device, error) {
	return told(w, customer, func(p *person) []wallet.Device { return p.devices })
}

// Sessions tells of a customer's sessions.
func (w *Wallet) Sessions(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Session, error) {
	return told(w, customer, func(p *person) []wallet.Session { return p.sessions })
}

// Factors tells how a customer can prove who they are.
func (w *Wallet) Factors(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Factor, error) {
	return told(w, customer, func(p *person) []wallet.Factor { return p.factors })
}

// Limits tells how much a customer may move.
func (w *Wallet) Limits(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Limit, error) {
	return told(w, customer, func(p *person) []wallet.Limit { return p.limits })
}

// Restrictions tells what a customer may not do at present.
func (w *Wallet) Restrictions(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Restriction, error) {
	return told(w, customer, func(p *person) []wallet.Restriction { return p.restrictions })
}

// Alerts tells what looked unlike a customer.
func (w *Wallet) Alerts(_ context.Context, _ wallet.Actor, customer string) ([]wallet.Alert, error) {
	return told(w, customer, func(p *person) []wallet.Alert { return p.alerts })
}

// Attempts tells of payments that the app tried to begin.
func (w *Wallet) Attempts(_ context.Context, _ wallet.Actor, customer, traceID string) ([]wallet.Attempt, error) {
	return told(w, customer, func(p *person) []wallet.Attempt {
		return slices.DeleteFunc(slices.Clone(p.attempts), func(a wallet.Attempt) bool { return traceID != "" && a.TraceID != traceID })
	})
}

// Refunds tells of refunds, of one payment or all.
func (w *Wallet) Refunds(_ context.Context, _ wallet.Actor, customer, txID string) ([]wallet.Refund, error) {
	return told(w, customer, func(p *person) []wallet.Refund {
		return slices.DeleteFunc(slices.Clone(p.refunds), func(r wallet.Refund) bool { return txID != "" && r.TransactionID != txID })
	})
}

// Timeline tells all that happened to one transaction.
func (w *Wallet) Timeline(_ context.Context, _ wallet.Actor, customer, txID string) ([]wallet.Trace, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return nil, err
	}
	t, err := p.transaction(txID)
	if err != nil {
		return nil, err
	}
	var all []wallet.Trace
	for _, step := range t.History {
		all = append(all, wallet.Trace{At: step.At, Source: "wallet", Event: "state", State: step.State, Tellable: step.State != wallet.RiskHold})
	}
	all = append(all, p.traces[txID]...)
	slices.SortStableFunc(all, func(a, b wallet.Trace) int { return cmp.Compare(a.At, b.At) })
	return all, nil
}

// Transaction tells of one transaction.
func (w *Wallet) Transaction(_ context.Context, _ wallet.Actor, customer, id string) (wallet.Transaction, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return wallet.Transaction{}, err
	}
	t, err := p.transaction(id)
	if err != nil {
		return wallet.Transaction{}, err
	}
	return *t, nil
}

func (p *person) transaction(id string) (*wallet.Transaction, error) {
	for i := range p.transactions {
		if p.transactions[i].ID == id {
			return &p.transactions[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "memory.transaction", "the customer has no such transaction")
}

// Transactions tells of a page of transactions, the newest first. A cursor names the
// last one that was told of, so that newer ones move no page.
func (w *Wallet) Transactions(_ context.Context, _ wallet.Actor, q wallet.Query) (wallet.Page, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := q.Validate(); err != nil {
		return wallet.Page{}, err
	}
	p, err := w.of(q.CustomerID)
	if err != nil {
		return wallet.Page{}, err
	}
	at, id, err := readCursor(q.Cursor)
	if err != nil {
		return wallet.Page{}, err
	}
	page := wallet.Page{Items: []wallet.Transaction{}}
	for _, t := range p.transactions {
		seen := q.Cursor != "" && (t.CreatedAt > at || (t.CreatedAt == at && t.ID >= id))
		if seen || !q.Matches(t) {
			continue
		}
		if len(page.Items) == q.Limit {
			last := page.Items[q.Limit-1]
			page.Next = cursor(last.CreatedAt, last.ID)
			return page, nil
		}
		page.Items = append(page.Items, t)
	}
	return page, nil
}

func cursor(at wallet.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", at, id))
}

func readCursor(text string) (wallet.Time, string, error) {
	if text == "" {
		return 0, "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	number, id, ok := strings.Cut(string(raw), " ")
	at, wrong := strconv.ParseInt(number, 10, 64)
	if err != nil || wrong != nil || !ok || !wallet.ValidID(id) {
		return 0, "", fault.InvalidField("memory.readCursor", "cursor", "is none")
	}
	return wallet.Time(at), id, nil
}

// Incidents tells what does not work at present.
func (w *Wallet) Incidents(context.Context) ([]wallet.Incident, error) {
	now := w.o.Clock()
	return []wallet.Incident{{
		ID: "inc-1", Rails: []string{"sepa"}, BeginsAt: wallet.At(now.Add(-time.Hour)), UpdatedAt: wallet.At(now.Add(-10 * time.Minute)),
		Message: map[string]string{"en": "Transfers to banks take longer than usual.", "zh": "银行转账时间比平时长。"},
	}}, nil
}

// maxClaims is how often somebody may be compared in a minute: who may ask without end
// tries everybody.
const maxClaims = 200

// Match compares what somebody says of themselves. Only who has told an address or a
// number that fits is told what else does.
func (w *Wallet) Match(_ context.Context, _ wallet.Actor, c wallet.Claimed) (wallet.Matched, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.o.Clock()
	w.claims = slices.DeleteFunc(w.claims, func(at time.Time) bool { return now.Sub(at) > time.Minute })
	if len(w.claims) >= maxClaims {
		return wallet.Matched{}, fault.New(fault.TooMany, "memory.Match", "too many comparisons")
	}
	w.claims = append(w.claims, now)
	for _, p := range w.people {
		found := wallet.Matched{Fields: p.fits(c)}
		if !slices.Contains(found.Fields, "email") && !slices.Contains(found.Fields, "phone") {
			continue
		}
		if len(found.Fields) > 1 {
			found.CustomerID = p.ID
		}
		return found, nil
	}
	return wallet.Matched{Fields: []string{}}, nil
}

func (p *person) fits(c wallet.Claimed) []string {
	fields := []string{}
	add := func(name string, ok bool) {
		if ok {
			fields = append(fields, name)
		}
	}
	for _, h := range p.Handles {
		add("email", h.Kind == wallet.HandleEmail && strings.EqualFold(h.Value, c.Email))
		add("phone", h.Kind == wallet.HandlePhone && h.Value == strings.ReplaceAll(c.Phone, " ", ""))
	}
	add("name", c.Name != "" && strings.EqualFold(strings.TrimSpace(c.Name), p.Name))
	add("birth_date", c.BirthDate != "" && c.BirthDate == p.birth)
	add("last4", c.Last4 != "" && slices.ContainsFunc(p.instruments, func(i wallet.Instrument) bool { return i.Last4 == c.Last4 }))
	return fields
}

// Pay begins a payment of a customer's, newer than all others.
func (w *Wallet) Pay(customer, amount string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return err
	}
	t := wallet.Transaction{
		ID: w.id(customer + ":paid"), CustomerID: customer, AccountID: customer + ":main", Kind: wallet.KindPayment, Direction: wallet.Out, Amount: euros(amount),
		State: wallet.Initiated, CreatedAt: w.now(), Merchant: &wallet.Merchant{Name: "Corner Shop"}, History: []wallet.Step{{State: wallet.Initiated, At: w.now()}},
	}
	p.add(t)
	w.notify(wallet.TransactionUpdated, customer, t.ID)
	return nil
}

// add puts a transaction into its place.
func (p *person) add(t wallet.Transaction) {
	p.transactions = append(p.transactions, t)
	slices.SortFunc(p.transactions, func(a, b wallet.Transaction) int {
		return cmp.Or(cmp.Compare(b.CreatedAt, a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
}

// notify remembers that something changed; w.mu is held.
func (w *Wallet) notify(kind wallet.NoticeType, customer, object string) {
	w.last[object]++
	w.notices = append(w.notices, wallet.Notice{
		ID: w.id("ev"), Type: kind, CustomerID: customer, Object: object, Sequence: w.last[object], Position: int64(len(w.notices) + 1), At: w.now(),
	})
	select {
	case w.told <- struct{}{}:
	default: // whoever delivers was woken and has not looked yet
	}
}

// Told gets something when something changed.
func (w *Wallet) Told() <-chan struct{} { return w.told }

// Delivered is the position up to which Kefu took what it was told. A wallet that keeps
// anything keeps this, too.
func (w *Wallet) Delivered(context.Context) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken, nil
}

// SetDelivered remembers it, where it is still what it was.
func (w *Wallet) SetDelivered(_ context.Context, from, to int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.taken != from {
		return fault.New(fault.Conflict, "memory.SetDelivered", "it got to %d meanwhile", w.taken)
	}
	w.taken = to
	return nil
}

// Notices tells again of what changed after a position.
func (w *Wallet) Notices(_ context.Context, after int64, limit int) (wallet.Notices, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance()
	from := min(max(after, 0), int64(len(w.notices)))
	to := min(from+int64(limit), int64(len(w.notices)))
	return wallet.Notices{Items: slices.Clone(w.notices[from:to]), More: to < int64(len(w.notices))}, nil
}

// Keys is the JWK set (RFC 8037) of the key that assertions are signed with.
func (w *Wallet) Keys(context.Context) ([]byte, error) {
	public := w.key.Public().(ed25519.PublicKey)
	return json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": keyID, "x": base64.RawURLEncoding.EncodeToString(public),
	}}})
}

const keyID = "memory-1"
