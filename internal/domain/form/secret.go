package form

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// checkAsks refuses a question that asks for what nobody may ask a customer for:
// passwords, codes that open an account, recovery phrases, private keys. A customer
// who is asked in the operator's own window believes it, and the window itself says
// that we never ask. Answers to choose from may name such things ("I told somebody a
// code"), since nothing can be typed there; a help may warn of them. It reads words:
// whoever wants to ask in words that are not listed can, and the guard still takes
// what they get.
func (f Field) checkAsks(op string, i int) error {
	if f.Kind == Choice {
		return nil
	}
	for _, lang := range slices.Sorted(maps.Keys(f.Label)) {
		if namesSecret(f.Label[lang]) {
			return fault.InvalidFor(op, at("fields", i, "label."+lang), settings.AsksSecret, "asks for a secret")
		}
	}
	for _, lang := range slices.Sorted(maps.Keys(f.Help)) {
		for _, sentence := range strings.FieldsFunc(f.Help[lang], func(r rune) bool { return strings.ContainsRune(".!?;。！？；\n", r) }) {
			if namesSecret(sentence) && !forbids(sentence) {
				return fault.InvalidFor(op, at("fields", i, "help."+lang), settings.AsksSecret, "asks for a secret")
			}
		}
	}
	return nil
}

// secretWords are names of secrets, in words with one blank between. Those of eight
// letters and more are found without the blanks too: "p a s s w o r d".
func secretWords() []string {
	return []string{
		"password", "passwords", "passcode", "passcodes", "pass phrase", "passphrase", "pin", "pin code", "pin number", "pins", "cvv", "cvc", "cvv2", "security code", "card code",
		"verification code", "confirmation code", "authentication code", "authenticator code", "activation code", "login code", "access code", "one time code",
		"sms code", "otp", "2fa", "2fa code", "digit code", "code we sent", "code you got", "code you received", "code from the sms", "code in the sms",
		"seed phrase", "seed words", "seed", "recovery phrase", "recovery words", "recovery code", "recovery key", "backup phrase", "backup code", "secret phrase", "secret words",
		"secret key", "mnemonic", "mnemonic phrase", "private key", "keystore", "twelve words", "12 words", "24 words",
		"contrasena", "contrasenas", "codigo de verificacion", "clave secreta", "frase semilla", "mot de passe", "code de verification", "code secret", "phrase secrete", "passwort", "kennwort",
		"geheimzahl", "sicherheitscode", "bestatigungscode", "senha", "codigo de seguranca", "parola d ordine", "wachtwoord", "пароль", "пин код", "код из смс", "сид фраза", "haslo", "sifre", "sifreniz",
		"kata sandi", "mat khau", "كلمة المرور", "كلمه المرور", "رمز التحقق",
	}
}

// secretCharacters are names of secrets in writings without blanks.
func secretCharacters() []string {
	return []string{
		"密码", "密碼", "口令", "验证码", "驗證碼", "校验码", "校驗碼", "动态码", "動態碼", "安全码", "安全碼", "授权码", "短信码", "短信里的码", "助记词", "助記詞", "恢复短语", "恢復短語", "恢复词", "种子词", "种子短语",
		"私钥", "私鑰", "密钥", "パスワード", "暗証番号", "認証コード", "確認コード", "秘密鍵", "비밀번호", "인증번호", "인증코드", "개인키", "복구문구", "รหัสผ่าน",
	}
}

// namesSecret tells whether a text names a secret, however it is written: in wide
// or accented letters, with characters that cannot be seen, or in single letters.
func namesSecret(text string) bool {
	spaced, joined := plain(text)
	for _, word := range secretWords() {
		if strings.Contains(spaced, " "+word+" ") {
			return true
		}
		if tight := strings.ReplaceAll(word, " ", ""); len(tight) >= 8 && strings.Contains(joined, tight) {
			return true
		}
	}
	return slices.ContainsFunc(secretCharacters(), func(word string) bool {
		_, tight := plain(word)
		return strings.Contains(joined, tight)
	})
}

// plain is a text in small letters without accents: once as words with a blank on
// both sides, and once without any.
func plain(text string) (spaced, joined string) {
	var words, tight strings.Builder
	words.WriteByte(' ')
	for _, r := range strings.ToLower(norm.NFKD.String(text)) {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Cf):
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			words.WriteRune(r)
			tight.WriteRune(r)
		default:
			words.WriteByte(' ')
		}
	}
	words.WriteByte(' ')
	return " " + strings.Join(strings.Fields(words.String()), " ") + " ", tight.String()
}

// forbids tells a warning from a wish.
func forbids(sentence string) bool {
	spaced, joined := plain(sentence)
	for _, word := range []string{"never", "not", "don t", "no", "without", "nunca", "jamais", "nie", "никогда", "не"} {
		if strings.Contains(spaced, " "+word+" ") {
			return true
		}
	}
	for _, word := range []string{"不", "勿", "别", "切莫", "无需", "無需"} {
		if strings.Contains(joined, word) {
			return true
		}
	}
	return false
}
