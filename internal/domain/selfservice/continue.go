package selfservice

import (
	"maps"
	"slices"

	"kefu/internal/platform/fault"
)

// checkContinues refuses flows of which one goes on in another that is not there, that
// does not take what it is given, or that needs a customer of whom more is known; and
// flows that lead round in a circle, in which nobody would ever come to an end.
func (f *Flows) checkContinues() error {
	for _, d := range f.All() {
		for _, name := range d.names() {
			if c := d.Steps[name].Continue; c != nil {
				if err := f.checkContinue(d, name, c); err != nil {
					return &fault.Error{Code: fault.Invalid, Op: "selfservice.Load", Message: d.ID, Err: err}
				}
			}
		}
	}
	for _, d := range f.All() {
		if round := f.round(d.ID, d.ID, map[string]bool{}); round {
			return fault.New(fault.Invalid, "selfservice.Load", "%s leads back to itself through other flows", d.ID)
		}
	}
	return nil
}

func (f *Flows) checkContinue(d *Definition, name string, c *Continue) error {
	to := f.of[c.Flow]
	switch {
	case to == nil:
		return wrong(name, "goes on in %s, which is no flow", c.Flow)
	case to.Needs.Level > d.Needs.Level && d.Steps[name].On["sign_in"] == "":
		return wrong(name, "goes on in %s, which needs level %d, and does not say where whoever is not signed in goes (on: sign_in)", c.Flow, to.Needs.Level)
	}
	for _, slot := range slices.Sorted(maps.Keys(c.With)) {
		from, there := d.Slots[c.With[slot]], to.Slots[slot]
		if bound := d.bound[c.With[slot]]; bound.Names != "" && bound.Names == there.Type {
			continue
		} else if from.Type != there.Type || bound.Name != to.bound[slot].Name {
			return wrong(name, "gives %s to %s, which takes no %s there", c.With[slot], c.Flow, from.Type)
		}
		for _, o := range from.Options {
			if !slices.ContainsFunc(there.Options, func(t Option) bool { return t.ID == o.ID }) {
				return wrong(name, "may give %s to %s, which has no such option", o.ID, c.Flow)
			}
		}
	}
	return nil
}

// round tells whether a flow leads on to origin.
func (f *Flows) round(id, origin string, seen map[string]bool) bool {
	if seen[id] || f.of[id] == nil {
		return false
	}
	seen[id] = true
	for _, s := range f.of[id].Steps {
		if s.Continue != nil && (s.Continue.Flow == origin || f.round(s.Continue.Flow, origin, seen)) {
			return true
		}
	}
	return false
}
