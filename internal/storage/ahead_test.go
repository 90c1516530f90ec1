package storage_test

import (
	"context"
	"slices"
	"testing"

	"kefu/internal/domain/conversation"
)

// What a desk reads ahead of its agent is recorded, as what it is.
func TestReadingAheadIsRecorded(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		sc := newScene(s)
		before := len(audits(sc))
		_, _, err := sc.Entries(context.Background(), sc.agent, sc.conv, conversation.EntryRange{Ahead: true})
		s.must(err)
		sc.say(sc.own, sc.conv, "the reads come with the next commit")
		var got []string
		for _, e := range audits(sc)[before:] {
			if e.Actor.ID == sc.agent.ID && e.Subject == sc.own.ID {
				got = append(got, e.Action)
			}
		}
		if want := []string{"conversation.read_ahead"}; !slices.Equal(got, want) {
			t.Errorf("recorded %v, want %v", got, want)
		}
	})
}
