// Package demopage puts the demo's wallet behind its page: what the page shows of a
// customer, and what the wallet's own app can do.
package demopage

import (
	"context"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/cards"
	"kefu/internal/connector/demowallet/chain"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/platform/fault"
	page "kefu/internal/web/demowallet"
	"kefu/internal/web/walletview"
)

// App is the demo wallet's own app, as its page shows it.
type App struct{ Wallet *demowallet.Wallet }

// Rails implements page.App.
func (d App) Rails() []page.Rail {
	var list []page.Rail
	for _, name := range rails.Names() {
		codes, err := d.Wallet.Codes(name)
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
func (d App) Shown(ctx context.Context, customer string) (page.Shown, error) {
	out := page.Shown{Asks: []page.Ask{}, Confirms: []page.Confirm{}, Forms: []page.Form{}, Cards: []page.Adding{}, Messages: []page.Message{}}
	asks, err := d.Wallet.Waitings(ctx, customer)
	if err != nil {
		return out, err
	}
	for _, a := range asks {
		ask := page.Ask{ID: a.ID, Act: string(a.Act), Code: a.Method == "totp", Yes: a.Method != "passkey", Passkey: a.Passkey, ExpiresAt: int64(a.ExpiresAt)}
		if ask.About, err = d.about(ctx, customer, a); err != nil {
			return out, err
		}
		if !a.Amount.None() {
			sum := walletview.OfSum(a.Amount)
			ask.Amount = &sum
		}
		out.Asks = append(out.Asks, ask)
	}
	waiting, err := d.Wallet.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: customer, States: []wallet.State{wallet.RequiresAction}, From: wallet.At(d.Wallet.Now()) - recently, Limit: 5})
	if err != nil {
		return out, err
	}
	for _, t := range waiting.Items {
		if chain.Waits(t) {
			continue
		}
		out.Confirms = append(out.Confirms, page.Confirm{ID: t.ID, Party: t.Party(), Amount: walletview.OfSum(t.Amount)})
	}
	asking, err := d.Wallet.Asking(ctx, customer)
	if err != nil {
		return out, err
	}
	for _, t := range asking {
		out.Forms = append(out.Forms, page.Form{ID: t.TransactionID, Amount: walletview.OfSum(t.Amount), Address: t.Address, DueAt: int64(t.Asking.DueAt)})
	}
	adding, err := d.Wallet.Forms(ctx, customer)
	if err != nil {
		return out, err
	}
	for _, f := range adding {
		out.Cards = append(out.Cards, page.Adding{ID: f.ID, TriesLeft: f.TriesLeft, ExpiresAt: int64(f.ExpiresAt)})
	}
	messages, err := d.Wallet.Messages(ctx, customer)
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
func (d App) Fate(ctx context.Context, f page.Fate) error {
	return d.Wallet.SetFate(ctx, f.Customer, f.Of, rails.Fate{Kind: f.Kind, Raw: f.Raw, Then: f.Then})
}

// Pay implements page.App. What is paid is money of every day.
func (d App) Pay(ctx context.Context, p page.Payment) (page.Paid, error) {
	accounts, err := d.Wallet.Balances(ctx, wallet.Actor{}, p.Customer)
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
	paid, err := d.Wallet.Pay(ctx, order)
	out := page.Paid{Trace: paid.Attempt.TraceID}
	if paid.Attempt.Failure != nil {
		out.Failure = string(paid.Attempt.Failure.ForCustomer().Code)
	}
	if t := paid.Transaction; t != nil {
		out.Transaction, out.State = t.ID, string(t.ForCustomer().State)
	}
	return out, err
}

// Stranger implements page.App.
func (d App) Stranger(ctx context.Context, customer string) error {
	return d.Wallet.Stranger(ctx, customer)
}

// Confirm implements page.App.
func (d App) Confirm(ctx context.Context, customer, transaction string, yes bool) error {
	_, err := d.Wallet.Confirm(ctx, customer, transaction, yes)
	return err
}

// Declare implements page.App.
func (d App) Declare(ctx context.Context, customer, transaction, sender string, own bool) error {
	return d.Wallet.Declare(ctx, customer, transaction, chain.Statement{Sender: sender, Own: own})
}

// AddCard implements page.App.
func (d App) AddCard(ctx context.Context, customer, form string, c page.Card) error {
	_, err := d.Wallet.Fill(ctx, customer, form, cards.Made{Type: "card", Brand: "Visa", Last4: c.Last4, Expiry: c.Expiry, Says: c.Says})
	return err
}

// Answer implements page.App.
func (d App) Answer(ctx context.Context, customer, ask string, yes bool, code string) (string, error) {
	asked, err := d.Wallet.Answer(ctx, customer, ask, yes, code)
	return string(asked.State), err
}

// Account is what the page shows of a customer. Errors: NotFound, Invalid.
func (d App) Account(ctx context.Context, customer, cursor string) (page.Account, error) {
	var out page.Account
	balances, err := d.Wallet.Balances(ctx, wallet.Actor{}, customer)
	if err != nil {
		return out, err
	}
	list, err := d.Wallet.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: customer, Limit: 12, Cursor: cursor})
	if err != nil {
		return out, err
	}
	for _, b := range balances {
		out.Balances = append(out.Balances, page.Balance{Available: walletview.OfSum(b.Available), Pending: walletview.OfSum(b.PendingOut), Held: walletview.OfSum(b.Held)})
	}
	for i, t := range list.Items {
		list.Items[i] = t.ForCustomer()
	}
	out.Transactions = walletview.OfOwn(list, wallet.At(d.Wallet.Now()))
	if out.Evidence, err = d.evidence(ctx, customer); err != nil {
		return out, err
	}
	return out, d.status(ctx, customer, &out)
}

// status tells how the account of every day stands.
func (d App) status(ctx context.Context, customer string, out *page.Account) error {
	accounts, err := d.Wallet.Accounts(ctx, wallet.Actor{}, customer)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.ID == customer+":main" {
			out.Status = a.Status
		}
	}
	ending, err := d.Wallet.Closure(ctx, wallet.Actor{}, customer)
	if err == nil && ending.State == closing.Cooling {
		out.ClosesAt = int64(ending.ClosesAt)
	}
	return err
}

// Hasten implements page.App.
func (d App) Hasten(ctx context.Context, customer string) error {
	return d.Wallet.Hasten(ctx, customer)
}

// ArriveLate implements page.App: the newest payment in a shop of which something is left
// comes back.
func (d App) ArriveLate(ctx context.Context, customer string) error {
	paid, err := d.Wallet.Transactions(ctx, wallet.Actor{}, wallet.Query{CustomerID: customer, States: []wallet.State{wallet.Posted}, Limit: 50})
	if err != nil {
		return err
	}
	for _, t := range paid.Items {
		if t.Merchant == nil || t.Direction != wallet.Out {
			continue
		}
		if _, err := d.Wallet.ArriveLate(ctx, customer, t.ID, t.Amount); !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Conflict, "demopage.ArriveLate", "they are not gone, or nothing can come back")
}

// evidence lists the files that stand in a customer's disputes.
func (d App) evidence(ctx context.Context, customer string) ([]page.Evidence, error) {
	all := []page.Evidence{}
	disputes, err := d.Wallet.Disputes(ctx, wallet.Actor{}, customer)
	for _, x := range disputes {
		if len(x.Transactions) == 0 {
			continue
		}
		for _, f := range x.Files {
			all = append(all, page.Evidence{Transaction: x.Transactions[0], Kind: f.Kind, Type: f.Type, Size: f.Size, Digest: f.Digest})
		}
	}
	return all, err
}

// File implements page.Files.
func (d App) File(ctx context.Context, customer, digest string) (string, []byte, error) {
	kept, content, err := d.Wallet.File(ctx, customer, digest)
	return kept.Type, content, err
}
