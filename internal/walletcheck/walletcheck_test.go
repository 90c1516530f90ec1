package walletcheck_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/memory"
	"kefu/internal/connector/walletserver"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
	"kefu/internal/walletcheck"
)

func key() httpsig.Key {
	return httpsig.Key{ID: "kefu-1", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

func check(t *testing.T, o walletcheck.Options, w walletserver.Wallet) walletcheck.Report {
	t.Helper()
	server := httptest.NewServer(walletserver.New(walletserver.Options{Wallet: w, Verifier: httpsig.NewVerifier(100_000, key())}).Handler())
	t.Cleanup(server.Close)
	o.URL, o.Key, o.Customer, o.Other, o.Leaving, o.Private = server.URL+"/v1", key(), memory.Anna, memory.Bo, memory.Cleo, true
	report, err := walletcheck.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestTheChecksHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range walletcheck.Checks() {
		if seen[c.ID] || c.ID == "" || c.What == "" || c.Why == "" || strings.HasSuffix(c.What, ".") {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
	}
	if len(seen) < 150 {
		t.Errorf("there are only %d", len(seen))
	}
}

// Nothing is wrong with a wallet that keeps the contract, and nearly everything can be
// tried on it.
func TestAGoodWallet(t *testing.T) {
	report := check(t, walletcheck.Options{Write: true}, memory.New(memory.Options{Delay: 20 * time.Millisecond}))
	var text bytes.Buffer
	if err := report.Text(&text); err != nil {
		t.Fatal(err)
	}
	if !report.Good() || report.Skipped > 3 || report.Passed+report.Skipped != len(walletcheck.Checks()) || report.Name == "" {
		t.Error(text.String())
	}
	t.Logf("%d checks: %d passed, %d skipped\n%s", len(report.Results), report.Passed, report.Skipped, text.String())
}

// Without leave nothing is changed.
func TestWithoutLeaveNothingChanges(t *testing.T) {
	w := memory.New(memory.Options{})
	report := check(t, walletcheck.Options{}, w)
	if !report.Good() {
		t.Errorf("%+v", report)
	}
	ctx := context.Background()
	notices, err := w.Notices(ctx, 0, 100)
	if err != nil || len(notices.Items) != 0 {
		t.Errorf("something changed: %+v %v", notices, err)
	}
}

func TestAWalletThatIsNotThere(t *testing.T) {
	report, err := walletcheck.Run(context.Background(), walletcheck.Options{
		URL: "https://127.0.0.1:1/v1", Key: key(), Customer: "a", Other: "b", Private: true, Timeout: 100 * time.Millisecond,
	})
	if err != nil || report.Good() || report.Failed < 50 {
		t.Errorf("%d failed, %d passed: %v", report.Failed, report.Passed, err)
	}
	for name, o := range map[string]walletcheck.Options{
		"no address": {Key: key(), Customer: "a", Other: "b"}, "no key": {URL: "https://a.example", Customer: "a", Other: "b"},
		"one customer": {URL: "https://a.example", Key: key(), Customer: "a", Other: "a"},
	} {
		if _, err := walletcheck.Run(context.Background(), o); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
