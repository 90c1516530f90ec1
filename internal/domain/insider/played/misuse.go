package played

import (
	"fmt"

	"kefu/internal/domain/insider"
)

// choose gives those who are the persona: people of those groups that could be.
func (d *desk) choose(who Persona) []*agent {
	var able []*agent
	for i := range d.staff {
		a := &d.staff[i]
		pays := who == Colluders || who == Mule
		if (pays && a.group != "first line") || (!pays && a.group != "fraud") {
			able = append(able, a)
		}
	}
	d.r.Shuffle(len(able), func(i, j int) { able[i], able[j] = able[j], able[i] })
	switch who {
	case "":
		return nil
	case Colluders:
		return able[:2]
	default:
		return able[:1]
	}
}

// misuse is what the persona does beside their work on a day; nth counts them.
func (d *desk) misuse(who Persona, a *agent, all []*agent, now, nth int64) {
	some := func(least, more int) int { // as many as that, or of the careful fewer
		return d.poisson(d.effort * (float64(least) + float64(d.r.IntN(more))))
	}
	begin := now*day + a.start*hour
	during := func() int64 { return begin + d.r.Int64N(8*hour) }
	switch who {
	case Scraper:
		if nth%2 == 0 {
			d.peek(a, some(40, 80), during, insider.Doing{})
		}
	case Dripper:
		d.peek(a, some(2, 3), during, insider.Doing{})
	case Hunter:
		for range some(3, 4) {
			at := during()
			d.does(a, at-minute, insider.Searched, insider.Doing{})
			with := insider.Doing{Customer: d.rich(), High: true}
			if d.r.Float64() < 0.3 { // with some contact as a pretext
				d.n++
				with.Contact = fmt.Sprint("v", d.n)
			}
			d.does(a, at, insider.Looked, with)
			d.does(a, at+minute/2, insider.Looked, with)
		}
	case Photograph:
		for range some(8, 8) { // in their own contacts, page by page
			d.n++
			with := insider.Doing{Customer: d.customer(), Contact: fmt.Sprint("v", d.n)}
			at := during()
			for i := range 8 + d.r.IntN(8) {
				d.does(a, at+int64(i)*minute/2, insider.Looked, with)
			}
			if d.r.Float64() < 0.5 {
				d.does(a, at+9*minute, insider.Revealed, with)
			}
			d.does(a, at+12*minute, insider.Worked, with)
		}
	case Colluders:
		other := all[0]
		if other == a {
			other = all[1]
		}
		for range d.poisson(2.5 * d.effort) {
			c := d.customer()
			d.n++
			d.pay(a, during(), insider.Doing{Customer: c, Contact: fmt.Sprint("v", d.n)}, "own "+c, other.id)
		}
	case Mule:
		for range d.poisson(0.7 * d.effort) {
			c := d.customer()
			d.n++
			d.pay(a, during(), insider.Doing{Customer: c, Contact: fmt.Sprint("v", d.n)}, fmt.Sprint("mule ", d.r.IntN(2)), d.approver(a))
		}
	case Grabber:
		if nth >= While-5 {
			for range some(10, 20) {
				d.does(a, during(), insider.Searched, insider.Doing{})
			}
			for range some(1, 3) {
				d.does(a, during(), insider.Exported, insider.Doing{})
			}
			d.peek(a, some(5, 15), during, insider.Doing{})
		}
	case Lister: // page after page, of people whom they never open
		if nth%2 == 0 {
			at := during()
			for i := range some(12, 10) {
				d.does(a, at+int64(i)*minute, insider.Listed, insider.Doing{Shown: d.some(further), Further: true})
			}
		}
	case Reader: // what waits is fetched, read, and left for others
		if nth%2 == 0 {
			at := during()
			for i := range some(120, 80) {
				d.does(a, at+int64(i)*minute/4, insider.Ahead, insider.Doing{Customer: d.customer()})
			}
		}
	case Compromised:
		if nth == 10 {
			night := now*day + (a.start+14)%24*hour
			d.peek(a, some(25, 30), func() int64 { return night + d.r.Int64N(40*minute) }, insider.Doing{NewDevice: true, OffShift: true})
		}
	}
}

// peek looks at customers that somebody has nothing to do with. One of two thousand is
// none.
func (d *desk) peek(a *agent, n int, at func() int64, with insider.Doing) {
	for range n {
		with.Customer = d.customer()
		with.High, with.Canary = high(with.Customer), d.r.Float64() < 0.0005
		d.does(a, at(), insider.Looked, with)
	}
}

func (d *desk) rich() string {
	for {
		if c := d.customer(); high(c) {
			return c
		}
	}
}
