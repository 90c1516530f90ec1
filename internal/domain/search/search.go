// Package search decides what finds a message: how text becomes words, what a
// query means, whether a candidate really matches, and which part of it to
// show. Words of spaced scripts are words; scripts written without spaces
// (Chinese, Japanese, Korean, Thai and the like) become overlapping pairs of
// characters, so that a two-character Chinese word is found anywhere.
//
// Words never leave the package in the clear: an index keeps Tokens, keyed
// pseudo-random values of the words and of their beginnings, so that a stolen index, its log or its
// backup holds nothing readable. Equal words have equal tokens, so an index
// still shows how often an unknown word occurs and beside which others.
//
// A set of tokens knows no order, so every hit is a candidate until a Matcher
// has seen its text. The package keeps no index and does no I/O; see
// storage/searchindex for that.
package search

import (
	"slices"
	"strconv"
	"sync"

	"github.com/dchest/siphash"

	"kefu/internal/platform/fault"
)

// The bounds of what one message puts into an index.
const (
	MaxTextRunes  = 8000         // code points read; the rest of a longer text is not found
	MaxTextTokens = MaxTextRunes // distinct tokens of a text, at most one a code point
	MaxTokens     = MaxTextTokens + maxMarks
	KeySize       = 16 // bytes of a Blinder's key
	TokenBits     = 40 // significant bits of a Token
)

// rulesVersion changes whenever the same text would give other tokens.
const rulesVersion = "3"

// Token stands for one word, or one pair of characters, in an index: the low
// TokenBits of SipHash-2-4 (Aumasson and Bernstein 2012) under a secret key.
// Two words share a token once in 2^40 pairs; a Matcher sorts such hits out.
type Token uint64

// Blinder turns words into Tokens. It is safe for concurrent use.
type Blinder struct {
	k0, k1 uint64
	pool   sync.Pool
}

// NewBlinder makes a Blinder from KeySize secret bytes. Whoever changes the key
// must rebuild the index. It returns Invalid for a key of another length.
func NewBlinder(key []byte) (*Blinder, error) {
	if len(key) != KeySize {
		return nil, fault.New(fault.Invalid, "search.NewBlinder", "the key has %d bytes instead of %d", len(key), KeySize)
	}
	blinder := &Blinder{k0: littleEndian(key[:8]), k1: littleEndian(key[8:])}
	blinder.pool.New = func() any { return new(analysis) }
	return blinder, nil
}

func littleEndian(b []byte) uint64 {
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// Text gives the distinct tokens of a message, sorted by value so that they do
// not tell the order of the words; nil when there is nothing to find.
func (b *Blinder) Text(text string) []Token { return b.First(text, MaxTextTokens) }

// First is Text with at most limit tokens, those of the text's beginning, because
// what a long message is about stands there.
func (b *Blinder) First(text string, limit int) []Token {
	a := b.pool.Get().(*analysis)
	defer b.pool.Put(a)
	a.read(text, MaxTextRunes)
	if len(a.symbols) == 0 {
		return nil
	}
	tokens := make([]Token, 0, min(2*len(a.symbols), limit))
	if 2*len(a.symbols) > limit {
		return b.longText(a, tokens, limit)
	}
	for i := range a.symbols {
		if term := a.term(i); term != nil {
			tokens = append(tokens, b.token(term))
		}
		if begin := a.beginning(i); begin != nil {
			tokens = append(tokens, b.token(begin))
		}
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// longText keeps the first distinct tokens in the order of the text.
func (b *Blinder) longText(a *analysis, tokens []Token, limit int) []Token {
	seen := make(map[Token]bool, limit)
	for i := range a.symbols {
		for _, term := range [...][]byte{a.term(i), a.beginning(i)} {
			if term == nil {
				continue
			}
			token := b.token(term)
			if seen[token] {
				continue
			}
			seen[token] = true
			if tokens = append(tokens, token); len(tokens) == limit {
				slices.Sort(tokens)
				return tokens
			}
		}
	}
	slices.Sort(tokens)
	return tokens
}

// Query gives the distinct tokens that every hit of the query has.
func (b *Blinder) Query(query Query) []Token {
	tokens := make([]Token, 0, len(query.keys))
	for _, key := range query.keys {
		tokens = append(tokens, b.token([]byte(key)))
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

func (b *Blinder) token(term []byte) Token {
	return Token(siphash.Hash(b.k0, b.k1, term) & (1<<TokenBits - 1))
}

// Fingerprint names the key and this version of the rules without revealing
// either. An index filled under another fingerprint finds nothing and must be
// filled again.
func (b *Blinder) Fingerprint() string {
	return strconv.FormatUint(siphash.Hash(b.k0, b.k1, []byte("fingerprint:"+rulesVersion)), 16)
}
