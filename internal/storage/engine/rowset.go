package engine

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"kefu/internal/platform/fault"
)

type columnType uint8

const (
	textColumn columnType = iota
	intColumn
	bytesColumn
)

// column is one column of a Rowset.
type column struct {
	name string
	typ  columnType
}

// Layout is the columns of a Rowset and the SQL that reads it on one engine:
// the place in a statement where many rows arrive as one argument (SQLite:
// jsonb_each), as one argument a column (PostgreSQL: unnest) or, in a Set of
// SQLite's, as no argument (rowTable).
type Layout struct {
	engine  Kind
	columns []column
}

// Layout reads a compact description such as "id seq:int body:bytes"; a column
// without a type is text.
func (k Kind) Layout(spec string) Layout {
	names := strings.Fields(spec)
	l := Layout{engine: k, columns: make([]column, len(names))}
	for i := range names {
		name, typ, _ := strings.Cut(names[i], ":")
		l.columns[i].name = name
		switch typ {
		case "int":
			l.columns[i].typ = intColumn
		case "bytes":
			l.columns[i].typ = bytesColumn
		}
	}
	return l
}

// From is the row source, to be written after FROM; its alias is v and its
// parameters begin at $1.
func (l Layout) From() string {
	if l.engine == SQLite {
		return l.selected("FROM jsonb_each($1)", func(i int) string {
			item := "value->>" + strconv.Itoa(i)
			if l.columns[i].typ == bytesColumn {
				return "CAST(" + item + " AS BLOB)"
			}
			return item
		})
	}
	arrays, names := make([]string, len(l.columns)), make([]string, len(l.columns))
	for i, c := range l.columns {
		arrays[i], names[i] = "$"+strconv.Itoa(i+1)+"::"+pgType(c.typ)+"[]", c.name
	}
	return "unnest(" + strings.Join(arrays, ", ") + ") AS v(" + strings.Join(names, ", ") + ")"
}

// selected is a row source of SQLite's whose columns get the layout's names.
func (l Layout) selected(from string, item func(i int) string) string {
	items := make([]string, len(l.columns))
	for i, c := range l.columns {
		items[i] = item(i) + " AS " + c.name
	}
	return "(SELECT " + strings.Join(items, ", ") + " " + from + ") AS v"
}

// Next is the placeholder of the n-th argument, from 0, after those of From.
func (l Layout) Next(n int) string {
	if l.engine == SQLite {
		return "$" + strconv.Itoa(n+2)
	}
	return "$" + strconv.Itoa(len(l.columns)+n+1)
}

func pgType(t columnType) string {
	switch t {
	case intColumn:
		return "bigint"
	case bytesColumn:
		return "bytea"
	default:
		return "text"
	}
}

// Rowset gathers rows for one set statement. Values are added column by column
// in the Layout's order, then EndRow. Nobody may change bytes that were added.
type Rowset struct {
	layout Layout
	rows   int
	at     int
	texts  [][]string // by column, as are ints and blobs
	ints   [][]int64
	blobs  [][][]byte
}

// Rowset begins an empty one.
func (l Layout) Rowset() *Rowset {
	n := len(l.columns)
	return &Rowset{layout: l, texts: make([][]string, n), ints: make([][]int64, n), blobs: make([][][]byte, n)}
}

// Text adds a value of a text column.
func (r *Rowset) Text(v string) *Rowset {
	r.texts[r.at] = append(r.texts[r.at], v)
	r.at++
	return r
}

// Int adds a value of an int column.
func (r *Rowset) Int(v int64) *Rowset {
	r.ints[r.at] = append(r.ints[r.at], v)
	r.at++
	return r
}

// Bytes adds a value of a bytes column.
func (r *Rowset) Bytes(v []byte) *Rowset {
	r.blobs[r.at] = append(r.blobs[r.at], v)
	r.at++
	return r
}

// EndRow ends a row whose columns all have a value.
func (r *Rowset) EndRow() {
	r.rows++
	r.at = 0
}

// Len is the number of rows.
func (r *Rowset) Len() int { return r.rows }

// Args are the arguments that belong to Layout.From.
func (r *Rowset) Args() []any {
	if r.layout.engine == SQLite {
		return []any{r.jsonb()}
	}
	args := make([]any, len(r.layout.columns))
	for i, c := range r.layout.columns {
		switch c.typ {
		case intColumn:
			args[i] = r.ints[i]
		case bytesColumn:
			args[i] = r.blobs[i]
		default:
			args[i] = r.texts[i]
		}
	}
	return args
}

// Set is a statement of the writing connection that handles many rows at once.
type Set struct {
	Layout   Layout
	text     string
	prepared *sql.Stmt
	table    *rowTable // SQLite: where its rows are read from
}

// Set makes a statement over rows of a layout; {rows} in its text stands for the
// row source, whose alias is v.
func (k Kind) Set(columns, text string) Set {
	l := k.Layout(columns)
	if k != SQLite {
		return Set{Layout: l, text: strings.ReplaceAll(text, "{rows}", l.From())}
	}
	// A statement that fails is always undone by its caller. OR FAIL says so,
	// which spares SQLite a copy of every page that a statement changes.
	for _, verb := range []string{"INSERT ", "UPDATE "} {
		if rest, ok := strings.CutPrefix(text, verb); ok {
			text = verb + "OR FAIL " + rest
		}
	}
	var table *rowTable
	return Set{Layout: l, text: strings.ReplaceAll(text, "{rows}", l.selected("FROM "+rowTableName, table.column))}
}

// Prepare lets the database parse the statement once, so that bad SQL fails at
// the start and a commit spends no time on it.
func (s *Set) Prepare(ctx context.Context, db *DB) error {
	prepared, err := db.Writer.PrepareContext(ctx, s.text)
	switch {
	case isForeign(err):
		return fault.New(fault.Conflict, "engine.Prepare",
			"the schema of the database has this program's number and is another one (%v): a program from between two versions made it, so use that one, or begin with an empty database", err)
	case err != nil:
		return fault.New(fault.Internal, "engine.Prepare", "%v in %s", err, s.text)
	}
	s.prepared, s.table = prepared, db.rows
	return nil
}

// args are the arguments for rows; on SQLite they are laid out to be read where
// they are.
func (s Set) args(rows *Rowset) []any {
	if s.table == nil {
		return rows.Args()
	}
	s.table.rows = rows
	return nil
}

// Exec runs a prepared statement over rows. The transaction must be the writing
// connection's.
func (s Set) Exec(ctx context.Context, tx *sql.Tx, rows *Rowset) error {
	_, err := tx.StmtContext(ctx, s.prepared).ExecContext(ctx, s.args(rows)...)
	return MapError("engine.Exec", err)
}

// Query runs a prepared statement over rows and calls each for every row that it
// gives back. The transaction must be the writing connection's.
func (s Set) Query(ctx context.Context, tx *sql.Tx, rows *Rowset, each func(*sql.Rows) error) error {
	const op = "engine.Query"
	result, err := tx.StmtContext(ctx, s.prepared).QueryContext(ctx, s.args(rows)...)
	if err != nil {
		return MapError(op, err)
	}
	return MapError(op, EachRow(result, each))
}
