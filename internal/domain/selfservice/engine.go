package selfservice

import (
	"context"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice/value"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// engine takes one run through one turn.
type engine struct {
	d     *Definition
	r     Run
	now   time.Time
	views []View
	auto  int // steps since somebody was asked
}

// turn ends the turn.
func (e *engine) turn(effect *Effect) (Turn, error) {
	e.r.ChangedAt, e.r.ExpiresAt = e.now, e.now.Add(Life)
	return Turn{Run: e.r, Views: e.views, Effect: effect}, nil
}

// arrive goes to a step, and on through those that stop for nobody.
func (e *engine) arrive(name string) (Turn, error) {
	for {
		if e.auto++; e.auto > maxAuto {
			return Turn{}, fault.New(fault.Internal, "selfservice.arrive", "%s goes round at %s", e.d.ID, name)
		}
		s := e.d.Steps[name]
		if name != e.r.Step {
			e.r.Tries = 0
		}
		e.r.Step, e.r.Offered, e.r.State = name, nil, Working
		delete(e.r.Slots, s.Forget)
		switch s.Kind() {
		case KindBranch:
			to, err := e.branch(name, s)
			if err != nil {
				return Turn{}, err
			}
			name = to
			continue
		case KindShow:
			if v := e.view(); s.Show.Wait || !v.blank() {
				e.views = append(e.views, v)
			}
			if !s.Show.Wait {
				name = s.Next
				continue
			}
			return e.stop(Asking)
		case KindAsk:
			if _, filled := e.r.Slots[s.Ask.Into]; filled && len(e.r.Trail) == 0 { // it was given when the run began
				name = s.Next
				continue
			}
			e.views = append(e.views, e.view())
			return e.stop(Asking)
		case KindConfirm, KindFiles:
			e.views = append(e.views, e.view())
			return e.stop(Asking)
		case KindChoose:
			if v, filled := e.r.Slots[s.Choose.Into]; filled && v.Ref() != "" && len(e.r.Trail) == 0 {
				name = s.Next
				continue
			}
		}
		return e.effect(name, s)
	}
}

// blank tells a view of a sheet that has nothing in it: nobody is shown an empty card.
func (v View) blank() bool {
	return len(v.Say) == 0 && v.Value != nil && v.Value.Sheet != nil && v.Value.Sheet.Heading == nil && len(v.Value.Sheet.Parts) == 0
}

// stop notes that the run stands at its step.
func (e *engine) stop(state State) (Turn, error) {
	e.r.State = state
	if n := len(e.r.Trail); n == 0 || e.r.Trail[n-1].Step != e.r.Step {
		e.r.Trail = append(e.r.Trail, Visit{Step: e.r.Step, At: e.now})
	}
	return e.turn(nil)
}

// branch finds the first way whose condition holds. A condition that cannot be worked
// out does not hold: the last way is there for everything else.
func (e *engine) branch(name string, s Step) (string, error) {
	facts := e.facts()
	for i, arm := range s.Branch {
		if holds, err := e.d.conditions[armKey(name, i)].Holds(context.Background(), facts); err == nil && holds {
			return arm.To, nil
		}
	}
	return "", fault.New(fault.Internal, "selfservice.branch", "%s: no way leads on from %s", e.d.ID, name)
}

func (e *engine) facts() map[string]any {
	facts := map[string]any{}
	for name := range e.d.Slots {
		e.d.tell(facts, name, e.r.Slots[name])
	}
	return facts
}

// effect asks for what a step needs done.
func (e *engine) effect(name string, s Step) (Turn, error) {
	x := &Effect{Kind: s.Kind(), Step: name}
	switch x.Kind {
	case KindChoose:
		x.Source, x.With = s.Choose.From, s.Choose.With
		if _, read := e.d.reads.Get(x.Source); read {
			x.Args, x.With = e.given(x.Source, s.Choose.With)
		}
	case KindCall:
		x.Do = s.Call.Do
		x.Args, x.With = e.given(x.Do, s.Call.With)
	case KindPropose:
		x.Propose = e.proposal(s.Propose)
	case KindStepUp:
		x.Act = *value.OrNew(e.r.Slots[s.StepUp.Of].Act)
	case KindExecute:
		x.Act = *value.OrNew(e.r.Slots[s.Execute.Of].Act)
	case KindWait:
		x.For, x.Days = e.r.Slots[s.Wait.For], s.Wait.Days
		if s.Wait.Person != nil {
			x.Hand = *s.Wait.Person
		}
	case KindHandOver:
		e.views = append(e.views, e.view())
		e.r.State, e.r.Outcome, x.Hand = Handed, s.HandOver.Reason, *s.HandOver
	case KindContinue:
		x.Flow, x.Args = s.Continue.Flow, map[string]Value{}
		for slot, from := range s.Continue.With {
			if v, filled := e.r.Slots[from]; filled {
				x.Args[slot] = v
			}
		}
	case KindEnd:
		e.views = append(e.views, e.view())
		e.r.State, e.r.Outcome, x.Outcome = Ended, s.End.Outcome, s.End.Outcome
	}
	return e.turn(x)
}

func (e *engine) proposal(p *Propose) *Proposal {
	out := &Proposal{Act: p.Act, Reason: p.Reason, Details: map[string]string{}}
	if p.Target != "" {
		target := e.r.Slots[p.Target]
		out.Target, out.Expect = target.Ref(), target.State()
	}
	slot, field, _ := strings.Cut(p.Amount, ".")
	switch v := e.r.Slots[slot]; {
	case p.Amount == "":
	case v.Sheet != nil: // first: a sheet names its sums as it likes, terms and payments do not
		out.Amount = *value.OrNew(v.Sheet.Named[field].Money)
	case field == "left":
		out.Amount = value.OrNew(v.Terms).Left
	case field == "amount":
		out.Amount = value.OrNew(v.Payment).Amount
	default:
		out.Amount = *value.OrNew(v.Money)
	}
	if slot, isSlot := strings.CutPrefix(p.Reason, "$"); isSlot {
		out.Reason = e.r.Slots[slot].Text
	}
	for key, from := range p.Details {
		slot, figure, _ := strings.Cut(from, ".")
		if v := e.r.Slots[slot]; v.Sheet != nil {
			out.Details[key] = v.Sheet.Named[figure].Text
			continue
		}
		out.Details[key] = said(e.r.Slots[slot])
	}
	out.Files = e.r.Slots[p.Files].Files
	return out
}

// said is an entered value as a short text for the wallet; of an entry its id.
func said(v Value) string {
	switch {
	case v.Entry != nil:
		return v.Entry.ID
	case v.Money != nil:
		return v.Money.Amount() + " " + v.Money.Currency()
	case v.Type == Date:
		return v.At.Std().Format(time.DateOnly)
	case v.Type == YesNo && v.Yes:
		return "yes"
	case v.Type == YesNo:
		return "no"
	}
	text := []rune(v.Text)
	return string(text[:min(len(text), wallet.MaxText)])
}

// answer takes an input where somebody was asked.
func (e *engine) answer(in Input, read Reading) (Turn, error) {
	s := e.d.Steps[e.r.Step]
	if s.Files != nil {
		if t, taken, err := e.filesAnswer(s, in); taken {
			return t, err
		}
	}
	switch kind := s.Kind(); {
	case kind == KindShow && in.Do == GoOn:
		return e.arrive(s.Next)
	case kind == KindConfirm && in.Do == Confirm:
		return e.confirm(s, in)
	case kind == KindConfirm && in.Do == Deny:
		return e.arrive(s.On["no"])
	case kind == KindAsk && in.Do == Skip && s.Ask.Optional:
		delete(e.r.Slots, s.Ask.Into)
		return e.arrive(s.On["skipped"])
	case kind == KindAsk && in.Do == Set:
		return e.set(s, in.Text, read)
	case kind == KindChoose && in.Do == Set:
		return e.choose(s, in.Text)
	case kind == KindChoose && in.Do == Other && s.On["other"] != "":
		return e.arrive(s.On["other"])
	default:
		return Turn{}, fault.InvalidField("selfservice.Answer", "do", "%s is no answer to a step that does %s", in.Do, kind)
	}
}

// confirm asks whoever keeps acts to note the yes. A yes to something else is none.
func (e *engine) confirm(s Step, in Input) (Turn, error) {
	act := *value.OrNew(e.r.Slots[s.Confirm.Of].Act)
	if in.Hash == "" || in.Hash != act.Hash {
		return e.again("changed")
	}
	e.r.State = Working
	return e.turn(&Effect{Kind: KindConfirm, Step: e.r.Step, Act: act, Hash: in.Hash})
}

// again shows the step once more, saying why.
func (e *engine) again(problem string) (Turn, error) {
	e.r.Tries++
	v := e.view()
	v.Problem = problem
	e.views = append(e.views, v)
	return e.turn(nil)
}

func (e *engine) set(s Step, text string, read Reading) (Turn, error) {
	slot := e.d.Slots[s.Ask.Into]
	if slot.Type == Choice {
		if !slices.ContainsFunc(e.options(s.Ask.Into), func(o Shown) bool { return o.ID == text }) {
			return e.again("no_option")
		}
		e.r.Slots[s.Ask.Into] = Value{Type: Choice, Text: text}
		return e.arrive(s.Next)
	}
	v, problem := read(slot, text)
	if to := s.On[problem]; problem != "" && to != "" {
		return e.arrive(to)
	}
	if problem != "" {
		return e.again(problem)
	}
	if v.Type != slot.Type {
		return Turn{}, fault.New(fault.Internal, "selfservice.set", "%s was read as %s", slot.Type, v.Type)
	}
	e.r.Slots[s.Ask.Into] = v
	return e.arrive(s.Next)
}

func (e *engine) choose(s Step, id string) (Turn, error) {
	for _, v := range e.r.Offered {
		if v.Ref() == id && id != "" {
			e.r.Slots[s.Choose.Into] = v
			return e.arrive(s.Next)
		}
	}
	return e.again("no_option")
}

// resume takes what came of the effect of the present step.
func (e *engine) resume(w Result) (Turn, error) {
	s := e.d.Steps[e.r.Step]
	kind := s.Kind()
	if n := len(e.r.Trail); kind == KindExecute && !w.Pending && n > 0 && e.r.Trail[n-1].Step == e.r.Step { // it stopped here for its files: nobody comes back to that
		e.r.Trail = e.r.Trail[:n-1]
	}
	if w.Outcome != "" {
		if kind == KindConfirm && w.Outcome == "changed" { // what was shown is not so any more
			if w.Value != nil {
				e.fill(s, *w.Value)
			}
			e.r.State = Asking
			return e.again("changed")
		}
		if _, known := outcomes(kind)[w.Outcome]; !known {
			return Turn{}, fault.InvalidField("selfservice.Resume", "outcome", "%s does not end as %s", kind, w.Outcome)
		}
		if w.Value != nil {
			e.fill(s, *w.Value)
		}
		if to := s.On[w.Outcome]; to != "" {
			return e.arrive(to)
		}
		return e.person(w.Outcome)
	}
	if w.Pending {
		if w.Value != nil && (kind == KindStepUp || kind == KindExecute) {
			e.fill(s, *w.Value)
		}
		e.views = append(e.views, e.view())
		return e.stop(Waiting)
	}
	if kind == KindChoose {
		return e.offer(s, w.Items)
	}
	if w.Value != nil {
		e.fill(s, *w.Value)
	}
	if kind == KindExecute { // there is no way back behind it
		e.r.Trail = append(e.r.Trail, Visit{Step: e.r.Step, At: e.now, Done: true})
	}
	return e.arrive(s.Next)
}

// fill puts what came back where the step wants it.
func (e *engine) fill(s Step, v Value) {
	into := s.into()
	switch {
	case s.Wait != nil:
		into = s.Wait.For
	case s.Execute != nil:
		into = s.Execute.Of
	case s.Confirm != nil:
		into = s.Confirm.Of
	case s.StepUp != nil:
		into = s.StepUp.Of
	}
	if into != "" && e.d.Slots[into].Type == v.Type {
		e.r.Slots[into] = v
	}
}

// offer shows what can be chosen; one thing alone is offered too, for whoever asks
// may mean another.
func (e *engine) offer(s Step, items []Value) (Turn, error) {
	want := e.d.Slots[s.Choose.Into].Type
	for _, v := range items {
		if v.Type == want && v.Ref() != "" && len(e.r.Offered) < Offers {
			e.r.Offered = append(e.r.Offered, v)
		}
	}
	if len(e.r.Offered) == 0 {
		return e.arrive(s.On["none"])
	}
	e.views = append(e.views, e.view())
	return e.stop(Asking)
}

// back returns to the step before, unless something was done in between.
func (e *engine) back() (Turn, error) {
	to, keep := e.backTo()
	if to == "" || e.r.State != Asking {
		return Turn{}, &fault.Error{Code: fault.Conflict, Op: "selfservice.back", Field: "do", Reason: "no_way_back", Message: "there is no step to go back to"}
	}
	e.r.Trail = e.r.Trail[:keep]
	if into := e.d.Steps[to].into(); into != "" && e.d.Steps[to].Files == nil { // files are there to be added to
		delete(e.r.Slots, into)
	}
	return e.arrive(to)
}

// backTo is the step before the present one, and how much of the trail is before it.
func (e *engine) backTo() (string, int) {
	n := len(e.r.Trail)
	if n > 0 && e.r.Trail[n-1].Step == e.r.Step {
		n--
	}
	if n == 0 || e.r.Trail[n-1].Done {
		return "", 0
	}
	return e.r.Trail[n-1].Step, n - 1
}

// person hands over, from wherever the run is.
func (e *engine) person(why string) (Turn, error) {
	name := e.d.Person
	for len(e.d.Steps[name].Branch) > 0 {
		to, err := e.branch(name, e.d.Steps[name])
		if err != nil {
			return Turn{}, err
		}
		name = to
	}
	e.r.Step, e.r.Offered, e.r.State = name, nil, Working
	t, err := e.effect(name, e.d.Steps[name])
	if err == nil {
		t.Run.Outcome = why
	}
	return t, err
}

// view shows the present step.
func (e *engine) view() View {
	s := e.d.Steps[e.r.Step]
	v := View{Step: e.r.Step, Kind: s.Kind(), Figures: e.figures(s.Say), Forgets: s.Forget != "", Stuck: e.r.Tries >= MaxTries}
	v.Say = form.Texts{}
	for lang, text := range s.Say {
		v.Say[lang] = lines(text, v.Figures)
	}
	switch v.Kind {
	case KindAsk:
		slot := e.d.Slots[s.Ask.Into]
		v.Type, v.Optional, v.Options = slot.Type, s.Ask.Optional, e.options(s.Ask.Into)
		if v.Type == Text {
			v.Most = max(slot.Most, 0)
			if v.Most == 0 {
				v.Most = MaxText
			}
		}
	case KindChoose:
		v.Type, v.Items, v.Other = e.d.Slots[s.Choose.Into].Type, e.r.Offered, s.On["other"] != ""
	case KindFiles:
		v.Type, v.Optional, v.Files = Files, s.Files.Optional, s.Files.View(e.r.Slots[s.Files.Into].Files)
	case KindShow:
		v.Card, v.Value = s.Show.Card, e.valueOf(s.Show.Of)
	case KindConfirm:
		v.Card, v.Value, v.Files = string(Act), e.valueOf(s.Confirm.Of), e.handed(s.Confirm.Of)
	case KindStepUp:
		v.Card, v.Value, v.Cannot = string(Act), e.valueOf(s.StepUp.Of), s.On["cannot"] != ""
	case KindExecute:
		if act := value.OrNew(e.r.Slots[s.Execute.Of].Act); act.Given < act.Papers && (act.State == "confirmed" || act.State == "approved") {
			v.Say, v.Figures = e.handing(s.Execute.Of)
		}
	case KindWait:
		v.Card, v.Value = string(e.d.Slots[s.Wait.For].Type), e.valueOf(s.Wait.For)
	}
	if s.stops() && v.Kind != KindStepUp && v.Kind != KindWait {
		to, _ := e.backTo()
		v.Back = to != ""
	}
	return v
}

func (e *engine) valueOf(slot string) *Value {
	if v, ok := e.r.Slots[slot]; ok {
		return &v
	}
	return nil
}

// options are those of a choice whose conditions hold now.
func (e *engine) options(slot string) []Shown {
	var list []Shown
	facts := e.facts()
	for _, o := range e.d.Slots[slot].Options {
		if holds, err := e.d.conditions[optionKey(slot, o.ID)].Holds(context.Background(), facts); err == nil && holds {
			list = append(list, Shown{ID: o.ID, Label: o.Label, Hint: o.Hint})
		}
	}
	return list
}

// figures are what the texts of a step name, as far as it is there.
func (e *engine) figures(say form.Texts) map[string]Figure {
	found := map[string]Figure{}
	for _, name := range Names(say["en"]) {
		slot, field, _ := strings.Cut(name, ".")
		if f, ok := e.r.Slots[slot].Figure(field); ok {
			found[name] = f
		}
	}
	return found
}
