package guardtest

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/tyler-smith/go-bip39/wordlists"
)

// Said is one message of a talk. Secret is the part of the text, or nothing, that
// must be gone once the whole secret was said.
type Said struct {
	Text   string
	Own    bool // by the one who tells the secret
	Secret string
}

// TalkKinds are the ways of telling a secret over messages that Talk knows: of
// recovery phrases, the language, the words in all, and how they are written.
func TalkKinds() []string {
	return []string{
		"seed en 12", "seed en 12 named", "seed en 24", "seed zh 12 glued", "seed zh 12 spaced", "seed zh 12 named", "seed zh 24 glued", "seed zh 24 spaced", "seed es 12", "seed ja 12", "seed ko 24",
		"pan fours", "pan odd", "pan named", "cvv after expiry", "cvv asked", "otp halves", "otp asked", "iban groups", "key xprv", "key wif", "key hex", "id resident",
	}
}

// Talk tells a random secret over messages, with ordinary words of the other
// side in between. Of recovery phrases each message has n words; other kinds
// take no heed of n. An unknown kind has no messages.
func Talk(seed uint64, kind string, n int) []Said {
	m := &maker{rand: rand.New(rand.NewPCG(seed, uint64(n)))}
	fields := strings.Fields(kind)
	var said []Said
	switch fields[0] {
	case "seed":
		said = m.phraseTalk(fields[1], kind, n)
	case "pan":
		said = m.cardTalk(fields[1])
	case "cvv":
		said = m.codeTalk(fields[1])
	case "otp":
		said = m.otpTalk(fields[1])
	case "iban":
		said = m.ibanTalk()
	case "key":
		said = m.keyTalk(fields[1])
	case "id":
		id := m.resident()
		said = own(id[:6], id[6:14], id[14:])
	}
	return m.answered(said)
}

func own(parts ...string) []Said {
	var said []Said
	for _, part := range parts {
		said = append(said, Said{Text: part, Own: true, Secret: part})
	}
	return said
}

// answered puts ordinary words of the other side between the messages.
func (m *maker) answered(said []Said) []Said {
	var out []Said
	for i, s := range said {
		if i > 0 && m.rand.IntN(2) == 0 {
			out = append(out, Said{Text: pick(m, []string{"ok", "go on", "Thanks, I am looking.", "one moment please", "yes", "好的", "请稍等", "Let me check that for you"})})
		}
		out = append(out, s)
	}
	return out
}

func (m *maker) phraseTalk(lang, kind string, n int) []Said {
	list, gap, name := wordlists.English, " ", "my seed:"
	if lang == "zh" {
		list, name = pick(m, [][]string{wordlists.ChineseSimplified, wordlists.ChineseTraditional}), "我的助记词："
		if !strings.HasSuffix(kind, "spaced") {
			gap = ""
		}
	}
	switch lang {
	case "es":
		list = wordlists.Spanish
	case "ja":
		list = wordlists.Japanese
	case "ko":
		list = wordlists.Korean
	}
	length := 12
	if strings.Contains(kind, "24") {
		length = 24
	}
	var parts []string
	for words := m.mnemonic(list, length); len(words) > 0; {
		k := min(n, len(words))
		parts = append(parts, strings.Join(words[:k], gap))
		words = words[k:]
	}
	said := own(parts...)
	if strings.HasSuffix(kind, "named") {
		said = append([]Said{{Text: name, Own: true}}, said...)
	}
	return said
}

func (m *maker) cardTalk(how string) []Said {
	number := m.card()
	if how == "odd" {
		return own(m.cut(number, 2+m.rand.IntN(3))...)
	}
	said := own(strings.Split(m.grouped(number, " "), " ")...)
	if how == "named" {
		return append([]Said{{Text: pick(m, []string{"my card number is", "卡号是", "it is a visa"}), Own: true}}, said...)
	}
	return said
}

// cut cuts a text into n pieces of at least two characters.
func (m *maker) cut(text string, n int) []string {
	var parts []string
	for ; n > 1; n-- {
		at := 2 + m.rand.IntN(len(text)-2*n+1)
		parts = append(parts, text[:at])
		text = text[at:]
	}
	return append(parts, text)
}

func (m *maker) expiry() string {
	month := "0" + strconv.Itoa(1+m.rand.IntN(9))
	return month + pick(m, []string{"/", "/20", "-", " / "}) + strconv.Itoa(27+m.rand.IntN(8))
}

func (m *maker) codeTalk(how string) []Said {
	code := Said{Text: m.digits(3), Own: true}
	code.Secret = code.Text
	if how == "asked" {
		question := pick(m, []string{"your CVV?", "What is the security code on the back of your card?", "请问卡背面的三位数是多少？"})
		thanks := pick(m, []string{"thanks!", "Take your time.", "没关系", "ok"})
		return []Said{{Text: question}, {Text: pick(m, []string{"wait", "one moment", "ok", "稍等"}), Own: true}, {Text: thanks}, code}
	}
	card := m.card()
	for len(card) == 15 {
		card = m.card()
	}
	said := own(m.grouped(card, pick(m, []string{"", " ", "-"})))
	if m.rand.IntN(2) == 0 {
		return append(said, Said{Text: m.expiry(), Own: true}, code)
	}
	expiry := m.expiry()
	return append(said, Said{Text: "exp " + expiry + " " + code.Text, Own: true, Secret: code.Text})
}

func (m *maker) otpTalk(how string) []Said {
	code := m.digits(6)
	if how == "asked" {
		question := pick(m, []string{"What is the code we sent you?", "Please tell me the verification code", "请告诉我验证码"})
		return append([]Said{{Text: question}}, own(code[:3], code[3:])...)
	}
	name := pick(m, []string{"the code is", "my verification code is", "验证码是", "code"})
	if m.rand.IntN(2) == 0 {
		return append([]Said{{Text: name, Own: true}}, own(code[:3], code[3:])...)
	}
	said := own(code[:3], code[3:])
	said[0].Text = name + " " + code[:3]
	return said
}

func (m *maker) ibanTalk() []Said {
	groups := strings.Fields(m.grouped(strings.ReplaceAll(m.iban(), " ", ""), " "))
	messages := 2 + m.rand.IntN(3)
	var parts []string
	for i := range messages {
		from, to := i*len(groups)/messages, (i+1)*len(groups)/messages
		parts = append(parts, strings.Join(groups[from:to], " "))
	}
	said := own(parts...)
	if m.rand.IntN(2) == 0 {
		said[0].Text = "IBAN " + said[0].Text
	}
	return said
}

func (m *maker) keyTalk(how string) []Said {
	var key string
	switch how {
	case "xprv":
		key = "xprv9s21ZrQH143K" + m.text(95, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
	case "wif":
		key = m.wif()
	case "hex":
		key = m.hex(64)
	}
	at := len(key)/4 + m.rand.IntN(len(key)/2)
	said := own(key[:at], key[at:])
	if how == "hex" {
		return append([]Said{{Text: pick(m, []string{"my private key", "this is the private key:", "我的私钥"}), Own: true}}, said...)
	}
	return said
}

// IBAN makes a bank account number in groups of four.
func IBAN(seed uint64) string {
	m := &maker{rand: rand.New(rand.NewPCG(seed, 97))}
	return m.grouped(strings.ReplaceAll(m.iban(), " ", ""), " ")
}
