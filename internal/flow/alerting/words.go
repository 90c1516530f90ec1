package alerting

import (
	"strings"

	"kefu/internal/domain/wallet"
)

// texts are what is said of alerts in one language.
type texts struct {
	topic    string
	noticed  map[wallet.AlertKind]string // to the customer; {at}, {amount} and {party} of a payment
	unnamed  string                      // of a payment whose other side is not named
	when     string                      // how {at} is written, as time.Format takes it
	then     string
	endings  map[ending]string // how what was asked about stands
	gap      string
	staff    string // {what}, {severity}
	kinds    map[wallet.AlertKind]string
	severity map[string]string
	maySay   string
	mustNot  string
	noPush   string
}

func wordsOf(language string) texts {
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		return inChinese()
	}
	return inEnglish()
}

// toCustomer is what the customer reads. It says what happened and what to do, and asks
// for nothing but a press.
func (w texts) toCustomer(c concern) string {
	noticed := w.noticed[c.Kind]
	if c.Kind == wallet.AlertPayment && c.party == "" {
		noticed = w.unnamed
	}
	return strings.NewReplacer("{at}", c.at.Format(w.when), "{amount}", c.amount, "{party}.", strings.TrimSuffix(c.party, ".")+".", "{party}", c.party).Replace(noticed) + w.gap + w.then
}

// toStaff is what an agent reads: what there is, what may be said of it and what not.
func (w texts) toStaff(c concern) string {
	what := w.kinds[c.Kind]
	if c.Kind == wallet.AlertPayment {
		what += " (" + strings.TrimSuffix(c.amount+", "+c.party, ", ") + ")"
	}
	note := strings.NewReplacer("{what}", what, "{severity}", w.severity[c.Severity]).Replace(w.staff) + "\n" + w.maySay + "\n" + w.mustNot
	if !c.push {
		note += "\n" + w.noPush
	}
	return note
}

func inEnglish() texts {
	return texts{
		topic: "Was this you?",
		noticed: map[wallet.AlertKind]string{
			wallet.AlertPayment: "On {at} we noticed a payment that looks unlike you: {amount} to {party}.",
			wallet.AlertLogin:   "On {at} we noticed a sign-in to your wallet that looks unlike you.",
			wallet.AlertDevice:  "On {at} we noticed that a new device was signed in to your wallet.",
			wallet.AlertFactor:  "On {at} we noticed that a way to confirm that it is you was added or changed.",
			OfRecovery:          "On {at} somebody asked to get back in to your wallet as you, without signing in.",
		},
		unnamed: "On {at} we noticed a payment that looks unlike you: {amount}.",
		when:    "2 January 2006 at 15:04 (UTC-07:00)",
		then:    "Was it you? Choose below: if it was not, we stop payments and sign every device out first, and a person takes over. This message stands in your wallet itself. We never ask for a password, a code or a recovery phrase, and never for money to be moved.",
		endings: map[ending]string{
			mine:     "It was said in your wallet that this was you, so we ask no more. If that was not you, say so here: payments can be stopped at any hour.",
			disputed: "This payment was reported as not yours, so we ask no more whether it was you. If more seems odd, say so here: payments can be stopped at any hour.",
			closed:   "Your wallet has no question about this payment any more, so we ask no more. If it was not you all the same, say so here: payments can be stopped at any hour.",
			stopped:  "This attempt to get back in to your wallet was stopped, and nobody gets in by it any more. If you did not stop it yourself, or something seems odd, say so here: we look with you who else was in.",
			ended:    "This attempt to get back in to your wallet came to its end, and nobody got in by it. If it was not you, say so here: we look with you who else was in.",
			inside:   "Somebody came back in to your wallet by this, and chose a new password. If that was you, say so. If it was not, or you are not sure, answer the question about it now: payments are stopped first.",
			passed:   "We asked whether this was you, and nobody answered for a week, so that question is over. Nothing was decided by that. If it was not you, or you are not sure, say so here: payments can be stopped at any hour.",
			over:     "Your wallet says that this is over: the sign-in has ended, or the device or the way to confirm is there no more. It may have been somebody else all the same, so please answer the question about it.",
		},
		gap:   " ",
		staff: "Alert of the wallet: {what}, {severity}. The customer is asked whether it was them.",
		kinds: map[wallet.AlertKind]string{wallet.AlertPayment: "a payment", wallet.AlertLogin: "a sign-in", wallet.AlertDevice: "a new device", wallet.AlertFactor: "a change of what proves the customer", OfRecovery: "somebody who asks to get back in as the customer"},
		severity: map[string]string{
			"low": "of little weight", "medium": "of some weight", "high": "of great weight",
		},
		maySay:  "May be said: what was noticed and when, that payments can be stopped and devices signed out at once, and how to dispute a payment.",
		mustNot: "Not to be said: why the wallet noticed it, by which rule or score, or whether anybody looks into it.",
		noPush:  "The customer was not told by a notification: where it would be shown has changed lately, or is not known. The message and the question stand in their window alone.",
	}
}

func inChinese() texts {
	return texts{
		topic: "是您本人吗？",
		noticed: map[wallet.AlertKind]string{
			wallet.AlertPayment: "我们在 {at} 注意到一笔不像您平时习惯的付款：{amount}，收款方 {party}。",
			wallet.AlertLogin:   "我们在 {at} 注意到一次不像您平时习惯的钱包登录。",
			wallet.AlertDevice:  "我们在 {at} 注意到有一台新设备登录了您的钱包。",
			wallet.AlertFactor:  "我们在 {at} 注意到您的一种身份验证方式被添加或更改。",
			OfRecovery:          "{at}，有人在未登录的情况下申请找回您的钱包账户。",
		},
		unnamed: "我们在 {at} 注意到一笔不像您平时习惯的付款：{amount}。",
		when:    "2006年1月2日 15:04（UTC-07:00）",
		then:    "是您本人操作的吗？请在下面选择：如果不是，我们会先停止付款并让所有设备退出登录，再由客服接手。这条消息就显示在您的钱包里。我们绝不会索要密码、验证码或助记词，也不会让您转账。",
		endings: map[ending]string{
			mine:     "钱包中已确认这是您本人操作，我们不再询问。如果不是您确认的，请在这里告诉我们，任何时间都可以停止付款。",
			disputed: "这笔付款已报告为非本人操作，我们不再询问是不是您。如果还有不对劲的地方，请在这里告诉我们，任何时间都可以停止付款。",
			closed:   "您的钱包对这笔付款已没有疑问，我们不再询问。如果仍然不是您本人操作的，请在这里告诉我们，任何时间都可以停止付款。",
			stopped:  "这次找回钱包账户的申请已被终止，任何人都不能再通过它进入。如果不是您本人终止的，或觉得不对劲，请在这里告诉我们，我们和您一起检查有没有别人登录过。",
			ended:    "这次找回钱包账户的申请已经结束，没有人通过它进入。如果不是您本人申请的，请在这里告诉我们，我们和您一起检查有没有别人登录过。",
			inside:   "有人通过这样的申请找回了您的钱包账户，并设置了新密码。如果是您本人，请确认；如果不是或不确定，请马上回答那个问题，我们先停止付款。",
			passed:   "我们曾询问是不是您本人操作，一周内没有收到回答，这个问题已经结束，没有因此作出任何决定。如果不是您，或者不确定，请在这里告诉我们，任何时间都可以停止付款。",
			over:     "您的钱包显示这件事已经结束：登录已退出，或设备、验证方式已不在。但仍有可能是别人操作的，请回答那个问题。",
		},
		staff: "钱包预警：{what}，{severity}。已询问客户是否为本人操作。",
		kinds: map[wallet.AlertKind]string{wallet.AlertPayment: "一笔付款", wallet.AlertLogin: "一次登录", wallet.AlertDevice: "一台新设备", wallet.AlertFactor: "身份验证方式变更", OfRecovery: "有人申请找回账户"},
		severity: map[string]string{
			"low": "级别低", "medium": "级别中", "high": "级别高",
		},
		maySay:  "可以说：注意到了什么、发生在什么时间，可以马上停止付款并让设备退出，以及如何对付款提出争议。",
		mustNot: "不能说：钱包为什么注意到、依据什么规则或评分，以及是否有人在调查。",
		noPush:  "没有向客户发送通知：通知所到的设备近期有变更，或情况不明。消息和问题只显示在客户的窗口里。",
	}
}
