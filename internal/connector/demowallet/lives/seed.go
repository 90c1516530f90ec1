// Package lives invents the people of the demo's wallet: who they are, what they have and
// owe, how they spent three months, and the trouble each of them is in. It writes through
// what the wallet gives it, so that every payment of the past was made by the wallet's
// own simulator, on its own books.
package lives

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"time"

	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
)

// seedDays is how far back the invented lives go.
const seedDays = 92

// Writer is the wallet, as lives are written into it, in one commit.
type Writer interface {
	AddCustomer(wallet.Customer) error
	OpenAccount(customer, currency string, scale int, a wallet.Account) error
	// Keep keeps something of a customer's: one of the types of the contract, or one of
	// this package's.
	Keep(customer string, v any) error
	Begin(wallet.Transaction) error
	// Advance takes a transaction to its next state; last: nothing more is planned for it.
	// Errors: Conflict with the ledger's reason when there is not enough money.
	Advance(id string, step rails.Step, last bool) error
	// Later has the rest of a transaction's steps happen when their time comes.
	Later(id string, steps []rails.Step) error
	// Short fails a transaction for which there is not enough money.
	Short(id string, at wallet.Time) error
	// Refused is what becomes of a transaction that its rail refuses.
	Refused(t wallet.Transaction, raw string) ([]rails.Step, error)
	// Refunding has a transaction bring the refund of another one.
	Refunding(bought string, refund wallet.Transaction, asked, arrives wallet.Time) error
}

// seeding is one person's life being written.
type seeding struct {
	into   Writer
	person Person
	life   life
	random *rand.Rand
	now    time.Time
	count  int
	main   string // the account of everyday
}

// Write writes a person's life down: an invented one of three months up to now, and
// their story. The same people get the same lives, but for the day. Errors: those of the
// writer.
func Write(into Writer, p Person, now time.Time) error {
	l := lifeOf(p)
	s := &seeding{into: into, person: p, life: l, random: rand.New(rand.NewPCG(hash(p.ID), 20261122)), now: now}
	if err := into.AddCustomer(customerOf(p, l, s.ago(430, 10))); err != nil {
		return err
	}
	if err := s.accounts(); err != nil {
		return err
	}
	if err := s.instruments(); err != nil {
		return err
	}
	if l.story != nil {
		if err := s.collects(); err != nil {
			return err
		}
		if err := s.offers(); err != nil {
			return err
		}
		if err := s.agrees(); err != nil {
			return err
		}
	}
	if err := s.arrive("opening balance", s.twice(l.income), wallet.KindTopUp, s.ago(seedDays+1, 9), "card"); err != nil {
		return err
	}
	if p.New {
		return s.around()
	}
	last := 1
	if l.quiet {
		last = 4
	}
	for day := seedDays; day >= last; day-- {
		if err := s.day(day); err != nil {
			return err
		}
	}
	if err := s.around(); err != nil {
		return err
	}
	if l.story == nil {
		return nil
	}
	if err := l.story(s); err != nil {
		return err
	}
	return s.loyal()
}

// ago is an instant some days before today, at an hour in UTC with odd minutes.
func (s *seeding) ago(days, hour int) wallet.Time {
	y, m, d := s.now.UTC().Date()
	at := time.Date(y, m, d-days, hour, s.random.IntN(60), s.random.IntN(60), 0, time.UTC)
	return wallet.At(at)
}

// before is an instant some time before now.
func (s *seeding) before(d time.Duration) wallet.Time {
	return wallet.At(s.now.Add(-d).Truncate(time.Second))
}

func (s *seeding) money(text string) wallet.Money {
	m, err := wallet.Parse(text, s.life.currency, 2)
	if err != nil {
		panic(err) // a figure of this package's own is no figure
	}
	return m
}

func (s *seeding) cents(n int64) wallet.Money {
	m, err := wallet.Units(big.NewInt(n), s.life.currency, 2)
	if err != nil {
		panic(err) // as above
	}
	return m
}

func (s *seeding) twice(text string) wallet.Money {
	m := s.money(text)
	m, err := m.Add(m)
	if err != nil {
		panic(err) // as above
	}
	return m
}

func (s *seeding) accounts() error {
	opened := s.ago(430, 10)
	open := func(suffix, kind, name, number, currency string, scale int) error {
		return s.into.OpenAccount(s.person.ID, currency, scale, wallet.Account{
			ID: s.person.ID + ":" + suffix, Kind: kind, Name: name, Status: "active", Block: "none", Number: number, OpenedAt: opened,
		})
	}
	s.main = s.person.ID + ":main"
	number := s.life.country + strconv.FormatUint(10+hash(s.person.ID)%89, 10) + "0999" + strconv.FormatUint(1_000_000_000+hash(s.person.ID)%9_000_000_000, 10)
	if err := open("main", "emoney", s.life.currency, number, s.life.currency, 2); err != nil {
		return err
	}
	if s.life.second != "" {
		if err := open("travel", "fiat", s.life.second, "", s.life.second, 2); err != nil {
			return err
		}
	}
	if err := open("points", "points", "Luma points", "", "PTS", 0); err != nil {
		return err
	}
	if s.life.crypto {
		return open("crypto", "crypto", "ETH", "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf", "ETH", 18)
	}
	return nil
}

func (s *seeding) instruments() error {
	n := hash(s.person.ID)
	brand := map[string]string{"CN": "银联"}[s.life.country]
	if brand == "" {
		brand = "Visa"
	}
	verified := s.ago(400, 11)
	for _, i := range []wallet.Instrument{
		{ID: s.person.ID + ":card", Type: "card", Brand: brand, Last4: strconv.FormatUint(1000+n%9000, 10), Country: s.life.country,
			Expiry: s.now.AddDate(2, 3, 0).Format("2006-01"), Status: "active", Default: true, VerifiedAt: verified},
		{ID: s.person.ID + ":bank", Type: "bank", Last4: strconv.FormatUint(1000+n/7%9000, 10), Country: s.life.country, Status: "active", VerifiedAt: verified},
		{ID: s.person.ID + ":oldcard", Type: "card", Brand: brand, Last4: strconv.FormatUint(1000+n/11%9000, 10), Country: s.life.country,
			Expiry: s.now.AddDate(0, -2, 0).Format("2006-01"), Status: "expired", VerifiedAt: verified},
	} {
		if err := s.into.Keep(s.person.ID, i); err != nil {
			return err
		}
	}
	return nil
}

// day is an ordinary one.
func (s *seeding) day(day int) error {
	date := s.now.UTC().AddDate(0, 0, -day)
	if date.Day() == 1 {
		if err := s.arrive(s.life.employer, s.money(s.life.income), wallet.KindTransfer, s.ago(day, 6), "bank"); err != nil {
			return err
		}
	}
	if date.Day() == 3 && s.life.rent != "" {
		if err := s.leave(wallet.KindTransfer, s.money(s.life.rent), s.ago(day, 8), party(s.life.landlord, s.number(7)), 0); err != nil {
			return err
		}
	}
	for range s.random.IntN(3) {
		shop := s.life.shops[s.random.IntN(len(s.life.shops))]
		if err := s.shop(shop, day); err != nil {
			return err
		}
	}
	switch s.random.IntN(12) {
	case 0:
		friend := s.life.friends[s.random.IntN(len(s.life.friends))]
		return s.leave(wallet.KindTransfer, s.cents(500+s.random.Int64N(60)*100), s.ago(day, 19), party(friend, s.number(3)), 0)
	case 1:
		friend := s.life.friends[s.random.IntN(len(s.life.friends))]
		return s.arrive(friend, s.cents(700+s.random.Int64N(90)*50), wallet.KindTransfer, s.ago(day, 20), "wallet")
	case 2:
		return s.aside(day)
	}
	return nil
}

// aside is what happens more seldom: another currency, a coin, a payment that fails.
func (s *seeding) aside(day int) error {
	switch s.random.IntN(4) {
	case 0:
		return s.exchange(day)
	case 1:
		return s.coin(day)
	default:
		raw := []string{"05", "61", "1A", "91", "51"}
		code := raw[s.random.IntN(len(raw))]
		shop := s.life.shops[s.random.IntN(len(s.life.shops))]
		return s.fail(shop, s.cents(shop.most*3), s.ago(day, 14), code)
	}
}

func (s *seeding) number(salt uint64) string {
	return s.life.country + strconv.FormatUint(10+hash(s.life.landlord)%89, 10) + strconv.FormatUint(1_000_000_000_000+hash(s.person.ID)*salt%9_000_000_000_000, 10)
}

func party(name, account string) *wallet.Counterparty {
	return &wallet.Counterparty{Name: name, Account: account}
}

// next is the id of the person's next transaction.
func (s *seeding) next() string {
	s.count++
	return "tx-" + s.person.ID[min(len(s.person.ID), 5):] + "-" + strconv.Itoa(10000+s.count)
}

// base is a transaction of the person, as it begins.
func (s *seeding) base(kind wallet.Kind, d wallet.Direction, m wallet.Money, at wallet.Time) wallet.Transaction {
	id := s.next()
	return wallet.Transaction{
		ID: id, CustomerID: s.person.ID, AccountID: s.main, ClientRef: "app-" + id, Kind: kind, Direction: d, Amount: m, CreatedAt: at, Channel: "app", Rail: "wallet",
	}
}

// run has the simulator begin a transaction and take it through its states, each some
// seconds after the one before, as far as now; the rest is to come. A payment for which
// there is no money fails, as it would.
func (s *seeding) run(t wallet.Transaction, moves ...rails.Step) error {
	if err := s.into.Begin(t); err != nil {
		return err
	}
	at := t.CreatedAt
	for i, m := range moves {
		if m.At == 0 {
			m.At = at + wallet.Time(1_000_000+s.random.Int64N(3_000_000))
		}
		if at = m.At; at > wallet.At(s.now) {
			return s.into.Later(t.ID, moves[i:])
		}
		err := s.into.Advance(t.ID, m, i == len(moves)-1)
		if ledger.IsInsufficient(err) {
			return s.into.Short(t.ID, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const day = wallet.Time(24 * 3600 * 1_000_000)

// settled are the moves of a payment that arrived after some time.
func settled(t wallet.Transaction, after wallet.Time, final bool) []rails.Step {
	return []rails.Step{{To: wallet.Authorised}, {To: wallet.Captured}, {To: wallet.Processing}, {To: wallet.Posted, At: t.CreatedAt + after, Final: final}}
}

func (s *seeding) shop(shop shop, days int) error {
	amount := s.cents(shop.least + s.random.Int64N(shop.most-shop.least+1))
	kind, channel := wallet.KindInStore, "in_store"
	if shop.online {
		kind, channel = wallet.KindPayment, "app"
	}
	t := s.base(kind, wallet.Out, amount, s.ago(days, 7+s.random.IntN(13)))
	t.Merchant = &wallet.Merchant{Name: shop.name, Category: shop.category, Descriptor: shop.name}
	t.InstrumentID, t.Channel, t.Rail, t.RailRef = s.person.ID+":card", channel, "card", "RRN"+strconv.FormatUint(hash(t.ID)%1_000_000_000_000, 10)
	if days <= 1 { // shops collect after a day
		return s.run(t, rails.Step{To: wallet.Authorised, Expires: t.CreatedAt + 7*day}, rails.Step{To: wallet.Captured, At: t.CreatedAt + 2*day},
			rails.Step{To: wallet.Posted, At: t.CreatedAt + 2*day + day/4})
	}
	return s.run(t, settled(t, day+day/8, days > 60)...)
}

func (s *seeding) leave(kind wallet.Kind, m wallet.Money, at wallet.Time, to *wallet.Counterparty, fee int64) error {
	t := s.base(kind, wallet.Out, m, at)
	t.Counterparty = to
	if fee > 0 {
		t.Fees = []wallet.Fee{{Kind: "transfer", Amount: s.cents(fee)}}
	}
	return s.run(t, settled(t, 40_000_000, at < s.before(60*24*time.Hour))...)
}

func (s *seeding) arrive(from string, m wallet.Money, kind wallet.Kind, at wallet.Time, rail string) error {
	t := s.base(kind, wallet.In, m, at)
	t.Rail = rail
	if kind == wallet.KindTopUp {
		t.InstrumentID = s.person.ID + ":card"
	} else {
		t.Counterparty = party(from, s.number(5))
	}
	return s.run(t, settled(t, 20_000_000, true)...)
}

// fail has a card's issuer refuse a payment with a code of its own.
func (s *seeding) fail(shop shop, m wallet.Money, at wallet.Time, raw string) error {
	t := s.base(wallet.KindPayment, wallet.Out, m, at)
	t.Merchant = &wallet.Merchant{Name: shop.name, Category: shop.category, Descriptor: shop.name}
	t.InstrumentID, t.Rail = s.person.ID+":card", "card"
	steps, err := s.into.Refused(t, raw)
	if err != nil {
		return err
	}
	for i := range steps {
		steps[i].At = 0 // as everything of the past: some seconds later
	}
	if err := s.run(t, steps...); err != nil {
		return err
	}
	return s.into.Keep(s.person.ID, wallet.Attempt{
		TraceID: TraceOf(t.ID), CustomerID: t.CustomerID, TransactionID: t.ID, Amount: m, Party: shop.name, Failure: steps[0].Failure, At: at,
	})
}

// exchange changes some of the everyday money into the second currency.
func (s *seeding) exchange(days int) error {
	if s.life.second == "" {
		return nil
	}
	rates := map[string]string{"EURUSD": "1.0840", "GBPEUR": "1.1720", "AEDEUR": "0.2510"}
	text := rates[s.life.currency+s.life.second]
	rate, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	from := s.cents(5000 + s.random.Int64N(20)*1000)
	cents := new(big.Rat).Mul(rate, new(big.Rat).SetInt(from.Smallest()))
	to, err := wallet.Units(new(big.Int).Quo(cents.Num(), cents.Denom()), s.life.second, 2)
	if err != nil {
		return err
	}
	at := s.ago(days, 12)
	out := s.base(wallet.KindExchange, wallet.Out, from, at)
	in := s.base(wallet.KindExchange, wallet.In, to, at)
	in.AccountID = s.person.ID + ":travel"
	out.Exchange = &wallet.Exchange{Rate: text, From: from, To: to, QuotedAt: at - 30_000_000}
	in.Exchange = out.Exchange
	if err := s.run(out, settled(out, 20_000_000, true)...); err != nil {
		return err
	}
	return s.run(in, settled(in, 21_000_000, true)...)
}

// coin receives a little of a currency with 18 decimals.
func (s *seeding) coin(days int) error {
	if !s.life.crypto {
		return nil
	}
	amount, err := wallet.Units(big.NewInt(1_000_000_000_000_000+s.random.Int64N(40_000_000_000_000_000)), "ETH", 18)
	if err != nil {
		return err
	}
	t := s.base(wallet.KindCrypto, wallet.In, amount, s.ago(days, 16))
	t.AccountID, t.Rail, t.RailRef = s.person.ID+":crypto", "chain", "0x"+strconv.FormatUint(hash(t.ID), 16)
	t.Counterparty = &wallet.Counterparty{Account: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"}
	return s.run(t, settled(t, 780_000_000, true)...)
}
