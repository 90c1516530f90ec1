package keep

import "kefu/internal/domain/wallet"

// Asked is a command inside its commit, as a part of the wallet carries it out that has
// checked nothing yet of who asks.
type Asked struct {
	*Desk
	By wallet.Actor
	// Allowed sees to it that the command comes with the proof that the wallet wants of it,
	// and with that many approvals. It is asked last, before anything is changed.
	Allowed func(approvals int) (wallet.Refusal, error)
}
