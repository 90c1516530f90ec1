package demowallet_test

import (
	"context"
	"strings"
	"testing"

	"kefu/internal/connector/demowallet/recovery"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	access "kefu/internal/domain/wallet/recovery"
	"kefu/internal/storage/storagetest"
)

// Some of the wallet's people kept recovery codes: each counts once, as it was written down
// or without its dashes, and never in the place of the authenticator. On both engines.
func TestAKeptCodeCountsOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := holdingOn(t, d), context.Background()
		customer, kept := keeper(t, h)
		try := func(key, code string) recovering.Page {
			t.Helper()
			c, err := h.Customer(ctx, wallet.Actor{}, customer)
			must(t, err)
			o, err := h.Desks.Ways(ctx, wallet.Actor{}, access.Asking{Key: key, Handle: c.Handles[0].Value})
			must(t, err)
			for _, w := range o.Ways {
				if w.Kind == access.Code {
					_, err := h.Desks.Begin(ctx, wallet.Actor{}, o.ID, access.Begin{Key: key, Way: w.ID})
					must(t, err)
					p, err := h.Desks.Give(ctx, recovering.Given{ID: o.ID, Browser: "mine", Code: code})
					must(t, err)
					return p
				}
			}
			t.Fatalf("%s is not offered the way by a code: %+v", customer, o.Ways)
			return recovering.Page{}
		}
		if p := try("key-1", "aaaaa-bbbbb-ccccc"); !p.Wrong || p.Stage != "code" {
			t.Fatalf("%+v", p)
		}
		if p := try("key-2", strings.ToUpper(strings.ReplaceAll(kept[1], "-", " "))); p.Wrong || p.Stage != "second" {
			t.Fatalf("%+v", p)
		}
		if p := try("key-3", kept[1]); !p.Wrong {
			t.Fatalf("it counted twice: %+v", p)
		}
		if _, left, err := h.Holds(ctx, customer); err != nil || len(left) != len(kept)-1 {
			t.Errorf("%v are left: %v", left, err)
		}
		if _, of, err := h.Holds(ctx, recovery.Nobody); err != nil || len(of) == 0 {
			t.Errorf("of nobody less is read: %v", err)
		}
	})
}

// keeper is one of the wallet's people who kept codes, and these.
func keeper(t *testing.T, h *holder) (string, []string) {
	t.Helper()
	for _, customer := range []string{"cust-anna", "cust-li", "cust-sara", "cust-james", "cust-wang"} {
		if _, kept, err := h.Holds(t.Context(), customer); err == nil && len(kept) > 0 {
			return customer, kept
		}
	}
	t.Fatal("none of them kept a code")
	return "", nil
}
