package helpcentre

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"kefu/internal/flow/publishing"
	"kefu/internal/platform/clock"
)

// structured is an article for search engines (schema.org, JSON-LD). json.Marshal escapes
// what could end the script that it stands in.
func structured(v *view) template.JS {
	data := map[string]any{
		"@context": "https://schema.org", "@type": "Article", "headline": v.Title, "description": v.About, "inLanguage": v.TextTag,
		"mainEntityOfPage": v.Base + v.Path, "publisher": map[string]any{"@type": "Organization", "name": v.House},
	}
	out, err := json.Marshal(data)
	if err != nil {
		return ""
	}
	return template.JS(out)
}

type urlset struct {
	XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []pageOf `xml:"url"`
}

type pageOf struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// maxSitemap is how many addresses one map may hold (sitemaps.org).
const maxSitemap = 50_000

// sitemap lists every page in every language.
func (s *site) sitemap(w http.ResponseWriter, _ *http.Request) {
	var set urlset
	for _, lang := range []string{"en", "zh"} {
		for _, rest := range []string{"", "/contact", "/times"} {
			set.URLs = append(set.URLs, pageOf{Loc: s.Base + "/help/" + lang + rest})
		}
		for _, st := range s.Shelf().List(publishing.Reader{}) {
			if _, ok := st.Article.Texts[lang]; ok && len(set.URLs) < maxSitemap {
				set.URLs = append(set.URLs, pageOf{Loc: s.Base + "/help/" + lang + "/articles/" + st.Article.ID, LastMod: day(st.PublishedAt[lang])})
			}
		}
	}
	s.xml(w, "application/xml", set)
}

func day(us int64) string {
	if us == 0 {
		return ""
	}
	return clock.FromMicros(us).UTC().Format(time.DateOnly)
}

func (s *site) xml(w http.ResponseWriter, kind string, body any) {
	out, err := xml.Marshal(body)
	if err != nil {
		s.Log.Error("a feed of the help centre cannot be written", "error", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	headers(w)
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	_, _ = w.Write([]byte(xml.Header))
	_, _ = w.Write(out)
}

// feed and entry are those of Atom (RFC 4287).
type feed struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string   `xml:"title"`
	ID      string   `xml:"id"`
	Updated string   `xml:"updated"`
	Link    []rel    `xml:"link"`
	Entries []entry  `xml:"entry"`
}

type rel struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type entry struct {
	Title   string `xml:"title"`
	ID      string `xml:"id"`
	Updated string `xml:"updated"`
	Link    rel    `xml:"link"`
	Summary string `xml:"summary"`
	Author  string `xml:"author>name"`
}

const maxFeed = 50

// dated are the articles of which it is known when they were published.
func (s *site) dated(a *asked) []*publishing.Standing {
	return slices.DeleteFunc(s.Shelf().List(publishing.Reader{}), func(st *publishing.Standing) bool { return st.PublishedAt[a.lang] == 0 })
}

// feed tells what was published last; where that is known of none there is no feed.
func (s *site) feed(a *asked) {
	all := s.dated(a)
	if len(all) == 0 {
		s.missing(a)
		return
	}
	slices.SortStableFunc(all, func(x, y *publishing.Standing) int { return int(y.PublishedAt[a.lang] - x.PublishedAt[a.lang]) })
	home := s.Base + "/help/" + a.lang
	f := feed{Title: s.house(a) + " · " + a.News, ID: home, Updated: stamp(0), Link: []rel{{Href: home}, {Rel: "self", Href: home + "/feed.xml"}}}
	for i, st := range all[:min(len(all), maxFeed)] {
		at := stamp(st.PublishedAt[a.lang])
		if i == 0 {
			f.Updated = at
		}
		t := s.item(a, st, "")
		f.Entries = append(f.Entries, entry{Title: t.Title, ID: s.Base + t.Path, Updated: at, Link: rel{Href: s.Base + t.Path}, Summary: t.Lead, Author: s.house(a)})
	}
	s.xml(a.w, "application/atom+xml", f)
}

func stamp(us int64) string { return clock.FromMicros(us).UTC().Format(time.RFC3339) }

// bundle is everything in one language for an app that is offline: what articles say, with
// their figures as they are now, and when that was.
func (s *site) bundle(a *asked) {
	type article struct {
		ID       string `json:"id"`
		Topic    string `json:"topic,omitempty"`
		Title    string `json:"title"`
		Short    string `json:"short"`
		HTML     string `json:"html"`
		Language string `json:"language"`
		Updated  int64  `json:"updated_at,omitempty"`
	}
	list := []article{}
	for _, st := range s.Shelf().List(publishing.Reader{}) {
		t, lang := st.Article.In(a.lang)
		list = append(list, article{
			ID: st.Article.ID, Topic: topicOf(s.Topics(), st.Article.Topic, a.lang), Title: s.plain(a, t.Title), Short: s.plain(a, t.Short),
			HTML: string(s.body(a.r.Context(), a, t.Body)), Language: lang, Updated: st.PublishedAt[lang],
		})
	}
	out, err := json.Marshal(map[string]any{"language": a.lang, "articles": list})
	if err != nil {
		s.Log.Error("the bundle of the help centre cannot be written", "error", err)
		http.Error(a.w, "", http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(out)
	mark := `"` + hex.EncodeToString(sum[:12]) + `"`
	headers(a.w)
	a.w.Header().Set("ETag", mark)
	if slices.Contains(strings.Split(a.r.Header.Get("If-None-Match"), ", "), mark) {
		a.w.WriteHeader(http.StatusNotModified)
		return
	}
	a.w.Header().Set("Content-Type", "application/json")
	_, _ = a.w.Write(out)
}
