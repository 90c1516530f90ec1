package cases

import (
	"slices"

	"kefu/internal/domain/jurisdiction"
)

// Check tells whether an event may be added now: whether it keeps to the pack that counts
// for the case, and to what is asked only of what is new, so that a log from before stays
// readable. Errors: Invalid, or Conflict with a reason.
func (c *Case) Check(b *jurisdiction.Book, e Event) error {
	switch e.Kind {
	case Withdrawn:
		return c.mayWithdraw(e)
	case Credited, Corrected:
		if e.Cites() && slices.ContainsFunc(c.Events, func(x Event) bool { return x.Kind == e.Kind && x.Act == e.Act }) {
			return conflict("act_used", "the act is in the case already")
		}
		return nil
	case Opened, Confirmed:
		if e.Jurisdiction == "" {
			return nil
		}
		if p, ok := b.At(e.Jurisdiction, c.noticeWith(e)); !ok || p.Version != e.Version {
			return refuse("jurisdiction", "is none, or not in the version that counts")
		}
		return nil
	case Paused, Asked, Received, Dropped, Decided, Promised:
	default:
		return nil
	}
	p, ok := b.Find(c.Jurisdiction, c.Version)
	if !ok {
		return conflict("no_jurisdiction", "nobody has said which law counts")
	}
	switch e.Kind {
	case Paused:
		if p.Pauses[e.Reason] == nil {
			return refuse("reason", "is none of those for which a clock may stand still")
		}
		if e.Reason == customerInformation && !c.asking() {
			return conflict("nothing_asked", "the customer was asked for nothing that is still to come")
		}
	case Asked, Received, Dropped:
		for _, id := range e.Items {
			if _, ok := itemOf(p, c.Type, id); !ok {
				return refuse("items", "are not of this type of case")
			}
		}
	case Decided:
		if lacks := c.Lacks(p); e.Outcome != Upheld && len(lacks) > 0 {
			return conflict("lacks", "before the customer is refused %d more things have to be settled", len(lacks))
		}
		if e.Outcome != Refused && c.Unproven() {
			return conflict("not_identified", "nobody has proven who asks")
		}
	case Promised:
		if by, ok := c.latest(b, e.At); ok && e.Until > by {
			return refuse("until", "is later than the law allows")
		}
	}
	return nil
}

// mayWithdraw tells whether a case may be taken back. That ends every duty of the law's, so
// staff name the words by which the customer did, and nobody takes back what was decided.
func (c *Case) mayWithdraw(e Event) error {
	switch {
	case c.Decision != nil && !c.erasable():
		return conflict("decided", "it is decided")
	case e.By.Kind.CustomerSide():
		return nil
	case e.Conversation == "" || e.Entry <= 0:
		return refuse("entry", "is missing: by what the customer took it back")
	case !slices.Contains(c.Conversations, e.Conversation):
		return refuse("conv", "is none of the case's")
	case e.When <= c.NoticedAt:
		return refuse("entry", "was not written after the customer told us of the case")
	case e.Reason == "":
		return refuse("reason", "is missing")
	}
	return nil
}

// erasable tells whether a request for the erasure was decided and not carried out: it can
// be taken back until it begins, when every window of the customer ends.
func (c *Case) erasable() bool { return c.Request == Erasing && !c.Erased && c.OverAt == 0 }

// MayWithdraw tells whether its customer may take a case back.
func (c *Case) MayWithdraw() bool { return !c.Stage.Over() && (c.Decision == nil || c.erasable()) }

// noticeWith is the first notice, an event included.
func (c *Case) noticeWith(e Event) int64 {
	if e.Kind == Opened {
		return e.When
	}
	return c.NoticedAt
}

// latest is the earliest moment at which a duty of the law towards the customer is due.
func (c *Case) latest(b *jurisdiction.Book, now int64) (int64, bool) {
	for _, r := range c.Clocks(b, now) {
		if len(r.Promise) > 0 && r.Cite.Checked != jurisdiction.House && r.Live() && !r.Waits && r.Due > now {
			return r.Due, true
		}
	}
	return 0, false
}

func itemOf(p *jurisdiction.Pack, t jurisdiction.Type, id string) (jurisdiction.Item, bool) {
	for _, item := range p.Types[t].Evidence {
		if item.ID == id {
			return item, true
		}
	}
	return jurisdiction.Item{}, false
}

// Lacks are the ids of what has to be settled before a customer is refused: evidence
// that is neither there nor given up, and facts that nobody has said yes or no to.
func (c *Case) Lacks(p *jurisdiction.Pack) (ids []string) {
	rules := p.Types[c.Type]
	for _, item := range rules.Evidence {
		if item.Required && !c.Items[item.ID].Settled() {
			ids = append(ids, item.ID)
		}
	}
	for _, f := range rules.Assess {
		if _, said := c.Facts[f]; !said {
			ids = append(ids, string(f))
		}
	}
	return ids
}

// Next is what happens next, as a customer is told.
type Next string

// What happens next.
const (
	NextConfirm     Next = "confirm"     // somebody looks at it first
	NextYourTurn    Next = "your_turn"   // something is needed from the customer
	NextInvestigate Next = "investigate" // we look into it
	NextTell        Next = "tell"        // it is decided, and the answer comes
	NextNothing     Next = "nothing"     // it is over, or answered
)

// Outlook is what a customer is told of a case that goes on.
type Outlook struct {
	Next    Next
	By      int64                  // when the customer hears; 0: nothing can be promised
	Clock   *jurisdiction.Reckoned // the duty that By is of; nil for a person's promise
	Late    bool                   // By is over
	Stands  string                 // the reason for which the clock stands still
	Reason  string                 // why it is another time than was promised before
	Needs   []jurisdiction.Item    // from the customer
	Certain bool                   // what By rests on may be told
}

// Outlook works out what a customer is told: what comes next, by when, and what is
// needed from them. A time that is not verified enough is no time.
func (c *Case) Outlook(b *jurisdiction.Book, now int64) Outlook {
	o := Outlook{Next: c.next()}
	if o.Next == NextNothing {
		return o
	}
	if p, ok := b.Find(c.Jurisdiction, c.Version); ok {
		for _, item := range p.Types[c.Type].Evidence {
			if at := c.Items[item.ID]; item.Customer && at.AskedAt != 0 && !at.Settled() {
				o.Needs = append(o.Needs, item)
			}
		}
	}
	for _, r := range c.Clocks(b, now) {
		if !r.Promisable() {
			continue
		}
		if r.Due == 0 {
			if o.Stands == "" {
				o.Stands = r.Paused
			}
			continue
		}
		if o.By == 0 || r.Due < o.By {
			o.By, o.Clock, o.Certain = r.Due, &r, true
		}
	}
	if p := c.Promise; p != nil && c.Decision == nil && (o.By == 0 || p.Until <= o.By || (o.Clock != nil && o.Clock.Cite.Checked == jurisdiction.House)) {
		o.By, o.Clock, o.Reason, o.Certain = p.Until, nil, p.Reason, true
	}
	o.Late = o.By != 0 && o.By < now
	return o
}

func (c *Case) next() Next {
	switch c.Stage {
	case Reported:
		return NextConfirm
	case Waiting:
		return NextYourTurn
	case Investigating:
		return NextInvestigate
	case WasDecided:
		return NextTell
	default:
		return NextNothing
	}
}
