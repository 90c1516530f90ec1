package loyalty

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

// catalogue is what points can be redeemed for, in the customer's language and currency.
func catalogue(who wallet.Customer, currency string) ([]points.Reward, error) {
	zh := strings.HasPrefix(who.Locale, "zh")
	var list []points.Reward
	for _, r := range []struct {
		id, kind, en, zh, value string
		points                  int64
		lasts                   int
		why                     points.Code
	}{
		{"rw-coffee", "voucher", "Coffee voucher", "咖啡券", "5.00", 500, 90, ""},
		{"rw-credit", "credit", "Credit in your wallet", "钱包返现", "8.00", 1000, 0, ""},
		{"rw-grocery", "voucher", "Grocery voucher", "超市购物券", "20.00", 2000, 180, ""},
		{"rw-welcome", "voucher", "Welcome voucher", "新客礼券", "2.00", 100, 30, ""},
		{"rw-cinema", "voucher", "Cinema ticket", "电影票", "9.00", 900, 60, points.SoldOut},
		{"rw-weekend", "voucher", "A weekend away", "周末度假券", "200.00", 20_000, 365, ""},
	} {
		value, err := wallet.Parse(r.value, currency, 2)
		if err != nil {
			return nil, err
		}
		one := points.Reward{ID: r.id, Kind: r.kind, Name: r.en, State: points.Open, Points: r.points, Value: value, Lasts: r.lasts}
		if zh {
			one.Name = r.zh
		}
		if r.why != "" {
			one.State, one.Why = "closed", r.why
		}
		list = append(list, one)
	}
	return list, nil
}

// judged is the catalogue as it stands for a member.
func judged(all []points.Reward, m member, ready, pending int64, leaving, frozen bool) []points.Reward {
	for i, r := range all {
		why := points.Code("")
		switch {
		case r.Why != "":
			continue
		case leaving:
			why = points.AccountClosing
		case frozen: // by whom is not told here
			why = points.NotNow
		case r.ID == "rw-welcome" && m.Had[r.ID] > 0:
			why = points.Once
		case m.Owed > 0:
			why = points.Owes
		case r.Points <= ready:
			continue
		case r.Points <= ready+pending:
			why = points.OnlyPending
		default:
			why = points.NotEnough
		}
		all[i].State, all[i].Why = "closed", why
	}
	return all
}

// offered is the catalogue for a customer, inside a commit.
func offered(d *keep.Desk, who wallet.Customer) ([]points.Reward, member, error) {
	m, err := of(d, who.ID)
	if err != nil {
		return nil, m, err
	}
	open, err := m.lots(d)
	if err != nil {
		return nil, m, err
	}
	var ready, pending int64
	for _, k := range open {
		if k.State == points.Ready {
			ready += k.Left
		} else {
			pending += k.Left
		}
	}
	main, _, err := d.Account(who.ID + ":main")
	if err != nil {
		return nil, m, err
	}
	account, err := keep.Get[wallet.Account](d, keep.KindAccount, who.ID+":main")
	if err != nil {
		return nil, m, err
	}
	all, err := catalogue(who, main.Currency)
	leave, _, free := free(d, who.ID)
	return judged(all, m, ready, pending, account.Status == "closing", !leave), m, cmp.Or(err, free)
}

// Points tells what points a customer has, and which offers they took part in. Errors:
// NotFound, Unavailable.
func (l *Loyalty) Points(ctx context.Context, _ wallet.Actor, customer string) (points.Standing, error) {
	s := points.Standing{CustomerID: customer, Program: Program, Unit: Unit, Lots: []points.Lot{}, Redemptions: []points.Redemption{}, Claims: []points.Claim{}, Rewards: []points.Reward{}, Offers: []points.Offer{}}
	who, err := keep.Read[wallet.Customer](ctx, l.books, keep.KindCustomer, "", customer)
	if err != nil {
		return s, err
	}
	accounts, err := l.books.Accounts(ctx, customer)
	if err != nil {
		return s, err
	}
	i := slices.IndexFunc(accounts, func(a ledger.Standing) bool { return a.ID == customer+":main" })
	if i < 0 {
		return s, fault.New(fault.NotFound, "loyalty.Points", "they have no account")
	}
	if s.Rule, err = rule(accounts[i].Currency); err != nil {
		return s, err
	}
	m, err := keep.Read[member](ctx, l.books, keep.KindPoints, customer, customer)
	if fault.Is(err, fault.NotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Member, s.Owed = true, m.Owed
	if err := l.lists(ctx, m, &s); err != nil {
		return s, err
	}
	all, err := catalogue(who, accounts[i].Currency)
	if err != nil {
		return s, err
	}
	account, err := keep.Read[wallet.Account](ctx, l.books, keep.KindAccount, customer, customer+":main")
	frozen := slices.ContainsFunc(accounts, func(a ledger.Standing) bool { return a.ID == Account(customer) && (a.Frozen || a.Closed) })
	s.Rewards = judged(all, m, s.Balance+s.Owed, s.Pending, account.Status == "closing", frozen)
	return s, err
}

// lists gathers what there is of a member.
func (l *Loyalty) lists(ctx context.Context, m member, s *points.Standing) error {
	lots, err := keep.Gather[lot](ctx, l.books, keep.KindLot, m.CustomerID, mostLots)
	if err != nil {
		return err
	}
	for _, id := range m.Open { // also those that are older than the last ones
		if !slices.ContainsFunc(lots, func(k lot) bool { return k.ID == id }) && len(lots) < mostLots {
			k, err := keep.Read[lot](ctx, l.books, keep.KindLot, m.CustomerID, id)
			if err != nil {
				return err
			}
			lots = append(lots, k)
		}
	}
	for _, k := range lots {
		s.Lots = append(s.Lots, k.Lot)
		switch k.State {
		case points.Ready:
			s.Balance += k.Left
		case points.Pending:
			s.Pending += k.Left
		}
	}
	s.Balance -= m.Owed
	redemptions, err := keep.Gather[points.Redemption](ctx, l.books, keep.KindRedemption, m.CustomerID, mostList)
	if err != nil {
		return err
	}
	for _, r := range redemptions {
		s.Redemptions = append(s.Redemptions, lapsed(r, wallet.At(l.books.Clock())))
	}
	claims, err := keep.Gather[claim](ctx, l.books, keep.KindClaim, m.CustomerID, mostList)
	if err != nil {
		return err
	}
	for _, c := range claims {
		s.Claims = append(s.Claims, c.Claim)
	}
	offers, err := keep.Gather[offer](ctx, l.books, keep.KindOffer, m.CustomerID, mostList)
	if err != nil {
		return err
	}
	for _, o := range offers {
		s.Offers = append(s.Offers, o.Offer)
	}
	return nil
}

// earned is what is said of a purchase, with when a claim of it would be decided.
type earned struct{ points.Earning }

func (earned) decideBy(at wallet.Time) wallet.Time { return (at/day + 1 + decides/day) * day }

// found reads records, inside a commit or beside one.
type found struct {
	member func() (member, error)
	lot    func(id string) (lot, error)
	claim  func(id string) (claim, error)
	at     wallet.Time
}

// earning judges the points of a purchase inside a commit.
func earning(d *keep.Desk, p keep.Payment) (earned, error) {
	return found{
		member: func() (member, error) { return of(d, p.Tx.CustomerID) },
		lot:    func(id string) (lot, error) { return keep.Get[lot](d, keep.KindLot, id) },
		claim:  func(id string) (claim, error) { return keep.Get[claim](d, keep.KindClaim, id) }, at: d.At,
	}.earning(p)
}

// Earning tells of the points of one purchase. Errors: NotFound, Unavailable.
func (l *Loyalty) Earning(ctx context.Context, _ wallet.Actor, customer, transaction string) (points.Earning, error) {
	p, err := keep.Read[keep.Payment](ctx, l.books, keep.KindPayment, customer, transaction)
	if err != nil {
		return points.Earning{}, err
	}
	e, err := found{
		member: func() (member, error) { return keep.Read[member](ctx, l.books, keep.KindPoints, customer, customer) },
		lot:    func(id string) (lot, error) { return keep.Read[lot](ctx, l.books, keep.KindLot, customer, id) },
		claim: func(id string) (claim, error) {
			return keep.Read[claim](ctx, l.books, keep.KindClaim, customer, id)
		}, at: wallet.At(l.books.Clock()),
	}.earning(p)
	return e.Earning, err
}

func (f found) earning(p keep.Payment) (earned, error) {
	t := p.Tx
	e := earned{points.Earning{TransactionID: t.ID, State: "none", ClaimBy: t.CreatedAt + claims}}
	var who *member
	m, err := f.member()
	if err == nil {
		who = &m
	} else if !fault.Is(err, fault.NotFound) {
		return e, err
	}
	if k, err := f.lot(lotID(t.ID)); err == nil {
		e.State, e.Lot, e.Points = string(k.State), k.ID, k.Earned
		if c, err := f.claim(claimID(t.ID)); err == nil {
			e.Claim = c.ID
		}
		return e, nil
	} else if !fault.Is(err, fault.NotFound) {
		return e, err
	}
	n, why := earns(who, t)
	e.Points = n - backOf(p, n)
	c, err := f.claim(claimID(t.ID))
	switch {
	case err == nil:
		e.Claim, e.Why = c.ID, c.Why
		return e, nil
	case !fault.Is(err, fault.NotFound):
		return e, err
	case why != "":
		e.Why = why
	case slices.Contains([]wallet.State{wallet.Initiated, wallet.RequiresAction, wallet.RiskHold, wallet.Authorised, wallet.PartiallyCaptured, wallet.Captured, wallet.Processing}, t.State):
		e.State, e.DueBy = "due", t.CreatedAt+overdue
	case t.State == wallet.RefundPending:
		e.Why = points.RefundOpen
	case t.State == wallet.Disputed || t.State == wallet.ProvisionalCredit:
		e.Why = points.DisputeOpen
	case givenBack(t.State) && e.Points == 0:
		e.Why = points.GivenBack
	case !collected(t.State):
		e.Why = points.Unfinished
	case f.at >= e.ClaimBy:
		e.Why = points.ClaimLate
	default:
		e.Claimable = true
	}
	return e, nil
}

// Forget has the programme not hear of a customer's next purchases. Errors: NotFound.
func Forget(d *keep.Desk, customer string, n int) error {
	m, err := of(d, customer)
	if err != nil {
		return err
	}
	m.Deaf = n
	return save(d, m)
}

// Forget has the programme not hear of a customer's next purchases, so that their points are
// missing. Errors: NotFound, Unavailable.
func (l *Loyalty) Forget(ctx context.Context, customer string, n int) error {
	return l.books.Commit(ctx, func(d *keep.Desk) error { return Forget(d, customer, n) })
}
