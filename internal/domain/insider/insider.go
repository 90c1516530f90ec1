// Package insider finds out when a member of staff looks at customers, or moves their
// money, in a way that their work does not explain: hard rules that hold at once, and a
// comparison of each day with the days before and with what colleagues of the same group
// did. It decides nothing about a person: an alert says what was seen, with its reasons,
// and a person judges it. It stores nothing, and knows customers by pseudonym alone.
package insider

// Kind is what was done.
type Kind int

// The kinds. What is none of them is of no use here.
const (
	Looked   Kind = iota + 1 // at a customer, or one thing of theirs
	Revealed                 // one field unmasked
	Searched                 // for customers or what they wrote
	Exported                 // something with customers in it
	Worked                   // wrote, decided, resolved: what looking is good for
	Paid                     // proposed that money goes out
	Refused                  // asked for what they may not
	Ahead                    // what may be opened next was fetched; nobody saw it yet
	Listed                   // saw customers stand in a list
	Lifted                   // was given back what was taken: done by others, for them
	Glass                    // their emergency access is over
)

// Doing is one thing that a member of staff did, as the audit chain holds it.
type Doing struct {
	At        int64  // microseconds since 1970 UTC
	Staff     string // who
	Group     string // whose work theirs is compared with: those of one role and team
	Kind      Kind
	Customer  string // pseudonym; "" where it is about none
	Contact   string // the conversation or case by which they had to do with the customer; "" for none that was theirs
	High      bool   // the customer is one of those who have most
	Canary    bool   // there is no such customer: whoever looks has no reason to
	NewDevice bool   // by a device that this person was never seen with
	OffShift  bool   // outside of their hours
	To        string // of Paid: a digest of where the money goes
	Approver  string // of Paid: who said yes as the second person; "" for nobody yet
	Shown     string // of Listed and Searched: the conversations or cases that it showed, by spaces
	Further   bool   // of Listed: not the list's first page
	About     string // of Glass: which time it was
}

// Step is what follows at once. Everything but Suspend and Throttle is left to a person.
type Step int

// The steps, the mildest first.
const (
	Review   Step = iota + 1 // somebody looks at it
	Throttle                 // no reveals, searches, exports and payments until somebody has
	Suspend                  // signed out everywhere, and kept out until somebody has
)

// Reason is one of the things that an alert rests on.
type Reason struct {
	Why    Why
	Seen   float64 // how many, or which share
	Usual  float64 // what would be usual: of colleagues, or of this person before
	Spread float64 // by how many of its usual spreads it is more
}

// Alert is something that a person should look at.
type Alert struct {
	Staff   string
	At      int64 // of what showed it; the end of the day for what a whole day shows
	Day     int64 // the day it is about, counted from 1970-01-01 UTC
	Rule    bool  // by a hard rule, and not by comparison
	Step    Step
	Reasons []Reason // at most three, the strongest first
	About   string   // the emergency access that is looked at afterwards; "" for everything else
}

// Why is what a reason is about.
type Why string

// What reasons are about. The first are rules, the rest is compared.
const (
	CanaryTouched  Why = "canary"
	RevealRate     Why = "reveals_in_an_hour"
	LookRate       Why = "customers_in_a_quarter"
	StrangeSession Why = "new_device_off_shift"
	OneDestination Why = "one_destination"
	AheadRate      Why = "read_ahead_in_an_hour"
	ListRate       Why = "listed_in_an_hour"
	PageRate       Why = "further_pages_in_an_hour"
	GlassBroken    Why = "emergency_access" // no rule was broken: each time is looked at

	ManyCustomers Why = "customers"
	NoContact     Why = "without_contact"
	ManyReveals   Why = "reveals"
	LooksEach     Why = "looks_per_contact"
	LeftIdle      Why = "contacts_without_work"
	HighValue     Why = "high_value"
	OffHours      Why = "off_shift_without_contact"
	ManySearches  Why = "searches"
	ManyExports   Why = "exports"
	ManyPayments  Why = "payments"
	ManyRefusals  Why = "refused"
	OneApprover   Why = "one_approver"
	ManyAhead     Why = "read_ahead"
	ManyListed    Why = "listed"
)

// Limits are the operator's hard rules.
type Limits struct {
	RevealsPerHour      int // more are a rule's alert
	CustomersPerQuarter int // distinct ones in a quarter of an hour
	StrangeLooks        int // distinct customers by a device never seen before, off shift
	SameDestination     int // customers whose money one person sent to one place, in a month
	AheadPerHour        int // distinct customers read ahead and never opened, when it is AheadEach times as many as were opened that day
	AheadEach           int
	ListedPerHour       int // distinct conversations, cases and customers that lists and searches showed
	FurtherPerHour      int // of those, the ones that stood on further pages of a list

	// Of programs, which do more than people do. What is remembered of one is bounded, and
	// lies above these.
	ProgramCustomers, ProgramListed, ProgramFurther int
}

// Programs is the group, and the role, of those who act with an API key.
const Programs = "program"

// of are the rules for those of a group.
func (l Limits) of(group string) Limits {
	if group == Programs {
		l.CustomersPerQuarter, l.ListedPerHour, l.FurtherPerHour = l.ProgramCustomers, l.ProgramListed, l.ProgramFurther
	}
	return l
}

// DefaultLimits are for a desk whose agents have four conversations at once.
func DefaultLimits() Limits {
	return Limits{RevealsPerHour: 12, CustomersPerQuarter: 25, StrangeLooks: 5, SameDestination: 3, AheadPerHour: 400, AheadEach: 10, ListedPerHour: 1_200, FurtherPerHour: 500,
		ProgramCustomers: 500, ProgramListed: 4_800, ProgramFurther: 2_000}
}

const (
	second = int64(1_000_000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// dayOf counts the days since 1970-01-01 UTC.
func dayOf(at int64) int64 { return at / day }
