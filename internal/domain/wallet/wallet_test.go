package wallet_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

func begun() wallet.Time { return wallet.At(time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)) }

func payment(t *testing.T) wallet.Transaction {
	t.Helper()
	at := begun()
	return wallet.Transaction{
		ID: "tx-1", CustomerID: "cust-1", AccountID: "acc-1", ClientRef: "ref-99881", Kind: wallet.KindTransfer, Direction: wallet.Out,
		Amount: money(t, "850.00", "EUR", 2), Counterparty: &wallet.Counterparty{Name: "Hausverwaltung Krüger", Account: "DE02120300000000202051"},
		Note: "rent for November", State: wallet.Processing, CreatedAt: at, ExpectedBy: at + 86_400_000_000, Rail: "sepa", RailRef: "E2E-1",
		History: []wallet.Step{{wallet.Initiated, at, ""}, {wallet.Authorised, at, ""}, {wallet.Captured, at + 1, ""}, {wallet.Processing, at + 2, "sent"}},
		Failure: &wallet.Failure{Code: wallet.SuspectedFraud, RawText: "59"}, Evidence: []string{"rail_receipt"},
		Holds: []wallet.Hold{{ID: "h1", Amount: money(t, "1.00", "EUR", 2), Reason: "review", PlacedAt: at}},
	}
}

func TestTransactionsSurviveTheirJSON(t *testing.T) {
	before := payment(t)
	text, err := json.Marshal(before)
	var after wallet.Transaction
	if err != nil || strictjson.Decode(text, &after) != nil || !reflect.DeepEqual(before, after) {
		t.Fatalf("%+v became %+v: %v", before, after, err)
	}
	if err := after.Validate(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"created_at":"2026-11-24T09:30:00Z"`) || !strings.Contains(string(text), `"posted_at":null`) {
		t.Errorf("times are written otherwise: %s", text)
	}
}

func TestWhatAWalletMayNotSay(t *testing.T) {
	for name, spoil := range map[string]func(*wallet.Transaction){
		"no id":                         func(t *wallet.Transaction) { t.ID = "" },
		"an id for a path":              func(t *wallet.Transaction) { t.ID = "../1" },
		"no customer":                   func(t *wallet.Transaction) { t.CustomerID = "" },
		"an unknown state":              func(t *wallet.Transaction) { t.State = "done" },
		"an unknown kind":               func(t *wallet.Transaction) { t.Kind = "gift" },
		"no amount":                     func(t *wallet.Transaction) { t.Amount = wallet.Money{} },
		"an amount below nothing":       func(t *wallet.Transaction) { t.Amount = t.Amount.Neg() },
		"a hidden character":            func(t *wallet.Transaction) { t.Note = "rent\u202egnp" },
		"a line break":                  func(t *wallet.Transaction) { t.Counterparty.Name = "a\nb" },
		"a very long name":              func(t *wallet.Transaction) { t.Counterparty.Name = strings.Repeat("x", 201) },
		"no history":                    func(t *wallet.Transaction) { t.History = nil },
		"a history that ends elsewhere": func(t *wallet.Transaction) { t.State = wallet.Captured },
		"a step that may not follow":    func(t *wallet.Transaction) { t.History[2].State = wallet.Refunded },
		"a step before the one before":  func(t *wallet.Transaction) { t.History[3].At = 1 },
		"a final one on its way":        func(t *wallet.Transaction) { t.Final = true },
		"an unknown failure":            func(t *wallet.Transaction) { t.Failure.Code = "oops" },
		"a hold without a sum":          func(t *wallet.Transaction) { t.Holds[0].Amount = wallet.Money{} },
		"an unknown relation":           func(t *wallet.Transaction) { t.Related = []wallet.Relation{{"cousin", "tx-2"}} },
		"a rate that is a word":         func(t *wallet.Transaction) { t.Exchange = &wallet.Exchange{Rate: "good", From: t.Amount, To: t.Amount} },
		"too many fees":                 func(t *wallet.Transaction) { t.Fees = make([]wallet.Fee, 33) },
	} {
		tx := payment(t)
		spoil(&tx)
		if err := tx.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBalancesAddUp(t *testing.T) {
	whole := wallet.Balance{
		AccountID: "a", AsOf: begun(), Total: money(t, "10.00", "EUR", 2), PendingOut: money(t, "2.00", "EUR", 2), Held: money(t, "1.00", "EUR", 2),
		PendingIn: money(t, "5.00", "EUR", 2), Available: money(t, "7.00", "EUR", 2),
	}
	if err := whole.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*wallet.Balance){
		"more than there is": func(b *wallet.Balance) { b.Available = money(t, "8.00", "EUR", 2) },
		"another currency":   func(b *wallet.Balance) { b.Held = money(t, "1.00", "USD", 2) },
		"no time":            func(b *wallet.Balance) { b.AsOf = 0 },
		"below nothing":      func(b *wallet.Balance) { b.PendingIn = b.PendingIn.Neg() },
	} {
		b := whole
		spoil(&b)
		if err := b.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	card := wallet.Instrument{ID: "i", Type: "card", Last4: "4242", Status: "active"}
	if err := card.Validate(); err != nil {
		t.Error(err)
	}
	card.Last4 = "4242424242424242"
	if err := card.Validate(); !fault.Is(err, fault.Invalid) {
		t.Errorf("a whole card number was taken: %v", err)
	}
	for brand, ok := range map[string]bool{"Visa": true, "银联": true, "Bank 24": true, "4242424242424242": false, "Visa 4242 4242 42": false, "４２４２４２４２": false} {
		if err := (wallet.Instrument{ID: "i", Type: "card", Brand: brand, Last4: "4242", Status: "active"}).Validate(); fault.Is(err, fault.Invalid) == ok {
			t.Errorf("%q: %v", brand, err)
		}
	}
}

// secretsOf are the parts of payment that staff must not see.
func TestAMaskedTransactionHoldsNoSecret(t *testing.T) {
	tx := payment(t)
	text, err := json.Marshal(tx.Masked())
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"Krüger", "DE0212030000000020", "rent", "ref-998"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("a masked transaction holds %q: %s", hidden, text)
		}
	}
	if tx.Counterparty.Name != "Hausverwaltung Krüger" || tx.Note == "" {
		t.Error("masking changed what was masked")
	}
	text, err = json.Marshal(tx.ForCustomer())
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"suspected_fraud", "59", "review", "DE0212", "sent", "rail_receipt", "E2E-1"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("the customer's transaction holds %q: %s", hidden, text)
		}
	}
	if tx.Holds[0].Reason != "review" || tx.History[3].Note != "sent" {
		t.Error("hiding changed what was hidden")
	}
}

// That a payment is looked at for fraud is said to nobody who made it.
func TestCustomersAreNotToldOfRisk(t *testing.T) {
	for _, c := range []struct {
		history []wallet.State
		want    wallet.State
	}{
		{[]wallet.State{wallet.Initiated, wallet.RiskHold}, wallet.Initiated},
		{[]wallet.State{wallet.Initiated, wallet.Authorised, wallet.RiskHold}, wallet.Authorised},
		{[]wallet.State{wallet.RiskHold}, wallet.Initiated},
		{[]wallet.State{wallet.Initiated, wallet.RiskHold, wallet.Authorised}, wallet.Authorised},
	} {
		tx := payment(t)
		tx.State, tx.History = c.history[len(c.history)-1], nil
		for i, s := range c.history {
			tx.History = append(tx.History, wallet.Step{State: s, At: wallet.Time(i + 1)})
		}
		told := tx.ForCustomer()
		text, err := json.Marshal(told)
		if err != nil || strings.Contains(string(text), "risk_hold") || told.State != c.want || wallet.Refer(tx).State != c.want {
			t.Errorf("%v is told as %s, and referred to as %s: %v", c.history, told.State, wallet.Refer(tx).State, err)
		}
		if tx.Masked().State != tx.State {
			t.Error("staff are not told")
		}
	}
}

func TestReferencesAreMadeFromTransactions(t *testing.T) {
	r := wallet.Refer(payment(t))
	if err := r.Validate(); err != nil || r.Party != "Hausverwaltung K." || r.State != wallet.Processing {
		t.Fatalf("%+v: %v", r, err)
	}
	for name, spoil := range map[string]func(*wallet.Reference){
		"an id":     func(r *wallet.Reference) { r.ID = "a b" },
		"a state":   func(r *wallet.Reference) { r.State = "fine" },
		"an amount": func(r *wallet.Reference) { r.Amount = wallet.Money{} },
		"a party":   func(r *wallet.Reference) { r.Party = "x\x00" },
		"a kind":    func(r *wallet.Reference) { r.Kind = "" },
	} {
		spoilt := r
		spoil(&spoilt)
		if err := spoilt.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQueries(t *testing.T) {
	good := wallet.Query{CustomerID: "cust-1", Limit: 20}
	tx := payment(t)
	for name, c := range map[string]struct {
		change func(*wallet.Query)
		fits   bool
	}{
		"everything":       {func(*wallet.Query) {}, true},
		"its state":        {func(q *wallet.Query) { q.States = []wallet.State{wallet.Posted, wallet.Processing} }, true},
		"another state":    {func(q *wallet.Query) { q.States = []wallet.State{wallet.Posted} }, false},
		"another kind":     {func(q *wallet.Query) { q.Kinds = []wallet.Kind{wallet.KindBill} }, false},
		"its day":          {func(q *wallet.Query) { q.From, q.To = begun(), begun()+1 }, true},
		"the day before":   {func(q *wallet.Query) { q.To = begun() }, false},
		"its amount":       {func(q *wallet.Query) { q.Min, q.Max = "850", "850.00" }, true},
		"more":             {func(q *wallet.Query) { q.Min = "850.001" }, false},
		"less":             {func(q *wallet.Query) { q.Max = "849.99" }, false},
		"its currency":     {func(q *wallet.Query) { q.Currency = "EUR" }, true},
		"another currency": {func(q *wallet.Query) { q.Currency = "USD" }, false},
		"its counterparty": {func(q *wallet.Query) { q.Text = " krüGER" }, true},
		"its account":      {func(q *wallet.Query) { q.Text = "DE02" }, false},
		"another customer": {func(q *wallet.Query) { q.CustomerID = "cust-2" }, false},
	} {
		q := good
		c.change(&q)
		if err := q.Validate(); err != nil || q.Matches(tx) != c.fits {
			t.Errorf("%s: %v %v", name, q.Matches(tx), err)
		}
	}
	for name, spoil := range map[string]func(*wallet.Query){
		"no customer": func(q *wallet.Query) { q.CustomerID = "" }, "no limit": func(q *wallet.Query) { q.Limit = 0 },
		"a large limit": func(q *wallet.Query) { q.Limit = 101 }, "one letter": func(q *wallet.Query) { q.Text = "k" },
		"a state": func(q *wallet.Query) { q.States = []wallet.State{"x"} }, "a kind": func(q *wallet.Query) { q.Kinds = []wallet.Kind{"x"} },
		"an amount": func(q *wallet.Query) { q.Min = "ten" }, "below nothing": func(q *wallet.Query) { q.Max = "-1" },
		"a range": func(q *wallet.Query) { q.From, q.To = 5, 5 }, "a cursor": func(q *wallet.Query) { q.Cursor = "a b" },
	} {
		q := good
		spoil(&q)
		if err := q.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzTransaction(f *testing.F) {
	f.Add([]byte(`{"id":"a","state_history":[{"state":"initiated","at":"2026-11-24T09:30:00Z"}],"created_at":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var tx wallet.Transaction
		if strictjson.Decode(data, &tx) != nil || tx.Validate() != nil {
			return
		}
		if wallet.Refer(tx).Validate() != nil {
			t.Fatalf("a valid transaction has no reference: %s", data)
		}
		text, err := json.Marshal(tx.Masked())
		if err != nil || len(text) == 0 {
			t.Fatal(err)
		}
	})
}

func TestHandlesAreMasked(t *testing.T) {
	for _, c := range []struct{ kind, value, want string }{
		{"email", "mei@example.org", "m••••@example.org"}, {"email", "@x", "••••"}, {"email", "m@example.org", "••••@example.org"}, {"phone", "+49 170 1234567", "+49 ••••67"}, {"phone", "138 0013 8000", "••••00"},
		{"phone", "110", "••••"}, {"username", "sunflower88", "••••r88"}, {"username", "ab", "••••"}, {"username", "", ""},
	} {
		if got := (wallet.Customer{Handles: []wallet.Handle{{Kind: c.kind, Value: c.value}}}).Masked().Handles[0].Value; got != c.want {
			t.Errorf("a %s %q is masked as %q, want %q", c.kind, c.value, got, c.want)
		}
	}
}
