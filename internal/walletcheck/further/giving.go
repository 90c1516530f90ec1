package further

import (
	"fmt"
	"slices"

	"kefu/internal/domain/wallet"
)

// Gift makes a command of c that gives a little in the currency of an account of the
// customer's. Errors: Skip.
func Gift(p Probe, c wallet.Command) (wallet.Command, error) {
	all, err := holdings(p)
	if err != nil {
		return c, err
	}
	for _, b := range all {
		if b.Available.Scale() > 4 { // no money that is given by hand
			continue
		}
		c.Amount, err = wallet.Parse("1", b.Available.Currency(), b.Available.Scale())
		return c, err
	}
	return c, Skip("the customer has no account that money could come to")
}

func holdings(p Probe) ([]wallet.Balance, error) {
	if err := p.Reads(wallet.ReadAccounts); err != nil {
		return nil, err
	}
	return many[wallet.Balance](p, p.Mine("/balances"))
}

// giving is what the house gives of its own.
func giving() []Check {
	const theft = "what is given twice, or to whoever asks, is stolen from the house"
	gift := func(id, what, why string, can func(Probe, wallet.Act) error, run func(Probe, wallet.Command) error) Check {
		return Check{"goodwill." + id, what, why, func(p Probe) error {
			if err := can(p, wallet.GiveGoodwill); err != nil {
				return err
			}
			c, err := Gift(p, command(p, wallet.GiveGoodwill, "", ""))
			if err != nil {
				return err
			}
			return run(p, c)
		}}
	}
	return []Check{
		gift("own", "gives nothing at a customer's own wish", theft, Probe.Does, func(p Probe, c wallet.Command) error {
			c.DryRun = true
			o, err := p.DoFor("customer", c)
			if err == nil && o.State != wallet.OpFailed {
				return fmt.Errorf("it is %s", o.State)
			}
			return err
		}),
		gift("currency", "gives nothing in a currency of which the customer has no account", "nobody finds what went nowhere", Probe.Does, func(p Probe, c wallet.Command) error {
			c.DryRun = true
			var err error
			if c.Amount, err = wallet.Parse("1.00", "XTS", 2); err != nil { // ISO 4217: for tests
				return err
			}
			return refusedAs(p, c, wallet.NotEligible, wallet.LimitReached)
		}),
		gift("books", "gives exactly what it says, and tells of it as a transaction of kind goodwill", "the customer looks for it in their list, by that name", Probe.Writes, func(p Probe, c wallet.Command) error {
			_, err := given(p, c)
			return err
		}),
		gift("again", "gives once for one key", "an answer that is lost is asked for again", Probe.Writes, func(p Probe, c wallet.Command) error {
			if _, err := given(p, c); err != nil {
				return err
			}
			before, err := gifts(p)
			if err == nil {
				_, err = p.Do(c)
			}
			if err != nil {
				return err
			}
			after, err := gifts(p)
			if err == nil && len(after) != len(before) {
				return fmt.Errorf("it was given a second time")
			}
			return err
		}),
	}
}

// gifts are those that the wallet tells of.
func gifts(p Probe) ([]wallet.Transaction, error) {
	all, err := p.Transactions("")
	return slices.DeleteFunc(all, func(t wallet.Transaction) bool { return t.Kind != wallet.KindGoodwill }), err
}

// given gives something for real, and looks for it in the customer's list and account.
func given(p Probe, c wallet.Command) (wallet.Operation, error) {
	before, err := gifts(p)
	if err != nil {
		return wallet.Operation{}, err
	}
	held, err := holdings(p)
	if err != nil {
		return wallet.Operation{}, err
	}
	o, err := p.Do(c)
	if err == nil {
		o, err = p.Settled(o)
	}
	if err != nil {
		return o, err
	}
	if slices.Contains([]wallet.Refusal{wallet.BlockedByWallet, wallet.ApprovalRequired, wallet.LimitReached, wallet.NotEligible}, o.Refusal) {
		return o, Skip("the wallet refuses it here: " + string(o.Refusal))
	}
	if o.State != wallet.OpSucceeded {
		return o, fmt.Errorf("it is %s %s", o.State, o.Refusal)
	}
	after, err := gifts(p)
	if err != nil {
		return o, err
	}
	if len(after) != len(before)+1 {
		return o, fmt.Errorf("there are %d gifts more in the list, where one was given", len(after)-len(before))
	}
	t := after[0]
	if t.Direction != wallet.In || !t.Amount.Like(c.Amount) || t.Amount.Cmp(c.Amount) != 0 || t.State != wallet.Posted {
		return o, fmt.Errorf("it is told of as something else: %s %s %s", t.Direction, t.Amount.Amount(), t.State)
	}
	now, err := holdings(p)
	if err != nil {
		return o, err
	}
	for _, b := range held {
		if b.AccountID != t.AccountID {
			continue
		}
		want, err := b.Total.Add(c.Amount)
		if err != nil {
			return o, err
		}
		i := slices.IndexFunc(now, func(n wallet.Balance) bool { return n.AccountID == b.AccountID })
		if i < 0 || now[i].Total.Cmp(want) != 0 {
			return o, fmt.Errorf("the account does not hold it")
		}
		return o, nil
	}
	return o, fmt.Errorf("it went to an account that the customer has not")
}
