package tracing

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// HTTP traces each request that next answers, as the span "http.request". It
// carries the pattern that matched, which stands in our code, and never the path;
// a traceparent header of the sender is not believed, so that nobody outside
// decides what is sampled.
func (t *Tracer) HTTP(next http.Handler) http.Handler {
	if t.off {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.spans.Start(r.Context(), "http.request", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		// The mux writes the pattern into the request it is given.
		traced := r.WithContext(ctx)
		next.ServeHTTP(w, traced)
		r.Pattern = traced.Pattern
		span.SetAttributes(attribute.String("http.route", traced.Pattern))
	})
}

// Record adds a span of work that is over, which began at a time and ended now.
func (t *Tracer) Record(operation string, began time.Time, err error, attrs ...Attr) {
	if t.off {
		return
	}
	_, span := t.spans.Start(context.Background(), word(operation), trace.WithTimestamp(began), trace.WithNewRoot())
	s := Span{span}
	s.Set(attrs...)
	s.End(err)
}
