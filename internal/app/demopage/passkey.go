package demopage

import (
	"context"

	"kefu/internal/connector/demowallet/proof"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/passkey"
	page "kefu/internal/web/demowallet"
)

// OwnPasskeys implements page.App.
func (d App) OwnPasskeys(ctx context.Context, customer string) (page.OwnPasskeys, error) {
	out := page.OwnPasskeys{Home: d.Wallet.Home(), Items: []page.OwnPasskey{}, Most: proof.MaxPasskeys}
	list, err := d.Wallet.Passkeys(ctx, customer)
	young := wallet.At(d.Wallet.Now().Add(-assurance.CoolDown))
	for _, k := range list {
		out.Items = append(out.Items, page.OwnPasskey{ID: k.ID, Name: k.Name, AddedAt: int64(k.AddedAt), UsedAt: int64(k.UsedAt), Young: k.AddedAt > young})
	}
	return out, err
}

// AskNewPasskey implements page.App.
func (d App) AskNewPasskey(ctx context.Context, customer string) (passkey.Question, error) {
	return d.Wallet.AskNewPasskey(ctx, customer)
}

// AddPasskey implements page.App.
func (d App) AddPasskey(ctx context.Context, customer, name string, a passkey.Answer) error {
	_, err := d.Wallet.AddPasskey(ctx, customer, name, a)
	return err
}

// RemovePasskey implements page.App.
func (d App) RemovePasskey(ctx context.Context, customer, id string) error {
	return d.Wallet.RemovePasskey(ctx, customer, id)
}

// AskPasskey implements page.App.
func (d App) AskPasskey(ctx context.Context, customer, ask string) (passkey.Question, error) {
	return d.Wallet.AskPasskey(ctx, customer, ask)
}

// AnswerByPasskey implements page.App.
func (d App) AnswerByPasskey(ctx context.Context, customer, ask string, a passkey.Answer) (string, error) {
	asked, err := d.Wallet.AnswerByPasskey(ctx, customer, ask, a)
	return string(asked.State), err
}
