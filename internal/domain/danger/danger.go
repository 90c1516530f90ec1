// Package danger finds in what a customer writes whether somebody may be at their money
// now, by bounded lists of words (content/danger), so that stopping payments is offered at
// once, whoever is on duty. It decides nothing: what it misses is answered by people as
// before, and what it finds wrongly is a button that nobody has to press.
package danger

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"

	"kefu/internal/platform/fault"
)

// Bounds of the lists, and of what is read of one message.
const (
	maxRules  = 20
	maxLines  = 40
	maxGroups = 4
	maxWords  = 80
	maxWord   = 40 // bytes
	maxRead   = 8 << 10
)

// Words are the lists. They are safe for concurrent use.
type Words struct{ rules []rule }

type rule struct {
	Flow string     `yaml:"flow"`
	En   []sentence `yaml:"en"`
	Zh   []sentence `yaml:"zh"`
}

// sentence is what has to be in one, a word of each group, and what must not.
type sentence struct {
	All [][]string `yaml:"all"`
	But []string   `yaml:"but"`
}

// UnmarshalYAML reads a sentence of which nothing takes the danger away from its groups
// alone.
func (s *sentence) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode(&s.All)
	}
	for i := 0; i+1 < len(n.Content); i += 2 { // the decoder's own check ends here
		if key := n.Content[i].Value; key != "all" && key != "but" {
			return fmt.Errorf("line %d: a sentence has no %q", n.Content[i].Line, key)
		}
	}
	type plain sentence
	return n.Decode((*plain)(s))
}

// Load reads words.yaml. flows are those that there are. Errors: Invalid, naming the rule.
func Load(files fs.FS, flows []string) (*Words, error) {
	const op = "danger.Load"
	text, err := fs.ReadFile(files, "words.yaml")
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "there are no words")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	w := &Words{}
	if err := decoder.Decode(&w.rules); err != nil {
		return nil, fault.New(fault.Invalid, op, "%s", err)
	}
	if len(w.rules) == 0 || len(w.rules) > maxRules {
		return nil, fault.New(fault.Invalid, op, "there are no rules, or more than %d", maxRules)
	}
	for i := range w.rules {
		r := &w.rules[i]
		if !slices.Contains(flows, r.Flow) {
			return nil, fault.InvalidField(op, r.Flow, "is no flow")
		}
		if len(r.En) == 0 || len(r.Zh) == 0 || len(r.En)+len(r.Zh) > maxLines {
			return nil, fault.InvalidField(op, r.Flow, "has no words in a language, or more than %d lines", maxLines)
		}
		for _, s := range slices.Concat(r.En, r.Zh) {
			if err := s.check(r.Flow); err != nil {
				return nil, err
			}
		}
	}
	return w, nil
}

// check refuses groups that are empty or too many, and words that no text can hold: those
// are compared with what read makes of one.
func (s sentence) check(flow string) error {
	const op = "danger.check"
	if len(s.All) == 0 || len(s.All) > maxGroups {
		return fault.InvalidField(op, flow, "has a line of no groups, or of more than %d", maxGroups)
	}
	for i, group := range append(slices.Clip(s.All), s.But) {
		if (len(group) == 0 && i < len(s.All)) || len(group) > maxWords {
			return fault.InvalidField(op, flow, "has an empty group, or one of more than %d words", maxWords)
		}
		for _, word := range group {
			if plain := read(word); word == "" || len(word) > maxWord || len(plain) != 1 || plain[0] != " "+word+" " {
				return fault.InvalidField(op, flow, "the word %q is not as it is read", word)
			}
		}
	}
	return nil
}

// Find gives the flow that helps whoever wrote a text, or "".
func (w *Words) Find(text string) string {
	if w == nil {
		return ""
	}
	if len(text) > maxRead {
		text = strings.ToValidUTF8(text[:maxRead], "")
	}
	sentences := read(text)
	for i := range w.rules {
		r := &w.rules[i]
		for _, s := range sentences {
			if fits(s, r.En) || fits(s, r.Zh) {
				return r.Flow
			}
		}
	}
	return ""
}

func fits(text string, lines []sentence) bool {
	return slices.ContainsFunc(lines, func(line sentence) bool {
		return !holds(text, line.But) && !slices.ContainsFunc(line.All, func(group []string) bool { return !holds(text, group) })
	})
}

// holds tells whether one of some words stands in a sentence: one that begins in Chinese
// anywhere, another one by itself.
func holds(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		if r, _ := utf8.DecodeRuneInString(word); !unicode.Is(unicode.Han, r) {
			word = " " + word + " "
		}
		return strings.Contains(text, word)
	})
}

// read brings a text to sentences of plain words: one form of letters and digits, no
// capitals, no apostrophes; words in Latin letters with a space on each side, Chinese
// without any.
func read(text string) []string {
	var all []string
	var b strings.Builder
	end := func() {
		if s := b.String(); strings.TrimSpace(s) != "" {
			all = append(all, s+" ")
		}
		b.Reset()
	}
	gap, before := true, false // a space is due; the last character was Chinese
	for _, r := range norm.NFKC.String(text) {
		switch {
		case strings.ContainsRune(".!?;。！？；\n", r):
			end()
			gap, before = true, false
		case r == '\'' || r == '’' || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			gap = true
		default:
			han := unicode.Is(unicode.Han, r)
			if b.Len() == 0 || (gap && (!han || !before)) || han != before {
				b.WriteByte(' ')
			}
			b.WriteRune(unicode.ToLower(r))
			gap, before = false, han
		}
	}
	end()
	return all
}
