package conversation

import "kefu/internal/domain/identity"

// Unseen is what a customer has said that somebody has not seen.
type Unseen struct {
	Messages int
	Since    int64 // when the oldest message or call for a person came, microseconds; 0: there is none
}

// MissesSomething tells whether a command comes from an agent who may not have
// seen all that the customer waits for an answer to. The store then counts it
// into Command.Unseen.
func (s *State) MissesSomething(p identity.Principal, c Command) bool {
	return !p.IsCustomer() && s.misses(c)
}

func (s *State) misses(c Command) bool {
	return (c.Kind == Send || c.Kind == SetStatus) && c.Seq > 0 && c.Seq < s.LastSeq && s.WaitingSince != 0
}

// unseen is what the sender of a command has not seen of what waits for an
// answer. Where nobody has counted it, that is all of it.
func (s *State) unseen(c Command) Unseen {
	switch {
	case !s.misses(c):
		return Unseen{}
	case c.Unseen == nil:
		return Unseen{Messages: s.Unread, Since: s.WaitingSince}
	case c.Unseen.Since == 0:
		return Unseen{}
	}
	// A colleague may have read or answered some of it.
	return Unseen{Messages: min(s.Unread, c.Unseen.Messages), Since: max(s.WaitingSince, c.Unseen.Since)}
}
