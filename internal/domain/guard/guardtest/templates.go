package guardtest

// secretTemplates are phrasings with secrets, by class.
func secretTemplates(lang string) map[string][]string {
	switch lang {
	case "zh":
		return chineseTemplates()
	case "other":
		return otherTemplates()
	}
	return englishTemplates()
}

func englishTemplates() map[string][]string {
	return map[string][]string{
		"pan": {
			"{pan}", "my card number is {pan}", "Card: {pan}", "here is my card {pan}, please refund to it", "Hi, I tried paying with {pan} but it was declined",
			"can you check why {pan} does not work?", "I want to remove card {pan} from my wallet", "{pan} is my new Visa", "the long number on the front says {pan} ok?",
			"card no. {pan} exp 09/27", "please charge {pan} for 25.00 dollars", "It's {pan}. The expiry is 11/28.", "Name: John Smith\nCard: {pan}\nExpiry: 03/29",
			"I was charged twice on {pan}, order 10023", "my wife's card ({pan}) is blocked", "cc={panplain}&amount=100", "mastercard {pan} valid thru 12/27", "old card {panplain} new card {panplain}",
			"number: {panplain} expiry 10/27 cvv {cvvplain}", "{panplain} 12/26 {cvvplain}", "{panplain}, 08/2027, {cvvplain}", "\"card\":\"{panplain}\",\"cvv\":\"{cvvplain}\"", "crad nubmer {pan} sory", "the card I lost is {pan}, the new one ends in 4471", "[{panplain}] is on file since 2019",
		},
		"cvv": {
			"my cvv is {cvv}", "CVV: {cvv}", "cvc {cvv}", "the security code on the back is {cvv}", "the three digits on the back are {cvv}", "CVV2={cvv}", "{cvv} is the cvv",
			"it asks for a cvv and I typed {cvv} but it fails", "cvc code: {cvv} thanks", "card verification value {cvv}", "you asked for the CVV, it is {cvv}", "cvv - {cvv}",
			"the code on the back of my card is {cvv}", "CVV number of my card: {cvv}", "exp 10/28 cvv {cvv}", "security number {cvv}", "\u0441vv {cvv}", "c.v.v. {cvv}", "card verification no. {cvv}", "CVV/CVC {cvv}", "cvv is {cvvplain}, sorry, {cvvplain}", "my cvc changed from {cvvplain} to {cvvplain}", "expiry 05/28, security {cvvplain}", "on the back of my card it says {cvvplain}",
		},
		"otp": {
			"the code is {otp}", "my verification code is {otp}", "OTP {otp}", "otp: {otp}", "I got {otp} as the code", "the sms says {otp}, is that the verification code?", "verification code: {otp}",
			"your one-time password is {otp}. Do not share it.", "{otp} is my otp", "I received this code {otp}", "The text said my one time passcode is {otp}", "2FA code {otp}",
			"it sent me the verification code {otp} three times", "login code {otp}", "the 6 digit code I got is {otp}", "here's the passcode you sent: {otp}", "code: {otp}", "authenticator shows {otp}",
			"Use {otp} as your login code", "{otp} is your verification code", "security code {otp} was texted to me", "he asked for the 6 digits so I read {otp} to him", "auth app shows {otp} now", "verficaton code {otp}", "<#> {otp} is your Kefu code", "anydesk address {otp}", "my text says {otp} is the code",
		},
		"seed": {
			"{seed}", "my seed phrase is {seed}", "recovery phrase: {seed}", "Please restore my wallet, the words are {seed}", "I wrote down {seed} but it says invalid", "12 words:\n{seed}\nwhat now?",
			"mnemonic = {seed}", "is this phrase still good? {seed}", "backup words {seed} please help me recover",
		},
		"key": {
			"{key}", "my key is {key}", "private key: {hex}", "the wallet private key is 0x{hex}", "I exported {hex} as private key from metamask", "api key {key}", "token={key}", "use {key} to call the API",
			"Cookie: {cookie}", "api_key={token}", "\"access_token\": \"{token}\"", "X-Api-Key: {token}", "client_secret: {token}", "Authorization: Bearer {token}", "curl -H 'Authorization: Bearer {key}' https://api.example.com",
			"Set-Cookie: {cookie}", "I pasted my key {key} in the wrong chat", "my api secret is {token}", "\"name\":\"Cookie\",\"value\":\"{cookie}\"",
		},
		"password": {
			"my password is {password}", "password: {password}", "Password={password}", "pwd {password}", "my PIN is {pin}", "the pin code: {pin}", "I use {password} as my password", "login bob@example.com password {password}",
			"My PayPal password is {password} and it does not work", "{password} is my password", "username: alice\npassword: {password}", "passphrase: {passphrase}", "my old password was {password}", "the password for the wallet is {password}, please check",
			"I changed my password to {password} yesterday", "pass: {password}", "password \"{password}\" is not accepted", "my wallet pin is {pin}", "pw: {password}", "passwrod: {password}", "p@ssword: {password}", "p\u0430ssword {password}", "p4ssw0rd = {password}", "user ann pass {password}", "login: ann@example.com / {password}", "ann@example.com|{password}", "I forgot the password, I think it's {password}", "I set it to {password} when I changed the password", "password used to be {password} now it's {password}", "curl -u ann:{password} https://api.example.com", "my password is my dog's name, {password}", "the pin i chose, {pin}, is refused", "\"{password}\" that's my password",
		},
		"id": {
			"my ssn is {id}", "{id}", "here is my ID: {id}", "IBAN {id}", "please use {id} for the refund", "passport number {passport}", "my passport no. is {passport}", "ID number: {id}, name Li Lei", "the account is {id}",
		},
	}
}

func chineseTemplates() map[string][]string {
	return map[string][]string{
		"pan": {
			"{pan}", "我的卡号是{pan}", "卡号：{pan}", "银行卡{pan}绑定不了", "请退款到这张卡 {pan}", "我用{pan}付款失败了", "帮我查一下{pan}为什么被拒", "信用卡号{pan}，有效期09/27", "这是我的新卡{pan}，麻烦换绑",
			"卡号{panplain} 有效期12/26 安全码{cvvplain}", "我叫张三，卡号{pan}，手机13800138000", "之前绑的是{panplain}，现在要换成{panplain}", "是这张{pan}吗", "打款到{pan}这个账号，谢谢",
		},
		"cvv": {
			"安全码是{cvv}", "CVV是{cvv}", "cvv：{cvv}", "卡背面三位数{cvv}", "背面的三位数字是{cvv}", "我的cvc码{cvv}", "后三位安全码 {cvv}", "CVV2码为{cvv}，帮我看看", "信用卡安全码填的{cvv}，提示错误", "{cvv}是安全码", "安 全 码：{cvv}", "背后签名那里写着{cvvplain}", "卡后面那3位是{cvvplain}", "安全碼為{cvv}",
		},
		"otp": {
			"验证码是{otp}", "验证码{otp}", "验证码：{otp}", "我收到的验证码是{otp}", "短信验证码为{otp}，请查收", "动态码{otp}", "校验码 {otp} 输入后提示错误", "{otp}是我的验证码", "刚才发的验证码{otp}没用", "动态口令是{otp}", "你要的验证码 {otp}",
			"【支付宝】验证码{otp}，请勿泄露", "手机收到一个验证码{otp}，是你们发的吗", "一次性密码{otp}", "登录验证码显示{otp}", "验 证 码 {otp}", "驗證碼為{otp}", "yzm：{otp}", "对方让我报验证码，我报了{otp}", "短信来了，{otp}", "刚收到的码是{otp}", "向日葵识别码 {otp}",
		},
		"seed": {
			"{seed}", "我的助记词是{seed}", "助记词：{seed}", "恢复短语：{seed}，为什么导入失败", "钱包助记词如下\n{seed}\n帮我恢复", "我备份的12个词 {seed}", "{seed} 这是我的助记词",
		},
		"key": {
			"私钥：{hex}", "我的私钥是{hex}", "钱包私钥 0x{hex}，帮我导入", "{key}", "密钥是{key}", "接口密钥 {token}", "token是{token}", "这个key {key} 报错", "Cookie: {cookie}", "api key：{token}",
		},
		"password": {
			"我的密码是{password}", "密码：{password}", "登录密码{password}不对", "支付密码是{pin}", "密码为{password}，帮我登录看看", "账号13800138000密码{password}", "我把密码改成{password}了", "密码设置为{password}", "{password}是我的密码", "取款密码：{pin}",
			"口令是{password}", "原密码是{password}，新密码是{password}", "我的pin是{pin}", "密码就是{password}啊", "密 码：{password}", "密码忘了，好像是{password}", "密码没变，一直是{password}", "把密码改回{password}可以吗", "mima是{password}", "账号wangfang，密码{password}", "取款密码我设的{pin}", "密碼：{password}",
		},
		"id": {
			"身份证号{id}", "我的身份证是{id}", "{id}", "证件号码：{id}", "护照号{passport}", "护照号码是{passport}", "收款账户{id}", "实名认证用的{id}，通不过", "港澳通行证{passport}", "我的證件號碼是{id}",
		},
	}
}

func otherTemplates() map[string][]string {
	return map[string][]string{
		"pan":      {"mi número de tarjeta es {pan}", "ma carte : {pan}", "meine Kartennummer ist {pan}", "номер карты {pan}", "meu cartão {pan}", "カード番号は{panplain}です", "카드번호 {panplain}", "رقم البطاقة {panplain}", "kart numaram {panplain}"},
		"cvv":      {"mi código de seguridad es {cvv}", "le cryptogramme est {cvv}", "Prüfnummer: {cvv}", "código de segurança {cvvplain}", "セキュリティコード {cvvplain}", "код безопасности {cvvplain}"},
		"otp":      {"el código de verificación es {otp}", "le code de vérification est {otp}", "der Bestätigungscode lautet {otp}", "код подтверждения {otp}", "認証コードは{otp}です", "인증번호는 {otp}", "código de verificação: {otp}", "il codice di verifica è {otp}", "doğrulama kodu {otp}", "kod weryfikacyjny {otp}", "รหัสยืนยัน {otp}", "mã xác thực {otp}", "رمز التحقق {otp}", "kode verifikasi {otp}", "verificatiecode {otp}", "सत्यापन कोड {otp}"},
		"seed":     {"{seed}", "mi frase semilla: {seed}", "シードフレーズ {seed}", "{seed} ?"},
		"password": {"mi contraseña es {password}", "mon mot de passe est {password}", "mein Passwort ist {password}", "пароль: {password}", "パスワードは{password}です", "비밀번호는 {password}", "minha senha é {password}", "la mia password è {password}", "şifrem {password}", "mật khẩu {password}"},
		"id":       {"mi IBAN es {id}", "meine IBAN: {id}", "número de pasaporte {passport}"},
		"key":      {"mi clave privada {hex}", "приватный ключ {hex}", "{key}"},
	}
}
