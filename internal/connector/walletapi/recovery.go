package walletapi

import (
	"context"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/fault"
)

// Ways asks by which ways whoever has a handle can come back in. Errors as for Do.
func (c *Client) Ways(ctx context.Context, by wallet.Actor, a recovery.Asking) (recovery.Offer, error) {
	if err := a.Validate(); err != nil {
		return recovery.Offer{}, unsent{err}
	}
	q := question{name: "ways of recovery", path: []string{"recoveries:ways"}, key: a.Key, body: a, ids: []string{a.Key}}
	return one(ctx, c, by, q, recovery.Offer.Validate)
}

// Begin has the wallet go one of the ways. Errors as for Do.
func (c *Client) Begin(ctx context.Context, by wallet.Actor, id string, b recovery.Begin) (recovery.Recovery, error) {
	if err := b.Validate(); err != nil {
		return recovery.Recovery{}, unsent{err}
	}
	q := question{name: "recovery", path: []string{"recoveries", id, "begin"}, key: b.Key, body: b, ids: []string{id, b.Key}}
	told, err := one(ctx, c, by, q, func(r recovery.Recovery) error { return checkRecovery(r, id) })
	return c.reached(told), err
}

// Recovery asks how far a recovery has got. Errors: NotFound, Unavailable.
func (c *Client) Recovery(ctx context.Context, by wallet.Actor, id string) (recovery.Recovery, error) {
	q := question{name: "recovery", path: []string{"recoveries", id}}
	told, err := one(ctx, c, by, q, func(r recovery.Recovery) error { return checkRecovery(r, id) })
	return c.reached(told), err
}

func checkRecovery(r recovery.Recovery, id string) error {
	if r.ID != id {
		return foreign()
	}
	if r.Link != "" {
		if err := applink.Check(r.Link); err != nil {
			return fault.InvalidField("walletapi.checkRecovery", "link", "is no address")
		}
	}
	return r.Validate()
}

// reached takes out of an answer a page that lies elsewhere than the operator said: whoever
// wants in finds the wallet's own page without.
func (c *Client) reached(r recovery.Recovery) recovery.Recovery {
	if r.Link != "" && !c.leads(r.Link) {
		r.Link = ""
	}
	return r
}

// Recoveries asks who tries to come in as a customer. Errors: NotFound, Unavailable.
func (c *Client) Recoveries(ctx context.Context, by wallet.Actor, customer string) ([]recovery.Standing, error) {
	q := question{name: "recoveries", path: []string{"customers", customer, "recoveries"}}
	return listOf(ctx, c, by, q, recovery.MaxOpen, func(recovery.Standing) bool { return true })
}
