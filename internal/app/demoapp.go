package app

import (
	"context"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	page "kefu/internal/web/demowallet"
	"kefu/internal/web/walletview"
)

// demoApp is the demo wallet's own app, as its page shows it.
type demoApp struct{ wallet *demowallet.Wallet }

// Rails implements page.App.
func (d demoApp) Rails() []page.Rail {
	var list []page.Rail
	for _, name := range rails.Names() {
		codes, err := d.wallet.Codes(name)
		if err != nil {
			continue // a rail of the list is one
		}
		r := page.Rail{Name: name, Codes: map[string]string{}}
		for raw, code := range codes {
			r.Codes[raw] = string(code)
		}
		list = append(list, r)
	}
	return list
}

// Shown implements page.App.
func (d demoApp) Shown(ctx context.Context, customer string) (page.Shown, error) {
	out := page.Shown{Asks: []page.Ask{}, Confirms: []page.Confirm{}, Messages: []page.Message{}}
	asks, err := d.wallet.Waitings(ctx, customer)
	if err != nil {
		return out, err
	}
	for _, a := range asks {
		ask := page.Ask{ID: a.ID, Act: string(a.Act), Code: a.Method == "totp", ExpiresAt: int64(a.ExpiresAt)}
		if !a.Amount.None() {
			sum := walletview.OfSum(a.Amount)
			ask.Amount = &sum
		}
		out.Asks = append(out.Asks, ask)
	}
	waiting, err := d.wallet.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: customer, States: []wallet.State{wallet.RequiresAction}, From: wallet.At(d.wallet.Now()) - recently, Limit: 5})
	if err != nil {
		return out, err
	}
	for _, t := range waiting.Items {
		out.Confirms = append(out.Confirms, page.Confirm{ID: t.ID, Party: t.Party(), Amount: walletview.OfSum(t.Amount)})
	}
	messages, err := d.wallet.Messages(ctx, customer)
	if err != nil {
		return out, err
	}
	for _, m := range messages[:min(len(messages), 3)] {
		out.Messages = append(out.Messages, page.Message{ID: m.ID, Text: m.Text, At: int64(m.At)})
	}
	return out, nil
}

// recently is how far back a payment may still wait for its customer, in microseconds.
const recently = 3600 * 1_000_000

// Fate implements page.App.
func (d demoApp) Fate(ctx context.Context, f page.Fate) error {
	return d.wallet.SetFate(ctx, f.Customer, f.Of, rails.Fate{Kind: f.Kind, Raw: f.Raw, Then: f.Then})
}

// Pay implements page.App. What is paid is money of every day.
func (d demoApp) Pay(ctx context.Context, p page.Payment) (page.Paid, error) {
	accounts, err := d.wallet.Balances(ctx, wallet.Actor{}, p.Customer)
	if err != nil {
		return page.Paid{}, err
	}
	order := demowallet.Order{Ref: p.Ref, CustomerID: p.Customer, Kind: wallet.KindPayment, Rail: p.Rail, Merchant: &wallet.Merchant{Name: p.To, Category: "5311", Descriptor: p.To}}
	if p.Rail != "card" && p.Rail != "card_sca" && p.Rail != "stripe" {
		order.Kind, order.Merchant, order.Counterparty = wallet.KindTransfer, nil, &wallet.Counterparty{Name: p.To}
	}
	for _, a := range accounts {
		if a.AccountID == p.Customer+":main" {
			if order.Amount, err = wallet.Parse(p.Amount, a.Total.Currency(), a.Total.Scale()); err != nil {
				return page.Paid{}, err
			}
		}
	}
	if p.Fate != nil {
		order.Fate = rails.Fate{Kind: p.Fate.Kind, Raw: p.Fate.Raw, Then: p.Fate.Then}
	}
	paid, err := d.wallet.Pay(ctx, order)
	out := page.Paid{Trace: paid.Attempt.TraceID}
	if paid.Attempt.Failure != nil {
		out.Failure = string(paid.Attempt.Failure.ForCustomer().Code)
	}
	if t := paid.Transaction; t != nil {
		out.Transaction, out.State = t.ID, string(t.ForCustomer().State)
	}
	return out, err
}

// Confirm implements page.App.
func (d demoApp) Confirm(ctx context.Context, customer, transaction string, yes bool) error {
	_, err := d.wallet.Confirm(ctx, customer, transaction, yes)
	return err
}

// Answer implements page.App.
func (d demoApp) Answer(ctx context.Context, customer, ask string, yes bool, code string) (string, error) {
	asked, err := d.wallet.Answer(ctx, customer, ask, yes, code)
	return string(asked.State), err
}
