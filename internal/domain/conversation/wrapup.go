package conversation

import (
	"kefu/internal/domain/identity"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
)

// undoWithin is how soon a resolution is taken back without counting as one that
// did not hold, in microseconds. A desk offers it for ten seconds.
const undoWithin = 60 * 1_000_000

// undoable tells whether it was resolved only just, and the customer has not heard
// of it so that they said how it went.
func (s *State) undoable(now int64) bool {
	return s.Status == Resolved && s.RatedAt == 0 && now-s.ResolvedAt <= undoWithin
}

// wrapsUp judges what a conversation is wrapped up with: the note, and the code,
// which is one that is in use for conversations like it. People have to choose one
// where the house says so; parts of Kefu know none.
func (o *Outcome) wrapsUp(p identity.Principal, c Command) (*wrapup.Ref, error) {
	const op = "conversation.wrapsUp"
	if err := CheckText("wrap_up", c.Content.WrapUp, MaxWrapUpChars); err != nil {
		return nil, err
	}
	s := &o.State
	ends := c.Kind == SetWrapUp || c.Content.Status == Resolved
	switch {
	case c.Content.Code != nil && !ends:
		return nil, fault.InvalidField(op, "code", "is of a conversation that is resolved")
	case c.Content.Code != nil:
		ref, err := c.WrapUps.Find(c.Content.Code.ID, s.TeamID, s.Channel)
		return &ref, err
	case ends && p.Kind == identity.Staff && c.WrapUps.Needed(s.TeamID, s.Channel):
		return nil, fault.InvalidFor(op, "code", "missing", "has to be chosen")
	default:
		return nil, nil //nolint:nilnil // without a code
	}
}

// setWrapUp says anew what a resolved conversation was about and how it ended.
func (o *Outcome) setWrapUp(p identity.Principal, c Command) error {
	s := &o.State
	if s.Status != Resolved {
		return fault.New(fault.Conflict, "conversation.setWrapUp", "the conversation is not resolved")
	}
	code, err := o.wrapsUp(p, c)
	if err != nil {
		return err
	}
	if s.WrapUp == idOf(code) && c.Content.WrapUp == "" {
		return nil
	}
	s.WrapUp = idOf(code)
	o.add(KindWrapUp, Content{Code: code, WrapUp: c.Content.WrapUp})
	return nil
}

func idOf(code *wrapup.Ref) string {
	if code == nil {
		return ""
	}
	return code.ID
}
