package standstill_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/search"
	"kefu/internal/domain/wallet/reveal"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/casework"
	"kefu/internal/storage/standstill"
	"kefu/internal/storage/storagetest"
)

type house struct {
	*testing.T
	*storagetest.Process
	d    *storagetest.Deployment
	book *jurisdiction.Book
	anna identity.Principal
	conv string
}

func ctx() context.Context { return context.Background() }

func part() identity.Principal { return identity.SystemPart("test") }

func mei() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.From("mei"), Name: "Mei", Role: identity.Supervisor}
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func open(t *testing.T, d *storagetest.Deployment) *house {
	sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, Process: d.Open(t), d: d}
	h.book, err = jurisdiction.Load(sub)
	h.must(err)
	signed, err := h.SignInCustomer(ctx(), customer.SignIn{
		Issuer: "wallet", Subject: "cust-anna", Name: "Anna", TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(), Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60},
	})
	h.must(err)
	h.anna = identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: identity.AL1}
	state, err := h.StartConversation(ctx(), h.anna, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Language: "en"})
	h.must(err)
	h.conv = state.ID
	return h
}

// asks grants the request that everything stands still, and gives the case.
func (h *house) asks() string {
	h.Helper()
	c, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: "K-" + id.New()[:8], CustomerID: h.anna.ID}, "", h.book,
		cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.DataRequest, Request: cases.Restriction, Channel: "chat", Conversation: h.conv, Jurisdiction: "eu", Version: 1}})
	h.must(err)
	h.must(h.add(mei(), c.ID, cases.Confirmed, cases.Data{Type: jurisdiction.DataRequest, Request: cases.Restriction, Jurisdiction: "eu", Version: 1}))
	h.must(h.add(mei(), c.ID, cases.Decided, cases.Data{Outcome: cases.Upheld, Reason: "as you asked"}))
	return c.ID
}

func (h *house) add(p identity.Principal, request string, k cases.Kind, d cases.Data) error {
	_, err := h.ChangeCase(ctx(), p, request, casework.AnyRevision, h.book, func(*cases.Case, int64) ([]cases.Event, error) { return []cases.Event{{Kind: k, Data: d}}, nil })
	return err
}

// tell follows the log with one delivery of a type, and counts what waits then.
func (h *house) tell(of webhook.Type, pos int64) (waits int) {
	h.Helper()
	at, err := h.FollowerAt(ctx(), "hooks", true)
	h.must(err)
	h.must(h.FollowDeliveries(ctx(), event.Step{Follower: "hooks", From: at, To: at}, []webhook.Delivery{
		{EndpointID: "e", Event: webhook.Event{Type: of, Pos: pos, At: pos, Data: webhook.Data{Conversation: h.conv}}},
	}))
	h.d.Scan(h.T, "SELECT COUNT(*) FROM webhook_delivery", &waits)
	return waits
}

// While what is kept of somebody stands still it is shown as that, other systems are told
// nothing of it, nobody changes it, and nobody looks once no conversation goes on; when it is
// lifted all of that is as before.
func TestWhatStandsStillIsUsedForNothingElse(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		note := func() error {
			return h.AddHandle(ctx(), mei(), h.anna.ID, customer.Handle{Kind: "email", Value: id.New() + "@example.com", Evidence: customer.Claimed})
		}
		look := func() error {
			_, err := h.WalletLink(ctx(), mei(), h.anna.ID, "wallet", reveal.Look{What: "customer"})
			return err
		}
		h.must(note())
		h.must(look())
		if n := h.tell(webhook.MessageReceived, 1); n != 1 {
			t.Fatalf("%d deliveries before", n)
		}
		request := h.asks()
		c, _, err := h.CustomerOf(ctx(), mei(), h.anna.ID)
		h.must(err)
		since, err := h.Standstill(ctx(), h.anna, h.anna.ID)
		h.must(err)
		if since == 0 || c.StillSince != since || len(c.Handles) != 2 {
			t.Fatalf("since %d, shown %d, %d handles", since, c.StillSince, len(c.Handles))
		}
		if err := note(); fault.ReasonOf(err) != standstill.Reason {
			t.Errorf("noted: %v", err)
		}
		for _, handle := range c.Handles {
			if handle.Evidence == customer.Claimed {
				if err := h.ForgetHandle(ctx(), mei(), h.anna.ID, handle.ID); fault.ReasonOf(err) != standstill.Reason {
					t.Errorf("forgotten: %v", err)
				}
			}
		}
		// What the customer's own wallet says when they sign in is their own doing.
		h.must(h.AddHandle(ctx(), part(), h.anna.ID, customer.Handle{Kind: "email", Value: "own@example.com", Evidence: customer.Verified}))
		if n := h.tell(webhook.MessageReceived, 2); n != 1 {
			t.Errorf("another system was told: %d", n)
		}
		if n := h.tell(webhook.CustomerUnreached, 3); n != 2 {
			t.Errorf("their own wallet was not told that an answer waits: %d", n)
		}
		h.must(look()) // they wait for an answer
		_, err = h.Execute(ctx(), mei(), h.conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		h.must(err)
		if err := look(); !fault.Is(err, fault.NotFound) {
			t.Errorf("looked at although no conversation goes on: %v", err)
		}
		if err := h.add(mei(), request, cases.Lifted, cases.Data{}); fault.ReasonOf(err) != "not_told" {
			t.Errorf("lifted without a word: %v", err)
		}
		h.must(h.add(mei(), request, cases.LiftTold, cases.Data{Text: "what you doubted is right", Until: h.d.Clock.Micros() + (24 * time.Hour).Microseconds()}))
		h.d.Clock.Move(25 * time.Hour)
		h.must(h.add(mei(), request, cases.Lifted, cases.Data{}))
		h.must(note())
		h.must(look())
		if n := h.tell(webhook.MessageReceived, 4); n != 3 {
			t.Errorf("%d deliveries afterwards", n)
		}
	})
}

// Who else asks whether somebody's data stand still is told nothing.
func TestWhoMayKnowOfAStandstill(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		h.asks()
		for name, p := range map[string]identity.Principal{
			"another customer": h.SignIn("somebody"), "a visitor of the same id": {Kind: identity.Visitor, ID: h.anna.ID}, "nobody": {}, "a program": {Kind: identity.Program, ID: "p"}, "a supervisor": mei(),
		} {
			if since, err := h.Standstill(ctx(), p, h.anna.ID); !fault.Is(err, fault.Forbidden) || since != 0 {
				t.Errorf("%s: %d %v", name, since, err)
			}
		}
	})
}

// Who had it granted before there was a column for it has it still once the house is brought
// up to date, whether their case goes on or is over.
func TestAStandstillOfBeforeIsKept(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		request := h.asks()
		text, err := os.ReadFile("../migrations/0049_still.sql")
		h.must(err)
		_, text, _ = bytes.Cut(text, []byte("-- +goose Up"))
		for _, over := range []bool{false, true} {
			if over {
				h.must(h.add(mei(), request, cases.Written, cases.Data{Letter: jurisdiction.Approval, Title: "title", Text: "text", Language: "en"}))
				h.must(h.add(mei(), request, cases.Closed, cases.Data{Reason: "it is so"}))
			}
			d.Exec(t, "UPDATE case_file SET still_since = 0, keep_until = CASE WHEN over_at > 0 THEN 1 ELSE 0 END")
			d.Exec(t, "DROP INDEX case_file_anew")
			for statement := range strings.SplitSeq(strings.TrimSpace(string(text)), ";\n") {
				d.Exec(t, statement)
			}
			h.must(h.PurgeCases(ctx(), 10))
			n, err := h.ReckonCases(ctx(), part(), h.book, 10)
			h.must(err)
			if since, err := h.Standstill(ctx(), h.anna, h.anna.ID); n != 1 || since == 0 || err != nil {
				t.Errorf("over %v: %d reckoned, still since %d: %v", over, n, since, err)
			}
			if n, err := h.ReckonCases(ctx(), part(), h.book, 10); n != 0 || err != nil {
				t.Errorf("over %v: %d reckoned again: %v", over, n, err)
			}
		}
	})
}

func program() identity.Principal {
	return identity.Principal{Kind: identity.Program, ID: id.From("program"), Name: "Export", Scopes: identity.ScopesOf(identity.AllScopes()...)}
}

func an(role identity.Role) identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.From(string(role)), Name: "Jo", Role: role}
}

// listed counts the lines of an inbox.
func (h *house) listed(p identity.Principal, status conversation.Status) int {
	h.Helper()
	page, err := h.Inbox(ctx(), p, conversation.InboxQuery{Statuses: []conversation.Status{status}, Assignee: conversation.Assignee{Any: true}, Limit: 10})
	h.must(err)
	return len(page.Lines)
}

// found counts whom an address finds, and what a search finds.
func (h *house) found(p identity.Principal) (people, words int) {
	h.Helper()
	found, err := h.FindCustomers(ctx(), p, "email", "anna@example.com")
	h.must(err)
	for _, one := range found {
		if one.Name != "A••••" {
			h.Errorf("found by the name %q", one.Name)
		}
	}
	positions, err := h.WrittenBefore(ctx(), mei(), 1<<40, 100)
	h.must(err)
	matches, err := h.JudgeMatches(ctx(), p, &search.Filter{}, positions, func(string) int { return 1 })
	h.must(err)
	read, err := h.ReadFound(ctx(), p, positions)
	h.must(err)
	if len(read) != len(matches) {
		h.Errorf("%d are read of %d", len(read), len(matches))
	}
	for _, one := range read {
		if one.Customer.Name != "A••••" {
			h.Errorf("read by the name %q", one.Customer.Name)
		}
	}
	return len(found), len(read)
}

// Programs read nothing of somebody whose data stand still, find and list nothing of theirs, and
// do nothing to it, whatever their key is good for; afterwards they do.
func TestProgramsHaveNothingToDoWithWhatStandsStill(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, p := open(t, d), program()
		h.must(h.AddHandle(ctx(), mei(), h.anna.ID, customer.Handle{Kind: "email", Value: "anna@example.com", Evidence: customer.Claimed}))
		said, err := h.Execute(ctx(), h.anna, h.conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "about my data"}})
		h.must(err)
		file := id.New()
		h.must(h.AddAttachment(ctx(), h.anna, conversation.StoredAttachment{Attachment: conversation.Attachment{ID: file, Name: "a.txt", Type: "text/plain", Size: 1}}))
		_, err = h.ClaimAttachments(ctx(), h.anna, h.conv, false, []string{file})
		h.must(err)
		does := map[string]func() error{
			"conversation": func() error { _, err := h.Conversation(ctx(), p, h.conv); return err },
			"line":         func() error { _, err := h.InboxLineOf(ctx(), p, h.conv); return err },
			"entries":      func() error { _, _, err := h.Entries(ctx(), p, h.conv, conversation.EntryRange{}); return err },
			"customer":     func() error { _, _, err := h.CustomerOf(ctx(), p, h.anna.ID); return err },
			"file":         func() error { _, err := h.Attachment(ctx(), p, file); return err },
			"note": func() error {
				_, err := h.Execute(ctx(), p, h.conv, conversation.Command{Kind: conversation.Note, ClientID: id.New(), Content: conversation.Content{Text: "a note"}})
				return err
			},
			"answer": func() error {
				_, err := h.Execute(ctx(), p, h.conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "an answer"}})
				return err
			},
			"tags": func() error {
				_, err := h.Execute(ctx(), p, h.conv, conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{id.New()}}})
				return err
			},
		}
		for _, stands := range []bool{false, true, false} {
			for name, does := range does {
				if err := does(); stands != (fault.ReasonOf(err) == standstill.Reason) || (err != nil) != stands {
					t.Errorf("stands %t: %s: %v", stands, name, err)
				}
			}
			people, words := h.found(p)
			if lines := h.listed(p, conversation.Open); (people == 0) != stands || (words == 0) != stands || (lines == 0) != stands {
				t.Errorf("stands %t: finds %d and %d, lists %d", stands, people, words, lines)
			}
			bare := program()
			bare.Scopes = 0
			if _, err := h.Conversation(ctx(), bare, h.conv); !fault.Is(err, fault.NotFound) {
				t.Errorf("a program without a scope is told %v", err)
			}
			switch {
			case !stands && h.still() == 0:
				d.StandStill(t, h.anna.ID)
			default:
				d.Lift(t)
			}
		}
		if _, _, err := h.Entries(ctx(), h.anna, h.conv, conversation.EntryRange{}); err != nil || said.Seq == 0 {
			t.Errorf("they themselves read: %v", err)
		}
	})
}

func (h *house) still() int64 {
	h.Helper()
	since, err := h.Standstill(ctx(), part(), h.anna.ID)
	h.must(err)
	return since
}

// Staff find and list nothing of somebody whose data stand still once nothing goes on with
// them, and do not read who they are; those who lead such requests do, and so does everybody
// while a conversation goes on.
func TestNobodyIsLookedForWhoseDataStandStill(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, li := open(t, d), an(identity.Agent)
		h.must(h.AddHandle(ctx(), mei(), h.anna.ID, customer.Handle{Kind: "email", Value: "anna@example.com", Evidence: customer.Claimed}))
		_, err := h.Execute(ctx(), h.anna, h.conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "about my data"}})
		h.must(err)
		sees := func(when string, status conversation.Status, want int) {
			t.Helper()
			people, words := h.found(li)
			_, _, err := h.CustomerOf(ctx(), li, h.anna.ID)
			lines := h.listed(li, status)
			if people != want || words != want || lines != want || (err == nil) != (want == 1) || (err != nil && fault.ReasonOf(err) != standstill.Reason) {
				t.Errorf("%s: finds %d and %d, lists %d, reads: %v", when, people, words, lines, err)
			}
			for _, role := range []identity.Role{identity.Owner, identity.Supervisor, identity.Privacy} {
				if _, _, err := h.CustomerOf(ctx(), an(role), h.anna.ID); err != nil {
					t.Errorf("%s: %s: %v", when, role, err)
				}
			}
		}
		d.StandStill(t, h.anna.ID)
		sees("a conversation goes on", conversation.Open, 1)
		_, err = h.Execute(ctx(), mei(), h.conv, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
		h.must(err)
		sees("nothing goes on", conversation.Resolved, 0)
		if _, err := h.InboxLineOf(ctx(), li, h.conv); err != nil {
			t.Errorf("whoever has its address does not see it: %v", err)
		}
		d.Exec(t, "UPDATE case_file SET over_at = 0")
		if _, _, err := h.CustomerOf(ctx(), li, h.anna.ID); err != nil {
			t.Errorf("a case goes on: %v", err)
		}
		d.Exec(t, "UPDATE case_file SET over_at = 1")
		d.Lift(t)
		sees("it is lifted", conversation.Resolved, 1)
	})
}
