package reveal_test

import (
	"testing"

	"kefu/internal/domain/field"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/platform/fault"
)

func TestOneFieldIsRevealed(t *testing.T) {
	c := wallet.Customer{Name: "Anna Schmidt", Handles: []wallet.Handle{{Kind: "email", Value: "anna@example.org"}, {Kind: "phone", Value: "+49 1"}}}
	accounts := []wallet.Account{{ID: "a", Number: "DE02"}, {ID: "b", Number: "DE03"}}
	tx := wallet.Transaction{Counterparty: &wallet.Counterparty{Name: "Hausverwaltung Krüger", Account: "DE02120300000000202051"}, Note: "rent for November"}
	for field, want := range map[field.Name]string{
		field.CustomerName: "Anna Schmidt", field.Email: "anna@example.org", field.PhoneNumber: "+49 1", field.Account: "DE03",
		field.Counterparty: "Hausverwaltung Krüger", field.PartyAccount: "DE02120300000000202051", field.Note: "rent for November",
	} {
		object := "b"
		if field.OfCustomer() {
			object = ""
		}
		if got, err := reveal.Of(field, c, accounts, tx, object); err != nil || got != want {
			t.Errorf("%s: %q %v", field, got, err)
		}
	}
	// Of two numbers the one that was asked for, and none in its place.
	c.Handles = append(c.Handles, wallet.Handle{Kind: "phone", Value: "+49 2"})
	for place, want := range map[string]string{"": "+49 1", "1": "+49 1", "2": "+49 2", "0": "", "3": "", "b": "", "+2": ""} {
		if got, err := reveal.Of(field.PhoneNumber, c, accounts, tx, place); got != want || (want == "") != fault.Is(err, fault.NotFound) {
			t.Errorf("the phone at %q: %q %v", place, got, err)
		}
	}
	if _, err := reveal.Of(field.Username, c, accounts, tx, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("a field that is empty: %v", err)
	}
	for _, secret := range []field.Name{field.Instrument, "card.cvv", "", "customer.password"} {
		if _, err := reveal.Of(secret, c, accounts, tx, "i"); !fault.Is(err, fault.Forbidden) || secret.Revealable() {
			t.Errorf("%q: %v", secret, err)
		}
	}
	for _, f := range field.Masked() {
		if f.Class() < field.C2 {
			t.Errorf("%s is not masked at all", f)
		}
	}
}
