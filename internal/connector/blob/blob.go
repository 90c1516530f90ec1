// Package blob keeps the bytes of attachments outside the database, encrypted
// under a key that its caller holds: whoever destroys the key has erased the
// blob in every copy and backup. The package knows ids, keys and bytes; what a
// file is, who may read it and when it goes are decided elsewhere.
package blob

import (
	"context"
	"io"
	"time"

	"kefu/internal/platform/keyring"
)

// Store keeps blobs. Its methods are safe for concurrent use; package blobtest
// has the suite that every implementation passes. Ids have the form of package
// id, and every method answers Invalid to another.
type Store interface {
	// Put stores all of r under a new id and returns the size of the content in
	// bytes. When it returns without an error, the blob is durable; otherwise
	// nothing is there, unless the outcome could not be learnt (a crash), and then
	// the blob is whole or absent. The key serves this one blob.
	//
	// Errors: Conflict when the id is taken; TooMany when r holds more than limit
	// bytes; Unavailable when the store is full or out of reach or ctx ended; that
	// of r, wrapped, when reading fails.
	Put(ctx context.Context, id string, key keyring.Key, r io.Reader, limit int64) (int64, error)
	// Open opens a blob for reading. It fails before the first byte when the blob
	// was cut short; a chunk that was changed fails when it is reached.
	//
	// Errors: NotFound; Internal when blob, id and key do not belong together.
	Open(ctx context.Context, id string, key keyring.Key) (Content, error)
	// Delete removes a blob durably. It does nothing to one that is not there.
	Delete(ctx context.Context, id string) error
	// List gives up to limit blobs whose ids come after the given one, ascending.
	List(ctx context.Context, after string, limit int) ([]Entry, error)
}

// Content is the decrypted content of a blob. It is for one goroutine.
type Content interface {
	io.ReadSeekCloser
	// Size is the length of the content in bytes.
	Size() int64
}

// Entry is a blob as List finds it.
type Entry struct {
	ID     string
	Stored time.Time
}

// MaxPage is the most entries that List gives at once.
const MaxPage = 1000

// Sweep deletes blobs that no row names: left by an upload whose transaction
// never came, or by a crash between deleting a row and its blob. It looks only
// at blobs stored before the given time, so that an upload under way is left
// alone. unknown gives those of the ids that the database does not have.
func Sweep(ctx context.Context, s Store, before time.Time, unknown func(context.Context, []string) ([]string, error)) (deleted int, err error) {
	after := ""
	for {
		page, err := s.List(ctx, after, MaxPage)
		if err != nil || len(page) == 0 {
			return deleted, err
		}
		after = page[len(page)-1].ID
		var old []string
		for _, e := range page {
			if e.Stored.Before(before) {
				old = append(old, e.ID)
			}
		}
		if len(old) == 0 {
			continue
		}
		orphans, err := unknown(ctx, old)
		if err != nil {
			return deleted, err
		}
		for _, id := range orphans {
			if err := s.Delete(ctx, id); err != nil {
				return deleted, err
			}
			deleted++
		}
	}
}
