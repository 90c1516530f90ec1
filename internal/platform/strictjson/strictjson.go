// Package strictjson reads JSON from outside as it is meant to be: no unknown
// fields, no duplicate keys, no deep nesting, nothing after the value. The
// standard decoder lets all of these pass, and two readers that disagree on a
// duplicate key are how checks get bypassed. It also appends strings to JSON that
// is written by hand on hot paths.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// MaxDepth is the deepest nesting of arrays and objects that is read.
const MaxDepth = 8

const maxKeys = 64 // of one object

// Decode reads one JSON value (RFC 8259) into v. Errors: Invalid, with the path of
// a member of another type.
func Decode(data []byte, v any) error {
	const op = "strictjson.Decode"
	if !utf8.Valid(data) {
		return fault.New(fault.Invalid, op, "not valid UTF-8")
	}
	if err := Check(data); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		var mistyped *json.UnmarshalTypeError
		if errors.As(err, &mistyped) {
			return fault.InvalidField(op, mistyped.Field, "%v", err)
		}
		return fault.New(fault.Invalid, op, "%v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fault.New(fault.Invalid, op, "something follows the value")
	}
	return nil
}

// Check refuses duplicate keys, nesting deeper than MaxDepth and objects of more
// than 64 keys. It does not check the syntax beyond what it needs to find these.
func Check(data []byte) error {
	s := scanner{data: data}
	for s.at < len(data) {
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

type object struct {
	keys   [][]byte
	isKey  bool // the next string is a key
	isList bool
}

type scanner struct {
	data  []byte
	at    int
	depth int
	stack [MaxDepth]object
}

func (s *scanner) next() error {
	const op = "strictjson.Check"
	c := s.data[s.at]
	s.at++
	switch c {
	case '{', '[':
		if s.depth == MaxDepth {
			return fault.New(fault.Invalid, op, "nested deeper than %d", MaxDepth)
		}
		top := &s.stack[s.depth]
		top.keys, top.isKey, top.isList = top.keys[:0], c == '{', c == '['
		s.depth++
	case '}', ']':
		if s.depth == 0 {
			return fault.New(fault.Invalid, op, "a bracket closes nothing")
		}
		s.depth--
	case ',':
		if s.depth > 0 && !s.stack[s.depth-1].isList {
			s.stack[s.depth-1].isKey = true
		}
	case '"':
		return s.str()
	}
	return nil
}

func (s *scanner) str() error {
	const op = "strictjson.Check"
	start, escaped := s.at, false
	for s.at < len(s.data) && s.data[s.at] != '"' {
		if s.data[s.at] == '\\' {
			s.at++
			escaped = true
		}
		s.at++
	}
	if s.at >= len(s.data) {
		return fault.New(fault.Invalid, op, "a string does not end")
	}
	text := s.data[start:s.at]
	s.at++
	if s.depth == 0 || !s.stack[s.depth-1].isKey {
		return nil
	}
	if escaped { // no key of ours needs an escape, and one could hide a duplicate
		return fault.New(fault.Invalid, op, "a key is escaped")
	}
	top := &s.stack[s.depth-1]
	top.isKey = false
	for _, k := range top.keys {
		if bytes.EqualFold(k, text) { // encoding/json matches names without regard to case
			return fault.New(fault.Invalid, op, "a key comes twice")
		}
	}
	if len(top.keys) == maxKeys {
		return fault.New(fault.Invalid, op, "an object has more than %d keys", maxKeys)
	}
	top.keys = append(top.keys, text)
	return nil
}

// AppendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if (r == utf8.RuneError && n == 1) || r == '\u2028' || r == '\u2029' {
				dst = append(dst, s[start:i]...)
				dst = appendEscape(dst, r)
				start = i + n
			}
			i += n
			continue
		}
		if c < 0x20 || c == '"' || c == '\\' {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, rune(c))
			start = i + 1
		}
		i++
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
}
