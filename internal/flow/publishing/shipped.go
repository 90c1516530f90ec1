// Package publishing takes articles from a draft to what people read: what the program brings
// along, what the house writes, who has to agree, and when it counts.
package publishing

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/knowledge/folder"
	"kefu/internal/domain/outbound"
)

// Shipped is what a program brings along: articles, and what they may speak of.
type Shipped struct {
	Articles []knowledge.Article
	Topics   []knowledge.Topic
	Same     map[string][][]string // by language, words that mean the same
	flows    []string
	packs    []string
	audience map[string]knowledge.Audience
}

// Ship reads the articles of a folder beside the flows and the packs of laws that they may
// speak of. Errors: Invalid for a file that cannot be read.
func Ship(articles, flows, packs fs.FS) (*Shipped, error) {
	all, err := folder.Read(articles)
	if err != nil {
		return nil, err
	}
	topics, err := folder.Topics(articles)
	if err != nil {
		return nil, err
	}
	same, err := folder.Same(articles)
	if err != nil {
		return nil, err
	}
	s := &Shipped{Articles: all, Topics: topics, Same: same, audience: map[string]knowledge.Audience{}}
	for _, a := range all {
		s.audience[a.ID] = a.Audience
	}
	names, err := fs.Glob(flows, "FL*.yaml")
	if err != nil {
		return nil, fmt.Errorf("publishing.Ship: %w", err)
	}
	for _, name := range names {
		s.flows = append(s.flows, strings.TrimSuffix(name, ".yaml"))
	}
	book, err := jurisdiction.Load(packs)
	if err != nil {
		return nil, err
	}
	for _, p := range book.Packs() {
		s.packs = append(s.packs, p.ID)
	}
	return s, nil
}

// Shelf is all of it, as it is published.
func (s *Shipped) Shelf() *Shelf {
	standing := make([]Standing, 0, len(s.Articles))
	for _, a := range s.Articles {
		standing = append(standing, Standing{Article: a})
	}
	return NewShelf(standing, s.Same)
}

// Flow implements knowledge.World.
func (s *Shipped) Flow(id string) bool { return slices.Contains(s.flows, id) }

// Topic implements knowledge.World.
func (s *Shipped) Topic(id string) bool {
	return slices.ContainsFunc(s.Topics, func(t knowledge.Topic) bool { return t.ID == id })
}

// Article implements knowledge.World.
func (s *Shipped) Article(id string) (knowledge.Audience, bool) {
	a, ok := s.audience[id]
	return a, ok
}

// Page implements knowledge.World.
func (s *Shipped) Page(name string) bool { return slices.Contains(knowledge.Pages(), name) }

// Place implements knowledge.World.
func (s *Shipped) Place(name string, block bool) bool { return knowledge.KnownPlace(name, block) }

// Jurisdiction implements knowledge.World.
func (s *Shipped) Jurisdiction(id string) bool { return slices.Contains(s.packs, id) }

// leastQuestions is in how many ways people ask for a public article, at the least, in each
// language: by its title alone it is found by who knows already what it is called.
const leastQuestions = 6

// Check says what is wrong with what is brought along. What goes out with the program has
// both languages, a way to say it on the telephone, and enough ways to ask for it.
func (s *Shipped) Check(filter *outbound.Filter) (out []knowledge.Problem) {
	checker := knowledge.NewChecker(filter)
	languages := []string{"en", "zh"}
	for i := range s.Articles {
		a := &s.Articles[i]
		out = append(out, checker.Check(a, s, languages...)...)
		if a.Audience != knowledge.Public {
			continue
		}
		if a.Topic == "" {
			out = append(out, knowledge.Problem{Article: a.ID, Field: "topic", Reason: knowledge.Missing})
		}
		for _, lang := range languages {
			if len(a.Questions[lang]) < leastQuestions {
				out = append(out, knowledge.Problem{Article: a.ID, Lang: lang, Field: "questions", Reason: knowledge.TooFew})
			}
			if a.Texts[lang].Voice == "" {
				out = append(out, knowledge.Problem{Article: a.ID, Lang: lang, Field: "voice", Reason: knowledge.Missing})
			}
		}
	}
	return out
}
