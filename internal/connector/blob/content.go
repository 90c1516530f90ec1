package blob

import (
	"crypto/cipher"
	"errors"
	"io"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/keyring"
)

// sealedSource is where sealed bytes are read from: a file, or a range request.
type sealedSource interface {
	io.ReaderAt
	io.Closer
}

// content decrypts a sealed blob chunk by chunk.
type content struct {
	id     string
	source sealedSource
	aead   cipher.AEAD
	size   int64
	chunks int64
	at     int64 // where Read goes on

	sealed []byte
	plain  []byte // of chunk number held
	held   int64  // -1: none
}

// openContent reads the header and the last chunk, whose tag says that the blob
// is whole. It takes over source and closes it when it fails.
func openContent(source sealedSource, sealedSize int64, id string, key keyring.Key) (Content, error) {
	c := &content{id: id, source: source, held: -1, sealed: make([]byte, sealedLen), plain: make([]byte, 0, chunkLen)}
	if err := c.open(sealedSize, key); err != nil {
		return nil, errors.Join(err, source.Close())
	}
	return c, nil
}

func (c *content) open(sealedSize int64, key keyring.Key) error {
	const op = "blob.Open"
	size, ok := plainSize(sealedSize)
	if !ok {
		return fault.New(fault.Internal, op, "blob %s was cut short: it has %d bytes", c.id, sealedSize)
	}
	c.size, c.chunks = size, max(1, (size+chunkLen-1)/chunkLen)
	header := make([]byte, headerLen)
	if _, err := c.source.ReadAt(header, 0); err != nil {
		return fault.Wrap(op, err)
	}
	if header[0] != version {
		return fault.New(fault.Internal, op, "blob %s has the unknown format %d", c.id, header[0])
	}
	var err error
	if c.aead, err = newAEAD(key, header[1:], c.id); err != nil {
		return fault.Wrap(op, err)
	}
	return c.load(c.chunks - 1)
}

// load decrypts a chunk into plain.
func (c *content) load(chunk int64) error {
	const op = "blob.Read"
	if c.held == chunk {
		return nil
	}
	c.held = -1
	last := chunk == c.chunks-1
	length := int64(sealedLen)
	if last {
		length = c.size - chunk*chunkLen + tagLen
	}
	sealed := c.sealed[:length]
	if _, err := c.source.ReadAt(sealed, headerLen+chunk*sealedLen); err != nil && !errors.Is(err, io.EOF) {
		return fault.Wrap(op, err)
	}
	plain, err := c.aead.Open(c.plain[:0], nonce(chunk, last), sealed, nil)
	if err != nil {
		return fault.New(fault.Internal, op, "blob %s was changed or its key is another", c.id)
	}
	c.plain, c.held = plain, chunk
	return nil
}

// Size implements Content.
func (c *content) Size() int64 { return c.size }

// Read implements io.Reader. It gives only what was authenticated.
func (c *content) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.at >= c.size {
		return 0, io.EOF
	}
	if err := c.load(c.at / chunkLen); err != nil {
		return 0, err
	}
	n := copy(p, c.plain[c.at%chunkLen:])
	c.at += int64(n)
	return n, nil
}

// Seek implements io.Seeker.
func (c *content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	default:
		return 0, fault.New(fault.Invalid, "blob.Seek", "whence %d", whence)
	}
	if offset < 0 {
		return 0, fault.New(fault.Invalid, "blob.Seek", "the position %d is before the start", offset)
	}
	c.at = offset
	return offset, nil
}

// Close implements io.Closer and forgets what was decrypted.
func (c *content) Close() error {
	clear(c.plain[:cap(c.plain)])
	c.held, c.size, c.at = -1, 0, 0
	return fault.Wrap("blob.Close", c.source.Close())
}
