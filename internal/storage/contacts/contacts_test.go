package contacts_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

type house struct {
	testing.TB
	*storagetest.Process
	d                       *storagetest.Deployment
	anna, li                identity.Principal
	mei, tom, boss, outside identity.Principal
	conv                    string
	mu                      sync.Mutex
	told                    []event.ContactChange
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) member(role identity.Role, name string) identity.Principal {
	h.Helper()
	who := id.New()
	h.must(h.AddStaff(ctx(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: name, Alias: name, Role: role}}))
	return identity.Principal{Kind: identity.Staff, ID: who, Role: role, Name: name}
}

func ctx() context.Context { return context.Background() }

func (h *house) give(to identity.Principal) {
	h.Helper()
	_, err := h.Execute(ctx(), h.boss, h.conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: to.ID, Name: to.Name}}})
	h.must(err)
}

func (h *house) status(s conversation.Status) {
	h.Helper()
	_, err := h.Execute(ctx(), h.boss, h.conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: s}})
	h.must(err)
}

func build(t *testing.T, d *storagetest.Deployment) *house {
	t.Helper()
	h := &house{TB: t, Process: d.Open(t), d: d}
	h.Listen(func(c event.Commit) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.told = append(h.told, c.Contacts...)
	})
	h.anna, h.li = h.SignIn("cust-anna"), h.SignIn("cust-li")
	h.mei, h.tom = h.member(identity.Agent, "Mei"), h.member(identity.Agent, "Tom")
	h.boss, h.outside = h.member(identity.Supervisor, "Boss"), h.member(identity.OutsideAgent, "Out")
	h.conv = h.Begin(h.anna, "en")
	h.give(h.mei)
	return h
}

func each(t *testing.T, run func(h *house)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) { run(build(t, d)) })
}

func (h *house) vouch(p identity.Principal) vouch.Contact {
	h.Helper()
	c, err := h.Vouch(ctx(), p, h.conv, vouch.Phone, vouch.Payment)
	h.must(err)
	return c
}

func (h *house) check(p identity.Principal, code string) vouch.Checked {
	h.Helper()
	out, err := h.CheckCode(ctx(), p, code, vouch.Chat)
	h.must(err)
	return out
}

func (h *house) own(p identity.Principal) []vouch.Contact {
	h.Helper()
	all, err := h.OwnContacts(ctx(), p)
	h.must(err)
	return all
}

func TestBothSeeTheSameCode(t *testing.T) {
	each(t, func(h *house) {
		c := h.vouch(h.mei)
		if _, ok := vouch.Read(c.Code); !ok || c.ExpiresAt-c.CreatedAt != vouch.Life.Microseconds() {
			h.Fatalf("%+v", c)
		}
		all := h.own(h.anna)
		if len(all) != 1 || all[0].Code != c.Code || all[0].StaffName != "Mei" || all[0].Purpose != vouch.Payment || all[0].Channel != vouch.Phone {
			h.Fatalf("%+v", all)
		}
		if others := h.own(h.li); len(others) != 0 {
			h.Errorf("another customer sees %+v", others)
		}
		mine, ok, err := h.ContactOf(ctx(), h.mei, h.conv)
		if h.must(err); !ok || mine.Code != c.Code {
			h.Errorf("%+v", mine)
		}
		for _, p := range []identity.Principal{h.tom, h.boss} {
			theirs, ok, err := h.ContactOf(ctx(), p, h.conv)
			if h.must(err); !ok || theirs.Code != "" {
				h.Errorf("%s: %+v", p.Name, theirs)
			}
		}
		h.must(h.SeeContact(ctx(), h.anna, c.ID))
		if err := h.SeeContact(ctx(), h.li, c.ID); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
		out := h.check(h.anna, strings.ToLower(c.Code))
		if out.Verdict != vouch.Ours || out.Contact.StaffName != "Mei" || out.Contact.Code != "" {
			h.Errorf("%+v", out)
		}
		mine, _, err = h.ContactOf(ctx(), h.mei, h.conv)
		if h.must(err); mine.SeenAt == 0 || mine.CheckedAt == 0 {
			h.Errorf("%+v", mine)
		}
		if len(h.told) != 3 || h.told[0].CustomerID != h.anna.ID || h.told[0].Conversation != h.conv || h.told[0].Reach.AssigneeID != h.mei.ID {
			h.Errorf("%+v", h.told)
		}
	})
}

func TestWhatIsNotOurs(t *testing.T) {
	each(t, func(h *house) {
		c := h.vouch(h.mei)
		if out := h.check(h.li, c.Code); out.Verdict != vouch.NotOurs || out.Contact.ID != "" {
			h.Errorf("another customer's: %+v", out)
		}
		if out := h.check(h.anna, "3333-3333"); out.Verdict != vouch.NotOurs || out.Left != vouch.MaxTries-1 {
			h.Errorf("one that was made up: %+v", out)
		}
		if out := h.check(h.anna, "a slip"); out.Verdict != vouch.NotOurs || out.Left != vouch.MaxTries-1 {
			h.Errorf("no code at all: %+v", out)
		}
		if out := h.check(h.anna, c.Code); out.Verdict != vouch.Ours {
			h.Errorf("%+v", out)
		}
		if out := h.check(h.anna, c.Code); out.Verdict != vouch.Used || out.Contact.CheckedAt == 0 {
			h.Errorf("a second time: %+v", out)
		}
		next := h.vouch(h.mei)
		if out := h.check(h.anna, c.Code); out.Verdict != vouch.NotOurs || out.Contact.ID != "" {
			h.Errorf("one that was replaced: %+v", out)
		}
		h.d.Clock.Move(vouch.Life)
		if out := h.check(h.anna, next.Code); out.Verdict != vouch.NotOurs || out.Contact.ID != "" {
			h.Errorf("one that is over: %+v", out)
		}
	})
}

// Whoever has the conversation no more contacts nobody, and the code is worth nothing.
func TestACodeGoesWithTheConversation(t *testing.T) {
	for name, happens := range map[string]func(h *house){
		"given to a colleague": func(h *house) { h.give(h.tom) },
		"resolved":             func(h *house) { h.status(conversation.Resolved) },
		"ended":                func(h *house) { h.must(h.EndContact(ctx(), h.mei, h.conv)) },
		"erased":               func(h *house) { h.must(h.EraseContacts(ctx(), identity.SystemPart("cli"), h.anna.ID, 1<<60)) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(h *house) {
				c := h.vouch(h.mei)
				happens(h)
				mine, _, err := h.ContactOf(ctx(), h.mei, h.conv)
				if h.must(err); mine.Code != "" {
					h.Errorf("staff see %+v", mine)
				}
				if all := h.own(h.anna); len(all) != 0 {
					h.Errorf("the customer sees %+v", all)
				}
				if out := h.check(h.anna, c.Code); out.Verdict != vouch.NotOurs {
					h.Errorf("%+v", out)
				}
			})
		})
	}
}

func TestWhoMayVouch(t *testing.T) {
	each(t, func(h *house) {
		try := func(p identity.Principal) error {
			_, err := h.Vouch(ctx(), p, h.conv, vouch.Chat, vouch.Question)
			return err
		}
		for _, p := range []identity.Principal{h.tom, h.boss, h.anna, {Kind: identity.Program, ID: "k", Scopes: identity.ScopesOf(identity.AllScopes()...)}, identity.SystemPart("x"), {}} {
			if err := try(p); !fault.Is(err, fault.Forbidden) {
				h.Errorf("%v %s: %v", p.Kind, p.Role, err)
			}
		}
		if err := try(h.outside); !fault.Is(err, fault.NotFound) {
			h.Errorf("an outside agent, of one that is not theirs: %v", err)
		}
		h.give(h.outside)
		h.must(try(h.outside))
		if err := try(h.mei); !fault.Is(err, fault.Forbidden) {
			h.Error(err)
		}
		if _, err := h.RevealPhrase(ctx(), h.outside, h.conv); !fault.Is(err, fault.Forbidden) {
			h.Errorf("an outside agent sees the phrase: %v", err)
		}
		for _, bad := range []func() error{
			func() error { _, err := h.Vouch(ctx(), h.outside, h.conv, "fax", vouch.Question); return err },
			func() error { _, err := h.Vouch(ctx(), h.outside, h.conv, vouch.Chat, "love"); return err },
		} {
			if err := bad(); !fault.Is(err, fault.Invalid) {
				h.Error(err)
			}
		}
		if _, err := h.Vouch(ctx(), h.mei, id.New(), vouch.Chat, vouch.Question); !fault.Is(err, fault.NotFound) {
			h.Error(err)
		}
		// A visitor has no wallet in which to see it.
		visitor := identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
		h.conv = h.Begin(visitor, "en")
		h.give(h.mei)
		if err := try(h.mei); !fault.Is(err, fault.Conflict) {
			h.Error(err)
		}
	})
}

// Three false codes end what counts, and six in a quarter of an hour are all that is taken,
// by whatever channel.
func TestGuessing(t *testing.T) {
	each(t, func(h *house) {
		c := h.vouch(h.mei)
		channels := []vouch.Channel{vouch.Chat, vouch.Phone, vouch.Mail}
		for i := range vouch.MaxAttempts {
			out, err := h.CheckCode(ctx(), h.anna, "333-33333", channels[i%3])
			if h.must(err); out.Verdict != vouch.NotOurs {
				h.Fatalf("%+v", out)
			}
		}
		if out := h.check(h.anna, c.Code); out.Verdict != vouch.NotOurs {
			h.Errorf("after three false ones: %+v", out)
		}
		mine, _, err := h.ContactOf(ctx(), h.mei, h.conv)
		if h.must(err); mine.EndReason != vouch.EndedByTries || mine.Code != "" {
			h.Errorf("%+v", mine)
		}
		c = h.vouch(h.mei)
		for range 2 {
			h.check(h.anna, "3333-3334")
		}
		if _, err := h.CheckCode(ctx(), h.anna, c.Code, vouch.Mail); !fault.Is(err, fault.TooMany) {
			h.Errorf("a seventh, which is right: %v", err)
		}
		if out := h.check(h.li, "3333-3333"); out.Left != vouch.MaxTries-1 {
			h.Errorf("another customer pays for it: %+v", out)
		}
		h.d.Clock.Move(vouch.TriesWithin + time.Second)
		if out := h.check(h.anna, h.vouch(h.mei).Code); out.Verdict != vouch.Ours {
			h.Errorf("later: %+v", out)
		}
	})
}

func TestOfManyChecksOneCounts(t *testing.T) {
	each(t, func(h *house) {
		c := h.vouch(h.mei)
		var wait sync.WaitGroup
		said := make(chan vouch.Verdict, 5)
		for range 5 {
			wait.Go(func() {
				out, err := h.CheckCode(ctx(), h.anna, c.Code, vouch.Chat)
				if err == nil {
					said <- out.Verdict
				} else {
					said <- vouch.Verdict(err.Error())
				}
			})
		}
		wait.Wait()
		close(said)
		count := map[vouch.Verdict]int{}
		for v := range said {
			count[v]++
		}
		if count[vouch.Ours] != 1 {
			h.Errorf("%v", count)
		}
	})
}

func TestThereIsRoomForSoMany(t *testing.T) {
	each(t, func(h *house) {
		for range vouch.MaxPerHour {
			h.vouch(h.mei)
		}
		if _, err := h.Vouch(ctx(), h.mei, h.conv, vouch.Chat, vouch.Question); !fault.Is(err, fault.TooMany) {
			h.Error(err)
		}
	})
}

func TestThePhrase(t *testing.T) {
	each(t, func(h *house) {
		none, err := h.OwnPhrase(ctx(), h.anna)
		if h.must(err); none.Text != "" || none.SetAt != 0 {
			h.Errorf("%+v", none)
		}
		h.must(h.SetPhrase(ctx(), h.anna, "green  lamp"))
		h.must(h.SetPhrase(ctx(), h.anna, "  蓝水壶 kettle "))
		if _, err := h.RevealPhrase(ctx(), h.mei, h.conv); !fault.Is(err, fault.Conflict) {
			h.Errorf("before they contact anybody: %v", err)
		}
		h.vouch(h.mei)
		for _, p := range []identity.Principal{h.tom, h.boss, h.outside} {
			if _, err := h.RevealPhrase(ctx(), p, h.conv); !fault.Is(err, fault.Forbidden) {
				h.Errorf("%s: %v", p.Name, err)
			}
		}
		seen, err := h.RevealPhrase(ctx(), h.mei, h.conv)
		if h.must(err); seen.Text != "蓝水壶 kettle" {
			h.Errorf("%+v", seen)
		}
		own, err := h.OwnPhrase(ctx(), h.anna)
		if h.must(err); own.Text != "蓝水壶 kettle" || len(own.Read) != 1 || own.Read[0].StaffName != "Mei" || own.Read[0].At == 0 {
			h.Errorf("%+v", own)
		}
		if other, err := h.OwnPhrase(ctx(), h.li); err != nil || other.Text != "" || len(other.Read) != 0 {
			h.Errorf("%+v %v", other, err)
		}
		page, err := h.AuditPage(ctx(), identity.SystemPart("test"), audit.Query{Actor: h.mei.ID, Action: "contact.read_phrase", Limit: 10})
		if h.must(err); len(page.Records) != 1 {
			h.Errorf("%d records", len(page.Records))
		}
		h.d.Clock.Move(vouch.Life)
		if _, err := h.RevealPhrase(ctx(), h.mei, h.conv); !fault.Is(err, fault.Conflict) {
			h.Errorf("after it is over: %v", err)
		}
		h.must(h.ForgetPhrase(ctx(), h.anna))
		h.must(h.ForgetPhrase(ctx(), h.anna))
		h.vouch(h.mei)
		if seen, err = h.RevealPhrase(ctx(), h.mei, h.conv); err != nil || seen.Text != "" {
			h.Errorf("%+v %v", seen, err)
		}
	})
}

// What is over is forgotten: the row says that there was a contact, and no more.
func TestCodesAreForgotten(t *testing.T) {
	each(t, func(h *house) {
		c := h.vouch(h.mei)
		h.must(h.SetPhrase(ctx(), h.anna, "blue kettle"))
		plain, _ := vouch.Read(c.Code)
		var sealed, phrase []byte
		var digest string
		h.d.Scan(h, "SELECT code, code_digest FROM contact", &sealed, &digest)
		h.d.Scan(h, "SELECT phrase FROM contact_phrase", &phrase)
		for _, text := range []string{string(sealed), digest, string(phrase)} {
			if strings.Contains(text, plain) || strings.Contains(text, c.Code) || strings.Contains(text, "kettle") {
				t := text
				h.Errorf("it is stored in the clear: %q", t)
			}
		}
		h.d.Clock.Move(vouch.Life)
		h.must(h.Expire(ctx(), identity.SystemPart("test"), 100))
		var left, rows int
		h.d.Scan(h, "SELECT COUNT(*) FROM contact WHERE code IS NOT NULL OR code_ref <> 0", &left)
		if left != 0 {
			h.Error("a code outlives its time")
		}
		h.d.Clock.Move(vouch.KeptFor)
		h.must(h.Expire(ctx(), identity.SystemPart("test"), 100))
		if h.d.Scan(h, "SELECT COUNT(*) FROM contact", &rows); rows != 0 {
			h.Errorf("%d are kept", rows)
		}
	})
}

func TestErasing(t *testing.T) {
	each(t, func(h *house) {
		h.vouch(h.mei)
		h.check(h.anna, "3333-3333")
		h.must(h.SetPhrase(ctx(), h.anna, "blue kettle"))
		h.must(h.EraseContacts(ctx(), identity.SystemPart("cli"), h.anna.ID, 1<<60))
		for _, table := range []string{"contact", "contact_try", "contact_phrase"} {
			var rows int
			if h.d.Scan(h, "SELECT COUNT(*) FROM "+table, &rows); rows != 0 {
				h.Errorf("%d rows of %s", rows, table)
			}
		}
	})
}

func TestFigures(t *testing.T) {
	each(t, func(h *house) {
		c := h.vouch(h.mei)
		h.must(h.SeeContact(ctx(), h.anna, c.ID))
		h.check(h.anna, c.Code)
		h.vouch(h.mei)
		h.check(h.anna, "3333-3333")
		_, err := h.Execute(ctx(), h.boss, h.Begin(h.li, "en"), conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{"impostor"}}})
		h.must(err)
		now := h.d.Clock.Now().UnixMicro()
		f, err := h.ContactFigures(ctx(), h.boss, 0, now+1)
		if h.must(err); f != (vouch.Figures{Contacts: 2, Seen: 1, Checked: 1, False: 1, Reports: 1, Open: 1}) {
			h.Errorf("%+v", f)
		}
		if f, err = h.ContactFigures(ctx(), h.boss, now+1, now+2); err != nil || f.Contacts != 0 || f.Reports != 0 || f.Open != 1 {
			h.Errorf("%+v %v", f, err)
		}
		if _, err = h.ContactFigures(ctx(), h.boss, 2, 1); !fault.Is(err, fault.Invalid) {
			h.Error(err)
		}
	})
}
