package wallet

import (
	"slices"

	"kefu/internal/domain/wallet/check"
	"kefu/internal/platform/fault"
)

// Bounds of the files of a customer.
const (
	MaxFiles     = 10       // of one command
	MaxFileBytes = 20 << 20 // of one file; a wallet may take less
)

// FileTypes lists the media types of files that a wallet may be given.
func FileTypes() []string {
	return []string{"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain"}
}

// File names something that a customer gave, by what it is: whoever has the digest can
// tell whether the bytes are those that were meant.
type File struct {
	Digest string `json:"sha256"` // of its bytes, in lower-case hexadecimal
	Type   string `json:"type"`   // one of FileTypes
	Size   int64  `json:"size"`   // in bytes
}

// Validate refuses what names no file. Errors: Invalid.
func (f File) Validate() error {
	const op = "wallet.File"
	switch {
	case !validDigest(f.Digest):
		return fault.InvalidField(op, "sha256", "is no SHA-256 in lower-case hexadecimal")
	case f.Size < 1 || f.Size > MaxFileBytes:
		return fault.InvalidField(op, "size", "is not one of 1 to %d", MaxFileBytes)
	}
	return check.Word(op, "type", f.Type, FileTypes()...)
}

func validDigest(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 64
}

// Evidence is a file that speaks for a customer in a dispute, and what it is.
type Evidence struct {
	Kind string `json:"kind"` // a code, such as receipt or police_report
	File
}

// Stored is what a wallet says of a file that it has taken.
type Stored struct {
	CustomerID string `json:"customer_id"`
	File
	At Time `json:"at"` // when it came first
}

// Validate refuses what is not of the contract. Errors: Invalid.
func (s Stored) Validate() error {
	const op = "wallet.Stored"
	if s.At == 0 {
		return fault.InvalidField(op, "at", "is missing")
	}
	return check.First(check.ID(op, "customer_id", s.CustomerID, true), s.File.Validate())
}

// FileLimits say which files a wallet takes.
type FileLimits struct {
	MaxBytes int64    `json:"max_bytes"` // of one file
	Types    []string `json:"types"`
}

// Takes tells whether a wallet with such limits takes a file. Without limits it takes
// none.
func (l *FileLimits) Takes(f File) bool {
	return l != nil && f.Size <= l.MaxBytes && slices.Contains(l.Types, f.Type)
}

func (l *FileLimits) validate() error {
	const op = "wallet.FileLimits"
	switch {
	case l == nil:
		return nil
	case l.MaxBytes < 1 || l.MaxBytes > MaxFileBytes:
		return fault.InvalidField(op, "files.max_bytes", "is not one of 1 to %d", MaxFileBytes)
	case len(l.Types) == 0 || len(l.Types) > len(FileTypes()):
		return fault.InvalidField(op, "files.types", "are none, or too many")
	}
	for _, t := range l.Types {
		if err := check.Word(op, "files.types", t, FileTypes()...); err != nil {
			return err
		}
	}
	return nil
}

// checkEvidence refuses files that are too many, that name nothing, or that stand there
// twice.
func checkEvidence(op string, all []Evidence, most int) error {
	if len(all) > most {
		return fault.InvalidField(op, "files", "are more than %d", most)
	}
	for i, e := range all {
		if e.Kind == "" || slices.ContainsFunc(all[:i], func(o Evidence) bool { return o.Digest == e.Digest && o.Kind == e.Kind }) {
			return fault.InvalidField(op, "files", "hold one twice, or one without a kind")
		}
		if err := check.First(check.Code(op, "files.kind", e.Kind), e.File.Validate()); err != nil {
			return err
		}
	}
	return nil
}
