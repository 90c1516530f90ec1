// Package searchindex keeps the search index of messages: for every message,
// by its position in the log, the tokens that domain/search made of its words.
// The index is a projection: it can be thrown away and filled again from the
// log, which the index worker does. It holds no text and no authorisation; its
// answers are candidates that the caller verifies on the text and filters by
// what the reader may see.
//
// One type serves both engines. SQLite has an FTS5 table in a database file of
// its own, so that indexing never holds the lock of the main file. PostgreSQL
// has a table with a GIN index whose keys carry the block of the position, see
// postgres.go.
package searchindex

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"kefu/internal/domain/search"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// The bounds of one call.
const (
	MaxBatch = 5000 // documents of one Add
	MaxLimit = 1000 // positions of one Newest
)

// How long one call may take before it fails as Unavailable.
const (
	readTimeout     = 5 * time.Second
	writeTimeout    = 60 * time.Second
	optimizeTimeout = 10 * time.Minute
)

// Newer is the position to give to Newest for the first page of hits.
const Newer = math.MaxInt64

// Options say where an index is kept.
type Options struct {
	Engine      engine.Kind
	Path        string // SQLite: the index's own file; created when missing
	DSN         string // Postgres: connection string or URL
	Readers     int    // connections for searches; 0 means 4
	Fingerprint string // search.Blinder.Fingerprint: an index with another one is emptied
}

// Doc is what the index keeps of one message.
type Doc struct {
	Pos    int64          // the message's position in the log, at least 1
	Tokens []search.Token // distinct; none removes the message from the index
}

// Index is an open index. It is safe for concurrent use; writes are serialised.
type Index struct{ store backend }

// backend is what differs between the databases. Its arguments are checked.
type backend interface {
	prepare(ctx context.Context, fingerprint string) error
	add(ctx context.Context, docs []Doc, emptied []int64, lowWater int64) error
	newest(ctx context.Context, tokens []search.Token, before int64, limit int) ([]int64, error)
	lowWater(ctx context.Context) (int64, error)
	deleteAbove(ctx context.Context, pos int64) error
	optimize(ctx context.Context) error
	close() error
}

// Open opens the index and creates it where there is none. An index of another
// version or fingerprint, and an SQLite file that is damaged, is emptied: its
// LowWater is 0 afterwards and the index worker fills it again.
func Open(ctx context.Context, options Options) (*Index, error) {
	const op = "searchindex.Open"
	if options.Readers <= 0 {
		options.Readers = 4
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	switch options.Engine {
	case engine.SQLite:
		store, err := openSQLite(ctx, options)
		if err != nil {
			return nil, failure(ctx, op, err)
		}
		return &Index{store: store}, nil
	case engine.Postgres:
		store, err := openPostgres(ctx, options)
		if err != nil {
			return nil, failure(ctx, op, err)
		}
		return &Index{store: store}, nil
	}
	return nil, fault.New(fault.Invalid, op, "no engine %q", options.Engine)
}

// Close ends the connections.
func (x *Index) Close() error { return fault.Wrap("searchindex.Close", x.store.close()) }

// Add puts at most MaxBatch documents into the index with one statement, each
// replacing what was kept at its position, and moves the low water mark to
// lowWater in the same transaction. A document may come in any order and again.
func (x *Index) Add(ctx context.Context, docs []Doc, lowWater int64) error {
	const op = "searchindex.Add"
	if len(docs) > MaxBatch {
		return fault.New(fault.Invalid, op, "%d documents are more than %d", len(docs), MaxBatch)
	}
	docs, emptied, err := split(docs)
	if err != nil {
		return fault.Wrap(op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return failure(ctx, op, x.store.add(ctx, docs, emptied, lowWater))
}

// split gives the documents with tokens, one for each position (the last one
// counts), in the order of the log, and the positions of those without.
func split(docs []Doc) (full []Doc, emptied []int64, err error) {
	ordered := slices.Clone(docs)
	slices.SortStableFunc(ordered, func(a, b Doc) int {
		switch {
		case a.Pos < b.Pos:
			return -1
		case a.Pos > b.Pos:
			return 1
		}
		return 0
	})
	full = ordered[:0]
	for i, doc := range ordered {
		switch {
		case doc.Pos < 1:
			return nil, nil, fault.New(fault.Invalid, "searchindex.split", "there is no position %d", doc.Pos)
		case len(doc.Tokens) > search.MaxTokens:
			return nil, nil, fault.New(fault.Invalid, "searchindex.split", "%d tokens are more than %d", len(doc.Tokens), search.MaxTokens)
		case i+1 < len(ordered) && ordered[i+1].Pos == doc.Pos:
		case len(doc.Tokens) == 0:
			emptied = append(emptied, doc.Pos)
		default:
			full = append(full, doc)
		}
	}
	return full, emptied, nil
}

// Newest gives the positions of at most limit messages before the position
// before that have all the tokens, newest first. It returns Invalid for no
// tokens, more than search.MaxQueryKeys, or a limit outside 1 to MaxLimit.
func (x *Index) Newest(ctx context.Context, tokens []search.Token, before int64, limit int) ([]int64, error) {
	const op = "searchindex.Newest"
	switch {
	case len(tokens) == 0 || len(tokens) > search.MaxQueryKeys:
		return nil, fault.New(fault.Invalid, op, "%d tokens instead of 1 to %d", len(tokens), search.MaxQueryKeys)
	case limit < 1 || limit > MaxLimit:
		return nil, fault.New(fault.Invalid, op, "limit %d instead of 1 to %d", limit, MaxLimit)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	positions, err := x.store.newest(ctx, tokens, before, limit)
	return positions, failure(ctx, op, err)
}

// LowWater is the position up to which the log is in the index: where the index
// worker goes on. It is 0 for an empty index.
func (x *Index) LowWater(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	pos, err := x.store.lowWater(ctx)
	return pos, failure(ctx, "searchindex.LowWater", err)
}

// DeleteAbove forgets every message after pos and lowers the low water mark to
// it: for a log that was restored to an earlier state.
func (x *Index) DeleteAbove(ctx context.Context, pos int64) error {
	ctx, cancel := context.WithTimeout(ctx, optimizeTimeout)
	defer cancel()
	return failure(ctx, "searchindex.DeleteAbove", x.store.deleteAbove(ctx, pos))
}

// Optimize merges what many small writes left behind and frees what was
// removed. It works in short steps, between which writes get their turn; the
// server does it every few hours, and nobody else does.
func (x *Index) Optimize(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, optimizeTimeout)
	defer cancel()
	return failure(ctx, "searchindex.Optimize", x.store.optimize(ctx))
}

// failure wraps an error of a database: Unavailable where the time was up, which
// the drivers report in their own ways, or where the server cannot be reached.
func failure(ctx context.Context, op string, err error) error {
	if err != nil && ctx.Err() != nil {
		return fault.Wrap(op, ctx.Err())
	}
	return engine.MapError(op, err)
}

// inTx runs do in a transaction.
func inTx(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// collect reads a column of positions.
func collect(rows *sql.Rows, err error) ([]int64, error) {
	if err != nil {
		return nil, err
	}
	var positions []int64
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var pos int64
		err := r.Scan(&pos)
		positions = append(positions, pos)
		return err
	})
	return positions, err
}
