package finding_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"kefu/internal/domain/knowledge/finding"
)

func shelf() *finding.Index {
	return finding.Build([]finding.Doc{
		{ID: "refund", Title: "Get a refund", Short: "Ask the shop first.", Questions: []string{"i want my money back from a shop", "how do i get a refund"}, Body: "A refund goes back the way you paid."},
		{ID: "top-up", Title: "Top up your wallet", Short: "Add money by card or bank.", Questions: []string{"how to add money", "top up by card", "recharge my wallet"}, Body: "Choose an amount."},
		{ID: "card-lost", Title: "A card is lost or stolen", Short: "Block it now.", Questions: []string{"i lost my card", "somebody stole my card", "cant find my card"}, Body: "Block the card in the app."},
		{ID: "atm", Title: "The cash machine gave no money", Short: "Look at the payment.", Questions: []string{"cash machine kept my money", "withdrawal failed but money taken"}, Body: "Wait for the machine's answer."},
		{ID: "tuikuan", Title: "申请退款", Short: "先联系商家。", Questions: []string{"我要退款", "怎么把钱退回来"}, Body: "退款会原路退回。"},
		{ID: "guashi", Title: "银行卡丢了", Short: "请马上冻结。", Questions: []string{"卡丢了怎么办", "挂失"}, Body: "在应用里冻结卡片。"},
	}, [][]string{{"cash machine", "atm", "cashpoint"}, {"stolen", "nicked"}})
}

func TestWhatIsFoundFirst(t *testing.T) {
	x := shelf()
	for query, want := range map[string]string{
		"refund":                        "refund",
		"REFUNDS":                       "refund",
		"refnud":                        "refund",
		"refundd pls":                   "refund",
		"i want my money back":          "refund",
		"topup":                         "top-up",
		"how can I add some money?":     "top-up",
		"atm ate my money":              "atm",
		"my card was nicked":            "card-lost",
		"I can’t find my card anywhere": "card-lost",
		"退款":                            "tuikuan",
		"退宽":                            "tuikuan",
		"怎样才能把钱退回来啊":                    "tuikuan",
		"tuikuan":                       "tuikuan",
		"tk":                            "tuikuan",
		"卡丢了":                           "guashi",
		"ｒｅｆｕｎｄ":                        "refund",
	} {
		hits := x.Find(query, 3, false, nil)
		if len(hits) == 0 || hits[0].ID != want {
			t.Errorf("%q: %v, want %s", query, hits, want)
		}
	}
}

func TestWhileItIsTyped(t *testing.T) {
	x := shelf()
	for _, query := range []string{"re", "refu", "get a ref"} {
		if hits := x.Find(query, 3, true, nil); len(hits) == 0 || hits[0].ID != "refund" {
			t.Errorf("%q: %v", query, hits)
		}
	}
	if hits := x.Find("refu", 3, false, nil); len(hits) > 0 && hits[0].Score > 0.5 {
		t.Errorf("half a word that is finished: %v", hits)
	}
}

func TestNothingAndTooMuch(t *testing.T) {
	x := shelf()
	for _, query := range []string{"", "   ", "?!", "zzqqx"} {
		if hits := x.Find(query, 3, false, nil); len(hits) > 0 {
			t.Errorf("%q: %v", query, hits)
		}
	}
	if hits := x.Find(strings.Repeat("card ", 10_000), 3, false, nil); len(hits) == 0 || hits[0].ID != "card-lost" {
		t.Errorf("a very long one: %v", hits)
	}
	if hits := x.Find("card", 3, false, func(doc int) bool { return doc != 2 }); len(hits) == 0 || hits[0].ID == "card-lost" {
		t.Errorf("one that is not kept: %v", hits)
	}
}

func TestOneSearchLeavesNothingToTheNext(t *testing.T) {
	x := shelf()
	first := fmt.Sprint(x.Find("i lost my card", 6, false, nil))
	for range 20 {
		x.Find("refund", 6, true, nil)
		if again := fmt.Sprint(x.Find("i lost my card", 6, false, nil)); again != first {
			t.Fatalf("%s, and then %s", first, again)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("refnud 退宽 xian tk")
	x := shelf()
	f.Fuzz(func(t *testing.T, query string) {
		for _, h := range x.Find(query, 10, true, nil) {
			if h.Score <= 0 || h.Score > 10 {
				t.Fatalf("%q: %v", query, h)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("card money refund bank transfer late lost stolen pay shop top up add failed wrong amount currency exchange fee why how when is my the not there account open close app code sign in phone email change address name verify document")
	sentence := func(n int) string {
		var out []string
		for range n {
			w := words[r.IntN(len(words))]
			if r.IntN(4) == 0 {
				w += fmt.Sprint(r.IntN(3000))
			}
			out = append(out, w)
		}
		return strings.Join(out, " ")
	}
	docs := make([]finding.Doc, 10_000)
	for i := range docs {
		docs[i] = finding.Doc{ID: fmt.Sprint("d", i), Title: sentence(5), Short: sentence(12), Body: sentence(120)}
		for range 8 {
			docs[i].Questions = append(docs[i].Questions, sentence(7))
		}
	}
	x := finding.Build(docs, nil)
	b.ResetTimer()
	for range b.N {
		x.Find(sentence(8), 10, true, nil)
	}
}
