package waits

import (
	"math"
	"math/rand/v2"
	"slices"

	"kefu/internal/domain/routing/queue"
)

// Range is how long somebody waits from now on: half of those in this place wait no
// longer than P50, four of five no longer than P80. Seconds. +Inf: nobody is there.
type Range struct{ P50, P80 float64 }

// work bounds what one forecast plays, in jobs and turns of all runs together.
const (
	work    = 24_000
	minRuns = 60
	maxRuns = 400
)

// horizon is how far a forecast looks, in seconds.
const horizon = 24 * 3600

// Simulator plays queues. It is not safe for concurrent use.
type Simulator struct {
	handling *Handling
	patience *Patience
	random   *rand.Rand

	jobs   jobHeap
	free   []int64
	groups []group
	of     [][]int // worker → the groups they can take from
	start  []float64
	until  []float64 // how long each of the line is patient
	runs   [][]float64
}

// group is the turns of one channel that the same workers can take, in their order.
type group struct {
	channel *law
	takes   []int64 // of each worker
	who     []int
	turns   []int
	next    int
}

// NewSimulator makes one that uses what is learned.
func NewSimulator(h *Handling, p *Patience, random *rand.Rand) *Simulator {
	return &Simulator{handling: h, patience: p, random: random}
}

// All forecasts everybody in a scene, in its order.
func (s *Simulator) All(scene queue.Scene, now int64) []Range {
	s.play(scene, now, 0)
	out := make([]Range, len(scene.Line))
	for i := range out {
		out[i] = rangeOf(s.runs[i])
	}
	return out
}

// Last forecasts the last in the line of a scene. Whoever stands behind does not
// matter: make the scene end there.
func (s *Simulator) Last(scene queue.Scene, now int64) Range {
	last := len(scene.Line) - 1
	s.play(scene, now, last)
	return rangeOf(s.runs[last])
}

func rangeOf(runs []float64) Range {
	slices.Sort(runs)
	at := func(q float64) float64 { return runs[min(int(q*float64(len(runs))), len(runs)-1)] }
	return Range{P50: at(0.5), P80: at(0.8)}
}

// play fills s.runs with when each turn from the one numbered keep on begins.
func (s *Simulator) play(scene queue.Scene, now int64, keep int) {
	s.arrange(scene)
	size := len(scene.Line)
	for _, w := range scene.Crew {
		size += len(w.Jobs)
	}
	runs := min(max(work/max(size, 1), minRuns), maxRuns)
	for len(s.runs) < len(scene.Line) {
		s.runs = append(s.runs, nil)
	}
	for i := range scene.Line {
		s.runs[i] = s.runs[i][:0]
	}
	for range runs {
		s.once(scene, now)
		for i := keep; i < len(scene.Line); i++ {
			s.runs[i] = append(s.runs[i], s.start[i])
		}
	}
}

// arrange groups the line.
func (s *Simulator) arrange(scene queue.Scene) {
	s.groups = s.groups[:0]
	s.of = make([][]int, len(scene.Crew))
	type key struct {
		channel string
		who     *int
		n       int
	}
	known := map[key]int{}
	for i, t := range scene.Line {
		k := key{t.Channel, nil, len(t.For)}
		if len(t.For) > 0 {
			k.who = &t.For[0]
		}
		g, ok := known[k]
		if !ok {
			g = len(s.groups)
			known[k] = g
			added := group{channel: s.handling.law(t.Channel).settle(), who: t.For}
			for _, w := range scene.Crew {
				added.takes = append(added.takes, w.Takes[t.Channel])
			}
			s.groups = append(s.groups, added)
			for _, w := range t.For {
				s.of[w] = append(s.of[w], g)
			}
		}
		s.groups[g].turns = append(s.groups[g].turns, i)
	}
}

// once plays the queue until everybody is served or has given up.
func (s *Simulator) once(scene queue.Scene, now int64) {
	mean := s.patience.Mean()
	s.start, s.until = s.start[:0], s.until[:0]
	for range scene.Line {
		s.start, s.until = append(s.start, math.Inf(1)), append(s.until, s.random.ExpFloat64()*mean)
	}
	s.free, s.jobs = s.free[:0], s.jobs[:0]
	left := len(scene.Line)
	for i := range s.groups {
		s.groups[i].next = 0
	}
	for w, worker := range scene.Crew {
		s.free = append(s.free, worker.Free)
		for _, j := range worker.Jobs {
			elapsed := float64(max(0, now-j.Since)) / 1e6
			s.jobs.push(job{s.handling.law(j.Channel).settle().draw(elapsed, s.random) - elapsed, w, j.Weight})
		}
	}
	for w := range scene.Crew {
		left -= s.serve(w, 0)
	}
	for left > 0 && len(s.jobs) > 0 {
		done := s.jobs.pop()
		if done.end > horizon {
			return
		}
		s.free[done.worker] += done.weight
		left -= s.serve(done.worker, done.end)
	}
}

// serve gives a worker the first turns of the line that they have room for, and
// tells for how many waiting is over. One who gave up before is passed over; when
// they would have been served is noted all the same.
func (s *Simulator) serve(worker int, at float64) (over int) {
	for {
		first := -1
		for _, g := range s.of[worker] {
			if t := &s.groups[g]; t.next < len(t.turns) && t.takes[worker] <= s.free[worker] &&
				(first < 0 || t.turns[t.next] < s.groups[first].turns[s.groups[first].next]) {
				first = g
			}
		}
		if first < 0 {
			return over
		}
		g := &s.groups[first]
		turn := g.turns[g.next]
		g.next++
		over++
		s.start[turn] = at
		if s.until[turn] >= at {
			s.free[worker] -= g.takes[worker]
			s.jobs.push(job{at + g.channel.draw(0, s.random), worker, g.takes[worker]})
		}
	}
}

// job ends at a time and gives its worker back what it took.
type job struct {
	end    float64
	worker int
	weight int64
}

// jobHeap is a binary heap by end, written out: it is most of what a forecast does.
type jobHeap []job

func (h *jobHeap) push(j job) {
	*h = append(*h, j)
	all := *h
	for i := len(all) - 1; i > 0; {
		up := (i - 1) / 2
		if all[up].end <= all[i].end {
			return
		}
		all[up], all[i] = all[i], all[up]
		i = up
	}
}

func (h *jobHeap) pop() job {
	all := *h
	top := all[0]
	last := len(all) - 1
	all[0] = all[last]
	all = all[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(all) {
			break
		}
		if down+1 < len(all) && all[down+1].end < all[down].end {
			down++
		}
		if all[i].end <= all[down].end {
			break
		}
		all[i], all[down] = all[down], all[i]
		i = down
	}
	*h = all
	return top
}
