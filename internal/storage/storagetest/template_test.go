package storagetest_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// What tests begin with is what a first start makes: the same schema by the same
// migrations, and a name of its own.
func TestADeploymentBeginsAsAFirstStartDoes(t *testing.T) {
	migrated := storagetest.New(t, engine.SQLite)
	s, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: migrated.Dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := contents(t, migrated)

	names := map[string]bool{s.Deployment(): true}
	for range 2 {
		d := storagetest.New(t, engine.SQLite)
		p := d.OpenIdle(t)
		names[p.Deployment()] = true
		p.Stop()
		if got := contents(t, d); !slices.Equal(got, want) {
			t.Errorf("a deployment begins with\n%q\nand a first start with\n%q", got, want)
		}
	}
	if len(names) != 3 {
		t.Errorf("three databases have the names %v", names)
	}
}

// contents is a database's schema, the migrations made, and how many rows its tables have.
func contents(t *testing.T, d *storagetest.Deployment) []string {
	t.Helper()
	db := d.SQL(t)
	read := func(text string) (all []string) {
		rows, err := db.Query(text)
		if err == nil {
			err = engine.EachRow(rows, func(r *sql.Rows) error {
				all = append(all, "")
				return r.Scan(&all[len(all)-1])
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := read("SELECT type || ' ' || name || ': ' || COALESCE(sql, '') FROM sqlite_schema ORDER BY 1")
	all = append(all, read("SELECT version_id || ' ' || is_applied FROM goose_db_version ORDER BY id")...)
	for _, table := range read("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY 1") {
		all = append(all, fmt.Sprintf("%s has %s rows", table, read(`SELECT COUNT(*) FROM "`+table+`"`)))
	}
	return all
}
