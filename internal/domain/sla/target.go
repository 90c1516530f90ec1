package sla

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Bounds of a target.
const (
	MaxTerms   = 50            // values of one condition
	MaxMinutes = 60 * 24 * 365 // of one promise
	maxTerm    = 120           // characters of a value
)

// Conditions say which conversations a target is for. Each has to hold; one without
// values holds always.
type Conditions struct {
	Channels   []string `json:"channels,omitempty" maxItems:"50" doc:"such as chat"`
	Priorities []string `json:"priorities,omitempty" maxItems:"4" doc:"low, normal, high, urgent"`
	Languages  []string `json:"languages,omitempty" maxItems:"50" doc:"BCP 47 tags; zh also means zh-TW"`
	Topics     []string `json:"topics,omitempty" maxItems:"50"`
	Tags       []string `json:"tags,omitempty" maxItems:"50" doc:"one of them is enough"`
	Teams      []string `json:"teams,omitempty" maxItems:"50" doc:"ids of teams"`
}

// Target is what is aimed for: how soon people answer and solve, in minutes of
// work. 0 aims for nothing.
type Target struct {
	Name          string     `json:"name" maxLength:"60"`
	Order         int64      `json:"order,omitempty" minimum:"0" maximum:"1000" doc:"the first target that is for a conversation counts; lower is first"`
	When          Conditions `json:"when,omitempty"`
	Calendar      string     `json:"calendar,omitempty" doc:"a calendar's id; without it minutes count around the clock"`
	FirstResponse int64      `json:"first_response,omitempty" minimum:"0" maximum:"525600" doc:"minutes of work to the first answer"`
	NextResponse  int64      `json:"next_response,omitempty" minimum:"0" maximum:"525600" doc:"minutes of work to each later answer"`
	Resolution    int64      `json:"resolution,omitempty" minimum:"0" maximum:"525600" doc:"minutes of work until it is resolved"`
	RunsWaiting   bool       `json:"runs_while_waiting,omitempty" doc:"resolution goes on counting while the customer's answer is waited for"`
	RunsSnoozed   bool       `json:"runs_while_snoozed,omitempty" doc:"resolution goes on counting while it is put off"`
	Tell          bool       `json:"tell_customers,omitempty" doc:"customers are told by when they are answered"`
}

// TargetKind is its definition.
func TargetKind() settings.Definition {
	return settings.Define(settings.Kind[Target]{
		Name: "target", Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings, Check: targetFits,
	})
}

func targetFits(all *settings.Snapshot, of string, t Target) error {
	const op = "sla.targetFits"
	for _, other := range settings.All[Target](all) {
		if other.ID != of && strings.EqualFold(other.Value.Name, t.Name) {
			return fault.InvalidFor(op, "name", settings.Taken, "another target has this name")
		}
	}
	for i, team := range t.When.Teams {
		if found, ok := settings.Find[routing.Team](all, team); !ok || found.Archived {
			return fault.InvalidFor(op, fmt.Sprintf("when.teams.%d", i), settings.Unknown, "is no team in use")
		}
	}
	if t.Calendar == "" {
		return nil
	}
	if found, ok := settings.Find[Calendar](all, t.Calendar); !ok || found.Archived {
		return fault.InvalidFor(op, "calendar", settings.Unknown, "is no calendar in use")
	}
	return nil
}

// Validate implements settings.Value.
func (t Target) Validate() error {
	const op = "sla.Target.Validate"
	if err := settings.CheckLine("name", t.Name, MaxName); err != nil {
		return err
	}
	if t.Order < 0 || t.Order > 1000 {
		return fault.InvalidFor(op, "order", settings.OutOfRange, "must lie between 0 and 1000")
	}
	for _, f := range []struct {
		field   string
		minutes int64
	}{{"first_response", t.FirstResponse}, {"next_response", t.NextResponse}, {"resolution", t.Resolution}} {
		if f.minutes < 0 || f.minutes > MaxMinutes {
			return fault.InvalidFor(op, f.field, settings.OutOfRange, "must lie between 0 and %d", MaxMinutes)
		}
	}
	if t.FirstResponse+t.NextResponse+t.Resolution == 0 {
		return fault.InvalidFor(op, "first_response", settings.Missing, "aims for nothing")
	}
	if t.Calendar != "" && !id.Valid(t.Calendar) {
		return fault.InvalidFor(op, "calendar", settings.Malformed, "is no id")
	}
	return t.When.validate()
}

func (c Conditions) validate() error {
	const op = "sla.Conditions.validate"
	for _, f := range []struct {
		field string
		terms []string
	}{{"channels", c.Channels}, {"priorities", c.Priorities}, {"languages", c.Languages}, {"topics", c.Topics}, {"tags", c.Tags}, {"teams", c.Teams}} {
		path := "when." + f.field
		if len(f.terms) > MaxTerms {
			return fault.InvalidFor(op, path, settings.TooMany, "are more than %d", MaxTerms)
		}
		for i, term := range f.terms {
			at := fmt.Sprintf("%s.%d", path, i)
			if err := settings.CheckLine(at, term, maxTerm); err != nil {
				return err
			}
			if f.field == "priorities" && !conversation.ValidPriority(conversation.Priority(term)) {
				return fault.InvalidFor(op, at, settings.Unknown, "is no priority")
			}
			if f.field == "teams" && !id.Valid(term) {
				return fault.InvalidFor(op, at, settings.Malformed, "is no id")
			}
		}
	}
	return nil
}

// Subject is what a target is chosen by.
type Subject struct {
	Channel  string                `json:"c,omitempty"`
	Priority conversation.Priority `json:"p,omitempty"`
	Language string                `json:"l,omitempty"`
	Topic    string                `json:"-"` // a person's words: not kept in the clear
	Tags     []string              `json:"t,omitempty"`
	Team     string                `json:"m,omitempty"`
}

// Match tells whether the conditions hold.
func (c Conditions) Match(s Subject) bool {
	one := func(terms []string, is func(string) bool) bool {
		return len(terms) == 0 || slices.ContainsFunc(terms, is)
	}
	return one(c.Channels, func(t string) bool { return t == s.Channel }) &&
		one(c.Priorities, func(t string) bool { return t == string(s.Priority) }) &&
		one(c.Languages, func(t string) bool { return language(t, s.Language) }) &&
		one(c.Teams, func(t string) bool { return t == s.Team }) &&
		one(c.Topics, func(t string) bool { return strings.EqualFold(t, s.Topic) }) &&
		one(c.Tags, func(t string) bool {
			return slices.ContainsFunc(s.Tags, func(tag string) bool { return strings.EqualFold(t, tag) })
		})
}

// language tells whether a tag is another one or a part of it (RFC 4647, basic
// filtering).
func language(wide, tag string) bool {
	wide, tag = strings.ToLower(wide), strings.ToLower(tag)
	return wide == tag || strings.HasPrefix(tag, wide+"-")
}

// Aim is a target that is in use, with its hours.
type Aim struct {
	ID       string
	Revision int64
	Target
	Hours *Hours
}

// amount is how much work a kind of clock may take; 0: there is no such clock.
func (a *Aim) amount(k ClockKind) time.Duration {
	switch k {
	case FirstResponse:
		return time.Duration(a.FirstResponse) * time.Minute
	case NextResponse:
		return time.Duration(a.NextResponse) * time.Minute
	case Resolution:
		return time.Duration(a.Resolution) * time.Minute
	default:
		return 0
	}
}

// Aims are the targets of a house, in the order in which they are tried.
type Aims []Aim

// AimsOf reads them from the settings. A target whose calendar is gone, which
// nothing lets happen, counts around the clock.
func AimsOf(all *settings.Snapshot) Aims {
	hours := map[string]*Hours{}
	for _, c := range settings.All[Calendar](all) {
		if h, err := c.Value.Compile(); err == nil {
			hours[c.ID] = h
		}
	}
	var aims Aims
	for _, t := range settings.All[Target](all) {
		h := hours[t.Value.Calendar]
		if h == nil {
			h = &Hours{}
		}
		aims = append(aims, Aim{ID: t.ID, Revision: t.Revision, Target: t.Value, Hours: h})
	}
	slices.SortFunc(aims, func(a, b Aim) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return aims
}

// For is the first target that is for a conversation, or nil.
func (a Aims) For(s Subject) *Aim {
	for i := range a {
		if a[i].When.Match(s) {
			return &a[i]
		}
	}
	return nil
}
