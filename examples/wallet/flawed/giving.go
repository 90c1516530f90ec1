package flawed

import (
	"context"
	"fmt"

	"kefu/internal/domain/wallet"
)

// gifts are faults in what the house gives of its own.
func gifts() []Fault {
	var all []Fault
	for _, f := range [][3]string{
		{"gift-for-asking", "gives a gift of the house's to the customer who asks for it", "goodwill.own"},
		{"any-gift", "gives in a currency of which there is no account", "goodwill.currency"},
		{"idle-gift", "says that it gave something, and did not", "goodwill.books"},
		{"gift-twice", "gives each time that it is asked under one key", "goodwill.again"},
	} {
		all = append(all, Fault{Name: f[0], What: f[1], By: f[2]})
	}
	return all
}

// gives is what becomes of a gift, where that is the fault; whether it is.
func (f *faulty) gives(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, bool, error) {
	switch {
	case c.Act != wallet.GiveGoodwill:
	case f.on == "gift-for-asking" && by.Kind == "customer":
		by.Kind = "staff"
		o, err := f.Full.Do(ctx, by, c)
		return o, true, err
	case f.on == "any-gift" && c.DryRun, f.on == "idle-gift" && !c.DryRun:
		return f.done(c), true, nil
	case f.on == "gift-twice" && !c.DryRun:
		key := c.Key
		c.Key = fmt.Sprintf("k-%d", f.count.Add(1))
		o, err := f.Full.Do(ctx, by, c)
		o.Key = key
		return o, true, err
	}
	return wallet.Operation{}, false, nil
}
