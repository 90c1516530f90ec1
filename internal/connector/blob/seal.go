package blob

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
)

// The format of a sealed blob: the version in one byte, a random salt, and
// chunks of AES-256-GCM by the STREAM construction (Hoang, Reyhanitabar,
// Rogaway and Vizár, CRYPTO 2015): the nonce is the chunk's number in 11 bytes,
// then 1 for the last chunk and 0 for the others. So chunks can be read in any
// order, and none can be changed, moved, left out or added.
//
// The chunks' key is HKDF-SHA256 (RFC 5869) of the caller's key with the salt
// and the id. The salt keeps a key that was used twice, by a repeated upload,
// from sealing two contents under one nonce; the id keeps a blob from being
// read as another.
const (
	chunkLen  = 64 << 10
	tagLen    = 16
	sealedLen = chunkLen + tagLen
	saltLen   = 32
	headerLen = 1 + saltLen
	version   = 1
)

func newAEAD(key keyring.Key, salt []byte, id string) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key[:], salt, "kefu/1 blob "+id, len(key))
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func nonce(chunk int64, last bool) []byte {
	var n [12]byte
	binary.BigEndian.PutUint64(n[3:11], uint64(chunk))
	if last {
		n[11] = 1
	}
	return n[:]
}

// plainSize is the length of the content of a sealed blob of the given length,
// and false when no content has that.
func plainSize(sealed int64) (int64, bool) {
	body := sealed - headerLen
	chunks := (body + sealedLen - 1) / sealedLen
	size := body - chunks*tagLen
	rest := body - (chunks-1)*sealedLen // the last chunk
	return size, body >= tagLen && rest >= tagLen && (rest > tagLen || chunks == 1)
}

// seal encrypts r to w and returns the length of r, at most limit.
func seal(ctx context.Context, w io.Writer, r io.Reader, key keyring.Key, id string, limit int64) (int64, error) {
	const op = "blob.Put"
	header := make([]byte, headerLen)
	header[0] = version
	rand.Read(header[1:]) // never fails: crypto/rand ends the process instead
	aead, err := newAEAD(key, header[1:], id)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(header); err != nil {
		return 0, err
	}
	// One byte more than a chunk is read, so that the last chunk is known as such.
	in := make([]byte, chunkLen+1)
	out := make([]byte, 0, sealedLen)
	size, held := int64(0), 0
	for chunk := int64(0); ; chunk++ {
		n, ended, err := fill(ctx, r, in[held:])
		if err != nil {
			return 0, err
		}
		held += n
		if size+int64(held) > limit {
			return 0, fault.New(fault.TooMany, op, "the content is longer than %d bytes", limit)
		}
		plain := in[:min(held, chunkLen)]
		size += int64(len(plain))
		if _, err := w.Write(aead.Seal(out, nonce(chunk, ended), plain, nil)); err != nil {
			return 0, err
		}
		if ended {
			return size, nil
		}
		in[0], held = in[chunkLen], 1
	}
}

// fill reads until p is full or r ends before. Unlike io.ReadFull it tells the
// end of r from io.ErrUnexpectedEOF, which is how an upload that broke off looks.
func fill(ctx context.Context, r io.Reader, p []byte) (n int, ended bool, err error) {
	const maxEmpty = 100
	for empty := 0; n < len(p); {
		if err := ctx.Err(); err != nil {
			return n, false, err
		}
		got, err := r.Read(p[n:])
		n += got
		if errors.Is(err, io.EOF) {
			return n, n < len(p), nil
		}
		if err != nil {
			return n, false, err
		}
		if got > 0 {
			empty = 0
		} else if empty++; empty > maxEmpty {
			return n, false, io.ErrNoProgress
		}
	}
	return n, false, nil
}
