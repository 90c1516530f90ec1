// Package consents is what customers of the demo's wallet agreed to: the texts of the operator
// with their versions, each yes and each withdrawal with its time and its way, and what follows
// from both. A change is only ever added; how a consent stands is its latest one.
package consents

import (
	"context"
	"strconv"
	"time"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/platform/fault"
)

// Agreed is what the wallet keeps of a customer beside their changes: the latest of each
// consent. A commit reads it, for it cannot list.
type agreed struct {
	CustomerID string                    `json:"customer_id"`
	Latest     map[string]consent.Change `json:"latest"`
}

// change is a change with whose it is.
type change struct {
	consent.Change
	CustomerID string `json:"customer_id"`
}

// published is a text in a version that came after the one that stands in this package.
type published struct {
	Version string        `json:"version"`
	Text    consent.Words `json:"text"`
}

// Permits is the part of the wallet that keeps what customers agreed to. It is safe for
// concurrent use.
type Permits struct{ books keep.Store }

// New makes Permits over the wallet's books.
func New(books keep.Store) *Permits { return &Permits{books: books} }

// Consents tells what a customer agreed to, and every change of it that there is room for.
// Errors: NotFound, Unavailable.
func (k *Permits) Consents(ctx context.Context, _ wallet.Actor, customer string) (consent.Standing, error) {
	told, err := keep.Listed[change](ctx, k.books, keep.KindConsent, customer, consent.MaxChanges)
	if err != nil {
		return consent.Standing{}, err
	}
	texts, err := k.published(ctx)
	if err != nil {
		return consent.Standing{}, err
	}
	s := consent.Standing{CustomerID: customer, Items: []consent.Item{}, Changes: make([]consent.Change, len(told))}
	latest := map[string]consent.Change{}
	for i, c := range told {
		if s.Changes[i] = c.Change; latest[c.Key].ID == "" {
			latest[c.Key] = c.Change
		}
	}
	now := wallet.At(k.books.Clock())
	for _, t := range texts {
		s.Items = append(s.Items, t.item(latest[t.Key], now))
	}
	return s, nil
}

// published are the operator's texts as they are now.
func (k *Permits) published(ctx context.Context) ([]text, error) {
	all := texts()
	for i, t := range all {
		p, err := keep.Read[published](ctx, k.books, keep.KindConsentText, "", t.Key)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[i].Version, all[i].Text = p.Version, p.Text
	}
	return all, nil
}

// item is how a consent stands after its latest change.
func (t text) item(last consent.Change, now wallet.Time) consent.Item {
	i := consent.Item{Key: t.Key, Name: t.Name, Basis: t.Basis, State: consent.Never, Text: t.Text, Version: t.Version, Without: t.Without}
	if t.Basis != consent.Agreed {
		i.State = consent.Required
		return i
	}
	i.Give, i.Withdraw = t.give, t.withdraw
	if last.ID == "" {
		return i
	}
	i.State, i.At, i.Way = last.State, last.At, last.Way
	if i.State != consent.Given {
		return i
	}
	i.Agreed = last.Version
	if t.lasts > 0 {
		i.Until = i.At + t.lasts
	}
	switch {
	case i.Until != 0 && now >= i.Until:
		i.Again = consent.Expired
	case i.Agreed != i.Version:
		i.Again = consent.TextChanged
	}
	return i
}

// text finds one of the operator's texts as it is in a commit. Errors: NotFound.
func textOf(d *keep.Desk, key string) (text, error) {
	for _, t := range texts() {
		if t.Key != key {
			continue
		}
		p, err := keep.Get[published](d, keep.KindConsentText, key)
		switch {
		case err == nil:
			t.Version, t.Text = p.Version, p.Text
		case !fault.Is(err, fault.NotFound):
			return t, err
		}
		return t, nil
	}
	return text{}, fault.New(fault.NotFound, "consents.textOf", "there is no such consent")
}

func of(d *keep.Desk, customer string) (agreed, error) {
	a, err := keep.Get[agreed](d, keep.KindConsented, customer)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	if a.Latest == nil {
		a.CustomerID, a.Latest = customer, map[string]consent.Change{}
	}
	return a, err
}

// Asked is a command about a consent, inside its commit.
type Asked struct {
	keep.Asked
	Dry bool
}

// Set gives a consent or withdraws it, as its customer says; nobody else can.
func (a Asked) Set(o *wallet.Operation, c wallet.Command) (wallet.Refusal, error) {
	t, err := textOf(a.Desk, c.Target)
	if err != nil {
		return "", err
	}
	kept, err := of(a.Desk, c.CustomerID)
	if err != nil {
		return "", err
	}
	now, give := t.item(kept.Latest[c.Target], a.At), c.Act == wallet.GiveConsent
	o.Summary = &wallet.Summary{State: string(now.State), Reversible: true}
	switch {
	case a.By.Kind != "customer":
		return wallet.NotEligible, nil
	case give && now.Counts(), !give && now.State == consent.Withdrawn:
		return wallet.AlreadyDone, nil
	case c.Expect != string(now.State), give && c.Details[wallet.ConsentVersion] != now.Version: // another text than was read
		return wallet.StateChanged, nil
	case give && !now.Give, !give && (!now.Withdraw || now.State != consent.Given):
		return wallet.NotEligible, nil
	}
	if refusal, err := a.Allowed(0); refusal != "" || err != nil {
		return refusal, err
	}
	if a.Dry {
		return "", nil
	}
	made := consent.Change{Key: c.Target, State: consent.Withdrawn, Version: now.Agreed, At: a.At, By: "customer", Way: "support"}
	if give {
		made.State, made.Version = consent.Given, now.Version
	}
	id, err := write(a.Desk, kept, made)
	o.Made = []wallet.Made{{Kind: "consent", ID: id}}
	return "", err
}

// write adds a change. Two are never of one moment, so that their order is told by their times.
func write(d *keep.Desk, kept agreed, c consent.Change) (string, error) {
	for _, before := range kept.Latest {
		if c.At <= before.At {
			c.At = before.At + 1
		}
	}
	n, err := d.Count("consents:" + kept.CustomerID)
	if err != nil {
		return "", err
	}
	c.ID = "cn-" + kept.CustomerID + "-" + strconv.FormatInt(n, 10)
	kept.Latest[c.Key] = c
	if err := keep.Put(d, keep.KindConsented, kept.CustomerID, kept.CustomerID, 0, kept); err != nil {
		return "", err
	}
	if err := keep.Put(d, keep.KindConsent, c.ID, kept.CustomerID, c.At, change{c, kept.CustomerID}); err != nil {
		return "", err
	}
	return c.ID, d.Tell(wallet.ConsentChanged, kept.CustomerID, c.ID)
}

// Record writes what a customer said somewhere else: in the wallet's app, on the phone, on paper.
// Errors: NotFound of a consent that there is not.
func Record(d *keep.Desk, customer string, c consent.Change) error {
	t, err := textOf(d, c.Key)
	if err != nil {
		return err
	}
	kept, err := of(d, customer)
	if err != nil {
		return err
	}
	if c.Version == "" {
		c.Version = t.Version
	}
	_, err = write(d, kept, c)
	return err
}

// Say is a customer who gives or withdraws a consent in the wallet's own app. Errors: NotFound,
// Unavailable.
func (k *Permits) Say(ctx context.Context, customer, key string, to consent.Stance) error {
	if _, err := keep.Read[wallet.Customer](ctx, k.books, keep.KindCustomer, "", customer); err != nil {
		return err
	}
	return k.books.Commit(ctx, func(d *keep.Desk) error {
		return Record(d, customer, consent.Change{Key: key, State: to, At: d.At, By: "customer", Way: "app"})
	})
}

// Publish puts a new version of a text in the place of the one that is there: whoever agreed to
// the old one has to be asked again. Errors: NotFound, Unavailable.
func (k *Permits) Publish(ctx context.Context, key string, words consent.Words) error {
	return k.books.Commit(ctx, func(d *keep.Desk) error {
		t, err := textOf(d, key)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(t.Version)
		if err != nil {
			return fault.Wrap("consents.Publish", err)
		}
		return keep.Put(d, keep.KindConsentText, key, "", 0, published{Version: strconv.Itoa(n + 1), Text: words})
	})
}

// year is how long a consent lasts that has to be asked for again.
const year = wallet.Time(365 * 24 * time.Hour / time.Microsecond)
