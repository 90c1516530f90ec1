package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// leastTrace is the shortest trace that is looked for in bytes, where shorter
// ones would be found by chance.
const leastTrace = 8

// scanner looks for many byte strings at once.
type scanner struct {
	needles map[uint32][]needle // by their first four bytes
	filter  []bool              // of a hash of these
}

type needle struct {
	bytes []byte
	what  string
}

const filterBits = 20

func newScanner() *scanner {
	return &scanner{needles: map[uint32][]needle{}, filter: make([]bool, 1<<filterBits)}
}

func slot(first uint32) uint32 { return first * 2654435761 >> (32 - filterBits) }

// look adds a byte string to what is looked for.
func (s *scanner) look(what string, b []byte) {
	if len(b) < leastTrace {
		return
	}
	first := binary.LittleEndian.Uint32(b)
	if slices.ContainsFunc(s.needles[first], func(n needle) bool { return bytes.Equal(n.bytes, b) }) {
		return
	}
	s.needles[first] = append(s.needles[first], needle{bytes.Clone(b), what})
	s.filter[slot(first)] = true
}

// lookFor adds a text in the ways in which a program may have written it.
func (s *scanner) lookFor(what, text string) {
	for _, form := range []string{text, withoutSeparators(text), strings.ToLower(text), strings.ToUpper(text)} {
		if len([]rune(form)) < leastTrace && len(form) < leastTrace {
			continue
		}
		s.look(what, []byte(form))
		s.look(what+" in hex", []byte(hex.EncodeToString([]byte(form))))
		s.look(what+" in HEX", []byte(strings.ToUpper(hex.EncodeToString([]byte(form)))))
		s.look(what+" in a URL", []byte(url.QueryEscape(form)))
		s.look(what+" in a path", []byte(url.PathEscape(form)))
		s.look(what+" in JSON", []byte(strings.Trim(strconv.QuoteToASCII(form), `"`)))
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			var wide []byte
			for _, unit := range utf16.Encode([]rune(form)) {
				wide = order.AppendUint16(wide, unit)
			}
			s.look(what+" in UTF-16", wide)
		}
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for _, aligned := range inBase64(encoding, []byte(form)) {
				s.look(what+" in base64", aligned)
			}
		}
	}
}

// inBase64 are the three ways in which b may stand within something that is
// encoded, without the characters that depend on what stands around it.
func inBase64(encoding *base64.Encoding, b []byte) [][]byte {
	var all [][]byte
	for before := range 3 {
		encoded := encoding.EncodeToString(append(make([]byte, before), b...))
		first, last := (before*8+5)/6, (before+len(b))*8/6
		if last-first >= 3*leastTrace/2 {
			all = append(all, []byte(encoded[first:last]))
		}
	}
	return all
}

func withoutSeparators(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -\n\t.,", r) {
			return -1
		}
		return r
	}, text)
}

// find gives what of the needles stands in b.
func (s *scanner) find(b []byte) []string {
	var found []string
	for i := 0; i+4 <= len(b); i++ {
		first := binary.LittleEndian.Uint32(b[i:])
		if !s.filter[slot(first)] {
			continue
		}
		for _, n := range s.needles[first] {
			if bytes.HasPrefix(b[i:], n.bytes) && !slices.Contains(found, n.what) {
				found = append(found, n.what)
			}
		}
	}
	return found
}

// durable is one file, or something that left the server.
type durable struct {
	name string
	read func() ([]byte, error)
}

func inMemory(name string, b []byte) durable {
	return durable{name, func() ([]byte, error) { return b, nil }}
}

// files are all files below a folder.
func files(t *testing.T, dir string) []durable {
	t.Helper()
	var all []durable
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil && name == dir {
			return err
		}
		if err == nil && entry.Type().IsRegular() {
			all = append(all, durable{name, func() ([]byte, error) { return os.ReadFile(name) }})
		}
		return nil // what is gone meanwhile is no longer durable
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sweep looks through everything and gives what was found where. It proves on
// each file that it reads to the end: the file's own last bytes must be found.
func (s *scanner) sweep(t *testing.T, all []durable) (found []string) {
	t.Helper()
	for _, d := range all {
		b, err := d.read()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Errorf("%s could not be looked through: %v", d.name, err)
			continue
		}
		for _, what := range s.find(b) {
			found = append(found, fmt.Sprintf("%s: %s", d.name, what))
		}
		if len(b) < leastTrace {
			continue
		}
		proof := newScanner()
		proof.look("the end", b[max(0, len(b)-32):])
		if len(proof.find(b[max(0, len(b)-4096):])) != 1 {
			t.Errorf("%s: the scanner does not see what stands in it", d.name)
		}
	}
	return found
}

func TestTheScannerFindsWhatItLooksFor(t *testing.T) {
	t.Parallel()
	const secret = "4539 1488 0343 6467"
	s := newScanner()
	s.lookFor("card", secret)
	s.lookFor("phrase", "能 认 一 要 知 天")
	for _, c := range []struct {
		text  string
		found bool
	}{
		{"my card " + secret + "!", true},
		{"4539148803436467", true},
		{hex.EncodeToString([]byte("x" + secret)), true},
		{base64.StdEncoding.EncodeToString([]byte(secret + "abc")), true},
		{base64.StdEncoding.EncodeToString([]byte("x" + secret + "abc")), true},
		{base64.URLEncoding.EncodeToString([]byte("xy" + secret)), true},
		{url.QueryEscape("q " + secret), true},
		{"4\x005\x003\x009\x00 \x001\x004\x008\x008\x00 \x000\x003\x004\x003\x00 \x006\x004\x006\x007\x00", true},
		{`\u80fd \u8ba4 \u4e00 \u8981 \u77e5 \u5929`, true},
		{"能认一要知天", true},
		{"4539 1488 0343 646", false},
		{"", false},
	} {
		if got := len(s.find([]byte(c.text))) > 0; got != c.found {
			t.Errorf("in %q found: %v", c.text, got)
		}
	}
}
