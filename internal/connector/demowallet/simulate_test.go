package demowallet_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/storagetest"
)

// lively is a wallet whose clock is moved by hand.
type lively struct {
	*house
	clock *storagetest.Clock
}

func live(t testing.TB) *lively {
	t.Helper()
	clock := storagetest.NewClock()
	return &lively{on(t, storagetest.Books(t, clock.Now), clock.Now), clock}
}

// pass lets time pass, and happen what is to happen meanwhile.
func (l *lively) pass(t testing.TB, d time.Duration) {
	t.Helper()
	until := l.clock.Now().Add(d)
	for range 10_000 {
		n, next, err := l.Tick(context.Background())
		must(t, err)
		if n > 0 {
			continue
		}
		if next == 0 || next.Std().After(until) {
			l.clock.Move(until.Sub(l.clock.Now()))
			return
		}
		l.clock.Move(next.Std().Sub(l.clock.Now()))
	}
	t.Fatal("it never ends")
}

func (l *lively) tx(t testing.TB, who, id string) wallet.Transaction {
	t.Helper()
	tx, err := l.Transaction(context.Background(), wallet.Actor{}, who, id)
	must(t, err)
	return tx
}

func (l *lively) pay(t testing.TB, who, amount, rail string, fate rails.Fate) demowallet.Paid {
	t.Helper()
	paid, err := l.Pay(context.Background(), demowallet.Order{
		CustomerID: who, Kind: wallet.KindPayment, Amount: euro(t, amount), Rail: rail, Fate: fate, Merchant: &wallet.Merchant{Name: "Corner shop", Category: "5411"},
	})
	must(t, err)
	return paid
}

// Every raw code of every rail makes a payment fail, before anything was taken and after:
// the wallet says what the table says, and the money is where it was.
func TestEveryRawCodeOfEveryRail(t *testing.T) {
	l := live(t)
	person(t, l.house, "a", "100000.00")
	type failing struct {
		rail, raw string
		code      wallet.FailureCode
		late      bool
		id        string
	}
	var list []*failing
	normalised := map[wallet.FailureCode]bool{}
	for _, rail := range rails.Names() {
		codes, err := l.Codes(rail)
		must(t, err)
		for raw, code := range codes {
			normalised[code] = true
			list = append(list, &failing{rail: rail, raw: raw, code: code}, &failing{rail: rail, raw: raw, code: code, late: true})
		}
	}
	for _, code := range wallet.FailureCodes() {
		if !normalised[code] && code != wallet.Unmapped {
			t.Errorf("no rail can fail with %s", code)
		}
	}
	var wait sync.WaitGroup
	queue := make(chan *failing)
	for range 16 {
		wait.Go(func() {
			for f := range queue {
				fate := rails.Fate{Kind: rails.Refused, Raw: f.raw}
				if f.late {
					fate.Kind = rails.AfterDebit
				}
				paid, err := l.Pay(context.Background(), demowallet.Order{CustomerID: "a", Kind: wallet.KindPayment, Amount: euro(t, "3.00"), Rail: f.rail, Fate: fate})
				if err != nil {
					t.Error(err)
					continue
				}
				f.id = paid.Transaction.ID
			}
		})
	}
	for _, f := range list {
		queue <- f
	}
	close(queue)
	wait.Wait()
	l.pass(t, 30*24*time.Hour)
	for _, f := range list {
		tx := l.tx(t, "a", f.id)
		want := wallet.PreCheckFailed
		if f.late {
			want = wallet.Reversed
		}
		if tx.State != want || tx.Failure == nil || tx.Failure.Code != f.code || tx.Failure.RawCode != f.raw {
			t.Errorf("%s %s is %s with %+v, not %s with %s", f.rail, f.raw, tx.State, tx.Failure, want, f.code)
		}
	}
	if b := balance(t, l.house, "a"); b.Available.Amount() != "100000.00" || b.Total.Amount() != "100000.00" {
		t.Errorf("of 100000.00 there is %s left", b.Available)
	}
	judge(t, l.house)
}

func TestEverythingThatCanBecomeOfAPayment(t *testing.T) {
	for name, c := range map[string]struct {
		fate  rails.Fate
		soon  wallet.State // after ten seconds
		end   wallet.State
		costs string
	}{
		"fine":                   {rails.Fate{Kind: rails.Fine}, wallet.Processing, wallet.Posted, "80.00"},
		"late":                   {rails.Fate{Kind: rails.Late}, wallet.Processing, wallet.Posted, "80.00"},
		"stuck":                  {rails.Fate{Kind: rails.Stuck}, wallet.Processing, wallet.Processing, "80.00"},
		"refused":                {rails.Fate{Kind: rails.Refused, Raw: "51"}, wallet.PreCheckFailed, wallet.PreCheckFailed, "0.00"},
		"hangs, and was done":    {rails.Fate{Kind: rails.Hangs, Then: rails.Fine}, wallet.Unknown, wallet.Posted, "80.00"},
		"hangs, and was not":     {rails.Fate{Kind: rails.Hangs, Then: rails.Refused, Raw: "91"}, wallet.Unknown, wallet.Reversed, "0.00"},
		"held and let go":        {rails.Fate{Kind: rails.Held, Then: rails.Fine}, wallet.RiskHold, wallet.Posted, "80.00"},
		"held and given up":      {rails.Fate{Kind: rails.Held, Then: rails.Refused}, wallet.RiskHold, wallet.Voided, "0.00"},
		"held until it is over":  {rails.Fate{Kind: rails.Held}, wallet.RiskHold, wallet.Expired, "0.00"},
		"waits for its customer": {rails.Fate{Kind: rails.Waits}, wallet.RequiresAction, wallet.Expired, "0.00"},
		"fails after the debit":  {rails.Fate{Kind: rails.AfterDebit, Raw: "96"}, wallet.Processing, wallet.Reversed, "0.00"},
		"taken in part":          {rails.Fate{Kind: rails.Partial}, wallet.Processing, wallet.Posted, "48.00"},
		"taken twice":            {rails.Fate{Kind: rails.Double}, wallet.Processing, wallet.Posted, "160.00"},
		"taken back":             {rails.Fate{Kind: rails.Reversed}, wallet.Processing, wallet.Reversed, "0.00"},
	} {
		t.Run(name, func(t *testing.T) {
			l := live(t)
			person(t, l.house, "a", "200.00")
			id := l.pay(t, "a", "80.00", "card", c.fate).Transaction.ID
			l.pass(t, 10*time.Second)
			if tx := l.tx(t, "a", id); tx.State != c.soon {
				t.Errorf("after ten seconds it is %s, not %s", tx.State, c.soon)
			} else {
				agree(t, l.house, tx)
			}
			l.pass(t, 20*24*time.Hour)
			tx := l.tx(t, "a", id)
			if tx.State != c.end {
				t.Errorf("in the end it is %s, not %s: %v", tx.State, c.end, tx.History)
			}
			agree(t, l.house, tx)
			left := euro(t, "200.00")
			for _, m := range []wallet.Money{euro(t, c.costs).Neg()} {
				sum, err := left.Add(m)
				must(t, err)
				left = sum
			}
			if b := balance(t, l.house, "a"); b.Total.Cmp(left) != 0 {
				t.Errorf("there is %s left, not %s", b.Total, left)
			}
			judge(t, l.house)
			traces, err := l.Timeline(context.Background(), wallet.Actor{}, "a", id)
			if err != nil || len(traces) < len(tx.History) {
				t.Errorf("its story has %d lines: %v", len(traces), err)
			}
		})
	}
}

// What was given up before it began is an attempt and nothing else.
func TestWhatNeverBegan(t *testing.T) {
	l := live(t)
	person(t, l.house, "a", "10.00")
	paid := l.pay(t, "a", "3.00", "card", rails.Fate{Kind: rails.NotBegun, Raw: "91"})
	attempts, err := l.Attempts(context.Background(), wallet.Actor{}, "a", paid.Attempt.TraceID)
	if err != nil || paid.Transaction != nil || attempts[0].TransactionID != "" || attempts[0].Failure.Code != wallet.NetworkDown {
		t.Errorf("%+v %+v %v", paid, attempts, err)
	}
	if page, err := l.Transactions(context.Background(), wallet.Actor{}, wallet.Query{CustomerID: "a", Limit: 5}); err != nil || len(page.Items) != 0 {
		t.Errorf("%+v %v", page, err)
	}
}

// The same order again is the same payment, and another one under its ref is refused.
func TestAnOrderIsTakenOnce(t *testing.T) {
	l := live(t)
	person(t, l.house, "a", "100.00")
	order := demowallet.Order{Ref: "app-1", CustomerID: "a", Kind: wallet.KindTransfer, Amount: euro(t, "60.00"), Rail: "wallet", Counterparty: &wallet.Counterparty{Name: "Ben"}}
	first, err := l.Pay(context.Background(), order)
	must(t, err)
	l.pass(t, time.Minute)
	again, err := l.Pay(context.Background(), order)
	if err != nil || again.Transaction.ID != first.Transaction.ID || again.Transaction.State != wallet.Posted {
		t.Errorf("%+v %v", again, err)
	}
	order.Amount = euro(t, "61.00")
	if _, err := l.Pay(context.Background(), order); err == nil {
		t.Error("another order was taken under the same ref")
	}
	order.Ref, order.Amount = "app-2", euro(t, "60.00")
	short, err := l.Pay(context.Background(), order)
	must(t, err)
	l.pass(t, time.Minute)
	tx := l.tx(t, "a", short.Transaction.ID)
	if tx.State != wallet.Failed || tx.Failure.Code != wallet.InsufficientFunds {
		t.Errorf("with 40 left, 60 were %s: %+v", tx.State, tx.Failure)
	}
	if b := balance(t, l.house, "a"); b.Available.Amount() != "40.00" {
		t.Errorf("%s", b.Available)
	}
}

// What the wallet itself objects to, before any rail is asked.
func TestWhatTheWalletObjectsTo(t *testing.T) {
	l := live(t)
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: "cust-james", Name: "James Okafor"}}))
	sum := func(text string) wallet.Money {
		m, err := wallet.Parse(text, "GBP", 2)
		must(t, err)
		return m
	}
	for name, c := range map[string]struct {
		order demowallet.Order
		code  wallet.FailureCode
	}{
		"an expired card": {demowallet.Order{Amount: sum("1.00"), InstrumentID: "cust-james:oldcard"}, wallet.ExpiredInstrument},
		"no card at all":  {demowallet.Order{Amount: sum("1.00"), InstrumentID: "cust-anna:card"}, wallet.WrongDetails},
		"a limit":         {demowallet.Order{Amount: sum("90000.00")}, wallet.LimitExceeded},
		"another money":   {demowallet.Order{Amount: euro(t, "1.00")}, wallet.CurrencyNotTaken},
	} {
		c.order.CustomerID, c.order.Kind, c.order.Rail = "cust-james", wallet.KindPayment, "card"
		paid, err := l.Pay(context.Background(), c.order)
		must(t, err)
		if paid.Transaction.State != wallet.PreCheckFailed || paid.Transaction.Failure.Code != c.code {
			t.Errorf("%s: %s %+v", name, paid.Transaction.State, paid.Transaction.Failure)
		}
	}
	before, err := l.Limits(context.Background(), wallet.Actor{}, "cust-james")
	must(t, err)
	_, err = l.Pay(context.Background(), demowallet.Order{CustomerID: "cust-james", Kind: wallet.KindPayment, Rail: "card", Amount: sum("7.50")})
	must(t, err)
	after, err := l.Limits(context.Background(), wallet.Actor{}, "cust-james")
	must(t, err)
	day := func(list []wallet.Limit) wallet.Limit {
		return list[slices.IndexFunc(list, func(l wallet.Limit) bool { return l.Period == "day" })]
	}
	if day(before).Used.Amount() != "0.00" || day(after).Used.Amount() != "7.50" {
		t.Errorf("%v, then %v", day(before), day(after))
	}
	l.clock.Move(24 * time.Hour)
	if after, err = l.Limits(context.Background(), wallet.Actor{}, "cust-james"); err != nil || day(after).Used.Sign() != 0 {
		t.Errorf("on the next day: %v %v", day(after), err)
	}
}

// What was set for a customer's next payment happens to that one, and to no other.
func TestTheNextPaymentHasAFate(t *testing.T) {
	l := live(t)
	person(t, l.house, "a", "100.00")
	must(t, l.SetFate(context.Background(), "a", demowallet.NextPayment, rails.Fate{Kind: rails.Refused, Raw: "54"}))
	for i, want := range []wallet.State{wallet.PreCheckFailed, wallet.Processing} {
		id := l.pay(t, "a", fmt.Sprintf("%d.00", i+1), "card", rails.Fate{}).Transaction.ID
		l.pass(t, 10*time.Second)
		if tx := l.tx(t, "a", id); tx.State != want {
			t.Errorf("payment %d is %s, not %s", i, tx.State, want)
		}
	}
}

func TestPagesOfNoticesAreBounded(t *testing.T) {
	l := live(t)
	for _, limit := range []int{0, -1, wallet.MaxNotices + 1} {
		if _, err := l.Notices(context.Background(), 0, limit); !fault.Is(err, fault.Invalid) {
			t.Errorf("a limit of %d: %v", limit, err)
		}
	}
}
