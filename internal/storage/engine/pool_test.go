package engine_test

import (
	"fmt"
	"sync"
	"testing"

	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// A statement that is kept answers many at once, sees what was changed after it
// was prepared, tables too, and one with a mistake says so.
func TestReadingStatementsAreKept(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		db, err := engine.Open(d.DSN, d.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		change := func(text string) {
			t.Helper()
			if _, err := db.Writer.Exec(text); err != nil {
				t.Fatal(err)
			}
		}
		change("CREATE TABLE kept (n BIGINT PRIMARY KEY)")
		for round := range 3 {
			change(fmt.Sprintf("INSERT INTO kept VALUES (%d)", round))
			if round == 2 {
				change("ALTER TABLE kept ADD COLUMN more TEXT")
			}
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					var found int
					if err := db.Reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM kept WHERE n <= $1", round).Scan(&found); err != nil || found != round+1 {
						t.Errorf("%d rows in round %d: %v", found, round, err)
					}
				})
			}
			all.Wait()
		}
		one, all := map[engine.Kind]int{engine.SQLite: 1}[db.Kind], map[engine.Kind]int{engine.SQLite: engine.MaxPrepared}[db.Kind]
		if kept := db.Reader.Prepared(); kept != one {
			t.Errorf("%d statements are kept, want %d", kept, one)
		}
		if _, err := db.Reader.QueryContext(t.Context(), "SELECT nothing FROM nowhere"); err == nil {
			t.Error("a wrong statement was run")
		}
		for i := range 400 { // more texts than are kept
			var n int
			if err := db.Reader.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %d", i)).Scan(&n); err != nil || n != i {
				t.Fatalf("statement %d gave %d: %v", i, n, err)
			}
		}
		if kept := db.Reader.Prepared(); kept != all {
			t.Errorf("of 400 statements %d are kept, want %d", kept, all)
		}
	})
}
