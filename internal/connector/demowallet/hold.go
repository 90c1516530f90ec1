package demowallet

import (
	"strings"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
)

// releaseHold lets a payment go on that the wallet stopped. Two people have to agree.
func (d *desk) releaseHold(o *wallet.Operation, by wallet.Actor, c wallet.Command) (wallet.Refusal, error) {
	p, err := d.PaymentOf(c.CustomerID, strings.TrimPrefix(c.Target, "hold-"))
	if err != nil {
		return "", err
	}
	o.Summary = &wallet.Summary{Amount: keep.Gross(p.Tx), Effects: []string{"payment_goes_on"}, State: string(p.Tx.State)}
	account, _, err := d.Account(p.Tx.AccountID)
	if err != nil {
		return "", err
	}
	switch {
	case c.Expect != string(p.Tx.State):
		return wallet.StateChanged, nil
	case p.Tx.State != wallet.RiskHold:
		return wallet.NotEligible, nil
	case account.Frozen || account.Closed:
		return wallet.BlockedByWallet, nil
	}
	if refusal, err := d.authorise(by, c, 1); refusal != "" || err != nil {
		return refusal, err
	}
	p.Trace(wallet.Trace{At: d.At, Source: "risk", Event: "hold_released"})
	return "", d.goOn(p)
}
