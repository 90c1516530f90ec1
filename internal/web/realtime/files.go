package realtime

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/attaching"
	"kefu/internal/platform/fault"
)

// Files takes in what clients attach and makes links to it.
type Files interface {
	Upload(ctx context.Context, p identity.Principal, name string, r io.Reader) (conversation.Attachment, error)
	Link(ctx context.Context, p identity.Principal, fileID string) (attaching.Link, error)
}

const (
	uploadLimit  = 10 * time.Minute // for the whole of one upload
	uploadPause  = 10 * time.Second // that a client may send nothing
	uploadRate   = 16 << 10         // bytes a second that it must send on the whole
	formOverhead = 16 << 10         // bytes of a form around its file
)

// Upload serves POST /rt/attachments: a multipart form (RFC 7578) with one field,
// file. It is read as it comes and never kept in memory or on disk as a form. A
// connection sends one file at a time, and none so slowly that it keeps a place
// from others for nothing.
func (s *Server) Upload(w http.ResponseWriter, r *http.Request) {
	p := s.requester(w, r)
	if p == nil {
		return
	}
	if !p.beginUpload() {
		s.answer(w, http.StatusTooManyRequests, errorFrame{T: "error", Code: "rate_limited", RetryAfterMS: 1000})
		return
	}
	defer p.endUpload()
	response := http.NewResponseController(w)
	_ = response.SetWriteDeadline(time.Now().Add(uploadLimit + readTimeout))
	ctx, cancel := context.WithTimeout(r.Context(), uploadLimit)
	defer cancel()
	r.Body = &sentBody{
		ReadCloser: http.MaxBytesReader(w, r.Body, s.options.AttachmentBytes+formOverhead),
		hurry:      response.SetReadDeadline, pause: min(s.slowLimit, uploadPause),
	}
	part, err := formFile(r)
	if err != nil {
		s.refuseFile(w, err)
		return
	}
	file := &sentFile{r: part}
	kept, err := s.files.Upload(ctx, p.principal(), part.FileName(), file)
	if err != nil {
		if file.err != nil {
			err = file.err
		}
		s.refuseFile(w, err)
		return
	}
	writeJSON(w, kept)
}

func (p *peer) beginUpload() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.uploading {
		return false
	}
	p.uploading = true
	return true
}

func (p *peer) endUpload() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.uploading = false
}

// sentBody is a request's body that must keep coming while it is waited for.
type sentBody struct {
	io.ReadCloser
	hurry  func(time.Time) error
	pause  time.Duration
	read   int64
	waited time.Duration
}

// Read implements io.Reader.
func (b *sentBody) Read(data []byte) (int, error) {
	began := time.Now()
	left := b.pause + time.Duration(b.read/uploadRate)*time.Second - b.waited
	if err := b.hurry(began.Add(left)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := b.ReadCloser.Read(data)
	b.read += int64(n)
	b.waited += time.Since(began)
	return n, err
}

// sentFile is a file as it comes in. It tells an upload that the client broke
// off from a failure of ours.
type sentFile struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (f *sentFile) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = tooLarge("realtime.Upload", err)
		err = f.err
	}
	return n, err
}

func formFile(r *http.Request) (*multipart.Part, error) {
	const op = "realtime.formFile"
	form, err := r.MultipartReader()
	if err != nil {
		return nil, fault.InvalidField(op, "file", "must come in a multipart form")
	}
	part, err := form.NextPart()
	if err != nil {
		return nil, tooLarge(op, err)
	}
	if part.FormName() != "file" || part.FileName() == "" {
		return nil, fault.InvalidField(op, "file", "must be the only field, with a name")
	}
	return part, nil
}

// Link serves GET /rt/attachments/{id}/link.
func (s *Server) Link(w http.ResponseWriter, r *http.Request) {
	p := s.requester(w, r)
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	link, err := s.files.Link(ctx, p.principal(), r.PathValue("id"))
	if err != nil {
		s.refuseFile(w, err)
		return
	}
	writeJSON(w, struct {
		URL       string `json:"url"`
		ExpiresAt int64  `json:"expires_at"`
	}{s.options.FileURL(link.Token), link.ExpiresAt.UnixMicro()})
}

// requester gives the connection that asks, counting the request as a frame of it.
func (s *Server) requester(w http.ResponseWriter, r *http.Request) *peer {
	p := s.peerOf(w, r)
	if p == nil {
		return nil
	}
	if wait := p.hear(s.now()); wait > 0 {
		s.answer(w, http.StatusTooManyRequests, errorFrame{T: "error", Code: "rate_limited", RetryAfterMS: waitMS(wait)})
		return nil
	}
	return p
}

// refuseFile answers why a file is not taken or given: 413 for one that is too
// large, 415 for a kind that is not taken.
func (s *Server) refuseFile(w http.ResponseWriter, err error) {
	s.logError("attachment", err)
	frame := errorOf(err, "")
	status := statusOf(frame.Code)
	switch {
	case frame.Code == "rate_limited" && frame.RetryAfterMS == 0: // not a limit that passes
		frame.Code, status = "too_large", http.StatusRequestEntityTooLarge
	case fault.FieldOf(err) == "type":
		status = http.StatusUnsupportedMediaType
	}
	s.answer(w, status, frame)
}

func writeJSON(w http.ResponseWriter, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(encode(v)) // whoever asked may be gone
}
