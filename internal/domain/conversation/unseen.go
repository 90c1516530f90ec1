package conversation

import "kefu/internal/domain/identity"

// Unseen is what a customer has said that somebody has not seen, and who has
// answered meanwhile.
type Unseen struct {
	Messages int
	Since    int64 // when the oldest message or call for a person came, microseconds; 0: there is none
	Seq      int64 // and which entry that is; 0: not known
	// Two of the agents whose answers somebody has not seen: the first and the last
	// by id. Whether it was anybody else than oneself follows from them.
	FirstBy, LastBy string
}

// By counts an agent's answer in.
func (u *Unseen) By(agent string) {
	if u.FirstBy == "" || agent < u.FirstBy {
		u.FirstBy = agent
	}
	u.LastBy = max(u.LastBy, agent)
}

// MissesSomething tells whether a command comes from an agent who may not have
// seen all that the customer waits for an answer to. The store then counts it
// into Command.Unseen.
func (s *State) MissesSomething(p identity.Principal, c Command) bool {
	return !p.IsCustomer() && s.misses(c)
}

func (s *State) misses(c Command) bool {
	return (c.Kind == Send || c.Kind == SetStatus) && c.Seq > 0 && c.Seq < s.LastSeq && (s.WaitingSince != 0 || c.UnlessAnswered)
}

// answered tells whether a colleague has answered what the sender of a command
// has not seen. Who is so far behind that nobody has counted it is taken to have
// missed an answer.
func (s *State) answered(p identity.Principal, c Command) bool {
	if p.IsCustomer() || !s.misses(c) {
		return false
	}
	if c.Unseen == nil {
		return true
	}
	return (c.Unseen.FirstBy != "" && c.Unseen.FirstBy != p.ID) || (c.Unseen.LastBy != "" && c.Unseen.LastBy != p.ID)
}

// unseen is what the sender of a command has not seen of what waits for an
// answer. Where nobody has counted it, that is all of it.
func (s *State) unseen(c Command) Unseen {
	switch {
	case !s.misses(c) || s.WaitingSince == 0:
		return Unseen{}
	case c.Unseen == nil:
		return Unseen{Messages: s.Unread, Since: s.WaitingSince}
	case c.Unseen.Since == 0:
		return Unseen{}
	}
	// A colleague may have read or answered some of it.
	left := Unseen{Messages: min(s.Unread, c.Unseen.Messages), Since: s.WaitingSince}
	if c.Unseen.Since >= s.WaitingSince {
		left.Since, left.Seq = c.Unseen.Since, c.Unseen.Seq
	}
	return left
}
