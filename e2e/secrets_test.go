package e2e_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// planted is a secret that nobody has ever written before, in a text as people
// write it.
type planted struct {
	class string
	form  string
	text  string   // what is written
	trace []string // what must be found nowhere, long enough to be no accident
}

// maker invents secrets.
type maker struct {
	t      *testing.T
	random *mathrand.Rand
}

func newMaker(t *testing.T) *maker {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		t.Fatal(err)
	}
	return &maker{t, mathrand.New(mathrand.NewChaCha8(seed))}
}

func (m *maker) from(alphabet string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = alphabet[m.random.IntN(len(alphabet))]
	}
	return string(out)
}

func (m *maker) digits(n int) string {
	return string("123456789"[m.random.IntN(9)]) + m.from("0123456789", n-1)
}

const (
	letters       = "abcdefghijklmnopqrstuvwxyz"
	alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	base58        = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
)

// word is a word that is no secret and occurs nowhere else.
func (m *maker) word() string { return "zq" + m.from(letters, 10) }

// card passes the Luhn check (ISO/IEC 7812-1, annex B).
func (m *maker) card() string {
	body := "4" + m.digits(14)
	for d := range 10 {
		number, sum := body+strconv.Itoa(d), 0
		for i := range len(number) {
			n := int(number[len(number)-1-i] - '0')
			if i%2 == 1 {
				n = n*2/10 + n*2%10
			}
			sum += n
		}
		if sum%10 == 0 {
			return number
		}
	}
	return body
}

// phrase is a recovery phrase of twelve words (BIP-39).
func (m *maker) phrase(list []string, separator string) string {
	entropy := make([]byte, 16)
	for i := range entropy {
		entropy[i] = byte(m.random.IntN(256))
	}
	sum := sha256.Sum256(entropy)
	bits := new(big.Int).SetBytes(entropy)
	bits.Lsh(bits, 4).Or(bits, big.NewInt(int64(sum[0]>>4)))
	words := make([]string, 12)
	for i := len(words) - 1; i >= 0; i-- {
		words[i] = list[new(big.Int).And(bits, big.NewInt(2047)).Int64()]
		bits.Rsh(bits, 11)
	}
	return strings.Join(words, separator)
}

// telling is a recovery phrase without the short words that ordinary sentences
// are made of: a few of those alone look like chatter.
func (m *maker) telling() []string {
	for {
		words := strings.Fields(m.phrase(wordlists.English, " "))
		if !slices.ContainsFunc(words, func(w string) bool { return len(w) < 5 }) {
			return words
		}
	}
}

// wif is a private key in wallet import format.
func (m *maker) wif() string {
	raw := []byte{0x80}
	for range 32 {
		raw = append(raw, byte(m.random.IntN(256)))
	}
	raw = append(raw, 1)
	one := sha256.Sum256(raw)
	two := sha256.Sum256(one[:])
	n, rest, out := new(big.Int).SetBytes(append(raw, two[:4]...)), new(big.Int), ""
	for n.Sign() > 0 {
		n.DivMod(n, big.NewInt(58), rest)
		out = string(base58[rest.Int64()]) + out
	}
	return out
}

// iban has the check digits of ISO 7064, MOD 97-10.
func (m *maker) iban() string {
	body := m.digits(18)
	n, _ := new(big.Int).SetString(body+"131400", 10) // D is 13, E is 14
	check := 98 - new(big.Int).Mod(n, big.NewInt(97)).Int64()
	return fmt.Sprintf("DE%02d%s", check, body)
}

// resident is a Chinese identity number (GB 11643).
func (m *maker) resident() string {
	body := fmt.Sprintf("110105%d%02d%02d%03d", 1960+m.random.IntN(40), 1+m.random.IntN(12), 1+m.random.IntN(28), 100+m.random.IntN(899))
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(body[i]-'0')
	}
	return body + string("10X98765432"[sum%11])
}

// mrz is the machine-readable zone of a passport (ICAO 9303, part 4).
func (m *maker) mrz() string {
	number, birth, expiry := "L"+m.digits(8), "740812", "320415"
	check := func(text string) string {
		sum := 0
		for i, r := range text {
			v := 0
			switch {
			case r >= '0' && r <= '9':
				v = int(r - '0')
			case r >= 'A' && r <= 'Z':
				v = int(r-'A') + 10
			}
			sum += v * []int{7, 3, 1}[i%3]
		}
		return strconv.Itoa(sum % 10)
	}
	personal := strings.Repeat("<", 14)
	second := number + check(number) + "UTO" + birth + check(birth) + "F" + expiry + check(expiry) + personal + "0"
	second += check(number + check(number) + birth + check(birth) + expiry + check(expiry) + personal + "0")
	return "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n" + second
}

// whole is one secret of every kind, in a plain sentence.
func (m *maker) whole() []planted {
	var all []planted
	add := func(class, form, lead, value string, trace ...string) {
		if len(trace) == 0 {
			trace = []string{value}
		}
		all = append(all, planted{class, form, lead + value, trace})
	}
	add("pan", "whole", "my card is ", m.card())
	cvv, otp := m.digits(3), m.digits(6)
	after := ", " + m.word()
	add("cvv", "whole", "the cvv on the back is ", cvv+after)
	add("otp", "whole", "the verification code they sent me is ", otp+after)
	add("seed", "English", "my recovery phrase: ", m.phrase(wordlists.English, " "))
	add("seed", "Chinese", "我的助记词是：", m.phrase(wordlists.ChineseSimplified, " "))
	add("key", "xprv", "the key is ", "xprv9s21ZrQH143K"+m.from(base58, 95))
	add("key", "WIF", "private key ", m.wif())
	pem := m.from(alphanumerics, 64)
	add("key", "PEM", "", "-----BEGIN PRIVATE KEY-----\n"+pem+"\n-----END PRIVATE KEY-----", pem)
	claims := "eyJzdWIi" + m.from(alphanumerics, 40)
	add("key", "JWT", "it answers with ", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."+claims+"."+m.from(alphanumerics, 43), claims)
	add("key", "AWS", "we use ", "AKIA"+m.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 15)+"7")
	add("key", "live", "and ", "sk_live_"+m.from(alphanumerics, 24))
	add("password", "English", "my password is ", "Hunter"+m.digits(8)+"!")
	add("password", "Chinese", "我的密码是 ", "xiaoming"+m.digits(8))
	add("id", "IBAN", "send it to ", m.iban())
	add("id", "resident", "身份证号 ", m.resident())
	ssn := fmt.Sprintf("%d-%d-%d", 100+m.random.IntN(500), 10+m.random.IntN(80), 1000+m.random.IntN(8999))
	add("id", "SSN", "my social security number is ", ssn+after, ssn+after)
	mrz := m.mrz()
	add("id", "MRZ", "", mrz, mrz[strings.Index(mrz, "\n")+1:][:20])
	return all
}

// disguised are secrets as people write them to be read more easily, or not at
// all.
func (m *maker) disguised() []planted {
	var all []planted
	add := func(class, form, lead, written, plain string) {
		all = append(all, planted{class, form, lead + written, []string{written, plain}})
	}
	grouped := func(text, separator string) string {
		var parts []string
		for len(text) > 4 {
			parts, text = append(parts, text[:4]), text[4:]
		}
		return strings.Join(append(parts, text), separator)
	}
	for _, separator := range []string{" ", "-", "\n"} {
		card := m.card()
		add("pan", "grouped", "my card is ", grouped(card, separator), card)
	}
	card := m.card()
	add("pan", "full-width", "卡号 ", wide(card), card)
	card = m.card()
	add("pan", "spaced", "card: ", strings.Join(strings.Split(card, ""), " "), card)
	card = m.card()
	add("pan", "spelled", "my card number is ", spelled(card, " ", "zero one two three four five six seven eight nine"), card)
	card = m.card()
	add("pan", "spelled in Chinese", "卡号是", spelled(card, "", "零 一 二 三 四 五 六 七 八 九"), card)
	iban := m.iban()
	add("id", "grouped IBAN", "IBAN ", grouped(iban, " "), iban)
	resident := m.resident()
	add("id", "full-width", "身份证 ", wide(resident), resident)
	phrase := m.phrase(wordlists.English, " ")
	add("seed", "by commas", "", strings.ReplaceAll(phrase, " ", ", "), phrase)
	phrase = m.phrase(wordlists.ChineseSimplified, "")
	add("seed", "Chinese without spaces", "助记词 ", phrase, phrase)
	return all
}

func wide(text string) string {
	return strings.Map(func(r rune) rune { return r + 0xFEE0 }, text)
}

func spelled(number, separator, words string) string {
	var out []string
	for _, r := range number {
		out = append(out, strings.Fields(words)[r-'0'])
	}
	return strings.Join(out, separator)
}

// split is a secret that several messages together make.
type split struct {
	class string
	form  string
	parts []string
	early []string // traces of parts that were stored before the secret was whole
	whole []string
}

func (m *maker) split() []split {
	card := m.card()
	halves := split{"pan", "in two", []string{card[:8], card[8:]}, []string{card[:8]}, []string{card}}
	card = m.card()
	quarters := split{"pan", "in four", []string{card[:4], card[4:8], card[8:12], card[12:]}, []string{card[4:8] + "\n" + card[8:12]}, []string{card}}
	card = m.card()
	said := split{"pan", "in three, with words", []string{"my card starts with " + card[:6], card[6:12], card[12:]}, []string{"starts with " + card[:6]}, []string{card}}
	words := m.telling()
	first, second := strings.Join(words[:6], " "), strings.Join(words[6:], " ")
	phrase := split{"seed", "in two", []string{first, second}, []string{first}, []string{first + " " + second}}
	words = m.telling()
	named := split{"seed", "announced", []string{"my recovery phrase is: " + strings.Join(words[:6], " "), strings.Join(words[6:], " ")},
		[]string{strings.Join(words[:6], " ")}, []string{strings.Join(words, " ")}}
	iban := m.iban()
	account := split{"id", "IBAN in two", []string{iban[:12], iban[12:]}, []string{iban[:12]}, []string{iban}}
	return []split{halves, quarters, said, phrase, named, account}
}

// unique is a name that occurs once in the world.
func (m *maker) unique() string {
	raw := make([]byte, 8)
	for i := range raw {
		raw[i] = byte(m.random.IntN(256))
	}
	return hex.EncodeToString(raw)
}
