package helpcentre

import (
	"context"
	"fmt"
	"html"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/knowledge/markup"
	"kefu/internal/flow/filling"
	"kefu/internal/flow/publishing"
	"kefu/internal/platform/clock"
)

// view is what a page shows.
type view struct {
	Lang, Tag, Dir, House, Base, Path, Frame, Style, Script string
	Title, About, Now, Q, Count                             string
	TextTag, Foreign, Dated, Thanks                         string
	Votes, Feed                                             bool
	W                                                       words
	Others                                                  []other
	Data                                                    template.JS
	Body                                                    template.HTML
	Topic                                                   *link
	Topics, Flows                                           []link
	Often, List                                             []item
	Waits                                                   []string
	Ways                                                    []way
	Tables                                                  []template.HTML
}

type other struct{ Lang, Tag, Name, Path string }

type link struct{ Title, Lead, Path string }

type item struct {
	link
	Marked []stretch
}

type stretch struct {
	Text string
	Mark bool
}

type way struct{ Kind, Value, For string }

// view begins a page at a path below its language.
func (s *site) view(a *asked, rest, title, about string) *view {
	v := &view{
		Lang: a.lang, Tag: a.Tag, Dir: a.Dir, House: s.house(a), Base: s.Base, Path: "/help/" + a.lang + rest, Frame: s.Frame, Style: s.styleTag, Script: s.scriptTag,
		Title: title, About: about, W: a.words, Feed: len(s.dated(a)) > 0,
	}
	for _, w := range []struct {
		lang string
		words
	}{{"en", english()}, {"zh", chinese()}} {
		v.Others = append(v.Others, other{Lang: w.lang, Tag: w.Tag, Name: w.Name, Path: "/help/" + w.lang + rest})
	}
	return v
}

func (s *site) house(a *asked) string {
	if name := s.House(); name != "" {
		return name
	}
	return map[string]string{"en": "Your wallet", "zh": "您的钱包"}[a.lang]
}

func (s *site) home(a *asked) {
	v := s.view(a, "", a.HomeTitle, a.HomeAbout)
	shelf := s.Shelf()
	full := map[string]bool{}
	for _, st := range shelf.List(publishing.Reader{}) {
		full[st.Article.Topic] = true
	}
	for _, t := range s.Topics() {
		if full[t.ID] {
			v.Topics = append(v.Topics, link{Title: t.Title.In(a.lang), Lead: t.Lead.In(a.lang), Path: v.Path + "/topics/" + t.ID})
		}
	}
	const often = 6
	for _, st := range shelf.List(publishing.Reader{}) {
		if st.Article.Order > 0 && len(v.Often) < often {
			v.Often = append(v.Often, s.item(a, st, ""))
		}
	}
	s.write(a, http.StatusOK, "home", v)
}

// item is an article in a list, with the words marked that were looked for.
func (s *site) item(a *asked, st *publishing.Standing, query string) item {
	t, _ := st.Article.In(a.lang)
	words := s.plain(a, t.Short)
	out := item{link: link{Title: s.plain(a, t.Title), Lead: words, Path: "/help/" + a.lang + "/articles/" + st.Article.ID}}
	out.Marked = marked(words, s.Shelf().Marks(query, a.lang, words))
	return out
}

// plain fills the places of a text without markup.
func (s *site) plain(a *asked, text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return s.Filling.For(a.r.Context(), a.lang, "").Sentence(text)
}

func marked(text string, at [][2]int) (out []stretch) {
	runes, end := []rune(text), 0
	for _, m := range at {
		if m[0] > end {
			out = append(out, stretch{Text: string(runes[end:m[0]])})
		}
		out = append(out, stretch{Text: string(runes[m[0]:m[1]]), Mark: true})
		end = m[1]
	}
	return append(out, stretch{Text: string(runes[end:])})
}

func (s *site) topic(a *asked) {
	id := a.r.PathValue("topic")
	for _, t := range s.Topics() {
		if t.ID != id {
			continue
		}
		v := s.view(a, "/topics/"+id, t.Title.In(a.lang), t.Lead.In(a.lang))
		for _, st := range s.Shelf().List(publishing.Reader{}) {
			if st.Article.Topic == id {
				v.List = append(v.List, s.item(a, st, ""))
			}
		}
		s.write(a, http.StatusOK, "topic", v)
		return
	}
	s.missing(a)
}

func (s *site) query(a *asked) string {
	q := strings.ToValidUTF8(a.r.URL.Query().Get("q"), "")
	if r := []rune(q); len(r) > maxQuery {
		q = string(r[:maxQuery])
	}
	return strings.TrimSpace(q)
}

func (s *site) search(a *asked) {
	q := s.query(a)
	v := s.view(a, "/search", a.Search, "")
	v.Q = q
	if q != "" {
		if !s.take(a, "help_searches", s.searches) {
			return
		}
		found := s.Shelf().Find(q, a.lang, publishing.Reader{}, perPage, false)
		for _, f := range found {
			v.List = append(v.List, s.item(a, f.Standing, q))
		}
		switch len(found) {
		case 0:
			v.Count = fmt.Sprintf(a.FoundNone, q)
			if s.InVain != nil {
				s.InVain(q, a.lang)
			}
		case 1:
			v.Count = fmt.Sprintf(a.FoundOne, q)
		default:
			v.Count = fmt.Sprintf(a.FoundMany, len(found), q)
		}
	}
	s.write(a, http.StatusOK, "found", v)
}

// suggest answers while somebody types: {"found":[{"title","short","path"}]}.
func (s *site) suggest(a *asked) {
	if !s.take(a, "help_searches", s.searches) {
		return
	}
	type one struct {
		Title string `json:"title"`
		Short string `json:"short"`
		Path  string `json:"path"`
	}
	found := []one{}
	for _, f := range s.Shelf().Find(s.query(a), a.lang, publishing.Reader{}, suggested, true) {
		i := s.item(a, f.Standing, "")
		found = append(found, one{i.Title, i.Lead, i.Path})
	}
	s.json(a, map[string]any{"found": found})
}

func (s *site) article(a *asked) {
	st, ok := s.Shelf().Get(a.r.PathValue("article"), publishing.Reader{})
	if !ok {
		s.missing(a)
		return
	}
	s.write(a, http.StatusOK, "article", s.articleView(a, st))
}

func (s *site) articleView(a *asked, st *publishing.Standing) *view {
	t, lang := st.Article.In(a.lang)
	v := s.view(a, "/articles/"+st.Article.ID, s.plain(a, t.Title), s.plain(a, t.Short))
	v.TextTag, v.Votes = lang, s.Helped != nil
	if lang != a.lang {
		v.Foreign = fmt.Sprintf(a.Foreign, map[string]string{"en": "English", "zh": "中文"}[lang])
	}
	for _, topic := range s.Topics() {
		if topic.ID == st.Article.Topic {
			v.Topic = &link{Title: topic.Title.In(a.lang), Path: "/help/" + a.lang + "/topics/" + topic.ID}
		}
	}
	for _, id := range st.Article.Flows {
		if title, ok := s.Flow(id, a.lang); ok {
			v.Flows = append(v.Flows, link{Title: title, Path: s.Frame + "/flow/" + id})
		}
	}
	for _, id := range st.Article.Related {
		if near, ok := s.Shelf().Get(id, publishing.Reader{}); ok {
			v.List = append(v.List, s.item(a, near, ""))
		}
	}
	v.Body = s.body(a.r.Context(), a, t.Body)
	if at := st.PublishedAt[lang]; at != 0 {
		v.Dated = fmt.Sprintf(a.words.Dated, clock.FromMicros(at).UTC().Format(time.DateOnly))
	}
	v.Data = structured(v)
	return v
}

// body is an article's text as HTML. markup escapes every word of it.
func (s *site) body(ctx context.Context, a *asked, text string) template.HTML {
	doc, problems := markup.New().Read(text)
	if len(problems) > 0 { // it would not have been published: it is shown as words
		return template.HTML("<p>" + html.EscapeString(doc.Plain()) + "</p>")
	}
	fill := s.Filling.For(ctx, a.lang, "")
	var b strings.Builder
	err := doc.HTML(&b, markup.Surroundings{
		Address: func(l markup.Link) (string, bool) { return s.address(a, l) },
		Fill:    fill.Words,
		Table: func(w io.Writer, place string) (bool, error) {
			t, ok := fill.Table(place)
			if !ok {
				return false, nil
			}
			_, err := io.WriteString(w, string(table(t)))
			return true, err
		},
		BoxTitle: func(box markup.Box) string { return a.Boxes[box] },
	})
	if err != nil { // a strings.Builder has none
		return ""
	}
	return template.HTML(b.String())
}

// address is where a link of an article leads: none where there is nothing for a reader.
func (s *site) address(a *asked, l markup.Link) (string, bool) {
	switch l.Scheme {
	case "flow":
		if _, ok := s.Flow(l.To, a.lang); ok {
			return s.Frame + "/flow/" + l.To, false
		}
	case "article":
		if _, ok := s.Shelf().Get(l.To, publishing.Reader{}); ok {
			return "/help/" + a.lang + "/articles/" + l.To, false
		}
	case "page":
		return s.page(a, l.To), false
	case "https":
		return l.To, true
	}
	return "", false
}

func (s *site) page(a *asked, name string) string {
	switch name {
	case "verify":
		return "/verify?lang=" + a.lang
	case "home":
		return "/help/" + a.lang
	case "cases":
		return s.Frame + "/frame"
	case "status": // what does not work now, and what is announced, is told there
		return s.Frame + "/flow/FL14"
	case "contact", "times":
		return "/help/" + a.lang + "/" + name
	default:
		return ""
	}
}

func table(t filling.Table) template.HTML {
	var b strings.Builder
	cells := func(tag string, row []string) {
		b.WriteString("<tr>")
		for _, c := range row {
			b.WriteString("<" + tag + ">" + html.EscapeString(c) + "</" + tag + ">")
		}
		b.WriteString("</tr>")
	}
	b.WriteString(`<div class="wide" tabindex="0" role="group" aria-label="` + html.EscapeString(t.Caption) + `"><table><caption>` + html.EscapeString(t.Caption) + "</caption><thead>")
	cells("th", t.Head)
	b.WriteString("</thead><tbody>")
	for _, row := range t.Rows {
		cells("td", row)
	}
	b.WriteString("</tbody></table></div>")
	if t.Note != "" {
		b.WriteString(`<p class="source">` + html.EscapeString(t.Note) + "</p>")
	}
	return template.HTML(b.String())
}

func (s *site) helped(a *asked) {
	id := a.r.PathValue("article")
	st, ok := s.Shelf().Get(id, publishing.Reader{})
	if !ok || s.Helped == nil {
		s.missing(a)
		return
	}
	if !s.take(a, "help_votes", s.votes) {
		return
	}
	a.r.Body = http.MaxBytesReader(a.w, a.r.Body, 1<<10)
	yes := a.r.PostFormValue("helped") == "yes"
	if err := s.Helped(a.r.Context(), id, a.lang, yes); err != nil {
		s.Log.Error("whether an article helped was not kept", "error", err)
	}
	v := s.articleView(a, st)
	v.Thanks = a.words.Thanks
	if !yes {
		v.Thanks = a.words.ThanksNo
	}
	s.write(a, http.StatusOK, "article", v)
}

func (s *site) contact(a *asked) {
	v := s.view(a, "/contact", a.Contact, a.ContactAbout)
	v.Now = "contact"
	v.Waits = s.waits(a)
	for _, c := range s.Book().Listed() {
		kind := a.Kinds[c.Kind]
		if c.Network != "" {
			kind += " · " + c.Network
		}
		v.Ways = append(v.Ways, way{Kind: kind, Value: c.Value, For: c.Name})
	}
	s.write(a, http.StatusOK, "contact", v)
}

// waits are what is known of how long it takes now.
func (s *site) waits(a *asked) (out []string) {
	f := s.Filling.For(a.r.Context(), a.lang, "")
	for _, one := range []struct{ place, text string }{{"house.hours", a.Hours}, {"wait.chat", a.Wait}, {"answer.chat", a.AnswerBy}} {
		if w := f.Words(one.place); w != "" {
			out = append(out, fmt.Sprintf(one.text, w))
		}
	}
	if len(out) == 0 {
		out = []string{a.Nobody}
	}
	return out
}

func (s *site) times(a *asked) {
	v := s.view(a, "/times", a.TimesTitle, a.TimesAbout)
	v.Now = "times"
	v.Waits = s.waits(a)
	if s.Tables != nil {
		for _, t := range s.Tables(a.lang) {
			v.Tables = append(v.Tables, table(t))
		}
	}
	s.write(a, http.StatusOK, "times", v)
}

func (s *site) missing(a *asked) {
	s.write(a, http.StatusNotFound, "missing", s.view(a, "", a.MissingTitle, a.MissingAbout))
}

// topicOf is the name of a topic, for programs.
func topicOf(all []knowledge.Topic, id, lang string) string {
	for _, t := range all {
		if t.ID == id {
			return t.Title.In(lang)
		}
	}
	return ""
}
