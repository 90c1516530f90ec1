package asking

import (
	"fmt"
	"slices"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/privacy"
	"kefu/internal/safety/script"
)

// oracle writes down what people said, and judges what came of it by rules of its own.
type oracle struct {
	w       *world
	decided map[string]cases.Outcome // by case
	back    map[string]bool          // cases that were taken back
	holds   map[string]bool          // cases that are held
	passing map[string][]string      // by customer: the cases that were held when what is being done began
	gone    map[string]bool          // requests that were withdrawn
	since   map[string]int64         // by customer: when their erasure began
	effects []string
	broken  []script.Violation
}

func newOracle(w *world) *oracle {
	return &oracle{
		w: w, decided: map[string]cases.Outcome{}, back: map[string]bool{}, holds: map[string]bool{}, passing: map[string][]string{}, gone: map[string]bool{}, since: map[string]int64{},
	}
}

func (o *oracle) broke(r script.Rule, format string, args ...any) {
	o.broken = append(o.broken, script.Violation{Rule: r, Why: fmt.Sprintf(format, args...)})
}

func (o *oracle) did(what string) { o.effects = append(o.effects, what) }

// led judges that somebody asked for an erasure, or agreed to one.
func (o *oracle) led(who had, what string) {
	if who.Role != identity.Supervisor && who.Role != identity.Owner {
		o.broke(NoRight, "%s, who is %s, %s", who.ID, who.Role, what)
	}
	o.taken(who, what)
	if who.withheld {
		o.broke(Withheld, "%s %s, and the house keeps that from supervisors", who.ID, what)
	}
}

// taken judges what somebody did from whom rights were taken.
func (o *oracle) taken(who had, what string) {
	if who.restrained {
		o.broke(Restrained, "%s: %s", who.ID, what)
	}
}

func (o *oracle) withdrawn(r *approval.Request, who *clerk) {
	if r.MakerID != who.ID {
		o.broke(NoRight, "%s withdrew what %s asked for", who.ID, r.MakerID)
	}
	o.gone[r.ID] = true
	o.did("request_withdrawn")
}

// begun judges that an erasure begins.
func (o *oracle) begun(a asked, r *approval.Request, second string) {
	if said := o.decided[a.Case]; said != cases.Upheld && said != cases.PartlyUpheld {
		o.broke(Undecided, "%s is %q", a.Case, said)
	}
	if o.back[a.Case] || o.gone[r.ID] {
		o.broke(TakenBack, "%s began, and was taken back", a.Case)
	}
	if second == "" || second == r.MakerID {
		o.broke(Alone, "%s was asked for by %s, and nobody else agreed", a.Case, r.MakerID)
	}
	o.since[a.Customer] = micros(o.w)
	o.did("erasure")
}

// passes is told that Kefu goes on with an erasure: what is held then may stay.
func (o *oracle) passes(customer string) {
	o.passing[customer] = nil
	for _, c := range o.w.store.cases {
		if c.CustomerID == customer && o.holds[c.ID] {
			o.passing[customer] = append(o.passing[customer], c.ID)
		}
	}
}

// erased judges that something was: what is held then stays, whenever that began.
func (o *oracle) erased(customer string, x thing) {
	if since, begun := o.since[customer]; !begun || x.at > since {
		o.broke(TooMuch, "%s of %s, of %d, by an erasure of %d", x.id, customer, x.at, since)
	}
	for _, c := range o.w.store.cases {
		if c.CustomerID == customer && o.holds[c.ID] && (slices.Contains(c.Conversations, x.talk) || x.of == privacy.Profile) {
			o.broke(UnderHold, "%s of %s, which %s needs", x.id, customer, c.ID)
		}
	}
}

// done judges what is left when it is said to be over.
func (o *oracle) done(x privacy.Erasure) {
	if x.State != privacy.Whole && x.State != privacy.Partly {
		return
	}
	keeps := map[string]bool{}
	needed := false
	for _, c := range o.w.store.cases {
		if c.CustomerID == x.CustomerID && (c.Request == "" || o.holds[c.ID] || slices.Contains(o.passing[x.CustomerID], c.ID)) {
			needed = true
			for _, talk := range c.Conversations {
				keeps[talk] = true
			}
		}
	}
	for _, t := range o.w.store.things[x.CustomerID] {
		if t.at > x.BegunAt || (t.talk != "" && keeps[t.talk]) || (t.of == privacy.Profile && needed) {
			continue
		}
		o.broke(Leftover, "%s of %s is there, and the erasure is %s", t.id, x.CustomerID, x.State)
	}
	o.did("erased")
}

// judge judges a run that is over.
func (o *oracle) judge() {
	for customer, x := range o.w.store.erasures {
		if x.State == privacy.Running && x.Failures == 0 && !o.w.dead {
			o.broke(Leftover, "the erasure of %s goes on for ever", customer)
		}
	}
}
