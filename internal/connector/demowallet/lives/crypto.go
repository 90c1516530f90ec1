package lives

import (
	"time"

	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
)

// Stray is something that reached the wallet over a public network without the memo that
// says whose it is, from an address that the person has used.
type Stray struct {
	ID      string
	Amount  wallet.Money
	Address string
	At      wallet.Time
}

// Addresses of the person on public networks: of their own wallet elsewhere, and at an
// exchange.
const (
	ownElsewhere = "0x9a3D6bE1f0C7428e5B2d14F7A6c0835E7bD1f42C"
	atAnExchange = "rN7n7otQDd6FczFgLdSqtcsAUxDkw6fzRH"
)

func coins(text, currency string, scale int) wallet.Money {
	m, err := wallet.Parse(text, currency, scale)
	if err != nil {
		panic(err) // a figure of this package's own is no figure
	}
	return m
}

// cryptoStory is what went wrong on public networks: what was sent yesterday has not been
// confirmed once, what came this morning waits for what the law asks of its sender, and a
// deposit of some days ago came without its memo.
func cryptoStory(s *seeding) error {
	over := func(way wallet.Direction, amount string, ago time.Duration) wallet.Transaction {
		t := s.base(wallet.KindCrypto, way, coins(amount, "ETH", 18), s.before(ago))
		t.AccountID, t.Rail, t.Evidence = s.person.ID+":crypto", rails.Chain, []string{"rail_receipt"}
		t.Counterparty = &wallet.Counterparty{Account: ownElsewhere}
		if way == wallet.Out {
			t.Fees = []wallet.Fee{{Kind: "network", Amount: coins("0.0004", "ETH", 18)}}
		}
		return t
	}
	for _, t := range []wallet.Transaction{over(wallet.In, "0.9", 33*24*time.Hour), over(wallet.Out, "0.02", 12*24*time.Hour)} {
		if err := s.run(t, settled(t, 780_000_000, false)...); err != nil {
			return err
		}
	}
	stuck := over(wallet.Out, "0.25", 26*time.Hour)
	err := s.run(stuck, rails.Step{To: wallet.Authorised}, rails.Step{To: wallet.Captured},
		rails.Step{To: wallet.Processing, At: s.before(26*time.Hour) + 9_000_000, Note: "sent_to_rail", ExpectedBy: s.before(25 * time.Hour)})
	if err != nil {
		return err
	}
	asked := over(wallet.In, "0.6", 7*time.Hour)
	if err := s.run(asked, rails.Step{To: wallet.RequiresAction}, rails.Step{To: wallet.Expired, At: asked.CreatedAt + day}); err != nil {
		return err
	}
	return s.into.Keep(s.person.ID, Stray{ID: s.person.ID + ":stray", Amount: coins("120", "XRP", 6), Address: atAnExchange, At: s.before(4 * 24 * time.Hour)})
}
