// Package letin is the demo wallet's own page on which somebody who cannot sign in any more
// comes back in: where a link of a letter is pressed, a code typed, a document given and a
// new password chosen. It is plain HTML with forms, so that it works in whatever browser a
// letter is opened. Beside it stands what the demonstration has in the place of mailboxes
// and telephones.
package letin

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/domain/wallet/recovering"
	"kefu/internal/platform/fault"
)

// Wallet lets its customers in again. Errors: NotFound, Unavailable.
type Wallet interface {
	Opened(ctx context.Context, id, token, browser string) (recovering.Page, error)
	Give(ctx context.Context, g recovering.Given) (recovering.Page, error)
	Stop(ctx context.Context, token string) (bool, error)
	// Letters are what was sent to a customer, the latest first; Holds is the code that
	// their app shows at present, and the recovery codes that they wrote down.
	Letters(ctx context.Context, customer string) ([]Letter, error)
	Holds(ctx context.Context, customer string) (app string, kept []string, err error)
}

// Letter is something that was sent.
type Letter struct {
	Kind, To, What, Code, Link string
	At                         time.Time
	Until                      wallet.Time // of what it tells; 0 for nothing
}

//go:embed letin.html letin.css
var files embed.FS //nolint:gochecknoglobals // embedding needs one

// page is what the template shows.
type page struct {
	Lang, Title string
	W           map[string]string
	P           recovering.Page
	Until       string
	Token       string
	Stop        string // a token with which it is stopped
	Stopped     string // yes, no
	Letters     []shown
	Code        string
	Kept        []string
	Mail        bool
}

type shown struct {
	Letter
	Channel, Text, Button, Time, By string
}

// Handler serves it below /recover. Own tells whether a request is of this wallet's pages.
func Handler(w Wallet, own func(*http.Request) bool) (http.Handler, error) {
	made, err := template.ParseFS(files, "letin.html")
	if err != nil {
		return nil, fault.Wrap("letin.Handler", err)
	}
	style, err := files.ReadFile("letin.css")
	if err != nil {
		return nil, fault.Wrap("letin.Handler", err)
	}
	h := server{w, made}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /recover/letin.css", func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/css; charset=utf-8")
		out.Header().Set("Cache-Control", "max-age=3600")
		_, _ = out.Write(style) // the reader may be gone
	})
	mux.HandleFunc("GET /recover", h.open)
	mux.HandleFunc("GET /recover/mail", h.mail)
	mux.HandleFunc("POST /recover", func(out http.ResponseWriter, r *http.Request) {
		if !own(r) {
			http.Error(out, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(out, r.Body, maxForm)
		h.give(out, r)
	})
	return mux, nil
}

const (
	maxForm = 8 << 10 // bytes; the demo's picture of a document is a press of a button
	cookie  = "recover"
)

type server struct {
	w    Wallet
	made *template.Template
}

func (h server) open(out http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if stop := q.Get("stop"); stop != "" { // it stops nothing before the button is pressed
		h.show(out, r, page{Stop: stop})
		return
	}
	p, err := h.w.Opened(r.Context(), q.Get("r"), q.Get("t"), browserOf(r))
	h.answer(out, r, page{P: p, Token: q.Get("t")}, err)
}

func (h server) give(out http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(out, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	if stop := r.PostForm.Get("stop"); stop != "" {
		was, err := h.w.Stop(r.Context(), stop)
		h.answer(out, r, page{Stop: stop, Stopped: map[bool]string{true: "yes", false: "no"}[was]}, err)
		return
	}
	browser := browserOf(r)
	if browser == "" {
		raw := make([]byte, 16)
		rand.Read(raw) // never fails: crypto/rand ends the process instead
		browser = hex.EncodeToString(raw)
		http.SetCookie(out, &http.Cookie{Name: cookie, Value: browser, Path: "/recover", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 7 * 24 * 3600})
	}
	f := r.PostForm
	p, err := h.w.Give(r.Context(), recovering.Given{
		ID: f.Get("r"), Token: f.Get("t"), Browser: browser, Code: strings.TrimSpace(f.Get("code")), Document: f.Get("document") != "", Without: f.Get("without") != "", Password: f.Get("password"),
	})
	h.answer(out, r, page{P: p}, err)
}

func browserOf(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil || len(c.Value) != 32 {
		return ""
	}
	return c.Value
}

func (h server) mail(out http.ResponseWriter, r *http.Request) {
	customer := r.URL.Query().Get("as")
	letters, err := h.w.Letters(r.Context(), customer)
	p := page{Mail: true}
	if err == nil {
		p.Code, p.Kept, err = h.w.Holds(r.Context(), customer)
	}
	w := words(langOf(r))
	for _, l := range letters {
		s := shown{Letter: l, Channel: w["by_"+l.Kind], Text: w["letter_"+l.What], Time: stamp(l.At)}
		if l.Until != 0 {
			s.By = stamp(l.Until.Std())
		}
		if l.Link != "" {
			s.Button = w["not_me"]
			if l.What == "link" {
				s.Button = w["open"]
			}
		}
		p.Letters = append(p.Letters, s)
	}
	h.answer(out, r, p, err)
}

func (h server) answer(out http.ResponseWriter, r *http.Request, p page, err error) {
	switch {
	case err == nil:
		h.show(out, r, p)
	case fault.Is(err, fault.NotFound):
		h.show(out, r, page{P: recovering.Page{Stage: "over"}})
	default:
		http.Error(out, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	}
}

func (h server) show(out http.ResponseWriter, r *http.Request, p page) {
	p.Lang = langOf(r)
	p.W = words(p.Lang)
	p.Title = p.W["title"]
	if p.Mail {
		p.Title = p.W["mail"]
	}
	if p.P.Until != 0 {
		p.Until = stamp(p.P.Until.Std())
	}
	header := out.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "same-origin") // the address has a token, and a form has to say where it is from
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	var text strings.Builder
	if err := h.made.Execute(&text, p); err != nil {
		http.Error(out, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(out, text.String()) // the reader may be gone
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") + " UTC" }

func langOf(r *http.Request) string {
	said := r.URL.Query().Get("lang")
	if said == "" {
		said = r.Header.Get("Accept-Language")
	}
	if strings.HasPrefix(strings.ToLower(said), "zh") {
		return "zh"
	}
	return "en"
}
