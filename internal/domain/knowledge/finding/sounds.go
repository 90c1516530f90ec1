package finding

import "github.com/mozillazg/go-pinyin"

// Bounds of cutting a word: how many ways are kept, and how many are tried.
const (
	maxCut   = 4
	maxTried = 500
)

// cut cuts a word of letters into Chinese sounds, in at most four ways: xian is xian and xi an.
func (a *analyser) cut(word string) (out [][]string) {
	tried := 0
	var walk func(rest string, sofar []string)
	walk = func(rest string, sofar []string) {
		if tried++; len(out) == maxCut || tried > maxTried {
			return
		}
		if rest == "" {
			if len(sofar) > 1 {
				out = append(out, append([]string(nil), sofar...))
			}
			return
		}
		for n := min(6, len(rest)); n > 0; n-- { // zhuang has six letters, and none has more
			if _, ok := a.syllables[rest[:n]]; ok {
				walk(rest[n:], append(sofar, rest[:n]))
			}
		}
	}
	walk(word, nil)
	return out
}

// syllables are the sounds of the common characters.
func syllables(args pinyin.Args) map[string]struct{} {
	out := map[string]struct{}{}
	const first, last = 0x4E00, 0x9FA5
	for r := rune(first); r <= last; r++ {
		if s := pinyin.SinglePinyin(r, args); len(s) > 0 {
			out[s[0]] = struct{}{}
		}
	}
	return out
}
