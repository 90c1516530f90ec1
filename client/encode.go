package client

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// AppendSend appends a `send` frame with a text body to dst. conv and id are
// written as they are: both are made of letters, digits and hyphens.
func AppendSend(dst []byte, conv, id, body string) []byte {
	dst = append(dst, `{"t":"send","conv":"`...)
	dst = append(dst, conv...)
	dst = append(dst, `","client_msg_id":"`...)
	dst = append(dst, id...)
	dst = append(dst, `","body":{"type":"text","text":`...)
	dst = AppendString(dst, body)
	return append(dst, "}}"...)
}

// AppendStart appends a `start` frame; ref is a UUID of the caller.
func AppendStart(dst []byte, ref string) []byte {
	dst = append(dst, `{"t":"start","ref":"`...)
	dst = append(dst, ref...)
	return append(dst, `"}`...)
}

// AppendAck appends an `ack` frame: every entry of conv up to seq has arrived.
func AppendAck(dst []byte, conv string, seq int64) []byte {
	dst = append(dst, `{"t":"ack","conv":"`...)
	dst = append(dst, conv...)
	dst = append(dst, `","up_to_seq":`...)
	dst = strconv.AppendInt(dst, seq, 10)
	return append(dst, '}')
}

// AppendWatch appends the frame by which a desk asks for everything in conv.
func AppendWatch(dst []byte, conv string) []byte {
	dst = append(dst, `{"t":"watch","conv":"`...)
	dst = append(dst, conv...)
	return append(dst, `"}`...)
}

// AppendAccept appends the frame by which an agent takes the offer of conv.
func AppendAccept(dst []byte, conv string) []byte {
	dst = append(dst, `{"t":"accept","conv":"`...)
	dst = append(dst, conv...)
	return append(dst, `"}`...)
}

// AppendDecline appends the frame by which an agent passes the offer of conv on.
func AppendDecline(dst []byte, conv string) []byte {
	dst = append(dst, `{"t":"decline","conv":"`...)
	dst = append(dst, conv...)
	return append(dst, `"}`...)
}

// AppendPresence appends the frame by which an agent says whether they take offers:
// available, break (with meal, rest, meeting, training or nothing as the reason) or
// away.
func AppendPresence(dst []byte, state, reason string) []byte {
	dst = append(dst, `{"t":"presence","state":`...)
	dst = AppendString(dst, state)
	if reason != "" {
		dst = append(dst, `,"reason":`...)
		dst = AppendString(dst, reason)
	}
	return append(dst, '}')
}

// AppendPing appends a `ping` frame.
func AppendPing(dst []byte) []byte { return append(dst, `{"t":"ping"}`...) }

// AppendString appends s as a JSON string (RFC 8259 section 7). Bytes that are
// not UTF-8 become U+FFFD, as the protocol carries UTF-8 only.
func AppendString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		} else if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch {
		case c >= utf8.RuneSelf:
			dst = append(dst, "\uFFFD"...)
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, digits[c>>4], digits[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// AppendMessageID appends a UUID of version 7 (RFC 9562 section 5.7) whose time
// is unixMilli and whose 74 free bits are the low 12 of fine and the low 62 of
// rest. A program that makes millions of them puts its own counters there
// (section 6.2, methods 1 and 3); others use NewMessageID.
func AppendMessageID(dst []byte, unixMilli int64, fine uint16, rest uint64) []byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[0:], uint64(unixMilli)<<16|0x7000|uint64(fine&0xfff))
	binary.BigEndian.PutUint64(raw[8:], rest&(1<<62-1)|1<<63)
	var written [36]byte
	hex.Encode(written[0:], raw[0:4])
	hex.Encode(written[9:], raw[4:6])
	hex.Encode(written[14:], raw[6:8])
	hex.Encode(written[19:], raw[8:10])
	hex.Encode(written[24:], raw[10:16])
	written[8], written[13], written[18], written[23] = '-', '-', '-', '-'
	return append(dst, written[:]...)
}

// MessageIDParts takes apart what AppendMessageID made; ok is false for
// anything that is not a UUID of version 7.
func MessageIDParts(id []byte) (unixMilli int64, fine uint16, rest uint64, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return 0, 0, 0, false
	}
	var plain [32]byte
	n := copy(plain[0:], id[0:8])
	n += copy(plain[n:], id[9:13])
	n += copy(plain[n:], id[14:18])
	n += copy(plain[n:], id[19:23])
	copy(plain[n:], id[24:36])
	var raw [16]byte
	if _, err := hex.Decode(raw[:], plain[:]); err != nil || raw[6]>>4 != 7 {
		return 0, 0, 0, false
	}
	high, low := binary.BigEndian.Uint64(raw[0:]), binary.BigEndian.Uint64(raw[8:])
	return int64(high >> 16), uint16(high & 0xfff), low & (1<<62 - 1), true
}
