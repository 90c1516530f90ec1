package lookup

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/platform/fault"
)

// Teller is what a wallet may tell of a payment beyond the payment itself. What its
// Capabilities do not list is not asked for.
type Teller interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
	Timeline(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Trace, error)
	Refunds(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Refund, error)
	Terms(ctx context.Context, by wallet.Actor, customer, txID string) (wallet.Terms, error)
	Disputes(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error)
}

// Doings is a room of Kefu's own in which something may have happened about a
// payment, such as a flow that its customer walked through. It gives what p may see.
type Doings interface {
	About(ctx context.Context, p identity.Principal, customerID, conversationID, txID string) ([]Event, error)
}

// Answered is what became of a question to a wallet.
type Answered string

// The answers.
const (
	Told       Answered = "told"
	NotOffered Answered = "not_offered" // the wallet has no such reading
	Silent     Answered = "silent"      // it did not answer, or not in time
)

// Event is one thing that happened about a payment.
type Event struct {
	wallet.Trace        // its Source may be run or act as well: Kefu's own
	Ref          string // of a run or an act: its id
	By           string // who did it: customer, staff, system; "" where nobody says
}

// Sources of events that are Kefu's own.
const (
	SourceRun = "run"
	SourceAct = "act"
)

// Story is what happened to a payment: for a member of staff who has to say it to
// its customer.
type Story struct {
	Transaction wallet.Transaction // masked
	Case        string             // the conversation for which it is told
	Level       identity.Level     // how sure Kefu is of who the customer is, at present
	Language    string             // of that conversation, "" when nobody said
	Where       failure.Sentence   // where the money is
	Cause       *failure.Inside    // nil: it has not failed
	Withheld    bool               // there is something that the customer must not hear, and p may not see it either
	Say         failure.Explanation
	Timeline    []Event  // the oldest first
	From        Answered // whether Timeline is the wallet's, or made of the payment's own history
	Left        int      // events that are not shown to p
	Refunds     []wallet.Refund
	RefundsAre  Answered
	Terms       *wallet.Terms // nil: nobody says
	Disputes    []wallet.Dispute
	DisputesAre Answered
}

const (
	storyPatience = 4 * time.Second // for what is beside the payment
	mostEvents    = 500
)

// Story tells what happened to one of a customer's transactions, masked. The payment
// itself has to be answered for; what is beside it may be missing, and is said to be.
// Errors: as Transaction.
func (s *Service) Story(ctx context.Context, p identity.Principal, customerID, id string) (Story, error) {
	const op = "lookup.Story"
	if err := s.has(op); err != nil {
		return Story{}, err
	}
	if !wallet.ValidID(id) {
		return Story{}, fault.New(fault.NotFound, op, "no transaction has an id of that form")
	}
	link, err := s.Links.WalletLink(ctx, p, customerID, s.options.Issuer, reveal.Look{What: "transaction", ID: id})
	if err != nil {
		return Story{}, err
	}
	level, err := s.Links.PresentLevel(ctx, p, customerID)
	if err != nil {
		return Story{}, err
	}
	by := actorOf(p, link.Case, wallet.PurposeView)
	story := Story{Case: link.Case, Level: level, Language: link.Language}
	var t wallet.Transaction
	asking, within := errgroup.WithContext(ctx)
	asking.Go(func() (err error) { t, err = s.Wallet.Transaction(within, by, link.WalletID, id); return err })
	asking.Go(func() error {
		beside, cancel := context.WithTimeout(within, storyPatience)
		defer cancel()
		s.beside(beside, by, link.WalletID, id, &story)
		return nil
	})
	var ours []Event
	asking.Go(func() error { ours = s.ours(within, p, link, id); return nil })
	if err := asking.Wait(); err != nil {
		return Story{}, fault.Wrap(op, err)
	}
	s.explain(&story, t, link)
	if story.From != Told && link.Untold {
		story.Timeline = ofHistory(t)
	} else if story.From != Told {
		story.Timeline = ofHistory(t.Told())
	}
	story.Timeline = append(story.Timeline, ours...)
	slices.SortStableFunc(story.Timeline, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	if n := len(story.Timeline); n > mostEvents {
		story.Timeline = story.Timeline[n-mostEvents:]
	}
	if !link.Untold {
		story.tellLess()
	}
	return story, nil
}

// tellLess leaves of the timeline what the customer may hear too. How much is left out is
// said where a cause is withheld, for then everybody knows that there is one; of a payment
// that is or was looked at, even the number would tell.
func (s *Story) tellLess() {
	all := len(s.Timeline)
	var last wallet.State
	s.Timeline = slices.DeleteFunc(s.Timeline, func(e Event) bool {
		again := e.Source == "wallet" && e.State != "" && e.State == last // it was elsewhere in between
		if !e.Tellable || e.State == wallet.RiskHold || again {
			return true
		}
		if e.Source == "wallet" && e.State != "" {
			last = e.State
		}
		return false
	})
	if !s.Withheld {
		return
	}
	s.Left = all - len(s.Timeline)
	for i := range s.Timeline { // a provider's own word would say it
		s.Timeline[i].RawCode, s.Timeline[i].RawText = "", ""
	}
}

// explain fills in what staff may know and the customer may be told.
func (s *Service) explain(story *Story, t wallet.Transaction, link wallet.Link) {
	now := wallet.At(s.Clock())
	story.Say = s.Causes.Explain(t, story.Level, now)
	story.Where = story.Say.Money
	if link.Untold {
		story.Where = s.Causes.Where(t, now)
	}
	story.Transaction = s.atDesk(t, link)
	cause, failed := s.Causes.Inside(t)
	switch {
	case !link.Untold && !t.Told().State.Failing() && s.secret(t): // it goes on: there is nothing to withhold
		story.Say.Cause = ""
	case failed && (link.Untold || !s.secret(t)):
		story.Cause = &cause
	case failed:
		story.Withheld = true
		story.Say.Cause = ""
	}
}

// beside asks for what is beside a payment, all at once.
func (s *Service) beside(ctx context.Context, by wallet.Actor, customer, txID string, story *Story) {
	story.From, story.RefundsAre, story.DisputesAre = NotOffered, NotOffered, NotOffered
	if s.Teller == nil {
		return
	}
	can, err := s.Teller.Capabilities(ctx)
	if err != nil {
		story.From, story.RefundsAre, story.DisputesAre = Silent, Silent, Silent
		return
	}
	var asking errgroup.Group
	if can.Reads(wallet.ReadTimeline) {
		asking.Go(func() error {
			traces, err := s.Teller.Timeline(ctx, by, customer, txID)
			if story.From = answered(err); story.From == Told {
				story.Timeline = eventsOf(traces)
			}
			return nil
		})
	}
	if can.Reads(wallet.ReadRefunds) {
		asking.Go(func() error {
			refunds, err := s.Teller.Refunds(ctx, by, customer, txID)
			story.Refunds, story.RefundsAre = refunds, answered(err)
			return nil
		})
		asking.Go(func() error {
			if terms, err := s.Teller.Terms(ctx, by, customer, txID); err == nil {
				story.Terms = &terms
			}
			return nil
		})
	}
	if can.Reads(wallet.ReadDisputes) {
		asking.Go(func() error {
			disputes, err := s.Teller.Disputes(ctx, by, customer)
			story.DisputesAre = answered(err)
			for _, d := range disputes {
				if slices.Contains(d.Transactions, txID) {
					story.Disputes = append(story.Disputes, d)
				}
			}
			return nil
		})
	}
	_ = asking.Wait() // each says itself what became of it
}

// answered is what became of a question. That there is nothing is an answer.
func answered(err error) Answered {
	if err == nil || fault.Is(err, fault.NotFound) {
		return Told
	}
	return Silent
}

// ours is what happened here about a payment. A room that does not answer leaves its
// part out: the story is the wallet's. Neither is asked for a conversation that is over,
// by who sees them for one that goes on.
func (s *Service) ours(ctx context.Context, p identity.Principal, link wallet.Link, txID string) []Event {
	if !policy.Allow(p, policy.ReadActs, policy.Object{CustomerID: link.CustomerID, Open: link.Open}) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storyPatience)
	defer cancel()
	var all []Event
	for _, room := range s.Doings {
		if events, err := room.About(ctx, p, link.CustomerID, link.Case, txID); err == nil {
			all = append(all, events...)
		}
	}
	return all
}

func eventsOf(traces []wallet.Trace) []Event {
	events := make([]Event, len(traces))
	for i, t := range traces {
		events[i] = Event{Trace: t}
	}
	return events
}

// ofHistory is a timeline for a wallet that keeps none: the states of the payment.
func ofHistory(t wallet.Transaction) []Event {
	events := make([]Event, len(t.History))
	for i, step := range t.History {
		event := step.Note
		if event == "" {
			event = string(step.State)
		}
		events[i] = Event{Trace: wallet.Trace{At: step.At, Source: "wallet", Event: event, State: step.State, Tellable: step.State != wallet.RiskHold}}
	}
	return events
}

// atDesk is a transaction as one member of staff may see it: masked, and for who may not
// hear more than its customer as they are told it, but for that a cause is withheld.
func (s *Service) atDesk(t wallet.Transaction, link wallet.Link) wallet.Transaction {
	t = t.Masked()
	if link.Untold {
		return t
	}
	t = t.Told()
	if t.Failure != nil && s.secret(t) {
		t.Failure = &wallet.Failure{Code: wallet.FailureUndisclosed}
		if !t.State.Failing() { // its raw code says so, and the payment goes on
			t.Failure = nil
		}
	}
	return t
}

// secret tells whether the customer may never hear why a payment failed.
func (s *Service) secret(t wallet.Transaction) bool {
	if t.Failure != nil && !t.Failure.Code.Disclosable() {
		return true
	}
	if s.Causes == nil {
		return false
	}
	cause, failed := s.Causes.Inside(t)
	return failed && cause.Tell == failure.Never
}
