package guard

import (
	"crypto/sha256"
	"math/big"
	"strings"
)

// walletKeys finds private keys of wallets in a run without white space: WIF
// (Base58Check), extended keys (BIP-32), and 64 hex digits where the text
// speaks of wallets or keys.
func (s *scan) walletKeys(chunk string, start int) {
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
			s.add(start+i, start+j, Key, "")
		}
		i = j
	}
}

func (s *scan) walletKey(word string, start, end int) bool {
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
func (s *scan) keyContext(start, end int) bool {
	from, to := max(0, start-80), min(len(s.view.char), end+40)
	if !s.any(from, to, kindWallet|kindSeed|kindToken) {
		return false
	}
	for k := s.firstMark(start) - 1; k >= 0 && start-s.marks[k].end <= 80; k-- {
		switch w := s.marks[k].word.kind; {
		case w&(kindWallet|kindSeed|kindToken) != 0:
			return true
		case w&kindClaim != 0:
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
	if len(raw) != 37 && len(raw) != 38 {
		return false
	}
	body := raw[:len(raw)-4]
	first := sha256.Sum256(body)
	second := sha256.Sum256(first[:])
	return string(second[:4]) == string(raw[len(raw)-4:])
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
func (s *scan) brokenHex() {
	v := &s.view
	start, count := -1, 0
	for i := 0; i <= len(v.char); i++ {
		if i < len(v.char) && hexAt(v, i) {
			if start < 0 {
				start, count = i, 0
			}
			count++
			continue
		}
		if i < len(v.char) && start >= 0 && (v.class(i) == classSpace || dash(v.char[i])) && i+1 < len(v.char) && hexAt(v, i+1) && s.hexPiece(i+1) {
			continue
		}
		if start >= 0 && count >= 64 && count <= 66 && s.keyContext(start, i) && !s.covered(start, i) && s.view.solid(i-1) {
			s.add(start, i, Key, "")
		}
		start = -1
	}
}

func hexAt(v *view, i int) bool {
	r := v.char[i]
	return v.class(i) == classDigit || r >= 'a' && r <= 'f'
}

// hexPiece tells whether the written word at i is all hex digits.
func (s *scan) hexPiece(i int) bool {
	v := &s.view
	j := i
	for j < len(v.char) && v.solid(j) {
		if !hexAt(v, j) {
			return false
		}
		j++
	}
	return j-i >= 2
}
