package books_test

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/ledger"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/books"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// open opens the books of a deployment and lets them run until close.
func open(t testing.TB, d *storagetest.Deployment, change ...func(*books.Options)) (s *books.Store, closed func()) {
	t.Helper()
	o := books.Options{DSN: d.DSN, Dir: books.Folder(d.Dir), Clock: d.Clock.Now}
	for _, c := range change {
		c(&o)
	}
	s, err := books.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	closed = func() {
		once.Do(func() {
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(closed)
	return s, closed
}

func each(t *testing.T, run func(t *testing.T, d *storagetest.Deployment)) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		if d.DSN != "" {
			t.Cleanup(func() { d.Exec(t, "DROP SCHEMA IF EXISTS "+schema(t, d)+"_books CASCADE") })
		}
		run(t, d)
	})
}

func schema(t testing.TB, d *storagetest.Deployment) string {
	t.Helper()
	var name string
	d.Scan(t, "SELECT current_schema()", &name)
	return name
}

// house opens the accounts that the tests use, with money for some.
func house(t testing.TB, s *books.Store) {
	t.Helper()
	err := s.Do(context.Background(), books.Need{}, func(b *books.Book) error {
		for _, a := range []books.AccountSpec{
			{Account: ledger.Account{ID: "world", Currency: "EUR", Scale: 2}},
			{Account: ledger.Account{ID: "anna", Currency: "EUR", Scale: 2, Floor: true}, Owner: "anna"},
			{Account: ledger.Account{ID: "ben", Currency: "EUR", Scale: 2, Floor: true}, Owner: "ben"},
		} {
			if err := b.Open(a); err != nil {
				return err
			}
		}
		return b.Transfer(ledger.Transfer{ID: "opening", Kind: ledger.Direct, Debit: "world", Credit: "anna", Amount: big.NewInt(10_000)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func posted(t testing.TB, s *books.Store, owner string) int64 {
	t.Helper()
	list, err := s.Accounts(context.Background(), owner)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v %v", list, err)
	}
	return list[0].Balance.Posted.Int64()
}

func whole(t testing.TB, s *books.Store) books.Proof {
	t.Helper()
	p, err := s.Verify(context.Background())
	if err != nil || len(p.Problems) > 0 {
		t.Fatalf("%v %v", p.Problems, err)
	}
	return p
}

func pay(id string, amount int64) ledger.Transfer {
	return ledger.Transfer{ID: id, Kind: ledger.Direct, Debit: "anna", Credit: "ben", Amount: big.NewInt(amount)}
}

// Many ask at once, some for the same: each transfer happens once, nobody falls below
// nothing, and the books are whole, also after they were closed and opened again.
func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, closed := open(t, d)
		house(t, s)
		var wait sync.WaitGroup
		var mu sync.Mutex
		refused := 0
		for i := range 300 {
			for range 2 {
				wait.Go(func() {
					err := s.Transfer(context.Background(), pay(fmt.Sprint("p", i), 100))
					mu.Lock()
					defer mu.Unlock()
					if ledger.IsInsufficient(err) {
						refused++
					} else if err != nil {
						t.Error(err)
					}
				})
			}
		}
		wait.Wait()
		if refused < 200 || posted(t, s, "anna") != 0 || posted(t, s, "ben") != 10_000 {
			t.Errorf("%d refused, anna has %d, ben %d", refused, posted(t, s, "anna"), posted(t, s, "ben"))
		}
		if p := whole(t, s); p.Transfers != 101 || p.Lines != 202 {
			t.Errorf("%+v", p)
		}
		closed()
		s, _ = open(t, d)
		whole(t, s)
		if err := s.Transfer(context.Background(), ledger.Transfer{ID: "back", Kind: ledger.Direct, Debit: "ben", Credit: "anna", Amount: big.NewInt(1)}); err != nil {
			t.Error(err)
		}
		if p := whole(t, s); p.Transfers != 102 {
			t.Errorf("%+v", p)
		}
	})
}

// A function that fails leaves nothing behind, however much it had done, and those
// that share its commit go on.
func TestAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, _ := open(t, d)
		house(t, s)
		ctx := context.Background()
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() {
				err := s.Do(ctx, books.Need{}, func(b *books.Book) error {
					if err := b.Transfer(pay(fmt.Sprint("p", i), 10)); err != nil {
						return err
					}
					if err := b.Put(books.Record{Kind: "payment", ID: fmt.Sprint("p", i), Owner: "anna", Sort: int64(i), Body: "{}"}); err != nil {
						return err
					}
					if err := b.Stop("ben", true, false); err != nil {
						return err
					}
					if i%2 == 1 {
						return fault.New(fault.Conflict, "test", "thought better of it")
					}
					return b.Stop("ben", false, false)
				})
				if fault.Is(err, fault.Conflict) != (i%2 == 1) {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if got := posted(t, s, "ben"); got != 200 {
			t.Errorf("ben has %d", got)
		}
		list, err := s.Records(ctx, "payment", "anna", books.Before{}, 100)
		if err != nil || len(list) != 20 || list[0].Sort != 38 {
			t.Errorf("%d records: %v", len(list), err)
		}
		accounts, err := s.Accounts(ctx, "ben")
		if err != nil || accounts[0].Frozen {
			t.Errorf("%+v %v", accounts, err)
		}
		whole(t, s)
	})
}

func TestRecordsKeepTheirPast(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, closed := open(t, d)
		ctx := context.Background()
		put := func(body string) error {
			return s.Do(ctx, books.Need{}, func(b *books.Book) error {
				return b.Put(books.Record{Kind: "payment", ID: "p1", Owner: "anna", Sort: 5, Body: body})
			})
		}
		for _, body := range []string{"one", "two", "two", "three"} {
			if err := put(body); err != nil {
				t.Fatal(err)
			}
		}
		closed()
		s, _ = open(t, d)
		err := s.Do(ctx, books.Need{}, func(b *books.Book) error {
			r, err := b.Get("payment", "p1")
			if err != nil || r.Body != "three" {
				t.Errorf("%+v %v", r, err)
			}
			if err := b.Put(books.Record{Kind: "payment", ID: "p1", Owner: "ben", Sort: 5, Body: "four"}); !fault.Is(err, fault.Invalid) {
				t.Errorf("another owner: %v", err)
			}
			if _, err := b.Get("payment", "p2"); !fault.Is(err, fault.NotFound) {
				t.Errorf("what there is not: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		past, err := s.Revisions(ctx, "payment", "p1")
		if err != nil || len(past) != 3 || past[0].Body != "one" || past[2].Body != "three" {
			t.Errorf("%+v %v", past, err)
		}
		if _, err := s.Record(ctx, "payment", "p2"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestPagesOfRecords(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, _ := open(t, d)
		ctx := context.Background()
		for i := range 25 {
			err := s.Do(ctx, books.Need{}, func(b *books.Book) error {
				return b.Put(books.Record{Kind: "payment", ID: fmt.Sprintf("p%02d", i), Owner: "anna", Sort: int64(i / 3), Body: "x"})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		var all []string
		var before books.Before
		for {
			page, err := s.Records(ctx, "payment", "anna", before, 7)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, r := range page {
				all = append(all, r.ID)
			}
			before = books.Before{Sort: page[len(page)-1].Sort, ID: page[len(page)-1].ID}
		}
		if len(all) != 25 || all[0] != "p24" || all[24] != "p00" {
			t.Errorf("%v", all)
		}
	})
}

func TestWhatHasExpired(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, _ := open(t, d)
		house(t, s)
		ctx := context.Background()
		for i, at := range []int64{30, 10, 20} {
			x := ledger.Transfer{ID: fmt.Sprint("h", i), Kind: ledger.Pending, Debit: "anna", Credit: "ben", Amount: big.NewInt(5), Expires: at, At: 1}
			if err := s.Transfer(ctx, x); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Transfer(ctx, ledger.Transfer{ID: "v", Kind: ledger.Void, Resolves: "h1"}); err != nil {
			t.Fatal(err)
		}
		ids, err := s.Due(ctx, 25, 10)
		if err != nil || fmt.Sprint(ids) != "[h2]" {
			t.Errorf("%v %v", ids, err)
		}
		whole(t, s)
	})
}

// Whatever comes, in whichever order, over restarts and with a memory that forgets
// everything all the time: the books do what the rules say, to the last cent.
func TestBooksAreAsTheRules(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		forget := func(o *books.Options) { o.MaxCache = 1 }
		s, closed := open(t, d, forget)
		house(t, s)
		model := map[string]int64{"anna": 10_000, "ben": 0}
		done, round := map[string]int64{}, 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			for i := range rapid.IntRange(1, 8).Draw(r, "transfers") {
				id, amount := fmt.Sprintf("r%d-%d", round, rapid.IntRange(0, i).Draw(r, "id")), rapid.Int64Range(1, 4000).Draw(r, "amount")
				x := pay(id, amount)
				if rapid.Bool().Draw(r, "back") {
					x.Debit, x.Credit = "ben", "anna"
				}
				before, again := done[id]
				key := amount
				if x.Debit == "ben" {
					key = -amount
				}
				err := s.Transfer(context.Background(), x)
				switch {
				case again && before == key && err != nil:
					r.Fatalf("the same again: %v", err)
				case again && before != key && fault.ReasonOf(err) != ledger.Other:
					r.Fatalf("another one of that id: %v", err)
				case !again && model[x.Debit] < amount && !ledger.IsInsufficient(err):
					r.Fatalf("more than there is: %v", err)
				case !again && model[x.Debit] >= amount:
					if err != nil {
						r.Fatal(err)
					}
					model[x.Debit], model[x.Credit], done[id] = model[x.Debit]-amount, model[x.Credit]+amount, key
				}
			}
			if rapid.IntRange(0, 20).Draw(r, "restart") == 0 {
				closed()
				s, closed = open(t, d, forget)
			}
			if posted(t, s, "anna") != model["anna"] || posted(t, s, "ben") != model["ben"] {
				r.Fatalf("anna has %d, ben %d; want %v", posted(t, s, "anna"), posted(t, s, "ben"), model)
			}
		})
		whole(t, s)
	})
}

// Somebody who changes the database behind the program's back is refused by it, and
// found where they get past that.
func TestTampering(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, closed := open(t, d)
		house(t, s)
		if err := s.Transfer(context.Background(), pay("p1", 100)); err != nil {
			t.Fatal(err)
		}
		closed()
		db := sqlOf(t, d)
		for _, text := range []string{"UPDATE transfer SET amount = '1'", "DELETE FROM line", "DELETE FROM chain", "UPDATE record SET body = 'x'"} {
			if _, err := db.Exec(text); err == nil && !(strings.Contains(text, "record") && d.DSN == "") { // SQLite's trigger is for each row, and there is none
				t.Errorf("%s was let through", text)
			}
		}
		for name, c := range map[string]struct{ change, back string }{
			"a balance":       {"UPDATE account SET posted = '999999' WHERE id = 'ben'", "UPDATE account SET posted = '100' WHERE id = 'ben'"},
			"another amount":  {"UPDATE transfer SET amount = '1' WHERE id = 'p1'", "UPDATE transfer SET amount = '100' WHERE id = 'p1'"},
			"another account": {"UPDATE line SET account = 'world' WHERE seq = 4", "UPDATE line SET account = 'ben' WHERE seq = 4"},
		} {
			unguarded(t, d, c.change)
			s, closed := open(t, d)
			p, err := s.Verify(context.Background())
			if err != nil || len(p.Problems) == 0 {
				t.Errorf("%s is not found: %v", name, err)
			}
			closed()
			unguarded(t, d, c.back)
		}
		s, _ = open(t, d)
		whole(t, s)
	})
}

func kindOf(d *storagetest.Deployment) engine.Kind { return engine.Of(d.DSN) }

// Who gives up before their turn is never served behind their back: nothing is
// written, and the function does not run.
func TestWhoGivesUpIsNotServed(t *testing.T) {
	each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, _ := open(t, d)
		house(t, s)
		begun, goOn := make(chan struct{}), make(chan struct{})
		var wait sync.WaitGroup
		wait.Go(func() {
			err := s.Do(context.Background(), books.Need{}, func(*books.Book) error {
				close(begun)
				<-goOn
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-begun                                                                       // the writer is busy: what comes now waits for its turn
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond) // long enough to stand in the queue
		defer cancel()
		ran := false
		err := s.Do(ctx, books.Need{}, func(b *books.Book) error {
			ran = true
			return b.Transfer(pay("late", 100))
		})
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%v", err)
		}
		close(goOn)
		wait.Wait()
		if err := s.Transfer(context.Background(), pay("after", 1)); err != nil {
			t.Fatal(err)
		}
		if ran || posted(t, s, "ben") != 1 {
			t.Errorf("it ran: %v, ben has %d", ran, posted(t, s, "ben"))
		}
	})
}
