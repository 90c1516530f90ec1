package ledger_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/ledger"
	"kefu/internal/platform/fault"
)

// books are accounts and transfers in memory.
type books struct {
	accounts  map[string]ledger.Account
	balances  map[string]*ledger.Balance
	transfers map[string]*ledger.Stored
	lines     []ledger.Line
}

func newBooks(accounts ...ledger.Account) *books {
	b := &books{accounts: map[string]ledger.Account{}, balances: map[string]*ledger.Balance{}, transfers: map[string]*ledger.Stored{}}
	for _, a := range accounts {
		b.accounts[a.ID], b.balances[a.ID] = a, &ledger.Balance{}
	}
	return b
}

func (b *books) Account(id string) (ledger.Account, *ledger.Balance, error) {
	a, ok := b.accounts[id]
	if !ok {
		return a, nil, fault.New(fault.NotFound, "test", "no account")
	}
	return a, b.balances[id], nil
}

func (b *books) Transfer(id string) (ledger.Stored, error) {
	s, ok := b.transfers[id]
	if !ok {
		return ledger.Stored{}, fault.New(fault.NotFound, "test", "no transfer")
	}
	return *s, nil
}

// do judges a transfer and carries it out.
func (b *books) do(t ledger.Transfer) error {
	asked := t.Digest()
	whole, lines, err := ledger.Judge(b, t)
	if err != nil || lines == nil {
		return err
	}
	b.transfers[t.ID] = &ledger.Stored{Transfer: whole, Asked: asked}
	if whole.Resolves != "" {
		b.transfers[whole.Resolves].Resolved = true
	}
	for _, l := range lines {
		b.balances[l.Account].Apply(l)
		b.lines = append(b.lines, l)
	}
	return nil
}

func house() *books {
	euros := func(id string, floor bool) ledger.Account {
		return ledger.Account{ID: id, Currency: "EUR", Scale: 2, Floor: floor}
	}
	b := newBooks(euros("world", false), euros("anna", true), euros("ben", true), ledger.Account{ID: "coins", Currency: "ETH", Scale: 18})
	if err := b.do(ledger.Transfer{ID: "opening", Kind: ledger.Direct, Debit: "world", Credit: "anna", Amount: big.NewInt(10_000)}); err != nil {
		panic(err) // the house of every test cannot be built
	}
	return b
}

func (b *books) want(t *testing.T, account string, posted, in, out, held, available int64) {
	t.Helper()
	x := b.balances[account]
	if x.Posted.Int64() != posted || x.PendingIn.Int64() != in || x.PendingOut.Int64() != out || x.Held.Int64() != held || x.Available().Int64() != available {
		t.Errorf("%s: posted %v, in %v, out %v, held %v, available %v", account, &x.Posted, &x.PendingIn, &x.PendingOut, &x.Held, x.Available())
	}
}

func TestWhatIsSetAsideCannotBeSpent(t *testing.T) {
	b := house()
	do := func(want string, x ledger.Transfer) {
		t.Helper()
		if err := b.do(x); fault.ReasonOf(err) != want || (err == nil) != (want == "") {
			t.Fatalf("%s: %v", x.ID, err)
		}
	}
	do("", ledger.Transfer{ID: "p1", Kind: ledger.Pending, Debit: "anna", Credit: "ben", Amount: big.NewInt(7000), Expires: 50, At: 1})
	b.want(t, "anna", 10_000, 0, 7000, 0, 3000)
	b.want(t, "ben", 0, 7000, 0, 0, 0)
	do(ledger.Insufficient, ledger.Transfer{ID: "d1", Kind: ledger.Direct, Debit: "anna", Credit: "ben", Amount: big.NewInt(3001)})
	do(ledger.Insufficient, ledger.Transfer{ID: "d2", Kind: ledger.Direct, Debit: "ben", Credit: "anna", Amount: big.NewInt(1)})
	do("", ledger.Transfer{ID: "h1", Kind: ledger.Held, Debit: "anna", Credit: "ben", Amount: big.NewInt(1000)})
	b.want(t, "anna", 10_000, 0, 7000, 1000, 2000)
	do(ledger.Early, ledger.Transfer{ID: "e1", Kind: ledger.Expire, Resolves: "p1", At: 49})
	do("", ledger.Transfer{ID: "post", Kind: ledger.Post, Resolves: "p1", Amount: big.NewInt(6500), At: 2})
	b.want(t, "anna", 3500, 0, 0, 1000, 2500)
	b.want(t, "ben", 6500, 1000, 0, 0, 6500)
	do("", ledger.Transfer{ID: "post", Kind: ledger.Post, Resolves: "p1", Amount: big.NewInt(6500), At: 99}) // the same again, later
	do(ledger.Resolved, ledger.Transfer{ID: "void", Kind: ledger.Void, Resolves: "p1"})
	do(ledger.Other, ledger.Transfer{ID: "post", Kind: ledger.Post, Resolves: "p1", Amount: big.NewInt(6499)})
	do("", ledger.Transfer{ID: "void", Kind: ledger.Void, Resolves: "h1"})
	b.want(t, "anna", 3500, 0, 0, 0, 3500)
	do("", ledger.Transfer{ID: "all", Kind: ledger.Pending, Debit: "anna", Credit: "ben", Amount: big.NewInt(3500)})
	do("", ledger.Transfer{ID: "all posted", Kind: ledger.Post, Resolves: "all"})
	do("", ledger.Transfer{ID: "all posted", Kind: ledger.Post, Resolves: "all"})
	b.want(t, "anna", 0, 0, 0, 0, 0)
}

func TestStoppedAccounts(t *testing.T) {
	b := house()
	if err := b.do(ledger.Transfer{ID: "p", Kind: ledger.Pending, Debit: "anna", Credit: "ben", Amount: big.NewInt(100)}); err != nil {
		t.Fatal(err)
	}
	frozen := b.accounts["anna"]
	frozen.Frozen = true
	b.accounts["anna"] = frozen
	for kind, want := range map[ledger.Kind]string{ledger.Direct: ledger.Stopped, ledger.Pending: ledger.Stopped} {
		if err := b.do(ledger.Transfer{ID: fmt.Sprint("x", kind), Kind: kind, Debit: "anna", Credit: "ben", Amount: big.NewInt(1)}); fault.ReasonOf(err) != want {
			t.Errorf("%d: %v", kind, err)
		}
	}
	if err := b.do(ledger.Transfer{ID: "in", Kind: ledger.Direct, Debit: "world", Credit: "anna", Amount: big.NewInt(1)}); err != nil {
		t.Errorf("money cannot come in: %v", err)
	}
	if err := b.do(ledger.Transfer{ID: "agreed before", Kind: ledger.Post, Resolves: "p"}); err != nil {
		t.Errorf("what was set aside before: %v", err)
	}
}

func TestTransfersThatMakeNoSense(t *testing.T) {
	many := new(big.Int).Lsh(big.NewInt(1), 127)
	for name, x := range map[string]ledger.Transfer{
		"no id":                 {Kind: ledger.Direct, Debit: "anna", Credit: "ben", Amount: big.NewInt(1)},
		"no kind":               {ID: "x", Debit: "anna", Credit: "ben", Amount: big.NewInt(1)},
		"an unknown kind":       {ID: "x", Kind: 9, Debit: "anna", Credit: "ben", Amount: big.NewInt(1)},
		"nothing":               {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "ben", Amount: big.NewInt(0)},
		"below nothing":         {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "ben", Amount: big.NewInt(-1)},
		"no sum":                {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "ben"},
		"more than there is":    {ID: "x", Kind: ledger.Direct, Debit: "world", Credit: "ben", Amount: many},
		"to itself":             {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "anna", Amount: big.NewInt(1)},
		"to another currency":   {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "coins", Amount: big.NewInt(1)},
		"it resolves and moves": {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "ben", Amount: big.NewInt(1), Resolves: "opening"},
		"a direct one expires":  {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "ben", Amount: big.NewInt(1), Expires: 5},
		"a way of its own":      {ID: "x", Kind: ledger.Post, Debit: "anna", Resolves: "opening"},
	} {
		if err := house().do(x); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, x := range map[string]ledger.Transfer{
		"an account that there is not": {ID: "x", Kind: ledger.Direct, Debit: "anna", Credit: "carl", Amount: big.NewInt(1)},
		"a transfer that there is not": {ID: "x", Kind: ledger.Post, Resolves: "never"},
	} {
		if err := house().do(x); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := house().do(ledger.Transfer{ID: "x", Kind: ledger.Void, Resolves: "opening"}); fault.ReasonOf(err) != ledger.Resolved {
		t.Errorf("what was never pending: %v", err)
	}
}

// Whatever is asked, in whichever order, again and again: the lines of all accounts add
// up to nothing in what is posted, what is set aside on one side is announced on the
// other, no customer falls below nothing, and asking again changes nothing.
func TestBooksBalance(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := house()
		ids := []string{"opening"}
		for i := range rapid.IntRange(1, 60).Draw(r, "transfers") {
			x := ledger.Transfer{
				ID: fmt.Sprint("t", rapid.IntRange(0, i).Draw(r, "id")), Kind: ledger.Kind(rapid.IntRange(1, 6).Draw(r, "kind")), At: int64(i),
			}
			if x.Kind >= ledger.Post {
				x.Resolves = rapid.SampledFrom(ids).Draw(r, "resolves")
				if x.Kind == ledger.Post && rapid.Bool().Draw(r, "in part") {
					x.Amount = big.NewInt(rapid.Int64Range(0, 6000).Draw(r, "part"))
				}
			} else {
				names := []string{"world", "anna", "ben", "coins"}
				x.Debit, x.Credit = rapid.SampledFrom(names).Draw(r, "debit"), rapid.SampledFrom(names).Draw(r, "credit")
				x.Amount = big.NewInt(rapid.Int64Range(-1, 6000).Draw(r, "amount"))
				if rapid.Bool().Draw(r, "expires") {
					x.Expires = rapid.Int64Range(1, 60).Draw(r, "at")
				}
			}
			before := len(b.lines)
			err := b.do(x)
			if err != nil && len(b.lines) != before {
				r.Fatalf("%v, and lines were written", err)
			}
			if err == nil {
				ids = append(ids, x.ID)
				after := len(b.lines)
				if again := b.do(x); again != nil || len(b.lines) != after {
					r.Fatalf("asked again: %v", again)
				}
			}
			sum, aside := new(big.Int), new(big.Int)
			for name, x := range b.balances {
				sum.Add(sum, &x.Posted)
				aside.Add(aside, &x.PendingIn)
				aside.Sub(aside, &x.PendingOut)
				aside.Sub(aside, &x.Held)
				if b.accounts[name].Floor && x.Available().Sign() < 0 {
					r.Fatalf("%s has %v", name, x.Available())
				}
				for _, part := range []*big.Int{&x.PendingIn, &x.PendingOut, &x.Held} {
					if part.Sign() < 0 {
						r.Fatalf("%s has less than nothing set aside", name)
					}
				}
			}
			if sum.Sign() != 0 || aside.Sign() != 0 {
				r.Fatalf("posted %v, aside %v", sum, aside)
			}
		}
	})
}
