// Package secret holds what every use of a secret needs: the deployment's
// master key, random tokens and the hash under which they are stored, and a
// comparison that takes the same time whatever it finds. It encrypts nothing;
// package keyring does, under keys that the master key wraps.
package secret

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"kefu/internal/platform/durable"
	"kefu/internal/platform/fault"
)

// KeyLen is the length in bytes of the master key and of every key derived
// from it.
const KeyLen = 32

// EnvMaster is the environment variable that holds the master key in base64;
// it wins over the file.
const EnvMaster = "KEFU_MASTER_KEY"

// EnvNextMaster is the environment variable that holds the key to change to,
// where EnvMaster holds the present one.
const EnvNextMaster = EnvMaster + "_NEW"

const redacted = "[secret]"

// Master is the key that wraps all other keys of a deployment. It never shows
// its bytes: not through fmt, slog, JSON, nor as an unexported field of another
// struct (it keeps them behind a pointer, which fmt prints as an address).
type Master struct {
	id  string
	key *[KeyLen]byte
}

// NewMaster makes a Master of 32 bytes, which it copies. All zeros are refused:
// they are what an empty or lost file looks like.
func NewMaster(key []byte) (Master, error) {
	const op = "secret.NewMaster"
	if len(key) != KeyLen {
		return Master{}, fault.New(fault.Invalid, op, "a master key has %d bytes, this one has %d", KeyLen, len(key))
	}
	m := Master{key: new([KeyLen]byte)}
	copy(m.key[:], key)
	if *m.key == [KeyLen]byte{} {
		return Master{}, fault.New(fault.Invalid, op, "a master key of zeros is none")
	}
	m.id = hex.EncodeToString(m.Derive("master key id")[:8])
	return m, nil
}

// GenerateMaster makes a new random master key.
func GenerateMaster() Master {
	var raw [KeyLen]byte
	rand.Read(raw[:]) // never fails: crypto/rand ends the process instead
	m, err := NewMaster(raw[:])
	if err != nil {
		panic(err) // 256 random bits were all zero: the random source is broken
	}
	return m
}

// ID names the key without telling anything about it: 16 hexadecimal digits,
// stored beside whatever the key wraps.
func (m Master) ID() string { return m.id }

// Valid tells whether m holds a key; the zero Master does not.
func (m Master) Valid() bool { return m.key != nil }

// Derive gives a key of 32 bytes for one purpose (HKDF-SHA256, RFC 5869, with
// the label as info). It panics on the zero Master, since a key derived from
// nothing would be the same everywhere.
func (m Master) Derive(label string) []byte {
	if m.key == nil {
		panic("secret: Derive on a master key that was never loaded")
	}
	out, err := hkdf.Key(sha256.New, m.key[:], nil, "kefu/1 "+label, KeyLen)
	if err != nil {
		panic(err) // only for lengths beyond 255 hashes
	}
	return out
}

// String implements fmt.Stringer without telling the key.
func (m Master) String() string { return redacted }

// Format implements fmt.Formatter for every verb without telling the key.
func (m Master) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, redacted) }

// LogValue implements slog.LogValuer without telling the key.
func (m Master) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler without telling the key.
func (m Master) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Source says where the master key is.
type Source struct {
	Value  string // base64 of 32 bytes, as from KEFU_MASTER_KEY; wins over File
	File   string // holds the same base64 text, mode 0600
	Create bool   // make the file when it is missing: only on a first start
}

// LoadMaster reads the master key. The errors are sentences for the operator.
func LoadMaster(src Source) (Master, error) {
	const op = "secret.LoadMaster"
	if src.Value != "" {
		return parseMaster(op, EnvMaster, src.Value)
	}
	if src.File == "" {
		return Master{}, fault.New(fault.Invalid, op,
			"there is no master key: set %s to 32 random bytes in base64 (openssl rand -base64 32), or name a file", EnvMaster)
	}
	text, err := readPrivate(op, src.File)
	if errors.Is(err, fs.ErrNotExist) && src.Create {
		return createMaster(op, src.File)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Master{}, fault.New(fault.Invalid, op,
			"the master key file %s is missing: put it back from its safe copy, or set %s; without it nothing stored can be read", src.File, EnvMaster)
	}
	if err != nil {
		return Master{}, err
	}
	return parseMaster(op, src.File, text)
}

// Next is where the key lies that src is being changed to, until the change is
// done: another variable, or a file beside the present one.
func (src Source) Next() Source {
	if src.Value != "" {
		return Source{Value: os.Getenv(EnvNextMaster)}
	}
	return Source{File: src.File + ".next", Create: true}
}

// There tells whether a key is in the place that src names.
func (src Source) There() bool {
	_, err := os.Stat(src.File)
	return src.Value != "" || (src.File != "" && err == nil)
}

// Promote puts the key of src.Next in the place of the present one, which it
// overwrites. In the environment only whoever starts Kefu can do that.
func (src Source) Promote() error {
	const op = "secret.Promote"
	if src.Value != "" {
		return nil
	}
	old, err := os.OpenFile(src.File, os.O_WRONLY, 0)
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer old.Close()
	info, err := old.Stat()
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := errors.Join(os.Rename(src.Next().File, src.File), durable.SyncDir(filepath.Dir(src.File))); err != nil {
		return fault.Wrap(op, err)
	}
	// The file has no name any more, but its bytes are on the disk.
	_, err = old.WriteAt(make([]byte, info.Size()), 0)
	return fault.Wrap(op, errors.Join(err, old.Sync()))
}

func parseMaster(op, where, text string) (Master, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return Master{}, fault.New(fault.Invalid, op, "%s is not base64: it should be 32 random bytes (openssl rand -base64 32)", where)
	}
	m, err := NewMaster(raw)
	if err != nil {
		return Master{}, fault.New(fault.Invalid, op, "%s: %v", where, err)
	}
	return m, nil
}

func readPrivate(op, file string) (string, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err != nil {
		return "", fault.New(fault.Invalid, op, "the master key file cannot be opened: %v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fault.New(fault.Invalid, op, "others may read the master key file %s (mode %04o): run chmod 600 on it", file, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	return string(text), nil
}

// createMaster links a finished file into place, so that of two processes that
// start at once one wins and both read the same key.
func createMaster(op, file string) (Master, error) {
	m := GenerateMaster()
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Master{}, fault.Wrap(op, err)
	}
	err := durable.WriteNew(file, []byte(base64.StdEncoding.EncodeToString(m.key[:])+"\n"))
	if errors.Is(err, fs.ErrExist) {
		err = durable.SyncDir(dir) // the other process may not have come so far yet
	}
	if err != nil {
		return Master{}, fault.Wrap(op, err)
	}
	return LoadMaster(Source{File: file})
}
