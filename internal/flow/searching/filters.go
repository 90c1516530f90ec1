package searching

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/search"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/id"
)

// resolve makes a filter of what was asked: it finds out whom and which team the
// names name. A name that several have means any of them.
func (s *Searcher) resolve(ctx context.Context, p identity.Principal, ask *search.Ask) (search.Filter, error) {
	f := search.Filter{From: ask.From, Until: ask.Until}
	people := &colleagues{ctx: ctx, finder: s.Finder, p: p}
	for _, part := range ask.Parts {
		for _, value := range part.Values {
			known, err := s.take(&f, people, part.Key, value)
			if err != nil {
				return f, err
			}
			if !known {
				return f, ask.Wrong(part, "unknown", "%s: names nobody and nothing", part.Key)
			}
		}
	}
	return f, nil
}

// take takes one value of a filter in; false when it names nothing.
func (s *Searcher) take(f *search.Filter, people *colleagues, key, value string) (bool, error) {
	switch key {
	case search.KeyFrom:
		switch writer := search.Writer(strings.ToLower(value)); writer {
		case search.Customer, search.Agent, search.Program:
			f.Writers = append(f.Writers, writer)
			return true, nil
		}
		ids, err := people.named(value)
		f.Authors = append(f.Authors, ids...)
		return len(ids) > 0, err
	case search.KeyAssignee:
		if strings.EqualFold(value, nobody) {
			f.Assignees = append(f.Assignees, "")
			return true, nil
		}
		ids, err := people.named(value)
		f.Assignees = append(f.Assignees, ids...)
		return len(ids) > 0, err
	case search.KeyTeam:
		ids := s.teams(value)
		f.Teams = append(f.Teams, ids...)
		return len(ids) > 0, nil
	case search.KeyStatus:
		f.Statuses = append(f.Statuses, conversation.Status(value))
	case search.KeyChannel:
		f.Channels = append(f.Channels, strings.ToLower(value))
	case search.KeyTag:
		f.Tags = append(f.Tags, value)
	case search.KeyLanguage:
		primary, _, _ := strings.Cut(strings.ToLower(value), "-")
		f.Languages = append(f.Languages, primary)
	case search.KeyHas:
		f.File = true
	case search.KeyIs:
		f.Kinds = append(f.Kinds, conversation.EntryKind(value))
	case search.KeyCustomer:
		if !id.Valid(value) || (f.Customer != "" && f.Customer != value) {
			return false, nil
		}
		f.Customer = value
	}
	return true, nil
}

// The words that stand for somebody.
const (
	nobody = "nobody"
	myself = "me"
)

func (s *Searcher) teams(name string) (ids []string) {
	if strings.EqualFold(name, nobody) {
		return []string{""}
	}
	for _, team := range s.Teams() {
		if team.ID == name || strings.EqualFold(team.Name, name) {
			ids = append(ids, team.ID)
		}
	}
	return ids
}

// colleagues are those who work here, read once when a filter names one.
type colleagues struct {
	ctx    context.Context
	finder Finder
	p      identity.Principal
	all    []staff.Member
}

// named are the ids of those who are called so: by their id, name or alias.
func (c *colleagues) named(name string) (ids []string, err error) {
	switch {
	case strings.EqualFold(name, myself):
		return []string{c.p.ID}, nil
	case !policy.Allow(c.p, policy.ListStaff, policy.Object{}): // whom they may not know of names nobody
		if name == c.p.ID || strings.EqualFold(name, c.p.Name) {
			return []string{c.p.ID}, nil
		}
		return nil, nil
	case c.all == nil:
		for m, err := range c.finder.AllStaff(c.ctx, c.p) {
			if err != nil {
				return nil, err
			}
			c.all = append(c.all, m)
		}
	}
	for i := range c.all {
		if m := &c.all[i]; m.ID == name || strings.EqualFold(m.Alias, name) || strings.EqualFold(m.Name, name) {
			ids = append(ids, m.ID)
		}
	}
	return ids, nil
}

// maxCountValues is how many values of a filter are counted: the most frequent.
const maxCountValues = 10

// Count is how many of the hits that were looked at have a value. Name is that of a
// person or team.
type Count struct {
	Value, Name string
	N           int
}

// Counts are the newest hits by the values of the filters. All is how many were
// counted; More says that there are more, or may be.
type Counts struct {
	All  int
	More bool
	By   map[string][]Count
}

func countsOf(matches []search.Match, more bool) *Counts {
	matches = matches[:min(len(matches), pool)]
	by := map[string]map[string]*Count{}
	add := func(key, value, name string) {
		if value == "" {
			return
		}
		if by[key] == nil {
			by[key] = map[string]*Count{}
		}
		if by[key][value] == nil {
			by[key][value] = &Count{Value: value, Name: name}
		}
		by[key][value].N++
	}
	for i := range matches {
		m := &matches[i]
		add(search.KeyFrom, string(m.Author), "")
		add(search.KeyFrom, m.AuthorID, m.AuthorName)
		add(search.KeyStatus, string(m.Status), "")
		add(search.KeyAssignee, cmp.Or(m.AssigneeID, nobody), m.Assignee)
		add(search.KeyTeam, cmp.Or(m.TeamID, nobody), "")
		add(search.KeyChannel, m.Channel, "")
		add(search.KeyLanguage, m.Language, "")
		for _, tag := range m.Tags {
			add(search.KeyTag, tag, "")
		}
		if m.File {
			add(search.KeyHas, "file", "")
		}
	}
	counts := &Counts{All: len(matches), More: more, By: map[string][]Count{}}
	for key, values := range by {
		for _, c := range values {
			counts.By[key] = append(counts.By[key], *c)
		}
		slices.SortFunc(counts.By[key], func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Value, b.Value)) })
		counts.By[key] = counts.By[key][:min(len(counts.By[key]), maxCountValues)]
	}
	return counts
}
