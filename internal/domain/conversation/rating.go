package conversation

import "kefu/internal/platform/fault"

// MaxScore is the best that a customer says of how a conversation went; 1 the worst.
const MaxScore = 5

// How long after a resolution it can be rated, and after the first word how long
// that can be changed, in microseconds.
const (
	rateWithin   = 30 * 24 * 3600 * 1_000_000
	changeWithin = 24 * 3600 * 1_000_000
)

// rate notes what the customer says of how the conversation went: once for each
// time that it is resolved, and changed within a day.
func (o *Outcome) rate(c Command, now int64) error {
	const op = "conversation.rate"
	s := &o.State
	if c.Content.Score < 1 || c.Content.Score > MaxScore {
		return fault.InvalidField(op, "score", "must lie between 1 and %d", MaxScore)
	}
	if err := CheckText("text", c.Content.Text, MaxCommentChars); err != nil {
		return err
	}
	switch {
	case s.Status != Resolved || now-s.ResolvedAt > rateWithin:
		return fault.New(fault.Conflict, op, "the conversation is not one that was just resolved")
	case s.RatedAt != 0 && now-s.RatedAt > changeWithin:
		return fault.New(fault.Conflict, op, "it was rated more than a day ago")
	case s.RatedAt == 0:
		s.RatedAt = now
	}
	s.Score = c.Content.Score
	o.add(KindRated, Content{Score: c.Content.Score, Text: c.Content.Text, Classes: c.Content.Classes})
	return nil
}

// unrate begins anew: what was said is of a resolution that did not hold.
func (s *State) unrate() { s.RatedAt, s.Score = 0, 0 }
