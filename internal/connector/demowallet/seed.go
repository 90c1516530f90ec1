package demowallet

import (
	"context"
	"math/big"
	"math/rand/v2"
	"strconv"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// seedDays is how far back the invented lives go.
const seedDays = 92

// Seed gives each person an invented life of three months up to now and their story,
// unless they have one already. The same people get the same lives, but for the day.
func (l *Ledger) Seed(ctx context.Context, people []Person) error {
	for _, p := range people {
		_, err := l.Customer(ctx, wallet.Actor{}, p.ID)
		if err == nil {
			continue
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := l.Batch(ctx, func(ctx context.Context, b *Book) error { return seedPerson(ctx, b, p, l.now()) }); err != nil {
			return fault.Wrap("demowallet.Seed", err)
		}
	}
	return nil
}

// seeding is one person's life being written.
type seeding struct {
	book   *Book
	person Person
	life   life
	random *rand.Rand
	now    time.Time
	count  int
	worlds map[string]string // by currency
	main   string            // the account of everyday
}

func seedPerson(ctx context.Context, b *Book, p Person, now time.Time) error {
	l := lifeOf(p)
	s := &seeding{book: b, person: p, life: l, random: rand.New(rand.NewPCG(hash(p.ID), 20261122)), now: now, worlds: map[string]string{}}
	if err := b.AddCustomer(ctx, customerOf(p, l, s.ago(430, 10))); err != nil {
		return err
	}
	if err := s.accounts(ctx); err != nil {
		return err
	}
	if err := s.instruments(ctx); err != nil {
		return err
	}
	if err := s.arrive(ctx, "opening balance", s.twice(l.income), wallet.KindTopUp, s.ago(seedDays+1, 9), "card"); err != nil {
		return err
	}
	for day := seedDays; day >= 1; day-- {
		if err := s.day(ctx, day); err != nil {
			return err
		}
	}
	if l.story == nil {
		return nil
	}
	return l.story(ctx, s)
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

func (s *seeding) accounts(ctx context.Context) error {
	opened := s.ago(430, 10)
	open := func(suffix, kind, name, number, currency string, scale int) error {
		world, err := s.book.OpenCurrency(ctx, currency, scale)
		if err != nil {
			return err
		}
		s.worlds[currency] = world
		return s.book.OpenAccount(ctx, AccountSpec{CustomerID: s.person.ID, Currency: currency, Scale: scale, Account: wallet.Account{
			ID: s.person.ID + ":" + suffix, Kind: kind, Name: name, Status: "active", Block: "none", Number: number, OpenedAt: opened,
		}})
	}
	s.main = s.person.ID + ":main"
	number := s.life.country + strconv.FormatUint(10+hash(s.person.ID)%89, 10) + "0999" + strconv.FormatUint(1_000_000_000+hash(s.person.ID)%9_000_000_000, 10)
	if err := open("main", "emoney", s.life.currency, number, s.life.currency, 2); err != nil {
		return err
	}
	if s.life.second != "" {
		if err := open("travel", "emoney", s.life.second, "", s.life.second, 2); err != nil {
			return err
		}
	}
	if s.life.crypto {
		return open("crypto", "crypto", "ETH", "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf", "ETH", 18)
	}
	return nil
}

func (s *seeding) instruments(ctx context.Context) error {
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
		if err := s.book.AddInstrument(ctx, s.person.ID, i); err != nil {
			return err
		}
	}
	return nil
}

// day is an ordinary one.
func (s *seeding) day(ctx context.Context, day int) error {
	date := s.now.UTC().AddDate(0, 0, -day)
	if date.Day() == 1 {
		if err := s.arrive(ctx, s.life.employer, s.money(s.life.income), wallet.KindTransfer, s.ago(day, 6), "bank"); err != nil {
			return err
		}
	}
	if date.Day() == 3 && s.life.rent != "" {
		if err := s.leave(ctx, wallet.KindTransfer, s.money(s.life.rent), s.ago(day, 8), party(s.life.landlord, s.number(7)), 0); err != nil {
			return err
		}
	}
	for range s.random.IntN(3) {
		shop := s.life.shops[s.random.IntN(len(s.life.shops))]
		if err := s.shop(ctx, shop, day); err != nil {
			return err
		}
	}
	switch s.random.IntN(12) {
	case 0:
		friend := s.life.friends[s.random.IntN(len(s.life.friends))]
		return s.leave(ctx, wallet.KindTransfer, s.cents(500+s.random.Int64N(60)*100), s.ago(day, 19), party(friend, s.number(3)), 0)
	case 1:
		friend := s.life.friends[s.random.IntN(len(s.life.friends))]
		return s.arrive(ctx, friend, s.cents(700+s.random.Int64N(90)*50), wallet.KindTransfer, s.ago(day, 20), "wallet")
	case 2:
		return s.aside(ctx, day)
	}
	return nil
}

// aside is what happens more seldom: another currency, a coin, a payment that fails.
func (s *seeding) aside(ctx context.Context, day int) error {
	switch s.random.IntN(4) {
	case 0:
		return s.exchange(ctx, day)
	case 1:
		return s.coin(ctx, day)
	default:
		codes := []wallet.FailureCode{wallet.DoNotHonor, wallet.LimitExceeded, wallet.AuthRequired, wallet.NetworkDown, wallet.InsufficientFunds}
		raw := map[wallet.FailureCode]string{wallet.DoNotHonor: "05", wallet.LimitExceeded: "61", wallet.AuthRequired: "1A", wallet.NetworkDown: "91", wallet.InsufficientFunds: "51"}
		code := codes[s.random.IntN(len(codes))]
		shop := s.life.shops[s.random.IntN(len(s.life.shops))]
		return s.fail(ctx, shop, s.cents(shop.most*3), s.ago(day, 14), wallet.Failure{Code: code, Source: "issuer", RawCode: raw[code], Retriable: code != wallet.DoNotHonor})
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

// run begins a transaction and takes it through its states, each some seconds after
// the one before. A payment for which there is no money fails, as it would.
func (s *seeding) run(ctx context.Context, t wallet.Transaction, moves ...Move) error {
	other := s.worlds[t.Amount.Currency()]
	if err := s.book.Begin(ctx, t, other); err != nil {
		return err
	}
	at := t.CreatedAt
	for _, m := range moves {
		if m.At == 0 {
			m.At = at + wallet.Time(1_000_000+s.random.Int64N(3_000_000))
		}
		at = m.At
		err := s.book.Advance(ctx, t.ID, m)
		if IsInsufficient(err) {
			return s.book.Advance(ctx, t.ID, Move{To: wallet.Failed, At: at, Failure: &wallet.Failure{
				Code: wallet.InsufficientFunds, Source: "wallet", RawCode: "51", RawText: "NOT SUFFICIENT FUNDS", Retriable: true,
			}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const day = wallet.Time(24 * 3600 * 1_000_000)

// settled are the moves of a payment that arrived after some time.
func settled(t wallet.Transaction, after wallet.Time, final bool) []Move {
	return []Move{{To: wallet.Authorised}, {To: wallet.Captured}, {To: wallet.Processing}, {To: wallet.Posted, At: t.CreatedAt + after, Final: final}}
}

func (s *seeding) shop(ctx context.Context, shop shop, days int) error {
	amount := s.cents(shop.least + s.random.Int64N(shop.most-shop.least+1))
	kind, channel := wallet.KindInStore, "in_store"
	if shop.online {
		kind, channel = wallet.KindPayment, "app"
	}
	t := s.base(kind, wallet.Out, amount, s.ago(days, 7+s.random.IntN(13)))
	t.Merchant = &wallet.Merchant{Name: shop.name, Category: shop.category, Descriptor: shop.name}
	t.InstrumentID, t.Channel, t.Rail, t.RailRef = s.person.ID+":card", channel, "card", "RRN"+strconv.FormatUint(hash(t.ID)%1_000_000_000_000, 10)
	if days <= 1 { // shops collect after a day
		return s.run(ctx, t, Move{To: wallet.Authorised, Expires: t.CreatedAt + 7*day})
	}
	return s.run(ctx, t, settled(t, day+day/8, days > 60)...)
}

func (s *seeding) leave(ctx context.Context, kind wallet.Kind, m wallet.Money, at wallet.Time, to *wallet.Counterparty, fee int64) error {
	t := s.base(kind, wallet.Out, m, at)
	t.Counterparty = to
	if fee > 0 {
		t.Fees = []wallet.Fee{{Kind: "transfer", Amount: s.cents(fee)}}
	}
	return s.run(ctx, t, settled(t, 40_000_000, at < s.before(60*24*time.Hour))...)
}

func (s *seeding) arrive(ctx context.Context, from string, m wallet.Money, kind wallet.Kind, at wallet.Time, rail string) error {
	t := s.base(kind, wallet.In, m, at)
	t.Rail = rail
	if kind == wallet.KindTopUp {
		t.InstrumentID = s.person.ID + ":card"
	} else {
		t.Counterparty = party(from, s.number(5))
	}
	return s.run(ctx, t, settled(t, 20_000_000, true)...)
}

func (s *seeding) fail(ctx context.Context, shop shop, m wallet.Money, at wallet.Time, f wallet.Failure) error {
	t := s.base(wallet.KindPayment, wallet.Out, m, at)
	t.Merchant = &wallet.Merchant{Name: shop.name, Category: shop.category, Descriptor: shop.name}
	t.InstrumentID, t.Rail = s.person.ID+":card", "card"
	return s.run(ctx, t, Move{To: wallet.PreCheckFailed, Failure: &f})
}

// exchange changes some of the everyday money into the second currency.
func (s *seeding) exchange(ctx context.Context, days int) error {
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
	if err := s.run(ctx, out, settled(out, 20_000_000, true)...); err != nil {
		return err
	}
	return s.run(ctx, in, settled(in, 21_000_000, true)...)
}

// coin receives a little of a currency with 18 decimals.
func (s *seeding) coin(ctx context.Context, days int) error {
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
	return s.run(ctx, t, settled(t, 780_000_000, true)...)
}
