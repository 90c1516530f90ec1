package publishing

import (
	"slices"
	"strings"

	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/knowledge/finding"
	"kefu/internal/domain/knowledge/markup"
)

// Reader is who reads: what they may, and what is for them.
type Reader struct {
	Staff        bool
	Jurisdiction string // the pack of laws of their country; none: articles for all, and those of every country
	Product      string // the plan that they have; none likewise
}

// may tells whether an article is for somebody. One that is for no country or plan in
// particular is for everybody.
func (r Reader) may(a *knowledge.Article) bool {
	if a.Audience != knowledge.Public && !r.Staff {
		return false
	}
	return fits(r.Jurisdiction, a.Jurisdictions) && fits(r.Product, a.Products)
}

func fits(of string, among []string) bool {
	return of == "" || len(among) == 0 || slices.Contains(among, of)
}

// Standing is an article as it is published: what it says, and since when.
type Standing struct {
	Article     knowledge.Article
	Revision    map[string]int   // of each language
	PublishedAt map[string]int64 // microseconds, of each language
	ReviewBy    int64            // microseconds: until when somebody has to look whether it is still so; 0: never
}

// Shelf is what is published now, and finds in it. It is immutable: a change makes another.
type Shelf struct {
	standing []Standing
	byID     map[string]int
	indices  map[string]*finding.Index
}

// NewShelf puts articles on a shelf, in their order. same are words that mean the same, for
// each language.
func NewShelf(all []Standing, same map[string][][]string) *Shelf {
	s := &Shelf{standing: slices.Clone(all), byID: map[string]int{}, indices: map[string]*finding.Index{}}
	slices.SortStableFunc(s.standing, func(a, b Standing) int {
		if a.Article.Order != b.Article.Order {
			return a.Article.Order - b.Article.Order
		}
		return strings.Compare(a.Article.ID, b.Article.ID)
	})
	docs := map[string][]finding.Doc{}
	reader := markup.New()
	for i := range s.standing {
		a := &s.standing[i].Article
		s.byID[a.ID] = i
		for lang := range a.Texts {
			docs[lang] = nil
		}
	}
	for lang := range docs {
		list := make([]finding.Doc, len(s.standing)) // what a language lacks is an empty one, so that places agree
		for i := range s.standing {
			a := &s.standing[i].Article
			list[i].ID = a.ID
			if t, ok := a.Texts[lang]; ok {
				list[i] = document(reader, a, t, lang)
			}
		}
		s.indices[lang] = finding.Build(list, same[lang])
	}
	return s
}

func document(reader *markup.Reader, a *knowledge.Article, t knowledge.Text, lang string) finding.Doc {
	doc, _ := reader.Read(t.Body)
	return finding.Doc{ID: a.ID, Title: t.Title, Short: t.Short, Questions: a.Questions[lang], Headings: doc.Headings(), Body: doc.Plain()}
}

// Get is an article that somebody may read; not when there is none, or it is not for them.
func (s *Shelf) Get(id string, r Reader) (*Standing, bool) {
	i, ok := s.byID[id]
	if !ok || !r.may(&s.standing[i].Article) {
		return nil, false
	}
	return &s.standing[i], true
}

// List is all that somebody may read, in its order.
func (s *Shelf) List(r Reader) []*Standing {
	var out []*Standing
	for i := range s.standing {
		if r.may(&s.standing[i].Article) {
			out = append(out, &s.standing[i])
		}
	}
	return out
}

// Found is an article that answers a question.
type Found struct {
	*Standing
	Score float64
}

// Find lists what answers a question in a language, the best first. Of a language without
// any article it finds in English. typing says that the last word may not be finished.
func (s *Shelf) Find(query, lang string, r Reader, limit int, typing bool) []Found {
	index := s.index(lang)
	if index == nil {
		return nil
	}
	hits := index.Find(query, limit, typing, func(doc int) bool { return r.may(&s.standing[doc].Article) })
	out := make([]Found, 0, len(hits))
	for _, h := range hits {
		out = append(out, Found{Standing: &s.standing[h.Doc], Score: h.Score})
	}
	return out
}

func (s *Shelf) index(lang string) *finding.Index {
	base, _, _ := strings.Cut(lang, "-")
	for _, tag := range []string{lang, base, "en"} {
		if x, ok := s.indices[tag]; ok {
			return x
		}
	}
	return nil
}

// Marks are where words that somebody looked for stand in a text, in code points, half open.
func (s *Shelf) Marks(query, lang, text string) [][2]int {
	if index := s.index(lang); index != nil && query != "" {
		return index.Marks(query, text)
	}
	return nil
}
