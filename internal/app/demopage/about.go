package demopage

import (
	"context"
	"slices"
	"strings"

	"kefu/internal/connector/demowallet/proof"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/platform/fault"
	page "kefu/internal/web/demowallet"
	"kefu/internal/web/walletview"
)

// about describes what an act is to be done to, from the wallet's own books and never
// from what customer service says of it. What is in none of them is shown by its id, so
// that nobody answers for a thing that they were not shown. Errors: NotFound for nobody;
// Unavailable.
func (d App) about(ctx context.Context, customer string, w proof.Waiting) (page.About, error) {
	if w.Name != "" {
		return page.About{Kind: "passkey", Name: w.Name}, nil
	}
	if w.Target == "" || w.Target == customer {
		return page.About{Kind: "wallet"}, nil
	}
	find := d.payment
	switch w.Act {
	case wallet.BlockInstrument, wallet.SetDefault, wallet.RemoveInstrument, wallet.Withdraw:
		find = d.instrument
	case wallet.RevokeDevice:
		find = d.device
	case wallet.StopRecovery:
		return page.About{Kind: "wallet"}, nil
	case wallet.RequestRetrieval:
		find = d.transfer
	case wallet.RedeemPoints:
		find = d.reward
	case wallet.CancelMandate:
		find = d.mandate
	case wallet.Freeze, wallet.Unfreeze:
		find = d.frozen
	case wallet.CancelRefund:
		find = d.refund
	case wallet.AddEvidence, wallet.GrantCredit:
		find = d.dispute
	}
	about, err := find(ctx, customer, w.Target)
	if fault.Is(err, fault.NotFound) {
		return page.About{Kind: "other", Name: w.Target}, nil
	}
	return about, err
}

func absent(what string) error {
	return fault.New(fault.NotFound, "demopage.about", "there is no such %s of this customer", what)
}

func (d App) payment(ctx context.Context, customer, id string) (page.About, error) {
	t, err := d.Wallet.Transaction(ctx, wallet.Actor{}, customer, strings.TrimPrefix(id, "hold-"))
	if err != nil {
		return page.About{}, err
	}
	sum := walletview.OfSum(t.Amount)
	return page.About{Kind: "payment", Name: t.Party(), Of: string(t.Kind), Amount: &sum, At: int64(t.CreatedAt)}, nil
}

func (d App) refund(ctx context.Context, customer, id string) (page.About, error) {
	list, err := d.Wallet.Refunds(ctx, wallet.Actor{}, customer, "")
	if err != nil {
		return page.About{}, err
	}
	i := slices.IndexFunc(list, func(r wallet.Refund) bool { return r.ID == id })
	if i < 0 {
		return page.About{}, absent("refund")
	}
	return d.payment(ctx, customer, list[i].TransactionID)
}

func (d App) dispute(ctx context.Context, customer, id string) (page.About, error) {
	list, err := d.Wallet.Disputes(ctx, wallet.Actor{}, customer)
	if err != nil {
		return page.About{}, err
	}
	i := slices.IndexFunc(list, func(x wallet.Dispute) bool { return x.ID == id })
	if i < 0 || len(list[i].Transactions) == 0 {
		return page.About{}, absent("dispute")
	}
	return d.payment(ctx, customer, list[i].Transactions[0])
}

func (d App) instrument(ctx context.Context, customer, id string) (page.About, error) {
	list, err := d.Wallet.Instruments(ctx, wallet.Actor{}, customer)
	if err != nil {
		return page.About{}, err
	}
	i := slices.IndexFunc(list, func(x wallet.Instrument) bool { return x.ID == id })
	if i < 0 {
		return page.About{}, absent("instrument")
	}
	return page.About{Kind: "instrument", Of: list[i].Type, Name: list[i].Brand, Last4: list[i].Last4}, nil
}

func (d App) reward(ctx context.Context, customer, id string) (page.About, error) {
	s, err := d.Wallet.Points(ctx, wallet.Actor{}, customer)
	if err != nil {
		return page.About{}, err
	}
	r, ok := s.Reward(id)
	if !ok {
		return page.About{}, absent("reward")
	}
	sum := walletview.OfSum(r.Value)
	return page.About{Kind: "reward", Name: r.Name, Amount: &sum}, nil
}

func (d App) device(ctx context.Context, customer, id string) (page.About, error) {
	list, err := d.Wallet.Devices(ctx, wallet.Actor{}, customer)
	if err != nil {
		return page.About{}, err
	}
	i := slices.IndexFunc(list, func(x wallet.Device) bool { return x.ID == id })
	if i < 0 {
		return page.About{}, absent("device")
	}
	name := strings.TrimSpace(list[i].Model + " " + list[i].OS)
	if name == "" {
		return page.About{}, absent("name of the device")
	}
	return page.About{Kind: "device", Name: name, At: int64(list[i].LastSeen)}, nil
}

func (d App) transfer(ctx context.Context, customer, id string) (page.About, error) {
	t, err := d.Wallet.Transfer(ctx, wallet.Actor{}, customer, id)
	if err != nil {
		return page.About{}, err
	}
	sum := walletview.OfSum(t.Amount)
	return page.About{Kind: "payment", Name: t.Network, Of: string(wallet.KindCrypto), Amount: &sum, At: int64(t.SeenAt)}, nil
}

func (d App) mandate(ctx context.Context, customer, id string) (page.About, error) {
	list, err := d.Wallet.Mandates(ctx, wallet.Actor{}, customer)
	if err != nil {
		return page.About{}, err
	}
	i := slices.IndexFunc(list, func(m instrument.Mandate) bool { return m.ID == id })
	if i < 0 {
		return page.About{}, absent("mandate")
	}
	about := page.About{Kind: "mandate", Name: list[i].Merchant}
	if !list[i].Amount.None() {
		sum := walletview.OfSum(list[i].Amount)
		about.Amount = &sum
	}
	return about, nil
}

// frozen describes an account, or what a freeze of it or of the whole wallet stops.
func (d App) frozen(ctx context.Context, customer, id string) (page.About, error) {
	freezes, err := d.Wallet.Restrictions(ctx, wallet.Actor{}, customer)
	if err != nil {
		return page.About{}, err
	}
	if i := slices.IndexFunc(freezes, func(r wallet.Restriction) bool { return r.ID == id }); i >= 0 {
		if freezes[i].Scope == "wallet" {
			return page.About{Kind: "wallet"}, nil
		}
		id = freezes[i].Target
	}
	accounts, err := d.Wallet.Accounts(ctx, wallet.Actor{}, customer)
	if err != nil {
		return page.About{}, err
	}
	i := slices.IndexFunc(accounts, func(a wallet.Account) bool { return a.ID == id })
	if i < 0 {
		return page.About{}, absent("account")
	}
	name := accounts[i].Name
	if name == "" {
		name = accounts[i].ID
	}
	return page.About{Kind: "account", Name: name}, nil
}
