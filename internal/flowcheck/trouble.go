package flowcheck

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flowcheck/network"
	"kefu/internal/platform/fault"
)

// trouble is what is wrong between Kefu and the wallet at present.
type trouble struct {
	down atomic.Bool // nothing gets there
	lose atomic.Bool // the answer to the next command does not come back
}

// clear ends all of it.
func (t *trouble) clear() {
	t.down.Store(false)
	t.lose.Store(false)
}

// between puts trouble before a wallet that is asked over HTTP.
func (t *trouble) between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t.down.Load() {
			panic(http.ErrAbortHandler)
		}
		body, command := commandOf(r)
		r.Body = body
		if command && t.lose.Swap(false) {
			next.ServeHTTP(network.Nowhere(), r)
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// commandOf reads a request, and tells whether it has something done.
func commandOf(r *http.Request) (io.ReadCloser, bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		panic(http.ErrAbortHandler) // whoever asked is gone
	}
	command := r.Method == http.MethodPost && !strings.HasSuffix(r.URL.Path, "/stepups") && !strings.HasSuffix(r.URL.Path, "/onchain:find") && !bytes.Contains(body, []byte(`"dry_run":true`))
	return io.NopCloser(bytes.NewReader(body)), command
}

func (t *trouble) err() error {
	if t.down.Load() {
		return fault.New(fault.Unavailable, "flowcheck.trouble", "the wallet does not answer")
	}
	return nil
}

// Transactions is asked of a wallet with trouble.
func (i inside) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	if err := i.err(); err != nil {
		return wallet.Page{}, err
	}
	return i.Wallet.Transactions(ctx, by, q)
}

// Transaction is asked of a wallet with trouble.
func (i inside) Transaction(ctx context.Context, by wallet.Actor, customer, id string) (wallet.Transaction, error) {
	if err := i.err(); err != nil {
		return wallet.Transaction{}, err
	}
	return i.Wallet.Transaction(ctx, by, customer, id)
}

// Do is asked of a wallet with trouble.
func (i inside) Do(ctx context.Context, by wallet.Actor, c wallet.Command) (wallet.Operation, error) {
	if err := i.err(); err != nil {
		return wallet.Operation{}, err
	}
	o, err := i.Wallet.Do(ctx, by, c)
	if err == nil && !c.DryRun && i.lose.Swap(false) {
		return wallet.Operation{}, fault.New(fault.Unavailable, "flowcheck.Do", "the answer did not come back")
	}
	return o, err
}

// asks asks a wallet with trouble about a customer.
func asks[T any](ctx context.Context, i inside, by wallet.Actor, customer string, ask func(context.Context, wallet.Actor, string) ([]T, error)) ([]T, error) {
	if err := i.err(); err != nil {
		return nil, err
	}
	return ask(ctx, by, customer)
}

// Transfers is asked of a wallet with trouble.
func (i inside) Transfers(ctx context.Context, by wallet.Actor, customer, txid string) ([]onchain.Transfer, error) {
	if err := i.err(); err != nil {
		return nil, err
	}
	return i.Wallet.Transfers(ctx, by, customer, txid)
}

// Points is asked of a wallet with trouble.
func (i inside) Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error) {
	if err := i.err(); err != nil {
		return points.Standing{}, err
	}
	return i.Wallet.Points(ctx, by, customer)
}

// Consents is asked of a wallet with trouble.
func (i inside) Consents(ctx context.Context, by wallet.Actor, customer string) (consent.Standing, error) {
	if err := i.err(); err != nil {
		return consent.Standing{}, err
	}
	return i.Wallet.Consents(ctx, by, customer)
}

// Devices is asked of a wallet with trouble.
func (i inside) Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error) {
	return asks(ctx, i, by, customer, i.Wallet.Devices)
}

// Sessions is asked of a wallet with trouble.
func (i inside) Sessions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Session, error) {
	return asks(ctx, i, by, customer, i.Wallet.Sessions)
}

// Factors is asked of a wallet with trouble.
func (i inside) Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error) {
	return asks(ctx, i, by, customer, i.Wallet.Factors)
}

// Instruments is asked of a wallet with trouble.
func (i inside) Instruments(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Instrument, error) {
	return asks(ctx, i, by, customer, i.Wallet.Instruments)
}

// Restrictions is asked of a wallet with trouble.
func (i inside) Restrictions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error) {
	return asks(ctx, i, by, customer, i.Wallet.Restrictions)
}
