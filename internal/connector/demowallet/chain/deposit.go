package chain

import (
	"context"
	"math/big"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/platform/fault"
)

// Deposit is something that reached the wallet over a public network and was credited to
// nobody.
type Deposit struct {
	ID         string
	CustomerID string // whose it is; unless Known the wallet learns that when they name the transaction
	Known      bool
	Amount     wallet.Money
	Problem    onchain.Problem
	SentOn     string // of a wrong network: the name of one of networks
	Address    string // from where it came
	Unclaimed  bool   // whoever asks for it cannot show that they sent it
}

// deposit is what the wallet keeps of one.
type deposit struct {
	Deposit
	SeenAt    wallet.Time    `json:"seen_at"`
	Chance    onchain.Chance `json:"chance,omitempty"` // once it was asked for
	Why       string         `json:"why,omitempty"`
	Operation string         `json:"operation,omitempty"`
	Due       wallet.Time    `json:"due,omitempty"`
	Tx        string         `json:"tx,omitempty"` // that credited it
}

// What bringing a deposit back takes.
const (
	feeShare  = 20 // a twentieth of it
	leastDays = 2
	mostDays  = 10
	works     = 72 * time.Hour // until it is done
)

// Arrive has a deposit reach the wallet. Errors: NotFound; Conflict for another of that
// id; Invalid; Unavailable.
func (c *Chain) Arrive(ctx context.Context, d Deposit) error {
	if _, err := keep.Read[wallet.Customer](ctx, c.books, keep.KindCustomer, "", d.CustomerID); err != nil {
		return err
	}
	return c.books.Commit(ctx, func(desk *keep.Desk) error { return Put(desk, d, desk.At) })
}

// Put writes a deposit down that was seen at a time. Errors: as Arrive.
func Put(desk *keep.Desk, d Deposit, at wallet.Time) error {
	const op = "chain.Put"
	if _, known := named(d.SentOn); d.Problem == "" || (d.Problem == onchain.WrongNetwork) != known || d.Amount.Sign() <= 0 {
		return fault.InvalidField(op, "problem", "is missing, or the network is none")
	}
	if _, err := desk.Get(keep.KindDeposit, d.ID); !fault.Is(err, fault.NotFound) {
		return fault.New(fault.Conflict, op, "the deposit %s is there already: %v", d.ID, err)
	}
	return keep.Put(desk, keep.KindDeposit, d.ID, d.CustomerID, at, deposit{Deposit: d, SeenAt: at})
}

// deposited is a deposit as a transfer.
func (c *Chain) deposited(d deposit) onchain.Transfer {
	home := networkOf(d.Amount.Currency())
	on := home
	if n, other := named(d.SentOn); other {
		on = n
	}
	t := onchain.Transfer{
		ID: d.ID, CustomerID: d.CustomerID, TransactionID: d.Tx, Direction: wallet.In, Amount: d.Amount, Network: home.name, SentOn: d.SentOn, TxID: d.TxID(), Address: d.Address,
		State: onchain.Pending, Problem: d.Problem, Confirmations: c.blocks(on, d.SeenAt), Needed: on.needed, SeenAt: d.SeenAt,
	}
	r := d.retrieval(on, c.pace)
	if t.Retrieval = &r; t.Confirmations >= t.Needed {
		t.State = onchain.Confirmed
	} else {
		t.Retrieval = &onchain.Retrieval{Chance: onchain.Unsure}
	}
	if d.Chance == onchain.Recovered {
		t.State = onchain.Arrived
	}
	return t
}

// retrieval is whether a deposit that was seen on a network can be brought back, with the
// hours that it takes at the pace of the wallet.
func (d deposit) retrieval(on network, pace float64) onchain.Retrieval {
	hours := func(days float64) int { return int(days * 24 / max(pace, 1)) }
	r := onchain.Retrieval{Chance: onchain.Possible, Hours: [2]int{hours(leastDays), max(1, hours(mostDays))}}
	switch {
	case d.Chance != "":
		r.Chance, r.Why = d.Chance, d.Why
	case !on.keys:
		r.Chance, r.Why = onchain.Impossible, "no_keys_there"
	case d.Problem == onchain.UnsupportedAsset:
		r.Chance, r.Why = onchain.Impossible, "asset_not_kept"
	case d.Problem == onchain.BelowMinimum:
		r.Chance, r.Why = onchain.Impossible, "below_minimum"
	}
	if r.Chance == onchain.Impossible {
		r.Hours = [2]int{}
		return r
	}
	r.Fee, r.Left = d.shares()
	if r.Chance == onchain.UnderWay {
		r.ExpectedBy = d.Due
	}
	return r
}

// shares are what bringing a deposit back costs, and what is left of it.
func (d deposit) shares() (fee, left wallet.Money) {
	units := new(big.Int).Div(d.Amount.Smallest(), big.NewInt(feeShare))
	fee, err := wallet.Units(units, d.Amount.Currency(), d.Amount.Scale())
	if err != nil {
		panic(err) // it is a part of money
	}
	return fee, keep.Less(d.Amount, fee)
}

// Asked is a command about a transfer, inside its commit.
type Asked struct {
	keep.Asked
	*Chain
}

// Retrieve begins to bring a deposit back.
func (a Asked) Retrieve(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	d, err := keep.Owned[deposit](a.Desk, keep.KindDeposit, c.CustomerID, c.Target)
	if fault.Is(err, fault.NotFound) && strings.HasPrefix(c.Target, ofPayment) { // with it nothing is wrong
		if _, err := a.PaymentOf(c.CustomerID, strings.TrimPrefix(c.Target, ofPayment)); err != nil {
			return "", err
		}
		return wallet.NotEligible, nil
	}
	if err != nil {
		return "", err
	}
	t := a.deposited(d)
	fee, left := d.shares()
	due := a.At + wallet.Time(float64(works.Microseconds())/max(a.pace, 1))
	o.Summary = &wallet.Summary{Amount: left, Fees: []wallet.Fee{{Kind: "retrieval", Amount: fee}}, Destination: account(d), ArrivesBy: due, Effects: []string{"fee_is_kept_out"}, State: string(t.State)}
	switch {
	case d.Chance == onchain.UnderWay || d.Chance == onchain.Recovered:
		return wallet.AlreadyDone, nil
	case c.Expect != string(t.State):
		return wallet.StateChanged, nil
	case t.Retrieval.Chance != onchain.Possible:
		return wallet.NotEligible, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	o.State, o.DoneAt, o.ExpectedBy = wallet.OpPending, 0, due
	d.Chance, d.Operation, d.Due = onchain.UnderWay, o.ID, due
	if err := a.Wake(keep.KindDeposit, d.ID, due); err != nil {
		return "", err
	}
	return "", keep.Put(a.Desk, keep.KindDeposit, d.ID, d.CustomerID, d.SeenAt, d)
}

// account is where a deposit is credited.
func account(d deposit) string {
	if d.Amount.Currency() == "ETH" {
		return d.CustomerID + ":crypto"
	}
	return d.CustomerID + ":" + strings.ToLower(d.Amount.Currency())
}

// Step ends a retrieval: what is left of the deposit is credited, as a payment like all
// others, and what it cost as one beside it; or nobody could show that it is theirs.
func Step(desk *keep.Desk, of string) error {
	d, err := keep.Get[deposit](desk, keep.KindDeposit, of)
	if err != nil || d.Chance != onchain.UnderWay {
		return err
	}
	o, err := keep.Get[wallet.Operation](desk, keep.KindOperation, d.Operation)
	if err != nil {
		return err
	}
	o.State, o.DoneAt = wallet.OpSucceeded, desk.At
	if d.Chance = onchain.Recovered; d.Unclaimed {
		d.Chance, d.Why = onchain.Impossible, "sender_not_shown"
		o.State, o.Refusal = wallet.OpFailed, wallet.NotEligible
	} else if d.Tx, err = credit(desk, d); err != nil {
		return err
	}
	if err := keep.Put(desk, keep.KindDeposit, d.ID, d.CustomerID, d.SeenAt, d); err != nil {
		return err
	}
	if err := desk.Wake(keep.KindDeposit, d.ID, 0); err != nil {
		return err
	}
	if err := keep.Put(desk, keep.KindOperation, o.ID, o.CustomerID, o.CreatedAt, o); err != nil {
		return err
	}
	return desk.Tell(wallet.OperationUpdated, o.CustomerID, o.ID)
}

// credit books a deposit in, and what bringing it back cost out.
func credit(desk *keep.Desk, d deposit) (tx string, err error) {
	into := account(d)
	if _, err := desk.Get(keep.KindAccount, into); fault.Is(err, fault.NotFound) {
		err = desk.OpenAccount(d.CustomerID, d.Amount.Currency(), d.Amount.Scale(), wallet.Account{
			ID: into, Kind: "crypto", Name: d.Amount.Currency(), Status: "active", Block: "none", OpenedAt: desk.At,
		})
		if err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	fee, _ := d.shares()
	in := wallet.Transaction{
		ID: "tx-" + d.ID, CustomerID: d.CustomerID, AccountID: into, Kind: wallet.KindCrypto, Direction: wallet.In, Amount: d.Amount, Rail: "wallet", RailRef: d.TxID(), Channel: "api",
		Counterparty: &wallet.Counterparty{Account: d.Address},
	}
	return in.ID, Book(desk, in, Spent(in, fee))
}

// Spent is what something cost that was done for a payment: a payment of its own.
func Spent(of wallet.Transaction, fee wallet.Money) wallet.Transaction {
	return wallet.Transaction{
		ID: of.ID + "-fee", CustomerID: of.CustomerID, AccountID: of.AccountID, Kind: wallet.KindFee, Direction: wallet.Out, Amount: fee, Rail: "wallet", Channel: "api",
		Counterparty: &wallet.Counterparty{Name: of.Amount.Currency()},
	}
}

// Book has payments arrive at once. One of nothing is none.
func Book(desk *keep.Desk, all ...wallet.Transaction) error {
	for _, t := range all {
		if t.Amount.Sign() == 0 {
			continue
		}
		p, err := desk.Begin(t, keep.World(t.Amount), rails.Fate{Kind: rails.Fine})
		if err != nil {
			return err
		}
		for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
			if err := desk.Advance(p, keep.Move{To: to}); err != nil {
				return err
			}
		}
	}
	return nil
}
