package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"kefu/internal/domain/attachment"
	"kefu/internal/flow/attaching"
	"kefu/internal/platform/fault"
)

// Files opens what a link's token names.
type Files interface {
	Open(ctx context.Context, token string) (attaching.File, error)
}

// MountFiles puts attachments on the files host's mux. Nothing on that origin is
// worth a thing to a script: there is no cookie, no page and no API, and a
// browser that opens a file there saves it.
func MountFiles(mux *http.ServeMux, files Files) {
	mux.HandleFunc("GET /a/{token}", func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, files) })
}

// FileURL is the address of a file under a link's token. The file's name is not
// in it: addresses end up in logs.
func (s *Site) FileURL(token string) string {
	return s.options.Public.Scheme + "://" + s.options.Files + "/a/" + url.PathEscape(token)
}

func serveFile(w http.ResponseWriter, r *http.Request, files Files) {
	h := w.Header()
	for name, value := range attachment.SafeHeaders() {
		h.Set(name, value)
	}
	f, err := files.Open(r.Context(), r.PathValue("token"))
	if err != nil {
		status := http.StatusNotFound
		if code := fault.CodeOf(err); code == fault.Internal || code == fault.Unavailable {
			status = http.StatusServiceUnavailable
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer f.Content.Close()
	for name, value := range attachment.Headers(f.Name, attachment.Type(f.Type)) {
		h.Set(name, value)
	}
	// The window and the desk show pictures of this origin.
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	// A file's content never changes, so a download that broke off goes on (RFC 9110
	// section 14) where it was.
	h.Set("ETag", `"`+f.ID+`"`)
	out := &patient{ResponseWriter: w, response: http.NewResponseController(w), end: time.Now().Add(downloadLimit)}
	http.ServeContent(out, r, "", time.Time{}, f.Content)
}

const (
	downloadPause = 30 * time.Second // that a reader may take nothing
	downloadLimit = time.Hour        // for the whole of one answer
)

// patient is a response that may take long as long as its reader takes some of it
// now and then.
type patient struct {
	http.ResponseWriter
	response *http.ResponseController
	end      time.Time
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	deadline := time.Now().Add(downloadPause)
	if p.end.Before(deadline) {
		deadline = p.end
	}
	if err := p.response.SetWriteDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.ResponseWriter.Write(b)
}
