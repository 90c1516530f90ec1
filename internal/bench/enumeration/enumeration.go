// Package enumeration measures whether a wallet tells who has an account, by the time that
// it takes or by what it answers: it asks the demo's wallet, on its books, for the ways of
// customers and of nobody, in turns, and compares how long each took; and it goes on with
// both, while the customers say that it was not them, and compares every answer.
package enumeration

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/id"
)

// Wallet is what is measured.
type Wallet interface {
	Ways(ctx context.Context, by wallet.Actor, a recovery.Asking) (recovery.Offer, error)
	Begin(ctx context.Context, by wallet.Actor, id string, b recovery.Begin) (recovery.Recovery, error)
}

// Apart is how far the medians of both may lie apart, as a share.
const Apart = 0.05

// Distribution is how long something took, in microseconds.
type Distribution struct {
	Mean float64 `json:"mean"`
	P10  float64 `json:"p10"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
}

func of(all []time.Duration) Distribution {
	slices.Sort(all)
	at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))].Nanoseconds()) / 1000 }
	sum := time.Duration(0)
	for _, d := range all {
		sum += d
	}
	return Distribution{float64(sum.Nanoseconds()) / 1000 / float64(len(all)), at(0.1), at(0.5), at(0.9), at(0.99)}
}

// Result is both, for a question and for what is begun.
type Result struct {
	Rounds int             `json:"rounds"`
	Told   Told            `json:"told"`
	Ways   [2]Distribution `json:"ways"`  // of customers, of nobody
	Begin  [2]Distribution `json:"begin"` // the same
}

// Difference is how far the medians lie apart, as a share of the larger one: of the ways,
// and of what is begun.
func (r Result) Difference() (ways, begin float64) {
	d := func(two [2]Distribution) float64 {
		return (max(two[0].P50, two[1].P50) - min(two[0].P50, two[1].P50)) / max(two[0].P50, two[1].P50)
	}
	return d(r.Ways), d(r.Begin)
}

// Even tells whether the times are as even as they have to be, and all answers equal.
func (r Result) Even() bool {
	w, b := r.Difference()
	return w <= Apart && b <= Apart && len(r.Told.Differences) == 0
}

// Run measures. Handles are those of customers; each round asks for one of them and for one
// that nobody has, in an order that changes, and later is called after it, so that bounds
// on what may be asked do not stand in the way. Errors: those of the wallet.
func Run(ctx context.Context, w Wallet, handles []string, rounds int, later func()) (Result, error) {
	var ways, begun [2][]time.Duration
	one := func(who int, handle string) error {
		by := wallet.Actor{Kind: "customer", ID: id.New(), Purpose: wallet.PurposeOwn}
		at := time.Now()
		o, err := w.Ways(ctx, by, recovery.Asking{Key: id.New(), Handle: handle})
		ways[who] = append(ways[who], time.Since(at))
		if err != nil {
			return err
		}
		way := o.Ways[len(o.Ways)-1].ID // the document: everybody has it
		at = time.Now()
		_, err = w.Begin(ctx, by, o.ID, recovery.Begin{Key: id.New(), Way: way})
		begun[who] = append(begun[who], time.Since(at))
		return err
	}
	const warm = 20
	for n := range rounds + warm {
		nobody := fmt.Sprintf("nobody.%d@example.org", n%len(handles)) // asked for as often as a customer's
		order := []int{n % 2, 1 - n%2}
		for _, who := range order {
			handle := handles[n%len(handles)]
			if who == 1 {
				handle = nobody
			}
			if err := one(who, handle); err != nil {
				return Result{}, err
			}
		}
		if n == warm-1 {
			ways, begun = [2][]time.Duration{}, [2][]time.Duration{}
		}
		later()
	}
	return Result{Rounds: rounds, Ways: [2]Distribution{of(ways[0]), of(ways[1])}, Begin: [2]Distribution{of(begun[0]), of(begun[1])}}, nil
}

// Text writes the distributions for people.
func (r Result) Text(w io.Writer) error {
	wd, bd := r.Difference()
	line := func(name string, d Distribution) string {
		return fmt.Sprintf("%-22s mean %7.0f  p10 %7.0f  p50 %7.0f  p90 %7.0f  p99 %7.0f µs\n", name, d.Mean, d.P10, d.P50, d.P90, d.P99)
	}
	for _, d := range r.Told.Differences {
		if _, err := fmt.Fprintf(w, "told otherwise than of nobody: %s\n", d); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "%d answers and pages compared, %d differ\n", r.Told.Compared, len(r.Told.Differences)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s%s  medians %.1f %% apart\n%s%s  medians %.1f %% apart (at most %.0f %%; %d of each, in turns)\n",
		line("ways, a customer", r.Ways[0]), line("ways, nobody", r.Ways[1]), 100*wd, line("begun, a customer", r.Begin[0]), line("begun, nobody", r.Begin[1]), 100*bd, 100*Apart, r.Rounds)
	return err
}
