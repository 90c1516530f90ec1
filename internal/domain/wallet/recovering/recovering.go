// Package recovering is how a wallet lets somebody in again who cannot sign in any more:
// the rules that the demo's wallet and the one in examples/wallet share, whatever they are
// kept in. A request goes the same way and costs the same work whether or not there is an
// account; only what the customer proves on the wallet's own page makes a difference.
package recovering

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/password"
)

// Factor is something that the wallet knew of a customer before.
type Factor struct {
	Kind      string // of a way, or totp: a second one, which no recovery goes round
	Value     string // of an address or number
	ChangedAt wallet.Time
}

// Second is the kind of a factor that is asked for beside the first.
const Second = "totp"

// Letter is what the wallet sends, by its own means, to its customer; to nobody where
// there is no such customer, which takes as long.
type Letter struct {
	Customer string
	Kind     string // email, sms, or app: a message in the wallet's app
	To       string
	What     string // link, code, begun, document, cooling, done, stopped
	Code     string // of link and code
	Token    string // of link; of the others one with which it is stopped
	Until    wallet.Time
}

// Desk is what a wallet is kept in, inside one commit. Errors: NotFound, Unavailable.
type Desk interface {
	Now() wallet.Time
	Get(kind, id string, into any) error
	Put(kind, id, owner string, sort wallet.Time, v any) error
	// Whose is who has a handle; "" for nobody.
	Whose(handle string) (customer string, err error)
	// Known is by what a customer can prove themselves. It takes as long for nobody.
	Known(customer string) ([]Factor, error)
	// Proves tells whether a code proves a customer's factor of a kind: one that they kept,
	// which counts once, or Second. For nobody as much is read, and nothing proves it.
	Proves(customer, kind, code string) (bool, error)
	Send(l Letter) error
	// Changed tells Kefu of it.
	Changed(customer, standing string) error
	// In lets the customer in anew: everybody else is signed out, what proves them is new,
	// and little can be spent until a time.
	In(customer string, limited wallet.Time) error
	// Later has Step called at a time.
	Later(request string, at wallet.Time) error
}

// Books commit what is done on a desk, all of it or nothing, perhaps after more than one
// try.
type Books interface {
	Commit(ctx context.Context, fn func(Desk) error) error
	// Standings are the recoveries of a customer, the newest first, as Put with their owner.
	Standings(ctx context.Context, customer string, limit int) ([]recovery.Standing, error)
}

// The kinds of records.
const (
	kindRequest  = "recovery"
	kindCount    = "recovery_count"
	KindStanding = "recovery_standing"
	kindToken    = "recovery_token"
)

// Options are a wallet's choices.
type Options struct {
	Secret []byte // from which codes, tokens and what nobody has are worked out
	Link   string // where the wallet's pages are; "" for nowhere
	// Review is how long people look at a document; the default is a day.
	Review time.Duration
	// Cooling is how long it takes after a document, 24 to 72 hours; the default is 24.
	Cooling time.Duration
	Policy  *password.Policy // for new passwords
}

// Room is the part of a wallet that lets customers in again. It is safe for concurrent use.
type Room struct {
	books Books
	o     Options
}

// New makes a Room. Errors: Invalid.
func New(books Books, o Options) (*Room, error) {
	if len(o.Secret) < 32 {
		return nil, fault.InvalidField("recovering.New", "secret", "is shorter than 32 bytes")
	}
	if o.Review <= 0 {
		o.Review = 24 * time.Hour
	}
	if o.Cooling < recovery.LeastCooling*time.Hour || o.Cooling > recovery.MostCooling*time.Hour {
		o.Cooling = recovery.LeastCooling * time.Hour
	}
	if o.Policy == nil {
		o.Policy = password.NewPolicy()
	}
	return &Room{books, o}, nil
}

// How much is taken, for each handle, whoever asks, wherever from, and whether anybody has
// it.
const (
	asksAnHour    = 20
	beginsAnHour  = 5
	mostKeys      = 50 // times that something is sent by one request
	triesOfCode   = 5  // wrong ones at one code
	wrongADay     = 20 // at all codes of a handle
	life          = 30 * time.Minute
	codeLife      = 10 * time.Minute
	choosing      = 72 * time.Hour // for a new password, after a cool-down that nobody waits out on the page
	hold          = time.Hour      // for which nothing is sent after "It was not me"
	guard         = 72 * time.Hour // for which what was changed proves nothing
	limited       = 24 * time.Hour // for which little can be spent afterwards
	hour, day     = time.Hour, 24 * time.Hour
	mostStandings = recovery.MaxOpen
)

// stage is how far a request really is.
type stage string

const (
	waiting   stage = "waiting"
	second    stage = "second" // the first factor is proven, the second is not
	ready     stage = "ready"  // a new password is wanted
	reviewing stage = "reviewing"
	cooling   stage = "cooling"
	in        stage = "in"
	stopped   stage = "stopped"
	refused   stage = "refused"
	replaced  stage = "replaced"
	lapsed    stage = "lapsed" // what was begun came to nothing in time
)

// way is one that was offered.
type way struct {
	recovery.Way
	To string `json:"to,omitempty"`
}

// request is what the wallet keeps of one.
type request struct {
	ID       string      `json:"id"`
	Handle   string      `json:"handle"` // keyed digest
	Customer string      `json:"customer,omitempty"`
	Ways     []way       `json:"ways"`
	Expires  wallet.Time `json:"expires"`

	Begun   wallet.Time       `json:"begun,omitempty"`  // the last time
	Kind    string            `json:"kind,omitempty"`   // of the way that was begun
	Keys    map[string]string `json:"keys,omitempty"`   // ways by which something was sent, by key
	Locked  wallet.Time       `json:"locked,omitempty"` // what was last begun was not
	Code    string            `json:"code,omitempty"`   // keyed digests
	Token   string            `json:"token,omitempty"`
	Tries   int               `json:"tries,omitempty"`
	Browser string            `json:"browser,omitempty"` // keyed digest of what the browser holds that goes on

	Stage   stage       `json:"stage"`
	Proven  bool        `json:"proven,omitempty"` // something was
	Changed wallet.Time `json:"changed,omitempty"`
	Until   wallet.Time `json:"until,omitempty"` // of the review, of the cool-down, of the choice, of the limit

	// Left is the customer whose request this was before they said that it was not them, and
	// LeftAs how it ended for them. Since then it is nobody's, and goes on as such.
	Left   string `json:"left,omitempty"`
	LeftAs stage  `json:"left_as,omitempty"`
}

// count is what was asked for a handle.
type count struct {
	Hour   int64       `json:"hour"`
	Asks   int         `json:"asks"`
	Begins int         `json:"begins"`
	Day    int64       `json:"day"`
	Wrong  int         `json:"wrong"`
	Last   string      `json:"last,omitempty"` // the request whose link and code count
	Locked wallet.Time `json:"locked,omitempty"`
}

func micros(d time.Duration) wallet.Time { return wallet.Time(d.Microseconds()) }

// mac is a keyed digest of some texts.
func (r *Room) mac(texts ...string) []byte {
	sum := hmac.New(sha256.New, r.o.Secret)
	for _, t := range texts {
		sum.Write([]byte(strconv.Itoa(len(t)) + ":" + t))
	}
	return sum.Sum(nil)
}

func (r *Room) name(texts ...string) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(r.mac(texts...)[:20]))
}

func fresh(bytes int) string {
	raw := make([]byte, bytes)
	rand.Read(raw) // never fails: crypto/rand ends the process instead
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
}

// Plain is a handle as it is compared: mail and names without regard to case, a number by
// its digits.
func Plain(handle string) string {
	handle = strings.ToLower(strings.TrimSpace(handle))
	digits := strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, handle)
	if len(digits) >= 6 && strings.Trim(handle, "+-() ./0123456789") == "" {
		return digits
	}
	return handle
}

// get reads a record where it is there.
func get[T any](d Desk, kind, id string) (v T, found bool, err error) {
	err = d.Get(kind, id, &v)
	if fault.Is(err, fault.NotFound) {
		return v, false, nil
	}
	return v, err == nil, err
}

// counted is what was asked for a handle up to now.
func counted(d Desk, handle string) (count, error) {
	c, _, err := get[count](d, kindCount, handle)
	now := d.Now()
	if h := int64(now / micros(hour)); c.Hour != h {
		c.Hour, c.Asks, c.Begins = h, 0, 0
	}
	if t := int64(now / micros(day)); c.Day != t {
		c.Day, c.Wrong = t, 0
	}
	if c.Locked <= now {
		c.Locked = 0
	}
	return c, err
}

// Ways tells by which ways whoever has a handle can come back in. Errors: Invalid; TooMany
// for too many about one handle; Conflict for a key that was used for another one.
func (r *Room) Ways(ctx context.Context, _ wallet.Actor, a recovery.Asking) (recovery.Offer, error) {
	const op = "recovering.Ways"
	if err := a.Validate(); err != nil {
		return recovery.Offer{}, err
	}
	plain := Plain(a.Handle)
	handle, id := r.name("handle", plain), "rc-"+r.name("request", a.Key)
	var told recovery.Offer
	err := r.books.Commit(ctx, func(d Desk) error {
		q, found, err := get[request](d, kindRequest, id)
		if err != nil {
			return err
		}
		if found {
			told = q.offer()
			if q.Handle != handle {
				return &fault.Error{Code: fault.Conflict, Op: op, Reason: "idempotency_mismatch", Message: "the key is of another request"}
			}
			return nil
		}
		c, err := counted(d, handle)
		if err != nil {
			return err
		}
		if c.Asks++; c.Asks > asksAnHour {
			return fault.New(fault.TooMany, op, "too much was asked about one handle")
		}
		customer, err := d.Whose(a.Handle)
		if err != nil {
			return err
		}
		known, err := d.Known(customer)
		if err != nil {
			return err
		}
		real, nobodys := r.real(id, plain, d.Now(), known), r.nobodys(id, plain)
		q = request{ID: id, Handle: handle, Customer: customer, Ways: nobodys, Expires: d.Now() + micros(life), Stage: waiting}
		if customer != "" {
			q.Ways = real
		}
		told = q.offer()
		if err := d.Put(kindCount, handle, "", 0, c); err != nil {
			return err
		}
		return d.Put(kindRequest, id, "", 0, q)
	})
	return told, err
}

func (q request) offer() recovery.Offer {
	o := recovery.Offer{ID: q.ID, ExpiresAt: q.Expires}
	for _, w := range q.Ways {
		o.Ways = append(o.Ways, w.Way)
	}
	return o
}

// real are the ways of a customer: by what did not change in the last 72 hours. Of each kind
// there is one, for nobody has two either: that which was typed, or else the first.
func (r *Room) real(id, plain string, now wallet.Time, known []Factor) []way {
	var list []way
	for _, kind := range []string{recovery.Email, recovery.SMS, recovery.Code} {
		to, found := "", false
		for _, f := range known {
			if f.Kind == kind && now-f.ChangedAt >= micros(guard) && (!found || Plain(f.Value) == plain) {
				to, found = f.Value, true
			}
		}
		if found {
			list = append(list, r.way(id, kind, to, len(list)))
		}
	}
	return append(list, r.way(id, recovery.Document, "", len(list)))
}

func (r *Room) way(id, kind, to string, n int) way {
	w := way{Way: recovery.Way{ID: "w-" + r.name("way", id, strconv.Itoa(n))[:12], Kind: kind}, To: to}
	if kind == recovery.Email || kind == recovery.SMS {
		w.Hint = recovery.Hint(kind, to)
	}
	return w
}

// nobodys are the ways of a handle that nobody has: those that somebody might have, the
// same each time.
func (r *Room) nobodys(id, plain string) []way {
	const letters, ends = "aabcdefghijjklmmnoprsstwxyz", ".com.com.com.net.org.com"
	b := r.mac("nobody", plain)
	mail := string(letters[int(b[0])%len(letters)]) + "x@" + string(letters[int(b[1])%len(letters)]) + "x" + ends[int(b[2])%6*4:][:4]
	phone := "00" + strconv.Itoa(10+int(b[3])%90)
	hasMail, hasPhone, hasCode := b[4]%16 != 0, b[5]%4 != 0, b[6]%2 == 0
	switch {
	case strings.Contains(plain, "@"):
		mail = plain
	case strings.Trim(plain, "0123456789") == "":
		phone, hasPhone = plain, b[5]%16 != 0
	}
	var list []way
	for _, f := range []struct {
		kind, to string
		has      bool
	}{{recovery.Email, mail, hasMail}, {recovery.SMS, phone, hasPhone}, {recovery.Code, "", hasCode}, {recovery.Document, "", true}} {
		if f.has {
			list = append(list, r.way(id, f.kind, f.to, len(list)))
		}
	}
	return list
}
