package demowallet_test

import (
	"context"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/connector/demowallet"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

func clockAt() time.Time { return time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC) }

func open(t testing.TB) *demowallet.Ledger {
	t.Helper()
	l, err := demowallet.Open(context.Background(), filepath.Join(t.TempDir(), demowallet.File), clockAt)
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	return l
}

type fatal interface {
	Helper()
	Fatal(args ...any)
}

func must(t fatal, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func euro(t fatal, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	must(t, err)
	return m
}

// do runs one step in a batch of its own.
func do(l *demowallet.Ledger, fn func(context.Context, *demowallet.Book) error) error {
	return l.Batch(context.Background(), fn)
}

func transfer(l *demowallet.Ledger, t demowallet.Transfer) error {
	return do(l, func(ctx context.Context, b *demowallet.Book) error { return b.Transfer(ctx, t) })
}

// people opens two customers' accounts, and gives the first some money.
func people(t fatal, l *demowallet.Ledger, given string) {
	t.Helper()
	person(t, l, "a", given)
	person(t, l, "b", "")
}

func person(t fatal, l *demowallet.Ledger, id, given string) {
	t.Helper()
	must(t, do(l, func(ctx context.Context, b *demowallet.Book) error {
		if _, err := b.OpenCurrency(ctx, "EUR", 2); err != nil {
			return err
		}
		if err := b.AddCustomer(ctx, wallet.Customer{ID: id, Kind: wallet.Person, Name: "N " + id, KYC: wallet.KYC{Status: "none"}}); err != nil {
			return err
		}
		err := b.OpenAccount(ctx, demowallet.AccountSpec{CustomerID: id, Currency: "EUR", Scale: 2,
			Account: wallet.Account{ID: id + ":main", Kind: "emoney", Status: "active", Block: "none"}})
		if err != nil || given == "" {
			return err
		}
		return b.Transfer(ctx, demowallet.Transfer{ID: "gift" + strings.TrimPrefix(id, "a"), Kind: demowallet.Direct, Debit: "world:EUR", Credit: id + ":main", Amount: euro(t, given)})
	}))
}

func balance(t fatal, l *demowallet.Ledger, customer string) wallet.Balance {
	t.Helper()
	list, err := l.Balances(context.Background(), wallet.Actor{}, customer)
	must(t, err)
	must(t, list[0].Validate())
	return list[0]
}

func TestTransfersInTwoSteps(t *testing.T) {
	l := open(t)
	people(t, l, "100.00")
	pending := demowallet.Transfer{ID: "p", Kind: demowallet.Pending, Debit: "a:main", Credit: "b:main", Amount: euro(t, "30.00"), ExpiresAt: wallet.At(clockAt().Add(time.Hour))}
	must(t, transfer(l, pending))
	if b := balance(t, l, "a"); b.Available.Amount() != "70.00" || b.Total.Amount() != "100.00" || b.PendingOut.Amount() != "30.00" {
		t.Fatalf("while it is pending: %+v", b)
	}
	if b := balance(t, l, "b"); b.PendingIn.Amount() != "30.00" || b.Available.Amount() != "0.00" {
		t.Fatalf("on the other side: %+v", b)
	}
	for name, c := range map[string]struct {
		t    demowallet.Transfer
		code fault.Code
	}{
		"more than is there":           {demowallet.Transfer{ID: "x", Kind: demowallet.Direct, Debit: "a:main", Credit: "b:main", Amount: euro(t, "70.01")}, fault.Conflict},
		"more than was set aside":      {demowallet.Transfer{ID: "x", Kind: demowallet.Post, Resolves: "p", Amount: euro(t, "30.01")}, fault.Invalid},
		"too early":                    {demowallet.Transfer{ID: "x", Kind: demowallet.Expire, Resolves: "p"}, fault.Conflict},
		"what is not pending":          {demowallet.Transfer{ID: "x", Kind: demowallet.Post, Resolves: "gift"}, fault.Conflict},
		"what is not there":            {demowallet.Transfer{ID: "x", Kind: demowallet.Void, Resolves: "nothing"}, fault.NotFound},
		"an account that is not there": {demowallet.Transfer{ID: "x", Kind: demowallet.Direct, Debit: "a:main", Credit: "c:main", Amount: euro(t, "1.00")}, fault.NotFound},
		"to itself":                    {demowallet.Transfer{ID: "x", Kind: demowallet.Direct, Debit: "a:main", Credit: "a:main", Amount: euro(t, "1.00")}, fault.Invalid},
		"nothing":                      {demowallet.Transfer{ID: "x", Kind: demowallet.Direct, Debit: "a:main", Credit: "b:main", Amount: euro(t, "0.00")}, fault.Invalid},
		"less than nothing":            {demowallet.Transfer{ID: "x", Kind: demowallet.Direct, Debit: "a:main", Credit: "b:main", Amount: euro(t, "1.00").Neg()}, fault.Invalid},
		"an unknown kind":              {demowallet.Transfer{ID: "x", Kind: "gift", Debit: "a:main", Credit: "b:main", Amount: euro(t, "1.00")}, fault.Invalid},
		"the same id, another body":    {demowallet.Transfer{ID: "p", Kind: demowallet.Pending, Debit: "a:main", Credit: "b:main", Amount: euro(t, "31.00")}, fault.Conflict},
	} {
		if err := transfer(l, c.t); !fault.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, transfer(l, pending)) // once more, the same
	must(t, transfer(l, demowallet.Transfer{ID: "post", Kind: demowallet.Post, Resolves: "p", Amount: euro(t, "20.00")}))
	if err := transfer(l, demowallet.Transfer{ID: "void", Kind: demowallet.Void, Resolves: "p"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a transfer was resolved twice: %v", err)
	}
	if a, b := balance(t, l, "a"), balance(t, l, "b"); a.Available.Amount() != "80.00" || a.PendingOut.Sign() != 0 || b.Total.Amount() != "20.00" || b.PendingIn.Sign() != 0 {
		t.Errorf("afterwards: %+v and %+v", a, b)
	}
}

func TestNothingIsChangedOrDeleted(t *testing.T) {
	l := open(t)
	must(t, l.Seed(context.Background(), []demowallet.Person{{ID: "cust-li", Name: "李静", Language: "zh"}}))
	for _, table := range demowallet.Tables() {
		for _, change := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET rowid = rowid + 1"} {
			if _, err := l.DB().ExecContext(context.Background(), change); err == nil || !strings.Contains(err.Error(), "only grows") {
				t.Errorf("%s: %v", change, err)
			}
		}
	}
}

func TestAFailedBatchLeavesNothing(t *testing.T) {
	l := open(t)
	people(t, l, "10.00")
	err := do(l, func(ctx context.Context, b *demowallet.Book) error {
		if err := b.Transfer(ctx, demowallet.Transfer{ID: "one", Kind: demowallet.Direct, Debit: "a:main", Credit: "b:main", Amount: euro(t, "6.00")}); err != nil {
			return err
		}
		return b.Transfer(ctx, demowallet.Transfer{ID: "two", Kind: demowallet.Direct, Debit: "a:main", Credit: "b:main", Amount: euro(t, "6.00")})
	})
	if !demowallet.IsInsufficient(err) || balance(t, l, "a").Total.Amount() != "10.00" {
		t.Errorf("%v, and %s is left", err, balance(t, l, "a").Total)
	}
}

// everyPhase sums the ledger up by currency and phase.
const everyPhase = "SELECT a.currency || ' ' || p.phase, p.amount FROM posting p JOIN account a ON a.id = p.account_id"

// judge checks what holds of any ledger at any time.
func judge(t fatal, l *demowallet.Ledger) {
	t.Helper()
	ctx := context.Background()
	all, err := l.Sums(ctx, everyPhase)
	must(t, err)
	for key, sum := range all {
		currency, phase, _ := strings.Cut(key, " ")
		switch phase {
		case "posted":
			if sum.Sign() != 0 {
				t.Fatal("what was posted does not sum up to nothing in ", currency, ": ", sum)
			}
		case "pending_in":
			aside := new(big.Int)
			for _, p := range []string{"pending_out", "held"} {
				if s := all[currency+" "+p]; s != nil {
					aside.Add(aside, s)
				}
			}
			if aside.Cmp(sum) != 0 {
				t.Fatal("what is announced is not what is set aside in ", currency, ": ", sum, " and ", aside)
			}
		}
	}
	for _, phase := range []string{"pending_in", "pending_out", "held"} {
		each, err := l.Sums(ctx, "SELECT account_id, amount FROM posting WHERE phase = $1", phase)
		must(t, err)
		for account, sum := range each {
			if sum.Sign() < 0 {
				t.Fatal(account, " has less than nothing ", phase)
			}
		}
	}
	each, err := l.Sums(ctx, "SELECT p.account_id, p.amount FROM posting p JOIN account a ON a.id = p.account_id AND a.floor = 1 WHERE p.phase = 'posted'")
	must(t, err)
	for account, sum := range each {
		if sum.Sign() < 0 {
			t.Fatal(account, " fell below nothing: ", sum)
		}
	}
}

// effect is what a transaction must have done to its own account, by its state: what
// was posted, what is pending out, and what is held, in smallest units.
func effect(tx wallet.Transaction) (postedSum, pendingOut, held, pendingIn *big.Int) {
	postedSum, pendingOut, held, pendingIn = new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	whole := tx.Amount.Smallest()
	if tx.Direction == wallet.Out {
		for _, f := range tx.Fees {
			whole.Add(whole, f.Amount.Smallest())
		}
	}
	state := tx.State
	for i := len(tx.History) - 1; state == wallet.Unknown; i-- { // it is where it was
		state = tx.History[i].State
	}
	switch state {
	case wallet.RiskHold:
		if tx.Direction == wallet.Out {
			held = whole
		}
	case wallet.Authorised:
		if tx.Direction == wallet.Out {
			pendingOut = whole
		} else {
			pendingIn = whole
		}
	case wallet.Captured, wallet.Processing, wallet.FailedAfterDebit, wallet.AutoReversal:
		if tx.Direction == wallet.Out {
			postedSum = whole.Neg(whole)
		} else {
			pendingIn = whole
		}
	case wallet.Initiated, wallet.RequiresAction, wallet.PreCheckFailed, wallet.Failed, wallet.Voided, wallet.Expired, wallet.Reversed:
	default:
		if postedSum = whole; tx.Direction == wallet.Out {
			postedSum = whole.Neg(whole)
		}
	}
	return postedSum, pendingOut, held, pendingIn
}

// agree checks that what a transaction says is what the ledger did with it.
func agree(t fatal, l *demowallet.Ledger, tx wallet.Transaction) {
	t.Helper()
	must(t, tx.Validate())
	got, err := l.Sums(context.Background(), `SELECT p.phase, p.amount FROM posting p JOIN transfer t ON t.id = p.transfer_id
		WHERE t.movement_id = $1 AND p.account_id = $2`, tx.ID, tx.AccountID)
	must(t, err)
	p, out, held, in := effect(tx)
	for phase, want := range map[string]*big.Int{"posted": p, "pending_out": out, "held": held, "pending_in": in} {
		have := got[phase]
		if have == nil {
			have = new(big.Int)
		}
		if have.Cmp(want) != 0 {
			t.Fatal(fmt.Sprintf("%s is %s (%v), and on its account %s is %s, not %s", tx.ID, tx.State, tx.History, phase, have, want))
		}
	}
}

func TestStatesAndPostingsNeverPart(t *testing.T) {
	l := open(t)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		who := fmt.Sprintf("r%d", runs)
		person(t, l, who, "500.00")
		var ids []string
		must(t, do(l, func(ctx context.Context, b *demowallet.Book) error {
			ids = wander(ctx, t, b, who)
			return nil
		}))
		for _, id := range ids {
			tx, err := l.Transaction(context.Background(), wallet.Actor{}, who, id)
			must(t, err)
			agree(t, l, tx)
		}
		balance(t, l, who)
	})
	judge(t, l)
}

// wander begins transactions of a customer and tries to take them to any state.
func wander(ctx context.Context, t *rapid.T, b *demowallet.Book, who string) []string {
	ids := []string{}
	reached := map[string]wallet.State{}
	for range rapid.IntRange(1, 40).Draw(t, "moves") {
		if len(ids) == 0 || rapid.IntRange(0, 4).Draw(t, "new") == 0 {
			tx := wallet.Transaction{
				ID: fmt.Sprintf("%s-%d", who, len(ids)), CustomerID: who, AccountID: who + ":main", Kind: wallet.KindTransfer, CreatedAt: wallet.At(clockAt()),
				Direction: rapid.SampledFrom([]wallet.Direction{wallet.In, wallet.Out}).Draw(t, "direction"),
				Amount:    euro(t, fmt.Sprintf("%d.%02d", rapid.IntRange(0, 300).Draw(t, "euros"), rapid.IntRange(1, 99).Draw(t, "cents"))),
			}
			if rapid.Bool().Draw(t, "fee") {
				tx.Fees = []wallet.Fee{{Kind: "transfer", Amount: euro(t, "0.35")}}
			}
			must(t, b.Begin(ctx, tx, "world:EUR"))
			ids, reached[tx.ID] = append(ids, tx.ID), wallet.Initiated
			continue
		}
		id := rapid.SampledFrom(ids).Draw(t, "id")
		to := rapid.SampledFrom(wallet.States()).Draw(t, "to")
		err := b.Advance(ctx, id, demowallet.Move{To: to, Expires: wallet.At(clockAt())})
		switch {
		case err == nil && !reached[id].May(to):
			t.Fatal(reached[id], " became ", to)
		case err == nil:
			reached[id] = to
		case !fault.Is(err, fault.Conflict):
			t.Fatal(err)
		}
	}
	return ids
}

func demoPeople() []demowallet.Person {
	return []demowallet.Person{
		{ID: "cust-anna", Name: "Anna Schmidt", Language: "en"}, {ID: "cust-james", Name: "James Okafor", Language: "en"}, {ID: "cust-li", Name: "李静", Language: "zh"},
		{ID: "cust-wang", Name: "王强", Language: "zh"}, {ID: "cust-sara", Name: "Sara Haddad", Language: "en"}, {ID: "cust-new", Name: "Noor Aziz", Language: "en"},
	}
}

// all reads every transaction of a customer, page by page.
func all(t fatal, l *demowallet.Ledger, q wallet.Query) []wallet.Transaction {
	t.Helper()
	var list []wallet.Transaction
	for {
		page, err := l.Transactions(context.Background(), wallet.Actor{}, q)
		must(t, err)
		list = append(list, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return list
		}
	}
}

func TestTheDemosPeopleHaveLivesThatAddUp(t *testing.T) {
	l := open(t)
	must(t, l.Seed(context.Background(), demoPeople()))
	judge(t, l)
	currencies := map[string]bool{}
	for _, p := range demoPeople() {
		list := all(t, l, wallet.Query{CustomerID: p.ID, Limit: 37})
		if len(list) < 60 || len(list) > 400 {
			t.Errorf("%s has %d transactions", p.ID, len(list))
		}
		posted := map[string]*big.Int{}
		for _, tx := range list {
			agree(t, l, tx)
			currencies[fmt.Sprintf("%s/%d", tx.Amount.Currency(), tx.Amount.Scale())] = true
			if tx.CreatedAt > wallet.At(clockAt()) || tx.History[len(tx.History)-1].At > wallet.At(clockAt()) {
				t.Errorf("%s of %s is of the future: %+v", tx.ID, p.ID, tx)
			}
			sum, _, _, _ := effect(tx)
			if posted[tx.AccountID] == nil {
				posted[tx.AccountID] = new(big.Int)
			}
			posted[tx.AccountID].Add(posted[tx.AccountID], sum)
		}
		balances, err := l.Balances(context.Background(), wallet.Actor{}, p.ID)
		must(t, err)
		for _, b := range balances { // what the customer sees is what the transactions did
			must(t, b.Validate())
			if sum := posted[b.AccountID]; sum != nil && sum.Cmp(b.Total.Smallest()) != 0 {
				t.Errorf("%s: the transactions make %s, the balance is %s", b.AccountID, sum, b.Total)
			}
		}
	}
	for _, want := range []string{"EUR/2", "CNY/2", "GBP/2", "AED/2", "ETH/18"} {
		if !currencies[want] {
			t.Errorf("nobody has anything in %s: %v", want, currencies)
		}
	}
	before := len(all(t, l, wallet.Query{CustomerID: "cust-anna", Limit: 100}))
	must(t, l.Seed(context.Background(), demoPeople()))
	if after := len(all(t, l, wallet.Query{CustomerID: "cust-anna", Limit: 100})); after != before {
		t.Errorf("seeding again made %d of %d", after, before)
	}
}

func TestTheStoriesAreInTheData(t *testing.T) {
	l := open(t)
	must(t, l.Seed(context.Background(), demoPeople()))
	now := wallet.At(clockAt())
	find := func(q wallet.Query) []wallet.Transaction {
		q.Limit = 100
		return all(t, l, q)
	}
	late := find(wallet.Query{CustomerID: "cust-anna", States: []wallet.State{wallet.Processing}, Text: "Krüger"})
	if len(late) != 1 || wallet.Tell(late[0].State, late[0].ExpectedBy, now).Key != wallet.KeyLate {
		t.Errorf("Anna's transfer to her landlord: %+v", late)
	}
	twice := find(wallet.Query{CustomerID: "cust-james", Text: "fenwick"})
	if len(twice) != 2 || twice[0].Amount.Cmp(twice[1].Amount) != 0 || twice[0].CreatedAt-twice[1].CreatedAt != 41_000_000 {
		t.Errorf("James's two payments: %+v", twice)
	}
	refund := find(wallet.Query{CustomerID: "cust-li", Kinds: []wallet.Kind{wallet.KindRefund}})
	if len(refund) != 1 || refund[0].State != wallet.Processing || now-refund[0].CreatedAt != 3*24*3600*1_000_000 {
		t.Fatalf("李静's refund: %+v", refund)
	}
	bought, err := l.Transaction(context.Background(), wallet.Actor{}, "cust-li", refund[0].Related[0].ID)
	if err != nil || bought.State != wallet.RefundPending || bought.CustomerID != "cust-li" || bought.Amount.Cmp(refund[0].Amount) != 0 {
		t.Errorf("what is refunded: %+v %v", bought, err)
	}
	if unknown := find(wallet.Query{CustomerID: "cust-wang", Text: "xingyun"}); len(unknown) != 2 || unknown[0].Amount.Amount() != "298.00" {
		t.Errorf("王强's unknown charge: %+v", unknown)
	}
	hour := find(wallet.Query{CustomerID: "cust-sara", From: now - 3600*1_000_000})
	if len(hour) != 3 || hour[0].State != wallet.RiskHold || hour[0].Holds[0].Disclosable || hour[1].Failure.Code != wallet.SuspectedFraud || hour[2].State != wallet.Authorised {
		t.Errorf("Sara's last hour: %+v", hour)
	}
}

func TestPagesStandStillWhileTransactionsCome(t *testing.T) {
	l := open(t)
	people(t, l, "1000.00")
	add := func(n int) {
		must(t, do(l, func(ctx context.Context, b *demowallet.Book) error {
			return b.Begin(ctx, wallet.Transaction{ID: fmt.Sprintf("t%03d", n), CustomerID: "a", AccountID: "a:main", Kind: wallet.KindTransfer, Direction: wallet.Out,
				Amount: euro(t, "1.00"), CreatedAt: wallet.At(clockAt()) + wallet.Time(n/3)}, "world:EUR") // several at one instant
		}))
	}
	for n := range 20 {
		add(n)
	}
	q := wallet.Query{CustomerID: "a", Limit: 7}
	seen := []string{}
	for page := 0; ; page++ {
		got, err := l.Transactions(context.Background(), wallet.Actor{}, q)
		must(t, err)
		for _, tx := range got.Items {
			seen = append(seen, tx.ID)
		}
		add(100 + page)
		if q.Cursor = got.Next; q.Cursor == "" {
			break
		}
	}
	for i, id := range seen {
		if want := fmt.Sprintf("t%03d", 19-i); id != want {
			t.Fatalf("the pages hold %v", seen)
		}
	}
	if len(seen) != 20 {
		t.Errorf("the pages hold %d", len(seen))
	}
	q.Cursor = "rubbish"
	if _, err := l.Transactions(context.Background(), wallet.Actor{}, q); !fault.Is(err, fault.Invalid) {
		t.Errorf("a cursor that is none: %v", err)
	}
}
