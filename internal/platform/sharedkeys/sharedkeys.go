// Package sharedkeys reads the secrets that are shared with another system from a file,
// of which the first signs and all verify, and follows the file, so that secrets are
// changed without a restart. It makes no secret and signs nothing (httpsig does).
package sharedkeys

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"kefu/internal/platform/fault"
	"kefu/internal/platform/httpsig"
)

// Most is how many keys one file may hold.
const Most = 4

// maxFile is how long a file may be, in bytes.
const maxFile = 64 << 10

// Parse reads keys, one a line: `KEYID SECRET`, or a secret alone, whose name is id. A
// text that is no lines of words is the one secret of that name. Errors: Invalid, which
// names lines and never what stands in them.
func Parse(text []byte, id string) ([]httpsig.Key, error) {
	const op = "sharedkeys.Parse"
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, fault.New(fault.Invalid, op, "there is no key in it; write one on each line, as KEYID SECRET")
	}
	if single(text) {
		if len(text) < httpsig.MinSecret {
			return nil, short(op, 1, len(text))
		}
		return []httpsig.Key{{ID: id, Secret: text}}, nil
	}
	var keys []httpsig.Key
	at := map[string]int{}
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if len(words) == 1 {
			words = []string{id, words[0]}
		}
		name, secret := words[0], words[1]
		switch before, twice := at[name]; {
		case len(words) > 2:
			return nil, fault.New(fault.Invalid, op, "line %d has more than two words; write it as KEYID SECRET", i+1)
		case !named(name, id):
			return nil, fault.New(fault.Invalid, op, "line %d begins with no name of a key; a name has fewer than %d characters of ASCII and no quotes, and the secret follows it", i+1, httpsig.MinSecret)
		case len(secret) < httpsig.MinSecret:
			return nil, short(op, i+1, len(secret))
		case twice:
			return nil, fault.New(fault.Invalid, op, "lines %d and %d are of one name; a secret without a name has that of the configuration, so give the new one another", before, i+1)
		case len(keys) == Most:
			return nil, fault.New(fault.Invalid, op, "there are more than %d keys; take out those that nobody signs with", Most)
		}
		at[name] = i + 1
		keys = append(keys, httpsig.Key{ID: name, Secret: []byte(secret)})
	}
	return keys, nil
}

func short(op string, line, length int) error {
	return fault.New(fault.Invalid, op, "the secret on line %d has %d bytes, and %d are the least; make one with: head -c 33 /dev/urandom | base64", line, length, httpsig.MinSecret)
}

// single tells a secret of the time when a file held one: bytes that are no text, or a
// sentence, none of whose words could be a secret.
func single(text []byte) bool {
	if !utf8.Valid(text) || bytes.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		return true
	}
	words := bytes.Fields(text)
	for _, w := range words {
		if len(w) >= httpsig.MinSecret {
			return false
		}
	}
	return len(words) > 2 && !bytes.ContainsRune(text, '\n')
}

// named tells a name that a signature can carry. One as long as a secret may be one, with
// the words the wrong way round: names are logged, and secrets must not be.
func named(name, id string) bool {
	if name == id {
		return true
	}
	return len(name) < httpsig.MinSecret && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

// Read reads the keys of a file. Errors: Invalid, which names the file and never what
// stands in it.
func Read(path, id string) ([]httpsig.Key, error) {
	text, err := load(path)
	if err != nil {
		return nil, err
	}
	return parse(path, text, id)
}

func parse(path string, text []byte, id string) ([]httpsig.Key, error) {
	keys, err := Parse(text, id)
	if err != nil {
		return nil, fault.New(fault.Invalid, "sharedkeys.Read", "%s: %s", path, fault.Sentence(err))
	}
	return keys, nil
}

// load reads a file of bounded length.
func load(path string) ([]byte, error) {
	const op = "sharedkeys.Read"
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "the file with the keys cannot be read: %v", err)
	}
	defer file.Close() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.Invalid, op, "the file with the keys cannot be read: %v", err)
	case len(text) > maxFile:
		return nil, fault.New(fault.Invalid, op, "%s is longer than %d bytes, which no keys are", path, maxFile)
	}
	return text, nil
}

// Describe tells what keys are for, by their names; "" where there are none.
func Describe(keys []httpsig.Key) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.ID
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0] + " signs and verifies"
	}
	return fmt.Sprintf("%s signs; %s verify", names[0], strings.Join(names, ", "))
}

// Named finds a key by its name. Errors: NotFound.
func Named(keys []httpsig.Key, name string) (httpsig.Key, error) {
	for _, k := range keys {
		if k.ID == name {
			return k, nil
		}
	}
	return httpsig.Key{}, fault.New(fault.NotFound, "sharedkeys.Named", "there is no key %q; %s", name, Describe(keys))
}
