// Package pages serves what browsers load: the window and its loader, the desk,
// and attachments, each on an origin of its own and under a policy that lets it
// do what it needs and no more. What the pages say and do is the work of ui;
// data comes from packages api and realtime.
package pages

import (
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"kefu/internal/domain/look"
	"kefu/internal/platform/fault"
)

// Options say where the pages are reached.
type Options struct {
	Public *url.URL // the desk's address; its scheme is that of all origins
	Widget string   // host, with its port, of the window's frame
	Files  string   // host, with its port, of attachments
	// Embed gives the origins of the pages that may embed the window, now; nil for
	// none.
	Embed func() []string
	// Look gives the look in use, and a number that changes with it; nil for that of
	// a new deployment.
	Look func() (look.Look, int64)
	// Examples show how to embed the window; without them there is no such page.
	Examples fs.FS
}

// Site serves the pages of one deployment.
type Site struct {
	options Options
	desk    *tree
	frame   *tree
	loader  asset // as it was built
	dressed dressed
	embed   map[string]asset // how to embed the window, by language
}

// New reads the built pages: dist holds desk/, widget/frame/ and
// widget/loader.js. Errors: Invalid when the program was built without them.
func New(dist fs.FS, o Options) (*Site, error) {
	const op = "pages.New"
	s := &Site{options: o}
	var err error
	if s.desk, err = readTree(dist, "desk", "/desk/"); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if s.frame, err = readTree(dist, "widget/frame", "/frame/"); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if s.loader, err = readAsset(dist, "widget/loader.js"); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if o.Examples != nil {
		if s.embed, err = s.embedGuide(o.Examples); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// MountDesk puts the desk and the loader on the public host's mux.
func (s *Site) MountDesk(mux *http.ServeMux) {
	mux.Handle("GET /{$}", http.RedirectHandler("/desk/", http.StatusSeeOther))
	mux.Handle("GET /desk/", s.desk.serve(s.deskPolicy()))
	mux.HandleFunc("GET /widget.js", s.serveLoader)
	if s.embed != nil {
		s.mountEmbed(mux)
	}
}

// MountFrame puts the window's frame on the widget host's mux.
func (s *Site) MountFrame(mux *http.ServeMux) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.frame.serve(s.framePolicy()).ServeHTTP(w, r) })
	mux.Handle("GET /frame", page)
	mux.Handle("GET /frame/", page)
	mux.Handle("GET /flow/{flow}", page) // the window as a page of its own, which begins with a flow
	mux.Handle("GET /preview", s.frame.serve(s.previewPolicy()))
	mux.HandleFunc("GET /frame/look.css", s.serveLook)
	mux.HandleFunc("GET /frame/logo.png", s.serveLogo)
}

// deskPolicy is the desk's content security policy (CSP level 3): its own
// scripts, styles and connections, pictures of the files host, the preview of the
// window, and no page may frame it.
func (s *Site) deskPolicy() policy {
	return policy{csp: s.ownCode(s.options.Public.Host) + "; frame-src " + s.PreviewURL() + "; frame-ancestors 'none'", opener: "same-origin"}
}

// previewPolicy is that of the window's frame in the desk's settings, where it shows
// what the desk hands it. Only the desk may hold it, and it speaks to no server: it
// cannot be shown to a customer, and nothing in it can be sent.
func (s *Site) previewPolicy() policy {
	return policy{csp: strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'", "img-src 'self' data: blob:",
		"base-uri 'none'", "form-action 'none'", "frame-ancestors " + s.origin(s.options.Public.Host),
	}, "; "), embedded: true}
}

// PreviewURL is the address of the frame for previews.
func (s *Site) PreviewURL() string { return s.origin(s.options.Widget) + "/preview" }

func (s *Site) origin(host string) string { return s.options.Public.Scheme + "://" + host }

// framePolicy is that of the window's frame, which only the wallet's pages may
// hold: those of this moment.
func (s *Site) framePolicy() policy {
	ancestors := "'none'"
	if s.options.Embed != nil {
		if origins := s.options.Embed(); len(origins) > 0 {
			ancestors = strings.Join(origins, " ")
		}
	}
	return policy{csp: s.ownCode(s.options.Widget) + "; frame-ancestors " + ancestors, embedded: true}
}

func (s *Site) ownCode(host string) string {
	files := s.options.Public.Scheme + "://" + s.options.Files
	socket := "ws"
	if s.options.Public.Scheme == "https" {
		socket = "wss"
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'",
		"img-src 'self' data: blob: " + files,
		"connect-src 'self' " + socket + "://" + host, // older browsers do not count sockets as 'self'
		"base-uri 'none'", "form-action 'none'",
	}, "; ")
}

// DemoWallet is the page of the demo wallet, which embeds the window as a real
// wallet's page does: from origins other than its own. kefu and frame are those
// origins. Errors: Invalid when the program was built without the page.
func DemoWallet(dist fs.FS, kefu, frame string) (http.Handler, error) {
	page, err := readTree(dist, "demo", "/")
	if err != nil {
		return nil, fault.Wrap("pages.DemoWallet", err)
	}
	return page.serve(policy{csp: strings.Join([]string{
		"default-src 'none'", "script-src 'self' " + kefu, "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
		"frame-src " + frame, "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
	}, "; "), referrer: "origin"}), nil
}
