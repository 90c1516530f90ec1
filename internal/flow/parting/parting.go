// Package parting tells customers of the end of their wallet account, in a conversation of
// theirs: that it was closed, that it was to be and is not, and that money came in for it
// afterwards and waits for them. It says when, what to do and nothing of why: the wallet
// says no more of what it found, and neither does it.
package parting

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Wallet is the part of the operator's wallet that is asked. Errors: NotFound, Unavailable.
type Wallet interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	Closure(ctx context.Context, by wallet.Actor, customer string) (closing.Standing, error)
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
	House  func() string // as customers know it
	Clock  clock.Clock
	Log    *slog.Logger
}

// Service tells of ends. It implements walletnotices.Follower and is safe for concurrent
// use.
type Service struct {
	Deps
	issuer string
}

// New makes a Service. Issuer says whose customers the wallet knows.
func New(d Deps, issuer string) *Service { return &Service{Deps: d, issuer: issuer} }

// tellFor is how long after something happened a customer is still told of it: a wallet that
// is asked anew for everything must not make old ends news.
const tellFor = 30 * 24 * time.Hour

// most bounds how much late money is told of at once.
const most = 20

func part() identity.Principal { return identity.SystemPart("closures") }

// Took hears of a notice of the wallet's. Heard again it tells nobody twice: conversation and
// words have ids that follow from what happened. Errors: Unavailable.
func (s *Service) Took(ctx context.Context, n wallet.Notice) error {
	if n.Type != wallet.ClosureChanged || n.CustomerID == "" {
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
	if err != nil || !can.Reads(wallet.ReadClosure) {
		return err
	}
	by := wallet.Actor{Kind: "system", ID: "kefu", Purpose: "watch"}
	now, err := s.Wallet.Closure(ctx, by, n.CustomerID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	about := s.newsOf(now)
	if len(about) == 0 {
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
	return s.tell(ctx, whose, known.Locale, zone, max(now.ClosedAt, now.EndedAt), about)
}

// news is one thing to tell of a closure.
type news struct {
	kind   kind
	at     wallet.Time
	amount wallet.Money // of late money
	by     wallet.Time  // until when that can be claimed, where that is known
	id     string       // of what is said of it: the same however often it is heard
}

// newsOf is what a customer has to be told of how a closure stands: the end, or that there
// was none, and money that came in since and waits.
func (s *Service) newsOf(now closing.Standing) (list []news) {
	recent := func(at wallet.Time) bool { return at != 0 && s.Clock().Sub(at.Std()) < tellFor }
	named := func(k kind, at wallet.Time) string { return string(k) + "-" + strconv.FormatInt(int64(at), 10) }
	switch {
	case now.State == closing.Closed && recent(now.ClosedAt):
		list = append(list, news{kind: closed, at: now.ClosedAt, id: named(closed, now.ClosedAt)})
	case now.State == closing.Open && now.EndedBy == "wallet" && recent(now.EndedAt):
		list = append(list, news{kind: kept, at: now.EndedAt, id: named(kept, now.EndedAt)})
	}
	for _, l := range now.Late {
		if l.PaidAt == 0 && recent(l.At) && len(list) < most {
			list = append(list, news{kind: late, at: l.At, amount: l.Amount, by: l.ClaimBy, id: string(late) + "-" + l.ID})
		}
	}
	return list
}

// tell says it, each thing once: one conversation for each end, whatever comes after it.
func (s *Service) tell(ctx context.Context, whose, language string, zone *time.Location, end wallet.Time, about []news) error {
	who := identity.Principal{Kind: identity.Customer, ID: whose, Level: identity.AL1}
	say := wordsOf(language)
	state, err := s.Intake.Start(ctx, who, conversation.Start{
		Ref: "closure:" + end.Std().Format(time.DateOnly), NewID: id.New(), Channel: "chat", Topic: say.topic, Language: language,
	})
	if err != nil {
		return err
	}
	conv := state.ID
	if state.MergedInto != "" {
		conv = state.MergedInto
	}
	us := part()
	by := identity.Principal{Kind: identity.Program, ID: us.ID, Name: s.House(), Scopes: identity.ScopesOf(identity.SendMessages)} // automatic, and no answer to anybody
	for _, n := range about {
		if _, err := s.Store.Execute(ctx, by, conv, conversation.Command{Kind: conversation.Send, ClientID: n.id, Content: conversation.Content{Text: say.of(n, zone)}}); err != nil {
			return err
		}
	}
	return nil
}
