package walletview_test

import (
	"reflect"
	"strings"
	"testing"

	"kefu/internal/domain/field"
	"kefu/internal/domain/webhook"
	"kefu/internal/web/api"
	"kefu/internal/web/walletview"
)

// leaves are the forms in which something of a customer leaves Kefu towards staff or a
// program; what they hold is found by walking them.
func leaves() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[walletview.WalletView](), reflect.TypeFor[walletview.Transaction](), reflect.TypeFor[walletview.Page](),
		reflect.TypeFor[api.CustomerLabel](), reflect.TypeFor[api.CustomerView](), reflect.TypeFor[api.Handle](), reflect.TypeFor[api.FoundList](), reflect.TypeFor[api.FoundLabel](), reflect.TypeFor[api.RevealedField](),
		reflect.TypeFor[webhook.Data](),
	}
}

// elsewhere are forms that such a form leads to and that are no record of a customer.
func elsewhere(t reflect.Type) bool { return t == reflect.TypeFor[api.Conversation]() }

// plain takes a type apart until it is no pointer and no list.
func plain(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// walk gives each field of a form and of what it leads to.
func walk(t reflect.Type, seen map[reflect.Type]bool, each func(of, name string)) {
	if t = plain(t); t.Kind() != reflect.Struct || seen[t] || elsewhere(t) {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.Anonymous && name != "-" {
			each(t.String(), name)
		}
		walk(f.Type, seen, each)
	}
}

// A field that nobody has declared fails here: who adds one of these forms a field says in
// domain/field how far it goes into somebody's life. What is declared is there, and no form
// has room for a secret.
func TestEveryFieldOfTheWireIsDeclared(t *testing.T) {
	t.Parallel()
	rows := field.Declared()
	found, seen := map[[2]string]bool{}, map[reflect.Type]bool{}
	for _, form := range leaves() {
		walk(form, seen, func(of, name string) {
			row, declared := field.Find(rows, of, name)
			switch {
			case !declared:
				t.Errorf("%s.%s is not declared", of, name)
			case row.Class == field.C4:
				t.Errorf("%s.%s is a secret", of, name)
			}
			found[[2]string{of, name}] = true
			for _, secret := range []string{"pan", "cvv", "cvc", "otp", "password", "seed", "pin", "mnemonic", "private_key"} {
				if name == secret {
					t.Errorf("%s has room for %s", of, secret)
				}
			}
		})
	}
	for _, r := range rows {
		if !found[[2]string{r.Of, r.Field}] {
			t.Errorf("%s.%s is declared, and there is no such field", r.Of, r.Field)
		}
	}
}
