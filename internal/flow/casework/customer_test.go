package casework_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/selfservice"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/following"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// holds is everything that a case keeps and shows.
func (h *house) holds(caseID string) string {
	h.Helper()
	kept, err := h.Case(ctx(), h.anna, caseID)
	h.must(err)
	all := ""
	for _, e := range kept.Events {
		all += e.Text + e.Reason + "\n"
	}
	shown, err := h.flow.Get(ctx(), h.anna, caseID)
	h.must(err)
	for _, e := range shown.Events {
		all += e.Text + "\n"
	}
	return all
}

// A number that is written in two halves is in no case, whichever half came first.
func TestASplitNumberIsInNoCase(t *testing.T) {
	each(t, "eu", func(h *house) {
		h.say(h.anna, "my card is 4111 1111")
		c, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Conversation: h.conv, Text: "1111 1111 is the rest, and nobody answers"})
		h.must(err)
		if all := h.holds(c.ID); strings.Contains(all, "1111 1111") || !strings.Contains(all, "nobody answers") {
			h.Errorf("the second half: %q", all)
		}
		h.conv = h.Begin(h.anna, "en")
		c, err = h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Conversation: h.conv, Text: "nobody answers, my card is 5555 5555"})
		h.must(err)
		h.say(h.anna, "5555 4444")
		if all := h.holds(c.ID); strings.Contains(all, "5555 5555") || !strings.Contains(all, "nobody answers") {
			h.Errorf("the first half: %q", all)
		}

		// What is redacted in the conversation is so in the case.
		c, err = h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Conversation: h.conv, Text: "my neighbour Tom took it"})
		h.must(err)
		if !strings.Contains(h.holds(c.ID), "neighbour Tom") {
			h.Errorf("%q", h.holds(c.ID))
		}
		_, err = h.intake.Do(ctx(), h.anna, h.conv, conversation.Command{Kind: conversation.Redact, Content: conversation.Content{Of: c.Events[0].Entry}})
		h.must(err)
		if all := h.holds(c.ID); strings.Contains(all, "Tom") {
			h.Errorf("redacted: %q", all)
		}
	})
}

// What a customer answers is said like everything else of theirs.
func TestWhatACustomerAnswersIsSaid(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		c = h.lead(c, cases.Dropped, cases.Data{Items: []string{"account", "sign_in", "police_report"}, Reason: "not to be had"})
		for _, f := range []jurisdiction.Fact{jurisdiction.StrongAuth, jurisdiction.Negligent} {
			c = h.lead(c, cases.Found, cases.Data{Fact: f})
		}
		appeal := func(text string) (casework.Seen, error) {
			return h.flow.Lead(ctx(), h.anna, c.ID, casework.Change{Kind: cases.Appealed, Revision: int64(len(c.Events)), Data: cases.Data{Text: text}})
		}
		before := len(h.texts())
		if _, err := appeal("unfair"); fault.ReasonOf(err) != "not_answered" {
			h.Errorf("an appeal against nothing: %v", err)
		}
		if n := len(h.texts()); n != before {
			h.Error("what was refused was said")
		}
		c = h.lead(c, cases.Decided, cases.Data{Outcome: cases.Refused, Reason: "approved with two factors"})
		c, err := h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events)), jurisdiction.Refusal, "en")
		h.must(err)
		h.say(h.anna, "my card is 4111 1111")
		if c, err = appeal("1111 1111 is mine, and that is unfair"); err != nil || c.Appeals != 1 {
			h.Fatalf("%v", err)
		}
		last := c.Events[len(c.Events)-1]
		if all := h.holds(c.ID); strings.Contains(all, "1111 1111") || !strings.HasSuffix(last.Text, "unfair") || last.Conversation != h.conv || last.Entry == 0 {
			h.Errorf("%q, %+v", all, last)
		}
		said := h.texts()[last.Entry-1]
		if said.Author.Kind != conversation.ByCustomer || said.Author.ID != h.anna.ID || !strings.HasSuffix(said.Content.Text, "unfair") {
			h.Errorf("%+v", said)
		}
	})
}

func TestALongComplaintIsACase(t *testing.T) {
	each(t, "eu", func(h *house) {
		long := strings.Repeat("wait ", 1600)
		c, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Conversation: h.conv, Text: long})
		h.must(err)
		if got := c.Events[0].Text; got != strings.TrimSpace(long) && got != long {
			h.Errorf("%d characters", len(got))
		}
		before := len(h.texts())
		if _, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Conversation: h.conv, Text: long + "!"}); !fault.Is(err, fault.Invalid) {
			h.Errorf("too long: %v", err)
		}
		if n := len(h.texts()); n != before {
			h.Error("what was too long was said")
		}
	})
}

// A complaint that is sent again is the same one, also when the first answer was lost or
// only half of it was done, and when there is no room for another one.
func TestAComplaintThatIsSentAgain(t *testing.T) {
	each(t, "eu", func(h *house) {
		again := casework.Opening{Type: jurisdiction.Complaint, Text: "nobody answers", Op: "op-1"}
		broken := h.flow.Deps
		broken.Store = full{h.Store}
		flow, err := casework.New(broken)
		h.must(err)
		if _, err := flow.Complain(ctx(), h.anna, again); !fault.Is(err, fault.Unavailable) {
			h.Fatalf("a full disk: %v", err)
		}
		c, err := h.flow.Complain(ctx(), h.anna, again)
		h.must(err)
		h.conv = c.Conversations[0]
		said := len(h.texts())
		for n := 1; n < cases.MaxOpen; n++ {
			_, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Text: "nobody answers", Conversation: h.conv})
			h.must(err)
		}
		same, err := h.flow.Complain(ctx(), h.anna, again)
		if err != nil || same.ID != c.ID || same.Events[0].Text != "nobody answers" {
			h.Errorf("%v %+v", err, same.Case)
		}
		if _, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Text: "one more", Conversation: h.conv}); !fault.Is(err, fault.TooMany) {
			h.Errorf("one too many: %v", err)
		}
		if n := len(h.texts()); n != said+cases.MaxOpen-1 {
			h.Errorf("%d entries, before %d", n, said)
		}
		talks := 0
		h.Deployment.Scan(h.T, "SELECT COUNT(*) FROM conversation", &talks)
		if talks != 2 {
			h.Errorf("%d conversations", talks)
		}
	})
}

// full is the store on a disk that has no room for a case.
type full struct{ casework.Store }

func (full) AddCase(context.Context, identity.Principal, cases.Head, string, *jurisdiction.Book, cases.Event) (*cases.Case, error) {
	return nil, fault.New(fault.Unavailable, "full.AddCase", "the disk is full")
}

// One run that cannot be read holds up no other.
func TestADamagedRunHoldsUpNobody(t *testing.T) {
	each(t, "uk", func(h *house) {
		var log bytes.Buffer
		deps := h.flow.Deps
		deps.Log = slog.New(slog.NewTextHandler(&log, nil))
		flow, err := casework.New(deps)
		h.must(err)
		var runs []string
		for range 2 {
			run := selfservice.Record{Run: selfservice.Run{
				ID: id.New(), Flow: "FL19", Digest: "d", ConversationID: h.conv, CustomerID: h.anna.ID, Step: "reported", State: selfservice.Handed, StartedAt: h.Clock.Now(),
				Slots: map[string]selfservice.Value{"happened": {Type: selfservice.Choice, Text: "tricked"}},
			}, Language: "en"}
			h.must(h.AddFlowRun(ctx(), h.anna, run))
			runs = append(runs, run.ID)
		}
		h.Exec(h.T, "UPDATE flow_run SET body = (SELECT body FROM flow_run WHERE id = $1) WHERE id = $2", runs[1], runs[0])
		follower := h.RunFollower(flow, following.Options{Name: casework.Name, Clock: h.Clock.Now})
		for _, run := range runs {
			answer := make(chan intake.Said, 1)
			story := &intake.Story{Filled: form.Filled{Form: "fl19", Revision: 1, Title: "Dispute", Answers: []form.Item{{Field: "happened", Kind: form.Line, Label: "What", Value: "tricked"}}}}
			h.must(h.intake.Send(ctx(), h.anna, intake.Message{ConversationID: h.conv, ClientID: "run:" + run, Story: story}, func(s intake.Said) { answer <- s }))
			h.must((<-answer).Err)
		}
		h.Settle(follower)
		rows, err := flow.List(ctx(), h.anna, cases.Query{Limit: 9})
		h.must(err)
		if len(rows) != 1 || rows[0].Type != jurisdiction.Scam {
			h.Errorf("%+v", rows)
		}
		if lines := strings.Split(log.String(), "\n"); !slices.ContainsFunc(lines, func(l string) bool {
			return strings.Contains(l, "level=ERROR") && strings.Contains(l, h.conv)
		}) {
			h.Errorf("nobody hears of it: %s", log.String())
		}
		notes, told := h.unopened()
		if len(notes) != 1 || len(told) != 1 || strings.Contains(notes[0], "as many") {
			h.Errorf("whoever waits hears %q and %q", notes, told)
		}
	})
}

// unopened is what staff and the customer read of a case that was not opened; nothing of it
// before the conversation is urgent.
func (h *house) unopened() (notes, told []string) {
	h.Helper()
	state, err := h.Conversation(ctx(), identity.SystemPart("test"), h.conv)
	h.must(err)
	for _, e := range h.texts() {
		switch {
		case state.Priority != conversation.Urgent:
		case e.Kind == conversation.KindNote:
			notes = append(notes, e.Content.Text)
		case e.Author.Kind == conversation.ByProgram:
			told = append(told, e.Content.Text)
		}
	}
	return notes, told
}

// An objection for which there is no room for a case is not lost: staff are called, once,
// and the customer, whom the flow told that a case is being opened, hears that none was.
func TestAnAppealWithoutACaseIsToldOf(t *testing.T) {
	each(t, "uk", func(h *house) {
		talk := h.conv
		for range cases.MaxOpen {
			_, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Text: "nobody answers", Conversation: talk})
			h.must(err)
		}
		h.conv = h.Begin(h.anna, "en")
		run := selfservice.Run{
			ID: id.New(), Flow: "FL15", Outcome: "appeal", Digest: "d", ConversationID: h.conv, CustomerID: h.anna.ID, Step: "appeal", State: selfservice.Handed, StartedAt: h.Clock.Now(),
		}
		h.must(h.AddFlowRun(ctx(), h.anna, selfservice.Record{Run: run, Language: "en"}))
		answer := make(chan intake.Said, 1)
		story := &intake.Story{Filled: form.Filled{Form: "fl15", Revision: 1, Title: "Frozen", Answers: []form.Item{{Field: "why_not", Kind: form.Line, Label: "Why", Value: "It is a mistake"}}}}
		follower := h.RunFollower(h.flow, following.Options{Name: casework.Name, Clock: h.Clock.Now})
		h.must(h.intake.Send(ctx(), h.anna, intake.Message{ConversationID: h.conv, ClientID: "run:" + run.ID, Story: story}, func(s intake.Said) { answer <- s }))
		h.must((<-answer).Err)
		h.Settle(follower)
		if err := h.flow.Take(ctx(), h.texts(), event.Step{}); !fault.Is(err, fault.Conflict) { // once more, as after a crash
			h.Error(err)
		}
		notes, told := h.unopened()
		if len(notes) != 1 || len(told) != 1 || !strings.Contains(notes[0], "as many") || !strings.Contains(told[0], "No case could be opened") {
			h.Errorf("staff read %q, the customer %q", notes, told)
		}
	})
}
