package frames

import (
	"bytes"
	"unicode/utf8"
)

// Hot is a frame of the kinds that come with every message, send, ack and
// read, or from a client that says nothing, ping; written plainly. Anything else
// is left to Decode.
type Hot struct {
	T        string
	Conv     string
	ClientID string
	Text     string
	ReplyTo  int64
	Seq      int64 // of ack and read
	Seen     int64 // of send
	Note     bool
	Unless   bool // unless_answered of send
}

// The fields that a hot frame may have, as bits.
const (
	hasT = 1 << iota
	hasConv
	hasClientID
	hasBody
	hasReplyTo
	hasNote
	hasSeen
	hasUnless
	hasUpTo
	hasSeq
	hasType
	hasText
)

// DecodeHot reads a hot frame without reflection. It is false for every frame
// that it does not take, right or wrong: Decode decides then. What it takes
// means the same to both.
func DecodeHot(data []byte, f *Hot) bool {
	if !utf8.Valid(data) {
		return false
	}
	r := hotReader{data: data}
	fields, ok := r.object(func(key []byte) int { return r.frameField(key, f) })
	if !ok || r.skip() != 0 || r.at != len(data) {
		return false
	}
	const send = hasT | hasConv | hasClientID | hasBody
	switch f.T {
	case "send":
		return fields&send == send && fields&(hasUpTo|hasSeq) == 0
	case "ack":
		return fields == hasT|hasConv|hasUpTo
	case "read":
		return fields == hasT|hasConv|hasSeq
	case "ping":
		return fields == hasT
	default:
		return false
	}
}

// frameField reads the value of a field into f and gives its bit, or 0.
func (r *hotReader) frameField(key []byte, f *Hot) int {
	switch string(key) {
	case "t":
		value, ok := r.text()
		f.T = kindOf(value)
		return bit(hasT, ok)
	case "conv":
		return r.stringField(&f.Conv, hasConv)
	case "client_msg_id":
		return r.stringField(&f.ClientID, hasClientID)
	case "body":
		fields, ok := r.object(func(key []byte) int { return r.bodyField(key, f) })
		return bit(hasBody, ok && fields == hasType|hasText)
	case "reply_to":
		return r.numberField(&f.ReplyTo, hasReplyTo)
	case "seen":
		return r.numberField(&f.Seen, hasSeen)
	case "up_to_seq":
		return r.numberField(&f.Seq, hasUpTo)
	case "seq":
		return r.numberField(&f.Seq, hasSeq)
	case "note":
		value, ok := r.boolean()
		f.Note = value
		return bit(hasNote, ok)
	case "unless_answered":
		value, ok := r.boolean()
		f.Unless = value
		return bit(hasUnless, ok)
	default:
		return 0
	}
}

func (r *hotReader) bodyField(key []byte, f *Hot) int {
	switch string(key) {
	case "type":
		value, ok := r.text()
		return bit(hasType, ok && string(value) == "text")
	case "text":
		return r.stringField(&f.Text, hasText)
	default:
		return 0
	}
}

// kindOf spares a string for each frame.
func kindOf(value []byte) string {
	switch string(value) {
	case "send":
		return "send"
	case "ack":
		return "ack"
	case "read":
		return "read"
	case "ping":
		return "ping"
	default:
		return ""
	}
}

func bit(field int, ok bool) int {
	if ok {
		return field
	}
	return 0
}

// hotReader reads a plain subset of JSON: strings and numbers without escapes
// and exponents.
type hotReader struct {
	data []byte
	at   int
}

// skip passes over white space and gives the byte after it, 0 at the end.
func (r *hotReader) skip() byte {
	for r.at < len(r.data) {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// token passes over one character with the white space before it.
func (r *hotReader) token(c byte) bool {
	if r.skip() != c {
		return false
	}
	r.at++
	return true
}

// object reads an object whose fields are each there once. field reads one value
// and gives its bit, 0 for one that it does not take.
func (r *hotReader) object(field func(key []byte) int) (fields int, ok bool) {
	if !r.token('{') {
		return 0, false
	}
	for {
		key, ok := r.text()
		if !ok || !r.token(':') {
			return 0, false
		}
		found := field(key)
		if found == 0 || fields&found != 0 {
			return 0, false
		}
		fields |= found
		if r.token(',') {
			continue
		}
		return fields, r.token('}')
	}
}

// text reads a string without escapes.
func (r *hotReader) text() ([]byte, bool) {
	if !r.token('"') {
		return nil, false
	}
	rest := r.data[r.at:]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return nil, false
	}
	value := rest[:end]
	for _, c := range value {
		if c < ' ' || c == '\\' {
			return nil, false
		}
	}
	r.at += end + 1
	return value, true
}

func (r *hotReader) stringField(into *string, field int) int {
	value, ok := r.text()
	if !ok {
		return 0
	}
	*into = string(value)
	return field
}

// maxDigits keeps a number from overflowing.
const maxDigits = 18

func (r *hotReader) numberField(into *int64, field int) int {
	r.skip()
	start := r.at
	var n int64
	for r.at < len(r.data) && r.data[r.at] >= '0' && r.data[r.at] <= '9' {
		n = n*10 + int64(r.data[r.at]-'0')
		if r.at++; r.at-start > maxDigits {
			return 0
		}
	}
	digits := r.at - start
	if digits == 0 || (digits > 1 && r.data[start] == '0') {
		return 0
	}
	*into = n
	return field
}

func (r *hotReader) boolean() (value, ok bool) {
	r.skip()
	rest := r.data[r.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("true")):
		r.at += 4
		return true, true
	case bytes.HasPrefix(rest, []byte("false")):
		r.at += 5
		return false, true
	default:
		return false, false
	}
}
