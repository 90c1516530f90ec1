package watching_test

import (
	"context"
	"fmt"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

func (k *desk) ahead(p identity.Principal, conv string) {
	k.t.Helper()
	_, _, err := k.Entries(context.Background(), p, conv, conversation.EntryRange{Limit: 10, Reverse: true, Ahead: true})
	k.must(err)
}

// Resting at the lines of a list reads them ahead. That is no look: nobody is suspended
// for a decoy beside what they opened, nobody throttled, and no customer is told. What
// they open is a look, though its words were there already.
func TestReadingAheadIsNoLook(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		owner, mei := k.hire(identity.Owner), k.hire(identity.Agent)
		_, talk := k.decoy(owner)
		conv, anna := k.talk("anna")
		k.judge()
		k.ahead(mei, talk)
		k.ahead(mei, conv)
		for i := range 30 {
			other, _ := k.talk(fmt.Sprint("somebody ", i))
			k.ahead(mei, other)
		}
		k.judge()
		found, err := k.Findings(ctx, owner, false, "", 10)
		k.must(err)
		if len(found) > 0 {
			t.Errorf("resting at lines is found as %+v", found[0].Alert)
		}
		told, err := k.OwnLooks(ctx, anna, 0, 10)
		k.must(err)
		if len(told.Looks) > 0 {
			t.Errorf("whose line somebody rested at is told %+v", told.Looks)
		}
		_, err = k.Watch(ctx, mei, conv) // it is opened, and its words are there already
		k.must(err)
		k.judge()
		if told, err = k.OwnLooks(ctx, anna, 0, 10); err != nil || len(told.Looks) != 1 {
			t.Errorf("whose conversation was opened is told %+v, %v", told.Looks, err)
		}
		_, err = k.Watch(ctx, mei, talk)
		k.must(err)
		k.judge()
		if found, err = k.Findings(ctx, owner, false, "", 10); err != nil || len(found) != 1 || found[0].Taken != insider.Suspend {
			t.Errorf("a decoy that was opened after it was read ahead is found as %+v, %v", found, err)
		}
	})
}

// Staff cannot put a decoy where colleagues would take it up. That they tried is looked
// at by a person: it may have been one of many.
func TestADecoyStaysAsItIs(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		owner, mei, ben := k.hire(identity.Owner), k.hire(identity.Agent), k.hire(identity.Agent)
		_, talk := k.decoy(owner)
		k.judge()
		for name, c := range map[string]conversation.Command{
			"written in":     {Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "shall I look again?"}},
			"noted":          {Kind: conversation.Note, ClientID: id.New(), Content: conversation.Content{Text: "look at this"}},
			"reopened":       {Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Open}},
			"given somebody": {Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: ben.ID, Name: ben.Name}}},
		} {
			if _, err := k.Execute(ctx, mei, talk, c); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		state, err := k.Conversation(ctx, owner, talk)
		k.must(err)
		if state.Status != conversation.Resolved || state.AssigneeID != "" || state.LastSeq != 3 {
			t.Errorf("it is %+v", state)
		}
		k.judge()
		found, err := k.Findings(ctx, owner, false, "", 10)
		k.must(err)
		if len(found) != 1 || found[0].Alert.Reasons[0].Why != insider.CanaryTouched || found[0].Taken != 0 {
			t.Errorf("trying it is found as %+v", found)
		}
	})
}
