package walletserver

import (
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"strconv"

	"kefu/internal/domain/attachment"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// files serves the handing over of files.
func (s *Server) files(mux *http.ServeMux) {
	w, ok := s.o.Wallet.(Files)
	if !ok {
		return
	}
	const pattern = "/customers/{id}/files"
	names := []string{"sha256!", "type!", "size!"}
	s.served = append(s.served, Endpoint{http.MethodPost, pattern, names})
	s.serveForm(mux, "POST "+s.o.Prefix+pattern, func(a asked) (any, error) { return s.file(a, w) }, names, s.fileForm)
}

// fileForm is what a file may be: as large as the wallet says, and of its types; and as
// its address says.
func (s *Server) fileForm(r *http.Request) form {
	can, err := s.Capabilities(r.Context())
	if err != nil || can.Files == nil {
		return form{most: maxBody}
	}
	size, err := strconv.ParseInt(r.URL.Query().Get("size"), 10, 64)
	if err != nil { // which is told once it is known who says so
		size = 0
	}
	return form{most: can.Files.MaxBytes, types: can.Files.Types, size: size}
}

// file takes a file that is what its address says: digest, type and size are signed with
// the address, and so is the digest of the bytes.
func (s *Server) file(a asked, w Files) (any, error) {
	const op = "walletserver.file"
	size, err := strconv.ParseInt(a.query.Get("size"), 10, 64)
	if err != nil {
		return nil, fault.InvalidField(op, "size", "is no number")
	}
	f := wallet.File{Digest: a.query.Get("sha256"), Type: a.query.Get("type"), Size: size}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(a.body)
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch {
	case kind != f.Type || string(attachment.Sniff(a.body[:min(len(a.body), attachment.HeadLen)])) != f.Type:
		return nil, limitError{http.StatusUnsupportedMediaType}
	case int64(len(a.body)) != f.Size:
		return nil, fault.InvalidField(op, "size", "is not that of the bytes")
	case hex.EncodeToString(sum[:]) != f.Digest:
		return nil, fault.InvalidField(op, "sha256", "is not that of the bytes")
	case a.key != f.Digest:
		return nil, fault.InvalidField(op, "idempotency-key", "is not the digest of the file")
	}
	customer := a.PathValue("id")
	if err := s.enter(customer + " " + a.key); err != nil {
		return nil, err
	}
	defer s.leave(customer + " " + a.key)
	return w.GiveFile(a.Context(), a.by, customer, f, a.body)
}
