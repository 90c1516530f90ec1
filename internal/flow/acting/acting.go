// Package acting has things done in the wallet for customers, in the five steps of
// domain/action: it works out by a dry run what would happen and asks the policy, takes
// the customer's yes, waits for a second person where one is needed, hands the command
// to the wallet once, and finds out what became of it when no answer came. Flows of
// self-service, the desk and the parts of Kefu that carry on come in here.
package acting

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
)

// Wallet is the part of the operator's wallet that is needed to have something done.
// Every method is told on whose behalf it is asked. Errors: NotFound, Invalid,
// Unavailable; one that certainly never left says so by NeverSent.
type Wallet interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
	Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error)
	// GiveFile hands over a file that a command names; again it changes nothing. Errors:
	// Invalid when the wallet does not take it.
	GiveFile(ctx context.Context, by wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error)
	Operation(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Operation, error)
	OperationByKey(ctx context.Context, by wallet.Actor, customer, key string) (wallet.Operation, error)

	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	Accounts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Account, error)
	Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error)
	Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error)
	Refunds(ctx context.Context, by wallet.Actor, customer, transaction string) ([]wallet.Refund, error)
	Disputes(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error)
	Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error)
	Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error)
	Restrictions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error)
}

// Links says which customer of the wallet a customer is, and to whom it is said.
type Links interface {
	WalletCase(ctx context.Context, p identity.Principal, customerID, conversationID, issuer string) (wallet.Link, error)
	OwnWalletLink(ctx context.Context, p identity.Principal, issuer string) (wallet.Link, error)
}

// Store keeps acts.
type Store interface {
	AddAct(ctx context.Context, p identity.Principal, k action.Kept) error
	Act(ctx context.Context, p identity.Principal, id string) (action.Kept, error)
	ActByKey(ctx context.Context, p identity.Principal, key string) (action.Kept, error)
	ListActs(ctx context.Context, p identity.Principal, q action.Query) ([]action.Kept, error)
	ActTotals(ctx context.Context, p identity.Principal, of action.Of) (action.Totals, error)
	GoodwillFor(ctx context.Context, p identity.Principal, k action.Kept) (goodwill.HouseRules, goodwill.Sums, error)
	DueActs(ctx context.Context, p identity.Principal, limit int) ([]action.Kept, error)
	ConfirmAct(ctx context.Context, p identity.Principal, id, hash string) (action.Kept, error)
	CancelAct(ctx context.Context, p identity.Principal, id string) (action.Kept, error)
	SupersedeAct(ctx context.Context, p identity.Principal, id string) (action.Kept, error)
	GaveAct(ctx context.Context, p identity.Principal, id string, n int) (action.Kept, error)
	AwaitAct(ctx context.Context, p identity.Principal, id string, revision int64) (action.Kept, error)
	PlanAct(ctx context.Context, p identity.Principal, id string, revision int64, r action.Ready) (action.Kept, error)
	ResendAct(ctx context.Context, p identity.Principal, id string, revision int64) (action.Kept, error)
	SettleAct(ctx context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error)
	LearnAct(ctx context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error)
	ActSubject(ctx context.Context, p identity.Principal, customerID, issuer string) (string, error)
	FailAct(ctx context.Context, p identity.Principal, id string, revision int64, why wallet.Refusal) (action.Kept, error)
	LookAgain(ctx context.Context, p identity.Principal, id string, revision int64, at time.Time) (action.Kept, error)
	ToldAct(ctx context.Context, p identity.Principal, id string, revision int64, again time.Time) (action.Kept, error)
	HurryActs(ctx context.Context, p identity.Principal, issuer, subject string) error
	AlarmAct(ctx context.Context, p identity.Principal, id string, revision int64) (action.Kept, error)
	ActRequest(ctx context.Context, p identity.Principal, id string) (approval.Request, error)
	MayDecide(p identity.Principal, r approval.Request) bool
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
}

// Prover has customers prove that they want it.
type Prover interface {
	Begin(ctx context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error)
	Look(ctx context.Context, p identity.Principal, a action.Kept) (assurance.Standing, error)
	Proof(ctx context.Context, p identity.Principal, a action.Kept) (assurance.Kept, error)
}

// Approver lets second persons decide.
type Approver interface {
	Approve(ctx context.Context, p identity.Principal, id, hash string) error
	Reject(ctx context.Context, p identity.Principal, id, reason string) error
}

// Deps are what a Service works with.
type Deps struct {
	Wallet   Wallet // nil: there is none, and nothing can be done
	Files    Files  // nil: there are none
	Links    Links
	Store    Store
	Prover   Prover
	Approver Approver
	Policy   func() (action.Policy, int64)                          // that counts now, and its version
	Zone     func() *time.Location                                  // where the house is
	OnDuty   func() bool                                            // whether somebody is on duty
	Clean    func(ctx context.Context, text string) (string, error) // takes secrets out of what somebody wrote
	Clock    clock.Clock
	Log      *slog.Logger
	// Changed is told of each act that has changed; may be nil. It must not block.
	Changed func(action.Kept)
	// Alarm is told of each act of which nobody knows for a day what became of it, or that
	// cannot be read; may be nil.
	Alarm func(action.Kept)
	// Tell tells a customer of something that was done for them with nobody's yes but that
	// of staff; once for each act, however often it is called. May be nil.
	Tell func(ctx context.Context, k action.Kept) error
	// Limited is told the name of a limit that refused; may be nil.
	Limited func(limit string)
}

// How often one person may have the wallet work out what something would do.
const (
	wishesAtOnce    = 20
	wishesPer       = time.Minute
	peopleAtATime   = 50_000
	capabilitiesFor = time.Minute
)

// Service is the use case. It is safe for concurrent use.
type Service struct {
	Deps
	issuer  string // whose customers the wallet knows
	wishes  *ratelimit.Limiter
	wake    chan struct{}
	handing chan struct{} // files on their way to the wallet

	mu    sync.Mutex
	judge *action.Judge
	able  wallet.Capabilities
	gives map[string]*giving // by act: files that are being handed over
	asked time.Time          // when the wallet last said what it can do
	of    int64              // the version of the policy that judge is of; -1: none yet
}

// New makes a Service. Issuer is the one whose customers the wallet knows.
func New(d Deps, issuer string) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Changed == nil {
		d.Changed = func(action.Kept) {}
	}
	if d.Alarm == nil {
		d.Alarm = func(action.Kept) {}
	}
	if d.Limited == nil {
		d.Limited = func(string) {}
	}
	return &Service{
		Deps: d, issuer: issuer, wake: make(chan struct{}, 1), handing: make(chan struct{}, filesAtOnce), gives: map[string]*giving{}, of: -1,
		wishes: ratelimit.New(ratelimit.Limit{Burst: wishesAtOnce, Per: wishesPer}, peopleAtATime),
	}
}

// part is the part of Kefu that carries acts out.
func part() identity.Principal { return identity.SystemPart("acts") }

// Offers are the acts that the wallet can do; none where there is no wallet. Errors:
// Forbidden for who never sees acts; Unavailable.
func (s *Service) Offers(ctx context.Context, p identity.Principal) ([]wallet.Act, error) {
	if !policy.Allow(p, policy.ReadActs, policy.Object{CustomerID: p.ID, Open: true}) {
		return nil, fault.New(fault.Forbidden, "acting.Offers", "%s sees no acts", p.Kind)
	}
	if s.Wallet == nil {
		return nil, nil
	}
	able, err := s.capabilities(ctx)
	return able.Acts, err
}

func (s *Service) capabilities(ctx context.Context) (wallet.Capabilities, error) {
	const op = "acting.capabilities"
	now := s.Clock()
	s.mu.Lock()
	able, fresh := s.able, !s.asked.IsZero() && now.Sub(s.asked) < capabilitiesFor
	s.mu.Unlock()
	if fresh {
		return able, nil
	}
	asking, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	able, err := s.Wallet.Capabilities(asking)
	if err != nil {
		return able, fault.Wrap(op, err)
	}
	s.mu.Lock()
	s.able, s.asked = able, now
	s.mu.Unlock()
	return able, nil
}

// RefusedError says why something is not done: a code of the policy's, or one of the
// wallet's refusals.
type RefusedError struct{ Why string }

// Error implements error.
func (e *RefusedError) Error() string { return "acting: refused: " + e.Why }

// Unwrap makes it a fault for those who do not know it.
func (e *RefusedError) Unwrap() error {
	return &fault.Error{Code: fault.Forbidden, Op: "acting", Field: "act", Reason: e.Why, Message: "it is not allowed now"}
}

func refused(why string) error { return &RefusedError{Why: why} }

// Underway is why something is not begun: the same is under way already.
const Underway = "underway"

// spoken is why something is not done, as its customer may hear it. The codes of a policy
// are the operator's own words, such as watchlist: they stay with staff.
func spoken(why string) string {
	r := wallet.Refusal(why)
	if why == "" || r.Known() || r == action.Unreachable || why == Underway || r == action.Withdrawn || r == action.Declined || r == action.Superseded {
		return why
	}
	return string(wallet.BlockedByWallet)
}

// Spoken is why something was not done, as its customer may hear it.
func Spoken(why wallet.Refusal) string { return spoken(string(why)) }

// fact is an act as a flow's value.
func fact(k action.Kept) selfservice.ActFact {
	f := selfservice.ActFact{
		ID: k.ID, Act: string(k.Command.Act), State: string(k.Told()), Hash: k.Hash, Refusal: spoken(string(k.Refusal)), Proof: int64(k.Verdict.Level), FourEyes: k.Verdict.FourEyes,
		Amount: k.Summary.Amount, Destination: k.Destination, ArrivesBy: k.Summary.ArrivesBy, Effects: k.Summary.Effects, Reversible: k.Summary.Reversible,
		Papers: int64(len(k.Command.Files)), Given: int64(k.Given),
	}
	if f.Amount.None() {
		f.Amount = k.Command.Amount
	}
	if len(k.Made) > 0 {
		f.Made = k.Made[0].ID
	}
	return f
}

// Propose works out by a dry run what an act would do, and asks the policy. The
// conversation may be one that has not begun, whose id is reserved. Asked again for the
// same step it gives the same act, while that lives. Outcomes: refused, with the act's
// Refusal; unavailable.
//
// Errors: Forbidden for who may not propose anything here; NotFound when there is no
// wallet, or the customer is none of its; Invalid; a *intake.LimitedError.
func (s *Service) Propose(ctx context.Context, p identity.Principal, conversationID, run, step string, w selfservice.Proposal) (selfservice.ActFact, string, error) {
	k, err := s.propose(ctx, p, Wish{Conversation: conversationID, Run: run, Step: step, Proposal: w})
	var no *RefusedError
	switch {
	case errors.As(err, &no):
		return selfservice.ActFact{Act: string(w.Act), State: string(action.Failed), Refusal: spoken(no.Why), Amount: w.Amount}, "refused", nil
	case fault.Is(err, fault.Unavailable):
		s.Log.Warn("something could not be proposed", "act", w.Act, "error", err)
		return selfservice.ActFact{Act: string(w.Act)}, "unavailable", nil
	case err != nil:
		return selfservice.ActFact{}, "", err
	}
	return fact(k), "", nil
}

// Confirm notes a yes to what has a hash. Outcome: changed, when it is not what was
// shown, or its time is over.
//
// Errors: Forbidden; NotFound.
func (s *Service) Confirm(ctx context.Context, p identity.Principal, id, hash string) (selfservice.ActFact, string, error) {
	k, err := s.Store.ConfirmAct(ctx, p, id, hash)
	if fault.Is(err, fault.Conflict) {
		k, err = s.act(ctx, p, id)
		return fact(k), "changed", err
	}
	if err != nil {
		return selfservice.ActFact{}, "", err
	}
	s.Changed(k)
	return fact(k), "", nil
}

// Prove asks the customer for the proof that an act needs, unless one is open or good
// already, and tells how far it is. A proof that was refused or not given in time is
// asked for anew; one that was declined is not. Errors: Forbidden; NotFound.
func (s *Service) Prove(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, assurance.Standing, error) {
	return s.proof(ctx, p, id, s.Prover.Begin)
}

// Proof tells how far the proof of an act is, and asks nobody for one. Errors: as Prove.
func (s *Service) Proof(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, assurance.Standing, error) {
	return s.proof(ctx, p, id, s.Prover.Look)
}

func (s *Service) proof(ctx context.Context, p identity.Principal, id string, do func(context.Context, identity.Principal, action.Kept) (assurance.Standing, error)) (selfservice.ActFact, assurance.Standing, error) {
	k, err := s.act(ctx, p, id)
	if err != nil {
		return selfservice.ActFact{}, assurance.Standing{}, err
	}
	if at := k.Told(); at != action.Confirmed && at != action.Approved { // nobody is asked for what is not wanted, or over
		do = s.Prover.Look
	}
	now, err := do(ctx, p, k)
	return fact(k), now, err
}

// Execute has an act done that was confirmed, and proven where that is needed. Outcomes:
// "" when it is done or the wallet has taken it on; waiting for a second person; handing
// while its files are on their way to the wallet and nothing else has left; unknown, until
// the wallet says what became of it; failed, with the act's Refusal.
//
// Errors: Forbidden; NotFound; Conflict for an act that nobody confirmed; Unavailable
// when the wallet does not answer and nothing has left.
func (s *Service) Execute(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, string, error) {
	k, err := s.act(ctx, p, id)
	if err != nil {
		return selfservice.ActFact{}, "", err
	}
	next, err := s.execute(ctx, p, k)
	if under := (*HandingError)(nil); errors.As(err, &under) {
		if k, err = s.act(ctx, p, id); err == nil {
			return fact(k), "handing", nil
		}
	}
	if err != nil {
		return selfservice.ActFact{}, "", err
	}
	return fact(next), outcome(next), nil
}

// outcome is a state in the words of a flow's step.
func outcome(k action.Kept) string {
	switch k.Told() {
	case action.Succeeded, action.Sent:
		return ""
	case action.Waiting, action.Approved:
		return "waiting"
	case action.Planned, action.Unknown:
		return "unknown"
	default:
		return "failed"
	}
}

// State gives an act as it is now. Errors: NotFound.
func (s *Service) State(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, error) {
	k, err := s.act(ctx, p, id)
	if err != nil {
		return selfservice.ActFact{}, err
	}
	return fact(k), nil
}

// Cancel gives an act up, before anything has left. Errors: Forbidden; NotFound;
// Conflict.
func (s *Service) Cancel(ctx context.Context, p identity.Principal, id string) (selfservice.ActFact, error) {
	k, err := s.Store.CancelAct(ctx, p, id)
	if err != nil {
		return selfservice.ActFact{}, err
	}
	s.Changed(k)
	return fact(k), nil
}

// act finds an act as it stands now.
func (s *Service) act(ctx context.Context, p identity.Principal, id string) (action.Kept, error) {
	k, err := s.Store.Act(ctx, p, id)
	k.Action = k.At(s.Clock())
	return k, err
}
