package demowallet_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"

	"kefu/internal/connector/walletserver"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// A file is kept byte for byte, for its customer alone, and decides what needs it.
func TestEvidenceWithItsFiles(t *testing.T) {
	l := helped(t)
	paid := l.bought(t, "60.00")
	o := l.do(t, command(wallet.OpenDispute, paid.ID, expect(string(paid.State)), detail("claim", "merchant")))
	dispute := o.Made[0].ID
	content := []byte(strings.Repeat("a receipt of many lines\n", 10_000)) // several pieces
	sum := sha256.Sum256(content)
	f := wallet.File{Digest: hex.EncodeToString(sum[:]), Type: "text/plain", Size: int64(len(content))}
	c := command(wallet.AddEvidence, dispute, func(c *wallet.Command) { c.Files = []wallet.Evidence{{Kind: "order_confirmation", File: f}} })
	l.refuses(t, c, wallet.FileMissing)
	who := c.CustomerID
	for range 2 {
		stored, err := l.GiveFile(t.Context(), agent(), who, f, content)
		if err != nil || stored.File != f || stored.CustomerID != who {
			t.Fatalf("%+v, err = %v", stored, err)
		}
	}
	if _, got, err := l.File(t.Context(), who, f.Digest); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, err = %v", len(got), err)
	}
	if _, _, err := l.File(t.Context(), "somebody-else", f.Digest); !fault.Is(err, fault.NotFound) {
		t.Errorf("of somebody else: err = %v", err)
	}
	c.Key += "-with"
	l.do(t, c)
	c.Key += "-again"
	l.refuses(t, c, wallet.AlreadyDone)
	all, err := l.Disputes(t.Context(), agent(), who)
	if err != nil || len(all) != 1 || len(all[0].Files) != 1 || len(all[0].Needs) != 0 || all[0].State != wallet.DisputeReview {
		t.Errorf("%+v, err = %v", all, err)
	}
	l.pass(t, 60*24*time.Hour)
	c.Key, c.Files[0].Kind = c.Key+"-late", "messages"
	l.refuses(t, c, wallet.NotEligible)
	_, err = l.GiveFile(t.Context(), agent(), who, wallet.File{Digest: f.Digest, Type: "text/html", Size: 1}, content)
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("a page: err = %v", err)
	}
}

// One file more than are kept of a customer's is refused for good: it would be given again
// and again otherwise.
func TestMoreFilesThanAreKept(t *testing.T) {
	l := helped(t)
	who := command(wallet.Freeze, "").CustomerID
	give := func(n int) error {
		content := []byte("file " + strconv.Itoa(n))
		sum := sha256.Sum256(content)
		_, err := l.GiveFile(t.Context(), agent(), who, wallet.File{Digest: hex.EncodeToString(sum[:]), Type: "text/plain", Size: int64(len(content))}, content)
		return err
	}
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		err = give(n)
	}
	if !fault.Is(err, fault.Invalid) || fault.ReasonOf(err) != walletserver.NotTakenReason {
		t.Errorf("err = %v", err)
	}
	if err := give(0); err != nil {
		t.Errorf("one that is there: %v", err)
	}
}
