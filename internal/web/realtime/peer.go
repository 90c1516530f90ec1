package realtime

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
	"kefu/internal/web/realtime/pace"
	"kefu/internal/web/wire"
)

// transport carries what waits in a peer's queue to its client. Its methods do
// not block.
type transport interface {
	// wake is called when something waits and nobody sends it yet.
	wake()
	// hurry is called when the connection is about to end: whatever is being
	// written has little time left.
	hurry()
	// cut ends the connection at once.
	cut()
}

// peer is one connection of a client, over whichever transport.
type peer struct {
	server  *Server
	out     transport
	kind    string // window or desk
	pending *handshake
	who     atomic.Pointer[identity.Principal]
	offers  atomic.Bool  // it is a desk that takes offers
	counted atomic.Bool  // and the queue counts it
	noEcho  bool         // it wants no event for what it sent itself
	lang    string       // of conversations that it starts without saying
	seen    atomic.Int64 // when it was last heard, microseconds, as all times here
	checked atomic.Int64
	over    atomic.Int64 // when its session ends
	frames  pace.Frames

	mu        sync.Mutex
	bearer    string      // the window's secret or the staff session, checked again now and then
	session   sessionKey  // names the connection in requests beside it
	queue     *buffer     // what waits; nil when nothing does
	queued    int         // frames in it
	sending   bool        // somebody takes from the queue until it is empty
	lagging   bool        // what waited was dropped, and resync waits instead
	greeted   bool        // it has its welcome; what comes before waits behind it
	ended     bool        // nothing is taken from or queued for it any more
	gone      bool        // and the transport is closed
	uploading bool        // one file at a time
	claiming  bool        // its visitor is about to become a customer
	service   sla.Service // what the window was told last
	watching  map[string]struct{}
	opened    *customer.WindowSecret // to be stored with the visitor's first conversation
	typed     pace.Typing
	closed    func()
}

// handshake is what hello needs to know of the request that opened a connection.
type handshake struct {
	cookie  string // the staff session of a browser
	network string // of the client, for limits; "" when it is not known, and no limit of networks counts it
}

// buffer is what waits for one client. Buffers are used again.
type buffer struct{ frames []byte }

// maxPooled keeps a slow reader's large buffer from being kept for everybody.
const maxPooled = 32 << 10

func (s *Server) takeBuffer() *buffer {
	if b, ok := s.buffers.Get().(*buffer); ok {
		return b
	}
	return &buffer{frames: make([]byte, 0, 512)}
}

func (s *Server) giveBuffer(b *buffer) {
	if cap(b.frames) <= maxPooled {
		b.frames = b.frames[:0]
		s.buffers.Put(b)
	}
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
		p.out.wake()
	}
}

// hold queues a frame and tells whether somebody must wake the transport.
func (p *peer) hold(frame []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enqueue(frame)
	return p.startSending()
}

// stow queues a frame that the next push takes along.
func (p *peer) stow(frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enqueue(frame)
}

// enqueue adds to the queue. A client that reads too slowly loses what waits and
// is told to read the log instead.
func (p *peer) enqueue(frame []byte) {
	if p.ended || p.lagging {
		return
	}
	limits := &p.server.options
	if p.queue == nil {
		p.queue = p.server.takeBuffer()
	} else if p.queued >= limits.BufferEvents || len(p.queue.frames)+len(frame) >= limits.BufferBytes {
		p.queue.frames = append(p.queue.frames[:0], `{"t":"resync"}`...)
		p.queued, p.lagging = 1, true
		p.server.observe.SlowReaderDropped(p.kind)
		return
	} else {
		p.queue.frames = append(p.queue.frames, '\n')
	}
	p.queue.frames = append(p.queue.frames, frame...)
	p.queued++
}

func (p *peer) startSending() bool {
	if p.queue == nil || p.sending || !p.greeted {
		return false
	}
	p.sending = true
	return true
}

// greet puts the welcome before what came for the client meanwhile. An empty
// welcome has been given already, as the answer to a request.
func (p *peer) greet(welcome []byte) {
	p.mu.Lock()
	if !p.greeted && len(welcome) > 0 && !p.ended {
		waited := p.queue
		p.queue, p.queued = p.server.takeBuffer(), p.queued+1
		p.queue.frames = append(p.queue.frames, welcome...)
		if waited != nil {
			p.queue.frames = append(append(p.queue.frames, '\n'), waited.frames...)
			p.server.giveBuffer(waited)
		}
	} else if len(welcome) > 0 {
		p.enqueue(welcome)
	}
	p.greeted = true
	wake := p.startSending()
	p.mu.Unlock()
	if wake {
		p.out.wake()
	}
}

// take gives what waits to the one who sends, and nil when nothing does: then
// the next frame wakes the transport again. last tells that nothing more comes.
func (p *peer) take() (waiting *buffer, last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue == nil || p.gone {
		p.sending = false
		return nil, p.ended
	}
	waiting = p.queue
	p.queue, p.queued, p.lagging = nil, 0, false
	return waiting, false
}

// resend wakes the transport again after a sender has left.
func (p *peer) resend() {
	p.mu.Lock()
	p.sending = false
	wake := p.startSending()
	p.mu.Unlock()
	if wake {
		p.out.wake()
	}
}

// resync tells the client to read again, before anything that waits, and lets
// another sender go on.
func (p *peer) resync() {
	p.mu.Lock()
	if !p.ended {
		again := p.server.takeBuffer()
		again.frames = append(again.frames, `{"t":"resync"}`...)
		if waited := p.queue; waited != nil {
			again.frames = append(append(again.frames, '\n'), waited.frames...)
			p.server.giveBuffer(waited)
		}
		p.queue, p.queued = again, p.queued+1
	}
	p.mu.Unlock()
	p.resend()
}

// close tells the client why and ends the connection. Nothing that comes from it
// afterwards is heard. Who has lost access is told nothing else any more.
func (p *peer) close(reason string, retryAfterMS int64) {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return
	}
	if reason != closingShutdown && p.queue != nil {
		p.queue.frames, p.queued, p.lagging = p.queue.frames[:0], 0, false
		p.server.giveBuffer(p.queue)
		p.queue = nil
	}
	p.lagging = false
	var closing [96]byte
	p.enqueue(wire.AppendClosing(closing[:0], reason, retryAfterMS))
	p.ended, p.greeted = true, true
	wake := p.startSending()
	p.mu.Unlock()
	p.leave()
	p.out.hurry()
	if wake {
		p.out.wake()
	}
}

// drop ends the connection without a word.
func (p *peer) drop() {
	p.mu.Lock()
	if p.gone {
		p.mu.Unlock()
		return
	}
	p.gone, p.ended, p.queue = true, true, nil
	closed := p.closed
	p.closed = nil
	p.mu.Unlock()
	p.leave()
	p.out.cut()
	p.server.gate.Heard(p)
	p.server.gate.Leave()
	if closed != nil {
		closed()
	}
}

// leave makes the connection unknown to commits and to requests beside it.
func (p *peer) leave() {
	for conv := range p.server.hub.remove(p) {
		p.server.tellPresent(conv, false)
	}
	p.server.sessions.end(p)
	p.server.noOffers(p)
}

func (p *peer) hasEnded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

func (p *peer) silentSince(now time.Time) time.Duration {
	return now.Sub(time.UnixMicro(p.seen.Load()))
}

func (p *peer) overAt(now time.Time) bool {
	over := p.over.Load()
	return over != 0 && over <= now.UnixMicro()
}

func (p *peer) recheckDue(now time.Time) bool {
	last := p.checked.Load()
	return now.UnixMicro()-last > p.server.options.RecheckEvery.Microseconds() && p.checked.CompareAndSwap(last, now.UnixMicro())
}

// recheck asks again whether the bearer secret is good. A database that does not
// answer ends no connection.
func (p *peer) recheck(ctx context.Context) error {
	p.mu.Lock()
	bearer := p.bearer
	p.mu.Unlock()
	var err error
	if p.kind == roleDesk {
		_, _, err = p.server.desk.Resolve(ctx, bearer)
	} else {
		var now signin.Opened
		if now, err = p.server.windows.Resolve(ctx, bearer); err == nil {
			p.lower(now.Principal)
		}
	}
	if fault.Is(err, fault.Unauthenticated) {
		return err
	}
	return nil
}

// lower takes over that what a token proved is out of date by now.
func (p *peer) lower(now identity.Principal) {
	if before := p.who.Load(); before != nil && before.ID == now.ID && now.Level < before.Level {
		lowered := *before
		lowered.Level = now.Level
		p.who.CompareAndSwap(before, &lowered)
	}
}

// hear notes that the client was heard and tells how long it must wait if that
// was too often.
func (p *peer) hear(now time.Time) time.Duration {
	p.seen.Store(now.UnixMicro())
	return p.frames.Hear(now, int64(p.server.options.FramesPer10s))
}

func (p *peer) passesTyping(conv string, on bool, now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.typed.Passes(conv, on, now)
}

func (p *peer) watches(conv string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.watching[conv]
	return ok
}
