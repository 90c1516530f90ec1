package walletapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// The reasons (fault.ReasonOf) of an Invalid about a file that the wallet does not take.
const (
	FileTooLarge = "too_large"
	FileType     = "media_type" // it takes none of that type, or the file is of another
	FileNotTaken = "not_taken"  // such as one in which it found something
)

// tooMany is the reason of an Unavailable about a file for which the wallet wants to be
// asked later.
const tooMany = "too_many"

// fileTime bounds the handing over of one file, and filesAtOnce how many are in memory
// for it.
const (
	fileTime    = 45 * time.Second
	filesAtOnce = 2
)

// GiveFile hands a file of a customer's to the wallet, which keeps it under its digest:
// to do it again changes nothing. Errors: Invalid, with a reason when the wallet does not
// take it; NotFound when there is no such customer; Conflict, with the reason InProgress,
// while it takes the same file from somebody else; Unavailable.
func (c *Client) GiveFile(ctx context.Context, by wallet.Actor, customer string, f wallet.File, content []byte) (wallet.Stored, error) {
	const op = "walletapi.GiveFile"
	if err := f.Validate(); err != nil {
		return wallet.Stored{}, unsent{err}
	}
	sum := sha256.Sum256(content)
	if int64(len(content)) != f.Size || hex.EncodeToString(sum[:]) != f.Digest {
		return wallet.Stored{}, unsent{fault.InvalidField(op, "sha256", "is not that of these bytes")}
	}
	q := question{
		name: "file", path: []string{"customers", customer, "files"}, ids: []string{customer}, key: f.Digest, raw: content, kind: f.Type,
		query: url.Values{"sha256": {f.Digest}, "type": {f.Type}, "size": {strconv.FormatInt(f.Size, 10)}},
	}
	return one(ctx, c, by, q, func(told wallet.Stored) error {
		switch {
		case told.CustomerID != customer:
			return foreign()
		case told.File != f:
			return fault.InvalidField(op, "sha256", "or type or size is of another file")
		}
		return told.Validate()
	})
}

// refusedFile tells why a wallet does not take a file, "" where it does not say so.
func refusedFile(status int, code string) string {
	switch {
	case status == http.StatusRequestEntityTooLarge && code == FileTooLarge,
		status == http.StatusUnsupportedMediaType && code == FileType,
		status == http.StatusUnprocessableEntity && code == FileNotTaken:
		return code
	default:
		return ""
	}
}
