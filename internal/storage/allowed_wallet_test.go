package storage_test

import (
	"context"
	"time"

	"kefu/internal/domain/field"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/platform/fault"
)

// walletRules are about what leads into the wallet.
func walletRules() []rule {
	ctx := context.Background()
	return []rule{
		{"WalletLink", workers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WalletLink(ctx, p, sc.own.ID, "wallet", reveal.Look{What: "customer"})
			return err
		}},
		{"PresentLevel", workers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.PresentLevel(ctx, p, sc.own.ID)
			return err
		}},
		// The conversation is nobody's: an agent takes it over first.
		{"WalletCase", "supervisor owner", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WalletCase(ctx, p, sc.own.ID, sc.conv, "wallet")
			return err
		}},
		{"SpendReveal", "agent colleague supervisor owner second fraud disputes", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.SpendReveal(ctx, p, 100, time.Hour.Microseconds())
		}},
		{"RecordReveal", "supervisor owner", fault.Forbidden, map[fault.Code]string{fault.NotFound: "agent colleague second fraud disputes"}, func(sc *scene, p identity.Principal) error {
			link := wallet.Link{CustomerID: sc.own.ID, WalletID: "own", Case: sc.conv}
			return sc.RecordReveal(ctx, p, link, field.Email, "", reveal.Reason{Code: "other", Text: "to call them back"})
		}},
		{"WalletHolder", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WalletHolder(ctx, p, "wallet", "own")
			return err
		}},
		{"OwnWalletLink", "own", fault.Forbidden, map[fault.Code]string{fault.NotFound: "other"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.OwnWalletLink(ctx, p, "wallet")
			return err
		}},
	}
}
