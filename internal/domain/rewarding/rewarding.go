// Package rewarding says in every language why points were not given, not taken, or an offer
// did not count a purchase: it reads the table of codes (content/points), which has a version,
// and refuses one that lacks a code of the contract.
package rewarding

import (
	"bytes"
	"io"
	"io/fs"
	"slices"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet/points"
	"kefu/internal/platform/fault"
)

// Subject is what a code is about: each has its own words, for the same code means another
// thing of a voucher and of an offer.
type Subject string

// The subjects.
const (
	Redemption Subject = "redemption"
	Offer      Subject = "offer"
	Earning    Subject = "earning"
)

// Words are what a customer is told of a code.
type Words struct {
	Title form.Texts
	Text  form.Texts
	Next  []form.Texts // what they can do, the best first
}

// Table is the codes with their words. It never changes.
type Table struct {
	version string
	of      map[Subject]map[points.Code]Words
}

// Version is which table it is.
func (t *Table) Version() string { return t.version }

// Say gives the words of a code. One that the table does not have is said like what is not
// told.
func (t *Table) Say(s Subject, c points.Code) Words {
	if w, ok := t.of[s][c]; ok {
		return w
	}
	return t.of[s][points.NotNow]
}

// file is content/points/codes.yaml.
type file struct {
	Version    string                      `yaml:"version"`
	Steps      map[string]form.Texts       `yaml:"steps"`
	Redemption map[points.Code]codeOfTable `yaml:"redemption"`
	Offer      map[points.Code]codeOfTable `yaml:"offer"`
	Earning    map[points.Code]codeOfTable `yaml:"earning"`
}

type codeOfTable struct {
	Next  []string   `yaml:"next"`
	Title form.Texts `yaml:"title"`
	Text  form.Texts `yaml:"text"`
}

// Name is where the table lies in its file system.
const Name = "points/codes.yaml"

// maxFile bounds the table, in bytes.
const maxFile = 256 << 10

// Load reads the table. Errors: Invalid, which says what is wrong with it.
func Load(from fs.FS) (*Table, error) {
	const op = "rewarding.Load"
	text, err := fs.ReadFile(from, Name)
	if err != nil || len(text) > maxFile {
		return nil, &fault.Error{Code: fault.Invalid, Op: op, Message: Name + " cannot be read, or is too large", Err: err}
	}
	var f file
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&f); err != nil && err != io.EOF { //nolint:errorlint // the decoder gives it bare
		return nil, &fault.Error{Code: fault.Invalid, Op: op, Message: Name, Err: err}
	}
	if f.Version == "" {
		return nil, fault.New(fault.Invalid, op, "%s has no version", Name)
	}
	t := &Table{version: f.Version, of: map[Subject]map[points.Code]Words{}}
	for _, part := range []struct {
		subject Subject
		codes   map[points.Code]codeOfTable
		want    []points.Code
	}{{Redemption, f.Redemption, points.RedemptionCodes()}, {Offer, f.Offer, points.OfferCodes()}, {Earning, f.Earning, points.EarningCodes()}} {
		if t.of[part.subject], err = words(part.subject, part.codes, part.want, f.Steps); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// words judges the codes of one subject.
func words(s Subject, codes map[points.Code]codeOfTable, want []points.Code, steps map[string]form.Texts) (map[points.Code]Words, error) {
	const op = "rewarding.Load"
	all := map[points.Code]Words{}
	for code, c := range codes {
		if !slices.Contains(want, code) {
			return nil, fault.New(fault.Invalid, op, "%s: %s is no code of the contract", s, code)
		}
		w := Words{Title: c.Title, Text: c.Text}
		if len(c.Next) == 0 {
			return nil, fault.New(fault.Invalid, op, "%s: %s does not say what can be done", s, code)
		}
		for _, step := range c.Next {
			w.Next = append(w.Next, steps[step])
		}
		for _, texts := range append([]form.Texts{c.Title, c.Text}, w.Next...) {
			if texts["en"] == "" || texts["zh"] == "" {
				return nil, fault.New(fault.Invalid, op, "%s: %s lacks a text in English or Chinese, or names a step that there is not", s, code)
			}
		}
		all[code] = w
	}
	for _, code := range want {
		if _, ok := all[code]; !ok {
			return nil, fault.New(fault.Invalid, op, "%s: %s has no words", s, code)
		}
	}
	return all, nil
}
