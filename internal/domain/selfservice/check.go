package selfservice

import (
	"maps"
	"slices"
	"strings"
)

// edge is a way from one step to another.
type edge struct {
	to      string
	regular bool     // it went as it should: what the step fills is filled
	judged  bool     // a condition held
	found   []string // slots of which that condition says that they are filled
}

// edges are all ways on from a step. An outcome of which the flow says nothing leads
// to a person.
func (d *Definition) edges(name string) []edge {
	s := d.Steps[name]
	var list []edge
	if s.Next != "" {
		list = append(list, edge{to: s.Next, regular: true})
	}
	for _, arm := range s.Branch {
		list = append(list, edge{to: arm.To, regular: true, judged: arm.If != "", found: found(arm.If)})
	}
	for outcome, needed := range outcomes(s.Kind()) {
		to := s.On[outcome]
		if to == "" && !needed && outcome != "skipped" {
			to = d.Person
		}
		if to != "" {
			list = append(list, edge{to: to})
		}
	}
	return list
}

// found lists the slots that hold something wherever a condition holds: those of which
// it says "slot.there", or that it is not empty, as one of the things that all have to
// be so.
func found(condition string) []string {
	var terms []string
	depth, from, quote := 0, 0, byte(0)
	for i := 0; i+1 < len(condition); i++ {
		switch two := condition[i : i+2]; {
		case quote != 0:
			if condition[i] == quote {
				quote = 0
			}
		case condition[i] == '\'' || condition[i] == '"':
			quote = condition[i]
		case condition[i] == '(' || condition[i] == '[':
			depth++
		case condition[i] == ')' || condition[i] == ']':
			depth--
		case two == "||" && depth == 0:
			return nil
		case two == "&&" && depth == 0:
			terms, from = append(terms, condition[from:i]), i+2
		}
	}
	var slots []string
	for _, term := range append(terms, condition[from:]) {
		for _, says := range []string{".there", " != ''"} {
			if slot, is := strings.CutSuffix(strings.TrimSpace(term), says); is && word(slot) {
				slots = append(slots, slot)
			}
		}
	}
	return slots
}

// checkPaths refuses steps that nothing leads to, steps from which no end is reached,
// and circles in which nobody is ever asked.
func (d *Definition) checkPaths() error {
	reached := map[string]bool{d.Person: true}
	for _, name := range d.persons() {
		reached[name] = true
	}
	d.walk(d.Begin, reached)
	ends := map[string]bool{}
	for _, name := range d.names() {
		s := d.Steps[name]
		if !reached[name] {
			return wrong(name, "nothing leads there")
		}
		ends[name] = s.ends()
	}
	for range d.Steps { // each round finds those that are one step further from an end
		for name := range d.Steps {
			for _, e := range d.edges(name) {
				ends[name] = ends[name] || ends[e.to]
			}
		}
	}
	for _, name := range d.names() {
		if !ends[name] {
			return wrong(name, "leads to no end")
		}
		if d.circles(name, name, map[string]bool{}) {
			return wrong(name, "goes round without anybody being asked")
		}
	}
	return nil
}

func (d *Definition) walk(name string, reached map[string]bool) {
	if reached[name] {
		return
	}
	reached[name] = true
	for _, e := range d.edges(name) {
		if !reached[e.to] {
			d.walk(e.to, reached)
		}
	}
}

// circles tells whether name leads back to origin through steps that stop for nobody.
func (d *Definition) circles(name, origin string, seen map[string]bool) bool {
	if seen[name] || d.Steps[name].stops() {
		return false
	}
	seen[name] = true
	for _, e := range d.edges(name) {
		if e.to == origin && !d.Steps[origin].stops() {
			return true
		}
		if d.circles(e.to, origin, seen) {
			return true
		}
	}
	return false
}

// into is the slot that a step fills.
func (s Step) into() string {
	switch s.Kind() {
	case KindAsk:
		return s.Ask.Into
	case KindChoose:
		return s.Choose.Into
	case KindFiles:
		return s.Files.Into
	case KindCall:
		return s.Call.Into
	case KindPropose:
		return s.Propose.Into
	default:
		return ""
	}
}

// uses are the slots that a step needs to be filled.
func (s Step) uses() []string {
	var list []string
	add := func(names ...string) {
		for _, n := range names {
			if slot, _, _ := strings.Cut(strings.TrimPrefix(n, "$"), "."); slot != "" {
				list = append(list, slot)
			}
		}
	}
	add(Names(s.Say["en"])...)
	switch s.Kind() {
	case KindShow:
		add(s.Show.Of)
	case KindPropose:
		add(s.Propose.Target, s.Propose.Amount, s.Propose.Files)
		add(slices.Collect(maps.Values(s.Propose.Details))...)
		if strings.HasPrefix(s.Propose.Reason, "$") {
			add(s.Propose.Reason)
		}
	case KindConfirm:
		add(s.Confirm.Of)
	case KindStepUp:
		add(s.StepUp.Of)
	case KindExecute:
		add(s.Execute.Of)
	case KindWait:
		add(s.Wait.For)
	}
	return list
}

// flowing works out, for each step, what is true on every path to it. Before the
// first step start is true; along gives what an edge makes of what was true before it;
// meet gives what is true on both of two paths.
func flowing[T any](d *Definition, start T, along func(before T, name string, e edge) T, meet func(a, b T) T, equal func(a, b T) bool) map[string]T {
	at := map[string]T{d.Begin: start}
	work := []string{d.Begin}
	for len(work) > 0 {
		name := work[0]
		work = work[1:]
		for _, e := range d.edges(name) {
			next := along(at[name], name, e)
			old, known := at[e.to]
			if known {
				next = meet(old, next)
			}
			if !known || !equal(old, next) {
				at[e.to] = next
				work = append(work, e.to)
			}
		}
	}
	return at
}

// checkUse refuses a step that needs a slot which is not filled on every path to it.
// Conditions may ask about any slot: an empty one says so.
func (d *Definition) checkUse() error {
	type set = map[string]bool
	at := flowing(d, set{}, func(before set, name string, e edge) set {
		after := maps.Clone(before)
		delete(after, d.Steps[name].Forget)
		if into := d.Steps[name].into(); into != "" && e.regular {
			after[into] = true
		}
		for _, slot := range e.found {
			after[slot] = true
		}
		return after
	}, func(a, b set) set {
		both := set{}
		for name := range a {
			if b[name] {
				both[name] = true
			}
		}
		return both
	}, func(a, b set) bool { return maps.Equal(a, b) })
	for _, name := range d.names() {
		s := d.Steps[name]
		if name == d.Person || slices.Contains(d.persons(), name) { // from wherever somebody leaves
			if used := d.needs(s); len(used) > 0 {
				return wrong(name, "is reached from everywhere, and needs %s", used[0])
			}
			continue
		}
		for _, slot := range d.needs(s) {
			if _, there := d.Slots[slot]; !there {
				return wrong(name, "needs %s, which is no slot", slot)
			}
			if !at[name][slot] || slot == s.Forget {
				return wrong(name, "needs %s, which is not filled on every path", slot)
			}
		}
	}
	return nil
}

// stage is how far an act has got on the way to being done.
type stage int

const (
	nothing stage = iota
	wasProposed
	wasConfirmed
	wasProven
)

// path is what is true on the way to a step.
type path struct {
	judged bool
	acts   map[string]stage
}

// checkWrites refuses a write that is not, on every path, judged by a condition,
// proposed, confirmed and proven before it, in this order, and anything that changes
// the wallet in a flow that anybody may begin.
func (d *Definition) checkWrites() error {
	at := flowing(d, path{acts: map[string]stage{}}, d.along, func(a, b path) path {
		both := path{judged: a.judged && b.judged, acts: map[string]stage{}}
		for act := range a.acts {
			both.acts[act] = min(a.acts[act], b.acts[act])
		}
		return both
	}, func(a, b path) bool { return a.judged == b.judged && sameStages(a.acts, b.acts) })
	for _, name := range d.names() {
		s := d.Steps[name]
		before := at[name]
		switch {
		case s.Propose != nil && d.Needs.Level < 1:
			return wrong(name, "changes something in a flow that anybody may begin: it needs level 1")
		case s.Propose != nil && s.Propose.Act.MovesMoney() && !before.judged:
			return wrong(name, "moves money, and no condition was judged before it")
		case s.Confirm != nil && before.acts[s.Confirm.Of] < wasProposed:
			return wrong(name, "confirms what was not proposed on every path")
		case s.StepUp != nil && before.acts[s.StepUp.Of] < wasConfirmed:
			return wrong(name, "proves what was not confirmed on every path")
		case s.Execute != nil && before.acts[s.Execute.Of] < wasProven:
			return wrong(name, "does what was not proposed, confirmed and proven on every path")
		}
	}
	return nil
}

func sameStages(a, b map[string]stage) bool {
	for act := range a {
		if a[act] != b[act] {
			return false
		}
	}
	for act := range b {
		if a[act] != b[act] {
			return false
		}
	}
	return true
}

// along is what is true after an edge. A slot that is filled anew undoes what was
// agreed with its old value.
func (d *Definition) along(before path, name string, e edge) path {
	after := path{judged: before.judged || e.judged, acts: maps.Clone(before.acts)}
	s := d.Steps[name]
	set := func(act string, to stage) { after.acts[act] = to }
	switch {
	case !e.regular:
		for _, of := range []*Of{s.Confirm, s.StepUp, s.Execute} {
			if of != nil {
				set(of.Of, nothing)
			}
		}
	case s.Propose != nil:
		set(s.Propose.Into, wasProposed)
	case s.Confirm != nil:
		set(s.Confirm.Of, wasConfirmed)
	case s.StepUp != nil:
		set(s.StepUp.Of, wasProven)
	case s.Execute != nil:
		set(s.Execute.Of, nothing)
	}
	if into := s.into(); into != "" && s.Propose == nil {
		for _, other := range d.Steps {
			if other.Propose != nil && slices.Contains(other.uses(), into) {
				set(other.Propose.Into, nothing)
			}
		}
	}
	return after
}
