package cases

import (
	"slices"

	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/wallet"
)

// take folds an event in.
func (c *Case) take(e Event) {
	switch e.Kind {
	case Opened:
		c.Type, c.Jurisdiction, c.Version, c.Language, c.Channel = e.Type, e.Jurisdiction, e.Version, e.Language, e.Channel
		c.OpenedAt, c.NoticedAt, c.Stage, c.Assignee = e.At, e.When, Reported, e.Staff
		c.Request = e.Request
		c.link(e.Conversation)
		c.Payments = append(c.Payments, e.Payments...)
		c.mark(jurisdiction.Noticed, e.When)
	case Noticed:
		if e.When < c.NoticedAt {
			c.NoticedAt, c.Channel = e.When, e.Channel
		}
		c.link(e.Conversation)
		c.mark(jurisdiction.Noticed, e.When)
	case Confirmed:
		c.Type, c.Jurisdiction, c.Version, c.Confirmed = e.Type, e.Jurisdiction, e.Version, true
		switch {
		case e.Type != jurisdiction.DataRequest:
			c.Request = ""
		case e.Request != "":
			c.Request = e.Request
		}
	case Linked:
		c.link(e.Conversation)
	case Concerns:
		for _, p := range e.Payments {
			if !slices.ContainsFunc(c.Payments, func(q wallet.Reference) bool { return q.ID == p.ID }) {
				c.Payments = append(c.Payments, p)
			}
		}
	case Found:
		c.Facts[e.Fact] = e.Holds
	case Asked, Received, Dropped:
		c.collect(e)
	case Paused:
		c.Pauses = append(c.Pauses, jurisdiction.Pause{Reason: e.Reason, From: e.At}) // never backdated: a clock stands still from when somebody said so
	case Resumed:
		c.resume(e.Reason, e.When)
	case Assigned:
		c.Assignee = e.Staff
	case PutOnHold, LetGo:
		c.OnHold = e.Kind == PutOnHold
	case Promised:
		c.Promise = &Promise{Until: e.Until, At: e.At, Reason: e.Reason}
	default:
		c.progress(e)
	}
}

// progress folds in what moves a case on.
func (c *Case) progress(e Event) {
	switch e.Kind {
	case CreditDue:
		c.mark(jurisdiction.CreditDue, e.At)
	case Erased:
		c.Erased = true
		c.mark(jurisdiction.Informed, e.At)
	case Prepared:
		c.PreparedAt = e.At
		c.mark(jurisdiction.Informed, e.At)
	case Fetched:
		c.fetched(e)
	case Identified, Vouched:
		c.identified(e)
	case LiftTold:
		c.LiftAt = e.Until
		c.mark(jurisdiction.Informed, e.At)
	case Lifted:
		c.StillSince, c.LiftAt = 0, 0
	case Informed:
		c.mark(jurisdiction.Informed, e.At)
	case Extended:
		c.mark(jurisdiction.Extended, e.At)
		c.mark(jurisdiction.Informed, e.At)
	case Credited:
		c.Credit = &Credit{Amount: *e.Amount, Act: e.Act, At: e.When}
		c.mark(jurisdiction.Credited, e.When)
	case CreditTaken:
		c.Credit.TakenAt = e.When
	case Decided:
		c.Decision = &Decision{Outcome: e.Outcome, Reason: e.Reason, Amount: e.Amount, At: e.At, By: e.By}
		c.mark(jurisdiction.Decided, e.At)
		if e.Outcome != Refused {
			c.mark(jurisdiction.Upheld, e.At)
		}
		if c.Request == Restriction && e.Outcome != Refused {
			c.StillSince, c.LiftAt = e.At, 0
		}
	case Corrected:
		c.mark(jurisdiction.Corrected, max(e.When, c.Decision.At)) // money that was there before the decision is there with it
	case Written:
		c.written(e)
	case Appealed:
		c.Decision, c.AnsweredAt, c.OverAt, c.Promise = nil, 0, 0, nil
		c.Appeals++
	case Reopened:
		c.OverAt = 0
	case Withdrawn, Closed:
		c.OverAt = e.At
	}
}

func (c *Case) written(e Event) {
	switch e.Letter {
	case jurisdiction.Acknowledgement:
		c.mark(jurisdiction.Acknowledged, e.At)
	case jurisdiction.HoldingReply:
		c.mark(jurisdiction.Held, e.At)
	case jurisdiction.CreditGiven:
		c.mark(jurisdiction.CreditTold, e.At)
		c.mark(jurisdiction.Informed, e.At)
	case jurisdiction.CreditTaken:
		c.mark(jurisdiction.Informed, e.At)
	default:
		c.AnsweredAt = e.At
		c.mark(jurisdiction.Answered, e.At)
	}
}

// fetched answers a request for a copy: its customer has what they asked for.
func (c *Case) fetched(e Event) {
	if c.Request != CopyOfData || c.OverAt != 0 {
		return
	}
	if c.Decision == nil {
		c.Decision = &Decision{Outcome: Upheld, At: e.At, By: e.By}
		c.mark(jurisdiction.Decided, e.At)
		c.mark(jurisdiction.Upheld, e.At)
	}
	if c.AnsweredAt == 0 {
		c.AnsweredAt = e.At
		c.mark(jurisdiction.Answered, e.At)
	}
}

func (c *Case) collect(e Event) {
	for _, id := range e.Items {
		item := c.Items[id]
		switch e.Kind {
		case Asked:
			item = Item{AskedAt: e.At}
		case Received:
			item.ReceivedAt = e.When
		case Dropped:
			item.DroppedAt = e.At
		}
		c.Items[id] = item
	}
	if e.Kind != Asked && !c.asking() && c.waitsFor(customerInformation) {
		c.resume(customerInformation, e.When)
	}
}

func (c *Case) mark(m jurisdiction.Mark, at int64) {
	c.marks = append(c.marks, jurisdiction.Marked{Mark: m, At: at})
}

func (c *Case) link(conversation string) {
	if conversation != "" && !slices.Contains(c.Conversations, conversation) {
		c.Conversations = append(c.Conversations, conversation)
	}
}

func (c *Case) waitsFor(reason string) bool {
	return slices.ContainsFunc(c.Pauses, func(p jurisdiction.Pause) bool { return p.To == 0 && p.Reason == reason })
}

func (c *Case) resume(reason string, at int64) {
	for i := range c.Pauses {
		if p := &c.Pauses[i]; p.To == 0 && p.Reason == reason {
			p.To = max(at, p.From+1)
		}
	}
}

// asking tells whether somebody waits for something that was asked for.
func (c *Case) asking() bool {
	for _, item := range c.Items {
		if item.AskedAt != 0 && !item.Settled() {
			return true
		}
	}
	return false
}
