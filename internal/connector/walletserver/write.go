package walletserver

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// command is the body of a command. Its target stands in the address where that has
// one.
type command struct {
	wallet.Command
	Target string `json:"target,omitempty"`
}

// commands serves what a wallet can be asked to do, and what became of it.
func (s *Server) commands(mux *http.ServeMux) {
	if w, ok := s.o.Wallet.(Matcher); ok {
		s.tell(mux, "/customers:match", func(a asked) (any, error) { return s.match(a, w) })
	}
	if w, ok := s.o.Wallet.(StepUps); ok {
		s.tell(mux, "/customers/{id}/stepups", func(a asked) (any, error) { return s.stepUp(a, w) })
		s.ask(mux, "/customers/{id}/stepups/{stepup}", func(a asked) (any, error) {
			return w.Asked(a.Context(), a.by, a.PathValue("id"), a.PathValue("stepup"))
		})
	}
	w, ok := s.o.Wallet.(Commands)
	if !ok {
		return
	}
	s.ask(mux, "/customers/{id}/operations", func(a asked) (any, error) {
		return w.OperationByKey(a.Context(), a.by, a.PathValue("id"), a.query.Get("key"))
	}, "key!")
	s.ask(mux, "/customers/{id}/operations/{op}", func(a asked) (any, error) {
		return w.Operation(a.Context(), a.by, a.PathValue("id"), a.PathValue("op"))
	})
	s.verbs(mux, w, "", map[string]wallet.Act{
		"freeze": wallet.Freeze, "unfreeze": wallet.Unfreeze, "revoke-sessions": wallet.RevokeSessions, "notify": wallet.NotifyCustomer,
	})
	s.verbs(mux, w, "refunds", map[string]wallet.Act{"cancel": wallet.CancelRefund})
	s.verbs(mux, w, "disputes", map[string]wallet.Act{"credit": wallet.GrantCredit})
	s.verbs(mux, w, "transactions", map[string]wallet.Act{"recall": wallet.Recall, "inspect": wallet.RequestInspection, "release": wallet.ReleaseHold})
	s.verbs(mux, w, "instruments", map[string]wallet.Act{"block": wallet.BlockInstrument, "default": wallet.SetDefault, "remove": wallet.RemoveInstrument})
	s.verbs(mux, w, "mandates", map[string]wallet.Act{"cancel": wallet.CancelMandate})
	s.verbs(mux, w, "recoveries", map[string]wallet.Act{"stop": wallet.StopRecovery})
	s.verbs(mux, w, "onchain", map[string]wallet.Act{"retrieve": wallet.RequestRetrieval})
	s.verbs(mux, w, "rewards", map[string]wallet.Act{"redeem": wallet.RedeemPoints})
	s.verbs(mux, w, "consents", map[string]wallet.Act{"give": wallet.GiveConsent, "withdraw": wallet.WithdrawConsent})
	s.verbs(mux, w, "devices", map[string]wallet.Act{"revoke": wallet.RevokeDevice})
	s.tell(mux, "/customers/{id}/refunds", func(a asked) (any, error) { return s.do(a, w, wallet.RequestRefund, a.PathValue("id"), "") })
	s.tell(mux, "/customers/{id}/disputes", func(a asked) (any, error) { return s.do(a, w, wallet.OpenDispute, a.PathValue("id"), "") })
	s.tell(mux, "/customers/{id}/withdrawals", func(a asked) (any, error) { return s.do(a, w, wallet.Withdraw, a.PathValue("id"), "") })
	s.tell(mux, "/customers/{id}/closure", func(a asked) (any, error) { return s.do(a, w, wallet.Close, a.PathValue("id"), "") })
	s.tell(mux, "/customers/{id}/closure:cancel", func(a asked) (any, error) { return s.do(a, w, wallet.KeepOpen, a.PathValue("id"), "") })
	s.tell(mux, "/customers/{id}/goodwill", func(a asked) (any, error) { return s.do(a, w, wallet.GiveGoodwill, a.PathValue("id"), "") })
	s.tell(mux, "/customers/{id}/transactions/{tx}/points", func(a asked) (any, error) {
		return s.do(a, w, wallet.ClaimPoints, a.PathValue("id"), a.PathValue("tx"))
	})
	s.tell(mux, "/customers/{id}/disputes/{target}/evidence", func(a asked) (any, error) {
		return s.do(a, w, wallet.AddEvidence, a.PathValue("id"), a.PathValue("target"))
	})
}

// verbs serves acts whose verbs stand behind a colon: behind a customer, or behind one
// of a customer's things. An identifier may have a colon too: the last one counts.
func (s *Server) verbs(mux *http.ServeMux, w Commands, things string, acts map[string]wallet.Act) {
	pattern, shown := "/customers/{last}", "/customers/{id}"
	if things != "" {
		pattern, shown = "/customers/{id}/"+things+"/{last}", "/customers/{id}/"+things+"/{target}"
	}
	for _, verb := range slices.Sorted(maps.Keys(acts)) {
		s.served = append(s.served, Endpoint{http.MethodPost, shown + ":" + verb, nil})
	}
	s.serve(mux, "POST "+s.o.Prefix+pattern, func(a asked) (any, error) {
		last := a.PathValue("last")
		colon := strings.LastIndexByte(last, ':')
		act, ok := acts[last[colon+1:]]
		if !ok || colon < 0 {
			return nil, limitError{http.StatusNotFound}
		}
		if things == "" {
			return s.do(a, w, act, last[:colon], "")
		}
		return s.do(a, w, act, a.PathValue("id"), last[:colon])
	}, nil)
}

// do has the wallet do something. Target is what the address names, if it does.
func (s *Server) do(a asked, w Commands, act wallet.Act, customer, target string) (any, error) {
	const op = "walletserver.do"
	var told command
	if err := strictjson.Decode(a.body, &told); err != nil {
		return nil, fault.InvalidField(op, "body", "cannot be read: %v", err)
	}
	c := told.Command
	if c.CustomerID != customer {
		return nil, fault.InvalidField(op, "customer_id", "is not whom the address names")
	}
	if target != "" && told.Target != "" {
		return nil, fault.InvalidField(op, "target", "is named by the address")
	}
	c.Key, c.Act, c.Target = a.key, act, told.Target+target
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := s.enter(customer + " " + a.key); err != nil {
		return nil, err
	}
	defer s.leave(customer + " " + a.key)
	done, err := w.Do(a.Context(), a.by, c)
	if err != nil {
		return nil, err
	}
	if done.Act != c.Act || done.CustomerID != c.CustomerID || done.Target != c.Target { // what the key was used for before
		return nil, &fault.Error{Code: fault.Conflict, Op: op, Reason: MismatchReason, Message: "the key is of another command"}
	}
	return done, nil
}

func (s *Server) stepUp(a asked, w StepUps) (any, error) {
	const op = "walletserver.stepUp"
	var wanted wallet.Ask
	if err := strictjson.Decode(a.body, &wanted); err != nil {
		return nil, fault.InvalidField(op, "body", "cannot be read: %v", err)
	}
	wanted.Key = a.key
	switch {
	case wanted.CustomerID != a.PathValue("id"):
		return nil, fault.InvalidField(op, "customer_id", "is not whom the address names")
	case !wanted.Act.Known():
		return nil, fault.InvalidField(op, "act", "is unknown")
	case !wallet.ValidID(wanted.CustomerID) || !wallet.ValidID(wanted.Case) || !wallet.ValidID(wanted.Nonce):
		return nil, fault.InvalidField(op, "nonce", "or the customer or the case is no identifier")
	case wanted.Target != "" && !wallet.ValidID(wanted.Target):
		return nil, fault.InvalidField(op, "target", "is no identifier")
	case wanted.Level < 2 || wanted.Level > 3:
		return nil, fault.InvalidField(op, "level", "is neither 2 nor 3")
	case len(wanted.Methods) > maxMethods || (!wanted.Amount.None() && wanted.Amount.Sign() <= 0):
		return nil, fault.InvalidField(op, "amount", "is not above nothing, or there are too many methods")
	}
	if err := s.enter(wanted.CustomerID + " " + a.key); err != nil {
		return nil, err
	}
	defer s.leave(wanted.CustomerID + " " + a.key)
	return w.Ask(a.Context(), a.by, wanted)
}

// maxMethods bounds the methods of one step-up.
const maxMethods = 8

func (s *Server) match(a asked, w Matcher) (any, error) {
	const op = "walletserver.match"
	var c wallet.Claimed
	if err := strictjson.Decode(a.body, &c); err != nil {
		return nil, fault.InvalidField(op, "body", "cannot be read: %v", err)
	}
	if c == (wallet.Claimed{}) {
		return nil, fault.InvalidField(op, "body", "claims nothing")
	}
	for _, text := range []string{c.Email, c.Phone, c.Name, c.BirthDate, c.Last4} {
		if len(text) > 4*wallet.MaxText {
			return nil, fault.InvalidField(op, "body", "has a text that is too long")
		}
	}
	found, err := w.Match(a.Context(), a.by, c)
	if found.Fields == nil {
		found.Fields = []string{}
	}
	return found, err
}
