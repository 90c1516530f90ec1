package memory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
)

// ether reads a sum that stands in this package.
func ether(text string) wallet.Money {
	m, err := wallet.Parse(text, "ETH", 18)
	if err != nil {
		panic(err) // it stands in this package
	}
	return m
}

// block is how long the network of this wallet needs for one confirmation.
const block = 12 * time.Second

// seedOnchain makes transfers over a public network: one that arrived, one that is being
// confirmed, one that came over the wrong network and can be brought back, and one without
// its memo that cannot.
func (p *person) seedOnchain(at func(int) wallet.Time) {
	made := func(name string, hours int, amount string) onchain.Transfer {
		return onchain.Transfer{
			ID: p.ID + ":" + name, CustomerID: p.ID, Direction: wallet.In, Amount: ether(amount), Network: "Ethereum", TxID: hash(p.ID + " " + name), Address: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
			State: onchain.Arrived, Confirmations: 65, Needed: 65, SeenAt: at(hours), Explorer: "https://explorer.wallet.example/tx/" + hash(p.ID+" "+name),
		}
	}
	pending, astray, lost := made("chain-in", 0, "0.250000000000000001"), made("chain-astray", 40, "0.500000000000000000"), made("chain-lost", 90, "0.030000000000000000")
	pending.State, pending.Confirmations, pending.ExpectedBy = onchain.Pending, 0, at(-1)
	pending.Asking = &onchain.Asking{State: onchain.Open, What: []string{"originator_name", "own_address"}, DueAt: at(-24), Link: "https://wallet.example/tell/" + pending.ID}
	astray.State, astray.Problem, astray.SentOn = onchain.Confirmed, onchain.WrongNetwork, "Polygon"
	astray.Retrieval = &onchain.Retrieval{Chance: onchain.Possible, Fee: ether("0.025"), Left: ether("0.475"), Hours: [2]int{48, 240}}
	lost.State, lost.Problem, lost.Retrieval = onchain.Confirmed, onchain.MissingMemo, &onchain.Retrieval{Chance: onchain.Impossible, Why: "sender_not_shown"}
	p.chain = []onchain.Transfer{pending, made("chain-old", 30, "1.000000000000000000"), astray, lost}
}

// hash names a transaction.
func hash(of string) string {
	sum := sha256.Sum256([]byte(of))
	return "0x" + hex.EncodeToString(sum[:])
}

// confirmed is a transfer as it stands now: its network goes on by itself.
func (w *Wallet) confirmed(t onchain.Transfer) onchain.Transfer {
	if t.State != onchain.Pending {
		return t
	}
	t.Confirmations = int(min(max((w.now()-t.SeenAt)/wallet.Time(block.Microseconds()), 0), wallet.Time(t.Needed)))
	if t.Confirmations == t.Needed {
		t.State = onchain.Confirmed
	}
	return t
}

// Transfers tells of a customer's transfers over public networks, the newest first.
func (w *Wallet) Transfers(_ context.Context, _ wallet.Actor, customer, txid string) ([]onchain.Transfer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return nil, err
	}
	w.advance()
	list := []onchain.Transfer{}
	for _, t := range p.chain {
		if txid == "" || onchain.SameTxID(t.TxID, txid) {
			list = append(list, w.confirmed(t))
		}
	}
	return list, nil
}

// Transfer tells of one.
func (w *Wallet) Transfer(_ context.Context, _ wallet.Actor, customer, id string) (onchain.Transfer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.of(customer)
	if err != nil {
		return onchain.Transfer{}, err
	}
	w.advance()
	i := slices.IndexFunc(p.chain, func(t onchain.Transfer) bool { return t.ID == id })
	if i < 0 {
		return onchain.Transfer{}, absent()
	}
	return w.confirmed(p.chain[i]), nil
}

func (w *Wallet) planRetrieval(p *person, c wallet.Command) (plan, error) {
	i := slices.IndexFunc(p.chain, func(t onchain.Transfer) bool { return t.ID == c.Target })
	if i < 0 {
		return plan{}, absent()
	}
	t := w.confirmed(p.chain[i])
	switch {
	case t.Retrieval != nil && (t.Retrieval.Chance == onchain.UnderWay || t.Retrieval.Chance == onchain.Recovered):
		return plan{refusal: wallet.AlreadyDone}, nil
	case c.Expect != string(t.State):
		return plan{refusal: wallet.StateChanged}, nil
	case t.Retrieval == nil || t.Retrieval.Chance != onchain.Possible:
		return plan{refusal: wallet.NotEligible}, nil
	}
	r := *t.Retrieval
	change := func(chance onchain.Chance, state onchain.Progress) {
		p.chain = slices.Clone(p.chain)
		now := r
		now.Chance = chance
		if p.chain[i].Retrieval = &now; chance == onchain.UnderWay {
			now.ExpectedBy = w.now() + wallet.Time((time.Duration(r.Hours[1]) * time.Hour).Microseconds())
		}
		p.chain[i].State = state
	}
	return plan{
		summary: wallet.Summary{Amount: r.Left, Fees: []wallet.Fee{{Kind: "retrieval", Amount: r.Fee}}, Effects: []string{"fee_is_kept_out"}, State: string(t.State)},
		needs:   []wallet.Refusal{wallet.StepUpRequired},
		carry:   func() []wallet.Made { change(onchain.UnderWay, t.State); return nil },
		settle:  func() { change(onchain.Recovered, onchain.Arrived) },
	}, nil
}
