package knowledge

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"kefu/internal/domain/knowledge/ease"
	"kefu/internal/domain/knowledge/figure"
	"kefu/internal/domain/knowledge/markup"
	"kefu/internal/domain/outbound"
)

// Problem is what is wrong with an article.
type Problem struct {
	Article string
	Lang    string // none: of the whole article
	Field   string // title, short, voice, body, questions, flows, …
	Line    int    // of the body, from 1; 0 elsewhere
	Reason  string // a word for which there is a sentence in each language
	Text    string // what it is about, as it stands there
}

func (p Problem) String() string {
	where := p.Article
	if p.Lang != "" {
		where += "/" + p.Lang
	}
	where += " " + p.Field
	if p.Line > 0 {
		where += ":" + strconv.Itoa(p.Line)
	}
	if p.Text == "" {
		return where + ": " + p.Reason
	}
	return fmt.Sprintf("%s: %s: %s", where, p.Reason, p.Text)
}

// The reasons beside those of markup and outbound.
const (
	Missing   = "missing"
	TooLong   = "too_long"
	TooMany   = "too_many"
	TooFew    = "too_few"
	Malformed = "malformed"
	Unknown   = "unknown"
	Twice     = "twice"
	ByHand    = "figure_by_hand" // a sum, a rate or a time that is written out
	TooHard   = "too_hard"       // to read
	Differs   = "differs"        // from its source: a link or a place that only one of them has
	StaffOnly = "staff_only"     // a public article leads to one for staff
)

// World is what an article may speak of.
type World interface {
	Flow(id string) bool
	Topic(id string) bool
	Article(id string) (Audience, bool)
	Page(name string) bool
	Place(name string, block bool) bool
	Jurisdiction(id string) bool
}

// Checker says what is wrong with articles. Make one with NewChecker; many may use it at once.
type Checker struct {
	reader  *markup.Reader
	figures *figure.Finder
	filter  *outbound.Filter
}

// NewChecker makes one with the filter of what is never said to customers.
func NewChecker(filter *outbound.Filter) *Checker {
	return &Checker{reader: markup.New(), figures: figure.New(), filter: filter}
}

// Check says all that is wrong with an article before it may be published. languages are
// those that it must have.
func (c *Checker) Check(a *Article, w World, languages ...string) []Problem {
	k := checking{Checker: c, a: a, w: w}
	k.head()
	for _, lang := range languages {
		if _, ok := a.Texts[lang]; !ok {
			k.wrong(lang, "body", Missing, "")
		}
	}
	for _, lang := range a.Languages() {
		k.text(lang, a.Texts[lang])
	}
	k.alike()
	return k.problems
}

type checking struct {
	*Checker
	a        *Article
	w        World
	docs     map[string]*markup.Doc
	problems []Problem
}

func (k *checking) wrong(lang, field, reason, about string) { k.at(lang, field, 0, reason, about) }

func (k *checking) at(lang, field string, line int, reason, about string) {
	k.problems = append(k.problems, Problem{Article: k.a.ID, Lang: lang, Field: field, Line: line, Reason: reason, Text: about})
}

func (k *checking) head() {
	a := k.a
	if !markup.Slug(a.ID) {
		k.wrong("", "id", Malformed, a.ID)
	}
	if a.Audience != Public && a.Audience != Staff {
		k.wrong("", "audience", Unknown, string(a.Audience))
	}
	if a.Keep < 1 || a.Keep > MaxKeep {
		k.wrong("", "keep", Malformed, strconv.Itoa(a.Keep))
	}
	if a.Order < 0 || a.Order > MaxOrder {
		k.wrong("", "order", Malformed, strconv.Itoa(a.Order))
	}
	if _, ok := a.Texts[a.Source]; !ok {
		k.wrong("", "source", Missing, a.Source)
	}
	if len(a.Texts) > MaxLanguages {
		k.wrong("", "texts", TooMany, "")
	}
	if a.Topic != "" && !k.w.Topic(a.Topic) {
		k.wrong("", "topic", Unknown, a.Topic)
	}
	list(k, "flows", a.Flows, k.w.Flow)
	list(k, "jurisdictions", a.Jurisdictions, k.w.Jurisdiction)
	list(k, "products", a.Products, func(string) bool { return true })
	list(k, "related", a.Related, func(id string) bool { return k.leads("", "related", 0, id) && id != a.ID })
	for _, code := range a.Codes {
		if !code.Known() {
			k.wrong("", "codes", Unknown, string(code))
		}
	}
}

func list(k *checking, field string, values []string, known func(string) bool) {
	if len(values) > MaxList {
		k.wrong("", field, TooMany, "")
	}
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			k.wrong("", field, Twice, v)
		}
		if !known(v) {
			k.wrong("", field, Unknown, v)
		}
	}
}

// leads tells whether there is an article, and complains where a customer may not read it.
func (k *checking) leads(lang, field string, line int, id string) bool {
	audience, ok := k.w.Article(id)
	if ok && audience == Staff && k.a.Audience == Public {
		k.at(lang, field, line, StaffOnly, id)
	}
	return ok
}

func (k *checking) text(lang string, t Text) {
	k.line(lang, "title", t.Title, MaxTitle, true)
	k.line(lang, "short", t.Short, MaxShort, true)
	k.line(lang, "voice", t.Voice, MaxVoice, false)
	if strings.ContainsAny(t.Voice, "*[]{}#|<>`") {
		k.wrong(lang, "voice", Malformed, t.Voice)
	}
	if q := k.a.Questions[lang]; len(q) > MaxQuestions {
		k.wrong(lang, "questions", TooMany, "")
	}
	for _, q := range k.a.Questions[lang] {
		if chars(q) > MaxQuestion || strings.TrimSpace(q) == "" {
			k.wrong(lang, "questions", Malformed, q)
		}
	}
	k.body(lang, t.Body)
}

// line checks a text of a few sentences without markup; places are allowed in it.
func (k *checking) line(lang, field, text string, most int, needed bool) {
	switch {
	case strings.TrimSpace(text) == "" && needed:
		k.wrong(lang, field, Missing, "")
	case chars(text) > most:
		k.wrong(lang, field, TooLong, strconv.Itoa(most))
	case strings.ContainsFunc(text, unicode.IsControl):
		k.wrong(lang, field, Malformed, text)
	}
	if field != "voice" {
		doc, problems := k.reader.Read(text)
		for _, p := range problems {
			k.wrong(lang, field, string(p.Reason), p.Text)
		}
		k.places(lang, field, doc)
	}
	k.words(lang, field, text, 0)
}

// words refuses what is written in no article: figures by hand, and, to customers, what an
// impostor would ask for.
func (k *checking) words(lang, field, text string, line int) {
	for _, f := range k.figures.Find(text) {
		k.at(lang, field, line, ByHand, f.Text)
	}
	if k.a.Audience != Public {
		return
	}
	for paragraph := range strings.SplitSeq(text, "\n") {
		findings, err := k.filter.Check(paragraph)
		if err != nil {
			k.at(lang, field, line, TooLong, "")
		}
		for _, f := range findings {
			runes := []rune(paragraph)
			k.at(lang, field, line, f.Class.Reason(), string(runes[f.Start:min(f.End, len(runes))]))
		}
	}
}

func (k *checking) body(lang, body string) {
	doc, problems := k.reader.Read(body)
	for _, p := range problems {
		k.at(lang, "body", p.Line, string(p.Reason), p.Text)
	}
	if k.docs == nil {
		k.docs = map[string]*markup.Doc{}
	}
	k.docs[lang] = doc
	plain := doc.Plain()
	if strings.TrimSpace(plain) == "" {
		k.wrong(lang, "body", Missing, "")
		return
	}
	k.words(lang, "body", plain, 0)
	level := ease.Customer
	if k.a.Audience == Staff {
		level = ease.Staff
	}
	if why := ease.Of(lang, plain).Problem(ease.BoundsOf(lang, level)); why != "" {
		k.wrong(lang, "body", TooHard, why)
	}
	k.places(lang, "body", doc)
	for _, l := range doc.Links() {
		known := true
		switch l.Scheme {
		case "flow":
			known = k.w.Flow(l.To)
		case "article":
			known = k.leads(lang, "body", l.Line, l.To)
		case "page":
			known = k.w.Page(l.To)
		}
		if !known {
			k.at(lang, "body", l.Line, Unknown, l.Scheme+":"+l.To)
		}
	}
}

func (k *checking) places(lang, field string, doc *markup.Doc) {
	for _, p := range doc.Places() {
		if !k.w.Place(p.Name, p.Block && field == "body") {
			k.at(lang, field, p.Line, Unknown, "{"+p.Name+"}")
		}
	}
}

// alike refuses a translation that leads elsewhere, or fills in other figures, than its source.
func (k *checking) alike() {
	source, ok := k.docs[k.a.Source]
	if !ok {
		return
	}
	want := ties(source)
	for _, lang := range k.a.Languages() {
		if lang == k.a.Source || k.docs[lang] == nil {
			continue
		}
		got := ties(k.docs[lang])
		for _, tie := range sortedKeys(want) {
			if !got[tie] {
				k.wrong(lang, "body", Differs, tie)
			}
		}
		for _, tie := range sortedKeys(got) {
			if !want[tie] {
				k.wrong(lang, "body", Differs, tie)
			}
		}
	}
}

func ties(d *markup.Doc) map[string]bool {
	out := map[string]bool{}
	for _, l := range d.Links() {
		if l.Scheme != "image" && l.Scheme != "https" { // a picture and a site may be another one in each language
			out[l.Scheme+":"+l.To] = true
		}
	}
	for _, p := range d.Places() {
		out["{"+p.Name+"}"] = true
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
