package realtime

import (
	"context"
	"net/http"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/attaching"
	"kefu/internal/platform/fault"
	"kefu/internal/web/refusal"
	"kefu/internal/web/upload"
)

// Files takes in what clients attach and makes links to it.
type Files interface {
	Upload(ctx context.Context, p identity.Principal, in attaching.Incoming) (conversation.Attachment, error)
	Link(ctx context.Context, p identity.Principal, fileID string) (attaching.Link, error)
}

// uploadLimit is for the whole of one upload.
const uploadLimit = 10 * time.Minute

// Upload serves POST /rt/attachments: a form with one field, file. A connection
// sends one file at a time.
func (s *Server) Upload(w http.ResponseWriter, r *http.Request) {
	p := s.requester(w, r)
	if p == nil {
		return
	}
	if !p.beginUpload() {
		refusal.After("rate_limited", time.Second).Write(w)
		return
	}
	defer p.endUpload()
	ctx, cancel := context.WithTimeout(r.Context(), uploadLimit)
	defer cancel()
	form, err := upload.Open(w, r, upload.Limits{Bytes: s.options.AttachmentBytes, Whole: uploadLimit, Pause: s.uploadPause})
	if err != nil {
		s.refuseFile(w, err)
		return
	}
	kept, err := s.files.Upload(ctx, p.principal(), attaching.Incoming{Name: form.Name, Network: s.networkOf(r), Bytes: form.Bytes, Body: form})
	if err != nil {
		s.refuseFile(w, form.Cause(err))
		return
	}
	refusal.Answer(w, kept)
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
	refusal.Answer(w, struct {
		URL       string `json:"url"`
		ExpiresAt int64  `json:"expires_at"`
	}{s.options.FileURL(link.Token), link.ExpiresAt.UnixMicro()})
}

// Ask answers a request that is made beside a connection, with its session: the
// request counts as a frame of it, and a refusal is an error frame.
func (s *Server) Ask(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
	p := s.requester(w, r)
	if p == nil {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	found, err := answer(ctx, p.principal())
	if err != nil {
		s.logError("request", err)
		refusal.Of(err).Write(w)
		return
	}
	refusal.Answer(w, found)
}

// requester gives the connection that asks, counting the request as a frame of it.
func (s *Server) requester(w http.ResponseWriter, r *http.Request) *peer {
	p := s.peerOf(w, r)
	if p == nil {
		return nil
	}
	if wait := p.hear(s.now()); wait > 0 {
		refusal.After("rate_limited", wait).Write(w)
		return nil
	}
	return p
}

// refuseFile answers why a file is not taken or given: 413 for one that is too
// large, 415 for a kind that is not taken.
func (s *Server) refuseFile(w http.ResponseWriter, err error) {
	s.logError("attachment", err)
	frame := refusal.Of(err)
	status := refusal.Status(frame.Code)
	switch {
	case frame.Code == "rate_limited" && frame.RetryAfterMS == 0: // not a limit that passes
		frame.Code, status = "too_large", http.StatusRequestEntityTooLarge
	case fault.FieldOf(err) == "type":
		status = http.StatusUnsupportedMediaType
	}
	frame.WriteAs(w, status)
}
