package engine

import (
	"encoding/binary"
	"strconv"
)

// The element types of JSONB, SQLite's binary JSON, that a Rowset uses
// (https://sqlite.org/jsonb.html, section 3). It spares SQLite parsing and
// escaping, and its raw text carries any bytes.
const (
	jsonbInt   = 3
	jsonbText  = 10
	jsonbArray = 11
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
		return binary.BigEndian.AppendUint32(append(dst, 14<<4|typ), uint32(size))
	}
}

// jsonb is the rows as one array of arrays.
func (r *Rowset) jsonb() []byte {
	var row, all []byte
	for n := range r.rows {
		row = row[:0]
		for i, c := range r.layout.columns {
			row = r.appendJSONB(row, n, i, c.typ)
		}
		all = append(appendJSONBHeader(all, jsonbArray, len(row)), row...)
	}
	return append(appendJSONBHeader(nil, jsonbArray, len(all)), all...)
}

func (r *Rowset) appendJSONB(dst []byte, row, column int, typ columnType) []byte {
	switch typ {
	case intColumn:
		digits := strconv.AppendInt(nil, r.ints[column][row], 10)
		return append(appendJSONBHeader(dst, jsonbInt, len(digits)), digits...)
	case bytesColumn:
		v := r.blobs[column][row]
		return append(appendJSONBHeader(dst, jsonbText, len(v)), v...)
	default:
		v := r.texts[column][row]
		return append(appendJSONBHeader(dst, jsonbText, len(v)), v...)
	}
}
