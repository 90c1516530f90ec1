package demowallet

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
)

const kindRecall = "recall"

type dispute struct{ wallet.Dispute }
type restriction struct {
	wallet.Restriction
	Lifted wallet.Time
}

func (d *desk) disputeStep(string) error { return nil }
func (d *desk) recallStep(string) error  { return nil }
func (d *desk) askStep(string) error     { return nil }
func (d *desk) authorise(by wallet.Actor, c wallet.Command, m wallet.Money) (wallet.Refusal, error) {
	return "", nil
}
func (w *Wallet) signing(ctx context.Context, issuer, audience string) (identity.Signer, error) {
	return identity.Signer{}, nil
}

const IdempotencyMismatch = "idempotency_mismatch"
