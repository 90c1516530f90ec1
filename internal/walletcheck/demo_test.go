package walletcheck_test

import (
	"bytes"
	"context"
	"io/fs"
	"net/http/httptest"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/walletserver"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/httpsig"
	"kefu/internal/storage/storagetest"
	"kefu/internal/walletcheck"
)

// The demo's wallet, on its books, keeps the contract too.
func TestTheDemosWallet(t *testing.T) {
	files, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	own, err := demowallet.Open(ctx, demowallet.Options{
		Books: demowallet.Over(storagetest.Books(t, clock.System)), Clock: clock.System, Failures: files, Issuer: "wallet", Audience: "kefu", Link: "https://wallet.example", Pace: 100_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Seed(ctx, []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt", Language: "en"}, {ID: "cust-li", Name: "李静", Language: "zh"}}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(walletserver.New(walletserver.Options{Wallet: own, Verifier: httpsig.NewVerifier(100_000, key()), Name: "demo"}).Handler())
	defer server.Close()
	report, err := walletcheck.Run(ctx, walletcheck.Options{
		URL: server.URL + "/v1", Key: key(), Customer: "cust-anna", Other: "cust-li", Private: true, Write: true, Wait: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.Text(&text); err != nil || !report.Good() {
		t.Errorf("%v\n%s", err, text.String())
	}
}
