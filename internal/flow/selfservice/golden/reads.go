package golden

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/selfservice/reads"
	"kefu/internal/flow/selfservice/subjects"
	"kefu/internal/platform/fault"
)

// Answer is what a read says in a conversation, instead of what it would find in the
// wallet of the World: facts and figures as the read declares them, each as a text; what
// is declared to be always there must be.
type Answer struct {
	Down    bool            `yaml:"down,omitempty"`    // it is not to be had at present
	Missing bool            `yaml:"missing,omitempty"` // there is no such thing
	Facts   map[string]any  `yaml:"facts,omitempty"`   // yes or no, a number, a word, words
	Figures map[string]Told `yaml:"figures,omitempty"` // 1.20 EUR; a span from now; a text
	Rows    []Line          `yaml:"rows,omitempty"`
	Entries []Item          `yaml:"entries,omitempty"`
}

type (
	// Line is a row of a sheet; one of a heading alone begins a part.
	Line struct {
		Heading Words  `yaml:"heading,omitempty"`
		Name    Words  `yaml:"name,omitempty"`
		Value   string `yaml:"value,omitempty"` // 1.20 EUR, or a text
		Tone    string `yaml:"tone,omitempty"`
		Note    Words  `yaml:"note,omitempty"`
	}
	// Item is an entry of a list.
	Item struct {
		ID      string          `yaml:"id"`
		Label   Words           `yaml:"label"`
		Hint    Words           `yaml:"hint,omitempty"`
		Amount  string          `yaml:"amount,omitempty"`
		Ago     string          `yaml:"ago,omitempty"`
		Facts   map[string]any  `yaml:"facts,omitempty"`
		Figures map[string]Told `yaml:"figures,omitempty"`
	}
	// Words are a text in every language, or one for all of them.
	Words form.Texts
	// Told is a figure: one text for all languages, or one for each of them.
	Told Words
)

// UnmarshalYAML reads a text in every language, or one for all of them.
func (w *Words) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return node.Decode((*form.Texts)(w))
	}
	*w = Words{}
	for _, lang := range Languages() {
		(*w)[lang] = node.Value
	}
	return nil
}

// UnmarshalYAML reads a figure in every language, or one for all of them.
func (t *Told) UnmarshalYAML(node *yaml.Node) error { return (*Words)(t).UnmarshalYAML(node) }

// MarshalYAML writes a figure that is the same in every language once.
func (t Told) MarshalYAML() (any, error) {
	for _, text := range t {
		if text != t.one() {
			return form.Texts(t), nil
		}
	}
	return t.one(), nil
}

// one is the figure where it is the same in every language.
func (t Told) one() string { return t[Languages()[0]] }

func (w Words) sentence() *sheet.Sentence {
	if len(w) == 0 {
		return nil
	}
	return &sheet.Sentence{Text: form.Texts(w)}
}

// registry is every read that there is: answered as the world says, or by who answers it
// over the wallet of the world.
func (b *book) registry() (*reads.Registry, error) {
	own, err := subjects.All(b.deps())
	if err = cmp.Or(err, b.err); err != nil { // what the house keeps is held to its own rules
		return nil, err
	}
	return b.over(own)
}

// over has the reads of a registry answer as the world says, where it says something.
func (b *book) over(own *reads.Registry) (*reads.Registry, error) {
	var answers []reads.Read
	for _, name := range own.Declared().Names() {
		r, _ := own.Declared().Get(name)
		one := reads.Read{Read: r}
		if r.List {
			one.Entries = func(ctx context.Context, a reads.Asked) ([]sheet.Entry, error) { return b.entries(ctx, own, r, a) }
		} else {
			one.Sheet = func(ctx context.Context, a reads.Asked) (sheet.Sheet, error) { return b.sheet(ctx, own, r, a) }
		}
		answers = append(answers, one)
	}
	return own.With(answers...)
}

// told is what the world says of a read; nil for nothing.
func (b *book) told(name string) (*Answer, error) {
	a, told := b.world.Reads[name]
	switch {
	case !told:
		return nil, nil
	case a.Down:
		return nil, fault.New(fault.Unavailable, "golden", "%s is not to be had", name)
	case a.Missing:
		return nil, fault.New(fault.NotFound, "golden", "%s finds nothing", name)
	default:
		return &a, nil
	}
}

func (b *book) sheet(ctx context.Context, own *reads.Registry, r selfservice.Read, asked reads.Asked) (sheet.Sheet, error) {
	a, err := b.told(r.Name)
	switch {
	case err != nil:
		return sheet.Sheet{}, err
	case a == nil:
		v, err := own.Call(ctx, r.Name, asked)
		if err != nil {
			return sheet.Sheet{}, err
		}
		return *v.Sheet, nil
	}
	s := sheet.Sheet{Facts: b.facts(r, a.Facts), Named: b.named(r, a.Figures)}
	for _, l := range a.Rows {
		if l.Heading != nil {
			s.Parts = append(s.Parts, sheet.Part{Heading: l.Heading.sentence()})
		}
		if l.Name == nil {
			continue
		}
		if len(s.Parts) == 0 {
			s.Parts = append(s.Parts, sheet.Part{})
		}
		row := sheet.Row{Name: *l.Name.sentence(), Tone: sheet.Tone(l.Tone), Note: l.Note.sentence()}
		if l.Value != "" {
			cell := b.figure(l.Value).Cell()
			row.Value = &cell
		}
		last := &s.Parts[len(s.Parts)-1]
		last.Rows = append(last.Rows, row)
	}
	return s, b.err
}

func (b *book) entries(ctx context.Context, own *reads.Registry, r selfservice.Read, asked reads.Asked) ([]sheet.Entry, error) {
	a, err := b.told(r.Name)
	if err != nil {
		return nil, err
	}
	var list []sheet.Entry
	if a == nil {
		found, err := own.List(ctx, r.Name, asked)
		for _, v := range found {
			list = append(list, *v.Entry)
		}
		return list, err
	}
	for _, i := range a.Entries {
		e := sheet.Entry{ID: i.ID, Label: *i.Label.sentence(), Hint: i.Hint.sentence(), At: b.back(i.Ago), Facts: b.facts(r, i.Facts), Named: b.named(r, i.Figures)}
		if i.Amount != "" {
			m := b.money(i.Amount)
			e.Amount = &m
		}
		list = append(list, e)
	}
	return list, b.err
}

// facts are what a conversation says of a read, in the kinds that it declares.
func (b *book) facts(r selfservice.Read, told map[string]any) map[string]sheet.Fact {
	facts := map[string]sheet.Fact{}
	for name, v := range told {
		switch kind := r.Has.Facts[name]; v := v.(type) {
		case bool:
			facts[name] = sheet.Is(v)
		case int:
			if facts[name] = sheet.Many(int64(v)); kind == sheet.IsSum {
				facts[name] = sheet.Size(float64(v))
			}
		case float64:
			facts[name] = sheet.Size(v)
		case string:
			facts[name] = sheet.Code(v)
		case []any:
			list := make([]string, len(v))
			for i := range v {
				list[i] = fmt.Sprint(v[i])
			}
			facts[name] = sheet.Codes(list...)
		}
	}
	return facts
}

func (b *book) named(r selfservice.Read, told map[string]Told) map[string]sheet.Figure {
	named := map[string]sheet.Figure{}
	for name, each := range told {
		text := each.one()
		switch r.Has.Figures[name].Shape {
		case sheet.OfMoney:
			named[name] = sheet.Money(b.money(text))
		case sheet.OfTime:
			named[name] = sheet.At(b.back(text))
		default:
			if named[name] = sheet.Text(text); slices.ContainsFunc(Languages(), func(lang string) bool { return each[lang] != text }) {
				named[name] = sheet.Figure{Texts: form.Texts(each)}
			}
		}
	}
	return named
}

// figure reads a sum where it is one, and a text otherwise.
func (b *book) figure(text string) sheet.Figure {
	amount, currency, two := strings.Cut(text, " ")
	if m, err := wallet.Parse(amount, currency, scaleOf(currency)); two && err == nil {
		return sheet.Money(m)
	}
	return sheet.Text(text)
}

// retold are the answers of a turn in the place of those before.
func retold(before, now map[string]Answer) map[string]Answer {
	all := maps.Clone(before)
	if all == nil {
		all = map[string]Answer{}
	}
	maps.Copy(all, now)
	return all
}

// lines are a sheet as a window shows it, from top to bottom.
func lines(v *selfservice.Value, lang string) []string {
	if v.Sheet == nil {
		return nil
	}
	var list []string
	if v.Sheet.Heading != nil {
		list = append(list, "[sheet] "+v.Sheet.Heading.Line(lang, false))
	}
	for _, p := range v.Sheet.Parts {
		if p.Heading != nil {
			list = append(list, "— "+p.Heading.Line(lang, false))
		}
		for _, r := range p.Rows {
			line := "· " + r.Line(lang, false)
			if r.Tone != sheet.Plain {
				line += " [" + string(r.Tone) + "]"
			}
			list = append(list, line)
		}
	}
	return list
}
