package guardtest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"kefu/internal/domain/guard/guardtest"
)

const corpusFile = "../testdata/corpus.jsonl"

// The corpus is made, not written: to change it, change the maker and run
// go test ./internal/domain/guard/guardtest -update.
func TestCorpusIsWhatTheMakerMakes(t *testing.T) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	for _, line := range guardtest.Corpus(1, 6000) {
		if err := enc.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(corpusFile, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(corpusFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, buf.Bytes()) {
		t.Error("testdata/corpus.jsonl differs from what the maker makes; run with -update and look at the difference")
	}
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the corpus anew")
	flag.Parse()
	os.Exit(m.Run())
}

func TestCorpusCoversEveryClassInBothLanguages(t *testing.T) {
	seen := map[string]int{}
	for _, line := range guardtest.Corpus(1, 6000) {
		points := []rune(line.Text)
		for _, s := range line.Spans {
			seen[line.Lang+" "+s.Class]++
			if s.Start < 0 || s.End > len(points) || s.Start >= s.End {
				t.Fatalf("span out of range: %+v", line)
			}
		}
		if len(line.Spans) == 0 {
			seen[line.Lang+" none"]++
		}
	}
	for _, lang := range []string{"en", "zh"} {
		for _, class := range strings.Fields("pan cvv otp seed key password id none") {
			if seen[lang+" "+class] < 20 {
				t.Errorf("%s %s: only %d", lang, class, seen[lang+" "+class])
			}
		}
	}
}

// A corpus of one phrasing, or of secrets that a pattern of digits finds, would
// prove nothing.
func TestCorpusIsVariedAndNotEasy(t *testing.T) {
	texts := map[string]bool{}
	plain := regexp.MustCompile(`^[0-9][0-9 -]*[0-9]$`)
	easy, hard := map[string]int{}, map[string]int{}
	lines := guardtest.Corpus(1, 6000)
	for _, line := range lines {
		texts[line.Text] = true
		points := []rune(line.Text)
		for _, s := range line.Spans {
			key := line.Lang + " " + s.Class
			if plain.MatchString(string(points[s.Start:s.End])) {
				easy[key]++
			} else {
				hard[key]++
			}
		}
	}
	if len(texts)*10 < len(lines)*7 {
		t.Errorf("only %d of %d lines differ", len(texts), len(lines))
	}
	for _, lang := range []string{"en", "zh"} {
		for class, least := range map[string]float64{"pan": 0.4, "cvv": 0.15, "otp": 0.15} {
			key := lang + " " + class
			if share := float64(hard[key]) / float64(hard[key]+easy[key]); share < least || hard[key] < 40 {
				t.Errorf("%s: %.2f of %d are disguised, want %.2f and at least 40", key, share, hard[key]+easy[key], least)
			}
		}
	}
}

func FuzzReadMarked(f *testing.F) {
	f.Add("en\tcvv ⟦cvv|123⟧ ok\\n\nzh\t你好\n# remark")
	f.Add("en\t⟦a|⟧⟦b|c⟦d|e⟧⟧")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := guardtest.ReadMarked(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, line := range lines {
			points := []rune(line.Text)
			for _, s := range line.Spans {
				if s.Start < 0 || s.End < s.Start || s.End > len(points) {
					t.Fatalf("a span is out of range: %+v", line)
				}
			}
		}
	})
}

func TestMarkedLines(t *testing.T) {
	lines, err := guardtest.ReadMarked(strings.NewReader("# remark\nen\tcvv ⟦cvv|123⟧ ok\\n\nzh\t你好\n"))
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	if lines[0].Text != "cvv 123 ok\n" || lines[0].Spans[0] != (guardtest.Span{Start: 4, End: 7, Class: "cvv"}) {
		t.Errorf("%+v", lines[0])
	}
	for _, bad := range []string{"en without tab", "en\t⟦cvv|123", "en\t⟦123⟧"} {
		if _, err := guardtest.ReadMarked(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
