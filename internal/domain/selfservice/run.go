package selfservice

import (
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice/gather"
	"kefu/internal/domain/selfservice/value"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Life is how long after the last answer a run may be gone on with, on whichever
// device.
const Life = 7 * 24 * time.Hour

// State is whether a run goes on.
type State string

// The states of a run.
const (
	Asking  State = "asking"  // somebody has to answer
	Working State = "working" // something is being carried out
	Waiting State = "waiting" // for the wallet, or for a proof
	Ended   State = "ended"
	Handed  State = "handed_over"
	Lapsed  State = "expired"
)

// Over tells whether a run is at its end.
func (s State) Over() bool { return s == Ended || s == Handed || s == Lapsed }

// Run is somebody on the way through a flow. Its values are those that its customer
// was told or entered; whoever keeps it seals them.
type Run struct {
	ID             string
	Flow           string
	Version        int
	Digest         string // of the definition that it goes by
	ConversationID string
	CustomerID     string
	Step           string
	State          State
	Slots          map[string]Value
	Offered        []Value // what may be chosen at this step
	Tries          int     // wrong answers at this step
	Turns          int     // answers in all
	Trail          []Visit
	Legs           []Leg  `json:",omitempty"` // the flows that it went through before this one
	Outcome        string // of an ended one; of one handed over: why
	StartedAt      time.Time
	ChangedAt      time.Time
	ExpiresAt      time.Time
}

// Leg is a flow that a run has left for another one, as it stood then.
type Leg struct {
	Flow    string           `json:"flow"`
	Version int              `json:"version"`
	Digest  string           `json:"digest"`
	Slots   map[string]Value `json:"slots"`
	Trail   []Visit          `json:"trail"`
}

// maxLegs bounds how many flows one run goes through.
const maxLegs = 8

// Visit is a step at which a run stopped.
type Visit struct {
	Step string    `json:"step"`
	At   time.Time `json:"at"`
	Done bool      `json:"done,omitempty"` // something was done in the wallet: there is no way back behind it
}

// Offers bounds what may be chosen from at once.
const Offers = 20

// Input is what somebody says to the present step. It is one of the commands between
// understanding and flows.
type Input struct {
	Do   Doing
	Text string    // of Set: words, or the id of an option or of something offered; of Remove: the id of a file; of Give: why it is not taken, "" when it is
	Hash string    // of Confirm: what was shown
	File *FileFact // of Give
}

// Doing is what an input does.
type Doing string

// What an input does.
const (
	Set     Doing = "set"
	Confirm Doing = "confirm"
	Deny    Doing = "deny"
	Skip    Doing = "skip"
	Other   Doing = "other" // none of what was offered
	Back    Doing = "back"  // to the step before, to correct
	GoOn    Doing = "go_on" // of what was shown
	Human   Doing = "human"
	Give    Doing = "give"   // a file; never said by a client, which uploads it
	Remove  Doing = "remove" // a file again
	Cannot  Doing = "cannot" // make the proof that is waited for: whoever else has the phone could
)

// Effect is something that has to be carried out before the run goes on. Whoever does
// it comes back with a Result.
type Effect struct {
	Kind    Kind
	Step    string
	Source  string            // of KindChoose
	With    map[string]string // of KindChoose, and of reads: words
	Do      string            // of KindCall
	Args    map[string]Value  // of KindCall, and of reads; of KindContinue: what the other flow begins with
	Flow    string            // of KindContinue
	Propose *Proposal
	Act     ActFact  // of KindConfirm, KindStepUp, KindExecute
	Hash    string   // of KindConfirm: that the customer named
	For     Value    // of KindWait
	Days    int      // of KindWait
	Hand    HandOver // of KindHandOver; of KindWait: who has it meanwhile, where somebody does
	Outcome string   // of KindEnd
}

// Proposal is an act with its arguments, as they were entered and told.
type Proposal struct {
	Act     wallet.Act
	Target  string
	Expect  string
	Amount  wallet.Money
	Reason  string
	Details map[string]string
	Files   []FileFact
}

// Result is what came of an effect.
type Result struct {
	Step    string  // that it belongs to: a late one is no answer to another step
	Outcome string  // "": it went as it should; or one of the step's outcomes
	Value   *Value  // of a call, a proposal, an execution, or of what was waited for
	Items   []Value // of a list
	Pending bool    // of a proof or a wait: not yet
}

// View is what a step shows. Texts hold names in braces, and Figures what stands
// behind them; whoever shows it writes money and time as its reader does.
type View struct {
	Step     string            `json:"step"`
	Kind     Kind              `json:"kind"`
	Say      form.Texts        `json:"say,omitempty"`
	Figures  map[string]Figure `json:"figures,omitempty"`
	Type     Type              `json:"type,omitempty"`    // of what is asked
	Options  []Shown           `json:"options,omitempty"` // of a choice
	Items    []Value           `json:"items,omitempty"`   // to choose from
	Files    *gather.View      `json:"files,omitempty"`   // that are asked for, and those that were given
	Most     int               `json:"most,omitempty"`    // characters
	Optional bool              `json:"optional,omitempty"`
	Other    bool              `json:"other,omitempty"` // "none of these" is an answer
	Card     string            `json:"card,omitempty"`
	Value    *Value            `json:"value,omitempty"`   // on the card, or what is to be confirmed
	Problem  string            `json:"problem,omitempty"` // why the last answer was not taken
	Stuck    bool              `json:"stuck,omitempty"`   // it went wrong often enough to offer a person first
	Back     bool              `json:"back,omitempty"`    // there is a step to go back to
	Forgets  bool              `json:"forgets,omitempty"` // something that was typed before is not kept any more: no screen should show it on
	Cannot   bool              `json:"cannot,omitempty"`  // of a proof: there is a way on for whoever cannot make it
}

// Shown is an option as it is shown.
type Shown struct {
	ID    string     `json:"id"`
	Label form.Texts `json:"label"`
	Hint  form.Texts `json:"hint,omitempty"`
}

// Turn is what comes of an input or a result: what is shown, and what is to be done.
type Turn struct {
	Run    Run
	Views  []View
	Effect *Effect // nil: the run waits for somebody, or is over
}

// Reading turns words into a value. A problem says, as a word, why they cannot be.
type Reading func(slot Slot, text string) (v Value, problem string)

// Start begins a run. Errors: Invalid for a value that does not fit its slot.
func Start(d *Definition, r Run, given map[string]Value, now time.Time) (Turn, error) {
	r.Flow, r.Version, r.Digest = d.ID, d.Version, d.digest
	r.Slots, r.StartedAt = map[string]Value{}, now
	for name, v := range given {
		if slot, ok := d.Slots[name]; !ok || slot.Type != v.Type || slices.Contains(value.Told(), v.Type) {
			return Turn{}, fault.InvalidField("selfservice.Start", name, "is no value for a slot of %s", d.ID)
		}
		r.Slots[name] = v
	}
	e := engine{d: d, r: r, now: now}
	return e.arrive(d.Begin)
}

// Answer takes somebody's input to the present step. Errors: Conflict when the run is
// over or nobody is asked; Invalid for an input that the step has no use for.
func Answer(d *Definition, r Run, in Input, read Reading, now time.Time) (Turn, error) {
	const op = "selfservice.Answer"
	r = r.At(now)
	if r.State.Over() || r.Digest != d.digest {
		return Turn{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "run", Reason: string(r.State), Message: "the run is over"}
	}
	e := engine{d: d, r: r.copied(), now: now}
	e.r.Turns++
	if in.Do == Human {
		return e.person("asked_for_person")
	}
	if e.r.Turns > MaxTurns {
		return e.person("too_long")
	}
	if in.Do == Back {
		return e.back()
	}
	if to := d.Steps[r.Step].On["cannot"]; in.Do == Cannot && to != "" && r.State == Waiting {
		return e.arrive(to)
	}
	if r.State != Asking {
		return Turn{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "run", Reason: string(r.State), Message: "nobody is asked anything at present"}
	}
	return e.answer(in, read)
}

// Resume takes what came of an effect. A result that belongs to another step is no
// news: the turn then shows what it showed. Errors: Conflict when the run is over.
func Resume(d *Definition, r Run, result Result, now time.Time) (Turn, error) {
	const op = "selfservice.Resume"
	if r.State.Over() || r.Digest != d.digest || result.Step != r.Step || r.State == Asking {
		return Turn{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "run", Reason: string(r.State), Message: "nobody waits for that"}
	}
	e := engine{d: d, r: r.copied(), now: now}
	return e.resume(result)
}

// Enter goes on with a run in another flow, for an effect of KindContinue, with what that
// carries. It begins as a run of that flow would, and there is no way back behind it.
// Errors: Conflict when the run stands at no such step; Invalid for what d does not take.
func Enter(from, d *Definition, r Run, given map[string]Value, now time.Time) (Turn, error) {
	const op = "selfservice.Enter"
	next := from.Steps[r.Step].Continue
	if r.State != Working || r.Digest != from.digest || next == nil || next.Flow != d.ID {
		return Turn{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "run", Reason: string(r.State), Message: "the run does not go on in another flow"}
	}
	if len(r.Legs) >= maxLegs {
		return Turn{}, fault.New(fault.Invalid, op, "%s is the flow after %d others", d.ID, len(r.Legs))
	}
	for name, v := range given {
		if d.typeOf(name) != v.Type {
			return Turn{}, fault.InvalidField(op, name, "is no value for a slot of %s", d.ID)
		}
	}
	e := engine{d: d, r: r.copied(), now: now}
	e.r.Legs = append(slices.Clone(r.Legs), Leg{Flow: r.Flow, Version: r.Version, Digest: r.Digest, Slots: e.r.Slots, Trail: e.r.Trail})
	e.r.Flow, e.r.Version, e.r.Digest = d.ID, d.Version, d.digest
	e.r.Slots, e.r.Trail, e.r.Offered, e.r.Tries = maps.Clone(given), nil, nil, 0
	if e.r.Slots == nil {
		e.r.Slots = map[string]Value{}
	}
	return e.arrive(d.Begin)
}

// Present gives what a run shows now, for another device or after a reload.
func Present(d *Definition, r Run) []View {
	e := engine{d: d, r: r.copied()}
	if r.State.Over() {
		return nil
	}
	return []View{e.view()}
}

// At is a run as it stands at a time.
func (r Run) At(now time.Time) Run {
	if !r.State.Over() && !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt) {
		r.State = Lapsed
	}
	return r
}

// copied is r with lists of its own.
func (r Run) copied() Run {
	r.Slots, r.Offered, r.Trail = maps.Clone(r.Slots), slices.Clone(r.Offered), slices.Clone(r.Trail)
	if r.Slots == nil {
		r.Slots = map[string]Value{}
	}
	return r
}

// ToldSo tells whether a run to which nobody has answered began with what another one is
// told: words and days in it are those that it was told.
func (r Run) ToldSo(told map[string]Value) bool {
	began := maps.Clone(r.Slots)
	maps.DeleteFunc(began, func(_ string, v Value) bool { return v.Type != Choice && v.Type != Date })
	return maps.EqualFunc(began, told, func(a, b Value) bool { return a.Text == b.Text && a.At == b.At })
}

// Carried is what a person is told who takes a run over: what was chosen and entered,
// by the names of the slots, in the order in which the flow asked.
func Carried(d *Definition, r Run) []Carry { return carried(d, r.Slots, r.Trail) }

// CarriedBefore is the same of a flow that the run has left.
func CarriedBefore(d *Definition, l Leg) []Carry { return carried(d, l.Slots, l.Trail) }

func carried(d *Definition, slots map[string]Value, trail []Visit) []Carry {
	var list []Carry
	seen := map[string]bool{}
	for _, v := range trail {
		into := d.Steps[v.Step].into()
		value, there := slots[into]
		if into == "" || !there || seen[into] {
			continue
		}
		seen[into] = true
		list = append(list, Carry{Slot: into, Asked: d.Steps[v.Step].Say, Value: value})
	}
	for _, name := range slices.Sorted(maps.Keys(slots)) {
		if !seen[name] {
			list = append(list, Carry{Slot: name, Value: slots[name]})
		}
	}
	return list
}

// Carry is one thing that was found out.
type Carry struct {
	Slot  string
	Asked form.Texts // as it was asked; none where it was not
	Value Value
}

// lines drops the lines of a text that name a figure which is not there.
func lines(text string, figures map[string]Figure) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		whole := true
		for _, name := range Names(line) {
			if _, there := figures[name]; !there {
				whole = false
			}
		}
		if whole && strings.TrimSpace(line) != "" {
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	return strings.Join(kept, "\n")
}
