// Package desk is what members of staff keep for their work at the desk: views of
// the inbox, and macros.
package desk

import (
	"slices"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Bounds of a view.
const (
	MaxName     = 60
	maxOfAKind  = 10
	maxMinutes  = 365 * 24 * 60
	maxLanguage = 8
)

// The lists that a view begins with.
const (
	Mine       = "mine"
	Unassigned = "unassigned"
	Teams      = "teams"
	All        = "all"
	Mentions   = "mentions"
)

// The orders of a list.
const (
	ByActivity = "activity"
	ByDue      = "due"
)

// List says which conversations a list of the inbox holds. Of several values of
// one kind one must fit; what is left out chooses nothing out.
type List struct {
	View         string                  `json:"view,omitempty" enum:"mine,unassigned,teams,all,mentions" default:"all" doc:"whose conversations; teams: of the teams that the caller is in; mentions: where a note names the caller, the newest note first"`
	Assignee     string                  `json:"assignee,omitempty" maxLength:"26" doc:"in place of the view: those of this member of staff"`
	Statuses     []conversation.Status   `json:"status,omitempty" nullable:"false" enum:"open,waiting,snoozed,resolved" maxItems:"4" doc:"open, when it is left out"`
	Priorities   []conversation.Priority `json:"priority,omitempty" nullable:"false" enum:"low,normal,high,urgent" maxItems:"4"`
	Teams        []string                `json:"team,omitempty" nullable:"false" maxItems:"10" doc:"ids of teams"`
	Codes        []string                `json:"code,omitempty" nullable:"false" maxItems:"10" doc:"ids of wrap-up codes: of the newest resolution"`
	Tags         []string                `json:"tag,omitempty" nullable:"false" maxItems:"10"`
	Languages    []string                `json:"language,omitempty" nullable:"false" maxItems:"10" doc:"primary subtags, such as zh"`
	Channels     []string                `json:"channel,omitempty" nullable:"false" maxItems:"10"`
	WaitsMinutes int64                   `json:"waits_minutes,omitempty" minimum:"0" maximum:"525600" doc:"the customer has waited for so long, or longer"`
	Order        string                  `json:"order,omitempty" enum:"activity,due" default:"activity" doc:"due: those alone of which a promise is due, the next to break first"`
	Unread       bool                    `json:"unread,omitempty" doc:"with words of the customer that no agent has read"`
}

// View is a list of the inbox under a name.
type View struct {
	Name string `json:"name" maxLength:"60"`
	List List   `json:"list"`
}

// ViewKind is its definition: shared by the house, or one's own.
func ViewKind() settings.Definition {
	return settings.Define(settings.Kind[View]{
		Name: "view", Scope: settings.Either, Max: 100, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings,
	})
}

// Validate implements settings.Value.
func (v View) Validate() error {
	if err := settings.CheckLine("name", v.Name, MaxName); err != nil {
		return err
	}
	return v.List.validate("list.")
}

func (l *List) validate(path string) error {
	const op = "desk.List"
	if !slices.Contains([]string{"", Mine, Unassigned, Teams, All, Mentions}, l.View) {
		return fault.InvalidFor(op, path+"view", settings.Unknown, "must be mine, unassigned, teams, all or mentions")
	}
	if l.Order != "" && l.Order != ByActivity && l.Order != ByDue {
		return fault.InvalidFor(op, path+"order", settings.Unknown, "must be activity or due")
	}
	if l.Assignee != "" && !id.Valid(l.Assignee) {
		return fault.InvalidFor(op, path+"assignee", settings.Malformed, "is no id")
	}
	for i, status := range l.Statuses {
		if !slices.Contains([]conversation.Status{conversation.Open, conversation.Waiting, conversation.Snoozed, conversation.Resolved}, status) {
			return fault.InvalidFor(op, path+"status."+strconv.Itoa(i), settings.Unknown, "is no status")
		}
	}
	for i, priority := range l.Priorities {
		if !conversation.ValidPriority(priority) {
			return fault.InvalidFor(op, path+"priority."+strconv.Itoa(i), settings.Unknown, "is no priority")
		}
	}
	for field, ids := range map[string][]string{"team": l.Teams, "code": l.Codes} {
		if len(ids) > maxOfAKind {
			return fault.InvalidFor(op, path+field, settings.TooMany, "are more than %d", maxOfAKind)
		}
		for i, one := range ids {
			if !id.Valid(one) {
				return fault.InvalidFor(op, path+field+"."+strconv.Itoa(i), settings.Malformed, "is no id")
			}
		}
	}
	for field, texts := range map[string]struct {
		all  []string
		most int
	}{"tag": {l.Tags, conversation.MaxTagChars}, "language": {l.Languages, maxLanguage}, "channel": {l.Channels, conversation.MaxTagChars}} {
		if len(texts.all) > maxOfAKind {
			return fault.InvalidFor(op, path+field, settings.TooMany, "are more than %d", maxOfAKind)
		}
		for i, text := range texts.all {
			if err := settings.CheckLine(path+field+"."+strconv.Itoa(i), text, texts.most); err != nil {
				return err
			}
		}
	}
	if len(l.Statuses) > maxOfAKind || len(l.Priorities) > maxOfAKind {
		return fault.InvalidFor(op, path+"status", settings.TooMany, "are more than %d", maxOfAKind)
	}
	if l.WaitsMinutes < 0 || l.WaitsMinutes > maxMinutes {
		return fault.InvalidFor(op, path+"waits_minutes", settings.OutOfRange, "must lie between 0 and %d", maxMinutes)
	}
	return nil
}
