package guardtest

import (
	"fmt"
	"strconv"
)

// harmless makes numbers and codes that are no secrets.
func (m *maker) harmless(name string) (string, bool) {
	switch name {
	case "order":
		return pick(m, []string{m.digits(10), m.digits(12), m.digits(16), m.card(), m.digits(18), m.digits(19), "ORD-" + m.digits(8), "20231122" + m.digits(10)}), true
	case "luhn":
		return m.card(), true
	case "badcard":
		return m.badCard(), true
	case "txn":
		return pick(m, []string{m.digits(28), "4200001234202311" + m.digits(12), m.text(17, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), "0x" + m.hex(64), "T" + m.digits(20)}), true
	case "tracking":
		return pick(m, []string{"1Z999AA1" + m.digits(10), "SF" + m.digits(13), "9400 1112 0620 " + m.digits(4) + " " + m.digits(4) + " " + m.digits(2), m.digits(12), "YT" + m.digits(13), "RR" + m.digits(9) + "CN"}), true
	case "phone":
		return pick(m, []string{"+44 7700 900" + m.digits(3), "138" + m.digits(8), "+86 138 " + m.digits(4) + " " + m.digits(4), "(555) 013-" + m.digits(4), "555-0" + m.digits(3), "0171 555 " + m.digits(4), "400-" + m.digits(3) + "-" + m.digits(4)}), true
	case "amount":
		return pick(m, []string{"$" + m.digits(3), "$1," + m.digits(3) + ".50", m.digits(4) + " dollars", "£" + m.digits(3) + ".20", m.digits(3) + " USD", "€" + m.digits(4), m.digits(5) + " euros", m.digits(3) + ".99"}), true
	case "元":
		return pick(m, []string{m.digits(3) + "元", m.digits(4) + "块钱", "¥" + m.digits(4), m.digits(5) + "元", m.digits(2) + ".50元", m.digits(3) + "块"}), true
	case "date":
		return fmt.Sprintf(pick(m, []string{"20%[2]d-%02[1]d-12", "12/%02[1]d/20%[2]d", "%02[1]d.11.20%[2]d", "20%[2]d年%[1]d月3日", "20%[2]d%02[1]d12"}), 1+m.rand.IntN(12), 19+m.rand.IntN(7)), true
	case "time":
		return fmt.Sprintf("%d:%02d", m.rand.IntN(24), m.rand.IntN(60)), true
	case "year":
		return strconv.Itoa(1990 + m.rand.IntN(36)), true
	case "n":
		return strconv.Itoa(2 + m.rand.IntN(8)), true
	case "nn":
		return m.digits(2), true
	case "tail":
		return m.digits(4), true
	case "case":
		return pick(m, []string{m.digits(6), m.digits(8), "CS-" + m.digits(7), "#" + m.digits(6)}), true
	case "address":
		return pick(m, []string{"0x" + m.hex(40), "bc1q" + m.text(38, "abcdefghjkmnpqrstuvwxyz0123456789"), "T" + m.text(33, alphanumerics)}), true
	case "uuid":
		return m.hex(8) + "-" + m.hex(4) + "-4" + m.hex(3) + "-a" + m.hex(3) + "-" + m.hex(12), true
	case "version":
		return fmt.Sprintf("%d.%d.%d", 1+m.rand.IntN(9), m.rand.IntN(40), m.rand.IntN(100)), true
	}
	return "", false
}

// badCard makes sixteen digits of a card's form that fail the Luhn check.
func (m *maker) badCard() string {
	number := []byte(m.card())
	number[len(number)-1] = '0' + (number[len(number)-1]-'0'+1)%10
	return m.grouped(string(number), pick(m, []string{"", " ", "-"}))
}

// plainTemplates are phrasings without secrets that look as if.
func plainTemplates(lang string) []string {
	if lang == "zh" {
		return chinesePlain()
	}
	return englishPlain()
}

func englishPlain() []string {
	return []string{
		"How do I add money to my wallet?", "I forgot my password", "my password is not working", "I can't remember my password, please help", "what is my password?", "Where do I find the CVV?", "What is a CVV code?", "reset my password please",
		"order number {order} has not arrived", "Order #{order} is late", "my order {order} was cancelled", "transaction id {txn}", "the transaction {txn} is still pending", "TXN {txn} failed", "tracking number {tracking}", "where is my parcel {tracking}?",
		"call me at {phone}", "my phone number is {phone}", "you can reach me on {phone} after {time}", "I paid {amount} on {date}", "{amount} was charged twice", "my balance is {amount} but should be {amount}", "refund of {amount} from {date} not received",
		"my card ends in {tail}", "the card ending in {tail} was declined", "card ending {tail} expires {date}", "last four digits {tail}", "verification code not received", "I did not receive the verification code for {n} hours", "The OTP never arrives on {phone}",
		"I requested the code {n} times since {time}", "the code expired after {n} minutes", "error code {tail} when I pay", "I got error {tail} after entering the code", "promo code SAVE{nn} does not work", "zip code {tail}1", "sort code 12-34-56", "case {case} is still open",
		"ticket {case} please", "reference {case}, opened on {date}", "since {year} I am a customer", "in {year} I opened two accounts", "I have waited {n} weeks and {n} days", "version {version} of the app crashes", "request id {uuid}", "my wallet address is {address}",
		"send the coins to {address}", "I sent {amount} to the wrong address {address}", "the tx hash is 0x1234", "is it safe to abandon my account?", "I want to use my ability to pay about ten dollars above the limit", "can you actually adjust the advance amount again",
		"about this time", "You will act about the accident, absent all able adults", "one two three testing", "I have two cards and one wallet", "four of us paid for dinner", "double check my refund please", "triple the limit please", "my password must be changed every 90 days",
		"Password is required", "the password is too short", "password is incorrect it says", "does my password expire?", "my pin is blocked", "I entered the wrong pin {n} times", "my pin is not accepted at the ATM", "is the PIN the same as my password?", "seed phrase lost, what can I do?",
		"what is a recovery phrase?", "my seed phrase has 12 words", "never share your private key", "the API key page does not load", "where do I get an API token?", "cookies are enabled in my browser", "clear your cookies and try again", "my ssn was rejected by the form",
		"passport photo is blurry", "your IBAN checker refuses mine", "invoice {order} of {date}", "the number {badcard} on the receipt is wrong", "merchant order number {luhn}", "reference number: {luhn}", "order id {luhn} please check", "account number {nn}{tail}{tail} sort code 20-00-00",
		"flight BA{tail} on {date}", "it shows {nn}% fee", "my limit is {tail} a day", "I am {nn} years old", "open from {time} to {time}", "{date} {time} login from London", "the meeting is at {time}", "pay {amount} or {amount}?", "room {tail}, building {n}",
		"my card was declined for {amount} on {date} at {time}", "the security code field rejects my input", "CVV is required but the field is missing", "it keeps asking for the cvv, why?", "I typed the cvv {n} times", "cvv error {tail}", "code of conduct", "QR code does not scan",
		"two-factor authentication is on", "how long is the verification code valid? {n} minutes?", "the otp was for {amount}", "please resend the code to {phone}", "IMEI 35{nn}{tail}{tail}{nn}1", "USD {tail} and EUR {tail}", "thanks, that worked", "Hello", "card {n} of {n}",
		"My password doesn't meet the requirements", "is my password case sensitive", "password reset link expired", "passwords don't match", "password: forgotten", "I changed my password yesterday and now I'm locked out", "the password you sent is not valid",
		"flight CA{tail} seat 31K", "my boarding pass QX{tail}B does not open", "pin code {tail}10 is Bangalore", "delivery pincode {tail}01 not serviceable", "my username is ann{tail} and I forgot the password", "password reset on iphone15 fails", "I changed the password twice in {year}", "my telegram is ann_{tail}, password reset please", "turn the volume up, turn the volume down", "what does code {tail} mean", "paid {amount} with the card ending {tail}",
		"security step {n} of {nn}", "I lost the pin letter of {date}", "bus {tail}, terminal {n}", "we were {n} people, two adults and {n} kids", "the {n}th attempt at {time}", "txid {txn} has {n} confirmations", "it asked {n} security questions", "one of my two cards", "{n} of {nn} codes arrived", "passport photo {nn}x{nn} mm", "IBAN has {nn} characters", "barcode 69{tail}{tail}{n}", "license plate KA01AB{tail}",
	}
}

func chinesePlain() []string {
	return []string{
		"怎么充值？", "我忘记密码了", "密码是什么", "密码是不是错了", "密码错误怎么办", "支付密码忘了怎么找回", "密码输错{n}次被锁了", "我的密码不对", "登录密码和支付密码是一样的吗", "密码是多少位的", "密码要几位数", "安全码在哪里", "CVV是什么意思",
		"验证码收不到", "验证码一直没收到，手机号{phone}", "收不到验证码{n}天了", "验证码发到尾号{tail}的手机了", "验证码{n}分钟内有效吗", "请重新发送验证码", "验证码输入错误次数过多", "订单号{order}还没发货", "订单{order}什么时候到", "交易单号{txn}", "流水号{txn}查一下",
		"快递单号{tracking}", "物流{tracking}没更新", "我的手机号是{phone}", "请打{phone}联系我", "联系电话：{phone}", "我充值了{元}没到账", "扣了我{元}", "{date}付了{元}", "余额只有{元}", "退款{元}什么时候到", "尾号{tail}的卡被冻结了", "卡尾号{tail}绑定失败",
		"我的卡后四位是{tail}", "错误代码{tail}", "报错{tail}是什么意思", "工单{case}处理了吗", "案件编号{case}", "从{year}年开始用的", "{year}年注册的账号", "等了{n}天了", "三心二意", "一心一意办事", "七上八下的", "一五一十告诉你", "我有两张卡三个账户", "九牛一毛而已",
		"一二三，开始", "五一放假吗", "二零二四年的账单", "三天两头出问题", "四面八方", "一共三百二十元", "第一第二第三步都做了", "十有八九是系统问题", "助记词是什么", "助记词丢了怎么办", "助记词有十二个单词", "不要告诉别人私钥", "怎么导出私钥", "钱包地址是{address}",
		"转到{address}了", "交易哈希0x1234", "身份证过期了怎么办", "身份证照片不清楚", "护照可以实名吗", "商户订单号{luhn}", "订单编号：{luhn}", "流水号：{luhn}", "参考号{luhn}", "版本{version}闪退", "营业时间{time}到{time}", "{date} {time}有一笔陌生登录",
		"我的额度是{tail}", "手续费{nn}%", "我今年{nn}岁", "为什么我的转账一直没有到账", "请问怎么提高限额", "我想注销账户", "人工客服在吗", "谢谢，已经好了", "一个月还{元}可以吗", "借{tail}一天利息多少", "可以分{nn}期吗", "会员号{case}", "邮编100{nn}1",
		"优惠码用不了", "二维码扫不出来", "取件码是多少", "密码重置链接失效了", "新密码不能和旧密码相同", "密码强度不够", "口令红包怎么领", "为什么要输入安全码", "安全码提示错误{n}次", "花呗还款日是{n}号", "零钱提现多久到账", "上次{time}打过电话", "账单编号{order}",
		"航班CA{tail}", "高铁G{tail}次", "微信号ann{tail}加我", "邮箱ann{tail}@example.com，密码忘了", "用户名ann{tail}登不上，密码没错", "验证码错误，代码{tail}22", "密码是{year}年设的，忘了", "忘了密码，手机号也换成{phone}了", "安全码在第{n}步", "密码改了{n}次都没成功", "群号{case}", "车牌京A{tail}9", "条形码69{tail}{tail}1", "还款日是{n}号，账单日是{nn}号", "打了12345投诉", "分{nn}期，每期{元}", "借{tail}0元分{nn}期", "上面写着单笔最高{tail}0", "收不到验证码，借了{元}",
		"取件码{n}-{n}-{tail}", "会议号 {nn}1 {nn}3 {nn}5", "红米{n}密码忘了", "一会儿说三天一会儿说五天", "两点到三点之间没人接", "从三月等到十一月", "几分钟就好了", "七号到账吗", "二维码过期{n}分钟了",
	}
}
