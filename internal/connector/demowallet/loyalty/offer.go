package loyalty

import (
	"context"
	"math/big"
	"slices"
	"strconv"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

// Campaign is an offer as the operator makes it to a customer.
type Campaign = lives.Campaign

// offer is what the wallet keeps of an offer to a customer.
type offer struct {
	points.Offer
	CustomerID string `json:"customer_id"`
	Rule       Campaign
	Counted    string `json:"counted,omitempty"` // the purchase that counts
}

// Invite makes a customer an offer. Errors: NotFound of somebody who collects no points;
// Invalid, Conflict for one too many.
func (l *Loyalty) Invite(ctx context.Context, customer string, c Campaign) (string, error) {
	var id string
	err := l.books.Commit(ctx, func(d *keep.Desk) (err error) {
		id, err = Invite(d, customer, c)
		return err
	})
	return id, err
}

// Invite makes a customer an offer inside a commit. Errors: as of Loyalty.Invite.
func Invite(d *keep.Desk, customer string, c Campaign) (string, error) {
	m, err := of(d, customer)
	if err != nil {
		return "", err
	}
	if len(m.Offers) >= mostList {
		return "", fault.New(fault.Conflict, "loyalty.Invite", "they have as many offers as are kept")
	}
	o := offer{CustomerID: customer, Rule: c, Offer: points.Offer{
		ID: "of-" + customer + "-" + strconv.Itoa(len(m.Offers)+1), Name: c.Name, Gives: "cashback", State: "open", Points: c.Points, Amount: c.Most, Percent: c.Percent,
		From: c.From, Until: c.Until, Conditions: []points.Condition{{Kind: "join"}}, Tries: []points.Try{},
	}}
	if c.Points > 0 {
		o.Gives = "points"
	}
	if c.Minimum.Sign() > 0 {
		o.Conditions = append(o.Conditions, points.Condition{Kind: "minimum", Amount: c.Minimum})
	}
	for kind, name := range map[string]string{"shop": c.Shop, "method": c.Rail} {
		if name != "" {
			o.Conditions = append(o.Conditions, points.Condition{Kind: kind, Name: name})
		}
	}
	slices.SortStableFunc(o.Conditions[1:], func(a, b points.Condition) int { return -compare(a.Kind, b.Kind) })
	if c.JoinedAt != 0 {
		o.State, o.JoinedAt = "joined", c.JoinedAt
	}
	m.Offers = append(m.Offers, o.ID)
	if err := save(d, m); err != nil {
		return "", err
	}
	return o.ID, o.save(d)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

func (o offer) save(d *keep.Desk) error {
	var next wallet.Time
	switch o.State {
	case "waiting":
		next = o.CreditBy
	case "joined", "open":
		next = max(o.Until, d.At+1)
	}
	if err := d.Wake(keep.KindOffer, o.ID, next); err != nil {
		return err
	}
	if err := keep.Put(d, keep.KindOffer, o.ID, o.CustomerID, o.Until, o); err != nil {
		return err
	}
	return d.Tell(wallet.PointsChanged, o.CustomerID, o.ID)
}

// JoinOffer has a customer take part in an offer, in the wallet's app. Errors: NotFound;
// Conflict where they do, or it is over.
func (l *Loyalty) JoinOffer(ctx context.Context, customer, id string) error {
	return l.books.Commit(ctx, func(d *keep.Desk) error {
		o, err := keep.Owned[offer](d, keep.KindOffer, customer, id)
		if err != nil {
			return err
		}
		if o.State != "open" || d.At >= o.Until {
			return fault.New(fault.Conflict, "loyalty.JoinOffer", "they take part, or it is over")
		}
		o.State, o.JoinedAt = "joined", d.At
		return o.save(d)
	})
}

// seen lets the offers of a customer judge a purchase.
func seen(d *keep.Desk, m *member, t wallet.Transaction) error {
	if t.Merchant == nil || t.Direction != wallet.Out {
		return nil
	}
	for _, id := range m.Offers {
		o, err := keep.Get[offer](d, keep.KindOffer, id)
		if err != nil {
			return err
		}
		if o.Rule.Shop != "" && o.Rule.Shop != t.Merchant.Name || t.CreatedAt < o.From-30*day || !t.Amount.Like(o.Rule.Minimum) {
			continue
		}
		try := points.Try{Transaction: t.ID, Name: t.Party(), Amount: t.Amount, At: t.CreatedAt, Why: o.judge(t)}
		o.Tries = append([]points.Try{try}, o.Tries...)
		o.Tries = o.Tries[:min(len(o.Tries), points.MaxTries)]
		if try.Why == "" {
			o.State, o.Counted, o.CreditBy = "waiting", t.ID, t.PostedAt+wallet.Time(o.Rule.Days)*day
		}
		if err := o.save(d); err != nil {
			return err
		}
	}
	return nil
}

// judge says why an offer does not count a purchase; "": it does.
func (o offer) judge(t wallet.Transaction) points.Code {
	switch {
	case o.Counted != "":
		return points.Once
	case o.JoinedAt == 0:
		return points.NotJoined
	case t.CreatedAt < o.From:
		return points.TooEarly
	case t.CreatedAt >= o.Until:
		return points.TooLate
	case t.CreatedAt < o.JoinedAt:
		return points.BeforeJoining
	case t.Amount.Cmp(o.Rule.Minimum) < 0:
		return points.BelowMinimum
	case o.Rule.Rail != "" && t.Rail != o.Rule.Rail:
		return points.OtherMethod
	default:
		return ""
	}
}

// unseen takes a purchase that was given back out of the offers, before they are credited.
func unseen(d *keep.Desk, m *member, t wallet.Transaction) error {
	for _, id := range m.Offers {
		o, err := keep.Get[offer](d, keep.KindOffer, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(o.Tries, func(x points.Try) bool { return x.Transaction == t.ID })
		if i < 0 || o.Tries[i].Why != "" || o.State != "waiting" {
			continue
		}
		o.Tries[i].Why = points.GivenBack
		o.State, o.Counted, o.CreditBy = "joined", "", 0
		if err := o.save(d); err != nil {
			return err
		}
	}
	return nil
}

// OfferStep credits what an offer gives, or ends one whose time is over.
func OfferStep(d *keep.Desk, id string) error {
	o, err := keep.Get[offer](d, keep.KindOffer, id)
	if err != nil {
		return err
	}
	switch {
	case o.State == "waiting" && d.At >= o.CreditBy:
		return o.credit(d)
	case (o.State == "joined" || o.State == "open") && d.At >= o.Until:
		o.State = "missed"
	}
	return o.save(d)
}

// credit gives what an offer promised.
func (o offer) credit(d *keep.Desk) error {
	m, err := of(d, o.CustomerID)
	if err != nil {
		return err
	}
	o.State, o.CreditedAt = "credited", d.At
	if o.Gives == "points" {
		k := lot{CustomerID: o.CustomerID, Lot: points.Lot{ID: "pl-" + o.ID, Name: o.Name, Offer: o.ID, Earned: o.Points, At: d.At, ReadyAt: d.At, ExpiresAt: d.At + lasts}}
		if o.Credit = k.ID; err == nil {
			err = earn(d, &m, k)
		}
		if err == nil {
			err = save(d, m)
		}
	} else {
		o.Credit = "cb-" + o.ID
		var amount wallet.Money
		if amount, err = o.cashback(d); err == nil {
			err = pay(d, o.CustomerID, o.Credit, amount)
		}
	}
	if fault.ReasonOf(err) == ledger.Stopped { // the account is closed: nothing can come
		o.State, o.CreditedAt, o.Credit = "missed", 0, ""
		err = nil
	}
	if err != nil {
		return err
	}
	return o.save(d)
}

// cashback is the share of the purchase that counts, up to the most there is.
func (o offer) cashback(d *keep.Desk) (wallet.Money, error) {
	p, err := d.Payment(o.Counted)
	if err != nil {
		return wallet.Money{}, err
	}
	share, err := strconv.ParseInt(o.Percent, 10, 64)
	if err != nil || share <= 0 {
		return o.Amount, nil
	}
	n := new(big.Int).Quo(new(big.Int).Mul(p.Tx.Amount.Smallest(), big.NewInt(share)), big.NewInt(100))
	part, err := wallet.Units(n, p.Tx.Amount.Currency(), p.Tx.Amount.Scale())
	if err != nil || part.Cmp(o.Amount) > 0 {
		return o.Amount, err
	}
	return part, nil
}

// pay brings money of the wallet's own to a customer, as a transaction.
func pay(d *keep.Desk, customer, id string, amount wallet.Money) error {
	other := "wallet:rewards:" + amount.Currency()
	if err := d.OpenOwn(other, amount, false); err != nil {
		return err
	}
	p, err := d.Begin(wallet.Transaction{
		ID: id, CustomerID: customer, AccountID: customer + ":main", Kind: wallet.KindAdjustment, Direction: wallet.In, Amount: amount, Rail: "wallet",
		Counterparty: &wallet.Counterparty{Name: lives.House}, CreatedAt: d.At,
	}, other, rails.Fate{Kind: rails.Fine})
	if err != nil {
		return err
	}
	for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
		if err := d.Advance(p, keep.Move{To: to, Final: to == wallet.Posted}); err != nil {
			return err
		}
	}
	return nil
}
