package casework_test

import (
	"bytes"
	"crypto/ed25519"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/evidence"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Who is asked for something hears of it where they talk with us, in the words of the
// pack; and what is written to them of it passes what nobody may say to customers.
func TestWhoIsAskedHearsOfIt(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		c = h.lead(c, cases.Asked, cases.Data{Items: []string{"account", "police_report"}})
		told := h.texts()
		if last := told[len(told)-1].Content.Text; !strings.Contains(last, c.Reference) || !strings.Contains(last, "Police report") {
			h.Errorf("told: %q", last)
		}
		if e := c.Events[len(c.Events)-1]; e.Kind != cases.Asked || e.Entry == 0 || c.Stage != cases.Waiting {
			h.Errorf("%+v", e)
		}
		for _, lang := range []string{"en", "zh"} {
			var err error
			if c, err = h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events)), jurisdiction.Acknowledgement, lang); err != nil {
				h.Fatalf("%s: %v", lang, err)
			}
		}
		sent := c.Events[len(c.Events)-1]
		before := len(h.texts())
		again, err := h.flow.Resend(ctx(), h.agent, c.ID, int64(len(c.Events)), sent.Seq)
		h.must(err)
		told = h.texts()
		if len(told) != before+1 || !strings.HasSuffix(told[before].Content.Text, sent.Text) || again.Events[len(again.Events)-1].Kind != cases.Resent {
			h.Errorf("sent again: %+v", told[len(told)-1])
		}
		if _, err := h.flow.Resend(ctx(), h.agent, c.ID, int64(len(again.Events)), 1); !fault.Is(err, fault.Invalid) {
			h.Errorf("what is no letter: %v", err)
		}
		tom := h.works("agent")
		if _, err := h.flow.Resend(ctx(), tom, c.ID, int64(len(again.Events)), sent.Seq); !fault.Is(err, fault.Forbidden) {
			h.Errorf("a colleague's: %v", err)
		}
	})
}

// What staff bring stands in the conversation as a note: in the case for colleagues, and
// in nothing that the customer is told.
func TestWhatStaffBringIsANote(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		c, err := h.flow.Lead(ctx(), h.agent, c.ID, casework.Change{Kind: cases.Added, Revision: int64(len(c.Events)), Data: cases.Data{Text: "the shop says that it delivered"}})
		h.must(err)
		if e := c.Events[len(c.Events)-1]; e.Kind != cases.Added || e.Entry == 0 || e.Text != "the shop says that it delivered" {
			h.Errorf("%+v", e)
		}
		all := h.texts()
		if last := all[len(all)-1]; last.Kind != conversation.KindNote {
			h.Errorf("it is no note: %+v", last)
		}
	})
}

// A case shows nothing that was not said of it: no words of another customer's conversation,
// whoever points there, and no note but the one as which something was brought.
func TestACaseShowsNoOtherConversation(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		mine := h.conv
		ben := h.SignIn("cust-ben")
		h.conv = h.Begin(ben, "en")
		theirs := map[string]int64{"a customer's": h.say(ben, "what ben wrote"), "staff's": h.say(h.agent, "what ben was told")}
		note := intake.Message{ConversationID: h.conv, ClientID: "case:" + id.New(), Text: "what is thought of ben", Note: true}
		noted := func(m intake.Message) int64 {
			h.Helper()
			answer := make(chan intake.Said, 1)
			h.must(h.intake.Send(ctx(), h.agent, m, func(s intake.Said) { answer <- s }))
			said := <-answer
			h.must(said.Err)
			return said.Seq
		}
		theirs["a note"] = noted(note)
		c = h.lead(c, cases.Asked, cases.Data{Items: []string{"account", "sign_in", "police_report"}})
		for name, entry := range theirs {
			for _, who := range []identity.Principal{h.anna, h.agent} {
				item := map[string]string{"a customer's": "account", "staff's": "sign_in", "a note": "police_report"}[name]
				now, err := h.flow.Lead(ctx(), who, c.ID, casework.Change{Kind: cases.Received, Revision: int64(len(c.Events)), Data: cases.Data{Items: []string{item}, Conversation: h.conv, Entry: entry}})
				h.must(err)
				c = now
			}
		}
		c = h.lead(c, cases.Noted, cases.Data{Text: "looked at", Conversation: h.conv, Entry: 1})
		got, err := h.flow.Get(ctx(), h.agent, c.ID)
		h.must(err)
		for _, e := range got.Events {
			if strings.Contains(e.Text, "ben") || e.Conversation == h.conv {
				h.Errorf("another customer's conversation: %+v", e)
			}
		}

		// Nor where an event from before points to what stands there.
		note.ConversationID, note.ClientID, note.Text = mine, id.New(), "what is thought of anna"
		thought := noted(note)
		boss := h.works(identity.Supervisor)
		for _, who := range []identity.Principal{h.agent, boss} {
			_, err := h.ChangeCase(ctx(), who, c.ID, -1, h.flow.Book, func(*cases.Case, int64) ([]cases.Event, error) {
				return []cases.Event{{Kind: cases.Added, Data: cases.Data{Conversation: mine, Entry: thought}}}, nil
			})
			h.must(err)
		}
		c, err = h.flow.Get(ctx(), h.agent, c.ID)
		h.must(err)
		c, err = h.flow.Lead(ctx(), h.agent, c.ID, casework.Change{Kind: cases.Added, Revision: int64(len(c.Events)), Data: cases.Data{Text: "the shop says that it delivered"}})
		h.must(err)
		if all := h.holds(c.ID); strings.Contains(all, "thought") || !strings.Contains(all, "the shop says") {
			h.Errorf("a note is in the case: %q", all)
		}
		h.Exec(h.T, "UPDATE conversation SET customer_id = $1 WHERE id = $2", ben.ID, mine)
		if all := h.holds(c.ID); strings.Contains(all, "the shop says") {
			h.Errorf("a conversation that is another's by now: %q", all)
		}
	})
}

// A pack is whole, proves itself, and only who oversees cases takes one out of the house,
// which is on record.
func TestAPackOfACase(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		c = h.lead(c, cases.Asked, cases.Data{Items: []string{"account"}})
		_, err := h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events)), jurisdiction.Acknowledgement, "en")
		h.must(err)
		signer, err := audit.NewSigner(bytes.Repeat([]byte{7}, ed25519.SeedSize))
		h.must(err)
		deps := h.flow.Deps
		deps.Signer = signer
		flow, err := casework.New(deps)
		h.must(err)
		var out bytes.Buffer
		named := ""
		open := func(reference string) io.Writer { named = reference; return &out }
		for name, who := range map[string]identity.Principal{"an agent": h.agent, "an auditor": h.works(identity.Auditor), "the customer": h.anna, "nobody": {}} {
			if err := flow.Pack(ctx(), who, c.ID, open); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) || out.Len() > 0 {
				h.Errorf("%s takes it: %v", name, err)
			}
		}
		h.must(flow.Pack(ctx(), h.works(identity.Supervisor), c.ID, open))
		r, err := evidence.Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), []ed25519.PublicKey{signer.Public()})
		if err != nil || named != c.Reference || r.Manifest.Case != c.ID {
			h.Fatalf("%q %+v: %v", named, r.Manifest, err)
		}
		var names []string
		for _, e := range r.Manifest.Files {
			names = append(names, e.Name)
		}
		slices.Sort(names)
		if want := []string{"README.txt", "audit.json", "case.json", "letters/01-acknowledgement-written.txt"}; !slices.Equal(names, want) {
			h.Errorf("%v", names)
		}
		for _, said := range []string{"case.opened", "case.written", "Directive (EU) 2015/2366", c.Reference} {
			if !bytes.Contains(out.Bytes(), []byte(said)) {
				h.Errorf("the pack does not say %q", said)
			}
		}
		taken := 0
		h.sayAgain("is there news?") // what was read is on record with the next that is written
		for e, err := range h.AuditEntries(ctx(), identity.SystemPart("cli")) {
			h.must(err)
			if e.Action == "case.export" && e.Object.ID == c.ID {
				taken++
			}
		}
		if taken != 1 {
			h.Errorf("%d records say that it was taken", taken)
		}
	})
}

// What is held is kept beyond what its law asks, until somebody lets it go.
func TestAHeldCaseIsKept(t *testing.T) {
	each(t, "eu", func(h *house) {
		boss := h.works(identity.Supervisor)
		c := h.open(jurisdiction.Complaint, "eu")
		step := func(k cases.Kind, data cases.Data) {
			h.Helper()
			var err error
			c, err = h.flow.Lead(ctx(), boss, c.ID, casework.Change{Kind: k, Revision: int64(len(c.Events)), Data: data})
			h.must(err)
		}
		if _, err := h.flow.Lead(ctx(), h.agent, c.ID, casework.Change{Kind: cases.PutOnHold, Revision: int64(len(c.Events)), Data: cases.Data{Reason: "mine"}}); !fault.Is(err, fault.Forbidden) {
			h.Errorf("an agent holds it: %v", err)
		}
		step(cases.PutOnHold, cases.Data{Reason: "a court asks"})
		step(cases.Withdrawn, cases.Data{Conversation: h.conv, Entry: h.sayAgain("forget it"), Reason: "they said so"})
		h.Clock.Move(20 * 366 * 24 * time.Hour)
		h.must(h.PurgeCases(ctx(), 10))
		if _, err := h.flow.Get(ctx(), boss, c.ID); err != nil {
			h.Fatalf("it was forgotten while it is held: %v", err)
		}
		step(cases.LetGo, cases.Data{Reason: "the court has decided"})
		h.must(h.PurgeCases(ctx(), 10))
		if _, err := h.flow.Get(ctx(), boss, c.ID); !fault.Is(err, fault.NotFound) {
			h.Errorf("it is still there: %v", err)
		}
	})
}

// sayAgain is the entry by which the customer writes once more.
func (h *house) sayAgain(text string) int64 {
	h.Helper()
	h.Clock.Move(time.Minute)
	h.say(h.anna, text)
	all := h.texts()
	return all[len(all)-1].Seq
}
