package product

import (
	"cmp"
	"slices"
	"time"

	"kefu/internal/domain/settings"
)

// Version is a plan as it stands in the settings.
type Version struct {
	Plan
	ID      string
	Number  int64     // which one of the plan it is
	Changed time.Time // when it was saved
}

// Shelf is the plans at one time.
type Shelf struct {
	Now    []Version // that can be had
	Coming []Version // from a day on, the soonest first
	Claims []Claim   // of others, that may be told
}

// ShelfOf reads what is set.
func ShelfOf(all *settings.Snapshot, now time.Time) Shelf {
	var versions []Version
	for _, it := range settings.All[Plan](all) {
		versions = append(versions, Version{Plan: it.Value, ID: it.ID, Number: it.Revision, Changed: time.UnixMicro(it.ChangedAt).UTC()})
	}
	var claims []Claim
	for _, it := range settings.All[Claim](all) {
		claims = append(claims, it.Value)
	}
	return NewShelf(now, versions, claims)
}

// NewShelf is ShelfOf for lists.
func NewShelf(now time.Time, versions []Version, claims []Claim) Shelf {
	var s Shelf
	for _, v := range versions {
		from, until, err := v.span()
		switch {
		case err != nil || (!until.IsZero() && !now.Before(until)):
		case now.Before(from):
			s.Coming = append(s.Coming, v)
		default:
			s.Now = append(s.Now, v)
		}
	}
	slices.SortStableFunc(s.Now, func(a, b Version) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name["en"], b.Name["en"]))
	})
	slices.SortStableFunc(s.Coming, func(a, b Version) int { return cmp.Compare(a.From, b.From) })
	for _, c := range claims {
		if c.Tells(now) {
			s.Claims = append(s.Claims, c)
		}
	}
	slices.SortStableFunc(s.Claims, func(a, b Claim) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(b.Seen, a.Seen)) })
	return s
}

// Find is the plan of an id that can be had.
func (s Shelf) Find(id string) (Version, bool) {
	i := slices.IndexFunc(s.Now, func(v Version) bool { return v.ID == id })
	if i < 0 {
		return Version{}, false
	}
	return s.Now[i], true
}

// Currencies are those of all plans, in their order.
func (s Shelf) Currencies() []string {
	var list []string
	for _, v := range s.Now {
		for _, c := range v.Currencies {
			if !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
	}
	return list
}

// Needs is what somebody said that they need. An empty one was not said, and decides
// nothing.
type Needs struct {
	For      Audience
	Region   Region
	Currency string
	Use      Use // the most important
	Also     Use // another one
	PayIn    Way
	Wish     Trait
}

// Met is whether a plan has what somebody needs.
type Met string

// What may be known of it.
const (
	Yes     Met = "yes"
	No      Met = "no"
	Unknown Met = "unknown" // nobody could tell
)

// Point is one need held against one plan.
type Point struct {
	Need string // for, region, currency, use, also, pay_in, wish
	Word string // what was said
	Must bool   // without it the plan does not fit
	Met  Met
}

// Verdict is one plan held against everything that was said.
type Verdict struct {
	Version
	Points []Point
}

// Fits tells whether everything is met that must be.
func (v Verdict) Fits() bool { return v.lacks() == 0 }

func (v Verdict) lacks() int { return v.count(true, No) + v.count(true, Unknown) }

func (v Verdict) count(must bool, is Met) (n int) {
	for _, p := range v.Points {
		if p.Must == must && p.Met == is {
			n++
		}
	}
	return n
}

// Result is how all plans stand to what somebody needs.
type Result struct {
	Best []Verdict // fit, and meet more wishes than all others; several: nothing that was said tells them apart
	Also []Verdict // fit too, and meet fewer wishes
	Near []Verdict // do not fit, those that lack least first
}

// Decided tells whether one plan is the answer.
func (r Result) Decided() bool { return len(r.Best) == 1 }

// Match holds every plan against what somebody needs. What must be met are for whom, where,
// in which currency, the most important use and how money comes in; the second use and the
// wish decide between those that fit. free says of a plan whether nothing is charged for
// having it, which only the schedule of fees knows.
func Match(plans []Version, n Needs, free func(Plan) Met) Result {
	var r Result
	for _, p := range plans {
		v := Verdict{Version: p, Points: points(p.Plan, n, free)}
		if v.Fits() {
			r.Best = append(r.Best, v)
		} else {
			r.Near = append(r.Near, v)
		}
	}
	most := 0
	for _, v := range r.Best {
		most = max(most, v.count(false, Yes))
	}
	fit := r.Best
	r.Best = nil
	for _, v := range fit {
		if v.count(false, Yes) == most {
			r.Best = append(r.Best, v)
		} else {
			r.Also = append(r.Also, v)
		}
	}
	slices.SortStableFunc(r.Also, func(a, b Verdict) int { return cmp.Compare(b.count(false, Yes), a.count(false, Yes)) })
	slices.SortStableFunc(r.Near, func(a, b Verdict) int {
		return cmp.Or(cmp.Compare(a.lacks(), b.lacks()), cmp.Compare(b.count(false, Yes), a.count(false, Yes)))
	})
	return r
}

// points holds one plan against each need that was said.
func points(p Plan, n Needs, free func(Plan) Met) []Point {
	var list []Point
	add := func(need, word string, must bool, met Met) {
		if word != "" {
			list = append(list, Point{need, word, must, met})
		}
	}
	add("for", string(n.For), true, is(slices.Contains(p.For, n.For)))
	add("region", string(n.Region), true, is(len(p.Regions) == 0 || slices.Contains(p.Regions, n.Region)))
	add("use", string(n.Use), true, is(slices.Contains(p.Uses, n.Use)))
	add("pay_in", string(n.PayIn), true, is(slices.Contains(p.PayIn, n.PayIn)))
	add("currency", n.Currency, true, is(slices.Contains(p.Currencies, n.Currency)))
	if n.Also != n.Use {
		add("also", string(n.Also), false, is(slices.Contains(p.Uses, n.Also)))
	}
	if n.Wish == NoFee {
		add("wish", string(n.Wish), false, free(p))
	} else {
		add("wish", string(n.Wish), false, is(slices.Contains(p.Traits, n.Wish)))
	}
	return list
}

func is(so bool) Met {
	if so {
		return Yes
	}
	return No
}
