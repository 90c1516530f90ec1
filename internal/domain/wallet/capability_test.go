package wallet_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// A wallet's screens are opened by customers: nothing but an https address is one.
func TestTheScreensOfAWallet(t *testing.T) {
	with := func(links map[string]string) wallet.Capabilities {
		c := wallet.LevelZero()
		c.Version, c.Links = "1", links
		return c
	}
	if err := with(map[string]string{"top_up": "https://wallet.example/app/top-up?from=help"}).Validate(); err != nil {
		t.Error(err)
	}
	many := map[string]string{}
	for i := range 33 {
		many[strings.Repeat("a", i+1)] = "https://wallet.example"
	}
	for name, links := range map[string]map[string]string{
		"a script": {"top_up": "javascript:alert(1)"}, "plain http": {"top_up": "http://wallet.example"}, "no host": {"top_up": "https:///x"},
		"somebody else's name in front": {"top_up": "https://wallet.example@evil.example"}, "too long": {"top_up": "https://wallet.example/" + strings.Repeat("x", 2048)}, "too many": many,
	} {
		if err := with(links).Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
