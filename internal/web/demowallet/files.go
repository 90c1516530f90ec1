package demowallet

import (
	"context"
	"net/http"
	"strings"
)

// Files are what customers gave the wallet to show for a dispute.
type Files interface {
	// File is one of a customer's, by its digest, with its media type. Errors: NotFound.
	File(ctx context.Context, customer, digest string) (mediaType string, content []byte, err error)
}

// serveFiles shows what the wallet was given. A picture is shown; all else is downloaded,
// and nothing of it may do anything on this origin.
func serveFiles(mux *http.ServeMux, o Options) {
	if o.App == nil {
		return
	}
	mux.HandleFunc("GET /demo/file", func(w http.ResponseWriter, r *http.Request) {
		form, content, err := o.App.File(r.Context(), r.URL.Query().Get("customer"), r.URL.Query().Get("sha256"))
		if err != nil {
			reply(w, nil, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", form)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		if !strings.HasPrefix(form, "image/") {
			h.Set("Content-Disposition", "attachment")
		}
		_, _ = w.Write(content) // the reader may be gone
	})
}
