package alerting

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/flow/selfservice"
)

// settle ends the questions of a customer that nobody has answered and that are over in
// their wallet: what they are about is theirs, or has come to its end. What was not them
// goes on being asked, for their money is made safe by it; so does what somebody has come
// in by. Any notice of the wallet's may be the one after which something is settled.
func (s *Service) settle(ctx context.Context, n wallet.Notice, whose string) error {
	who := identity.Principal{Kind: identity.Customer, ID: whose, Level: identity.AL1}
	list, err := s.Runs.List(ctx, who)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(r selfservice.Seen) bool { return !unanswered(r) })
	if len(list) == 0 {
		return nil
	}
	is, err := s.over(ctx, n, list)
	if err != nil {
		return err
	}
	for _, r := range list {
		if !is(r) {
			continue
		}
		done, err := s.Runs.Settle(ctx, r.Run.ID)
		if err != nil {
			return err
		}
		if !done || !r.Begun {
			continue
		}
		by := identity.Principal{Kind: identity.Program, ID: part().ID, Name: s.House(), Scopes: identity.ScopesOf(identity.SendMessages)}
		text := wordsOf(r.Run.Language).settled
		if err := s.do(ctx, by, r.Run.ConversationID, conversation.Command{Kind: conversation.Send, ClientID: "alert-over-" + r.Run.ID, Content: conversation.Content{Text: text, Quiet: true}}); err != nil {
			return err
		}
	}
	return nil
}

// unanswered tells whether a run asks whether something was the customer.
func unanswered(r selfservice.Seen) bool {
	asks := r.Run.Flow == "FL19" && r.Run.Slots["payment"].Ref() != "" || r.Run.Flow == "FL3" && r.Run.Slots["alert"].Text != ""
	return asks && !r.Run.State.Over() && r.Run.Turns == 0
}

// over asks the wallet what of it is over, and gives what tells of one whether it is.
func (s *Service) over(ctx context.Context, n wallet.Notice, list []selfservice.Seen) (func(selfservice.Seen) bool, error) {
	by := wallet.Actor{Kind: "system", ID: "kefu", Purpose: "watch"}
	can, err := s.Wallet.Capabilities(ctx)
	if err != nil {
		return nil, err
	}
	var alerts []wallet.Alert
	var tries []recovery.Standing
	if can.Reads(wallet.ReadAlerts) {
		if alerts, err = s.Wallet.Alerts(ctx, by, n.CustomerID); err != nil {
			return nil, err
		}
	}
	ofTry := func(r selfservice.Seen) bool { return r.Run.Slots["alert"].Text == string(OfRecovery) }
	if slices.ContainsFunc(list, ofTry) && can.Reads(wallet.ReadRecoveries) {
		if tries, err = s.Wallet.Recoveries(ctx, by, n.CustomerID); err != nil {
			return nil, err
		}
	}
	return func(r selfservice.Seen) bool {
		at := r.Run.Slots["alert_at"].At
		if ofTry(r) {
			i := slices.IndexFunc(tries, func(t recovery.Standing) bool { return t.BegunAt == at })
			return i >= 0 && !tries[i].State.Open() && tries[i].State != recovery.Done
		}
		i := slices.IndexFunc(alerts, func(a wallet.Alert) bool {
			if r.Run.Flow == "FL19" {
				return a.Kind == wallet.AlertPayment && a.About == r.Run.Slots["payment"].Ref()
			}
			return string(a.Kind) == r.Run.Slots["alert"].Text && a.RaisedAt == at
		})
		same := func(a wallet.Alert) bool { return a.Telling(s.Clock()) && string(a.Kind) == r.Run.Slots["alert"].Text }
		if i < 0 || r.Run.Flow == "FL3" && slices.ContainsFunc(alerts, same) { // one question stands for all of a kind
			return false
		}
		return alerts[i].State == "mine" || alerts[i].State == "closed" || alerts[i].State == "not_mine" && r.Run.Flow == "FL19"
	}, nil
}

// until is when a question about an alert is no news any more.
func until(a wallet.Alert) time.Time { return a.RaisedAt.Std().Add(wallet.AlertLife) }
