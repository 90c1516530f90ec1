package flowcheck

import (
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/wallet"
)

// week is seven days.
const week = 7 * day

// has is how many points can be spent.
func (s *scene) has() int64 {
	now, err := s.own.Points(s.ctx, wallet.Actor{}, s.who)
	s.note(err)
	return now.Balance
}

// coffees redeems points for coffee, in the wallet's app, until there are not enough.
func (s *scene) coffees() {
	for s.err == nil && s.has() >= 500 {
		_, err := s.own.Redeem(s.ctx, s.who, "rw-coffee")
		s.note(err)
	}
}

// collected is what a purchase of this sum, some time ago, and points that it brought.
func collected(amount string, ago time.Duration) func(*scene) {
	return func(s *scene) {
		s.pay("tx-1", costing(amount))
		s.pass(ago)
		s.ids["pl-1"] = "pl-" + s.ids["tx-1"]
	}
}

func costing(amount string) order {
	o := bought(fine())
	o.amount, o.category = amount, "5411"
	return o
}

// back has a purchase given back.
func (s *scene) back(of, sum string) {
	s.do(wallet.RequestRefund, of, string(wallet.Posted), sum, "customer")
	s.pass(8 * day)
}

// overspent is somebody whose points were spent when the purchase was given back; others
// settle it, or are not enough.
func overspent(settled bool) func(*scene) {
	return func(s *scene) {
		s.pay("tx-1", costing("900.00"))
		s.pass(3 * week)
		s.coffees()
		s.ids["pl-1"] = "pl-" + s.ids["tx-1"]
		if settled {
			s.pay("tx-2", costing("2000.00"))
			s.pass(0)
		}
		s.back("tx-1", "900.00")
		if settled {
			s.pass(2 * week)
		}
	}
}

// missing is a purchase of which the programme did not hear.
func missing(change func(*order)) func(*scene) {
	return func(s *scene) {
		s.note(s.own.Forget(s.ctx, s.who, 1))
		o := costing("268.00")
		change(&o)
		s.pay("tx-1", o)
		s.pass(2 * day)
	}
}

// claimed is one that was claimed some time ago.
func claimed(change func(*order), ago time.Duration) func(*scene) {
	return func(s *scene) {
		missing(change)(s)
		s.do(wallet.ClaimPoints, "tx-1", "none", "", "customer")
		s.pass(ago)
	}
}

// tried is a reward that the customer tried to have in the wallet's app.
func (s *scene) tried(reward string) {
	got, err := s.own.Redeem(s.ctx, s.who, reward)
	s.note(err)
	s.ids["rd-1"] = got.ID
}

// invited is an offer of a share of what is bought, which the customer joined or not, and
// what they buy then.
func invited(joined bool, amount string, ago time.Duration) func(*scene) {
	return func(s *scene) {
		now := wallet.At(s.clock.Now())
		c := demowallet.Campaign{
			Name: "10% back", Percent: "10", Most: s.money("5.00"), Minimum: s.money("20.00"), Shop: "Lotus Market", From: now - wallet.Time(day.Microseconds()), Until: now + wallet.Time((20 * day).Microseconds()), Days: 10,
		}
		if joined {
			c.JoinedAt = now
		}
		id, err := s.own.Invite(s.ctx, s.who, c)
		s.note(err)
		if s.ids["of-1"] = id; amount != "" {
			s.pay("tx-1", costing(amount))
		}
		s.pass(ago)
	}
}

// points are stages of points and offers (FL16).
func loyalties() map[string]stage {
	plain := func(*order) {}
	till := func(o *order) { o.kind = wallet.KindInStore }
	nothing := func(*scene) {}
	many := func(s *scene) { s.pay("tx-1", costing("2300.00")); s.pass(3 * week) }
	return map[string]stage{
		"FL16-01": {set: collected("268.00", 2*day)},
		"FL16-02": {set: func(s *scene) { s.pay("tx-1", costing("900.00")); s.pass(40 * day) }},
		"FL16-03": {set: overspent(false)},
		"FL16-04": {set: func(s *scene) { s.pass(70 * day) }},
		"FL16-05": {set: nothing},
		"FL16-06": {set: collected("268.00", hour)},
		"FL16-07": {set: collected("268.00", 2*day)},
		"FL16-08": {set: collected("268.00", 3*week)},
		"FL16-09": {set: func(s *scene) { collected("268.00", 2*day)(s); s.back("tx-1", "268.00") }},
		"FL16-10": {set: func(s *scene) { s.pay("tx-1", from(shopDecides)); s.pass(2 * day) }},
		"FL16-11": {set: missing(plain)}, "FL16-12": {set: missing(plain)},
		"FL16-13": {set: claimed(plain, hour)},
		"FL16-14": {set: claimed(till, 7*day)},
		"FL16-17": {set: missing(plain)},
		"FL16-18": {set: func(s *scene) { collected("268.00", 2*day)(s); s.back("tx-1", "100.00") }},
		"FL16-19": {set: nothing},
		"FL16-20": {set: overspent(true)},
		"FL16-21": {set: func(s *scene) { s.tried("rw-cinema") }},
		"FL16-22": {set: func(s *scene) { s.do(wallet.Freeze, "", "", "", "staff"); s.tried("rw-coffee") }},
		"FL16-23": {set: nothing},
		"FL16-24": {set: func(s *scene) {
			s.pay("tx-1", costing("900.00"))
			s.pass(3 * week)
			s.tried("rw-coffee")
			s.pass(91 * day)
		}},
		"FL16-25": {set: nothing},
		"FL16-26": {set: func(s *scene) { s.pay("tx-1", costing("1200.00")); s.pass(3 * week) }},
		"FL16-27": {set: many}, "FL16-28": {set: many},
		"FL16-31": {set: invited(true, "12.00", 2*day)},
		"FL16-32": {set: invited(true, "60.00", 2*day)},
		"FL16-33": {set: invited(true, "60.00", 2*week)},
		"FL16-34": {set: invited(true, "12.00", 4*week)},
		"FL16-35": {set: invited(false, "", hour)},
		"FL16-37": {set: nothing},
		"FL16-39": {set: nothing, before: at(1, down)},
		"FL16-40": {set: invited(true, "", hour)},
		"FL16-41": {set: nothing},
		"FL16-43": {set: func(s *scene) { s.pay("tx-1", costing("900.00")); s.pass(3 * week); s.tried("rw-coffee"); s.pass(0) }},
		"FL16-46": {set: missing(till)},
		"FL16-47": {set: func(s *scene) {
			missing(plain)(s)
			s.do(wallet.RequestRefund, "tx-1", string(wallet.Posted), "27.00", "customer")
		}},
		"FL16-48": {set: func(s *scene) {
			collected("900.00", 3*week)(s)
			s.tried("rw-coffee")
			s.back("tx-1", "100.00")
		}},
	}
}

// beyondLoyalty says of the others why nobody comes there.
func beyondLoyalty(all map[string]string) {
	all["FL16-15"] = "the wallet takes files"
	all["FL16-16"] = "the wallet takes every claim that it said it would take"
	all["FL16-29"] = "the wallet redeems at once what it said that it can redeem"
	all["FL16-30"] = "an answer that is lost is found again at once, by the key"
	all["FL16-36"] = "the wallet credits every offer on its day"
	all["FL16-44"] = "every shop there collects in time"
	all["FL16-45"] = "the wallet decides every claim on its day"
	all["FL16-38"] = "everybody collects points there"
}
