package walletserver

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// list is how several things are told.
type list[T any] struct {
	Items []T `json:"items"`
}

// listed answers with a list; that of nothing is empty and not null.
func listed[T any](items []T, err error) (any, error) {
	if items == nil {
		items = []T{}
	}
	return list[T]{items}, err
}

// readings serves what every wallet has.
func (s *Server) readings(mux *http.ServeMux) {
	w := s.o.Wallet
	s.ask(mux, "/customers/{id}", func(a asked) (any, error) { return w.Customer(a.Context(), a.by, a.PathValue("id")) })
	s.ask(mux, "/transactions", func(a asked) (any, error) {
		q, err := readQuery(a.query)
		if err != nil {
			return nil, err
		}
		page, err := w.Transactions(a.Context(), a.by, q)
		if page.Items == nil {
			page.Items = []wallet.Transaction{}
		}
		return page, err
	}, "customer!", "state*", "kind*", "from", "to", "min", "max", "currency", "text", "instrument", "cursor", "limit")
	s.ask(mux, "/transactions/{id}", func(a asked) (any, error) {
		return w.Transaction(a.Context(), a.by, a.query.Get("customer"), a.PathValue("id"))
	}, "customer!")
}

// of serves a list of one customer's things.
func of[T any](s *Server, mux *http.ServeMux, what string, list func(context.Context, wallet.Actor, string) ([]T, error)) {
	s.ask(mux, "/customers/{id}/"+what, func(a asked) (any, error) { return listed(list(a.Context(), a.by, a.PathValue("id"))) })
}

// lists serves the lists of a customer's things, as far as the wallet has them.
func (s *Server) lists(mux *http.ServeMux) {
	if w, ok := s.o.Wallet.(Accounts); ok {
		of(s, mux, "accounts", w.Accounts)
		of(s, mux, "balances", w.Balances)
	}
	if w, ok := s.o.Wallet.(Instruments); ok {
		of(s, mux, "instruments", w.Instruments)
	}
	if w, ok := s.o.Wallet.(Disputes); ok {
		of(s, mux, "disputes", w.Disputes)
	}
	if w, ok := s.o.Wallet.(Devices); ok {
		of(s, mux, "devices", w.Devices)
	}
	if w, ok := s.o.Wallet.(Sessions); ok {
		of(s, mux, "sessions", w.Sessions)
	}
	if w, ok := s.o.Wallet.(Factors); ok {
		of(s, mux, "factors", w.Factors)
	}
	if w, ok := s.o.Wallet.(Limits); ok {
		of(s, mux, "limits", w.Limits)
	}
	if w, ok := s.o.Wallet.(Alerts); ok {
		of(s, mux, "alerts", w.Alerts)
	}
	if w, ok := s.o.Wallet.(Restrictions); ok {
		of(s, mux, "restrictions", w.Restrictions)
	}
	if w, ok := s.o.Wallet.(Attempts); ok {
		s.ask(mux, "/customers/{id}/attempts", func(a asked) (any, error) {
			return listed(w.Attempts(a.Context(), a.by, a.PathValue("id"), a.query.Get("trace_id")))
		}, "trace_id")
	}
	if w, ok := s.o.Wallet.(Refunds); ok {
		s.ask(mux, "/customers/{id}/refunds", func(a asked) (any, error) {
			return listed(w.Refunds(a.Context(), a.by, a.PathValue("id"), a.query.Get("tx")))
		}, "tx")
	}
}

// about serves what is asked for one transaction, and for no customer.
func (s *Server) about(mux *http.ServeMux) {
	if w, ok := s.o.Wallet.(Timelines); ok {
		s.ask(mux, "/customers/{id}/transactions/{tx}/timeline", func(a asked) (any, error) {
			return listed(w.Timeline(a.Context(), a.by, a.PathValue("id"), a.PathValue("tx")))
		})
	}
	if w, ok := s.o.Wallet.(Refunds); ok {
		s.ask(mux, "/customers/{id}/transactions/{tx}/terms", func(a asked) (any, error) {
			return w.Terms(a.Context(), a.by, a.PathValue("id"), a.PathValue("tx"))
		})
	}
	if w, ok := s.o.Wallet.(Incidents); ok {
		s.ask(mux, "/incidents", func(a asked) (any, error) { return listed(w.Incidents(a.Context())) })
	}
	if w, ok := s.o.Wallet.(Notices); ok {
		s.ask(mux, "/events", func(a asked) (any, error) { return s.replay(a, w) }, "after!", "limit")
	}
}

// replay answers with the notices after a position.
func (s *Server) replay(a asked, w Notices) (any, error) {
	const op = "walletserver.replay"
	after, err := strconv.ParseInt(a.query.Get("after"), 10, 64)
	if err != nil || after < 0 {
		return nil, fault.InvalidField(op, "after", "is no position")
	}
	limit := 100
	if text := a.query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > wallet.MaxNotices {
			return nil, fault.InvalidField(op, "limit", "is not one of 1 to %d", wallet.MaxNotices)
		}
	}
	page, err := w.Notices(a.Context(), after, limit)
	if page.Items == nil {
		page.Items = []wallet.Notice{}
	}
	return page, err
}

// readQuery reads the filters of a list of transactions, whose names were checked.
func readQuery(values url.Values) (wallet.Query, error) {
	const op = "walletserver.readQuery"
	q := wallet.Query{Limit: 20}
	for name, given := range values {
		var err error
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
		case "instrument":
			q.Instrument = given[0]
		case "cursor":
			q.Cursor = given[0]
		default: // limit
			q.Limit, err = strconv.Atoi(given[0])
		}
		if err != nil {
			return q, fault.InvalidField(op, name, "cannot be read")
		}
	}
	return q, q.Validate()
}
