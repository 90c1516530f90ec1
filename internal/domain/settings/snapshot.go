package settings

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"kefu/internal/platform/fault"
)

// Entry is an item of the house with its value.
type Entry[T any] struct {
	ID        string
	Revision  int64 // 0 for a singleton that nobody saved
	ChangedAt int64
	Archived  bool
	Value     T
}

// Snapshot is all settings of the house at one moment, typed. It never changes;
// what it hands out is shared and must not be changed. What members of staff keep
// for themselves is not in it.
type Snapshot struct {
	Version int64 // grows with each change of a setting
	lists   map[reflect.Type]list
	kinds   map[string]reflect.Type // by name
}

// list is the entries of one kind: those in use by id, and an index of all.
type list struct {
	used any            // []Entry[T]
	all  any            // []Entry[T]
	at   map[string]int // where an id is in all

	revisions map[string]int64 // by id, of all
}

// NewSnapshot makes one of items of the house, of all kinds. An item that cannot be
// read any more is left out, and told of in problems.
func NewSnapshot(r *Registry, version int64, items []Item) (s *Snapshot, problems []error) {
	s = &Snapshot{Version: version, lists: make(map[reflect.Type]list), kinds: map[string]reflect.Type{}}
	byKind := map[string][]Item{}
	for _, it := range items {
		if it.Owner == "" {
			byKind[it.Kind] = append(byKind[it.Kind], it)
		}
	}
	for _, d := range r.All() {
		l, err := d.gather(byKind[d.Name])
		if err != nil {
			problems = append(problems, err)
		}
		s.lists[d.Type], s.kinds[d.Name] = l, d.Type
	}
	return s, problems
}

// gather makes the list of one kind.
func gather[T Value](items []Item) (list, error) {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.ID, b.ID) })
	var used, all []Entry[T]
	var failed error
	at, revisions := make(map[string]int, len(items)), make(map[string]int64, len(items))
	for _, it := range items {
		e := Entry[T]{ID: it.ID, Revision: it.Revision, ChangedAt: it.ChangedAt, Archived: it.Archived}
		// What was stored was strict once; an older program's members must not
		// make it unreadable to a newer one.
		if err := json.Unmarshal(it.Body, &e.Value); err != nil {
			failed = fault.New(fault.Internal, "settings.gather", "%s %s cannot be read: %v", it.Kind, it.ID, err)
			continue
		}
		at[it.ID], revisions[it.ID] = len(all), it.Revision
		if all = append(all, e); !it.Archived {
			used = append(used, e)
		}
	}
	return list{used: used, all: all, at: at, revisions: revisions}, failed
}

// Changed gives the names of the kinds of which something differs between two
// snapshots, in order.
func Changed(before, after *Snapshot) (kinds []string) {
	for name, t := range after.kinds {
		if !maps.Equal(before.lists[t].revisions, after.lists[t].revisions) {
			kinds = append(kinds, name)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// All gives the entries of a kind that are in use, by id.
func All[T any](s *Snapshot) []Entry[T] {
	if s == nil {
		return nil
	}
	used, _ := s.lists[reflect.TypeFor[T]()].used.([]Entry[T])
	return used
}

// Every gives the entries of a kind, those out of use too, by id.
func Every[T any](s *Snapshot) []Entry[T] {
	if s == nil {
		return nil
	}
	all, _ := s.lists[reflect.TypeFor[T]()].all.([]Entry[T])
	return all
}

// Find finds an entry by its id, an archived one too.
func Find[T any](s *Snapshot, id string) (Entry[T], bool) {
	if s == nil {
		return Entry[T]{}, false
	}
	l := s.lists[reflect.TypeFor[T]()]
	all, _ := l.all.([]Entry[T])
	i, ok := l.at[id]
	if !ok || i >= len(all) {
		return Entry[T]{}, false
	}
	return all[i], true
}

// One gives the value of a singleton: what was saved, or the kind's default.
func One[T any](s *Snapshot) T {
	if used := All[T](s); len(used) > 0 {
		return used[0].Value
	}
	var none T
	return none
}
