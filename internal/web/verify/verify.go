// Package verify is the public page on which anybody finds out whether a number, an
// address, an account or a link is ours, and reports whoever only pretends. It works
// without script and without cookies, keeps nothing of what is asked, and says what the
// register says (domain/official) and nothing else: neither a customer nor a code is
// known here.
package verify

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/internal/domain/official"
	"kefu/internal/flow/takedown"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/strictjson"
	"kefu/internal/web/pages"
	"kefu/internal/web/session"
)

//go:embed verify.html
var pageText string

//go:embed verify.css
var style []byte

// Deps are what the page works with.
type Deps struct {
	Book   func() *official.Book // the register, now
	House  func() string         // the name of the house
	Report func(context.Context, takedown.Report) error
	Peer   func(*http.Request) netip.Addr
	Window string // the address of the window
	Clock  clock.Clock
	Log    *slog.Logger
	// Limited is told the name of a limit that refused something.
	Limited func(limit string)
	Keys    int // networks that limits remember
}

// How much one network may ask and report, and all of them together report.
const (
	checksPerMinute = 30
	reportsPerHour  = 3
	reportsInAll    = 60
	maxBody         = 16 << 10 // bytes
	patience        = 10 * time.Second
)

type page struct {
	Deps
	template              *template.Template
	checks, reports, each *ratelimit.Limiter
}

// Mount puts the page on the public host's mux. Errors: Internal when it cannot be read.
func Mount(mux *http.ServeMux, d Deps) error {
	t, err := template.New("verify").Parse(pageText)
	if err != nil {
		return fault.Wrap("verify.Mount", err)
	}
	p := &page{
		Deps: d, template: t,
		checks:  ratelimit.New(ratelimit.Limit{Burst: checksPerMinute, Per: time.Minute}, d.Keys),
		reports: ratelimit.New(ratelimit.Limit{Burst: reportsPerHour, Per: time.Hour}, d.Keys),
		each:    ratelimit.New(ratelimit.Limit{Burst: reportsInAll, Per: time.Hour}, 1),
	}
	mux.HandleFunc("GET /verify", p.show)
	mux.HandleFunc("POST /verify", p.check)
	mux.HandleFunc("POST /verify/report", p.report)
	mux.HandleFunc("GET /verify.json", p.list)
	mux.HandleFunc("POST /verify.json", p.checkJSON)
	mux.HandleFunc("GET /verify.css", func(w http.ResponseWriter, _ *http.Request) {
		p.headers(w)
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(style)
	})
	return nil
}

func (p *page) headers(w http.ResponseWriter) {
	pages.Headers(w.Header(), "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
}

// take spends one of what a network may do, and says how long to wait otherwise.
func (p *page) take(r *http.Request, name string, limits ...*ratelimit.Limiter) time.Duration {
	for _, l := range limits {
		key := session.Network(p.Peer(r))
		if l == p.each {
			key = ""
		}
		if wait := l.Allow(key, 1, p.Clock()); wait > 0 {
			if p.Limited != nil {
				p.Limited(name)
			}
			return wait
		}
	}
	return 0
}

func (p *page) show(w http.ResponseWriter, r *http.Request) {
	p.write(w, http.StatusOK, p.view(r, r.URL.Query().Get("lang")))
}

// form reads what a page sends; false when it was answered.
func (p *page) form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.ParseForm() == nil {
		return true
	}
	v := p.view(r, "")
	v.Problem = v.W.Failed
	p.write(w, http.StatusBadRequest, v)
	return false
}

func (p *page) check(w http.ResponseWriter, r *http.Request) {
	if !p.form(w, r) {
		return
	}
	v := p.view(r, r.PostForm.Get("lang"))
	v.Q = clip(r.PostForm.Get("q"), official.MaxInput)
	if wait := p.take(r, "verify_checks", p.checks); wait > 0 {
		p.refuse(w, v, wait)
		return
	}
	v.Said = v.say(p.Book().Check(r.PostForm.Get("q")))
	v.R.About, v.Reporting = v.Q, v.Said.Tone == "bad"
	p.write(w, http.StatusOK, v)
}

func (p *page) report(w http.ResponseWriter, r *http.Request) {
	if !p.form(w, r) {
		return
	}
	v := p.view(r, r.PostForm.Get("lang"))
	get := func(name string, most int) string { return clip(r.PostForm.Get(name), 4*most) }
	v.R = takedown.Report{About: get("about", takedown.MaxAbout), Happened: get("happened", takedown.MaxHappened), Where: get("where", takedown.MaxWhere), Reach: get("reach", takedown.MaxReach), Language: v.Lang}
	v.Reporting = true
	if strings.TrimSpace(v.R.About) != "" {
		if wait := p.take(r, "impostor_reports", p.reports, p.each); wait > 0 {
			p.refuse(w, v, wait)
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	switch err := p.Report(ctx, v.R); {
	case err == nil:
		v.Thanks, v.R, v.Reporting = v.W.Thanks, takedown.Report{}, false
		p.write(w, http.StatusCreated, v)
	case fault.Is(err, fault.Invalid):
		v.Problem, v.Wrong = v.W.ReportNeeded, fault.FieldOf(err)
		p.write(w, http.StatusUnprocessableEntity, v)
	case fault.Is(err, fault.TooMany):
		p.refuse(w, v, time.Minute)
	default:
		p.Log.Error("a report of an impostor was not stored", "error", err)
		v.Problem = v.W.Failed
		p.write(w, http.StatusServiceUnavailable, v)
	}
}

func (p *page) refuse(w http.ResponseWriter, v *view, wait time.Duration) {
	w.Header().Set("Retry-After", seconds(wait))
	v.Problem = v.W.TooMany
	p.write(w, http.StatusTooManyRequests, v)
}

func seconds(wait time.Duration) string {
	return strconv.Itoa(int(min(wait, time.Hour)/time.Second) + 1)
}

// clip keeps what is given back in the page within bounds.
func clip(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return text
}

func (p *page) write(w http.ResponseWriter, status int, v *view) {
	var out bytes.Buffer
	if err := p.template.Execute(&out, v); err != nil {
		p.Log.Error("the page that verifies channels cannot be written", "error", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	p.headers(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// answer is what programs are told; any page may read it, for it holds nothing of anyone's.
func (p *page) answer(w http.ResponseWriter, status int, body any) {
	p.headers(w)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// list serves GET /verify.json: the register as it is now.
func (p *page) list(w http.ResponseWriter, r *http.Request) {
	if wait := p.take(r, "verify_checks", p.checks); wait > 0 {
		w.Header().Set("Retry-After", seconds(wait))
		p.answer(w, http.StatusTooManyRequests, map[string]string{"code": "rate_limited"})
		return
	}
	channels := p.Book().Listed()
	if channels == nil {
		channels = []official.Channel{}
	}
	p.answer(w, http.StatusOK, map[string]any{"channels": channels})
}

// checkJSON serves POST /verify.json: {"text": …} is answered with an official.Verdict.
func (p *page) checkJSON(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Text string `json:"text"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err = errors.Join(err, strictjson.Decode(body, &in)); err != nil {
		p.answer(w, http.StatusBadRequest, map[string]string{"code": "invalid"})
		return
	}
	if wait := p.take(r, "verify_checks", p.checks); wait > 0 {
		w.Header().Set("Retry-After", seconds(wait))
		p.answer(w, http.StatusTooManyRequests, map[string]string{"code": "rate_limited"})
		return
	}
	p.answer(w, http.StatusOK, p.Book().Check(in.Text))
}

// view is what the page shows.
type view struct {
	Lang, Tag, Dir, Other, OtherTag, OtherName string
	House, Title, Window, Q                    string
	W                                          words
	Said                                       *said
	Thanks, Problem, Wrong                     string
	Reporting                                  bool
	R                                          takedown.Report
	List                                       []group
}

type said struct {
	Tone, Title, Text, Kind, ASCII, Ours, OursLabel, Name string
	Read                                                  []stretch
	Letters, Next                                         []string
}

type stretch struct {
	Text string
	Mark bool
}

type group struct {
	Kind  string
	Items []official.Channel
}

func (p *page) view(r *http.Request, lang string) *view {
	if lang != "en" && lang != "zh" {
		lang = "en"
		if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "zh") {
			lang = "zh"
		}
	}
	v := &view{Lang: lang, Tag: "en", Dir: "ltr", Other: "zh", OtherTag: "zh-CN", OtherName: "中文", W: english(), Window: p.Window, House: p.House()}
	if lang == "zh" {
		v.W, v.Tag, v.Other, v.OtherTag, v.OtherName = chinese(), "zh-CN", "en", "en", "English"
	}
	name := v.House
	if name == "" {
		name = map[string]string{"en": "us", "zh": "我们"}[lang]
	}
	v.Title = fmt.Sprintf(v.W.Title, name)
	for _, c := range p.Book().Listed() {
		kind := v.W.named(c.Kind, c.Network)
		if n := len(v.List); n == 0 || v.List[n-1].Kind != kind {
			v.List = append(v.List, group{Kind: kind})
		}
		last := &v.List[len(v.List)-1]
		last.Items = append(last.Items, c)
	}
	return v
}

// named is the kind of a way, with the network that it is on.
func (w words) named(k official.Kind, network string) string {
	if name := w.Networks[network]; name != "" {
		return w.Kinds[k] + " · " + name
	}
	return w.Kinds[k]
}

// only says as what something is ours.
func (w words) only(as []official.Channel) string {
	var list []string
	for _, c := range as {
		what := w.As[c.Kind]
		switch c.Kind {
		case official.Phone:
			what = fmt.Sprintf(what, c.Value)
		case official.Social, official.App:
			what = fmt.Sprintf(what, w.Networks[c.Network])
		case official.Site, official.Mail, official.MailDomain:
		}
		if !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	return strings.Join(list, w.Or)
}

// say puts a verdict into words.
func (v *view) say(is official.Verdict) *said {
	text := v.W.Verdicts[is.State]
	s := &said{Tone: "bad", Title: text.Title, Text: text.Text, Next: text.Next, Kind: v.W.named(is.Kind, is.Network), ASCII: is.ASCII}
	switch is.State {
	case official.Ours:
		s.Tone, s.OursLabel = "good", v.W.Ours
		still, ok := v.W.Still[is.Kind]
		if !ok {
			still = v.W.Still[""]
		}
		s.Next = []string{still}
	case official.OursAs:
		s.Tone, s.OursLabel, s.Kind = "open", v.W.Ours, ""
		s.Title = fmt.Sprintf(text.Title, v.W.only(is.As))
		for _, c := range is.As {
			if still := v.W.Still[c.Kind]; still != "" && !slices.Contains(s.Next, still) {
				s.Next = append(s.Next, still)
			}
		}
	case official.Formerly:
		s.OursLabel = v.W.Was
	case official.Lookalike:
		s.OursLabel = v.W.Resembles
	case official.Unlisted:
		s.Tone = "open"
	case official.Unreadable:
		s.Tone, s.Kind = "open", ""
	}
	if is.Channel != nil {
		s.Ours, s.Name = is.Channel.Value, is.Channel.Name
	}
	letters, at := []rune(is.Read), 0
	for _, m := range is.Marks {
		s.Read = append(s.Read, stretch{Text: string(letters[at:m.From])}, stretch{string(letters[m.From:m.To]), true})
		at = m.To
		if m.Script != "" {
			name, ok := v.W.Scripts[m.Script]
			if !ok {
				name = v.W.Scripts[""]
			}
			if line := fmt.Sprintf(v.W.Letters, name); len(s.Letters) == 0 || s.Letters[len(s.Letters)-1] != line {
				s.Letters = append(s.Letters, line)
			}
		}
	}
	if at < len(letters) {
		s.Read = append(s.Read, stretch{Text: string(letters[at:])})
	}
	return s
}
