package api_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
)

// give lets a member of staff have a conversation; nil takes it away.
func (w *world) give(conv string, to *staff.Member) {
	w.t.Helper()
	content := conversation.Content{}
	if to != nil {
		content.Staff = &conversation.StaffRef{ID: to.ID, Name: to.Alias}
	}
	_, err := w.store.Execute(context.Background(), principalOf(w.member(identity.Supervisor)), conv, conversation.Command{Kind: conversation.Assign, Content: content})
	check(w.t, err)
}

// listed are the conversations of a page of the inbox.
func (w *world) listed(bearer, query string) (ids []string) {
	w.t.Helper()
	var page struct {
		Items []struct{ ID string }
	}
	w.must(200, call{method: "GET", path: "/v1/conversations?" + query, bearer: bearer}).json(w.t, &page)
	for _, item := range page.Items {
		ids = append(ids, item.ID)
	}
	return ids
}

// An agent of a partner firm works in what they were given, and in nothing else,
// by whatever way they ask.
func TestAnOutsideAgentSeesWhatTheyWereGiven(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		guest := w.member(identity.OutsideAgent)
		bearer := w.session(guest)
		own, asker := w.talk("the words of their customer")
		foreign, other := w.talk("the words of somebody else")
		w.give(own, &guest)
		ownFile, foreignFile := w.file(asker, own), w.file(other, foreign)

		if got := w.listed(bearer, "status=open"); len(got) != 1 || got[0] != own {
			t.Errorf("everybody's inbox: %v", got)
		}
		if got := w.listed(bearer, "status=open&view=mine"); len(got) != 1 || got[0] != own {
			t.Errorf("their own inbox: %v", got)
		}
		w.problem(403, "forbidden", call{method: "GET", path: "/v1/conversations?view=unassigned", bearer: bearer})

		for conv, want := range map[string]bool{own: true, foreign: false} {
			at := "/v1/conversations/" + conv
			file := map[string]string{own: ownFile, foreign: foreignFile}[conv]
			for _, c := range []call{
				{method: "GET", path: at}, {method: "GET", path: at + "/entries"}, {method: "GET", path: at + "/draft"},
				{method: "PUT", path: at + "/draft", body: `{"text":"Dear"}`},
				{method: "PUT", path: at + "/tags", body: `{"tags":["card"]}`},
				{method: "POST", path: at + "/messages", body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006d","text":"hi"}`},
				{method: "POST", path: at + "/messages", body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006e","text":"hi","note":true}`},
				{method: "GET", path: "/v1/attachments/" + file + "/link"},
				{method: "PUT", path: at + "/status", body: `{"status":"waiting"}`},
			} {
				c.bearer = bearer
				if a := w.do(c); (a.status < 300) != want || (!want && a.status != 404) {
					t.Errorf("%s %s: %d %s", c.method, strings.ReplaceAll(c.path, conv, "…"), a.status, a.text)
				}
			}
		}
		w.noWayRound(bearer, own, foreign, asker)
		if got := w.foundBy(bearer, "words"); len(got) != 1 || got[0] != own {
			t.Errorf("they find %v", got)
		}

		w.give(own, nil)
		if got := w.foundBy(bearer, "words"); len(got) != 0 {
			t.Errorf("they find %v, which is theirs no more", got)
		}
		for _, path := range []string{"", "/entries", "/draft"} {
			w.problem(404, "not_found", call{method: "GET", path: "/v1/conversations/" + own + path, bearer: bearer})
		}
		w.problem(404, "not_found", call{method: "GET", path: "/v1/attachments/" + ownFile + "/link", bearer: bearer})
	})
}

// foundBy are the conversations that a search finds, each once.
func (w *world) foundBy(bearer, q string) (ids []string) {
	w.t.Helper()
	var page struct{ Items []struct{ Conv string } }
	w.must(200, call{method: "GET", path: "/v1/search?counts=true&q=" + url.QueryEscape(q), bearer: bearer}).json(w.t, &page)
	for _, item := range page.Items {
		if !slices.Contains(ids, item.Conv) {
			ids = append(ids, item.Conv)
		}
	}
	return ids
}

// noWayRound tries the ways that lead from one conversation to others.
func (w *world) noWayRound(bearer, own, foreign string, asker identity.Principal) {
	w.t.Helper()
	second := w.talkOf(asker, "of the same customer, and not theirs")
	for _, c := range []call{
		{method: "POST", path: "/v1/conversations/" + own + "/merge", body: fmt.Sprintf(`{"into":%q}`, second)},
		{method: "POST", path: "/v1/conversations/" + second + "/merge", body: fmt.Sprintf(`{"into":%q}`, own)},
		{method: "GET", path: "/v1/customers/" + asker.ID},
		{method: "POST", path: "/v1/customers/find", body: `{"kind":"phone","value":"+49 170 1"}`},
		{method: "GET", path: "/v1/staff"},
		{method: "GET", path: "/v1/conversations/" + own + "/messages/1/versions"},
		{method: "PUT", path: "/v1/conversations/" + foreign + "/assignee", body: `{"staff_id":null}`},
	} {
		c.bearer = bearer
		if a := w.do(c); a.status != 403 && a.status != 404 {
			w.t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.text)
		}
	}
}

// Who gives a conversation away has it no more; a partner's agent can be given one.
func TestAnOutsideAgentHandsBack(t *testing.T) {
	w := newWorld(t)
	guest := w.member(identity.OutsideAgent)
	conv, _ := w.talk("hello")
	w.must(204, call{method: "PUT", path: "/v1/conversations/" + conv + "/assignee", body: fmt.Sprintf(`{"staff_id":%q}`, guest.ID), bearer: w.as(identity.Agent)})
	bearer := w.session(guest)
	w.must(204, call{method: "PUT", path: "/v1/conversations/" + conv + "/assignee", body: `{"staff_id":null}`, bearer: bearer})
	w.problem(404, "not_found", call{method: "GET", path: "/v1/conversations/" + conv, bearer: bearer})
	if editor := w.member(identity.Editor); true {
		a := w.do(call{method: "PUT", path: "/v1/conversations/" + conv + "/assignee", body: fmt.Sprintf(`{"staff_id":%q}`, editor.ID), bearer: w.as(identity.Agent)})
		if a.status != 422 {
			t.Errorf("a knowledge editor was given a conversation: %d", a.status)
		}
	}
}
