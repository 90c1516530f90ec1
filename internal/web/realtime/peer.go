package realtime

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
)

// What one connection may hold back.
const (
	maxFrames = 256
	maxBytes  = 1 << 20
	slowLimit = 30 * time.Second
)

// transport sends bytes to one client.
type transport interface {
	write(frames []byte) error
	end()
}

// peer is one connection of a client, over whichever transport.
type peer struct {
	server *Server
	out    transport
	kind   string // window or desk, for metrics
	who    atomic.Pointer[identity.Principal]
	bearer string // the window's secret or the staff session, checked again now and then
	// session names the connection's principal in requests beside it: uploads, and
	// the POST half of the fallback.
	session string
	noEcho  bool // it wants no event for what it sent itself
	seen    atomic.Int64
	check   atomic.Int64
	over    atomic.Int64 // when its session ends, microseconds
	frames  atomic.Int64 // of the present ten seconds
	span    atomic.Int64
	closed  func()

	mu       sync.Mutex
	queue    []byte
	queued   int
	flushing bool
	lagging  bool
	greeted  bool     // it has its welcome
	early    [][]byte // what came before the welcome and is sent after it
	ended    bool
	watching map[string]struct{}
	opened   *openedVisitor
}

func (p *peer) principal() identity.Principal {
	if who := p.who.Load(); who != nil {
		return *who
	}
	return identity.Principal{}
}

// push queues a frame and sees to it that it is sent.
func (p *peer) push(frame []byte) {
	if p.hold(frame) {
		go p.flush()
	}
}

// hold queues a frame and tells whether somebody must flush. A client that reads
// too slowly loses what waits and is told to read the log instead.
func (p *peer) hold(frame []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.lagging {
		return false
	}
	if !p.greeted {
		if len(p.early) < maxFrames {
			p.early = append(p.early, bytes.Clone(frame))
		}
		return false
	}
	return p.enqueue(frame)
}

// enqueue does the work of hold under the lock.
func (p *peer) enqueue(frame []byte) bool {
	if p.queued >= maxFrames && p.flushing || len(p.queue)+len(frame) > maxBytes {
		p.queue = append(p.queue[:0], `{"t":"resync"}`...)
		p.queued, p.lagging = 1, true
		if p.server.observe != nil {
			p.server.observe.SlowReaderDropped(p.kind)
		}
	} else {
		if len(p.queue) > 0 {
			p.queue = append(p.queue, '\n')
		}
		p.queue = append(p.queue, frame...)
		p.queued++
	}
	if p.flushing {
		return false
	}
	p.flushing = true
	return true
}

// greet sends the welcome, and after it what came for the client meanwhile. A
// second welcome follows an identify.
func (p *peer) greet(welcome []byte) {
	p.mu.Lock()
	p.greeted = true
	flush := p.enqueue(welcome)
	for _, frame := range p.early {
		flush = p.enqueue(frame) || flush
	}
	p.early = nil
	p.mu.Unlock()
	if flush {
		go p.flush()
	}
}

// flush sends what is queued until nothing is.
func (p *peer) flush() {
	for {
		p.mu.Lock()
		batch := p.queue
		p.queue, p.queued, p.lagging = nil, 0, false
		if len(batch) == 0 || p.ended {
			p.flushing = false
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		if err := p.out.write(batch); err != nil {
			p.drop()
			return
		}
	}
}

// close tells the client why and ends the connection.
func (p *peer) close(reason string, retryAfterMS int64) {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return
	}
	p.ended = true
	p.mu.Unlock()
	p.server.hub.remove(p)
	go func() {
		_ = p.out.write(appendClosing(nil, reason, retryAfterMS)) // it may be gone already
		p.drop()
	}()
}

// drop ends the connection without a word.
func (p *peer) drop() {
	p.mu.Lock()
	p.ended, p.flushing, p.queue = true, false, nil
	closed := p.closed
	p.closed = nil
	p.mu.Unlock()
	p.server.hub.remove(p)
	p.out.end()
	if closed != nil {
		closed()
	}
}

func (p *peer) silentSince(now time.Time) time.Duration {
	return now.Sub(time.UnixMicro(p.seen.Load()))
}

func (p *peer) overAt(now time.Time) bool {
	over := p.over.Load()
	return over != 0 && over <= now.UnixMicro()
}

func (p *peer) recheckDue(now time.Time) bool {
	due := p.check.Load()
	return now.UnixMicro()-due > recheckEvery.Microseconds() && p.check.CompareAndSwap(due, now.UnixMicro())
}

// recheck asks again whether the bearer secret is good. A database that does not
// answer ends no connection.
func (p *peer) recheck(ctx context.Context) error {
	var err error
	if p.kind == "desk" {
		_, _, err = p.server.desk.Resolve(ctx, p.bearer)
	} else {
		_, err = p.server.windows.Resolve(ctx, p.bearer)
	}
	if fault.Is(err, fault.Unauthenticated) {
		return err
	}
	return nil
}

// hear notes a frame of the client and tells how long it must wait if there were
// too many.
func (p *peer) hear(now time.Time) time.Duration {
	p.seen.Store(now.UnixMicro())
	span := now.Unix() / 10
	if p.span.Swap(span) != span {
		p.frames.Store(0)
	}
	if p.frames.Add(1) <= int64(p.server.options.FramesPer10s) {
		return 0
	}
	return time.Duration(10-now.Unix()%10) * time.Second
}

func (p *peer) watches(conv string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.watching[conv]
	return ok
}

// waitMS is how long a limit asks to wait.
func waitMS(d time.Duration) int64 {
	if d == ratelimit.Never {
		return 0
	}
	return d.Milliseconds() + 1
}
