package guard

import (
	"strings"

	"kefu/internal/platform/fault"
)

// kind says what a listed word or phrase means to the detectors; bits, since a
// phrase can mean several things.
type kind uint32

const (
	kindCVV      kind = 1 << iota // asks for or names a card security code
	kindOTP                       // names a one-time code
	kindCode                      // "code" alone: too weak without a link
	kindPass                      // password
	kindPassWeak                  // "pass": a password only before a colon or equals sign
	kindPIN                       // PIN
	kindWallet                    // private keys and wallets
	kindSeed                      // recovery phrase
	kindCard                      // payment card
	kindClaim                     // names the next number as something harmless
	kindNear                      // like kindClaim, but only directly before the number
	kindPhone                     // of kindClaim: names a phone
	kindAdverb                    // may stand behind "is": "still"
	kindTail                      // "ending in": the next digits are the end of a number
	kindUnit                      // after a number: an amount, count or duration
	kindExpiry                    // expiry date of a card
	kindIs                        // links a name with its value
	kindLink                      // may stand between a name and its value
	kindFiller                    // may stand between digits: "dash", "then"
	kindDigit                     // a spelled digit, value 0-9
	kindTens                      // "forty": value 4, joins with a digit
	kindTeen                      // "eleven": value 10-19
	kindRepeat                    // "double": value 2 or 3
	kindID                        // identity documents
	kindToken                     // API keys and tokens
	kindAsk                       // asks for something: "what is", "please send"
	kindPlain                     // can never be a password
)

// word is what the lexicon knows about a phrase.
type word struct {
	kind   kind
	value  int8
	prefix bool // inflected: the rest of the written word belongs to it
}

// lexicon is a trie over folded characters. A gap in a phrase matches one or
// two spaces, hyphens, dots or underscores.
type lexicon struct {
	edges map[uint64]int32 // while it is built
	slots []slot           // afterwards: open addressing, a power of two
	words []word           // by node; kind 0 when no phrase ends there
}

// slot is an edge of the trie; an empty one has next 0, as no edge leads to the
// root.
type slot struct {
	key  uint64
	next int32
}

// freeze moves the edges from the map to a table that is quicker to read.
func (l *lexicon) freeze() {
	size := 1
	for size < len(l.edges)*3 {
		size *= 2
	}
	l.slots = make([]slot, size)
	for key, next := range l.edges {
		i := l.slot(key)
		for l.slots[i].next != 0 {
			i = (i + 1) & (size - 1)
		}
		l.slots[i] = slot{key, next}
	}
	l.edges = nil
}

func (l *lexicon) slot(key uint64) int {
	return int(key*0x9E3779B97F4A7C15>>33) & (len(l.slots) - 1)
}

// follow is the node behind an edge, 0 when there is none.
func (l *lexicon) follow(node int32, r rune) int32 {
	key := edge(node, r)
	for i := l.slot(key); l.slots[i].next != 0; i = (i + 1) & (len(l.slots) - 1) {
		if l.slots[i].key == key {
			return l.slots[i].next
		}
	}
	return 0
}

func edge(node int32, r rune) uint64 { return uint64(node)<<21 | uint64(r) }

func newLexicon(f *folding) (*lexicon, error) {
	l := &lexicon{edges: make(map[uint64]int32, 1<<14), words: make([]word, 1, 1<<14)}
	for _, list := range vocabularies() {
		for _, phrase := range strings.Split(list.phrases, "|") {
			if err := l.add(f, strings.TrimSpace(phrase), list.kind); err != nil {
				return nil, err
			}
		}
	}
	for _, n := range numerals() {
		for i, phrases := range strings.Split(n.words, " ") {
			for _, phrase := range strings.Split(phrases, "|") {
				if phrase == "" || phrase == "-" {
					continue
				}
				node, _ := l.node(f, phrase)
				l.words[node].kind |= n.kind
				l.words[node].value = int8(n.first + i)
			}
		}
	}
	l.freeze()
	return l, nil
}

func (l *lexicon) add(f *folding, phrase string, k kind) error {
	phrase, prefix := strings.CutSuffix(phrase, "*")
	node, ok := l.node(f, phrase)
	if !ok {
		return fault.New(fault.Internal, "guard.lexicon", "empty phrase in a word list: %q", phrase)
	}
	l.words[node].kind |= k
	l.words[node].prefix = l.words[node].prefix || prefix
	return nil
}

// node walks or builds the path of a phrase.
func (l *lexicon) node(f *folding, phrase string) (int32, bool) {
	at := int32(0)
	folded := f.text(phrase)
	for _, r := range folded {
		next, ok := l.edges[edge(at, r)]
		if !ok {
			next = int32(len(l.words))
			l.words = append(l.words, word{})
			l.edges[edge(at, r)] = next
		}
		at = next
	}
	if r := folded; len(r) > 0 && r[0] >= 0x2E80 && r[0] < 1<<16 && f.class[r[0]]&classMask == classHan {
		f.class[r[0]] |= bitStart
	}
	return at, len(folded) > 0
}

// match finds the longest phrase that starts at position i of v and ends where
// a word may end. It returns the end and what the phrase means.
func (l *lexicon) match(v *view, i int) (end int, found word) {
	at, n := int32(0), len(v.char)
	for j := i; j < n; {
		r, step := v.char[j], 1
		if gap := gapLength(v, j); gap > 0 && j > i {
			if next := l.follow(at, ' '); next != 0 {
				at, j = next, j+gap
				continue
			}
		}
		next := l.follow(at, r)
		if next == 0 {
			return end, found
		}
		at, j = next, j+step
		w := l.words[at]
		if w.kind == 0 {
			continue
		}
		if stop, ok := wordEnd(v, j, w.prefix); ok {
			end, found = stop, w
		}
	}
	return end, found
}

// wordEnd tells whether a phrase may end before j; an inflected one takes the
// rest of the written word with it.
func wordEnd(v *view, j int, prefix bool) (int, bool) {
	if j >= len(v.char) || v.class(j-1) != classLetter || v.class(j) != classLetter {
		return j, true
	}
	if !prefix {
		return 0, false
	}
	for j < len(v.char) && v.class(j) == classLetter {
		j++
	}
	return j, true
}

// gapLength is the length of a gap inside a phrase at j, 0 when there is none.
func gapLength(v *view, j int) int {
	n := 0
	for n < 2 && j+n < len(v.char) && phraseGap(v.char[j+n]) {
		n++
	}
	return n
}

func phraseGap(r rune) bool {
	switch r {
	case ' ', '-', '_', '\u2010', '\u2011', '\u2013', '\'', '\u2019':
		return true
	}
	return false
}
