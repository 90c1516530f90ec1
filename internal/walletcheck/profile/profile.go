// Package profile holds the checks of what lies under every question to a wallet: how it
// speaks HTTP, what its errors say, and whom it lets in by which signature.
package profile

import (
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/walletcheck/wire"
)

// Probe asks the wallet that is checked.
type Probe interface {
	Send(c wire.Call) wire.Answer
	// Mine is the address of something of the first customer's, Listed that of what they
	// paid.
	Mine(rest string) string
	Listed() string
	Does(a wallet.Act) error // an error that skips, where it does not
	Now() time.Time
}

// Check is one thing that a wallet has to do.
type Check struct {
	ID, What, Why string
	Run           func(Probe) error
}

// Checks lists them, in the order in which they run.
func Checks() []Check { return slices.Concat(signatures(), hygiene(), problems()) }
