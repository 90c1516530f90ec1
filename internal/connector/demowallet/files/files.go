// Package files keeps what customers give the demo's wallet to show for a dispute: each
// file once, in pieces that fit a record, and no more of them than a bound.
package files

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"kefu/internal/connector/demowallet/keep"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Bounds of the files that customers give.
const (
	largest  = 8 << 20
	pieceLen = 45 << 10 // bytes of a file in one record, which holds them as text
	most     = 200      // of one customer
)

// Files is the part of the wallet that keeps files. It is safe for concurrent use.
type Files struct{ books keep.Store }

// New makes Files over the wallet's books.
func New(books keep.Store) *Files { return &Files{books: books} }

// filed is a file that a customer gave: what it is, and in how many pieces it is kept.
type filed struct {
	wallet.Stored
	Pieces int `json:"pieces"`
}

// piece is a part of a file's bytes.
type piece struct {
	Bytes []byte `json:"bytes"`
}

// Limits are what is taken.
func Limits() *wallet.FileLimits {
	return &wallet.FileLimits{MaxBytes: largest, Types: wallet.FileTypes()}
}

func pieceID(file string, n int) string { return file + "." + strconv.Itoa(n) }

// GiveFile keeps a file of a customer's. One that is there stays as it is. Errors:
// NotFound; Invalid with the reason not_taken, also for one more than are kept: that does
// not pass; Unavailable.
func (f *Files) GiveFile(ctx context.Context, _ wallet.Actor, customer string, given wallet.File, content []byte) (wallet.Stored, error) {
	const op = "files.GiveFile"
	if !Limits().Takes(given) {
		return wallet.Stored{}, &fault.Error{Code: fault.Invalid, Op: op, Reason: "not_taken", Message: "it is none that is taken"}
	}
	all, err := keep.Listed[filed](ctx, f.books, keep.KindFile, customer, most)
	if err != nil {
		return wallet.Stored{}, err
	}
	var kept filed
	key := keep.KeyID(customer, given.Digest)
	err = f.books.Commit(ctx, func(d *keep.Desk) error {
		has, err := keep.Get[filed](d, keep.KindFile, key)
		if err == nil || !fault.Is(err, fault.NotFound) {
			kept = has
			return err
		}
		if len(all) >= most {
			return &fault.Error{Code: fault.Invalid, Op: op, Reason: "not_taken", Message: "the customer has given as many as are kept"}
		}
		kept = filed{Stored: wallet.Stored{CustomerID: customer, File: given, At: d.At}}
		for part := range slices.Chunk(content, pieceLen) {
			if err := keep.Put(d, keep.KindPiece, pieceID(key, kept.Pieces), customer, d.At, piece{part}); err != nil {
				return err
			}
			kept.Pieces++
		}
		return keep.Put(d, keep.KindFile, key, customer, d.At, kept)
	})
	return kept.Stored, err
}

// File gives the bytes of a file that a customer gave, for those who decide a dispute.
// Errors: NotFound, Unavailable.
func (f *Files) File(ctx context.Context, customer, digest string) (wallet.Stored, []byte, error) {
	key := keep.KeyID(customer, digest)
	kept, err := keep.Read[filed](ctx, f.books, keep.KindFile, customer, key)
	if err != nil {
		return wallet.Stored{}, nil, err
	}
	var content bytes.Buffer
	for n := range kept.Pieces {
		part, err := keep.Read[piece](ctx, f.books, keep.KindPiece, customer, pieceID(key, n))
		if err != nil {
			return wallet.Stored{}, nil, err
		}
		content.Write(part.Bytes)
	}
	return kept.Stored, content.Bytes(), nil
}

// Papers judges the files of a command inside its commit, beside those that a dispute has,
// and gives the kinds that they are of; without files the command's own. What is asked in
// a dry run need not be there yet: it is given when the customer has agreed.
func Papers(d *keep.Desk, dry bool, has []wallet.Evidence, c wallet.Command) (kinds []string, refusal wallet.Refusal, err error) {
	for _, e := range c.Files {
		if slices.Contains(has, e) {
			return nil, wallet.AlreadyDone, nil
		}
		if !Limits().Takes(e.File) {
			return nil, wallet.FileRefused, nil
		}
		kept, err := keep.Get[filed](d, keep.KindFile, keep.KeyID(c.CustomerID, e.Digest))
		switch {
		case fault.Is(err, fault.NotFound) || (err == nil && kept.File != e.File):
			if !dry {
				return nil, wallet.FileMissing, nil
			}
		case err != nil:
			return nil, "", err
		}
		if !slices.Contains(kinds, e.Kind) {
			kinds = append(kinds, e.Kind)
		}
	}
	if len(kinds) > 0 {
		return kinds, "", nil
	}
	if kind := c.Details["kind"]; kind != "" {
		return []string{kind}, "", nil
	}
	return []string{c.Reason}, "", nil
}
