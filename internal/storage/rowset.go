package storage

import (
	"encoding/binary"
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
)

// column is one column of a rowset.
type column struct {
	name string
	typ  columnType
}

// layout is the columns of a rowset and the SQL that reads it on one engine:
// the place in a statement where many rows arrive as one argument (SQLite:
// jsonb_each) or one argument a column (PostgreSQL: unnest).
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
	default:
		return "text"
	}
}

// rowset gathers rows for one set statement. Values are added column by column
// in the layout's order, then endRow. A value is text, int64 or []byte.
type rowset struct {
	layout layout
	rows   int
	at     int
	row    []byte // SQLite: the values of the row that is being added
	all    []byte // SQLite: the rows as one JSONB array
	texts  [][]string
	ints   [][]int64
	blobs  [][][]byte
}

func (l layout) rowset() *rowset {
	r := &rowset{layout: l}
	if l.engine == SQLite {
		r.row, r.all = make([]byte, 0, 512), make([]byte, outerHeader, 4096)
		return r
	}
	n := len(l.columns)
	r.texts, r.ints, r.blobs = make([][]string, n), make([][]int64, n), make([][][]byte, n)
	return r
}

// The element types of JSONB, SQLite's binary JSON, that a rowset uses
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

func (r *rowset) text(v string) *rowset {
	if r.layout.engine == SQLite {
		r.row = append(appendJSONBHeader(r.row, jsonbText, len(v)), v...)
	} else {
		r.texts[r.at] = append(r.texts[r.at], v)
	}
	r.at++
	return r
}

func (r *rowset) int(v int64) *rowset {
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

func (r *rowset) bytes(v []byte) *rowset {
	if r.layout.engine == SQLite {
		r.row = append(appendJSONBHeader(r.row, jsonbText, len(v)), v...)
	} else {
		r.blobs[r.at] = append(r.blobs[r.at], v)
	}
	r.at++
	return r
}

func (r *rowset) endRow() {
	if r.layout.engine == SQLite {
		r.all = append(appendJSONBHeader(r.all, jsonbArray, len(r.row)), r.row...)
		r.row = r.row[:0]
	}
	r.rows++
	r.at = 0
}

// args are the arguments that belong to layout.from.
func (r *rowset) args() []any {
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
