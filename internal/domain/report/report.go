package report

import (
	"math"
	"slices"
	"time"

	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
)

// Bounds of a report.
const (
	MaxDays   = 400
	maxGroups = 200 // of a kind; more are left out
)

// Query says what a report is about.
type Query struct {
	From, To int64 // microseconds; To is not in it
	Zone     *time.Location
	Weekly   bool
	Channel  string // "" for all, as the two after it
	Language string
	Agent    string // a staff id
	Team     string // a setting's id
	Topic    string
	Tag      string
	Code     string // of a wrap-up: a setting's id
	Wall     bool   // durations around the clock, not of working hours
}

// Validate refuses what would be too much.
func (q Query) Validate() error {
	const op = "report.Query.Validate"
	if q.Zone == nil {
		return fault.InvalidField(op, "time_zone", "is missing")
	}
	if q.To <= q.From || q.From < 0 {
		return fault.InvalidField(op, "to", "must be after the beginning")
	}
	if q.To-q.From > MaxDays*24*3600*1_000_000 {
		return fault.InvalidField(op, "to", "must lie at most %d days after the beginning", MaxDays)
	}
	return nil
}

// Durations are how long something took, in seconds, and how often it was done as
// was aimed for.
type Durations struct {
	Count  int   `json:"count"`
	Median int64 `json:"median" doc:"seconds; 0 when there was none"`
	P90    int64 `json:"p90" doc:"seconds"`
	Aimed  int   `json:"aimed" doc:"for how many there was a target"`
	Within int   `json:"within" doc:"how many of those met it"`

	values []int32
}

func (d *Durations) add(seconds int64, state sla.ClockState) {
	d.Count++
	d.values = append(d.values, int32(min(seconds, math.MaxInt32)))
	switch state {
	case sla.Met:
		d.Aimed++
		d.Within++
	case sla.Breached:
		d.Aimed++
	}
}

func (d *Durations) finish() {
	d.Median, d.P90 = percentile(d.values, 50), percentile(d.values, 90)
	d.values = nil
}

// percentile is the smallest value that so many percent are not above (nearest
// rank); 0 of none. It moves the values.
func percentile(values []int32, percent int) int64 {
	if len(values) == 0 {
		return 0
	}
	return int64(nth(values, (len(values)*percent+99)/100-1))
}

// Bucket is a day or a week, or all of a report, or one group of it.
type Bucket struct {
	At       int64     `json:"at,omitempty" doc:"when it begins"`
	Volume   int       `json:"volume" doc:"conversations that began"`
	First    Durations `json:"first_response"`
	Solved   Durations `json:"resolution" doc:"of those that were resolved then"`
	Reopened int       `json:"reopened" doc:"of those that began then, how many were opened again"`
	Backlog  *int64    `json:"backlog,omitempty" doc:"not resolved at the end"`
	Rated    int       `json:"rated"`
	Scores   [5]int    `json:"scores" doc:"how often each of 1 to 5 was given"`
}

func (b *Bucket) finish() {
	b.First.finish()
	b.Solved.finish()
}

// Satisfied is the share of 4 and 5 among all ratings, in percent; -1 of none.
func (b *Bucket) Satisfied() int {
	if b.Rated == 0 {
		return -1
	}
	return (b.Scores[3] + b.Scores[4]) * 100 / b.Rated
}

// Group is a part of a report: a channel, a team, a tag, an agent.
type Group struct {
	Key string `json:"key" doc:"a channel, language, topic or tag as it is; of an agent, a team or a code its id; empty for those without one"`
	Bucket
}

// Report is what a Query gives.
type Report struct {
	Total     Bucket   `json:"total"`
	Buckets   []Bucket `json:"buckets" nullable:"false"`
	Channels  []Group  `json:"channels" nullable:"false"`
	Languages []Group  `json:"languages" nullable:"false"`
	Teams     []Group  `json:"teams" nullable:"false"`
	Topics    []Group  `json:"topics" nullable:"false" doc:"those that forms give"`
	Tags      []Group  `json:"tags" nullable:"false" doc:"a conversation counts for each of its tags"`
	Codes     []Group  `json:"codes" nullable:"false" doc:"of wrap-ups"`
	Agents    []Group  `json:"agents" nullable:"false" doc:"only for who may see everybody's"`
}

// Event is what a report counts: that a conversation began, was resolved or was
// rated.
type Event struct {
	At       int64
	Channel  string
	Language string
	Team     string
	Topic    string
	Code     string
	Tags     []string // of an event that is told for its tags' sake
	Agent    string   // who answered first, or who had it when it was resolved or rated
	Seconds  int64    // -1: not yet
	State    sla.ClockState
	Count    int64 // reopened, or the score
}

// Collector gathers a report. Make one with Collect.
type Collector struct {
	q          Query
	report     Report
	edges      []int64 // beginnings of the buckets, and the end
	byChannel  map[string]*Bucket
	byLanguage map[string]*Bucket
	byTeam     map[string]*Bucket
	byTopic    map[string]*Bucket
	byTag      map[string]*Bucket
	byCode     map[string]*Bucket
	byAgent    map[string]*Bucket
}

// Collect begins a report.
func Collect(q Query) *Collector {
	c := &Collector{
		q: q, byChannel: map[string]*Bucket{}, byLanguage: map[string]*Bucket{}, byTeam: map[string]*Bucket{}, byTopic: map[string]*Bucket{},
		byTag: map[string]*Bucket{}, byCode: map[string]*Bucket{}, byAgent: map[string]*Bucket{},
	}
	at := time.UnixMicro(q.From).In(q.Zone)
	y, m, d := at.Date()
	if q.Weekly {
		d -= (int(at.Weekday()) + 6) % 7 // weeks begin on Monday
	}
	step := 1
	if q.Weekly {
		step = 7
	}
	for i := 0; ; i += step {
		edge := DayBegins(y, m, d+i, q.Zone).UnixMicro()
		if n := len(c.edges); n > 0 && edge <= c.edges[n-1] { // a day that was left out
			continue
		}
		if edge >= q.To {
			break
		}
		c.edges = append(c.edges, edge)
		c.report.Buckets = append(c.report.Buckets, Bucket{At: max(edge, q.From)})
	}
	return c
}

// DayBegins is the first moment of a day in a zone: midnight, or the moment at which
// the clock is put forward over it.
func DayBegins(y int, m time.Month, d int, zone *time.Location) time.Time {
	at := time.Date(y, m, d, 0, 0, 0, 0, zone)
	shown := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	if _, change := at.ZoneBounds(); shown.Before(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) && !change.IsZero() {
		return change
	}
	return at
}

// holds tells whether an event is one that a query asks for.
func (q *Query) holds(e *Event) bool {
	is := func(wanted, value string) bool { return wanted == "" || wanted == value }
	return e.At >= q.From && e.At < q.To && is(q.Channel, e.Channel) && is(q.Language, e.Language) && is(q.Agent, e.Agent) &&
		is(q.Team, e.Team) && is(q.Topic, e.Topic) && is(q.Code, e.Code) && (q.Tag == "" || slices.Contains(e.Tags, q.Tag))
}

// each does something for every bucket that an event belongs to. Of one with tags
// these are only those of its tags, unless a tag was asked for: then there is no
// other event.
func (c *Collector) each(e *Event, do func(*Bucket)) {
	if !c.q.holds(e) {
		return
	}
	for _, tag := range e.Tags {
		do(group(c.byTag, tag))
	}
	if len(e.Tags) > 0 && c.q.Tag == "" {
		return
	}
	i, found := slices.BinarySearch(c.edges, e.At)
	if !found {
		i--
	}
	do(&c.report.Buckets[i])
	do(&c.report.Total)
	do(group(c.byChannel, e.Channel))
	do(group(c.byLanguage, e.Language))
	do(group(c.byTeam, e.Team))
	do(group(c.byTopic, e.Topic))
	do(group(c.byCode, e.Code))
	if e.Agent != "" {
		do(group(c.byAgent, e.Agent))
	}
}

func group(groups map[string]*Bucket, key string) *Bucket {
	if groups[key] == nil {
		groups[key] = &Bucket{}
	}
	return groups[key]
}

// Count takes an event of a part in.
func (c *Collector) Count(part Part, e Event) {
	if e.counts(part) {
		c.each(&e, func(b *Bucket) { b.count(part, &e) })
	}
}

// Backlogged tells whether the backlog can be told: it is counted by channel, and by
// nothing else.
func (q Query) Backlogged() bool {
	return q.Language == "" && q.Agent == "" && q.Team == "" && q.Topic == "" && q.Tag == "" && q.Code == ""
}

// Backlog sets how many were not resolved at the end of each bucket: at gives the
// sum of all that moved before a time.
func (c *Collector) Backlog(before func(at int64) int64) {
	for i := range c.report.Buckets {
		end := c.q.To
		if i+1 < len(c.edges) {
			end = c.edges[i+1]
		}
		n := before(end)
		c.report.Buckets[i].Backlog = &n
		c.report.Total.Backlog = &n
	}
}

// Report is what was gathered.
func (c *Collector) Report() Report {
	for i := range c.report.Buckets {
		c.report.Buckets[i].finish()
	}
	c.report.Total.finish()
	c.report.Channels, c.report.Languages, c.report.Agents = groupsOf(c.byChannel, maxGroups), groupsOf(c.byLanguage, maxGroups), groupsOf(c.byAgent, 2000)
	c.report.Teams, c.report.Topics, c.report.Tags, c.report.Codes = groupsOf(c.byTeam, maxGroups), groupsOf(c.byTopic, maxGroups), groupsOf(c.byTag, maxGroups), groupsOf(c.byCode, maxGroups)
	return c.report
}

// groupsOf lists groups, the largest first.
func groupsOf(all map[string]*Bucket, most int) []Group {
	groups := make([]Group, 0, len(all))
	for key, b := range all {
		b.finish()
		groups = append(groups, Group{Key: key, Bucket: *b})
	}
	slices.SortFunc(groups, func(a, b Group) int {
		if a.Volume+a.Solved.Count != b.Volume+b.Solved.Count {
			return b.Volume + b.Solved.Count - a.Volume - a.Solved.Count
		}
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return groups[:min(len(groups), most)]
}
