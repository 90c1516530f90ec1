// Package recovery is how somebody who cannot sign in to the wallet any more gets back in:
// the words in which the wallet and Kefu speak of it. The wallet does it, on pages of its
// own and by what it already knew of the customer; what is typed there never passes
// through Kefu. Before somebody has proven anything, everything that is told of a request
// follows from the request and the time alone: for an account that does not exist it is
// the same (OWASP ASVS 5.0, 6.3.8).
package recovery

import (
	"strings"
	"unicode"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Bounds of a request.
const (
	MaxHandle = 254 // bytes of what somebody is known by (RFC 5321, 4.5.3.1.3)
	MaxWays   = 8
	MaxOpen   = 100 // recoveries of one customer
	maxLink   = 2048
)

// Asking asks by which ways whoever has a handle can come back in. Asked again under the
// same key, the wallet says the same, and begins nothing anew.
type Asking struct {
	Key    string `json:"-"`      // Idempotency-Key
	Handle string `json:"handle"` // an address, a number or a name, as it was typed
}

// Validate refuses what nobody can be known by. Errors: Invalid.
func (a Asking) Validate() error {
	const op = "recovery.Asking"
	handle := strings.TrimSpace(a.Handle)
	if handle == "" || len(a.Handle) > MaxHandle || strings.ContainsFunc(a.Handle, unicode.IsControl) {
		return fault.InvalidField(op, "handle", "is missing, longer than %d bytes, or has control characters", MaxHandle)
	}
	return check.ID(op, "key", a.Key, true)
}

// The kinds of ways.
const (
	Email    = "email"         // a link to an address
	SMS      = "sms"           // a code to a number
	Code     = "recovery_code" // one that the customer kept
	Document = "document"      // a document and a picture of the customer, which people look at
)

// Kinds lists them.
func Kinds() []string { return []string{Email, SMS, Code, Document} }

// Way is one way to come back in: by something that the wallet knew before, and that has
// not changed in the last 72 hours.
type Way struct {
	ID   string `json:"id"` // for this request alone
	Kind string `json:"kind"`
	Hint string `json:"hint,omitempty"` // of an address or a number, all but a little of it hidden
}

// maxShown is how many letters and digits a hint may show: enough for its owner to know
// it again, for everybody may ask.
const maxShown = 7

// Validate refuses what is not of the contract: above all an address or a number that is
// not hidden. Errors: Invalid.
func (w Way) Validate() error {
	const op = "recovery.Way"
	shown := 0
	for _, r := range w.Hint {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			shown++
		}
	}
	switch hidden := strings.ContainsAny(w.Hint, "•*"); {
	case (w.Kind == Email || w.Kind == SMS) != (w.Hint != ""):
		return fault.InvalidField(op, "hint", "belongs to an address or a number, and to nothing else")
	case w.Hint != "" && (!hidden || shown > maxShown):
		return fault.InvalidField(op, "hint", "shows more than %d letters and digits, or hides nothing", maxShown)
	}
	return check.First(check.ID(op, "id", w.ID, true), check.Word(op, "kind", w.Kind, Kinds()...), check.Text(op, "hint", w.Hint))
}

// Offer is by which ways a request may go on. There is at least one for every handle that
// there could be.
type Offer struct {
	ID        string      `json:"id"` // of the request; nobody can guess it
	Ways      []Way       `json:"ways"`
	ExpiresAt wallet.Time `json:"expires_at"`
}

// minID is how long the identifier of a request is at least: 128 bits in base 32.
const minID = 26

// Validate refuses what is not of the contract. Errors: Invalid.
func (o Offer) Validate() error {
	const op = "recovery.Offer"
	if len(o.ID) < minID {
		return fault.InvalidField(op, "id", "is shorter than %d characters, so that it could be guessed", minID)
	}
	if len(o.Ways) == 0 || len(o.Ways) > MaxWays || o.ExpiresAt == 0 {
		return fault.InvalidField(op, "ways", "are none or more than %d, or there is no time until which they count", MaxWays)
	}
	seen := map[string]bool{}
	for _, w := range o.Ways {
		if err := w.Validate(); err != nil {
			return err
		}
		if seen[w.ID] {
			return fault.InvalidField(op, "ways", "has one twice")
		}
		seen[w.ID] = true
	}
	return check.ID(op, "id", o.ID, true)
}

// Begin has the wallet go one of the ways: send its link or code, or open its page. Under
// the same key it does so once. A new one takes the place of the one before, whose link
// and code count no more.
type Begin struct {
	Key string `json:"-"` // Idempotency-Key
	Way string `json:"way"`
}

// Validate refuses what names no way. Errors: Invalid.
func (b Begin) Validate() error {
	const op = "recovery.Begin"
	return check.First(check.ID(op, "key", b.Key, true), check.ID(op, "way", b.Way, true))
}

// Status is how far a recovery has got.
type Status string

// The states. Until something is proven, a recovery is Sent, and then Expired, whatever
// was typed and whether there is such an account; and Locked when too much was asked for
// a handle, whoever has it.
const (
	Sent      Status = "sent"      // the wallet waits for a proof, on its own page
	Locked    Status = "locked"    // too many requests or tries: on any channel, from any device
	Expired   Status = "expired"   // nobody proved anything in time, or another request took its place
	Proven    Status = "proven"    // on the wallet's page a new password or passkey is wanted now
	Reviewing Status = "reviewing" // people look at a document
	Cooling   Status = "cooling"   // proven by a document; the customer can still say that it is not them
	Done      Status = "done"      // the customer is in again, and everybody else is signed out
	Stopped   Status = "stopped"   // the customer, or staff for them, said that it was not them
	Refused   Status = "refused"   // the document did not prove it
)

// Statuses lists them.
func Statuses() []Status {
	return []Status{Sent, Locked, Expired, Proven, Reviewing, Cooling, Done, Stopped, Refused}
}

// Open tells whether something may still come of it.
func (s Status) Open() bool { return s == Sent || s == Proven || s == Reviewing || s == Cooling }

// Recovery is a recovery as whoever asked for it is told. Whose account it is, it does not
// say: who has come back in signs in, and is known by that.
type Recovery struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"` // of the way
	State Status `json:"state"`
	// Link opens the wallet's own page, where the code is typed, the document given and
	// the new password set.
	Link         string      `json:"link,omitempty"`
	ExpiresAt    wallet.Time `json:"expires_at"`    // of what is sent: until when it counts
	AnswerBy     wallet.Time `json:"answer_by"`     // of what is looked at: when people will have
	Until        wallet.Time `json:"until"`         // of a cool-down or a lock
	LimitedUntil wallet.Time `json:"limited_until"` // of what is done: until when little can be spent
}

// The least and the most time between a document and the new password, in hours.
const (
	LeastCooling = 24
	MostCooling  = 72
)

// Validate refuses what is not of the contract. Errors: Invalid.
func (r Recovery) Validate() error {
	const op = "recovery.Recovery"
	switch {
	case len(r.ID) < minID:
		return fault.InvalidField(op, "id", "is shorter than %d characters, so that it could be guessed", minID)
	case r.State == Sent && r.ExpiresAt == 0:
		return fault.InvalidField(op, "expires_at", "is missing")
	case (r.State == Cooling || r.State == Locked) != (r.Until != 0):
		return fault.InvalidField(op, "until", "belongs to a cool-down or a lock, and to nothing else")
	case r.LimitedUntil != 0 && r.State != Done, r.AnswerBy != 0 && r.State != Reviewing:
		return fault.InvalidField(op, "limited_until", "or answer_by is of another state")
	case len(r.Link) > maxLink:
		return fault.InvalidField(op, "link", "is longer than %d bytes", maxLink)
	}
	return check.First(check.ID(op, "id", r.ID, true), check.Word(op, "kind", r.Kind, Kinds()...), check.Word(op, "state", r.State, Statuses()...))
}

// Standing is a recovery of a customer's account as they themselves, and staff, are told:
// whoever asked for it. It has an identifier of its own, with which nothing can be done
// but to stop it.
type Standing struct {
	ID        string      `json:"id"`
	Kind      string      `json:"kind"`
	State     Status      `json:"state"`
	BegunAt   wallet.Time `json:"begun_at"`
	ChangedAt wallet.Time `json:"changed_at"`
	Until     wallet.Time `json:"until"` // of a cool-down
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (s Standing) Validate() error {
	const op = "recovery.Standing"
	if s.BegunAt == 0 || (s.State == Cooling) != (s.Until != 0) {
		return fault.InvalidField(op, "until", "belongs to a cool-down, or the time it began is missing")
	}
	return check.First(check.ID(op, "id", s.ID, true), check.Word(op, "kind", s.Kind, Kinds()...), check.Word(op, "state", s.State, Statuses()...))
}
