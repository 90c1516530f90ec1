// Package selfservice is what customers do for themselves: flows, written once as
// typed data (content/flows), checked when they are loaded, and the engine that takes
// a run from step to step. It is pure: what has to be asked of the wallet, shown to
// somebody or waited for comes out as a Turn, and whoever carries it out comes back
// with what came of it. The window, the desk, the phone and mail show the same turns.
package selfservice

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/condition"
	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice/gather"
	"kefu/internal/domain/wallet"
)

// Definition is one version of a flow. It never changes: what runs goes on with the
// one that it began with.
type Definition struct {
	ID      string          `yaml:"id"`      // one of the flow ids, such as FL2
	Version int             `yaml:"version"` // grows with each change
	Title   form.Texts      `yaml:"title"`
	About   form.Texts      `yaml:"about"` // one line, where a flow is proposed
	Needs   Needs           `yaml:"needs"`
	Adds    bool            `yaml:"adds"` // to what the flow did from which a run came: its matter goes by that one's title
	Slots   map[string]Slot `yaml:"slots"`
	Begin   string          `yaml:"begin"`
	Person  string          `yaml:"person"` // where "talk to a person" leads to, from every step: a hand-over, or a branch between some
	Steps   map[string]Step `yaml:"steps"`

	digest     string
	text       []byte
	conditions map[string]condition.Condition // by step and arm
	reads      Reads                          // those that there were when it was read
	bound      map[string]Read                // by slot: what fills it
}

// Digest names the definition by its text.
func (d *Definition) Digest() string { return d.digest }

// Source is the text that the definition was read from, for Parse.
func (d *Definition) Source() []byte { return d.text }

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Needs is what must be so for a flow to begin.
type Needs struct {
	Level int    `yaml:"level"` // of assurance: 0 to 2
	Call  string `yaml:"reads"` // a reading that the wallet must have; "" for none
}

// Slot is a place for one value.
type Slot struct {
	Type    Type     `yaml:"type"`
	Options []Option `yaml:"options"` // of a choice
	Most    int      `yaml:"most"`    // characters of a text; default MaxText
}

// Option is one answer of a choice.
type Option struct {
	ID    string     `yaml:"id"`
	Label form.Texts `yaml:"label"`
	Hint  form.Texts `yaml:"hint"`
	If    string     `yaml:"if"` // shown only where it holds
}

// Bounds of a flow and its runs.
const (
	MaxSteps   = 80
	MaxSlots   = 40
	MaxOptions = 12
	MaxText    = 1000 // characters of an answer
	MaxTries   = 3    // wrong answers to one question before a person is offered
	MaxTurns   = 100  // answers in one run
	maxAuto    = 64   // steps that follow one another without anybody
	maxSay     = 600  // characters of what a step says
)

// Step is one step: exactly one of the members that say what it does is there.
type Step struct {
	Say    form.Texts        `yaml:"say"`
	Next   string            `yaml:"next"`
	Forget string            `yaml:"forget"` // a slot that is emptied on the way in: what is in it is not to be kept
	On     map[string]string `yaml:"on"`     // where to go when it does not go as it should

	Ask      *Ask           `yaml:"ask"`
	Choose   *Choose        `yaml:"choose"`
	Files    *gather.Gather `yaml:"files"`
	Show     *Show          `yaml:"show"`
	Call     *Call          `yaml:"call"`
	Branch   []Arm          `yaml:"branch"`
	Propose  *Propose       `yaml:"propose"`
	Confirm  *Of            `yaml:"confirm"`
	StepUp   *Of            `yaml:"step_up"`
	Execute  *Of            `yaml:"execute"`
	Wait     *Wait          `yaml:"wait"`
	HandOver *HandOver      `yaml:"hand_over"`
	Continue *Continue      `yaml:"continue"`
	End      *End           `yaml:"end"`
}

// Ask asks for a value of the slot's type.
type Ask struct {
	Into     string `yaml:"into"`
	Optional bool   `yaml:"optional"` // may be skipped
}

// Choose lets somebody choose from what the wallet has, or from the entries of a read.
type Choose struct {
	From string            `yaml:"from"` // one of Sources, or a read that lists
	With map[string]string `yaml:"with"`
	Into string            `yaml:"into"`
}

// Show shows a card, and waits for nothing unless it says so.
type Show struct {
	Card string `yaml:"card"` // text, or the type of the slot
	Of   string `yaml:"of"`   // the slot; none for a text
	Wait bool   `yaml:"wait"` // for somebody to have read it
}

// Call asks the wallet, or Kefu itself, and changes nothing.
type Call struct {
	Do   string            `yaml:"do"`   // one of Calls, or a read
	With map[string]string `yaml:"with"` // names of slots; of a read also words
	Into string            `yaml:"into"`
}

// Arm is one way of a branch: the first whose condition holds. The last has none.
type Arm struct {
	If string `yaml:"if"`
	To string `yaml:"to"`
}

// Propose works out, by a dry run, what an act would do.
type Propose struct {
	Act     wallet.Act        `yaml:"act"`
	Target  string            `yaml:"target"`  // a slot
	Amount  string            `yaml:"amount"`  // a slot; "left" of terms: terms.left; a sum of a sheet: quote.fee
	Reason  string            `yaml:"reason"`  // a word, or a choice's slot with a leading $
	Details map[string]string `yaml:"details"` // name → slot, or a text that a sheet named: told.version
	Files   string            `yaml:"files"`   // a slot of files, which the wallet is given
	Into    string            `yaml:"into"`
}

// Of names the slot of an act.
type Of struct {
	Of string `yaml:"of"`
}

// Wait waits for something to happen in the wallet.
type Wait struct {
	For  string `yaml:"for"`  // the slot of a payment, refund, dispute or act
	Days int    `yaml:"days"` // at most; 1 to 7
	// Person is who has the story from the beginning of the wait on, while the run goes on
	// waiting: for what is too urgent to be read when the time is over. nil for nobody.
	Person *HandOver `yaml:"person"`
}

// HandOver puts a person in front of it, with everything that was collected.
type HandOver struct {
	Reason   string   `yaml:"reason"`   // a code
	Topic    Topic    `yaml:"topic"`    // of the conversation that begins with it
	Priority string   `yaml:"priority"` // "", high, urgent
	Skills   []string `yaml:"skills"`
}

// Topic names what a hand-over is about. Flows of earlier versions, which runs go on
// with, have it in English alone.
type Topic form.Texts

// In is the topic in a language.
func (t Topic) In(lang string) string { return form.Texts(t).In(lang) }

// UnmarshalYAML reads a topic in every language, or in one.
func (t *Topic) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*t = Topic{languages()[0]: node.Value}
		return nil
	}
	return node.Decode((*form.Texts)(t))
}

// UnmarshalJSON reads a topic of a run that is kept, in every language or in one.
func (t *Topic) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		if *t = nil; one != "" {
			*t = Topic{languages()[0]: one}
		}
		return nil
	}
	return json.Unmarshal(text, (*form.Texts)(t))
}

// Continue goes on in another flow, in the same run and the same language, with what was
// found out so far. Whether that flow takes it is checked when the flows are loaded, and
// so is that no flow leads back to itself.
type Continue struct {
	Flow string            `yaml:"flow"`
	With map[string]string `yaml:"with"` // a slot there → a slot here; one that holds nothing is not carried
}

// End ends the run.
type End struct {
	Outcome string `yaml:"outcome"` // solved, informed, submitted, given_up
}

// Kind says what a step does.
type Kind string

// The kinds of steps.
const (
	KindAsk      Kind = "ask"
	KindChoose   Kind = "choose"
	KindFiles    Kind = "files"
	KindShow     Kind = "show"
	KindCall     Kind = "call"
	KindBranch   Kind = "branch"
	KindPropose  Kind = "propose"
	KindConfirm  Kind = "confirm"
	KindStepUp   Kind = "step_up"
	KindExecute  Kind = "execute"
	KindWait     Kind = "wait"
	KindHandOver Kind = "hand_over"
	KindContinue Kind = "continue"
	KindEnd      Kind = "end"
)

// kinds lists what s does; a step that is whole does one thing.
func (s Step) kinds() []Kind {
	var list []Kind
	for _, k := range []struct {
		there bool
		kind  Kind
	}{
		{s.Ask != nil, KindAsk}, {s.Choose != nil, KindChoose}, {s.Files != nil, KindFiles}, {s.Show != nil, KindShow}, {s.Call != nil, KindCall}, {len(s.Branch) > 0, KindBranch},
		{s.Propose != nil, KindPropose}, {s.Confirm != nil, KindConfirm}, {s.StepUp != nil, KindStepUp}, {s.Execute != nil, KindExecute},
		{s.Wait != nil, KindWait}, {s.HandOver != nil, KindHandOver}, {s.Continue != nil, KindContinue}, {s.End != nil, KindEnd},
	} {
		if k.there {
			list = append(list, k.kind)
		}
	}
	return list
}

// Kind is what s does.
func (s Step) Kind() Kind {
	if k := s.kinds(); len(k) == 1 {
		return k[0]
	}
	return ""
}

// stops tells whether a run stays at s until somebody or something comes.
func (s Step) stops() bool {
	switch s.Kind() {
	case KindAsk, KindChoose, KindFiles, KindConfirm, KindStepUp, KindWait:
		return true
	case KindShow:
		return s.Show.Wait
	default:
		return false
	}
}

// ends tells whether nothing of its flow comes after s.
func (s Step) ends() bool { return s.HandOver != nil || s.End != nil || s.Continue != nil }

// outcomes are the ways on from each kind of step beside Next, and whether a flow has
// to say where they lead. Where it does not, they lead to a person.
func outcomes(k Kind) map[string]bool {
	switch k {
	case KindAsk:
		return map[string]bool{"skipped": false, "secret": false} // secret: what was typed was one, and is not kept
	case KindFiles: // not_taken: they are for the wallet, which takes none, or does not say that it does
		return map[string]bool{"skipped": false, "not_taken": false}
	case KindChoose:
		return map[string]bool{"none": true, "other": false, "unavailable": false}
	case KindCall:
		return map[string]bool{"unavailable": false, "not_found": false}
	case KindPropose:
		return map[string]bool{"refused": true, "unavailable": false}
	case KindConfirm:
		return map[string]bool{"no": true}
	case KindStepUp:
		return map[string]bool{"failed": false, "declined": false, "cannot": false, "unavailable": false}
	case KindExecute:
		return map[string]bool{"failed": true, "waiting": false, "unknown": false}
	case KindWait:
		return map[string]bool{"timeout": false}
	case KindContinue: // the wallet does not tell what the other flow has to know; the customer is not signed in, and it is for those who are
		return map[string]bool{"unavailable": false, "sign_in": false}
	default:
		return nil
	}
}

// Source is a list that somebody can choose from.
type Source struct {
	Gives Type
	With  map[string][]string // parameters and the words that each may have
}

// Sources are the lists that there are.
func Sources() map[string]Source {
	return map[string]Source{
		"payments":      {Payment, map[string][]string{"which": {"failed", "underway", "refundable", "disputable", "recent", "onchain", "bought"}}},
		"refunds":       {Refund, nil},
		"disputes":      {Dispute, nil},
		"open_disputes": {Dispute, nil},                                                                   // those that are not decided
		"instruments":   {Instrument, map[string][]string{"which": {"cards", "usable", "tokens", "all"}}}, // usable: cards that can still be paid with; tokens: those that a phone pays with
		"devices":       {Device, nil},
		"freezes":       {Stop, nil}, // those that the customer, or staff for them, placed
	}
}

// Question is something that a flow may ask the wallet, or Kefu itself.
type Question struct {
	With  map[string]Type // its parameters
	Gives Type
}

// Calls are the questions that there are.
func Calls() map[string]Question {
	return map[string]Question{
		"explain":        {map[string]Type{"payment": Payment}, Cause},
		"refresh":        {map[string]Type{"payment": Payment}, Payment},
		"find_duplicate": {map[string]Type{"payment": Payment}, Payment},
		"terms":          {map[string]Type{"payment": Payment}, Terms},
		"incident":       {map[string]Type{"payment": Payment}, Incident},
		"refund_of":      {map[string]Type{"payment": Payment}, Refund},
		"dispute_of":     {map[string]Type{"payment": Payment}, Dispute},
		"instrument_of":  {map[string]Type{"payment": Payment}, Instrument},
		"limits":         {nil, Limits},
		"restrictions":   {nil, Stops},
		"safety":         {nil, Safety},
	}
}
