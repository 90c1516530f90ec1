package ease

import (
	"strings"
	"testing"
)

func TestEasyAndHardEnglish(t *testing.T) {
	easy := Of("en", "Your money is safe. Wait until the bank has answered. Then look again in the app.")
	hard := Of("en", "Notwithstanding aforementioned considerations, reimbursement eligibility determination necessitates comprehensive documentation verification procedures.")
	if easy.Flesch < 80 || easy.Problem(BoundsOf("en", Customer)) != "" {
		t.Errorf("the easy text: %+v", easy)
	}
	if hard.Flesch > 0 || hard.Problem(BoundsOf("en", Staff)) == "" {
		t.Errorf("the hard text: %+v", hard)
	}
}

func TestOneSentenceThatRunsOn(t *testing.T) {
	long := Of("en", strings.Repeat("we go on and ", 12)+"on. Stop. Go. Now. Yes.")
	if p := long.Problem(BoundsOf("en", Customer)); !strings.HasPrefix(p, "a sentence is too long: we go on") {
		t.Errorf("said %q of %+v", p, long)
	}
}

func TestChineseByCharacters(t *testing.T) {
	m := Of("zh", "钱没有离开您的账户。请打开 Kefu App，再试一次！")
	if m.Sentences != 2 || m.Words != 18 || m.Longest != 9 {
		t.Errorf("measured %+v", m)
	}
	if p := Of("zh", strings.Repeat("款项正在处理中并且", 9)+"。").Problem(BoundsOf("zh", Customer)); p == "" {
		t.Error("a sentence of 81 characters passes")
	}
}

func TestNumbersEndNoSentence(t *testing.T) {
	if m := Of("en", "Version 2.4 is out. Look at v3.1"); m.Sentences != 2 {
		t.Errorf("counted %d sentences", m.Sentences)
	}
}

func TestSyllables(t *testing.T) {
	for word, want := range map[string]int{"money": 2, "wallet": 2, "the": 1, "make": 1, "table": 2, "wanted": 2, "asked": 1, "account": 2, "verification": 5, "app": 1, "changes": 2} {
		if got := syllablesOf(word); got != want {
			t.Errorf("%s: %d, want %d", word, got, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("en", "A text. 一句话。")
	f.Fuzz(func(t *testing.T, lang, text string) {
		m := Of(lang, text)
		if m.Longest > m.Words || m.Sentences > m.Words {
			t.Fatalf("%+v", m)
		}
	})
}
