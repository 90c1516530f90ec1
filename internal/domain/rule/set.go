package rule

import (
	"cmp"
	"context"
	"slices"

	"kefu/internal/domain/condition"
	"kefu/internal/platform/fault"
)

// Numbered is a rule under the id by which it is kept.
type Numbered struct {
	ID string
	Rule
}

// Set is rules that are ready to be looked at. It is safe for concurrent use.
type Set struct{ rules []ready }

type ready struct {
	Numbered
	condition condition.Condition
}

// Problem is a rule that cannot be used, and why.
type Problem struct {
	ID  string
	Err error
}

// NewSet makes a set in the order of the rules: by Order, then by name. Paused ones
// are left out, and so is one that cannot be used, which is told.
func NewSet(rules []Numbered) (*Set, []Problem) {
	set, problems := &Set{}, []Problem(nil)
	l, err := language()
	for _, r := range rules {
		if r.Paused {
			continue
		}
		if err != nil {
			problems = append(problems, Problem{r.ID, fault.Wrap("rule.NewSet", err)})
			continue
		}
		compiled, err := l.Compile(r.If)
		if err != nil {
			problems = append(problems, Problem{r.ID, err})
			continue
		}
		set.rules = append(set.rules, ready{r, compiled})
	}
	slices.SortStableFunc(set.rules, func(a, b ready) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return set, problems
}

// Len is how many rules there are.
func (s *Set) Len() int { return len(s.rules) }

// Empty tells whether no rule is looked at on an occasion.
func (s *Set) Empty(on Occasion) bool {
	return !slices.ContainsFunc(s.rules, func(r ready) bool { return slices.Contains(r.When, on) })
}

// Fired is a rule that held, with what it does.
type Fired struct {
	ID   string
	Name string
	Then []Action
}

// Verdict is what the rules say on one occasion.
type Verdict struct {
	Fired    []Fired
	Problems []Problem // rules whose condition failed on these facts: they did nothing
}

// Decide looks at the rules of an occasion in their order. A later one sees what
// the ones before it do to the conversation. Facts are not changed.
func (s *Set) Decide(ctx context.Context, on Occasion, facts Facts) Verdict {
	var v Verdict
	facts.Conversation.Tags = slices.Clone(facts.Conversation.Tags)
	for _, r := range s.rules {
		if !slices.Contains(r.When, on) {
			continue
		}
		holds, err := holds(ctx, r.condition, &facts)
		if err != nil {
			v.Problems = append(v.Problems, Problem{r.ID, err})
			continue
		}
		if !holds {
			continue
		}
		v.Fired = append(v.Fired, Fired{ID: r.ID, Name: r.Name, Then: r.Then})
		for _, a := range r.Then {
			facts.Conversation.apply(a)
		}
		if r.Stop {
			break
		}
	}
	return v
}

// apply is what an action makes of the facts, for the rules that follow.
func (c *Conversation) apply(a Action) {
	switch a.Do {
	case SetPriority:
		c.Priority = string(a.Priority)
	case SetTeam:
		c.Team = a.Team
	case AddTags:
		c.Tags = slices.Compact(slices.Sorted(slices.Values(append(c.Tags, a.Tags...))))
	case RemoveTags:
		c.Tags = slices.DeleteFunc(c.Tags, func(tag string) bool { return slices.Contains(a.Tags, tag) })
	case SetLanguage:
		c.Language = a.Language
	case AssignTo:
		c.Assigned = true
	}
}

// Changes is what remains of the actions of several rules: one value for each
// field, the last one that was set, and the notes in their order.
type Changes struct {
	Priority   string
	Team       *string
	AddTags    []string
	RemoveTags []string
	Language   string
	Staff      string
	Skills     []string // to ask for beside those that are asked for already
	Notes      []string
}

// Changes sums up a verdict.
func (v Verdict) Changes() Changes {
	var c Changes
	for _, f := range v.Fired {
		for _, a := range f.Then {
			c.add(a)
		}
	}
	return c
}

func (c *Changes) add(a Action) {
	without := func(from, these []string) []string {
		return slices.DeleteFunc(from, func(tag string) bool { return slices.Contains(these, tag) })
	}
	switch a.Do {
	case SetPriority:
		c.Priority = string(a.Priority)
	case SetTeam:
		c.Team = &a.Team
	case AddTags:
		c.AddTags, c.RemoveTags = append(without(c.AddTags, a.Tags), a.Tags...), without(c.RemoveTags, a.Tags)
	case RemoveTags:
		c.RemoveTags, c.AddTags = append(without(c.RemoveTags, a.Tags), a.Tags...), without(c.AddTags, a.Tags)
	case SetLanguage:
		c.Language = a.Language
	case AssignTo:
		c.Staff = a.Staff
	case AskSkills:
		c.Skills = append(c.Skills, a.Skills...)
	case WriteNote:
		c.Notes = append(c.Notes, a.Note)
	}
}
