package e2e_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"kefu/client"
)

// answerLimit is how long a test waits for what must come.
const answerLimit = 20 * time.Second

// talker is one side of conversations, with everything it was told.
type talker struct {
	*client.Client
	t *testing.T

	mu     sync.Mutex
	change chan struct{} // closed and made anew with every frame
	stored map[string]*client.Stored
	failed map[string]string // message → code
	events []client.Event
	welcom *client.Welcome
	states []client.State
	ending string // reason of the last closing
	ended  error  // of the client's Run
}

// talk connects a client and waits for its welcome. It ends with the test.
func talk(t *testing.T, config client.Config) *talker {
	t.Helper()
	k := &talker{t: t, change: make(chan struct{}), stored: map[string]*client.Stored{}, failed: map[string]string{}}
	config.Handle = k.handle
	if config.Pause == nil {
		config.Pause = func(int) time.Duration { return 50 * time.Millisecond }
	}
	var err error
	if k.Client, err = client.New(config); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := k.Run(ctx) // how it ends is the server's choice in some tests
		k.mu.Lock()
		defer k.mu.Unlock()
		k.ended = err
	}()
	t.Cleanup(func() { cancel(); <-ended })
	k.until("a welcome", func() bool { return k.welcom != nil })
	return k
}

// customer is a window of a customer who signed in to the demo's wallet. What it
// has of conversations it comes back to is said by resume.
func (s *server) customer(name string, by client.Transport, resume ...client.Position) *talker {
	s.t.Helper()
	demo := s.demo()
	return talk(s.t, client.Config{
		Target: client.Target{URL: s.base()}, Transport: by, Role: "window", Lang: "en", Resume: resume,
		Token: func(context.Context) (string, error) { return demo.CustomerToken(name) },
	})
}

func (k *talker) handle(f client.Frame) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch f := f.(type) {
	case *client.Welcome:
		k.welcom = f
	case *client.Stored:
		k.stored[f.ClientMsgID] = f
	case *client.Error:
		k.failed[f.Ref] = f.Code
	case *client.Event:
		k.events = append(k.events, *f)
	case *client.State:
		k.states = append(k.states, *f)
	case *client.Closing:
		k.ending = f.Reason
	}
	close(k.change)
	k.change = make(chan struct{})
}

// until waits for something to become true of what was told.
func (k *talker) until(what string, is func() bool) {
	k.t.Helper()
	k.within(answerLimit, what, is)
}

// within is until with patience of its own.
func (k *talker) within(patience time.Duration, what string, is func() bool) {
	k.t.Helper()
	limit := time.After(patience)
	for {
		k.mu.Lock()
		done, change := is(), k.change
		k.mu.Unlock()
		if done {
			return
		}
		select {
		case <-change:
		case <-limit:
			k.mu.Lock()
			defer k.mu.Unlock()
			k.t.Fatalf("there was no sign of %s within %s: %d messages stored, refused %v, connection %+v, its end %v",
				what, patience, len(k.stored), k.failed, k.states[max(0, len(k.states)-1):], k.ended)
		}
	}
}

// begin starts a conversation.
func (k *talker) begin() string {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), answerLimit)
	defer cancel()
	conv, err := k.Start(ctx)
	if err != nil {
		k.t.Fatal(err)
	}
	return conv
}

// say sends a message and waits until it is stored.
func (k *talker) say(conv, text string) *client.Stored {
	k.t.Helper()
	id := k.send(client.Outgoing{Conv: conv, Text: text})
	k.until("an acknowledgement", func() bool { return k.stored[id] != nil || k.failed[id] != "" })
	k.mu.Lock()
	defer k.mu.Unlock()
	if code := k.failed[id]; code != "" {
		k.t.Fatalf("%q was refused: %s", text, code)
	}
	return k.stored[id]
}

func (k *talker) send(m client.Outgoing) string {
	k.t.Helper()
	id, err := k.Send(m)
	if err != nil {
		k.t.Fatal(err)
	}
	return id
}
