package enumeration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/domain/wallet/recovery"
	"kefu/internal/platform/id"
)

// Room is a wallet with its own page, whose customers can say that it was not them.
type Room interface {
	Wallet
	Recovery(ctx context.Context, by wallet.Actor, id string) (recovery.Recovery, error)
	Recoveries(ctx context.Context, by wallet.Actor, customer string) ([]recovery.Standing, error)
	Give(ctx context.Context, g recovering.Given) (recovering.Page, error)
	Commit(ctx context.Context, fn func(recovering.Desk) error) error
	Find(d recovering.Desk, customer, standing string) (recovery.Status, string, error)
	End(d recovering.Desk, id string) (bool, error)
}

// Told is what whoever asks was told, of customers who said that it was not them, and of
// nobody.
type Told struct {
	Compared    int      `json:"compared"`
	Differences []string `json:"differences,omitempty"`
}

// moment is what whoever asks sees of a request: what Kefu is answered, and the page.
type moment struct {
	told recovery.Recovery
	page recovering.Page
}

// Answers asks for customers, by a handle of each, and for as many whom nobody is, gives a
// document for half of them, has the customers stop it, and compares what is told until all
// is over. Later moves the wallet's clock on. Errors: those of the wallet.
func Answers(ctx context.Context, w Room, customers map[string]string, later func(time.Duration)) (Told, error) {
	var out Told
	for n, handle := range slices.Sorted(maps.Keys(customers)) {
		for _, document := range []bool{false, true} {
			runs := make([]asked, 2)
			for i, h := range []string{handle, fmt.Sprintf("nobody.told.%d@example.org", n)} {
				var err error
				if runs[i], err = begin(ctx, w, h, document); err != nil {
					return out, err
				}
			}
			if err := stop(ctx, w, customers[handle]); err != nil {
				return out, err
			}
			for _, wait := range []time.Duration{0, time.Second, 5 * time.Minute, 20 * time.Minute, time.Hour, 23 * time.Hour, 48 * time.Hour, 80 * time.Hour} {
				later(wait)
				var both [2]moment
				for i := range runs {
					var err error
					if both[i], err = runs[i].look(ctx, w); err != nil {
						return out, err
					}
				}
				out.Compared++
				if !reflect.DeepEqual(both[0], both[1]) {
					out.Differences = append(out.Differences, fmt.Sprintf("customer %d, document %t, after %s: %s and page %s, not %s and page %s",
						n, document, wait, both[0].told.State, both[0].page.Stage, both[1].told.State, both[1].page.Stage))
				}
			}
		}
	}
	return out, nil
}

// asked is one request of somebody who stays on its page.
type asked struct {
	offer, browser string
	begun          wallet.Time
}

func by() wallet.Actor {
	return wallet.Actor{Kind: "customer", ID: id.New(), Purpose: wallet.PurposeOwn}
}

func begin(ctx context.Context, w Room, handle string, document bool) (asked, error) {
	o, err := w.Ways(ctx, by(), recovery.Asking{Key: id.New(), Handle: handle})
	if err != nil {
		return asked{}, err
	}
	a := asked{offer: o.ID, browser: id.New()}
	r, err := w.Begin(ctx, by(), o.ID, recovery.Begin{Key: id.New(), Way: o.Ways[len(o.Ways)-1].ID})
	a.begun = r.ExpiresAt
	if err == nil && document {
		_, err = w.Give(ctx, recovering.Given{ID: o.ID, Browser: a.browser, Document: true})
	}
	return a, err
}

// look is what whoever asks sees now. Times count from when it was begun, for both were
// begun a moment after each other.
func (a asked) look(ctx context.Context, w Room) (moment, error) {
	r, err := w.Recovery(ctx, by(), a.offer)
	if err != nil {
		return moment{}, err
	}
	p, err := w.Give(ctx, recovering.Given{ID: a.offer, Browser: a.browser, Password: "a long and unusual phrase"})
	for _, at := range []*wallet.Time{&r.ExpiresAt, &r.AnswerBy, &r.Until, &r.LimitedUntil, &p.Until} {
		if *at != 0 {
			*at = (*at - a.begun + 500_000) / 1_000_000 // whole seconds
		}
	}
	r.ID, r.Link, p.ID, p.Hint = "", "", "", ""
	return moment{r, p}, err
}

// stop has a customer say of what runs in their name that it was not them.
func stop(ctx context.Context, w Room, customer string) error {
	all, err := w.Recoveries(ctx, by(), customer)
	if err != nil {
		return err
	}
	stopped := false
	for _, s := range all {
		if !s.State.Open() {
			continue
		}
		err := w.Commit(ctx, func(d recovering.Desk) error {
			_, request, err := w.Find(d, customer, s.ID)
			if err == nil {
				_, err = w.End(d, request)
			}
			return err
		})
		if err != nil {
			return err
		}
		stopped = true
	}
	if !stopped {
		return errors.New("enumeration: the customer is told of nothing that could be stopped")
	}
	return nil
}
