package insider

import (
	"encoding/json"
	"maps"
	"slices"

	"kefu/internal/platform/fault"
)

// What a Watch knows, in the form in which it is kept. A form that is read must have
// been written by the same version: of another one the last weeks are read anew.
const stateVersion = 3

type savedWatch struct {
	Version int           `json:"version"`
	Today   int64         `json:"today"`
	People  []savedPerson `json:"people"`
}

type savedPerson struct {
	ID      string             `json:"id"`
	Group   string             `json:"group"`
	Told    map[Why]int64      `json:"told,omitempty"`
	Usual   map[Why]savedUsual `json:"usual,omitempty"`
	Reveals []int64            `json:"reveals,omitempty"`
	Seen    []savedSeen        `json:"seen,omitempty"`
	Ahead   []savedSeen        `json:"ahead,omitempty"`
	Decoys  []savedSeen        `json:"decoys,omitempty"`
	Shown   []savedLine        `json:"shown,omitempty"`
	Search  int64              `json:"search,omitempty"`
	Sent    []savedSent        `json:"sent,omitempty"`
	Day     savedDay           `json:"day"`
	Shift   shift              `json:"shift"`
}

type savedUsual struct {
	Days   int       `json:"days"`
	Last   int64     `json:"last"`
	Mean   float64   `json:"mean"`
	Spread float64   `json:"spread"`
	Adds   float64   `json:"adds"`
	Ripens []float64 `json:"ripens,omitempty"`
}

type savedSeen struct {
	At       int64  `json:"at"`
	Customer string `json:"customer"`
}

type savedLine struct {
	ID      string `json:"id"`
	At      int64  `json:"at"`
	Further bool   `json:"further,omitempty"`
}

type savedSent struct {
	Day      int64  `json:"day"`
	To       string `json:"to"`
	Customer string `json:"customer"`
	Approver string `json:"approver"`
}

type savedDay struct {
	Sets   [9][]string `json:"sets"`
	Counts [6]int      `json:"counts"`
}

func (t *tally) sets() [9]*map[string]bool {
	return [9]*map[string]bool{&t.customers, &t.uncontacted, &t.high, &t.strange, &t.offShift, &t.contacts, &t.idle, &t.ahead, &t.shown}
}

func (t *tally) counts() [6]*int {
	return [6]*int{&t.looks, &t.reveals, &t.searches, &t.exports, &t.payments, &t.refused}
}

// Save gives all that the Watch knows, for Restore.
func (w *Watch) Save() ([]byte, error) {
	all := savedWatch{Version: stateVersion, Today: w.today}
	for _, id := range slices.Sorted(maps.Keys(w.people)) {
		p := w.people[id]
		s := savedPerson{ID: id, Group: p.group, Told: p.told, Usual: map[Why]savedUsual{}, Reveals: p.reveals, Search: p.search, Shift: p.shift}
		for why, u := range p.usual {
			s.Usual[why] = savedUsual{u.days, u.last, u.mean, u.spread, u.adds, u.ripens}
		}
		for _, one := range p.seen {
			s.Seen = append(s.Seen, savedSeen{one.at, one.customer})
		}
		for _, one := range p.ahead {
			s.Ahead = append(s.Ahead, savedSeen{one.at, one.customer})
		}
		for _, one := range p.decoys {
			s.Decoys = append(s.Decoys, savedSeen{one.at, one.customer})
		}
		for _, id := range slices.Sorted(maps.Keys(p.shown)) {
			s.Shown = append(s.Shown, savedLine{id, p.shown[id].at, p.shown[id].further})
		}
		for _, one := range p.sent {
			s.Sent = append(s.Sent, savedSent{one.day, one.to, one.customer, one.approver})
		}
		for i, set := range p.day.sets() {
			s.Day.Sets[i] = slices.Sorted(maps.Keys(*set))
		}
		for i, n := range p.day.counts() {
			s.Day.Counts[i] = *n
		}
		all.People = append(all.People, s)
	}
	body, err := json.Marshal(all)
	return body, fault.Wrap("insider.Save", err)
}

// Restore makes a Watch that knows what another one knew when it was saved. Errors:
// Invalid for what no Save has written.
func Restore(l Limits, body []byte) (*Watch, error) {
	const op = "insider.Restore"
	var all savedWatch
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fault.New(fault.Invalid, op, "what was saved cannot be read")
	}
	if all.Version != stateVersion {
		return nil, fault.New(fault.Invalid, op, "it was saved by another version")
	}
	w := New(l)
	w.today = all.Today
	for _, s := range all.People {
		p := &person{group: s.Group, told: s.Told, usual: map[Why]*usual{}, reveals: s.Reveals, search: s.Search, shown: map[string]line{}, day: newTally(), shift: s.Shift}
		if p.told == nil {
			p.told = map[Why]int64{}
		}
		for why, u := range s.Usual {
			p.usual[why] = &usual{u.Days, u.Last, u.Mean, u.Spread, u.Adds, u.Ripens}
		}
		for _, one := range s.Seen {
			p.seen = append(p.seen, seen{one.At, one.Customer})
		}
		for _, one := range s.Ahead {
			p.ahead = append(p.ahead, seen{one.At, one.Customer})
		}
		for _, one := range s.Decoys {
			p.decoys = append(p.decoys, seen{one.At, one.Customer})
		}
		for _, one := range s.Shown {
			p.shown[one.ID] = line{one.At, one.Further}
		}
		for _, one := range s.Sent {
			p.sent = append(p.sent, sent{one.Day, one.To, one.Customer, one.Approver})
		}
		for i, set := range p.day.sets() {
			for _, key := range s.Day.Sets[i] {
				(*set)[key] = true
			}
		}
		for i, n := range p.day.counts() {
			*n = s.Day.Counts[i]
		}
		w.people[s.ID] = p
	}
	return w, nil
}

// Today is the day that the Watch is in, counted from 1970-01-01 UTC; 0 before anything
// was taken.
func (w *Watch) Today() int64 { return w.today }
