package searchindex_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"kefu/internal/domain/search"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/searchindex"
)

// onBothEngines runs a test against an empty index of each engine.
func onBothEngines(t *testing.T, run func(t *testing.T, options searchindex.Options)) {
	t.Run("sqlite", func(t *testing.T) { run(t, sqliteOptions(t)) })
	t.Run("postgres", func(t *testing.T) { run(t, postgresOptions(t)) })
}

func sqliteOptions(t testing.TB) searchindex.Options {
	return searchindex.Options{Engine: engine.SQLite, Path: filepath.Join(t.TempDir(), "search #1?.db"), Fingerprint: "a"}
}

// postgresOptions names a schema of the test's own in the database of
// KEFU_TEST_POSTGRES.
func postgresOptions(t testing.TB) searchindex.Options {
	t.Helper()
	dsn := os.Getenv("KEFU_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("KEFU_TEST_POSTGRES is not set, and CI tests both engines")
		}
		t.Skip("KEFU_TEST_POSTGRES is not set")
	}
	address, err := url.Parse(dsn)
	if err != nil || address.Scheme == "" {
		t.Fatalf("KEFU_TEST_POSTGRES is no URL: %v", err)
	}
	schema := "search_" + id.New()
	onDatabase(t, dsn, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { onDatabase(t, dsn, "DROP SCHEMA "+schema+" CASCADE") })
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return searchindex.Options{Engine: engine.Postgres, DSN: address.String(), Fingerprint: "a"}
}

func onDatabase(t testing.TB, dsn, statement string) {
	t.Helper()
	db, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	if _, err := db.Exec(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, options searchindex.Options) *searchindex.Index {
	t.Helper()
	index, err := searchindex.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = index.Close() })
	return index
}

func doc(pos int64, tokens ...search.Token) searchindex.Doc {
	return searchindex.Doc{Pos: pos, Tokens: tokens}
}

func add(t testing.TB, index *searchindex.Index, lowWater int64, docs ...searchindex.Doc) {
	t.Helper()
	if err := index.Add(t.Context(), docs, lowWater); err != nil {
		t.Fatal(err)
	}
}

func newest(t testing.TB, index *searchindex.Index, before int64, limit int, tokens ...search.Token) []int64 {
	t.Helper()
	positions, err := index.Newest(t.Context(), tokens, before, limit)
	if err != nil {
		t.Fatal(err)
	}
	return positions
}

func wantPositions(t testing.TB, got []int64, want ...int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got positions %v, want %v", got, want)
	}
}

func wantLowWater(t testing.TB, index *searchindex.Index, want int64) {
	t.Helper()
	got, err := index.LowWater(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("low water is %d, want %d", got, want)
	}
}

const top = search.Token(1<<search.TokenBits - 1) // the largest token there is

func TestNewestGivesNewestFirstAndPages(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		add(t, index, 50_000, doc(3, 1, 2), doc(1, 1, 2, top), doc(20_000, 1, top), doc(50_000, 1, 2))
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 1), 50_000, 20_000, 3, 1)
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 1, 2), 50_000, 3, 1)
		wantPositions(t, newest(t, index, 50_000, 1, 1, 2), 3)
		wantPositions(t, newest(t, index, 3, 10, 2, 1), 1)
		wantPositions(t, newest(t, index, 1, 10, 1))
		wantPositions(t, newest(t, index, searchindex.Newer, 10, top), 20_000, 1)
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 1, 2, top), 1)
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 0))
	})
}

func TestNewestOfAnEmptyIndexIsEmpty(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 1))
		wantLowWater(t, index, 0)
	})
}

func TestAddReplacesAndAnEmptyDocumentRemoves(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		add(t, index, 2, doc(1, 1), doc(2, 1))
		add(t, index, 3, doc(1, 2), doc(1, 3, 4), doc(2))
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 1))
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 2))
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 4, 3), 1)
		wantLowWater(t, index, 3)
		add(t, index, 4)
		wantLowWater(t, index, 4)
	})
}

func TestEmptyDocumentsAndDeleteAbove(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		for pos := int64(1); pos <= 9; pos++ {
			add(t, index, pos, doc(pos, 7))
		}
		add(t, index, 9, doc(2), doc(9), doc(1000))
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 7), 8, 7, 6, 5, 4, 3, 1)
		if err := index.DeleteAbove(t.Context(), 4); err != nil {
			t.Fatal(err)
		}
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 7), 4, 3, 1)
		wantLowWater(t, index, 4)
		if err := index.DeleteAbove(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		wantLowWater(t, index, 4)
		add(t, index, 6, doc(6, 7))
		wantPositions(t, newest(t, index, searchindex.Newer, 2, 7), 6, 4)
	})
}

func TestIndexSurvivesReopeningWithTheSameKeyOnly(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		add(t, index, 1, doc(1, 7))
		add(t, index, 5)
		index = open(t, options)
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 7), 1)
		wantLowWater(t, index, 5)
		options.Fingerprint = "b"
		index = open(t, options)
		wantPositions(t, newest(t, index, searchindex.Newer, 10, 7))
		wantLowWater(t, index, 0)
	})
}

func TestCallsOutOfBoundsAreInvalid(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index, ctx := open(t, options), t.Context()
		newestError := func(tokens []search.Token, limit int) error {
			_, err := index.Newest(ctx, tokens, searchindex.Newer, limit)
			return err
		}
		for name, err := range map[string]error{
			"no tokens":          newestError(nil, 1),
			"too many tokens":    newestError(make([]search.Token, search.MaxQueryKeys+1), 1),
			"no limit":           newestError([]search.Token{1}, 0),
			"large limit":        newestError([]search.Token{1}, searchindex.MaxLimit+1),
			"position 0":         index.Add(ctx, []searchindex.Doc{doc(0, 1)}, 0),
			"long document":      index.Add(ctx, []searchindex.Doc{{Pos: 1, Tokens: make([]search.Token, search.MaxTokens+1)}}, 0),
			"too many documents": index.Add(ctx, make([]searchindex.Doc, searchindex.MaxBatch+1), 0),
		} {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: got %v, want an Invalid error", name, err)
			}
		}
	})
}

func TestOpenRefusesAnUnknownEngineAndAMissingPath(t *testing.T) {
	for _, options := range []searchindex.Options{{Engine: "oracle"}, {Engine: engine.SQLite}} {
		if _, err := searchindex.Open(t.Context(), options); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: got %v, want an Invalid error", options, err)
		}
	}
}

func TestACallWhoseTimeIsUpIsUnavailable(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := index.Add(ctx, []searchindex.Doc{doc(1, 7)}, 1); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Add: got %v, want an Unavailable error", err)
		}
		if _, err := index.Newest(ctx, []search.Token{7}, searchindex.Newer, 1); !fault.Is(err, fault.Unavailable) {
			t.Errorf("Newest: got %v, want an Unavailable error", err)
		}
		wantLowWater(t, index, 0)
	})
}

func TestAServerThatIsDownIsUnavailable(t *testing.T) {
	options := searchindex.Options{Engine: engine.Postgres, DSN: "postgres://nobody@127.0.0.1:1/none"}
	if _, err := searchindex.Open(t.Context(), options); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want an Unavailable error", err)
	}
}

func TestADamagedFileIsReplaced(t *testing.T) {
	options := sqliteOptions(t)
	if err := os.WriteFile(options.Path, slices.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	index := open(t, options)
	wantLowWater(t, index, 0)
	add(t, index, 1, doc(1, 7))
	wantPositions(t, newest(t, index, searchindex.Newer, 10, 7), 1)
}

// TestIndexAgreesWithAModel compares random writes and searches with a map.
func TestIndexAgreesWithAModel(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		random := rand.New(rand.NewPCG(1, 2))
		model := map[int64][]search.Token{}
		const highest = 1_000_000 // about thirty blocks of PostgreSQL's keys
		for round := range 30 {
			var docs []searchindex.Doc
			for range random.IntN(200) {
				next := searchindex.Doc{Pos: 1 + random.Int64N(highest), Tokens: someTokens(random)}
				docs = append(docs, next)
				model[next.Pos] = next.Tokens
			}
			add(t, index, int64(round), docs...)
			wanted := 1 + random.Int64N(highest)
			add(t, index, int64(round), doc(wanted))
			delete(model, wanted)
			if round%10 == 9 {
				if err := index.Optimize(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			tokens := someTokens(random)
			if len(tokens) == 0 {
				continue
			}
			before, limit := random.Int64N(2*highest), 1+random.IntN(50)
			got := newest(t, index, before, limit, tokens...)
			if want := modelNewest(model, tokens, before, limit); !slices.Equal(got, want) {
				t.Fatalf("round %d: tokens %v before %d: got %v, want %v", round, tokens, before, got, want)
			}
		}
	})
}

func someTokens(random *rand.Rand) []search.Token {
	var tokens []search.Token
	for token := range search.Token(6) {
		if random.IntN(3) == 0 {
			tokens = append(tokens, token<<random.IntN(2))
		}
	}
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

func modelNewest(model map[int64][]search.Token, tokens []search.Token, before int64, limit int) []int64 {
	var found []int64
	for pos, kept := range model {
		has := func(token search.Token) bool { return slices.Contains(kept, token) }
		if pos < before && !slices.ContainsFunc(tokens, func(token search.Token) bool { return !has(token) }) {
			found = append(found, pos)
		}
	}
	slices.SortFunc(found, func(a, b int64) int { return int(b - a) })
	return found[:min(len(found), limit)]
}

// TestSearchesRunBesideWrites looks for a document while others are added.
func TestSearchesRunBesideWrites(t *testing.T) {
	onBothEngines(t, func(t *testing.T, options searchindex.Options) {
		index := open(t, options)
		add(t, index, 1, doc(1, 7))
		done := make(chan error, 1)
		go func() {
			for pos := int64(2); pos <= 40; pos++ {
				if err := index.Add(context.Background(), []searchindex.Doc{doc(pos, 8)}, pos); err != nil {
					done <- fmt.Errorf("adding %d: %w", pos, err)
					return
				}
			}
			done <- nil
		}()
		for range 40 {
			wantPositions(t, newest(t, index, searchindex.Newer, 5, 7), 1)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		wantPositions(t, newest(t, index, searchindex.Newer, 2, 8), 40, 39)
	})
}

// An index that somebody else holds is to be asked again; that is no defect.
func TestAnIndexThatIsHeldIsUnavailable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "held.db")
	open := func() *sql.Conn {
		db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(0)")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	first, second := open(), open()
	if _, err := first.ExecContext(t.Context(), "CREATE TABLE t (x INTEGER); BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	_, err := second.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	if err := searchindex.Failure(t.Context(), err); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v, want it unavailable", err)
	}
}
