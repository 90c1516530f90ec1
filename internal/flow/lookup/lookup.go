package lookup

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
)

// Links says which customer of the wallet a customer of Kefu is, to whom it may be
// said, and keeps the record of it.
type Links interface {
	WalletLink(ctx context.Context, p identity.Principal, customerID, issuer string, look reveal.Look) (wallet.Link, error)
	PresentLevel(ctx context.Context, p identity.Principal, customerID string) (identity.Level, error)
	WalletCase(ctx context.Context, p identity.Principal, customerID, conversationID, issuer string) (wallet.Link, error)
	SpendReveal(ctx context.Context, p identity.Principal, most int, span int64) error
	RecordReveal(ctx context.Context, p identity.Principal, link wallet.Link, f field.Name, object string, r reveal.Reason) error
	OwnWalletLink(ctx context.Context, p identity.Principal, issuer string) (wallet.Link, error)
}

// Deps are what a Service works with.
type Deps struct {
	Wallet Wallet // nil: there is none
	Teller Teller // the same wallet, where it may tell more; nil: it tells no more
	Causes *failure.Table
	Doings []Doings // of Kefu's own rooms
	Links  Links
	Clean  func(ctx context.Context, text string) (string, error) // takes secrets out of what somebody wrote
	Clock  clock.Clock
	// Limited is told the name of a limit that refused; may be nil.
	Limited func(limit string)
}

// Options are the operator's choices.
type Options struct {
	Issuer  string          // whose customers the wallet knows
	Reveals ratelimit.Limit // of one member of staff: at most Burst within Per, which the store counts
}

// RevealedFor is how long a revealed field may stand on a screen.
const RevealedFor = 5 * time.Minute

// Service looks things up in the wallet.
type Service struct {
	Deps
	options Options
	own     *ratelimit.Limiter
	offered offers
}

// New makes a Service.
func New(d Deps, o Options) *Service {
	if d.Limited == nil {
		d.Limited = func(string) {}
	}
	return &Service{Deps: d, options: o, own: ratelimit.New(ratelimit.Limit{Burst: ownAtOnce, Per: ownPer}, customersAtATime)}
}

// Summary is a customer's side of the wallet as staff see it, masked.
type Summary struct {
	Customer    wallet.Customer
	Accounts    []wallet.Account
	Balances    []wallet.Balance
	Instruments []wallet.Instrument
	Case        string // the conversation for which it is shown
}

func (s *Service) has(op string) error {
	if s.Wallet == nil {
		return fault.New(fault.NotFound, op, "there is no wallet")
	}
	return nil
}

// actorOf is a member of staff, as the wallet is told.
func actorOf(p identity.Principal, conversation, purpose string) wallet.Actor {
	return wallet.Actor{Kind: p.Kind.String(), ID: p.ID, Role: string(p.Role), Case: conversation, Purpose: purpose}
}

// Customer gives what the wallet says of a customer. Errors: Forbidden; NotFound;
// Unavailable when the wallet does not answer.
func (s *Service) Customer(ctx context.Context, p identity.Principal, customerID string) (Summary, error) {
	const op = "lookup.Customer"
	if err := s.has(op); err != nil {
		return Summary{}, err
	}
	link, err := s.Links.WalletLink(ctx, p, customerID, s.options.Issuer, reveal.Look{What: "customer"})
	if err != nil {
		return Summary{}, err
	}
	sum := Summary{Case: link.Case}
	by := actorOf(p, link.Case, wallet.PurposeView)
	asking, ctx := errgroup.WithContext(ctx)
	asking.Go(func() (err error) { sum.Customer, err = s.Wallet.Customer(ctx, by, link.WalletID); return err })
	asking.Go(func() (err error) { sum.Accounts, err = s.Wallet.Accounts(ctx, by, link.WalletID); return err })
	asking.Go(func() (err error) { sum.Balances, err = s.Wallet.Balances(ctx, by, link.WalletID); return err })
	asking.Go(func() (err error) { sum.Instruments, err = s.Wallet.Instruments(ctx, by, link.WalletID); return err })
	if err := asking.Wait(); err != nil {
		return Summary{}, fault.Wrap(op, err)
	}
	sum.Customer = sum.Customer.Masked()
	for i, a := range sum.Accounts {
		sum.Accounts[i] = a.Masked()
	}
	return sum, nil
}

// Transactions gives a page of a customer's transactions, masked. The customer in q
// is filled in here. Errors: as Customer; Invalid.
func (s *Service) Transactions(ctx context.Context, p identity.Principal, customerID string, q wallet.Query) (wallet.Page, error) {
	const op = "lookup.Transactions"
	if err := s.has(op); err != nil {
		return wallet.Page{}, err
	}
	link, err := s.Links.WalletLink(ctx, p, customerID, s.options.Issuer, reveal.Look{What: "transactions"})
	if err != nil {
		return wallet.Page{}, err
	}
	q.CustomerID = link.WalletID
	if err := q.Validate(); err != nil {
		return wallet.Page{}, err
	}
	wanted := q.States
	if !link.Untold {
		q.States = toldAs(wanted)
	}
	if len(wanted) > 0 && len(q.States) == 0 {
		return wallet.Page{}, nil
	}
	page, err := s.Wallet.Transactions(ctx, actorOf(p, link.Case, wallet.PurposeView), q)
	if err != nil {
		return wallet.Page{}, fault.Wrap(op, err)
	}
	for i, t := range page.Items {
		page.Items[i] = s.atDesk(t, link)
	}
	if len(wanted) > 0 {
		page.Items = slices.DeleteFunc(page.Items, func(t wallet.Transaction) bool { return !slices.Contains(wanted, t.State) })
	}
	return page, nil
}

// toldAs are the states of the payments that are told as being in one of those that are
// asked for: one that is looked at is told as where it was before, and a list by states
// must not tell it from the others.
func toldAs(states []wallet.State) []wallet.State {
	list := slices.DeleteFunc(slices.Clone(states), func(s wallet.State) bool { return s == wallet.RiskHold })
	if slices.ContainsFunc(list, func(s wallet.State) bool { return s.May(wallet.RiskHold) }) {
		list = append(list, wallet.RiskHold)
	}
	return list
}

// Transaction gives one of a customer's transactions, masked. Errors: as Customer.
func (s *Service) Transaction(ctx context.Context, p identity.Principal, customerID, id string) (wallet.Transaction, error) {
	const op = "lookup.Transaction"
	if err := s.has(op); err != nil {
		return wallet.Transaction{}, err
	}
	if !wallet.ValidID(id) {
		return wallet.Transaction{}, fault.New(fault.NotFound, op, "no transaction has an id of that form")
	}
	link, err := s.Links.WalletLink(ctx, p, customerID, s.options.Issuer, reveal.Look{What: "transaction", ID: id})
	if err != nil {
		return wallet.Transaction{}, err
	}
	t, err := s.Wallet.Transaction(ctx, actorOf(p, link.Case, wallet.PurposeView), link.WalletID, id)
	if err != nil {
		return wallet.Transaction{}, fault.Wrap(op, err)
	}
	return s.atDesk(t, link), nil
}

// Ask is a question for one unmasked field.
type Ask struct {
	CustomerID   string
	Conversation string
	Field        field.Name
	Object       string // the transaction or account that the field is of; "" for the customer
	Reason       reveal.Reason
}

// Revealed is one unmasked field, for a short time.
type Revealed struct {
	Value     string
	ExpiresAt time.Time
}

// Reveal gives one field unmasked, after the audit chain holds who sees it, for which
// conversation and why. Errors: Forbidden when it is a secret, or the conversation is
// not theirs; NotFound; Invalid without a reason; TooMany; Unavailable.
func (s *Service) Reveal(ctx context.Context, p identity.Principal, a Ask) (Revealed, error) {
	const op = "lookup.Reveal"
	if err := s.has(op); err != nil {
		return Revealed{}, err
	}
	link, err := s.Links.WalletCase(ctx, p, a.CustomerID, a.Conversation, s.options.Issuer)
	switch {
	case err != nil:
		return Revealed{}, err
	case a.Conversation == "":
		return Revealed{}, fault.InvalidField(op, "conversation", "is missing")
	case !a.Field.Revealable():
		return Revealed{}, fault.New(fault.Forbidden, op, "nobody may see %s", a.Field.Class())
	}
	a.Reason.Text = strings.TrimSpace(a.Reason.Text)
	if err := a.Reason.Validate(); err != nil {
		return Revealed{}, err
	}
	if a.Reason.Text, err = s.Clean(ctx, a.Reason.Text); err != nil {
		return Revealed{}, err
	}
	if err := s.Links.SpendReveal(ctx, p, s.options.Reveals.Burst, s.options.Reveals.Per.Microseconds()); err != nil {
		if fault.Is(err, fault.TooMany) {
			s.Limited("reveals")
		}
		return Revealed{}, err
	}
	value, err := s.field(ctx, actorOf(p, link.Case, wallet.PurposeReveal), link.WalletID, a)
	if err != nil {
		return Revealed{}, fault.Wrap(op, err)
	}
	of := a.Object
	if a.Field.OfCustomer() {
		of = "" // the customer: a handle's place among theirs tells nobody anything later
	}
	if err := s.Links.RecordReveal(ctx, p, link, a.Field, of, a.Reason); err != nil {
		return Revealed{}, err
	}
	return Revealed{Value: value, ExpiresAt: s.Clock().Add(RevealedFor)}, nil
}

// field asks the wallet for what holds a field, and takes the field out.
func (s *Service) field(ctx context.Context, by wallet.Actor, customer string, a Ask) (string, error) {
	var c wallet.Customer
	var accounts []wallet.Account
	var t wallet.Transaction
	var err error
	switch of, _, _ := strings.Cut(string(a.Field), "."); of {
	case "customer":
		c, err = s.Wallet.Customer(ctx, by, customer)
	case "account":
		accounts, err = s.Wallet.Accounts(ctx, by, customer)
	case "transaction":
		t, err = s.Wallet.Transaction(ctx, by, customer, a.Object)
	}
	if err != nil {
		return "", err
	}
	return reveal.Of(a.Field, c, accounts, t, a.Object)
}
