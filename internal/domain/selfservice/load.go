package selfservice

import (
	"bytes"
	"cmp"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"kefu/internal/domain/condition"
	"kefu/internal/domain/form"
	"kefu/internal/domain/selfservice/value"
	"kefu/internal/platform/fault"
)

// MaxBytes bounds the text of one definition.
const MaxBytes = 128 << 10

// Flows are the definitions that new runs begin with, by their ids.
type Flows struct{ of map[string]*Definition }

// Get gives a flow. Errors: NotFound.
func (f *Flows) Get(id string) (*Definition, error) {
	if d, ok := f.of[id]; ok {
		return d, nil
	}
	return nil, fault.New(fault.NotFound, "selfservice.Get", "there is no flow %s", id)
}

// All lists the flows in the order of their numbers.
func (f *Flows) All() []*Definition {
	var list []*Definition
	for _, d := range f.of {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *Definition) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Load reads every definition of a folder, checked against the reads that there are.
// Errors: Invalid, naming the file, the step and what is wrong.
func Load(files fs.FS, reads Reads) (*Flows, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil || len(names) == 0 {
		return nil, fault.New(fault.Invalid, "selfservice.Load", "there are no flows")
	}
	flows := &Flows{of: map[string]*Definition{}}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fault.New(fault.Invalid, "selfservice.Load", "%s cannot be read", name)
		}
		d, err := Parse(text, reads)
		if err != nil {
			return nil, &fault.Error{Code: fault.Invalid, Op: "selfservice.Load", Message: name, Err: err}
		}
		if flows.of[d.ID] != nil || name != d.ID+".yaml" {
			return nil, fault.New(fault.Invalid, "selfservice.Load", "%s is not the one file of the flow %s", name, d.ID)
		}
		if err := d.checkTopics(); err != nil {
			return nil, &fault.Error{Code: fault.Invalid, Op: "selfservice.Load", Message: name, Err: err}
		}
		flows.of[d.ID] = d
	}
	return flows, flows.checkContinues()
}

// Parse reads one definition and checks it: that it is whole, that every path ends,
// that every slot has a value where it is used, that it asks for nothing that reads do
// not declare, and that nothing is done in the wallet that was not proposed, confirmed
// and proven before, on every path.
//
// Errors: Invalid; the field is the step, the message what is wrong with it.
func Parse(text []byte, reads Reads) (*Definition, error) {
	const op = "selfservice.Parse"
	if len(text) > MaxBytes {
		return nil, fault.New(fault.Invalid, op, "is larger than %d bytes", MaxBytes)
	}
	d := &Definition{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(d); err != nil {
		return nil, fault.New(fault.Invalid, op, "%s", err)
	}
	d.digest, d.text, d.reads, d.bound = digestOf(text), bytes.Clone(text), reads, map[string]Read{}
	for _, check := range []func() error{d.checkHead, d.checkSlots, d.checkSteps, d.checkBound, d.compile, d.checkTexts, d.checkPaths, d.checkUse, d.checkWrites} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// wrong says what is wrong with a step.
func wrong(step, format string, args ...any) error {
	return fault.InvalidField("selfservice.Parse", step, format, args...)
}

// lastFlow is the number of the last flow id.
const lastFlow = 24

// flowID tells whether s is one of the ids of flows.
func flowID(s string) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(s, "FL"))
	return err == nil && n >= 1 && n <= lastFlow && s == "FL"+strconv.Itoa(n)
}

// word tells whether s is a name: a small letter, then up to 39 small letters, digits
// and underscores.
func word(s string) bool {
	for i := range len(s) {
		c := s[i]
		if small := c >= 'a' && c <= 'z'; !small && (i == 0 || ((c < '0' || c > '9') && c != '_')) {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// has tells whether there is a step.
func (d *Definition) has(step string) bool {
	_, ok := d.Steps[step]
	return ok
}

func (d *Definition) checkHead() error {
	switch {
	case !flowID(d.ID):
		return wrong("id", "is no id of a flow")
	case d.Version < 1:
		return wrong("version", "is not above nothing")
	case d.Needs.Level < 0 || d.Needs.Level > 2:
		return wrong("needs", "no flow begins with a proof of more than 2")
	case len(d.Steps) == 0 || len(d.Steps) > MaxSteps || len(d.Slots) > MaxSlots:
		return wrong("steps", "are none, or more than %d, or the slots are more than %d", MaxSteps, MaxSlots)
	case !d.has(d.Begin):
		return wrong("begin", "is no step")
	}
	for _, name := range d.persons() {
		if d.Steps[name].HandOver == nil {
			return wrong("person", "leads to %q, which is no hand-over", name)
		}
	}
	return nil
}

// persons are the hand-overs that "talk to a person" may lead to.
func (d *Definition) persons() []string {
	arms := d.Steps[d.Person].Branch
	if len(arms) == 0 {
		return []string{d.Person}
	}
	var list []string
	for _, arm := range arms {
		list = append(list, arm.To)
	}
	return list
}

func (d *Definition) checkSlots() error {
	known := slices.Concat(value.Entered(), value.Chosen(), value.Told(), []Type{Files})
	for name, slot := range d.Slots {
		at := "slots." + name
		switch {
		case !word(name):
			return wrong(at, "is no name of a slot")
		case !slices.Contains(known, slot.Type):
			return wrong(at, "has the unknown type %s", slot.Type)
		case (slot.Type == Choice) != (len(slot.Options) > 0) || len(slot.Options) > MaxOptions:
			return wrong(at, "has options, or too many, and is no choice; or the other way round")
		case slot.Most < 0 || slot.Most > MaxText || (slot.Most > 0 && slot.Type != Text):
			return wrong(at, "has a length that does not fit")
		}
		seen := map[string]bool{}
		for _, o := range slot.Options {
			if !word(o.ID) || seen[o.ID] {
				return wrong(at, "has the option %s twice, or that is no name", o.ID)
			}
			seen[o.ID] = true
		}
	}
	return nil
}

// names are the steps in the order of the alphabet, so that of several mistakes always
// the same one is told.
func (d *Definition) names() []string { return slices.Sorted(maps.Keys(d.Steps)) }

// checkSteps judges each step for itself.
func (d *Definition) checkSteps() error {
	for _, name := range d.names() {
		s := d.Steps[name]
		if !word(name) {
			return wrong(name, "is no name of a step")
		}
		kind := s.Kind()
		if kind == "" {
			return wrong(name, "does not do exactly one thing: %v", s.kinds())
		}
		if (s.Next == "") != (kind == KindBranch || s.ends()) {
			return wrong(name, "leads nowhere, or has a next that nothing leads to")
		}
		if err := d.checkOutcomes(name, s); err != nil {
			return err
		}
		if err := d.checkDoing(name, s); err != nil {
			return err
		}
		if s.Forget != "" && d.typeOf(s.Forget) == "" {
			return wrong(name, "forgets %s, which is no slot", s.Forget)
		}
	}
	return nil
}

func (d *Definition) checkOutcomes(name string, s Step) error {
	known := outcomes(s.Kind())
	for outcome, to := range s.On {
		if _, ok := known[outcome]; !ok {
			return wrong(name, "never ends as %s", outcome)
		}
		if !d.has(to) {
			return wrong(name, "leads to %s, which is no step", to)
		}
	}
	for outcome, needed := range known {
		if needed && s.On[outcome] == "" {
			return wrong(name, "does not say what comes after %s", outcome)
		}
	}
	if optional := (s.Ask != nil && s.Ask.Optional) || (s.Files != nil && s.Files.Optional); optional != (s.On["skipped"] != "") {
		return wrong(name, "may be skipped and does not say what comes then, or the other way round")
	}
	if s.Next != "" && !d.has(s.Next) {
		return wrong(name, "leads to %s, which is no step", s.Next)
	}
	for i, arm := range s.Branch {
		if !d.has(arm.To) {
			return wrong(name, "leads to %s, which is no step", arm.To)
		}
		if last := i == len(s.Branch)-1; (arm.If == "") != last {
			return wrong(name, "the last way of a branch has no condition, and only the last")
		}
	}
	return nil
}

// typeOf is the type of a slot, "" where there is none.
func (d *Definition) typeOf(slot string) Type { return d.Slots[slot].Type }

func (d *Definition) checkDoing(name string, s Step) error {
	switch s.Kind() {
	case KindAsk:
		if !slices.Contains(value.Entered(), d.typeOf(s.Ask.Into)) {
			return wrong(name, "asks for what nobody can enter")
		}
	case KindChoose:
		return d.checkChoose(name, s.Choose)
	case KindFiles:
		if d.typeOf(s.Files.Into) != Files {
			return wrong(name, "asks for files into a slot of another type")
		}
		return s.Files.Validate(name, word)
	case KindShow:
		return d.checkShow(name, s)
	case KindCall:
		return d.checkCall(name, s.Call)
	case KindPropose:
		return d.checkPropose(name, s.Propose)
	case KindConfirm, KindStepUp, KindExecute:
		if of := cmp.Or(s.Confirm, s.StepUp, s.Execute).Of; d.typeOf(of) != Act {
			return wrong(name, "is of %q, which is no act", of)
		}
	case KindWait:
		if t := d.typeOf(s.Wait.For); !slices.Contains([]Type{Payment, Refund, Dispute, Act}, t) || s.Wait.Days < 1 || s.Wait.Days > 7 {
			return wrong(name, "waits for what does not change, or not for 1 to 7 days")
		}
		if s.Wait.Person != nil {
			return s.Wait.Person.check(name)
		}
	case KindHandOver:
		return s.HandOver.check(name)
	case KindContinue:
		if !flowID(s.Continue.Flow) {
			return wrong(name, "goes on in %q, which is no id of a flow", s.Continue.Flow)
		}
		for slot, from := range s.Continue.With {
			if _, there := d.Slots[from]; !there || !word(slot) {
				return wrong(name, "gives on %s, which is no slot", from)
			}
		}
	case KindEnd:
		if !slices.Contains([]string{"solved", "informed", "submitted", "given_up"}, s.End.Outcome) {
			return wrong(name, "ends as nothing")
		}
	}
	return nil
}

func (d *Definition) checkChoose(name string, c *Choose) error {
	source, ok := Sources()[c.From]
	if !ok {
		return d.bind(name, c.From, c.Into, true, c.With)
	}
	if d.typeOf(c.Into) != source.Gives {
		return wrong(name, "chooses from a list that there is not, or into a slot of another type")
	}
	for key, value := range c.With {
		if !slices.Contains(source.With[key], value) {
			return wrong(name, "the list has no %s %s", key, value)
		}
	}
	if len(c.With) != len(source.With) {
		return wrong(name, "the list needs more to be known")
	}
	return nil
}

func (d *Definition) checkShow(name string, s Step) error {
	card := Type(s.Show.Card)
	if s.Show.Card == "text" {
		if s.Show.Of != "" || len(s.Say) == 0 {
			return wrong(name, "a text is of nothing, and says something")
		}
		return nil
	}
	if card != d.typeOf(s.Show.Of) || slices.Contains(value.Entered(), card) {
		return wrong(name, "shows %s as %s", s.Show.Of, s.Show.Card)
	}
	return nil
}

func (d *Definition) checkCall(name string, c *Call) error {
	q, ok := Calls()[c.Do]
	if !ok {
		return d.bind(name, c.Do, c.Into, false, c.With)
	}
	if d.typeOf(c.Into) != q.Gives {
		return wrong(name, "asks what cannot be asked, or into a slot of another type")
	}
	for key, want := range q.With {
		if d.typeOf(c.With[key]) != want {
			return wrong(name, "%s is no %s", key, want)
		}
	}
	if len(c.With) != len(q.With) {
		return wrong(name, "says more than is asked for")
	}
	return nil
}

func (d *Definition) checkPropose(name string, p *Propose) error {
	if !p.Act.Known() || d.typeOf(p.Into) != Act {
		return wrong(name, "proposes what there is not, or into a slot of another type")
	}
	if p.Target != "" && !slices.Contains(value.Chosen(), d.typeOf(p.Target)) {
		return wrong(name, "acts on %s, which is nothing of the wallet's", p.Target)
	}
	if slot, field, _ := strings.Cut(p.Amount, "."); p.Amount != "" && !((d.typeOf(slot) == Amount && field == "") || (d.typeOf(slot) == Terms && field == "left") || (d.typeOf(slot) == Payment && field == "amount") || (field != "" && d.typeOf(slot) == Sheet)) {
		return wrong(name, "takes its sum from %s, which is none", p.Amount)
	}
	if slot, isSlot := strings.CutPrefix(p.Reason, "$"); (isSlot && d.typeOf(slot) != Choice) || (!isSlot && !word(p.Reason)) {
		return wrong(name, "has no reason")
	}
	if p.Files != "" && (!p.Act.TakesFiles() || d.typeOf(p.Files) != Files) {
		return wrong(name, "gives files from %s, which are none, or to an act that takes none", p.Files)
	}
	for key, from := range p.Details {
		slot, figure, told := strings.Cut(from, ".")
		if told && word(key) && word(figure) && d.typeOf(slot) == Sheet {
			continue
		}
		if told || !word(key) || (!slices.Contains(value.Entered(), d.typeOf(slot)) && d.typeOf(slot) != Entry) {
			return wrong(name, "tells %s, which nobody entered or chose from a list, and which is no figure of a sheet", from)
		}
	}
	return nil
}

// compile makes the conditions, each over the facts of all slots.
func (d *Definition) compile() error {
	facts := condition.Facts{}
	for name := range d.Slots {
		d.declare(facts, name)
	}
	language, err := condition.New(facts)
	if err != nil {
		return err
	}
	d.conditions = map[string]condition.Condition{}
	add := func(key, step, text string) error {
		c, err := language.Compile(text)
		if err != nil {
			return wrong(step, "the condition %q: %s", text, err)
		}
		d.conditions[key] = c
		return nil
	}
	for _, name := range d.names() {
		s := d.Steps[name]
		for i, arm := range s.Branch {
			if err := add(armKey(name, i), name, arm.If); err != nil {
				return err
			}
		}
	}
	for name, slot := range d.Slots {
		for _, o := range slot.Options {
			if err := add(optionKey(name, o.ID), "slots."+name, o.If); err != nil {
				return err
			}
		}
	}
	return nil
}

func armKey(step string, i int) string {
	return step + "/" + string(rune('0'+i/10)) + string(rune('0'+i%10))
}
func optionKey(slot, option string) string { return "slot " + slot + "/" + option }
func languages() []string                  { return []string{"en", "zh"} }
func (s Step) speaks() bool                { k := s.Kind(); return s.stops() || k == KindHandOver || k == KindEnd }

// checkTexts refuses what is not there in every language, and sentences that name
// what there is not.
func (d *Definition) checkTexts() error {
	whole := func(at string, texts form.Texts, most int) error {
		for lang := range texts { // a comma in a text that is not quoted makes one
			if !slices.Contains(languages(), lang) {
				return wrong(at, "is there in %q, which is no language", lang)
			}
		}
		for _, lang := range languages() {
			if texts[lang] == "" || utf8.RuneCountInString(texts[lang]) > most {
				return wrong(at, "is not there in %s, or has more than %d characters", lang, most)
			}
			if names, other := Names(texts[lang]), Names(texts[languages()[0]]); !slices.Equal(names, other) {
				return wrong(at, "names %v in %s and %v in %s", names, lang, other, languages()[0])
			}
		}
		return nil
	}
	if err := whole("title", d.Title, 80); err != nil {
		return err
	}
	if err := whole("about", d.About, 120); err != nil {
		return err
	}
	for name, slot := range d.Slots {
		for _, o := range slot.Options {
			if err := whole("slots."+name+"."+o.ID, o.Label, 80); err != nil {
				return err
			}
			if len(o.Hint) > 0 {
				if err := whole("slots."+name+"."+o.ID, o.Hint, 160); err != nil {
					return err
				}
			}
		}
	}
	for _, name := range d.names() {
		s := d.Steps[name]
		if len(s.Say) == 0 && !s.speaks() {
			continue
		}
		if s.Files != nil {
			if err := s.Files.Texts(name, whole); err != nil {
				return err
			}
		}
		if err := whole(name, s.Say, maxSay); err != nil {
			return err
		}
		if s.speaks() && !d.sayable(s.Say["en"]) {
			return wrong(name, "says nothing where the wallet does not tell a figure")
		}
		for _, named := range Names(s.Say["en"]) {
			slot, field, _ := strings.Cut(named, ".")
			if !slices.Contains(d.figures(slot), field) {
				return wrong(name, "says {%s}, which there is not", named)
			}
		}
	}
	return nil
}

// maxTopic bounds the topic of a hand-over, in characters.
const maxTopic = 80

// checkTopics refuses topics that are not there in every language. Runs go on with
// versions whose topics were in English alone, so that no other reader asks for it.
func (d *Definition) checkTopics() error {
	for _, name := range d.names() {
		h := d.Steps[name].HandOver
		if h == nil {
			continue
		}
		for _, lang := range languages() {
			if h.Topic[lang] == "" || utf8.RuneCountInString(h.Topic[lang]) > maxTopic || len(h.Topic) > len(languages()) {
				return wrong(name, "has a topic that is not there in %s, or has more than %d characters", lang, maxTopic)
			}
		}
	}
	return nil
}

// sayable tells whether a line is left of a text whatever the wallet tells: one that
// names nothing, or only what is always there.
func (d *Definition) sayable(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		always := strings.TrimSpace(line) != ""
		for _, name := range Names(line) {
			slot, field, _ := strings.Cut(name, ".")
			always = always && slices.Contains(d.certain(slot), field)
		}
		if always {
			return true
		}
	}
	return false
}

// Names lists what a text names in braces, in order, each once.
func Names(text string) []string {
	var names []string
	for _, part := range strings.Split(text, "{")[1:] {
		if name, _, closed := strings.Cut(part, "}"); closed && word(strings.ReplaceAll(name, ".", "_")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (h HandOver) check(name string) error {
	if !word(h.Reason) || h.Topic.In("en") == "" || utf8.RuneCountInString(h.Topic.In("en")) > maxTopic || !slices.Contains([]string{"", "high", "urgent"}, h.Priority) || len(h.Skills) > 5 {
		return wrong(name, "has no reason or topic, or a priority that there is not")
	}
	return nil
}
