package parting

import (
	"strings"
	"time"
)

// kind is what there is to tell.
type kind string

const (
	closed kind = "closed"
	kept   kind = "kept" // it was to end, and did not
	late   kind = "late" // money came in afterwards
)

// texts are what is said in one language.
type texts struct {
	topic string
	said  map[kind]string // {at}, {amount}
	until string          // {by}
	never string
	day   string // as time.Format takes it
	when  string
	gap   string
}

// of is what a customer reads of one thing.
func (w texts) of(n news, zone *time.Location) string {
	text := w.said[n.kind]
	if n.by != 0 {
		text += w.gap + w.until
	}
	return strings.NewReplacer("{at}", n.at.Std().In(zone).Format(w.when), "{amount}", n.amount.Written(), "{by}", n.by.Std().In(zone).Format(w.day)).Replace(text + w.gap + w.never)
}

func wordsOf(language string) texts {
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		return texts{
			topic: "您的账户注销",
			said: map[kind]string{
				closed: "您的钱包账户已于 {at} 注销。之后如有款项到账，会为您保留，您可以在这里的“注销账户”中取出。法律要求保存的记录会继续保存，期限可在“我的信息与隐私”中查看。如果不是您本人申请的，请马上在这里告诉我们。",
				kept:   "您的钱包账户原定于 {at} 注销，但没有注销，仍可使用：期间出现了需要先处理的事项。具体内容请在“注销账户”中查看，处理后可重新申请。",
				late:   "您的钱包账户注销后，于 {at} 收到一笔款项：{amount}。款项已为您保留，您可以在这里的“注销账户”中取出。",
			},
			until: "请在 {by} 前领取。",
			never: "我们绝不会索要密码、验证码或助记词，取款也不收任何预付费用。",
			day:   "2006年1月2日", when: "2006年1月2日 15:04（UTC-07:00）",
		}
	}
	return texts{
		topic: "The end of your account",
		said: map[kind]string{
			closed: "Your wallet account was closed on {at}. If money comes in for it later, it is kept for you, and you can have it paid out here, under “Close my account”. What the law has kept stays for as long as it says: “My data and privacy” shows it. If it was not you who asked for this, write here at once.",
			kept:   "Your wallet account was to be closed on {at}, and is not: it stays as it is, because something came up that has to be settled first. What that is stands under “Close my account”; settle it and ask again.",
			late:   "On {at} money came in for your closed wallet account: {amount}. It is kept for you, and you can have it paid out here, under “Close my account”.",
		},
		until: "Please take it by {by}.",
		never: "We never ask for a password, a code or a recovery phrase, and never for a payment beforehand.",
		day:   "2 January 2006", when: "2 January 2006 at 15:04 (UTC-07:00)", gap: " ",
	}
}
