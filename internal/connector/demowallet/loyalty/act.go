package loyalty

import (
	"context"
	"slices"
	"strconv"

	"kefu/internal/connector/demowallet/files"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

// Asked is a command about points, inside its commit.
type Asked struct {
	keep.Asked
	Dry bool
}

// plain is how many points are redeemed without a proof.
const plain = 1000

// Proven tells whether the wallet itself wants a proof of a command.
func Proven(c wallet.Command) bool {
	return c.Act == wallet.RedeemPoints && c.Amount.Cmp(sum(plain)) > 0
}

// Redeem gives a reward for points, once for each command.
func (a Asked) Redeem(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	r, m, refusal, err := a.wanted(c.CustomerID, c.Target)
	if err != nil || refusal != "" {
		return refusal, err
	}
	cost := sum(r.Points)
	o.Summary = &wallet.Summary{Amount: cost, State: r.State}
	if r.Kind == "credit" {
		o.Summary.Destination = c.CustomerID + ":main"
	}
	switch {
	case c.Expect != r.State, !c.Amount.Like(cost) || c.Amount.Cmp(cost) != 0: // it costs something else by now
		return wallet.StateChanged, nil
	case r.State != points.Open:
		return wallet.NotEligible, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	if a.Dry {
		return "", nil
	}
	id, err := redeem(a.Desk, m, r)
	o.Made = []wallet.Made{{Kind: "redemption", ID: id}}
	return "", err
}

// wanted is a reward as it stands for a customer in this commit.
func (a Asked) wanted(customer, id string) (points.Reward, member, wallet.Refusal, error) {
	who, err := keep.Get[wallet.Customer](a.Desk, keep.KindCustomer, customer)
	if err != nil {
		return points.Reward{}, member{}, "", err
	}
	all, m, err := offered(a.Desk, who)
	if err != nil {
		return points.Reward{}, m, "", err
	}
	i := slices.IndexFunc(all, func(r points.Reward) bool { return r.ID == id })
	if i < 0 {
		return points.Reward{}, m, "", fault.New(fault.NotFound, "loyalty.wanted", "there is no such reward")
	}
	if leave, _, err := free(a.Desk, customer); err != nil || !leave {
		return all[i], m, wallet.BlockedByWallet, err
	}
	return all[i], m, "", nil
}

// redeem takes the points, those that expire first, and gives what they are for.
func redeem(d *keep.Desk, m member, r points.Reward) (string, error) {
	n, err := d.Count("redemptions:" + m.CustomerID)
	if err != nil {
		return "", err
	}
	got := points.Redemption{ID: "rd-" + m.CustomerID + "-" + strconv.FormatInt(n, 10), Reward: r.ID, Kind: r.Kind, Name: r.Name, State: "done", Points: r.Points, Value: r.Value, At: d.At}
	open, err := m.lots(d)
	if err != nil {
		return "", err
	}
	left := r.Points
	for _, k := range open {
		take := min(left, k.Left)
		if k.State != points.Ready || take == 0 {
			continue
		}
		if err := k.move(d, "points_redeemed", Account(m.CustomerID), spent, take, d.At); err != nil {
			return "", err
		}
		k.Left, k.Spent, left = k.Left-take, k.Spent+take, left-take
		k.after(d.At)
		m.ended(k)
		if err := k.save(d); err != nil {
			return "", err
		}
	}
	if left > 0 {
		return "", fault.New(fault.Conflict, "loyalty.redeem", "there are not enough points")
	}
	if r.Lasts > 0 {
		got.Until = d.At + wallet.Time(r.Lasts)*day
	}
	if r.Kind == "credit" {
		got.Transaction = "rc-" + got.ID
		if err := pay(d, m.CustomerID, got.Transaction, r.Value); err != nil {
			return "", err
		}
	}
	if m.Had == nil {
		m.Had = map[string]int{}
	}
	m.Had[r.ID]++
	if err := save(d, m); err != nil {
		return "", err
	}
	return got.ID, written(d, m.CustomerID, got)
}

func written(d *keep.Desk, customer string, r points.Redemption) error {
	if err := keep.Put(d, keep.KindRedemption, r.ID, customer, r.At, r); err != nil {
		return err
	}
	return d.Tell(wallet.PointsChanged, customer, r.ID)
}

// Redeem is a customer who redeems points in the wallet's app, or tries to: that it is refused
// is written down with why, and no error. Errors: NotFound, Unavailable.
func (l *Loyalty) Redeem(ctx context.Context, customer, reward string) (points.Redemption, error) {
	var got points.Redemption
	err := l.books.Commit(ctx, func(d *keep.Desk) error {
		a := Asked{Asked: keep.Asked{Desk: d}}
		r, m, refusal, err := a.wanted(customer, reward)
		if err != nil {
			return err
		}
		if refusal != "" {
			r.State, r.Why = "closed", points.NotNow
		}
		if r.State == points.Open {
			id, err := redeem(d, m, r)
			if err != nil {
				return err
			}
			got, err = keep.Get[points.Redemption](d, keep.KindRedemption, id)
			return err
		}
		n, err := d.Count("redemptions:" + customer)
		if err != nil {
			return err
		}
		got = points.Redemption{ID: "rd-" + customer + "-" + strconv.FormatInt(n, 10), Reward: r.ID, Kind: r.Kind, Name: r.Name, State: "refused", Why: r.Why, Points: r.Points, Value: r.Value, At: d.At}
		return written(d, customer, got)
	})
	return got, err
}

// Use is a customer who pays with a voucher in a shop. Errors: NotFound of one that is not
// theirs; Conflict of one that is no voucher, or not to be used any more.
func (l *Loyalty) Use(ctx context.Context, customer, redemption string) error {
	return l.books.Commit(ctx, func(d *keep.Desk) error {
		r, err := keep.Owned[points.Redemption](d, keep.KindRedemption, customer, redemption)
		if err != nil {
			return err
		}
		if r.Kind != "voucher" || lapsed(r, d.At).State != "done" {
			return fault.New(fault.Conflict, "loyalty.Use", "it is no voucher that can be used")
		}
		r.State = "used"
		return written(d, customer, r)
	})
}

// lapsed is a redemption as it stands at a time.
func lapsed(r points.Redemption, at wallet.Time) points.Redemption {
	if r.State == "done" && r.Until != 0 && at >= r.Until {
		r.State = "lapsed"
	}
	return r
}

// Claim takes a customer's word that points of a purchase are missing.
func (a Asked) Claim(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	p, err := a.PaymentOf(c.CustomerID, c.Target)
	if err != nil {
		return "", err
	}
	e, err := earning(a.Desk, *p)
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{ArrivesBy: e.decideBy(a.At), State: e.State}
	switch {
	case e.Lot != "" || e.Claim != "":
		return wallet.AlreadyDone, nil
	case c.Expect != e.State:
		return wallet.StateChanged, nil
	case !e.Claimable:
		return wallet.NotEligible, nil
	}
	if _, refusal, err := files.Papers(a.Desk, a.Dry, nil, c); refusal != "" || err != nil {
		return refusal, err
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	if a.Dry {
		return "", nil
	}
	k := claim{CustomerID: c.CustomerID, Papers: c.Files, Claim: points.Claim{
		ID: claimID(c.Target), Transaction: c.Target, State: "open", Points: e.Points, At: a.At, DecideBy: o.Summary.ArrivesBy, Files: len(c.Files),
	}}
	o.Made = []wallet.Made{{Kind: "claim", ID: k.ID}}
	return "", k.save(a.Desk)
}

func claimID(transaction string) string { return "pc-" + transaction }

func (k claim) save(d *keep.Desk) error {
	next := k.DecideBy - day
	if k.State != "open" {
		next = 0
	}
	if err := d.Wake(keep.KindClaim, k.ID, next); err != nil {
		return err
	}
	if err := keep.Put(d, keep.KindClaim, k.ID, k.CustomerID, k.At, k); err != nil {
		return err
	}
	return d.Tell(wallet.PointsChanged, k.CustomerID, k.ID)
}

// ClaimStep decides a claim. What was bought in a shop has to be shown; what the wallet took
// itself it finds.
func ClaimStep(d *keep.Desk, id string) error {
	k, err := keep.Get[claim](d, keep.KindClaim, id)
	if err != nil || k.State != "open" {
		return err
	}
	p, err := d.Payment(k.Transaction)
	if err != nil {
		return err
	}
	m, err := of(d, k.CustomerID)
	if err != nil {
		return err
	}
	k.State, k.DecidedAt = "granted", d.At
	n, why := earns(&m, p.Tx)
	switch {
	case why != "":
		k.State, k.Why = "refused", why
	case !collected(p.Tx.State) || backOf(*p, n) == n:
		k.State, k.Why = "refused", points.GivenBack
	case p.Tx.Kind == wallet.KindInStore && len(k.Papers) == 0:
		k.State, k.Why = "refused", points.NoProof
	default:
		if err := earn(d, &m, lotOf(p.Tx, n)); err != nil {
			return err
		}
		if err := returned(d, &m, *p); err != nil {
			return err
		}
		if err := save(d, m); err != nil {
			return err
		}
	}
	return k.save(d)
}
