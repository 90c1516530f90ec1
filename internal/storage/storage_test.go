package storage_test

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

// each runs a test on both engines, with one process that serves.
func each(t *testing.T, run func(t *testing.T, s *site)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		run(t, &site{T: t, Deployment: d, Process: d.Open(t)})
	})
}

// site is a deployment with a process, and short words for what tests do with it.
type site struct {
	*testing.T
	*storagetest.Deployment
	*storagetest.Process
}

func visitor() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
}

func staffWith(role identity.Role) identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: role, Session: id.New()}
}

func agent() identity.Principal { return staffWith(identity.Agent) }

func start(t testing.TB, s *storage.Store, p identity.Principal) conversation.State {
	t.Helper()
	state, err := s.StartConversation(context.Background(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func (s *site) start(p identity.Principal) conversation.State {
	s.Helper()
	return start(s.T, s.Store, p)
}

func sending(text string) conversation.Command {
	return conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}}
}

func noting(text string) conversation.Command {
	c := sending(text)
	c.Kind = conversation.Note
	return c
}

func setting(status conversation.Status) conversation.Command {
	return conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: status}}
}

// do executes a command that must succeed.
func (s *site) do(p identity.Principal, conv string, c conversation.Command) conversation.Result {
	s.Helper()
	r, err := s.Execute(context.Background(), p, conv, c)
	if err != nil {
		s.Fatalf("%s: %v", c.Kind, err)
	}
	return r
}

func (s *site) say(p identity.Principal, conv, text string) conversation.Result {
	s.Helper()
	return s.do(p, conv, sending(text))
}

// refused executes a command that must fail with a code.
func (s *site) refused(code fault.Code, p identity.Principal, conv string, c conversation.Command) {
	s.Helper()
	if _, err := s.Execute(context.Background(), p, conv, c); !fault.Is(err, code) {
		s.Errorf("%s by %s %s: %v, want %s", c.Kind, p.Kind, p.Role, err, code)
	}
}

func (s *site) state(conv string) conversation.State {
	s.Helper()
	state, err := s.Conversation(context.Background(), identity.SystemPart("test"), conv)
	if err != nil {
		s.Fatal(err)
	}
	return state
}

func (s *site) entries(p identity.Principal, conv string) []conversation.Entry {
	s.Helper()
	entries, _, err := s.Entries(context.Background(), p, conv, conversation.EntryRange{})
	if err != nil {
		s.Fatal(err)
	}
	return entries
}

// log is the log in short: kinds, and texts where there are some.
func (s *site) log(p identity.Principal, conv string) string {
	s.Helper()
	var lines []string
	for _, e := range s.entries(p, conv) {
		line := string(e.Kind)
		if e.Content.Text != "" {
			line += " " + e.Content.Text
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) want(code fault.Code, err error) {
	s.Helper()
	if !fault.Is(err, code) {
		s.Errorf("error %v, want %s", err, code)
	}
}

// batch opens another process that commits nothing until Start, so that what it
// is given meanwhile becomes one transaction.
func (s *site) batch() *site {
	s.Helper()
	return &site{T: s.T, Deployment: s.Deployment, Process: s.OpenIdle(s.T)}
}

// submit queues a command; the answer comes later.
func (s *site) submit(p identity.Principal, conv string, c conversation.Command) <-chan conversation.Result {
	s.Helper()
	answer := make(chan conversation.Result, 1)
	s.must(s.Submit(context.Background(), &conversation.Change{Principal: p, ConversationID: conv, Command: c, Done: func(r conversation.Result) { answer <- r }}))
	return answer
}

// queue starts a call of an idle process and returns when its request waits.
func (s *site) queue(call func() error) <-chan error {
	s.Helper()
	before := s.Waiting()
	done := make(chan error, 1)
	go func() { done <- call() }()
	for s.Waiting() == before {
		runtime.Gosched()
	}
	return done
}
