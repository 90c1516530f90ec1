// Package wallettest is what every wallet behind Kefu is held to, whether it is asked
// in the same process or over HTTP.
package wallettest

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/flow/lookup"
	"kefu/internal/platform/fault"
)

// Site is a wallet with two customers who have transactions.
type Site struct {
	Wallet    lookup.Wallet
	Customers [2]string
	// Add makes one more transaction of the first customer, newer than the others.
	Add func(t *testing.T)
}

// Run judges the wallet that open gives.
func Run(t *testing.T, open func(t *testing.T) Site) {
	for name, test := range map[string]func(*testing.T, Site){
		"customers": customers, "accounts and balances": accounts, "one transaction": one, "filters": filters, "pages": pages,
		"pages while transactions come": growing, "questions that make no sense": nonsense,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func actor() wallet.Actor {
	return wallet.Actor{Kind: "staff", ID: "agent-1", Role: "agent", Case: "conv-1", Purpose: wallet.PurposeView}
}

func all(t *testing.T, s Site, q wallet.Query) []wallet.Transaction {
	t.Helper()
	var list []wallet.Transaction
	for range 1000 {
		page, err := s.Wallet.Transactions(context.Background(), actor(), q)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return list
		}
	}
	t.Fatal("the pages have no end")
	return nil
}

func customers(t *testing.T, s Site) {
	for _, id := range s.Customers {
		c, err := s.Wallet.Customer(context.Background(), actor(), id)
		if err != nil || c.ID != id || c.Validate() != nil {
			t.Errorf("%s: %+v %v", id, c, err)
		}
	}
	for _, id := range []string{"nobody", "", "../" + s.Customers[0], s.Customers[0] + "/accounts", "a b", "%2e%2e"} {
		if _, err := s.Wallet.Customer(context.Background(), actor(), id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func accounts(t *testing.T, s Site) {
	ctx, who := context.Background(), s.Customers[0]
	list, err := s.Wallet.Accounts(ctx, actor(), who)
	if err != nil || len(list) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	known := map[string]bool{}
	for _, a := range list {
		known[a.ID] = true
		if err := a.Validate(); err != nil {
			t.Error(err)
		}
	}
	balances, err := s.Wallet.Balances(ctx, actor(), who)
	if err != nil || len(balances) == 0 {
		t.Fatalf("%v %v", balances, err)
	}
	for _, b := range balances {
		if err := b.Validate(); err != nil || !known[b.AccountID] {
			t.Errorf("%+v: %v", b, err)
		}
	}
	instruments, err := s.Wallet.Instruments(ctx, actor(), who)
	for _, i := range instruments {
		if invalid := i.Validate(); invalid != nil {
			t.Error(invalid)
		}
	}
	if err != nil {
		t.Error(err)
	}
	for _, ask := range []func() error{
		func() error { _, err := s.Wallet.Accounts(ctx, actor(), "nobody"); return err },
		func() error { _, err := s.Wallet.Balances(ctx, actor(), "nobody"); return err },
		func() error { _, err := s.Wallet.Instruments(ctx, actor(), "nobody"); return err },
		func() error {
			_, err := s.Wallet.Transactions(ctx, actor(), wallet.Query{CustomerID: "nobody", Limit: 5})
			return err
		},
	} {
		if err := ask(); !fault.Is(err, fault.NotFound) {
			t.Errorf("of nobody: %v", err)
		}
	}
}

func one(t *testing.T, s Site) {
	ctx := context.Background()
	page, err := s.Wallet.Transactions(ctx, actor(), wallet.Query{CustomerID: s.Customers[0], Limit: 10})
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("%v %v", page, err)
	}
	for _, want := range page.Items {
		got, err := s.Wallet.Transaction(ctx, actor(), s.Customers[0], want.ID)
		if err != nil || !reflect.DeepEqual(got, want) || got.Validate() != nil {
			t.Errorf("%+v is %+v alone: %v", want, got, err)
		}
		if _, err := s.Wallet.Transaction(ctx, actor(), s.Customers[1], want.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s was given to another customer: %v", want.ID, err)
		}
	}
	for _, id := range []string{"nothing", "", "a/b", "?"} {
		if _, err := s.Wallet.Transaction(ctx, actor(), s.Customers[0], id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func filters(t *testing.T, s Site) {
	everything := all(t, s, wallet.Query{CustomerID: s.Customers[0], Limit: wallet.MaxPage})
	if len(everything) < 5 {
		t.Fatalf("there are only %d transactions to filter", len(everything))
	}
	middle := everything[len(everything)/2]
	for name, change := range map[string]func(*wallet.Query){
		"state":    func(q *wallet.Query) { q.States = []wallet.State{middle.State, wallet.Voided} },
		"kind":     func(q *wallet.Query) { q.Kinds = []wallet.Kind{middle.Kind, wallet.KindBill} },
		"from":     func(q *wallet.Query) { q.From = middle.CreatedAt },
		"to":       func(q *wallet.Query) { q.To = middle.CreatedAt },
		"amount":   func(q *wallet.Query) { q.Min, q.Max = middle.Amount.Amount(), middle.Amount.Amount() },
		"currency": func(q *wallet.Query) { q.Currency = middle.Amount.Currency() },
		"together": func(q *wallet.Query) {
			q.States, q.Kinds, q.Currency = []wallet.State{middle.State}, []wallet.Kind{middle.Kind}, middle.Amount.Currency()
			q.From, q.To = middle.CreatedAt-1, middle.CreatedAt+1
		},
		"text": func(q *wallet.Query) {
			for _, tx := range everything {
				if len([]rune(tx.Party())) > 3 {
					q.Text = string([]rune(tx.Party())[:3])
				}
			}
		},
	} {
		q := wallet.Query{CustomerID: s.Customers[0], Limit: 7}
		change(&q)
		var want []string
		for _, tx := range everything {
			if q.Matches(tx) {
				want = append(want, tx.ID)
			}
		}
		var got []string
		for _, tx := range all(t, s, q) {
			got = append(got, tx.ID)
		}
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func pages(t *testing.T, s Site) {
	whole := all(t, s, wallet.Query{CustomerID: s.Customers[0], Limit: wallet.MaxPage})
	small := all(t, s, wallet.Query{CustomerID: s.Customers[0], Limit: 3})
	if !reflect.DeepEqual(whole, small) {
		t.Errorf("%d by pages of %d, %d by pages of 3", len(whole), wallet.MaxPage, len(small))
	}
	for i, tx := range whole {
		if tx.CustomerID != s.Customers[0] || (i > 0 && tx.CreatedAt > whole[i-1].CreatedAt) {
			t.Errorf("%s is not in its place", tx.ID)
		}
	}
}

func growing(t *testing.T, s Site) {
	before := all(t, s, wallet.Query{CustomerID: s.Customers[0], Limit: wallet.MaxPage})
	q := wallet.Query{CustomerID: s.Customers[0], Limit: max(1, len(before)/4)}
	var seen []wallet.Transaction
	for {
		page, err := s.Wallet.Transactions(context.Background(), actor(), q)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, page.Items...)
		s.Add(t)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if !reflect.DeepEqual(seen, before) {
		t.Errorf("%d were seen of the %d that were there", len(seen), len(before))
	}
}

func nonsense(t *testing.T, s Site) {
	for name, q := range map[string]wallet.Query{
		"a cursor": {CustomerID: s.Customers[0], Limit: 5, Cursor: "rubbish"}, "a limit": {CustomerID: s.Customers[0]},
		"a state": {CustomerID: s.Customers[0], Limit: 5, States: []wallet.State{"done"}},
	} {
		if _, err := s.Wallet.Transactions(context.Background(), actor(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
