package demowallet

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/platform/strictjson"
)

// ActorHeader tells the wallet on whose behalf it is asked, and is signed.
const ActorHeader = "Kefu-Actor"

const (
	maxBody  = 1 << 20 // bytes of a request
	maxQuery = 4 << 10
	maxActor = 1 << 10
)

// Server answers Kefu over HTTP as docs/wallet-api.md says. Every request is signed.
type Server struct {
	Ledger   *Ledger
	Verifier *httpsig.Verifier
	Clock    clock.Clock
	Log      *slog.Logger
}

// Handler serves the API below /v1/.
func (s Server) Handler() http.Handler {
	mux := http.NewServeMux()
	ask := func(pattern string, answer func(*http.Request, wallet.Actor) (any, error)) {
		mux.HandleFunc("GET /v1/"+pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, answer) })
	}
	ask("customers/{id}", func(r *http.Request, by wallet.Actor) (any, error) {
		return s.Ledger.Customer(r.Context(), by, r.PathValue("id"))
	})
	ask("customers/{id}/accounts", func(r *http.Request, by wallet.Actor) (any, error) {
		items, err := s.Ledger.Accounts(r.Context(), by, r.PathValue("id"))
		return list[wallet.Account]{items}, err
	})
	ask("customers/{id}/balances", func(r *http.Request, by wallet.Actor) (any, error) {
		items, err := s.Ledger.Balances(r.Context(), by, r.PathValue("id"))
		return list[wallet.Balance]{items}, err
	})
	ask("customers/{id}/instruments", func(r *http.Request, by wallet.Actor) (any, error) {
		items, err := s.Ledger.Instruments(r.Context(), by, r.PathValue("id"))
		return list[wallet.Instrument]{items}, err
	})
	ask("transactions", func(r *http.Request, by wallet.Actor) (any, error) {
		q, err := readQuery(r.URL.RawQuery)
		if err != nil {
			return nil, err
		}
		return s.Ledger.Transactions(r.Context(), by, q)
	})
	ask("transactions/{id}", func(r *http.Request, by wallet.Actor) (any, error) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil || len(values) != 1 || len(values["customer"]) != 1 {
			return nil, fault.New(fault.Invalid, "demowallet.Handler", "the query does not name one customer")
		}
		return s.Ledger.Transaction(r.Context(), by, values.Get("customer"), r.PathValue("id"))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { problem(w, http.StatusNotFound, "no_such_endpoint") })
	return mux
}

// list is how several things are told.
type list[T any] struct {
	Items []T `json:"items"`
}

func (s Server) answer(w http.ResponseWriter, r *http.Request, ask func(*http.Request, wallet.Actor) (any, error)) {
	by, err := s.admit(w, r)
	if err != nil {
		s.refuse(w, err)
		return
	}
	found, err := ask(r, by)
	if err != nil {
		s.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(found) // whoever asked may be gone
}

// admit verifies the signature of a request and reads on whose behalf it is.
func (s Server) admit(w http.ResponseWriter, r *http.Request) (wallet.Actor, error) {
	const op = "demowallet.admit"
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	actor := r.Header.Get(ActorHeader)
	if err != nil || len(r.URL.RawQuery) > maxQuery || len(actor) > maxActor || len(r.Header.Values(ActorHeader)) != 1 {
		return wallet.Actor{}, fault.New(fault.Invalid, op, "the request is too large, or names no actor")
	}
	err = s.Verifier.Verify(httpsig.Request{
		Method: r.Method, Authority: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: body,
		Headers: []httpsig.Header{{Name: "kefu-actor", Value: actor}},
	}, httpsig.Signed{
		ContentDigest: r.Header.Get("Content-Digest"), SignatureInput: r.Header.Get("Signature-Input"), Signature: r.Header.Get("Signature"),
	}, s.Clock())
	if err != nil {
		return wallet.Actor{}, err
	}
	var by wallet.Actor
	if err := strictjson.Decode([]byte(actor), &by); err != nil || by.ID == "" || by.Purpose == "" {
		return wallet.Actor{}, fault.New(fault.Invalid, op, "the actor cannot be read")
	}
	return by, nil
}

func (s Server) refuse(w http.ResponseWriter, err error) {
	switch code := fault.CodeOf(err); code {
	case fault.NotFound:
		problem(w, http.StatusNotFound, "not_found")
	case fault.Invalid:
		problem(w, http.StatusBadRequest, "invalid")
	case fault.Unauthenticated:
		problem(w, http.StatusUnauthorized, "signature")
	case fault.TooMany:
		w.Header().Set("Retry-After", "10")
		problem(w, http.StatusTooManyRequests, "too_many")
	default:
		s.Log.Error("the demo wallet failed", "error", err)
		problem(w, http.StatusInternalServerError, "internal")
	}
}

// problem answers with a problem (RFC 9457).
func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "code": code}) // as above
}

// readQuery reads the filters of a list of transactions.
func readQuery(raw string) (wallet.Query, error) {
	const op = "demowallet.readQuery"
	var q wallet.Query
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, fault.New(fault.Invalid, op, "the query cannot be read")
	}
	q.Limit = 20
	for name, given := range values {
		if name != "state" && name != "kind" && len(given) != 1 {
			return q, fault.InvalidField(op, name, "is given twice")
		}
		switch name {
		case "customer":
			q.CustomerID = given[0]
		case "state":
			for _, s := range given {
				q.States = append(q.States, wallet.State(s))
			}
		case "kind":
			for _, k := range given {
				q.Kinds = append(q.Kinds, wallet.Kind(k))
			}
		case "from":
			err = q.From.UnmarshalJSON([]byte(strconv.Quote(given[0])))
		case "to":
			err = q.To.UnmarshalJSON([]byte(strconv.Quote(given[0])))
		case "min":
			q.Min = given[0]
		case "max":
			q.Max = given[0]
		case "currency":
			q.Currency = given[0]
		case "text":
			q.Text = given[0]
		case "cursor":
			q.Cursor = given[0]
		case "limit":
			q.Limit, err = strconv.Atoi(given[0])
		default:
			err = fault.InvalidField(op, "query", "has an unknown field")
		}
		if err != nil {
			return q, fault.New(fault.Invalid, op, "the query cannot be read")
		}
	}
	return q, q.Validate()
}
