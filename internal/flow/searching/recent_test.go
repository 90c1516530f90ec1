package searching_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/search"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
	"kefu/internal/storage"
)

// stuckIndex takes nothing in and holds nothing, as an index does whose window
// has closed over nothing yet.
type stuckIndex struct{ searching.Index }

func (stuckIndex) Newest(context.Context, []search.Token, int64, int) ([]int64, error) {
	return nil, nil
}
func (stuckIndex) LowWater(context.Context) (int64, error) { return 0, nil }

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestAMessageIsFoundBeforeItIsIndexed: within the guard's window a message is
// found by words that are in memory alone, and by its present words only.
func TestAMessageIsFoundBeforeItIsIndexed(t *testing.T) {
	dir := t.TempDir()
	ring := must(keyring.Open(filepath.Join(dir, "keys"), secret.GenerateMaster(), keyring.Options{}))(t)
	store := must(storage.Open(t.Context(), storage.Options{Dir: dir, Ring: ring}))(t)
	blind := must(search.NewBlinder(ring.Subkey("message search")[:search.KeySize]))(t)
	worker := searching.NewWorker(store, stuckIndex{}, blind, clock.System, slog.New(slog.DiscardHandler))
	store.Listen(func(c event.Commit) { worker.Committed(c) })
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- store.Run(running) }()
	go func() { ended <- worker.Run(running) }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if err := ring.Close(); err != nil {
			t.Error(err)
		}
	})
	searcher := searching.NewSearcher(store, stuckIndex{}, worker, blind)
	customer := identity.Principal{Kind: identity.Customer, ID: id.New(), Level: identity.AL1}
	agent := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
	state := must(store.StartConversation(t.Context(), customer, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"}))(t)
	said := must(store.Execute(t.Context(), customer, state.ID, conversation.Command{
		Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "我要退款, the marmalade never came"},
	}))(t)
	find := func(query string, want int) {
		t.Helper()
		deadline := time.Now().Add(5 * time.Second)
		for {
			page := must(searcher.Search(t.Context(), agent, query, 0, 10))(t)
			if len(page.Hits) == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%q: %d hits, want %d", query, len(page.Hits), want)
			}
			time.Sleep(5 * time.Millisecond) // until the worker has taken the words
		}
	}
	find("退款", 1)
	find("marmalade never", 1)
	find("marmalade always", 0)
	if _, err := store.Execute(t.Context(), customer, state.ID, conversation.Command{
		Kind: conversation.Edit, Content: conversation.Content{Of: said.Seq, Text: "the honey never came"},
	}); err != nil {
		t.Fatal(err)
	}
	find("honey", 1)
	find("marmalade", 0)
}
