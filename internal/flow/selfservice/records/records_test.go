package records_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/flow/selfservice/records"
	"kefu/internal/platform/fault"
)

// purse is a wallet with some transactions of a customer in Shanghai.
type purse struct {
	all  []wallet.Transaction
	down bool
}

// Of implements reads.Wallet.
func (p purse) Of() any { return p }

// Reads implements reads.Wallet.
func (p purse) Reads(_ context.Context, r wallet.Reading) bool {
	return r == wallet.ReadCustomer || r == wallet.ReadTransactions
}

// In implements reads.Wallet.
func (p purse) In(context.Context) (wallet.Actor, string, error) { return wallet.Actor{}, "c-1", nil }

// Customer tells of the customer.
func (p purse) Customer(context.Context, wallet.Actor, string) (wallet.Customer, error) {
	return wallet.Customer{ID: "c-1", TimeZone: "Asia/Shanghai"}, nil
}

// Transactions tells of a page.
func (p purse) Transactions(_ context.Context, _ wallet.Actor, q wallet.Query) (wallet.Page, error) {
	if p.down {
		return wallet.Page{}, fault.New(fault.Unavailable, "records_test", "it does not answer")
	}
	page := wallet.Page{Items: slices.DeleteFunc(slices.Clone(p.all), func(t wallet.Transaction) bool { return !q.Matches(t) })}
	return page, nil
}

func now() time.Time { return time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC) }

func yuan(t testing.TB, text string) *wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "CNY", 2)
	if err != nil {
		t.Fatal(err)
	}
	return &m
}

func payment(t testing.TB, id, amount string, state wallet.State, at time.Time) wallet.Transaction {
	return wallet.Transaction{
		ID: id, CustomerID: "c-1", AccountID: "a-1", Kind: wallet.KindPayment, Direction: wallet.Out, Amount: *yuan(t, amount), State: state, CreatedAt: wallet.At(at),
		Merchant: &wallet.Merchant{Name: "Nebula Vision", Category: "5968", Descriptor: "XINGYUN*AUTO RENEW"}, History: []wallet.Step{{State: wallet.Initiated, At: wallet.At(at)}, {State: state, At: wallet.At(at)}},
	}
}

func asked(w reads.Wallet, words map[string]string, args map[string]selfservice.Value) reads.Asked {
	return reads.Asked{Who: identity.Principal{Kind: identity.Customer, ID: "k-1", Level: 1}, Now: wallet.At(now()), Words: words, Args: args, Wallet: w}
}

func registry(t *testing.T) *reads.Registry {
	t.Helper()
	r, err := reads.New(records.Reads()...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func found(t *testing.T, a reads.Asked) string {
	t.Helper()
	list, err := registry(t).List(t.Context(), "payments_found", a)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, v := range list {
		ids = append(ids, v.Entry.ID)
	}
	return strings.Join(ids, " ")
}

// A day is one of where the customer is, and what is near is not what is exact.
func TestPaymentsAreFoundByWhatIsKnown(t *testing.T) {
	w := purse{all: []wallet.Transaction{
		payment(t, "late", "268.00", wallet.Posted, time.Date(2026, 11, 24, 16, 30, 0, 0, time.UTC)), // the 25th in Shanghai
		payment(t, "day", "35.50", wallet.Authorised, time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)),
		payment(t, "held", "12.00", wallet.RiskHold, time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)),
	}}
	day := selfservice.Value{Type: selfservice.Date, At: wallet.At(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC))}
	for name, x := range map[string]struct {
		near string
		args map[string]selfservice.Value
		want string
	}{
		"everything": {"exact", nil, "late day held"}, "the day": {"exact", map[string]selfservice.Value{"day": day}, "late"}, "near the day": {"near", map[string]selfservice.Value{"day": day}, "late day"},
		"the sum":          {"exact", map[string]selfservice.Value{"amount": {Type: selfservice.Amount, Money: yuan(t, "268")}}, "late"},
		"near it":          {"near", map[string]selfservice.Value{"amount": {Type: selfservice.Amount, Money: yuan(t, "245")}}, "late"},
		"another sum":      {"exact", map[string]selfservice.Value{"amount": {Type: selfservice.Amount, Money: yuan(t, "267.99")}}, ""},
		"a descriptor":     {"exact", map[string]selfservice.Value{"text": {Type: selfservice.Text, Text: "xingyun"}}, "late day held"},
		"what is not over": {"exact", map[string]selfservice.Value{"which": {Type: selfservice.Choice, Text: "pending"}}, "day held"},
		"what came in":     {"exact", map[string]selfservice.Value{"which": {Type: selfservice.Choice, Text: "in"}}, ""},
	} {
		if got := found(t, asked(w, map[string]string{"near": x.near}, x.args)); got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	if _, err := registry(t).List(t.Context(), "payments_found", asked(purse{down: true}, map[string]string{"near": "exact"}, nil)); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

// A payment that is looked into for risk is told like any other, in every read.
func TestNothingTellsOfALook(t *testing.T) {
	w := purse{all: []wallet.Transaction{payment(t, "held", "12.00", wallet.RiskHold, now().Add(-time.Hour))}}
	r := registry(t)
	told, err := r.Call(t.Context(), "payment_told", asked(w, nil, map[string]selfservice.Value{"payment": {Type: selfservice.Entry, Entry: &sheet.Entry{ID: "held"}}}))
	if err != nil {
		t.Fatal(err)
	}
	missed, err := r.Call(t.Context(), "missed", asked(w, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*sheet.Sheet{told.Sheet, missed.Sheet} {
		for _, lang := range []string{"en", "zh"} {
			text := strings.ToLower(strings.Join(s.Lines(lang, false), "\n"))
			for _, word := range []string{"risk", "held", "hold", "风", "冻结"} {
				if strings.Contains(text, word) {
					t.Errorf("it says %q: %s", word, text)
				}
			}
		}
		if got := s.Facts["state"].Word; got == string(wallet.RiskHold) {
			t.Error("a condition can ask for it")
		}
	}
}

// However a name is written from a statement, its shop is found.
func TestDescriptors(t *testing.T) {
	w := purse{all: []wallet.Transaction{payment(t, "a", "1.00", wallet.Posted, now().Add(-40*24*time.Hour)), payment(t, "b", "298.00", wallet.Posted, now().Add(-time.Hour))}}
	for text, want := range map[string]int64{"XINGYUN*AUTO RENEW": 1, "xingyun auto": 1, "nebula": 1, "XINGYUN*AUTO RENEW SHANGHAI CN": 1, "ACME": 0, " * ": 0} {
		v, err := registry(t).Call(t.Context(), "descriptor", asked(w, nil, map[string]selfservice.Value{"text": {Type: selfservice.Text, Text: text}}))
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Sheet.Facts["found"].Count; got != want || v.Sheet.Facts["subscription"].Yes != (want > 0) {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// What a wallet does not tell is not to be had, and nothing is made up for it.
func TestAWalletWithoutStatements(t *testing.T) {
	if _, err := registry(t).List(t.Context(), "statement_list", asked(purse{}, nil, nil)); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}
