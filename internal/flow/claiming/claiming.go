// Package claiming tells customers how their claim of missing points ended, in a conversation
// of theirs: that the points came, or why not in the words that there are for it. It says
// what the wallet says, once, and promises nothing.
package claiming

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Wallet is the part of the operator's wallet that is asked. Errors: NotFound, Unavailable.
type Wallet interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error)
	Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error)
}

// Store knows whom the wallet means, and takes in what is said.
type Store interface {
	WalletHolder(ctx context.Context, p identity.Principal, issuer, subject string) (customerID string, err error)
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// Intake begins conversations.
type Intake interface {
	Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
}

// Deps are what a Service works with.
type Deps struct {
	Wallet Wallet
	Store  Store
	Intake Intake
	Words  *rewarding.Table // of why a claim was refused
	House  func() string    // as customers know it
	Clock  clock.Clock
}

// Service tells of claims. It implements walletnotices.Follower and is safe for concurrent
// use.
type Service struct {
	Deps
	issuer string
}

// New makes a Service. Issuer says whose customers the wallet knows.
func New(d Deps, issuer string) *Service { return &Service{Deps: d, issuer: issuer} }

// tellFor is how long after a claim was decided its customer is still told: a wallet that is
// asked anew for everything must not make old decisions news.
const tellFor = 14 * 24 * time.Hour

func part() identity.Principal { return identity.SystemPart("claims") }

// Took hears of a notice of the wallet's. Heard again it tells nobody twice: conversation and
// words have ids that follow from the claim. Errors: Unavailable.
func (s *Service) Took(ctx context.Context, n wallet.Notice) error {
	if n.Type != wallet.PointsChanged || n.CustomerID == "" {
		return nil
	}
	whose, err := s.Store.WalletHolder(ctx, part(), s.issuer, n.CustomerID)
	if fault.Is(err, fault.NotFound) { // nobody who ever came here: their wallet tells them
		return nil
	}
	if err != nil {
		return err
	}
	can, err := s.Wallet.Capabilities(ctx)
	if err != nil || !can.Reads(wallet.ReadPoints) {
		return err
	}
	by := wallet.Actor{Kind: "system", ID: "kefu", Purpose: "watch"}
	now, err := s.Wallet.Points(ctx, by, n.CustomerID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	decided := slices.DeleteFunc(slices.Clone(now.Claims), func(c points.Claim) bool {
		return c.State == "open" || s.Clock().Sub(c.DecidedAt.Std()) >= tellFor
	})
	if len(decided) == 0 {
		return nil
	}
	known, err := s.Wallet.Customer(ctx, by, n.CustomerID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	zone, err := time.LoadLocation(known.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	for _, c := range decided {
		t, err := s.Wallet.Transaction(ctx, by, n.CustomerID, c.Transaction)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := s.tell(ctx, whose, known.Locale, c, wordsOf(known.Locale).of(outcome{claim: c, lot: lotOf(now, c), of: t, zone: zone, why: s.Words.Say(rewarding.Earning, c.Why)})); err != nil {
			return err
		}
	}
	return nil
}

// lotOf are the points that a claim brought, as they stand; none where it brought none, or
// where the wallet tells of them no more.
func lotOf(now points.Standing, c points.Claim) points.Lot {
	if i := slices.IndexFunc(now.Lots, func(l points.Lot) bool { return l.Transaction == c.Transaction }); i >= 0 {
		return now.Lots[i]
	}
	return points.Lot{}
}

// tell says it in a conversation of its own, in which the customer can answer.
func (s *Service) tell(ctx context.Context, whose, language string, c points.Claim, text string) error {
	who := identity.Principal{Kind: identity.Customer, ID: whose, Level: identity.AL1}
	state, err := s.Intake.Start(ctx, who, conversation.Start{Ref: "points:" + c.ID, NewID: id.New(), Channel: "chat", Topic: wordsOf(language).topic, Language: language})
	if err != nil {
		return err
	}
	conv := state.ID
	if state.MergedInto != "" {
		conv = state.MergedInto
	}
	by := identity.Principal{Kind: identity.Program, ID: part().ID, Name: s.House(), Scopes: identity.ScopesOf(identity.SendMessages)} // automatic, and no answer to anybody
	_, err = s.Store.Execute(ctx, by, conv, conversation.Command{Kind: conversation.Send, ClientID: "claim-" + c.State, Content: conversation.Content{Text: text}})
	return err
}
