package closing_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	domain "kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/flow/selfservice/closing"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/platform/fault"

	"io/fs"
)

// told is a wallet that says one thing of an end.
type told struct{ s domain.Standing }

func (t told) Closure(context.Context, wallet.Actor, string) (domain.Standing, error) {
	return t.s, nil
}
func (t told) Instruments(context.Context, wallet.Actor, string) ([]wallet.Instrument, error) {
	return []wallet.Instrument{{ID: "in-1", Type: "bank", Last4: "2051"}, {ID: "in-2", Type: "card", Brand: "Visa", Last4: "1111"}}, nil
}
func (t told) Of() any                                    { return t }
func (t told) Reads(context.Context, wallet.Reading) bool { return true }
func (t told) In(context.Context) (wallet.Actor, string, error) {
	return wallet.Actor{}, "c-1", nil
}

func euros(t *testing.T, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func registry(t *testing.T, law string) *reads.Registry {
	t.Helper()
	files, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	if err != nil {
		t.Fatal(err)
	}
	book, err := jurisdiction.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	r, err := reads.New(closing.Reads(closing.Deps{Law: func(at int64) *jurisdiction.Pack {
		p, _ := book.At(law, at)
		return p
	}})...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text is all that a sheet says in English.
func text(s *sheet.Sheet) string {
	var all []string
	for _, p := range s.Parts {
		for _, r := range p.Rows {
			all = append(all, r.Name.Text["en"])
			if r.Value != nil && r.Value.Sentence != nil {
				all = append(all, r.Value.Sentence.Text["en"])
			}
			if r.Note != nil {
				all = append(all, r.Note.Text["en"])
			}
		}
	}
	return strings.Join(all, "\n")
}

func TestWhatIsInTheWayAndWhatIsKept(t *testing.T) {
	now := wallet.At(time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC))
	s := domain.Standing{
		CustomerID: "c-1", State: domain.Open, Days: 10, Return: domain.Return{How: "new"},
		Items: []domain.Item{
			{ID: "1", Kind: domain.Balance, Fix: domain.FixWithdraw, Blocks: true, Object: "a-1", Name: "Everyday", Amount: euros(t, "12.40")},
			{ID: "2", Kind: domain.Payment, Fix: domain.FixWait, Blocks: true, Object: "tx-1", Name: "Shop", Amount: euros(t, "3.00"), Until: now + 5},
			{ID: "3", Kind: domain.Review, Fix: domain.FixPerson, Blocks: true}, {ID: "4", Kind: domain.Points, Fix: domain.FixNone, Count: 12},
		},
		Destinations: []domain.Destination{{InstrumentID: "in-1"}, {InstrumentID: "in-2", Why: "too_new", From: now}},
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	asked := reads.Asked{Now: now, Wallet: told{s}}
	v, err := registry(t, "eu").Call(t.Context(), "closing", asked)
	if err != nil {
		t.Fatal(err)
	}
	f := v.Sheet.Facts
	if f["ready"].Yes || f["money"].Count != 1 || f["pending"].Count != 1 || !f["review"].Yes || v.Sheet.Named["over_by"].At != now+5 {
		t.Errorf("%+v", f)
	}
	asked.Now += 5
	if v, err := registry(t, "eu").Call(t.Context(), "closing", asked); err != nil || v.Sheet.Named["over_by"].At != 0 || !strings.Contains(text(v.Sheet), "Late: it should have been over") {
		t.Errorf("what is late: %+v, %v", v.Sheet, err)
	}
	asked.Now = now
	if said := text(v.Sheet); strings.Contains(said, "oints") || !strings.Contains(said, "check before an account closes") {
		t.Errorf("in the way is %s", said)
	}
	list, err := registry(t, "eu").List(t.Context(), "closing_to", asked)
	if err != nil || len(list) != 1 || list[0].Entry.ID != "in-1" {
		t.Errorf("%+v %v", list, err)
	}
	for law, promised := range map[string]bool{"eu": true, "cn": true, "us": false, "none": false} {
		v, err := registry(t, law).Call(t.Context(), "closing_ends", asked)
		if err != nil {
			t.Fatal(err)
		}
		if said := text(v.Sheet); strings.Contains(said, "{until}") != promised || !strings.Contains(said, "Points that are lost") {
			t.Errorf("%s: %s", law, said)
		}
	}
}

// collecting is a wallet that also tells of points, or cannot at present.
type collecting struct {
	told
	p   points.Standing
	err error
}

func (c collecting) Of() any { return c }
func (c collecting) Points(context.Context, wallet.Actor, string) (points.Standing, error) {
	return c.p, c.err
}

// Points that have not come yet, open claims and offers that were met are lost as well, and
// nobody leaves without having read it.
func TestWhatIsToComeOfPointsIsLostToo(t *testing.T) {
	w := collecting{told: told{domain.Standing{CustomerID: "c-1", State: domain.Open, Days: 10, Return: domain.Return{How: "new"}}}, p: points.Standing{
		Pending: 268, Claims: []points.Claim{{State: "open"}, {State: "refused"}}, Offers: []points.Offer{{State: "waiting"}, {State: "credited"}, {State: "waiting"}},
	}}
	said := func() string {
		v, err := registry(t, "eu").Call(t.Context(), "closing_ends", reads.Asked{Now: 1, Wallet: w})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(v.Sheet.Lines("zh", false), "\n")
	}
	for _, want := range []string{"将作废的待生效积分：268", "将作废的积分申诉：1", "将不再入账的已达标优惠：2"} {
		if got := said(); !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if w.p = (points.Standing{}); strings.Contains(said(), "积分申诉") {
		t.Error("what there is none of is lost")
	}
	if w.err = fault.New(fault.Unavailable, "test", "down"); !strings.Contains(said(), "也将作废") {
		t.Error("what nobody could ask for is not told")
	}
}

func TestWhatIsProposedOfAnEnd(t *testing.T) {
	flows := []*selfservice.Definition{{ID: "FL4"}, {ID: "FL5"}}
	cooling := domain.Standing{CustomerID: "c-1", State: domain.Cooling, RequestedAt: 1, ClosesAt: 9}
	if p, is := closing.Proposed(cooling, flows); !is || p.Flow.ID != "FL5" || p.Figures["closing.at"].At != 9 || !strings.Contains(p.Title["zh"], "{closing.at}") {
		t.Errorf("%+v %v", p, is)
	}
	late := domain.Standing{CustomerID: "c-1", State: domain.Closed, ClosedAt: 9, Late: []domain.Late{{ID: "l-1", Amount: euros(t, "35.00"), At: 11, PaidAt: 12, PaidTo: "in-1"}}}
	if p, is := closing.Proposed(late, flows); is {
		t.Errorf("what was paid out is proposed: %+v", p)
	}
	late.Late[0].PaidAt, late.Late[0].PaidTo = 0, ""
	if p, is := closing.Proposed(late, flows); !is || p.Figures["late.amount"].Money.Amount() != "35.00" {
		t.Errorf("%+v %v", p, is)
	}
	for _, s := range []domain.Standing{{State: domain.Open}, {State: domain.Closed, ClosedAt: 3}} {
		if p, is := closing.Proposed(s, flows); is {
			t.Errorf("%s: %+v", s.State, p)
		}
	}
	if _, is := closing.Proposed(cooling, flows[:1]); is {
		t.Error("a flow is proposed that there is not")
	}
}
