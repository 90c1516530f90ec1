package closing_test

import (
	"testing"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/closing"
	"kefu/internal/platform/fault"
)

func euros(t *testing.T, text string) wallet.Money {
	t.Helper()
	m, err := wallet.Parse(text, "EUR", 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// standing is one that has a bit of everything.
func standing(t *testing.T) closing.Standing {
	t.Helper()
	return closing.Standing{
		CustomerID: "c-1", State: closing.Cooling, Days: 10, RequestedAt: 1, ClosesAt: 2, Return: closing.Return{How: "new"},
		Items: []closing.Item{
			{ID: "i-1", Kind: closing.Balance, Fix: closing.FixWithdraw, Blocks: true, Object: "a-1", Amount: euros(t, "12.40")},
			{ID: "i-2", Kind: closing.Points, Fix: closing.FixNone, Count: 12},
			{ID: "i-3", Kind: closing.Review, Fix: closing.FixPerson, Blocks: true},
		},
		Destinations: []closing.Destination{{InstrumentID: "in-1"}, {InstrumentID: "in-2", Why: "too_new", From: 5}},
	}
}

func TestWhatAWalletMayNotSayOfAnEnd(t *testing.T) {
	good := standing(t)
	if err := good.Validate(); err != nil || good.Ready() || len(good.Of(closing.Points, closing.Balance)) != 2 {
		t.Fatalf("%v", err)
	}
	for name, spoil := range map[string]func(*closing.Standing){
		"a review that says since when": func(s *closing.Standing) { s.Items[2].Until = 7 },
		"a review that says of what":    func(s *closing.Standing) { s.Items[2].Object = "fr-1" },
		"a review that says its name":   func(s *closing.Standing) { s.Items[2].Name = "AML" },
		"a review that hinders nothing": func(s *closing.Standing) { s.Items[2].Blocks = false },
		"two reviews": func(s *closing.Standing) {
			s.Items = append(s.Items, closing.Item{ID: "i-4", Kind: closing.Review, Fix: closing.FixPerson, Blocks: true})
		},
		"too few days":                    func(s *closing.Standing) { s.Days = 6 },
		"too many days":                   func(s *closing.Standing) { s.Days = 15 },
		"no end":                          func(s *closing.Standing) { s.ClosesAt = 0 },
		"an end before the request":       func(s *closing.Standing) { s.ClosesAt = 1 },
		"closed, with something in it":    func(s *closing.Standing) { s.State, s.ClosedAt = closing.Closed, 9 },
		"late money of who is there":      func(s *closing.Standing) { s.Late = []closing.Late{{ID: "l", Amount: euros(t, "1.00"), At: 1}} },
		"money without an account":        func(s *closing.Standing) { s.Items[0].Object = "" },
		"money without a sum":             func(s *closing.Standing) { s.Items[0].Amount = wallet.Money{} },
		"what blocks and cannot be fixed": func(s *closing.Standing) { s.Items[0].Fix = closing.FixNone },
		"two items of one id":             func(s *closing.Standing) { s.Items[1].ID = "i-1" },
		"an ended request of nobody":      func(s *closing.Standing) { s.EndedAt = 4 },
		"no way of coming back":           func(s *closing.Standing) { s.Return.How = "" },
		"nobody":                          func(s *closing.Standing) { s.CustomerID = "" },
	} {
		s := standing(t)
		spoil(&s)
		if err := s.Validate(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
