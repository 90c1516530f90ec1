package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"iter"

	"kefu/internal/platform/fault"
)

// Head states that a stream reached a place at a time, signed with Ed25519
// (RFC 8032) and kept outside the database. Whoever changes the database cannot
// change the heads to fit; a database that ends before its newest head was cut
// or restored from an older copy.
type Head struct {
	Stream string
	Link
	At        int64 // microseconds since the Unix epoch, UTC
	KeyID     string
	Signature []byte
}

const headPrefix = "kefu audit head 1\x00"

func (h Head) signed() []byte {
	b := appendText([]byte(headPrefix), h.Stream)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(h.At))
	b = append(b, h.Hash[:]...)
	return appendText(b, h.KeyID)
}

// Signer signs heads.
type Signer struct {
	key ed25519.PrivateKey
	id  string
}

// NewSigner makes a signer of a secret seed of 32 bytes, such as a subkey of the
// key ring.
func NewSigner(seed []byte) (Signer, error) {
	if len(seed) != ed25519.SeedSize {
		return Signer{}, fault.New(fault.Invalid, "audit.NewSigner", "the seed has %d bytes, it needs %d", len(seed), ed25519.SeedSize)
	}
	key := ed25519.NewKeyFromSeed(seed)
	return Signer{key: key, id: KeyID(key.Public().(ed25519.PublicKey))}, nil
}

// Public is the key with which anyone can check the heads.
func (s Signer) Public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Sign makes the head of a place in a stream.
func (s Signer) Sign(stream string, at int64, place Link) Head {
	h := Head{Stream: stream, Link: place, At: at, KeyID: s.id}
	h.Signature = ed25519.Sign(s.key, h.signed())
	return h
}

// packPurpose keeps a signature of a pack from being taken for one of a head.
const packPurpose = "kefu evidence pack 1\n"

// SignPack signs the digest of something that is handed out under the audit's key.
func (s Signer) SignPack(digest []byte) []byte {
	return ed25519.Sign(s.key, append([]byte(packPurpose), digest...))
}

// PackSignedBy tells whether a key made a signature of SignPack.
func PackSignedBy(key ed25519.PublicKey, digest, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, append([]byte(packPurpose), digest...), signature)
}

// KeyID names a public key: its first 8 bytes in hexadecimal.
func KeyID(key ed25519.PublicKey) string {
	return hex.EncodeToString(key[:min(8, len(key))])
}

// SignedBy tells whether one of the keys signed the head.
func (h Head) SignedBy(keys []ed25519.PublicKey) bool {
	for _, key := range keys {
		if KeyID(key) == h.KeyID && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, h.signed(), h.Signature) {
			return true
		}
	}
	return false
}

type headLine struct {
	Version   int    `json:"v"`
	Stream    string `json:"stream"`
	Seq       int64  `json:"seq"`
	Hash      string `json:"hash"`
	At        int64  `json:"at"`
	KeyID     string `json:"key"`
	Signature []byte `json:"sig"`
}

// Line is the head as one line of JSON, without its end.
func (h Head) Line() ([]byte, error) {
	return json.Marshal(headLine{
		Version: 1, Stream: h.Stream, Seq: h.Seq, Hash: h.Hash.String(), At: h.At, KeyID: h.KeyID, Signature: h.Signature,
	})
}

// ParseHead reads what Line wrote. It does not check the signature.
func ParseHead(line []byte) (Head, error) {
	const op = "audit.ParseHead"
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	var l headLine
	if err := dec.Decode(&l); err != nil || dec.More() {
		return Head{}, fault.New(fault.Invalid, op, "the line is not a head")
	}
	raw, err := hex.DecodeString(l.Hash)
	if l.Version != 1 || err != nil || len(raw) != len(Sum{}) || l.Seq < 0 {
		return Head{}, fault.New(fault.Invalid, op, "the line is not a head of version 1")
	}
	return Head{Stream: l.Stream, Link: Link{Seq: l.Seq, Hash: Sum(raw)}, At: l.At, KeyID: l.KeyID, Signature: l.Signature}, nil
}

// ReadHeads turns the lines of a head log into heads.
func ReadHeads(lines iter.Seq2[[]byte, error]) iter.Seq2[Head, error] {
	return func(yield func(Head, error) bool) {
		for line, err := range lines {
			var h Head
			if err == nil {
				h, err = ParseHead(line)
			}
			if !yield(h, err) {
				return
			}
		}
	}
}
