package articleeval_test

import (
	"os"
	"path/filepath"
	"testing"

	"kefu/internal/bench/articleeval"
	"kefu/internal/flow/publishing"
)

// What was reached once is not lost again by an article that takes a neighbour's questions.
func TestTheLabelledQuestions(t *testing.T) {
	data := os.Getenv("KEFU_TESTDATA")
	if data == "" {
		t.Skip("KEFU_TESTDATA is not set: the questions of others are not here")
	}
	shipped, err := publishing.Ship(os.DirFS("../../../content/articles"), os.DirFS("../../../content/flows"), os.DirFS("../../../content/jurisdictions"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang, file, column, labels string
		least                      float64
	}{
		{"en", "intent_en_banking77/train.csv", "text", "banking77-en.txt", 0.84},
		{"zh", "zh_pairs/afqmc_train_clean.csv", "s1", "afqmc-zh.txt", 0.79},
	} {
		file, err := os.Open(filepath.Join(data, c.file))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		questions, err := articleeval.Questions(file, c.column)
		if err != nil {
			t.Fatal(err)
		}
		marks, err := os.Open(filepath.Join("testdata", c.labels))
		if err != nil {
			t.Fatal(err)
		}
		defer marks.Close()
		labels, err := articleeval.Labels(marks)
		if err != nil {
			t.Fatal(err)
		}
		r, err := articleeval.Run(shipped.Shelf(), c.lang, questions, labels)
		if err != nil {
			t.Fatal(err)
		}
		if r.Three < c.least {
			t.Errorf("%s: the right article is among the first three for %.3f, and was for at least %.2f", c.lang, r.Three, c.least)
		}
	}
}
