package publishing_test

import (
	"testing"

	"kefu/internal/domain/knowledge"
	"kefu/internal/flow/publishing"
)

func shelf() *publishing.Shelf {
	article := func(id string, audience knowledge.Audience, en, zh string, packs ...string) publishing.Standing {
		texts := map[string]knowledge.Text{"en": {Title: en, Short: en, Body: en}}
		if zh != "" {
			texts["zh"] = knowledge.Text{Title: zh, Short: zh, Body: zh}
		}
		return publishing.Standing{Article: knowledge.Article{ID: id, Audience: audience, Jurisdictions: packs, Source: "en", Keep: 6, Texts: texts}}
	}
	return publishing.NewShelf([]publishing.Standing{
		article("refund", knowledge.Public, "Get a refund", "申请退款"),
		article("refund-eu", knowledge.Public, "Refunds of direct debits", "", "eu"),
		article("refund-staff", knowledge.Staff, "How we give refunds", "我们怎么退款"),
	}, nil)
}

func TestWhoFindsWhat(t *testing.T) {
	s := shelf()
	for _, c := range []struct {
		why    string
		query  string
		lang   string
		reader publishing.Reader
		want   []string
	}{
		{"a customer", "refund", "en", publishing.Reader{}, []string{"refund", "refund-eu"}},
		{"one of another country", "refund", "en", publishing.Reader{Jurisdiction: "uk"}, []string{"refund"}},
		{"staff", "how we give refunds", "en", publishing.Reader{Staff: true}, []string{"refund-staff"}},
		{"in Chinese", "退款", "zh-Hans", publishing.Reader{}, []string{"refund"}},
		{"in a language without articles", "refund", "fr", publishing.Reader{}, []string{"refund", "refund-eu"}},
	} {
		var got []string
		for _, f := range s.Find(c.query, c.lang, c.reader, 5, false) {
			got = append(got, f.Article.ID)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.why, got, c.want)
			}
		}
	}
}

func TestWhoReadsWhat(t *testing.T) {
	s := shelf()
	if _, ok := s.Get("refund-staff", publishing.Reader{}); ok {
		t.Error("a customer reads what is for staff")
	}
	if _, ok := s.Get("refund-staff", publishing.Reader{Staff: true}); !ok {
		t.Error("staff do not read what is for them")
	}
	if _, ok := s.Get("refund-eu", publishing.Reader{Jurisdiction: "cn"}); ok {
		t.Error("a customer reads what is for another country")
	}
	if got := len(s.List(publishing.Reader{})); got != 2 {
		t.Errorf("a customer may read %d", got)
	}
}
