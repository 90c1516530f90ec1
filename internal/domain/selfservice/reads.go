package selfservice

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice/sheet"
	"kefu/internal/domain/selfservice/value"
	"kefu/internal/platform/fault"
)

// Given is what a read is given: the value of a slot, or one of some words that stand in
// the flow.
type Given struct {
	Type     Type     // of the slot
	Words    []string // instead of a slot
	Optional bool     // it may be left out, and the slot may be empty
}

// Read is something that flows may ask for beside what the engine knows by itself: a
// call that gives a sheet, or a list of entries to choose from. What it tells is declared,
// so that a flow which asks for another fact is refused when it is loaded.
type Read struct {
	Name string
	List bool // gives entries, and is chosen from
	// Names is what the id of each entry is the wallet's id of: then another flow takes it as
	// that, such as Payment, and the wallet is asked for it anew.
	Names Type
	With  map[string]Given
	Has   sheet.Declared
}

func (r Read) gives() Type {
	if r.List {
		return Entry
	}
	return Sheet
}

// Reads are all that flows may ask for. It never changes; the zero Reads are none.
type Reads struct{ of map[string]Read }

// NewReads checks and keeps reads. Errors: Internal for one that is no read, that is
// there twice, or that the engine knows by itself.
func NewReads(all ...Read) (Reads, error) {
	const op = "selfservice.NewReads"
	reads := Reads{map[string]Read{}}
	for _, r := range all {
		_, call := Calls()[r.Name]
		_, source := Sources()[r.Name]
		if _, twice := reads.of[r.Name]; twice || call || source || !word(r.Name) {
			return Reads{}, fault.New(fault.Internal, op, "the read %q is there twice, or has no name", r.Name)
		}
		if err := r.Has.Check(); err != nil {
			return Reads{}, fault.Wrap(op, err)
		}
		if r.Names != "" && (!r.List || r.Names != Payment) {
			return Reads{}, fault.New(fault.Internal, op, "what the read %s gives names no payment", r.Name)
		}
		for name, in := range r.With {
			if !word(name) || (in.Type == "") == (len(in.Words) == 0) {
				return Reads{}, fault.New(fault.Internal, op, "the read %s takes %q, which is neither a slot nor one of some words", r.Name, name)
			}
		}
		reads.of[r.Name] = r
	}
	return reads, nil
}

// Get finds a read.
func (r Reads) Get(name string) (Read, bool) {
	found, ok := r.of[name]
	return found, ok
}

// Names lists the reads in the order of the alphabet.
func (r Reads) Names() []string { return slices.Sorted(maps.Keys(r.of)) }

// bind notes of which read a slot holds the answers, so that it is known which facts and
// figures they have.
func (d *Definition) bind(step, name, slot string, list bool, with map[string]string) error {
	r, ok := d.reads.Get(name)
	if !ok || r.List != list || d.typeOf(slot) != r.gives() {
		return wrong(step, "asks what cannot be asked, or into a slot of another type")
	}
	for key, in := range r.With {
		given, there := with[key]
		switch {
		case !there && in.Optional:
		case !there:
			return wrong(step, "does not give %s, which %s needs", key, name)
		case in.Type != "" && d.typeOf(given) != in.Type:
			return wrong(step, "%s is no %s", key, in.Type)
		case in.Type == "" && !slices.Contains(in.Words, given):
			return wrong(step, "%s knows no %s %s", name, key, given)
		}
	}
	for key := range with {
		if _, known := r.With[key]; !known {
			return wrong(step, "gives %s, for which %s does not ask", key, name)
		}
	}
	if other, bound := d.bound[slot]; bound && other.Name != name {
		return wrong(step, "fills %s, which %s fills as well: each read has a slot of its own", slot, other.Name)
	}
	d.bound[slot] = r
	return nil
}

// checkBound refuses slots of sheets and entries that nothing fills, and sums of them that
// need not be there.
func (d *Definition) checkBound() error {
	for _, name := range slices.Sorted(maps.Keys(d.Slots)) {
		if t := d.typeOf(name); t == Sheet || t == Entry {
			if _, bound := d.bound[name]; !bound {
				return wrong("slots."+name, "is filled by nothing")
			}
		}
	}
	for _, name := range d.names() {
		p := d.Steps[name].Propose
		if p == nil {
			continue
		}
		if slot, figure, _ := strings.Cut(p.Amount, "."); d.typeOf(slot) == Sheet && !d.sumOf(slot, figure) {
			return wrong(name, "takes its sum from %s, which need not be there", p.Amount)
		}
		for key, from := range p.Details {
			slot, figure, _ := strings.Cut(from, ".")
			if f := d.bound[slot].Has.Figures[figure]; d.typeOf(slot) == Sheet && (f.Shape != sheet.OfText || !f.Always) {
				return wrong(name, "tells %s from %s, which is no text that is always there", key, from)
			}
		}
	}
	return nil
}

// needs are the slots that a step needs to be filled. What a read may go without, it may.
func (d *Definition) needs(s Step) []string {
	list := s.uses()
	with, name := map[string]string{}, ""
	switch {
	case s.Call != nil:
		with, name = s.Call.With, s.Call.Do
	case s.Choose != nil:
		with, name = s.Choose.With, s.Choose.From
	}
	r, read := d.reads.Get(name)
	for key, slot := range with {
		if in := r.With[key]; (read && in.Type != "" && !in.Optional) || (!read && s.Call != nil) {
			list = append(list, slot)
		}
	}
	return list
}

// given is what an effect takes along to a read: the values of slots, and words.
func (e *engine) given(name string, with map[string]string) (args map[string]Value, words map[string]string) {
	args, words = map[string]Value{}, map[string]string{}
	r, ok := e.d.reads.Get(name)
	for key, given := range with {
		if ok && r.With[key].Type == "" {
			words[key] = given
		} else if v, filled := e.r.Slots[given]; filled {
			args[key] = v
		}
	}
	return args, words
}

// declare adds the facts of a slot to those of conditions: those of a sheet or an entry
// one by one, under the slot's name and a dot.
func (d *Definition) declare(facts map[string]any, slot string) {
	r, bound := d.bound[slot]
	if !bound {
		facts[slot] = value.Zero(d.typeOf(slot))
		return
	}
	facts[slot+"."+sheet.There] = false
	if r.List {
		facts[slot+".id"] = ""
	}
	for name, kind := range r.Has.Facts {
		facts[slot+"."+name] = kind.Value(sheet.Fact{})
	}
}

// tell gives the facts of a slot as conditions ask for them.
func (d *Definition) tell(facts map[string]any, slot string, v Value) {
	r, bound := d.bound[slot]
	if !bound {
		facts[slot] = value.FactOf(d.typeOf(slot), v)
		return
	}
	told := value.OrNew(v.Sheet).Facts
	facts[slot+"."+sheet.There] = v.Sheet != nil || v.Entry != nil
	if r.List {
		told = value.OrNew(v.Entry).Facts
		facts[slot+".id"] = value.OrNew(v.Entry).ID
	}
	for name, kind := range r.Has.Facts {
		facts[slot+"."+name] = kind.Value(told[name])
	}
}

// figures are what sentences may name of a slot, after its name and a dot.
func (d *Definition) figures(slot string) []string {
	r, bound := d.bound[slot]
	if !bound {
		return value.Figures(d.typeOf(slot))
	}
	return slices.Collect(maps.Keys(r.Has.Figures))
}

// certain are those of them that are always there.
func (d *Definition) certain(slot string) []string {
	r, bound := d.bound[slot]
	if !bound {
		return value.Certain(d.typeOf(slot))
	}
	var names []string
	for name, f := range r.Has.Figures {
		if f.Always {
			names = append(names, name)
		}
	}
	return names
}

// sumOf tells whether a figure of a slot is a sum that is always there.
func (d *Definition) sumOf(slot, figure string) bool {
	f := d.bound[slot].Has.Figures[figure]
	return f.Shape == sheet.OfMoney && f.Always
}

// TitleOf is the title of a flow in whichever version, read without being checked: what an
// old one asked for may not be there any more. It is empty for what is no flow.
func TitleOf(text []byte) form.Texts {
	var head struct {
		Title form.Texts `yaml:"title"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return nil
	}
	return head.Title
}
