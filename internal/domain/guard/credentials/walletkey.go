package credentials

import (
	"crypto/sha256"
	"math/big"
	"strings"

	"kefu/internal/domain/guard/fold"
	"kefu/internal/domain/guard/reading"
	"kefu/internal/domain/guard/secret"
	"kefu/internal/domain/guard/words"
)

// walletKeys finds private keys of wallets in a run without white space: WIF
// (Base58Check), extended keys (BIP-32), and 64 hex digits where the text
// speaks of wallets or keys.
func (s *search) walletKeys(chunk string, start int) {
	for i := 0; i < len(chunk); {
		j := i
		for j < len(chunk) && alphanumeric(chunk[j]) {
			j++
		}
		if j == i {
			i++
			continue
		}
		if word := chunk[i:j]; s.walletKey(word, start+i, start+j) {
			s.Add(start+i, start+j, secret.Key, "")
		}
		i = j
	}
}

func (s *search) walletKey(word string, start, end int) bool {
	switch n := len(word); {
	case n == 51 || n == 52:
		return wif(word)
	case n == 64 || n == 66 && strings.EqualFold(word[:2], "0x"):
		return hexDigits(word[n-64:]) && s.keyContext(start, end)
	case n >= 86 && n <= 90:
		return s.keyContext(start, end) && base58(word) != nil // Solana
	}
	return false
}

// keyContext tells whether 64 hex digits are spoken of as a key and not as the
// hash of a transaction, which has the same form.
func (s *search) keyContext(start, end int) bool {
	from, to := max(0, start-80), min(len(s.View.Char), end+40)
	if !s.Any(from, to, words.Wallet|words.Seed|words.Token) {
		return false
	}
	for k := s.FirstMark(start) - 1; k >= 0 && start-s.Marks[k].End <= 80; k-- {
		switch w := s.Marks[k].Word.Kind; {
		case w&(words.Wallet|words.Seed|words.Token) != 0:
			return true
		case w&words.Claim != 0:
			return false
		}
	}
	return true
}

func hexDigits(text string) bool {
	return strings.Trim(text, "0123456789abcdefABCDEF") == ""
}

// wif checks a private key in wallet import format: Base58Check with version
// 0x80 (0xEF on test networks, other versions of other chains).
func wif(word string) bool {
	switch word[0] {
	case '5', 'K', 'L', '9', 'c', 'Q', 'T', '6', '7':
	default:
		return false
	}
	raw := base58(word)
	return (len(raw) == 37 || len(raw) == 38) && checked(raw)
}

// checked verifies the last four bytes of Base58Check.
func checked(raw []byte) bool {
	first := sha256.Sum256(raw[:len(raw)-4])
	second := sha256.Sum256(first[:])
	return string(second[:4]) == string(raw[len(raw)-4:])
}

// base58Check tells an address of Bitcoin and its like: 25 bytes with their check.
func base58Check(word string) bool {
	const size = 25
	raw := base58(word)
	if len(raw) < size-4 || len(raw) > size {
		return false
	}
	return checked(append(make([]byte, size-len(raw)), raw...))
}

// base58 decodes Bitcoin's base 58; nil when a character is foreign.
func base58(word string) []byte {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	n, radix := new(big.Int), big.NewInt(58)
	for i := range len(word) {
		x := strings.IndexByte(alphabet, word[i])
		if x < 0 {
			return nil
		}
		n.Mul(n, radix).Add(n, big.NewInt(int64(x)))
	}
	return n.Bytes()
}

// brokenHex finds 64 hex digits written in pieces, where the text speaks of keys.
func (s *search) brokenHex() {
	v := &s.View
	start, count := -1, 0
	for i := 0; i <= len(v.Char); i++ {
		if i < len(v.Char) && hexAt(v, i) {
			if start < 0 {
				start, count = i, 0
			}
			count++
			continue
		}
		if i < len(v.Char) && start >= 0 && (v.Class(i) == fold.Space || reading.Dash(v.Char[i])) && i+1 < len(v.Char) && hexAt(v, i+1) && s.hexPiece(i+1) {
			continue
		}
		if start >= 0 && count >= 64 && count <= 66 && s.keyContext(start, i) && !s.Covered(start, i) && s.View.Solid(i-1) {
			s.Add(start, i, secret.Key, "")
		}
		start = -1
	}
}

func hexAt(v *fold.View, i int) bool {
	r := v.Char[i]
	return v.Class(i) == fold.Digit || r >= 'a' && r <= 'f'
}

// hexPiece tells whether the written word at i is all hex digits.
func (s *search) hexPiece(i int) bool {
	v := &s.View
	j := i
	for j < len(v.Char) && v.Solid(j) {
		if !hexAt(v, j) {
			return false
		}
		j++
	}
	return j-i >= 2
}
