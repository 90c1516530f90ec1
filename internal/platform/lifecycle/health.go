package lifecycle

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Bounds of looking after one's health: the answer is public, so asking often
// must not load what is asked about.
const (
	CheckTimeout = 2 * time.Second
	CheckEvery   = time.Second
)

// Health knows whether the server is ready for work. Its public answers never
// say why not; Report does, for `kefu doctor` and the log. Of a nil Health
// nothing is known and nothing kept.
type Health struct {
	now     clock.Clock
	started atomic.Bool

	mu     sync.Mutex
	checks []check
	asked  time.Time
	last   []Result
}

type check struct {
	name string
	ask  func(context.Context) error
}

// Result is the outcome of one check.
type Result struct {
	Name string
	Err  error // nil when all is well
}

// NewHealth makes a Health that is not ready until Run has started everything.
func NewHealth(now clock.Clock) *Health { return &Health{now: now} }

// Check adds something that readiness depends on, such as the database. ask has
// CheckTimeout to answer.
func (h *Health) Check(name string, ask func(context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = append(h.checks, check{name, ask})
	h.last = nil
}

// Report asks every check, or repeats the answers of the last CheckEvery.
func (h *Health) Report(ctx context.Context) []Result {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	if h.last != nil && now.Sub(h.asked) >= 0 && now.Sub(h.asked) < CheckEvery {
		return h.last
	}
	// A caller who goes away must not leave a false answer for the next one.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), CheckTimeout)
	defer cancel()
	results := make([]Result, len(h.checks))
	answers := make([]chan error, len(h.checks))
	for i, c := range h.checks {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- c.ask(ctx) }()
	}
	for i, c := range h.checks {
		results[i].Name = c.name
		select {
		case results[i].Err = <-answers[i]:
		case <-ctx.Done():
			results[i].Err = fault.New(fault.Unavailable, "lifecycle.Health", "%s did not answer within %s", c.name, CheckTimeout)
		}
	}
	h.asked, h.last = now, results
	return results
}

// Ready tells whether everything runs and every check is well.
func (h *Health) Ready(ctx context.Context) bool {
	if h == nil || !h.started.Load() {
		return false
	}
	for _, r := range h.Report(ctx) {
		if r.Err != nil {
			return false
		}
	}
	return true
}

// Readiness serves /healthz: 200 when the server is ready for work, else 503,
// each with a constant body.
func (h *Health) Readiness() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Ready(r.Context()) {
			answer(w, http.StatusOK, "ready\n")
		} else {
			answer(w, http.StatusServiceUnavailable, "not ready\n")
		}
	})
}

// Liveness serves /livez: 200 as long as the process can answer at all.
func (h *Health) Liveness() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "alive\n") })
}

func (h *Health) setStarted(started bool) {
	if h != nil {
		h.started.Store(started)
	}
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
