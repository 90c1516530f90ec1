package claiming

import (
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/points"
)

// outcome is a claim with what there is to say of it.
type outcome struct {
	claim points.Claim
	lot   points.Lot         // that it brought
	of    wallet.Transaction // the purchase
	zone  *time.Location
	why   rewarding.Words // of one that was refused
}

// texts are what is said in one language.
type texts struct {
	topic             string
	granted, refused  string // {n}, {what}; {why} of one that was refused
	purchase, shop    string // {day}, {shop}: what {what} is, with and without the name of a shop
	from, there, gone string // {from}: how the points stand
	person, never     string
	day, gap, colon   string // day as time.Format takes it
	locale            string
}

// of is what a customer reads of one claim.
func (w texts) of(o outcome) string {
	what, shop := "", ""
	if o.of.ID != "" {
		what = w.purchase
		if o.of.Merchant != nil && o.of.Merchant.Name != "" {
			what, shop = w.shop, o.of.Merchant.Name
		}
	}
	said := []string{w.refused, w.person, w.never}
	if o.claim.State == "granted" {
		how := w.gone
		switch o.lot.State {
		case points.Pending:
			how = w.from
		case points.Ready:
			how = w.there
		}
		said = []string{w.granted, how, w.never}
	}
	date := func(at wallet.Time) string { return at.Std().In(o.zone).Format(w.day) }
	inner := strings.NewReplacer("{day}", date(o.of.CreatedAt), "{shop}", shop).Replace(what)
	return strings.NewReplacer(
		"{n}", strconv.FormatInt(o.claim.Points, 10), "{what}", inner, "{from}", date(o.lot.ReadyAt),
		"{why}", o.why.Title.In(w.locale)+w.colon+o.why.Text.In(w.locale),
	).Replace(strings.Join(said, w.gap))
}

func wordsOf(language string) texts {
	if strings.HasPrefix(strings.ToLower(language), "zh") {
		return texts{
			topic:    "您的积分申诉",
			granted:  "钱包核对了您的积分申诉{what}，已通过，补记 {n} 积分。",
			refused:  "钱包核对了您的积分申诉{what}，未通过，{n} 积分没有补记。原因：{why}",
			purchase: "（{day} 的消费）", shop: "（{day} 在 {shop} 的消费）",
			from: "这些积分从 {from} 起可用。", there: "积分已在您的可用积分里。", gone: "积分去向可在这里的“积分与优惠”中查看。",
			person: "如果您不认同，请在这里写下原因，客服会与您再核对一次。",
			never:  "补记积分不收费，我们也绝不会为此索要验证码。",
			day:    "2006年1月2日", colon: "：", locale: "zh",
		}
	}
	return texts{
		topic:    "Your claim of points",
		granted:  "The wallet has looked at your claim of missing points{what} and granted it: {n} points came.",
		refused:  "The wallet has looked at your claim of {n} missing points{what} and did not grant it. Why: {why}",
		purchase: " for your purchase of {day}", shop: " for your purchase at {shop} on {day}",
		from: "You can spend them from {from}.", there: "They are in your balance.", gone: "What became of them stands here, under “Points and offers”.",
		person: "If you do not agree, write here why: a person looks at it once more with you.",
		never:  "Points cost nothing, and we never ask for a code for them.",
		day:    "2 January 2006", gap: " ", colon: ". ", locale: "en",
	}
}
