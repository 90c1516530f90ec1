package failure_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

func table(t testing.TB) *failure.Table {
	t.Helper()
	loaded, err := failure.Load(os.DirFS("../../../content/failures"))
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

const noon = wallet.Time(1_795_000_000_000_000)

func money(t testing.TB, amount string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(amount, "CNY", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// payment is one that failed with a code, having reached a state.
func payment(t testing.TB, code wallet.FailureCode, state wallet.State) wallet.Transaction {
	t.Helper()
	return wallet.Transaction{
		ID: "tx", CustomerID: "c", Direction: wallet.Out, Amount: money(t, "268.00"), State: state, Rail: "card",
		Failure: &wallet.Failure{Code: code, Source: "issuer"},
	}
}

func TestWhatMayNotBeToldIsToldToNobody(t *testing.T) {
	codes := table(t)
	var neutral *failure.Explanation
	for _, code := range []wallet.FailureCode{wallet.SuspectedFraud, wallet.LostOrStolen, wallet.Unmapped} {
		for _, level := range []identity.Level{identity.AL0, identity.AL1, identity.AL2, identity.AL3} {
			x := codes.Explain(payment(t, code, wallet.Failed), level, noon)
			if x.Told != wallet.FailureUndisclosed || x.Disclosed || x.Cause != code {
				t.Fatalf("%s at %d: told %s", code, level, x.Told)
			}
			x.Cause = ""
			if neutral == nil {
				neutral = &x
			} else if !reflect.DeepEqual(*neutral, x) { // or the difference would tell
				t.Errorf("%s at %d is told otherwise than the others", code, level)
			}
		}
	}
	x := codes.Explain(payment(t, wallet.ComplianceHold, wallet.Failed), identity.AL3, noon)
	if x.Told != wallet.FailureUndisclosed || strings.Contains(strings.ToLower(x.Title["en"]+x.Text["en"]), "law") {
		t.Errorf("a reason of law is told: %v", x.Text)
	}
}

func TestSomeReasonsAreToldAfterAStepUp(t *testing.T) {
	codes := table(t)
	failed := payment(t, wallet.AccountBlocked, wallet.Failed)
	if x := codes.Explain(failed, identity.AL1, noon); x.Told != wallet.FailureUndisclosed {
		t.Errorf("told %s to somebody not verified", x.Told)
	}
	if x := codes.Explain(failed, identity.AL2, noon); x.Told != wallet.AccountBlocked || !x.Disclosed {
		t.Errorf("told %s after a step-up", x.Told)
	}
}

// A wallet whose own word is milder than the provider's raw code must not make Kefu
// tell what the raw code forbids.
func TestTheRawCodeForbids(t *testing.T) {
	codes := table(t)
	failed := payment(t, wallet.DoNotHonor, wallet.Failed)
	failed.Failure.RawCode = "59"
	if x := codes.Explain(failed, identity.AL3, noon); x.Told != wallet.FailureUndisclosed || x.Cause != wallet.SuspectedFraud {
		t.Errorf("told %s, cause %s", x.Told, x.Cause)
	}
	if codes.Agrees(*failed.Failure, "card") {
		t.Error("nobody is told that the wallet and the table disagree")
	}
	failed.Failure.RawCode = "05"
	if x := codes.Explain(failed, identity.AL1, noon); x.Told != wallet.DoNotHonor || !codes.Agrees(*failed.Failure, "card") {
		t.Errorf("told %s", x.Told)
	}
}

func TestUnknownCodesRaiseAnAlarm(t *testing.T) {
	codes := table(t)
	if code, known := codes.Normalise("card", "Z9"); known || code != wallet.Unmapped {
		t.Errorf("%s %v", code, known)
	}
	if code, known := codes.Normalise("no such rail", "51"); known || code != wallet.Unmapped {
		t.Errorf("%s %v", code, known)
	}
	if code, known := codes.Normalise("card_sca", "65"); !known || code != wallet.AuthRequired {
		t.Errorf("%s %v", code, known)
	}
	if code, known := codes.Normalise("card_sca", "51"); !known || code != wallet.InsufficientFunds {
		t.Errorf("what another rail is like counts too: %s %v", code, known)
	}
}

// Whatever happened: nobody is sent to pay again while the first payment may still
// arrive, and where the money is follows from the state alone.
func TestNobodyPaysTwice(t *testing.T) {
	codes := table(t)
	rapid.Check(t, func(r *rapid.T) {
		state := rapid.SampledFrom(wallet.States()).Draw(r, "state")
		tx := payment(t, rapid.SampledFrom(wallet.FailureCodes()).Draw(r, "code"), state)
		if rapid.Bool().Draw(r, "no failure") {
			tx.Failure = nil
		}
		tx.ExpectedBy = rapid.SampledFrom([]wallet.Time{0, noon - 1, noon + 1}).Draw(r, "expected")
		x := codes.Explain(tx, identity.Level(rapid.IntRange(0, 3).Draw(r, "level")), noon)
		if over := state.Over() || state == wallet.Won; !over && x.Retry != failure.RetryNever {
			r.Errorf("%s: retry %s", state, x.Retry)
		}
		if state == wallet.Unknown && (x.Money.Key != "unknown" || x.Told == wallet.FailureUndisclosed) {
			r.Errorf("an unknown outcome is told as %s, %s", x.Money.Key, x.Told)
		}
		for _, lang := range []string{"en", "zh", "fr"} {
			said, err := x.Money.Say(lang, wallet.Money.String, func(wallet.Time) string { return "then" })
			if err != nil || said == "" || strings.ContainsAny(said, "{}") {
				r.Errorf("%s: %q %v", state, said, err)
			}
		}
	})
}

// categories are for what a wallet may hold a payment: what it may say and what not.
func categories() []string {
	return []string{"", "review", "risk", "fraud", "suspected_fraud", "sanctions", "compliance", "unusual_payment", "new_payee", "documents", "authorisation", "limit", "never heard of"}
}

// told is everything that a customer, or who may hear no more than they, is given of a
// payment.
func told(t testing.TB, codes *failure.Table, tx wallet.Transaction, level identity.Level, now wallet.Time) string {
	t.Helper()
	text, err := json.Marshal([]any{codes.Explain(tx, level, now), tx.ForCustomer(), wallet.Refer(tx), wallet.Tell(tx.ForCustomer().State, tx.ExpectedBy, now)})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// That a payment is looked at, for whatever the wallet may not say, changes nothing of
// what is told of it: not a word, not a figure, not the shape.
func TestAPaymentThatIsLookedAtIsToldLikeAnyOther(t *testing.T) {
	codes := table(t)
	rapid.Check(t, func(r *rapid.T) {
		plain := payment(t, "", rapid.SampledFrom(wallet.States()).Draw(r, "state"))
		plain.Failure, plain.CreatedAt, plain.ExpectedBy = nil, noon-wallet.Time(rapid.Int64Range(0, 3_600_000_000).Draw(r, "age")), rapid.SampledFrom([]wallet.Time{0, noon - 1, noon + 1}).Draw(r, "expected")
		plain.Direction = rapid.SampledFrom([]wallet.Direction{wallet.In, wallet.Out}).Draw(r, "direction")
		if plain.State == wallet.RiskHold {
			plain.State = wallet.Initiated
		}
		plain.History = []wallet.Step{{State: wallet.Initiated, At: plain.CreatedAt}}
		if plain.State != wallet.Initiated {
			plain.History = append(plain.History, wallet.Step{State: plain.State, At: plain.CreatedAt + 1})
		}
		if rapid.Bool().Draw(r, "a hold that may be told") {
			plain.Holds = []wallet.Hold{{ID: "h", Amount: plain.Amount, Reason: rapid.SampledFrom(categories()).Draw(r, "for"), Disclosable: true, ExpiresAt: noon + 60_000_000}}
		}
		secret := plain
		secret.Holds, secret.History = slices.Clone(plain.Holds), slices.Clone(plain.History)
		secret.Holds = slices.Insert(secret.Holds, rapid.IntRange(0, len(secret.Holds)).Draw(r, "place"), wallet.Hold{
			ID: "secret", Amount: plain.Amount, Reason: rapid.SampledFrom(categories()).Draw(r, "secretly for"), PlacedAt: noon - 1, ExpiresAt: noon + wallet.Time(rapid.Int64Range(-1, 90_000_000).Draw(r, "ends")),
		})
		looked := wallet.Step{State: wallet.RiskHold, At: noon - 1, Note: "velocity"}
		switch {
		case slices.Contains([]wallet.State{wallet.Initiated, wallet.RequiresAction, wallet.Authorised}, plain.State): // it is looked at now
			secret.State, secret.History = wallet.RiskHold, append(secret.History, looked)
			if rapid.Bool().Draw(r, "it was let go on") {
				secret.State, secret.History = plain.State, append(secret.History, wallet.Step{State: plain.State, At: noon})
			}
		case len(secret.History) > 1: // it was, in between
			secret.History = slices.Insert(secret.History, 1, looked)
		}
		if !plain.State.Failing() && plain.State != wallet.Unknown {
			secret.Failure = rapid.SampledFrom([]*wallet.Failure{
				nil, {Code: wallet.ComplianceHold, Source: "wallet"}, {Code: wallet.SuspectedFraud, Source: "issuer", RawCode: "59"}, {Code: wallet.LostOrStolen}, {Code: wallet.Unmapped}, {Code: wallet.DoNotHonor, Source: "issuer", RawCode: "59"},
			}).Draw(r, "failure")
		}
		level := identity.Level(rapid.IntRange(0, 3).Draw(r, "level"))
		if secret.Failure != nil && secret.Failure.Code == wallet.DoNotHonor { // what it is told as is the table's to say, and not the payment's
			if x, y := codes.Explain(plain, level, noon), codes.Explain(secret, level, noon); !reflect.DeepEqual(x, y) {
				r.Errorf("%s is explained as\n%+v and, looked at, as\n%+v", plain.State, x, y)
			}
			return
		}
		if x, y := told(t, codes, plain, level, noon), told(t, codes, secret, level, noon); x != y {
			r.Errorf("%s is told as\n%s\nand, looked at, as\n%s", plain.State, x, y)
		}
	})
}

// What the wallet says may be told is told, by its category.
func TestAHoldThatMayBeToldIsTold(t *testing.T) {
	codes := table(t)
	tx := payment(t, "", wallet.RiskHold)
	tx.Failure, tx.CreatedAt, tx.History = nil, noon-1, []wallet.Step{{State: wallet.Initiated, At: noon - 1}, {State: wallet.RiskHold, At: noon}}
	for category, want := range map[string]string{"documents": "document", "limit": "limit", "never heard of": "", "suspected_fraud": "", "compliance": ""} {
		tx.Holds = []wallet.Hold{{ID: "h", Reason: category, Disclosable: true, ExpiresAt: noon + 1}}
		x := codes.Explain(tx, identity.AL1, noon)
		if x.Money.Key != "on_hold_until" || !strings.Contains(x.Text["en"], want) || (want == "") != (x.Text["en"] == "") || x.Retry != failure.RetryNever {
			t.Errorf("%s: %s, %q", category, x.Money.Key, x.Text["en"])
		}
		if state := tx.ForCustomer().State; state != wallet.Initiated {
			t.Errorf("%s: the state is told as %s", category, state)
		}
		tx.Holds = append(tx.Holds, wallet.Hold{ID: "s", Reason: "fraud"})
		if y := codes.Explain(tx, identity.AL1, noon); !reflect.DeepEqual(x, y) {
			t.Errorf("%s: beside one that may not be told: %+v", category, y)
		}
		tx.Holds = tx.Holds[1:]
		if y := codes.Explain(tx, identity.AL1, noon); y.Money.Key != "unfinished" || len(y.Text) != 0 {
			t.Errorf("one that may not be told: %+v", y)
		}
	}
}

func TestWhereTheMoneyIs(t *testing.T) {
	codes := table(t)
	for name, c := range map[string]struct {
		change func(*wallet.Transaction)
		want   string
	}{
		"refused before it began": {func(tx *wallet.Transaction) { tx.State = wallet.PreCheckFailed }, "No money has left your account."},
		"set aside until tomorrow": {func(tx *wallet.Transaction) {
			tx.State, tx.Holds = wallet.Authorised, []wallet.Hold{{ID: "h", Disclosable: true, ExpiresAt: noon + 1}}
		}, "268.00 CNY is on hold and is released by then at the latest. It has not left your account."},
		"set aside, nobody says until when": {func(tx *wallet.Transaction) { tx.State = wallet.Authorised }, "268.00 CNY is on hold. It has not left your account."},
		"late":                              {func(tx *wallet.Transaction) { tx.State, tx.ExpectedBy = wallet.Processing, noon-1 }, "268.00 CNY has left your account and should have arrived by then. It still counts as on its way. Please do not pay again."},
		"taken, and coming back":            {func(tx *wallet.Transaction) { tx.State, tx.ExpectedBy = wallet.AutoReversal, noon+1 }, "268.00 CNY was taken and is coming back to your account by then."},
		"back":                              {func(tx *wallet.Transaction) { tx.State = wallet.Reversed }, "268.00 CNY is back in your account."},
		"money that comes in":               {func(tx *wallet.Transaction) { tx.State, tx.Direction = wallet.Authorised, wallet.In }, "268.00 CNY is on its way to you."},
		"money that should have come in": {func(tx *wallet.Transaction) {
			tx.State, tx.Direction, tx.ExpectedBy = wallet.Processing, wallet.In, noon-1
		}, "268.00 CNY should have reached you by then. It still counts as on its way."},
	} {
		tx := payment(t, wallet.DoNotHonor, wallet.Failed)
		c.change(&tx)
		got, err := codes.Explain(tx, identity.AL1, noon).Money.Say("en", wallet.Money.String, func(wallet.Time) string { return "then" })
		if err != nil || got != c.want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

// Every kind of mistake that somebody can make in the data is found when it is read.
func TestMistakesInTheDataAreFound(t *testing.T) {
	whole, err := os.ReadFile("../../../content/failures/codes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rail := "rail: card\nversion: \"1\"\ncodes: {\"51\": insufficient_funds}\n"
	for name, change := range map[string]func(codes, rail *string){
		"a code is missing":            func(c, _ *string) { *c = strings.Replace(*c, "\n  duplicate:", "\n  duplicates:", 1) },
		"a language is missing":        func(c, _ *string) { *c = strings.Replace(*c, "    zh: ", "    fr: ", 1) },
		"incoming money is not told":   func(c, _ *string) { *c = strings.Replace(*c, "is on its way to you. It", "comes to {you}. It", 1) },
		"a figure is not named":        func(c, _ *string) { *c = strings.Replace(*c, "arrive by {by}", "arrive then", 1) },
		"a figure that there is not":   func(c, _ *string) { *c = strings.Replace(*c, "No money has left", "No {amount} has left", 1) },
		"a step leads nowhere":         func(c, _ *string) { *c = strings.Replace(*c, "next: [top_up,", "next: [top_upp,", 1) },
		"fraud may be told":            func(c, _ *string) { *c = strings.Replace(*c, "tell: never", "tell: always", 1) },
		"an unknown field":             func(c, _ *string) { *c += "\nmore: 1\n" },
		"a key comes twice":            func(c, _ *string) { *c += "\nversion: again\n" },
		"a wait that is not for later": func(c, _ *string) { *c = strings.Replace(*c, "retry: few\n", "retry: few\n    wait: 5\n", 1) },
		"an unknown retry":             func(c, _ *string) { *c = strings.Replace(*c, "retry: few", "retry: often", 1) },
		"a raw code for nothing":       func(_, r *string) { *r = strings.Replace(*r, "insufficient_funds", "no_money", 1) },
		"a raw code for two things":    func(_, r *string) { *r = strings.Replace(*r, "{\"51\": ", "{\"51\": duplicate, \"51\": ", 1) },
		"a rail without a version":     func(_, r *string) { *r = strings.Replace(*r, "version: \"1\"\n", "", 1) },
		"a rail that is like no other": func(_, r *string) { *r += "like: cards\n" },
	} {
		codes, one := string(whole), rail
		change(&codes, &one)
		if codes == string(whole) && one == rail {
			t.Fatalf("%s: the mistake was not made", name)
		}
		_, err := failure.Load(fstest.MapFS{"codes.yaml": {Data: []byte(codes)}, "rails/card.yaml": {Data: []byte(one)}})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := failure.Load(fstest.MapFS{"codes.yaml": {Data: whole}, "rails/card.yaml": {Data: []byte(rail)}}); err != nil {
		t.Errorf("without a mistake: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	whole, err := os.ReadFile("../../../content/failures/codes.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole), "rail: card\nversion: \"1\"\ncodes: {\"51\": insufficient_funds}\n")
	f.Fuzz(func(t *testing.T, codes, rail string) {
		loaded, err := failure.Load(fstest.MapFS{"codes.yaml": {Data: []byte(codes)}, "rails/card.yaml": {Data: []byte(rail)}})
		if err != nil {
			return
		}
		if x := loaded.Explain(payment(t, wallet.SuspectedFraud, wallet.Failed), identity.AL3, noon); x.Disclosed {
			t.Error("fraud is told")
		}
	})
}
