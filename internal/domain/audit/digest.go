package audit

import (
	"encoding/base32"
	"encoding/binary"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// ActionMessages is the action of records whose detail is a list of digests:
// one record covers the entries of a commit, of every kind and every author,
// those it wrote and those it rewrote.
const ActionMessages = "message.batch"

// DigestLen is the length in bytes of a message digest: half of a SHA-256.
const DigestLen = 16

// MessageDigest says what is stored of one entry of a conversation. A list of
// them holds no personal data and is stored as it is, so that Verify can compare
// the entries with it. A later digest of the same entry replaces an earlier one;
// a zero Sum says that the entry was removed.
type MessageDigest struct {
	Conversation string
	Seq          int64
	Sum          [DigestLen]byte
}

// A list is a version byte, the number of entries as a varint, and of each the
// conversation, the sequence number as a varint and the sum. A conversation is
// a zero byte and 16 bytes when it is an identifier of package id, else a text.
const (
	digestVersion = 1
	packedLen     = 16
	maxDigests    = 65536
	minDigest     = 1 + 1 + 1 + DigestLen
)

// EncodeDigests appends the compact form of a list to dst. It refuses lists of
// more than 65,536, empty conversation ids and negative sequence numbers.
func EncodeDigests(dst []byte, list []MessageDigest) ([]byte, error) {
	const op = "audit.EncodeDigests"
	if len(list) > maxDigests {
		return nil, fault.New(fault.Invalid, op, "%d digests are more than %d", len(list), maxDigests)
	}
	enc := idEncoding()
	dst = append(dst, digestVersion)
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for i := range list {
		m := &list[i]
		if m.Conversation == "" || len(m.Conversation) > maxText || m.Seq < 0 {
			return nil, fault.New(fault.Invalid, op, "digest %d has no proper conversation or sequence number", i)
		}
		if raw, ok := packID(enc, m.Conversation); ok {
			dst = append(append(dst, 0), raw[:]...)
		} else {
			dst = appendText(dst, m.Conversation)
		}
		dst = binary.AppendUvarint(dst, uint64(m.Seq))
		dst = append(dst, m.Sum[:]...)
	}
	return dst, nil
}

// DecodeDigests reads a list that makes up the whole of b. Anything that
// EncodeDigests would not have written is Invalid.
func DecodeDigests(b []byte) ([]MessageDigest, error) {
	const op = "audit.DecodeDigests"
	d := decoder{rest: b}
	version, count := d.byte(), d.uvarint(maxDigests)
	if d.bad || version != digestVersion || count > uint64(len(d.rest)/minDigest) {
		return nil, fault.New(fault.Invalid, op, "%d bytes are not a list of message digests", len(b))
	}
	enc := idEncoding()
	list := make([]MessageDigest, 0, count)
	for range count {
		m := MessageDigest{Conversation: d.conversation(enc), Seq: int64(d.uvarint(1<<63 - 1))}
		copy(m.Sum[:], d.take(DigestLen))
		list = append(list, m)
	}
	if d.bad || len(d.rest) > 0 {
		return nil, fault.New(fault.Invalid, op, "%d bytes are not a list of message digests", len(b))
	}
	return list, nil
}

func (d *decoder) conversation(enc *base32.Encoding) string {
	if len(d.rest) > 0 && d.rest[0] == 0 {
		d.take(1)
		return enc.EncodeToString(d.take(packedLen))
	}
	text := d.text()
	if _, packs := packID(enc, text); packs || len(text) > maxText {
		d.bad = true // has a shorter form, or none
	}
	return text
}

// packID gives the 128 bits of an identifier, if s is what they are written as.
func packID(enc *base32.Encoding, s string) (raw [packedLen]byte, ok bool) {
	if len(s) != id.Len {
		return raw, false
	}
	var text [id.Len]byte
	copy(text[:], s)
	if n, err := enc.Decode(raw[:], text[:]); err != nil || n != packedLen {
		return raw, false
	}
	enc.Encode(text[:], raw[:])
	return raw, string(text[:]) == s
}

func idEncoding() *base32.Encoding {
	return base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
}
