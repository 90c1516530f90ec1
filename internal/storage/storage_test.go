package storage_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/platform/keyring"
	"kefu/internal/platform/secret"
	"kefu/internal/storage"
)

// engines runs a test on both engines. PostgreSQL is the server that
// KEFU_TEST_POSTGRES names; CI fails without it, elsewhere the test is skipped.
func engines(t *testing.T, run func(t *testing.T, s *storage.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, open(t, "")) })
	t.Run("postgres", func(t *testing.T) { run(t, open(t, postgresDSN(t))) })
}

func postgresDSN(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("KEFU_TEST_POSTGRES")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("KEFU_TEST_POSTGRES is not set: CI needs PostgreSQL")
		}
		t.Skip("KEFU_TEST_POSTGRES is not set")
	}
	return freshDatabase(t, dsn)
}

func open(t testing.TB, dsn string) *storage.Store {
	t.Helper()
	dir := t.TempDir()
	ring, err := keyring.Open(dir+"/keys", secret.GenerateMaster(), keyring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := storage.Open(context.Background(), storage.Options{Dir: dir, Database: dsn, Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := ring.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func visitor() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent, Session: id.New()}
}

func start(t testing.TB, s *storage.Store, p identity.Principal) conversation.State {
	t.Helper()
	state, err := s.StartConversation(context.Background(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func say(t testing.TB, s *storage.Store, p identity.Principal, conv, text string) conversation.Result {
	t.Helper()
	r, err := s.Execute(context.Background(), p, conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMessagesComeBackInOrder(t *testing.T) {
	engines(t, func(t *testing.T, s *storage.Store) {
		p := visitor()
		conv := start(t, s, p)
		for i := range 5 {
			r := say(t, s, p, conv.ID, fmt.Sprintf("message %d 你好", i))
			if r.Seq != int64(i+1) {
				t.Fatalf("message %d got seq %d", i, r.Seq)
			}
		}
		entries, more, err := s.Entries(context.Background(), p, conv.ID, conversation.EntryRange{Limit: 3})
		if err != nil || !more || len(entries) != 3 {
			t.Fatalf("entries = %d, more = %v, err = %v", len(entries), more, err)
		}
		for i, e := range entries {
			if want := fmt.Sprintf("message %d 你好", i); e.Content.Text != want || e.Seq != int64(i+1) {
				t.Errorf("entry %d = %d %q", i, e.Seq, e.Content.Text)
			}
		}
		lines, err := s.Inbox(context.Background(), agent(), conversation.InboxQuery{Status: conversation.Open, Assignee: conversation.Assignee{Any: true}, Limit: 10})
		if err != nil || len(lines) != 1 || lines[0].Preview.Content.Text != "message 4 你好" || lines[0].State.Unread != 5 {
			t.Fatalf("inbox = %+v, err = %v", lines, err)
		}
	})
}
