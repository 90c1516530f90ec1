package demopage

import (
	"context"

	"github.com/pquerna/otp/totp"

	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/platform/fault"
	"kefu/internal/web/demowallet/letin"
)

// LetIn is the demo wallet as its page sees it on which customers come back in.
type LetIn struct {
	*recovering.Room
	App App
}

// Letters implements letin.Wallet.
func (d LetIn) Letters(ctx context.Context, customer string) ([]letin.Letter, error) {
	sent, err := d.App.Wallet.Letters(ctx, customer)
	list := make([]letin.Letter, len(sent))
	for i, s := range sent {
		list[i] = letin.Letter{Kind: s.Kind, To: s.To, What: s.What, Code: s.Code, Link: s.Link, At: s.At.Std(), Until: s.Until}
	}
	return list, err
}

// Holds implements letin.Wallet.
func (d LetIn) Holds(ctx context.Context, customer string) (string, []string, error) {
	secret, kept, err := d.App.Wallet.Holds(ctx, customer)
	if err != nil || secret == "" {
		return "", kept, err
	}
	code, err := totp.GenerateCode(secret, d.App.Wallet.Now())
	return code, kept, fault.Wrap("demopage.Holds", err)
}
