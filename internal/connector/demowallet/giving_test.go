package demowallet_test

import (
	"context"
	"testing"

	"kefu/internal/connector/demowallet/giving"
	"kefu/internal/domain/wallet"
)

func euros(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	must(t, err)
	return m
}

// What the house gives comes from its own account, once, and the customer finds it by its
// name.
func TestGoodwillIsBooked(t *testing.T) {
	l := helped(t)
	ctx := context.Background()
	balance := func() wallet.Money {
		list, err := l.Balances(ctx, wallet.Actor{}, "cust-anna")
		must(t, err)
		for _, b := range list {
			if b.AccountID == "cust-anna:main" {
				return b.Total
			}
		}
		t.Fatal("she has no account")
		return wallet.Money{}
	}
	gifts := func() (found []wallet.Transaction) {
		page, err := l.Transactions(ctx, agent(), wallet.Query{CustomerID: "cust-anna", Limit: 50})
		must(t, err)
		for _, x := range page.Items {
			if x.Kind == wallet.KindGoodwill {
				found = append(found, x)
			}
		}
		return found
	}
	before := balance()
	c := command(wallet.GiveGoodwill, "", amount(euros(t, "12.50")))
	dry := c
	dry.DryRun = true
	if o := l.do(t, dry); o.State != wallet.OpProposed || o.Summary.Destination != "cust-anna:main" || o.Summary.Reversible || len(gifts()) != 0 {
		t.Errorf("a dry run: %+v", o)
	}
	for range 2 { // the same key again gives nothing more
		if o := l.do(t, c); o.State != wallet.OpSucceeded || len(o.Made) != 1 {
			t.Fatalf("%+v", o)
		}
	}
	want, err := before.Add(euros(t, "12.50"))
	must(t, err)
	got := gifts()
	if len(got) != 1 || got[0].State != wallet.Posted || got[0].Party() == "" || balance().Cmp(want) != 0 {
		t.Errorf("%d gifts, %s", len(got), balance().Amount())
	}
	moved, err := l.books.Moved(ctx, got[0].ID)
	must(t, err)
	if spent := moved[giving.Of(c.Amount)]; spent == nil || spent.Posted.Int64() != -1250 {
		t.Errorf("it did not come from the house's own account: %v", moved)
	}

	l.refuses(t, command(wallet.GiveGoodwill, "", amount(euros(t, "100.01"))), wallet.ApprovalRequired)
	if o := l.do(t, command(wallet.GiveGoodwill, "", amount(euros(t, "100.01")), byTwo)); o.State != wallet.OpSucceeded {
		t.Errorf("with a second person: %+v", o)
	}
	l.refuses(t, command(wallet.GiveGoodwill, "", amount(euros(t, "1000.01")), byTwo), wallet.LimitReached)
	l.refuses(t, command(wallet.GiveGoodwill, "", amount(pounds(t, "5.00"))), wallet.NotEligible)
	o, err := l.Do(ctx, wallet.Actor{Kind: "customer", ID: "cust-anna", Purpose: "own"}, command(wallet.GiveGoodwill, "", amount(euros(t, "5.00"))))
	must(t, err)
	if o.Refusal != wallet.NotEligible {
		t.Errorf("she gave herself something: %+v", o)
	}
}
