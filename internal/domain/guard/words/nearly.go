package words

import "kefu/internal/domain/guard/fold"

// Nearly is what a written word of plain letters means that is one letter off
// one of the long words by which passwords are named; 0 when it is none.
func Nearly(word []rune) Kind {
	if len(word) < 7 || len(word) > 11 || word[0] != 'p' {
		return 0
	}
	switch {
	case oneOff(word, "password"), oneOff(word, "passphrase"):
		return Pass
	case oneOff(word, "passcode"):
		return Pass | OTP
	}
	return 0
}

// oneOff tells whether a letter is dropped, added, changed, or swapped with its
// neighbour.
func oneOff(word []rune, want string) bool {
	short := min(len(word), len(want))
	head := 0
	for head < short && word[head] == rune(want[head]) {
		head++
	}
	tail := 0
	for tail < short-head && word[len(word)-1-tail] == rune(want[len(want)-1-tail]) {
		tail++
	}
	a, b := len(word)-head-tail, len(want)-head-tail
	if a == 2 && b == 2 {
		return word[head] == rune(want[head+1]) && word[head+1] == rune(want[head])
	}
	return a <= 1 && b <= 1
}

// Disguised is the end of a "p@ssw0rd" at i that names a value: a sign follows.
// It is 0 when there is none.
func Disguised(v *fold.View, i int) int {
	const letters = "password"
	if i+len(letters) >= len(v.Char) {
		return 0
	}
	for k, want := range letters {
		switch r := v.Char[i+k]; {
		case r == want:
		case want == 'a' && (r == '@' || r == '4'), want == 's' && (r == '$' || r == '5'), want == 'o' && (r == '0' || r == '*'):
		default:
			return 0
		}
	}
	end := i + len(letters)
	for j := end; j < len(v.Char) && j-end < 3; j++ {
		if r := v.Char[j]; r == ':' || r == '=' {
			return end
		}
	}
	return 0
}
