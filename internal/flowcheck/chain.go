package flowcheck

import (
	"fmt"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
)

// Addresses of the stages: one that the customer uses, and one that was made to look like it.
const (
	usual     = "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf"
	lookAlike = "0x7e5F9C1d04aB6630e2b1F4c8A5d9017733f15Bdf"
)

// ether reads a sum on a chain.
func (s *scene) ether(text string) wallet.Money {
	m, err := wallet.Parse(text, "ETH", 18)
	s.note(err)
	return m
}

// onChain is a transfer over a public network that the conversation calls by a name.
func (s *scene) onChain(name, amount, other string, way wallet.Direction, fate rails.Fate) {
	s.count++
	o := demowallet.Order{
		Ref: fmt.Sprintf("%s-%d", s.who, s.count), CustomerID: s.who, AccountID: s.who + ":crypto", Kind: wallet.KindCrypto, Direction: way, Amount: s.ether(amount), Rail: rails.Chain, Fate: fate,
		Counterparty: &wallet.Counterparty{Account: other},
	}
	if way == wallet.Out {
		o.Fees = []wallet.Fee{{Kind: "network", Amount: s.ether("0.0021")}}
	}
	paid, err := s.own.Pay(s.ctx, o)
	s.note(err)
	if paid.Transaction != nil {
		s.ids[name] = paid.Transaction.ID
	}
}

// coins is a customer with an account on a chain and something in it.
func coins(s *scene) {
	s.note(s.own.OpenCrypto(s.ctx, s.who))
	s.onChain("tx-0", "2", "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF", wallet.In, fine())
	s.pass(hour)
}

// moved is a transfer some time ago.
func moved(way wallet.Direction, fate rails.Fate, ago time.Duration) func(*scene) {
	return func(s *scene) {
		coins(s)
		s.onChain("tx-1", "0.25", usual, way, fate)
		s.pass(ago)
	}
}

// poisoned is a customer who sent to an address, and then one that looks like it appeared.
func poisoned(way wallet.Direction) func(*scene) {
	return func(s *scene) {
		coins(s)
		s.onChain("tx-7", "0.01", usual, wallet.Out, fine())
		s.pass(24 * hour)
		s.onChain("tx-1", "0.000000000000000001", lookAlike, wallet.In, fine())
		s.pass(hour)
		if way == wallet.Out {
			s.onChain("tx-1", "0.25", lookAlike, wallet.Out, fine())
			s.pass(3 * hour)
		}
	}
}

// astray is a deposit that was credited to nobody.
func astray(change func(*chain.Deposit), ago time.Duration) func(*scene) {
	return func(s *scene) {
		d := chain.Deposit{
			ID: "dp-" + s.who, CustomerID: s.who, Known: true, Amount: s.ether("0.5"), Problem: onchain.WrongNetwork, SentOn: "Polygon", Address: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
		}
		if change != nil {
			change(&d)
		}
		s.ids["ch-1"] = d.ID
		s.ids["0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"] = d.TxID()
		s.ids["https://explorer.example/tx/0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"] = "https://explorer.example/tx/" + d.TxID()
		s.note(s.own.Arrive(s.ctx, d))
		s.pass(ago)
	}
}

func noMemo(d *chain.Deposit) { d.Problem, d.SentOn, d.Known = onchain.MissingMemo, "", false }

// chains are stages of transfers over public networks (FL17).
func chains() map[string]stage {
	stuck := ends(rails.Stuck)
	lost := astray(nil, 40*hour)
	nothing := func(*scene) {}
	return map[string]stage{
		"FL17-01": {set: moved(wallet.In, fine(), 5*time.Minute), later: by(4, hour)},
		"FL17-02": {set: moved(wallet.Out, stuck, 30*hour), later: by(6, 9*hour)},
		"FL17-03": {set: moved(wallet.In, stuck, 30*hour), later: by(6, 9*hour)},
		"FL17-04": {set: moved(wallet.Out, ends(rails.Dropped), 30*hour)},
		"FL17-05": {set: moved(wallet.Out, ends(rails.Replaced), 5*time.Minute)},
		"FL17-06": {set: moved(wallet.Out, ends(rails.Reverted), 3*hour)},
		"FL17-07": {set: lost, later: by(6, 80*hour)},
		"FL17-08": {set: astray(noMemo, 40*hour)},
		"FL17-09": {set: astray(func(d *chain.Deposit) { d.SentOn = "Tron" }, 40*hour)},
		"FL17-10": {set: astray(func(d *chain.Deposit) { d.Unclaimed = true }, 40*hour), later: by(6, 80*hour)},
		"FL17-11": {set: moved(wallet.Out, fine(), 3*hour)},
		"FL17-12": {set: poisoned(wallet.Out)},
		"FL17-13": {set: poisoned(wallet.In)},
		"FL17-14": {set: moved(wallet.In, ends(rails.Waits), hour)},
		"FL17-15": {set: moved(wallet.In, ends(rails.Held), hour)},
		"FL17-16": {set: nothing}, "FL17-17": {set: nothing}, "FL17-18": {set: nothing}, "FL17-19": {set: nothing}, "FL17-38": {set: nothing}, "FL17-39": {set: nothing},
		"FL17-20": {set: moved(wallet.Out, fine(), 3*hour)},
		"FL17-21": {set: moved(wallet.In, fine(), 5*time.Minute), before: at(2, down)},
		"FL17-22": {set: lost}, "FL17-27": {set: lost},
		"FL17-23": {set: astray(func(d *chain.Deposit) { d.Problem, d.SentOn = onchain.BelowMinimum, "" }, 40*hour)},
		"FL17-24": {set: func(s *scene) {
			lost(s)
			s.do(wallet.RequestRetrieval, "ch-1", string(onchain.Confirmed), "", "customer")
		}},
		"FL17-25": {set: moved(wallet.Out, ends(rails.Held), hour)},
		"FL17-26": {set: astray(noMemo, 40*hour)},
		"FL17-29": {set: astray(nil, 30*time.Second)},
		"FL17-30": {set: func(s *scene) {
			lost(s)
			s.do(wallet.RequestRetrieval, "ch-1", string(onchain.Confirmed), "", "customer")
			s.pass(80 * hour)
		}},
		"FL17-31": {set: moved(wallet.In, ends(rails.Waits), 30*hour)},
		"FL17-34": {set: moved(wallet.Out, fine(), time.Minute)},
		"FL17-35": {set: func(s *scene) {
			coins(s)
			s.onChain("tx-1", "900", usual, wallet.Out, fine())
			s.pass(3 * hour)
		}},
	}
}
