package acting

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/mask"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

// readTime bounds one question to the wallet.
const readTime = 10 * time.Second

// say has the policy judge an act by the facts of now. Errors: Unavailable, where the
// wallet does not tell what it can tell and the act is not one that only makes safe.
func (s *Service) say(ctx context.Context, p identity.Principal, able wallet.Capabilities, k action.Kept, level identity.Level) (action.Verdict, error) {
	judge, version, err := s.judgeOf()
	if err != nil {
		s.Log.Error("the policy of acts cannot be read: nothing is allowed", "error", err)
		return action.Verdict{Code: "cannot_be_judged", Version: version}, nil
	}
	f, untold, err := s.facts(ctx, p, able, k, level)
	if err != nil {
		return action.Verdict{}, err
	}
	return judge.Say(ctx, f, untold...), nil
}

// judgeOf is the judge of the policy that counts now. To make one takes milliseconds.
func (s *Service) judgeOf() (*action.Judge, int64, error) {
	rules, version := s.Policy()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.judge != nil && s.of == version {
		return s.judge, version, nil
	}
	judge, err := action.NewJudge(rules, version)
	if err == nil {
		s.judge, s.of = judge, version
	}
	return judge, version, err
}

// facts gathers what the policy may ask about, and names what nobody told.
func (s *Service) facts(ctx context.Context, p identity.Principal, able wallet.Capabilities, k action.Kept, level identity.Level) (action.Facts, []string, error) {
	c := k.Command
	f := action.Facts{
		Act: string(c.Act), Reason: c.Reason, Actor: k.Maker.Kind.String(), Level: int64(level), Hour: int64(s.Clock().In(s.Zone()).Hour()), WithinWindow: s.OnDuty(),
	}
	if !c.Amount.None() {
		f.Amount, f.Currency = selfservice.Whole(c.Amount), c.Amount.Currency()
	}
	of := action.Of{CustomerID: k.CustomerID, Act: c.Act, Currency: f.Currency, Except: k.ID}
	if k.Maker.Kind == identity.Staff {
		of.StaffID = k.Maker.ID
	}
	sums, err := s.Store.ActTotals(ctx, part(), of)
	if err != nil {
		return f, nil, err
	}
	f.DayCount, f.DayTotal, f.StaffTotal, f.StaffHour, f.StaffDay = sums.DayCount, sums.DayTotal, sums.StaffTotal, sums.StaffHour, sums.StaffDay
	talk, err := s.Store.Conversation(ctx, part(), k.ConversationID)
	if err != nil && !fault.Is(err, fault.NotFound) { // one that has not begun has no channel
		return f, nil, err
	}
	f.Channel = talk.Channel
	untold, err := s.told(ctx, actor(p, k), able, c, &f)
	if sums.Unread {
		untold = append(untold, "day_total", "staff_total")
	}
	return f, untold, err
}

// told asks the wallet for its part of the facts, and names those that it did not tell:
// what it has no reading for, what its answer leaves open, and, of what only makes safe,
// what it does not answer, for somebody in a hurry must not wait for it. Everything else
// is not judged then.
func (s *Service) told(ctx context.Context, by wallet.Actor, able wallet.Capabilities, c wallet.Command, f *action.Facts) ([]string, error) {
	const op = "acting.told"
	f.NewDevice = true
	var mu sync.Mutex
	untold := map[string]bool{"factor_hours": true, "new_device": true, "restricted": true, "placed_by": true, "disputed": true, "vulnerable": true}
	tell := func(known bool, facts ...string) {
		mu.Lock()
		defer mu.Unlock()
		for _, fact := range facts {
			untold[fact] = untold[fact] && !known
		}
	}
	if !able.Reads(wallet.ReadDisputes) && ofPayment(c.Act) && c.Expect != "" { // the payment's own state says so too
		f.Disputed = slices.Contains([]wallet.State{wallet.Disputed, wallet.ProvisionalCredit}, wallet.State(c.Expect))
		tell(true, "disputed")
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	asking, ctx := errgroup.WithContext(ctx)
	ask := func(can wallet.Reading, do func() error) {
		if !able.Reads(can) {
			return
		}
		asking.Go(func() error {
			err := do()
			if c.Act.Cautious() && err != nil {
				s.Log.Warn("the wallet does not tell what the policy may ask about", "reading", can, "error", err)
				return nil
			}
			return err
		})
	}
	now := s.Clock()
	ask(wallet.ReadFactors, func() error {
		all, err := s.Wallet.Factors(ctx, by, c.CustomerID)
		if err == nil {
			var known bool
			f.FactorHours, known = factorHours(all, now)
			tell(known, "factor_hours")
		}
		return err
	})
	ask(wallet.ReadDevices, func() error {
		all, err := s.Wallet.Devices(ctx, by, c.CustomerID)
		if err == nil {
			var known bool
			f.NewDevice, known = newDevice(all, now)
			tell(known, "new_device")
		}
		return err
	})
	ask(wallet.ReadRestrictions, func() error {
		all, err := s.Wallet.Restrictions(ctx, by, c.CustomerID)
		if err == nil {
			var known bool
			f.Restricted = len(all) > 0
			f.PlacedBy, known = placedBy(all, c)
			tell(true, "restricted")
			tell(known, "placed_by")
		}
		return err
	})
	ask(wallet.ReadDisputes, func() error {
		all, err := s.Wallet.Disputes(ctx, by, c.CustomerID)
		if err == nil {
			f.Disputed = disputed(all, c.Target)
			tell(true, "disputed")
		}
		return err
	})
	ask(wallet.ReadCustomer, func() error {
		who, err := s.Wallet.Customer(ctx, by, c.CustomerID)
		if err == nil {
			f.Vulnerable = slices.Contains(who.Flags, "vulnerable")
			tell(true, "vulnerable")
		}
		return err
	})
	if err := asking.Wait(); err != nil {
		return nil, &fault.Error{Code: fault.Unavailable, Op: op, Message: "the wallet does not tell what the policy asks about", Err: err}
	}
	var names []string
	for _, fact := range slices.Sorted(maps.Keys(untold)) {
		if untold[fact] {
			names = append(names, fact)
		}
	}
	return names, nil
}

// ofPayment tells whether an act's target is a payment, whose state is what it expects.
func ofPayment(a wallet.Act) bool {
	return slices.Contains([]wallet.Act{wallet.RequestRefund, wallet.OpenDispute, wallet.Recall, wallet.ReleaseHold}, a)
}

// factorHours is how long ago something that proves who the customer is was changed
// last, in whole hours, and whether the wallet says so of all of it. Nothing that proves it
// counts as changed now.
func factorHours(all []wallet.Factor, now time.Time) (hours int64, known bool) {
	youngest, found := time.Duration(1<<62), false
	known = true
	for _, f := range all {
		at := max(f.CreatedAt, f.ChangedAt)
		switch {
		case f.State == "removed":
		case at == 0:
			known = false
		default:
			youngest, found = min(youngest, now.Sub(at.Std())), true
		}
	}
	if !found {
		return 0, known
	}
	return max(int64(youngest/time.Hour), 0), known
}

// newDevice tells whether a device was seen first a short while ago, and whether that is
// known: of one without a first sight it is not, unless another is new.
func newDevice(all []wallet.Device, now time.Time) (isNew, known bool) {
	known = true
	for _, d := range all {
		switch {
		case d.Trust == "revoked":
		case d.FirstSeen == 0:
			known = false
		case now.Sub(d.FirstSeen.Std()) < assurance.CoolDown:
			return true, true
		}
	}
	return !known, known
}

// placedBy is who placed the restriction that a command is to lift: of several, the one
// who has most to say; and whether that is known: of one who is no one we know of it is not.
func placedBy(all []wallet.Restriction, c wallet.Command) (who string, known bool) {
	rank := []string{"", "customer", "support", "wallet", "authority"}
	most := 0
	known = true
	for _, r := range all {
		if r.ID != c.Target && (r.Target == "" || r.Target != c.Target) && r.Scope != "wallet" {
			continue
		}
		at := slices.Index(rank, r.PlacedBy)
		most, known = max(most, at), known && at > 0
	}
	return rank[most], known || rank[most] == "authority"
}

func disputed(all []wallet.Dispute, target string) bool {
	return slices.ContainsFunc(all, func(d wallet.Dispute) bool { return !d.State.Over() && slices.Contains(d.Transactions, target) })
}

// stateOf is the state of what a command acts on, as the wallet tells it now: the
// decision is made on it. "" where the act needs none. Errors: NotFound; Unavailable.
func (s *Service) stateOf(ctx context.Context, by wallet.Actor, c wallet.Command) (string, error) {
	const op = "acting.stateOf"
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	switch c.Act {
	case wallet.RequestRefund, wallet.OpenDispute, wallet.Recall, wallet.ReleaseHold:
		t, err := s.Wallet.Transaction(ctx, by, c.CustomerID, c.Target)
		return string(t.State), fault.Wrap(op, err)
	case wallet.CancelRefund:
		all, err := s.Wallet.Refunds(ctx, by, c.CustomerID, "")
		for _, r := range all {
			if r.ID == c.Target {
				return string(r.State), nil
			}
		}
		return "", missing(op, err)
	case wallet.GrantCredit:
		all, err := s.Wallet.Disputes(ctx, by, c.CustomerID)
		for _, d := range all {
			if d.ID == c.Target {
				return string(d.State), nil
			}
		}
		return "", missing(op, err)
	case wallet.SetDefault, wallet.RemoveInstrument:
		all, err := s.Wallet.Instruments(ctx, by, c.CustomerID)
		for _, i := range all {
			if i.ID == c.Target {
				return i.Status, nil
			}
		}
		return "", missing(op, err)
	case wallet.CancelMandate:
		return s.mandateState(ctx, by, c)
	case wallet.RequestRetrieval:
		return s.transferState(ctx, by, c)
	case wallet.Withdraw, wallet.Close, wallet.KeepOpen:
		return s.endingState(ctx, by, c)
	case wallet.ClaimPoints, wallet.RedeemPoints:
		return s.pointsState(ctx, by, c)
	case wallet.GiveConsent, wallet.WithdrawConsent:
		return s.consentState(ctx, by, c)
	case wallet.Unfreeze:
		all, err := s.Wallet.Restrictions(ctx, by, c.CustomerID)
		for _, r := range all {
			if r.ID == c.Target || (r.Target != "" && r.Target == c.Target) {
				return r.Kind, nil
			}
		}
		return "", missing(op, err)
	default:
		return "", nil
	}
}

// permits is a wallet that tells who may charge a customer again.
type permits interface {
	Mandates(ctx context.Context, by wallet.Actor, customer string) ([]instrument.Mandate, error)
}

func (s *Service) mandateState(ctx context.Context, by wallet.Actor, c wallet.Command) (string, error) {
	const op = "acting.mandateState"
	from, tells := s.Wallet.(permits)
	if !tells {
		return "", fault.New(fault.Unavailable, op, "the wallet does not tell of mandates")
	}
	all, err := from.Mandates(ctx, by, c.CustomerID)
	for _, m := range all {
		if m.ID == c.Target {
			return m.State, nil
		}
	}
	return "", missing(op, err)
}

// chained is a wallet that tells of transfers over public networks.
type chained interface {
	Transfer(ctx context.Context, by wallet.Actor, customer, id string) (onchain.Transfer, error)
}

func (s *Service) transferState(ctx context.Context, by wallet.Actor, c wallet.Command) (string, error) {
	const op = "acting.transferState"
	from, tells := s.Wallet.(chained)
	if !tells {
		return "", fault.New(fault.Unavailable, op, "the wallet does not tell of transfers over public networks")
	}
	t, err := from.Transfer(ctx, by, c.CustomerID, c.Target)
	return string(t.State), fault.Wrap(op, err)
}

// ends is a wallet that tells how the end of an account stands.
type ends interface {
	Closure(ctx context.Context, by wallet.Actor, customer string) (closing.Standing, error)
}

func (s *Service) endingState(ctx context.Context, by wallet.Actor, c wallet.Command) (string, error) {
	const op = "acting.endingState"
	from, tells := s.Wallet.(ends)
	if !tells {
		return "", fault.New(fault.Unavailable, op, "the wallet does not tell of closures")
	}
	now, err := from.Closure(ctx, by, c.CustomerID)
	return string(now.State), fault.Wrap(op, err)
}

// collects is a wallet that tells of points.
type collects interface {
	Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error)
	Earning(ctx context.Context, by wallet.Actor, customer, transaction string) (points.Earning, error)
}

func (s *Service) pointsState(ctx context.Context, by wallet.Actor, c wallet.Command) (string, error) {
	const op = "acting.pointsState"
	from, tells := s.Wallet.(collects)
	if !tells {
		return "", fault.New(fault.Unavailable, op, "the wallet does not tell of points")
	}
	if c.Act == wallet.ClaimPoints {
		e, err := from.Earning(ctx, by, c.CustomerID, c.Target)
		return e.State, fault.Wrap(op, err)
	}
	now, err := from.Points(ctx, by, c.CustomerID)
	if r, ok := now.Reward(c.Target); ok {
		return r.State, nil
	}
	return "", missing(op, err)
}

// agrees is a wallet that tells what its customers agreed to.
type agrees interface {
	Consents(ctx context.Context, by wallet.Actor, customer string) (consent.Standing, error)
}

func (s *Service) consentState(ctx context.Context, by wallet.Actor, c wallet.Command) (string, error) {
	const op = "acting.consentState"
	from, tells := s.Wallet.(agrees)
	if !tells {
		return "", fault.New(fault.Unavailable, op, "the wallet does not tell of consents")
	}
	now, err := from.Consents(ctx, by, c.CustomerID)
	if i, ok := now.Item(c.Target); ok {
		return string(i.State), nil
	}
	return "", missing(op, err)
}

func missing(op string, err error) error {
	if err != nil {
		return fault.Wrap(op, err)
	}
	return fault.New(fault.NotFound, op, "the customer has no such thing")
}

// destination is where the money goes, in the customer's words; "" where that cannot be
// told.
func (s *Service) destination(ctx context.Context, by wallet.Actor, able wallet.Capabilities, k action.Kept) string {
	to := k.Summary.Destination
	if to == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if able.Reads(wallet.ReadInstruments) {
		if all, err := s.Wallet.Instruments(ctx, by, k.Command.CustomerID); err == nil {
			for _, i := range all {
				if i.ID == to {
					return label(i)
				}
			}
		}
	}
	if able.Reads(wallet.ReadAccounts) {
		if all, err := s.Wallet.Accounts(ctx, by, k.Command.CustomerID); err == nil {
			for _, a := range all {
				if a.ID == to && a.Number != "" {
					return strings.TrimSpace(a.Name + " " + mask.End(a.Number, 4))
				}
				if a.ID == to {
					return a.Name
				}
			}
		}
	}
	return ""
}

// label is an instrument's brand and last digits, which say the same in every language: the
// wallet's word for its type does not.
func label(i wallet.Instrument) string {
	if i.Last4 == "" {
		return i.Brand
	}
	return strings.TrimSpace(i.Brand + " ••••" + i.Last4)
}
