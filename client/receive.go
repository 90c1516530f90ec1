package client

import (
	"strconv"
	"time"
)

// receive deals with one server frame on Run's goroutine. A frame that cannot
// be read ends the connection: the log will be read again.
func (c *Client) receive(raw []byte) {
	decoded, err := Decode(raw)
	if err != nil {
		c.Drop()
		return
	}
	switch f := decoded.(type) {
	case nil, *pong:
	case *Welcome:
		c.welcome(f)
	case *Started:
		c.started(f)
	case *Stored:
		c.stored(f)
	case *Event:
		c.entries(f.Conv, func(t *tail) []*Event { return t.take(f) })
	case *missed:
		c.entries(f.Conv, func(t *tail) []*Event {
			if t.fetching {
				c.fetches--
			}
			return t.takeAll(f)
		})
	case *Resync:
		c.resync(f)
	case *Error:
		c.refusal(f)
	case *Closing:
		c.closing(f)
	default:
		c.config.Handle(decoded)
	}
}

func (c *Client) welcome(w *Welcome) {
	c.mu.Lock()
	c.welcomed = true
	if w.Visitor != "" {
		c.visitor = w.Visitor
	}
	if stream, ok := c.link.(*streamLink); ok {
		stream.renew(w.Session)
	}
	for _, line := range w.Conversations { // after an identify, what came meanwhile
		if t := c.tails[line.Conv]; t != nil && line.LastSeq > t.have {
			t.wanted = true
		}
	}
	by := c.link.transport()
	c.lastSent = time.Now()
	c.wakeIn(pingEvery)
	c.mu.Unlock()
	c.config.Handle(&State{Online: true, Transport: by})
	c.config.Handle(w)

	c.mu.Lock()
	defer c.mu.Unlock()
	for _, head := range c.out.heads() {
		head.notUntil = time.Time{}
	}
	c.everything()
	c.wakeIn(ackDelay)
}

// everything asks for all that this client wants of a connection that knows
// nothing of it, or may have missed some of it; c.mu is held.
func (c *Client) everything() {
	if c.inbox {
		c.write(watchInboxFrame())
	}
	for _, conv := range c.left { // else the server counts them for ever
		if t := c.tails[conv]; t == nil || !t.watched {
			c.write(unwatchFrame(conv))
		}
	}
	for conv, t := range c.tails {
		if t.watched {
			c.write(AppendWatch(nil, conv))
		}
	}
	for _, s := range c.starts {
		c.write(s.frame)
	}
	c.transmitAll()
	c.fetchWanted()
}

func (c *Client) started(f *Started) {
	c.mu.Lock()
	s := c.starts[f.Ref]
	delete(c.starts, f.Ref)
	if c.tails[f.Conv] == nil {
		c.tails[f.Conv] = &tail{}
	}
	c.mu.Unlock()
	if s != nil {
		s.done <- f.Conv
		c.config.Handle(f)
	}
}

func (c *Client) stored(f *Stored) {
	c.mu.Lock()
	w := c.out.byID[f.ClientMsgID]
	if w != nil {
		c.transmit(c.out.remove(w))
	}
	c.mu.Unlock()
	if w == nil {
		return
	}
	// The message is stored whatever becomes of our note of it: at worst it is
	// sent once more by a later run, which stores nothing.
	_ = c.noted(func(o Outbox) error { return o.Done(*f) })
	c.config.Handle(f)
}

// entries hands on what has come in order and asks for what is missing.
func (c *Client) entries(conv string, take func(*tail) []*Event) {
	c.mu.Lock()
	t := c.tails[conv]
	if t == nil {
		if c.config.Role == "desk" { // an answer that crossed with Unwatch
			c.mu.Unlock()
			return
		}
		t = &tail{}
		c.tails[conv] = t
	}
	ready := take(t)
	c.fetchWanted()
	c.mu.Unlock()
	for _, event := range ready {
		c.config.Handle(event)
	}
	if len(ready) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	last := ready[len(ready)-1].Seq
	t.given = max(t.given, last)
	if !c.config.ManualAck && last > t.acked {
		t.acked, t.ackDue = last, true
		c.wakeIn(ackDelay)
	}
}

// sendAcks acknowledges what has been handed on since; c.mu is held.
func (c *Client) sendAcks() {
	for conv, t := range c.tails {
		if t.ackDue && c.write(AppendAck(nil, conv, t.acked)) {
			t.ackDue = false
		}
	}
}

// fetchWanted asks for missing stretches, a few at a time; c.mu is held.
func (c *Client) fetchWanted() {
	if !c.welcomed || !c.quiet.IsZero() { // what is wanted is asked for when the silence ends
		return
	}
	for conv, t := range c.tails {
		if c.fetches >= fetchesAtOnce {
			return
		}
		if !t.wanted || t.fetching || time.Now().Before(t.notUntil) {
			continue
		}
		t.wanted, t.fetching = false, true
		c.fetches++
		frame := append([]byte(`{"t":"fetch","conv":"`), conv...)
		frame = append(frame, `","after_seq":`...)
		c.write(append(strconv.AppendInt(frame, t.have, 10), '}'))
	}
}

// resync reads again whatever may have been dropped: entries, and answers to
// start and send, for which the same question brings the same answer.
func (c *Client) resync(f *Resync) {
	c.mu.Lock()
	for conv, t := range c.tails {
		if f.Conv == "" || f.Conv == conv {
			if t.fetching {
				c.fetches--
			}
			t.fetching, t.wanted = false, true
		}
	}
	for _, s := range c.starts {
		c.write(s.frame)
	}
	c.transmitAll()
	c.fetchWanted()
	c.mu.Unlock()
	c.config.Handle(f)
}

// refusal sorts an error frame: by what it is about, and whether it mends.
func (c *Client) refusal(f *Error) {
	c.mu.Lock()
	after := time.Duration(f.RetryAfterMS) * time.Millisecond
	if !c.welcomed {
		c.refused = &refused{f.Code, after}
		c.link.close()
		c.mu.Unlock()
		return
	}
	if f.Code == "rate_limited" && f.Ref == "" {
		c.hush(orPause(after))
		c.mu.Unlock()
		return
	}
	if w := c.out.byID[f.Ref]; w != nil {
		c.refusedMessage(w, f, after)
		return
	}
	if s := c.starts[f.Ref]; s != nil {
		c.refusedStart(s, f, after)
		return
	}
	if f.Ref == "fetch" && c.refusedFetch(f, orPause(after)) {
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	c.config.Handle(f)
}

// hush is silent for a while, because the server let frames drop without saying
// which, and asks for everything again afterwards; c.mu is held.
func (c *Client) hush(wait time.Duration) {
	c.quiet = time.Now().Add(wait)
	c.fetches = 0
	for _, t := range c.tails {
		t.fetching, t.wanted, t.ackDue = false, true, t.acked > 0
	}
	c.wakeIn(wait)
}

// refusedFetch tells whether the fetch is worth trying again, which it arranges.
// The error need not name its conversation: then it may be any; c.mu is held.
func (c *Client) refusedFetch(f *Error, after time.Duration) bool {
	again := mends(f.Code)
	for conv, t := range c.tails {
		if !t.fetching || (f.Conv != "" && f.Conv != conv) {
			continue
		}
		t.fetching = false
		c.fetches--
		if t.wanted = again || f.Conv == ""; t.wanted {
			t.notUntil = time.Now().Add(after)
			c.wakeIn(after)
		} else {
			delete(c.tails, conv)
		}
	}
	return again
}

// orPause is how long to wait before trying again: as long as the server says.
func orPause(after time.Duration) time.Duration {
	if after > 0 {
		return after
	}
	return retryPause
}

func mends(code string) bool {
	return code == "rate_limited" || code == "unavailable" || code == "internal"
}

// refusedMessage is called with c.mu held and releases it.
func (c *Client) refusedMessage(w *waiting, f *Error, after time.Duration) {
	switch {
	case mends(f.Code):
		after = orPause(after)
		w.notUntil = time.Now().Add(after)
		c.wakeIn(after)
		c.mu.Unlock()
		return
	case f.Code == "merged" && f.Conv != "" && f.Conv != w.Conv:
		c.out.move(w.Conv, f.Conv)
		c.transmit(c.out.queues[f.Conv][0])
		c.mu.Unlock()
		return
	}
	c.transmit(c.out.remove(w))
	c.mu.Unlock()
	_ = c.noted(func(o Outbox) error { return o.Drop(w.ID, f.Code) }) // the handler is told as well
	c.config.Handle(f)
}

// refusedStart is called with c.mu held and releases it.
func (c *Client) refusedStart(s *start, f *Error, after time.Duration) {
	defer c.mu.Unlock()
	if !mends(f.Code) {
		delete(c.starts, f.Ref)
		s.done <- ""
		return
	}
	time.AfterFunc(orPause(after), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.welcomed && c.starts[f.Ref] == s {
			c.write(s.frame)
		}
	})
}

func (c *Client) closing(f *Closing) {
	c.mu.Lock()
	c.hold = time.Duration(f.RetryAfterMS) * time.Millisecond
	if final(f.Reason) {
		c.refused = &refused{code: f.Reason}
		c.link.close()
	}
	c.mu.Unlock()
	c.config.Handle(f)
}
