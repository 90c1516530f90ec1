package demowallet_test

import (
	"context"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/connector/demowallet"
	leaving "kefu/internal/connector/demowallet/closing"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

const leaver = "cust-zoe"

func ofLeaver(c *wallet.Command) { c.CustomerID = leaver }

// newcomer is a wallet with somebody in it who has money, points and cards, and no past.
func newcomer(t testing.TB, d *storagetest.Deployment) *lively {
	t.Helper()
	l := &lively{on(t, d.Books(t), d.Clock.Now), d.Clock}
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: leaver, Name: "Zoe Novak", Language: "en", New: true}, {ID: "cust-anna", Name: "Anna Schmidt"}}))
	return l
}

func (l *lively) ending(t testing.TB, who string) closing.Standing {
	t.Helper()
	s, err := l.Closure(context.Background(), agent(), who)
	must(t, err)
	must(t, s.Validate())
	return s
}

// settle cancels every mandate and pays out every balance.
func (h *house) settle(t testing.TB, who string, do func(wallet.Command, int) wallet.Operation) {
	t.Helper()
	s, err := h.Closure(context.Background(), agent(), who)
	must(t, err)
	for _, i := range s.Of(closing.Mandate, closing.TopUp) {
		do(wallet.Command{Key: id.New(), Act: wallet.CancelMandate, CustomerID: who, Target: i.Object, Reason: "asked", Expect: instrument.Active}, 2)
	}
	to := slices.IndexFunc(s.Destinations, func(d closing.Destination) bool { return d.Why == "" })
	for _, i := range s.Of(closing.Balance) {
		do(wallet.Command{
			Key: id.New(), Act: wallet.Withdraw, CustomerID: who, Target: s.Destinations[to].InstrumentID, Amount: i.Amount, Reason: "asked", Expect: string(s.State), Details: map[string]string{closing.DetailFrom: i.Object},
		}, 2)
	}
}

// empty tells of everything that a customer still holds.
func (h *house) empty(t testing.TB, who string) {
	t.Helper()
	list, err := h.Balances(context.Background(), wallet.Actor{}, who)
	must(t, err)
	for _, b := range list {
		if b.Total.Sign() != 0 || b.PendingIn.Sign() != 0 || b.PendingOut.Sign() != 0 || b.Held.Sign() != 0 {
			t.Errorf("%s of somebody who is gone holds %s", b.AccountID, b.Total)
		}
	}
}

// Somebody settles everything, asks for the end, thinks again, asks again, and is gone after
// the days that the wallet gives them: with their money, and nothing of it anywhere else.
func TestSomebodyLeaves(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		l := newcomer(t, d)
		goodbye := func(state closing.Stage) wallet.Command {
			return command(wallet.Close, "", ofLeaver, expect(string(state)))
		}
		s := l.ending(t, leaver)
		if s.State != closing.Open || s.Ready() || len(s.Of(closing.Balance)) == 0 || len(s.Of(closing.Points)) == 0 || len(s.Of(closing.Card)) == 0 {
			t.Fatalf("%+v", s)
		}
		l.refuses(t, l.proven(t, goodbye(closing.Open), 3), wallet.NotEligible)
		l.settle(t, leaver, func(c wallet.Command, level int) wallet.Operation {
			if c.Act == wallet.Withdraw {
				l.refuses(t, c, wallet.StepUpRequired)
				c.Key = id.New()
			}
			o := l.do(t, l.proven(t, c, level))
			if o.State == wallet.OpFailed {
				t.Fatalf("%s: %s", c.Act, o.Refusal)
			}
			return o
		})
		if s = l.ending(t, leaver); !s.Ready() { // its own withdrawal is on its way
			t.Fatalf("%+v", s.Items)
		}
		l.refuses(t, goodbye(closing.Open), wallet.StepUpRequired)
		o := l.do(t, l.proven(t, goodbye(closing.Open), 3))
		s = l.ending(t, leaver)
		if o.State != wallet.OpSucceeded || s.State != closing.Cooling || s.ClosesAt-s.RequestedAt != wallet.Time(10*24*3600*1_000_000) {
			t.Fatalf("%+v %+v", o, s)
		}
		l.refuses(t, l.proven(t, goodbye(closing.Open), 3), wallet.AlreadyDone)
		l.pass(t, 3*24*time.Hour)
		l.do(t, command(wallet.KeepOpen, "", ofLeaver, expect("cooling_off")))
		if s = l.ending(t, leaver); s.State != closing.Open || s.EndedBy != "customer" {
			t.Fatalf("%+v", s)
		}
		l.refuses(t, command(wallet.KeepOpen, "", ofLeaver, expect("cooling_off")), wallet.AlreadyDone)
		l.pass(t, 30*24*time.Hour)
		if s = l.ending(t, leaver); s.State != closing.Open {
			t.Fatal("what was taken back came all the same")
		}
		l.do(t, l.proven(t, goodbye(closing.Open), 3))
		l.pass(t, 10*24*time.Hour+time.Second)
		s = l.ending(t, leaver)
		if s.State != closing.Closed || s.ClosedAt == 0 || len(s.Items) > 0 {
			t.Fatalf("%+v", s)
		}
		l.empty(t, leaver)
		l.refuses(t, command(wallet.KeepOpen, "", ofLeaver, expect("cooling_off")), wallet.StateChanged)
		l.refuses(t, command(wallet.KeepOpen, "", ofLeaver, expect("closed")), wallet.NotEligible)
		l.refuses(t, l.proven(t, goodbye(closing.Closed), 3), wallet.NotEligible)
		accounts, err := l.Accounts(ctx, agent(), leaver)
		must(t, err)
		for _, a := range accounts {
			if a.Status != "closed" || a.ClosedAt == 0 {
				t.Errorf("%+v", a)
			}
		}
		if paid, err := l.Pay(ctx, demowallet.Order{CustomerID: leaver, Kind: wallet.KindTransfer, Direction: wallet.In, Amount: accountMoney(t, l, leaver), Rail: "wallet", Counterparty: &wallet.Counterparty{Name: "A friend"}}); err != nil || paid.Transaction.State != wallet.PreCheckFailed {
			t.Errorf("%+v %v", paid, err)
		}
		judge(t, l.house)
	})
}

func accountMoney(t testing.TB, l *lively, who string) wallet.Money {
	t.Helper()
	list, err := l.Balances(context.Background(), wallet.Actor{}, who)
	must(t, err)
	i := slices.IndexFunc(list, func(b wallet.Balance) bool { return b.AccountID == who+":main" })
	m, err := wallet.Parse("5", list[i].Total.Currency(), list[i].Total.Scale())
	must(t, err)
	return m
}

// gone has the newcomer pay something in a shop, leave, and be gone.
func gone(t testing.TB, l *lively) (shopped wallet.Transaction) {
	t.Helper()
	paid, err := l.Pay(context.Background(), demowallet.Order{
		CustomerID: leaver, Kind: wallet.KindPayment, Amount: accountMoney(t, l, leaver), Rail: "card", Fate: rails.Fate{Kind: rails.Fine}, Merchant: &wallet.Merchant{Name: "Corner shop", Category: "5411"},
	})
	must(t, err)
	l.pass(t, 30*time.Hour)
	l.settle(t, leaver, func(c wallet.Command, level int) wallet.Operation { return l.do(t, l.proven(t, c, level)) })
	l.do(t, l.proven(t, command(wallet.Close, "", ofLeaver, expect("open")), 3))
	l.pass(t, 11*24*time.Hour)
	if s := l.ending(t, leaver); s.State != closing.Closed {
		t.Fatalf("%+v", s)
	}
	return l.tx(t, leaver, paid.Transaction.ID)
}

// A shop gives money back when its customer is gone: it is kept for them, and paid out once,
// to a card that was theirs.
func TestMoneyThatComesLate(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		l := newcomer(t, d)
		if _, err := l.ArriveLate(ctx, "cust-anna", "none", euro(t, "1.00")); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		tx := gone(t, l)
		late, err := l.ArriveLate(ctx, leaver, tx.ID, tx.Amount)
		must(t, err)
		if _, err := l.ArriveLate(ctx, leaver, tx.ID, tx.Amount); !fault.Is(err, fault.Conflict) {
			t.Error("it came twice: ", err)
		}
		if _, err := l.ArriveLate(ctx, "cust-anna", tx.ID, tx.Amount); !fault.Is(err, fault.NotFound) {
			t.Error("it came for somebody else: ", err)
		}
		s := l.ending(t, leaver)
		if len(s.Late) != 1 || s.Late[0].ID != late.ID || s.Late[0].PaidAt != 0 || len(s.Destinations) == 0 {
			t.Fatalf("%+v", s)
		}
		l.empty(t, leaver)
		pay := func(change ...func(*wallet.Command)) wallet.Command {
			return command(wallet.Withdraw, leaver+":bank", append([]func(*wallet.Command){ofLeaver, expect("closed"), amount(tx.Amount), detail(closing.DetailFrom, late.ID)}, change...)...)
		}
		l.refuses(t, pay(), wallet.StepUpRequired)
		l.refuses(t, pay(func(c *wallet.Command) { c.Target = "cust-anna:bank" }), wallet.DestinationClosed)
		half, err := wallet.Parse("2.50", tx.Amount.Currency(), 2)
		must(t, err)
		l.refuses(t, pay(amount(half)), wallet.AmountTooHigh)
		if o := l.do(t, l.proven(t, pay(), 2)); o.State != wallet.OpSucceeded {
			t.Fatalf("%+v", o)
		}
		l.refuses(t, l.proven(t, pay(), 2), wallet.AlreadyDone)
		if s = l.ending(t, leaver); s.Late[0].PaidAt == 0 || s.Late[0].PaidTo != leaver+":bank" {
			t.Errorf("%+v", s.Late)
		}
		judge(t, l.house)
	})
}

// What is in the way is found again at the end: money that came in meanwhile keeps the
// account, and its customer is told.
func TestMoneyThatComesBeforeTheEnd(t *testing.T) {
	ctx := context.Background()
	l := live(t)
	must(t, l.Seed(ctx, []demowallet.Person{{ID: leaver, Name: "Zoe Novak", New: true}}))
	l.settle(t, leaver, func(c wallet.Command, level int) wallet.Operation { return l.do(t, l.proven(t, c, level)) })
	l.do(t, l.proven(t, command(wallet.Close, "", ofLeaver, expect("open")), 3))
	if _, err := l.Pay(ctx, demowallet.Order{CustomerID: leaver, Kind: wallet.KindTransfer, Direction: wallet.In, Amount: accountMoney(t, l, leaver), Rail: "wallet", Fate: rails.Fate{Kind: rails.Fine}, Counterparty: &wallet.Counterparty{Name: "A friend"}}); err != nil {
		t.Fatal(err)
	}
	l.pass(t, 11*24*time.Hour)
	s := l.ending(t, leaver)
	if s.State != closing.Open || s.EndedBy != "wallet" || len(s.Of(closing.Balance)) != 1 {
		t.Errorf("%+v", s)
	}
	told, err := l.Messages(ctx, leaver)
	must(t, err)
	if !slices.ContainsFunc(told, func(m demowallet.Message) bool { return m.Reason == "closure_ended_by_wallet" }) {
		t.Errorf("they were told %+v", told)
	}
	judge(t, l.house)
}

// Nobody can tell an account that an authority stopped from one whose papers are not
// complete: both are looked at, and nothing else is said.
func TestAReviewSaysNothing(t *testing.T) {
	ctx := context.Background()
	l := live(t)
	for _, who := range []string{"a", "b"} {
		person(t, l.house, who, "0")
	}
	must(t, l.Restrict(ctx, "a", wallet.Restriction{ID: "fr-court", Scope: "wallet", Kind: "freeze", Stops: "all", Reason: "court_order", PlacedBy: "authority", PlacedAt: l.Now0(), Release: "authority"}))
	must(t, l.Join(ctx, wallet.Customer{ID: "c", Kind: wallet.Person, Name: "N c", KYC: wallet.KYC{Status: "approved"}}, euro(t, "0")))
	must(t, l.Restrict(ctx, "c", wallet.Restriction{ID: "fr-court-2", Scope: "wallet", Kind: "freeze", Stops: "all", Reason: "court_order", PlacedBy: "authority", PlacedAt: l.Now0(), Release: "authority"}))
	papers, stopped, both := l.ending(t, "b").Items, l.ending(t, "c").Items, l.ending(t, "a").Items
	if len(papers) != 1 || !reflect.DeepEqual(papers, stopped) || !reflect.DeepEqual(papers, both) {
		t.Errorf("they differ: %+v, %+v, %+v", papers, stopped, both)
	}
}

// Of two that come at once one begins the end.
func TestTwoEndsAtOnce(t *testing.T) {
	l := live(t)
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: leaver, Name: "Zoe Novak", New: true}}))
	l.settle(t, leaver, func(c wallet.Command, level int) wallet.Operation { return l.do(t, l.proven(t, c, level)) })
	done := make(chan wallet.Operation, 4)
	for range cap(done) {
		c := l.proven(t, command(wallet.Close, "", ofLeaver, expect("open")), 3)
		go func() {
			o, err := l.Do(context.Background(), agent(), c)
			if err != nil {
				o.Refusal = wallet.Refusal(fmt.Sprint(err))
			}
			done <- o
		}()
	}
	began := 0
	for range cap(done) {
		if o := <-done; o.State == wallet.OpSucceeded {
			began++
		} else if o.Refusal != wallet.AlreadyDone && o.Refusal != wallet.StateChanged {
			t.Error(o.Refusal)
		}
	}
	if began != 1 {
		t.Errorf("%d began", began)
	}
}

// What is not over is told with whom it is and until when, as far as anybody knows: of a
// transfer over a public network by its address, of what a shop has not collected by when
// the wallet lets it go.
func TestWhatHangsIsNamed(t *testing.T) {
	l := live(t)
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: "cust-james", Name: "James Okafor", Language: "en"}, {ID: "cust-nora", Name: "Nora Lindqvist", Language: "en"}}))
	hangs := l.ending(t, "cust-james").Of(closing.Payment)
	shops := 0
	for _, i := range hangs {
		if i.Name == "" {
			t.Errorf("a payment of %s is not over, and nobody knows which", i.Amount)
		}
		if i.Amount.Currency() == "GBP" && i.Until > l.Now0() {
			shops++
		}
	}
	if shops == 0 {
		t.Errorf("of %d payments none of a shop is told until when", len(hangs))
	}
	if hangs = l.ending(t, "cust-nora").Of(closing.Payment); len(hangs) > 0 {
		t.Errorf("who has not used the wallet for days still waits for %+v", hangs)
	}
}

// The operator's days count where they are some in which people can change their mind.
func TestDaysOfAnEnd(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		codes, err := fs.Sub(content.Failures, "failures")
		must(t, err)
		books := demowallet.Over(d.Books(t))
		open := func(days int) (*demowallet.Wallet, error) {
			return demowallet.Open(t.Context(), demowallet.Options{Books: books, Clock: d.Clock.Now, Failures: codes, Issuer: "wallet", Audience: "kefu", Closing: leaving.Within(days)})
		}
		for _, days := range []int{-1, 1, 6, 15} {
			if _, err := open(days); !fault.Is(err, fault.Invalid) {
				t.Errorf("%d days: %v", days, err)
			}
		}
		w, err := open(12)
		must(t, err)
		must(t, w.Seed(t.Context(), []demowallet.Person{{ID: leaver, Name: "Zoe Novak", Language: "en", New: true}}))
		if s, err := w.Closure(t.Context(), agent(), leaver); err != nil || s.Days != 12 {
			t.Errorf("%d days, %v", s.Days, err)
		}
	})
}
