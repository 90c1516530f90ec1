package jurisdiction

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"kefu/internal/domain/form"
)

// Letter is a kind of letter to a customer.
type Letter string

// The letters.
const (
	Acknowledgement Letter = "acknowledgement"
	HoldingReply    Letter = "holding_reply"
	CreditGiven     Letter = "credit_given"
	CreditTaken     Letter = "credit_taken"
	Approval        Letter = "upheld"
	PartApproval    Letter = "partly_upheld"
	Refusal         Letter = "refused"
)

// Letters are all of them.
func Letters() []Letter {
	return []Letter{Acknowledgement, HoldingReply, CreditGiven, CreditTaken, Approval, PartApproval, Refusal}
}

// Template is a letter with places for figures.
type Template struct {
	Title form.Texts `yaml:"title"`
	Body  form.Texts `yaml:"body"`
	Needs []string   `yaml:"needs"` // figures without which it cannot be written
}

// Figures are the names of all that a letter can say.
func Figures() []string {
	return []string{"reference", "type", "noticed", "today", "by", "amount", "reason", "appeal_body", "appeal_by", "needed"}
}

func (b *Book) loadLetters(files fs.FS, sum io.Writer) error {
	const file = "letters.yaml"
	if err := decode(files, file, &b.letters, sum); err != nil {
		return err
	}
	for _, l := range Letters() {
		t, ok := b.letters[l]
		if !ok {
			return wrong(file, "lacks %s", l)
		}
		if err := checkTexts(file, string(l), t.Title); err != nil {
			return err
		}
		for _, lang := range languages() {
			body := t.Body[lang]
			if n := utf8.RuneCountInString(body); n == 0 || n > maxLetter {
				return wrong(file, "%s lacks %s, or is too long in it", l, lang)
			}
			for _, name := range placesIn(body) {
				if !slices.Contains(Figures(), name) {
					return wrong(file, "%s (%s): there is no figure %q", l, lang, name)
				}
			}
			for _, name := range t.Needs {
				if !slices.Contains(placesIn(body), name) {
					return wrong(file, "%s (%s) does not say %q", l, lang, name)
				}
			}
			if strings.ContainsAny(withoutPlaces(body), "0123456789") {
				return wrong(file, "%s (%s) holds a number: figures come from the case", l, lang)
			}
		}
		if len(t.Body) != len(languages()) {
			return wrong(file, "%s has a language that the others lack", l)
		}
	}
	if len(b.letters) != len(Letters()) {
		return wrong(file, "has a letter that there is not")
	}
	return nil
}

// placesIn are the names between braces, each once.
func placesIn(text string) (names []string) {
	for {
		_, rest, found := strings.Cut(text, "{")
		if !found {
			return names
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return append(names, rest) // which is no figure's name
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		text = after
	}
}

func withoutPlaces(text string) string {
	for _, name := range placesIn(text) {
		text = strings.ReplaceAll(text, "{"+name+"}", "")
	}
	return text
}

// Write writes a letter. A line whose figure is unknown is left out, unless the letter
// needs it: then missing names it and there is no letter.
func (b *Book) Write(l Letter, lang string, figures map[string]string) (title, text string, missing []string) {
	t := b.letters[l]
	for _, name := range t.Needs {
		if figures[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return "", "", missing
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(t.Body.In(lang), "\n"), "\n") {
		names := placesIn(line)
		if slices.ContainsFunc(names, func(name string) bool { return figures[name] == "" }) {
			continue
		}
		var pairs []string
		for _, name := range names {
			pairs = append(pairs, "{"+name+"}", figures[name])
		}
		lines = append(lines, strings.NewReplacer(pairs...).Replace(line))
	}
	return t.Title.In(lang), strings.Join(lines, "\n"), nil
}

// Alarm is what staff are told of a clock; "" for a step of which nobody is told.
func (b *Book) Alarm(step Step, lang string, figures map[string]string) string {
	text := b.alarms[step].In(lang)
	var pairs []string
	for _, name := range placesIn(text) {
		pairs = append(pairs, "{"+name+"}", figures[name])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Asking is what a customer is told who is asked for evidence.
func (b *Book) Asking(lang string, figures map[string]string) string {
	text := b.asking.In(lang)
	var pairs []string
	for _, name := range placesIn(text) {
		pairs = append(pairs, "{"+name+"}", figures[name])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Unopened is what staff and the customer are told where no case could be opened for what
// the customer reported; full: as many of theirs are open as there may be.
func (b *Book) Unopened(lang string, full bool) (staff, customer string) {
	if full {
		return b.unopened.Full.In(lang), b.unopened.Customer.In(lang)
	}
	return b.unopened.Staff.In(lang), b.unopened.Customer.In(lang)
}

// TypeTitle is what a type is called.
func (b *Book) TypeTitle(t Type, lang string) string { return b.types[t].In(lang) }

// TypeTitles is what a type is called, in each language.
func (b *Book) TypeTitles(t Type) form.Texts { return b.types[t] }

// Day is the day of an instant as a letter says it, by a pack's wall; "" without one.
func (b *Book) Day(id string, version int, at int64, lang string) string {
	p, ok := b.Find(id, version)
	if !ok || at == 0 {
		return ""
	}
	return p.Date(at, lang)
}

// Date is the day of an instant as a letter says it.
func (p *Pack) Date(at int64, lang string) string {
	d := p.DayOf(at)
	if lang == "zh" {
		return fmt.Sprintf("%d年%d月%d日", d.Year, int(d.Month), d.Day)
	}
	return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year)
}
