package demowallet

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/connector/demowallet/alerts"
	"kefu/internal/connector/demowallet/files"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/connector/demowallet/recovery"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Capabilities is what this wallet can do.
func (w *Wallet) Capabilities(ctx context.Context) (wallet.Capabilities, error) {
	keys, err := w.Keys(ctx)
	return wallet.Capabilities{
		Version: "1", Name: Name, Rails: rails.Names(), Readings: wallet.Readings(), Acts: wallet.Acts(), StepUp: []string{"app_push", "passkey", "totp"}, Files: files.Limits(), Keys: keys,
		Filters: []string{wallet.FilterInstrument},
	}, err
}

// Customer reads a customer. Errors: NotFound, Unavailable.
func (w *Wallet) Customer(ctx context.Context, _ wallet.Actor, id string) (wallet.Customer, error) {
	return read[wallet.Customer](ctx, w, keep.KindCustomer, "", id)
}

// Accounts lists the accounts of a customer. Errors: NotFound, Unavailable.
func (w *Wallet) Accounts(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Account, error) {
	list, err := listed[wallet.Account](ctx, w, keep.KindAccount, customer, wallet.MaxAccounts)
	slices.SortFunc(list, func(a, b wallet.Account) int { return cmp.Compare(a.ID, b.ID) })
	return list, err
}

// Instruments lists the instruments of a customer. Errors: NotFound, Unavailable.
func (w *Wallet) Instruments(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Instrument, error) {
	list, err := listed[wallet.Instrument](ctx, w, keep.KindInstrument, customer, wallet.MaxAccounts)
	slices.SortFunc(list, func(a, b wallet.Instrument) int { return cmp.Compare(a.ID, b.ID) })
	return list, err
}

// Balances gives what the accounts of a customer hold, all as of one commit. Errors:
// NotFound, Unavailable.
func (w *Wallet) Balances(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Balance, error) {
	if _, err := w.Customer(ctx, by, customer); err != nil {
		return nil, err
	}
	standing, err := w.books.Accounts(ctx, customer)
	if err != nil {
		return nil, err
	}
	balances := []wallet.Balance{}
	for _, s := range standing[:min(len(standing), wallet.MaxAccounts)] {
		b, err := balanceOf(s, wallet.At(w.now()))
		if err != nil {
			return nil, err
		}
		balances = append(balances, b)
	}
	return balances, nil
}

func balanceOf(s ledger.Standing, asOf wallet.Time) (wallet.Balance, error) {
	b := wallet.Balance{AccountID: s.ID, AsOf: asOf}
	for _, part := range []struct {
		into *wallet.Money
		sum  *big.Int
	}{
		{&b.Total, &s.Balance.Posted}, {&b.PendingIn, &s.Balance.PendingIn}, {&b.PendingOut, &s.Balance.PendingOut},
		{&b.Held, &s.Balance.Held}, {&b.Available, s.Balance.Available()},
	} {
		m, err := wallet.Units(part.sum, s.Currency, s.Scale)
		if err != nil {
			return b, err
		}
		*part.into = m
	}
	return b, nil
}

// Transaction reads one transaction of a customer. Errors: NotFound, also for one of
// another customer's; Unavailable.
func (w *Wallet) Transaction(ctx context.Context, _ wallet.Actor, customer, id string) (wallet.Transaction, error) {
	p, err := read[keep.Payment](ctx, w, keep.KindPayment, customer, id)
	return p.Tx, err
}

// Transactions reads a customer's transactions, the newest first. A cursor names the
// last one that was read, so that new ones change nothing of the pages behind it.
// Errors: NotFound, Invalid, Unavailable.
func (w *Wallet) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	if err := q.Validate(); err != nil {
		return wallet.Page{}, err
	}
	before, err := readCursor(q.Cursor)
	if err != nil {
		return wallet.Page{}, err
	}
	if _, err := w.Customer(ctx, by, q.CustomerID); err != nil {
		return wallet.Page{}, err
	}
	if q.To != 0 && (before.ID == "" || int64(q.To) <= before.Sort) {
		before = ledger.Before{Sort: int64(q.To), ID: keep.Lowest}
	}
	page := wallet.Page{Items: []wallet.Transaction{}}
	for {
		records, err := w.books.Records(ctx, keep.KindPayment, q.CustomerID, before, stretch)
		if err != nil {
			return wallet.Page{}, err
		}
		for _, r := range records {
			p, err := parse[keep.Payment](r)
			if err != nil {
				return wallet.Page{}, err
			}
			if p.Tx.CreatedAt < q.From {
				return page, nil
			}
			if q.Matches(p.Tx) {
				if len(page.Items) == q.Limit { // there is one more
					page.Next = cursorOf(page.Items[q.Limit-1])
					return page, nil
				}
				page.Items = append(page.Items, p.Tx)
			}
			before = ledger.Before{Sort: int64(p.Tx.CreatedAt), ID: p.Tx.ID}
		}
		if len(records) < stretch {
			return page, nil
		}
	}
}

// stretch is how many transactions are looked at in one go.
const stretch = 100

func cursorOf(t wallet.Transaction) string { return fmt.Sprintf("%d~%s", int64(t.CreatedAt), t.ID) }

func readCursor(cursor string) (ledger.Before, error) {
	if cursor == "" {
		return ledger.Before{}, nil
	}
	at, id, ok := strings.Cut(cursor, "~")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || !wallet.ValidID(id) {
		return ledger.Before{}, fault.InvalidField("demowallet.readCursor", "cursor", "is none of this wallet's")
	}
	return ledger.Before{Sort: n, ID: id}, nil
}

// Timeline tells what happened to one transaction, in order. Errors: NotFound,
// Unavailable.
func (w *Wallet) Timeline(ctx context.Context, _ wallet.Actor, customer, txID string) ([]wallet.Trace, error) {
	p, err := read[keep.Payment](ctx, w, keep.KindPayment, customer, txID)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(p.Traces, func(a, b wallet.Trace) int { return cmp.Compare(a.At, b.At) })
	return p.Traces, nil
}

// maxListed bounds a list of which a customer can make more and more.
const maxListed = 100

// Attempts lists what a customer tried to pay, the latest first, or the attempt of one
// trace. Errors: NotFound for nobody, and for a trace that is none of theirs;
// Unavailable.
func (w *Wallet) Attempts(ctx context.Context, by wallet.Actor, customer, traceID string) ([]wallet.Attempt, error) {
	if _, err := w.Customer(ctx, by, customer); err != nil || traceID == "" {
		if err != nil {
			return nil, err
		}
		return gather[wallet.Attempt](ctx, w, keep.KindAttempt, customer, maxListed)
	}
	one, err := read[wallet.Attempt](ctx, w, keep.KindAttempt, customer, traceID)
	if err != nil {
		return nil, err
	}
	return []wallet.Attempt{one}, nil
}

// Disputes lists a customer's disputes, the latest first. Errors: NotFound, Unavailable.
func (w *Wallet) Disputes(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Dispute, error) {
	kept, err := listed[dispute](ctx, w, keep.KindDispute, customer, maxListed)
	list := make([]wallet.Dispute, len(kept))
	for i, d := range kept {
		list[i] = d.Dispute
	}
	return list, err
}

// Limits lists how much a customer may move, and has moved. Errors: NotFound,
// Unavailable.
func (w *Wallet) Limits(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Limit, error) {
	list, err := listed[wallet.Limit](ctx, w, keep.KindLimit, customer, maxListed)
	for i, l := range list {
		if list[i], err = recovery.LoweredNow(ctx, w.books, customer, fresh(l, wallet.At(w.now()))); err != nil {
			return nil, err
		}
	}
	return list, err
}

// Alerts lists what looked unlike a customer, the latest first. Errors: NotFound,
// Unavailable.
func (w *Wallet) Alerts(ctx context.Context, _ wallet.Actor, customer string) ([]wallet.Alert, error) {
	return alerts.Of(ctx, w.books, customer)
}

// Incidents lists what does not work at present, or will not. Errors: Unavailable.
func (w *Wallet) Incidents(ctx context.Context) ([]wallet.Incident, error) {
	kept, err := gather[wallet.Incident](ctx, w, keep.KindIncident, "", maxListed)
	list := []wallet.Incident{}
	for _, i := range kept {
		if i.EndsAt == 0 || i.EndsAt > wallet.At(w.now()) {
			list = append(list, i)
		}
	}
	return list, err
}
