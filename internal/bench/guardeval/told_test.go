package guardeval_test

import (
	"strconv"
	"strings"
	"testing"

	"kefu/internal/domain/guard"
	"kefu/internal/domain/guard/guardtest"
)

// A phrase is found however its words are written down over the messages: with
// numbers, with "then", in capitals, or with a letter missing in one of them.
func TestPhrasesOverMessagesHoweverWritten(t *testing.T) {
	d, err := guard.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		write func(word string, at, inMessage int) string
		most  float64 // share missed
	}{
		{"a letter missing", func(word string, at, _ int) string {
			if at == 4 {
				return word[:len(word)-2] + word[len(word)-1:]
			}
			return word
		}, 0.05},
		{"numbered", func(word string, at, _ int) string { return strconv.Itoa(at+1) + ". " + word }, 0.005},
		{"with then", func(word string, at, inMessage int) string {
			if at > 0 && inMessage == 0 {
				return "then " + word
			}
			return word
		}, 0.005},
		{"with commas", func(word string, _, _ int) string { return word + "," }, 0.005},
		{"in capitals", func(word string, _, _ int) string { return strings.ToUpper(word) }, 0.005},
	} {
		t.Run(c.name, func(t *testing.T) {
			missed, samples := 0, 0
			for seed := range uint64(200) {
				for _, n := range []int{2, 3, 4, 6} {
					said := guardtest.Talk(seed+5000, "seed en 12", n)
					rewrite(said, c.write)
					samples++
					if texts := converse(d, said); kept(said, texts) {
						missed++
						t.Logf("%+v became %q", said, texts)
					}
				}
			}
			if float64(missed) > c.most*float64(samples) {
				t.Errorf("%d of %d missed", missed, samples)
			}
		})
	}
}

func rewrite(said []guardtest.Said, write func(word string, at, inMessage int) string) {
	at := 0
	for i := range said {
		if !said[i].Own {
			continue
		}
		fields := strings.Fields(said[i].Text)
		for k := range fields {
			fields[k] = write(fields[k], at, k)
			at++
		}
		said[i].Text = strings.Join(fields, " ")
	}
}

// kept tells whether nothing was taken out of some own message.
func kept(said []guardtest.Said, texts []string) bool {
	for i := range said {
		if said[i].Own && texts[i] == said[i].Text {
			return true
		}
	}
	return false
}
