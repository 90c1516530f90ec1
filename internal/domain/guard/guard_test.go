package guard_test

import (
	"testing"

	"kefu/internal/domain/guard"
)

func newDetector(t testing.TB) *guard.Detector {
	t.Helper()
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRedact(t *testing.T) {
	d := newDetector(t)
	for _, c := range []struct{ name, text, want string }{
		{"plain", "How do I top up?", "How do I top up?"},
		{"pan", "my card is 4111 1111 1111 1111 thanks", "my card is ‹pan ••••1111› thanks"},
		{"pan glued", "卡号4111111111111111，谢谢", "卡号‹pan ••••1111›，谢谢"},
		{"pan words", "it is four one one one one one one one one one one one one one one one", "it is ‹pan ••••1111›"},
		{"pan han", "卡号四一一一一一一一一一一一一一一一", "卡号‹pan ••••1111›"},
		{"pan full width", "４１１１－１１１１－１１１１－１１１１", "‹pan ••••1111›"},
		{"pan keycaps", "4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣", "‹pan ••••1111›"},
		{"pan doubled", "four triple one four times? no: four triple one double one double one double one double one double one double one ", "four triple one four times? no: ‹pan ••••1111› "},
		{"order", "order number 4111111111111111 is late", "order number 4111111111111111 is late"},
		{"cvv", "my cvv is 123", "my cvv is ‹cvv›"},
		{"cvv after", "4111111111111111 12/26 123", "‹pan ••••1111› 12/26 ‹cvv›"},
		{"expiry before a code", "卡号4111111111111111有效期0829安全码482", "卡号‹pan ••••1111›有效期0829安全码‹cvv›"},
		{"pinyin", "mi ma shi abc123\nyan zheng ma 448190", "mi ma shi ‹password›\nyan zheng ma ‹otp›"},
		{"seed named", "助记词：的一是在不了有和人这中大", "助记词：‹seed›"},
		{"seed asked after", "助记词：怎么找回来，请帮我看一下", "助记词：怎么找回来，请帮我看一下"},
		{"otp", "the code is 482911", "the code is ‹otp›"},
		{"otp zh", "验证码是482911", "验证码是‹otp›"},
		{"otp zh words", "验证码四八二九一一", "验证码‹otp›"},
		{"password", "my password is hunter2", "my password is ‹password›"},
		{"password zh", "我的密码是Abc@1234，帮我看看", "我的密码是‹password›，帮我看看"},
		{"password plain", "my password is not working", "my password is not working"},
		{"password what", "密码是什么", "密码是什么"},
		{"seed", "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about", "‹seed›"},
		{"seed numbered", "1. abandon 2. ability 3. able 4. about 5. above 6. absent 7. absorb 8. abstract 9. absurd 10. abuse 11. access 12. accident", "‹seed›"},
		{"seed typo", "legal winer thank year wave sausage worth useful legal winner thank yelow", "‹seed›"},
		{"seed zh", "我的助记词是 的 的 的 的 的 的 的 的 的 的 的 在", "我的助记词是 ‹seed›"},
		{"jwt", "token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U", "token ‹key›"},
		{"wif", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "‹key›"},
		{"id cn", "身份证11010519491231002X", "身份证‹id ••••002X›"},
		{"ssn", "SSN 078-05-1120", "SSN ‹id ••••1120›"},
		{"aws key of letters", "use AKIAIOSFODNNQEXAMPLE now", "use ‹key› now"},
		{"capitals that are no key", "AKIAIOSFODNNQEXAMPLES", "AKIAIOSFODNNQEXAMPLES"},
		{"iban", "GB82 WEST 1234 5698 7654 32", "‹id ••••5432›"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, found, _ := d.Redact(t.Context(), c.text)
			if got != c.want {
				t.Errorf("got  %s\nwant %s\n%+v", got, c.want, found)
			}
		})
	}
}

// A number that is written as it stands on a card was read from one, whatever it
// is called.
func TestGroupsOfFourAreACardWhateverTheyAreCalled(t *testing.T) {
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	for text, secret := range map[string]bool{
		"receipt 4111 1111 1111 1111":      true,
		"order id 5500-0000-0000-0004":     true,
		"交易单号 4111 1111 1111 1111":         true,
		"order id 5500000000000004":        false,
		"order 4111 1111 1111 1112":        false, // no check digit
		"tracking 1234 4111 1111 1111 111": false,
	} {
		if _, found, _ := d.Redact(t.Context(), text); (len(found) > 0) != secret {
			t.Errorf("%q: %v", text, found)
		}
	}
}
