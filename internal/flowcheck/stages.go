package flowcheck

import (
	"maps"
	"slices"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
)

// stage is how the demo's wallet comes to stand as a golden conversation wants it: by
// payments on its rails and by commands, never by writing a state down.
type stage struct {
	set func(*scene)
	// before lets something happen before a turn, by its number, in place of what the
	// conversation says that the wallet tells then.
	before map[int]func(*scene)
	// later is how long it takes here until what a turn waits for.
	later map[int]time.Duration
	skip  []int // turns that the wallet has no use for, such as a second look
}

const (
	hour = time.Hour
	day  = 24 * hour
)

// paid is a payment, and some time.
func paid(o order, ago time.Duration) func(*scene) {
	return func(s *scene) { s.pay("tx-1", o); s.pass(ago) }
}

// twice is a payment that the shop took twice.
func twice(ago time.Duration) func(*scene) {
	return func(s *scene) {
		s.pay("tx-1", bought(ends(rails.Double)))
		s.ids["tx-2"] = s.ids["tx-1"] + "-2"
		s.pass(ago)
	}
}

// at lets something happen before one turn.
func at(turn int, what func(*scene)) map[int]func(*scene) { return map[int]func(*scene){turn: what} }

// by is how long one turn waits here.
func by(turn int, d time.Duration) map[int]time.Duration { return map[int]time.Duration{turn: d} }

// lost has the answer to the next command not arrive.
func lost(s *scene) { s.trouble.lose.Store(true) }

// down has the wallet not answer.
func down(s *scene) { s.trouble.down.Store(true) }

// refunding is a payment of some hours ago of which a refund was asked for some time
// later, in a shop of a category.
func refunding(category string, ago time.Duration, fate string) func(*scene) {
	return func(s *scene) {
		o := bought(fine())
		o.category = category
		s.pay("tx-1", o)
		s.pass(30 * hour)
		s.fate(demowallet.NextRefund, fate)
		made := s.do(wallet.RequestRefund, "tx-1", string(wallet.Posted), "268.00", "customer")
		if len(made.Made) > 0 {
			s.ids["rf-1"] = made.Made[0].ID
		}
		s.pass(ago)
	}
}

// from is a payment in a shop of a category.
func from(category string) order {
	o := bought(fine())
	o.category = category
	return o
}

// Categories of shops, by what is agreed with them (ISO 18245).
const (
	shopDecides = "4111"
	wantsProof  = "5812"
)

// frozen is a payment that the wallet refused while the account was frozen.
func frozen(s *scene) {
	s.do(wallet.Freeze, "", "", "", "staff")
	s.pay("tx-1", bought(fine()))
	s.pass(5 * time.Minute)
}

// agreed has a second person agree; the customer's proof is old by then, and they are
// asked for it once more.
func agreed(s *scene) {
	s.decide(true)
	s.note(s.house.work(s.ctx))
	s.answer(true)
	s.pass(20 * time.Second)
	s.note(s.house.work(s.ctx))
}

// stages are the golden conversations that the demo's wallet can bring about.
func stages() map[string]stage {
	all := map[string]stage{}
	for _, part := range []map[string]stage{failures(), transfers(), refunds(), stops(), fraud(), papers(), hacked(), posing(), phrases(), begun(), waits(), gone(), wrong(), changes(), records(), chains(), leaves(), loyalties(), agreements()} {
		for name, s := range part {
			all[name] = s
		}
	}
	return all
}

// failures are stages of payments that did not work (FL2).
func failures() map[string]stage {
	minutes := 5 * time.Minute
	quick := bought(fine())
	quick.rail = "wechat"
	dear := bought(fine())
	dear.amount = "99000.00"
	return map[string]stage{
		"FL2-01": {set: paid(bought(refused("51")), minutes)},
		"FL2-02": {set: func(s *scene) {
			s.pay("tx-1", bought(refused("91")))
			s.pass(2 * time.Minute)
			s.pay("tx-2", quick)
			s.pass(8 * time.Minute)
		}},
		"FL2-03": {set: twice(29 * hour)},
		"FL2-04": {set: paid(quick, minutes)},
		"FL2-05": {set: paid(bought(ends(rails.Lapses)), 30*hour), later: by(4, 150*hour)},
		"FL2-06": {set: func(s *scene) { s.pay("tx-1", bought(refused("91"))); s.pass(minutes); s.fault("card", 3*hour) }},
		"FL2-07": {set: paid(bought(rails.Fate{Kind: rails.Hangs, Then: rails.Fine}), minutes), later: by(3, 2*hour)},
		"FL2-09": {set: paid(bought(refused("59")), minutes)},
		"FL2-10": {set: paid(bought(ends(rails.Held)), 3*hour)},
		"FL2-11": {set: paid(dear, minutes)},
		"FL2-12": {set: func(s *scene) {
			s.pay("tr-9", bought(notBegun("14")))
			s.ids["attempt:tr-9"] = s.ids["tr-9"]
			s.pass(3 * time.Minute)
		}},
		"FL2-13": {set: paid(bought(ends(rails.Waits)), 20*time.Minute)},
		"FL2-14": {set: paid(order{amount: "20.00", party: "Lotus Market", category: "5311", kind: wallet.KindPayment, rail: "sepa", fate: refused("AM03")}, minutes)},
		"FL2-15": {set: frozen}, "FL2-21": {set: frozen},
		"FL2-16": {set: func(*scene) {}},
		"FL2-17": {set: down},
		"FL2-18": {set: paid(bought(rails.Fate{Kind: rails.AfterDebit, Raw: "92"}), 14*hour)},
		"FL2-19": {set: paid(bought(refused("51")), minutes)},
		"FL2-20": {set: func(s *scene) {
			s.pay("tx-2", quick)
			s.pay("tx-1", bought(refused("94")))
			s.pass(6 * time.Minute)
		}},
		"FL2-22": {set: paid(sent(ends(rails.Stuck)), 51*hour), later: by(4, 9*hour)},
		"FL2-23": {set: twice(29 * hour), before: at(3, lost)},
		"FL2-24": {set: twice(29 * hour)},
		"FL2-25": {set: paid(quick, minutes)},
		"FL2-27": {set: paid(received(fine()), 40*hour)},
		"FL2-28": {set: paid(quick, minutes)},
	}
}

// transfers are stages of money that has not arrived (FL6).
func transfers() map[string]stage {
	late := paid(sent(ends(rails.Stuck)), 51*hour)
	under := paid(sent(fine()), 2*hour)
	return map[string]stage{
		"FL6-01": {set: under},
		"FL6-02": {set: late, later: by(5, 9*hour)},
		"FL6-03": {set: func(s *scene) { under(s); s.fault("sepa", 5*hour) }},
		"FL6-04": {set: paid(sent(rails.Fate{Kind: rails.Hangs, Then: rails.Fine}), 10*time.Minute), later: map[int]time.Duration{3: hour, 4: 2 * hour}},
		"FL6-05": {set: paid(sent(fine()), 40*hour)},
		"FL6-06": {set: paid(bought(ends(rails.Lapses)), 26*hour)},
		"FL6-07": {set: refunding("5311", 20*hour, demowallet.RefundFine)},
		"FL6-08": {set: paid(sent(rails.Fate{Kind: rails.AfterDebit, Raw: "AC04"}), 12*hour), later: by(3, 24*hour)},
		"FL6-09": {set: under},
		"FL6-10": {set: paid(sent(fine()), 30*hour)},
		"FL6-11": {set: func(*scene) {}},
		"FL6-12": {set: late},
		"FL6-13": {set: late},
		"FL6-14": {set: paid(sent(refused("AC04")), 3*hour)},
		"FL6-15": {set: under},
		"FL6-16": {set: late, before: at(3, func(s *scene) { s.pass(hour) })},
		"FL6-17": {set: under, before: at(3, lost), later: by(5, 72*hour)},
		"FL6-18": {set: late},
		"FL6-19": {set: paid(received(fine()), 2*hour)},
		"FL6-20": {set: paid(received(ends(rails.Stuck)), 40*hour)},
		"FL6-21": {set: paid(received(fine()), 40*hour)},
		"FL6-22": {set: func(s *scene) { s.pay("tx-1", received(fine())); s.pass(2 * hour); s.fault("sepa", 3*hour) }},
		"FL6-23": {set: under},
	}
}

// refunds are stages of giving money back (FL7).
func refunds() map[string]stage {
	posted := paid(bought(fine()), 100*hour)
	asked := paid(from(shopDecides), 30*hour)
	dear := func(s *scene) {
		o := bought(fine())
		o.amount = map[string]string{"CNY": "8000.00", "GBP": "2000.00"}[s.currency]
		paid(o, 100*hour)(s)
	}
	partly := func(s *scene) {
		s.pay("tx-1", bought(fine()))
		s.pass(30 * hour)
		s.do(wallet.RequestRefund, "tx-1", string(wallet.Posted), "168.00", "customer")
		s.pass(8 * day)
	}
	return map[string]stage{
		"FL7-02": {set: partly},
		"FL7-03": {set: paid(bought(fine()), 40*day)},
		"FL7-05": {set: paid(from(wantsProof), 100*hour)}, "FL7-23": {set: paid(from(wantsProof), 40*hour)},
		"FL7-07": {set: refunding("5311", 20*hour, demowallet.RefundFine), later: by(3, 80*hour)},
		"FL7-08": {set: refunding("5311", 100*hour, demowallet.RefundAbnormal)},
		"FL7-10": {set: refunding(shopDecides, hour, demowallet.RefundFine)},
		"FL7-11": {set: func(s *scene) { posted(s); s.do(wallet.OpenDispute, "tx-1", string(wallet.Posted), "", "customer") }},
		"FL7-12": {set: paid(bought(refused("51")), 5*time.Minute)},
		"FL7-13": {set: dear, before: at(6, agreed), later: by(6, time.Minute)},
		"FL7-14": {set: dear, before: at(6, func(s *scene) { s.decide(false) })},
		"FL7-15": {set: posted, before: at(5, lost), skip: []int{6}},
		"FL7-17": {set: posted}, "FL7-18": {set: posted},
		"FL7-19": {set: partly}, "FL7-26": {set: paid(from(wantsProof), 100*hour)},
		"FL7-20": {set: asked, later: by(5, 22*hour)},
	}
}

// stops are stages of a wallet that somebody had stopped (FL15).
func stops() map[string]stage {
	by := func(who, name string) func(*scene) {
		return func(s *scene) {
			if made := s.do(wallet.Freeze, "", "", "", who); len(made.Made) > 0 {
				s.ids[name] = made.Made[0].ID
			}
			s.pass(hour)
		}
	}
	own, ours := by("customer", "fr-1"), by("staff", "fr-2")
	return map[string]stage{
		"FL15-01": {set: own}, "FL15-08": {set: own}, "FL15-17": {set: own}, "FL15-18": {set: own}, "FL15-22": {set: own},
		"FL15-02": {set: func(*scene) {}}, "FL15-03": {set: func(*scene) {}},
		"FL15-11": {set: own, before: at(2, down)},
		"FL15-12": {set: ours, before: at(5, agreed)},
		"FL15-13": {set: ours, before: at(5, func(s *scene) { s.decide(false) })},
	}
}

// fraud are stages of payments that the customer did not make (FL19).
func fraud() map[string]stage {
	posted := paid(bought(fine()), 40*hour)
	return map[string]stage{
		"FL19-01": {set: posted}, "FL19-04": {set: posted}, "FL19-05": {set: posted}, "FL19-06": {set: posted}, "FL19-07": {set: posted}, "FL19-08": {set: posted},
		"FL19-03": {set: paid(sent(fine()), 30*hour)},
		"FL19-09": {set: posted, before: at(2, down)},
		"FL19-10": {set: posted}, "FL19-11": {set: func(*scene) {}},
		"FL19-14": {set: posted, before: at(2, down)},
		"FL19-15": {set: posted}, "FL19-16": {set: posted}, "FL19-17": {set: posted}, "FL19-20": {set: posted}, "FL19-21": {set: posted},
		"FL19-18": {set: posted, before: at(4, lost)},
		"FL19-19": {set: posted, before: at(9, lost)},
		"FL19-22": {set: posted},
		"FL19-23": {set: paid(sent(fine()), 2*hour)},
		"FL19-42": {set: posted}, "FL19-43": {set: posted},
		"FL19-47": {set: paid(received(fine()), 30*hour)}, "FL19-48": {set: paid(sent(fine()), 30*hour)},
		"FL19-44": {set: paid(bought(ends(rails.Lapses)), 30*hour)},
	}
}

// papers are stages of what customers add to a dispute (FL19, FL22).
func papers() map[string]stage {
	posted := paid(bought(fine()), 40*hour)
	open := func(claim wallet.Claim, ago time.Duration) func(*scene) {
		return func(s *scene) {
			posted(s)
			s.claim = claim
			if made := s.do(wallet.OpenDispute, "tx-1", string(wallet.Posted), "", "customer"); len(made.Made) > 0 {
				s.ids["dp-1"] = made.Made[0].ID
			}
			s.pass(ago)
		}
	}
	shop, own, scam := open(wallet.ClaimMerchant, 3*day), open(wallet.ClaimUnauthorised, 3*day), open(wallet.ClaimScam, 3*day)
	return map[string]stage{
		"FL19-28": {set: posted}, "FL19-29": {set: posted}, "FL19-35": {set: posted}, "FL19-34": {set: posted},
		"FL19-30": {set: posted, before: at(13, down)},
		"FL19-31": {set: shop}, "FL19-39": {set: shop}, "FL19-40": {set: shop},
		"FL19-32": {set: open(wallet.ClaimUnauthorised, 9*day), before: at(4, func(s *scene) { s.pass(2 * day) })},
		"FL19-36": {set: scam}, "FL19-38": {set: own},
		"FL22-01": {set: shop}, "FL22-08": {set: shop}, "FL22-09": {set: shop}, "FL22-11": {set: shop}, "FL22-12": {set: shop},
		"FL22-02": {set: open(wallet.ClaimUnauthorised, 9*day), before: at(3, func(s *scene) { s.pass(2 * day) })},
		"FL22-04": {set: posted}, "FL22-05": {set: scam}, "FL22-07": {set: own}, "FL22-13": {set: own},
	}
}

// Staged lists the golden conversations that the demo's wallet can bring about.
func Staged() []string { return slices.Sorted(maps.Keys(stages())) }
