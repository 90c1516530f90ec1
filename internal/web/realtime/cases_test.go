package realtime_test

import (
	"context"
	"fmt"
	"io/fs"
	"testing"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/platform/id"
)

// Every window of a customer hears that a case of theirs changed, and no more than that.
// Nobody else's does: not another customer's, not a visitor's, and no desk, whether or not
// it watches the conversation that the case is about.
func TestWhoHearsOfCases(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h, ctx := open(t, choices{dsn: dsn}), context.Background()
		files, err := fs.Sub(content.Jurisdictions, "jurisdictions")
		h.must(err)
		book, err := jurisdiction.Load(files)
		h.must(err)
		ann, welcome := h.window("ann")
		second, _ := h.window("ann")
		bob, _ := h.window("bob")
		visitor := h.dial(nil)
		visitor.hello(frame{"t": "hello", "v": 1, "role": "window"})
		conv, other := ann.start(), bob.start()
		ann.send(conv, "one")
		bob.send(other, "two")
		agent := h.colleague(identity.Agent)
		desk, idle := h.deskOf(agent), h.deskOf(h.colleague(identity.Supervisor))
		desk.say(frame{"t": "watch", "conv": conv})
		all := []*wire{ann, second, bob, visitor, desk, idle}
		for _, w := range all {
			w.rest()
		}
		heard := func(when string, want ...int) {
			t.Helper()
			for i, w := range all {
				n := 0
				for _, f := range w.rest() {
					if f.text("t") == "changed" {
						n++
						if fmt.Sprint(f["what"]) != "[cases]" || len(f) != 2 {
							t.Errorf("%s: client %d heard %v", when, i, f)
						}
					}
				}
				if n != want[i] {
					t.Errorf("%s: client %d heard it %d times, not %d", when, i, n, want[i])
				}
			}
		}

		part := identity.SystemPart("cases")
		c, err := h.store.AddCase(ctx, part, cases.Head{ID: id.New(), Reference: "K-1", CustomerID: welcome.text("customer")}, "run:1", book, cases.Event{
			Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Unauthorised, Channel: "chat", Conversation: conv, Language: "en", Jurisdiction: "eu", Version: 1},
		})
		h.must(err)
		heard("opened", 1, 1, 0, 0, 0, 0)
		boss := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}
		change := func(p identity.Principal, revision int64) error {
			_, err := h.store.ChangeCase(ctx, p, c.ID, revision, book, func(*cases.Case, int64) ([]cases.Event, error) {
				return []cases.Event{{Kind: cases.Confirmed, Data: cases.Data{Type: jurisdiction.Unauthorised, Jurisdiction: "eu", Version: 1}}}, nil
			})
			return err
		}
		h.must(change(boss, 1))
		heard("confirmed", 1, 1, 0, 0, 0, 0)
		if change(boss, 1) == nil || change(identity.Principal{Kind: identity.Customer, ID: id.New(), Level: identity.AL1}, 2) == nil {
			t.Error("it was changed by who may not, or saw an old one")
		}
		heard("refused", 0, 0, 0, 0, 0, 0)
	})
}
