package insider

import (
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// Rank says how soon somebody has to look at a finding; 1 is the highest.
type Rank int

// The ranks.
const (
	Now    Rank = iota + 1 // whoever it is about was suspended, or should have been
	Today                  // was throttled, or far beyond what is usual
	InTime                 // what somebody should look at within days
)

// RankOf is the rank of an alert.
func RankOf(a Alert) Rank {
	switch {
	case a.Step == Suspend:
		return Now
	case a.Step == Throttle, a.About != "":
		return Today
	default:
		return InTime
	}
}

// State is what became of a finding.
type State string

// The states.
const (
	Open      State = "open"
	Explained State = "explained" // there was a reason for it
	Watched   State = "watch"     // nothing is done; who did it is looked at more closely
	Acted     State = "acted"     // rights were taken away for it, by a decision
)

// Finding is an alert that somebody has to judge.
type Finding struct {
	ID     string
	Alert  Alert
	Group  string
	Rank   Rank
	State  State
	MadeAt int64 // microseconds
	// Taken is what was done by itself when it was found; 0 for nothing.
	Taken Step
}

// Line is a finding as it is listed.
type Line struct {
	Finding
	Name, Role string // of whom it is about
	Now        Step   // what is taken from them; 0 for nothing
}

// Case is a finding with all that somebody judges it by.
type Case struct {
	Line
	Evidence  []Noted
	Days      []DayFigures
	Decisions []Decision // about whom it is, those of other findings too
	Waiting   *Waiting   // nil for nothing
	MayDecide bool       // whether whoever asks may judge it
}

// Waiting is a decision that a second person has to agree to.
type Waiting struct {
	Verdict   Verdict
	Reason    string
	Finding   string
	MayDecide bool // whether whoever asks may be that person
	MayTake   bool // whether whoever asks may take it back: it is theirs
}

// Standing is how far the audit chain is judged.
type Standing struct {
	BegunAt int64  // microseconds: what is much older is not judged
	Seq     int64  // of the last record that is
	Saved   int64  // of the last that Body knows
	Body    []byte // what the judging knew then, as Watch.Save gave it; empty for nothing
}

// Stretch is a stretch of the chain that was judged, with what came of it.
type Stretch struct {
	From, To int64 // records: after one, up to another
	Noted    []Noted
	Alerts   []Alert
	State    []byte // what the judging knows now; empty: it is not saved this time
	Act      bool   // rules throttle and suspend
}

// Verdict is what somebody decides about a finding.
type Verdict string

// The verdicts. Those that take rights away, or give them back, need a second person.
const (
	Explain   Verdict = "explained"
	KeepWatch Verdict = "watch"
	DoThrott  Verdict = "throttle"
	DoSuspend Verdict = "suspend"
	Lift      Verdict = "lift" // give the rights back
)

// Verdicts lists them.
func Verdicts() []Verdict { return []Verdict{Explain, KeepWatch, DoThrott, DoSuspend, Lift} }

// FourEyes tells whether a verdict needs a second person.
func (v Verdict) FourEyes() bool { return v == DoThrott || v == DoSuspend || v == Lift }

// Step is what a verdict takes away; 0 for nothing.
func (v Verdict) Step() Step {
	switch v {
	case DoThrott:
		return Throttle
	case DoSuspend:
		return Suspend
	default:
		return 0
	}
}

// State is what a finding becomes by a verdict; "" leaves it as it is.
func (v Verdict) State() State {
	switch v {
	case Explain:
		return Explained
	case KeepWatch:
		return Watched
	case DoThrott, DoSuspend:
		return Acted
	default:
		return ""
	}
}

// Bounds of a decision.
const (
	LeastReason = 10  // characters: a word is no reason
	MostReason  = 500 // characters
)

// CheckVerdict refuses what is no decision. Errors: Invalid.
func CheckVerdict(v Verdict, reason string) error {
	const op = "insider.CheckVerdict"
	known := false
	for _, one := range Verdicts() {
		known = known || one == v
	}
	switch n := utf8.RuneCountInString(reason); {
	case !known:
		return fault.InvalidField(op, "verdict", "is unknown")
	case n < LeastReason:
		return fault.InvalidFor(op, "reason", "too_short", "has less than %d characters", LeastReason)
	case n > MostReason:
		return fault.InvalidFor(op, "reason", "too_long", "has more than %d characters", MostReason)
	}
	return nil
}

// Decision is what was decided about a finding, when and by whom.
type Decision struct {
	ID       string
	Finding  string
	Staff    string // whom it is about
	Verdict  Verdict
	Reason   string
	By       string
	Second   string // who agreed as the second person; "" where none was needed, or none there
	At       int64
	Approval string
}

// Restraint is what somebody may not do for now.
type Restraint struct {
	ID      string
	Staff   string
	Step    Step
	Finding string
	Since   int64
	By      string // "" where a rule did it
}

// DayFigures are what somebody did on one day, as it is compared.
type DayFigures struct {
	Day                                    int64 // from 1970-01-01 UTC
	Customers, Without                     int   // looked at; of those without a contact
	Looks, Reveals, Searches               int
	Exports, Payments, Refused, Works, Off int // Off: looks outside of their hours
}

// MaxDays bounds the days of a history.
const MaxDays = 60

// Evidence says which doings a reason rests on: their kinds, over which time before the
// alert, and whether only those without a contact or outside of hours.
type Evidence struct {
	Kinds       []Kind
	For         int64 // microseconds before the alert; 0: its whole day
	WithoutOnly bool
	OffOnly     bool
	HighOnly    bool
	DecoyOnly   bool
}

// EvidenceOf says what a reason rests on.
func EvidenceOf(w Why) Evidence {
	seen := []Kind{Looked, Revealed}
	switch w {
	case CanaryTouched:
		return Evidence{Kinds: []Kind{Looked, Revealed, Worked, Exported, Searched, Refused}, DecoyOnly: true}
	case RevealRate:
		return Evidence{Kinds: []Kind{Revealed}, For: hour}
	case LookRate:
		return Evidence{Kinds: seen, For: 15 * minute}
	case ListRate:
		return Evidence{Kinds: []Kind{Listed, Searched}, For: hour}
	case PageRate:
		return Evidence{Kinds: []Kind{Listed}, For: hour}
	case ManyListed:
		return Evidence{Kinds: []Kind{Listed, Searched}}
	case AheadRate:
		return Evidence{Kinds: []Kind{Ahead}, For: hour}
	case ManyAhead:
		return Evidence{Kinds: []Kind{Ahead}}
	case StrangeSession, OffHours:
		return Evidence{Kinds: seen, WithoutOnly: true, OffOnly: true}
	case OneDestination, OneApprover:
		return Evidence{Kinds: []Kind{Paid}, For: 30 * day}
	case NoContact:
		return Evidence{Kinds: seen, WithoutOnly: true}
	case ManyReveals:
		return Evidence{Kinds: []Kind{Revealed}}
	case HighValue:
		return Evidence{Kinds: seen, HighOnly: true}
	case ManySearches:
		return Evidence{Kinds: []Kind{Searched}}
	case ManyExports:
		return Evidence{Kinds: []Kind{Exported}}
	case ManyPayments:
		return Evidence{Kinds: []Kind{Paid}}
	case ManyRefusals:
		return Evidence{Kinds: []Kind{Refused}}
	default:
		return Evidence{Kinds: seen}
	}
}

// DayBounds are the first microsecond of a day and the one after its last.
func DayBounds(of int64) (from, until int64) { return of * day, (of + 1) * day }

// Look is what a customer is told of somebody's look at their data.
type Look struct {
	At           int64
	Action       string
	Field        string
	Reason       string
	Who          string // a pseudonym, the same each time for this customer
	Conversation string // of theirs, for which it was; "" where the log says none
}

// LookPage is a page of looks, the newest first.
type LookPage struct {
	Looks []Look
	Next  int64 // to go on before; 0: there is no more
	Since int64 // what was before is not kept any more
}

// MaxLooks is the most looks of a page.
const MaxLooks = 50

// ToldLater is after how long, in microseconds, a customer is told of a look by somebody who
// may look into what customers must not hear of, and has no contact with them: thirty days.
const ToldLater = 30 * day

// KeptFor is how long doings are kept, in microseconds: thirteen months.
const KeptFor = 395 * day

// Canary is a customer whom nobody has a reason to look at: there is no such person.
type Canary struct {
	Customer     string
	Conversation string
	Name         string // as staff see it
	MadeBy       string
	MadeAt       int64
	RetiredAt    int64 // 0: it stands
	Touched      int   // how often somebody touched it
}

// NewCanary is one to be made.
type NewCanary struct {
	Name     string
	Topic    string
	Language string
	Words    []string // what was said, the customer first, then by turns
	Ago      int64    // how long ago it was resolved, in microseconds
}

// Bounds of a decoy.
const (
	MaxCanaries = 500
	maxName     = 80
	maxTopic    = 120
	maxWords    = 20
	maxText     = 2000
)

// Validate refuses what would not look real. Errors: Invalid.
func (n NewCanary) Validate() error {
	const op = "insider.NewCanary"
	switch {
	case n.Name == "" || utf8.RuneCountInString(n.Name) > maxName:
		return fault.InvalidFor(op, "name", "missing", "has 1 to %d characters", maxName)
	case utf8.RuneCountInString(n.Topic) > maxTopic:
		return fault.InvalidFor(op, "topic", "too_long", "has at most %d characters", maxTopic)
	case len(n.Words) == 0 || len(n.Words) > maxWords:
		return fault.InvalidFor(op, "words", "missing", "has 1 to %d messages", maxWords)
	case n.Ago < hour || n.Ago > 365*day:
		return fault.InvalidField(op, "days_ago", "is at most a year")
	}
	for _, w := range n.Words {
		if w == "" || utf8.RuneCountInString(w) > maxText {
			return fault.InvalidFor(op, "words", "too_long", "each has 1 to %d characters", maxText)
		}
	}
	return nil
}
