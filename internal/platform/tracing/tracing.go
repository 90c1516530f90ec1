// Package tracing sends spans of Kefu's work to an OpenTelemetry collector, and
// does nothing at all when none is configured. Its attributes can carry
// identifiers, numbers and words from closed sets, and nothing else: there is no
// way to put a message's text or a person's name into a span.
package tracing

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Bounds of what waits for the collector; spans beyond them are dropped.
const (
	queueSize     = 2048
	batchSize     = 256
	exportTimeout = 5 * time.Second
)

// Options are the choices of New.
type Options struct {
	Endpoint string  // base address of an OTLP/HTTP collector; empty traces nothing
	Sample   float64 // share of traces that are kept, 0 to 1
	Version  string  // of this binary
	Log      *slog.Logger
}

// Tracer starts spans. It is safe for concurrent use.
type Tracer struct {
	spans trace.Tracer
	off   bool // nothing is traced
	close func(context.Context) error
}

// New makes a tracer. It does not reach for the collector: one that is down
// costs spans and a line in the log, never a start.
func New(ctx context.Context, o Options) (*Tracer, error) {
	if o.Endpoint == "" {
		return Off(), nil
	}
	const op = "tracing.New"
	address, err := url.JoinPath(o.Endpoint, "v1", "traces") // the path OTLP/HTTP prescribes
	if err != nil {
		return nil, fault.InvalidField(op, "tracing.endpoint", "%v", err)
	}
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(address),
		otlptracehttp.WithTimeout(exportTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}),
	)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return NewWith(exporter, o), nil
}

// NewWith makes a tracer that sends to exporter.
func NewWith(exporter sdk.SpanExporter, o Options) *Tracer {
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(&loggedExporter{SpanExporter: exporter, log: o.Log},
			sdk.WithMaxQueueSize(queueSize), sdk.WithMaxExportBatchSize(batchSize), sdk.WithExportTimeout(exportTimeout)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Sample))),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "kefu"), attribute.String("service.version", word(o.Version)))),
	)
	return &Tracer{spans: provider.Tracer("kefu"), close: provider.Shutdown}
}

// Off makes a tracer that traces nothing.
func Off() *Tracer {
	return &Tracer{
		off:   true,
		spans: noop.NewTracerProvider().Tracer("kefu"),
		close: func(context.Context) error { return nil },
	}
}

// Close sends what waits, as long as ctx allows, and stops.
func (t *Tracer) Close(ctx context.Context) error {
	return fault.Wrap("tracing.Tracer.Close", t.close(ctx))
}

// Start begins a span named operation, a constant such as "store.commit", below
// the span that ctx carries. The caller ends it with Span.End.
func (t *Tracer) Start(ctx context.Context, operation string, attrs ...Attr) (context.Context, Span) {
	ctx, span := t.spans.Start(ctx, word(operation))
	s := Span{span}
	s.Set(attrs...)
	return ctx, s
}

// Span is one piece of work.
type Span struct{ span trace.Span }

// Set adds attributes.
func (s Span) Set(attrs ...Attr) {
	if !s.span.IsRecording() {
		return
	}
	for _, a := range attrs {
		s.span.SetAttributes(a.pair)
	}
}

// End ends the span. Of an error only the code is kept: its text may quote what
// somebody wrote.
func (s Span) End(err error) {
	if err != nil {
		s.span.SetStatus(codes.Error, string(fault.CodeOf(err)))
	}
	s.span.End()
}

// Attr is an attribute of a span, made by ID, Count, Took or Class.
type Attr struct{ pair attribute.KeyValue }

// withheld stands for a value that an attribute may not carry.
const withheld = "withheld"

// ID names a thing of ours; what has not the form of an identifier is withheld.
func ID(key, value string) Attr {
	if !id.Valid(value) {
		value = withheld
	}
	return Attr{attribute.String(word(key), value)}
}

// Count is a number of things.
func Count(key string, n int) Attr { return Attr{attribute.Int(word(key), n)} }

// Took is a time in seconds.
func Took(key string, d time.Duration) Attr {
	return Attr{attribute.Float64(word(key), d.Seconds())}
}

// Class is a word from a closed set, such as a fault code or a kind of message;
// what is not made of lower-case letters, digits and . _ - is withheld.
func Class(key, value string) Attr { return Attr{attribute.String(word(key), word(value))} }

// word is s if it can be a name in code. Digits are few, so that no card or
// telephone number passes for a name.
func word(s string) string {
	digits := 0
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r == '.', r == '_', r == '-':
		case r >= '0' && r <= '9':
			digits++
		default:
			return withheld
		}
	}
	if s == "" || len(s) > 40 || digits > 6 {
		return withheld
	}
	return s
}

// loggedExporter tells the log about spans that could not be sent. Without it
// the library would write to standard error past the log.
type loggedExporter struct {
	sdk.SpanExporter
	log *slog.Logger
}

// ExportSpans implements sdk.SpanExporter.
func (e *loggedExporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err != nil && e.log != nil {
		e.log.Warn("spans could not be sent to the collector", "count", len(spans), "error", err)
	}
	return nil // it has been told
}
