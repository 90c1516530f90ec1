// Package helpcentre is the public help centre: articles, search, contact and response times,
// written on the server, light, and readable without script, cookies or signing in. Nothing
// of anybody is known here, and nothing that is typed is kept.
package helpcentre

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/official"
	"kefu/internal/flow/filling"
	"kefu/internal/flow/publishing"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/pages"
	"kefu/internal/web/session"
)

//go:embed page.html
var pageText string

//go:embed help.css
var style []byte

//go:embed help.js
var script []byte

// Deps are what the pages work with.
type Deps struct {
	Shelf   func() *publishing.Shelf
	Topics  func() []knowledge.Topic
	Filling filling.Sources
	House   func() string
	// Flow is a flow's name in a language; not for one that a visitor cannot begin.
	Flow    func(id, lang string) (title string, ok bool)
	Book    func() *official.Book
	Tables  func(lang string) []filling.Table                               // how long answers took; none: nobody knows
	Helped  func(ctx context.Context, article, lang string, yes bool) error // nil: nobody is asked
	InVain  func(query, lang string)                                        // somebody searched and found nothing; nil: nobody is told
	Peer    func(*http.Request) netip.Addr
	Base    string // the public address of this host, without a slash at its end
	Frame   string // the address of the window's host
	Clock   clock.Clock
	Log     *slog.Logger
	Limited func(limit string)
	Keys    int // networks that limits remember
}

// How much one network may ask.
const (
	searchesPerMinute = 120 // a search is asked while somebody types
	votesPerHour      = 20
	maxQuery          = 200 // characters
	perPage           = 10
	suggested         = 6
)

type site struct {
	Deps
	template        *template.Template
	styleTag        string
	scriptTag       string
	searches, votes *ratelimit.Limiter
}

// Mount puts the pages on the public host's mux. Errors: Internal when they cannot be read.
func Mount(mux *http.ServeMux, d Deps) error {
	t, err := template.New("help").Parse(pageText)
	if err != nil {
		return fault.Wrap("helpcentre.Mount", err)
	}
	s := &site{
		Deps: d, template: t, styleTag: tag(style), scriptTag: tag(script),
		searches: ratelimit.New(ratelimit.Limit{Burst: searchesPerMinute, Per: time.Minute}, d.Keys),
		votes:    ratelimit.New(ratelimit.Limit{Burst: votesPerHour, Per: time.Hour}, d.Keys),
	}
	mux.HandleFunc("GET /help", s.begin)
	mux.HandleFunc("GET /help/{$}", s.begin)
	mux.HandleFunc("GET /help/help.css", asset("text/css; charset=utf-8", style))
	mux.HandleFunc("GET /help/help.js", asset("text/javascript; charset=utf-8", script))
	mux.HandleFunc("GET /help/sitemap.xml", s.sitemap)
	mux.HandleFunc("GET /help/{lang}", s.in(s.home))
	mux.HandleFunc("GET /help/{lang}/{$}", s.in(s.home))
	mux.HandleFunc("GET /help/{lang}/search", s.in(s.search))
	mux.HandleFunc("GET /help/{lang}/suggest", s.in(s.suggest))
	mux.HandleFunc("GET /help/{lang}/topics/{topic}", s.in(s.topic))
	mux.HandleFunc("GET /help/{lang}/articles/{article}", s.in(s.article))
	mux.HandleFunc("POST /help/{lang}/articles/{article}/helped", s.in(s.helped))
	mux.HandleFunc("GET /help/{lang}/contact", s.in(s.contact))
	mux.HandleFunc("GET /help/{lang}/times", s.in(s.times))
	mux.HandleFunc("GET /help/{lang}/feed.xml", s.in(s.feed))
	mux.HandleFunc("GET /help/{lang}/bundle.json", s.in(s.bundle))
	mux.HandleFunc("GET /help/{lang}/{rest...}", s.in(s.missing))
	return nil
}

func tag(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}

func asset(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		headers(w)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // its address has its hash
		_, _ = w.Write(body)
	}
}

func headers(w http.ResponseWriter) {
	pages.Headers(w.Header(), "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-cache")
}

// asked is one request, in its language.
type asked struct {
	w    http.ResponseWriter
	r    *http.Request
	lang string
	words
}

// in serves a page in the language of its address; one that there is not is no page.
func (s *site) in(serve func(*asked)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := &asked{w: w, r: r, lang: r.PathValue("lang")}
		switch a.lang {
		case "en":
			a.words = english()
		case "zh":
			a.words = chinese()
		default:
			a.lang, a.words = "en", english()
			s.missing(a)
			return
		}
		serve(a)
	}
}

// begin leads to the language that somebody's browser asks for.
func (s *site) begin(w http.ResponseWriter, r *http.Request) {
	headers(w)
	w.Header().Set("Vary", "Accept-Language")
	lang := "en"
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "zh") {
		lang = "zh"
	}
	http.Redirect(w, r, "/help/"+lang, http.StatusFound)
}

// take tells whether a network may ask once more, and answers where it may not.
func (s *site) take(a *asked, name string, l *ratelimit.Limiter) bool {
	wait := l.Allow(session.Network(s.Peer(a.r)), 1, s.Clock())
	if wait <= 0 {
		return true
	}
	if s.Limited != nil {
		s.Limited(name)
	}
	headers(a.w)
	a.w.Header().Set("Retry-After", strconv.Itoa(int(min(wait, time.Hour)/time.Second)+1))
	http.Error(a.w, a.TooMany, http.StatusTooManyRequests)
	return false
}

func (s *site) write(a *asked, status int, name string, v *view) {
	var out bytes.Buffer
	if err := s.template.ExecuteTemplate(&out, name, v); err != nil {
		s.Log.Error("a page of the help centre cannot be written", "page", name, "error", err)
		http.Error(a.w, "", http.StatusInternalServerError)
		return
	}
	headers(a.w)
	a.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	a.w.WriteHeader(status)
	_, _ = a.w.Write(out.Bytes())
}

func (s *site) json(a *asked, body any) {
	headers(a.w)
	a.w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(a.w).Encode(body)
}
