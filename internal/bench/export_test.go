package bench

import (
	"context"
	"time"

	"kefu/internal/target"
)

// Histogram lets tests reach the histogram.
type Histogram struct{ *histogram }

// NewHistogram makes one.
func NewHistogram() Histogram { return Histogram{newHistogram()} }

// Add counts a duration.
func (h Histogram) Add(d time.Duration) { h.add(0, d) }

// Quantile is in milliseconds.
func (h Histogram) Quantile(q float64) float64 { return h.quantile(q) }

// Found is what a small load found.
type Found struct {
	Messages         uint64
	Lost, Duplicated int
}

// SmallLoad runs a load against the server at url.
func SmallLoad(ctx context.Context, url string, rate float64) (Found, error) {
	l := &load{
		window: url, desk: url, visitors: 6, agents: 2, warm: 20 * time.Millisecond, duration: 100 * time.Millisecond,
		rate: rate, token: func(int) (string, error) { return "t", nil }, patience: 300 * time.Millisecond,
	}
	out, err := l.measure(ctx)
	if err != nil {
		return Found{}, err
	}
	return Found{out.messages, out.lost, out.duplicated}, nil
}

// MeasureInbox and MeasureSearch run the query drivers.
func MeasureInbox(ctx context.Context, api *target.API, requests int) (float64, error) {
	t, err := measureInbox(ctx, api, requests)
	return t.P99, err
}

// MeasureLists runs the driver of lists with filters and tells how many there were.
func MeasureLists(ctx context.Context, api *target.API, names map[string][]string, requests int) (int, error) {
	all, err := measureLists(ctx, api, names, requests)
	return len(all), err
}

// MeasureReports runs that of reports.
func MeasureReports(ctx context.Context, api *target.API, names map[string][]string, requests int) (int, error) {
	all, err := measureReports(ctx, api, Seeded{Names: names, Begin: 1}, requests)
	return len(all), err
}

// Keep opens or builds a kept store, and gives its queries.
func (e Env) Keep(ctx context.Context, dir string, plan Plan) (map[string][]string, error) {
	k, err := e.keep(ctx, dir, plan)
	return k.Seeded.Queries, err
}

// MeasureSearch measures queries by class.
func MeasureSearch(ctx context.Context, api *target.API, queries map[string][]string, requests int) (int, error) {
	all, err := measureSearch(ctx, api, queries, requests)
	return len(all), err
}

// Word is the word of a message's own.
func Word(visitor int, number uint32) string { return word(visitor, number) }

// Body is the text of a load's message.
func Body(own string) []byte { return appendMessage(nil, "c", []byte("i"), own) }
