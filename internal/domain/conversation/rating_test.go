package conversation_test

import (
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
)

func rating(score int64, text string) conversation.Command {
	return conversation.Command{Kind: conversation.Rate, Content: conversation.Content{Score: score, Text: text}}
}

func TestRatingWhatWasResolved(t *testing.T) {
	const day = int64(24 * time.Hour / time.Microsecond)
	s := fresh()
	now := int64(begin)
	do := func(want fault.Code, who func() (s conversation.State, err error)) {
		t.Helper()
		next, err := who()
		if fault.CodeOf(err) != want {
			t.Fatalf("error %v, want %q", err, want)
		}
		if err == nil {
			s = next
		}
	}
	by := func(c conversation.Command) func() (conversation.State, error) {
		return func() (conversation.State, error) {
			o, err := s.Decide(anna(), c, now)
			if err == nil && c.Kind == conversation.Rate {
				if len(o.Entries) != 1 || o.Entries[0].Kind != conversation.KindRated || o.Entries[0].Internal() || o.Entries[0].Content.PlainText() {
					t.Errorf("a rating is the entries %+v", o.Entries)
				}
			}
			return o.State, err
		}
	}
	resolve := func() (conversation.State, error) {
		o, err := s.Decide(mei(), status(conversation.Resolved), now)
		return o.State, err
	}
	do(fault.Conflict, by(rating(5, ""))) // it is open
	do("", resolve)
	for _, bad := range []conversation.Command{rating(0, ""), rating(6, ""), rating(3, "\xff"), rating(3, strings.Repeat("字", conversation.MaxCommentChars+1))} {
		do(fault.Invalid, by(bad))
	}
	if _, err := s.Decide(mei(), rating(5, ""), now); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an agent rates: %v", err)
	}
	if _, err := s.Decide(bob(), rating(5, ""), now); !fault.Is(err, fault.NotFound) {
		t.Errorf("another customer rates: %v", err)
	}
	do("", by(rating(2, "太慢了")))
	now += day
	do("", by(rating(4, ""))) // changed within a day
	if s.Score != 4 || s.Status != conversation.Resolved {
		t.Errorf("score %d, status %s", s.Score, s.Status)
	}
	now++
	do(fault.Conflict, by(rating(5, "")))
	do("", by(say("again"))) // reopened: what was said counts no more
	if s.Score != 0 || s.RatedAt != 0 {
		t.Errorf("after reopening: %+v", s)
	}
	do("", func() (conversation.State, error) {
		o, err := s.Decide(mei(), say("answer"), now)
		return o.State, err
	})
	do("", resolve)
	now += 30 * day
	do("", by(rating(5, "")))
	s.RatedAt = 0
	now++
	do(fault.Conflict, by(rating(5, ""))) // too late
}
