package flawed

import (
	"context"
	"fmt"

	"kefu/examples/wallet/memory"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
)

// collecting are faults in points.
func collecting() []Fault {
	var all []Fault
	for _, f := range [][3]string{
		{"wrong-points", "tells of a balance that is not what the purchases left", "points.contract"},
		{"quiet-redemption", "does not say why points were not redeemed", "points.contract"},
		{"shared-points", "tells everybody of the same points", "points.apart"},
		{"lost-earning", "does not know of a purchase that its points came", "points.earning"},
		{"foreign-earning", "tells everybody of the points of a purchase", "points.earning.other"},
		{"free-redemption", "redeems what there are not enough points for", "redeem.closed"},
		{"any-price", "redeems at whichever price is named", "redeem.price"},
		{"kept-points", "redeems, and takes no points", "redeem.books"},
		{"redeem-twice", "redeems each time that it is asked under one key", "redeem.again"},
		{"claim-anybody", "lets points of somebody else’s purchase be claimed", "claim.other"},
		{"claim-credited", "lets points be claimed that came", "claim.there"},
		{"idle-claim", "says that it took a claim, and does not tell of it", "claim.told"},
		{"two-claims", "takes a second claim of one purchase", "claim.twice"},
	} {
		all = append(all, Fault{Name: f[0], What: f[1], By: f[2]})
	}
	return all
}

// Points tells of a customer's points.
func (f *faulty) Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error) {
	of := customer
	if f.on == "shared-points" && customer == memory.Bo {
		of = memory.Anna
	}
	s, err := f.Full.Points(ctx, by, of)
	s.CustomerID = customer
	switch f.on {
	case "wrong-points":
		s.Balance++
	case "quiet-redemption":
		for i := range s.Redemptions {
			s.Redemptions[i].Why = ""
		}
	}
	return s, err
}

// Earning tells of the points of one purchase.
func (f *faulty) Earning(ctx context.Context, by wallet.Actor, customer, transaction string) (points.Earning, error) {
	e, err := f.Full.Earning(ctx, by, customer, transaction)
	switch {
	case f.on == "foreign-earning" && err != nil:
		return f.Full.Earning(ctx, by, other(customer), transaction)
	case f.on == "lost-earning" && e.Lot != "":
		e.Lot, e.State, e.Why = "", "none", points.Excluded
	}
	return e, err
}

// rewarded is what becomes of a command about points, where that is the fault; whether it is.
func (f *faulty) rewarded(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, bool, error) {
	switch {
	case c.Act == wallet.RedeemPoints && !c.DryRun && f.on == "kept-points", c.Act == wallet.ClaimPoints && !c.DryRun && f.on == "idle-claim":
		return f.done(c), true, nil
	case c.Act == wallet.RedeemPoints && !c.DryRun && f.on == "redeem-twice":
		key := c.Key
		c.Key = fmt.Sprintf("k-%d", f.count.Add(1))
		o, err := f.Full.Do(ctx, by, c)
		o.Key = key
		return o, true, err
	case c.Act == wallet.ClaimPoints && f.on == "claim-anybody":
		if _, err := f.Full.Earning(ctx, by, c.CustomerID, c.Target); err != nil {
			return f.done(c), true, nil
		}
	}
	return wallet.Operation{}, false, nil
}

// grants is what becomes of a command about points that the wallet refused, where that is
// the fault.
func (f *faulty) grants(o wallet.Operation, c wallet.Command) (wallet.Operation, bool) {
	is := map[string]bool{
		"free-redemption": c.Act == wallet.RedeemPoints && o.Refusal == wallet.NotEligible,
		"any-price":       c.Act == wallet.RedeemPoints && o.Refusal == wallet.StateChanged,
		"claim-credited":  c.Act == wallet.ClaimPoints && o.Refusal == wallet.AlreadyDone,
		"two-claims":      c.Act == wallet.ClaimPoints && o.Refusal == wallet.AlreadyDone,
	}[f.on]
	if !is {
		return o, false
	}
	return f.done(c), true
}
