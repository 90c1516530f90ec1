package memory

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
)

// unit is under which points are the amount of a command.
const unit = "PTS"

// collected is what a customer has of points.
type collected struct {
	lots        []points.Lot
	redemptions []points.Redemption
	claims      []points.Claim
	offers      []points.Offer
}

// How points are earned here.
const (
	pointsWait  = 14 * 24 * time.Hour
	pointsClaim = 60 * 24 * time.Hour
	pointsDays  = 5
)

// collect gives a customer points for what they bought, but for what was forgotten at the
// kiosk. The bygone books were given back after their points were spent.
func (p *person) collect(now time.Time) {
	at := func(hours int) wallet.Time { return wallet.At(now.Add(-time.Duration(hours) * time.Hour)) }
	later := func(t wallet.Time, d time.Duration) wallet.Time { return t + wallet.Time(d.Microseconds()) }
	for _, t := range p.transactions {
		switch t.ID {
		case p.ID + ":sofa", p.ID + ":bistro":
			n := whole(t.Amount)
			l := points.Lot{ID: "pl:" + t.ID, State: points.Ready, Name: t.Party(), Transaction: t.ID, Earned: n, Left: n, At: t.PostedAt, ReadyAt: t.PostedAt, ExpiresAt: later(t.PostedAt, 365*24*time.Hour)}
			if t.ID == p.ID+":bistro" {
				l.State, l.ReadyAt = points.Pending, later(t.PostedAt, pointsWait)
			}
			p.points.lots = append(p.points.lots, l)
		case p.ID + ":old":
			p.points.lots = append(p.points.lots, points.Lot{
				ID: "pl:" + t.ID, State: points.Over, Name: t.Party(), Transaction: t.ID, Earned: 99, Spent: 60, Taken: 39, Owing: 20, At: t.PostedAt, ReadyAt: later(t.PostedAt, pointsWait), EndedAt: at(3000), TakenAt: at(3000),
			})
		}
	}
	p.points.redemptions = []points.Redemption{
		{ID: p.ID + ":rd1", Reward: "rw-cinema", Kind: "voucher", Name: "Cinema ticket", State: "refused", Why: points.SoldOut, Points: 60, Value: euros("9.00"), At: at(90)},
		{ID: p.ID + ":rd2", Reward: "rw-coffee", Kind: "voucher", Name: "Coffee voucher", State: "used", Points: 60, Value: euros("3.00"), At: at(4400), Until: at(2200)},
	}
	p.points.offers = []points.Offer{{
		ID: p.ID + ":of1", Name: "10% back on coffee", Gives: "cashback", State: "joined", Amount: euros("2.00"), Percent: "10", From: at(200), Until: at(-300), JoinedAt: at(150),
		Conditions: []points.Condition{{Kind: "join"}, {Kind: "minimum", Amount: euros("10.00")}, {Kind: "shop", Name: "Café Sol"}},
		Tries:      []points.Try{{Transaction: p.ID + ":coffee00", Name: "Café Sol", Amount: euros("2.00"), At: at(100), Why: points.BelowMinimum}},
	}}
}

// whole are the full euros of a sum.
func whole(m wallet.Money) int64 { return m.Smallest().Int64() / 100 }

// Points tells what points a customer has.
func (w *Wallet) Points(_ context.Context, _ wallet.Actor, customer string) (points.Standing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return points.Standing{}, err
	}
	return p.standing(), nil
}

func (p *person) standing() points.Standing {
	s := points.Standing{
		CustomerID: p.ID, Member: true, Program: "Example points", Unit: unit, Lots: slices.Clone(p.points.lots), Redemptions: slices.Clone(p.points.redemptions),
		Claims: append([]points.Claim{}, p.points.claims...), Offers: slices.Clone(p.points.offers),
		Rule: points.Rule{Points: 1, Each: euros("1.00"), Waits: int(pointsWait / (24 * time.Hour)), Lasts: 365, Claim: int(pointsClaim / (24 * time.Hour)), Answers: pointsDays},
	}
	for _, l := range s.Lots {
		switch l.State {
		case points.Ready:
			s.Balance += l.Left
		case points.Pending:
			s.Pending += l.Left
		}
	}
	s.Rewards = []points.Reward{
		{ID: "rw-coffee", Kind: "voucher", Name: "Coffee voucher", State: points.Open, Points: 60, Value: euros("3.00"), Lasts: 90},
		{ID: "rw-credit", Kind: "credit", Name: "Credit", State: points.Open, Points: 100, Value: euros("1.00")},
		{ID: "rw-weekend", Kind: "voucher", Name: "A weekend away", State: points.Open, Points: 20_000, Value: euros("200.00"), Lasts: 365},
		{ID: "rw-cinema", Kind: "voucher", Name: "Cinema ticket", State: "closed", Why: points.SoldOut, Points: 60, Value: euros("9.00")},
	}
	for i, r := range s.Rewards {
		switch {
		case r.Why != "" || r.Points <= s.Balance:
		case r.Points <= s.Balance+s.Pending:
			s.Rewards[i].State, s.Rewards[i].Why = "closed", points.OnlyPending
		default:
			s.Rewards[i].State, s.Rewards[i].Why = "closed", points.NotEnough
		}
	}
	return s
}

// Earning tells of the points of one purchase.
func (w *Wallet) Earning(_ context.Context, _ wallet.Actor, customer, transaction string) (points.Earning, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return points.Earning{}, err
	}
	t, err := p.transaction(transaction)
	if err != nil {
		return points.Earning{}, err
	}
	return p.earning(*t, w.now()), nil
}

func (p *person) earning(t wallet.Transaction, now wallet.Time) points.Earning {
	e := points.Earning{TransactionID: t.ID, State: "none", Points: whole(t.Amount), ClaimBy: t.CreatedAt + wallet.Time(pointsClaim.Microseconds())}
	if i := slices.IndexFunc(p.points.lots, func(l points.Lot) bool { return l.Transaction == t.ID }); i >= 0 {
		l := p.points.lots[i]
		e.State, e.Lot, e.Points = string(l.State), l.ID, l.Earned
		return e
	}
	if i := slices.IndexFunc(p.points.claims, func(c points.Claim) bool { return c.Transaction == t.ID }); i >= 0 {
		e.Claim = p.points.claims[i].ID
		return e
	}
	switch {
	case t.Kind != wallet.KindPayment && t.Kind != wallet.KindInStore:
		e.Why = points.NoPurchase
	case e.Points == 0:
		e.Why = points.TooSmall
	case t.State == wallet.RefundPending || t.State == wallet.Refunded:
		e.Why = points.GivenBack
	case t.State != wallet.Posted:
		e.Why = points.Unfinished
	case now > e.ClaimBy:
		e.Why = points.ClaimLate
	default:
		e.Claimable = true
	}
	return e
}

// planPoints claims missing points, or redeems some.
func (w *Wallet) planPoints(p *person, c wallet.Command) (plan, error) {
	if c.Act == wallet.RedeemPoints {
		return w.planRedemption(p, c)
	}
	t, err := p.transaction(c.Target)
	if err != nil {
		return plan{}, err
	}
	e := p.earning(*t, w.now())
	decide := wallet.At(w.o.Clock().Truncate(24 * time.Hour).Add(pointsDays * 24 * time.Hour))
	will := plan{summary: wallet.Summary{ArrivesBy: decide, Effects: []string{"points_checked"}, State: e.State}}
	switch {
	case e.Claim != "" || e.Lot != "":
		return plan{refusal: wallet.AlreadyDone}, nil
	case c.Expect != e.State:
		return plan{refusal: wallet.StateChanged}, nil
	case !e.Claimable:
		return plan{refusal: wallet.NotEligible}, nil
	}
	if p.lacks(c) {
		return plan{refusal: wallet.FileMissing}, nil
	}
	will.carry = func() []wallet.Made {
		k := points.Claim{ID: w.id("pc"), Transaction: t.ID, State: "open", Points: e.Points, At: w.now(), DecideBy: decide, Files: len(c.Files)}
		p.points.claims = append([]points.Claim{k}, p.points.claims...)
		w.notify(wallet.PointsChanged, p.ID, k.ID)
		return []wallet.Made{{Kind: "claim", ID: k.ID}}
	}
	return will, nil
}

func (w *Wallet) planRedemption(p *person, c wallet.Command) (plan, error) {
	s := p.standing()
	r, ok := s.Reward(c.Target)
	if !ok {
		return plan{}, absent()
	}
	cost, err := r.Cost(unit)
	if err != nil {
		return plan{}, err
	}
	switch {
	case c.Expect != r.State:
		return plan{refusal: wallet.StateChanged}, nil
	case r.State != points.Open:
		return plan{refusal: wallet.NotEligible}, nil
	case !c.Amount.Like(cost) || c.Amount.Cmp(cost) != 0: // it costs something else by now
		return plan{refusal: wallet.StateChanged}, nil
	}
	will := plan{summary: wallet.Summary{Amount: cost, Effects: []string{"points_spent"}, State: r.State}}
	will.carry = func() []wallet.Made {
		p.points.lots = slices.Clone(p.points.lots)
		left := r.Points
		for i := range p.points.lots {
			l := &p.points.lots[i]
			if take := min(left, l.Left); l.State == points.Ready && take > 0 {
				l.Left, l.Spent, left = l.Left-take, l.Spent+take, left-take
				if l.Left == 0 {
					l.State, l.EndedAt = points.Over, w.now()
				}
			}
		}
		d := points.Redemption{ID: w.id("rd"), Reward: r.ID, Kind: r.Kind, Name: r.Name, State: "done", Points: r.Points, Value: r.Value, At: w.now()}
		if r.Lasts > 0 {
			d.Until = d.At + wallet.Time((time.Duration(r.Lasts) * 24 * time.Hour).Microseconds())
		}
		p.points.redemptions = append([]points.Redemption{d}, p.points.redemptions...)
		w.notify(wallet.PointsChanged, p.ID, d.ID)
		return []wallet.Made{{Kind: "redemption", ID: d.ID}}
	}
	return will, nil
}
