package conversation

import "kefu/internal/platform/fault"

// MergedError says that a conversation goes on in another one.
type MergedError struct{ Into string }

// Error implements error.
func (e *MergedError) Error() string { return "conversation: merged into " + e.Into }

// Unwrap makes a MergedError a fault of code Conflict.
func (e *MergedError) Unwrap() error {
	return &fault.Error{Code: fault.Conflict, Op: "conversation.Decide", Message: "merged"}
}

func (o *Outcome) join(c Command) error {
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
		o.add(KindUnmerged, Content{From: s.MergedInto})
		s.Status, s.MergedInto, s.StatusBefore = s.StatusBefore, "", ""
		if s.Status == "" {
			s.Status = Open
		}
	case LetGo:
		o.add(KindUnmerged, Content{Into: c.Content.Into})
	default:
		return fault.New(fault.Invalid, op, "unknown command %q", c.Kind)
	}
	return nil
}

// takeIn carries over what still waits for an agent, so that nobody is forgotten
// because the other conversation was resolved or snoozed.
func (o *Outcome) takeIn(c Command) {
	s, joined := &o.State, c.Joined
	o.add(KindMerged, Content{From: c.Content.From})
	if joined == nil {
		return
	}
	s.Unread += joined.Unread
	if joined.WaitingSince != 0 && (s.WaitingSince == 0 || joined.WaitingSince < s.WaitingSince) {
		s.WaitingSince = joined.WaitingSince
	}
	// A snooze would have ended; what it hid must not stay hidden for good.
	waits := joined.StatusBefore == Open || (joined.StatusBefore == Snoozed && s.Status != Snoozed)
	if !waits {
		return
	}
	if was := o.reopen(); was != Open {
		o.add(KindStatus, Content{Status: Open, Was: was})
	}
}
