package walletview

import (
	"slices"

	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
)

// WalletHandle is an address at which the wallet knows a customer, masked.
type WalletHandle struct {
	Kind       string `json:"kind" enum:"email,phone,username"`
	Masked     string `json:"masked"`
	VerifiedAt int64  `json:"verified_at,omitempty"`
	ChangedAt  int64  `json:"changed_at,omitempty"`
}

// WalletBalance is what an account holds in one currency.
type WalletBalance struct {
	Total      Sum   `json:"total"`
	Available  Sum   `json:"available"`
	PendingIn  Sum   `json:"pending_in"`
	PendingOut Sum   `json:"pending_out"`
	Held       Sum   `json:"held"`
	AsOf       int64 `json:"as_of"`
}

// WalletAccount is a pot of money, with what it holds.
type WalletAccount struct {
	ID       string          `json:"id"`
	Kind     string          `json:"kind"`
	Name     string          `json:"name,omitempty"`
	Status   string          `json:"status"`
	Block    string          `json:"block" enum:"none,credit,debit,all"`
	Number   string          `json:"number,omitempty" doc:"masked"`
	OpenedAt int64           `json:"opened_at,omitempty"`
	Balances []WalletBalance `json:"balances" nullable:"false"`
}

// WalletInstrument is what a customer pays with.
type WalletInstrument struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Brand    string `json:"brand,omitempty"`
	Last4    string `json:"last4"`
	Country  string `json:"country,omitempty"`
	Expiry   string `json:"expiry,omitempty"`
	Status   string `json:"status"`
	Default  bool   `json:"default"`
	OpenUses int    `json:"open_uses"`
}

// WalletView is a customer's side of the wallet as staff see it, masked.
type WalletView struct {
	Name         string             `json:"name" doc:"masked"`
	Kind         string             `json:"kind" enum:"person,business"`
	Locale       string             `json:"locale,omitempty"`
	TimeZone     string             `json:"time_zone,omitempty"`
	Jurisdiction string             `json:"jurisdiction,omitempty"`
	Since        int64              `json:"since,omitempty"`
	RiskTier     string             `json:"risk_tier,omitempty"`
	KYC          string             `json:"kyc"`
	Flags        []string           `json:"flags" nullable:"false"`
	Handles      []WalletHandle     `json:"handles" nullable:"false"`
	Accounts     []WalletAccount    `json:"accounts" nullable:"false"`
	Instruments  []WalletInstrument `json:"instruments" nullable:"false"`
	Case         string             `json:"case" doc:"the conversation for which it is shown"`
}

// OfSummary is what the wallet says of a customer.
func OfSummary(sum lookup.Summary) WalletView {
	c := sum.Customer
	view := WalletView{
		Name: c.Name, Kind: c.Kind, Locale: c.Locale, TimeZone: c.TimeZone, Jurisdiction: c.Jurisdiction, Since: int64(c.CreatedAt), RiskTier: c.RiskTier,
		KYC: c.KYC.Status, Flags: distinct(c.Flags), Handles: make([]WalletHandle, len(c.Handles)),
		Accounts: make([]WalletAccount, len(sum.Accounts)), Instruments: make([]WalletInstrument, len(sum.Instruments)), Case: sum.Case,
	}
	for i, h := range c.Handles {
		view.Handles[i] = WalletHandle{Kind: h.Kind, Masked: h.Value, VerifiedAt: int64(h.VerifiedAt), ChangedAt: int64(h.ChangedAt)}
	}
	for i, acc := range sum.Accounts {
		view.Accounts[i] = accountOf(acc, sum.Balances)
	}
	for i, n := range sum.Instruments {
		view.Instruments[i] = WalletInstrument{
			ID: n.ID, Type: n.Type, Brand: n.Brand, Last4: n.Last4, Country: n.Country, Expiry: n.Expiry, Status: n.Status, Default: n.Default, OpenUses: n.OpenUses,
		}
	}
	return view
}

// distinct leaves out what was said before: a wallet may name a flag twice, and
// whoever reads the view takes each for one thing to mind.
func distinct(flags []string) []string {
	out := make([]string, 0, len(flags))
	for _, f := range flags {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

func accountOf(a wallet.Account, balances []wallet.Balance) WalletAccount {
	out := WalletAccount{
		ID: a.ID, Kind: a.Kind, Name: a.Name, Status: a.Status, Block: a.Block, Number: a.Number, OpenedAt: int64(a.OpenedAt), Balances: []WalletBalance{},
	}
	for _, b := range balances {
		if b.AccountID == a.ID {
			out.Balances = append(out.Balances, WalletBalance{
				Total: OfSum(b.Total), Available: OfSum(b.Available), PendingIn: OfSum(b.PendingIn),
				PendingOut: OfSum(b.PendingOut), Held: OfSum(b.Held), AsOf: int64(b.AsOf),
			})
		}
	}
	return out
}
