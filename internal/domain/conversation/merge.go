package conversation

import (
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
)

// MergedError says that a conversation goes on in another one.
type MergedError struct{ Into string }

// Error implements error.
func (e *MergedError) Error() string { return "conversation: merged into " + e.Into }

// Unwrap makes a MergedError a fault of code Conflict.
func (e *MergedError) Unwrap() error {
	return &fault.Error{Code: fault.Conflict, Op: "conversation.Decide", Message: "merged"}
}

func (o *Outcome) join(c Command, now int64) error {
	const op = "conversation.join"
	s := &o.State
	switch c.Kind {
	case MergeInto:
		if c.Content.Into == "" || c.Content.Into == s.ID {
			return fault.InvalidField(op, "into", "must name another conversation")
		}
		s.StatusBefore, s.Status, s.MergedInto = s.Status, Merged, c.Content.Into
		o.add(KindMerged, Content{Into: c.Content.Into})
	case TakeIn:
		o.takeIn(c)
	case Unmerge:
		if s.Status != Merged {
			return fault.New(fault.Conflict, op, "conversation %s is not merged", s.ID)
		}
		o.add(KindUnmerged, Content{From: s.MergedInto, Owed: &Owed{Since: s.WaitingSince}})
		s.Status, s.MergedInto, s.StatusBefore = s.StatusBefore, "", ""
		if s.Status == "" {
			s.Status = Open
		}
	case LetGo:
		o.letGo(c, now)
	default:
		return fault.New(fault.Invalid, op, "unknown command %q", c.Kind)
	}
	return nil
}

// takeIn carries over what still waits for an agent, so that nobody is forgotten
// because the other conversation was resolved or snoozed.
func (o *Outcome) takeIn(c Command) {
	s, joined := &o.State, c.Joined
	if joined == nil {
		o.add(KindMerged, Content{From: c.Content.From})
		return
	}
	s.Unread += joined.Unread
	s.WaitingSince = earlier(s.WaitingSince, joined.WaitingSince)
	o.add(KindMerged, Content{From: c.Content.From, Owed: &Owed{Since: s.WaitingSince}})
	// A snooze would have ended; what it hid must not stay hidden for good.
	waits := joined.StatusBefore == Open || (joined.StatusBefore == Snoozed && s.Status != Snoozed)
	if !waits {
		return
	}
	before := s.StatusBefore
	if was := o.reopen(); was != Open {
		o.add(KindStatus, Content{Status: Open, Was: was})
		before = was
	}
	s.StatusBefore = before
}

// Remains is what waits in a conversation for its own sake, and for that of the
// others that still go on in it.
type Remains struct{ Own, Others Unseen }

// letGo takes back what takeIn carried over, as far as nobody has dealt with it
// since: what is counted here never grows by it.
func (o *Outcome) letGo(c Command, now int64) {
	s := &o.State
	if c.Remains == nil {
		o.add(KindUnmerged, Content{Into: c.Content.Into})
		return
	}
	own, others := c.Remains.Own, c.Remains.Others
	if s.StatusBefore == Resolved && s.Status == Open { // only the joined made it open: nothing of its own waited
		own = Unseen{}
	}
	s.Unread = min(s.Unread, own.Messages+others.Messages)
	switch since := earlier(own.Since, others.Since); {
	case s.WaitingSince == 0:
	case since != 0:
		s.WaitingSince = max(s.WaitingSince, since)
	case own.Messages == 0:
		s.WaitingSince = 0
	}
	left := &Owed{Since: s.WaitingSince}
	if own.Since != 0 && own.Since == s.WaitingSince {
		left.Seq = own.Seq
	}
	o.add(KindUnmerged, Content{Into: c.Content.Into, Owed: left})
	if s.Status == Open && s.WaitingSince == 0 {
		o.closeAgain(now)
	}
}

// closeAgain returns to the status from before a merge. A snooze's time is
// forgotten by then: such a one stays open.
func (o *Outcome) closeAgain(now int64) {
	s := &o.State
	before := s.StatusBefore
	s.StatusBefore = ""
	switch before {
	case Resolved:
		s.Reopened = max(0, s.Reopened-1)
		s.ResolvedAt, s.Unread = now, 0
	case Waiting:
	default:
		return
	}
	s.Status = before
	content := Content{Status: before, Was: Open, Undo: before == Resolved}
	if before == Resolved && s.WrapUp != "" {
		content.Code = &wrapup.Ref{ID: s.WrapUp}
	}
	o.add(KindStatus, content)
}

// earlier is the earlier of two times, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
