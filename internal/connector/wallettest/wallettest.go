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

// Readings are what a wallet may be asked beside its accounts and transactions.
type Readings interface {
	Capabilities(ctx context.Context) (wallet.Capabilities, error)
	Timeline(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Trace, error)
	Attempts(ctx context.Context, by wallet.Actor, customer, traceID string) ([]wallet.Attempt, error)
	Refunds(ctx context.Context, by wallet.Actor, customer, txID string) ([]wallet.Refund, error)
	Terms(ctx context.Context, by wallet.Actor, customer, txID string) (wallet.Terms, error)
	Disputes(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Dispute, error)
	Devices(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Device, error)
	Sessions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Session, error)
	Factors(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Factor, error)
	Limits(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Limit, error)
	Restrictions(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Restriction, error)
	Alerts(ctx context.Context, by wallet.Actor, customer string) ([]wallet.Alert, error)
	Incidents(ctx context.Context) ([]wallet.Incident, error)
	Notices(ctx context.Context, after int64, limit int) (wallet.Notices, error)
}

// Site is a wallet with two customers who have transactions.
type Site struct {
	Wallet   lookup.Wallet
	Readings Readings // nil: this side of the wallet has none
	Acts     Acts     // the same
	// Answer is the first customer's yes to a step-up, in the wallet's own app.
	Answer    func(t *testing.T, ask string)
	Customers [2]string
	// Add makes one more transaction of the first customer, newer than the others.
	Add func(t *testing.T)
}

// Run judges the wallet that open gives.
func Run(t *testing.T, open func(t *testing.T) Site) {
	for name, test := range map[string]func(*testing.T, Site){
		"customers": customers, "accounts and balances": accounts, "one transaction": one, "filters": filters, "pages": pages,
		"pages while transactions come": growing, "questions that make no sense": nonsense, "readings": readings, "further readings": further, "notices": notices, "acts": acting,
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

type valid interface{ Validate() error }

// checked judges what a reading gives of a customer, and that of nobody it gives nothing.
func checked[T valid](t *testing.T, what string, who string, ask func(customer string) ([]T, error)) []T {
	t.Helper()
	list, err := ask(who)
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	for _, one := range list {
		if err := one.Validate(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := ask("nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%s of nobody: %v", what, err)
	}
	return list
}

func readings(t *testing.T, s Site) {
	if s.Readings == nil {
		t.Skip("there are none")
	}
	ctx, r := context.Background(), s.Readings
	can, err := r.Capabilities(ctx)
	if err != nil || can.Version != "1" || !can.Reads(wallet.ReadTimeline) {
		t.Fatalf("%+v %v", can, err)
	}
	for _, who := range s.Customers {
		checked(t, "devices", who, func(c string) ([]wallet.Device, error) { return r.Devices(ctx, actor(), c) })
		checked(t, "sessions", who, func(c string) ([]wallet.Session, error) { return r.Sessions(ctx, actor(), c) })
		checked(t, "factors", who, func(c string) ([]wallet.Factor, error) { return r.Factors(ctx, actor(), c) })
		checked(t, "limits", who, func(c string) ([]wallet.Limit, error) { return r.Limits(ctx, actor(), c) })
		checked(t, "restrictions", who, func(c string) ([]wallet.Restriction, error) { return r.Restrictions(ctx, actor(), c) })
		checked(t, "alerts", who, func(c string) ([]wallet.Alert, error) { return r.Alerts(ctx, actor(), c) })
		checked(t, "disputes", who, func(c string) ([]wallet.Dispute, error) { return r.Disputes(ctx, actor(), c) })
		checked(t, "refunds", who, func(c string) ([]wallet.Refund, error) { return r.Refunds(ctx, actor(), c, "") })
		for _, a := range checked(t, "attempts", who, func(c string) ([]wallet.Attempt, error) { return r.Attempts(ctx, actor(), c, "") }) {
			one, err := r.Attempts(ctx, actor(), who, a.TraceID)
			if err != nil || !reflect.DeepEqual(one, []wallet.Attempt{a}) {
				t.Errorf("the attempt %s alone is %+v: %v", a.TraceID, one, err)
			}
		}
	}
	incidents, err := r.Incidents(ctx)
	if err != nil {
		t.Error(err)
	}
	for _, i := range incidents {
		if err := i.Validate(); err != nil {
			t.Error(err)
		}
	}
	stories(t, s)
}

// stories judges what is told of single payments.
func stories(t *testing.T, s Site) {
	ctx, r, who := context.Background(), s.Readings, s.Customers[0]
	for _, tx := range all(t, s, wallet.Query{CustomerID: who, Limit: 20})[:20] {
		traces, err := r.Timeline(ctx, actor(), who, tx.ID)
		if err != nil || len(traces) < len(tx.History) {
			t.Errorf("%s went through %d states, and its story has %d lines: %v", tx.ID, len(tx.History), len(traces), err)
		}
		for i, trace := range traces {
			if err := trace.Validate(); err != nil || (i > 0 && trace.At < traces[i-1].At) {
				t.Errorf("%s: %+v: %v", tx.ID, trace, err)
			}
		}
		terms, err := r.Terms(ctx, actor(), who, tx.ID)
		if err != nil || terms.Validate() != nil || terms.TransactionID != tx.ID || terms.Left.Cmp(tx.Amount) > 0 {
			t.Errorf("%s: %+v: %v %v", tx.ID, terms, err, terms.Validate())
		}
		for _, other := range []string{s.Customers[1], "nobody"} {
			_, a := r.Timeline(ctx, actor(), other, tx.ID)
			_, b := r.Terms(ctx, actor(), other, tx.ID)
			_, c := r.Refunds(ctx, actor(), other, tx.ID)
			if !fault.Is(a, fault.NotFound) || !fault.Is(b, fault.NotFound) || !fault.Is(c, fault.NotFound) {
				t.Errorf("%s was told to %s: %v, %v, %v", tx.ID, other, a, b, c)
			}
		}
	}
	if _, err := r.Attempts(ctx, actor(), who, "no-such-trace"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of a trace that is none: %v", err)
	}
}

// notices come in the order of their positions, without a gap, however they are asked for.
func notices(t *testing.T, s Site) {
	if s.Readings == nil {
		t.Skip("there are none")
	}
	ctx := context.Background()
	for range 4 {
		s.Add(t)
	}
	whole, err := s.Readings.Notices(ctx, 0, wallet.MaxNotices)
	if err != nil || len(whole.Items) < 4 || whole.More {
		t.Fatalf("%d notices, more %v: %v", len(whole.Items), whole.More, err)
	}
	sequences := map[string]int64{}
	for _, n := range whole.Items {
		if sequences[n.Object]++; n.Validate() != nil || n.Sequence != sequences[n.Object] {
			t.Errorf("%+v is not number %d of its object: %v", n, sequences[n.Object], n.Validate())
		}
	}
	var pages []wallet.Notice
	for after, more := int64(0), true; more; {
		page, err := s.Readings.Notices(ctx, after, 3)
		if err != nil || len(page.Items) == 0 || len(page.Items) > 3 {
			t.Fatalf("%+v: %v", page, err)
		}
		pages, after, more = append(pages, page.Items...), page.Items[len(page.Items)-1].Position, page.More
	}
	if !reflect.DeepEqual(pages, whole.Items) {
		t.Errorf("%d by pages, %d at once", len(pages), len(whole.Items))
	}
	for _, limit := range []int{0, -1, wallet.MaxNotices + 1} {
		if page, err := s.Readings.Notices(ctx, 0, limit); (err != nil && !fault.Is(err, fault.Invalid)) || len(page.Items) > wallet.MaxNotices {
			t.Errorf("a limit of %d: %d notices, %v", limit, len(page.Items), err)
		}
	}
}
