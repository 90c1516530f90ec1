package watching_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

// desk is a store with staff, and the judging over it.
type desk struct {
	*storagetest.Process
	t *testing.T
	d *storagetest.Deployment
	s *watching.Service
}

func newDesk(t *testing.T, d *storagetest.Deployment) *desk {
	t.Helper()
	p := d.Open(t)
	return &desk{Process: p, t: t, d: d, s: watching.New(watching.Deps{Chain: p.Store, Store: p.Store, Limits: insider.DefaultLimits(), Act: true, Clock: d.Clock.Now})}
}

func (k *desk) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// hire adds a member of staff.
func (k *desk) hire(role identity.Role) identity.Principal {
	k.t.Helper()
	m := staff.Member{ID: id.New(), Email: id.New() + "@example.org", Name: "Somebody", Alias: "Alias", Role: role}
	k.must(k.AddStaff(context.Background(), identity.SystemPart("cli"), staff.New{Member: m}))
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Name: m.Alias, Role: role}
}

// talk begins a conversation of a customer who is signed in.
func (k *desk) talk(subject string) (conv string, who identity.Principal) {
	k.t.Helper()
	who = k.SignIn(subject)
	conv = k.Begin(who, "en")
	k.say(who, conv, "hello")
	return conv, who
}

func (k *desk) say(p identity.Principal, conv, text string) {
	k.t.Helper()
	_, err := k.Execute(context.Background(), p, conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}})
	k.must(err)
}

func (k *desk) give(conv string, to identity.Principal) {
	k.t.Helper()
	_, err := k.Execute(context.Background(), identity.SystemPart("test"), conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: to.ID, Name: to.Name}}})
	k.must(err)
}

func (k *desk) open(p identity.Principal, conv string) {
	k.t.Helper()
	_, _, err := k.Entries(context.Background(), p, conv, conversation.EntryRange{Limit: 10})
	k.must(err)
	k.d.Clock.Move(20 * time.Second)
}

// judge judges all that there is.
func (k *desk) judge() {
	k.t.Helper()
	for n := 0; ; n++ {
		k.flush()
		more, err := k.s.Step(context.Background())
		k.must(err)
		if !more && n > 0 {
			return
		}
	}
}

// flush has what was read be in the chain: a commit that comes after it.
func (k *desk) flush() {
	k.t.Helper()
	k.must(k.Ready(context.Background()))
	k.Begin(identity.Principal{Kind: identity.Visitor, ID: id.New()}, "en")
}

func (k *desk) doings(staffID string) []insider.Noted {
	k.t.Helper()
	all, err := k.DoingsBetween(context.Background(), identity.SystemPart("test"), 0, 0, 1<<60, 500)
	k.must(err)
	var own []insider.Noted
	for _, n := range all {
		if n.Staff == staffID {
			own = append(own, n)
		}
	}
	return own
}

// What the chain tells becomes doings: whose contact a look was, as it stood then.
func TestTheChainTellsWhoHadToDoWithWhom(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		k := newDesk(t, d)
		mei, ben := k.hire(identity.Agent), k.hire(identity.Agent)
		hers, anna := k.talk("anna")
		other, otto := k.talk("otto")
		k.give(hers, mei)
		k.judge()
		k.open(mei, hers)
		k.open(mei, hers) // a page further on, seconds later: one look each
		k.say(mei, hers, "good morning")
		k.open(mei, other)
		_, _, err := k.CustomerOf(context.Background(), ben, anna.ID)
		k.must(err)
		k.judge()
		var got []string
		for _, n := range append(k.doings(mei.ID), k.doings(ben.ID)...) {
			contact := "without"
			if n.Contact == hers {
				contact = "hers"
			}
			whose := map[string]string{anna.ID: "anna", otto.ID: "otto"}[n.Customer]
			got = append(got, n.Action+" "+whose+" "+contact)
			if n.Group != "agent/" || n.Role != "agent" {
				t.Errorf("compared with %q as %q", n.Group, n.Role)
			}
		}
		want := "conversation.read anna hers|conversation.read anna hers|conversation.message anna hers|conversation.read otto without|customer.read anna without"
		if strings.Join(got, "|") != want {
			t.Errorf("the chain tells\n%s, want\n%s", strings.Join(got, "|"), want)
		}
	})
}

// Opening a decoy suspends at once: sessions end, conversations go to others, and it is
// the same when the server is killed in between.
func TestADecoySuspends(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		owner, bad := k.hire(identity.Owner), k.hire(identity.Agent)
		k.hire(identity.Owner)
		conv, _ := k.talk("anna")
		k.give(conv, bad)
		customer, talk := k.decoy(owner)
		k.judge()
		session := staff.Session{Digest: id.New(), ID: id.New(), StaffID: bad.ID, Method: staff.ByPasskey, ExpiresAt: 1 << 60}
		k.must(k.OpenSession(ctx, session, 0))
		k.open(bad, talk)
		k.judge()
		k.s = watching.New(k.s.Deps) // it was killed
		k.judge()
		lines, err := k.Findings(ctx, owner, true, "", 10)
		k.must(err)
		if len(lines) != 1 || lines[0].Rank != insider.Now || lines[0].Taken != insider.Suspend || lines[0].Now != insider.Suspend || lines[0].Alert.Reasons[0].Why != insider.CanaryTouched {
			t.Fatalf("found %+v", lines)
		}
		if _, _, err := k.StaffBySession(ctx, session.Digest, 1<<60); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the session is good: %v", err)
		}
		session.ID, session.Digest = id.New(), id.New()
		if err := k.OpenSession(ctx, session, 0); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("they sign in again: %v", err)
		}
		state, err := k.Conversation(ctx, owner, conv)
		k.must(err)
		if state.AssigneeID != "" {
			t.Errorf("their conversation is %s's still", state.AssigneeID)
		}
		c, _, err := k.Finding(ctx, owner, lines[0].ID)
		k.must(err)
		if len(c.Evidence) != 1 || c.Evidence[0].Customer != customer || len(c.Days) != 1 || c.Days[0].Without != 1 {
			t.Errorf("it is shown with %+v and %+v", c.Evidence, c.Days)
		}
		k.onlyOwnersOfTheirOwn(lines[0].ID, bad)
	})
}

// onlyOwnersOfTheirOwn has whom a finding is about look for it with every role.
func (k *desk) onlyOwnersOfTheirOwn(finding string, bad identity.Principal) {
	k.t.Helper()
	for _, role := range identity.Roles() {
		bad.Role = role
		if all, err := k.Findings(context.Background(), bad, false, "", 10); err == nil && len(all) > 0 {
			k.t.Errorf("as %s they see %+v", role, all)
		}
		if _, _, err := k.Finding(context.Background(), bad, finding); err == nil {
			k.t.Errorf("as %s they open it", role)
		}
		if err := k.Decide(context.Background(), bad, finding, insider.Explain, "it was an errand of mine"); err == nil {
			k.t.Errorf("as %s they judge it", role)
		}
	}
}

func (k *desk) decoy(by identity.Principal) (customer, talk string) {
	k.t.Helper()
	made := watching.Decoys{Shelf: k.Store, Clean: func(_ context.Context, s string) (string, error) { return s, nil }, Clock: k.d.Clock.Now, Learn: k.s.Learn}
	customer, err := made.Add(context.Background(), by, insider.NewCanary{Name: "Ann Lee", Topic: "Card", Language: "en", Words: []string{"Where is my card?", "On its way.", "Thanks"}, Ago: 12 * 86_400_000_000})
	k.must(err)
	all, err := k.Decoys(context.Background(), by)
	k.must(err)
	return customer, all[0].Conversation
}

// A decoy looks like a customer to staff, and nothing follows from it.
func TestNothingFollowsFromADecoy(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		owner, mei := k.hire(identity.Owner), k.hire(identity.Agent)
		k.judge()
		part := identity.SystemPart("test")
		before, _, _, err := k.EntriesSince(ctx, part, 0, 1000, func(*conversation.Entry) bool { return true })
		k.must(err)
		customer, talk := k.decoy(owner)
		entries, _, err := k.Entries(ctx, mei, talk, conversation.EntryRange{Limit: 10})
		k.must(err)
		if len(entries) != 3 || entries[0].Content.Text != "Where is my card?" || entries[1].Author.Kind != conversation.ByAgent {
			t.Errorf("staff read %+v", entries)
		}
		line, err := k.InboxLineOf(ctx, mei, talk)
		k.must(err)
		who, _, err := k.CustomerOf(ctx, mei, customer)
		k.must(err)
		if line.State.Status != conversation.Resolved || who.Name != "Ann Lee" {
			t.Errorf("staff see %+v of %+v", line.State, who)
		}
		after, _, _, err := k.EntriesSince(ctx, part, 0, 1000, func(*conversation.Entry) bool { return true })
		k.must(err)
		if len(after) != len(before) {
			t.Errorf("followers are handed %d entries of a decoy", len(after)-len(before))
		}
		waits, err := k.WaitingOf(ctx, part, []string{talk})
		k.must(err)
		if len(waits) != 0 {
			t.Errorf("the queue has %+v", waits)
		}
		real := k.s.Real(event.Commit{Changed: []event.ConversationChange{{State: conversation.State{ID: talk}}, {State: conversation.State{ID: "other"}}}})
		if len(real.Changed) != 1 || real.Changed[0].State.ID != "other" {
			t.Errorf("others are told of %+v", real.Changed)
		}
		k.must(k.RetireDecoy(ctx, owner, customer))
		if err := k.RetireDecoy(ctx, owner, customer); !fault.Is(err, fault.NotFound) {
			t.Errorf("retired twice: %v", err)
		}
	})
}

// A customer is told of every opening of their data that the chain has, and of nobody
// else's; by a pseudonym that no other customer sees.
func TestACustomerIsToldWhoLooked(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		ctx := context.Background()
		k := newDesk(t, d)
		mei, ben := k.hire(identity.Agent), k.hire(identity.Supervisor)
		hers, anna := k.talk("anna")
		his, otto := k.talk("otto")
		k.give(hers, mei)
		k.judge()
		for range 30 {
			k.open(mei, hers)
		}
		k.open(ben, hers) // who may look into things, and has no contact: told later
		k.open(mei, his)
		k.judge()
		told, err := k.OwnLooks(ctx, anna, 0, 50)
		k.must(err)
		if len(told.Looks) != 30 {
			t.Errorf("told at once of %d looks", len(told.Looks))
		}
		d.Clock.Move(31 * 24 * time.Hour)
		var all []insider.Look
		for before := int64(0); ; {
			page, err := k.OwnLooks(ctx, anna, before, 12)
			k.must(err)
			all = append(all, page.Looks...)
			if before = page.Next; before == 0 {
				break
			}
		}
		chain := 0
		for e, err := range k.AuditEntries(ctx, identity.SystemPart("test")) {
			k.must(err)
			if r := e.Record; r.Actor.Type == "agent" && r.Subject == anna.ID && readsData(r) {
				chain++
			}
		}
		if len(all) != 31 || chain != 31 {
			t.Errorf("told of %d looks, the chain has %d", len(all), chain)
		}
		if all[0].Who == all[1].Who || all[1].Who != all[30].Who || all[1].Conversation != hers {
			t.Errorf("told %+v", all[:2])
		}
		other, err := k.OwnLooks(ctx, otto, 0, 12)
		k.must(err)
		if len(other.Looks) != 1 || other.Looks[0].Who == all[1].Who {
			t.Errorf("another customer is told %+v", other.Looks)
		}
		if strings.Contains(all[1].Who, mei.ID) || strings.Contains(all[1].Who, "Alias") {
			t.Errorf("the pseudonym is %q", all[1].Who)
		}
	})
}

func readsData(r audit.Record) bool { return r.Action == "conversation.read" }
