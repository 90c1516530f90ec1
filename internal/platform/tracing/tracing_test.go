package tracing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/logging"
	"kefu/internal/platform/tracing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const said = "my card is 4111 1111 1111 1111"

// record runs work under a tracer and returns what a collector would receive.
func record(t *testing.T, work func(*tracing.Tracer)) tracetest.SpanStubs {
	t.Helper()
	kept := &keeper{}
	tracer := tracing.NewWith(kept, tracing.Options{Sample: 1, Version: "0.1.0"})
	work(tracer)
	if err := tracer.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return kept.spans
}

// keeper keeps spans over its own shutdown, which the library's recorder does not.
type keeper struct {
	tracetest.InMemoryExporter
	spans tracetest.SpanStubs
}

func (k *keeper) Shutdown(ctx context.Context) error {
	k.spans = k.GetSpans()
	return k.InMemoryExporter.Shutdown(ctx)
}

func TestSpansNestAndCarryAttributes(t *testing.T) {
	conversation := id.New()
	spans := record(t, func(tracer *tracing.Tracer) {
		ctx, outer := tracer.Start(context.Background(), "web.send", tracing.ID("conversation", conversation))
		_, inner := tracer.Start(ctx, "store.commit", tracing.Count("batch", 12), tracing.Class("kind", "message"),
			tracing.Took("waited", 1500*time.Millisecond))
		inner.End(fault.New(fault.Conflict, "store.commit", "%s", said))
		outer.End(nil)
	})
	if len(spans) != 2 || spans[0].Parent.SpanID() != spans[1].SpanContext.SpanID() {
		t.Fatalf("want store.commit below web.send, got %+v", spans)
	}
	got := fmt.Sprint(spans[0].Name, spans[0].Attributes, spans[0].Status, spans[1].Name, spans[1].Attributes)
	for _, want := range []string{"store.commit", "12", "message", "1.5", "conflict", "web.send", conversation} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
}

func TestNoWordsOrNamesReachASpan(t *testing.T) {
	for _, text := range []string{said, "4111111111111111", "王小明", "Anna", "anna@example.com", "a b", "", strings.Repeat("a", 41)} {
		spans := record(t, func(tracer *tracing.Tracer) {
			_, span := tracer.Start(context.Background(), text, tracing.ID("id", text), tracing.Class("class", text), tracing.Class(text, "x"))
			span.Set(tracing.Count(text, 1), tracing.Took(text, 1))
			span.End(errors.New(text))
		})
		got := fmt.Sprintf("%+v", spans)
		if text != "" && text != "a b" && strings.Contains(got, text) {
			t.Errorf("%q reached the collector", text)
		}
		if spans[0].Name != "withheld" {
			t.Errorf("the span of %q is called %q", text, spans[0].Name)
		}
	}
}

func TestWithoutAnEndpointNothingHappens(t *testing.T) {
	tracer, err := tracing.New(context.Background(), tracing.Options{Sample: 1})
	if err != nil {
		t.Fatal(err)
	}
	allocations := testing.AllocsPerRun(100, func() {
		_, span := tracer.Start(context.Background(), "store.commit")
		span.End(nil)
	})
	if allocations > 2 {
		t.Errorf("a span that nobody wants costs %v allocations", allocations)
	}
	if err := tracer.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestSpansReachACollectorOverHTTP(t *testing.T) {
	var received atomic.Value
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received.Store(r.URL.Path + string(body))
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	tracer, err := tracing.New(context.Background(), tracing.Options{Endpoint: collector.URL, Sample: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracer.Start(context.Background(), "store.commit")
	span.End(nil)
	if err := tracer.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, _ := received.Load().(string)
	if !strings.HasPrefix(got, "/v1/traces") || !strings.Contains(got, "store.commit") {
		t.Errorf("the collector received %q", got)
	}
}

func TestACollectorThatIsDownCostsALineInTheLog(t *testing.T) {
	collector := httptest.NewServer(http.NotFoundHandler())
	collector.Close()
	var out bytes.Buffer
	tracer, err := tracing.New(context.Background(), tracing.Options{
		Endpoint: collector.URL, Sample: 1, Log: logging.New(&out, logging.Options{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, span := tracer.Start(context.Background(), "store.commit")
	span.End(nil)
	if err := tracer.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "could not be sent") {
		t.Errorf("log: %s", out.String())
	}
}

func TestRequestsAreTracedByPatternAlone(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /c/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	spans := record(t, func(tracer *tracing.Tracer) {
		r := httptest.NewRequest(http.MethodGet, "/c/4111111111111111?q=secret", nil)
		r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		tracer.HTTP(mux).ServeHTTP(httptest.NewRecorder(), r)
		if r.Pattern != "GET /c/{id}" {
			t.Errorf("the pattern %q is lost to whoever counts", r.Pattern)
		}
		tracer.Record("store.commit", time.Now().Add(-time.Second), errors.New(said), tracing.Count("requests", 3))
	})
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	request, commit := spans[0], spans[1]
	if got := fmt.Sprint(request.Attributes); !strings.Contains(got, "GET /c/{id}") {
		t.Errorf("attributes %s", got)
	}
	if request.SpanContext.TraceID().String() == "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Error("a stranger's trace was joined")
	}
	if took := commit.EndTime.Sub(commit.StartTime); took < time.Second {
		t.Errorf("the commit took %s", took)
	}
	for _, s := range spans {
		if all := fmt.Sprint(s); strings.Contains(all, "4111") || strings.Contains(all, "secret") {
			t.Errorf("words in a span: %s", all)
		}
	}
}
