// Package words holds the phrases, in some thirty languages, by which a text
// gives a secret away or shows that a number is harmless, and finds them in
// folded text.
package words

import (
	"strings"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/platform/fault"
)

// Kind says what a listed word or phrase means to the detectors; bits, since a
// phrase can mean several things.
type Kind uint32

const (
	CVV      Kind = 1 << iota // asks for or names a card security code
	OTP                       // names a one-time code
	Code                      // "code" alone: too weak without a link
	Pass                      // password
	PassWeak                  // "pass": a password only before a colon or equals sign
	PIN                       // PIN
	Wallet                    // private keys and wallets
	Seed                      // recovery phrase
	Card                      // payment card
	Claim                     // names the next number as something harmless
	Near                      // like Claim, but only directly before the number
	Phone                     // beside Claim: names a phone
	Adverb                    // may stand behind "is": "still"
	Tail                      // "ending in": the next digits are the end of a number
	Unit                      // after a number: an amount, count or duration
	Expiry                    // expiry date of a card
	Is                        // links a name with its value
	Link                      // may stand between a name and its value
	Filler                    // may stand between digits: "dash", "then"
	Digit                     // a spelled digit, value 0-9
	Tens                      // "forty": value 4, joins with a digit
	Teen                      // "eleven": value 10-19
	Repeat                    // "double": value 2 or 3
	ID                        // identity documents
	Token                     // API keys and tokens
	Ask                       // asks for something: "what is", "please send"
	Plain                     // can never be a password
	CVVWeak                   // "security", "on the back": a security code only where the text speaks of cards
	Public                    // names the next word as no secret: "username"
	Private                   // private keys alone
	Place                     // speaks of places: a "pin code" may be a postal code
)

// Word is what the lexicon knows about a phrase.
type Word struct {
	Kind   Kind
	Value  int8
	prefix bool // inflected: the rest of the written word belongs to it
}

// Lexicon is a trie over folded characters. A gap in a phrase matches one or
// two spaces, hyphens, short dashes, underscores or apostrophes.
type Lexicon struct {
	edges map[uint64]int32 // while it is built
	pairs [26][26]int32    // the nodes of the first two plain letters
	slots []slot           // afterwards: open addressing, a power of two
	words []Word           // by node; kind 0 when no phrase ends there
}

// slot is an edge of the trie; an empty one has next 0, as no edge leads to the
// root.
type slot struct {
	key  uint64
	next int32
}

// freeze moves the edges from the map to a table that is quicker to read.
func (l *Lexicon) freeze() {
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
	for a := range l.pairs {
		for b := range l.pairs[a] {
			if first := l.Follow(0, rune('a'+a)); first != 0 {
				l.pairs[a][b] = l.Follow(first, rune('a'+b))
			}
		}
	}
}

func (l *Lexicon) slot(key uint64) int {
	return int(key*0x9E3779B97F4A7C15>>33) & (len(l.slots) - 1)
}

// Follow is the node behind an edge, 0 when there is none.
func (l *Lexicon) Follow(node int32, r rune) int32 {
	key := edge(node, r)
	for i := l.slot(key); l.slots[i].next != 0; i = (i + 1) & (len(l.slots) - 1) {
		if l.slots[i].key == key {
			return l.slots[i].next
		}
	}
	return 0
}

// At is the phrase that ends at a node; its kind is 0 when none does.
func (l *Lexicon) At(node int32) Word { return l.words[node] }

func edge(node int32, r rune) uint64 { return uint64(node)<<21 | uint64(r) }

// New builds the guard's lexicon; it tags the characters that begin a Chinese
// phrase in f.
func New(f *fold.Folding) (*Lexicon, error) {
	l, err := collect(f, vocabularies())
	if err != nil {
		return nil, err
	}
	for _, n := range numerals() {
		for i, phrases := range strings.Split(n.words, " ") {
			for _, phrase := range strings.Split(phrases, "|") {
				if phrase == "" || phrase == "-" {
					continue
				}
				node, _ := l.node(f, phrase)
				l.words[node].Kind |= n.kind
				l.words[node].Value = int8(n.first + i)
			}
		}
	}
	l.freeze()
	return l, nil
}

// Of builds a lexicon of somebody else's lists, in which the bits of a Kind mean
// what their owner says. It tags the characters that begin a Chinese phrase in f.
func Of(f *fold.Folding, lists []Vocabulary) (*Lexicon, error) {
	l, err := collect(f, lists)
	if err != nil {
		return nil, err
	}
	l.freeze()
	return l, nil
}

func collect(f *fold.Folding, lists []Vocabulary) (*Lexicon, error) {
	l := &Lexicon{edges: make(map[uint64]int32, 1<<14), words: make([]Word, 1, 1<<14)}
	for _, list := range lists {
		for _, phrase := range strings.Split(list.Phrases, "|") {
			if err := l.add(f, strings.TrimSpace(phrase), list.Kind); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

func (l *Lexicon) add(f *fold.Folding, phrase string, k Kind) error {
	phrase, prefix := strings.CutSuffix(phrase, "*")
	node, ok := l.node(f, phrase)
	if !ok {
		return fault.New(fault.Internal, "guard.lexicon", "empty phrase in a word list: %q", phrase)
	}
	l.words[node].Kind |= k
	l.words[node].prefix = l.words[node].prefix || prefix
	return nil
}

// node walks or builds the path of a phrase.
func (l *Lexicon) node(f *fold.Folding, phrase string) (int32, bool) {
	at := int32(0)
	folded := f.Text(phrase)
	for _, r := range folded {
		next, ok := l.edges[edge(at, r)]
		if !ok {
			next = int32(len(l.words))
			l.words = append(l.words, Word{})
			l.edges[edge(at, r)] = next
		}
		at = next
	}
	if len(folded) > 0 && f.ClassOf(folded[0]) == fold.Han {
		f.Tag(folded[0], fold.Start)
	}
	return at, len(folded) > 0
}

// Match finds the longest phrase that starts at position i of v and ends where
// a word may end. It returns the end and what the phrase means.
func (l *Lexicon) Match(v *fold.View, i int) (end int, found Word) {
	at, n := int32(0), len(v.Char)
	start := i
	if i+1 < n {
		if a, b := v.Char[i]-'a', v.Char[i+1]-'a'; a >= 0 && a < 26 && b >= 0 && b < 26 {
			if at = l.pairs[a][b]; at == 0 {
				return 0, Word{}
			}
			start = i + 2
			if w := &l.words[at]; w.Kind != 0 {
				if stop, ok := wordEnd(v, start, w.prefix); ok {
					end, found = stop, *w
				}
			}
		}
	}
	for j := start; j < n; {
		r, step := v.Char[j], 1
		if gap := gapLength(v, j); gap > 0 && j > i {
			if next := l.Follow(at, ' '); next != 0 {
				at, j = next, j+gap
				continue
			}
			if gap == 1 && v.Class(j-1) == fold.Han && j+1 < n && v.Class(j+1) == fold.Han {
				j++ // characters written apart
				continue
			}
		}
		next := l.Follow(at, r)
		if next == 0 {
			return end, found
		}
		at, j = next, j+step
		w := l.words[at]
		if w.Kind == 0 {
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
func wordEnd(v *fold.View, j int, prefix bool) (int, bool) {
	if j >= len(v.Char) || v.Class(j-1) != fold.Letter || v.Class(j) != fold.Letter {
		return j, true
	}
	if !prefix {
		return 0, false
	}
	for j < len(v.Char) && v.Class(j) == fold.Letter {
		j++
	}
	return j, true
}

// gapLength is the length of a gap inside a phrase at j, 0 when there is none.
func gapLength(v *fold.View, j int) int {
	n := 0
	for n < 2 && j+n < len(v.Char) && phraseGap(v.Char[j+n]) {
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
