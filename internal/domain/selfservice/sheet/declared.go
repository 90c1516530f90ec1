package sheet

import (
	"maps"
	"slices"
	"unicode/utf8"

	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/applink"
	"kefu/internal/platform/fault"
)

// Kind is the type of a fact.
type Kind string

// The kinds of facts, as conditions know them.
const (
	IsYes   Kind = "yes"   // bool
	IsCount Kind = "count" // int
	IsSum   Kind = "sum"   // double: to compare with a bound, never to reckon with
	IsWord  Kind = "word"  // string
	IsWords Kind = "words" // list of strings
)

// Fact is the value of a fact. Which member counts follows from its kind.
type Fact struct {
	Kind  Kind     `json:"kind"`
	Yes   bool     `json:"yes,omitempty"`
	Count int64    `json:"count,omitempty"`
	Sum   float64  `json:"sum,omitempty"`
	Word  string   `json:"word,omitempty"`
	Words []string `json:"words,omitempty"`
}

// Is is a fact that is so or not.
func Is(yes bool) Fact { return Fact{Kind: IsYes, Yes: yes} }

// Many is how many there are.
func Many(n int64) Fact { return Fact{Kind: IsCount, Count: n} }

// Size is how large something is.
func Size(n float64) Fact { return Fact{Kind: IsSum, Sum: n} }

// Code is a word of a closed set.
func Code(s string) Fact { return Fact{Kind: IsWord, Word: s} }

// Codes are some of them.
func Codes(list ...string) Fact { return Fact{Kind: IsWords, Words: list} }

// Value is a fact as conditions see it; the zero Fact of a kind is an empty one.
func (k Kind) Value(f Fact) any {
	switch k {
	case IsYes:
		return f.Yes
	case IsCount:
		return f.Count
	case IsSum:
		return f.Sum
	case IsWords:
		return slices.Concat([]string{}, f.Words)
	default:
		return f.Word
	}
}

// Shape is what a figure is.
type Shape string

// The shapes of figures that sentences of a flow may name.
const (
	OfMoney Shape = "money"
	OfTime  Shape = "time"
	OfText  Shape = "text"
)

// Named is a figure that a read declares.
type Named struct {
	Shape  Shape
	Always bool // it is there whatever is told; else the line that names it may be left out
}

// There is the name of the fact that every sheet and entry has of itself: it is told.
const There = "there"

// Declared is what a read says of its answers: which facts and figures they have.
type Declared struct {
	Facts   map[string]Kind
	Figures map[string]Named
}

// Bounds of a sheet, so that a read cannot fill a run with what nobody reads.
const (
	MaxParts   = 12
	MaxRows    = 60 // of all parts
	MaxText    = 600
	MaxFigures = 12 // of one sentence
	MaxWords   = 50 // of one fact
)

// Check refuses a declaration that no condition or sentence could name. Errors: Internal.
func (d Declared) Check() error {
	const op = "sheet.Declared"
	for _, name := range slices.Sorted(maps.Keys(d.Facts)) {
		if !word(name) || name == There || name == "id" || !slices.Contains([]Kind{IsYes, IsCount, IsSum, IsWord, IsWords}, d.Facts[name]) {
			return fault.New(fault.Internal, op, "the fact %q has no name that it may have, or no kind", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Figures)) {
		if !word(name) || !slices.Contains([]Shape{OfMoney, OfTime, OfText}, d.Figures[name].Shape) {
			return fault.New(fault.Internal, op, "the figure %q has no name that it may have, or no shape", name)
		}
	}
	return nil
}

// word tells whether s may name a fact: small letters, digits and underscores.
func word(s string) bool {
	for i := range len(s) {
		c := s[i]
		if small := c >= 'a' && c <= 'z'; !small && (i == 0 || ((c < '0' || c > '9') && c != '_')) {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// Fits refuses a sheet that is not as its read declared, or too large. Errors: Internal.
func (d Declared) Fits(s Sheet) error {
	rows := 0
	for _, p := range s.Parts {
		rows += len(p.Rows)
		if err := whole(p.Heading); err != nil {
			return err
		}
		for _, r := range p.Rows {
			value := r.Value
			if value == nil {
				value = &Cell{}
			}
			if err := first(whole(&r.Name), whole(r.Note), whole(value.Sentence)); err != nil {
				return err
			}
			if r.Link != "" && applink.Check(r.Link) != nil {
				return fault.New(fault.Internal, "sheet.Fits", "the row %q leads to what is no link", r.Name.Text["en"])
			}
			if value.Status && value.Sentence == nil || !slices.Contains([]Tone{Plain, Good, Warning}, r.Tone) {
				return fault.New(fault.Internal, "sheet.Fits", "the row %q has a status without a word, or a tone that there is not", r.Name.Text["en"])
			}
		}
	}
	if rows > MaxRows || len(s.Parts) > MaxParts {
		return fault.New(fault.Internal, "sheet.Fits", "a sheet of %d rows in %d parts is too long", rows, len(s.Parts))
	}
	return first(whole(s.Heading), d.fits(s.Facts, s.Named))
}

// FitsEntry refuses an entry that is not as its read declared. Its sentences name sums,
// times and texts alone, as those of a flow. Errors: Internal.
func (d Declared) FitsEntry(e Entry) error {
	for _, s := range []*Sentence{&e.Label, e.Hint} {
		if s == nil {
			continue
		}
		for name, f := range s.Figures {
			if shape(f) == "" {
				return fault.New(fault.Internal, "sheet.FitsEntry", "an entry says %s, which is neither a sum nor a time nor a text", name)
			}
		}
	}
	if !wallet.ValidID(e.ID) {
		return fault.New(fault.Internal, "sheet.FitsEntry", "an entry has no id, or one of another form")
	}
	return first(whole(&e.Label), whole(e.Hint), d.fits(e.Facts, e.Named))
}

func (d Declared) fits(facts map[string]Fact, named map[string]Figure) error {
	const op = "sheet.Fits"
	for name, f := range facts {
		if d.Facts[name] != f.Kind || len(f.Words) > MaxWords {
			return fault.New(fault.Internal, op, "the fact %s was not declared, or as another kind", name)
		}
	}
	for name, f := range named {
		declared, ok := d.Figures[name]
		if !ok || shape(f) != declared.Shape {
			return fault.New(fault.Internal, op, "the figure %s was not declared, or in another shape", name)
		}
	}
	for name, want := range d.Figures {
		if want.Always && named[name].None() {
			return fault.New(fault.Internal, op, "the figure %s is not there, and was declared to be always", name)
		}
	}
	return nil
}

func shape(f Figure) Shape {
	switch {
	case f.Money != nil:
		return OfMoney
	case f.At != 0:
		return OfTime
	case f.Text != "" || len(f.Texts) > 0:
		return OfText
	default:
		return ""
	}
}

// languages are those in which everything is said.
func languages() []string { return []string{"en", "zh"} }

// whole refuses a sentence that is not there in every language.
func whole(s *Sentence) error {
	if s == nil {
		return nil
	}
	for _, lang := range languages() {
		if s.Text[lang] == "" || utf8.RuneCountInString(s.Text[lang]) > MaxText {
			return fault.New(fault.Internal, "sheet.Fits", "a sentence is not there in %s, or too long: %v", lang, form.Texts(s.Text)["en"])
		}
	}
	if len(s.Figures) > MaxFigures {
		return fault.New(fault.Internal, "sheet.Fits", "a sentence has more than %d figures", MaxFigures)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
