package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	pingEvery      = 25 * time.Second
	firstPause     = 500 * time.Millisecond
	longestPause   = 30 * time.Second
	welcomeTimeout = 10 * time.Second
	resumeLimit    = 50 // conversations in one hello
	fetchesAtOnce  = 16
	retryPause     = time.Second // before trying again, where the server does not say
	defaultQueue   = 1000
	refusalsInARow = 3                      // of hello, before Run gives up
	answerTimeout  = 15 * time.Second       // of a message; asking again stores nothing twice
	ackDelay       = 300 * time.Millisecond // one ack for all that comes meanwhile
)

// Config is what a Client is made of.
type Config struct {
	Target    Target
	Transport Transport // Auto where empty
	Role      string    // "window" or "desk"
	Lang      string
	Offers    bool // of a desk: the agent takes offers over this connection

	// Token gives a fresh token for each connection; nil for a visitor. An empty
	// token is left out of hello.
	Token func(ctx context.Context) (string, error)
	// Visitor is the visitor secret of an earlier welcome. A newer one in a
	// welcome replaces it for this Client's later connections.
	Visitor string

	// Handle is given every frame that concerns the program, one at a time, on
	// Run's goroutine. The entries of a conversation (*Event) come in order,
	// each once. It must not call Start, and should not take long.
	Handle func(Frame)

	Resume     []Position // what the program already has
	Outbox     Outbox     // nil: messages live as long as the Client
	Unsent     []Outgoing // what an earlier run kept and never saw stored, oldest first
	QueueLimit int        // messages waiting; 1,000 where 0
	ManualAck  bool       // do not acknowledge entries once Handle has returned

	Pause func(try int) time.Duration // nil: section 6 of the protocol
}

// Client keeps one side of conversations connected. Make it with New, drive it
// with Run; everything else may be called from any goroutine at any time.
type Client struct {
	config  Config
	sending sync.Mutex // keeps the outbox and the queue in the same order
	keeping sync.Mutex // held for each call of the outbox

	mu       sync.Mutex
	link     link
	welcomed bool
	visitor  string
	out      *outgoing
	tails    map[string]*tail
	left     []string // unwatched on this connection, the newest last: the server may have let the frame drop
	fetches  int
	inbox    bool
	starts   map[string]*start
	wake     *time.Timer
	wakeAt   time.Time
	lastSent time.Time
	quiet    time.Time     // until when the server hears nothing, after it sent too much
	hold     time.Duration // the server's retry_after for the next connection
	refused  *refused
}

type start struct {
	frame []byte
	done  chan string // capacity 1
}

// refused is the end of a connection that the server would not welcome or that
// it ended for good.
type refused struct {
	code  string
	after time.Duration
}

// Error implements error.
func (r *refused) Error() string { return "client: the server refused the connection: " + r.code }

// New makes a Client; it does nothing before Run.
func New(config Config) (*Client, error) {
	if _, err := baseURL(config.Target.URL); err != nil {
		return nil, err
	}
	if config.Role != "window" && config.Role != "desk" {
		return nil, fmt.Errorf("client: role %q is neither window nor desk", config.Role)
	}
	if config.Handle == nil {
		config.Handle = func(Frame) {}
	}
	if config.QueueLimit == 0 {
		config.QueueLimit = defaultQueue
	}
	if config.Pause == nil {
		config.Pause = pause
	}
	c := &Client{
		config: config, visitor: config.Visitor, out: newOutgoing(),
		tails: map[string]*tail{}, starts: map[string]*start{},
	}
	for _, position := range config.Resume {
		c.tails[position.Conv] = &tail{have: position.LastSeq, given: position.LastSeq, acked: position.LastSeq}
	}
	for _, message := range config.Unsent {
		c.out.add(message)
	}
	return c, nil
}

// Run connects and reconnects until ctx ends or the server refuses this client
// for good: its access was revoked, it was replaced, or hello was refused three
// times in a row for a reason that does not pass by itself. It returns ctx's error or the refusal.
func (c *Client) Run(ctx context.Context) error {
	defer c.stopTimers()
	refusals := 0
	for try := 0; ; try++ {
		welcomed, err := c.connection(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var no *refused
		if errors.As(err, &no) {
			if !mends(no.code) {
				refusals++
			}
			if final(no.code) || refusals >= refusalsInARow {
				return err
			}
		} else {
			refusals = 0
		}
		if welcomed {
			try = 0
		}
		wait := max(c.config.Pause(try), c.takeHold())
		if no != nil {
			wait = max(wait, no.after)
		}
		var rejected *Rejected
		if errors.As(err, &rejected) {
			wait = max(wait, rejected.RetryAfter)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func final(code string) bool { return code == "revoked" || code == "replaced" || code == "forbidden" }

// pause is section 6 of the protocol: random below min(30 s, 0.5 s · 2ⁿ).
func pause(try int) time.Duration {
	limit := longestPause
	if try < 6 {
		limit = min(limit, firstPause<<try)
	}
	return rand.N(limit)
}

func (c *Client) takeHold() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	hold := c.hold
	c.hold = 0
	return hold
}

// connection is one connection, from dialling to its end; it tells whether the
// server ever said welcome.
func (c *Client) connection(ctx context.Context) (welcomed bool, err error) {
	token := ""
	if c.config.Token != nil {
		if token, err = c.config.Token(ctx); err != nil {
			return false, fmt.Errorf("client: getting a token: %w", err)
		}
	}
	live, err := openLink(ctx, c.config.Transport, c.config.Target, func(by Transport) []byte {
		return c.hello(token, by).Frame()
	})
	if err != nil {
		return false, err
	}
	stop := context.AfterFunc(ctx, live.close)
	defer stop()
	unwelcome := time.AfterFunc(welcomeTimeout, func() { c.closeUnwelcome(live) })
	defer unwelcome.Stop()
	c.mu.Lock()
	c.link, c.refused = live, nil
	c.mu.Unlock()
	err = live.run(c.receive)
	live.close()
	return c.ended(live, err)
}

func (c *Client) closeUnwelcome(live link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == live && !c.welcomed {
		live.close()
	}
}

func (c *Client) ended(live link, err error) (welcomed bool, cause error) {
	c.mu.Lock()
	was, no := c.welcomed, c.refused
	c.link, c.welcomed, c.left, c.fetches, c.quiet = nil, false, nil, 0, time.Time{}
	for _, t := range c.tails {
		t.fetching = false
	}
	c.mu.Unlock()
	if was {
		c.config.Handle(&State{Online: false, Transport: live.transport(), Cause: err})
	}
	if no != nil {
		return was, no
	}
	return was, err
}

// hello says what this client has. A desk resumes by watching again, and a
// stream by fetching: both would otherwise miss what happens between the answer
// to hello and the moment from which events come.
func (c *Client) hello(token string, by Transport) Hello {
	c.mu.Lock()
	defer c.mu.Unlock()
	hello := Hello{Role: c.config.Role, Token: token, Visitor: c.visitor, Lang: c.config.Lang}
	if c.config.Offers {
		hello.Caps = append(hello.Caps, "offers")
	}
	if by == Stream || c.config.Role == "desk" {
		for _, t := range c.tails {
			t.wanted = true
		}
		return hello
	}
	for conv, t := range c.tails {
		if t.wanted = len(hello.Resume) == resumeLimit; !t.wanted {
			hello.Resume = append(hello.Resume, Position{Conv: conv, LastSeq: t.have})
		}
	}
	return hello
}

// Start begins a conversation and waits until the server has stored it. It
// survives lost connections; ctx bounds it.
func (c *Client) Start(ctx context.Context) (conv string, err error) {
	ref, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("client: %w", err)
	}
	return c.StartRef(ctx, ref.String())
}

// StartRef is Start with the caller's own reference (a UUID): the same one
// gives the same conversation, also in a later life of the program.
func (c *Client) StartRef(ctx context.Context, ref string) (conv string, err error) {
	s := &start{frame: AppendStart(nil, ref), done: make(chan string, 1)}
	c.mu.Lock()
	c.starts[ref] = s
	if c.welcomed {
		c.write(s.frame)
	}
	c.mu.Unlock()
	select {
	case conv := <-s.done:
		if conv == "" {
			return "", errors.New("client: the server refused to start a conversation")
		}
		return conv, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.starts, ref)
		c.mu.Unlock()
		return "", fmt.Errorf("client: starting a conversation: %w", ctx.Err())
	}
}

// Watch asks for everything that happens in conv after entry number after (0:
// from its beginning), for a desk.
func (c *Client) Watch(conv string, after int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tails[conv]
	if t == nil {
		t = &tail{have: after, given: after, acked: after}
		c.tails[conv] = t
	}
	t.watched, t.wanted = true, true
	if c.welcomed {
		c.write(AppendWatch(nil, conv))
		c.fetchWanted()
	}
}

// Unwatch ends Watch and forgets the conversation.
func (c *Client) Unwatch(conv string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.tails[conv]; t != nil && t.fetching { // its answer will find nobody who counts it
		c.fetches--
	}
	delete(c.tails, conv)
	if c.left = append(c.left, conv); len(c.left) > maxLeft {
		c.left = c.left[1:]
	}
	if c.welcomed {
		c.write(unwatchFrame(conv))
	}
	c.fetchWanted()
}

// maxLeft is more than can be watched at once.
const maxLeft = 256

func unwatchFrame(conv string) []byte { return []byte(`{"t":"unwatch","conv":"` + conv + `"}`) }

// WatchInbox asks for changes of the inbox, for a desk.
func (c *Client) WatchInbox() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = true
	if c.welcomed {
		c.write(watchInboxFrame())
	}
}

// Positions are what the program has been handed and is done with, to resume from
// in a later life. While Handle runs, its entry is not among them.
func (c *Client) Positions() []Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Position, 0, len(c.tails))
	for conv, t := range c.tails {
		all = append(all, Position{Conv: conv, LastSeq: t.given})
	}
	return all
}

// Tell sends a frame that nothing waits for (read, typing, human, identify) and
// reports whether there was a connection to send it on.
func (c *Client) Tell(frame []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.welcomed && c.write(frame)
}

// Drop cuts the current connection; Run makes a new one. For tests and for
// programs that know that the network changed.
func (c *Client) Drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		c.link.close()
	}
}

// write sends a frame on the current connection; c.mu is held.
func (c *Client) write(frame []byte) bool {
	if c.link == nil || !c.quiet.IsZero() {
		return false
	}
	if err := c.link.write(frame); err != nil {
		c.link.close()
		return false
	}
	c.lastSent = time.Now()
	return true
}

func watchInboxFrame() []byte { return []byte(`{"t":"watch","inbox":true}`) }

// wakeIn makes the client look again after d; c.mu is held.
func (c *Client) wakeIn(d time.Duration) {
	at := time.Now().Add(d)
	if c.wake == nil {
		c.wake, c.wakeAt = time.AfterFunc(d, c.woken), at
	} else if c.wakeAt.IsZero() || at.Before(c.wakeAt) {
		c.wake.Reset(d)
		c.wakeAt = at
	}
}

func (c *Client) woken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakeAt = time.Time{}
	if !c.welcomed {
		return
	}
	now := time.Now()
	if wait := c.quiet.Sub(now); wait > 0 {
		c.wakeIn(wait)
		return
	}
	if !c.quiet.IsZero() {
		c.quiet = time.Time{}
		c.everything()
	}
	soonest := pingEvery
	for _, w := range c.out.heads() {
		if w.notUntil.IsZero() {
			if now.Sub(w.sent) > answerTimeout {
				c.transmit(w)
			}
			continue
		}
		if wait := w.notUntil.Sub(now); wait > 0 {
			soonest = min(soonest, wait)
			continue
		}
		w.notUntil = time.Time{}
		c.transmit(w)
	}
	if idle := now.Sub(c.lastSent); idle >= pingEvery {
		c.write(AppendPing(nil))
	} else {
		soonest = min(soonest, pingEvery-idle)
	}
	for _, t := range c.tails {
		if wait := t.notUntil.Sub(now); wait > 0 {
			soonest = min(soonest, wait)
		}
	}
	c.sendAcks()
	c.fetchWanted()
	c.wakeIn(max(soonest, time.Millisecond))
}

func (c *Client) stopTimers() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wake != nil {
		c.wake.Stop()
	}
}
