package insider

// shift is when somebody works: on which day they last did, in each hour of the day
// (UTC). Looks do not count: who only looks at night has not worked at night.
type shift struct {
	Days  int       `json:"days"` // on how many days they worked, as far as it matters
	Last  int64     `json:"last"`
	Hours [24]int64 `json:"hours"`
}

// known is how many days have to be known before an hour is strange, and remembered how
// long one is somebody's after they worked in it last.
const (
	known      = 5
	remembered = 28
)

func (s *shift) learn(at int64) {
	today := dayOf(at)
	if today != s.Last && s.Days < known {
		s.Days++
	}
	s.Last = today
	s.Hours[at/hour%24] = today
}

// OffShift tells whether a time is outside of the hours in which somebody has worked
// lately, with an hour before and after each. Of somebody new nothing is outside.
func (w *Watch) OffShift(staff string, at int64) bool {
	p := w.people[staff]
	if p == nil || p.shift.Days < known {
		return false
	}
	today, now := dayOf(at), at/hour%24
	for _, h := range []int64{now, (now + 1) % 24, (now + 23) % 24} {
		if last := p.shift.Hours[h]; last > 0 && today-last <= remembered {
			return false
		}
	}
	return true
}
