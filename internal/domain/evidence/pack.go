// Package evidence is a case as it is handed to somebody who has no access here: a ZIP
// file with what happened, what was written and what was brought, that proves offline who
// made it and that no byte of it is another one. What goes into it is decided elsewhere.
package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
)

// Bounds of a pack.
const (
	MaxFiles = 1000
	MaxBytes = 1 << 30 // of all files together
)

// Format is what the manifest calls itself; another format is another word.
const Format = "kefu evidence 1"

// manifest is the name of the file that names all others.
const manifestName = "manifest.json"

// Manifest says what a pack holds.
type Manifest struct {
	Format    string  `json:"format"`
	Case      string  `json:"case"`
	Reference string  `json:"reference"`
	MadeAt    string  `json:"made_at"` // RFC 3339, UTC
	MadeBy    string  `json:"made_by"` // the member of staff
	Files     []Entry `json:"files"`
}

// Entry is a file of a pack.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // in hexadecimal
}

// Writer writes a pack: files first, then the manifest, then the signature, which covers
// every byte before it. A pack that was not closed is none.
type Writer struct {
	out    *tail
	zip    *zip.Writer
	of     Manifest
	signer audit.Signer
	left   int64
}

// NewWriter begins a pack.
func NewWriter(w io.Writer, of Manifest, signer audit.Signer) *Writer {
	of.Format, of.Files = Format, nil
	out := &tail{w: w, sum: sha256.New()}
	z := zip.NewWriter(out)
	return &Writer{out: out, zip: z, of: of, signer: signer, left: MaxBytes}
}

// Add adds a file. Errors: Invalid for a name that is taken or leads elsewhere; TooMany
// for too many files or bytes; that of r.
func (w *Writer) Add(name string, r io.Reader) error {
	const op = "evidence.Add"
	if !validName(name) || name == manifestName || slices.ContainsFunc(w.of.Files, func(e Entry) bool { return strings.EqualFold(e.Name, name) }) {
		return fault.New(fault.Invalid, op, "the name cannot be used")
	}
	if len(w.of.Files) >= MaxFiles {
		return fault.New(fault.TooMany, op, "there are more than %d files", MaxFiles)
	}
	sum, n, err := w.put(name, io.LimitReader(r, w.left+1))
	if err != nil {
		return err
	}
	if w.left -= n; w.left < 0 {
		return fault.New(fault.TooMany, op, "the files have more than %d bytes", MaxBytes)
	}
	w.of.Files = append(w.of.Files, Entry{Name: name, Size: n, SHA256: sum})
	return nil
}

func (w *Writer) put(name string, r io.Reader) (string, int64, error) {
	// Stored as it is: what a reader unpacks is what was signed, whatever the program.
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return "", 0, fault.Wrap("evidence.put", err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), r)
	return hex.EncodeToString(sum.Sum(nil)), n, fault.Wrap("evidence.put", err)
}

// Close writes manifest and signature.
func (w *Writer) Close() error {
	const op = "evidence.Close"
	text, err := json.MarshalIndent(w.of, "", "  ")
	if err != nil {
		return fault.Wrap(op, err)
	}
	if _, _, err := w.put(manifestName, bytes.NewReader(append(text, '\n'))); err != nil {
		return err
	}
	if err := w.zip.SetComment(strings.Repeat("0", commentSize)); err != nil {
		return fault.Wrap(op, err)
	}
	if err := w.zip.Close(); err != nil {
		return fault.Wrap(op, err)
	}
	sum := w.out.sum.Sum(nil)
	_, err = w.out.w.Write([]byte(seal{Key: w.signer.Public(), Signature: w.signer.SignPack(sum)}.String()))
	return fault.Wrap(op, err)
}

// tail passes on and sums up all but the last commentSize bytes that it is given: the
// signature goes in their place.
type tail struct {
	w    io.Writer
	sum  hash.Hash
	held []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.held = append(t.held, p...)
	if n := len(t.held) - commentSize; n > 0 {
		t.sum.Write(t.held[:n])
		if _, err := t.w.Write(t.held[:n]); err != nil {
			return 0, err
		}
		t.held = append(t.held[:0], t.held[n:]...)
	}
	return len(p), nil
}

// seal is who made a pack, and the signature over all that stands before it. It is the
// comment of the ZIP file, whose length is part of what is signed.
type seal struct {
	Key       ed25519.PublicKey
	Signature []byte
}

const (
	sealMark    = "kefu-evidence-1 "
	commentSize = len(sealMark) + 2*ed25519.PublicKeySize + 1 + 2*ed25519.SignatureSize
)

func (s seal) String() string {
	return sealMark + hex.EncodeToString(s.Key) + " " + hex.EncodeToString(s.Signature)
}

func parseSeal(text string) (s seal, ok bool) {
	rest, ok := strings.CutPrefix(text, sealMark)
	key, signature, found := strings.Cut(rest, " ")
	var errs [2]error
	s.Key, errs[0] = hex.DecodeString(key)
	s.Signature, errs[1] = hex.DecodeString(signature)
	return s, ok && found && errs == [2]error{} && len(s.Key) == ed25519.PublicKeySize && len(s.Signature) == ed25519.SignatureSize && s.String() == text
}

// validName tells whether a name stays inside whichever folder it is unpacked in.
func validName(name string) bool {
	if name == "" || len(name) > 200 || strings.ContainsAny(name, "\\:\x00") || strings.HasPrefix(name, "/") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// Report is what a pack proves.
type Report struct {
	Manifest Manifest
	Key      string // the public key that signed it, in hexadecimal
	KeyID    string
}

// Verify proves a pack: every byte is as it was signed, and every file as the manifest
// says, none missing and none beside. keys are those that may have signed it; none: any,
// and whoever asks compares Report.Key. Errors: Invalid, saying what is wrong.
func Verify(r io.ReaderAt, size int64, keys []ed25519.PublicKey) (Report, error) {
	var out Report
	wrong := func(format string, values ...any) (Report, error) {
		return out, fault.New(fault.Invalid, "evidence.Verify", "%s", fmt.Sprintf(format, values...))
	}
	if size <= int64(commentSize) || size > MaxBytes+MaxBytes/16 {
		return wrong("it is no evidence pack: its size cannot be")
	}
	text := make([]byte, commentSize)
	if _, err := r.ReadAt(text, size-int64(commentSize)); err != nil {
		return wrong("it cannot be read: %v", err)
	}
	mark, ok := parseSeal(string(text))
	if !ok {
		return wrong("it is no evidence pack, or its end is damaged: there is no signature")
	}
	out.Key, out.KeyID = hex.EncodeToString(mark.Key), audit.KeyID(mark.Key)
	files, said := readAll(r, size)
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size-int64(commentSize))); err != nil {
		return wrong("it cannot be read: %v", err)
	}
	switch {
	case said != "" && !audit.PackSignedBy(mark.Key, sum.Sum(nil), mark.Signature):
		return wrong("%s", said)
	case !audit.PackSignedBy(mark.Key, sum.Sum(nil), mark.Signature):
		return wrong("the signature does not fit: a byte between the files was changed")
	case said != "":
		return wrong("%s", said)
	}
	out.Manifest = files
	if len(keys) > 0 && !slices.ContainsFunc(keys, func(k ed25519.PublicKey) bool { return mark.Key.Equal(k) }) {
		return wrong("it is whole, and was signed by another key than was asked for: %s", out.Key)
	}
	return out, nil
}

// readAll reads the manifest and compares every file with it; said is what is wrong.
func readAll(r io.ReaderAt, size int64) (m Manifest, said string) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return m, "the ZIP file is damaged"
	}
	there := map[string]*zip.File{}
	for _, f := range z.File {
		if !validName(f.Name) || there[f.Name] != nil || f.Method != zip.Store {
			return m, "a file has a name or form that no pack has"
		}
		there[f.Name] = f
	}
	open := func(name string, most int64) ([]byte, string, int64, error) {
		f := there[name]
		if f == nil {
			return nil, "", 0, fault.New(fault.NotFound, "evidence.readAll", "missing")
		}
		from, err := f.Open()
		if err != nil {
			return nil, "", 0, err
		}
		sum, kept := sha256.New(), &bytes.Buffer{}
		into := io.Writer(sum)
		if most > 0 {
			into = io.MultiWriter(sum, kept)
		}
		n, err := io.Copy(into, from)
		return kept.Bytes(), hex.EncodeToString(sum.Sum(nil)), n, err
	}
	text, _, _, err := open(manifestName, 1)
	if err != nil || strictjson.Decode(text, &m) != nil || m.Format != Format {
		return m, "manifest.json is missing or damaged"
	}
	for _, e := range m.Files {
		_, sum, n, err := open(e.Name, 0)
		switch {
		case fault.Is(err, fault.NotFound):
			return m, "a file is missing: " + e.Name
		case err != nil || n != e.Size || sum != e.SHA256:
			return m, "a file is not as it was: " + e.Name
		}
	}
	if len(there) != len(m.Files)+1 {
		return m, "there is a file that the manifest does not name"
	}
	return m, ""
}

// Stamp is a time as a manifest says it.
func Stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
