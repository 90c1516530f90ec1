package privacy_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	asked "kefu/internal/domain/privacy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func ann() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.From("ann"), Name: "Ann", Role: identity.Supervisor}
}

// add adds something to a request, or gives the reason for which it was not.
func (h *house) add(p identity.Principal, request string, k cases.Kind, d cases.Data) string {
	h.Helper()
	_, err := h.ChangeCase(ctx(), p, request, -1, h.book, func(*cases.Case, int64) ([]cases.Event, error) { return []cases.Event{{Kind: k, Data: d}}, nil })
	if err != nil && fault.ReasonOf(err) == "" {
		return err.Error()
	}
	return fault.ReasonOf(err)
}

// grants confirms a request and decides it for its customer.
func (h *house) grants(request string, of cases.Request) {
	h.Helper()
	if why := h.add(mei(), request, cases.Confirmed, cases.Data{Type: jurisdiction.DataRequest, Request: of, Jurisdiction: "eu", Version: 1}); why != "" {
		h.Fatal(why)
	}
	if why := h.add(mei(), request, cases.Decided, cases.Data{Outcome: cases.Upheld, Reason: "you asked for it"}); why != "" {
		h.Fatal(why)
	}
}

// Nothing is erased for somebody who has not proven who they are, whoever decided it: the
// engine refuses what the desk would have let through.
func TestNobodyIsErasedForWhoeverAsks(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		request := h.asks(anna, conv, cases.Erasing)
		if why := h.add(mei(), request, cases.Confirmed, cases.Data{Type: jurisdiction.DataRequest, Request: cases.Erasing, Jurisdiction: "eu", Version: 1}); why != "" {
			t.Fatal(why)
		}
		proven, other, staffed := anna, h.SignIn("somebody"), mei()
		proven.Level, other.Level, staffed.Level = identity.AL2, identity.AL3, identity.AL3
		for name, x := range map[string]struct {
			p    identity.Principal
			k    cases.Kind
			want string
		}{
			"at the lowest level": {anna, cases.Identified, "proof"}, "by staff": {staffed, cases.Identified, "proof"}, "by a part of Kefu": {part(), cases.Identified, "proof"},
			"decided before": {mei(), cases.Decided, "not_identified"},
		} {
			if why := h.add(x.p, request, x.k, cases.Data{Outcome: cases.Upheld, Reason: "you asked for it"}); why != x.want {
				t.Errorf("%s: %q", name, why)
			}
		}
		if why := h.add(other, request, cases.Identified, cases.Data{}); !strings.Contains(why, "may not know of it") {
			t.Errorf("by somebody else: %q", why)
		}
		// Decided when it was not asked for, as before there was a rule: still nothing begins.
		h.d.Exec(t, "UPDATE case_file SET outcome = 'upheld' WHERE id = '"+request+"'")
		if err := h.AskErasure(ctx(), mei(), request); fault.ReasonOf(err) != "not_identified" {
			t.Errorf("begun all the same: %v", err)
		}
		if why := h.add(proven, request, cases.Identified, cases.Data{}); why != "" {
			t.Fatal(why)
		}
		if why := h.add(mei(), request, cases.Decided, cases.Data{Outcome: cases.Upheld, Reason: "you asked for it"}); why != "" {
			t.Fatal(why)
		}
		// Proven and decided it is still nobody's own decision.
		if err := h.AskErasure(ctx(), mei(), request); fault.ReasonOf(err) != "no_second" {
			t.Errorf("with nobody to agree: %v", err)
		}
		h.begins(request)
	})
}

// Who cannot prove it in the wallet is vouched for by two, with a ground that is kept; an
// agent is none of them, and the first is not the second.
func TestTwoVouchForWhoCannotProveIt(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		request := h.asks(anna, conv, cases.Erasing)
		if why := h.add(mei(), request, cases.Confirmed, cases.Data{Type: jurisdiction.DataRequest, Request: cases.Erasing, Jurisdiction: "eu", Version: 1}); why != "" {
			t.Fatal(why)
		}
		ground := cases.Data{Reason: "the passport was shown on a video call, and the last payments named"}
		agent := identity.Principal{Kind: identity.Staff, ID: id.From("joe"), Role: identity.Agent}
		if why := h.add(agent, request, cases.Vouched, ground); !strings.Contains(why, "does not lead") {
			t.Errorf("an agent: %q", why)
		}
		for _, x := range []struct {
			p    identity.Principal
			d    cases.Data
			want string
		}{{mei(), ground, ""}, {mei(), ground, "same_person"}, {ann(), cases.Data{}, ""}} {
			if why := h.add(x.p, request, cases.Vouched, x.d); why != x.want {
				t.Errorf("%s: %q", x.p.Name, why)
			}
		}
		if why := h.add(mei(), request, cases.Decided, cases.Data{Outcome: cases.Upheld, Reason: "you asked for it"}); why != "" {
			t.Fatal(why)
		}
		h.begins(request)
		if n := h.actions("case.vouched"); n != 2 {
			t.Errorf("%d records of who vouched", n)
		}
	})
}

// A request that comes while an erasure goes on is answered by it: what is newer goes too,
// and both cases are told.
func TestASecondRequestIsAnsweredWhileOneRuns(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		proven := anna
		proven.Level = identity.AL2
		asks := func() string {
			request := h.asks(anna, conv, cases.Erasing)
			if why := h.add(proven, request, cases.Identified, cases.Data{}); why != "" {
				t.Fatal(why)
			}
			h.grants(request, cases.Erasing)
			return request
		}
		first, second := asks(), asks()
		h.begins(first)
		begun, err := h.Erasure(ctx(), part(), anna.ID)
		h.must(err)
		h.d.Clock.Move(time.Hour)
		later := h.begin(anna, "later")
		h.say(anna, later, "planted words of later")
		h.begins(second)
		now, err := h.Erasure(ctx(), part(), anna.ID)
		h.must(err)
		if now.State != asked.Running || now.CaseID != first || len(now.Also) != 1 || now.Also[0] != second || now.BegunAt <= begun.BegunAt {
			t.Errorf("while it runs: %+v", now)
		}
		if err := h.AskErasure(ctx(), mei(), second); fault.ReasonOf(err) != "begun" {
			t.Errorf("once more: %v", err)
		}
		h.must(h.flow.Due(ctx()))
		for _, request := range []string{first, second} {
			c, err := h.Case(ctx(), part(), request)
			h.must(err)
			if !c.Erased {
				t.Errorf("%s was not told", request)
			}
		}
		if n := h.count("SELECT COUNT(*) FROM erased_conversation WHERE conversation_id = '" + later + "'"); n != 1 {
			t.Error("what is newer than the first request is there still")
		}
	})
}

// What somebody typed into flows before they signed in is theirs, and in their copy.
func TestACopyHoldsWhatAVisitorTyped(t *testing.T) {
	each(t, func(h *house) {
		visitor := identity.Principal{Kind: identity.Visitor, ID: id.New()}
		typed := func(whose identity.Principal, conv, words string) {
			h.must(h.AddFlowRun(ctx(), whose, selfservice.Record{Language: "en", Run: selfservice.Run{
				ID: id.New(), Flow: "FL7", Version: 1, Digest: "d", ConversationID: conv, CustomerID: whose.ID, Step: "s", State: selfservice.Waiting,
				Slots: map[string]selfservice.Value{"note": {Type: selfservice.Text, Text: words}}, StartedAt: h.d.Clock.Now(),
			}}))
		}
		typed(visitor, h.begin(visitor, "v"), "words of a visitor")
		signed, err := h.SignInCustomer(ctx(), customer.SignIn{
			Issuer: "wallet", Subject: "anna", TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(),
			Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor.ID, VisitorSince: 1,
		})
		h.must(err)
		anna := identity.Principal{Kind: identity.Customer, ID: signed.CustomerID, Level: identity.AL2}
		conv := h.begin(anna, "a")
		h.do(anna, conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "hello"}})
		typed(anna, conv, "words of a customer")
		other := h.SignIn("somebody")
		typed(other, h.begin(other, "o"), "words of somebody else")
		c := h.copier()
		token, _, err := c.Ticket(ctx(), anna, h.asks(anna, conv, cases.CopyOfData), "en")
		h.must(err)
		var out bytes.Buffer
		h.must(c.Fetch(ctx(), token, func() io.Writer { return &out }))
		steps := h.unpack(out.Bytes())["steps.json"]
		if !strings.Contains(steps, "words of a visitor") || !strings.Contains(steps, "words of a customer") || strings.Contains(steps, "somebody else") {
			t.Errorf("the steps: %s", steps)
		}
	})
}

// Whom two vouched for was the visitor who wrote: somebody who signs in at that browser later
// is nobody who was vouched for, and nothing of theirs is granted by it.
func TestWhoIsVouchedForIsNotWhoSignsInLater(t *testing.T) {
	each(t, func(h *house) {
		visitor := identity.Principal{Kind: identity.Visitor, ID: id.New()}
		open, shut := h.begin(visitor, "open"), h.begin(visitor, "vouched")
		plain, request := h.asks(visitor, open, cases.Erasing), h.asks(visitor, shut, cases.Erasing)
		if why := h.add(mei(), request, cases.Confirmed, cases.Data{Type: jurisdiction.DataRequest, Request: cases.Erasing, Jurisdiction: "eu", Version: 1}); why != "" {
			t.Fatal(why)
		}
		ground := cases.Data{Reason: "the passport was shown on a video call, and the last payments named"}
		for _, p := range []identity.Principal{mei(), ann()} {
			if why := h.add(p, request, cases.Vouched, ground); why != "" {
				t.Fatal(why)
			}
		}
		signed, err := h.SignInCustomer(ctx(), customer.SignIn{
			Issuer: "wallet", Subject: "somebody-else", Name: "Somebody Else", Language: "en", TokenID: id.New(), TokenExpires: 1 << 60, NewID: id.New(),
			Secret: customer.WindowSecret{Digest: id.New(), Verified: true, ExpiresAt: 1 << 60}, Visitor: visitor.ID, VisitorSince: 1,
		})
		h.must(err)
		for one, want := range map[string]string{plain: signed.CustomerID, request: visitor.ID} {
			c, err := h.Case(ctx(), part(), one)
			h.must(err)
			if c.CustomerID != want {
				t.Errorf("proven at %d, it is of %s, want %s", c.Proven.At, c.CustomerID, want)
			}
		}
	})
}
