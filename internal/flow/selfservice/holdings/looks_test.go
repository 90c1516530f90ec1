package holdings_test

import (
	"context"
	"testing"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/privacy"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/selfservice/holdings"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

func read(t *testing.T, d holdings.Deps, name string, who identity.Principal) (sheet.Sheet, error) {
	t.Helper()
	for _, r := range holdings.Reads(d) {
		if r.Name == name {
			return r.Sheet(context.Background(), reads.Asked{Who: who, Customer: "c1"})
		}
	}
	t.Fatalf("there is no read %s", name)
	return sheet.Sheet{}, nil
}

func anna() identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: "c1", Level: identity.AL1}
}

// Who looked is told to the customer alone, whoever walks the flow with them.
func TestWhoLookedIsToldToTheCustomerAlone(t *testing.T) {
	t.Parallel()
	d := holdings.Deps{Looks: func(_ context.Context, p identity.Principal, _ int64, limit int) (insider.LookPage, error) {
		if p.ID != "c1" || limit == 0 {
			t.Errorf("asked as %s for %d", p.ID, limit)
		}
		return insider.LookPage{Next: 7, Looks: []insider.Look{{Action: "wallet.reveal", At: 2}, {Action: "conversation.read", At: 1, Who: "Quince"}}}, nil
	}}
	got, err := read(t, d, "my_looks", anna())
	if err != nil || got.Facts["looks"].Count != 2 || !got.Facts["more"].Yes || len(got.Parts) != 1 || len(got.Parts[0].Rows) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	for _, p := range []identity.Principal{{Kind: identity.Staff, ID: "s", Role: identity.Owner}, identity.SystemPart("flows"), {}} {
		if got, err := read(t, d, "my_looks", p); !fault.Is(err, fault.Unavailable) || len(got.Parts) > 0 {
			t.Errorf("%s: %+v %v", p.Kind, got, err)
		}
	}
	if _, err := read(t, holdings.Deps{}, "my_looks", anna()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without looks: %v", err)
	}
}

// house has one request for an erasure.
type house struct{ erased bool }

func (h house) List(context.Context, identity.Principal, cases.Query) ([]cases.Row, error) {
	return []cases.Row{{Head: cases.Head{ID: "k"}, Type: jurisdiction.DataRequest, Stage: cases.WasDecided}}, nil
}

func (h house) Get(context.Context, identity.Principal, string) (casework.Seen, error) {
	return casework.Seen{Case: &cases.Case{Request: cases.Erasing, Erased: h.erased}}, nil
}

// A request that goes on is not made twice; what was erased since may be asked for anew, and
// that data stand still is said.
func TestWhatWasAskedForAlready(t *testing.T) {
	t.Parallel()
	for _, erased := range []bool{false, true} {
		got, err := read(t, holdings.Deps{
			Plan:  func(context.Context, string) (privacy.Plan, error) { return nil, nil },
			Cases: func() holdings.Cases { return house{erased} },
			Still: func(context.Context, identity.Principal, string) (int64, error) { return 5, nil },
		}, "my_data", anna())
		if err != nil || got.Facts["asked_erase"].Yes == erased || !got.Facts["still"].Yes {
			t.Errorf("erased %t: %+v %v", erased, got.Facts, err)
		}
	}
}
