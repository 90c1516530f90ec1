package alerting

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/fault"
)

// ending is how what a question is about stands, where that is to be said.
type ending string

const (
	asIs     ending = ""         // asked on, and nothing to say
	mine     ending = "mine"     // the owner said in the wallet that it was them
	disputed ending = "disputed" // a payment that was reported as not theirs
	closed   ending = "closed"   // a payment that is settled otherwise
	stopped  ending = "stopped"  // an attempt to come back in that somebody stopped
	ended    ending = "ended"    // one that led nobody in
	passed   ending = "passed"   // nobody answered for as long as one is asked
	inside   ending = "inside"   // one by which somebody came in: asked on
	over     ending = "over"     // a session, device or factor that is there no more: asked on
)

// asksOn tells whether what is asked goes on being asked.
func (e ending) asksOn() bool { return e == asIs || e == inside || e == over }

// settle ends the questions of a customer that nobody has answered and that are over in
// their wallet. Of a sign-in, a device and a factor the owner alone ends it: whoever came in
// ends a session by signing out. What was not them goes on being asked, for their money is
// made safe by it. Any notice of the wallet's may be the one after which something is
// settled.
func (s *Service) settle(ctx context.Context, customer, whose string) error {
	list, err := s.Runs.Asked(ctx, whose)
	if err != nil || len(list) == 0 {
		return err
	}
	is, err := s.standing(ctx, customer, slices.ContainsFunc(list, ofTry))
	if err != nil {
		return err
	}
	for _, r := range list {
		how := is(r)
		if how == asIs {
			continue
		}
		if err := s.say(ctx, r, how); err != nil { // first: what is settled is found no more
			return err
		}
		if how.asksOn() {
			continue
		}
		if _, err := s.Runs.Settle(ctx, r.ID); gone(err) != nil {
			return err
		}
	}
	return nil
}

// Passing implements selfservice.Asker: the time of a question is over. Of somebody who
// tries to come back in it is asked for as long as they may still get in; of anything else
// its customer reads that it is over, and where payments are stopped.
func (s *Service) Passing(ctx context.Context, r domain.Record) (bool, error) {
	how := passed
	if ofTry(r) {
		customer, err := s.Store.FlowSubject(ctx, part(), r.ConversationID, r.CustomerID, s.issuer)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return false, err
		}
		if customer != "" {
			tries, err := s.tries(ctx, customer)
			if err != nil {
				return false, err
			}
			if slices.ContainsFunc(tries, func(t recovery.Standing) bool { return t.State.Open() }) {
				return true, nil
			}
			if now := endOf(tries, r); !now.asksOn() {
				how = now
			}
		}
	}
	return false, s.say(ctx, r, how)
}

// say tells a customer how what they were asked about stands, once, and offers them the
// help by which payments are stopped where there is no question above any more.
func (s *Service) say(ctx context.Context, r domain.Record, how ending) error {
	state, err := s.Store.Conversation(ctx, part(), r.ConversationID)
	if err != nil {
		return gone(err)
	}
	conv := state.ID
	if state.MergedInto != "" {
		conv = state.MergedInto
	}
	by := identity.Principal{Kind: identity.Program, ID: part().ID, Name: s.House(), Scopes: identity.ScopesOf(identity.SendMessages)}
	c := conversation.Command{Kind: conversation.Send, ClientID: "alert-" + string(how) + "-" + r.ID, Content: conversation.Content{Text: wordsOf(r.Language).endings[how], Quiet: true}, Offer: "FL3"}
	if how.asksOn() {
		c.Offer = ""
	}
	return gone(s.do(ctx, by, conv, c))
}

func ofTry(r domain.Record) bool { return r.Slots["alert"].Text == string(OfRecovery) }

// tries are the attempts to come back in as a customer; none where the wallet tells none.
func (s *Service) tries(ctx context.Context, customer string) ([]recovery.Standing, error) {
	can, err := s.Wallet.Capabilities(ctx)
	if err != nil || !can.Reads(wallet.ReadRecoveries) {
		return nil, err
	}
	tries, err := s.Wallet.Recoveries(ctx, wallet.Actor{Kind: "system", ID: "kefu", Purpose: "watch"}, customer)
	return tries, gone(err)
}

// standing asks the wallet about a customer's alerts, and gives what tells of a question how
// that stands which it is about.
func (s *Service) standing(ctx context.Context, customer string, withTries bool) (func(domain.Record) ending, error) {
	can, err := s.Wallet.Capabilities(ctx)
	if err != nil {
		return nil, err
	}
	var alerts []wallet.Alert
	var tries []recovery.Standing
	if can.Reads(wallet.ReadAlerts) {
		if alerts, err = s.Wallet.Alerts(ctx, wallet.Actor{Kind: "system", ID: "kefu", Purpose: "watch"}, customer); gone(err) != nil {
			return nil, err
		}
	}
	if withTries {
		if tries, err = s.tries(ctx, customer); err != nil {
			return nil, err
		}
	}
	return func(r domain.Record) ending {
		if ofTry(r) {
			return endOf(tries, r)
		}
		return stands(alerts, r)
	}, nil
}

// endOf is how an attempt to come back in came to its end. One question stands for it and
// all that were begun after it, and whoever came in by one is asked about on.
func endOf(tries []recovery.Standing, r domain.Record) ending {
	i := slices.IndexFunc(tries, func(t recovery.Standing) bool { return t.ID == r.About })
	switch {
	case i < 0:
		return asIs
	case slices.ContainsFunc(tries, func(t recovery.Standing) bool { return t.State == recovery.Done && t.BegunAt >= tries[i].BegunAt }):
		return inside
	case slices.ContainsFunc(tries, func(t recovery.Standing) bool { return t.State.Open() }):
		return asIs
	case tries[i].State == recovery.Stopped:
		return stopped
	default:
		return ended
	}
}

// stands is how an alert stands that somebody was asked about. One question stands for all
// of a kind, and for all of a payment.
func stands(alerts []wallet.Alert, r domain.Record) ending {
	i := slices.IndexFunc(alerts, func(a wallet.Alert) bool { return a.ID == r.About })
	if i < 0 {
		return asIs
	}
	one := alerts[i]
	payment := one.Kind == wallet.AlertPayment
	another := func(a wallet.Alert) bool {
		return a.State == "open" && a.Disclosable && a.Kind == one.Kind && a.RaisedAt >= one.RaisedAt && (!payment || a.About == one.About)
	}
	switch {
	case slices.ContainsFunc(alerts, another):
		return asIs
	case one.State == "mine":
		return mine
	case one.State == "not_mine" && payment:
		return disputed
	case one.State == "closed" && payment:
		return closed
	case one.State == "closed":
		return over
	default:
		return asIs
	}
}

// telling tells whether a customer is told of an alert at a time: of somebody who tries to
// come back in for as long as they may still get in.
func telling(a wallet.Alert, now time.Time) bool { return a.Kind == OfRecovery || a.Telling(now) }
