package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
	"kefu/internal/web/wire"
)

func (w *world) line(conv, bearer string) api.Conversation {
	w.t.Helper()
	var c api.Conversation
	w.must(200, call{method: "GET", path: "/v1/conversations/" + conv, bearer: bearer}).json(w.t, &c)
	return c
}

func TestAnAgentWorksAConversation(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		conv, visitor := w.talk("Where is my refund?")
		mei := w.member(identity.Agent)
		bearer := w.session(mei)
		at := "/v1/conversations/" + conv

		first := w.line(conv, bearer)
		if first.Preview != "Where is my refund?" || first.PreviewAuthor != "customer" || first.Unread != 1 || first.Customer.ID != visitor.ID ||
			!first.Customer.Anonymous || first.Status != conversation.Open || first.Assignee != nil || first.WaitingSince == 0 {
			t.Errorf("the line is %+v", first)
		}
		for path, body := range map[string]string{
			"/assignee": fmt.Sprintf(`{"staff_id":%q}`, mei.ID),
			"/priority": `{"priority":"high"}`,
			"/tags":     `{"tags":["refund","card 4111 1111 1111 1111"]}`,
			"/topic":    `{"topic":"Refund of 5500 0000 0000 0004"}`,
			"/language": `{"language":"en-GB"}`,
		} {
			w.must(204, call{method: "PUT", path: at + path, bearer: bearer, body: body})
		}
		w.must(204, call{method: "PUT", path: at + "/status", bearer: bearer, body: `{"status":"resolved","wrap_up":"paid"}`})
		last := w.line(conv, bearer)
		if last.Assignee == nil || *last.Assignee != (api.Person{ID: mei.ID, Name: mei.Alias}) || last.Priority != conversation.High ||
			last.Language != "en-GB" || last.Status != conversation.Resolved || len(last.Tags) != 2 {
			t.Errorf("the line became %+v", last)
		}
		if text := last.Topic + strings.Join(last.Tags, " "); strings.Contains(text, "1111 1111") || strings.Contains(text, "0000 0000") {
			t.Errorf("a card number passed the guard: %q", text)
		}
		w.must(204, call{method: "PUT", path: at + "/assignee", bearer: bearer, body: `{"staff_id":null}`})
		if c := w.line(conv, bearer); c.Assignee != nil {
			t.Errorf("it still is %v's", c.Assignee)
		}
		w.problem(422, "invalid", call{method: "PUT", path: at + "/status", bearer: bearer, body: `{"status":"snoozed","until":1}`})
		for _, other := range []string{w.member(identity.Auditor).ID, id.New(), "x"} {
			w.problem(422, "invalid", call{method: "PUT", path: at + "/assignee", bearer: bearer, body: fmt.Sprintf(`{"staff_id":%q}`, other)})
		}
	})
}

// What the customer wrote while the agent was about to close the conversation
// must not be buried by it.
func TestNothingIsResolvedOverAMessageThatWasNotSeen(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		conv, visitor := w.talk("Where is my refund?")
		bearer := w.as(identity.Agent)
		at := "/v1/conversations/" + conv
		w.say(visitor, conv, "And my card was stolen")
		for _, body := range []string{
			`{"status":"resolved","seen":1}`, `{"status":"waiting","seen":1}`,
			fmt.Sprintf(`{"status":"snoozed","seen":1,"until":%d}`, w.now().UnixMicro()+3_600_000_000),
		} {
			var p api.Problem
			w.problem(409, "conflict", call{method: "PUT", path: at + "/status", bearer: bearer, body: body}).json(t, &p)
			if p.Field != "seen" {
				t.Errorf("%s was refused for %q", body, p.Field)
			}
		}
		if c := w.line(conv, bearer); c.Status != conversation.Open || c.Unread != 2 {
			t.Errorf("the line became %+v", c)
		}
		w.problem(422, "invalid", call{method: "PUT", path: at + "/status", bearer: bearer, body: `{"status":"resolved","seen":-1}`})
		w.must(201, call{method: "POST", path: at + "/messages", bearer: bearer, body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006d","text":"It is on its way","seen":1}`})
		if c := w.line(conv, bearer); c.Status != conversation.Open || c.Unread != 1 || c.WaitingSince == 0 {
			t.Errorf("after an answer to the first message: %+v", c)
		}
		w.must(204, call{method: "PUT", path: at + "/status", bearer: bearer, body: `{"status":"resolved","seen":3}`})
	})
}

func TestMessagesOverREST(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		conv, visitor := w.talk("hello")
		bearer := w.as(identity.Agent)
		at := "/v1/conversations/" + conv
		say := call{method: "POST", path: at + "/messages", bearer: bearer, body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-000000006d31","text":"My card is 4111 1111 1111 1111"}`}
		var stored, again api.Stored
		w.must(201, say).json(t, &stored)
		w.must(200, say).json(t, &again)
		if stored.Seq != 2 || again.Seq != 2 || again.At != stored.At || len(stored.Classes) != 1 || strings.Contains(stored.Text, "4111 1111") {
			t.Errorf("stored %+v, then %+v", stored, again)
		}
		w.must(201, call{method: "POST", path: at + "/messages", bearer: bearer, body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-000000006d32","text":"between us","note":true}`})
		w.must(204, call{method: "PATCH", path: at + "/messages/2", bearer: bearer, body: `{"text":"Which card is it?"}`})
		w.must(204, call{method: "DELETE", path: at + "/messages/1", bearer: bearer, body: `{"reason":"privacy"}`})

		var page api.EntryPage
		w.must(200, call{method: "GET", path: at + "/entries", bearer: bearer}).json(t, &page)
		kinds := make([]string, 0, len(page.Items))
		for _, e := range page.Items {
			kinds = append(kinds, e.Kind)
		}
		if got := strings.Join(kinds, " "); got != "message message note edited redacted" || page.More {
			t.Errorf("the log is %s", got)
		}
		if page.Items[0].Payload.Text != "" || page.Items[1].Payload.Text != "Which card is it?" || page.Items[4].Payload.Reason != "privacy" {
			t.Errorf("the log says %+v", page.Items)
		}
		var versions api.VersionList
		w.must(200, call{method: "GET", path: at + "/messages/2/versions", bearer: bearer}).json(t, &versions)
		if len(versions.Items) != 1 || versions.Items[0].Text != stored.Text {
			t.Errorf("earlier versions: %+v", versions)
		}
		seen, _, err := w.store.Entries(t.Context(), visitor, conv, conversation.EntryRange{})
		check(t, err)
		for _, e := range seen {
			if e.Content.Reason != "" || strings.Contains(e.Content.Text, "between us") {
				t.Errorf("the customer sees %+v", e)
			}
		}
		pages(t, w, at, bearer)
	})
}

// pages walks the log both ways.
func pages(t *testing.T, w *world, at, bearer string) {
	t.Helper()
	read := func(query string) (seqs []int64, more bool) {
		var page api.EntryPage
		w.must(200, call{method: "GET", path: at + "/entries?" + query, bearer: bearer}).json(t, &page)
		for _, e := range page.Items {
			seqs = append(seqs, e.Seq)
		}
		return seqs, page.More
	}
	for query, want := range map[string]string{
		"limit=2": "[4 5] true", "limit=2&before=4": "[2 3] true", "limit=2&before=2": "[1] false",
		"limit=2&after=1": "[2 3] true", "limit=2&after=3": "[4 5] false", "after=5": "[] false", "after=0&limit=2": "[1 2] true",
	} {
		if seqs, more := read(query); fmt.Sprint(seqs, more) != want {
			t.Errorf("%s: %v %v, want %s", query, seqs, more, want)
		}
	}
	w.problem(422, "invalid", call{method: "GET", path: at + "/entries?after=1&before=2", bearer: bearer})
}

func TestTheInboxIsPaged(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		mei := w.member(identity.Agent)
		bearer := w.session(mei)
		want := map[string]bool{}
		for i := range 7 {
			conv, _ := w.talk(fmt.Sprint("question ", i))
			want[conv] = true
			if i%2 == 0 {
				w.must(204, call{method: "PUT", path: "/v1/conversations/" + conv + "/assignee", bearer: bearer, body: fmt.Sprintf(`{"staff_id":%q}`, mei.ID)})
			}
		}
		count := func(view string) (all []api.Conversation) {
			cursor := ""
			for {
				var page api.ConversationPage
				w.must(200, call{method: "GET", path: "/v1/conversations?limit=2&view=" + view + cursor, bearer: bearer}).json(t, &page)
				all = append(all, page.Items...)
				if page.Next == "" {
					return all
				}
				if len(page.Items) != 2 {
					t.Fatalf("a page of %d has a next one", len(page.Items))
				}
				cursor = "&cursor=" + url.QueryEscape(page.Next)
			}
		}
		seen := map[string]bool{}
		last := int64(1 << 62)
		for _, c := range count("all") {
			if seen[c.ID] || !want[c.ID] || c.LastActivity > last {
				t.Errorf("%s comes twice, out of order, or from nowhere", c.ID)
			}
			seen[c.ID], last = true, c.LastActivity
		}
		if len(seen) != 7 || len(count("mine")) != 4 || len(count("unassigned")) != 3 {
			t.Errorf("all %d, mine %d, unassigned %d", len(seen), len(count("mine")), len(count("unassigned")))
		}
		var waiting api.ConversationPage
		w.must(200, call{method: "GET", path: "/v1/conversations?view=all&status=waiting", bearer: bearer}).json(t, &waiting)
		if waiting.Items == nil || len(waiting.Items) != 0 {
			t.Errorf("waiting: %v", waiting.Items)
		}
	})
}

func TestDraftsAreOnesOwn(t *testing.T) {
	w := newWorld(t)
	conv, _ := w.talk("hello")
	mine, other := w.as(identity.Agent), w.as(identity.Agent)
	at := "/v1/conversations/" + conv + "/draft"
	w.must(204, call{method: "PUT", path: at, bearer: mine, body: `{"text":"Dear 4111 1111 1111 1111","note":true}`})
	var draft api.DraftView
	w.must(200, call{method: "GET", path: at, bearer: mine}).json(t, &draft)
	if !strings.HasPrefix(draft.Text, "Dear ") || strings.Contains(draft.Text, "1111 1111") || !draft.Note {
		t.Errorf("the draft is %+v", draft)
	}
	w.must(200, call{method: "GET", path: at, bearer: other}).json(t, &draft)
	if draft.Text != "" {
		t.Errorf("somebody else's draft is shown: %q", draft.Text)
	}
}

func TestMergeAndUnmerge(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		from, visitor := w.talk("first")
		into := w.talkOf(visitor, "second")
		stranger, _ := w.talk("somebody else's")
		bearer := w.as(identity.Agent)
		at := "/v1/conversations/" + from
		w.problem(409, "conflict", call{method: "POST", path: at + "/merge", bearer: bearer, body: fmt.Sprintf(`{"into":%q}`, stranger)})
		w.problem(409, "conflict", call{method: "DELETE", path: at + "/merge", bearer: bearer})
		w.must(204, call{method: "POST", path: at + "/merge", bearer: bearer, body: fmt.Sprintf(`{"into":%q}`, into)})
		if c := w.line(from, bearer); c.Status != conversation.Merged || c.MergedInto != into {
			t.Errorf("merged: %+v", c)
		}
		var p api.Problem
		w.problem(409, "merged", call{method: "POST", path: at + "/messages", bearer: bearer, body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006d","text":"hi"}`}).json(t, &p)
		if p.Conv != into {
			t.Errorf("the conversation to use is %q", p.Conv)
		}
		w.must(204, call{method: "DELETE", path: at + "/merge", bearer: bearer})
		if c := w.line(from, bearer); c.Status != conversation.Open || c.MergedInto != "" {
			t.Errorf("unmerged: %+v", c)
		}
	})
}

func TestAnEventIsTheProtocolsEvent(t *testing.T) {
	w := newWorld(t)
	conv, _ := w.talk("hello")
	bearer := w.as(identity.Agent)
	var page struct{ Items []wire.Event }
	w.must(200, call{method: "GET", path: "/v1/conversations/" + conv + "/entries", bearer: bearer}).json(t, &page)
	if len(page.Items) != 1 || page.Items[0].T != "event" || page.Items[0].Conv != conv || page.Items[0].Author.Kind != "customer" {
		t.Errorf("entries: %+v", page.Items)
	}
}
