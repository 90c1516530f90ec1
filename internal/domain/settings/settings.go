// Package settings is what an operator chooses on screen: typed items of a few
// kinds (teams, hours, macros …), each with its history. A kind is a Go type of the
// domain it belongs to with one Definition; this package knows what all kinds have
// in common, and no single one. What the machine is set up with (addresses, keys,
// limits) is no setting in this sense: that is platform/config.
package settings

import (
	"encoding/json"
	"unicode"
	"unicode/utf8"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Item is one setting as it stands.
type Item struct {
	Kind     string
	ID       string
	Owner    string // the member of staff whose own it is; "" for one of the house
	Revision int64  // 1 for the first, and one more with each change
	Body     json.RawMessage
	Archived bool // out of use, and kept for what still refers to it

	ChangedBy     string // of the last change: a staff id, or the name of a part of Kefu
	ChangedByName string // how colleagues know them; "" for a part of Kefu
	ChangedAt     int64  // microseconds
}

// Revision is what an item was at one time.
type Revision struct {
	Item
	Approval string // the approval under which the change was made; Alone where nobody else could have given one; or ""
}

// Alone stands in Revision.Approval for a change that needs a second person, in a
// house where nobody else could have approved it.
const Alone = "alone"

// Change is what somebody wants an item to be.
type Change struct {
	Kind     string
	ID       string
	Owner    string // only of an item that is to be made
	Revision int64  // that it is made from; 0 for an item that is not there yet
	Body     json.RawMessage
	Archived bool
}

// MaxPage is the most items or revisions that are read at once.
const MaxPage = 500

// Query says which items of a kind are wanted.
type Query struct {
	Archived bool   // those out of use, instead of those in use
	After    string // the id behind which to begin
	Limit    int    // 1 to MaxPage
}

// Scope says whose the items of a kind are.
type Scope uint8

// The scopes.
const (
	House  Scope = iota // everybody's
	Own                 // a member of staff's, seen by nobody else
	Either              // some of everybody, and beside them what each keeps for themselves
)

// Allows tells whether a kind of this scope has items of an owner.
func (s Scope) Allows(owner string) bool {
	return s == Either || (owner == "") == (s == House)
}

// SingletonID is the id of the only item of a kind that has one.
func SingletonID(kind string) string { return id.From("setting " + kind) }

// MayRead tells whether p may see an item of a kind.
func (d Definition) MayRead(p identity.Principal, owner string) bool {
	if owner != "" {
		return policy.Allow(p, policy.UseOwnSetting, policy.Object{StaffID: owner})
	}
	return policy.Allow(p, d.read, policy.Object{})
}

// Readable tells whether p may see items of the house, and any of their own.
func (d Definition) Readable(p identity.Principal) (house, own bool) {
	return d.Scope.Allows("") && d.MayRead(p, ""), d.Scope != House && d.MayRead(p, p.ID)
}

// MayChange tells whether p may change an item of a kind, or make one.
func (d Definition) MayChange(p identity.Principal, owner string) bool {
	if owner != "" {
		return policy.Allow(p, policy.UseOwnSetting, policy.Object{StaffID: owner})
	}
	return policy.Allow(p, d.change, policy.Object{})
}

// The reasons why a field is refused. The desk has a sentence for each.
const (
	Missing    = "missing"
	TooLong    = "too_long"
	TooMany    = "too_many"
	Unknown    = "unknown" // names nothing that there is
	Taken      = "taken"   // another one has it
	Control    = "control" // characters that cannot be seen
	Malformed  = "malformed"
	OutOfRange = "out_of_range"
	Secret     = "secret" // the guard found one
	InUse      = "in_use"
	Fixed      = "fixed"       // was chosen once and stays
	AsksSecret = "asks_secret" // asks customers for what nobody may ask for; as the classes of outbound do
)

// CheckLine refuses what is no single line of 1 to most characters; optional lets
// an empty one pass. Validate methods use it.
func CheckLine(field, text string, most int, optional ...bool) error {
	const op = "settings.CheckLine"
	if text == "" {
		if len(optional) > 0 && optional[0] {
			return nil
		}
		return fault.InvalidFor(op, field, Missing, "is missing")
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return fault.InvalidFor(op, field, Control, "has a control character")
		}
	}
	return CheckText(field, text, most)
}

// CheckText refuses what is longer than most characters, begins or ends in blanks,
// or holds characters that are no text. It may have several lines.
func CheckText(field, text string, most int) error {
	const op = "settings.CheckText"
	if n := utf8.RuneCountInString(text); n > most {
		return fault.InvalidFor(op, field, TooLong, "has %d characters, more than %d", n, most)
	}
	for _, r := range text {
		if r == utf8.RuneError || (unicode.IsControl(r) && r != '\n' && r != '\t') || isBidiControl(r) {
			return fault.InvalidFor(op, field, Control, "has a character that cannot be seen")
		}
	}
	if text != "" && !hasVisible(text) {
		return fault.InvalidFor(op, field, Missing, "has nothing to see")
	}
	return nil
}

// isBidiControl tells characters that make text appear in another order than it
// is stored in (Unicode Standard Annex 9, explicit directional formatting).
func isBidiControl(r rune) bool {
	return (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

func hasVisible(text string) bool {
	for _, r := range text {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return true
		}
	}
	return false
}
