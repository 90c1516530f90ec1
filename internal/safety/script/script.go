// Package script is what the scenes of the adversary have in common: the steps of a run,
// whose numbers mean something to a scene alone, the checks that can be switched off, the
// rules of the oracles, and what a run came to.
package script

import "time"

// Check is something that keeps a wrong thing from being done.
type Check string

// Rule is one of an oracle's.
type Rule string

// The rules that every scene has.
const (
	Unbalanced Rule = "the postings do not add up to nothing"
	BelowZero  Rule = "an account is below nothing"
	Broken     Rule = "a defect: an internal error, or a panic"
)

// Violation is a rule that was broken, with the shortest run that shows it.
type Violation struct {
	Rule  Rule     `json:"rule"`
	Run   uint64   `json:"run"`
	Why   string   `json:"why"`
	Steps []string `json:"steps"`
}

// Step is one of a run. Its numbers are taken modulo what there is to choose from, so that
// every part of a run is a run.
type Step struct {
	Op              int
	Who             int // 0: whose it is
	What, Else, Arg int
	Inner           *Step // that happens while this one is under way
	At              int   // before which of its writes
}

// Played is what a run came to.
type Played struct {
	Steps, Refused uint64
	Effects        []string
	Violations     []Violation
}

// Odds are how often one of a scene's steps comes.
type Odds struct {
	Name string
	Part int
}

// Of are the odds of a step.
func Of(name string, part int) Odds { return Odds{Name: name, Part: part} }

// Waits are how long time passes.
func Waits() []time.Duration {
	return []time.Duration{
		time.Second, 30 * time.Second, 3 * time.Minute, 11 * time.Minute, 31 * time.Minute, time.Hour, 2 * time.Hour, 25 * time.Hour, 26 * time.Hour, 49 * time.Hour, 74 * time.Hour,
		5 * 24 * time.Hour, 10*24*time.Hour + time.Second, 11 * 24 * time.Hour,
	}
}
