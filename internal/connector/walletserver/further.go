package walletserver

import (
	"context"
	"net/http"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// Statements is a wallet that writes statements, and gives them to keep.
type Statements interface {
	Statements(ctx context.Context, by wallet.Actor, customer string) ([]statement.Statement, error)
	Document(ctx context.Context, by wallet.Actor, customer, id, form string) (statement.Document, error)
}

// Mandates is a wallet that tells who may charge a customer again and again.
type Mandates interface {
	Mandates(ctx context.Context, by wallet.Actor, customer string) ([]instrument.Mandate, error)
}

// Uses is a wallet that tells what rests on an instrument.
type Uses interface {
	Uses(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Uses, error)
}

// Links is a wallet with a form of its own for adding instruments. Errors as for Commands.
type Links interface {
	Link(ctx context.Context, by wallet.Actor, a instrument.Adding) (instrument.Link, error)
	Linked(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Link, error)
}

// Fees is a wallet that tells what it charges for.
type Fees interface {
	Fees(ctx context.Context) (tariff.Schedule, error)
}

// Recovery is a wallet that lets somebody in again who cannot sign in any more. What it
// tells before something is proven must not depend on whether there is such an account.
// Errors as for Commands; TooMany.
type Recovery interface {
	Ways(ctx context.Context, by wallet.Actor, a recovery.Asking) (recovery.Offer, error)
	Begin(ctx context.Context, by wallet.Actor, id string, b recovery.Begin) (recovery.Recovery, error)
	Recovery(ctx context.Context, by wallet.Actor, id string) (recovery.Recovery, error)
}

// Recoveries is a wallet that tells customers who tries to come in as them.
type Recoveries interface {
	Recoveries(ctx context.Context, by wallet.Actor, customer string) ([]recovery.Standing, error)
}

// Onchain is a wallet that tells of transfers over public networks: all of a customer's,
// the newest first, or those of one transaction id.
type Onchain interface {
	Transfers(ctx context.Context, by wallet.Actor, customer, txid string) ([]onchain.Transfer, error)
	Transfer(ctx context.Context, by wallet.Actor, customer, id string) (onchain.Transfer, error)
}

// Closures is a wallet that customers can leave through Kefu, or that tells what is in the
// way of it.
type Closures interface {
	Closure(ctx context.Context, by wallet.Actor, customer string) (closing.Standing, error)
}

// Points is a wallet whose customers collect points.
type Points interface {
	Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error)
	Earning(ctx context.Context, by wallet.Actor, customer, transaction string) (points.Earning, error)
}

// Consents is a wallet that tells what its customers agreed to.
type Consents interface {
	Consents(ctx context.Context, by wallet.Actor, customer string) (consent.Standing, error)
}

// Further is a wallet with all that was added to the contract after its first release.
type Further interface {
	Statements
	Mandates
	Uses
	Links
	Fees
	Recovery
	Recoveries
	Onchain
	Closures
	Points
	Consents
}

// hasFurther lists those readings of Further for which w has methods.
func hasFurther(w Wallet) (list []wallet.Reading) {
	if _, ok := w.(Statements); ok {
		list = append(list, wallet.ReadStatements)
	}
	if _, ok := w.(Mandates); ok {
		list = append(list, wallet.ReadMandates)
	}
	if _, ok := w.(Uses); ok {
		list = append(list, wallet.ReadUses)
	}
	if _, ok := w.(Links); ok {
		list = append(list, wallet.ReadLinks)
	}
	if _, ok := w.(Fees); ok {
		list = append(list, wallet.ReadFees)
	}
	if _, ok := w.(Recovery); ok {
		list = append(list, wallet.ReadRecovery)
	}
	if _, ok := w.(Recoveries); ok {
		list = append(list, wallet.ReadRecoveries)
	}
	if _, ok := w.(Onchain); ok {
		list = append(list, wallet.ReadOnchain)
	}
	if _, ok := w.(Closures); ok {
		list = append(list, wallet.ReadClosure)
	}
	if _, ok := w.(Points); ok {
		list = append(list, wallet.ReadPoints)
	}
	if _, ok := w.(Consents); ok {
		list = append(list, wallet.ReadConsents)
	}
	return list
}

// further serves what was added to the contract after its first release.
func (s *Server) further(mux *http.ServeMux) {
	if w, ok := s.o.Wallet.(Statements); ok {
		of(s, mux, "statements", w.Statements)
		s.ask(mux, "/customers/{id}/statements/{statement}/document", func(a asked) (any, error) {
			return w.Document(a.Context(), a.by, a.PathValue("id"), a.PathValue("statement"), a.query.Get("form"))
		}, "form!")
	}
	if w, ok := s.o.Wallet.(Mandates); ok {
		of(s, mux, "mandates", w.Mandates)
	}
	if w, ok := s.o.Wallet.(Uses); ok {
		s.ask(mux, "/customers/{id}/instruments/{instrument}/uses", func(a asked) (any, error) {
			return w.Uses(a.Context(), a.by, a.PathValue("id"), a.PathValue("instrument"))
		})
	}
	if w, ok := s.o.Wallet.(Links); ok {
		s.tell(mux, "/customers/{id}/links", func(a asked) (any, error) { return s.link(a, w) })
		s.ask(mux, "/customers/{id}/links/{link}", func(a asked) (any, error) {
			return w.Linked(a.Context(), a.by, a.PathValue("id"), a.PathValue("link"))
		})
	}
	if w, ok := s.o.Wallet.(Fees); ok {
		s.ask(mux, "/fees", func(a asked) (any, error) { return w.Fees(a.Context()) })
	}
	if w, ok := s.o.Wallet.(Onchain); ok {
		s.ask(mux, "/customers/{id}/onchain", func(a asked) (any, error) {
			return listed(w.Transfers(a.Context(), a.by, a.PathValue("id"), ""))
		})
		s.tell(mux, "/customers/{id}/onchain:find", func(a asked) (any, error) {
			var wanted onchain.Named
			if err := strictjson.Decode(a.body, &wanted); err != nil { // its words may hold what was asked for
				return nil, fault.InvalidField("walletserver.onchain", "body", "cannot be read")
			}
			if err := wanted.Validate(); err != nil {
				return nil, err
			}
			return listed(w.Transfers(a.Context(), a.by, a.PathValue("id"), wanted.TxID))
		})
		s.ask(mux, "/customers/{id}/onchain/{transfer}", func(a asked) (any, error) {
			return w.Transfer(a.Context(), a.by, a.PathValue("id"), a.PathValue("transfer"))
		})
	}
	if w, ok := s.o.Wallet.(Closures); ok {
		s.ask(mux, "/customers/{id}/closure", func(a asked) (any, error) { return w.Closure(a.Context(), a.by, a.PathValue("id")) })
	}
	if w, ok := s.o.Wallet.(Points); ok {
		s.ask(mux, "/customers/{id}/points", func(a asked) (any, error) { return w.Points(a.Context(), a.by, a.PathValue("id")) })
		s.ask(mux, "/customers/{id}/transactions/{tx}/points", func(a asked) (any, error) {
			return w.Earning(a.Context(), a.by, a.PathValue("id"), a.PathValue("tx"))
		})
	}
	if w, ok := s.o.Wallet.(Consents); ok {
		s.ask(mux, "/customers/{id}/consents", func(a asked) (any, error) { return w.Consents(a.Context(), a.by, a.PathValue("id")) })
	}
	if w, ok := s.o.Wallet.(Recovery); ok {
		s.recovery(mux, w)
	}
	if w, ok := s.o.Wallet.(Recoveries); ok {
		of(s, mux, "recoveries", w.Recoveries)
	}
}

// recovery serves how somebody comes back in who cannot sign in any more.
func (s *Server) recovery(mux *http.ServeMux, w Recovery) {
	const op = "walletserver.recovery"
	s.tell(mux, "/recoveries:ways", func(a asked) (any, error) {
		var wanted recovery.Asking
		if err := strictjson.Decode(a.body, &wanted); err != nil {
			return nil, fault.InvalidField(op, "body", "cannot be read: %v", err)
		}
		wanted.Key = a.key
		if err := wanted.Validate(); err != nil {
			return nil, err
		}
		return w.Ways(a.Context(), a.by, wanted)
	})
	s.tell(mux, "/recoveries/{recovery}/begin", func(a asked) (any, error) {
		var wanted recovery.Begin
		if err := strictjson.Decode(a.body, &wanted); err != nil {
			return nil, fault.InvalidField(op, "body", "cannot be read: %v", err)
		}
		wanted.Key = a.key
		if err := wanted.Validate(); err != nil {
			return nil, err
		}
		if err := s.enter("recovery " + a.PathValue("recovery")); err != nil {
			return nil, err
		}
		defer s.leave("recovery " + a.PathValue("recovery"))
		return w.Begin(a.Context(), a.by, a.PathValue("recovery"), wanted)
	})
	s.ask(mux, "/recoveries/{recovery}", func(a asked) (any, error) {
		return w.Recovery(a.Context(), a.by, a.PathValue("recovery"))
	})
}

// link opens the form for adding an instrument.
func (s *Server) link(a asked, w Links) (any, error) {
	const op = "walletserver.link"
	var wanted instrument.Adding
	if err := strictjson.Decode(a.body, &wanted); err != nil {
		return nil, fault.InvalidField(op, "body", "cannot be read: %v", err)
	}
	wanted.Key = a.key
	if wanted.CustomerID != a.PathValue("id") {
		return nil, fault.InvalidField(op, "customer_id", "is of another customer than the address")
	}
	if err := wanted.Validate(); err != nil {
		return nil, err
	}
	if err := s.enter(wanted.CustomerID + " " + a.key); err != nil {
		return nil, err
	}
	defer s.leave(wanted.CustomerID + " " + a.key)
	return w.Link(a.Context(), a.by, wanted)
}
