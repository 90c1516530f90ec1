package purse

import (
	"context"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
)

// textVersion is that of the text of every consent.
const textVersion = "1"

// Consented are the consents that there are: one that everybody gave at first, and one that
// nobody was asked for.
func Consented() []string { return []string{consent.MarketingSMS, consent.Assistant} }

// agreed is how a consent stands.
func (p *Purse) agreed(customer, key string) consent.Stance {
	if now, changed := p.permits[customer+"/"+key]; changed {
		return now
	}
	if key == consent.MarketingSMS {
		return consent.Given
	}
	return consent.Never
}

// agree is what comes of a consent that is given or withdrawn. Whose word it is it leaves to
// Kefu.
func (p *Purse) agree(c wallet.Command) (Terms, wallet.Refusal) {
	now, give := p.agreed(c.CustomerID, c.Target), c.Act == wallet.GiveConsent
	switch {
	case c.Target != consent.MarketingSMS && c.Target != consent.Assistant:
		return Terms{}, wallet.NotEligible
	case give == (now == consent.Given):
		return Terms{}, wallet.AlreadyDone
	case give && c.Details[wallet.ConsentVersion] != textVersion:
		return Terms{}, wallet.StateChanged
	}
	return Terms{state: string(now)}, ""
}

// Consents tells what a customer agreed to.
func (p *Purse) Consents(_ context.Context, _ wallet.Actor, customer string) (consent.Standing, error) {
	if p.Down {
		return consent.Standing{}, Gone()
	}
	s := consent.Standing{CustomerID: customer}
	for _, key := range Consented() {
		s.Items = append(s.Items, consent.Item{Key: key, Basis: consent.Agreed, State: p.agreed(customer, key), Version: textVersion, Give: true, Withdraw: true})
	}
	return s, nil
}
