package emergencies_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

type house struct {
	testing.TB
	*storagetest.Process
	d *storagetest.Deployment
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) member(role identity.Role) identity.Principal {
	h.Helper()
	m := staff.Member{ID: id.New(), Email: id.New(), Name: "Name", Role: role}
	h.must(h.AddStaff(context.Background(), identity.SystemPart("test"), staff.New{Member: m}))
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Role: role, Session: id.New()}
}

func (h *house) session(p identity.Principal) string {
	h.Helper()
	digest := id.New()
	h.must(h.OpenSession(context.Background(), staff.Session{Digest: digest, ID: id.New(), StaffID: p.ID, Method: staff.ByPasskey, ExpiresAt: h.d.Clock.Now().Add(100 * time.Hour).UnixMicro()}, 0))
	return digest
}

func (h *house) emergency(digest string) string {
	h.Helper()
	p, _, err := h.StaffBySession(context.Background(), digest, time.Hour.Microseconds()*100)
	h.must(err)
	return p.Emergency
}

func wish(p identity.Principal) emergency.Wish {
	return emergency.Wish{StaffID: p.ID, Minutes: 30, Reason: "payments stand still"}
}

func each(t *testing.T, do func(t *testing.T, h *house)) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		do(t, &house{t, d.Open(t, func(*storage.Options) {}), d})
	})
}

func TestAnOwnerOpensItForAnother(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		owner, admin := h.member(identity.Owner), h.member(identity.Admin)
		digest := h.session(admin)
		for name, c := range map[string]struct {
			by   identity.Principal
			w    emergency.Wish
			code fault.Code
		}{
			"for oneself":        {owner, wish(owner), fault.Forbidden},
			"an admin, another":  {admin, wish(owner), fault.Forbidden},
			"for a partner firm": {owner, wish(h.member(identity.OutsideAgent)), fault.Invalid},
			"for nobody":         {owner, wish(identity.Principal{ID: id.New()}), fault.NotFound},
			"without a reason":   {owner, emergency.Wish{StaffID: admin.ID, Minutes: 30}, fault.Invalid},
			"the machine":        {identity.SystemPart("x"), wish(admin), fault.Forbidden},
			"nobody":             {identity.Principal{}, wish(admin), fault.Forbidden},
		} {
			if err := h.OpenEmergency(ctx, c.by, c.w); fault.CodeOf(err) != c.code {
				t.Errorf("%s: %v", name, err)
			}
		}
		h.must(h.OpenEmergency(ctx, owner, wish(admin)))
		one := h.emergency(digest)
		if one == "" {
			t.Fatal("the session does not have it")
		}
		if err := h.OpenEmergency(ctx, owner, wish(admin)); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second one: %v", err)
		}
		if err := h.CloseEmergency(ctx, h.member(identity.Supervisor), one); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a colleague closes it: %v", err)
		}
		h.must(h.CloseEmergency(ctx, admin, one))
		if h.emergency(digest) != "" {
			t.Error("it is open after it was closed")
		}
		if err := h.CloseEmergency(ctx, owner, one); !fault.Is(err, fault.NotFound) {
			t.Errorf("closing it again: %v", err)
		}
	})
}

// It was given to who somebody was then: with another role, disabled, or with new
// credentials they have it no more, and hold no place that another one needs.
func TestItEndsWithWhoItWasGivenTo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		owner, machine := h.member(identity.Owner), identity.SystemPart("test")
		outside, yes, no := identity.OutsideAgent, true, false
		for name, change := range map[string]func(of string) error{
			"goes to a partner firm": func(of string) error { return h.ChangeStaff(ctx, machine, of, staff.Change{Role: &outside}) },
			"was disabled for a while": func(of string) error {
				return errors.Join(h.ChangeStaff(ctx, machine, of, staff.Change{Disabled: &yes}), h.ChangeStaff(ctx, machine, of, staff.Change{Disabled: &no}))
			},
			"was reset": func(of string) error {
				return h.ResetStaff(ctx, machine, of, staff.Reset{TOTPSecret: "JBSWY3DPEHPK3PXP"})
			},
		} {
			holder := h.member(identity.Admin)
			h.must(h.OpenEmergency(ctx, owner, wish(holder)))
			h.must(change(holder.ID))
			if h.emergency(h.session(holder)) != "" {
				t.Errorf("who %s has it still", name)
			}
		}
		if open, err := h.ListEmergencies(ctx, owner, true); err != nil || len(open) != 0 {
			t.Errorf("%+v, %v", open, err)
		}
	})
}

// It is over when its time is, whether or not anything has found that; what finds it has
// connections look anew.
func TestItClosesByItself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, part := context.Background(), identity.SystemPart("emergency")
		owner, admin := h.member(identity.Owner), h.member(identity.Admin)
		digest := h.session(admin)
		h.must(h.OpenEmergency(ctx, owner, wish(admin)))
		h.d.Clock.Move(29 * time.Minute)
		if open, err := h.EndEmergencies(ctx, part); err != nil || len(open) != 1 || h.emergency(digest) == "" {
			t.Errorf("a minute before: %v, %v", open, err)
		}
		h.d.Clock.Move(time.Minute)
		if h.emergency(digest) != "" {
			t.Error("the session has it after its time")
		}
		revoked := h.revocations(admin.ID)
		if open, err := h.EndEmergencies(ctx, part); err != nil || len(open) != 1 || open[0].EndedAt != open[0].UntilAt {
			t.Errorf("afterwards: %v, %v", open, err)
		}
		if h.revocations(admin.ID) != revoked+1 {
			t.Error("connections were not told")
		}
		h.d.Clock.Move(2 * time.Minute)
		if open, err := h.EndEmergencies(ctx, part); err != nil || len(open) != 0 {
			t.Errorf("when everybody heard of it: %v, %v", open, err)
		}
		all, err := h.ListEmergencies(ctx, owner, false)
		if err != nil || len(all) != 1 || all[0].EndedAt != all[0].UntilAt || all[0].EndedBy != "" {
			t.Errorf("%+v, %v", all, err)
		}
		h.must(h.OpenEmergency(ctx, owner, wish(admin))) // anew
		if h.emergency(digest) == "" {
			t.Error("it does not open anew")
		}
	})
}

// What was open for a moment is told to whoever raises the alarm, once.
func TestAMomentIsHeardOf(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, part := context.Background(), identity.SystemPart("emergency")
		owner, admin := h.member(identity.Owner), h.member(identity.Admin)
		var known emergency.Alarm
		hear := func() (news, open int) {
			all, err := h.EndEmergencies(ctx, part)
			h.must(err)
			told, open := known.Hear(all, h.d.Clock.Micros())
			return len(told), open
		}
		if news, open := hear(); news != 0 || open != 0 {
			t.Fatalf("%d and %d of none", news, open)
		}
		h.must(h.OpenEmergency(ctx, owner, wish(admin)))
		all, err := h.ListEmergencies(ctx, owner, true)
		h.must(err)
		h.d.Clock.Move(time.Second)
		h.must(h.CloseEmergency(ctx, admin, all[0].ID))
		h.d.Clock.Move(4 * time.Second)
		if news, open := hear(); news != 1 || open != 0 {
			t.Errorf("%d heard of, %d open", news, open)
		}
		if news, _ := hear(); news != 0 {
			t.Errorf("%d heard of again", news)
		}
	})
}

func (h *house) revocations(of string) (n int) {
	h.Helper()
	for e, err := range h.AuditEntries(context.Background(), identity.SystemPart("test")) {
		h.must(err)
		if e.Action == "staff.refresh" && e.Object.ID == of {
			n++
		}
	}
	return n
}

func TestTwoPeopleOpenIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		boss := h.member(identity.Supervisor)
		if err := h.OpenEmergency(ctx, boss, wish(boss)); !fault.Is(err, fault.Forbidden) {
			t.Fatalf("with nobody to agree: %v", err)
		}
		second, digest := h.member(identity.Admin), h.session(boss)
		var pending *approval.PendingError
		if err := h.OpenEmergency(ctx, boss, wish(boss)); !errors.As(err, &pending) {
			t.Fatal(err)
		}
		r, err := h.Approval(ctx, second, pending.ID)
		h.must(err)
		for name, p := range map[string]identity.Principal{"who asked": boss, "another supervisor": h.member(identity.Supervisor), "an auditor": h.member(identity.Auditor)} {
			if _, err := h.Approve(ctx, p, r.ID, r.Hash); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s agrees: %v", name, err)
			}
		}
		if h.emergency(digest) != "" {
			t.Fatal("it is open before anybody agreed")
		}
		if _, err := h.Approve(ctx, second, r.ID, r.Hash); err != nil {
			t.Fatal(err)
		}
		if h.emergency(digest) == "" {
			t.Fatal("it is not open")
		}
	})
}

// Three at once are as many as it can be; a fourth is no emergency.
func TestItIsForFew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		owner := h.member(identity.Owner)
		for i := range emergency.MaxOpen + 1 {
			err := h.OpenEmergency(context.Background(), owner, wish(h.member(identity.Admin)))
			if (err == nil) != (i < emergency.MaxOpen) {
				t.Errorf("number %d: %v", i+1, err)
			}
		}
	})
}
