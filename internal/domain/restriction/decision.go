package restriction

import (
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
)

// ByRole stands as the need of a decision where the role has not the right at all.
const ByRole Need = "role"

// KeptFor is how long decisions are kept to be looked at. What was refused stands in
// the audit chain for good.
const KeptFor = 30 * 24 * time.Hour

// Decision is what was decided of one member of staff, one action and one reason within
// an hour, and how often.
type Decision struct {
	At          int64 // of the last, microseconds
	Staff       string
	Name        string // how colleagues know them; only of what is read
	Role        identity.Role
	Session     string // of the last; only of what is noted
	Action      policy.Action
	Operation   string // of the API, of the last
	Object      string // what the operation was about, an id; of the last; "" where it was about nothing in particular
	Need        Need   // "" where it was allowed
	Restriction string // that refused it, an id
	Rule        string // its name then
	Version     string // of the policy
	Times       int64
}

// Refused tells whether it was.
func (d Decision) Refused() bool { return d.Need != "" }

// HourOf is the hour in which a decision is counted.
func HourOf(at int64) int64 { return at / time.Hour.Microseconds() }

// Query says which decisions are wanted: of one member of staff or, with "", of all.
type Query struct {
	Staff   string
	From    int64 // microseconds
	Refused bool  // only what was refused
	Allowed bool  // only what was allowed
	Limit   int
}

// MaxDecisions is the most that are read at once.
const MaxDecisions = 500

// Trial is what a restriction would have done to what was allowed.
type Trial struct {
	Looked  int64 // times that one of its actions was allowed
	Refused int64 // and would not have been
	Unsure  int64 // and of which it cannot be told: it goes by a proof or a network
	People  []TriedPerson
}

// TriedPerson is one whom it would have concerned.
type TriedPerson struct {
	Staff, Name string
	Role        identity.Role
	Action      policy.Action
	Need        Need // "" where it cannot be told
	Times       int64
}

// Try tells what a restriction would have done to decisions that were allowed. A
// certificate counts as it stands now; the hour counts as that of the last of them.
func Try(all *settings.Snapshot, r Restriction, decided []Decision) Trial {
	rules := Compile(all)
	c := compiled{Restriction: r}
	if r.Calendar != "" {
		calendar, there := settings.Find[sla.Calendar](all, r.Calendar)
		hours, err := calendar.Value.Compile()
		c.hours, c.dead = hours, !there || err != nil
	}
	t := Trial{People: []TriedPerson{}}
	at := map[TriedPerson]int{}
	for _, d := range decided {
		if d.Refused() || !r.takes(d.Action) {
			continue
		}
		t.Looked += d.Times
		w := Who{ID: d.Staff, Role: d.Role, Proved: d.At}
		if !c.concerns(&w) {
			continue
		}
		need, kept := rules.needs(&c, &w, d.At)
		unsure := kept && need == Inside || !kept && r.Proof > 0
		switch {
		case unsure:
			need = ""
			t.Unsure += d.Times
		case !kept:
			continue
		default:
			t.Refused += d.Times
		}
		key := TriedPerson{Staff: d.Staff, Name: d.Name, Role: d.Role, Action: d.Action, Need: need}
		i, there := at[key]
		if !there {
			i = len(t.People)
			at[key], t.People = i, append(t.People, key)
		}
		t.People[i].Times += d.Times
	}
	return t
}

func (r Restriction) takes(a policy.Action) bool {
	for _, taken := range r.Actions {
		if taken == a {
			return true
		}
	}
	return false
}
