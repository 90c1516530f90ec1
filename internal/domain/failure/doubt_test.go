package failure_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/failure"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// refusedWith is a payment that failed, as its wallet and its rail say it.
func refusedWith(t testing.TB, rail string, said wallet.FailureCode, raw string) wallet.Transaction {
	t.Helper()
	tx := payment(t, said, wallet.Failed)
	tx.Rail, tx.Failure.RawCode = rail, raw
	return tx
}

func TestWhatIsDoubtful(t *testing.T) {
	for name, c := range map[string]struct {
		rail string
		said wallet.FailureCode
		raw  string
		kind string // "" for no doubt
	}{
		"both say the same":                         {"card", wallet.InsufficientFunds, "51", ""},
		"nothing knows the code":                    {"card", wallet.DoNotHonor, "Z9", "unknown"},
		"the wallet says otherwise":                 {"card", wallet.DoNotHonor, "59", "disagrees"},
		"the wallet does not know, and Kefu does":   {"card", wallet.Unmapped, "51", ""},
		"nobody knows":                              {"card", wallet.Unmapped, "Z9", "unknown"},
		"nobody said a code, and nobody knows":      {"card", wallet.Unmapped, "", "unknown"},
		"nobody said a code":                        {"card", wallet.DoNotHonor, "", ""},
		"a rail without a table":                    {"hawala", wallet.DoNotHonor, "17", ""},
		"a rail without a table, nobody knows":      {"hawala", wallet.Unmapped, "17", "unknown"},
		"what another rail is like counts as known": {"card_sca", wallet.InsufficientFunds, "51", ""},
	} {
		d, is := table(t).Doubt(refusedWith(t, c.rail, c.said, c.raw))
		if is != (c.kind != "") || (is && d.Kind() != c.kind) {
			t.Errorf("%s: %v %+v", name, is, d)
		}
		if is && (d.Rail != c.rail || d.Code != c.raw || d.Said != c.said) {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if _, is := table(t).Doubt(wallet.Transaction{State: wallet.Posted}); is {
		t.Error("a payment that did not fail is doubtful")
	}
}

// What an operator says ends a doubt and is what customers are told; what stands for
// fraud or law stays that, whatever anybody says.
func TestWhatAnOperatorSays(t *testing.T) {
	codes := table(t)
	codes.Use([]failure.Own{
		{Rail: "card", Code: "Z9", Means: wallet.LimitExceeded}, {Rail: "card", Code: "59", Means: wallet.InsufficientFunds},
		{Rail: "card", Code: "Z8", Means: wallet.SuspectedFraud}, {Rail: "card", Code: "05", Means: wallet.LimitExceeded}, {Rail: "hawala", Code: "17", Means: wallet.PayeeProblem},
	})
	for name, c := range map[string]struct {
		rail  string
		said  wallet.FailureCode
		raw   string
		cause wallet.FailureCode
		doubt bool
	}{
		"where nobody knew":               {"card", wallet.Unmapped, "Z9", wallet.LimitExceeded, false},
		"where the wallet said otherwise": {"card", wallet.DoNotHonor, "Z9", wallet.LimitExceeded, false},
		"in place of the table":           {"card", wallet.DoNotHonor, "05", wallet.LimitExceeded, false},
		"for fraud, which it stays":       {"card", wallet.DoNotHonor, "59", wallet.SuspectedFraud, true},
		"to be told to nobody":            {"card", wallet.DoNotHonor, "Z8", wallet.SuspectedFraud, false},
		"against a wallet that says less": {"card", wallet.SuspectedFraud, "Z9", wallet.SuspectedFraud, false},
		"on a rail without a table":       {"hawala", wallet.Unmapped, "17", wallet.PayeeProblem, false},
	} {
		tx := refusedWith(t, c.rail, c.said, c.raw)
		if x := codes.Explain(tx, identity.AL2, noon); x.Cause != c.cause {
			t.Errorf("%s: %s, want %s", name, x.Cause, c.cause)
		}
		if _, is := codes.Doubt(tx); is != c.doubt {
			t.Errorf("%s: a doubt: %v", name, is)
		}
	}
	codes.Use(nil)
	if x := codes.Explain(refusedWith(t, "card", wallet.Unmapped, "Z9"), identity.AL2, noon); x.Cause != wallet.Unmapped {
		t.Errorf("what was taken back is told on: %s", x.Cause)
	}
}

func TestWhatAnOperatorMaySay(t *testing.T) {
	for name, o := range map[string]failure.Own{
		"nothing of the code":      {Rail: "card", Means: wallet.DoNotHonor},
		"a code that there is not": {Rail: "card", Code: "Z9", Means: "no_money"},
		"that nobody knows":        {Rail: "card", Code: "Z9", Means: wallet.Unmapped},
		"too much":                 {Rail: "card", Code: strings.Repeat("9", 65), Means: wallet.DoNotHonor},
	} {
		if err := o.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (failure.Own{Rail: "card", Code: "Z9", Means: wallet.DoNotHonor, Note: "the scheme's bulletin of May"}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestAnExampleOpensNothing(t *testing.T) {
	tx := wallet.Transaction{ID: "tx-anna-10002"}
	if got := failure.Example(tx); got != "••••0002" {
		t.Errorf("%q", got)
	}
	if tx.RailRef = "RRN-74537604221"; failure.Example(tx) == failure.Example(wallet.Transaction{ID: "tx-anna-10002"}) {
		t.Error("the rail's own reference is what the rail can find")
	}
}

// Where it makes sense to try again later, it is said from when.
func TestWhenToTryAgain(t *testing.T) {
	codes := table(t)
	tx := payment(t, wallet.NetworkDown, wallet.Failed)
	tx.History = []wallet.Step{{State: wallet.Initiated, At: noon - 1}, {State: wallet.Failed, At: noon}}
	if x := codes.Explain(tx, identity.AL1, noon); x.Retry != failure.RetryLater || x.RetryAt != noon+600_000_000 {
		t.Errorf("%s at %d", x.Retry, x.RetryAt)
	}
	tx.State = wallet.Processing // it may still pay
	if x := codes.Explain(tx, identity.AL1, noon); x.RetryAt != 0 {
		t.Errorf("somebody is told to pay twice, at %d", x.RetryAt)
	}
	if x := codes.Explain(payment(t, wallet.InsufficientFunds, wallet.Failed), identity.AL1, noon); x.RetryAt != 0 {
		t.Errorf("at %d", x.RetryAt)
	}
}
