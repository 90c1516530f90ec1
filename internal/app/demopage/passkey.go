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
	out := page.OwnPasskeys{Home: d.Wallet.Home(), Items: []page.OwnPasskey{}, Changes: []page.PasskeyChange{}, Most: proof.MaxPasskeys}
	list, err := d.Wallet.Passkeys(ctx, customer)
	if err != nil {
		return out, err
	}
	young := wallet.At(d.Wallet.Now().Add(-assurance.CoolDown))
	for _, k := range list {
		out.Items = append(out.Items, page.OwnPasskey{ID: k.ID, Name: k.Name, AddedAt: int64(k.AddedAt), UsedAt: int64(k.UsedAt), Young: k.AddedAt > young})
	}
	changes, err := d.Wallet.PasskeyChanges(ctx, customer)
	for _, c := range changes {
		out.Changes = append(out.Changes, page.PasskeyChange{Name: c.Name, Removed: c.Removed, At: int64(c.At)})
	}
	return out, err
}

// AskChange implements page.App.
func (d App) AskChange(ctx context.Context, customer, name, remove string) (string, error) {
	return d.Wallet.AskChange(ctx, customer, proof.Change{Name: name, Remove: remove})
}

// AskNewPasskey implements page.App.
func (d App) AskNewPasskey(ctx context.Context, customer, name, agreed string) (passkey.Question, error) {
	return d.Wallet.AskNewPasskey(ctx, customer, name, agreed)
}

// AddPasskey implements page.App.
func (d App) AddPasskey(ctx context.Context, customer, name, agreed string, a passkey.Answer) error {
	_, err := d.Wallet.AddPasskey(ctx, customer, name, agreed, a)
	return err
}

// RemovePasskey implements page.App.
func (d App) RemovePasskey(ctx context.Context, customer, id, agreed string) error {
	return d.Wallet.RemovePasskey(ctx, customer, id, agreed)
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
