package replay

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/url"
	"sync"
	"time"

	"kefu/client"
	"kefu/internal/target"
)

const (
	sweepEvery  = 2 * time.Second
	sweepMargin = 30 * time.Second // of activity read again before the last sweep that worked
	maxPages    = 400
	maxWatched  = 150 // conversations in front of one agent; the protocol allows 200
)

// agent watches its share of the open conversations and answers the first
// words of each.
type agent struct {
	run     *run
	index   int
	token   string // secret
	api     *target.API
	journal *journal
	link    *client.Client

	mu    sync.Mutex
	known map[string]*talk
	seen  map[string]bool // conversations that were noticed before the customer knew them
	swept time.Time
	reads int64         // entries read so far
	wake  chan struct{} // capacity 1
}

// talk is a conversation of this agent's share.
type talk struct {
	answered bool
	last     int64 // the newest entry that was read
	read     int64 // when in the order of readings; 0: it is not watched
}

func (r *run) newAgent(index int, token string) (*agent, error) {
	journal, err := newJournal(r.dir, fmt.Sprintf("agent-%02d.journal", index))
	if err != nil {
		return nil, err
	}
	a := &agent{
		run: r, index: index, token: token, api: target.NewAPI(r.desk), journal: journal,
		known: map[string]*talk{}, seen: map[string]bool{}, wake: make(chan struct{}, 1),
	}
	a.api.Token = token
	a.link, err = client.New(client.Config{
		Target: client.Target{URL: r.desk}, Transport: r.transport, Role: "desk",
		Token:  func(context.Context) (string, error) { return token, nil },
		Handle: a.handle, Outbox: outbox{journal, r.fail},
	})
	return a, err
}

func (a *agent) handle(f client.Frame) {
	switch f := f.(type) {
	case *client.Event:
		a.event(f)
	case *client.Inbox:
		a.follow(f.Conv)
	case *client.Stored:
		a.run.owed.Add(-1)
	case *client.State, *client.Resync:
		select {
		case a.wake <- struct{}{}:
		default:
		}
	case *client.Error:
		a.run.say("the server refused an agent's frame: %s (%s)", f.Code, f.Ref)
		switch f.Ref {
		case "watch":
			a.lost(f.Conv)
		case "", "fetch", "ack", "read":
		default: // an answer; the checker says so
			a.run.owed.Add(-1)
		}
	}
}

func (a *agent) event(e *client.Event) {
	if err := a.journal.write(event(e)); err != nil {
		a.run.fail(err)
	}
	fromCustomer := e.Kind == "message" && e.Author != nil && e.Author.Kind == "customer"
	if fromCustomer {
		a.run.delivered.Add(1)
	}
	a.mu.Lock()
	t := a.known[e.Conv]
	if t == nil {
		t = &talk{}
		a.known[e.Conv] = t
	}
	t.last = e.Seq
	if t.read > 0 { // else it was left a moment ago
		a.reads++
		t.read = a.reads
	}
	first := fromCustomer && !t.answered
	t.answered = t.answered || first
	a.mu.Unlock()
	if !first {
		return
	}
	a.run.owed.Add(1)
	if _, err := a.link.Send(client.Outgoing{Conv: e.Conv, Text: "Thank you for writing. I am reading this and will look into it at once."}); err != nil {
		a.run.fail(err)
	}
}

// follow watches a conversation if it is this agent's share and the replay's,
// from where the agent has read it.
func (a *agent) follow(conv string) {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(conv))
	if int(hash.Sum32()%uint32(a.run.agents)) != a.index {
		return
	}
	ours := a.run.ours(conv)
	a.mu.Lock()
	t := a.known[conv]
	if t == nil && !ours {
		a.seen[conv] = true
		a.mu.Unlock()
		return
	}
	if t == nil {
		t = &talk{}
		a.known[conv] = t
		delete(a.seen, conv)
	}
	watched := t.read > 0
	if !watched {
		a.reads++
		t.read = a.reads
	}
	if left := a.leave(); left != "" {
		a.link.Unwatch(left) // under a.mu, so that nobody follows it anew before
	}
	if !watched {
		a.link.Watch(conv, t.last)
	}
	a.mu.Unlock()
}

// lost notes that the server does not let a conversation be watched. It is followed
// again when the inbox or the next sweep tells of it.
func (a *agent) lost(conv string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.known[conv]; t != nil {
		t.read = 0
	}
}

// leave picks the conversation that was read the longest ago when too many are
// watched. It is followed again when the inbox tells of it; a.mu is held.
func (a *agent) leave() string {
	watched, oldest := 0, ""
	for conv, t := range a.known {
		if t.read == 0 {
			continue
		}
		watched++
		if oldest == "" || t.read < a.known[oldest].read {
			oldest = conv
		}
	}
	if watched <= maxWatched {
		return ""
	}
	a.known[oldest].read = 0
	return oldest
}

// registered follows a conversation that the agent noticed earlier.
func (a *agent) registered(conv string) {
	a.mu.Lock()
	seen := a.seen[conv]
	a.mu.Unlock()
	if seen {
		a.follow(conv)
	}
}

// work runs the agent until ctx ends. What the inbox frames did not tell
// (because the connection was away, or the server was) is read from the list.
func (a *agent) work(ctx context.Context) error {
	defer a.journal.close()
	defer a.api.Close()
	a.link.WatchInbox()
	ended := make(chan error, 1)
	go func() { ended <- a.link.Run(ctx) }()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("replay: agent %d: %w", a.index, err)
		case <-a.wake:
		case <-tick.C:
		}
		a.sweep(ctx)
	}
}

// sweep reads the open conversations, newest activity first, back to what the
// last sweep has seen. An error is the next sweep's business: the server may
// just have been killed.
func (a *agent) sweep(ctx context.Context) {
	began, cursor := time.Now(), ""
	for range maxPages {
		var page struct {
			Items []struct {
				ID           string `json:"id"`
				LastActivity int64  `json:"last_activity"`
			} `json:"items"`
			Next string `json:"next"`
		}
		path := "/v1/conversations?view=all&status=open&limit=50"
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		if err := a.api.Get(ctx, path, &page); err != nil {
			return
		}
		oldest := began
		for _, item := range page.Items {
			a.follow(item.ID)
			oldest = time.UnixMicro(item.LastActivity)
		}
		if cursor = page.Next; cursor == "" || oldest.Before(a.swept.Add(-sweepMargin)) {
			break
		}
	}
	a.swept = began
}
