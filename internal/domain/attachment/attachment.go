// Package attachment is the rules for files that people send: what a file is,
// judged by its own bytes; which are taken; under which name; and what is left
// of an image once everything that is not the picture has been dropped. Where
// the bytes are kept, who may read them and whether their words hold secrets is
// decided elsewhere.
package attachment

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"kefu/internal/platform/fault"
)

// Type is the media type of a file, from the closed set that Sniff tells.
type Type string

// The types. Whatever is none of the others, or could run as a script or page,
// is Binary.
const (
	JPEG   Type = "image/jpeg"
	PNG    Type = "image/png"
	GIF    Type = "image/gif"
	WebP   Type = "image/webp"
	PDF    Type = "application/pdf"
	Text   Type = "text/plain"
	Binary Type = "application/octet-stream"
)

// Types lists the types that an operator may accept. Binary is among them, and
// not among those accepted by default.
func Types() []Type { return []Type{JPEG, PNG, GIF, WebP, PDF, Text, Binary} }

// IsImage tells whether files of t are pictures, which Clean writes anew.
func (t Type) IsImage() bool { return t == JPEG || t == PNG || t == GIF || t == WebP }

// Limits bounds what is taken.
type Limits struct {
	MaxBytes  int64  // of a file, before and after cleaning
	Types     []Type // accepted
	MaxPixels int    // of a picture; progressive JPEG and 16-bit PNG count twice
	Decoders  int    // pictures decoded at once, each in at most 10 bytes of memory a pixel
}

// DefaultLimits takes 20 MiB of what a support conversation needs, and pictures
// of up to 25 megapixels, two at a time.
func DefaultLimits() Limits {
	return Limits{
		MaxBytes: 20 << 20, Types: []Type{JPEG, PNG, GIF, WebP, PDF, Text},
		MaxPixels: 25_000_000, Decoders: 2,
	}
}

// Intake applies Limits to files. It is safe for concurrent use.
type Intake struct {
	limits Limits
	slots  chan struct{} // one for each picture that is being decoded
}

// NewIntake makes an Intake.
//
// Errors: Invalid when a limit is not positive or a type is none that Sniff
// tells.
func NewIntake(l Limits) (*Intake, error) {
	const op = "attachment.NewIntake"
	if l.MaxBytes < 1 || l.MaxPixels < 1 || l.Decoders < 1 {
		return nil, fault.New(fault.Invalid, op, "MaxBytes, MaxPixels and Decoders must be at least 1")
	}
	for _, t := range l.Types {
		if !slices.Contains(Types(), t) {
			return nil, fault.New(fault.Invalid, op, "files of type %q cannot be told by their content: use some of %v", t, Types())
		}
	}
	return &Intake{limits: l, slots: make(chan struct{}, l.Decoders)}, nil
}

// File is a file that was taken.
type File struct {
	Name string    // as CleanName gives it
	Type Type      // of Body
	Body io.Reader // fails with TooMany beyond MaxBytes; read it to its end
}

// Accept judges a file by its content and gives what is to be stored of it. The
// type that its sender claims plays no part. A picture is read whole and
// written anew; another file streams through.
//
// Errors: Invalid with the field "type" for one that is not taken and "content"
// for an empty file or a damaged picture; TooMany for one that is too large;
// Unavailable when ctx ended first; that of r, wrapped, when reading fails.
func (i *Intake) Accept(ctx context.Context, name string, r io.Reader) (File, error) {
	const op = "attachment.Accept"
	head := make([]byte, HeadLen)
	n, err := io.ReadFull(r, head)
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !ended {
		return File{}, fault.Wrap(op, err)
	}
	head = head[:n]
	if n == 0 {
		return File{}, fault.InvalidField(op, "content", "the file is empty")
	}
	t := Sniff(head)
	if !slices.Contains(i.limits.Types, t) {
		return File{}, fault.InvalidField(op, "type", "files of type %s are not taken", t)
	}
	body := &bounded{r: io.MultiReader(bytes.NewReader(head), r), left: i.limits.MaxBytes}
	if !t.IsImage() {
		return File{Name: CleanName(name, t), Type: t, Body: body}, nil
	}
	picture, err := i.Clean(ctx, t, body)
	if err != nil {
		return File{}, err
	}
	return File{Name: CleanName(name, picture.Type), Type: picture.Type, Body: bytes.NewReader(picture.Bytes)}, nil
}

// bounded fails when its source goes on after so many bytes.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}

func tooLarge() error {
	return fault.New(fault.TooMany, "attachment.Read", "the file is larger than allowed")
}
