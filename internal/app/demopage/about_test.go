package demopage_test

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/app/demopage"
	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
	page "kefu/internal/web/demowallet"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T) demopage.App {
	t.Helper()
	codes, err := fs.Sub(content.Failures, "failures")
	must(t, err)
	now := func() time.Time { return time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC) }
	w, err := demowallet.Open(context.Background(), demowallet.Options{Books: demowallet.Over(storagetest.Books(t, now)), Clock: now, Failures: codes, Issuer: "https://wallet.test", Audience: "kefu-test"})
	must(t, err)
	must(t, w.Seed(context.Background(), []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt"}, {ID: "cust-sara", Name: "Sara Haddad"}}))
	return demopage.App{Wallet: w}
}

// Whatever is asked for, the page says what it is to be done to before anybody says yes.
func TestNobodyIsAskedForWhatTheyAreNotShown(t *testing.T) {
	app, ctx, by := opened(t), context.Background(), wallet.Actor{}
	cards, err := app.Wallet.Instruments(ctx, by, "cust-anna")
	must(t, err)
	phones, err := app.Wallet.Devices(ctx, by, "cust-anna")
	must(t, err)
	permits, err := app.Wallet.Mandates(ctx, by, "cust-anna")
	must(t, err)
	paid, err := app.Wallet.Transactions(ctx, by, wallet.Query{CustomerID: "cust-anna", Limit: 5})
	must(t, err)
	if len(cards) == 0 || len(phones) == 0 || len(permits) == 0 || len(paid.Items) == 0 {
		t.Fatalf("%d cards, %d devices, %d permits, %d payments", len(cards), len(phones), len(permits), len(paid.Items))
	}
	payment := page.About{Kind: "payment", Name: paid.Items[0].Party(), Of: string(paid.Items[0].Kind), At: int64(paid.Items[0].CreatedAt)}
	card := page.About{Kind: "instrument", Of: cards[0].Type, Name: cards[0].Brand, Last4: cards[0].Last4}
	for _, c := range []struct {
		act    wallet.Act
		target string
		about  page.About
	}{
		{wallet.RemoveInstrument, cards[0].ID, card},
		{wallet.BlockInstrument, cards[0].ID, card},
		{wallet.SetDefault, cards[0].ID, card},
		{wallet.RevokeDevice, phones[0].ID, page.About{Kind: "device", Name: phones[0].Model + " " + phones[0].OS, At: int64(phones[0].LastSeen)}},
		{wallet.CancelMandate, permits[0].ID, page.About{Kind: "mandate", Name: permits[0].Merchant}},
		{wallet.OpenDispute, paid.Items[0].ID, payment},
		{wallet.Recall, paid.Items[0].ID, payment},
		{wallet.ReleaseHold, "hold-" + paid.Items[0].ID, payment},
		{wallet.Freeze, "", page.About{Kind: "wallet"}},
		{wallet.Unfreeze, "cust-anna", page.About{Kind: "wallet"}},
		{wallet.RemoveInstrument, "cust-sara:card", page.About{Kind: "other", Name: "cust-sara:card"}},
		{wallet.OpenDispute, "nothing", page.About{Kind: "other", Name: "nothing"}},
	} {
		asked, err := app.Wallet.Ask(ctx, by, wallet.Ask{Key: id.New(), CustomerID: "cust-anna", Case: "conv-1", Act: c.act, Target: c.target, Level: 2, Nonce: id.New()})
		must(t, err)
		shown, err := app.Shown(ctx, "cust-anna")
		must(t, err)
		found := false
		for _, a := range shown.Asks {
			if a.ID != asked.ID {
				continue
			}
			found = true
			got := a.About
			if (c.about.Kind == "payment") != (got.Amount != nil) && c.about.Kind != "mandate" {
				t.Errorf("%s %s: the amount is %v", c.act, c.target, got.Amount)
			}
			if got.Amount = nil; got != c.about {
				t.Errorf("%s %s is shown as %+v, not %+v", c.act, c.target, got, c.about)
			}
		}
		if !found {
			t.Errorf("%s is not asked for", c.act)
		}
	}
}
