package waits_test

import (
	"container/heap"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kefu/internal/domain/routing/queue"
	"kefu/internal/domain/routing/waits"
)

// sheet reads a file of call volumes. It is skipped where there is none, but not
// where results count.
func sheet(t *testing.T, name string) [][]string {
	t.Helper()
	folder := os.Getenv("KEFU_TESTDATA")
	if folder == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("KEFU_TESTDATA is not set")
		}
		t.Skip("KEFU_TESTDATA is not set: no call volumes to play")
	}
	file, err := os.Open(filepath.Join(folder, "callvolume", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// hour is what happens in one: how many call, how long they are helped, and how
// many agents there are for it.
type hour struct {
	arrivals []float64 // seconds from the beginning of the hour
	mean, sd float64   // of handling, seconds
	agents   int
}

// technion gives the hours of days that begin at one of the year.
func technion(t *testing.T, r *rand.Rand, from string, days int) []hour {
	type law struct{ mean, sd float64 }
	laws := map[string]law{}
	for _, row := range sheet(t, "technion_daily_jan_aug.csv") {
		laws[row[0]] = law{number(t, row[2]), number(t, row[4])}
	}
	begin, err := time.Parse(time.DateOnly, from)
	if err != nil {
		t.Fatal(err)
	}
	end := begin.AddDate(0, 0, days)
	hours := make([]hour, days*24)
	for _, row := range sheet(t, "technion_6min_jan_aug.csv") {
		day, err := time.Parse(time.DateOnly, row[0])
		if err != nil {
			t.Fatal(err)
		}
		if day.Before(begin) || !day.Before(end) {
			continue
		}
		interval := int(number(t, row[1])) - 1
		h := &hours[int(day.Sub(begin).Hours())+interval/10]
		h.mean, h.sd = laws[row[0]].mean, laws[row[0]].sd
		for range int(number(t, row[2])) {
			h.arrivals = append(h.arrivals, (float64(interval%10)+r.Float64())*360)
		}
	}
	staffed(hours, r)
	return hours
}

// staffed gives each hour agents such that they have nearly too much to do.
func staffed(hours []hour, r *rand.Rand) {
	for i := range hours {
		load := float64(len(hours[i].arrivals)) * hours[i].mean / 3600
		hours[i].agents = max(1, int(math.Round(load*(0.95+0.15*r.Float64())+0.3)))
	}
}

// centre plays hours through the real queue. The estimator learns what agents of
// flesh and blood would show it, and nothing else.
type centre struct {
	q        *queue.Queue
	r        *rand.Rand
	now      float64
	due      events
	present  int
	service  func() float64
	arrived  map[string]float64
	taken    map[string]float64
	shown    map[string]waits.Range
	handling *waits.Handling
	patience *waits.Patience
	sim      *waits.Simulator
	correct  waits.Calibration
	forecast func(c *centre, id string) (waits.Range, bool)
	figures
}

type figures struct{ served, waited, within50, within80, gaveUp int }

type happening struct {
	at float64
	do func()
}

type events []happening

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(happening)) } //nolint:forcetypeassert // of this test
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func newCentre(r *rand.Rand, forecast func(*centre, string) (waits.Range, bool)) *centre {
	o := queue.DefaultOptions()
	o.Slots = map[string]int{"phone": 1}
	c := &centre{
		q: queue.New(o), r: r, arrived: map[string]float64{}, taken: map[string]float64{}, shown: map[string]waits.Range{},
		handling: waits.NewHandling(300), patience: waits.NewPatience(600), forecast: forecast,
	}
	c.sim = waits.NewSimulator(c.handling, c.patience, r)
	return c
}

func (c *centre) micros() int64 { return int64(c.now * 1e6) }

func (c *centre) at(seconds float64, do func()) { heap.Push(&c.due, happening{seconds, do}) }

// see carries out what the queue says: who is offered somebody takes them after a
// moment.
func (c *centre) see(events []queue.Event) {
	for _, e := range events {
		if e.Kind == queue.Offered {
			c.at(c.now+1+2*c.r.Float64(), func() { c.accept(e) })
		}
	}
}

func (c *centre) accept(e queue.Event) {
	ok, events := c.q.Accept(e.Agent, e.Item.ID, c.micros())
	if ok {
		wait := c.now - c.arrived[e.Item.ID]
		c.served++
		c.patience.Learn(wait, false)
		if shown, waited := c.shown[e.Item.ID]; waited {
			c.judge(e.Item.ID, shown, wait)
		}
		delete(c.arrived, e.Item.ID)
		took := c.service()
		c.at(c.now+took, func() {
			c.handling.Learn("phone", took)
			c.see(c.q.Freed(e.Item.ID, c.micros()))
		})
	}
	c.see(events)
}

func (c *centre) judge(id string, shown waits.Range, wait float64) {
	c.waited++
	if wait <= shown.P50 {
		c.within50++
	}
	if wait <= shown.P80 {
		c.within80++
	}
	c.correct.Learn(shown, wait)
	delete(c.shown, id)
}

func (c *centre) arrive(id string, patient float64) {
	c.arrived[id] = c.now
	events := c.q.Put(queue.Item{ID: id, Channel: "phone", Since: c.micros()}, c.micros())
	if len(events) == 0 { // nobody is free: a promise is made
		if raw, known := c.forecast(c, id); known {
			c.shown[id] = c.correct.Shown(raw)
		}
	}
	c.see(events)
	c.at(c.now+patient, func() {
		if _, still := c.arrived[id]; !still {
			return
		}
		c.gaveUp++
		c.patience.Learn(patient, true)
		delete(c.arrived, id)
		delete(c.shown, id)
		c.see(c.q.Remove(id, c.micros()))
	})
}

// roster has as many agents there as an hour has. Who goes finishes what they have.
func (c *centre) roster(n int) {
	for ; c.present < n; c.present++ {
		c.see(c.q.SetAgent(queue.Agent{ID: fmt.Sprintf("agent%03d", c.present), Available: true}, c.micros()))
	}
	for ; c.present > n; c.present-- {
		c.see(c.q.Leave(fmt.Sprintf("agent%03d", c.present-1), c.micros()))
	}
}

// lognormal draws times with a mean and a standard deviation.
func lognormal(r *rand.Rand, mean, sd float64) float64 {
	variance := math.Log(1 + sd*sd/(mean*mean))
	return math.Exp(math.Log(mean) - variance/2 + math.Sqrt(variance)*r.NormFloat64())
}

func (c *centre) play(hours []hour) {
	const patience = 420.0
	for i, h := range hours {
		begin := float64(i) * 3600
		c.at(begin, func() {
			c.roster(h.agents)
			c.service = func() float64 { return lognormal(c.r, h.mean, h.sd) }
		})
		for j, offset := range h.arrivals {
			id, patient := fmt.Sprintf("%d/%d", i, j), patience*c.r.ExpFloat64()
			c.at(begin+offset, func() { c.arrive(id, patient) })
		}
	}
	for c.due.Len() > 0 {
		next, _ := heap.Pop(&c.due).(happening)
		if due := c.q.Due(); due > 0 && float64(due)/1e6 < next.at {
			c.now = float64(due) / 1e6
			heap.Push(&c.due, next)
			c.see(c.q.Tick(due))
			continue
		}
		c.now = next.at
		next.do()
	}
}

// perArrival forecasts each who has to wait by playing the queue anew.
func perArrival(c *centre, id string) (waits.Range, bool) {
	scene := c.q.Scene(c.q.Line(c.micros()), 500)
	for i := range scene.Line {
		if scene.Line[i].ID == id {
			scene.Line = scene.Line[:i+1]
			return c.sim.Last(scene, c.micros()), true
		}
	}
	return waits.Range{}, false
}

func (f figures) verdict(t *testing.T) {
	t.Helper()
	p50, p80 := float64(f.within50)/float64(f.waited), float64(f.within80)/float64(f.waited)
	t.Logf("%d served, of whom %d had to wait, %d gave up; within p50 %.3f, within p80 %.3f", f.served, f.waited, f.gaveUp, p50, p80)
	if f.waited < 3000 {
		t.Errorf("only %d had to wait: too few to say anything", f.waited)
	}
	if p50 < 0.45 || p50 > 0.55 {
		t.Errorf("%.3f were served within the p50 that was shown, not 0.45 to 0.55", p50)
	}
	if p80 < 0.76 || p80 > 0.84 {
		t.Errorf("%.3f were served within the p80 that was shown, not 0.76 to 0.84", p80)
	}
}

func TestPromisesHoldOnCallsOfABank(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hours := technion(t, r, "1999-02-07", 20)
	c := newCentre(r, perArrival)
	begin := time.Now()
	c.play(hours)
	promises := c.waited
	c.verdict(t)
	t.Logf("%d promises in %s", promises, time.Since(begin).Round(time.Millisecond))
}

// bank gives the hours of a larger bank's calls; the handling times are invented,
// and drift from hour to hour.
func bank(t *testing.T, r *rand.Rand, from string, days int) []hour {
	begin, err := time.Parse(time.DateOnly, from)
	if err != nil {
		t.Fatal(err)
	}
	end := begin.AddDate(0, 0, days)
	hours := make([]hour, days*24)
	for i := range hours {
		hours[i].mean = 210 * (1 + 0.2*math.Sin(float64(i)/11))
		hours[i].sd = hours[i].mean * 1.2
	}
	for _, row := range sheet(t, "bank_calls_to_2003-08-31.csv") {
		at, err := time.Parse("2006-01-02 15:04", row[0])
		if err != nil {
			t.Fatal(err)
		}
		if at.Before(begin) || !at.Before(end) {
			continue
		}
		since := at.Sub(begin)
		h := &hours[int(since.Hours())]
		for range int(number(t, row[1])) {
			h.arrivals = append(h.arrivals, math.Mod(since.Minutes(), 60)*60+r.Float64()*300)
		}
	}
	staffed(hours, r)
	return hours
}

// nowAndThen forecasts the whole line, and takes what it said of a place for
// whoever comes to stand there until the next time.
func nowAndThen(every float64) func(*centre, string) (waits.Range, bool) {
	var ranges []waits.Range
	last := math.Inf(-1)
	return func(c *centre, id string) (waits.Range, bool) {
		at := c.q.Position(id) - 1
		if c.now-last >= every || at >= len(ranges)+len(ranges)/4+1 {
			ranges, last = c.sim.All(c.q.Scene(c.q.Line(c.micros()), 1000), c.micros()), c.now
		}
		if len(ranges) == 0 || at < 0 {
			return waits.Range{}, false
		}
		if at < len(ranges) {
			return ranges[at], true
		}
		end, grown := ranges[len(ranges)-1], float64(at+1)/float64(len(ranges))
		return waits.Range{P50: end.P50 * grown, P80: end.P80 * grown}, true
	}
}

func TestPromisesHoldInLongQueues(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	hours := bank(t, r, "2003-06-02", 3)
	c := newCentre(r, nowAndThen(60))
	c.play(hours)
	c.verdict(t)
}
