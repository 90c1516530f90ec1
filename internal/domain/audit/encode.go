package audit

import (
	"crypto/sha256"
	"encoding/binary"

	"kefu/internal/platform/fault"
)

// The canonical form of a record, version 1. Integers are big-endian, texts are
// their length as an unsigned varint (Go's encoding/binary, shortest form) and
// their bytes, hashes are 32 bytes:
//
//	version (1 byte), stream (text), seq (8), at (8), actor type, id and session
//	(texts), subject (text), action (text), object type and id (texts),
//	purpose (text), assurance (1 byte), number of approvals (varint) and each
//	(text), result (text), detail hash, previous hash
//
// Because every part says where it ends, no two records have the same form.
const recordVersion = 1

// hashPrefix keeps a record from being taken for anything else that is hashed
// or signed.
const hashPrefix = "kefu audit record\x00"

// Encode appends the canonical form of r to dst.
func (r *Record) Encode(dst []byte) []byte {
	dst = append(dst, recordVersion)
	dst = appendText(dst, r.Stream)
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.Seq))
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.At))
	dst = appendText(dst, r.Actor.Type)
	dst = appendText(dst, r.Actor.ID)
	dst = appendText(dst, r.Actor.Session)
	dst = appendText(dst, r.Subject)
	dst = appendText(dst, r.Action)
	dst = appendText(dst, r.Object.Type)
	dst = appendText(dst, r.Object.ID)
	dst = appendText(dst, r.Purpose)
	dst = append(dst, r.Assurance)
	dst = binary.AppendUvarint(dst, uint64(len(r.Approvals)))
	for _, id := range r.Approvals {
		dst = appendText(dst, id)
	}
	dst = appendText(dst, r.Result)
	dst = append(dst, r.DetailHash[:]...)
	return append(dst, r.Prev[:]...)
}

// Hash is the SHA-256 of the canonical form behind a fixed prefix.
func (r *Record) Hash() Sum {
	var room [1024]byte
	return sha256.Sum256(r.Encode(append(room[:0], hashPrefix...)))
}

// Decode reads a canonical form that makes up the whole of b. Anything that
// Encode would not have written is Invalid. It reads more than Validate allows:
// a record that was stored once has to stay readable.
func Decode(b []byte) (Record, error) {
	d := decoder{rest: b}
	if v := d.byte(); v != recordVersion && !d.bad {
		return Record{}, fault.New(fault.Invalid, "audit.Decode", "version %d is not known", v)
	}
	var r Record
	r.Stream = d.text()
	r.Seq = int64(d.uint64())
	r.At = int64(d.uint64())
	r.Actor = Actor{Type: d.text(), ID: d.text(), Session: d.text()}
	r.Subject = d.text()
	r.Action = d.text()
	r.Object = Object{Type: d.text(), ID: d.text()}
	r.Purpose = d.text()
	r.Assurance = d.byte()
	count := d.uvarint(uint64(len(d.rest)))
	for range count {
		r.Approvals = append(r.Approvals, d.text())
	}
	r.Result = d.text()
	copy(r.DetailHash[:], d.take(len(r.DetailHash)))
	copy(r.Prev[:], d.take(len(r.Prev)))
	if d.bad || len(d.rest) > 0 {
		return Record{}, fault.New(fault.Invalid, "audit.Decode", "%d bytes are not the canonical form of a record", len(b))
	}
	return r, nil
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// decoder reads parts from the front of rest; after the first that does not fit
// it is bad and gives zeros.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n > len(d.rest) {
		d.bad = true
		return nil
	}
	out := d.rest[:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// uvarint refuses longer forms of the same number, which would give a record
// two encodings, and numbers above limit.
func (d *decoder) uvarint(limit uint64) uint64 {
	v, n := binary.Uvarint(d.rest)
	var shortest [binary.MaxVarintLen64]byte
	if d.bad || n <= 0 || v > limit || binary.PutUvarint(shortest[:], v) != n {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) text() string {
	return string(d.take(int(d.uvarint(uint64(len(d.rest))))))
}
