// Package recovery keeps, in the books of the demo's wallet, how its customers come back
// in when they cannot sign in any more (domain/wallet/recovering has the rules), and the
// letters that such a wallet would send by mail and telephone.
package recovery

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/password"
)

// The kinds of records.
const (
	Kind        = "recovery" // of tasks too
	kindLetter  = "letter"
	kindLimited = "limited" // until when a customer can spend little
	kindSecret  = "recovery_secret"
	kindNobody  = "recovery_nobody"
)

// Nobody owns what is sent where there is no account.
const Nobody = "nobody"

const (
	most      = 100 // things of one kind that are looked at
	mostReads = 4   // times that a commit begins again
)

// Desks is the part of the wallet that lets customers in again. It is safe for concurrent
// use.
type Desks struct {
	*recovering.Room
	books keep.Store
}

// Options say where the wallet's page is, and how fast its people are.
type Options struct {
	Link string
	Pace float64 // how much faster than life a document is looked at
}

// Open opens it on the wallet's books. Errors: Unavailable.
func Open(ctx context.Context, books keep.Store, o Options) (*Desks, error) {
	s := &Desks{books: books}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: crypto/rand ends the process instead
	err := books.Commit(ctx, func(d *keep.Desk) error {
		before, err := keep.Get[[]byte](d, kindSecret, Kind)
		if err == nil {
			secret = before
			return nil
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		return keep.Put(d, kindSecret, Kind, "", 0, secret)
	})
	if err == nil {
		err = books.Commit(ctx, standIn)
	}
	if err != nil {
		return nil, err
	}
	review := 2 * time.Minute // a person looks at a real one; the demo's looks while one waits
	if o.Pace > 1 {
		review = time.Duration(float64(review) / o.Pace)
	}
	s.Room, err = recovering.New(s, recovering.Options{Secret: secret, Link: o.Link, Review: review, Policy: password.NewPolicy(lives.House)})
	return s, err
}

// standIn writes down somebody who is nobody, of whom as much is read as of a customer where
// there is none.
func standIn(d *keep.Desk) error {
	c := wallet.Customer{ID: Nobody, Kind: wallet.Person, Name: "Nobody", KYC: wallet.KYC{Status: "none"}, CreatedAt: d.At}
	for _, h := range [][2]string{{wallet.HandleEmail, "nobody@example.org"}, {wallet.HandlePhone, "+49 170 5550100"}} {
		c.Handles = append(c.Handles, wallet.Handle{Kind: h[0], Value: h[1], VerifiedAt: d.At, ChangedAt: d.At})
	}
	for _, kind := range []string{"app_push", "passkey", "totp", "sms", recovery.Code} {
		f := wallet.Factor{ID: Nobody + ":" + kind, Type: kind, State: "active", CreatedAt: d.At, ChangedAt: d.At}
		if err := keep.Put(d, keep.KindFactor, f.ID, Nobody, d.At, f); err != nil {
			return err
		}
	}
	if _, err := keep.Get[lives.Private](d, keep.KindPrivate, Nobody); err == nil || !fault.Is(err, fault.NotFound) {
		return err
	}
	app, err := password.NewTOTP(lives.House, Nobody)
	if err != nil {
		return err
	}
	if err := keep.Put(d, keep.KindPrivate, Nobody, Nobody, 0, lives.Private{TOTP: app.Secret, Kept: lives.Codes()}); err != nil {
		return err
	}
	return keep.Put(d, kindNobody, Nobody, "", 0, c)
}

// person reads a customer, or who stands in for nobody.
func (d desk) person(customer string) (wallet.Customer, error) {
	if customer == "" {
		return keep.Get[wallet.Customer](d.Desk, kindNobody, Nobody)
	}
	return keep.Get[wallet.Customer](d.Desk, keep.KindCustomer, customer)
}

// Standings implements recovering.Books.
func (s *Desks) Standings(ctx context.Context, customer string, limit int) ([]recovery.Standing, error) {
	return keep.Listed[recovery.Standing](ctx, s.books, recovering.KindStanding, customer, limit)
}

// Recoveries lists those of a customer. Errors: NotFound, Unavailable.
func (s *Desks) Recoveries(ctx context.Context, _ wallet.Actor, customer string) ([]recovery.Standing, error) {
	return s.Room.Recoveries(ctx, customer)
}

// having is what a commit has to know of a customer before it.
type having struct {
	factors, sessions []string
	in                bool // the sessions were read, which only who comes in needs
}

// missing asks for it.
type missing struct {
	customer string
	in       bool
}

func (missing) Error() string { return "more has to be read first" }

// Commit implements recovering.Books: what a commit finds that it has to know of somebody
// is read, and it begins again. For nobody as much is read.
func (s *Desks) Commit(ctx context.Context, fn func(recovering.Desk) error) error {
	known := map[string]having{}
	for tries := 1; ; tries++ {
		err := s.books.Commit(ctx, func(d *keep.Desk) error { return fn(desk{d, s.Room, known}) })
		var more missing
		if !errors.As(err, &more) || tries > mostReads {
			return err
		}
		h, err := s.having(ctx, more)
		if err != nil {
			return err
		}
		known[more.customer] = h
	}
}

// having reads it. Of who only asks no more is read than nobody has as well.
func (s *Desks) having(ctx context.Context, of missing) (having, error) {
	h := having{in: of.in}
	kinds := map[string]*[]string{keep.KindFactor: &h.factors}
	if of.in {
		kinds[keep.KindSession] = &h.sessions
	}
	for kind, into := range kinds {
		records, err := s.books.Records(ctx, kind, owner(of.customer), ledger.Before{}, most)
		if err != nil {
			return h, err
		}
		for _, r := range records {
			*into = append(*into, r.ID)
		}
	}
	return h, nil
}

func owner(customer string) string {
	if customer == "" {
		return Nobody
	}
	return customer
}

// On is what is kept inside a commit of the wallet's own, for a command.
func (s *Desks) On(d *keep.Desk, known map[string]having) recovering.Desk {
	return desk{d, s.Room, known}
}

// desk implements recovering.Desk.
type desk struct {
	*keep.Desk
	room  *recovering.Room
	known map[string]having
}

// Now implements recovering.Desk.
func (d desk) Now() wallet.Time { return d.At }

// Get implements recovering.Desk.
func (d desk) Get(kind, id string, into any) error {
	r, err := d.Desk.Get(kind, id)
	if err != nil {
		return err
	}
	return keep.ParseInto(r, into)
}

// Put implements recovering.Desk.
func (d desk) Put(kind, id, of string, sort wallet.Time, v any) error {
	if kind == recovering.KindStanding {
		of = owner(of)
	}
	return keep.Put(d.Desk, kind, id, of, sort, v)
}

// Whose implements recovering.Desk.
func (d desk) Whose(handle string) (string, error) {
	found := ""
	for _, kind := range []string{wallet.HandleEmail, wallet.HandlePhone, wallet.HandleUsername} {
		w, err := keep.Get[map[string]string](d.Desk, keep.KindHandle, keep.HandleID(kind, handle))
		switch {
		case err == nil && d.fits(w["customer"], kind, handle):
			found = w["customer"]
		case err != nil && !fault.Is(err, fault.NotFound):
			return "", err
		}
	}
	if found == "" {
		d.fits("", wallet.HandleEmail, handle)
	}
	return found, nil
}

// fits tells whether a customer has a handle, and not another one that is found alike.
func (d desk) fits(customer, kind, handle string) bool {
	c, err := d.person(customer)
	return err == nil && slices.ContainsFunc(c.Handles, func(h wallet.Handle) bool {
		return h.Kind == kind && recovering.Plain(h.Value) == recovering.Plain(handle)
	})
}

// Known implements recovering.Desk. Of nobody as much is read as of a customer.
func (d desk) Known(customer string) ([]recovering.Factor, error) {
	h, ok := d.known[customer]
	if !ok {
		return nil, missing{customer: customer}
	}
	c, err := d.person(customer)
	if err != nil {
		return nil, err
	}
	var list []recovering.Factor
	for _, x := range c.Handles {
		kind := map[string]string{wallet.HandleEmail: recovery.Email, wallet.HandlePhone: recovery.SMS}[x.Kind]
		if kind != "" && x.VerifiedAt != 0 {
			list = append(list, recovering.Factor{Kind: kind, Value: x.Value, ChangedAt: x.ChangedAt})
		}
	}
	for _, id := range h.factors {
		f, err := keep.Get[wallet.Factor](d.Desk, keep.KindFactor, id)
		if err != nil {
			return nil, err
		}
		if f.State == "active" && (f.Type == recovering.Second || f.Type == recovery.Code) {
			list = append(list, recovering.Factor{Kind: f.Type, ChangedAt: f.ChangedAt})
		}
	}
	return list, nil
}

// Proves implements recovering.Desk.
func (d desk) Proves(customer, kind, code string) (bool, error) {
	whose := owner(customer)
	secrets, err := keep.Get[lives.Private](d.Desk, keep.KindPrivate, whose)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	ok := false
	if kind == recovery.Code {
		secrets.Kept, ok = without(secrets.Kept, code)
	} else {
		secrets.Step, ok, err = password.CheckTOTP(secrets.TOTP, code, d.At.Std(), secrets.Step)
	}
	if err != nil || !ok || customer == "" {
		return false, err
	}
	return true, keep.Put(d.Desk, keep.KindPrivate, whose, whose, 0, secrets)
}

// without takes a code out of those that were kept, as it may be typed. Each is compared,
// and in the same time.
func without(kept []string, code string) (left []string, found bool) {
	plain := func(c string) []byte {
		return []byte(strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(c)))
	}
	for _, k := range kept {
		if subtle.ConstantTimeCompare(plain(k), plain(code)) == 1 {
			found = true
		} else {
			left = append(left, k)
		}
	}
	return left, found
}

// Sent is a letter as the demo shows it in its customer's mailbox.
type Sent struct {
	ID   string      `json:"id"`
	Kind string      `json:"kind"` // email, sms, app
	To   string      `json:"to"`
	What string      `json:"what"`
	Code string      `json:"code,omitempty"`
	Link string      `json:"link,omitempty"`
	At   wallet.Time `json:"at"`
	// Until is when what it tells ends: what was sent, a review or a cool-down.
	Until wallet.Time `json:"until,omitempty"`
}

// Send implements recovering.Desk.
func (d desk) Send(l recovering.Letter) error {
	s := Sent{ID: "lt-" + id.New(), Kind: l.Kind, To: l.To, What: l.What, Code: l.Code, At: d.At, Until: l.Until}
	if l.Token != "" {
		s.Link = d.room.Letter(l)
	}
	return keep.Put(d.Desk, kindLetter, s.ID, owner(l.Customer), d.At, s)
}

// Changed implements recovering.Desk. Of nobody nobody is told, and it is written all the
// same.
func (d desk) Changed(customer, standing string) error {
	if customer == "" {
		for _, of := range []string{"notices of nobody", "of:" + standing} {
			if _, err := d.Count(of); err != nil {
				return err
			}
		}
		return keep.Put(d.Desk, kindLetter, "lt-"+id.New(), Nobody, d.At, Sent{What: "notice", At: d.At})
	}
	return d.Tell(wallet.RecoveryChanged, customer, standing)
}

// Later implements recovering.Desk.
func (d desk) Later(request string, at wallet.Time) error { return d.Wake(Kind, request, at) }

// In implements recovering.Desk.
func (d desk) In(customer string, limited wallet.Time) error {
	h := d.known[customer]
	if !h.in {
		return missing{customer, true}
	}
	for _, id := range h.sessions {
		s, err := keep.Get[wallet.Session](d.Desk, keep.KindSession, id)
		if err != nil {
			return err
		}
		if s.Result == "open" {
			s.Result, s.EndedAt = "ended", d.At
			if err := keep.Put(d.Desk, keep.KindSession, id, customer, s.At, s); err != nil {
				return err
			}
		}
	}
	f := wallet.Factor{ID: customer + ":password", Type: "password", State: "active", CreatedAt: d.At, ChangedAt: d.At, LastUsed: d.At}
	if err := keep.Put(d.Desk, keep.KindFactor, f.ID, customer, -f.CreatedAt, f); err != nil {
		return err
	}
	s := wallet.Session{ID: customer + ":s-" + id.New(), Factor: "password", Risk: "medium", Result: "open", At: d.At}
	if err := keep.Put(d.Desk, keep.KindSession, s.ID, customer, s.At, s); err != nil {
		return err
	}
	if err := keep.Put(d.Desk, kindLimited, customer, customer, 0, limited); err != nil {
		return err
	}
	return d.Tell(wallet.FactorChanged, customer, f.ID)
}

// share is which part of their limit a customer can spend for a day afterwards.
const share = 10

// Lowered is a limit as it is for a day after a customer came back in.
func Lowered(d *keep.Desk, customer string, l wallet.Limit) (wallet.Limit, error) {
	until, err := keep.Get[wallet.Time](d, kindLimited, customer)
	return lowered(l, until, d.At, err)
}

// LoweredNow is it outside of a commit.
func LoweredNow(ctx context.Context, books keep.Store, customer string, l wallet.Limit) (wallet.Limit, error) {
	until, err := keep.Read[wallet.Time](ctx, books, kindLimited, customer, customer)
	return lowered(l, until, wallet.At(books.Clock()), err)
}

func lowered(l wallet.Limit, until, now wallet.Time, err error) (wallet.Limit, error) {
	if fault.Is(err, fault.NotFound) {
		return l, nil
	}
	if err == nil && now < until {
		l.Max = keep.Part(l.Max, share)
	}
	return l, err
}

// Letters lists what was sent to a customer, the latest first. Errors: NotFound,
// Unavailable.
func (s *Desks) Letters(ctx context.Context, customer string) ([]Sent, error) {
	return keep.Listed[Sent](ctx, s.books, kindLetter, customer, most)
}

// Holds is what a customer has at home: the secret of their authenticator app, and the
// recovery codes that they wrote down, for the demo to show both. Errors: NotFound,
// Unavailable.
func (s *Desks) Holds(ctx context.Context, customer string) (authenticator string, kept []string, err error) {
	p, err := keep.Read[lives.Private](ctx, s.books, keep.KindPrivate, customer, customer)
	return p.TOTP, p.Kept, err
}

// Due does what comes of a request by the time alone.
func (s *Desks) Due(ctx context.Context, request string) error {
	return s.Commit(ctx, func(d recovering.Desk) error {
		if err := d.Later(request, 0); err != nil {
			return err
		}
		return s.Step(d, request)
	})
}

// StopFor stops a recovery of a customer's for them, or tells that it would. Errors:
// NotFound, Unavailable.
func (s *Desks) StopFor(d *keep.Desk, customer, standing string, factors []string, dry bool) (was recovery.Status, err error) {
	at := s.On(d, map[string]having{customer: {factors: factors}})
	was, request, err := s.Find(at, customer, standing)
	if err != nil || dry || !was.Open() {
		return was, err
	}
	_, err = s.End(at, request)
	return was, err
}
