package watching_test

import (
	"context"
	"io/fs"
	"testing"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// Who works on a case has to do with its customer, though every conversation is somebody
// else's.
func TestACaseIsAContact(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx, part := context.Background(), identity.SystemPart("test")
		k := newDesk(t, d)
		boss, mei, ben := k.hire(identity.Supervisor), k.hire(identity.Agent), k.hire(identity.Agent)
		laws, err := fs.Sub(content.Jurisdictions, "jurisdictions")
		k.must(err)
		book, err := jurisdiction.Load(laws)
		k.must(err)
		conv, anna := k.talk("anna")
		c, err := k.AddCase(ctx, part, cases.Head{ID: id.New(), Reference: "K-1", CustomerID: anna.ID}, "", book, cases.Event{
			Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Unauthorised, Channel: "chat", Conversation: conv, Language: "en", Jurisdiction: "eu", Version: 1},
		})
		k.must(err)
		c, err = k.ChangeCase(ctx, boss, c.ID, int64(len(c.Events)), book, func(*cases.Case, int64) ([]cases.Event, error) {
			return []cases.Event{{Kind: cases.Assigned, Data: cases.Data{Staff: mei.ID}}}, nil
		})
		k.must(err)
		for _, who := range []identity.Principal{mei, ben} {
			_, err := k.Case(ctx, who, c.ID)
			k.must(err)
			k.open(who, conv)
		}
		k.judge()
		for who, want := range map[string]string{mei.ID: c.ID, ben.ID: ""} {
			all := k.doings(who)
			if len(all) != 2 {
				t.Fatalf("%d doings", len(all))
			}
			for _, n := range all {
				if n.Customer != anna.ID || n.Contact != want {
					t.Errorf("%s of %q is by the contact %q, want %q", n.Action, n.Customer, n.Contact, want)
				}
			}
		}
	})
}
