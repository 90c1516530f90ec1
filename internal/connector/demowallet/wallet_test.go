package demowallet_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/content"
	"kefu/internal/connector/demowallet"
	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/connector/demowallet/rails"
	"kefu/internal/domain/ledger"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/books"
	"kefu/internal/storage/storagetest"
)

func clockAt() time.Time { return time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC) }

// house is a wallet with the books that it is kept in.
type house struct {
	*demowallet.Wallet
	books *books.Store
}

func open(t testing.TB, change ...func(*demowallet.Options)) *house {
	t.Helper()
	return on(t, storagetest.Books(t, clockAt), clockAt, change...)
}

// on opens a wallet on books.
func on(t fatal, store *books.Store, now clock.Clock, change ...func(*demowallet.Options)) *house {
	t.Helper()
	codes, err := fs.Sub(content.Failures, "failures")
	must(t, err)
	o := demowallet.Options{Books: demowallet.Over(store), Clock: now, Failures: codes, Issuer: "https://wallet.test", Audience: "kefu-test"}
	for _, c := range change {
		c(&o)
	}
	w, err := demowallet.Open(context.Background(), o)
	must(t, err)
	return &house{w, store}
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

// person makes a customer with an account, and gives them some money.
func person(t fatal, h *house, id, given string) {
	t.Helper()
	must(t, h.Join(context.Background(), wallet.Customer{ID: id, Kind: wallet.Person, Name: "N " + id, KYC: wallet.KYC{Status: "none"}}, euro(t, given)))
}

func balance(t fatal, h *house, customer string) wallet.Balance {
	t.Helper()
	list, err := h.Balances(context.Background(), wallet.Actor{}, customer)
	must(t, err)
	must(t, list[0].Validate())
	return list[0]
}

// judge checks what holds of any books at any time: every balance is the sum of its
// lines, all of them together are nothing, and no customer has less than nothing.
func judge(t fatal, h *house) {
	t.Helper()
	proof, err := h.books.Verify(context.Background())
	must(t, err)
	if len(proof.Problems) > 0 {
		t.Fatal(proof.Problems)
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
	case wallet.Captured, wallet.PartiallyCaptured, wallet.Processing, wallet.FailedAfterDebit, wallet.AutoReversal:
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
func agree(t fatal, h *house, tx wallet.Transaction) {
	t.Helper()
	must(t, tx.Validate())
	moved, err := h.books.Moved(context.Background(), tx.ID)
	must(t, err)
	got := moved[tx.AccountID]
	if got == nil {
		got = &ledger.Balance{}
	}
	p, out, held, in := effect(tx)
	for phase, c := range map[string][2]*big.Int{"posted": {p, &got.Posted}, "pending_out": {out, &got.PendingOut}, "held": {held, &got.Held}, "pending_in": {in, &got.PendingIn}} {
		if c[0].Cmp(c[1]) != 0 {
			t.Fatal(fmt.Sprintf("%s is %s (%v), and on its account %s is %s, not %s", tx.ID, tx.State, tx.History, phase, c[1], c[0]))
		}
	}
	record, err := h.books.Record(context.Background(), keep.KindPayment, tx.ID)
	must(t, err)
	kept, err := keep.Parse[keep.Payment](record)
	must(t, err)
	said := new(big.Int)
	for _, m := range kept.Moves() {
		said.Add(said, m.Amount.Smallest())
	}
	if said.Cmp(&got.Posted) != 0 {
		t.Fatal(fmt.Sprintf("%s is %s (%v), its account was changed by %s, and a statement says %s", tx.ID, tx.State, tx.History, &got.Posted, said))
	}
}

// Wherever a payment is taken, and whatever is refused on the way: what its state says is
// what its money did.
func TestStatesAndPostingsNeverPart(t *testing.T) {
	h := open(t)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		who := fmt.Sprintf("r%d", runs)
		person(t, h, who, "500.00")
		for _, id := range wander(t, h, who) {
			tx, err := h.Transaction(context.Background(), wallet.Actor{}, who, id)
			must(t, err)
			agree(t, h, tx)
		}
		balance(t, h, who)
	})
	judge(t, h)
}

// wander begins transactions of a customer and tries to take them to any state.
func wander(t *rapid.T, h *house, who string) []string {
	ctx := context.Background()
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
			must(t, h.Begin(ctx, tx))
			ids, reached[tx.ID] = append(ids, tx.ID), wallet.Initiated
			continue
		}
		id := rapid.SampledFrom(ids).Draw(t, "id")
		to := rapid.SampledFrom(wallet.States()).Draw(t, "to")
		err := h.Advance(ctx, id, rails.Step{To: to, Expires: wallet.At(clockAt()), Part: rapid.IntRange(1, 99).Draw(t, "part")})
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
func all(t fatal, h *house, q wallet.Query) []wallet.Transaction {
	t.Helper()
	var list []wallet.Transaction
	for {
		page, err := h.Transactions(context.Background(), wallet.Actor{}, q)
		must(t, err)
		list = append(list, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return list
		}
	}
}

func TestTheDemosPeopleHaveLivesThatAddUp(t *testing.T) {
	h := open(t)
	must(t, h.Seed(context.Background(), demoPeople()))
	judge(t, h)
	currencies := map[string]bool{}
	for _, p := range demoPeople() {
		list := all(t, h, wallet.Query{CustomerID: p.ID, Limit: 37})
		if len(list) < 60 || len(list) > 400 {
			t.Errorf("%s has %d transactions", p.ID, len(list))
		}
		posted := map[string]*big.Int{}
		for _, tx := range list {
			agree(t, h, tx)
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
		balances, err := h.Balances(context.Background(), wallet.Actor{}, p.ID)
		must(t, err)
		for _, b := range balances { // what the customer sees is what the transactions did
			must(t, b.Validate())
			if b.AccountID == p.ID+":points" {
				pointsAgree(t, h, p.ID, b)
				continue
			}
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
	before := len(all(t, h, wallet.Query{CustomerID: "cust-anna", Limit: 100}))
	must(t, h.Seed(context.Background(), demoPeople()))
	if after := len(all(t, h, wallet.Query{CustomerID: "cust-anna", Limit: 100})); after != before {
		t.Errorf("seeding again made %d of %d", after, before)
	}
}

func TestTheStoriesAreInTheData(t *testing.T) {
	h := open(t)
	must(t, h.Seed(context.Background(), demoPeople()))
	now := wallet.At(clockAt())
	find := func(q wallet.Query) []wallet.Transaction {
		q.Limit = 100
		return all(t, h, q)
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
	bought, err := h.Transaction(context.Background(), wallet.Actor{}, "cust-li", refund[0].Related[0].ID)
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
	h := open(t)
	person(t, h, "a", "1000.00")
	add := func(n int) {
		must(t, h.Begin(context.Background(), wallet.Transaction{ID: fmt.Sprintf("t%03d", n), CustomerID: "a", AccountID: "a:main", Kind: wallet.KindTransfer, Direction: wallet.Out,
			Amount: euro(t, "1.00"), CreatedAt: wallet.At(clockAt()) + wallet.Time(n/3)})) // several at one instant
	}
	for n := range 20 {
		add(n)
	}
	q := wallet.Query{CustomerID: "a", Limit: 7}
	seen := []string{}
	for page := 0; ; page++ {
		got, err := h.Transactions(context.Background(), wallet.Actor{}, q)
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
	if _, err := h.Transactions(context.Background(), wallet.Actor{}, q); !fault.Is(err, fault.Invalid) {
		t.Errorf("a cursor that is none: %v", err)
	}
}

// pointsAgree compares what is told of a customer's points with what the ledger has.
func pointsAgree(t testing.TB, h *house, who string, b wallet.Balance) {
	t.Helper()
	s, err := h.Points(context.Background(), wallet.Actor{}, who)
	must(t, err)
	if err := s.Validate(); err != nil || big.NewInt(s.Balance+s.Owed).Cmp(b.Total.Smallest()) != 0 || big.NewInt(s.Pending).Cmp(b.PendingIn.Smallest()) != 0 {
		t.Errorf("%s: the lots make %d and %d to come, the ledger says %s and %s: %v", who, s.Balance+s.Owed, s.Pending, b.Total, b.PendingIn, err)
	}
}
