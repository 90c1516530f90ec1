package purse

import (
	"context"
	"math/big"
	"strconv"

	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

const (
	pointsOf = 2_000 // that a customer has at first
	unit     = "PTS" // under which points are kept
)

// Costs are what each reward costs.
func Costs() map[string]int64 { return map[string]int64{"rw-0": 300, "rw-1": 1_200} }

// Points is a number of points as an amount.
func Points(n int64) wallet.Money {
	m, err := points.Sum(n, unit)
	if err != nil {
		panic(err) // the unit is a code
	}
	return m
}

// collect gives the customers points to spend.
func (p *Purse) collect() error {
	for _, name := range append([]string{"world", "rewards"}, p.w.Customers...) {
		p.open(name, unit, name != "world" && name != "rewards")
		p.Books[name+"/"+unit].Scale = 0
	}
	for _, c := range p.w.Customers {
		if err := p.move("world", c, pointsOf, unit); err != nil {
			return err
		}
	}
	return nil
}

// earn is come of a reward, or of points that are said to be missing. The same wish once more
// it takes for the same: that nothing happens twice is the key's doing.
func (p *Purse) earn(c wallet.Command) (Terms, wallet.Refusal) {
	if c.Act == wallet.ClaimPoints {
		pay := p.Payments[c.Target]
		switch {
		case pay == nil || pay.owner != c.CustomerID:
			return Terms{}, wallet.NotEligible
		case p.claimed[c.Target] != "" && p.claimed[c.Target] != Wish(c.Key):
			return Terms{}, wallet.AlreadyDone
		}
		return Terms{state: string(pay.state)}, ""
	}
	cost, there := Costs()[c.Target]
	switch {
	case !there:
		return Terms{}, wallet.NotEligible
	case c.Amount.Currency() != unit || c.Amount.Cmp(Points(cost)) != 0:
		return Terms{}, wallet.StateChanged
	case p.Books[c.CustomerID+"/"+unit].Balance.Available().Cmp(big.NewInt(cost)) < 0 && !p.Floorless && !p.Owing:
		return Terms{}, wallet.AmountTooHigh
	}
	return Terms{state: points.Open}, ""
}

// spend takes the points of a reward.
func (p *Purse) spend(c wallet.Command) error {
	return p.post(ledger.Transfer{
		ID: "p-" + strconv.Itoa(len(p.transfers)), Kind: ledger.Direct, Debit: c.CustomerID + "/" + unit, Credit: "rewards/" + unit, Amount: c.Amount.Smallest(),
	})
}

// Collected tells what points can be redeemed for; Points is taken by amounts.
func (p *Purse) Collected(_ context.Context, _ wallet.Actor, customer string) (points.Standing, error) {
	if p.Down {
		return points.Standing{}, Gone()
	}
	s := points.Standing{CustomerID: customer, Member: true, Unit: unit}
	for id, cost := range Costs() {
		s.Rewards = append(s.Rewards, points.Reward{ID: id, State: points.Open, Points: cost})
	}
	return s, nil
}

// Earning tells of a purchase of the customer's that its points can be claimed.
func (p *Purse) Earning(_ context.Context, _ wallet.Actor, customer, transaction string) (points.Earning, error) {
	pay := p.Payments[transaction]
	switch {
	case p.Down:
		return points.Earning{}, Gone()
	case pay == nil || pay.owner != customer:
		return points.Earning{}, fault.New(fault.NotFound, "safety", "the customer has no such purchase")
	}
	return points.Earning{TransactionID: transaction, State: string(pay.state), Claimable: true}, nil
}
