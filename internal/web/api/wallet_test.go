package api_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"kefu/content"
	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
	"kefu/internal/web/walletview"
)

func causes(t testing.TB) *failure.Table {
	t.Helper()
	codes, err := fs.Sub(content.Failures, "failures")
	check(t, err)
	table, err := failure.Load(codes)
	check(t, err)
	return table
}

// lazyWallet is the demo's ledger, opened when somebody asks for it.
func lazyWallet(t testing.TB, now clock.Clock) lookup.Wallet {
	return &lazy{open: sync.OnceValue(func() *demowallet.Wallet {
		codes, err := fs.Sub(content.Failures, "failures")
		check(t, err)
		ledger, err := demowallet.Open(context.Background(), demowallet.Options{
			Books: demowallet.Over(storagetest.Books(t, now)), Clock: now, Failures: codes, Issuer: "wallet", Audience: "kefu",
		})
		check(t, err)
		check(t, ledger.Seed(context.Background(), []demowallet.Person{{ID: "cust-anna", Name: "Anna Schmidt"}, {ID: "cust-li", Name: "李静"}}))
		return ledger
	})}
}

type lazy struct{ open func() *demowallet.Wallet }

// ask asks the ledger about a customer. About cust-down nothing answers: which of
// the questions asked at once fails first is chance.
func ask[T any](l *lazy, id string, question func(*demowallet.Wallet) (T, error)) (T, error) {
	if id == "cust-down" {
		var none T
		return none, fault.New(fault.Unavailable, "test", "down")
	}
	return question(l.open())
}

func (l *lazy) Customer(ctx context.Context, by wallet.Actor, id string) (wallet.Customer, error) {
	return ask(l, id, func(w *demowallet.Wallet) (wallet.Customer, error) { return w.Customer(ctx, by, id) })
}

func (l *lazy) Accounts(ctx context.Context, by wallet.Actor, id string) ([]wallet.Account, error) {
	return ask(l, id, func(w *demowallet.Wallet) ([]wallet.Account, error) { return w.Accounts(ctx, by, id) })
}

func (l *lazy) Balances(ctx context.Context, by wallet.Actor, id string) ([]wallet.Balance, error) {
	return ask(l, id, func(w *demowallet.Wallet) ([]wallet.Balance, error) { return w.Balances(ctx, by, id) })
}

func (l *lazy) Instruments(ctx context.Context, by wallet.Actor, id string) ([]wallet.Instrument, error) {
	return ask(l, id, func(w *demowallet.Wallet) ([]wallet.Instrument, error) { return w.Instruments(ctx, by, id) })
}

func (l *lazy) Transactions(ctx context.Context, by wallet.Actor, q wallet.Query) (wallet.Page, error) {
	return l.open().Transactions(ctx, by, q)
}

func (l *lazy) Transaction(ctx context.Context, by wallet.Actor, who, id string) (wallet.Transaction, error) {
	return l.open().Transaction(ctx, by, who, id)
}

// signedIn is a customer of the wallet with a conversation.
func (w *world) signedIn(subject string) (conv string, who identity.Principal) {
	w.t.Helper()
	signed, err := w.store.SignInCustomer(context.Background(), customer.SignIn{
		Issuer: "wallet", Subject: subject, TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(),
		Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60},
	})
	check(w.t, err)
	who = identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: identity.AL1}
	started, err := w.store.StartConversation(context.Background(), who, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"}) // past intake's limit
	check(w.t, err)
	return started.ID, who
}

func onWallet(method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		conv, who := w.signedIn("cust-anna")
		return call{method: method, path: "/v1/customers/" + who.ID + "/wallet" + what, body: body}, conv
	}
}

// revealing asks for a field in a conversation that is the caller's own, as far as
// that may be, or nobody's.
func revealing(own bool) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		conv, who := w.signedIn("cust-anna")
		if p := principalOf(m); own && policy.Allow(p, policy.WorkConversation, policy.Object{}) {
			_, err := w.store.Execute(context.Background(), p, conv, conversation.Command{
				Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: m.ID, Name: m.Alias}},
			})
			check(w.t, err)
		}
		body := fmt.Sprintf(`{"conversation":%q,"field":"customer.email","reason":"contact_customer","text":"the chat broke off"}`, conv)
		return call{method: "POST", path: "/v1/customers/" + who.ID + "/wallet/reveal", body: body}, conv
	}
}

func TestTheWalletOverTheAPI(t *testing.T) {
	w := newWorld(t)
	_, who := w.signedIn("cust-anna")
	agent := w.as(identity.Agent)
	path := "/v1/customers/" + who.ID + "/wallet"
	whole := w.must(200, call{method: "GET", path: path, bearer: agent})
	var view walletview.WalletView
	whole.json(t, &view)
	if view.Name != "Anna S." || len(view.Accounts) != 4 || len(view.Accounts[0].Balances) != 1 || len(view.Instruments) != 3 || view.KYC != "approved" {
		t.Errorf("%+v", view)
	}
	page := w.must(200, call{method: "POST", path: path + "/transactions", body: `{"limit":100}`, bearer: agent})
	var list walletview.Page
	page.json(t, &list)
	if len(list.Items) < 50 {
		t.Fatalf("%d transactions", len(list.Items))
	}
	late := w.must(200, call{method: "POST", path: path + "/transactions", body: `{"states":["processing"],"text":"hausverwaltung"}`, bearer: agent})
	late.json(t, &list)
	if len(list.Items) != 1 || list.Items[0].Plain != (walletview.Plain{Key: "late", Tone: "problem"}) || list.Items[0].Party != "Hausverwaltung K." {
		t.Errorf("%+v", list.Items)
	}
	one := w.must(200, call{method: "GET", path: path + "/transactions/" + list.Items[0].ID, bearer: agent})
	var tx walletview.Transaction
	one.json(t, &tx)
	if len(tx.History) != 4 || tx.Amount != (walletview.Sum{Amount: "850.00", Currency: "EUR", Scale: 2}) || tx.RailRef == "" {
		t.Errorf("%+v", tx)
	}
	for _, hidden := range []string{"Schmidt", "Krüger", "DE0212", "Miete", "anna.schmidt"} {
		for _, a := range []answer{whole, page, late, one} {
			if strings.Contains(a.text, hidden) {
				t.Errorf("%q is told: %s", hidden, a.text)
			}
		}
	}
	_, down := w.signedIn("cust-down")
	w.problem(503, "unavailable", call{method: "GET", path: "/v1/customers/" + down.ID + "/wallet", bearer: agent})
	if text := w.logs.String(); strings.Contains(text, "Krüger") || strings.Contains(text, "cust-anna") {
		t.Errorf("the log holds what the wallet said: %s", text)
	}
}
