package pages

import (
	"bytes"
	"net/http"
	"regexp"
	"sync"

	"kefu/internal/domain/look"
)

// dressed is what of the pages depends on the operator's look, made when it was
// first asked for and kept until the look is another one.
type dressed struct {
	mu      sync.Mutex
	made    bool
	version int64
	loader  asset
	css     asset
	logo    asset // with no body: there is none
}

// dress gives the pages in the look in use.
func (s *Site) dress() (loader, css, logo asset) {
	d := &s.dressed
	l, version := look.Default(), int64(0)
	if s.options.Look != nil {
		l, version = s.options.Look()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.made || d.version != version {
		d.loader, d.css, d.logo = s.wear(l)
		d.made, d.version = true, version
	}
	return d.loader, d.css, d.logo
}

// wear makes them. A look that was validated has no errors; where one has, what it
// is about is left as it was built.
func (s *Site) wear(l look.Look) (loader, css, logo asset) {
	address := ""
	if picture, err := l.Picture(); err == nil && picture != nil {
		logo = newAsset("logo.png", picture)
		address = "/frame/logo.png?v=" + logo.tag
	}
	css = newAsset("look.css", []byte(l.CSS(address)))
	loader = s.loader
	if told, err := l.Button(); err == nil {
		place := regexp.MustCompile("[\"'`]__KEFU_LOOK__[\"'`]")
		loader = newAsset("loader.js", place.ReplaceAllLiteral(bytes.Clone(s.loader.body), told))
	}
	return loader, css, logo
}

func (s *Site) serveLoader(w http.ResponseWriter, r *http.Request) {
	loader, _, _ := s.dress()
	// Any page may load it: it holds nothing of anyone's.
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Set("Cache-Control", "public, max-age=300")
	loader.serve(w, r)
}

func (s *Site) serveLook(w http.ResponseWriter, r *http.Request) {
	_, css, _ := s.dress()
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	css.serve(w, r)
}

func (s *Site) serveLogo(w http.ResponseWriter, r *http.Request) {
	_, _, logo := s.dress()
	if logo.body == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	logo.serve(w, r)
}
