package demowallet

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"kefu/internal/platform/fault"
	"kefu/internal/web/walletview"
)

// App is what the wallet's own app can do for whoever holds it, and what the
// demonstration lets them make happen. Errors of all: NotFound, Invalid, Conflict.
type App interface {
	// Rails lists how money can travel, with the codes in which each refuses.
	Rails() []Rail
	// Shown is what the app shows a customer at this moment.
	Shown(ctx context.Context, customer string) (Shown, error)
	// Fate says what is to become of a customer's next payment, refund, recall or dispute.
	Fate(ctx context.Context, f Fate) error
	Pay(ctx context.Context, p Payment) (Paid, error)
	// Confirm is the customer's yes or no to a payment that waits for it.
	Confirm(ctx context.Context, customer, transaction string, yes bool) error
	// Declare is what the customer tells of a deposit: who sent it, and whether the address is
	// their own. The demonstration keeps it among the wallet's books.
	Declare(ctx context.Context, customer, transaction, sender string, own bool) error
	// AddCard is what the customer filled in in the wallet's form for a card of theirs.
	AddCard(ctx context.Context, customer, form string, c Card) error
	// Answer is the customer's yes or no to what customer service wants proven, with a code
	// where one is asked for. It gives how far the proof has got.
	Answer(ctx context.Context, customer, ask string, yes bool, code string) (string, error)
	// Stranger has somebody else sign in as a customer, from a device that is new.
	Stranger(ctx context.Context, customer string) error
	// Hasten lets the days pass at once in which somebody who leaves may change their mind.
	Hasten(ctx context.Context, customer string) error
	// ArriveLate has a shop give a payment back to somebody who is gone.
	ArriveLate(ctx context.Context, customer string) error
	Passkeys
	Files
}

// Rail is one way for money to travel.
type Rail struct {
	Name  string            `json:"name"`
	Codes map[string]string `json:"codes"` // raw codes, with what each stands for
}

// Shown is what the app shows.
type Shown struct {
	Asks     []Ask     `json:"asks"`     // of customer service, to be proven
	Confirms []Confirm `json:"confirms"` // payments that wait for a yes
	Forms    []Form    `json:"forms"`    // deposits of which something has to be told by law
	Cards    []Adding  `json:"cards"`    // forms in which a card is to be added
	Messages []Message `json:"messages"`
}

// Ask is a proof that is asked for.
type Ask struct {
	ID        string          `json:"id"`
	Act       string          `json:"act"`
	About     About           `json:"about"`
	Amount    *walletview.Sum `json:"amount,omitempty"`
	Code      bool            `json:"code"`       // of the customer's authenticator is wanted
	Yes       bool            `json:"yes"`        // a yes in the app will do, with the code where one is wanted
	Passkey   bool            `json:"passkey"`    // a passkey will do
	ExpiresAt int64           `json:"expires_at"` // microseconds
}

// About is what an act is to be done to, as its customer knows it. Nobody is asked for a
// proof of what they are not shown.
type About struct {
	Kind   string          `json:"kind"`             // wallet, account, payment, instrument, device, mandate, passkey, or other: the name is an id
	Of     string          `json:"of,omitempty"`     // the kind of a payment, the type of an instrument
	Name   string          `json:"name,omitempty"`   // whom a payment or a mandate is with, a brand, a device, an account, a passkey
	Last4  string          `json:"last4,omitempty"`  // of an instrument
	Amount *walletview.Sum `json:"amount,omitempty"` // of the payment, or of each charge of a mandate
	At     int64           `json:"at,omitempty"`     // when it was paid, or the device was seen last; microseconds
}

// Confirm is a payment that waits for its customer.
type Confirm struct {
	ID     string         `json:"id"`
	Party  string         `json:"party"`
	Amount walletview.Sum `json:"amount"`
}

// Form is a deposit over a public network of which the law wants to know who sent it.
type Form struct {
	ID      string         `json:"id"`
	Amount  walletview.Sum `json:"amount"`
	Address string         `json:"address"` // from which it came
	DueAt   int64          `json:"due_at"`  // microseconds
}

// Adding is a form of the wallet's in which its customer adds a card of theirs.
type Adding struct {
	ID        string `json:"id"`
	TriesLeft int    `json:"tries_left"`
	ExpiresAt int64  `json:"expires_at"` // microseconds
}

// Card is what is filled in there. No whole number: the card is invented, and so is what
// its bank says.
type Card struct {
	Last4  string `json:"last4"`
	Expiry string `json:"expiry"` // YYYY-MM
	Says   string `json:"says"`   // "" it is theirs; again: the code was wrong; or why it is not added
}

// Message is something that the wallet tells a customer.
type Message struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	At   int64  `json:"at"`
}

// Fate is what is to happen.
type Fate struct {
	Customer string `json:"customer"`
	Of       string `json:"of"`   // payment, refund, recall, dispute
	Kind     string `json:"kind"` // one of the simulator's words
	Raw      string `json:"raw"`
	Then     string `json:"then"`
}

// Payment is what the app pays.
type Payment struct {
	Customer string `json:"customer"`
	Ref      string `json:"ref"` // made by the page, so that to press twice pays once
	Amount   string `json:"amount"`
	Rail     string `json:"rail"`
	To       string `json:"to"`
	Fate     *Fate  `json:"fate,omitempty"` // nil: what was set before, or that all is well
}

// Paid is what became of it at once.
type Paid struct {
	Trace       string `json:"trace"` // what the app shows with an error
	Transaction string `json:"transaction,omitempty"`
	State       string `json:"state,omitempty"`
	Failure     string `json:"failure,omitempty"` // normalised
}

// serveApp serves the app's own doings below /demo/.
func serveApp(mux *http.ServeMux, o Options) {
	if o.App == nil {
		return
	}
	mux.HandleFunc("GET /demo/rails", func(w http.ResponseWriter, _ *http.Request) { answer(w, o.App.Rails()) })
	mux.HandleFunc("GET /demo/app", func(w http.ResponseWriter, r *http.Request) {
		shown, err := o.App.Shown(r.Context(), r.URL.Query().Get("customer"))
		reply(w, shown, err)
	})
	servePasskeys(mux, o)
	doing(mux, "fate", func(r *http.Request, f Fate) (any, error) { return struct{}{}, o.App.Fate(r.Context(), f) })
	doing(mux, "pay", func(r *http.Request, p Payment) (any, error) { return o.App.Pay(r.Context(), p) })
	doing(mux, "stranger", func(r *http.Request, in which) (any, error) {
		return struct{}{}, o.App.Stranger(r.Context(), in.Customer)
	})
	doing(mux, "hasten", func(r *http.Request, in which) (any, error) {
		return struct{}{}, o.App.Hasten(r.Context(), in.Customer)
	})
	doing(mux, "late", func(r *http.Request, in which) (any, error) {
		return struct{}{}, o.App.ArriveLate(r.Context(), in.Customer)
	})
	doing(mux, "confirm", func(r *http.Request, in struct {
		Customer    string `json:"customer"`
		Transaction string `json:"transaction"`
		Yes         bool   `json:"yes"`
	}) (any, error) {
		return struct{}{}, o.App.Confirm(r.Context(), in.Customer, in.Transaction, in.Yes)
	})
	doing(mux, "declare", func(r *http.Request, in struct {
		Customer    string `json:"customer"`
		Transaction string `json:"transaction"`
		Sender      string `json:"sender"`
		Own         bool   `json:"own"`
	}) (any, error) {
		return struct{}{}, o.App.Declare(r.Context(), in.Customer, in.Transaction, in.Sender, in.Own)
	})
	doing(mux, "card", func(r *http.Request, in struct {
		Card
		Customer string `json:"customer"`
		Form     string `json:"form"`
	}) (any, error) {
		return struct{}{}, o.App.AddCard(r.Context(), in.Customer, in.Form, in.Card)
	})
	doing(mux, "answer", func(r *http.Request, in struct {
		Customer string `json:"customer"`
		ID       string `json:"id"`
		Yes      bool   `json:"yes"`
		Code     string `json:"code"`
	}) (any, error) {
		state, err := o.App.Answer(r.Context(), in.Customer, in.ID, in.Yes, in.Code)
		return map[string]string{"state": state}, err
	})
}

// doing serves one thing that the page does. It is for this page alone: another one that
// is open beside it must not pay in anybody's name.
func doing[T any](mux *http.ServeMux, what string, do func(*http.Request, T) (any, error)) {
	mux.HandleFunc("POST /demo/"+what, func(w http.ResponseWriter, r *http.Request) {
		if !OwnPage(r) {
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		var in T
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil || json.Unmarshal(body, &in) != nil {
			http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
			return
		}
		out, err := do(r, in)
		reply(w, out, err)
	})
}

// reply answers, or says what is wrong.
func reply(w http.ResponseWriter, v any, err error) {
	if err == nil {
		answer(w, v)
		return
	}
	status := http.StatusInternalServerError
	switch fault.CodeOf(err) {
	case fault.NotFound:
		status = http.StatusNotFound
	case fault.Invalid:
		status = http.StatusBadRequest
	case fault.Forbidden:
		status = http.StatusForbidden
	case fault.TooMany:
		status = http.StatusTooManyRequests
	case fault.Conflict:
		status = http.StatusConflict
	case fault.Unavailable:
		status = http.StatusServiceUnavailable
	}
	http.Error(w, http.StatusText(status), status)
}
