package jurisdiction

import "slices"

// Losing is what decides how much of a loss a customer bears. Times are microseconds; 0:
// not known.
type Losing struct {
	Told      int64 // when they told us first
	Learned   int64 // when they learned of it
	Statement int64 // when the statement was sent that shows it
	Facts     map[Fact]bool
}

// How a tier stands.
const (
	Applies = "applies"
	Misses  = "misses"  // one of its conditions is not met
	Unsaid  = "unknown" // it depends on what nobody has said
	Beyond  = "beyond"  // one before it applies
)

// Borne is a tier for one case.
type Borne struct {
	Tier
	State string
	By    int64 // until when the customer had to tell us for it; 0: it has no such time, or that is not known
}

// Bears works out what a customer bears: each tier of a type of case in its order, and how
// it stands. What one depends on and nobody has said leaves it open, and those after it.
func (p *Pack) Bears(t Type, of Losing) []Borne {
	out := []Borne{}
	found, open := false, false
	for _, tier := range p.Types[t].Liability {
		b := Borne{Tier: tier, State: p.tier(tier, of)}
		for _, x := range []struct {
			within *Period
			from   int64
		}{{tier.Learned, of.Learned}, {tier.Statement, of.Statement}} {
			if x.within == nil || x.from == 0 {
				continue
			}
			if by := (reckoning{hours: p.days.reckoner}).due(instant(x.from), *x.within); b.By == 0 || by < b.By {
				b.By = by
			}
		}
		switch {
		case found:
			b.State = Beyond
		case b.State == Applies && open:
			b.State = Unsaid
		case b.State == Applies:
			found = true
		case b.State == Unsaid:
			open = true
		}
		out = append(out, b)
	}
	return out
}

func (p *Pack) tier(t Tier, of Losing) string {
	state := Applies
	unsaid := func() { // whatever else is not met counts for more
		if state == Applies {
			state = Unsaid
		}
	}
	for _, f := range slices.Concat(t.If, t.Unless) {
		holds, said := of.Facts[f]
		switch {
		case !said:
			unsaid()
		case holds != slices.Contains(t.If, f):
			return Misses
		}
	}
	for _, x := range []struct {
		within *Period
		from   int64
	}{{t.Learned, of.Learned}, {t.Statement, of.Statement}} {
		switch {
		case x.within == nil:
		case x.from == 0:
			unsaid()
		case of.Told > (reckoning{hours: p.days.reckoner}).due(instant(x.from), *x.within):
			return Misses
		}
	}
	return state
}
