package waits

import "maps"

// Learned is all that is learned from what happened, to be kept over a restart. It
// holds figures and nothing of anybody.
type Learned struct {
	Correction Calibration          `json:"correction"`
	GaveUp     float64              `json:"gave_up"`
	Waited     float64              `json:"waited"` // seconds
	Handling   map[string][]float64 `json:"handling"`
}

// Learned gives what an estimator knows.
func (s *Simulator) Learned(c Calibration) Learned {
	l := Learned{Correction: c, GaveUp: s.patience.gaveUp, Waited: s.patience.waited, Handling: map[string][]float64{}}
	for channel, law := range maps.All(s.handling.channels) {
		recent := law.seen[max(0, len(law.seen)-remembered):]
		l.Handling[channel] = append([]float64{}, recent...)
	}
	return l
}

// Restore goes on from what was kept.
func (s *Simulator) Restore(l Learned) {
	if l.Waited > 0 && l.GaveUp >= 0 {
		s.patience.gaveUp, s.patience.waited = l.GaveUp, l.Waited
	}
	for channel, seen := range l.Handling {
		known := &law{}
		for _, seconds := range seen {
			if seconds >= 0 {
				known.add(seconds)
			}
		}
		if len(known.seen) > 0 {
			s.handling.channels[channel] = known
		}
	}
}
