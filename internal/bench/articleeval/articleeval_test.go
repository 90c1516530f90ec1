package articleeval_test

import (
	"strings"
	"testing"

	"kefu/internal/bench/articleeval"
	"kefu/internal/domain/knowledge"
	"kefu/internal/flow/publishing"
)

func TestHowManyFindTheRightArticle(t *testing.T) {
	article := func(id, title string) publishing.Standing {
		return publishing.Standing{Article: knowledge.Article{ID: id, Audience: knowledge.Public, Source: "en", Texts: map[string]knowledge.Text{"en": {Title: title, Short: title, Body: title}}}}
	}
	shelf := publishing.NewShelf([]publishing.Standing{article("refund", "Get a refund"), article("card", "Order a card"), article("pin", "Change the pin")}, nil)
	questions, err := articleeval.Questions(strings.NewReader("text,category\nrefund please,a\n\"a card, now\",b\nwhere is the moon,c\nchange my pin,d\n"), "text")
	if err != nil || len(questions) != 4 {
		t.Fatalf("%q, %v", questions, err)
	}
	labels, err := articleeval.Labels(strings.NewReader("# row, articles\n0 refund\n1 pin card\n2\n3 refund\n"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := articleeval.Run(shelf, "en", questions, labels)
	if err != nil {
		t.Fatal(err)
	}
	if r.Asked != 4 || r.Answered != 3 || len(r.Missed) != 1 || r.Missed[0].Row != 3 || r.Three < 0.66 || r.Three > 0.67 {
		t.Errorf("%+v", r)
	}
	for _, wrong := range []string{"9 refund\n", "0 nothing\n"} {
		labels, _ := articleeval.Labels(strings.NewReader(wrong))
		if _, err := articleeval.Run(shelf, "en", questions, labels); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	if _, err := articleeval.Labels(strings.NewReader("x refund\n")); err == nil {
		t.Error("a row that is none is taken")
	}
	if _, err := articleeval.Questions(strings.NewReader("a,b\n"), "text"); err == nil {
		t.Error("a column that is not there is taken")
	}
}
