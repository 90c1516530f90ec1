package routing

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/language"

	"kefu/internal/platform/fault"
)

// Bounds of what somebody is routed by.
const (
	MaxTeamsOfOne = 50
	MaxSkills     = 50
	MaxSkillChars = 40
	MaxLanguages  = 20
	MaxSlots      = 20
	maxChannels   = 20

	maxChannelName = 40
)

// Duties are what a member of staff is routed by.
type Duties struct {
	StaffID   string         `json:"-"`
	Revision  int64          `json:"-"` // grows with each change; 0: nobody has said anything yet
	Teams     []string       `json:"teams"`
	Skills    []string       `json:"skills"`
	Languages []string       `json:"languages"` // BCP 47; none: every language
	Slots     map[string]int `json:"slots"`     // how many conversations of a channel at once; missing: the house's number
}

// Validate refuses what nobody can be routed by, with the field.
func (d Duties) Validate() error {
	const op = "routing.Duties"
	switch {
	case len(d.Teams) > MaxTeamsOfOne:
		return fault.InvalidFor(op, "teams", "too_many", "are more than %d", MaxTeamsOfOne)
	case len(d.Skills) > MaxSkills:
		return fault.InvalidFor(op, "skills", "too_many", "are more than %d", MaxSkills)
	case len(d.Languages) > MaxLanguages:
		return fault.InvalidFor(op, "languages", "too_many", "are more than %d", MaxLanguages)
	case len(d.Slots) > maxChannels:
		return fault.InvalidFor(op, "slots", "too_many", "are more than %d", maxChannels)
	}
	for _, tag := range d.Languages {
		parsed, err := language.Parse(tag)
		if err != nil || parsed.IsRoot() || len(parsed.Extensions()) > 0 || len(tag) > 35 {
			return fault.InvalidFor(op, "languages", "malformed", "hold something that is no language")
		}
	}
	for _, skill := range d.Skills {
		if n := utf8.RuneCountInString(skill); n == 0 || n > MaxSkillChars {
			return fault.InvalidFor(op, "skills", "out_of_range", "must have 1 to %d characters each", MaxSkillChars)
		}
	}
	for channel, n := range d.Slots {
		if channel == "" || len(channel) > maxChannelName {
			return fault.InvalidFor(op, "slots", "malformed", "name something that is no channel")
		}
		if n < 0 || n > MaxSlots {
			return fault.InvalidFor(op, "slots", "out_of_range", "must be 0 to %d", MaxSlots)
		}
	}
	return nil
}

// Empty tells whether nothing is said: nobody is routed by it.
func (d Duties) Empty() bool {
	return len(d.Teams)+len(d.Skills)+len(d.Languages)+len(d.Slots) == 0
}

// Tidy puts lists into their order, each value once, and languages into their usual
// spelling (RFC 5646 section 2.1.1).
func (d Duties) Tidy() Duties {
	d.Languages = slices.Clone(d.Languages)
	for i, tag := range d.Languages {
		if parsed, err := language.Parse(tag); err == nil {
			d.Languages[i] = parsed.String()
		}
	}
	for _, list := range []*[]string{&d.Teams, &d.Skills, &d.Languages} {
		sorted := slices.Clone(*list)
		slices.Sort(sorted)
		*list = slices.Compact(sorted)
		if *list == nil {
			*list = []string{}
		}
	}
	if d.Slots == nil {
		d.Slots = map[string]int{}
	}
	return d
}

// PresenceState says whether somebody takes offers.
type PresenceState string

// The states of presence.
const (
	Available PresenceState = "available"
	OnBreak   PresenceState = "break"
	Away      PresenceState = "away"
	Offline   PresenceState = "offline" // no desk of theirs is connected; nobody chooses it
)

// The reasons of a break. "" is none given.
const (
	BreakMeal     = "meal"
	BreakRest     = "rest"
	BreakMeeting  = "meeting"
	BreakTraining = "training"
)

// Unanswered is the reason of Away when too many offers passed unanswered.
const Unanswered = "unanswered"

// Presence is somebody's state since a time.
type Presence struct {
	StaffID string
	State   PresenceState
	Reason  string
	Since   int64
	Until   int64 // 0: still so
}

// CheckChoice refuses what nobody can choose.
func (p Presence) CheckChoice() error {
	const op = "routing.CheckChoice"
	switch p.State {
	case Available, Away:
		if p.Reason != "" {
			return fault.InvalidFor(op, "reason", "unknown", "is for breaks")
		}
	case OnBreak:
		switch p.Reason {
		case "", BreakMeal, BreakRest, BreakMeeting, BreakTraining:
		default:
			return fault.InvalidFor(op, "reason", "unknown", "must be meal, rest, meeting or training")
		}
	default:
		return fault.InvalidFor(op, "state", "unknown", "must be available, break or away")
	}
	return nil
}

// The outcomes of a promise.
const (
	Served = "served"
	Left   = "left" // the customer, or the conversation: nobody served it
)

// Promise is what was shown to somebody who waits, and how it ended. Times are
// microseconds, P50 and P80 from MadeAt on.
type Promise struct {
	ConversationID string
	MadeAt         int64
	Channel        string
	Team           string
	Place          int
	P50, P80       int64
	EndedAt        int64
	Outcome        string
}

// Kept is how the promises that ended on one day were kept.
type Kept struct {
	Day       int64 // its beginning, microseconds
	Promised  int   // that ended by being served
	WithinP50 int
	WithinP80 int
	Left      int
	Waited    int64 // microseconds, of those served, together
}

// Waiting is a conversation as the queue needs to know it, read from the store.
type Waiting struct {
	ConversationID string
	CustomerID     string
	Channel        string
	Language       string
	Team           string
	Skills         []string
	Priority       string
	AssigneeID     string
	Status         string
	Since          int64 // since when the customer waits, 0: not at all
	LastActivity   int64
}

// Day is one day in some time zone: from its beginning to before its end, in
// microseconds.
type Day struct{ From, To int64 }

// MaxDays is how many days are told of at once.
const MaxDays = 400
