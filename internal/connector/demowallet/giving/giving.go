// Package giving is what the demo wallet gives of its own: goodwill, from an account that
// it keeps for that, as a transaction that its customer finds by that name.
package giving

import (
	"slices"
	"strconv"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/lives"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
)

// Asked is a command to give something, inside its commit.
type Asked struct {
	keep.Asked
	Accounts []string // the customer's
	Dry      bool
}

// Caps of the wallet's own, in whole units of a currency, whatever Kefu allows: above the
// first two members of staff have to agree, above the second nothing is given.
const (
	plain = 100
	most  = 1000
)

// Of is the account of the wallet's own from which gifts of a currency come.
func Of(m wallet.Money) string { return "wallet:goodwill:" + m.Currency() }

// Give books a gift, once for each command.
func (a Asked) Give(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	if a.By.Kind != "staff" { // a customer gives themselves nothing
		return wallet.NotEligible, nil
	}
	to, err := a.account(c.Amount)
	if err != nil || to == "" {
		return wallet.NotEligible, err
	}
	o.Summary = &wallet.Summary{Amount: c.Amount, Destination: to, ArrivesBy: a.At}
	approvals := 0
	switch {
	case above(c.Amount, most):
		return wallet.LimitReached, nil
	case above(c.Amount, plain):
		approvals = 1
	}
	if refusal, err := a.Allowed(approvals); refusal != "" || err != nil {
		return refusal, err
	}
	if a.Dry {
		return "", nil
	}
	given, err := a.pay(c.CustomerID, to, c.Amount)
	o.Made = []wallet.Made{{Kind: "credit", ID: given}}
	return "", err
}

// above tells whether a sum is more than so many whole units of its currency.
func above(m wallet.Money, units int) bool {
	cap, err := wallet.Parse(strconv.Itoa(units), m.Currency(), m.Scale())
	return err != nil || m.Cmp(cap) > 0
}

// account is the customer's account that a gift goes to; "" where they have none in that
// currency to which something may come.
func (a Asked) account(m wallet.Money) (string, error) {
	accounts := slices.Clone(a.Accounts)
	slices.Sort(accounts)
	for _, id := range accounts {
		of, err := keep.Get[wallet.Account](a.Desk, keep.KindAccount, id)
		if err != nil {
			return "", err
		}
		at, _, err := a.Account(id)
		if err != nil {
			return "", err
		}
		money := of.Kind == "emoney" || of.Kind == "fiat"
		if money && at.Currency == m.Currency() && at.Scale == m.Scale() && !at.Closed && of.Status != "closed" && of.Block != "all" && of.Block != "credit" {
			return id, nil
		}
	}
	return "", nil
}

func (a Asked) pay(customer, account string, m wallet.Money) (string, error) {
	if err := a.OpenOwn(Of(m), m, false); err != nil {
		return "", err
	}
	p, err := a.Begin(wallet.Transaction{
		ID: "gw-" + id.New(), CustomerID: customer, AccountID: account, Kind: wallet.KindGoodwill, Direction: wallet.In, Amount: m, Rail: "wallet",
		Counterparty: &wallet.Counterparty{Name: lives.House}, CreatedAt: a.At,
	}, Of(m), rails.Fate{Kind: rails.Fine})
	if err != nil {
		return "", err
	}
	for _, to := range []wallet.State{wallet.Authorised, wallet.Captured, wallet.Posted} {
		if err := a.Advance(p, keep.Move{To: to, Final: to == wallet.Posted}); err != nil {
			return "", err
		}
	}
	return p.Tx.ID, nil
}
