// Package config is Kefu's configuration: one typed tree with its defaults in
// code, a YAML file over them, and the environment over that. Whoever makes
// mistakes in it is told all of them at once, each in a sentence that says what
// to write instead. It opens nothing that a setting names: files, addresses and
// databases are tried by the parts that use them and by `kefu doctor`.
package config

import (
	"errors"
	"io"
	"os"
	"strings"

	"kefu/internal/platform/fault"
)

// MaxFileBytes bounds the configuration file.
const MaxFileBytes = 1 << 20

// Mistake is one thing wrong with the configuration.
type Mistake struct {
	Key     string // the setting as the file writes it, such as limits.sign_ins.per
	Wrong   string // what is wrong with it, as the rest of a sentence that begins with the key
	Instead string // what to write instead, as a sentence
}

// String is the mistake in plain words.
func (m Mistake) String() string { return m.Key + " " + m.Wrong + ". " + m.Instead + "." }

// Mistakes are all that was found wrong, in the order of the tree.
type Mistakes []Mistake

// Error implements error with one line for each mistake.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads the file at path (none when path is empty) and the environment,
// each entry as os.Environ gives it. The error's code is fault.Invalid when the
// configuration has mistakes, which errors.As finds as Mistakes, and NotFound or
// Unavailable when the file cannot be read.
func Load(path string, environ []string) (Config, error) {
	const op = "config.Load"
	if path == "" {
		return Parse(nil, environ)
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fault.New(fault.NotFound, op, "there is no file %s", path)
	}
	if err != nil {
		return Config{}, fault.New(fault.Unavailable, op, "cannot read the file: %v", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, MaxFileBytes+1))
	if err != nil {
		return Config{}, fault.New(fault.Unavailable, op, "cannot read the file: %v", err)
	}
	return Parse(text, environ)
}

// Parse is Load for the text of a file.
func Parse(text []byte, environ []string) (Config, error) {
	c := Default()
	var mistakes Mistakes
	if len(text) > MaxFileBytes {
		mistakes = append(mistakes, Mistake{"the file", "is longer than 1 MiB", "Write the settings alone"})
	} else {
		mistakes = append(mistakes, applyFile(&c, text)...)
	}
	mistakes = append(mistakes, applyEnvironment(&c, environ)...)
	mistakes = append(mistakes, validate(c, mistakes)...)
	if len(mistakes) == 0 {
		return c, nil
	}
	return Config{}, &fault.Error{
		Code: fault.Invalid, Op: "config.Parse", Field: mistakes[0].Key,
		Message: "the configuration has mistakes", Err: mistakes,
	}
}
