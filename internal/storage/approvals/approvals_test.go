package approvals_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

type door struct {
	Name string `json:"name"`
}

func (d door) Validate() error { return settings.CheckLine("name", d.Name, 20) }

// house is a store in which doors need a second person.
type house struct {
	testing.TB
	*storage.Store
	d *storagetest.Deployment
}

func open(t testing.TB, d *storagetest.Deployment) *house {
	t.Helper()
	kinds, err := settings.NewRegistry(settings.Define(settings.Kind[door]{
		Name: "door", FourEyes: true, Max: 1_000_000, Read: policy.ReadSetup, Change: policy.ChangeSetup,
	}))
	if err != nil {
		t.Fatal(err)
	}
	return &house{t, d.Open(t, func(o *storage.Options) { o.Settings = kinds }).Store, d}
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func machine() identity.Principal { return identity.SystemPart("test") }

// member is somebody who works here, as they are when signed in.
func (h *house) member(role identity.Role) identity.Principal {
	h.Helper()
	m := staff.Member{ID: id.New(), Email: id.New(), Name: "Name", Role: role}
	h.must(h.AddStaff(context.Background(), machine(), staff.New{Member: m}))
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Role: role, Session: id.New()}
}

func put(of string, revision int64, name string) settings.Change {
	return settings.Change{Kind: "door", ID: of, Revision: revision, Body: fmt.Appendf(nil, `{"name":%q}`, name)}
}

// ask is a change that has to wait.
func (h *house) ask(p identity.Principal, c settings.Change) approval.Request {
	h.Helper()
	_, err := h.SaveSetting(context.Background(), p, c)
	var pending *approval.PendingError
	if !errors.As(err, &pending) {
		h.Fatalf("the change does not wait: %v", err)
	}
	r, err := h.Approval(context.Background(), p, pending.ID)
	h.must(err)
	return r
}

// revision is at which one an item is; 0 when there is none.
func (h *house) revision(of string) int64 {
	h.Helper()
	it, err := h.Setting(context.Background(), machine(), "door", of)
	if !fault.Is(err, fault.NotFound) {
		h.must(err)
	}
	return it.Revision
}

func (h *house) records(action string) (approvals []string) {
	h.Helper()
	for e, err := range h.AuditEntries(context.Background(), machine()) {
		h.must(err)
		if e.Action == action {
			approvals = append(approvals, fmt.Sprint(e.Approvals))
		}
	}
	return approvals
}

func TestOfManyApprovalsOneCounts(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		maker := h.member(identity.Admin)
		deciders := []identity.Principal{h.member(identity.Owner), h.member(identity.Admin), h.member(identity.Owner)}
		one := id.New()
		r := h.ask(maker, put(one, 0, "front"))
		if h.revision(one) != 0 {
			t.Fatal("it was done before anybody approved it")
		}
		var done sync.WaitGroup
		results := make([]error, 12)
		for i := range results {
			done.Go(func() {
				if i%4 == 3 {
					results[i] = h.Reject(context.Background(), deciders[i%3], r.ID, "no")
					return
				}
				_, results[i] = h.Approve(context.Background(), deciders[i%3], r.ID, r.Hash)
			})
		}
		done.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if !fault.Is(err, fault.Conflict) || fault.FieldOf(err) != "state" {
				t.Error(err)
			}
		}
		after, err := h.Approval(context.Background(), maker, r.ID)
		h.must(err)
		if want := map[approval.State]int64{approval.Executed: 1, approval.Rejected: 0}; won != 1 || h.revision(one) != want[after.State] {
			t.Errorf("%d decisions counted, %s, revision %d", won, after.State, h.revision(one))
		}
		if after.State == approval.Executed {
			if got := h.records("setting.save"); !slices.Equal(got, []string{"[" + r.ID + "]"}) {
				t.Errorf("the record of the change names %v, want %s", got, r.ID)
			}
			history, err := h.SettingHistory(context.Background(), maker, "door", one, 0, 5)
			if err != nil || len(history) != 1 || history[0].Approval != r.ID || history[0].ChangedBy != maker.ID {
				t.Errorf("the history is %+v, %v", history, err)
			}
		}
	})
}

// What was true when the change was asked for must still be true when it is done.
func TestWhatHasMovedIsNotDone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		agent, disabled := identity.Agent, true
		second := h.member(identity.Owner)
		for name, move := range map[string]func(maker identity.Principal, of string){
			"another change": func(_ identity.Principal, of string) {
				_, err := h.SaveSetting(ctx, machine(), put(of, 1, "other"))
				h.must(err)
			},
			"a maker with another role": func(maker identity.Principal, _ string) {
				h.must(h.ChangeStaff(ctx, machine(), maker.ID, staff.Change{Role: &agent}))
			},
			"a maker who left": func(maker identity.Principal, _ string) {
				h.must(h.ChangeStaff(ctx, machine(), maker.ID, staff.Change{Disabled: &disabled}))
			},
		} {
			maker, one := h.member(identity.Admin), id.New()
			_, err := h.SaveSetting(ctx, machine(), put(one, 0, "front"))
			h.must(err)
			r := h.ask(maker, put(one, 1, "changed"))
			move(maker, one)
			before := h.revision(one)
			if _, err := h.Approve(ctx, second, r.ID, r.Hash); !fault.Is(err, fault.Conflict) || fault.FieldOf(err) != "moved" {
				t.Errorf("%s: %v", name, err)
			}
			after, err := h.Approval(ctx, second, r.ID)
			h.must(err)
			if after.State != approval.Expired || after.Reason != approval.Moved || h.revision(one) != before {
				t.Errorf("%s: %s %s, revision %d", name, after.State, after.Reason, h.revision(one))
			}
			if _, err := h.Approve(ctx, second, r.ID, r.Hash); fault.FieldOf(err) != "state" {
				t.Errorf("%s, once more: %v", name, err)
			}
		}
		if got := h.records("approval.moved"); len(got) != 3 {
			t.Errorf("%d records of refused executions", len(got))
		}
	})
}

// taken are restrictions that take one right.
type taken struct{ action policy.Action }

func (t taken) Judge(action string, allowed bool) bool { return allowed && action != string(t.action) }

// What was asked for is carried out within what the house leaves its maker then: a restriction
// that came meanwhile holds, of the right that the change needs.
func TestARestrictionOfItsMakerHolds(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		maker, second := h.member(identity.Admin), h.member(identity.Owner)
		var asked []identity.Principal
		takes := policy.ChangeSetup
		h.BoundBy(func(p identity.Principal) identity.Principal {
			asked = append(asked, p)
			p.Bounds = taken{takes}
			return p
		})
		one := id.New()
		r := h.ask(maker, put(one, 0, "front"))
		if _, err := h.Approve(ctx, second, r.ID, r.Hash); fault.FieldOf(err) != "moved" || h.revision(one) != 0 {
			t.Errorf("carried out although it was taken: %v", err)
		}
		if len(asked) != 1 || asked[0].ID != maker.ID || asked[0].Role != maker.Role {
			t.Errorf("bound were %+v", asked)
		}
		after, err := h.Approval(ctx, maker, r.ID)
		h.must(err)
		if after.State != approval.Expired || after.Reason != approval.Moved {
			t.Errorf("it is %s %s", after.State, after.Reason)
		}
		takes = policy.ManageKeys // another right
		r = h.ask(maker, put(one, 0, "front"))
		_, err = h.Approve(ctx, second, r.ID, r.Hash)
		h.must(err)
		if h.revision(one) != 1 {
			t.Error("not carried out though nothing takes it")
		}
	})
}

// Who asks without deciding sees their own requests and what became of them, and nobody
// else's.
func TestWhoAskedSeesWhatBecameOfIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		boss, other, owner := h.member(identity.Supervisor), h.member(identity.Supervisor), h.member(identity.Owner)
		var pending *approval.PendingError
		if err := h.OpenEmergency(ctx, boss, emergency.Wish{StaffID: boss.ID, Minutes: 30, Reason: "payments stand still"}); !errors.As(err, &pending) {
			t.Fatal(err)
		}
		admins := h.ask(h.member(identity.Admin), put(id.New(), 0, "front"))
		sees := func(p identity.Principal, waiting bool, want ...string) {
			t.Helper()
			all, err := h.ListApprovals(ctx, p, waiting, "", 10)
			h.must(err)
			var ids []string
			for _, r := range all {
				ids = append(ids, r.ID)
			}
			if !slices.Equal(ids, want) {
				t.Errorf("sees %v, want %v", ids, want)
			}
		}
		sees(boss, true, pending.ID)
		sees(other, true)
		for name, one := range map[string]string{"a colleague's": pending.ID, "a change of settings": admins.ID} {
			if _, err := h.Approval(ctx, other, one); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.Approval(ctx, h.member(identity.Agent), pending.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent: %v", err)
		}
		h.must(h.Reject(ctx, owner, pending.ID, "not for this"))
		sees(boss, true)
		sees(boss, false, pending.ID)
		sees(other, false)
		r, err := h.Approval(ctx, boss, pending.ID)
		h.must(err)
		if r.State != approval.Rejected || r.DeciderID != owner.ID || r.Reason != "not for this" || h.MayDecide(boss, r) {
			t.Errorf("told of %+v", r)
		}
	})
}

func TestARequestExpires(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	maker, second, one := h.member(identity.Owner), h.member(identity.Owner), id.New()
	r := h.ask(maker, put(one, 0, "front"))
	if _, err := h.SaveSetting(ctx, second, put(one, 0, "other")); fault.ReasonOf(err) != "waiting" {
		t.Errorf("a second request for the same thing: %v", err)
	}
	h.d.Clock.Move(approval.Life)
	if _, err := h.Approve(ctx, second, r.ID, r.Hash); fault.FieldOf(err) != "state" {
		t.Errorf("after a day: %v", err)
	}
	if waiting, err := h.ListApprovals(ctx, second, true, "", 10); err != nil || len(waiting) != 0 {
		t.Errorf("%+v waits, %v", waiting, err)
	}
	if over, err := h.ListApprovals(ctx, second, false, "", 10); err != nil || len(over) != 1 || over[0].State != approval.Expired {
		t.Errorf("over: %+v, %v", over, err)
	}
	again := h.ask(second, put(one, 0, "other")) // the expired one is in nobody's way
	_, err := h.Purge(ctx, 100)
	h.must(err)
	var state string
	h.d.Scan(t, "SELECT state FROM approval WHERE id = '"+r.ID+"'", &state)
	if state != "expired" {
		t.Errorf("stored as %s", state)
	}
	_, err = h.Approve(ctx, maker, again.ID, again.Hash)
	h.must(err)
}

// In a house with one person who may, the change goes through and the record says
// so.
func TestWhoIsAloneNeedsNobody(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		owner, helper := h.member(identity.Owner), h.member(identity.Supervisor)
		one := id.New()
		it, err := h.SaveSetting(ctx, owner, put(one, 0, "front"))
		if err != nil || it.Revision != 1 {
			t.Fatalf("%+v %v", it, err)
		}
		admin := identity.Admin
		h.must(h.ChangeStaff(ctx, owner, helper.ID, staff.Change{Role: &admin}))
		if got := h.records("setting.save"); !slices.Equal(got, []string{"[alone]"}) {
			t.Errorf("the record says %v", got)
		}
		if got := h.records("staff.change"); !slices.Equal(got, []string{"[alone]"}) {
			t.Errorf("the record says %v", got)
		}
		h.ask(owner, put(one, 1, "back")) // now there are two
	})
}

// An account that is made to run the house waits too.
func TestANewOwnerWaitsForASecondPerson(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		maker, second := h.member(identity.Owner), h.member(identity.Owner)
		fresh := staff.Member{ID: id.New(), Email: "fresh@example.org", Name: "Fresh", Role: identity.Owner}
		h.must(h.AddStaff(ctx, maker, staff.New{Member: fresh}))
		m, err := h.StaffByID(ctx, maker, fresh.ID)
		if err != nil || m.DisabledAt == 0 {
			t.Fatalf("%+v %v", m, err)
		}
		waiting, err := h.ListApprovals(ctx, second, true, "", 10)
		if err != nil || len(waiting) != 1 || waiting[0].Summary != "Fresh" {
			t.Fatalf("%+v %v", waiting, err)
		}
		admin := h.member(identity.Admin)
		if _, err := h.Approve(ctx, admin, waiting[0].ID, waiting[0].Hash); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an admin lets an owner in: %v", err)
		}
		_, err = h.Approve(ctx, second, waiting[0].ID, waiting[0].Hash)
		h.must(err)
		if m, err := h.StaffByID(ctx, maker, fresh.ID); err != nil || m.DisabledAt != 0 || m.Role != identity.Owner {
			t.Errorf("%+v %v", m, err)
		}
	})
}

// Who lets a colleague in again could be that colleague.
func TestWhoCameBackByALinkIsNoSecondPersonYet(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		first, second, third := h.member(identity.Owner), h.member(identity.Owner), h.member(identity.Owner)
		back := func(who, by string) {
			h.d.Exec(t, `INSERT INTO staff_invitation (id, digest, kind, email, role, staff_id, invited_by, created_at, expires_at, used_at, revoked_at)
				VALUES ($1, $1, 'reset', '', 'owner', $2, $3, $4, $4, $4, 0)`, id.New(), who, by, h.d.Clock.Micros())
		}
		approve := func(maker, decider identity.Principal) error {
			r := h.ask(maker, put(id.New(), 0, "front"))
			_, err := h.Approve(ctx, decider, r.ID, r.Hash)
			return err
		}
		back(second.ID, first.ID)
		for _, c := range []struct {
			maker, decider identity.Principal
			want           string
		}{
			{first, second, approval.Fresh}, {third, second, approval.Fresh}, // whoever holds the link is second
			{second, first, approval.Fresh}, // and first handed it out
			{first, third, ""}, {second, third, ""}, {third, first, ""},
		} {
			if err := approve(c.maker, c.decider); fault.ReasonOf(err) != c.want || (err == nil) != (c.want == "") {
				t.Errorf("%v", err)
			}
		}
		fourth, fifth := h.member(identity.Admin), h.member(identity.Admin)
		back(fourth.ID, second.ID) // whose link came from first
		for _, c := range []struct {
			maker, decider identity.Principal
			want           string
		}{{fourth, first, approval.Fresh}, {fourth, second, approval.Fresh}, {fourth, third, ""}, {fifth, first, ""}} {
			if err := approve(c.maker, c.decider); fault.ReasonOf(err) != c.want || (err == nil) != (c.want == "") {
				t.Errorf("by a line of links: %v", err)
			}
		}
		back(third.ID, "cli") // whoever runs the machine is trusted with it anyway
		if err := approve(first, third); err != nil {
			t.Error(err)
		}
		h.d.Clock.Move(approval.Settled)
		if err := approve(first, second); err != nil {
			t.Errorf("three days later: %v", err)
		}
	})
}

// Who was let in as somebody that they are no more decides nothing.
func TestWhoHasLostTheirRightsDecidesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		maker, gone, less := h.member(identity.Owner), h.member(identity.Owner), h.member(identity.Owner)
		yes, agent := true, identity.Agent
		h.must(h.ChangeStaff(ctx, machine(), gone.ID, staff.Change{Disabled: &yes}))
		h.must(h.ChangeStaff(ctx, machine(), less.ID, staff.Change{Role: &agent}))
		r := h.ask(h.member(identity.Admin), put(id.New(), 0, "front"))
		for _, p := range []identity.Principal{gone, less} {
			if _, err := h.Approve(ctx, p, r.ID, r.Hash); !fault.Is(err, fault.Forbidden) {
				t.Errorf("approving: %v", err)
			}
			if err := h.Reject(ctx, p, r.ID, "no"); !fault.Is(err, fault.Forbidden) {
				t.Errorf("rejecting: %v", err)
			}
		}
		_, err := h.Approve(ctx, maker, r.ID, r.Hash)
		h.must(err)
	})
}

// A request is carried out with the rights that its maker has then: with fewer, when
// they were taken until a finding is judged; and with more, while they have them for an
// emergency.
func TestARequestHasTheRightsThatItsMakerHasNow(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		second := h.member(identity.Owner)

		throttled, one := h.member(identity.Admin), id.New()
		r := h.ask(throttled, put(one, 0, "front"))
		d.Exec(t, "INSERT INTO staff_restraint (id, staff_id, step, finding_id, since, made_by, lifted_at, lifted_by, freed_at) VALUES ($1, $2, 1, '', 1, '', 0, '', 0)", id.New(), throttled.ID)
		if _, err := h.Approve(ctx, second, r.ID, r.Hash); err == nil || h.revision(one) != 0 {
			t.Errorf("for who was throttled: %v", err)
		}

		guest, other := h.member(identity.Supervisor), id.New()
		h.must(h.OpenEmergency(ctx, second, emergency.Wish{StaffID: guest.ID, Minutes: 30, Reason: "nobody else is there"}))
		open, err := h.ListEmergencies(ctx, second, true)
		h.must(err)
		guest.Emergency = open[0].ID
		var pending *approval.PendingError
		if _, err := h.SaveSetting(ctx, guest, put(other, 0, "back")); !errors.As(err, &pending) {
			t.Fatalf("the change does not wait: %v", err)
		}
		r, err = h.Approval(ctx, second, pending.ID)
		h.must(err)
		if _, err := h.Approve(ctx, second, r.ID, r.Hash); err != nil || h.revision(other) == 0 {
			t.Errorf("in an emergency: %v", err)
		}
	})
}

func TestAPayloadThatWasTamperedWithIsNotDone(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	maker, second, one := h.member(identity.Owner), h.member(identity.Owner), id.New()
	r := h.ask(maker, put(one, 0, "front"))
	h.d.Exec(t, "UPDATE approval SET payload = REPLACE(payload, 'front', 'attic') WHERE id = $1", r.ID)
	if _, err := h.Approve(ctx, second, r.ID, r.Hash); !fault.Is(err, fault.Conflict) || h.revision(one) != 0 {
		t.Errorf("%v, revision %d", err, h.revision(one))
	}
}

// known is a request as the model of the test below has it.
type known struct {
	approval.Request
	from  int64 // the revision it was made from
	final approval.State
}

// Whatever people do in whatever order: a change is done when and only when
// somebody else than its maker, with the right to it, approved it while it waited
// and nothing had moved; and nothing is done twice.
func TestApprovalsInAnyOrder(t *testing.T) {
	h := open(t, storagetest.New(t, engine.SQLite))
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		people := []identity.Principal{h.member(identity.Owner), h.member(identity.Owner), h.member(identity.Admin), h.member(identity.Supervisor)}
		one := id.New()
		var requests []*known
		revision, executed := int64(0), 0
		anybody := rapid.IntRange(0, len(people)-1)
		pick := func(rt *rapid.T) *known {
			if len(requests) == 0 {
				rt.Skip()
			}
			return requests[rapid.IntRange(0, len(requests)-1).Draw(rt, "request")]
		}
		waits := func(r *known) bool { return r.final == "" && h.d.Clock.Now().UnixMicro() < r.ExpiresAt }
		rt.Repeat(map[string]func(*rapid.T){
			"ask": func(rt *rapid.T) {
				p := people[anybody.Draw(rt, "maker")]
				from := max(0, revision-int64(rapid.IntRange(0, 1).Draw(rt, "behind")))
				busy := slices.ContainsFunc(requests, waits)
				_, err := h.SaveSetting(ctx, p, put(one, from, "name "+id.New()[:4]))
				var pending *approval.PendingError
				waited := errors.As(err, &pending)
				if want := p.Role != identity.Supervisor && from == revision && !busy; waited != want {
					rt.Fatalf("%s asks from %d at %d, busy %v: %v", p.Role, from, revision, busy, err)
				}
				if waited {
					r, err := h.Approval(ctx, people[0], pending.ID)
					h.must(err)
					requests = append(requests, &known{Request: r, from: from})
				}
			},
			"approve": func(rt *rapid.T) {
				r, p := pick(rt), people[anybody.Draw(rt, "decider")]
				_, err := h.Approve(ctx, p, r.ID, r.Hash)
				may := p.ID != r.MakerID && p.Role != identity.Supervisor && waits(r)
				if (err == nil) != (may && r.from == revision) {
					rt.Fatalf("%s approves (may %v, from %d at %d, %q): %v", p.Role, may, r.from, revision, r.final, err)
				}
				switch {
				case err == nil:
					r.final = approval.Executed
					revision++
					executed++
				case may:
					r.final = approval.Expired
				}
			},
			"reject": func(rt *rapid.T) {
				r, p := pick(rt), people[anybody.Draw(rt, "decider")]
				err := h.Reject(ctx, p, r.ID, "no")
				if want := p.ID != r.MakerID && p.Role != identity.Supervisor && waits(r); (err == nil) != want {
					rt.Fatalf("%s rejects: %v, want %v", p.Role, err, want)
				} else if want {
					r.final = approval.Rejected
				}
			},
			"withdraw": func(rt *rapid.T) {
				r, p := pick(rt), people[anybody.Draw(rt, "who")]
				err := h.Withdraw(ctx, p, r.ID)
				if want := p.ID == r.MakerID && waits(r); (err == nil) != want {
					rt.Fatalf("withdrawing: %v, want %v", err, want)
				} else if want {
					r.final = approval.Withdrawn
				}
			},
			"move": func(rt *rapid.T) {
				_, err := h.SaveSetting(ctx, machine(), put(one, revision, "moved "+id.New()[:4]))
				h.must(err)
				revision++
			},
			"time": func(rt *rapid.T) {
				h.d.Clock.Move(time.Duration(rapid.IntRange(1, 20).Draw(rt, "hours")) * time.Hour)
			},
			"": func(rt *rapid.T) {
				if got := h.revision(one); got != revision {
					rt.Fatalf("revision %d, want %d", got, revision)
				}
				done := 0
				for _, r := range requests {
					stored, err := h.Approval(ctx, people[0], r.ID)
					h.must(err)
					if stored.State == approval.Executed {
						done++
					}
					if r.final != "" && stored.State != r.final {
						rt.Fatalf("a request that was %s is %s", r.final, stored.State)
					}
				}
				if done != executed {
					rt.Fatalf("%d executed, want %d", done, executed)
				}
			},
		})
	})
}
