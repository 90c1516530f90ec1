package app

import (
	"context"
	"io"
	"time"

	"kefu/internal/connector/blob"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/search"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/metrics"
	"kefu/internal/platform/tracing"
	"kefu/internal/storage/searchindex"
)

// indexAdapter lets the search flow use the index without knowing it.
type indexAdapter struct{ index *searchindex.Index }

// Add implements searching.Index.
func (x indexAdapter) Add(ctx context.Context, docs []searching.Doc, lowWater int64) error {
	out := make([]searchindex.Doc, len(docs))
	for i, d := range docs {
		out[i] = searchindex.Doc{Pos: d.Pos, Tokens: d.Tokens}
	}
	return x.index.Add(ctx, out, lowWater)
}

// DeleteAbove implements searching.Index.
func (x indexAdapter) DeleteAbove(ctx context.Context, pos int64) error {
	return x.index.DeleteAbove(ctx, pos)
}

// LowWater implements searching.Index.
func (x indexAdapter) LowWater(ctx context.Context) (int64, error) { return x.index.LowWater(ctx) }

// Newest implements searching.Index.
func (x indexAdapter) Newest(ctx context.Context, tokens []search.Token, before int64, limit int) ([]int64, error) {
	return x.index.Newest(ctx, tokens, before, limit)
}

// blobAdapter lets the attaching flow read blobs without knowing how they are
// kept.
type blobAdapter struct{ blobs *blob.Local }

// Put implements attaching.Blobs.
func (x blobAdapter) Put(ctx context.Context, id string, key keyring.Key, r io.Reader, limit int64) (int64, error) {
	return x.blobs.Put(ctx, id, key, r, limit)
}

// Open implements attaching.Blobs.
func (x blobAdapter) Open(ctx context.Context, id string, key keyring.Key) (attaching.Content, error) {
	return x.blobs.Open(ctx, id, key)
}

// Delete implements attaching.Blobs.
func (x blobAdapter) Delete(ctx context.Context, id string) error { return x.blobs.Delete(ctx, id) }

// Free implements attaching.Blobs.
func (x blobAdapter) Free() (int64, error) { return x.blobs.Free() }

// watcher tells metrics and traces what the store does.
type watcher struct {
	*metrics.Metrics
	tracer *tracing.Tracer
	now    clock.Clock
}

// Committed implements storage.Observer.
func (w watcher) Committed(requests, entries int, took time.Duration) {
	w.Metrics.Committed(requests, entries, took)
	w.tracer.Record("store.commit", w.now().Add(-took), nil, tracing.Count("requests", requests), tracing.Count("entries", entries))
}

// CommitFailed implements storage.Observer.
func (w watcher) CommitFailed(err error) {
	w.Metrics.CommitFailed(err)
	w.tracer.Record("store.commit", w.now(), err)
}

// teams are those that a search can be narrowed to.
func (a *App) teams() []searching.Team {
	all := settings.All[routing.Team](a.settings.Snapshot())
	teams := make([]searching.Team, len(all))
	for i := range all {
		teams[i] = searching.Team{ID: all[i].ID, Name: all[i].Value.Name}
	}
	return teams
}
