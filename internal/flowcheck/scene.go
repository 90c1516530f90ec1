package flowcheck

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// scene is one customer of the demo's wallet, and what is to happen to them there.
type scene struct {
	ctx      context.Context
	own      *demowallet.Wallet
	house    *house
	clock    *Clock
	trouble  *trouble
	who      string // the wallet's id of the customer
	person   string // and Kefu's
	currency string
	ids      map[string]string // what the conversation calls a payment, and what the wallet does
	claim    wallet.Claim      // what the customer says of payments that are disputed before the conversation; "": the shop
	count    int
	err      error // the first one
}

// note keeps the first error.
func (s *scene) note(err error) {
	if s.err == nil && err != nil {
		s.err = err
	}
}

// money reads a sum in the customer's currency.
func (s *scene) money(text string) wallet.Money {
	m, err := wallet.Parse(text, s.currency, 2)
	s.note(err)
	return m
}

// order is a payment as a conversation needs it.
type order struct {
	amount, party, category string
	kind                    wallet.Kind
	in                      bool
	rail                    string
	fate                    rails.Fate
}

// bought is a payment to a shop, by card.
func bought(fate rails.Fate) order {
	return order{amount: "268.00", party: "Lotus Market", category: "5311", kind: wallet.KindPayment, rail: "card", fate: fate}
}

// sent is a transfer by bank.
func sent(fate rails.Fate) order {
	return order{amount: "850.00", party: "Krüger Immobilien", kind: wallet.KindTransfer, rail: "sepa", fate: fate}
}

// received is a transfer that comes in.
func received(fate rails.Fate) order {
	return order{amount: "120.00", party: "Jonas Weber", kind: wallet.KindTransfer, rail: "sepa", in: true, fate: fate}
}

func fine() rails.Fate               { return rails.Fate{Kind: rails.Fine} }
func ends(kind string) rails.Fate    { return rails.Fate{Kind: kind} }
func refused(raw string) rails.Fate  { return rails.Fate{Kind: rails.Refused, Raw: raw} }
func notBegun(raw string) rails.Fate { return rails.Fate{Kind: rails.NotBegun, Raw: raw} }

// pay begins a payment that the conversation calls by a name.
func (s *scene) pay(name string, o order) {
	s.count++
	d := demowallet.Order{
		Ref: fmt.Sprintf("%s-%d", s.who, s.count), CustomerID: s.who, Kind: o.kind, Direction: wallet.Out, Amount: s.money(o.amount), Rail: o.rail, Fate: o.fate,
	}
	if o.in {
		d.Direction = wallet.In
	}
	if o.category != "" {
		d.Merchant, d.InstrumentID = &wallet.Merchant{Name: o.party, Category: o.category, Descriptor: o.party}, s.who+":card"
	} else {
		d.Counterparty = &wallet.Counterparty{Name: o.party, Account: "DE02120300000000202051"}
	}
	paid, err := s.own.Pay(s.ctx, d)
	s.note(err)
	if s.ids[name] = "attempt:" + paid.Attempt.TraceID; paid.Transaction != nil {
		s.ids[name] = paid.Transaction.ID
	}
}

// pass lets time pass, with all that happens in the wallet meanwhile.
func (s *scene) pass(by time.Duration) {
	until := s.clock.Now().Add(by)
	for s.err == nil {
		n, next, err := s.own.Tick(s.ctx)
		s.note(err)
		if n > 0 {
			continue
		}
		if next == 0 || next.Std().After(until) {
			break
		}
		s.clock.Move(max(next.Std().Sub(s.clock.Now()), 0))
	}
	s.clock.Move(max(until.Sub(s.clock.Now()), 0))
}

// fate sets what becomes of the customer's next refund, recall or dispute.
func (s *scene) fate(what, kind string) {
	s.note(s.own.SetFate(s.ctx, s.who, what, rails.Fate{Kind: kind}))
}

// fault tells of trouble on a rail, for a while.
func (s *scene) fault(rail string, lasts time.Duration) {
	now := s.clock.Now()
	s.note(s.own.Announce(s.ctx, wallet.Incident{
		ID: "inc-" + s.who, Rails: []string{rail}, BeginsAt: wallet.At(now.Add(-time.Hour)), EndsAt: wallet.At(now.Add(lasts)),
		Message: map[string]string{"en": "Payments take longer at present.", "zh": "目前付款较慢。"},
	}))
}

// do has something done that is not a part of the conversation, with a proof where the
// wallet wants one.
func (s *scene) do(act wallet.Act, of, expect, sum string, by string) wallet.Operation {
	s.count++
	c := wallet.Command{Key: fmt.Sprintf("%s-do-%d", s.who, s.count), Act: act, CustomerID: s.who, Target: s.ids[of], Expect: expect, Reason: "asked"}
	actor := wallet.Actor{Kind: by, ID: s.who, Case: "case-" + s.who, Purpose: wallet.PurposeOwn}
	if sum != "" {
		c.Amount = s.money(sum)
	}
	if act == wallet.OpenDispute {
		c.Details = map[string]string{"claim": string(cmp.Or(s.claim, wallet.ClaimMerchant))}
	}
	if act.MovesMoney() {
		asked, err := s.own.Ask(s.ctx, actor, wallet.Ask{Key: c.Key, CustomerID: s.who, Case: actor.Case, Act: act, Target: c.Target, Amount: c.Amount, Level: 2, Nonce: c.Key})
		s.note(err)
		_, err = s.own.Answer(s.ctx, s.who, asked.ID, true, "")
		s.note(err)
		asked, err = s.own.Asked(s.ctx, actor, s.who, asked.ID)
		s.note(err)
		c.Assertion = asked.Assertion
	}
	o, err := s.own.Do(s.ctx, actor, c)
	s.note(err)
	if s.err == nil && o.State == wallet.OpFailed {
		s.note(fault.New(fault.Invalid, "flowcheck.do", "the wallet refuses to %s: %s", act, o.Refusal))
	}
	return o
}

// answer answers what the wallet's app asks the customer; where nothing is asked the
// conversation goes on without it.
func (s *scene) answer(yes bool) {
	waiting, err := s.own.Waitings(s.ctx, s.who)
	s.note(err)
	for _, w := range waiting {
		_, err := s.own.Answer(s.ctx, s.who, w.ID, yes, "")
		s.note(err)
	}
}

// decide has a second person decide about the customer's last act.
func (s *scene) decide(agrees bool) {
	acts, err := s.house.waiting(s.ctx, s.person)
	s.note(err)
	if s.err == nil && len(acts) != 1 {
		s.note(fault.New(fault.Invalid, "flowcheck.decide", "%d acts wait for a second person", len(acts)))
	}
	if s.err != nil {
		return
	}
	if agrees {
		s.note(s.house.acts.Approve(s.ctx, s.house.second, acts[0].ID, acts[0].Hash))
		return
	}
	s.note(s.house.acts.Reject(s.ctx, s.house.second, acts[0].ID, "not now"))
}

// id is what the wallet calls something that a conversation names.
func (s *scene) id(text string) string {
	if found, ok := s.ids[text]; ok {
		return found
	}
	if name, is := strings.CutPrefix(text, "attempt:"); is {
		return s.ids[name]
	}
	return text
}

// name is what the conversation calls something that the wallet has another id for:
// one that the wallet drew is another in each of the ways it is asked.
func (s *scene) name(of string) string {
	for _, name := range slices.Sorted(maps.Keys(s.ids)) { // two may call one thing
		if s.ids[name] == of {
			return name
		}
	}
	return of
}

// level is how sure the house is of who the customer is.
func level(of int) identity.Level { return max(identity.Level(of), identity.AL1) }
