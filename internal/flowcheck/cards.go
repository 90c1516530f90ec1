package flowcheck

import (
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
)

// named is a customer whose first card a conversation calls card-1, and the first that is
// added card-2.
func named(s *scene) {
	s.ids["card-1"], s.ids["card-2"] = s.who+":card", s.who+":added1"
}

// fill fills in the form that the customer has open; its bank says what it says.
func fill(says string) func(*scene) {
	return func(s *scene) {
		open, err := s.own.Forms(s.ctx, s.who)
		s.note(err)
		for _, f := range open[:min(len(open), 1)] {
			_, err := s.own.Fill(s.ctx, s.who, f.ID, cards.Made{Type: "card", Brand: "Visa", Last4: "4242", Expiry: "2039-05", Says: says})
			s.note(err)
		}
		s.pass(5 * time.Second)
	}
}

// often does something several times.
func often(n int, what func(*scene)) func(*scene) {
	return func(s *scene) {
		for range n {
			what(s)
		}
	}
}

// permitted is a subscription on the first card.
func permitted(cancellable bool) func(*scene) {
	return func(s *scene) {
		named(s)
		now := wallet.At(s.clock.Now())
		m := instrument.Mandate{
			ID: "permit-" + s.who, CustomerID: s.who, InstrumentID: s.who + ":card", Merchant: "Streamwell", Kind: "subscription", State: instrument.Active, Amount: s.money("9.99"), Period: "month",
			NextAt: now + wallet.Time((20 * day).Microseconds()), Cancellable: cancellable, CreatedAt: now,
		}
		if !cancellable {
			m.Why = "ask_the_merchant"
		}
		s.ids["m-1"] = m.ID
		s.note(s.own.Permit(s.ctx, m))
	}
}

// second has the customer add a card before it begins.
func second(s *scene) {
	named(s)
	_, err := s.own.Link(s.ctx, wallet.Actor{}, instrument.Adding{Key: "second-" + s.who, CustomerID: s.who, Type: "card"})
	s.note(err)
	fill("")(s)
}

// changes are stages of changing a card (FL8).
func changes() map[string]stage {
	added := at(3, fill(""))
	return map[string]stage{
		"FL8-01": {set: named, before: added},
		"FL8-02": {set: func(s *scene) { named(s); s.pay("tx-1", bought(fine())); s.pass(time.Minute) }},
		"FL8-03": {set: func(s *scene) { named(s); refunding("5311", 20*hour, demowallet.RefundFine)(s) }},
		"FL8-04": {set: permitted(true)}, "FL8-05": {set: permitted(false)},
		"FL8-08": {set: named, before: at(3, fill(instrument.NameMismatch))},
		"FL8-09": {set: named, before: map[int]func(*scene){3: fill(instrument.Elsewhere), 5: fill("")}},
		"FL8-10": {set: named, before: at(3, often(3, fill("again")))},
		"FL8-11": {set: named, before: at(3, fill(instrument.NotTaken))},
		"FL8-13": {set: second},
		"FL8-17": {set: named}, "FL8-20": {set: named},
		"FL8-18": {set: down},
		"FL8-19": {set: named, before: at(4, func(s *scene) { s.pass(40 * time.Minute) })},
	}
}

// records are stages of looking things up (FL4).
func records() map[string]stage {
	sums := func(s *scene) {
		for _, text := range []string{"90", "270", "35.50", "120", "7777", "268"} {
			s.ids[text+" CNY"] = text + " " + s.currency
		}
	}
	lately := func(s *scene) {
		sums(s)
		s.pay("tx-1", bought(fine()))
		s.pass(40 * hour)
		in := received(fine())
		in.amount = "90.00"
		s.pay("tx-5", in)
		s.pass(50 * hour)
		refusal := bought(refused("51"))
		refusal.amount, refusal.party = "120.00", "Noodle Bar"
		s.pay("tx-4", refusal)
		s.pass(hour)
		fresh := bought(fine())
		fresh.amount = "35.50"
		s.pay("tx-2", fresh)
		s.pass(time.Minute)
	}
	months := func(s *scene) {
		zone := map[string]string{"CNY": "Asia/Shanghai", "GBP": "Europe/London"}[s.currency]
		place, err := time.LoadLocation(zone)
		s.note(err)
		now := s.clock.Now().In(place)
		first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, place)
		s.ids["st-11"], s.ids["st-10"] = "st-"+s.who+"-"+first.Format("2006-01"), "st-"+s.who+"-"+first.AddDate(0, -1, 0).Format("2006-01")
	}
	stream := bought(fine())
	stream.party, stream.category = "Streamwell", "4899"
	all := map[string]stage{
		"FL4-08": {set: func(*scene) {}}, "FL4-10": {set: months}, "FL4-11": {set: months}, "FL4-21": {set: months}, "FL4-18": {set: down},
		"FL4-20": {set: func(s *scene) { s.pay("tx-9", bought(ends(rails.Held))); s.pass(2 * hour) }},
		"FL4-22": {set: paid(stream, 40*hour)},
	}
	for _, id := range []string{"01", "02", "03", "04", "05", "06", "07", "13", "14", "15", "16", "17", "19"} {
		all["FL4-"+id] = stage{set: lately}
	}
	return all
}
