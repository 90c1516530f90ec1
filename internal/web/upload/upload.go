// Package upload reads the one file of a multipart form (RFC 7578) as it comes: it
// is never kept in memory or on disk as a form, and a client that sends too slowly
// is given up, for it keeps a place from others. Who may send what is not its
// business.
package upload

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"kefu/internal/platform/fault"
)

const (
	envelope = 64 << 10         // bytes of a form around its file
	pause    = 10 * time.Second // that a client may send nothing
	rate     = 16 << 10         // bytes a second that it must send on the whole
	answer   = 15 * time.Second // for the answer to be written
)

// Limits of one upload.
type Limits struct {
	Bytes int64         // of the file
	Whole time.Duration // from now to the end of its body
	Pause time.Duration // that the client may send nothing; 0 stands for 10 s
}

// Form is a form whose file is being read.
type Form struct {
	Name  string // of the file, as the sender wrote it
	Bytes int64  // that the file has at most, where the sender has said how long the form is; else 0

	parts  *multipart.Reader
	part   *multipart.Part
	broken error
}

// Open reads a request up to its file, which is the Form. Errors: Invalid with the
// field "file", TooMany for a body that is too large.
func Open(w http.ResponseWriter, r *http.Request, l Limits) (*Form, error) {
	const op = "upload.Open"
	if l.Pause <= 0 {
		l.Pause = pause
	}
	began := time.Now()
	response := http.NewResponseController(w)
	// The server's own limits are for requests that are small. Where these cannot
	// be set, they hold.
	_ = response.SetWriteDeadline(began.Add(l.Whole + answer))
	r.Body = &body{
		ReadCloser: http.MaxBytesReader(w, r.Body, l.Bytes+envelope),
		hurry:      response.SetReadDeadline, pause: l.Pause, end: began.Add(l.Whole), ahead: r.ProtoMajor > 1,
	}
	f := &Form{Bytes: max(r.ContentLength, 0)}
	var err error
	if f.parts, err = r.MultipartReader(); err != nil {
		return nil, fault.InvalidField(op, "file", "must come in a multipart form")
	}
	if f.part, err = f.parts.NextPart(); err != nil {
		return nil, blame(op, err)
	}
	if f.Name = f.part.FileName(); f.Name == "" || f.part.FormName() != "file" {
		return nil, fault.InvalidField(op, "file", "must be the first field, with a name")
	}
	return f, nil
}

// Read implements io.Reader over the file.
func (f *Form) Read(b []byte) (int, error) {
	n, err := f.part.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		f.broken = blame("upload.Read", err)
		err = f.broken
	}
	return n, err
}

// Cause tells an upload that the client broke off from a failure of ours: it gives
// what went wrong with the reading, if that did, and otherwise err.
func (f *Form) Cause(err error) error {
	if err != nil && f.broken != nil {
		return f.broken
	}
	return err
}

// End wants nothing to stand behind the file. Errors: Invalid with the field
// "file".
func (f *Form) End() error {
	if _, err := f.parts.NextPart(); !errors.Is(err, io.EOF) {
		return fault.InvalidField("upload.End", "file", "is not the only part of the form")
	}
	return nil
}

// blame blames the client for what goes wrong while reading from it.
func blame(op string, err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.TooMany, op, "the body is larger than %d bytes", large.Limit)
	}
	return fault.InvalidField(op, "file", "broke off")
}

// body is a request's body that must keep coming while it is waited for. Only what
// it takes to come counts: who reads it may take long.
type body struct {
	io.ReadCloser
	hurry  func(time.Time) error
	pause  time.Duration
	end    time.Time
	read   int64
	waited time.Duration
	ahead  bool // HTTP/2 reads ahead: a deadline that passes breaks the body even when nobody waits for it
}

// Read implements io.Reader. What has come fast is no credit for a long pause.
func (b *body) Read(data []byte) (int, error) {
	began := time.Now()
	left := min(b.pause, b.pause+time.Duration(b.read/rate)*time.Second-b.waited)
	deadline := began.Add(left)
	if b.end.Before(deadline) {
		deadline = b.end
	}
	if err := b.hurry(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := b.ReadCloser.Read(data)
	b.read += int64(n)
	b.waited += time.Since(began)
	if b.ahead && err == nil {
		err = b.hurry(b.end)
	}
	return n, err
}
