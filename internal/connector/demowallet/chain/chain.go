// Package chain is the public networks of the demo's wallet: what each needs to confirm a
// transfer, how often it has done so by now, deposits that reached the wallet and nobody's
// account, and how those are brought back. How far a transfer has got follows from the
// payment that it is and from the clock, so that both cannot part; no network stands
// behind it, and so no explorer shows it.
package chain

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/platform/fault"
)

// network is one on which transfers are made.
type network struct {
	name   string
	block  time.Duration // between two confirmations
	needed int
	keys   bool // whether the wallet can get at what arrives there
	hashes func(sum []byte) string
}

// How networks write the hash of a transaction.
func prefixed(sum []byte) string { return "0x" + hex.EncodeToString(sum) }
func capitals(sum []byte) string { return strings.ToUpper(hex.EncodeToString(sum)) }

// networks are those that the wallet knows, by the asset that is at home there.
func networks() map[string]network {
	return map[string]network{
		"ETH": {"Ethereum", 12 * time.Second, 65, true, prefixed}, "XRP": {"XRP Ledger", 4 * time.Second, 10, true, capitals},
		"POL": {"Polygon", 2 * time.Second, 128, true, prefixed}, "TRX": {"Tron", 3 * time.Second, 20, false, hex.EncodeToString},
	}
}

func networkOf(currency string) network {
	if n, known := networks()[currency]; known {
		return n
	}
	return networks()["ETH"]
}

// named finds a network by its name.
func named(name string) (network, bool) {
	for _, n := range networks() {
		if n.name == name {
			return n, true
		}
	}
	return network{}, false
}

// Chain is the part of the wallet that tells of transfers over public networks. It is safe
// for concurrent use.
type Chain struct {
	books keep.Store
	pace  float64 // how much faster than life they are
	link  string  // where the wallet's app is; "" for nowhere
}

// New makes one over the wallet's books.
func New(books keep.Store, pace float64, link string) *Chain { return &Chain{books, pace, link} }

// TxID is how the network that is at home with a currency names the transaction of a payment.
func TxID(payment, currency string) string { return networkOf(currency).txID(payment) }

// txID is how a network names the transaction of a payment: as its explorers write it.
func (n network) txID(payment string) string {
	sum := sha256.Sum256([]byte("transaction " + payment))
	return n.hashes(sum[:])
}

// TxID is how the network over which it came names a deposit's transaction.
func (d Deposit) TxID() string {
	n, other := named(d.SentOn)
	if !other {
		n = networkOf(d.Amount.Currency())
	}
	return n.txID(d.ID)
}

// most bounds a list of transfers, and how many payments are looked at for one.
const (
	most   = wallet.MaxAccounts
	looked = 1000
)

// Transfers lists a customer's transfers, the newest first: all that are known to be
// theirs, or those of one transaction. Errors: NotFound, Unavailable.
func (c *Chain) Transfers(ctx context.Context, _ wallet.Actor, customer, txid string) ([]onchain.Transfer, error) {
	deposits, err := keep.Listed[deposit](ctx, c.books, keep.KindDeposit, customer, most)
	if err != nil {
		return nil, err
	}
	list := []onchain.Transfer{}
	is := func(t onchain.Transfer) bool {
		return txid == "" || onchain.SameTxID(t.TxID, txid) || onchain.SameTxID(t.ReplacedBy, txid)
	}
	for _, d := range deposits {
		if t := c.deposited(d); is(t) && (d.Known || txid != "") {
			list = append(list, t)
		}
	}
	records, err := c.books.Records(ctx, keep.KindPayment, customer, ledger.Before{}, looked)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		p, err := keep.Parse[keep.Payment](r)
		if err != nil {
			return nil, err
		}
		if t, on := c.paid(p); on && is(t) {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b onchain.Transfer) int {
		return cmp.Or(cmp.Compare(b.SeenAt, a.SeenAt), cmp.Compare(b.ID, a.ID))
	})
	return list[:min(len(list), most)], nil
}

// Transfer tells of one. Errors: NotFound, Unavailable.
func (c *Chain) Transfer(ctx context.Context, _ wallet.Actor, customer, of string) (onchain.Transfer, error) {
	if id, is := strings.CutPrefix(of, ofPayment); is {
		p, err := keep.Read[keep.Payment](ctx, c.books, keep.KindPayment, customer, id)
		if err != nil {
			return onchain.Transfer{}, err
		}
		if t, on := c.paid(p); on {
			return t, nil
		}
		return onchain.Transfer{}, fault.New(fault.NotFound, "chain.Transfer", "it was never given to a network")
	}
	d, err := keep.Read[deposit](ctx, c.books, keep.KindDeposit, customer, of)
	if err != nil {
		return onchain.Transfer{}, err
	}
	return c.deposited(d), nil
}

// ofPayment begins the id of a transfer that is a payment.
const ofPayment = "ch-"

// blocks is how often a network confirmed something since a time.
func (c *Chain) blocks(n network, since wallet.Time) int {
	if since == 0 {
		return 0
	}
	passed := float64(wallet.At(c.books.Clock())-since) * max(c.pace, 1) / float64(n.block.Microseconds())
	return int(min(max(passed, 0), 999_999))
}

// paid is the transfer that a payment is; on is false for one that no network ever saw.
func (c *Chain) paid(p keep.Payment) (t onchain.Transfer, on bool) {
	tx := p.Tx
	if tx.Rail != rails.Chain {
		return t, false
	}
	n := networkOf(tx.Amount.Currency())
	t = onchain.Transfer{
		ID: ofPayment + tx.ID, CustomerID: tx.CustomerID, TransactionID: tx.ID, Direction: tx.Direction, Amount: tx.Amount, Network: n.name, TxID: n.txID(tx.ID),
		Needed: n.needed, SeenAt: tx.CreatedAt, ExpectedBy: tx.ExpectedBy, Asking: c.asking(p),
	}
	if tx.Counterparty != nil {
		t.Address = tx.Counterparty.Account
	}
	t.Confirmations = c.blocks(n, minedAt(p, n, c.pace))
	switch tx.State {
	case wallet.PreCheckFailed, wallet.Failed, wallet.Voided, wallet.Expired:
		if tx.Direction == wallet.Out {
			return t, false
		}
		t.State = onchain.Returned
	case wallet.Posted, wallet.RefundPending, wallet.PartiallyRefunded, wallet.Refunded, wallet.Disputed, wallet.ProvisionalCredit, wallet.Won, wallet.Lost:
		t.State, t.Confirmations = onchain.Arrived, max(t.Confirmations, t.Needed)
	case wallet.FailedAfterDebit, wallet.AutoReversal, wallet.Reversed:
		c.undone(&t, p)
	case wallet.RiskHold:
		t.State = onchain.Held
		if tx.Direction == wallet.Out {
			t.TxID, t.Confirmations = "", 0
		}
	default:
		t.State = onchain.Pending
		switch {
		case tx.Direction == wallet.In && t.Confirmations >= t.Needed:
			t.State = onchain.Confirmed
		case stepAt(tx, wallet.Processing) == 0 && tx.Direction == wallet.Out: // it has not left yet
			t.TxID = ""
		}
		if t.State == onchain.Pending {
			t.Confirmations = min(t.Confirmations, t.Needed-1)
		}
	}
	if p.Fate.Kind == rails.Replaced && stepAt(tx, wallet.Processing) != 0 {
		t.State, t.ReplacedBy, t.Confirmations = onchain.Replaced, n.txID(tx.ID+" again"), 0
	}
	return t, true
}

// undone says how a transfer ended that its network did not keep, or that went back.
func (c *Chain) undone(t *onchain.Transfer, p keep.Payment) {
	switch {
	case p.Fate.Kind == rails.Reverted:
		t.State = onchain.Failed
		if len(p.Tx.Fees) > 0 {
			t.FeeSpent = p.Tx.Fees[0].Amount
		}
	case stepAt(p.Tx, wallet.Posted) != 0 || p.Tx.Direction == wallet.In:
		t.State = onchain.Returned
	default:
		t.State, t.Confirmations = onchain.Dropped, 0
	}
}

// asking is what the wallet has to know by law before it credits a deposit; its customer
// answers in the wallet's app.
func (c *Chain) asking(p keep.Payment) *onchain.Asking {
	at := stepAt(p.Tx, wallet.RequiresAction)
	if at == 0 || p.Tx.Direction != wallet.In {
		return nil
	}
	keeps := time.Duration(0)
	if r, err := rails.Of(rails.Chain); err == nil {
		keeps = r.Keeps
	}
	a := &onchain.Asking{State: onchain.Answered, What: asks(), DueAt: at + wallet.Time(keeps.Microseconds())}
	switch p.Tx.State {
	case wallet.RequiresAction:
		if a.State = onchain.Open; c.link != "" {
			a.Link = strings.TrimSuffix(c.link, "/") + "/?" + url.Values{"tell": {p.Tx.ID}, "as": {p.Tx.CustomerID}}.Encode()
		}
	case wallet.Expired, wallet.Voided:
		a.State = onchain.Lapsed
	}
	return a
}

// minedAt is when a network took a payment in; 0: not yet. What comes in is told of when
// it is seen there.
func minedAt(p keep.Payment, n network, pace float64) wallet.Time {
	if p.Tx.Direction == wallet.In {
		return p.Tx.CreatedAt
	}
	arrives := stepAt(p.Tx, wallet.Posted)
	for _, m := range p.Plan {
		if m.To == wallet.Posted || m.To == wallet.FailedAfterDebit {
			arrives = max(m.At, 1)
		}
	}
	if arrives == 0 {
		arrives = stepAt(p.Tx, wallet.FailedAfterDebit)
	}
	if arrives == 0 {
		return 0
	}
	took := wallet.Time(float64((n.block * time.Duration(n.needed)).Microseconds()) / max(pace, 1))
	return max(arrives-took, stepAt(p.Tx, wallet.Processing), 1)
}

// stepAt is when a transaction reached a state last; 0: never.
func stepAt(t wallet.Transaction, s wallet.State) (at wallet.Time) {
	for _, step := range t.History {
		if step.State == s {
			at = step.At
		}
	}
	return at
}
