// Package network is what can be wrong on the way to a wallet: it stands before one and
// answers in its place, before a request was dealt with or after it.
package network

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// Names lists what can be wrong on the way to a wallet, and with a wallet that is
// there and does not work. Those that end in -after happen when a request was dealt with:
// what was asked for is done, and its answer does not arrive.
func Names() []string {
	var names []string
	for _, w := range ways() {
		names = append(names, "net-"+w.name, "net-"+w.name+"-after")
	}
	return names
}

// way is one thing that is wrong on the way.
type way struct {
	name   string
	answer func(http.ResponseWriter, *http.Request)
}

// plain answers with a status, a form and a body.
func plain(status int, form, body string, more ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", form)
		for i := 0; i+1 < len(more); i += 2 {
			w.Header().Set(more[i], more[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // whoever asked may be gone
	}
}

// trickle writes something over and over, until whoever asked is gone.
func trickle(part string, pause time.Duration) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 4096 {
			if _, err := io.WriteString(w, part); err != nil {
				return
			}
			if pause == 0 {
				continue
			}
			_ = http.NewResponseController(w).Flush() // it is gone then, which the next write tells
			select {
			case <-r.Context().Done():
				return
			case <-time.After(pause):
			}
		}
	}
}

func ways() []way {
	const problem = "application/problem+json"
	return []way{
		{"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"hang", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(30 * time.Second):
			}
			panic(http.ErrAbortHandler)
		}},
		{"drip", trickle(" ", 20*time.Millisecond)},
		{"huge", trickle(`"`+strings.Repeat("a", 32<<10)+`",`, 0)},
		{"page", plain(http.StatusOK, "text/html", "<html>We will be back at 6.</html>")},
		{"page-as-json", plain(http.StatusOK, "application/json", "<html>We will be back at 6.</html>")},
		{"error-as-good", plain(http.StatusOK, "application/json", `{"error":"down","code":500}`)},
		{"nothing", plain(http.StatusOK, "application/json", "")},
		{"half", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"items":[`) // and no more
			panic(http.ErrAbortHandler)
		}},
		{"500", plain(http.StatusInternalServerError, problem, `{"type":"about:blank","status":500,"code":"internal"}`)},
		{"503", plain(http.StatusServiceUnavailable, problem, `{"type":"about:blank","status":503,"code":"unavailable"}`)},
		{"429", plain(http.StatusTooManyRequests, problem, `{"type":"about:blank","status":429,"code":"too_many"}`, "Retry-After", "3600")},
		{"401", plain(http.StatusUnauthorized, problem, `{"type":"about:blank","status":401,"code":"signature"}`)},
		{"moved", plain(http.StatusTemporaryRedirect, "text/plain", "", "Location", "http://169.254.169.254/latest")},
	}
}

// Broken puts something that is wrong on the way before a wallet; nil for what is none
// of these.
func Broken(name string, next http.Handler) http.Handler {
	short, after := strings.CutSuffix(strings.TrimPrefix(name, "net-"), "-after")
	for _, w := range ways() {
		if w.name != short || !strings.HasPrefix(name, "net-") {
			continue
		}
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if after {
				next.ServeHTTP(Nowhere(), r)
			}
			w.answer(out, r)
		})
	}
	return nil
}

// Nowhere is where an answer goes that does not arrive.
func Nowhere() http.ResponseWriter { return &nowhere{http.Header{}} }

type nowhere struct{ header http.Header }

// Header implements http.ResponseWriter.
func (n *nowhere) Header() http.Header { return n.header }

// WriteHeader implements http.ResponseWriter.
func (n *nowhere) WriteHeader(int) {}

// Write implements http.ResponseWriter.
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
