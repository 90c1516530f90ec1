package erasure_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kefu/internal/storage/engine"
	"kefu/internal/storage/erasure"
	"kefu/internal/storage/storagetest"
)

// schemaOf lists every column of a database that was brought up to date, as table.column.
func schemaOf(t *testing.T, d *storagetest.Deployment) (all []string) {
	t.Helper()
	text := "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
	if d.Kind == engine.Postgres {
		text = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = current_schema())"
	}
	rows, err := d.SQL(t).QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		all = append(all, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// ourselves are tables of the tools that keep schema and search index. The index holds
// keyed tokens, and forgets what is erased: see flow/searching.
func ourselves(column string) bool {
	return strings.HasPrefix(column, "goose_db_version.") || strings.HasPrefix(column, "search_")
}

// undecided compares a schema with what is said of its columns.
func undecided(schema []string, said map[string]map[string]erasure.Column) (wrong []string) {
	for _, column := range schema {
		table, name, _ := strings.Cut(column, ".")
		c, ok := said[table][name]
		switch {
		case ourselves(column):
		case !ok:
			wrong = append(wrong, column+" is not decided")
		case c.Fate == erasure.Kept && c.Why == "":
			wrong = append(wrong, column+" is kept without a reason")
		}
	}
	for table, columns := range said {
		for name := range columns {
			if !slices.Contains(schema, table+"."+name) {
				wrong = append(wrong, table+"."+name+" is not there")
			}
		}
	}
	return wrong
}

// Whoever adds a column says what becomes of it when a customer is erased.
func TestEveryColumnHasAFate(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		d.Open(t)
		schema := schemaOf(t, d)
		if len(schema) < 300 {
			t.Fatalf("the schema was not read: %d columns", len(schema))
		}
		for _, wrong := range undecided(schema, erasure.Columns()) {
			t.Errorf("%s: say so in columns.go", wrong)
		}
		// The check itself is shown what it has to find.
		for _, planted := range []string{"customer.shoe_size", "diary.text"} {
			if got := undecided(append(slices.Clone(schema), planted), erasure.Columns()); !slices.Equal(got, []string{planted + " is not decided"}) {
				t.Errorf("a planted column: %v", got)
			}
		}
		said := erasure.Columns()
		said["entry"]["content"] = erasure.Column{Fate: erasure.Kept}
		delete(said, "draft")
		if got := undecided(schema, said); len(got) != 7 {
			t.Errorf("what was taken away: %v", got)
		}
	})
}

// What is sealed is never said to be nobody's, and never stays but for a reason.
func TestWhatIsSealedIsDecided(t *testing.T) {
	for table, columns := range erasure.Columns() {
		for name, c := range columns {
			of, isRef := strings.CutSuffix(name, "_ref")
			if !isRef || table == "staff" || table == "webhook_secret" || of == "start" {
				continue
			}
			if c.Fate == erasure.Nobodys {
				t.Errorf("%s: %s", fmt.Sprint(table, ".", name), c.Fate)
			}
		}
	}
}
