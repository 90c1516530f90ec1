package books_test

import (
	"context"
	"database/sql"
	"testing"

	"kefu/internal/storage/books"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// sqlOf opens the database of the books beside the program.
func sqlOf(t testing.TB, d *storagetest.Deployment) *sql.DB {
	t.Helper()
	if kindOf(d) == engine.Postgres {
		db := d.SQL(t)
		db.SetMaxOpenConns(1)
		if _, err := db.Exec("SET search_path = " + schema(t, d) + "_books"); err != nil {
			t.Fatal(err)
		}
		return db
	}
	db, err := engine.Open("", books.Folder(d.Dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // it may be closed already
	return db.Writer
}

// unguarded runs a statement as somebody does who takes the guards away first.
func unguarded(t testing.TB, d *storagetest.Deployment, text string) {
	t.Helper()
	db := sqlOf(t, d)
	defer db.Close()
	if kindOf(d) == engine.Postgres {
		if _, err := db.Exec("SET session_replication_role = replica; " + text + "; SET session_replication_role = DEFAULT"); err != nil {
			t.Fatal(err)
		}
		return
	}
	rows, err := db.QueryContext(context.Background(), "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	var guards [][2]string
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var g [2]string
		err := r.Scan(&g[0], &g[1])
		guards = append(guards, g)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	script := ""
	for _, g := range guards {
		script += "DROP TRIGGER " + g[0] + ";"
	}
	script += text + ";"
	for _, g := range guards {
		script += g[1] + ";"
	}
	if _, err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
}
