// Package articlebench measures how long a search for articles takes, on as many articles as
// are asked for: sentences of those that the program brings along, put together anew, which
// makes long lists of what has a word in common and is a hard case.
package articlebench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/knowledge/finding"
	"kefu/internal/domain/knowledge/markup"
)

// Result is what was measured of one language.
type Result struct {
	Language string  `json:"language"`
	Articles int     `json:"articles"`
	BuildSec float64 `json:"build_s"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
}

// Limit is how long 99 of 100 searches may take, in milliseconds.
const Limit = 15

// Options say how much is measured.
type Options struct {
	Articles int
	Searches int
	Seed     uint64
}

// Run measures one language. same are words that mean the same.
// Errors: Invalid when the articles have no text in that language.
func Run(all []knowledge.Article, lang string, same [][]string, o Options) (Result, error) {
	p := partsOf(all, lang)
	if len(p.sentences) == 0 || len(p.questions) == 0 {
		return Result{}, fmt.Errorf("articlebench: there is no text in %s", lang)
	}
	r := rand.New(rand.NewPCG(o.Seed, 54))
	docs := make([]finding.Doc, o.Articles)
	for i := range docs {
		docs[i] = p.doc(r, i)
	}
	begun := time.Now()
	index := finding.Build(docs, same)
	out := Result{Language: lang, Articles: o.Articles, BuildSec: time.Since(begun).Seconds()}
	took := make([]float64, 0, o.Searches)
	for i := range o.Searches {
		query := p.query(r)
		begun := time.Now()
		index.Find(query, 10, i%2 == 0, nil)
		took = append(took, float64(time.Since(begun).Microseconds())/1000)
	}
	slices.Sort(took)
	out.P50, out.P99 = took[len(took)/2], took[len(took)*99/100]
	return out, nil
}

type parts struct{ titles, questions, sentences []string }

func partsOf(all []knowledge.Article, lang string) (p parts) {
	reader := markup.New()
	for _, a := range all {
		t, ok := a.Texts[lang]
		if !ok {
			continue
		}
		p.titles = append(p.titles, t.Title)
		p.questions = append(p.questions, a.Questions[lang]...)
		doc, _ := reader.Read(t.Body)
		for line := range strings.Lines(doc.Plain()) {
			p.sentences = append(p.sentences, strings.TrimSpace(line))
		}
	}
	return p
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// doc is an article of sentences that stood in many, with a name of its own in it.
func (p parts) doc(r *rand.Rand, n int) finding.Doc {
	name := fmt.Sprintf("nr%d", n)
	d := finding.Doc{ID: name, Title: pick(r, p.titles) + " " + name, Short: pick(r, p.sentences)}
	for range 12 {
		d.Questions = append(d.Questions, pick(r, p.questions))
	}
	var body []string
	for range 14 {
		body = append(body, pick(r, p.sentences))
	}
	d.Body = strings.Join(append(body, name), "\n")
	return d
}

// query is how somebody asks, now and then with two letters that changed places.
func (p parts) query(r *rand.Rand) string {
	q := []rune(pick(r, p.questions))
	if r.IntN(3) == 0 && len(q) > 3 {
		i := 1 + r.IntN(len(q)-2)
		q[i], q[i+1] = q[i+1], q[i]
	}
	return string(q)
}
