package choosing

import (
	"strings"

	"kefu/internal/domain/product"
	"kefu/internal/domain/selfservice/sheet"
)

// list is words of a closed set beside each other.
func list[T ~string](name sheet.Sentence, of []T, called func(T) (en, zh string)) sheet.Row {
	en, zh := make([]string, len(of)), make([]string, len(of))
	for i, w := range of {
		en[i], zh[i] = called(w)
	}
	return sheet.Line(name, sheet.Say("{list}", "{list}").With("list", sheet.Word(strings.Join(en, ", "), strings.Join(zh, "、"))).Cell())
}

// word is a word as it is told; one of which there is none is told as it is.
func word(known map[string][2]string, w string) (en, zh string) {
	if told, there := known[w]; there {
		return told[0], told[1]
	}
	return w, w
}

func audience(w product.Audience) (en, zh string) {
	return word(map[string][2]string{"adult": {"one grown-up", "成年人本人"}, "young": {"somebody under age", "未成年人"}, "business": {"a business", "企业或商户"}}, string(w))
}

func region(w product.Region) (en, zh string) {
	return word(map[string][2]string{
		"eu": {"the European Union", "欧盟"}, "uk": {"the United Kingdom", "英国"}, "us": {"the United States", "美国"}, "cn": {"mainland China", "中国大陆"}, "elsewhere": {"another place", "其他国家或地区"},
	}, string(w))
}

func use(w product.Use) (en, zh string) {
	return word(map[string][2]string{
		"shops": {"paying in shops and online", "线下和网上付款"}, "people": {"sending money to people", "给别人转账"}, "abroad": {"travel and other currencies", "出境和多币种"},
		"income": {"receiving wages", "收工资等固定收入"}, "sales": {"being paid by customers", "向顾客收款"}, "crypto": {"crypto assets", "加密资产"},
	}, string(w))
}

func way(w product.Way) (en, zh string) {
	return word(map[string][2]string{"bank": {"bank transfer", "银行转账"}, "card": {"bank card", "银行卡"}, "cash": {"cash", "现金"}, "mobile_money": {"mobile money", "运营商移动支付"}}, string(w))
}

func trait(w product.Trait) (en, zh string) {
	return word(map[string][2]string{
		"strong_proof": {"each payment confirmed with a passkey or in the app", "每笔付款都用通行密钥或 App 确认"}, "round_clock": {"people who answer at any hour", "全天有人工客服"},
		"no_document": {"a beginning without an identity document", "开通时不用身份证件"}, "rewards": {"points for payments", "付款积分"}, "no_fee": {"nothing to pay for having it", "不收账户管理费"},
	}, string(w))
}

// pointWords are a need as it was said, as part of a sentence.
func pointWords(p product.Point) (en, zh string) {
	switch p.Need {
	case "for":
		en, zh = audience(product.Audience(p.Word))
		return "for " + en, "适合" + zh
	case "region":
		en, zh = region(product.Region(p.Word))
		return "for whoever lives in " + en, "居住地为" + zh
	case "use":
		en, zh = use(product.Use(p.Word))
		return "mainly for " + en, "主要用于" + zh
	case "also":
		en, zh = use(product.Use(p.Word))
		return "also for " + en, "也用于" + zh
	case "pay_in":
		en, zh = way(product.Way(p.Word))
		return "money comes in by " + en, "用" + zh + "充值"
	case "currency":
		return "in " + p.Word, "使用 " + p.Word
	default:
		en, zh = trait(product.Trait(p.Word))
		return "your wish: " + en, "您的偏好：" + zh
	}
}

// capital is a part of a sentence that stands alone.
func capital(en string) string { return strings.ToUpper(en[:1]) + en[1:] }

// currency is a currency to choose.
func currency(code string) sheet.Sentence {
	en, zh := word(map[string][2]string{
		"EUR": {"Euro (EUR)", "欧元（EUR）"}, "GBP": {"Pound sterling (GBP)", "英镑（GBP）"}, "CNY": {"Renminbi (CNY)", "人民币（CNY）"}, "USD": {"US dollar (USD)", "美元（USD）"},
		"AED": {"UAE dirham (AED)", "阿联酋迪拉姆（AED）"}, "HKD": {"Hong Kong dollar (HKD)", "港元（HKD）"}, "JPY": {"Yen (JPY)", "日元（JPY）"}, "SGD": {"Singapore dollar (SGD)", "新加坡元（SGD）"},
	}, code)
	return sheet.Say(en, zh)
}
