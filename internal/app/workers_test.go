package app_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kefu/internal/app"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/platform/metrics"
)

func TestMessagesAreCountedByAuthor(t *testing.T) {
	entry := func(kind conversation.EntryKind, by conversation.AuthorKind) conversation.Entry {
		return conversation.Entry{Kind: kind, Author: conversation.Author{Kind: by}}
	}
	m := metrics.New()
	app.CountMessages(m, event.Commit{Changed: []event.ConversationChange{
		{Entries: []conversation.Entry{
			entry(conversation.KindMessage, conversation.ByCustomer), entry(conversation.KindMessage, conversation.ByCustomer),
			entry(conversation.KindStatus, conversation.BySystem),
		}},
		{Entries: []conversation.Entry{entry(conversation.KindMessage, conversation.ByAgent), entry(conversation.KindNote, conversation.ByAgent)}},
		{Receipt: true},
	}})
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{`kefu_messages_stored_total{author="customer"} 2`, `kefu_messages_stored_total{author="agent"} 1`} {
		if !strings.Contains(answer.Body.String(), line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	if strings.Count(answer.Body.String(), "kefu_messages_stored_total{") != 2 {
		t.Error("something else was counted as a message")
	}
}

func TestEveryWorkerHasANameOfItsOwn(t *testing.T) {
	a := build(t, withKeys(t))
	names := a.WorkerNames()
	slices.Sort(names)
	if all := len(names); len(slices.Compact(slices.Clone(names))) != all {
		t.Errorf("the workers are %q", names)
	}
	for _, needed := range []string{"store", "jobs", "search index", "search index upkeep", "expired rows", "checkpoint"} {
		if !slices.Contains(names, needed) {
			t.Errorf("nobody is called %q among %q", needed, names)
		}
	}
}
