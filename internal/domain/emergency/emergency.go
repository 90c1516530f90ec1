// Package emergency is what is behind the glass: more rights than somebody's role has,
// for a reason, for a short time, in the sight of everybody. What it opens is a column of
// the table of package policy; nobody has it as a role.
package emergency

import (
	"strings"
	"unicode/utf8"

	"kefu/internal/platform/fault"
)

// Bounds.
const (
	MinMinutes  = 5
	MaxMinutes  = 240
	LeastReason = 10  // characters
	MaxReason   = 500 // characters
	MaxOpen     = 3   // at once: more is no emergency, but another way to work
	MaxListed   = 100
	Heard       = int64(60_000_000) // for how long, in microseconds, one that is over is still told to whoever raises the alarm
)

// Opening is one time that the glass was broken. Times are microseconds.
type Opening struct {
	ID       string
	StaffID  string // for whom
	Name     string // how colleagues know them
	Role     string // their own
	Reason   string
	AskedBy  string // who asked: themselves, or the owner
	Asker    string
	Approval string // the request that a second person agreed to; "" where the owner opened it
	BeganAt  int64
	UntilAt  int64
	EndedAt  int64  // when it closed; 0: it is open, until UntilAt at the latest
	EndedBy  string // who closed it; "" for what closed by itself
}

// OpenAt tells whether it opens anything at a time.
func (o Opening) OpenAt(now int64) bool { return o.EndedAt == 0 && now < o.UntilAt }

// Wish is what somebody asks for.
type Wish struct {
	StaffID string `json:"staff"`
	Name    string `json:"name,omitempty"` // as it was then, for who agrees
	Minutes int    `json:"minutes"`
	Reason  string `json:"reason"`
}

// Asked is a wish that waits for a second person. Times are microseconds.
type Asked struct {
	Wish
	ID        string // of the request
	CreatedAt int64
	ExpiresAt int64
}

// Check refuses what is no wish. Errors: Invalid.
func (w Wish) Check() error {
	const op = "emergency.Check"
	switch n := utf8.RuneCountInString(strings.TrimSpace(w.Reason)); {
	case w.Minutes < MinMinutes || w.Minutes > MaxMinutes:
		return fault.InvalidFor(op, "minutes", "out_of_range", "are not between %d and %d", MinMinutes, MaxMinutes)
	case n < LeastReason:
		return fault.InvalidFor(op, "reason", "missing", "has fewer than %d characters", LeastReason)
	case n > MaxReason:
		return fault.InvalidFor(op, "reason", "too_long", "has more than %d characters", MaxReason)
	default:
		return nil
	}
}
