package engine

import (
	"context"
	"database/sql"
	"encoding/binary"
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
// jsonb_each) or one argument a column (PostgreSQL: unnest).
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
	var b strings.Builder
	if l.engine == SQLite {
		b.WriteString("(SELECT ")
		for i, c := range l.columns {
			if i > 0 {
				b.WriteString(", ")
			}
			item := "value->>" + strconv.Itoa(i)
			if c.typ == bytesColumn {
				item = "CAST(" + item + " AS BLOB)"
			}
			b.WriteString(item + " AS " + c.name)
		}
		b.WriteString(" FROM jsonb_each($1)) AS v")
		return b.String()
	}
	b.WriteString("unnest(")
	for i, c := range l.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1) + "::" + pgType(c.typ) + "[]")
	}
	b.WriteString(") AS v(")
	for i, c := range l.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.name)
	}
	b.WriteString(")")
	return b.String()
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
// in the Layout's order, then EndRow.
type Rowset struct {
	layout Layout
	rows   int
	at     int
	row    []byte // SQLite: the values of the row that is being added
	all    []byte // SQLite: the rows as one JSONB array
	texts  [][]string
	ints   [][]int64
	blobs  [][][]byte
}

// Rowset begins an empty one.
func (l Layout) Rowset() *Rowset {
	r := &Rowset{layout: l}
	if l.engine == SQLite {
		r.row, r.all = make([]byte, 0, 512), make([]byte, outerHeader, 4096)
		return r
	}
	n := len(l.columns)
	r.texts, r.ints, r.blobs = make([][]string, n), make([][]int64, n), make([][][]byte, n)
	return r
}

// The element types of JSONB, SQLite's binary JSON, that a Rowset uses
// (https://sqlite.org/jsonb.html, section 3), and the length of the header of an
// array whose size takes four bytes. It spares SQLite parsing and escaping, and
// its raw text carries any bytes.
const (
	jsonbInt     = 3
	jsonbText    = 10
	jsonbArray   = 11
	outerHeader  = 5
	fourByteSize = 14 << 4
)

func appendJSONBHeader(dst []byte, typ byte, size int) []byte {
	switch {
	case size <= 11:
		return append(dst, byte(size)<<4|typ)
	case size <= 0xff:
		return append(dst, 12<<4|typ, byte(size))
	case size <= 0xffff:
		return append(dst, 13<<4|typ, byte(size>>8), byte(size))
	default:
		return binary.BigEndian.AppendUint32(append(dst, fourByteSize|typ), uint32(size))
	}
}

// Text adds a value of a text column.
func (r *Rowset) Text(v string) *Rowset {
	if r.layout.engine == SQLite {
		r.row = append(appendJSONBHeader(r.row, jsonbText, len(v)), v...)
	} else {
		r.texts[r.at] = append(r.texts[r.at], v)
	}
	r.at++
	return r
}

// Int adds a value of an int column.
func (r *Rowset) Int(v int64) *Rowset {
	if r.layout.engine == SQLite {
		var scratch [20]byte
		digits := strconv.AppendInt(scratch[:0], v, 10)
		r.row = append(appendJSONBHeader(r.row, jsonbInt, len(digits)), digits...)
	} else {
		r.ints[r.at] = append(r.ints[r.at], v)
	}
	r.at++
	return r
}

// Bytes adds a value of a bytes column.
func (r *Rowset) Bytes(v []byte) *Rowset {
	if r.layout.engine == SQLite {
		r.row = append(appendJSONBHeader(r.row, jsonbText, len(v)), v...)
	} else {
		r.blobs[r.at] = append(r.blobs[r.at], v)
	}
	r.at++
	return r
}

// EndRow ends a row whose columns all have a value.
func (r *Rowset) EndRow() {
	if r.layout.engine == SQLite {
		r.all = append(appendJSONBHeader(r.all, jsonbArray, len(r.row)), r.row...)
		r.row = r.row[:0]
	}
	r.rows++
	r.at = 0
}

// Len is the number of rows.
func (r *Rowset) Len() int { return r.rows }

// Args are the arguments that belong to Layout.From.
func (r *Rowset) Args() []any {
	if r.layout.engine == SQLite {
		r.all[0] = fourByteSize | jsonbArray
		binary.BigEndian.PutUint32(r.all[1:], uint32(len(r.all)-outerHeader))
		return []any{r.all}
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

// Set is a statement that handles many rows at once.
type Set struct {
	Layout   Layout
	text     string
	prepared *sql.Stmt
}

// Set makes a statement over rows of a layout; {rows} in its text stands for the
// row source, whose alias is v.
func (k Kind) Set(columns, text string) Set {
	l := k.Layout(columns)
	if k == SQLite {
		// A statement that fails is always undone by its caller. OR FAIL says so,
		// which spares SQLite a copy of every page that a statement changes.
		for _, verb := range []string{"INSERT ", "UPDATE "} {
			if rest, ok := strings.CutPrefix(text, verb); ok {
				text = verb + "OR FAIL " + rest
			}
		}
	}
	return Set{Layout: l, text: strings.ReplaceAll(text, "{rows}", l.From())}
}

// Prepare lets the database parse the statement once, so that bad SQL fails at
// the start and a commit spends no time on it.
func (s *Set) Prepare(ctx context.Context, db *sql.DB) error {
	prepared, err := db.PrepareContext(ctx, s.text)
	if err != nil {
		return fault.New(fault.Internal, "engine.Prepare", "%v in %s", err, s.text)
	}
	s.prepared = prepared
	return nil
}

// Exec runs a prepared statement over rows.
func (s Set) Exec(ctx context.Context, tx *sql.Tx, rows *Rowset) error {
	_, err := tx.StmtContext(ctx, s.prepared).ExecContext(ctx, rows.Args()...)
	return MapError("engine.Exec", err)
}

// Query runs a prepared statement over rows and calls each for every row that it
// gives back.
func (s Set) Query(ctx context.Context, tx *sql.Tx, rows *Rowset, each func(*sql.Rows) error) error {
	const op = "engine.Query"
	result, err := tx.StmtContext(ctx, s.prepared).QueryContext(ctx, rows.Args()...)
	if err != nil {
		return MapError(op, err)
	}
	return MapError(op, EachRow(result, each))
}
