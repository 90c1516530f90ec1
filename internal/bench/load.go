package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/client"
)

const (
	dialsAtOnce   = 32
	setupTimeout  = 2 * time.Minute
	drainTimeout  = 30 * time.Second
	pingEvery     = 20 * time.Second
	bodyBytes     = 112
	senders       = 2 // goroutines of an open loop
	openLoopPulse = 500 * time.Microsecond
)

// The phases of a load, in order.
const (
	preparing int32 = iota
	warming
	measuring
	draining
)

// load is one run of many visitors and some agents against one server, over the
// protocol of docs/protocol.md.
type load struct {
	window, desk string
	visitors     int
	agents       int
	warm         time.Duration
	duration     time.Duration
	rate         float64 // messages a second; 0: every visitor sends when its last message is stored
	token        func(visitor int) (string, error)
	agentToken   string
	silent       bool                 // visitors say hello and nothing more
	patience     time.Duration        // for what is still on its way at the end; 30 s where 0
	cpu          func() time.Duration // of the server; nil where it is not ours
	databaseCPU  func() time.Duration // of PostgreSQL's processes; nil without

	phase   atomic.Int32
	run     uint64 // tells the ids of this run from others'
	ack     *histogram
	deliver *histogram
	people  []*visitor
	desks   []*agent
	conns   errgroup.Group
	ready   sync.WaitGroup
	failure atomic.Pointer[error]
	closed  atomic.Bool
}

// outcome is what a load found.
type outcome struct {
	messages       uint64 // stored and acknowledged while measuring
	perSecond      float64
	ackP50, ackP99 float64 // ms
	delP50, delP99 float64 // ms
	lost           int     // acknowledged and not delivered, or never acknowledged
	duplicated     int     // stored under two sequence numbers
	cpuPerMessage  float64 // µs of the server
	databaseCPU    float64 // µs of PostgreSQL for each message
	lastWords      []string
	ended          time.Time
}

func (l *load) measure(ctx context.Context) (*outcome, error) {
	l.run = rand.Uint64() & (1<<10 - 1)
	l.ack, l.deliver = newHistogram(), newHistogram()
	defer l.close()
	if err := l.connect(ctx); err != nil {
		return nil, err
	}
	stopPings := l.keepAlive()
	defer stopPings()
	l.phase.Store(warming)
	if l.rate > 0 {
		for s := range senders {
			l.conns.Go(func() error { l.openLoop(ctx, s); return nil })
		}
	} else {
		for _, v := range l.people {
			v.sendNow()
		}
	}
	if err := l.sleep(ctx, l.warm); err != nil {
		return nil, err
	}
	began, before, databaseBefore := time.Now(), used(l.cpu), used(l.databaseCPU)
	l.phase.Store(measuring)
	if err := l.sleep(ctx, l.duration); err != nil {
		return nil, err
	}
	l.phase.Store(draining)
	seconds, own, database := time.Since(began).Seconds(), used(l.cpu)-before, used(l.databaseCPU)-databaseBefore
	out := &outcome{ended: time.Now(), messages: l.ack.total()}
	l.drain(ctx)
	out.perSecond = float64(out.messages) / seconds
	if out.messages > 0 {
		out.cpuPerMessage = float64(own.Microseconds()) / float64(out.messages)
		out.databaseCPU = float64(database.Microseconds()) / float64(out.messages)
	}
	l.conclude(out)
	return out, l.failed()
}

func used(cpu func() time.Duration) time.Duration {
	if cpu == nil {
		return 0
	}
	return cpu()
}

func (l *load) sleep(ctx context.Context, d time.Duration) error {
	const step = 100 * time.Millisecond
	for end := time.Now().Add(d); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(step, time.Until(end))):
		}
		if err := l.failed(); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) fail(err error) { l.failure.CompareAndSwap(nil, &err) }

func (l *load) failed() error {
	if err := l.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// connect opens every visitor's connection and conversation, then the agents',
// who watch their share of them.
func (l *load) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	l.people = make([]*visitor, l.visitors)
	l.ready.Add(l.visitors)
	if err := l.dialAll(ctx, l.visitors, l.openVisitor); err != nil {
		return err
	}
	if err := l.waitReady(ctx, "visitors"); err != nil {
		return err
	}
	l.desks = make([]*agent, l.agents)
	l.ready.Add(l.agents)
	if err := l.dialAll(ctx, l.agents, l.openAgent); err != nil {
		return err
	}
	return l.waitReady(ctx, "agents")
}

func (l *load) dialAll(ctx context.Context, n int, open func(context.Context, int) error) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(dialsAtOnce)
	for i := range n {
		group.Go(func() error { return open(inner, i) })
	}
	return group.Wait()
}

func (l *load) waitReady(ctx context.Context, who string) error {
	done := make(chan struct{})
	go func() { l.ready.Wait(); close(done) }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("bench: the %s were not all ready: %w", who, ctx.Err())
		case <-tick.C:
			if err := l.failed(); err != nil {
				return err
			}
		}
	}
}

// keepAlive pings the connections, which the server would take for dead.
func (l *load) keepAlive() (stop func()) {
	ended := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(pingEvery)
		defer tick.Stop()
		ping := client.AppendPing(nil)
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
			for _, a := range l.desks {
				_ = a.conn.Write(ping)
			}
			for _, v := range l.people {
				_ = v.conn.Write(ping)
				time.Sleep(20 * time.Microsecond) // not all in one burst
			}
		}
	})
	return func() { close(ended); group.Wait() }
}

// openLoop sends at the load's rate, whatever the server does, and counts each
// message from the moment it was due.
func (l *load) openLoop(ctx context.Context, sender int) {
	every := time.Duration(float64(time.Second) * senders / l.rate)
	due := time.Now().Add(every * time.Duration(sender) / senders)
	for i := sender; l.phase.Load() < draining && ctx.Err() == nil; {
		now := time.Now()
		if wait := due.Sub(now); wait > 0 {
			time.Sleep(max(wait, openLoopPulse))
			continue
		}
		l.people[i%len(l.people)].sendDue(due)
		i += senders
		due = due.Add(every)
	}
}

// drain waits until what was sent has been stored and delivered, or for as long
// as the load is patient.
func (l *load) drain(ctx context.Context) {
	for end := time.Now().Add(cmp.Or(l.patience, drainTimeout)); time.Now().Before(end) && ctx.Err() == nil; {
		if l.missing() == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// missing is how many messages have been sent and not yet acknowledged to the
// visitor and delivered to the agent; it is exact once nothing is sent any more.
func (l *load) missing() int {
	n := 0
	for _, v := range l.people {
		n += int(v.sent.Load()) - int(min(v.delivered.Load(), v.acked.Load()))
	}
	return n
}

func (l *load) conclude(out *outcome) {
	out.ackP50, out.ackP99 = l.ack.quantile(0.5), l.ack.quantile(0.99)
	out.lost = l.missing()
	out.delP50, out.delP99 = l.deliver.quantile(0.5), l.deliver.quantile(0.99)
	for _, a := range l.desks {
		out.duplicated += int(a.duplicated.Load())
	}
	const samples = 5
	for i := 0; i < len(l.people) && len(out.lastWords) < samples; i += max(1, len(l.people)/samples) {
		if v := l.people[i]; v.sent.Load() > 0 {
			out.lastWords = append(out.lastWords, word(v.index, v.sent.Load()-1))
		}
	}
}

// close ends every connection and waits for their goroutines.
func (l *load) close() {
	l.phase.Store(draining)
	l.closed.Store(true)
	for _, v := range l.people {
		if v != nil {
			v.conn.Close()
		}
	}
	for _, a := range l.desks {
		if a != nil {
			a.conn.Close()
		}
	}
	_ = l.conns.Wait()
}

// attend runs a connection's read loop until close.
func (l *load) attend(conn *client.Conn, who string, handle func([]byte)) {
	l.conns.Go(func() error {
		if err := conn.Run(handle); !l.closed.Load() {
			l.fail(errors.Join(fmt.Errorf("bench: the server closed %s's connection", who), err))
		}
		return nil
	})
}
