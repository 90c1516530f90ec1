// Package rule holds what an operator lets Kefu do by itself with conversations:
// on an occasion, if a condition holds, some actions. A condition is an expression
// in the Common Expression Language (cel.dev) over the facts of this package; it is
// checked when it is saved, cannot change anything, and is stopped when it costs
// too much. Carrying actions out is not this package's matter.
package rule

import (
	"slices"
	"unicode/utf8"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Occasion is when a rule is looked at.
type Occasion string

// The occasions. What rules themselves do is none: no rule sets off another.
const (
	Started       Occasion = "started"          // the customer's first message
	CustomerWrote Occasion = "customer_wrote"   // any message of the customer, the first one too
	AgentWrote    Occasion = "agent_wrote"      // an answer
	PersonAsked   Occasion = "person_asked_for" // "talk to a person"
	Assigned      Occasion = "assigned"
	Resolved      Occasion = "resolved"
	Reopened      Occasion = "reopened"
)

// Occasions lists them.
func Occasions() []Occasion {
	return []Occasion{Started, CustomerWrote, AgentWrote, PersonAsked, Assigned, Resolved, Reopened}
}

// Do is what an action does.
type Do string

// The actions.
const (
	SetPriority Do = "priority"
	SetTeam     Do = "team"
	AddTags     Do = "add_tags"
	RemoveTags  Do = "remove_tags"
	SetLanguage Do = "language"
	AssignTo    Do = "assign"
	WriteNote   Do = "note"
)

// Action is one thing that a rule does. Do tells which of the other fields counts.
type Action struct {
	Do       Do                    `json:"do" enum:"priority,team,add_tags,remove_tags,language,assign,note"`
	Priority conversation.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent"`
	Team     string                `json:"team,omitempty" maxLength:"26" doc:"id of a team; empty takes it away"`
	Tags     []string              `json:"tags,omitempty" maxItems:"20"`
	Language string                `json:"language,omitempty" maxLength:"35"`
	Staff    string                `json:"staff,omitempty" maxLength:"26" doc:"id of a member of staff"`
	Note     string                `json:"note,omitempty" maxLength:"2000"`
}

// Rule is a business rule, as it is edited on screen.
type Rule struct {
	Name   string     `json:"name" minLength:"1" maxLength:"120"`
	When   []Occasion `json:"when" nullable:"false" minItems:"1" maxItems:"10"`
	If     string     `json:"if,omitempty" maxLength:"2000" doc:"a CEL expression; without one the rule always holds"`
	Then   []Action   `json:"then" nullable:"false" minItems:"1" maxItems:"10"`
	Order  int        `json:"order,omitempty" minimum:"0" maximum:"10000" doc:"lower ones come first"`
	Stop   bool       `json:"stop,omitempty" doc:"no later rule is looked at on this occasion"`
	Paused bool       `json:"paused,omitempty"`
}

const (
	maxNameChars = 120
	maxNoteChars = 2000
	maxActions   = 10
	maxOrder     = 10_000
)

// Validate refuses a rule that could not be carried out. Errors: Invalid, with the
// field; for a condition the text says where and why.
func (r Rule) Validate() error {
	const op = "rule.Validate"
	if err := conversation.CheckLine("name", r.Name, maxNameChars); err != nil {
		return err
	}
	if r.Name == "" {
		return fault.InvalidField(op, "name", "is missing")
	}
	if r.Order < 0 || r.Order > maxOrder {
		return fault.InvalidField(op, "order", "must be 0 to %d", maxOrder)
	}
	if len(r.When) == 0 {
		return fault.InvalidField(op, "when", "must name at least one occasion")
	}
	known := Occasions()
	for i, o := range r.When {
		if !slices.Contains(known, o) || slices.Contains(r.When[:i], o) {
			return fault.InvalidField(op, "when", "names an occasion that does not exist, or one twice")
		}
	}
	if len(r.Then) == 0 || len(r.Then) > maxActions {
		return fault.InvalidField(op, "then", "must have 1 to %d actions", maxActions)
	}
	for _, a := range r.Then {
		if err := a.validate(); err != nil {
			return err
		}
	}
	_, err := compile(r.If)
	return err
}

func (a Action) validate() error {
	const op = "rule.validate"
	wrong := func(message string, args ...any) error { return fault.InvalidField(op, "then", message, args...) }
	only := Action{Do: a.Do}
	switch a.Do {
	case SetPriority:
		if !conversation.ValidPriority(a.Priority) {
			return wrong("names a priority that does not exist")
		}
		only.Priority = a.Priority
	case SetTeam:
		if a.Team != "" && !id.Valid(a.Team) {
			return wrong("names a team that does not exist")
		}
		only.Team = a.Team
	case AddTags, RemoveTags:
		if err := validTags(a.Tags); err != nil {
			return err
		}
		only.Tags = a.Tags
	case SetLanguage:
		if a.Language == "" {
			return wrong("names no language")
		}
		if err := conversation.CheckLanguage("then", a.Language); err != nil {
			return err
		}
		only.Language = a.Language
	case AssignTo:
		if !id.Valid(a.Staff) {
			return wrong("names nobody to assign to")
		}
		only.Staff = a.Staff
	case WriteNote:
		if a.Note == "" || utf8.RuneCountInString(a.Note) > maxNoteChars {
			return wrong("has a note that is empty or longer than %d characters", maxNoteChars)
		}
		if err := conversation.CheckText("then", a.Note, maxNoteChars); err != nil {
			return err
		}
		only.Note = a.Note
	default:
		return wrong("has an action that does not exist")
	}
	if !only.equal(a) {
		return wrong("has an action with fields of another one")
	}
	return nil
}

func validTags(tags []string) error {
	if len(tags) == 0 || len(tags) > conversation.MaxTags {
		return fault.InvalidField("rule.validTags", "then", "must name 1 to %d tags", conversation.MaxTags)
	}
	for _, tag := range tags {
		if tag == "" {
			return fault.InvalidField("rule.validTags", "then", "names an empty tag")
		}
		if err := conversation.CheckLine("then", tag, conversation.MaxTagChars); err != nil {
			return err
		}
	}
	return nil
}

func (a Action) equal(b Action) bool {
	return a.Do == b.Do && a.Priority == b.Priority && a.Team == b.Team && slices.Equal(a.Tags, b.Tags) &&
		a.Language == b.Language && a.Staff == b.Staff && a.Note == b.Note
}
