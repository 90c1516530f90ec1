package client

import "bytes"

// Head is what a program in a hurry needs of a server frame. The slices point
// into the frame that was scanned and hold the JSON string without its quotes
// and with its escapes untouched (identifiers and codes have none).
type Head struct {
	Type         []byte // `t`
	Conv         []byte
	ClientMsgID  []byte
	Ref          []byte
	Code         []byte
	Kind         []byte
	Seq          int64
	At           int64 // microseconds since 1970
	RetryAfterMS int64
}

// Scan reads the head of one server frame without allocating and tells whether
// frame is an object whose top level could be walked. Nested values are
// skipped, not checked.
func Scan(frame []byte, head *Head) bool {
	*head = Head{}
	i := space(frame, 0)
	if i >= len(frame) || frame[i] != '{' {
		return false
	}
	i = space(frame, i+1)
	if i < len(frame) && frame[i] == '}' {
		return true
	}
	for {
		key, after := text(frame, i)
		if after < 0 {
			return false
		}
		i = space(frame, after)
		if i >= len(frame) || frame[i] != ':' {
			return false
		}
		start := space(frame, i+1)
		end := value(frame, start)
		if end < 0 {
			return false
		}
		head.set(key, frame[start:end])
		i = space(frame, end)
		if i >= len(frame) {
			return false
		}
		if frame[i] == '}' {
			return true
		}
		if frame[i] != ',' {
			return false
		}
		i = space(frame, i+1)
	}
}

func (h *Head) set(key, raw []byte) {
	switch string(key) {
	case "t":
		h.Type = unquoted(raw)
	case "conv":
		h.Conv = unquoted(raw)
	case "client_msg_id":
		h.ClientMsgID = unquoted(raw)
	case "ref":
		h.Ref = unquoted(raw)
	case "code":
		h.Code = unquoted(raw)
	case "kind":
		h.Kind = unquoted(raw)
	case "seq":
		h.Seq = integer(raw)
	case "at":
		h.At = integer(raw)
	case "retry_after_ms":
		h.RetryAfterMS = integer(raw)
	}
}

// Frames calls each for every JSON object of a server message: objects are
// separated by a line feed, which JSON never holds inside a string.
func Frames(message []byte, each func(frame []byte)) {
	for len(message) > 0 {
		end := bytes.IndexByte(message, '\n')
		if end < 0 {
			each(message)
			return
		}
		if end > 0 {
			each(message[:end])
		}
		message = message[end+1:]
	}
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// text reads the string that begins at i and gives the index after its closing
// quote, or -1.
func text(b []byte, i int) ([]byte, int) {
	if i >= len(b) || b[i] != '"' {
		return nil, -1
	}
	for j := i + 1; j < len(b); j++ {
		switch b[j] {
		case '\\':
			j++
		case '"':
			return b[i+1 : j], j + 1
		}
	}
	return nil, -1
}

// value gives the index after the JSON value that begins at i, or -1.
func value(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		_, end := text(b, i)
		return end
	case '{', '[':
		return nested(b, i)
	}
	start := i
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] != ' ' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func nested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			_, end := text(b, i)
			if end < 0 {
				return -1
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

func unquoted(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	return raw[1 : len(raw)-1]
}

func integer(raw []byte) int64 {
	var n int64
	for i, c := range raw {
		if i == 0 && c == '-' {
			continue
		}
		if c < '0' || c > '9' || n > (1<<62)/10 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	if len(raw) > 0 && raw[0] == '-' {
		return -n
	}
	return n
}
