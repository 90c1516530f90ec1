package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/examples/wallet/flawed"
	"kefu/examples/wallet/memory"
	"kefu/internal/platform/httpsig"
	"kefu/internal/walletcheck"
)

func key() httpsig.Key {
	return httpsig.Key{ID: "kefu", Secret: []byte("0123456789abcdef0123456789abcdef")}
}

func keys() []httpsig.Key { return []httpsig.Key{key()} }

// judged is what the checks say of a wallet with a fault.
func judged(t *testing.T, name, only string) walletcheck.Report {
	t.Helper()
	return judgedBy(t, name, only, keys, key())
}

// judgedBy is what they say of a wallet with these keys, asked with one.
func judgedBy(t *testing.T, name, only string, keys func() []httpsig.Key, with httpsig.Key) walletcheck.Report {
	t.Helper()
	handler, err := handlerWith(name, keys, memory.New(memory.Options{Delay: 10 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	report, err := walletcheck.Run(context.Background(), walletcheck.Options{
		URL: server.URL + "/v1", Key: with, Customer: memory.Anna, Other: memory.Bo, Leaving: memory.Cleo, Write: true, Private: true, Wait: 2 * time.Second, Only: only,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func failures(r walletcheck.Report) (ids []string) {
	for _, x := range r.Results {
		if x.State == walletcheck.Failed {
			ids = append(ids, x.ID)
		}
	}
	return ids
}

func TestNothingIsWrongWithoutAFault(t *testing.T) {
	report := judged(t, "", "")
	var text bytes.Buffer
	if err := report.Text(&text); err != nil || !report.Good() || report.Skipped > 3 {
		t.Errorf("%v\n%s", err, text.String())
	}
}

// A wallet takes each of its keys, with a fault that judges signatures by itself too, and
// none that is no more.
func TestAWalletOfSeveralKeys(t *testing.T) {
	next := httpsig.Key{ID: "kefu-2", Secret: []byte("fedcba9876543210fedcba9876543210")}
	now := []httpsig.Key{key(), next}
	all := func() []httpsig.Key { return now }
	for _, k := range now {
		if r := judgedBy(t, "", "signature.", all, k); !r.Good() {
			t.Errorf("asked with %s: %v", k.ID, failures(r))
		}
		if got := failures(judgedBy(t, "no-nonce", "signature.", all, k)); !slices.Equal(got, []string{"signature.replay", "signature.post.replay"}) {
			t.Errorf("with a fault, asked with %s: %v", k.ID, got)
		}
	}
	now = []httpsig.Key{next}
	if r := judgedBy(t, "", "signature.", all, key()); r.Good() {
		t.Error("a key counts that was taken out")
	}
	if r := judgedBy(t, "", "signature.", all, next); !r.Good() {
		t.Errorf("the key that is left: %v", failures(r))
	}
}

// Each fault is found by the check that is there for it.
func TestEveryFaultIsFound(t *testing.T) {
	all := flawed.Faults()
	if len(all) < 40 {
		t.Errorf("there are only %d faults", len(all))
	}
	names := map[string]bool{}
	for _, f := range all {
		if names[f.Name] || f.What == "" {
			t.Errorf("the fault %q is there twice, or says nothing", f.Name)
		}
		names[f.Name] = true
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			only := ""
			if f.Name == "slow" { // which each answer is
				only = f.By
			}
			found := failures(judged(t, f.Name, only))
			if !slices.Contains(found, f.By) {
				t.Errorf("%s was to find it; found by %d: %s", f.By, len(found), strings.Join(found[:min(8, len(found))], " "))
			}
		})
	}
}

func TestAFaultThatIsNone(t *testing.T) {
	if _, err := handlerWith("perfect", keys, memory.New(memory.Options{})); err == nil {
		t.Error("a wallet has a fault that is none")
	}
}
