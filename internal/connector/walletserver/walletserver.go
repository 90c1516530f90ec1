// Package walletserver serves a wallet to Kefu over HTTP: the Wallet Support API of
// api/wallet-support.yaml, of which docs/wallet-api.md is the guide. Requests are
// signed, name on whose behalf they are made, and are read strictly. What a wallet has
// no methods for has no endpoint, and the capability document says so. It stands in
// front of the demo's wallet and of the one in examples/wallet, and keeps nothing of
// theirs.
package walletserver

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

// Options are what a Server is made with.
type Options struct {
	Wallet   Wallet
	Verifier *httpsig.Verifier
	Prefix   string // of all paths but the well-known ones; default /v1
	Name     string // of the wallet, where it does not say one itself
	// Requests may come so many in each Window; default 1,200 in a minute. Only what is
	// signed counts.
	Requests int
	Window   time.Duration
	Clock    clock.Clock
	Log      *slog.Logger
}

// Server answers Kefu. It is safe for concurrent use.
type Server struct {
	o        Options
	mu       sync.Mutex
	begun    time.Time       // of the window
	spent    int             // requests in it
	inFlight map[string]bool // keys that are being dealt with
	large    chan struct{}   // bodies of files that are in memory
	served   []Endpoint
}

// Endpoint is one operation that is served.
type Endpoint struct {
	Method string
	Path   string   // below the prefix, its parts in braces; well-known ones from the root
	Query  []string // the fields of its query; those that must be there end in an exclamation mark
}

// Endpoints lists what a handler serves, once Handler was called.
func (s *Server) Endpoints() []Endpoint { return slices.Clone(s.served) }

// maxInFlight bounds the commands that are dealt with at one time, and maxLarge the files
// that are in memory.
const (
	maxInFlight = 256
	maxLarge    = 4
)

// New makes a Server.
func New(o Options) *Server {
	if o.Prefix == "" {
		o.Prefix = "/v1"
	}
	if o.Name == "" {
		o.Name = "wallet"
	}
	if o.Requests <= 0 {
		o.Requests = 1200
	}
	if o.Window <= 0 {
		o.Window = time.Minute
	}
	if o.Clock == nil {
		o.Clock = clock.System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{o: o, inFlight: map[string]bool{}, large: make(chan struct{}, maxLarge)}
}

// Handler serves the API below the prefix, and the well-known documents beside it.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.served = []Endpoint{{http.MethodGet, "/.well-known/wallet-support", nil}}
	mux.HandleFunc("GET /.well-known/wallet-support", s.describe)
	if signing, ok := s.o.Wallet.(Signing); ok {
		s.served = append(s.served, Endpoint{http.MethodGet, "/.well-known/jwks.json", nil})
		mux.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) { s.keys(w, r, signing) })
	}
	s.readings(mux)
	s.lists(mux)
	s.about(mux)
	s.further(mux)
	s.commands(mux)
	s.files(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "no_such_endpoint", "")
	})
	return mux
}

// Capabilities are what the wallet can do: what it says itself, as far as there are
// methods for it. Errors: those of the wallet.
func (s *Server) Capabilities(ctx context.Context) (wallet.Capabilities, error) {
	can := wallet.Capabilities{Version: "1", Name: s.o.Name, Readings: has(s.o.Wallet)}
	described, ok := s.o.Wallet.(Describer)
	if !ok {
		return can, nil
	}
	told, err := described.Capabilities(ctx)
	if err != nil {
		return wallet.Capabilities{}, err
	}
	told.Version = can.Version
	if told.Name == "" {
		told.Name = can.Name
	}
	told.Readings = slices.DeleteFunc(slices.Clone(told.Readings), func(r wallet.Reading) bool { return !slices.Contains(can.Readings, r) })
	if _, ok := s.o.Wallet.(Commands); !ok {
		told.Acts = nil
	}
	if _, ok := s.o.Wallet.(Files); !ok || (!told.Does(wallet.AddEvidence) && !told.Does(wallet.ClaimPoints)) {
		told.Files = nil
	}
	if _, ok := s.o.Wallet.(StepUps); !ok {
		told.StepUp = nil
	}
	return told, nil
}

// describe answers with the capability document. It is the same for everybody and says
// nothing of anybody, so that nothing has to be signed to read it.
func (s *Server) describe(w http.ResponseWriter, r *http.Request) {
	can, err := s.Capabilities(r.Context())
	if err != nil {
		s.refuse(w, err)
		return
	}
	if can.Acts == nil {
		can.Acts = []wallet.Act{}
	}
	w.Header().Set("Cache-Control", "max-age=300")
	s.write(w, can)
}

func (s *Server) keys(w http.ResponseWriter, r *http.Request, signing Signing) {
	set, err := signing.Keys(r.Context())
	if err != nil {
		s.refuse(w, err)
		return
	}
	w.Header().Set("Cache-Control", "max-age=300")
	s.write(w, json.RawMessage(set))
}

// write answers with JSON.
func (s *Server) write(w http.ResponseWriter, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		s.refuse(w, fault.Wrap("walletserver.write", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	_, _ = w.Write(text) // whoever asked may be gone
}

// refuse answers with what an error means to Kefu. Its text stays here.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	code, field := fault.CodeOf(err), fault.FieldOf(err)
	switch {
	case code == fault.NotFound:
		problem(w, http.StatusNotFound, "not_found", "")
	case code == fault.Invalid && fault.ReasonOf(err) == NotTakenReason:
		problem(w, http.StatusUnprocessableEntity, NotTakenReason, "")
	case code == fault.Invalid:
		problem(w, http.StatusBadRequest, "invalid", field)
	case code == fault.Unauthenticated:
		problem(w, http.StatusUnauthorized, "signature", "")
	case code == fault.Forbidden:
		problem(w, http.StatusForbidden, "forbidden", "")
	case code == fault.Conflict && fault.ReasonOf(err) == MismatchReason:
		problem(w, http.StatusUnprocessableEntity, MismatchReason, "")
	case code == fault.Conflict:
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusConflict, "in_progress", "")
	case code == fault.TooMany:
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusTooManyRequests, "too_many", "")
	case code == fault.Unavailable:
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusServiceUnavailable, "unavailable", "")
	default:
		s.o.Log.Error("the wallet failed", "error", err)
		problem(w, http.StatusInternalServerError, "internal", "")
	}
}

// problem answers with a problem (RFC 9457).
func problem(w http.ResponseWriter, status int, code, field string) {
	body := struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code"`
		Field  string `json:"field,omitempty"`
	}{"about:blank", http.StatusText(status), status, code, field}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may be gone
}
