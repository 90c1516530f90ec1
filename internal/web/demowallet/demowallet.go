// Package demowallet is the demo wallet's own little web server: the page in
// which the window is embedded, and the token that such a wallet signs for a
// customer of its own. It stands on an origin apart from Kefu's, as a real
// wallet does, and anybody who reaches it may be any of its invented customers.
// It is for demonstration only.
package demowallet

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"kefu/internal/platform/fault"
	"kefu/internal/web/walletview"
)

// Customer is an invented customer.
type Customer struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Language string            `json:"language"`
	Story    map[string]string `json:"story"` // by the language of the page
}

// Options are what the wallet is made of.
type Options struct {
	Host      string // that it answers under, with its port
	Named     string // under which it answers as well, for passkeys need a name; "" for none
	Customers []Customer
	LetIn     http.Handler                                                       // where somebody comes back in who cannot sign in; below /recover
	Page      http.Handler                                                       // its page and what that loads
	Sign      func(customer, name, language string, proven bool) (string, error) // a fresh token; proven says that the customer has just shown who they are
	API       http.Handler                                                       // what Kefu asks, below /v1/ and /.well-known/
	Pushes    *Pushes                                                            // what Kefu tells
	App       App                                                                // what the wallet's app can do; nil: nothing
	// Account gives what the page shows of a customer. Errors: NotFound, Invalid.
	Account func(ctx context.Context, customer, cursor string) (Account, error)
}

// Account is what the page shows of a customer.
type Account struct {
	Status       string             `json:"status"`              // of the account of every day: active, frozen, closing, closed
	ClosesAt     int64              `json:"closes_at,omitempty"` // microseconds, where it is closing
	Balances     []Balance          `json:"balances"`
	Transactions walletview.OwnPage `json:"transactions"`
	Evidence     []Evidence         `json:"evidence"` // that stands in disputes of theirs
}

// Evidence is a file that the wallet has with the dispute of a payment.
type Evidence struct {
	Transaction string `json:"transaction"`
	Kind        string `json:"kind"` // a code, such as receipt
	Type        string `json:"type"` // media type
	Size        int64  `json:"size"` // bytes
	Digest      string `json:"sha256"`
}

// Balance is what a customer has in one currency.
type Balance struct {
	Available walletview.Sum `json:"available"`
	Pending   walletview.Sum `json:"pending"`
	Held      walletview.Sum `json:"held"`
}

// Handler serves the wallet: its page with what that asks for below /demo/, the API
// that Kefu asks, and the webhook by which Kefu tells of answers.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", o.Page)
	mux.HandleFunc("GET /demo/customers", func(w http.ResponseWriter, _ *http.Request) { answer(w, o.Customers) })
	mux.HandleFunc("GET /demo/account", func(w http.ResponseWriter, r *http.Request) { account(w, r, o) })
	mux.Handle("GET /v1/", o.API)
	mux.Handle("POST /v1/", o.API)
	mux.Handle("GET /.well-known/", o.API)
	mux.HandleFunc("POST /hooks/kefu", o.Pushes.take)
	mux.HandleFunc("GET /demo/pushes", o.Pushes.open)
	serveApp(mux, o)
	if o.LetIn != nil {
		for _, pattern := range []string{"GET /recover", "POST /recover", "GET /recover/"} {
			mux.Handle(pattern, o.LetIn)
		}
	}
	serveFiles(mux, o)
	mux.HandleFunc("POST /demo/token", func(w http.ResponseWriter, r *http.Request) { token(w, r, o) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Host, o.Host) && (o.Named == "" || !strings.EqualFold(r.Host, o.Named)) {
			http.Error(w, "The demo wallet answers under "+o.Host+" alone.", http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// How much a request may bring, in bytes: whose token it is, and a passkey with what its
// maker says of it.
const (
	maxToken   = 1 << 10
	maxRequest = 32 << 10
)

// OwnPage tells whether a request is of the page itself, under whichever of its names, or
// of a program.
func OwnPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || strings.EqualFold(origin, "http://"+r.Host) // which is one of ours
}

func token(w http.ResponseWriter, r *http.Request, o Options) {
	if !OwnPage(r) {
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	var asked struct {
		Customer string `json:"customer"`
		Proven   bool   `json:"proven"` // the page's own word: in the demo a press stands for the wallet's check
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxToken))
	if err != nil || json.Unmarshal(body, &asked) != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	i := slices.IndexFunc(o.Customers, func(c Customer) bool { return c.ID == asked.Customer })
	if i < 0 {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	c := o.Customers[i]
	signed, err := o.Sign(c.ID, c.Name, c.Language, asked.Proven)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]string{"token": signed})
}

func account(w http.ResponseWriter, r *http.Request, o Options) {
	found, err := o.Account(r.Context(), r.URL.Query().Get("customer"), r.URL.Query().Get("cursor"))
	switch {
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Invalid):
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
	case err != nil:
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	default:
		answer(w, found)
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(v) // the reader may be gone
}
