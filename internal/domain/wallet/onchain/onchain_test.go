package onchain_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/onchain"
	"kefu/internal/platform/fault"
)

func ether(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "ETH", 18)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const txid = "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"

func deposit(t testing.TB) onchain.Transfer {
	return onchain.Transfer{
		ID: "ch-1", CustomerID: "c-1", Direction: wallet.In, Amount: ether(t, "1.000000000000000001"), Network: "Ethereum", TxID: txid, State: onchain.Pending, Confirmations: 3, Needed: 65, SeenAt: 1,
	}
}

func TestWhatIsNoTransfer(t *testing.T) {
	if err := deposit(t).Validate(); err != nil {
		t.Fatal(err)
	}
	lost := func(x *onchain.Transfer) {
		x.State, x.Confirmations, x.Problem = onchain.Confirmed, 70, onchain.MissingMemo
		x.Retrieval = &onchain.Retrieval{Chance: onchain.Possible, Fee: ether(t, "0.1"), Left: ether(t, "0.900000000000000001"), Hours: [2]int{24, 72}}
	}
	for name, change := range map[string]func(*onchain.Transfer){
		"pending with enough":         func(x *onchain.Transfer) { x.Confirmations = 65 },
		"arrived with too few":        func(x *onchain.Transfer) { x.State = onchain.Arrived },
		"none needed":                 func(x *onchain.Transfer) { x.Needed, x.Confirmations = 0, 0 },
		"dropped and confirmed":       func(x *onchain.Transfer) { x.State = onchain.Dropped },
		"replaced by nothing":         func(x *onchain.Transfer) { x.State = onchain.Replaced },
		"replaced and pending":        func(x *onchain.Transfer) { x.ReplacedBy = txid },
		"a fee of what did not fail":  func(x *onchain.Transfer) { x.FeeSpent = ether(t, "0.1") },
		"a script for an explorer":    func(x *onchain.Transfer) { x.Explorer = "javascript:alert(1)" },
		"somebody in the explorer":    func(x *onchain.Transfer) { x.Explorer = "https://explorer.example@evil.example/tx/1" },
		"a txid that is a sentence":   func(x *onchain.Transfer) { x.TxID = "look here" },
		"retrieval of what is well":   func(x *onchain.Transfer) { x.Retrieval = &onchain.Retrieval{Chance: onchain.Unsure} },
		"sums that do not add up":     func(x *onchain.Transfer) { lost(x); x.Retrieval.Left = ether(t, "0.9") },
		"possible, at no known price": func(x *onchain.Transfer) { lost(x); x.Retrieval.Fee, x.Retrieval.Left = wallet.Money{}, wallet.Money{} },
		"impossible, without reason":  func(x *onchain.Transfer) { lost(x); x.Retrieval.Chance = onchain.Impossible },
		"a network that is not told":  func(x *onchain.Transfer) { lost(x); x.Problem = onchain.WrongNetwork },
		"a problem that arrived":      func(x *onchain.Transfer) { lost(x); x.State = onchain.Arrived },
		"asked for nothing":           func(x *onchain.Transfer) { x.Asking = &onchain.Asking{State: onchain.Open, DueAt: 1} },
		"a form that is over": func(x *onchain.Transfer) {
			x.Asking = &onchain.Asking{State: onchain.Answered, What: []string{"purpose"}, DueAt: 1, Link: "https://wallet.example/f"}
		},
		"sent, confirmed and not arrived": func(x *onchain.Transfer) { x.Direction, x.State, x.Confirmations = wallet.Out, onchain.Confirmed, 65 },
	} {
		x := deposit(t)
		if change(&x); !fault.Is(x.Validate(), fault.Invalid) {
			t.Errorf("%s is taken", name)
		}
	}
	x := deposit(t)
	if lost(&x); x.Validate() != nil {
		t.Error(x.Validate())
	}
}

// What is held is told like what takes its time, to the last field.
func TestHoldingTipsNobodyOff(t *testing.T) {
	for _, confirmations := range []int{0, 64, 65, 900} {
		for _, way := range []wallet.Direction{wallet.In, wallet.Out} {
			calm := deposit(t)
			calm.Direction, calm.Confirmations = way, confirmations
			if confirmations >= calm.Needed && way == wallet.In {
				calm.State = onchain.Confirmed
			}
			held := calm
			if held.State = onchain.Held; held.Told() != calm {
				t.Errorf("%s with %d is told as %+v", way, confirmations, held.Told())
			}
			held.Disclosable = true
			if held.Told().State != onchain.Held {
				t.Error("what may be told is not told")
			}
		}
	}
}

func TestLookAlikes(t *testing.T) {
	const mine = "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf"
	for address, want := range map[string]bool{
		mine: false, strings.ToLower(mine): false, "0x7e5F9C1d04aB6630e2b1F4c8A5d9017733f15bDf": true, "0x7E5f000000000000000000000000000000005BDF": true,
		"0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF": false, "0x7e5F45": false, "": false, "7e5F4552091A69125d5DfCb7b8C2659029395Bdf": false,
	} {
		if onchain.Alike(mine, address) != want {
			t.Errorf("%s is alike: %v", address, !want)
		}
	}
	if got := onchain.Model("0x7e5F9C1d04aB6630e2b1F4c8A5d9017733f15bDf", []string{"0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF", mine}); got != mine {
		t.Errorf("it was made after %q", got)
	}
}

// Side by side the two addresses are whole, and differ exactly where it is said; no
// stretch is all of the other one.
func TestSideBySide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789abcdefABCDEF")), 12, 64, -1)
		ends := rapid.StringMatching("[0-9a-f]{3}").Draw(t, "ends")
		a, b := "0x"+ends+letters.Draw(t, "a")+ends, ends+letters.Draw(t, "b")+ends
		var x, y strings.Builder
		for _, p := range onchain.Compare(a, b) {
			x.WriteString(p.Yours)
			y.WriteString(p.Other)
			if p.Same != strings.EqualFold(p.Yours, p.Other) {
				t.Fatalf("%+v", p)
			}
			if onchain.Alike(a, b) && strings.EqualFold(p.Other, b) {
				t.Fatal("the other one stands there as a whole")
			}
		}
		if "0x"+x.String() != a || y.String() != b {
			t.Fatalf("%s %s became %s %s", a, b, x.String(), y.String())
		}
	})
}

func TestNamesOfTransactions(t *testing.T) {
	if !onchain.SameTxID(txid, " "+strings.ToUpper(txid[2:])+" ") || onchain.SameTxID("4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZ", "4sgjMW1sUnHzSxGspuhpqLDx6wiyjNtZ") || onchain.SameTxID(txid, txid[:60]) {
		t.Error("two are taken for one, or one for two")
	}
	for s, want := range map[string]bool{txid: true, "": false, "a b": false, strings.Repeat("a", 129): false, "https://x": false} {
		if onchain.ValidTxID(s) != want {
			t.Errorf("%q is one: %v", s, !want)
		}
	}
}
