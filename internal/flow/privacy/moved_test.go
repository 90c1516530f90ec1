package privacy_test

import (
	"errors"
	"testing"
	"time"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	asked "kefu/internal/domain/privacy"
	"kefu/internal/domain/staff"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Whoever asks while a pass goes on is told that it is done only once what is newer went too.
func TestARequestInTheMiddleOfAPassIsNotToldTooSoon(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		first, second := h.granted(anna, conv), h.granted(anna, conv)
		h.begins(first)
		later := ""
		a := &among{}
		a.profile = func() error {
			a.profile = nil
			h.d.Clock.Move(time.Hour)
			later = h.begin(anna, "later")
			h.say(anna, later, "planted words of later")
			h.begins(second)
			return nil
		}
		h.must(h.with(a).Due(ctx()))
		for _, request := range []string{first, second} {
			c, err := h.Case(ctx(), part(), request)
			h.must(err)
			if !c.Erased {
				t.Errorf("%s was not told", request)
			}
		}
		if n := h.count("SELECT COUNT(*) FROM erased_conversation WHERE conversation_id = '" + later + "'"); n != 1 {
			t.Error("both are told that it is done, and what came between the two is there still")
		}
	})
}

// One erasure answers so many requests and no more: a further one waits until it is done.
func TestAnErasureAnswersSoManyRequests(t *testing.T) {
	each(t, func(h *house) {
		anna, _ := h.plant("planted")
		begin := func() error {
			_, err := h.BeginErasure(ctx(), part(), asked.Erasure{CustomerID: anna.ID, CaseID: id.New()})
			return err
		}
		for range asked.MaxAlso + 1 {
			h.must(begin())
		}
		if err := begin(); fault.ReasonOf(err) != "running" {
			t.Errorf("one more: %v", err)
		}
	})
}

// What a case keeps that begins, or is held, in the middle of a pass is not erased by it.
func TestACaseInTheMiddleOfAPassKeepsWhatItIsAbout(t *testing.T) {
	each(t, func(h *house) {
		for name, held := range map[string]bool{"a dispute that is opened": false, "a request that is held": true} {
			anna := h.SignIn(id.New())
			talks := []string{h.begin(anna, id.New()), h.begin(anna, id.New()), h.begin(anna, id.New())}
			requests := map[string]string{}
			for _, conv := range talks {
				h.say(anna, conv, "words")
				if held {
					requests[conv] = h.asks(anna, conv, cases.Erasing)
				}
			}
			keeps, a := "", &among{}
			a.talked = func(erased string) {
				if keeps != "" {
					return
				}
				for _, conv := range talks {
					if conv != erased && keeps < conv { // the last in their order, so that it is there still
						keeps = conv
					}
				}
				if held {
					if why := h.add(mei(), requests[keeps], cases.PutOnHold, cases.Data{Reason: "the court asks for it"}); why != "" {
						t.Fatal(why)
					}
					return
				}
				_, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: id.New(), CustomerID: anna.ID}, keeps, h.book,
					cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.Complaint, Channel: "chat", Conversation: keeps, Jurisdiction: "eu", Version: 1}})
				h.must(err)
			}
			x, err := h.with(a).Erase(ctx(), asked.Erasure{CustomerID: anna.ID})
			h.must(err)
			if n := h.count("SELECT COUNT(*) FROM entry WHERE kind = 'message' AND content_ref <> 0 AND conversation_id = '" + keeps + "'"); n != 1 || x.State != asked.Partly {
				t.Errorf("%s: %d messages of what it is about are left; %+v", name, n, x)
			}
			if n := h.count("SELECT COUNT(*) FROM erased_conversation WHERE customer_id = '" + anna.ID + "'"); n != 2 {
				t.Errorf("%s: %d conversations erased, of the two that nothing keeps", name, n)
			}
		}
	})
}

// granted is a request to be erased of somebody who has proven who they are, decided for them.
func (h *house) granted(whose identity.Principal, conv string) string {
	h.Helper()
	whose.Level = identity.AL2
	request := h.asks(whose, conv, cases.Erasing)
	if why := h.add(whose, request, cases.Identified, cases.Data{}); why != "" {
		h.Fatal(why)
	}
	h.grants(request, cases.Erasing)
	return request
}

// begins has a request to be erased carried out: somebody asks for it, and an owner agrees.
func (h *house) begins(request string) {
	h.Helper()
	for who, role := range map[string]identity.Role{mei().ID: identity.Supervisor, id.From("olivia"): identity.Owner} {
		err := h.AddStaff(ctx(), part(), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Name", Role: role}})
		if !fault.Is(err, fault.Conflict) { // they are there from an earlier one
			h.must(err)
		}
	}
	var pending *approval.PendingError
	if err := h.AskErasure(ctx(), mei(), request); !errors.As(err, &pending) {
		h.Fatalf("nobody is asked: %v", err)
	}
	second := identity.Principal{Kind: identity.Staff, ID: id.From("olivia"), Role: identity.Owner, Session: id.New()}
	r, err := h.Approval(ctx(), second, pending.ID)
	h.must(err)
	_, err = h.Approve(ctx(), second, r.ID, r.Hash)
	h.must(err)
}
