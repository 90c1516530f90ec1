package watching_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// Each time that somebody had emergency access is looked at afterwards, with what they did
// meanwhile, by somebody who neither had it, nor asked for it, nor agreed.
func TestEmergencyAccessIsLookedAtAfterwards(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx, k := context.Background(), newDesk(t, d)
		opener, owner, admin, boss := k.hire(identity.Owner), k.hire(identity.Owner), k.hire(identity.Admin), k.hire(identity.Supervisor)
		conv, anna := k.talk("anna")
		k.judge()
		k.must(k.OpenEmergency(ctx, opener, emergency.Wish{StaffID: admin.ID, Minutes: 30, Reason: "payments stand still"}))
		d.Clock.Move(time.Second)
		glass := admin
		glass.Emergency = "open"
		k.open(glass, conv)
		k.judge()
		if all, err := k.Findings(ctx, owner, false, "", 10); err != nil || len(all) != 0 {
			t.Fatalf("while it is open: %+v, %v", all, err)
		}
		open, err := k.ListEmergencies(ctx, owner, true)
		k.must(err)
		k.must(k.CloseEmergency(ctx, admin, open[0].ID))
		k.judge()
		k.s = watching.New(k.s.Deps) // it was killed
		k.judge()
		f := k.about(owner, open[0].ID)
		if f.Alert.Staff != admin.ID || f.Rank != insider.Today || f.Alert.Reasons[0].Why != insider.GlassBroken || f.Taken != 0 {
			t.Fatalf("found %+v", f)
		}
		c, _, err := k.Finding(ctx, owner, f.ID)
		k.must(err)
		if len(c.Evidence) != 1 || c.Evidence[0].Customer != anna.ID || !c.MayDecide {
			t.Errorf("shown with %+v, may decide %t", c.Evidence, c.MayDecide)
		}
		k.tookPart(f.ID, opener)
		k.onlyOwnersOfTheirOwn(f.ID, admin)
		k.must(k.Decide(ctx, boss, f.ID, insider.Explain, "asked them, and it was so"))

		// Opened and closed at once, by two: the one who agreed judges it no more than who asked.
		var pending *approval.PendingError
		if err := k.OpenEmergency(ctx, boss, emergency.Wish{StaffID: boss.ID, Minutes: 5, Reason: "nobody else is awake"}); !errors.As(err, &pending) {
			t.Fatal(err)
		}
		r, err := k.Approval(ctx, owner, pending.ID)
		k.must(err)
		_, err = k.Approve(ctx, owner, r.ID, r.Hash)
		k.must(err)
		open, err = k.ListEmergencies(ctx, owner, true)
		k.must(err)
		k.must(k.CloseEmergency(ctx, owner, open[0].ID))
		k.judge()
		f = k.about(opener, open[0].ID)
		k.tookPart(f.ID, owner)
		if _, _, err := k.Finding(ctx, boss, f.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("whoever had it opens it: %v", err)
		}
		k.must(k.Decide(ctx, opener, f.ID, insider.KeepWatch, "nothing was done with it"))

		// And so is what ends by itself, or with a restraint.
		k.must(k.OpenEmergency(ctx, opener, emergency.Wish{StaffID: admin.ID, Minutes: 5, Reason: "payments stand still"}))
		open, err = k.ListEmergencies(ctx, owner, true)
		k.must(err)
		d.Clock.Move(6 * time.Minute)
		_, err = k.EndEmergencies(ctx, identity.SystemPart("emergency"))
		k.must(err)
		k.judge()
		k.about(owner, open[0].ID)
	})
}

// about is the one finding about a time of emergency access.
func (k *desk) about(p identity.Principal, emergency string) insider.Line {
	k.t.Helper()
	all, err := k.Findings(context.Background(), p, true, "", 10)
	k.must(err)
	if len(all) != 1 || all[0].Alert.About != emergency {
		k.t.Fatalf("found %+v", all)
	}
	return all[0]
}

// tookPart has somebody see a finding, and not judge it.
func (k *desk) tookPart(finding string, p identity.Principal) {
	k.t.Helper()
	c, _, err := k.Finding(context.Background(), p, finding)
	k.must(err)
	for _, v := range insider.Verdicts() {
		if err := k.Decide(context.Background(), p, finding, v, "it was an errand of mine"); c.MayDecide || fault.ReasonOf(err) != "took_part" {
			k.t.Errorf("who took part judges by %s: %v, may decide %t", v, err, c.MayDecide)
		}
	}
}

// key makes a program's key by somebody alone.
func (k *desk) key(by identity.Principal) (digest string, p func() (identity.Principal, error)) {
	k.t.Helper()
	digest = id.New()
	n := apikey.New{ID: id.New(), Name: "Export", Scopes: identity.AllScopes(), Digest: digest}
	k.must(k.AddKey(context.Background(), by, n))
	return digest, func() (identity.Principal, error) {
		found, err := k.KeyBy(context.Background(), digest, netip.MustParseAddr("192.0.2.1"))
		return found.Principal(), err
	}
}

// Programs are judged by what they read as people are: too many customers, or too far through
// lists, and the key reads nothing; a decoy, and it opens nothing. The finding names the key,
// whoever made it neither sees nor judges it, and the customer's own list of looks is of
// people.
func TestProgramsAreJudgedByWhatTheyRead(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx, k := context.Background(), newDesk(t, d)
		k.s.Limits.ProgramCustomers, k.s.Limits.ProgramFurther = 3, 4
		maker := k.hire(identity.Owner)
		_, key := k.key(maker) // nobody else could agree yet
		owner := k.hire(identity.Owner)
		var talks []string
		var anna identity.Principal
		for _, name := range []string{"anna", "ben", "cai", "dan", "eve", "fay", "gus", "hal"} {
			conv, who := k.talk(name)
			if talks = append(talks, conv); name == "anna" {
				anna = who
			}
		}
		k.judge()
		p, err := key()
		k.must(err)
		for _, conv := range talks[:3] {
			k.open(p, conv)
		}
		k.judge()
		if all, err := k.Findings(ctx, owner, false, "", 10); err != nil || len(all) != 0 {
			t.Fatalf("of what it is made for: %+v, %v", all, err)
		}
		k.open(p, talks[3])
		k.judge()
		k.finds(owner, p.ID, insider.LookRate, insider.Throttle)
		if p, err = key(); err != nil || !p.Restrained {
			t.Errorf("the key is %+v, %v", p, err)
		}
		if _, _, err := k.Entries(ctx, p, talks[0], conversation.EntryRange{Limit: 10}); !fault.Is(err, fault.NotFound) {
			t.Errorf("it reads on: %v", err)
		}
		if all, err := k.Findings(ctx, maker, false, "", 10); err != nil || len(all) != 0 {
			t.Errorf("who made the key sees %+v, %v", all, err)
		}
		looks, err := k.OwnLooks(ctx, anna, 0, 10)
		k.must(err)
		if len(looks.Looks) != 0 {
			t.Errorf("the customer is told of %+v", looks.Looks)
		}

		k.lift(owner, maker, p.ID)
		if p, err = key(); err != nil || p.Restrained {
			t.Errorf("given back: %+v, %v", p, err)
		}
		d.Clock.Move(time.Hour)
		after := k.page(p, conversation.InboxKey{}, 2)
		for after.ConversationID != "" {
			after = k.page(p, after, 2)
		}
		k.judge()
		k.finds(owner, p.ID, insider.PageRate, insider.Throttle)

		k.lift(owner, maker, p.ID)
		_, talk := k.decoy(owner)
		p, err = key()
		k.must(err)
		k.open(p, talk)
		k.judge()
		k.finds(owner, p.ID, insider.CanaryTouched, insider.Suspend)
		if _, err := key(); fault.ReasonOf(err) != "suspended" {
			t.Errorf("the key opens on: %v", err)
		}
		k.lift(owner, maker, p.ID)
		if _, err := key(); err != nil {
			t.Errorf("given back: %v", err)
		}
	})
}

// finds has the newest finding be about a key.
func (k *desk) finds(p identity.Principal, key string, why insider.Why, taken insider.Step) {
	k.t.Helper()
	all, err := k.Findings(context.Background(), p, true, "", 10)
	k.must(err)
	if len(all) == 0 || all[0].Alert.Staff != key || all[0].Name != "Export" || all[0].Role != insider.Programs || all[0].Alert.Reasons[0].Why != why || all[0].Taken != taken {
		k.t.Fatalf("found %+v", all)
	}
}

// lift gives back what was taken from a key: who made it does not.
func (k *desk) lift(p, maker identity.Principal, key string) {
	k.t.Helper()
	all, err := k.Findings(context.Background(), p, false, "", 10)
	k.must(err)
	if err := k.Decide(context.Background(), maker, all[0].ID, insider.Lift, "it was an errand of mine"); !fault.Is(err, fault.NotFound) {
		k.t.Errorf("who made the key gives it back: %v", err)
	}
	k.must(k.Decide(context.Background(), p, all[0].ID, insider.Lift, "the program was mended"))
	k.judge()
}
