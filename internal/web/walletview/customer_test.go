package walletview_test

import (
	"slices"
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
	"kefu/internal/web/walletview"
)

func TestAFlagNamedTwiceIsShownOnce(t *testing.T) {
	t.Parallel()
	view := walletview.OfSummary(lookup.Summary{Customer: wallet.Customer{Flags: []string{"vip", "large_type", "vip"}}})
	if want := []string{"vip", "large_type"}; !slices.Equal(view.Flags, want) {
		t.Errorf("flags %q, want %q", view.Flags, want)
	}
	if none := walletview.OfSummary(lookup.Summary{}); none.Flags == nil {
		t.Error("no flags are null, which the contract does not allow")
	}
}
