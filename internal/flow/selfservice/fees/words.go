package fees

import (
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet/tariff"
)

// group is fees that people look for together.
type group struct {
	heading sheet.Sentence
	kinds   []tariff.Kind
}

func groups() []group {
	return []group{
		{sheet.Say("Sending and paying", "转账与付款"), []tariff.Kind{tariff.Transfer, tariff.Payment, tariff.TopUp}},
		{sheet.Say("Taking money out", "提现与取现"), []tariff.Kind{tariff.Withdrawal, tariff.Cash}},
		{sheet.Say("Another currency, and chains", "换汇与链上转账"), []tariff.Kind{tariff.Exchange, tariff.Network}},
		{sheet.Say("Having the wallet", "账户"), []tariff.Kind{tariff.Account, tariff.Inactivity, tariff.Closure}},
		{sheet.Say("Cards and papers", "卡片与单据"), []tariff.Kind{tariff.Card, tariff.Replacement, tariff.Statement}},
	}
}

// Word is a kind of fee in words.
func Word(k tariff.Kind) (en, zh string) {
	w, ok := map[tariff.Kind][2]string{
		tariff.Account: {"Having the wallet", "账户管理费"}, tariff.Inactivity: {"Wallet that is not used", "账户闲置费"}, tariff.Transfer: {"Transfer", "转账手续费"},
		tariff.Payment: {"Payment", "付款手续费"}, tariff.TopUp: {"Top-up", "充值手续费"}, tariff.Withdrawal: {"Withdrawal to your bank", "提现手续费"},
		tariff.Cash: {"Cash from a machine", "ATM 取现费"}, tariff.Exchange: {"Exchange into another currency", "换汇费"}, tariff.Network: {"Fee of the chain", "链上网络费"},
		tariff.Card: {"Card", "卡片费"}, tariff.Replacement: {"New card for a lost one", "补卡费"}, tariff.Statement: {"Statement on paper", "纸质账单费"},
		tariff.Closure: {"Closing the wallet", "销户费"},
	}[k]
	if !ok { // of a payment, by a word of the wallet's own
		return string(k), string(k)
	}
	return w[0], w[1]
}

// rail is a way for money to travel in words; one that nobody knows is told as it is.
func rail(code string) (en, zh string) {
	w, ok := map[string][2]string{
		"sepa": {"SEPA", "SEPA"}, "sepa_instant": {"SEPA instant", "SEPA 即时"}, "sct_inst": {"SEPA instant", "SEPA 即时"}, "fps": {"Faster Payments", "Faster Payments"}, "swift": {"SWIFT", "SWIFT"},
		"card": {"by card", "银行卡"}, "wallet": {"within the wallet", "钱包内"}, "chain": {"on a chain", "链上"}, "bank": {"by bank", "银行"}, "mobile_money": {"mobile money", "移动支付"},
	}[code]
	if !ok {
		return code, code
	}
	return w[0], w[1]
}

// nameOf is a fee in words: what for, by which way and, where several are listed, in
// which currency.
func nameOf(l tariff.Line, currency bool) sheet.Sentence {
	en, zh := Word(l.Kind)
	if l.Rail != "" && l.Kind != tariff.Network {
		ren, rzh := rail(l.Rail)
		en, zh = en+", "+ren, zh+"（"+rzh+"）"
	}
	if currency && l.Currency != "" {
		en, zh = en+" ("+l.Currency+")", zh+"（"+l.Currency+"）"
	}
	return sheet.Say(en, zh)
}

// reference is where a rate can be looked up.
func reference(code string) sheet.Figure {
	switch code {
	case "ecb":
		return sheet.Word("European Central Bank", "欧洲中央银行")
	case "pboc":
		return sheet.Word("People's Bank of China", "中国人民银行")
	case "boe":
		return sheet.Word("Bank of England", "英格兰银行")
	default:
		return sheet.Text(code)
	}
}

// periodOf is how often something is charged.
func periodOf(period string) (en, zh string) {
	switch period {
	case "month":
		return " a month", "每月 "
	case "year":
		return " a year", "每年 "
	default:
		return "", ""
	}
}

// waived is when nothing is charged.
func waived(codes []string) (sheet.Sentence, bool) {
	for _, c := range codes {
		if c == "used_within_a_year" {
			return sheet.Say("Not charged while you used the wallet within a year", "一年内使用过钱包则不收取"), true
		}
	}
	return sheet.Say("There are cases in which it is not charged", "某些情况下不收取"), len(codes) > 0
}
