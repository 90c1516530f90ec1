package report

import (
	"encoding/binary"
	"slices"

	"kefu/internal/domain/sla"
	"kefu/internal/platform/fault"
)

// Part is one kind of what reports count.
type Part int64

// The parts: conversations that began, were resolved or were rated.
const (
	PartBegan Part = iota
	PartResolved
	PartRated
)

// HourMicros is how long a pack is: every time zone's days are made of quarters of
// it, so that a report takes what it wants out of the first and the last.
const HourMicros = 3600 * 1_000_000

// Recorded is an event with both durations: Event.Seconds is that of working hours,
// Wall around the clock; -1 where there is none.
type Recorded struct {
	Event
	Wall int64
}

const packForm = 1 // of what follows; another one is refused

// Pack writes the events of one part and hour as bytes, from which a Collector reads
// them many times as fast as from rows. It sorts them by time.
func Pack(hour int64, events []Recorded) []byte {
	slices.SortStableFunc(events, func(a, b Recorded) int { return int(a.At - b.At) })
	words := map[string]uint64{}
	var order []string
	word := func(s string) uint64 {
		n, ok := words[s]
		if !ok {
			n = uint64(len(order))
			words[s], order = n, append(order, s)
		}
		return n
	}
	var body []byte
	put := func(v uint64) { body = binary.AppendUvarint(body, v) }
	last := hour * HourMicros
	for i := range events {
		e := &events[i]
		put(uint64(e.At - last))
		last = e.At
		for _, s := range []string{e.Channel, e.Language, e.Team, e.Topic, e.Code, e.Agent, string(e.State)} {
			put(word(s))
		}
		put(uint64(e.Seconds + 1))
		put(uint64(e.Wall + 1))
		put(uint64(max(e.Count, 0)))
		put(uint64(len(e.Tags)))
		for _, tag := range e.Tags {
			put(word(tag))
		}
	}
	head := binary.AppendUvarint([]byte{packForm}, uint64(len(order)))
	for _, s := range order {
		head = append(binary.AppendUvarint(head, uint64(len(s))), s...)
	}
	return append(binary.AppendUvarint(head, uint64(len(events))), body...)
}

// unpacker reads a pack. What is beyond its end is 0, and makes it bad.
type unpacker struct {
	rest []byte
	bad  bool
}

func (u *unpacker) next() uint64 {
	if len(u.rest) > 0 && u.rest[0] < 0x80 {
		v := u.rest[0]
		u.rest = u.rest[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(u.rest)
	if n <= 0 {
		u.bad, u.rest = true, nil
		return 0
	}
	u.rest = u.rest[n:]
	return v
}

func (u *unpacker) words() []string {
	if len(u.rest) == 0 || u.rest[0] != packForm {
		u.bad = true
		return nil
	}
	u.rest = u.rest[1:]
	n := u.next()
	if n > uint64(len(u.rest)) {
		u.bad = true
		return nil
	}
	words := make([]string, n)
	for i := range words {
		size := u.next()
		if size > uint64(len(u.rest)) {
			u.bad = true
			return nil
		}
		words[i], u.rest = string(u.rest[:size]), u.rest[size:]
	}
	return words
}

// The things that a pack names by its words, in their order.
const (
	ofChannel = iota
	ofLanguage
	ofTeam
	ofTopic
	ofCode
	ofAgent
	dimensions
)

// pack is one that is being read.
type pack struct {
	unpacker
	words  []string
	wanted [dimensions]int           // the word that is asked for; -1: any
	tag    int                       // likewise
	groups [dimensions + 1][]*Bucket // by word; the last are those of tags
	tags   []uint64                  // of the event that is being read
}

// Add counts the events of a pack. Errors: Internal for what is none.
func (c *Collector) Add(part Part, hour int64, body []byte) error {
	const op = "report.Collector.Add"
	p := pack{unpacker: unpacker{rest: body}}
	p.words = p.unpacker.words()
	n := p.next()
	if p.bad || n > uint64(len(p.rest)) {
		return fault.New(fault.Internal, op, "a pack of reports cannot be read")
	}
	if n == 0 || !p.asked(&c.q) {
		return nil
	}
	for i := range p.groups {
		p.groups[i] = make([]*Bucket, len(p.words))
	}
	at, bucket := hour*HourMicros, 0
	for range n {
		at += int64(p.next())
		c.addPacked(part, at, &bucket, &p)
		if p.bad {
			return fault.New(fault.Internal, op, "a pack of reports cannot be read")
		}
	}
	return nil
}

// asked finds the words that a query asks for; false when the pack has one of them
// not.
func (p *pack) asked(q *Query) bool {
	index := func(value string) (int, bool) {
		if value == "" {
			return -1, true
		}
		i := slices.Index(p.words, value)
		return i, i >= 0
	}
	for i, value := range []string{q.Channel, q.Language, q.Team, q.Topic, q.Code, q.Agent} {
		var there bool
		if p.wanted[i], there = index(value); !there {
			return false
		}
	}
	var there bool
	p.tag, there = index(q.Tag)
	return there
}

// addPacked counts the next event of a pack, which happened at a time. bucket is that
// of the event before it.
func (c *Collector) addPacked(part Part, at int64, bucket *int, p *pack) {
	var of [dimensions]uint64
	holds := at >= c.q.From && at < c.q.To
	words := uint64(len(p.words))
	for i := range of {
		of[i] = p.next()
		p.bad = p.bad || of[i] >= words
		holds = holds && (p.wanted[i] < 0 || of[i] == uint64(p.wanted[i]))
	}
	state, work, wall, count, tags := p.next(), p.next(), p.next(), p.next(), p.next()
	if p.bad = p.bad || state >= words || tags > uint64(len(p.rest)); p.bad {
		return
	}
	e := Event{State: sla.ClockState(p.words[state]), Seconds: int64(work) - 1, Count: int64(count)}
	if c.q.Wall {
		e.Seconds = int64(wall) - 1
	}
	tagged := p.tag < 0
	p.tags = p.tags[:0]
	for range tags {
		tag := p.next()
		if p.bad = p.bad || tag >= words; p.bad {
			return
		}
		p.tags = append(p.tags, tag)
		tagged = tagged || tag == uint64(p.tag)
	}
	if !holds || !tagged || !e.counts(part) {
		return
	}
	for _, tag := range p.tags {
		p.group(dimensions, tag, c.byTag).count(part, &e)
	}
	for *bucket+1 < len(c.edges) && c.edges[*bucket+1] <= at {
		*bucket++
	}
	c.report.Buckets[*bucket].count(part, &e)
	c.report.Total.count(part, &e)
	for i, groups := range [dimensions]map[string]*Bucket{c.byChannel, c.byLanguage, c.byTeam, c.byTopic, c.byCode, c.byAgent} {
		if i == ofAgent && p.words[of[i]] == "" {
			continue
		}
		p.group(i, of[i], groups).count(part, &e)
	}
}

func (p *pack) group(dimension int, word uint64, groups map[string]*Bucket) *Bucket {
	b := p.groups[dimension][word]
	if b == nil {
		b = group(groups, p.words[word])
		p.groups[dimension][word] = b
	}
	return b
}

// count takes an event of a part in.
func (b *Bucket) count(part Part, e *Event) {
	switch part {
	case PartBegan:
		b.Volume++
		if e.Count > 0 {
			b.Reopened++
		}
		if e.Seconds >= 0 {
			b.First.add(e.Seconds, e.State)
		}
	case PartResolved:
		if e.Seconds >= 0 {
			b.Solved.add(e.Seconds, e.State)
		}
	case PartRated:
		b.Rated++
		b.Scores[e.Count-1]++
	}
}

// counts is false of a rating that is none.
func (e *Event) counts(part Part) bool { return part != PartRated || (e.Count >= 1 && e.Count <= 5) }

// nth is the value that would stand at a place if the values were sorted. It moves
// them.
func nth(values []int32, at int) int32 {
	low, high := 0, len(values)-1
	for low < high {
		pivot := values[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case at <= j:
			high = j
		case at >= i:
			low = i
		default:
			return values[at]
		}
	}
	return values[at]
}
