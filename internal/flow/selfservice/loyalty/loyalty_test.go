package loyalty_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice/loyalty"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"
)

const now = wallet.Time(1_000 * 24 * 3600 * 1_000_000)

const day = wallet.Time(24 * time.Hour / time.Microsecond)

// told is a wallet that says one thing of points.
type told struct {
	s points.Standing
	e points.Earning
}

func (t told) Points(context.Context, wallet.Actor, string) (points.Standing, error) { return t.s, nil }
func (t told) Earning(context.Context, wallet.Actor, string, string) (points.Earning, error) {
	return t.e, nil
}
func (t told) Of() any                                          { return t }
func (t told) Reads(_ context.Context, r wallet.Reading) bool   { return r == wallet.ReadPoints }
func (t told) In(context.Context) (wallet.Actor, string, error) { return wallet.Actor{}, "c-1", nil }

func euros(t testing.TB, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func standing(t testing.TB) points.Standing {
	s := points.Standing{
		CustomerID: "c-1", Member: true, Unit: "PTS", Balance: -40, Pending: 45, Owed: 110, Rule: points.Rule{Points: 1, Each: euros(t, "1.00"), Waits: 14, Lasts: 365, Claim: 60, Answers: 5},
		Lots: []points.Lot{
			{ID: "l-1", State: points.Ready, Name: "Lotus Market", Transaction: "tx-1", Earned: 100, Left: 70, Spent: 30, At: now - 20*day, ReadyAt: now - 6*day, ExpiresAt: now + 9*day},
			{ID: "l-2", State: points.Pending, Name: "Bistro", Transaction: "tx-2", Earned: 45, Left: 45, At: now - day, ReadyAt: now + 13*day, ExpiresAt: now + 400*day},
			{ID: "l-3", State: points.Over, Name: "Bygone Books", Transaction: "tx-3", Earned: 200, Spent: 190, Taken: 10, Owing: 110, At: now - 50*day, EndedAt: now - 3*day, TakenAt: now - 3*day},
			{ID: "l-4", State: points.Over, Name: "Old", Transaction: "tx-4", Earned: 20, Expired: 20, At: now - 400*day, EndedAt: now - 35*day},
		},
		Redemptions: []points.Redemption{
			{ID: "r-1", Reward: "w-1", Kind: "voucher", Name: "Cinema", State: "refused", Why: points.SoldOut, Points: 60, Value: euros(t, "9.00"), At: now - day},
			{ID: "r-2", Reward: "w-1", Kind: "voucher", Name: "Coffee", State: "lapsed", Points: 60, Value: euros(t, "3.00"), At: now - 90*day, Until: now - day},
			{ID: "r-3", Reward: "w-1", Kind: "voucher", Name: "Coffee", State: "done", Points: 60, Value: euros(t, "3.00"), At: now - 2*day, Until: now + 90*day},
		},
		Claims: []points.Claim{{ID: "k-1", Transaction: "tx-5", State: "refused", Why: points.NoProof, Points: 12, At: now - 9*day, DecideBy: now - 4*day, DecidedAt: now - 5*day}},
		Rewards: []points.Reward{
			{ID: "w-2", Kind: "voucher", Name: "Weekend", State: "closed", Why: points.Owes, Points: 9000, Value: euros(t, "90.00")},
			{ID: "w-1", Kind: "voucher", Name: "Coffee", State: points.Open, Points: 60, Value: euros(t, "3.00"), Lasts: 90},
		},
		Offers: []points.Offer{{
			ID: "o-1", Name: "10% back", Gives: "cashback", State: "waiting", Amount: euros(t, "5.00"), Percent: "10", From: now - 30*day, Until: now - 5*day, JoinedAt: now - 20*day, CreditBy: now - day,
			Conditions: []points.Condition{{Kind: "join"}, {Kind: "minimum", Amount: euros(t, "20.00")}, {Kind: "shop", Name: "Lotus Market"}},
			Tries:      []points.Try{{Transaction: "tx-1", Name: "Lotus Market", Amount: euros(t, "40.00"), At: now - 8*day}, {Transaction: "tx-0", Amount: euros(t, "12.00"), At: now - 10*day, Why: points.BelowMinimum}},
		}},
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

func registry(t testing.TB) *reads.Registry {
	t.Helper()
	words, err := rewarding.Load(content.Points)
	if err != nil {
		t.Fatal(err)
	}
	r, err := reads.New(loyalty.Reads(loyalty.Deps{Words: words})...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// call gives what a read says, of a thing or a payment.
func call(t testing.TB, w told, name, of string) *sheet.Sheet {
	t.Helper()
	a := reads.Asked{Now: now, Wallet: w, Args: map[string]selfservice.Value{}}
	if of != "" {
		a.Args["of"] = selfservice.Value{Type: selfservice.Entry, Entry: &sheet.Entry{ID: of}}
		a.Args["payment"] = selfservice.Value{Type: selfservice.Payment, Payment: &selfservice.PaymentFact{ID: of}}
	}
	v, err := registry(t).Call(context.Background(), name, a)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v.Sheet
}

func text(s *sheet.Sheet) string {
	var all []string
	for _, p := range s.Parts {
		for _, r := range p.Rows {
			all = append(all, r.Name.Text["en"])
			if r.Note != nil {
				all = append(all, r.Note.Text["en"])
			}
		}
	}
	return strings.Join(all, "|")
}

func TestWhatIsToldOfPoints(t *testing.T) {
	w := told{s: standing(t)}
	s := call(t, w, "points", "")
	for name, want := range map[string]int64{"balance": -40, "pending": 45, "owed": 110, "soon": 70, "expired": 20, "taken": 120, "refused": 2, "rewards": 1, "offers": 1, "claims": 0} {
		if got := s.Facts[name].Count; got != want {
			t.Errorf("%s: %d, not %d", name, got, want)
		}
	}
	if s.Named["soon_at"].At != now+9*day || s.Named["ready_at"].At != now+13*day || !strings.Contains(text(s), "Still owed") {
		t.Errorf("%+v %s", s.Named, text(s))
	}
	one := call(t, w, "points_taken_one", "l-3")
	if one.Facts["owing"].Count != 110 || one.Facts["still"].Count != 110 || one.Named["owed"].Text != "110" || one.Named["back"].Text != "120" || one.Facts["whole"].Yes {
		t.Errorf("%+v", one)
	}
	if r := call(t, w, "points_refusal", "r-2"); r.Facts["code"].Word != string(points.VoucherLapsed) || r.Named["title"].Texts["zh"] != "券已过期" {
		t.Errorf("%+v", r)
	}
	if r := call(t, w, "reward", "w-1"); r.Named["costs"].Text != "60" || r.Named["cost"].Money.String() != "60 PTS" || r.Named["left"].Text != "-100" {
		t.Errorf("%+v", r.Named)
	}
	if r := call(t, w, "reward", "w-2"); r.Facts["state"].Word != "closed" || r.Named["because"].None() || !strings.Contains(text(r), "Collect more points first") {
		t.Errorf("%+v %s", r.Named, text(r))
	}
	if o := call(t, w, "offer", "o-1"); !o.Facts["late"].Yes || !o.Facts["over"].Yes || !strings.Contains(text(o), "Less than the offer asks for") || !strings.Contains(text(o), "Counts") {
		t.Errorf("%+v %s", o.Facts, text(o))
	}
}

func TestWhatIsToldOfOnePurchase(t *testing.T) {
	w := told{s: standing(t), e: points.Earning{TransactionID: "tx-2", State: "pending", Points: 45, Lot: "l-2"}}
	if s := call(t, w, "points_of", "tx-2"); s.Facts["state"].Word != "pending" || s.Named["ready_at"].At != now+13*day || !s.Named["claim_by"].None() {
		t.Errorf("%+v", s)
	}
	w.e = points.Earning{TransactionID: "tx-5", State: "none", Points: 12, Claim: "k-1", Why: points.NoProof}
	if s := call(t, w, "points_of", "tx-5"); s.Facts["claim"].Word != "refused" || s.Named["claim_because"].None() || s.Facts["claimable"].Yes {
		t.Errorf("%+v", s)
	}
	w.e = points.Earning{TransactionID: "tx-6", State: "none", Points: 12, Claimable: true, ClaimBy: now + day}
	if s := call(t, w, "points_of", "tx-6"); !s.Facts["claimable"].Yes || s.Named["claim_by"].At != now+day {
		t.Errorf("%+v", s)
	}
}

func TestListsOfPoints(t *testing.T) {
	w := told{s: standing(t)}
	for name, want := range map[string][]string{"points_taken": {"l-3"}, "points_refused": {"r-1", "r-2"}, "rewards": {"w-1", "w-2"}, "offers": {"o-1"}} {
		list, err := registry(t).List(context.Background(), name, reads.Asked{Now: now, Wallet: w})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range list {
			got = append(got, v.Entry.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, not %v", name, got, want)
		}
	}
}

// What is not this customer's is not found, and without words nothing is explained wrongly.
func TestWhatIsNotTold(t *testing.T) {
	w := told{s: standing(t)}
	for _, name := range []string{"points_taken_one", "points_refusal", "reward", "offer"} {
		_, err := registry(t).Call(context.Background(), name, reads.Asked{Now: now, Wallet: w, Args: map[string]selfservice.Value{"of": {Type: selfservice.Entry, Entry: &sheet.Entry{ID: "other"}}}})
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mute, err := reads.New(loyalty.Reads(loyalty.Deps{})...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mute.List(context.Background(), "rewards", reads.Asked{Now: now, Wallet: w}); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
	if _, err := registry(t).Call(context.Background(), "points", reads.Asked{Now: now}); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}

func TestWhatIsProposedOfPoints(t *testing.T) {
	flows := []*selfservice.Definition{{ID: "FL4"}, {ID: "FL16"}}
	s := standing(t)
	s.Owed = 0
	p, is := loyalty.Proposed(s, now, flows)
	if !is || p.Flow.ID != "FL16" || p.Figures["points.soon"].Text != "70" || p.Figures["points.at"].At != now+9*day || !strings.Contains(p.Title["zh"], "{points.at}") {
		t.Errorf("%+v %v", p, is)
	}
	for name, change := range map[string]func(*points.Standing){
		"points are owed":       func(s *points.Standing) { s.Owed = 110 },
		"they collect none":     func(s *points.Standing) { s.Member = false },
		"it is long until then": func(s *points.Standing) { s.Lots[0].ExpiresAt = now + 15*day },
		"it is over":            func(s *points.Standing) { s.Lots[0].ExpiresAt = now },
		"none can be spent":     func(s *points.Standing) { s.Lots = s.Lots[1:] },
		"they never expire":     func(s *points.Standing) { s.Lots[0].ExpiresAt = 0 },
		"there are none at all": func(s *points.Standing) { s.Lots = nil },
	} {
		other := standing(t)
		other.Owed = 0
		change(&other)
		if p, is := loyalty.Proposed(other, now, flows); is {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if _, is := loyalty.Proposed(s, now, flows[:1]); is {
		t.Error("a flow is proposed that there is not")
	}
}
