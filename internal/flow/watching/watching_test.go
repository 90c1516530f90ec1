package watching_test

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/insider/played"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/clock"
	"kefu/internal/storage/storagetest"
)

// weeks are played doings as the chain would give them: a record each.
type weeks struct {
	all []insider.Doing
	set func(at int64) // moves the clock to the last that was given
}

func (w *weeks) ChainSince(_ context.Context, _ identity.Principal, after int64, limit int) ([]insider.Noted, int64, error) {
	var page []insider.Noted
	next := after
	for ; next < int64(len(w.all)) && len(page) < limit; next++ {
		n := insider.Noted{Seq: next + 1, Doing: w.all[next], Action: "played"}
		if n.Shown != "" { // as the record of a list or a search has it, and its purpose
			n.Object = n.Shown
			if n.Further {
				n.Reason = insider.FurtherPage
			}
		}
		page = append(page, n)
	}
	if len(page) > 0 {
		w.set(page[len(page)-1].At)
	}
	return page, next, nil
}

// some are the last days of a play, as many as a test has time for.
func some(p played.Play, days int64) []insider.Doing {
	const day = int64(86_400_000_000)
	from := (p.From - days) * day
	i := slices.IndexFunc(p.Doings, func(d insider.Doing) bool { return d.At >= from })
	until := slices.IndexFunc(p.Doings, func(d insider.Doing) bool { return d.At >= (p.From+8)*day })
	return p.Doings[i:until]
}

// direct is what judging in memory finds.
func direct(all []insider.Doing) []insider.Alert {
	w := insider.New(insider.DefaultLimits())
	var found []insider.Alert
	for _, d := range all {
		found = append(found, w.Take(d)...)
	}
	return found
}

func service(p *storagetest.Process, chain watching.Chain, now clock.Clock) *watching.Service {
	return watching.New(watching.Deps{Chain: chain, Store: p.Store, Limits: insider.DefaultLimits(), Clock: now})
}

// Weeks that go through the real store, with the server killed again and again, give
// what judging them in memory gives: nothing lost, nothing twice.
func TestPlayedWeeksGiveTheSameFindings(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		days := int64(9)
		if d.DSN != "" {
			days = 6
		}
		all := some(played.New(5, played.Scraper, 1), days)
		to := func(at int64) { d.Clock.Move(clock.FromMicros(at).Sub(d.Clock.Now())) }
		to(all[0].At)
		process := d.Open(t)
		w := &weeks{all: all, set: to}
		s := service(process, w, d.Clock.Now)
		for n := 0; ; n++ {
			if n%17 == 16 { // it is killed, and what it knew with it
				s = service(process, w, d.Clock.Now)
			}
			more, err := s.Step(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
		}
		want := inOrder(direct(all))
		got := found(t, process)
		if len(want) == 0 {
			t.Fatal("weeks in which nothing is found show nothing")
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("through the store %d findings, in memory %d", len(got), len(want))
			for i := range max(len(got), len(want)) {
				if i < len(got) {
					t.Logf("store  %+v", got[i])
				}
				if i < len(want) {
					t.Logf("memory %+v", want[i])
				}
			}
		}
		var rows int
		if d.Scan(t, "SELECT COUNT(*) FROM staff_doing", &rows); rows != len(all) {
			t.Errorf("%d doings are kept of %d", rows, len(all))
		}
	})
}

// found are the findings that the store has, in the order in which they were made.
func found(t *testing.T, p *storagetest.Process) []insider.Alert {
	t.Helper()
	owner := identity.Principal{Kind: identity.Staff, ID: "owner", Role: identity.Owner}
	var all []insider.Alert
	for before := ""; ; {
		page, err := p.Findings(context.Background(), owner, false, before, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			all = append(all, l.Alert)
			before = l.ID
		}
		if len(page) < 50 {
			break
		}
	}
	return inOrder(all)
}

func inOrder(all []insider.Alert) []insider.Alert {
	slices.SortFunc(all, func(a, b insider.Alert) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Staff, b.Staff), cmp.Compare(a.Reasons[0].Why, b.Reasons[0].Why))
	})
	return all
}

// A Watch that was saved goes on as if it had not been.
func TestWhatIsKnownOutlivesARestart(t *testing.T) {
	all := some(played.New(3, played.Dripper, 1), 12)
	whole, cut := insider.New(insider.DefaultLimits()), insider.New(insider.DefaultLimits())
	for i, d := range all {
		if i%5000 == 4999 {
			body, err := cut.Save()
			if err != nil {
				t.Fatal(err)
			}
			if cut, err = insider.Restore(insider.DefaultLimits(), body); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := whole.Take(d), cut.Take(d); !reflect.DeepEqual(a, b) {
			t.Fatalf("after %d: %+v and %+v", i, a, b)
		}
	}
}

func TestWhatNoSaveHasWrittenIsRefused(t *testing.T) {
	for _, body := range []string{"", "{", "[]", `{"version":99}`} {
		if _, err := insider.Restore(insider.DefaultLimits(), []byte(body)); err == nil {
			t.Errorf("%q was taken for what a Watch knew", body)
		}
	}
}
