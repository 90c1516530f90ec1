package wallettest

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/domain/wallet/consent"
	"kefu/internal/domain/wallet/instrument"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/domain/wallet/statement"
	"kefu/internal/domain/wallet/tariff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Further are the readings that were added to the contract after its first release.
type Further interface {
	Statements(ctx context.Context, by wallet.Actor, customer string) ([]statement.Statement, error)
	Document(ctx context.Context, by wallet.Actor, customer, id, form string) (statement.Document, error)
	Mandates(ctx context.Context, by wallet.Actor, customer string) ([]instrument.Mandate, error)
	Uses(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Uses, error)
	Link(ctx context.Context, by wallet.Actor, a instrument.Adding) (instrument.Link, error)
	Linked(ctx context.Context, by wallet.Actor, customer, id string) (instrument.Link, error)
	Fees(ctx context.Context) (tariff.Schedule, error)
	Closure(ctx context.Context, by wallet.Actor, customer string) (closing.Standing, error)
	Points(ctx context.Context, by wallet.Actor, customer string) (points.Standing, error)
	Earning(ctx context.Context, by wallet.Actor, customer, transaction string) (points.Earning, error)
	Consents(ctx context.Context, by wallet.Actor, customer string) (consent.Standing, error)
}

// further judges them.
func further(t *testing.T, s Site) {
	r, ok := s.Readings.(Further)
	if !ok {
		t.Skip("there are none")
	}
	ctx := context.Background()
	for _, who := range s.Customers {
		checked(t, "mandates", who, func(c string) ([]instrument.Mandate, error) { return r.Mandates(ctx, actor(), c) })
		papers(t, s, r, who)
		if c, err := r.Closure(ctx, actor(), who); err != nil || c.Validate() != nil || c.CustomerID != who {
			t.Errorf("the end of %s: %+v %v %v", who, c, err, c.Validate())
		}
		collected(t, s, r, who)
		if c, err := r.Consents(ctx, actor(), who); err != nil || c.Validate() != nil || c.CustomerID != who || len(c.Items) == 0 {
			t.Errorf("what %s agreed to: %+v %v %v", who, c, err, c.Validate())
		}
		held, err := s.Wallet.Instruments(ctx, actor(), who)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range held {
			u, err := r.Uses(ctx, actor(), who, i.ID)
			if err != nil || u.Validate() != nil || u.InstrumentID != i.ID {
				t.Errorf("%s: %+v %v %v", i.ID, u, err, u.Validate())
			}
			if other := s.Customers[0]; other != who {
				if _, err := r.Uses(ctx, actor(), other, i.ID); !fault.Is(err, fault.NotFound) {
					t.Errorf("what rests on %s is told to %s: %v", i.ID, other, err)
				}
			}
		}
	}
	if _, err := r.Points(ctx, actor(), "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the points of nobody: %v", err)
	}
	if _, err := r.Consents(ctx, actor(), "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("what nobody agreed to: %v", err)
	}
	if _, err := r.Closure(ctx, actor(), "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the end of nobody: %v", err)
	}
	forms(t, s, r)
	fees, err := r.Fees(ctx)
	if err != nil || fees.Validate() != nil || len(fees.Lines) == 0 {
		t.Errorf("%+v %v %v", fees, err, fees.Validate())
	}
	narrowed(t, s)
}

// papers judges a customer's statements.
func papers(t *testing.T, s Site, r Further, who string) {
	t.Helper()
	ctx := context.Background()
	all := checked(t, "statements", who, func(c string) ([]statement.Statement, error) { return r.Statements(ctx, actor(), c) })
	if len(all) < 2 {
		t.Fatalf("%s has %d statements", who, len(all))
	}
	for i, x := range all[1:] {
		if x.To != all[i].From {
			t.Errorf("%s ends at %v and the next begins at %v", x.ID, x.To.Std(), all[i].From.Std())
		}
		for _, f := range x.Figures {
			if !slices.ContainsFunc(all[i].Figures, func(l statement.Figure) bool { return l.AccountID == f.AccountID && l.Opening.Cmp(f.Closing) == 0 }) {
				t.Errorf("%s closes %s with %s, and the next opens with something else", x.ID, f.AccountID, f.Closing)
			}
		}
	}
	kept := slices.IndexFunc(all, func(x statement.Statement) bool { return slices.Contains(x.Forms, statement.CSV) })
	if kept < 0 {
		t.Fatal("none can be kept")
	}
	d, err := r.Document(ctx, actor(), who, all[kept].ID, statement.CSV)
	if err != nil || d.Validate() != nil {
		t.Fatalf("%v %v", err, d.Validate())
	}
	content, err := d.Bytes()
	if err != nil || statement.Formulas(content) {
		t.Errorf("%v, or the table has a formula", err)
	}
	if _, err := r.Document(ctx, actor(), "nobody", all[kept].ID, statement.CSV); !fault.Is(err, fault.NotFound) {
		t.Errorf("it is given to nobody: %v", err)
	}
	for _, other := range s.Customers {
		if other == who {
			continue
		}
		if _, err := r.Document(ctx, actor(), other, all[kept].ID, statement.CSV); !fault.Is(err, fault.NotFound) {
			t.Errorf("it is given to %s: %v", other, err)
		}
	}
}

// forms judges how an instrument is added.
func forms(t *testing.T, s Site, r Further) {
	t.Helper()
	ctx := context.Background()
	a := instrument.Adding{Key: id.New(), CustomerID: s.Customers[0], Type: "card"}
	one, err := r.Link(ctx, actor(), a)
	if err != nil || one.Validate() != nil || one.State != instrument.Pending {
		t.Fatalf("%+v %v %v", one, err, one.Validate())
	}
	if again, err := r.Link(ctx, actor(), a); err != nil || !reflect.DeepEqual(again, one) {
		t.Errorf("again: %+v %v", again, err)
	}
	a.Type = "bank"
	if _, err := r.Link(ctx, actor(), a); !fault.Is(err, fault.Conflict) {
		t.Errorf("another form under the key: %v", err)
	}
	if got, err := r.Linked(ctx, actor(), s.Customers[0], one.ID); err != nil || got.ID != one.ID {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := r.Linked(ctx, actor(), s.Customers[1], one.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("it is told to somebody else: %v", err)
	}
}

// narrowed judges the filter by instrument.
func narrowed(t *testing.T, s Site) {
	t.Helper()
	everything := all(t, s, wallet.Query{CustomerID: s.Customers[0], Limit: wallet.MaxPage})
	i := slices.IndexFunc(everything, func(tx wallet.Transaction) bool { return tx.InstrumentID != "" })
	if i < 0 {
		t.Fatal("nothing was paid with an instrument")
	}
	q := wallet.Query{CustomerID: s.Customers[0], Limit: 7, Instrument: everything[i].InstrumentID}
	var want, got []string
	for _, tx := range everything {
		if q.Matches(tx) {
			want = append(want, tx.ID)
		}
	}
	for _, tx := range all(t, s, q) {
		got = append(got, tx.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("by instrument %d came of %d", len(got), len(want))
	}
}

// collected judges what is told of a customer's points, and that each purchase says the same.
func collected(t *testing.T, s Site, r Further, who string) {
	t.Helper()
	ctx := context.Background()
	told, err := r.Points(ctx, actor(), who)
	if err != nil || told.Validate() != nil || told.CustomerID != who {
		t.Errorf("the points of %s: %+v %v %v", who, told, err, told.Validate())
	}
	for _, l := range told.Lots {
		if l.Transaction == "" {
			continue
		}
		if e, err := r.Earning(ctx, actor(), who, l.Transaction); err != nil || e.Validate() != nil || e.Lot != l.ID || e.State != string(l.State) {
			t.Errorf("the points of %s: %+v %v %v, of %+v", l.Transaction, e, err, e.Validate(), l)
		}
		if other := s.Customers[0]; other != who {
			if _, err := r.Earning(ctx, actor(), other, l.Transaction); !fault.Is(err, fault.NotFound) {
				t.Errorf("the points of %s are told to %s: %v", l.Transaction, other, err)
			}
		}
	}
}
