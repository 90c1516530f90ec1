package guardtest

import (
	"crypto/sha256"
	"math/big"
	"strconv"
	"strings"

	"github.com/tyler-smith/go-bip39/wordlists"
)

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func (m *maker) text(n int, alphabet string) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[m.rand.IntN(len(alphabet))]
	}
	out[n/2] = alphabet[len(alphabet)-1-m.rand.IntN(min(9, len(alphabet)))]
	return string(out)
}

func (m *maker) hex(n int) string { return m.text(n, "abcdef0123456789") }

func (m *maker) digits(n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte('0' + m.rand.IntN(10))
	}
	if out[0] == '0' {
		out[0] = '7'
	}
	if n == 4 && (out[0] == '1' || out[0] == '2') {
		out[0] = '8' // not a year
	}
	return string(out)
}

// card makes a card number that passes the Luhn check.
func (m *maker) card() string {
	scheme := pick(m, []struct {
		prefix string
		length int
	}{
		{"4", 16}, {"4", 16}, {"4", 16}, {"51", 16}, {"53", 16}, {"55", 16}, {"2221", 16}, {"2720", 16}, {"34", 15}, {"37", 15},
		{"6011", 16}, {"65", 16}, {"36", 14}, {"3530", 16}, {"62", 16}, {"62", 19}, {"6222", 19}, {"6217", 19}, {"5018", 16},
	})
	body := scheme.prefix + m.digits(scheme.length-len(scheme.prefix)-1)
	for d := range 10 {
		if number := body + strconv.Itoa(d); luhn(number) {
			return number
		}
	}
	return body
}

func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		n := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

func (m *maker) password() string {
	base := pick(m, []string{"Summer", "hunter", "Dragon", "letmein", "iloveyou", "Qwerty", "monkey", "Shadow", "zhangwei", "xiaoming", "P@ssw0rd", "Tr0ub4dor", "correct-Horse", "liverpool", "Sunshine"})
	return base + pick(m, []string{"123", "2024!", "!9", "@88", "_1990", "#42", "520", "99$$", "1314", "7"})
}

func (m *maker) passphrase() string {
	words := []string{"purple", "monkey", "dishwasher", "battery", "staple", "horse", "wooden", "candle", "river", "mountain"}
	var out []string
	for range 4 {
		out = append(out, pick(m, words))
	}
	return strings.Join(out, " ")
}

// phrase makes a valid recovery phrase and writes it in some fashion.
func (m *maker) phrase(lang string) string {
	list := wordlists.English
	switch {
	case lang == "zh" && m.rand.IntN(3) > 0:
		list = pick(m, [][]string{wordlists.ChineseSimplified, wordlists.ChineseTraditional})
	case lang == "other":
		list = pick(m, [][]string{wordlists.Spanish, wordlists.French, wordlists.Italian, wordlists.Japanese, wordlists.Korean, wordlists.Czech})
	}
	words := m.mnemonic(list, pick(m, []int{12, 12, 12, 15, 18, 21, 24}))
	han := len([]rune(words[0])) == 1
	switch m.rand.IntN(7) {
	case 0:
		after := pick(m, []string{". ", ") ", ".", ": "})
		for i := range words {
			words[i] = strconv.Itoa(i+1) + after + words[i]
		}
		return strings.Join(words, " ")
	case 1:
		return strings.Join(words, ", ")
	case 2:
		return strings.Join(words, "\n")
	case 3:
		if han {
			return strings.Join(words, "")
		}
		i := m.rand.IntN(len(words))
		words[i] = m.typo(words[i])
		return strings.Join(words, " ")
	case 4:
		return strings.Join(words, pick(m, []string{" - ", "-", "  ", " / ", "，"}))
	default:
		return strings.Join(words, " ")
	}
}

// mnemonic follows BIP-39: entropy, checksum, eleven bits a word.
func (m *maker) mnemonic(list []string, n int) []string {
	entropy := make([]byte, n*4/3)
	for i := range entropy {
		entropy[i] = byte(m.rand.IntN(256))
	}
	sum := sha256.Sum256(entropy)
	bits := new(big.Int).SetBytes(entropy)
	width := uint(n / 3)
	bits.Lsh(bits, width).Or(bits, big.NewInt(int64(sum[0]>>(8-width))))
	words := make([]string, n)
	mask := big.NewInt(2047)
	for i := n - 1; i >= 0; i-- {
		words[i] = list[new(big.Int).And(bits, mask).Int64()]
		bits.Rsh(bits, 11)
	}
	return words
}

// typo changes, drops or doubles one letter of a word in Latin script.
func (m *maker) typo(word string) string {
	i := 1 + m.rand.IntN(len(word)-1)
	if word[i] < 'a' || word[i] > 'z' {
		return word
	}
	switch m.rand.IntN(3) {
	case 0:
		return word[:i] + string(rune('a'+m.rand.IntN(26))) + word[i+1:]
	case 1:
		if len(word) > 4 {
			return word[:i] + word[i+1:]
		}
	}
	return word[:i] + word[i:i+1] + word[i:]
}

// anyKey makes a credential in one of the formats in use.
func (m *maker) anyKey() string {
	url := alphanumerics + "-_"
	switch m.rand.IntN(14) {
	case 0:
		return "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ" + m.text(40, url) + "." + m.text(43, url)
	case 1:
		return "sk_live_" + m.text(24, alphanumerics)
	case 2:
		return "rk_live_" + m.text(24, alphanumerics)
	case 3:
		return "AKIA" + m.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
	case 4:
		return "ghp_" + m.text(36, alphanumerics)
	case 5:
		return "xoxb-" + m.digits(11) + "-" + m.digits(12) + "-" + m.text(24, alphanumerics)
	case 6:
		return "AIza" + m.text(35, alphanumerics)
	case 7:
		return m.wif()
	case 8:
		return "xprv9s21ZrQH143K" + m.text(95, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
	case 9:
		return "-----BEGIN PRIVATE KEY-----\n" + m.text(64, alphanumerics) + "\n" + m.text(64, alphanumerics) + "\n-----END PRIVATE KEY-----"
	case 10:
		return "glpat-" + m.text(20, url)
	case 11:
		return "github_pat_" + m.text(22, alphanumerics) + "_" + m.text(59, alphanumerics)
	case 12:
		return "SG." + m.text(22, url) + "." + m.text(43, url)
	default:
		return "-----BEGIN RSA PRIVATE KEY-----\nMII" + m.text(61, alphanumerics) + "\n-----END RSA PRIVATE KEY-----"
	}
}

// wif makes a private key in wallet import format.
func (m *maker) wif() string {
	raw := []byte{0x80}
	for range 32 {
		raw = append(raw, byte(m.rand.IntN(256)))
	}
	if m.rand.IntN(2) == 0 {
		raw = append(raw, 1)
	}
	one := sha256.Sum256(raw)
	two := sha256.Sum256(one[:])
	n := new(big.Int).SetBytes(append(raw, two[:4]...))
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	out, rest := "", new(big.Int)
	for n.Sign() > 0 {
		n.DivMod(n, big.NewInt(58), rest)
		out = string(alphabet[rest.Int64()]) + out
	}
	return out
}

// identity makes an identity or account number that passes its check.
func (m *maker) identity() string {
	switch m.rand.IntN(4) {
	case 0:
		return strconv.Itoa(100+m.rand.IntN(500)) + "-" + strconv.Itoa(10+m.rand.IntN(80)) + "-" + strconv.Itoa(1000+m.rand.IntN(8000))
	case 1:
		return m.iban()
	case 2:
		return "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
	default:
		id := m.resident()
		return pick(m, []string{id, strings.ToLower(id), id[:6] + " " + id[6:14] + " " + id[14:], fullWidth(id)})
	}
}

func (m *maker) resident() string {
	body := pick(m, []string{"110105", "310101", "440306", "510107"}) +
		strconv.Itoa(1950+m.rand.IntN(55)) + pick(m, []string{"0115", "0731", "1228", "0920"}) + m.digits(3)
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}

func (m *maker) iban() string {
	bank := pick(m, []struct{ country, body string }{
		{"DE", m.digits(18)}, {"FR", m.digits(23)}, {"ES", m.digits(20)}, {"GB", "WEST" + m.digits(14)}, {"NL", "ABNA" + m.digits(10)},
	})
	n := new(big.Int)
	numeric := ""
	for _, r := range bank.body + bank.country + "00" {
		if r >= 'A' {
			numeric += strconv.Itoa(int(r-'A') + 10)
		} else {
			numeric += string(r)
		}
	}
	n.SetString(numeric, 10)
	check := 98 - int(n.Mod(n, big.NewInt(97)).Int64())
	iban := bank.country + string(rune('0'+check/10)) + string(rune('0'+check%10)) + bank.body
	if m.rand.IntN(2) == 0 {
		return iban
	}
	return m.grouped(iban, " ")
}
