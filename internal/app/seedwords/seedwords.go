// Package seedwords invents what the people of a seeded database write. How often each
// word comes decides which class of query it serves.
package seedwords

import (
	"math/rand/v2"
	"strings"
)

func nouns() []string {
	return strings.Fields(`transfer card account refund balance limit fee statement exchange password phone address
		merchant receipt invoice salary rent ticket hotel flight grocery pharmacy bakery garage laptop headphones
		subscription voucher coupon points wallet device branch cashback interest currency euro dollar pound yen`)
}

func verbs() []string {
	return strings.Fields(`arrived failed disappeared doubled bounced changed vanished stopped expired reversed cleared waited
		appeared returned moved froze opened closed split merged`)
}

func chinese() []string {
	return []string{
		"我的转账还没有到账", "充值失败了怎么办", "银行卡绑定不上", "为什么扣了两次钱", "提现要多久才能到", "账户被冻结了",
		"手机丢了怎么冻结", "利息是怎么算的", "额度可以提高吗", "发票在哪里开", "收款码打不开", "还款日可以改吗",
	}
}

// rare are words that each come about once in 100,000 messages.
func rare() []string {
	return strings.Fields(`quokka zeppelin marzipan saxifrage periwinkle obsidian tamarind kaleidoscope xylophone jacaranda
		armadillo bergamot cormorant dulcimer eiderdown flugelhorn gossamer harpsichord isinglass juniper
		kumquat lapwing mandolin narwhal ocarina pangolin quince ragwort samovar thimble
		umbrage valerian wolverine yarrow zither abacus bluebell cuttlefish dragonfly emerald`)
}

// names come about once in 80,000 messages each.
func names() []string {
	return strings.Fields(`Featherstone Abernathy Okonkwo Lindqvist Papadopoulos Venkataraman Szczepanski Delacroix Nakagawa Oyelaran
		Castellanos Drummond Eriksson Fitzgerald Grabowski Hathaway Ibrahimovic Jankowski Kowalczyk Lombardi
		Mukherjee Nwachukwu Obradovic Petrosyan Quintero Rasmussen Stavropoulos Takahashi Underhill Vasquez
		Wojciechowski Yamaguchi Zielinski Andersson Bhattacharya Christodoulou Dimitrov Espinoza Fairweather Gunawardena`)
}

// Name invents a name of a person.
func Name(r *rand.Rand) string {
	first := strings.Fields("Anna Ben Chen Dalia Emeka Farah Goran Hana Igor Jia Kofi Lena Mira Nils Olga Priya Quang Rosa Sven Tara")
	last := names()
	return first[r.IntN(len(first))] + " " + last[r.IntN(len(last))]
}

// Sentence invents a message: one in five speaks of a payment, one in ten is
// Chinese, one in twenty Chinese asks for a refund.
func Sentence(r *rand.Rand) string {
	if r.IntN(10) == 0 {
		phrases := chinese()
		text := phrases[r.IntN(len(phrases))]
		if r.IntN(20) == 0 {
			text += "，我要退款"
		}
		return text + "，" + phrases[r.IntN(len(phrases))]
	}
	things, doings := nouns(), verbs()
	noun := func() string { return things[r.IntN(len(things))] }
	parts := []string{"My", noun(), doings[r.IntN(len(doings))], "after", "the", noun(), "and", "the", noun()}
	if r.IntN(5) == 0 {
		parts = append(parts, "payment")
	}
	if r.IntN(2_500) == 0 {
		few := rare()
		parts = append(parts, few[r.IntN(len(few))])
	}
	if r.IntN(2_000) == 0 {
		who := names()
		parts = append(parts, "by", who[r.IntN(len(who))])
	}
	return strings.Join(parts, " ")
}

// Queries are questions of each class, of which it is known how often they find something.
func Queries() map[string][]string {
	return map[string][]string{
		"rare": rare(), "name": names(), "zh2": {"退款", "转账", "充值", "冻结", "利息", "到账", "提现", "额度", "发票", "还款"},
		"frequent": {"payment", "the", "my", "and", "after", "card", "refund", "account", "transfer", "arrived"},
		"three": {
			"payment card refund", "transfer account payment", "wallet payment fee", "refund payment hotel",
			"card limit arrived", "my payment vanished", "the euro doubled", "salary account froze", "after merchant refund",
			"points cashback payment", "laptop refund cleared", "pharmacy card expired",
		},
		"prefix":     {"refun* card", "paymen*", "transf* account", "merch*", "pharm*"},
		"by_writer":  {"payment from:agent", "card from:agent refund", "退款 from:customer", "transfer from:customer"},
		"by_status":  {"payment status:open", "refund status:waiting", "card status:open,waiting", "提现 status:open"},
		"by_tag":     {"payment tag:vip", "card tag:vip", "refund tag:vip", "tag:vip"}, // one conversation in a hundred
		"by_day":     {"payment before:14d", "refund after:20d before:10d", "card on:21d", "退款 before:7d"},
		"by_several": {"card from:customer status:open before:7d", "refund from:agent status:resolved language:en", "payment status:waiting tag:vip"},
	}
}
