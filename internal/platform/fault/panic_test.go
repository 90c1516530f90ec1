package fault_test

import (
	"fmt"
	"strings"
	"testing"

	"kefu/internal/platform/fault"
)

func TestAPanicTellsNothingThatSomebodyWrote(t *testing.T) {
	caught := func(do func()) (err error) {
		defer func() { err = fault.OfPanic("a.B", recover()) }()
		do()
		return nil
	}
	var none []int
	for want, do := range map[string]func(){
		"of type string":              func() { panic("4111 1111 1111 1111") },
		"of type *errors.errorString": func() { panic(fmt.Errorf("4111 %s", "1111")) },
		"index out of range":          func() { none[len(none)]++ },
	} {
		err := caught(do)
		text := err.Error()
		if !strings.Contains(text, want) || strings.Contains(text, "4111") || !strings.Contains(text, "panic_test.go") || !fault.Is(err, fault.Internal) {
			t.Errorf("want %q, told %s", want, text)
		}
	}
}
