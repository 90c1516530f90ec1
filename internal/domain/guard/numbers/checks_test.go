package numbers

import "testing"

func digits(text string) []int8 {
	var out []int8
	for _, r := range text {
		out = append(out, int8(r-'0'))
	}
	return out
}

// Numbers that the schemes publish for tests, and the same with a digit changed.
func TestCardNumbers(t *testing.T) {
	f := New()
	for _, c := range []struct {
		number       string
		valid, known bool
	}{
		{"4111111111111111", true, true}, {"4111111111111112", false, true}, {"378282246310005", true, true},
		{"6011000990139424", true, true}, {"3530111333300000", true, true}, {"2223003122003222", true, true},
		{"30569309025904", true, true}, {"6228480402564890018", true, true}, {"7111111111111114", true, false}, {"41111111111111", false, false},
	} {
		known, _ := f.issued(digits(c.number))
		if got := luhn(digits(c.number)); got != c.valid || known != c.known {
			t.Errorf("%s: valid %v, known %v", c.number, got, known)
		}
	}
}

func TestResidentCheck(t *testing.T) {
	for number, want := range map[string]bool{
		"110105194912310038": true, "110105194912310039": false, "110105194913310038": false, "010105194912310038": false,
	} {
		var d [18]int8
		copy(d[:], digits(number))
		if got := residentCheck(d); got != want {
			t.Errorf("%s: got %v", number, got)
		}
	}
}

// The examples of the IBAN registry.
func TestMod97(t *testing.T) {
	for code, want := range map[string]bool{
		"gb29nwbk60161331926819": true, "de89370400440532013000": true, "fr1420041010050500013m02606": true, "gb29nwbk60161331926818": false,
	} {
		if got := mod97([]rune(code)); got != want {
			t.Errorf("%s: got %v", code, got)
		}
	}
}
