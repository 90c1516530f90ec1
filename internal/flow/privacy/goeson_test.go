package privacy_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	asked "kefu/internal/domain/privacy"
	"kefu/internal/domain/webhook"
	"kefu/internal/flow/privacy"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// among is the store with something happening in the middle of an erasure.
type among struct {
	*storage.Store
	talked  func(conversation string) // after a conversation was erased
	profile func() error              // before the profile is
	keep    func() error              // before a pass is noted
}

func (a *among) EraseTalk(ctx context.Context, p identity.Principal, customer, conv string, before int64, of asked.CaseMark) (bool, error) {
	more, err := a.Store.EraseTalk(ctx, p, customer, conv, before, of)
	if err == nil && !more && a.talked != nil {
		a.talked(conv)
	}
	return more, err
}

func (a *among) EraseProfile(ctx context.Context, p identity.Principal, customer string, before int64, unlink, all bool, of asked.CaseMark) error {
	if a.profile != nil {
		if err := a.profile(); err != nil {
			return err
		}
	}
	return a.Store.EraseProfile(ctx, p, customer, before, unlink, all, of)
}

func (a *among) KeepErasure(ctx context.Context, p identity.Principal, x asked.Erasure, stays asked.Plan) error {
	if a.keep != nil {
		if err := a.keep(); err != nil {
			return err
		}
	}
	return a.Store.KeepErasure(ctx, p, x, stays)
}

func (h *house) with(a *among) *privacy.Service {
	a.Store = h.Store
	return privacy.New(privacy.Deps{Store: a, Book: h.book, Clock: h.d.Clock.Now})
}

func (h *house) count(text string) (n int) {
	h.Helper()
	h.d.Scan(h.T, text, &n)
	return n
}

func (h *house) actions(name string) (n int) {
	h.Helper()
	for e, err := range h.AuditEntries(ctx(), part()) {
		h.must(err)
		if e.Action == name {
			n++
		}
	}
	return n
}

func (h *house) run(whose, conv string) string {
	h.Helper()
	body, ref := h.seal("planted")
	run := id.New()
	h.d.Exec(h.T, fmt.Sprintf(runText, run, whose, conv, "active", h.d.Clock.Micros(), body, ref))
	return run
}

// Whoever has walked a flow and said nothing else, or signs in while older conversations of
// the same machine stay behind, has what they typed there erased too.
func TestWhatAVisitorTypedInFlowsIsErased(t *testing.T) {
	each(t, func(h *house) {
		signIn := func(visitor, subject string, since int64) string {
			signed, err := h.SignInCustomer(ctx(), customer.SignIn{
				Issuer: "wallet", Subject: subject, TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(),
				Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor, VisitorSince: since,
			})
			h.must(err)
			return signed.CustomerID
		}
		silent := id.New()
		h.run(silent, "")
		anna := signIn(silent, "anna", 1)

		shared := identity.Principal{Kind: identity.Visitor, ID: id.New()}
		h.begin(shared, "before")
		h.d.Clock.Move(time.Hour)
		since := h.d.Clock.Micros()
		conv := h.begin(shared, "li")
		h.run(shared.ID, conv)
		others := h.run(shared.ID, "")
		li := signIn(shared.ID, "li", since)

		for _, who := range []string{anna, li} {
			x, err := h.flow.Erase(ctx(), asked.Erasure{CustomerID: who})
			h.must(err)
			if x.State != asked.Whole || x.Did.Of(asked.Runs).Erase != 1 {
				t.Errorf("what was done: %+v", x)
			}
		}
		if n := h.count("SELECT COUNT(*) FROM flow_run WHERE id = '" + others + "'"); n != 1 || h.count("SELECT COUNT(*) FROM flow_run") != 1 {
			t.Error("what may be somebody else's, on the same machine, is to stay")
		}
	})
}

// Closing a conversation is an event that other systems are told of, and colleagues write
// while it is erased: none of it stops the erasure.
func TestWhatHappensMeanwhileStopsNoErasure(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		at, err := h.FollowerAt(ctx(), "hooks", true)
		h.must(err)
		tell := func(pos, when int64) {
			h.must(h.FollowDeliveries(ctx(), event.Step{Follower: "hooks", From: at, To: at}, []webhook.Delivery{
				{EndpointID: "e", Event: webhook.Event{Type: webhook.ConversationResolved, Pos: pos, At: when, Data: webhook.Data{Conversation: conv}}}}))
		}
		begun := h.d.Clock.Micros()
		a := &among{}
		a.talked = func(erased string) {
			if erased == conv {
				tell(1, begun) // of what was before
				h.d.Clock.Move(time.Second)
				h.do(mei(), conv, conversation.Command{Kind: conversation.Note, ClientID: id.New(), Content: conversation.Content{Text: "who was that?"}})
			}
		}
		x, err := h.with(a).Erase(ctx(), asked.Erasure{CustomerID: anna.ID})
		h.must(err)
		if n := h.count("SELECT COUNT(*) FROM webhook_delivery"); n != 0 || x.State != asked.Partly || x.Did.Of(asked.Deliveries).Erase != 1 {
			t.Errorf("%d deliveries; %+v", n, x)
		}
		tell(2, h.d.Clock.Micros()) // of the note, which is none of it
		if n := h.count("SELECT COUNT(*) FROM webhook_delivery"); n != 1 {
			t.Errorf("%d deliveries of what came later", n)
		}
	})
}

// What was written for a conversation and arrives only after it was erased goes in a later pass.
func TestWhatIsLeftInAnErasedConversationIsErasedToo(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		begun := h.d.Clock.Micros()
		a := &among{talked: func(erased string) {
			if erased == conv {
				content, ref := h.seal("planted")
				h.d.Exec(t, fmt.Sprintf("INSERT INTO draft (staff_id, conversation_id, content, content_ref, at, note) VALUES ('%s', '%s', %s, %d, %d, false)", id.New(), conv, content, ref, begun))
			}
		}}
		flow := h.with(a)
		_, err := flow.Erase(ctx(), asked.Erasure{CustomerID: anna.ID})
		if err == nil {
			t.Fatal("the erasure says that it is done")
		}
		x, err := h.Erasure(ctx(), mei(), anna.ID)
		h.must(err)
		if d := x.Did.Of(asked.Drafts); x.State != asked.Running || x.Failures != 1 || d.Keep != 1 || !slices.Equal(d.Why, []asked.Reason{asked.Leftover}) {
			t.Errorf("what is left over: %+v", x)
		}
		a.talked = nil
		h.d.Clock.Move(2 * time.Minute)
		h.must(flow.Due(ctx()))
		x, err = h.Erasure(ctx(), mei(), anna.ID)
		h.must(err)
		if x.State != asked.Partly || x.Did.Of(asked.Drafts).Erase != 2 || x.Did.Of(asked.Drafts).Keep != 0 || h.count("SELECT COUNT(*) FROM draft") != 0 {
			t.Errorf("then: %+v", x)
		}
	})
}

// A pass that fails harms nobody who signs in meanwhile, is not tried again at once, and is
// proven as often as it is done: once.
func TestAnErasureThatFailsGoesOnLater(t *testing.T) {
	each(t, func(h *house) {
		anna, _ := h.plant("planted")
		request, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: "K-2", CustomerID: anna.ID}, "", h.book,
			cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.DataRequest, Request: cases.Erasing, Channel: "chat", Jurisdiction: "eu", Version: 1}})
		h.must(err)
		broken := errors.New("the disk is full")
		a := &among{profile: func() error { return broken }}
		flow := h.with(a)
		x, err := flow.Erase(ctx(), asked.Erasure{CustomerID: anna.ID, CaseID: request.ID})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		h.d.Clock.Move(time.Second)
		again := h.SignIn("planted-subject")
		run := h.run(again.ID, "")
		h.must(h.SetPhrase(ctx(), again, "a new phrase"))
		var waits []time.Duration
		for range 4 {
			x, err = h.Erasure(ctx(), mei(), anna.ID)
			h.must(err)
			if due, err := h.DueErasures(ctx(), part(), 10); err != nil || len(due) != 0 {
				t.Errorf("due at once: %v %v", due, err)
			}
			next := time.UnixMicro(x.NextAt).Sub(h.d.Clock.Now())
			waits = append(waits, next.Round(time.Minute))
			h.d.Clock.Move(next)
			h.must(flow.Due(ctx()))
		}
		if !slices.Equal(waits, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute}) {
			t.Errorf("waits: %v", waits)
		}
		if h.count("SELECT COUNT(*) FROM flow_run WHERE id = '"+run+"'") != 1 || h.count("SELECT COUNT(*) FROM contact_phrase") != 1 || h.actions("run.erase") != 1 || h.actions("contact.erase") != 1 {
			t.Errorf("what came since is harmed, or it is recorded again and again: %d %d", h.actions("run.erase"), h.actions("contact.erase"))
		}

		a.profile, a.keep = nil, func() error { return broken }
		h.d.Clock.Move(time.Hour)
		h.must(flow.Due(ctx()))
		told := func() (n int) {
			c, err := h.Case(ctx(), part(), request.ID)
			h.must(err)
			for _, e := range c.Events {
				if e.Kind == cases.Erased {
					n++
					if !strings.Contains(e.Reason, "messages=") {
						t.Errorf("the request is told %q", e.Reason)
					}
				}
			}
			return n
		}
		if n := told(); n != 1 {
			t.Errorf("told %d times", n)
		}
		a.keep = nil
		h.d.Clock.Move(time.Hour)
		h.must(flow.Due(ctx()))
		x, err = h.Erasure(ctx(), mei(), anna.ID)
		h.must(err)
		if x.State != asked.Partly || x.Failures != 0 || x.Did.Of(asked.Messages).Erase == 0 || told() != 1 || h.actions("customer.erase") != 1 {
			t.Errorf("at the end: %+v, %d told, %d proofs", x, told(), h.actions("customer.erase"))
		}
		if h.count("SELECT COUNT(*) FROM window_secret WHERE customer_id = '"+anna.ID+"'") != 0 {
			t.Error("a window of somebody who is nobody any more stays open")
		}
	})
}

// A file that a newer flow holds is none of it.
func TestAFileOfANewerFlowStays(t *testing.T) {
	each(t, func(h *house) {
		anna := h.SignIn("anna")
		give := func() string {
			file := conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New(), Name: "a.txt", Type: "text/plain", Size: 3}}
			_, file.BlobRef = h.seal("abc")
			h.must(h.AddAttachment(ctx(), anna, file))
			h.d.Exec(t, "UPDATE attachment SET customer_id = '"+anna.ID+"' WHERE id = '"+file.ID+"'")
			return file.ID
		}
		idle, held := give(), give()
		x, err := h.BeginErasure(ctx(), part(), asked.Erasure{CustomerID: anna.ID})
		h.must(err)
		h.d.Clock.Move(time.Second)
		fresh := give()
		h.d.Exec(t, fmt.Sprintf("INSERT INTO run_file (attachment_id, run_id, added_at) VALUES ('%s', '%s', 1)", held, h.run(anna.ID, "")))
		h.must(h.flow.Due(ctx()))
		x, err = h.Erasure(ctx(), mei(), x.CustomerID)
		h.must(err)
		there := func(file string) bool { return h.count("SELECT COUNT(*) FROM attachment WHERE id = '"+file+"'") == 1 }
		if there(idle) || !there(held) || !there(fresh) || x.State != asked.Whole {
			t.Errorf("%v %v %v: %+v", there(idle), there(held), there(fresh), x)
		}
	})
}
