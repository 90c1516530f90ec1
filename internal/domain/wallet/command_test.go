package wallet_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

func command(t *testing.T, act wallet.Act) wallet.Command {
	t.Helper()
	c := wallet.Command{Key: "key-1", Act: act, CustomerID: "c-1", Reason: "asked"}
	switch act {
	case wallet.RequestRefund, wallet.GrantCredit, wallet.Withdraw, wallet.RedeemPoints:
		amount, err := wallet.Parse("12.50", "EUR", 2)
		if err != nil {
			t.Fatal(err)
		}
		c.Target, c.Expect, c.Amount = "tx-1", "posted", amount
	case wallet.GiveGoodwill:
		amount, err := wallet.Parse("12.50", "EUR", 2)
		if err != nil {
			t.Fatal(err)
		}
		c.Amount = amount
	case wallet.Freeze, wallet.RevokeSessions, wallet.NotifyCustomer:
	case wallet.GiveConsent:
		c.Target, c.Expect, c.Details = "marketing_sms", "never", map[string]string{wallet.ConsentVersion: "2"}
	default:
		c.Target, c.Expect = "thing-1", "open"
	}
	return c
}

func TestCommandsAreWhole(t *testing.T) {
	for _, act := range wallet.Acts() {
		if err := command(t, act).Validate(); err != nil {
			t.Errorf("%s: %v", act, err)
		}
	}
	many := map[string]string{}
	for i := range wallet.MaxDetails + 1 {
		many[strings.Repeat("k", i+1)] = "v"
	}
	for name, c := range map[string]struct {
		act    wallet.Act
		change func(*wallet.Command)
	}{
		"an unknown act":                {wallet.Freeze, func(c *wallet.Command) { c.Act = "send_money" }},
		"no key":                        {wallet.Freeze, func(c *wallet.Command) { c.Key = "" }},
		"a long key":                    {wallet.Freeze, func(c *wallet.Command) { c.Key = strings.Repeat("k", wallet.MaxKey+1) }},
		"nobody":                        {wallet.Freeze, func(c *wallet.Command) { c.CustomerID = "" }},
		"a path for a target":           {wallet.OpenDispute, func(c *wallet.Command) { c.Target = "../x" }},
		"a refund of nothing":           {wallet.RequestRefund, func(c *wallet.Command) { c.Target = "" }},
		"a refund without a sum":        {wallet.RequestRefund, func(c *wallet.Command) { c.Amount = wallet.Money{} }},
		"a refund below nothing":        {wallet.RequestRefund, func(c *wallet.Command) { c.Amount = c.Amount.Neg() }},
		"a refund of any state":         {wallet.RequestRefund, func(c *wallet.Command) { c.Expect = "" }},
		"a gift of nothing":             {wallet.GiveGoodwill, func(c *wallet.Command) { c.Amount = wallet.Money{} }},
		"a freeze with a sum":           {wallet.Freeze, func(c *wallet.Command) { c.Amount = command(t, wallet.RequestRefund).Amount }},
		"further payments of a freeze":  {wallet.Freeze, func(c *wallet.Command) { c.Also = []string{"tx-2"} }},
		"a consent to whatever":         {wallet.GiveConsent, func(c *wallet.Command) { c.Details = nil }},
		"one payment disputed twice":    {wallet.OpenDispute, func(c *wallet.Command) { c.Also = []string{c.Target} }},
		"too many details":              {wallet.Freeze, func(c *wallet.Command) { c.Details = many }},
		"an invisible character":        {wallet.Freeze, func(c *wallet.Command) { c.Details = map[string]string{"a": "b\u202e"} }},
		"an assertion without end":      {wallet.Freeze, func(c *wallet.Command) { c.Assertion = strings.Repeat("x", wallet.MaxAssertion+1) }},
		"an approval of nobody":         {wallet.Freeze, func(c *wallet.Command) { c.Approvals = []wallet.Approval{{}} }},
		"a reason that is no code":      {wallet.Freeze, func(c *wallet.Command) { c.Reason = "因为" }},
		"a state that is no code":       {wallet.Unfreeze, func(c *wallet.Command) { c.Expect = "a\nb" }},
		"more payments than one may be": {wallet.OpenDispute, func(c *wallet.Command) { c.Also = strings.Split(strings.Repeat("x,", wallet.MaxTargets)+"x", ",") }},
	} {
		one := command(t, c.act)
		c.change(&one)
		if err := one.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What moves money is never what somebody in a hurry may do with little proof.
func TestNothingCautiousMovesMoney(t *testing.T) {
	for _, act := range wallet.Acts() {
		if act.Cautious() && act.MovesMoney() {
			t.Errorf("%s", act)
		}
	}
	if wallet.Unfreeze.Cautious() {
		t.Error("to unfreeze is not cautious")
	}
}

func operation() wallet.Operation {
	return wallet.Operation{ID: "op-1", Key: "key-1", Act: wallet.Freeze, CustomerID: "c-1", State: wallet.OpSucceeded, CreatedAt: 1, DoneAt: 2}
}

func TestOperationsAreWhole(t *testing.T) {
	if err := operation().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wallet.Operation){
		"failed for no reason":       func(o *wallet.Operation) { o.State = wallet.OpFailed },
		"a reason without a failure": func(o *wallet.Operation) { o.Refusal = wallet.NotEligible },
		"an unknown refusal":         func(o *wallet.Operation) { o.State, o.Refusal = wallet.OpFailed, "because" },
		"over at no time":            func(o *wallet.Operation) { o.DoneAt = 0 },
		"begun at no time":           func(o *wallet.Operation) { o.CreatedAt = 0 },
		"an unknown state":           func(o *wallet.Operation) { o.State = "done" },
		"made something unknown":     func(o *wallet.Operation) { o.Made = []wallet.Made{{Kind: "wish", ID: "w"}} },
		"a fee without a sum":        func(o *wallet.Operation) { o.Summary = &wallet.Summary{Fees: []wallet.Fee{{Kind: "x"}}} },
		"somewhere that is no id":    func(o *wallet.Operation) { o.Summary = &wallet.Summary{Destination: "a b"} },
	} {
		o := operation()
		change(&o)
		if err := o.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALevelZeroWalletIsEnough(t *testing.T) {
	least := wallet.LevelZero()
	least.Version = "1"
	if err := least.Validate(); err != nil {
		t.Fatal(err)
	}
	least.Acts = nil
	if err := least.Validate(); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wallet that cannot freeze: %v", err)
	}
}

// FuzzTold reads what a hostile wallet may say, and judges it without falling over.
func FuzzTold(f *testing.F) {
	whole, err := json.Marshal(operation())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	f.Add(`{"id":"d","customer_id":"c","transactions":["t"],"claim":"scam","stage":"inquiry","state":"open","amount":{"amount":"1","currency":"EUR","scale":0},"opened_at":"2026-01-01T00:00:00Z"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var (
			o wallet.Operation
			r wallet.Refund
			d wallet.Dispute
			m wallet.Terms
			a wallet.Asked
			n wallet.Notice
			c wallet.Capabilities
		)
		for _, into := range []interface{ Validate() error }{&o, &r, &d, &m, &a, &n, &c} {
			if strictjson.Decode([]byte(text), into) == nil {
				_ = into.Validate()
			}
		}
	})
}
