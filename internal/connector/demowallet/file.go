package demowallet

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
	maxFile  = 8 << 20
	pieceLen = 45 << 10 // bytes of a file in one record, which holds them as text
	maxFiles = 200      // of one customer
)

// filed is a file that a customer gave: what it is, and in how many pieces it is kept.
type filed struct {
	wallet.Stored
	Pieces int `json:"pieces"`
}

// piece is a part of a file's bytes.
type piece struct {
	Bytes []byte `json:"bytes"`
}

func fileLimits() *wallet.FileLimits {
	return &wallet.FileLimits{MaxBytes: maxFile, Types: wallet.FileTypes()}
}

func pieceID(file string, n int) string { return file + "." + strconv.Itoa(n) }

// GiveFile keeps a file of a customer's. One that is there stays as it is. Errors:
// NotFound; Invalid with the reason not_taken, also for one more than are kept: that does
// not pass; Unavailable.
func (w *Wallet) GiveFile(ctx context.Context, by wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error) {
	const op = "demowallet.GiveFile"
	if !fileLimits().Takes(f) {
		return wallet.Stored{}, &fault.Error{Code: fault.Invalid, Op: op, Reason: "not_taken", Message: "it is none that is taken"}
	}
	if _, err := w.Customer(ctx, by, customer); err != nil {
		return wallet.Stored{}, err
	}
	all, err := gather[filed](ctx, w, keep.KindFile, customer, maxFiles)
	if err != nil {
		return wallet.Stored{}, err
	}
	var kept filed
	key := keep.KeyID(customer, f.Digest)
	err = w.do(ctx, func(d *desk) error {
		has, err := get[filed](d, keep.KindFile, key)
		if err == nil || !fault.Is(err, fault.NotFound) {
			kept = has
			return err
		}
		if len(all) >= maxFiles {
			return &fault.Error{Code: fault.Invalid, Op: op, Reason: "not_taken", Message: "the customer has given as many as are kept"}
		}
		kept = filed{Stored: wallet.Stored{CustomerID: customer, File: f, At: d.At}}
		for part := range slices.Chunk(content, pieceLen) {
			if err := put(d, keep.KindPiece, pieceID(key, kept.Pieces), customer, d.At, piece{part}); err != nil {
				return err
			}
			kept.Pieces++
		}
		return put(d, keep.KindFile, key, customer, d.At, kept)
	})
	return kept.Stored, err
}

// File gives the bytes of a file that a customer gave, for those who decide a dispute.
// Errors: NotFound, Unavailable.
func (w *Wallet) File(ctx context.Context, customer, digest string) (wallet.Stored, []byte, error) {
	key := keep.KeyID(customer, digest)
	kept, err := read[filed](ctx, w, keep.KindFile, customer, key)
	if err != nil {
		return wallet.Stored{}, nil, err
	}
	var content bytes.Buffer
	for n := range kept.Pieces {
		part, err := read[piece](ctx, w, keep.KindPiece, customer, pieceID(key, n))
		if err != nil {
			return wallet.Stored{}, nil, err
		}
		content.Write(part.Bytes)
	}
	return kept.Stored, content.Bytes(), nil
}

// papers judges the files of a command, and gives the kinds that they are of; without
// files the command's own. What is asked in a dry run need not be there yet: it is given
// when the customer has agreed.
func (d *desk) papers(x dispute, c wallet.Command) (kinds []string, refusal wallet.Refusal, err error) {
	for _, e := range c.Files {
		if slices.Contains(x.Files, e) {
			return nil, wallet.AlreadyDone, nil
		}
		if !fileLimits().Takes(e.File) {
			return nil, wallet.FileRefused, nil
		}
		kept, err := get[filed](d, keep.KindFile, keep.KeyID(c.CustomerID, e.Digest))
		switch {
		case fault.Is(err, fault.NotFound) || (err == nil && kept.File != e.File):
			if !d.dry {
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
