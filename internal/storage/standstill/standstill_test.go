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
