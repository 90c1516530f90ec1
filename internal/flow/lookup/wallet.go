// Package lookup asks the operator's wallet on behalf of staff and customers: staff
// see a customer whose conversation they may work on, masked, and reveal one field
// at a time for a reason; a signed-in customer sees their own transactions. It keeps
// nothing of what the wallet says, but for the references that a window was just
// given to choose from. It moves no money.
package lookup

import (
	"context"

	"kefu/internal/domain/wallet"
)

// Wallet is the operator's wallet, or the demo's. Every method is told on whose
// behalf it is asked. What it gives was checked: it is of the contract, and about the
// customer who was asked for. Errors: NotFound when the wallet knows no such thing;
// Invalid for a question that it does not understand, such as a cursor that is none;
// Unavailable for everything else: to whoever asked, the wallet does not answer.
type Wallet interface {
	Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error)
	Accounts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Account, error)
	Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error)
	Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error)
	Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error)
	Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error)
}
