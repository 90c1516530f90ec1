package walletapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func newKey() string { return id.New() }

const (
	freshFor = 5 * time.Minute // before what a wallet can do is asked for again
	staleFor = 24 * time.Hour  // for which it is believed while the wallet does not answer
)

// known is what is remembered of a wallet.
type known struct {
	turn   chan struct{} // one asks, the others wait for it
	can    wallet.Capabilities
	canAt  time.Time // when it was told; none: never
	keys   identity.KeySet
	pins   map[string]string // the keys by their ids, as they were first seen
	keysAt time.Time
}

func newKnown() known { return known{turn: make(chan struct{}, 1)} }

// Capabilities are what the wallet can do, as it said within the last minutes, with its
// keys. A wallet that does not answer is believed for a day to do what it did. One
// without the document is of the first version, which could only be asked. Errors:
// Unavailable.
func (c *Client) Capabilities(ctx context.Context) (wallet.Capabilities, error) {
	if err := c.enter(ctx); err != nil {
		return wallet.Capabilities{}, err
	}
	defer func() { <-c.known.turn }()
	k, now := &c.known, c.now()
	if !k.canAt.IsZero() && now.Sub(k.canAt) < freshFor {
		return k.can, nil
	}
	told, err := one(ctx, c, wallet.Actor{}, question{name: "capabilities", path: []string{".well-known", "wallet-support"}, open: true}, wallet.Capabilities.Validate)
	if fault.Is(err, fault.NotFound) {
		told, err = firstVersion(), nil
	}
	if err != nil {
		if !k.canAt.IsZero() && now.Sub(k.canAt) < staleFor {
			return k.can, nil
		}
		return wallet.Capabilities{}, err
	}
	if len(told.StepUp) > 0 {
		if told.Keys, err = c.refreshKeys(ctx, now); err != nil {
			return wallet.Capabilities{}, err
		}
	}
	told.Links = c.screens(told.Links)
	k.can, k.canAt = told, now
	return told, nil
}

// screens are those of the wallet's screens that lie where the operator said that links may
// lead; what calls for another one is told in words. The operator is told once of the
// places elsewhere.
func (c *Client) screens(all map[string]string) map[string]string {
	kept, elsewhere := make(map[string]string, len(all)), []string{}
	for screen, link := range all {
		if c.links.Lead(link) {
			kept[screen] = link
		} else {
			elsewhere = append(elsewhere, applink.Place(link))
		}
	}
	slices.Sort(elsewhere)
	places := strings.Join(slices.Compact(elsewhere), ", ")
	if last := c.unseen.Swap(&places); places != "" && (last == nil || *last != places) {
		c.log.Error("the wallet named screens that lie elsewhere than wallet.link_origins says, so customers are told in words and get no link: add the places there if they are the wallet's", "places", places, "named", c.links.String())
	}
	return kept
}

// firstVersion is what every wallet could do before there was a document.
func firstVersion() wallet.Capabilities {
	return wallet.Capabilities{Version: "1", Readings: []wallet.Reading{wallet.ReadCustomer, wallet.ReadAccounts, wallet.ReadInstruments, wallet.ReadTransactions}}
}

func (c *Client) enter(ctx context.Context) error {
	select {
	case c.known.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unsent{fault.New(fault.Unavailable, "walletapi.enter", "the wallet is being asked what it can do")}
	}
}

// Keys are those with which the wallet signs proofs. The first set that is seen is
// pinned: a set that comes later must have one of the keys before it, and no key may
// change under its id. Else the set before is kept, and an operator has to start Kefu
// anew. Errors: Unavailable.
func (c *Client) Keys(ctx context.Context) (identity.KeySet, error) {
	if err := c.enter(ctx); err != nil {
		return identity.KeySet{}, err
	}
	defer func() { <-c.known.turn }()
	now := c.now()
	if k := &c.known; k.keysAt.IsZero() || now.Sub(k.keysAt) >= freshFor {
		if _, err := c.refreshKeys(ctx, now); err != nil && (k.keysAt.IsZero() || now.Sub(k.keysAt) >= staleFor) {
			return identity.KeySet{}, err
		}
	}
	return c.known.keys, nil
}

// refreshKeys asks for the keys; whoever calls it has the turn.
func (c *Client) refreshKeys(ctx context.Context, now time.Time) ([]byte, error) {
	const op = "walletapi.refreshKeys"
	var set identity.KeySet
	pins := map[string]string{}
	raw, err := one(ctx, c, wallet.Actor{}, question{name: "keys", path: []string{".well-known", "jwks.json"}, open: true}, func(raw json.RawMessage) error {
		all, err := identity.ParseKeySet(raw)
		if err != nil {
			return fault.InvalidField(op, "keys", "cannot be read")
		}
		if set = all.Only("EdDSA"); len(set.IDs()) == 0 {
			return fault.InvalidField(op, "keys", "has none of Ed25519")
		}
		return pinned(raw, pins)
	})
	if err != nil {
		return nil, err
	}
	if why := c.known.refuses(pins); why != "" {
		c.log.Error("the wallet's new keys are not taken", "why", why)
		return nil, fault.New(fault.Unavailable, op, "the wallet's new keys are not taken: %s", why)
	}
	c.known.keys, c.known.pins, c.known.keysAt = set, pins, now
	return raw, nil
}

// pinned fills in the keys of a set by their ids.
func pinned(raw []byte, pins map[string]string) error {
	var told struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		return fault.InvalidField("walletapi.pinned", "keys", "cannot be read")
	}
	for _, key := range told.Keys {
		kid, _ := key["kid"].(string)
		x, _ := key["x"].(string)
		pins[kid] = x
	}
	return nil
}

// refuses tells what speaks against a new set.
func (k *known) refuses(pins map[string]string) string {
	same := len(k.pins) == 0
	for kid, key := range k.pins {
		now, ok := pins[kid]
		if ok && now != key {
			return "a key has changed under its id"
		}
		same = same || ok
	}
	if !same {
		return "none of the keys before is among them"
	}
	return ""
}
