// Package sheet is how a self-service flow is told something for which there is no type
// of its own: a sheet of rows under headings, and entries to choose from. Both carry named
// facts for conditions and named figures for sentences, which the read that gives them
// declares, so that a flow which asks for another is refused when it is loaded. How money,
// times and shares are written is left to whoever shows them.
package sheet

import (
	"kefu/internal/domain/form"
	"kefu/internal/domain/wallet"
)

// Figure is something in a sentence, or in a row, that whoever shows it writes as its
// reader does. One of its members is there.
type Figure struct {
	Money   *wallet.Money `json:"money,omitempty"`
	At      wallet.Time   `json:"at,omitempty"`
	Day     bool          `json:"day,omitempty"` // of At: the day alone, in UTC
	Text    string        `json:"text,omitempty"`
	Texts   form.Texts    `json:"texts,omitempty"` // instead of Text: what is another word in each language
	Count   *int64        `json:"count,omitempty"`
	Percent string        `json:"percent,omitempty"` // a decimal text: 1.5 is one and a half of a hundred
	Seconds int64         `json:"seconds,omitempty"` // how long something takes
	// Private tells that Text names a person, whom staff see masked.
	Private bool `json:"private,omitempty"`
}

// None tells a figure that says nothing.
func (f Figure) None() bool {
	return (f.Money == nil || f.Money.None()) && f.At == 0 && f.Text == "" && len(f.Texts) == 0 && f.Count == nil && f.Percent == "" && f.Seconds == 0
}

// Sentence is a text that names figures in braces, and the figures.
type Sentence struct {
	Text    form.Texts        `json:"text"`
	Figures map[string]Figure `json:"figures,omitempty"`
}

// Say is a sentence in both languages that names nothing.
func Say(en, zh string) Sentence { return Sentence{Text: form.Texts{"en": en, "zh": zh}} }

// With is s with one more figure.
func (s Sentence) With(name string, f Figure) Sentence {
	figures := map[string]Figure{name: f}
	for other, g := range s.Figures {
		figures[other] = g
	}
	return Sentence{Text: s.Text, Figures: figures}
}

// Tone is what a row means for its reader.
type Tone string

// The tones.
const (
	Plain   Tone = ""
	Good    Tone = "good"
	Warning Tone = "warning"
)

// Cell is the value of a row: a figure, or a sentence.
type Cell struct {
	Figure
	Sentence *Sentence `json:"sentence,omitempty"`
	Status   bool      `json:"status,omitempty"` // the sentence is how something stands, in a word or two
}

// Cells of each kind.
func (f Figure) Cell() Cell { return Cell{Figure: f} }

// Cell is s as the value of a row.
func (s Sentence) Cell() Cell { return Cell{Sentence: &s} }

// Status is s as how something stands, in a word or two.
func (s Sentence) Status() Cell { return Cell{Sentence: &s, Status: true} }

// Money is a sum as a figure.
func Money(m wallet.Money) Figure { return Figure{Money: &m} }

// At is an instant as a figure.
func At(t wallet.Time) Figure { return Figure{At: t} }

// Day is the day of an instant as a figure.
func Day(t wallet.Time) Figure { return Figure{At: t, Day: true} }

// Date is the day of an instant in UTC as a word, for the sentences of a flow.
func Date(t wallet.Time) Figure {
	return Word(t.Std().Format("2 January 2006"), t.Std().Format("2006年1月2日"))
}

// Text is a text as a figure: a name, a number, what people wrote.
func Text(s string) Figure { return Figure{Text: s} }

// Word is a word as a figure, in both languages.
func Word(en, zh string) Figure { return Figure{Texts: form.Texts{"en": en, "zh": zh}} }

// Person is the name of a person as a figure, whom staff see masked.
func Person(s string) Figure { return Figure{Text: s, Private: true} }

// Number is how many as a figure.
func Number(n int64) Figure { return Figure{Count: &n} }

// Percent is a share of a hundred as a figure, from a decimal text.
func Percent(s string) Figure { return Figure{Percent: s} }

// Seconds is how long something takes as a figure.
func Seconds(n int64) Figure { return Figure{Seconds: n} }

// Row is one line of a sheet.
type Row struct {
	Name  Sentence  `json:"name"`
	Value *Cell     `json:"value,omitempty"` // none: the name says it all
	Tone  Tone      `json:"tone,omitempty"`
	Note  *Sentence `json:"note,omitempty"` // below it, smaller
	// Link opens something of the wallet's own for its customer, and nobody else: an address
	// that the connector has held to where the wallet's links may lead.
	Link string `json:"link,omitempty"`
}

// Part is rows that belong together.
type Part struct {
	Heading *Sentence `json:"heading,omitempty"`
	Rows    []Row     `json:"rows"`
}

// Sheet is what a read found: rows to show, facts for conditions, and figures that
// sentences of the flow may name.
type Sheet struct {
	Heading *Sentence         `json:"heading,omitempty"`
	Parts   []Part            `json:"parts,omitempty"`
	Facts   map[string]Fact   `json:"facts,omitempty"`
	Named   map[string]Figure `json:"named,omitempty"`
}

// Add adds a part; one without rows is none.
func (s *Sheet) Add(heading *Sentence, rows ...Row) {
	if len(rows) > 0 {
		s.Parts = append(s.Parts, Part{heading, rows})
	}
}

// Line makes a row.
func Line(name Sentence, value Cell) Row { return Row{Name: name, Value: &value} }

// In is r in a tone.
func (r Row) In(t Tone) Row {
	r.Tone = t
	return r
}

// Noted is r with a note.
func (r Row) Noted(s Sentence) Row {
	r.Note = &s
	return r
}

// Entry is something to choose that is neither a payment, an instrument nor any other
// thing with a type of its own.
type Entry struct {
	ID     string        `json:"id"` // up to MaxID letters, digits and marks, as of the wallet's ids
	Label  Sentence      `json:"name"`
	Hint   *Sentence     `json:"note,omitempty"`
	Amount *wallet.Money `json:"amount,omitempty"` // shown beside it
	At     wallet.Time   `json:"at,omitempty"`     // shown below it
	State  string        `json:"state,omitempty"`  // the wallet's, for a command that acts on it
	// Unit is a sum of the currency in which amounts are read that are typed after it was
	// chosen; nil: whoever types one has to say which.
	Unit  *wallet.Money     `json:"unit,omitempty"`
	Facts map[string]Fact   `json:"facts,omitempty"`
	Named map[string]Figure `json:"named,omitempty"`
}
