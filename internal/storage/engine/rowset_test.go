package engine_test

import (
	"bytes"
	"database/sql"
	"math"
	"strings"
	"testing"

	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// kept is a row as it goes into a Rowset and as it comes back.
type kept struct {
	id    string
	n     int64
	bytes []byte
}

func awkwardRows() []kept {
	rows := []kept{
		{"empty", 0, []byte{}},
		{"none", math.MaxInt64, nil},
		{"all bytes", math.MinInt64, allBytes()},
		{"钱包里的钱 \U0001F4B8 \"quoted\" 'and' \\", -1, []byte(`{"a":[1]}`)},
		{strings.Repeat("long ", 20000), 1 << 53, bytes.Repeat([]byte{0}, 70000)},
		{"", 255, []byte("0")},
	}
	return rows
}

func allBytes() []byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}

func fill(l engine.Layout, rows []kept) *engine.Rowset {
	set := l.Rowset()
	for _, r := range rows {
		set.Text(r.id).Int(r.n).Bytes(r.bytes).EndRow()
	}
	return set
}

// Rows arrive as they were given, whether the writing connection reads them where
// they lie or a reading one gets them as arguments, and a statement sees only its
// own.
func TestRowsArriveAsTheyWere(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		db, err := engine.Open(d.DSN, d.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		blob := map[engine.Kind]string{engine.SQLite: "BLOB", engine.Postgres: "BYTEA"}[db.Kind]
		if _, err := db.Writer.Exec("CREATE TABLE kept (id TEXT PRIMARY KEY, n BIGINT NOT NULL, bytes " + blob + " NOT NULL)"); err != nil {
			t.Fatal(err)
		}
		const columns = "id n:int bytes:bytes"
		insert := db.Kind.Set(columns, "INSERT INTO kept (id, n, bytes) SELECT v.id, v.n, v.bytes FROM {rows}")
		find := db.Kind.Set("id", "SELECT k.id, k.n, k.bytes FROM {rows} CROSS JOIN kept k WHERE k.id = v.id ORDER BY k.n")
		for _, set := range []*engine.Set{&insert, &find} {
			if err := set.Prepare(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
		want := awkwardRows()
		if db.Kind == engine.Postgres {
			want[1].bytes = []byte{} // nil is NULL there, and no statement of the store gives one
		}
		tx, err := db.Writer.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := insert.Exec(t.Context(), tx, fill(insert.Layout, want)); err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			one := find.Layout.Rowset()
			one.Text(w.id).EndRow()
			var got []kept
			err := find.Query(t.Context(), tx, one, func(rows *sql.Rows) error {
				var k kept
				defer func() { got = append(got, k) }()
				return rows.Scan(&k.id, &k.n, &k.bytes)
			})
			if err != nil || len(got) != 1 || got[0].id != w.id || got[0].n != w.n || !bytes.Equal(got[0].bytes, w.bytes) {
				t.Errorf("row %d came back from the writing connection as %.80v, %v", i, got, err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		l := db.Kind.Layout(columns)
		var same int
		err = db.Reader.QueryRow("SELECT COUNT(*) FROM "+l.From()+" JOIN kept k ON k.id = v.id AND k.n = v.n AND k.bytes = v.bytes", fill(l, want).Args()...).Scan(&same)
		if err != nil || same != len(want) {
			t.Errorf("%d of %d rows arrived at a reading connection as they were: %v", same, len(want), err)
		}
	})
}
