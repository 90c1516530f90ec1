package failure

import (
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/mask"
)

// Doubt is a rail's own code of which Kefu does not know for certain what it stands for:
// nothing says so, or the wallet says otherwise than the table.
type Doubt struct {
	Rail   string
	Code   string             // as the rail said it; "" where the wallet told none
	Said   wallet.FailureCode // by the wallet
	Mapped wallet.FailureCode // by the table; "" where it has none
}

// Kind is what is doubtful, as a word for figures and screens: unknown or disagrees.
func (d Doubt) Kind() string {
	if d.Mapped == "" {
		return "unknown"
	}
	return "disagrees"
}

// Doubt tells whether a payment failed in a way that somebody has to look at. Whoever
// reads payments asks it of each. A wallet is believed on a rail of which there is no
// table, as long as it says something; one that does not know is no contradiction; and
// what the operator says ends every doubt.
func (t *Table) Doubt(tx wallet.Transaction) (Doubt, bool) {
	f := tx.Failure
	if f == nil {
		return Doubt{}, false
	}
	d := Doubt{Rail: railOf(f, tx.Rail), Code: f.RawCode, Said: f.Code}
	if f.RawCode == "" {
		return d, f.Code == wallet.Unmapped
	}
	if _, decided := t.ownOf(d.Rail, f.RawCode); decided {
		return d, false
	}
	mapped, known := t.Normalise(d.Rail, f.RawCode)
	switch {
	case known:
		d.Mapped = mapped
		return d, mapped != f.Code && f.Code != wallet.Unmapped
	case t.rails[d.Rail] == nil:
		return d, f.Code == wallet.Unmapped
	default:
		return d, true
	}
}

// Again is a doubt from before by the table of now, and whether it still is one.
func (t *Table) Again(d Doubt) (Doubt, bool) {
	return t.Doubt(wallet.Transaction{Rail: d.Rail, Failure: &wallet.Failure{Code: d.Said, RawCode: d.Code}})
}

// Noted is a doubt as it is kept, once for each code of a rail.
type Noted struct {
	Doubt
	Times   int64
	FirstAt wallet.Time
	LastAt  wallet.Time
	Example string // the wallet's reference of a payment with it, masked
}

// MaxNoted bounds how many doubts are kept.
const MaxNoted = 500

// Example masks the reference of a payment, so that it tells one from another and opens
// nothing.
func Example(tx wallet.Transaction) string {
	if tx.RailRef != "" {
		return mask.End(tx.RailRef, 6)
	}
	return mask.End(tx.ID, 6)
}
