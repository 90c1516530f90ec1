// Package form says what a customer may be asked before a person reads: a form is
// data that an operator writes, a topic with a few questions, each of a kind that
// can be checked and shown. It checks forms and answers and writes answers as
// text. It asks nobody: which transaction an id means is for flow/asking to find out.
package form

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

// Kind is the kind of a question.
type Kind string

// The kinds of questions.
const (
	Choice       Kind = "choice"       // one of several answers
	Line         Kind = "text"         // one line
	Lines        Kind = "longtext"     // several lines
	Amount       Kind = "amount"       // money, with its currency
	When         Kind = "when"         // a day, and a time of day if it is known
	Transaction  Kind = "transaction"  // chosen from the wallet; without one described by amount, day and counterparty
	Counterparty Kind = "counterparty" // who was to be paid, or was to pay
	ErrorText    Kind = "error"        // what the app said: a text or a code
	File         Kind = "file"         // pictures of the screen, receipts
	Contact      Kind = "contact"      // an e-mail address or a telephone number
)

func kinds() []Kind {
	return []Kind{Choice, Line, Lines, Amount, When, Transaction, Counterparty, ErrorText, File, Contact}
}

// Bounds of a form and of what is answered.
const (
	MaxForms    = 100
	MaxFields   = 12
	MaxChoices  = 20
	MaxTitle    = 80   // characters
	MaxLabel    = 120  // characters
	MaxHelp     = 300  // characters
	MaxTags     = 5    // of one form, and skills
	MaxLine     = 200  // characters of an answer of one line
	MaxLines    = 2000 // characters of an answer of several
	MaxFiles    = 5    // of one answer
	MaxOrder    = 1_000_000
	maxID       = 40
	maxLanguage = 10
	maxTag      = 40 // characters, as of a conversation's
)

// Texts is one text in each language, by its tag ("en", "zh"). English stands in
// for a language that is missing.
type Texts map[string]string

// In is the text in a language, or the nearest thing to it.
func (t Texts) In(lang string) string {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	for _, tag := range []string{lang, base, "en"} {
		if text := t[tag]; text != "" {
			return text
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		return t[tag]
	}
	return ""
}

// Form is one topic that a customer can choose, and what is asked about it.
type Form struct {
	ID     string `json:"id"`
	Title  Texts  `json:"title"`            // what the customer chooses
	Hint   Texts  `json:"hint,omitempty"`   // what it is for, in a line
	Icon   string `json:"icon,omitempty"`   // one of Icons
	Order  int    `json:"order,omitempty"`  // smaller stands further up
	Person bool   `json:"person,omitempty"` // goes to a person at once
	Paused bool   `json:"paused,omitempty"` // kept, and shown to nobody
	Flow   string `json:"flow,omitempty"`   // what whoever is signed in is led through instead; where that cannot be, the form is asked
	Anyone bool   `json:"anyone,omitempty"` // the flow is for whoever is not signed in, too
	// Needs is what a wallet has to tell for the topic to be shown where there is one: a wallet
	// without points is asked nothing about them. "": nothing.
	Needs  wallet.Reading `json:"needs,omitempty"`
	Fields []Field        `json:"fields"`
	// What a conversation that begins with it gets.
	Topic    string   `json:"topic,omitempty"`    // for staff; without it the title in the customer's language
	Tags     []string `json:"tags,omitempty"`     // which rules look at
	Skills   []string `json:"skills,omitempty"`   // that an agent must have to be offered it
	Priority string   `json:"priority,omitempty"` // "high" or "urgent"; never lowers one
}

// Definition makes forms a kind of setting.
func Definition() settings.Definition {
	return settings.Define(settings.Kind[Form]{
		Name: "form", Max: MaxForms, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings, Check: alone,
		Said: func(_ Form, path string) bool { return !strings.Contains(path, ".choices.") }, // those are the customer's words
	})
}

// alone refuses a second form under one id, and another id for a form:
// conversations name their form by it for good.
func alone(all *settings.Snapshot, id string, f Form) error {
	const op = "form.alone"
	if before, ok := settings.Find[Form](all, id); ok && before.Value.ID != f.ID {
		return fault.InvalidFor(op, "id", settings.Fixed, "was %s, which conversations name", before.Value.ID)
	}
	for _, other := range settings.Every[Form](all) {
		if other.ID != id && other.Value.ID == f.ID {
			return fault.InvalidFor(op, "id", settings.Taken, "is the id of another form, which may be out of use")
		}
	}
	return nil
}

// Field is one question.
type Field struct {
	ID       string     `json:"id"`
	Kind     Kind       `json:"kind"`
	Label    Texts      `json:"label"`
	Help     Texts      `json:"help,omitempty"`
	Required bool       `json:"required,omitempty"` // every other can be skipped
	Choices  []Option   `json:"choices,omitempty"`  // of a choice
	When     *Condition `json:"when,omitempty"`     // asked only then
}

// Option is one answer to choose.
type Option struct {
	ID    string `json:"id"`
	Label Texts  `json:"label"`
}

// Condition is about the answer to an earlier choice.
type Condition struct {
	Field string   `json:"field"`
	Is    []string `json:"is"` // one of these was chosen
}

// Icons are the pictures that a form may stand beside.
func Icons() []string {
	return []string{"card", "clock", "question", "refund", "key", "shield", "chat"}
}

// Validate refuses a form that cannot be asked. Errors: Invalid, with the path of
// the field.
func (f Form) Validate() error {
	const op = "form.Validate"
	if err := checkID(op, "id", f.ID); err != nil {
		return err
	}
	if err := checkTexts(op, "title", f.Title, MaxTitle, true); err != nil {
		return err
	}
	if err := checkTexts(op, "hint", f.Hint, MaxLabel, false); err != nil {
		return err
	}
	if err := f.checkOutcome(op); err != nil {
		return err
	}
	if f.Order < 0 || f.Order > MaxOrder {
		return fault.InvalidFor(op, "order", settings.OutOfRange, "must be 0 to %d", MaxOrder)
	}
	if f.Icon != "" && !slices.Contains(Icons(), f.Icon) {
		return fault.InvalidFor(op, "icon", settings.Unknown, "must be one of %s", strings.Join(Icons(), ", "))
	}
	if f.Flow != "" && !isFlow(f.Flow) {
		return fault.InvalidFor(op, "flow", settings.Malformed, "is no id of a flow")
	}
	if f.Needs != "" && !slices.Contains(wallet.Readings(), f.Needs) {
		return fault.InvalidFor(op, "needs", settings.Unknown, "is nothing that a wallet tells")
	}
	if len(f.Fields) == 0 {
		return fault.InvalidFor(op, "fields", settings.Missing, "asks nothing")
	}
	if len(f.Fields) > MaxFields {
		return fault.InvalidFor(op, "fields", settings.TooMany, "are more than %d", MaxFields)
	}
	for i := range f.Fields {
		if err := f.checkField(op, i); err != nil {
			return err
		}
	}
	return nil
}

// isFlow tells whether s has the form of a flow's id, such as FL2. Whether there is
// such a flow is known where flows are.
func isFlow(s string) bool {
	digits, ok := strings.CutPrefix(s, "FL")
	n, err := strconv.Atoi(digits)
	return ok && err == nil && n > 0 && n < 1000 && strconv.Itoa(n) == digits
}

func (f Form) checkOutcome(op string) error {
	if err := settings.CheckLine("topic", f.Topic, MaxLabel, true); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "normal", "high", "urgent"}, f.Priority) {
		return fault.InvalidFor(op, "priority", settings.Unknown, "must be normal, high or urgent")
	}
	if len(f.Tags) > MaxTags {
		return fault.InvalidFor(op, "tags", settings.TooMany, "are more than %d", MaxTags)
	}
	for i, tag := range f.Tags {
		if err := settings.CheckLine(at("tags", i, ""), tag, maxTag); err != nil {
			return err
		}
	}
	if len(f.Skills) > MaxTags {
		return fault.InvalidFor(op, "skills", settings.TooMany, "are more than %d", MaxTags)
	}
	for i, skill := range f.Skills {
		if err := settings.CheckLine(at("skills", i, ""), skill, maxTag); err != nil {
			return err
		}
	}
	return nil
}

func (f Form) checkField(op string, i int) error {
	field, before := f.Fields[i], f.Fields[:i]
	if err := checkID(op, at("fields", i, "id"), field.ID); err != nil {
		return err
	}
	if slices.ContainsFunc(before, func(other Field) bool { return other.ID == field.ID }) {
		return fault.InvalidFor(op, at("fields", i, "id"), settings.Taken, "is the id of another question")
	}
	if !slices.Contains(kinds(), field.Kind) {
		return fault.InvalidFor(op, at("fields", i, "kind"), settings.Unknown, "is no kind of question")
	}
	if err := checkTexts(op, at("fields", i, "label"), field.Label, MaxLabel, true); err != nil {
		return err
	}
	if err := checkTexts(op, at("fields", i, "help"), field.Help, MaxHelp, false); err != nil {
		return err
	}
	if err := field.checkAsks(op, i); err != nil {
		return err
	}
	if (field.Kind == Choice) != (len(field.Choices) > 0) || len(field.Choices) == 1 || len(field.Choices) > MaxChoices {
		return fault.InvalidFor(op, at("fields", i, "choices"), settings.OutOfRange, "must be 2 to %d of a choice, and none of another kind", MaxChoices)
	}
	for j, choice := range field.Choices {
		path := at("fields", i, at("choices", j, ""))
		if err := checkID(op, path+".id", choice.ID); err != nil {
			return err
		}
		if slices.ContainsFunc(field.Choices[:j], func(other Option) bool { return other.ID == choice.ID }) {
			return fault.InvalidFor(op, path+".id", settings.Taken, "is the id of another answer")
		}
		if err := checkTexts(op, path+".label", choice.Label, MaxLabel, true); err != nil {
			return err
		}
	}
	return checkCondition(op, at("fields", i, "when"), field.When, before)
}

func checkCondition(op, path string, c *Condition, before []Field) error {
	if c == nil {
		return nil
	}
	i := slices.IndexFunc(before, func(f Field) bool { return f.ID == c.Field && f.Kind == Choice })
	if i < 0 {
		return fault.InvalidFor(op, path+".field", settings.Unknown, "must be a choice that is asked before")
	}
	if len(c.Is) == 0 {
		return fault.InvalidFor(op, path+".is", settings.Missing, "is empty")
	}
	for j, id := range c.Is {
		if _, ok := before[i].option(id); !ok {
			return fault.InvalidFor(op, at(path+".is", j, ""), settings.Unknown, "is no answer to that question")
		}
	}
	return nil
}

func (f Field) option(id string) (Option, bool) {
	i := slices.IndexFunc(f.Choices, func(o Option) bool { return o.ID == id })
	if i < 0 {
		return Option{}, false
	}
	return f.Choices[i], true
}

func at(list string, i int, field string) string {
	path := list + "." + strconv.Itoa(i)
	if field != "" {
		path += "." + field
	}
	return path
}

func checkID(op, path, id string) error {
	ok, _ := regexp.MatchString(`^[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?$`, id)
	if !ok || len(id) > maxID {
		return fault.InvalidFor(op, path, settings.Malformed, "must have 1 to %d small letters, digits and hyphens", maxID)
	}
	return nil
}

func checkTexts(op, path string, texts Texts, most int, needed bool) error {
	if needed && texts.In("en") == "" {
		return fault.InvalidFor(op, path, settings.Missing, "is missing")
	}
	for _, tag := range slices.Sorted(maps.Keys(texts)) {
		if _, err := language.Parse(tag); err != nil || len(tag) > maxLanguage {
			return fault.InvalidFor(op, path, settings.Malformed, "names %q, which is no language", tag)
		}
		if err := settings.CheckLine(path+"."+tag, texts[tag], most, true); err != nil {
			return err
		}
	}
	return nil
}

// printable tells one line of UTF-8 without control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) })
}
