package selfservice

import (
	"cmp"
	"maps"
	"slices"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice/gather"
)

// Files are those that the run has, of all flows that it went through.
func (r Run) Files() []FileFact {
	var all []FileFact
	add := func(slots map[string]Value) {
		for _, name := range slices.Sorted(maps.Keys(slots)) {
			all = append(all, slots[name].Files...)
		}
	}
	for _, leg := range r.Legs {
		add(leg.Slots)
	}
	add(r.Slots)
	return all
}

// Asks gives what a run asks files for at its present step; nil: it asks for none.
func (d *Definition) Asks(r Run) *gather.Gather { return d.Steps[r.Step].Files }

// ToWallet tells whether what a step gathers is given to the wallet.
func (d *Definition) ToWallet(g *gather.Gather) bool {
	for _, s := range d.Steps {
		if s.Propose != nil && s.Propose.Files == g.Into {
			return true
		}
	}
	return false
}

// filesAnswer takes what somebody says to a step that asks for files.
func (e *engine) filesAnswer(s Step, in Input) (t Turn, taken bool, err error) {
	g := s.Files
	has := e.r.Slots[g.Into].Files
	switch {
	case in.Do == Give && in.File != nil:
		if problem := cmp.Or(in.Text, g.Problem(has, *in.File, len(e.r.Files()))); problem != "" {
			t, err = e.again(problem)
			break
		}
		t, err = e.gathered(g, append(slices.Clone(has), *in.File))
	case in.Do == Remove:
		rest := slices.DeleteFunc(slices.Clone(has), func(f FileFact) bool { return f.ID == in.Text })
		if len(rest) == len(has) {
			t, err = e.again("no_option")
			break
		}
		t, err = e.gathered(g, rest)
	case in.Do == GoOn && !g.Enough(has):
		t, err = e.again("too_few")
	case in.Do == GoOn:
		t, err = e.arrive(s.Next)
	case in.Do == Skip && g.Optional:
		delete(e.r.Slots, g.Into)
		t, err = e.arrive(s.On["skipped"])
	default:
		return t, false, nil
	}
	return t, true, err
}

// handed shows which files an act hands over, that somebody is to agree to; nil: none.
func (e *engine) handed(act string) *gather.View {
	for _, s := range e.d.Steps {
		if s.Propose != nil && s.Propose.Into == act && s.Propose.Files != "" {
			return &gather.View{Wants: []gather.WantShown{}, Given: gather.Shown(e.r.Slots[s.Propose.Files].Files)}
		}
	}
	return nil
}

// gathered shows the step with what it has now.
func (e *engine) gathered(g *gather.Gather, all []FileFact) (Turn, error) {
	if e.r.Tries = 0; len(all) == 0 {
		delete(e.r.Slots, g.Into)
	} else {
		e.r.Slots[g.Into] = Value{Type: Files, Files: all}
	}
	e.views = append(e.views, e.view())
	return e.turn(nil)
}

// handing says of an act that its files are on their way to the wallet, and nothing else.
func (e *engine) handing(act string) (form.Texts, map[string]Figure) {
	say := form.Texts{
		"en": "We are still handing over your files: the wallet has {act.given} of {act.papers}. Nothing has been submitted yet.\nWe go on by ourselves, so you may close this. If the wallet does not take them all soon, nothing is submitted, and you read that here.",
		"zh": "正在转交您的文件：钱包已收到 {act.given} 份，共 {act.papers} 份。目前尚未提交任何内容。\n我们会自动继续，您可以先关闭此页面。如果钱包未能及时收齐，则不会提交，届时会在这里告知您。",
	}
	figures := map[string]Figure{}
	for _, name := range []string{"given", "papers"} {
		figures["act."+name], _ = e.r.Slots[act].Figure(name)
	}
	return say, figures
}
