package guard_test

import (
	"testing"

	"kefu/internal/domain/guard"
)

// say is one turn of a conversation; the last one is scanned.
type say struct {
	text string
	own  bool
	want string // after redaction
}

func TestScanWindow(t *testing.T) {
	d := newDetector(t)
	for _, c := range []struct {
		name  string
		turns []say
	}{
		{"card over four messages", []say{
			{"4242", true, "‹pan ••••4242›"}, {"4242", true, "‹pan ••••4242›"}, {"4242", true, "‹pan ••••4242›"}, {"4242", true, "‹pan ••••4242›"}}},
		{"card with the agent between", []say{
			{"42424242", true, "‹pan ••••4242›"}, {"go on", false, "go on"}, {"4242 4242", true, "‹pan ••••4242›"}}},
		{"seed over messages", []say{
			{"legal winner thank year", true, "‹seed›"}, {"wave sausage worth useful", true, "‹seed›"}, {"legal winner thank yellow", true, "‹seed›"}}},
		{"security code behind a card", []say{{"4111 1111 1111 1111, security is 123", true, "‹pan ••••1111›, security is ‹cvv›"}}},
		{"security code behind the end of a card", []say{{"4111 1111", true, "‹pan ••••1111›"}, {"1111 1111, security is 123", true, "‹pan ••••1111›, security is ‹cvv›"}}},
		{"cvv announced", []say{{"my cvv is", true, "my cvv is"}, {"123", true, "‹cvv›"}}},
		{"code announced", []say{{"the code is", true, "the code is"}, {"482911", true, "‹otp›"}}},
		{"cvv asked", []say{{"Please send the security code (CVV), which is printed on the reverse side of your card, so that we can continue.", false, ""}, {"123", true, "‹cvv›"}}},
		{"password asked", []say{{"What is your password?", false, ""}, {"sunflower", true, "‹password›"}}},
		{"password asked in Chinese", []say{{"请提供您的密码", false, ""}, {"abc12345", true, "‹password›"}}},
		{"code asked, refused", []say{{"Please send the code", false, ""}, {"I will not tell you that", true, "I will not tell you that"}}},
		{"code sent", []say{{"We have just sent a one-time code to your phone.", false, ""}, {"482911", true, "‹otp›"}}},
		{"code sent, told in a sentence", []say{{"A 6-digit code is on its way to your phone number.", false, ""}, {"ok", true, "ok"}, {"482 911", true, "‹otp›"}}},
		{"code sent, in Chinese", []say{{"验证码已发送到您的手机", false, ""}, {"482911", true, "‹otp›"}}},
		{"code sent, amount told", []say{{"We have just sent a one-time code to your phone.", false, ""}, {"I paid 4829 dollars", true, "I paid 4829 dollars"}}},
		{"nothing asked", []say{{"How many items?", false, ""}, {"123", true, "123"}}},
		{"order asked after", []say{{"your CVV please", false, ""}, {"no", true, "no"}, {"What is your order number?", false, ""}, {"4711", true, "4711"}}},
		{"code asked, then more said", []say{{"What is the code?", false, ""}, {"Take your time, we have all day", false, ""}, {"482911", true, "‹otp›"}}},
		{"order asked right after", []say{{"your CVV please", false, ""}, {"What is your order number?", false, ""}, {"4711", true, "4711"}}},
		{"cvv asked, then thanked", []say{{"your CVV?", false, ""}, {"one moment", true, "one moment"}, {"thanks!", false, ""}, {"123", true, "‹cvv›"}}},
		{"code spoken of, then another question", []say{
			{"Did the code arrive?", false, ""}, {"no", true, "no"}, {"How much did you pay?", false, ""}, {"4829", true, "4829"}}},
		{"cvv asked, then more asked", []say{{"your CVV?", false, ""}, {"ready?", false, ""}, {"123", true, "‹cvv›"}}},
		{"cvv asked and told, then thanked", []say{{"your CVV?", false, ""}, {"‹cvv›", true, "‹cvv›"}, {"thanks!", false, ""}, {"123", true, "123"}}},
		{"code in two halves, thanked between", []say{{"What is the code?", false, ""}, {"482", true, "‹otp›"}, {"ok", false, ""}, {"911", true, "‹otp›"}}},
		{"one moment, again and again", []say{
			{"one moment", true, "one moment"}, {"one moment", true, "one moment"}, {"one moment", true, "one moment"},
			{"one moment", true, "one moment"}, {"one moment", true, "one moment"}, {"one moment", true, "one moment"}}},
		{"seed at the end of a sentence", []say{
			{"ok so the words are legal winner thank year", true, "ok so the words are ‹seed›"}, {"wave sausage worth useful", true, "‹seed›"}, {"legal winner thank yellow, ok?", true, "‹seed›, ok?"}}},
		{"seed that goes on", []say{{"‹seed›", true, "‹seed›"}, {"legal winner", true, "‹seed›"}}},
		{"thanks after a seed", []say{{"‹seed›", true, "‹seed›"}, {"please help me", true, "please help me"}}},
		{"seed named afterwards", []say{
			{"描请联接勘党", true, "‹seed›"}, {"实味舞收凉舞", true, "‹seed›"}, {"这是我的助记词", true, "这是我的助记词"}}},
		{"key cut in two", []say{
			{"5HueCGU8rMjxEXxiPuD5BDku", true, "‹key›"}, {"4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", true, "‹key›"}}},
		{"address after a key", []say{{"‹key›", true, "‹key›"}, {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", true, "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"}}},
		{"rest of a longer card number", []say{{"‹pan ••••9875›", true, "‹pan ••••9875›"}, {"7880", true, "‹pan›"}}},
		{"another card", []say{{"‹pan›", true, "‹pan›"}, {"0829", true, "‹pan›"}}},
		{"expiry after a card number", []say{{"‹pan ••••9875›", true, "‹pan ••••9875›"}, {"0829", true, "0829"}}},
		{"iban with the bank alone", []say{
			{"GB29", true, "‹id ••••6819›"}, {"NWBK", true, "‹id ••••6819›"}, {"6016 1331", true, "‹id ••••6819›"}, {"9268 19", true, "‹id ••••6819›"}}},
		{"number of another is not joined", []say{{"4242 4242 4242", false, ""}, {"4242", true, "4242"}}},
		{"private key told in pieces", []say{
			{"private key e9873d79c6d87dc0fb6a5778633389f4", true, "private key ‹key›"}, {"453213303da61f20bd67fc233aa33262", true, "‹key›"}}},
		{"card with a word between", []say{
			{"4242 4242", true, "‹pan ••••4242›"}, {"wait", true, "wait"}, {"4242 4242", true, "‹pan ••••4242›"}}},
		{"card in Chinese numerals", []say{
			{"卡号四二四二四二四二", true, "卡号‹pan ••••4242›"}, {"等一下", true, "等一下"}, {"四二四二四二四二", true, "‹pan ••••4242›"}}},
		{"card spelled out", []say{
			{"it is four two four two four two four two", true, "it is ‹pan ••••4242›"}, {"four two four two four two four two", true, "‹pan ••••4242›"}}},
		{"code behind a card that was removed", []say{{"‹pan ••••1111›", true, "‹pan ••••1111›"}, {"12/28 123", true, "12/28 ‹cvv›"}}},
		{"four digits behind a card that was removed", []say{{"‹pan ••••1111›", true, "‹pan ••••1111›"}, {"1111", true, "1111"}}},
		{"cvv named afterwards", []say{{"123", true, "‹cvv›"}, {"that's the cvv", true, "that's the cvv"}}},
		{"cvv announced in Chinese", []say{{"安全码是", true, "安全码是"}, {"３１８", true, "‹cvv›"}}},
		{"cvv asked in Chinese", []say{{"请问卡背面的三位数是多少？", false, ""}, {"318", true, "‹cvv›"}}},
		{"code asked", []say{{"What is the code?", false, ""}, {"482911", true, "‹otp›"}}},
		{"code asked, told in words", []say{{"What is the code?", false, ""}, {"four eight two nine one one", true, "‹otp›"}}},
		{"code asked in Chinese", []say{{"请把验证码发给我", false, ""}, {"好的", true, "好的"}, {"482911", true, "‹otp›"}}},
		{"code named afterwards", []say{{"482911", true, "‹otp›"}, {"this is the verification code", true, "this is the verification code"}}},
		{"code named afterwards in Chinese", []say{{"482911", true, "‹otp›"}, {"是我的验证码", true, "是我的验证码"}}},
		{"code in two halves", []say{{"verification code 482", true, "verification code ‹otp›"}, {"911", true, "‹otp›"}}},
		{"pin asked", []say{{"Which PIN did you choose?", false, ""}, {"4471", true, "‹password›"}}},
		{"password announced", []say{{"my password is", true, "my password is"}, {"hunter2 and it does not work", true, "‹password› and it does not work"}}},
		{"password announced in Chinese", []say{{"我的密码是", true, "我的密码是"}, {"abc12345", true, "‹password›"}}},
		{"password named afterwards", []say{{"hunter22", true, "‹password›"}, {"is my password", true, "is my password"}}},
		{"seed with a word between", []say{
			{"legal winner thank year wave", true, "‹seed›"}, {"and then", true, "and then"}, {"sausage worth useful", true, "‹seed›"}, {"legal winner thank yellow", true, "‹seed›"}}},
		{"seed in Chinese characters", []say{{"的 的 的 的 的 的", true, "‹seed›"}, {"的 的 的 的 的 在", true, "‹seed›"}}},
		{"key announced", []say{{"here is my private key", true, "here is my private key"}, {"e9873d79c6d87dc0fb6a5778633389f4453213303da61f20bd67fc233aa33262", true, "‹key›"}}},
		{"key named afterwards", []say{{"e9873d79c6d87dc0fb6a5778633389f4453213303da61f20bd67fc233aa33262", true, "‹key›"}, {"is the private key", true, "is the private key"}}},
		{"key asked", []say{{"Please send me your private key", false, ""}, {"e9873d79c6d87dc0fb6a5778633389f4453213303da61f20bd67fc233aa33262", true, "‹key›"}}},
		{"PEM block in two", []say{
			{"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7", true, "‹key›"},
			{"VJTUt9Us8cKjMzEfYyjiWA4R4\n-----END PRIVATE KEY-----", true, "‹key›"}}},
		{"identity number in two", []say{{"110105194", true, "‹id ••••002X›"}, {"91231002X", true, "‹id ••••002X›"}}},
		{"iban in two", []say{{"IBAN GB29 NWBK 6016", true, "IBAN ‹id ••••6819›"}, {"1331 9268 19", true, "‹id ••••6819›"}}},
		{"passport announced", []say{{"my passport number is", true, "my passport number is"}, {"E12345678", true, "‹id ••••5678›"}}},
		{"passport asked", []say{{"Could you tell me your passport number?", false, ""}, {"E12345678", true, "‹id ••••5678›"}}},
		{"passport asked in Chinese", []say{{"请提供您的护照号码", false, ""}, {"E12345678", true, "‹id ••••5678›"}}},
		{"figures that have nothing to do with each other", []say{
			{"my order 4471902288 of 12/03/2024", true, "my order 4471902288 of 12/03/2024"}, {"I paid 45.00", true, "I paid 45.00"}, {"at 14:05", true, "at 14:05"}}},
		{"amount after a question for a code that was answered", []say{
			{"Did the code arrive?", false, ""}, {"no", true, "no"}, {"I paid 4829 dollars for order 4471902288", true, "I paid 4829 dollars for order 4471902288"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var previous []guard.Turn
			for _, s := range c.turns[:len(c.turns)-1] {
				previous = append(previous, guard.Turn{Text: s.text, Own: s.own})
			}
			last := c.turns[len(c.turns)-1]
			now, earlier := d.ScanWindow(previous, last.text)
			if got := guard.Apply(last.text, now); got != last.want {
				t.Errorf("current: got %q, want %q", got, last.want)
			}
			if earlier == nil {
				earlier = make([][]guard.Finding, len(previous))
			}
			for i, s := range c.turns[:len(c.turns)-1] {
				if !s.own {
					if len(earlier[i]) > 0 {
						t.Errorf("turn %d of another has findings: %v", i, earlier[i])
					}
					continue
				}
				if got := guard.Apply(s.text, earlier[i]); got != s.want {
					t.Errorf("turn %d: got %q, want %q", i, got, s.want)
				}
			}
		})
	}
}
