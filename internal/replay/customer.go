package replay

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/google/uuid"

	"kefu/client"
)

// outbox writes a client's messages into its journal.
type outbox struct {
	journal *journal
	fail    func(error)
}

func (o outbox) Keep(m client.Outgoing) error {
	return o.journal.write(record{Op: "send", Conv: m.Conv, ID: m.ID, Text: m.Text})
}

func (o outbox) Done(s client.Stored) error {
	r := record{Op: "stored", Conv: s.Conv, ID: s.ClientMsgID, Seq: s.Seq}
	if len(s.Classes) > 0 {
		r.Text, r.Rewrote = s.Text, true
	}
	err := o.journal.write(r)
	if err != nil {
		o.fail(err)
	}
	return err
}

// Drop is a message that the server will not have; it counts as lost.
func (o outbox) Drop(id, code string) error {
	return o.journal.write(record{Op: "drop", ID: id, Code: code})
}

// event is the journal's record of an entry.
func event(e *client.Event) record {
	r := record{Op: "event", Conv: e.Conv, Seq: e.Seq, Kind: e.Kind, ID: e.ClientMsgID}
	if e.Author != nil {
		r.Author = e.Author.Kind
	}
	var payload struct {
		Text string `json:"text"`
		Of   int64  `json:"of"`
	}
	if json.Unmarshal(e.Payload, &payload) == nil {
		r.Text = payload.Text
		if e.Kind == "edited" || e.Kind == "redacted" {
			r.Of = payload.Of
		}
	}
	return r
}

// customer asks its lines in one conversation and waits until each is stored
// and an agent has answered.
type customer struct {
	name    string
	lines   []string
	run     *run
	journal *journal

	mu       sync.Mutex
	settled  int // lines that are stored or refused
	answered bool
	done     chan struct{}
}

func (c *customer) handle(f client.Frame) {
	switch f := f.(type) {
	case *client.Event:
		if err := c.journal.write(event(f)); err != nil {
			c.run.fail(err)
		}
		if f.Kind == "message" && f.Author != nil && f.Author.Kind == "agent" {
			c.progress(func() { c.answered = true })
		}
	case *client.Stored:
		c.run.stored.Add(1)
		c.progress(func() { c.settled++ })
	case *client.Error:
		c.run.say("the server refused a customer's frame: %s (%s)", f.Code, f.Ref)
		c.progress(func() { c.settled++ })
	}
}

// progress makes a step and ends the customer's wait with the last one.
func (c *customer) progress(step func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.satisfied()
	step()
	if !was && c.satisfied() {
		close(c.done)
	}
}

func (c *customer) satisfied() bool { return c.answered && c.settled >= len(c.lines) }

// play runs the customer from the first word to the answer. It returns an error
// only where the whole run has to end; a customer who is left without an answer
// is counted by the checker.
func (c *customer) play(ctx context.Context) error {
	c.done = make(chan struct{})
	link, err := client.New(client.Config{
		Target: client.Target{URL: c.run.window}, Transport: c.run.transport, Role: "window",
		Token:  func(context.Context) (string, error) { return c.run.demo.CustomerToken(c.name) },
		Handle: c.handle, Outbox: outbox{c.journal, c.run.fail},
	})
	if err != nil {
		return err
	}
	waiting, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cancel(link.Run(waiting))
	}()
	defer func() { cancel(nil); <-ended }()
	if err := c.write(waiting, link); err != nil {
		return c.gaveUp(ctx, waiting, err)
	}
	select {
	case <-c.done:
	case <-time.After(c.run.patience):
		c.run.say("customer %s gave up waiting for an answer", c.name)
	case <-waiting.Done():
		return c.gaveUp(ctx, waiting, waiting.Err())
	}
	return nil
}

// gaveUp ends the run if the run is ending, and this customer otherwise.
func (c *customer) gaveUp(ctx, waiting context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.run.say("customer %s was cut off: %v: %v", c.name, err, context.Cause(waiting))
	return nil
}

func (c *customer) write(ctx context.Context, link *client.Client) error {
	conv, err := link.StartRef(ctx, uuid.NewString())
	if err != nil {
		return err
	}
	if err := c.journal.write(record{Op: "start", Customer: c.name, Conv: conv}); err != nil {
		return err
	}
	c.run.register(conv)
	for _, line := range c.lines {
		if err := c.run.pace.wait(ctx); err != nil {
			return err
		}
		if _, err := link.Send(client.Outgoing{Conv: conv, Text: line}); err != nil {
			return err
		}
		c.run.sent.Add(1)
	}
	return nil
}
