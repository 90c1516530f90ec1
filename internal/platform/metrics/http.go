package metrics

import (
	"bufio"
	"net"
	"net/http"
	"time"

	"kefu/internal/platform/clock"
)

// Count wraps an http.ServeMux and counts what it answers under the pattern
// that matched; what matched none is one route, "none".
func (m *Metrics) Count(next http.Handler, now clock.Clock) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			route := r.Pattern
			if route == "" {
				route = "none"
			}
			m.Answered(route, seen.status, elapsed(began, now()))
		}()
		next.ServeHTTP(seen, r)
	})
}

func elapsed(from, to time.Time) time.Duration { return max(to.Sub(from), 0) }

// statusWriter remembers the status. It hijacks and flushes as the writer below
// it does, because WebSocket upgrades and event streams pass through here.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(p)
}

// Unwrap serves http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush implements http.Flusher.
func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Hijack implements http.Hijacker; the upgraded request counts as 101.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.status, w.wrote = http.StatusSwitchingProtocols, true
	}
	return conn, buffer, err
}
