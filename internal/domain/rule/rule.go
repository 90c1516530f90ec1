// Package rule holds what an operator lets Kefu do by itself with conversations:
// on an occasion, if a condition holds, some actions. A condition is an expression
// in the Common Expression Language (cel.dev) over the facts of this package; it is
// checked when it is saved, cannot change anything, and is stopped when it costs
// too much. Carrying actions out is not this package's matter.
package rule

import (
	"slices"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
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
	AskSkills   Do = "skills" // what an agent must be able to do to be offered it
	WriteNote   Do = "note"
)

// Action is one thing that a rule does. Do tells which of the other fields counts.
type Action struct {
	Do       Do                    `json:"do" enum:"priority,team,add_tags,remove_tags,language,assign,skills,note"`
	Priority conversation.Priority `json:"priority,omitempty" enum:"low,normal,high,urgent"`
	Team     string                `json:"team,omitempty" maxLength:"26" doc:"id of a team; empty takes it away"`
	Tags     []string              `json:"tags,omitempty" maxItems:"20"`
	Language string                `json:"language,omitempty" maxLength:"35"`
	Staff    string                `json:"staff,omitempty" maxLength:"26" doc:"id of a member of staff"`
	Skills   []string              `json:"skills,omitempty" maxItems:"20"`
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

// Kind is its definition.
func Kind() settings.Definition {
	return settings.Define(settings.Kind[Rule]{
		Name: "rule", Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings, Max: 200, Check: teamsExist,
	})
}

// teamsExist refuses a rule that names a team which is not in use.
func teamsExist(all *settings.Snapshot, _ string, r Rule) error {
	for i, a := range r.Then {
		if a.Team == "" {
			continue
		}
		if team, found := settings.Find[routing.Team](all, a.Team); !found || team.Archived {
			return fault.InvalidFor("rule.teamsExist", path(i, "team"), settings.Unknown, "there is no such team")
		}
	}
	return nil
}

func path(action int, field string) string { return "then." + strconv.Itoa(action) + "." + field }

// Validate implements settings.Value. For a condition the message says where and
// why.
func (r Rule) Validate() error {
	const op = "rule.Validate"
	if err := settings.CheckLine("name", r.Name, maxNameChars); err != nil {
		return err
	}
	if r.Order < 0 || r.Order > maxOrder {
		return fault.InvalidFor(op, "order", settings.OutOfRange, "must be 0 to %d", maxOrder)
	}
	if len(r.When) == 0 {
		return fault.InvalidFor(op, "when", settings.Missing, "names no occasion")
	}
	known := Occasions()
	for i, o := range r.When {
		if !slices.Contains(known, o) {
			return fault.InvalidFor(op, "when", settings.Unknown, "names an occasion that does not exist")
		}
		if slices.Contains(r.When[:i], o) {
			return fault.InvalidFor(op, "when", settings.Taken, "names an occasion twice")
		}
	}
	if len(r.Then) == 0 {
		return fault.InvalidFor(op, "then", settings.Missing, "there is nothing to do")
	}
	if len(r.Then) > maxActions {
		return fault.InvalidFor(op, "then", settings.TooMany, "are more than %d actions", maxActions)
	}
	for i, a := range r.Then {
		if err := a.validate(i); err != nil {
			return err
		}
	}
	_, err := compile(r.If)
	return err
}

// validate looks at an action by its place among the others.
func (a Action) validate(i int) error {
	const op = "rule.validate"
	wrong := func(field, reason, message string) error {
		return fault.InvalidFor(op, path(i, field), reason, "%s", message)
	}
	only := Action{Do: a.Do}
	switch a.Do {
	case SetPriority:
		if !conversation.ValidPriority(a.Priority) {
			return wrong("priority", settings.Unknown, "there is no such priority")
		}
		only.Priority = a.Priority
	case SetTeam:
		if a.Team != "" && !id.Valid(a.Team) {
			return wrong("team", settings.Unknown, "there is no such team")
		}
		only.Team = a.Team
	case AddTags, RemoveTags:
		if err := validTags(path(i, "tags"), a.Tags); err != nil {
			return err
		}
		only.Tags = a.Tags
	case SetLanguage:
		if a.Language == "" {
			return wrong("language", settings.Missing, "is missing")
		}
		if err := conversation.CheckLanguage(path(i, "language"), a.Language); err != nil {
			return wrong("language", settings.Malformed, "is no language tag")
		}
		only.Language = a.Language
	case AssignTo:
		if !id.Valid(a.Staff) {
			return wrong("staff", settings.Missing, "names nobody")
		}
		only.Staff = a.Staff
	case AskSkills:
		if len(a.Skills) == 0 {
			return wrong("skills", settings.Missing, "there is none")
		}
		if _, err := conversation.CleanSkills(path(i, "skills"), a.Skills); err != nil {
			return wrong("skills", settings.Malformed, "are none")
		}
		only.Skills = a.Skills
	case WriteNote:
		if a.Note == "" {
			return wrong("note", settings.Missing, "is missing")
		}
		if err := settings.CheckText(path(i, "note"), a.Note, maxNoteChars); err != nil {
			return err
		}
		only.Note = a.Note
	default:
		return wrong("do", settings.Unknown, "there is no such action")
	}
	if !only.equal(a) {
		return wrong("do", settings.Malformed, "has fields of another action")
	}
	return nil
}

func validTags(field string, tags []string) error {
	const op = "rule.validTags"
	if len(tags) == 0 {
		return fault.InvalidFor(op, field, settings.Missing, "there is none")
	}
	if len(tags) > conversation.MaxTags {
		return fault.InvalidFor(op, field, settings.TooMany, "are more than %d", conversation.MaxTags)
	}
	for _, tag := range tags {
		if err := settings.CheckLine(field, tag, conversation.MaxTagChars); err != nil {
			return err
		}
	}
	return nil
}

func (a Action) equal(b Action) bool {
	return a.Do == b.Do && a.Priority == b.Priority && a.Team == b.Team && slices.Equal(a.Tags, b.Tags) &&
		a.Language == b.Language && a.Staff == b.Staff && slices.Equal(a.Skills, b.Skills) && a.Note == b.Note
}
