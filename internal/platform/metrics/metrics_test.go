package metrics_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/platform/clock"
	"kefu/internal/platform/metrics"
)

// collect is what Prometheus would read.
func collect(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func want(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("%q is missing", line)
		}
	}
}

func TestEveryFigureIsCollected(t *testing.T) {
	m := metrics.New()
	m.MessagesStored("customer", 3)
	m.MessagesStored("agent", 1)
	m.Committed(4, 9, 3*time.Millisecond)
	m.Committed(1, 1, time.Millisecond)
	m.CommitFailed(errors.New("disk full"))
	closed := m.SocketOpened("window")
	m.SocketOpened("window")
	m.SocketOpened("desk")
	closed()
	closed()
	m.SlowReaderDropped("window")
	m.GuardFound("pan")
	m.Stopped("secret")
	m.Limited("sign_ins")
	m.IndexLag(1500 * time.Millisecond)
	m.Unsent(4096)
	m.Follower("clocks", 2*time.Second, true)
	m.Jobs(7, 2, 1)
	m.Acts(3, 1, 1)
	m.Answered("GET /api/conversations/{id}", 404, time.Millisecond)
	want(t, collect(t, m),
		`kefu_messages_stored_total{author="customer"} 3`,
		`kefu_unsent_attachment_bytes 4096`,
		`kefu_messages_stored_total{author="agent"} 1`,
		`kefu_commit_batch_size_sum 5`,
		`kefu_commit_seconds_count 2`,
		`kefu_entries_stored_total 10`,
		`kefu_commit_failures_total{code="internal"} 1`,
		`kefu_sockets_open{kind="window"} 1`,
		`kefu_sockets_open{kind="desk"} 1`,
		`kefu_slow_readers_dropped_total{kind="window"} 1`,
		`kefu_guard_findings_total{class="pan"} 1`,
		`kefu_outbound_stopped_total{class="secret"} 1`,
		`kefu_rate_limited_total{limit="sign_ins"} 1`,
		`kefu_index_lag_seconds 1.5`,
		`kefu_follower_lag_seconds{follower="clocks"} 2`,
		`kefu_follower_catching_up{follower="clocks"} 1`,
		`kefu_jobs{state="waiting"} 7`,
		`kefu_jobs{state="stuck"} 2`,
		`kefu_jobs{state="set_aside"} 1`,
		`kefu_http_requests_total{route="GET /api/conversations/{id}",status="404"} 1`,
		`kefu_http_request_seconds_count{route="GET /api/conversations/{id}"} 1`,
	)
}

func TestTwoRegistriesShareNothing(t *testing.T) {
	one, other := metrics.New(), metrics.New()
	one.GuardFound("pan")
	if strings.Contains(collect(t, other), `class="pan"`) {
		t.Error("a figure of one registry shows in another")
	}
}

func TestLabelsAreBounded(t *testing.T) {
	m := metrics.New()
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			for i := range 1000 {
				m.Answered(fmt.Sprintf("GET /%d/%d", w, i), 200+i, 0)
				m.GuardFound(fmt.Sprint(w, i))
			}
		})
	}
	workers.Wait()
	m.GuardFound("")
	text := collect(t, m)
	if n := strings.Count(text, "kefu_guard_findings_total{"); n != metrics.MaxClasses+1 {
		t.Errorf("%d classes, want %d and other", n, metrics.MaxClasses)
	}
	if n := strings.Count(text, "kefu_http_request_seconds_count{"); n != metrics.MaxRoutes+1 {
		t.Errorf("%d routes, want %d and other", n, metrics.MaxRoutes)
	}
	if strings.Contains(text, `status="777"`) {
		t.Error("a status that is none became a label")
	}
}

func TestCountUsesTheMatchedPattern(t *testing.T) {
	m := metrics.New()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /c/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("GET /plain", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "x") })
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	handler := m.Count(mux, clock.System)
	for _, path := range []string{"/c/1", "/c/2", "/plain", "/nowhere/4111111111111111"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	func() {
		defer func() { _ = recover() }()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/panic", nil))
	}()
	text := collect(t, m)
	want(t, text,
		`kefu_http_requests_total{route="GET /c/{id}",status="418"} 2`,
		`kefu_http_requests_total{route="GET /plain",status="200"} 1`,
		`kefu_http_requests_total{route="GET /panic",status="200"} 1`,
		`kefu_http_requests_total{route="none",status="404"} 1`,
	)
	if strings.Contains(text, "4111") {
		t.Error("a path became a label")
	}
}

func TestUpgradesAndStreamsPassThrough(t *testing.T) {
	m := metrics.New()
	mux := http.NewServeMux()
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\n\r\n")
		_ = conn.Close()
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
	})
	counted := m.Count(mux, clock.System)
	var handlers sync.WaitGroup // the server does not wait for those that have taken the connection over
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer handlers.Done()
		counted.ServeHTTP(w, r)
	}))
	for _, path := range []string{"/hijack", "/stream"} {
		handlers.Add(1)
		answer, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	server.Close()
	handlers.Wait()
	want(t, collect(t, m),
		`kefu_http_requests_total{route="/hijack",status="101"} 1`,
		`kefu_http_requests_total{route="/stream",status="200"} 1`,
	)
}
