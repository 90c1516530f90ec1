package watching_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

func (k *desk) page(p identity.Principal, after conversation.InboxKey, limit int) conversation.InboxKey {
	k.t.Helper()
	page, err := k.Inbox(context.Background(), p, conversation.InboxQuery{
		Statuses: []conversation.Status{conversation.Open, conversation.Waiting}, Assignee: conversation.Assignee{Any: true}, After: after, Limit: limit,
	})
	k.must(err)
	return page.Next
}

// Lists give names and last words of as many as there are: whoever pages through them is
// found, and whoever reads the first page again and again is not.
func TestPagingThroughListsIsFound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		k.s.Limits.FurtherPerHour, k.s.Limits.ListedPerHour = 20, 60
		owner, mei, bad := k.hire(identity.Owner), k.hire(identity.Agent), k.hire(identity.Agent)
		for i := range 40 {
			k.talk(fmt.Sprint("somebody ", i))
		}
		k.judge()
		for range 12 {
			k.page(mei, conversation.InboxKey{}, 15)
			d.Clock.Move(2 * time.Second)
		}
		after := k.page(bad, conversation.InboxKey{}, 10)
		for after.ConversationID != "" {
			after = k.page(bad, after, 10)
		}
		k.judge()
		found, err := k.Findings(ctx, owner, false, "", 10)
		k.must(err)
		if len(found) != 1 || found[0].Alert.Staff != bad.ID || found[0].Alert.Reasons[0].Why != insider.PageRate || found[0].Taken != insider.Throttle {
			t.Fatalf("found %+v", found)
		}
		if n := len(k.doings(mei.ID)); n != 1 && n != 2 {
			t.Errorf("the first page, twelve times, is kept as %d doings", n)
		}
		k.s = watching.New(k.s.Deps) // it was killed: what was listed is known still
		k.judge()
		if found, err = k.Findings(ctx, owner, false, "", 10); err != nil || len(found) != 1 {
			t.Errorf("after a restart: %+v, %v", found, err)
		}
	})
}

// Rights that people gave back are taken again when the rule is broken again.
func TestARuleHoldsAgainAfterItWasLifted(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		k.s.Limits.CustomersPerQuarter = 2
		owner, bad := k.hire(identity.Owner), k.hire(identity.Agent)
		look := func(from int) {
			for i := range 3 {
				conv, _ := k.talk(fmt.Sprint("somebody ", from+i))
				k.open(bad, conv)
			}
			k.judge()
		}
		look(0)
		found, err := k.Findings(ctx, owner, false, "", 10)
		k.must(err)
		if len(found) != 1 || found[0].Taken != insider.Throttle {
			t.Fatalf("found %+v", found)
		}
		k.must(k.Decide(ctx, owner, found[0].ID, insider.Lift, "they were on an errand of mine"))
		k.judge()
		look(10)
		if found, err = k.Findings(ctx, owner, false, "", 10); err != nil || len(found) != 2 || found[0].Taken != insider.Throttle {
			t.Errorf("after it was lifted: %+v, %v", found, err)
		}
	})
}

// A contact ends a week after the conversation, and is not made by taking it or by a note.
func TestAContactIsGivenAndEnds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		mei, ben, cai := k.hire(identity.Agent), k.hire(identity.Agent), k.hire(identity.Agent)
		conv, _ := k.talk("anna")
		k.give(conv, mei)
		k.judge()
		last := func(p identity.Principal) string {
			k.open(p, conv)
			k.judge()
			all := k.doings(p.ID)
			return all[len(all)-1].Contact
		}
		if last(mei) != conv {
			t.Error("what was given to somebody is no contact")
		}
		_, err := k.Execute(ctx, identity.SystemPart("test"), conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		k.must(err)
		d.Clock.Move(6 * 24 * time.Hour)
		if last(mei) != conv {
			t.Error("it ends within the week")
		}
		d.Clock.Move(2 * 24 * time.Hour)
		if c := last(mei); c != "" {
			t.Errorf("eight days after it was resolved it is the contact %q", c)
		}
		other, _ := k.talk("otto")
		conv = other
		_, err = k.Execute(ctx, ben, conv, conversation.Command{Kind: conversation.Note, ClientID: id.New(), Content: conversation.Content{Text: "seen"}})
		k.must(err)
		if c := last(ben); c != "" {
			t.Errorf("a note makes the contact %q", c)
		}
		_, err = k.Execute(ctx, cai, conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: cai.ID, Name: cai.Name}}})
		k.must(err)
		if c := last(cai); c != "" {
			t.Errorf("taking it makes the contact %q", c)
		}
		k.say(cai, conv, "good morning")
		if last(cai) != conv {
			t.Error("answering makes no contact")
		}
	})
}
