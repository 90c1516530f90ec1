package storage

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

type columnType uint8

const (
	textColumn columnType = iota
	intColumn
	bytesColumn
	boolColumn
)

// column is one column of a rowset.
type column struct {
	name string
	typ  columnType
}

// layout is the columns of a rowset and the SQL that reads it on one engine:
// the place in a statement where many rows arrive as one argument (SQLite:
// json_each) or one argument a column (PostgreSQL: unnest).
type layout struct {
	engine  Engine
	columns []column
}

// from is the row source, to be written after FROM; its alias is v and its
// parameters begin at $1.
func (l layout) from() string {
	var b strings.Builder
	if l.engine == SQLite {
		b.WriteString("(SELECT ")
		for i, c := range l.columns {
			if i > 0 {
				b.WriteString(", ")
			}
			item := "value->>" + strconv.Itoa(i)
			if c.typ == bytesColumn {
				item = "unhex(" + item + ")"
			}
			b.WriteString(item + " AS " + c.name)
		}
		b.WriteString(" FROM json_each($1)) AS v")
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

// next is the placeholder of the n-th argument, from 0, after those of from.
func (l layout) next(n int) string {
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
	case boolColumn:
		return "boolean"
	default:
		return "text"
	}
}

// rowset gathers rows for one set statement. Values are added column by column
// in the layout's order, then endRow. A value is text, int64, []byte or bool.
type rowset struct {
	layout layout
	rows   int
	at     int
	json   []byte
	texts  [][]*string
	ints   [][]int64
	blobs  [][][]byte
	bools  [][]bool
}

func (l layout) rowset() *rowset {
	r := &rowset{layout: l}
	if l.engine == SQLite {
		r.json = append(make([]byte, 0, 4096), '[')
		return r
	}
	n := len(l.columns)
	r.texts, r.ints = make([][]*string, n), make([][]int64, n)
	r.blobs, r.bools = make([][][]byte, n), make([][]bool, n)
	return r
}

func (r *rowset) sep() {
	if r.at > 0 {
		r.json = append(r.json, ',')
		return
	}
	if r.rows > 0 {
		r.json = append(r.json, ',')
	}
	r.json = append(r.json, '[')
}

func (r *rowset) text(v string) *rowset {
	if r.layout.engine == SQLite {
		r.sep()
		r.json = appendJSONString(r.json, v)
	} else {
		r.texts[r.at] = append(r.texts[r.at], &v)
	}
	r.at++
	return r
}

// textOrNull adds NULL for the empty string.
func (r *rowset) textOrNull(v string) *rowset {
	if v != "" {
		return r.text(v)
	}
	if r.layout.engine == SQLite {
		r.sep()
		r.json = append(r.json, "null"...)
	} else {
		r.texts[r.at] = append(r.texts[r.at], nil)
	}
	r.at++
	return r
}

func (r *rowset) int(v int64) *rowset {
	if r.layout.engine == SQLite {
		r.sep()
		r.json = strconv.AppendInt(r.json, v, 10)
	} else {
		r.ints[r.at] = append(r.ints[r.at], v)
	}
	r.at++
	return r
}

func (r *rowset) bytes(v []byte) *rowset {
	if r.layout.engine == SQLite {
		r.sep()
		r.json = append(r.json, '"')
		r.json = hex.AppendEncode(r.json, v)
		r.json = append(r.json, '"')
	} else {
		r.blobs[r.at] = append(r.blobs[r.at], v)
	}
	r.at++
	return r
}

func (r *rowset) endRow() {
	if r.layout.engine == SQLite {
		r.json = append(r.json, ']')
	}
	r.rows++
	r.at = 0
}

// args are the arguments that belong to layout.from.
func (r *rowset) args() []any {
	if r.layout.engine == SQLite {
		return []any{string(append(r.json, ']'))}
	}
	args := make([]any, len(r.layout.columns))
	for i, c := range r.layout.columns {
		switch c.typ {
		case intColumn:
			args[i] = r.ints[i]
		case bytesColumn:
			args[i] = r.blobs[i]
		case boolColumn:
			args[i] = r.bools[i]
		default:
			args[i] = r.texts[i]
		}
	}
	return args
}

func appendJSONString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x80 || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always marshals
				return append(dst, `""`...)
			}
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
