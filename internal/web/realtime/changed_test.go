package realtime_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/web/realtime"
)

// changed is what the next frame of a kind says changed.
func (w *wire) changed() string {
	return fmt.Sprint(w.next("changed")["what"])
}

// A desk hears at once that something waits for a second person, and that it waits
// no more; whoever may not see what waits hears nothing of it.
func TestDesksHearWhatWaitsForASecondPerson(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h, ctx := open(t, choices{dsn: dsn}), context.Background()
		maker, second, agent := h.colleague(identity.Owner), h.colleague(identity.Owner), h.colleague(identity.Agent)
		desks := []*wire{h.deskOf(maker), h.deskOf(second)}
		mei, window := h.deskOf(agent), func() *wire { w, _ := h.window("ann"); return w }()
		heard := func() {
			t.Helper()
			for _, desk := range desks {
				if got := desk.changed(); got != "[approval]" {
					t.Errorf("heard of %s", got)
				}
			}
		}
		admin := identity.Admin
		ask := func() string {
			t.Helper()
			var pending *approval.PendingError
			if err := h.store.ChangeStaff(ctx, maker.Principal, agent.ID, staff.Change{Role: &admin}); !errors.As(err, &pending) {
				t.Fatalf("the change does not wait: %v", err)
			}
			heard()
			return pending.ID
		}
		h.must(h.store.Withdraw(ctx, maker.Principal, ask()))
		heard()
		h.must(h.store.Reject(ctx, second.Principal, ask(), "no"))
		heard()
		for _, w := range []*wire{mei, window} {
			for _, f := range w.rest() {
				if f.text("t") == "changed" {
					t.Errorf("told of %v", f)
				}
			}
		}
	})
}

// Of settings a desk hears the kinds that may be read there.
func TestDesksHearWhichSettingsChanged(t *testing.T) {
	h := open(t, choices{deps: func(d *realtime.Deps) {
		d.MayRead = func(who identity.Principal, kind string) bool {
			return who.Role == identity.Owner || slices.Contains([]string{"team", "wrap_up_code"}, kind)
		}
	}})
	olga, mei := h.deskOf(h.colleague(identity.Owner)), h.deskOf(h.colleague(identity.Agent))
	h.server.Changed("issuer", "team")
	h.server.Changed("issuer")
	h.server.Changed("wrap_up_code")
	for _, want := range []string{"[issuer team]", "[issuer]", "[wrap_up_code]"} {
		if got := olga.changed(); got != want {
			t.Errorf("the owner heard of %s, not of %s", got, want)
		}
	}
	for _, want := range []string{"[team]", "[wrap_up_code]"} {
		if got := mei.changed(); got != want {
			t.Errorf("the agent heard of %s, not of %s", got, want)
		}
	}
}
