package words

import "strings"

// Vocabulary is a list of phrases, separated by bars, that share a meaning. A
// star marks a stem whose endings vary.
type Vocabulary struct {
	Kind    Kind
	Phrases string
}

func vocabularies() []Vocabulary {
	var all []Vocabulary
	for _, group := range [][]Vocabulary{
		cardWords(), codeWords(), passwordWords(), walletWords(), identityWords(), claimWords(), unitWords(), linkWords(), plainWords(),
	} {
		all = append(all, group...)
	}
	return all
}

func cardWords() []Vocabulary {
	return []Vocabulary{
		{CVV, "cvv|cvv2|cvc|cvc2|cvn|cvn2|cid|csc|cav2|cvs|c v v|c v c|c.v.v|c.v.c|ccv|ccv2|cvd|cw2|card verification value|card verification code|card verification number|card security code|card code|card security number|security code|security number|security digits|security digit|card validation code|verification value|three digit code|3 digit code|three digit number|3 digit number|3 digits on the back|three digits on the back|3 numbers on the back|three numbers on the back|digits on the back|numbers on the back|number on the back|code on the back|signature strip|signature panel|next to the signature|beside the signature|by the signature|behind the signature|card verification no|card verification|last three digits on the back|last 3 digits on the back|back of my card|back of the card|back of card|back of your card|back code|4 digits on the front|four digits on the front|4 digit code on the front"},
		{CVV, "安全码|安全碼|anquanma|an quan ma|卡安全码|卡背面|卡背面三位|卡背面三位数|卡背面的三位数|卡背面三位数字|卡背面的三位数字|卡后面三位|卡后面三位数|卡后面的三位数|后面三位数|后面的三位数|后面三个数字|背面三个数字|背面的三个数字|背后三个数字|背后的三位数|背面三位数字|背面的三位数字|背面的三位数|背面那三位|背面那三个数字|卡后面三个数字|背面三位|背面三位数|背面的三位|背面3位|背面的3位|反面|卡片反面|后面三位|后面3位|后面的三位|后三位|后三码|後三碼|末三码|末三碼|末三位|背后三位|卡片背面|验证值|校验值|信用卡验证码|卡片验证码|卡验证码|签名栏|签名条|签名处|签名那里|签名旁边|背后签名|后面那三位|后面那3位|背面那3位|背面那三个数|背面三个数|后面三个数|卡背后的数字|背面数字|背面的数字|反面三位|三位数字|三位安全码|检查码|授权码"},
		{CVV, backDigits()},
		{CVVWeak, "security|sec|sec code|on the back|the back|背面|背后|卡后面"},
		{CVV, "codigo de seguridad|codigo de verificacion de la tarjeta|clave de seguridad|code de securite|cryptogramme|code de verification de la carte|prufnummer|kartenprufnummer|prufziffer|sicherheitscode|codigo de seguranca|codice di sicurezza|codice cvv|beveiligingscode|код безопасности|код проверки карты|guvenlik kodu|kod bezpieczenstwa|セキュリティコード|セキュリティ番号|보안코드|보안 코드*|رمز الامان|رمز الأمان|ma bao mat|kode keamanan|รหัสความปลอดภัย|सुरक्षा कोड|säkerhetskod|sikkerhetskode|turvakoodi|bezpecnostni kod"},
		{Card, "card|cards|card number|card no|cardnumber|card num|card #|credit card|creditcard|debit card|visa|mastercard|master card|amex|american express|discover card|diners|maestro|unionpay|union pay|jcb|pan|cc|ccnum|cc number|plastic|new card|bank card|long number|16 digits|sixteen digits|long card number|front of my card|tarjeta|carte|carte bancaire|karte|kreditkarte|kartennummer|cartao|carta|kaart|карта|карты|карте|карту|kart|karta|kartu|カード|カード番号|카드*|بطاقة|बطاقة|कार्ड|บัตร|卡号|卡號|kahao|ka hao|銀行卡|银行卡|信用卡|借记卡|储蓄卡|卡片|卡是|卡为|银联|我的卡|卡|卡面|银行账号|銀行帳號|信用卡号"},
		{Expiry, "exp|expiry|expires|expire|expiration|expiry date|expiration date|exp date|valid thru|valid until|valid to|good thru|mm/yy|有效期|到期|到期日|有效期至|有效|期限|vencimiento|caduca|caducidad|date d'expiration|expire le|gultig bis|ablauf|validade|scadenza|срок|срок действия|ts"},
		{Tail, "first 6|first six|first 6 digits|first six digits|first digits|first four|first 4|first four digits|first 4 digits|前6位|前六位|前4位|前四位|开头|ending with|ends in|ends with|ending|ended in|ended with|last four|last 4|last four digits|last 4 digits|last digits|last four is|finishing in|finishes in|finish in|terminating in|terminada en|termina en|finissant par|se terminant par|endet auf|endend auf|terminado em|che finisce con|尾号|尾號|末四位|末尾|后四位|後四碼|后4位|末4位|尾数|尾號為|最后四位|结尾|下4桁|末尾4桁|끝자리*"},
	}
}

// backDigits are the ways to say "the three figures on the back" in Chinese.
func backDigits() string {
	var all []string
	for _, place := range []string{"后面", "背面", "背后", "反面", "后边", "卡后面", "卡背面", "卡背后", "卡片后面", "卡片背面"} {
		for _, link := range []string{"", "的", "那", "上的"} {
			for _, count := range []string{"3", "三"} {
				for _, unit := range []string{"位", "位数", "位数字", "位码", "个数", "个数字", "个号码"} {
					all = append(all, place+link+count+unit)
				}
			}
		}
	}
	return strings.Join(all, "|")
}

func codeWords() []Vocabulary {
	return []Vocabulary{
		{OTP, "otp|o t p|o.t.p|otp code|otp number|one time password|one time passcode|one time code|one time pin|one time pass|onetime password|onetime code|one time|verification code|verify code|verif code|verification number|verification digits|verification pin|verification|vcode|v code|confirmation code|confirm code|security code|texted me|it texted|sms code|text code|texted code|login code|log in code|sign in code|signin code|sign on code|auth code|authentication code|authenticator code|authenticator|auth app|authenticator app|authentication app|authy|authentication number|authorization code|authorisation code|access code|2fa|2fa code|2 fa|mfa|mfa code|two factor code|two factor|two step code|two step|passcode|pass code|temporary code|temporary password|temp code|activation code|unlock code|reset code|recovery code|backup code|code you sent|code you just sent|code you texted|code i got|code i received|code i just got|code i just received|code that came|code that you sent|code they sent|code from the text|code from text|code from sms|code in the text|code from my phone|code on my phone|code by text|code by sms|code via sms|code from google authenticator|google authenticator|text message code|message code|phone code|email code|e mail code|mailed code|digit code|6 digit code|six digit code|six digits|6 digits|4 digit code|four digit code|8 digit code|numeric code|tac|tac code|tan|sms tan|m tan|push tan|dynamic code|token code|rsa code|totp|soft token|one use code|single use code|anydesk|any desk|teamviewer|team viewer|remote access code|anydesk id|anydesk address|anydesk number|anydesk code|teamviewer id|teamviewer code|rustdesk|rustdesk id|to confirm the login|to confirm my login|to confirm the sign in|to confirm it's me|to confirm it s me|to verify my identity|to verify it's me|to verify it s me|to verify the login|to approve the login|sms says|sms said|text says|text said|text message says|text msg says|sms came"},
		{OTP, "验证码|驗證碼|验证号码|验证碼|验证马|验证吗|校验码|校驗碼|动态码|動態碼|动态密码|動態密碼|动态口令|动态验证码|短信码|短信验证码|短信密码|手机验证码|邮箱验证码|语音验证码|一次性密码|一次性口令|一次性验证码|一次密码|確認碼|确认码|认证码|認證碼|登录码|登入碼|登陆码|授权码|安全码|安全碼|激活码|随机码|谷歌验证|身份验证器|验证数字|口令码|校验数字|交易码|提取码|识别码|辨識碼|yzm|yan zheng ma|yanzhengma|远程码|远程识别码|短信代码|短信来了|短信说|短信里写|短信上写|短信内容是|短信收到|六位数|6位数|六位码|6位码|四位码|6位数字|六位数字"},
		{OTP, "codigo de verificacion|codigo de confirmacion|codigo sms|codigo de acceso|contrasena de un solo uso|clave dinamica|codigo de un solo uso|codigo que me llego|code de verification|code de confirmation|code sms|code a usage unique|mot de passe a usage unique|code recu|code d'acces|bestatigungscode|verifizierungscode|einmalpasswort|einmalcode|einmalkennwort|sicherheitscode|freigabecode|codigo de confirmacao|senha de uso unico|token sms|codigo recebido|codice di verifica|codice di conferma|codice otp|codice sms|codice monouso|verificatiecode|bevestigingscode|eenmalige code|sms code*|код подтверждения|код из смс|смс код|смс-код|проверочный код|одноразовый пароль|одноразовый код|код с смс|код верификации|код підтвердження|одноразовий пароль"},
		{OTP, "kod weryfikacyjny|kod sms|kod potwierdzajacy|haslo jednorazowe|dogrulama kodu|onay kodu|sms kodu|tek kullanimlik sifre|overovaci kod|potvrzovaci kod|overovaci sms|ellenorzo kod|egyszer hasznalatos jelszo|megerosito kod|cod de verificare|cod de confirmare|parola unica|verifieringskod|engangskod|engangslosenord|engangskode|bekreftelseskode|bekræftelseskode|vahvistuskoodi|kertakayttokoodi|tarkistuskoodi|κωδικος επαληθευσης|κωδικος μιας χρησης|κωδικος επιβεβαιωσης|код за потвърждение|kod za potvrdu|verifikacioni kod|jednokratna lozinka|verifikacijski kod|overitveni kod|tvirtinimo kodas|apstiprinajuma kods|kinnituskood"},
		{OTP, "رمز التحقق|كود التحقق|رمز التأكيد|رمز التاكيد|كلمة المرور لمرة واحدة|رمز التفعيل|كود التفعيل|קוד אימות|קוד חד פעמי|סיסמה חד פעמית|کد تایید|رمز یکبار مصرف|کد تأیید|تصدیقی کوڈ|सत्यापन कोड|ओटीपी|ওটিপি|যাচাইকরণ কোড|சரிபார்ப்புக் குறியீடு|ఓటీపీ|รหัสยืนยัน|รหัส otp|รหัสโอทีพี|ma xac thuc|ma xac minh|mã otp|ma otp|kode verifikasi|kode otp|kod pengesahan|kode konfirmasi|認証コード|確認コード|ワンタイムパスワード|ワンタイムコード|認証番号|確認番号|인증번호*|인증 번호*|인증코드*|확인코드*|일회용 비밀번호*|verification code po|nambari ya uthibitisho|msimbo wa uthibitishaji|լեւ|კოდი|код підтверждения|растау коды|tasdiqlash kodi"},
		{Code, "code|codes|digits|codigo|codice|kode|kod|код|code is|コード|코드*|رمز|كود|κωδικος|קוד|कोड|รหัส|号码是|数字是|码是|码为|碼是|codul|koodi|kodas|token"},
	}
}

func passwordWords() []Vocabulary {
	return []Vocabulary{
		{Pass, "password|passwords|passwd|pwd|psw|pswd|passwrd|pasword|passowrd|passsword|paswrd|pass word|passphrase|pass phrase|passkey phrase|login password|passw|pw|p/w|pword|p word|credentials|creds|passcode|pass code|密码|密碼|蜜码|口令|登录密码|支付密码|交易密码|查询密码|取款密码|手机密码|登陆密码|密マ|mima|mi ma|支付口令|解锁密码|通行码|passwort|kennwort|contrasena|contraseña|clave|clave de acceso|mot de passe|mdp|senha|palavra passe|palavra chave|parola d'ordine|parola|пароль|пароля|пароль от|haslo|sifre|sifrem|sifresi|wachtwoord|losenord|lösenord|passord|adgangskode|kodeord|salasana|jelszo|jelszavam|heslo|lozinka|sifra|κωδικος προσβασης|συνθηματικο|كلمة المرور|كلمة السر|كلمة سر|الباسورد|باسورد|סיסמה|הסיסמה|רמז סיסמה|पासवर्ड|পাসওয়ার্ড|கடவுச்சொல்|รหัสผ่าน|พาสเวิร์ด|mat khau|kata sandi|sandi|kata laluan|パスワード|パス|暗証番号|비밀번호*|패스워드*|비번*|slaptazodis|parole|parool|geslo|парола|пароль*|гасло"},
		{PassWeak, "pass|pss|key phrase|phrase"},
		{PIN, "pin|p i n|p.i.n|pin code|pin number|pincode|pin no|atm pin|card pin|pin 码|pin码|pin是|六位密码|支付密码|取款密码|交易密码|6位密码|geheimzahl|code pin|code secret|codigo pin|clave secreta|пин код|пин|пинкод|codice pin|pin kodu|kod pin|暗証番号|핀번호*|핀 번호*|mpin|m pin|upi pin|tpin|wallet pin|payment pin|unlock pin|screen lock"},
	}
}

func walletWords() []Vocabulary {
	return []Vocabulary{
		{Seed, "seed|seed phrase|seed words|seedphrase|seed word|recovery phrase|recovery words|recovery seed|recovery word|secret phrase|secret recovery phrase|srp|backup phrase|backup words|mnemonic|mnemonics|mnemonic phrase|mnemonic words|12 words|12 word|24 words|24 word|twelve words|twenty four words|15 words|18 words|21 words|12 word phrase|24 word phrase|bip39|bip 39|my words|secret words|wallet phrase|wallet words|助记词|助記詞|zhujici|zhu ji ci|助记单词|助计词|住记词|恢复短语|恢復短語|恢复词|种子词|种子短语|备份词|備份詞|秘密恢复|12个词|24个词|十二个词|二十四个词|12个单词|24个单词|十二个单词|12个字|24个字|十二个字|二十四个字|12字|24字|注记词|frase semilla|palabras semilla|frase de recuperacion|phrase de recuperation|phrase secrete|wiederherstellungsphrase|seed wörter|frase de recuperacao|frase di recupero|frase seed|сид фраза|мнемоника|фраза восстановления|seed-фраза|シードフレーズ|リカバリーフレーズ|復元フレーズ|ニーモニック|니모닉*|시드 구문*|복구 구문*|시드구문*|afraza odzyskiwania|kurtarma ifadesi"},
		{Wallet, "wallet|wallets|private key|privatekey|priv key|privkey|private|wif|secret key|key|metamask|ledger|trezor|trust wallet|eth|btc|ethereum|bitcoin|tron|trx|solana|bnb|keystore|export key|signing key|spending key|xprv|hex key|钱包|錢包|私钥|私鑰|密钥|密鑰|私匙|siyao|si yao|以太坊|比特币|比特幣|波场|明文私钥|clave privada|cle privee|privater schlussel|chave privada|chiave privata|приватный ключ|закрытый ключ|кошелек|秘密鍵|개인키*|프라이빗 키*|ウォレット|khoa rieng tu|kunci pribadi|ozel anahtar|klucz prywatny"},
		{Private | Wallet, "private key|privatekey|priv key|privkey|private keys|secret key|signing key|spending key|hex key|私钥|私鑰|密钥|密鑰|私匙|明文私钥|clave privada|cle privee|privater schlussel|chave privada|chiave privata|приватный ключ|закрытый ключ|秘密鍵|개인키*|프라이빗 키*|khoa rieng tu|kunci pribadi|ozel anahtar|klucz prywatny"},
		{Token, "api key|apikey|api token|api secret|secret key|access key|access token|auth token|bearer token|bearer|client secret|secret access key|token|session token|session id|session cookie|session|sessionid|refresh token|id token|jwt|personal access token|webhook secret|app secret|appsecret|secret|secretkey|secret id|secretid|aws secret|aws key|private token|x api key|accesskey|accesskeysecret|access key secret|access key id|密钥|密鑰|接口密钥|令牌|访问令牌|秘钥|访问密钥|应用密钥|会话|cookie|clave api|cle api|api schlussel|chave de api|chave da api|chiave api|ключ api|api ключ|токен|アクセストークン|api キー|apiキー"},
	}
}

func identityWords() []Vocabulary {
	return []Vocabulary{
		{ID, "ssn|social security|social security number|social security no|social|soc sec|passport|passport number|passport no|passport num|passport id|id number|id no|id card|id card number|identity card|identity number|identification number|national id|national id number|national insurance|national insurance number|nino|ni number|tax id|tin|itin|ein|driver license|drivers license|driver's license|driving licence|driving license|licence number|license number|residence permit|aadhaar|aadhar|aadhaar number|pan card|nric|fin number|hkid|dni|nie|nif|curp|rfc|cpf|cnpj|rut|cedula|pesel|bsn|personnummer|codice fiscale|steuer id|steuernummer|personalausweis|ausweisnummer|reisepass|reisepassnummer|numero de passeport|passeport|numero de securite sociale|carte d'identite|pasaporte|numero de pasaporte|passaporto|carta d'identita|bvn|nin|iban|mrz|身份证|身份證|shenfenzheng|shen fen zheng|身分證|身份证号|身份证号码|身份证件|证件号|证件号码|證件號碼|护照|護照|护照号|护照号码|港澳通行证|通行证|台胞证|回乡证|居住证|社保号|社会保障号|驾驶证|驾照|军官证|sfz|паспорт|паспорта|серия и номер|инн|снилс|tc kimlik|kimlik no|パスポート|マイナンバー|旅券番号|주민등록번호*|주민번호*|여권번호*|여권*|جواز السفر|رقم الهوية|رقم الجواز|ktp|nik|cccd|cmnd|so ho chieu|ho chieu|paspoort|passnummer|passport#"},
	}
}
