package asking

import (
	"context"
	"fmt"
	"time"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	held "kefu/internal/domain/privacy"
	"kefu/internal/domain/restriction"
	"kefu/internal/flow/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/safety/script"
)

// What a step does.
const (
	opErase    = iota // somebody has a request carried through, as far as it goes
	opDecide          // somebody decides a request
	opTakeBack        // its customer takes it back, or somebody else tries to
	opHold            // somebody holds a case
	opLetGo           //
	opAsk             // somebody has a customer erased
	opApprove         //
	opReject          //
	opWithdraw        // somebody takes back what waits for a second person
	opDue             // Kefu goes on with what began
	opWrite           // the customer writes something more
	opRestrain        // a finding takes somebody's rights, or they are given back
	opRestrict        // the house takes a right from supervisors, or gives it back
	opEnd             // a case is over
	opWait            //
	opCrash           // the process ends in the middle of the next step
)

// Odds are how often each step comes.
func Odds() []script.Odds {
	return []script.Odds{
		opErase: script.Of("carry through the erasure of", 14), opDecide: script.Of("decide", 12), opTakeBack: script.Of("take back", 9), opHold: script.Of("hold", 8), opLetGo: script.Of("let go", 3),
		opAsk: script.Of("ask for the erasure of", 12), opApprove: script.Of("agree to", 14), opReject: script.Of("reject", 2), opWithdraw: script.Of("withdraw the request of", 4), opDue: script.Of("go on", 10),
		opWrite: script.Of("write", 5), opRestrain: script.Of("restrain or not", 5), opRestrict: script.Of("restrict or not", 4), opEnd: script.Of("end", 3), opWait: script.Of("wait", 6), opCrash: script.Of("crash in the next step", 2),
	}
}

// world is one run.
type world struct {
	room      *Room
	now       time.Time
	store     *store
	flow      *privacy.Service
	oracle    *oracle
	customers []identity.Principal
	clerks    []*clerk
	withheld  bool // supervisors may not lead privacy

	written  int
	writes   int
	inner    *script.Step
	innerAt  int
	diesAt   int
	dieNext  int
	dead     bool
	steps    uint64
	refusals uint64
}

func (w *world) clock() time.Time { return w.now }

// write is called before each thing that is kept.
func (w *world) write() error {
	if !w.dead {
		w.writes++
		if w.inner != nil && w.writes == w.innerAt {
			inner := *w.inner
			w.inner = nil
			w.exec(inner)
		}
		w.dead = w.dead || (w.diesAt > 0 && w.writes >= w.diesAt)
	}
	if w.dead {
		return fault.New(fault.Unavailable, "asking", "no answer")
	}
	return nil
}

func (w *world) heard(err error) bool {
	if err == nil {
		return true
	}
	w.refusals++
	if fault.CodeOf(err) == fault.Internal {
		w.oracle.broke(script.Broken, "%v", err)
	}
	return false
}

// Play plays a run.
func (r *Room) Play(steps []script.Step) (out script.Played) {
	w := r.fresh()
	defer func() {
		if p := recover(); p != nil {
			out.Violations = append(out.Violations, script.Violation{Rule: script.Broken, Why: fmt.Sprint("a panic: ", p)})
		}
	}()
	for _, s := range steps {
		w.steps++
		w.writes, w.inner, w.innerAt, w.dead = 0, s.Inner, s.At, false
		w.diesAt, w.dieNext = w.dieNext, 0
		w.exec(s)
		w.now = w.now.Add(time.Second)
		w.inner, w.diesAt, w.dead = nil, 0, false
	}
	for range 3 {
		w.due()
		w.now = w.now.Add(7 * time.Hour)
	}
	w.oracle.judge()
	return script.Played{Steps: w.steps, Refused: w.refusals, Effects: w.oracle.effects, Violations: w.oracle.broken}
}

// as is a member of staff as their session comes with what is taken from them.
func (w *world) as(c *clerk) identity.Principal {
	p := c.Principal
	p.Restrained = c.restrained && w.room.off != Restraint
	if w.withheld && w.room.off != House {
		p.Bounds = bounds{w.room, restriction.Who{ID: p.ID, Role: p.Role}, w.clock}
	}
	return p
}

// had is what was taken from somebody when they came.
type had struct {
	*clerk
	restrained, withheld bool
}

func (w *world) had(c *clerk) had {
	return had{c, c.restrained, w.withheld && c.Role == identity.Supervisor}
}

// lead is somebody who may, mostly.
func (w *world) lead(s script.Step) *clerk {
	if s.Who > 0 {
		return w.clerks[s.Who%len(w.clerks)]
	}
	return w.clerks[s.Arg%3]
}

// request is a case that asks for something about data, mostly to be erased.
func (w *world) request(s script.Step) *cases.Case {
	return w.store.cases[s.What%len(w.customers)*3+[]int{1, 1, 1, 1, 2, 0}[s.Else%6]]
}

func (w *world) exec(s script.Step) {
	c, who := w.request(s), w.lead(s)
	switch s.Op {
	case opErase:
		w.through(c, s)
	case opDecide:
		w.decide(c, who, s)
	case opTakeBack:
		w.takeBack(c, s)
	case opHold:
		w.hold(w.store.cases[s.What%len(w.store.cases)], who, cases.PutOnHold)
	case opLetGo:
		w.hold(w.store.cases[s.What%len(w.store.cases)], who, cases.LetGo)
	case opAsk:
		w.ask(c, who)
	case opApprove:
		if r := w.waiting(s); r != nil {
			hash := r.Hash
			if s.Arg%5 == 4 {
				hash = w.store.requests[s.Else%len(w.store.requests)].Hash
			}
			w.approve(r, who, hash)
		}
	case opReject:
		if r := w.waiting(s); r != nil {
			w.heard(w.store.reject(w.as(who), r))
		}
	case opWithdraw:
		if r := w.waiting(s); r != nil && w.heard(w.store.withdraw(w.as(who), r)) {
			w.oracle.withdrawn(r, who)
		}
	case opDue:
		w.due()
	case opWrite:
		w.writeMore(s)
	case opRestrain:
		k := w.clerks[s.What%3]
		k.restrained = !k.restrained
	case opRestrict:
		w.withheld = !w.withheld
	case opEnd:
		w.heard(w.store.event(w.as(who), c.ID, cases.Event{Kind: cases.Closed, Data: cases.Data{Reason: "done"}}))
	case opWait:
		w.now = w.now.Add(script.Waits()[s.Arg%len(script.Waits())])
	case opCrash:
		w.dieNext = 1 + s.Arg%6
	}
}

func (w *world) due() { w.heard(w.flow.Due(context.Background())) }

// waiting is a request, mostly the newest.
func (w *world) waiting(s script.Step) *approval.Request {
	n := len(w.store.requests)
	if n == 0 {
		return nil
	}
	if s.What%3 > 0 {
		return w.store.requests[n-1]
	}
	return w.store.requests[s.What%n]
}

func (w *world) decide(c *cases.Case, who *clerk, s script.Step) {
	outcome := []cases.Outcome{cases.Upheld, cases.Upheld, cases.PartlyUpheld, cases.Refused}[s.Arg%4]
	if w.heard(w.store.event(w.as(who), c.ID, cases.Event{Kind: cases.Decided, Data: cases.Data{Outcome: outcome, Reason: "because"}})) {
		w.oracle.decided[c.ID] = outcome
	}
}

// takeBack is the customer's word, or that of somebody else.
func (w *world) takeBack(c *cases.Case, s script.Step) {
	p := w.customers[s.What%len(w.customers)]
	e := cases.Event{Kind: cases.Withdrawn}
	switch {
	case s.Who > 0 && s.Arg%2 == 0:
		p = w.customers[s.Who%len(w.customers)]
	case s.Who > 0:
		p = w.as(w.lead(s))
		e.Data = cases.Data{Conversation: talkOf(c.CustomerID, 2), Entry: 7, Reason: "they said so"}
	}
	if !w.heard(w.store.event(p, c.ID, e)) {
		return
	}
	if p.Kind == identity.Customer && p.ID != c.CustomerID {
		w.oracle.broke(TakenBack, "%s took back a request of %s", p.ID, c.CustomerID)
	}
	w.oracle.back[c.ID] = true
	w.oracle.did("case_withdrawn")
}

func (w *world) hold(c *cases.Case, who *clerk, kind cases.Kind) {
	had := w.had(who)
	if w.heard(w.store.event(w.as(who), c.ID, cases.Event{Kind: kind, Data: cases.Data{Reason: "the court"}})) {
		w.oracle.taken(had, "held a case")
		w.oracle.holds[c.ID] = kind == cases.PutOnHold
	}
}

func (w *world) ask(c *cases.Case, who *clerk) *approval.Request {
	had := w.had(who)
	r, err := w.store.ask(w.as(who), c.ID)
	if !w.heard(err) {
		return nil
	}
	w.oracle.led(had, "asked for an erasure")
	return r
}

func (w *world) approve(r *approval.Request, who *clerk, hash string) {
	had := w.had(who)
	if w.heard(w.store.approve(w.as(who), r, hash)) {
		w.oracle.led(had, "agreed to an erasure")
	}
}

// through carries a request through, the way that people do who want it.
func (w *world) through(c *cases.Case, s script.Step) {
	w.decide(c, w.clerks[0], script.Step{})
	r := w.ask(c, w.clerks[1+s.Arg/4%2])
	if r == nil {
		return
	}
	if s.Arg%5 == 0 { // their customer thinks again meanwhile
		w.takeBack(c, script.Step{What: s.What})
	}
	second := w.clerks[[]int{2, 5, 2, 0}[s.Arg%4]]
	w.approve(r, second, r.Hash)
	if s.Arg%3 > 0 {
		w.due()
	}
}

// writeMore is something that a customer says, some time after the rest.
func (w *world) writeMore(s script.Step) {
	who := w.customers[s.What%len(w.customers)]
	w.written++
	w.store.things[who.ID] = append(w.store.things[who.ID], thing{fmt.Sprintf("more-%d", w.written), talkOf(who.ID, s.Arg%3), held.Messages, micros(w)})
}
