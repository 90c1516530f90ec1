package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/walletcheck"
)

// A wallet is asked with the key that is named, or with the one that signs.
func TestWithWhichKeyAWalletIsAsked(t *testing.T) {
	one, two := strings.Repeat("1", 32), strings.Repeat("2", 32)
	path := filepath.Join(t.TempDir(), "keys")
	for _, x := range []struct{ text, named, id, secret string }{
		{one, "", "kefu", one},
		{one, "kefu", "kefu", one},
		{one, "other", "other", one}, // the name of what stands there without one
		{"b " + two + "\n" + one, "", "b", two},
		{"b " + two + "\n" + one, "kefu", "kefu", one},
		{one + "\nb " + two, "b", "b", two},
		{"a " + one + "\nb " + two, "c", "", ""},
		{"short", "", "", ""},
	} {
		if err := os.WriteFile(path, []byte(x.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var o walletcheck.Options
		o.Key.ID = x.named
		err := fromConfig(&o, config.Wallet{KeyID: "kefu", SecretFile: path}, "")
		if (err == nil) != (x.id != "") || (err == nil && (o.Key.ID != x.id || string(o.Key.Secret) != x.secret)) {
			t.Errorf("%q with %q: %q %v", x.text, x.named, o.Key.ID, err)
		}
		if err != nil && (strings.Contains(fault.Sentence(err), one) || strings.Contains(fault.Sentence(err), two)) {
			t.Errorf("a secret is in %v", err)
		}
	}
}
