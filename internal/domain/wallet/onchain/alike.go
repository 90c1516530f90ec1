package onchain

import "strings"

// edge is how many characters at both ends of two addresses have to be the same for one
// to pass for the other: apps show the first and the last few.
const edge = 3

// Alike tells whether one address may have been made to be taken for the other: both
// begin and end the same, and are not the same. Those who make them send nothing or next
// to nothing from one, so that it stands in a history from which it is copied.
func Alike(a, b string) bool {
	x, y := folded(a), folded(b)
	if x == y || len(x) < 4*edge || len(y) < 4*edge {
		return false
	}
	return x[:edge] == y[:edge] && x[len(x)-edge:] == y[len(y)-edge:]
}

// folded is an address without its marker, and without regard to case, which people do
// not look at either.
func folded(s string) string { return strings.ToLower(bare(s)) }

// Part is a stretch of two addresses, side by side.
type Part struct {
	From, To     int // positions, the first is 1
	Yours, Other string
	Same         bool
}

// Compare puts two addresses side by side in stretches of four characters. What is the
// same comes in one. The other address is never there as a whole.
func Compare(yours, other string) []Part {
	const step = 4
	a, b := bare(yours), bare(other)
	cut := func(s string, at int) string { return s[min(at, len(s)):min(at+step, len(s))] }
	var all []Part
	for at := 0; at < max(len(a), len(b)); at += step {
		x, y := cut(a, at), cut(b, at)
		p := Part{From: at + 1, To: at + max(len(x), len(y)), Yours: x, Other: y, Same: strings.EqualFold(x, y)}
		if last := len(all) - 1; last >= 0 && p.Same && all[last].Same {
			all[last].To, all[last].Yours, all[last].Other = p.To, all[last].Yours+x, all[last].Other+y
			continue
		}
		all = append(all, p)
	}
	return all
}

// Model is the address, among those that a customer used before, which another one may
// have been made to be taken for; "" for none.
func Model(address string, used []string) string {
	for _, u := range used {
		if Alike(address, u) {
			return u
		}
	}
	return ""
}
