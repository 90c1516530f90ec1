package lives

import (
	"strconv"
	"time"

	"kefu/internal/domain/wallet"
)

// Member is somebody who collects points, from a time on.
type Member struct{ Since wallet.Time }

// Forgotten is how many purchases to come bring a customer no points, as if the wallet had
// not heard of them.
type Forgotten struct{ Purchases int }

// Campaign is an offer as the operator makes it to a customer.
type Campaign struct {
	Name     string
	Points   int64        // what it gives: points …
	Percent  string       // … or a share of a purchase,
	Most     wallet.Money // up to this much
	Minimum  wallet.Money // of one purchase
	Shop     string       // "": any
	Rail     string       // "": any
	From     wallet.Time
	Until    wallet.Time
	Days     int         // from the purchase until it is credited
	JoinedAt wallet.Time // 0: they did not
}

// collects has the person collect points: those who have a story from when their past
// begins, everybody else from now on.
func (s *seeding) collects() error {
	since := wallet.At(s.now)
	if s.life.story != nil {
		since = s.before((seedDays + 2) * 24 * time.Hour)
	}
	return s.into.Keep(s.person.ID, Member{Since: since})
}

// offers are what was offered to somebody with a story: one that was met, and one for which
// what they bought was too little.
func (s *seeding) offers() error {
	shop := s.life.shops[0]
	words := [2]string{"5% back on groceries", "300 points for dinner out"}
	if s.person.Language == "zh" {
		words = [2]string{"超市消费返现 5%", "外出就餐送 300 积分"}
	}
	dinner, _ := s.person.dinner()
	offered := []Campaign{
		{Name: words[0], Percent: "5", Most: s.money("5.00"), Minimum: s.money("15.00"), Shop: shop.name, From: s.before(20 * 24 * time.Hour), Until: s.before(-15 * 24 * time.Hour), Days: 30, JoinedAt: s.before(16 * 24 * time.Hour)},
		{Name: words[1], Points: 300, Minimum: s.money("60.00"), Shop: dinner, From: s.before(12 * 24 * time.Hour), Until: s.before(-9 * 24 * time.Hour), Days: 14, JoinedAt: s.before(10 * 24 * time.Hour)},
	}
	if s.person.ID == "cust-anna" { // who was only invited to dinner
		offered = offered[1:]
	}
	for _, c := range offered {
		if err := s.into.Keep(s.person.ID, c); err != nil {
			return err
		}
	}
	return nil
}

// dinner is where the person ate, and for how much: less than an offer asks for.
func (p Person) dinner() (name, amount string) {
	if p.Language == "zh" {
		return "外婆家", "46.00"
	}
	return "Trattoria Bella", "46.00"
}

// loyal is what happened to the points of somebody with a story: a dinner that an offer does
// not count, and a purchase whose points did not come.
func (s *seeding) loyal() error {
	name, amount := s.person.dinner()
	dinner := s.base(wallet.KindInStore, wallet.Out, s.money(amount), s.before(8*24*time.Hour))
	dinner.Merchant = &wallet.Merchant{Name: name, Category: "5812", Descriptor: name}
	if err := s.run(s.byCard(dinner), settled(dinner, day, false)...); err != nil {
		return err
	}
	if err := s.into.Keep(s.person.ID, Forgotten{Purchases: 1}); err != nil {
		return err
	}
	shop := s.life.shops[0]
	lost := s.base(wallet.KindInStore, wallet.Out, s.money("38.60"), s.before(6*24*time.Hour))
	lost.Merchant = &wallet.Merchant{Name: shop.name, Category: shop.category, Descriptor: shop.name}
	return s.run(s.byCard(lost), settled(lost, day, false)...)
}

// byCard is a payment at a till.
func (s *seeding) byCard(t wallet.Transaction) wallet.Transaction {
	t.InstrumentID, t.Channel, t.Rail, t.RailRef = s.person.ID+":card", "in_store", "card", "RRN"+strconv.FormatUint(hash(t.ID)%1_000_000_000_000, 10)
	return t
}
