package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"kefu/internal/platform/fault"
)

// asset is one built file, compressed once, at the start.
type asset struct {
	body, zipped []byte // zipped is nil where it would save nothing
	contentType  string
	tag          string // strong entity tag (RFC 9110, section 8.8.3) of body
}

func readAsset(dist fs.FS, name string) (asset, error) {
	const op = "pages.readAsset"
	body, err := fs.ReadFile(dist, name)
	if err != nil {
		return asset{}, fault.New(fault.Invalid, op, "%s is not inside this program; build it with make build", name)
	}
	return newAsset(name, body), nil
}

// newAsset compresses a body where that saves something.
func newAsset(name string, body []byte) asset {
	sum := sha256.Sum256(body)
	a := asset{body: body, contentType: typeOf(name), tag: hex.EncodeToString(sum[:12])}
	var zipped bytes.Buffer
	// A level that there is, and a buffer that takes everything: none of these fails.
	writer, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return a
	}
	_, err = writer.Write(body)
	if errors.Join(err, writer.Close()) == nil && zipped.Len() < len(body)*9/10 {
		a.zipped = zipped.Bytes()
	}
	return a
}

// typeOf does not depend on what the machine has in /etc/mime.types.
func typeOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".png":
		return "image/png"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		if found := mime.TypeByExtension(ext); found != "" {
			return found
		}
		return "application/octet-stream"
	}
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body, tag := a.body, `"`+a.tag+`"`
	if a.zipped != nil && acceptsGzip(r) {
		body, tag = a.zipped, `"`+a.tag+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3) as browsers send
// it; a client that refuses gzip by a weight of nought gets the plain file.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight == "" || strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != ""
		}
	}
	return false
}

// tree is the files of one page.
type tree struct {
	base  string // path prefix, with slashes
	index asset
	files map[string]asset // by path below base, such as assets/index-x.js
}

func readTree(dist fs.FS, root, base string) (*tree, error) {
	t := &tree{base: base, files: map[string]asset{}}
	var err error
	if t.index, err = readAsset(dist, root+"/index.html"); err != nil {
		return nil, err
	}
	err = fs.WalkDir(dist, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		a, err := readAsset(dist, name)
		t.files[strings.TrimPrefix(name, root+"/")] = a
		return err
	})
	return t, err
}

// serve answers with a file, or with the page itself where a path names none:
// the page keeps its place in the fragment. Files below assets/ are named by
// their content and kept for good; a name that is gone is 404, so that nobody
// keeps the page under it.
func (t *tree) serve(p policy) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.set(w.Header())
		name := strings.TrimPrefix(r.URL.Path, t.base)
		a, ok := t.files[name]
		switch {
		case ok && strings.HasPrefix(name, "assets/"):
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		case !ok && strings.HasPrefix(name, "assets/"):
			http.NotFound(w, r)
			return
		default:
			if !ok {
				a = t.index
			}
			w.Header().Set("Cache-Control", "no-cache")
		}
		a.serve(w, r)
	})
}
