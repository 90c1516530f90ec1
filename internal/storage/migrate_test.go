package storage_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kefu/internal/platform/fault"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// columns describes every column of every table, in words that mean the same on
// both engines.
func columns(t *testing.T, d *storagetest.Deployment) []string {
	t.Helper()
	text := `SELECT table_name, column_name, data_type, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = current_schema()`
	if d.Kind == engine.SQLite {
		text = `SELECT m.name, c.name, c.type, c."notnull" = 0 AND c.pk = 0 FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'`
	}
	rows, err := d.SQL(t).Query(text)
	if err != nil {
		t.Fatal(err)
	}
	same := strings.NewReplacer("boolean", "bool", "numeric", "int", "bigint", "int", "integer", "int", "blob", "bytes", "bytea", "bytes")
	var all []string
	if err := engine.EachRow(rows, func(r *sql.Rows) error {
		var table, column, typ string
		var null bool
		err := r.Scan(&table, &column, &typ, &null)
		if !strings.HasPrefix(table, "goose") && !strings.HasPrefix(table, "sqlite") {
			all = append(all, fmt.Sprintf("%s.%s %s null=%v", table, column, same.Replace(strings.ToLower(typ)), null))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func indexes(t *testing.T, d *storagetest.Deployment) []string {
	t.Helper()
	text := `SELECT tablename || '.' || indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key' AND indexname <> 'inbox_key'`
	if d.Kind == engine.SQLite {
		text = `SELECT tbl_name || '.' || name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_autoindex%'`
	}
	rows, err := d.SQL(t).Query(text)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := engine.EachRow(rows, func(r *sql.Rows) error {
		all = append(all, "")
		return r.Scan(&all[len(all)-1])
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestBothEnginesHaveTheSameSchema(t *testing.T) {
	lite, pg := storagetest.New(t, engine.SQLite), storagetest.New(t, engine.Postgres)
	lite.Open(t)
	pg.Open(t)
	for what, list := range map[string]func(*testing.T, *storagetest.Deployment) []string{"column": columns, "index": indexes} {
		a, b := list(t, lite), list(t, pg)
		if len(a) < 10 {
			t.Fatalf("only %d of kind %s were found", len(a), what)
		}
		for _, c := range a {
			if !slices.Contains(b, c) {
				t.Errorf("%s of SQLite only: %s", what, c)
			}
		}
		for _, c := range b {
			if !slices.Contains(a, c) {
				t.Errorf("%s of PostgreSQL only: %s", what, c)
			}
		}
	}
}

func TestMigratingAgainDoesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s := &site{T: t, Deployment: d, Process: d.Open(t)}
		p := visitor()
		conv := s.start(p).ID
		s.say(p, conv, "kept")
		before, had := columns(t, d), indexes(t, d)
		s.Stop()
		again := &site{T: t, Deployment: d, Process: d.Open(t)}
		if got := again.log(p, conv); got != "message kept" {
			t.Errorf("log: %s", got)
		}
		if !slices.Equal(before, columns(t, d)) || !slices.Equal(had, indexes(t, d)) {
			t.Error("the schema changed")
		}
	})
}

// Between two versions a schema may have changed under its number.
func TestAnotherSchemaOfTheSameNumberIsRefused(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		d.Open(t).Stop()
		for change, back := range map[string]string{
			"attachment RENAME COLUMN unsent_since TO claimed": "attachment RENAME COLUMN claimed TO unsent_since",
			"inbox RENAME TO box":                              "box RENAME TO inbox",
		} {
			d.Exec(t, "ALTER TABLE "+change)
			_, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: d.Dir, Database: d.DSN})
			if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "between two versions") {
				t.Errorf("%s: %v", change, err)
			}
			d.Exec(t, "ALTER TABLE "+back)
		}
	})
}

func TestANewerSchemaIsRefused(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		d.Open(t).Stop()
		db := d.SQL(t)
		if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)", 9999, true); err != nil {
			t.Fatal(err)
		}
		_, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: d.Dir, Database: d.DSN})
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "9999") {
			t.Errorf("opened a newer database: %v", err)
		}
	})
}

func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: d.Dir, Database: d.DSN})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestAPostgresThatDoesNotAnswerIsSaidSo(t *testing.T) {
	for dsn, want := range map[string]fault.Code{
		"postgres://kefu:hunter2@127.0.0.1:1/kefu?connect_timeout=1": fault.Unavailable,
		"postgres://kefu:hunter2@host:port/kefu":                     fault.Invalid,
	} {
		_, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: t.TempDir(), Database: dsn})
		if !fault.Is(err, want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %s and no password", err, want)
		}
	}
}

func TestWritersDoNotTrustTheServersDefaults(t *testing.T) {
	d := storagetest.New(t, engine.Postgres)
	dsn := d.DSN + "&synchronous_commit=off&default_transaction_isolation=serializable"
	db, err := engine.Open(dsn, d.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for setting, want := range map[string]string{
		"synchronous_commit": "on", "default_transaction_isolation": "read committed", "idle_in_transaction_session_timeout": "10s",
	} {
		var got string
		if err := db.Writer.QueryRow("SELECT current_setting($1)", setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %q", setting, got, err, want)
		}
	}
}

func TestTheAuditTableRefusesChanges(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.start(visitor())
		db := s.SQL(t)
		for _, text := range []string{
			"UPDATE audit SET detail = record", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 1", "TRUNCATE audit",
			"INSERT INTO audit (seq, record, detail, hash) VALUES (1, '', '', '') ON CONFLICT (seq) DO UPDATE SET hash = excluded.hash",
			"INSERT OR REPLACE INTO audit (seq, record, detail, hash) VALUES (1, x'', x'', x'')",
		} {
			if _, err := db.Exec(text); err == nil {
				t.Errorf("%s was let through", text)
			}
		}
		verified(t, s, true)
	})
}

func TestADataFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := storage.Open(context.Background(), storage.Options{Migrate: true, Dir: filepath.Join(file, "data")}); err == nil {
		t.Error("opened below a file")
	}
}

// A database keeps its name, a copy has the same, and another has another.
func TestADatabaseHasAName(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		one := d.Open(t)
		name := one.Deployment()
		if again := d.Open(t).Deployment(); name == "" || again != name {
			t.Errorf("the name was %q and is %q", name, again)
		}
		if other := storagetest.New(t, d.Kind).Open(t).Deployment(); other == name {
			t.Errorf("two databases are called %q", name)
		}
		one.Stop()
		if copied := d.Backup(t).Open(t).Deployment(); copied != name {
			t.Errorf("the copy of %q is called %q", name, copied)
		}
	})
}

// A command beside a running server must not change the schema under it.
func TestOpeningWithoutMigratingChangesNoSchema(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		look := func() error {
			s, err := storage.Open(ctx, storage.Options{Dir: d.Dir, Database: d.DSN})
			if err == nil {
				err = s.Close()
			}
			return err
		}
		if err := look(); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "schema 0") || !strings.Contains(err.Error(), "run kefu migrate") {
			t.Errorf("an empty database: %v", err)
		}
		if tables := columns(t, d); len(tables) != 0 {
			t.Errorf("it made %v", tables)
		}
		d.Open(t).Stop()
		if err := look(); err != nil {
			t.Error(err)
		}
		d.Exec(t, "DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)")
		if err := look(); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "run kefu migrate") {
			t.Errorf("an older schema: %v", err)
		}
		d.Exec(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)")
		if err := look(); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("a newer schema: %v", err)
		}
	})
}
