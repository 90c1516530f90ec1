// Package realtime serves the conversation protocol of docs/protocol.md: over
// WebSocket, and over server-sent events and POST where WebSockets do not pass.
// It turns frames into calls of the flows and commits into frames. It decides
// nothing about conversations and stores nothing.
package realtime

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/realtime/gate"
)

// Intake takes in what people write.
type Intake interface {
	Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error
	Start(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error)
	Do(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// Store is what is read for clients.
type Store interface {
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	Watch(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	ConversationsOf(ctx context.Context, p identity.Principal, limit int) ([]conversation.WindowLine, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	Submit(ctx context.Context, c *conversation.Change) error
	RevocationsSince(ctx context.Context, pos int64) ([]event.Revocation, int64, error)
	LastPosition(ctx context.Context) (int64, error)
}

// Windows opens customers' windows.
type Windows interface {
	Hello(ctx context.Context, token, bearer string) (signin.Opened, error)
	Resolve(ctx context.Context, bearer string) (signin.Opened, error)
	End(ctx context.Context, bearer string) error
}

// Desk resolves the session tokens of staff.
type Desk interface {
	Resolve(ctx context.Context, token string) (identity.Principal, time.Time, error)
}

// Observer counts connections and refusals.
type Observer interface {
	SocketOpened(kind string) (closed func())
	SlowReaderDropped(kind string)
	Limited(limit string)
}

// Options are the operator's choices. A zero is the default in brackets.
type Options struct {
	Origins         []string // of browsers that may connect; exact, such as https://help.example.org
	SessionCookie   string   // name of the cookie that holds a staff session
	DeskOrigin      string   // the one of Origins whose pages the cookie speaks for
	MessagesPer10s  func(identity.Kind) int
	AttachmentBytes int64
	AttachmentTypes []string
	FileURL         func(token string) string // at which a link's token opens its file

	// Peer tells where a request really comes from. Without it nothing is limited
	// by address.
	Peer        func(*http.Request) netip.Addr
	Connections ratelimit.Limit // new ones of one network address [no limit]
	NewVisitors ratelimit.Limit // who write without an identity, likewise [no limit]
	Addresses   int             // that these limits remember at once [200,000]

	MaxConnections int           // of this process [20,000]
	MaxFrameBytes  int           // of a client's frame [64 KiB]
	FramesPer10s   int           // of one connection, beyond which it is told to wait [500]
	BufferEvents   int           // frames that wait for a slow reader [256]
	BufferBytes    int           // likewise [1 MiB]
	Heartbeat      time.Duration // how often a quiet socket is asked whether it is there [never]
	DeadAfter      time.Duration // silence after which a connection ends [60 s]
	RecheckEvery   time.Duration // how often its secret is looked at again [60 s]
}

func (o Options) withDefaults() Options {
	fallback(&o.Addresses, 200_000)
	fallback(&o.MaxConnections, 20_000)
	fallback(&o.MaxFrameBytes, 64<<10)
	fallback(&o.FramesPer10s, 500)
	fallback(&o.BufferEvents, 256)
	fallback(&o.BufferBytes, 1<<20)
	fallback(&o.DeadAfter, 60*time.Second)
	fallback(&o.RecheckEvery, 60*time.Second)
	if o.MessagesPer10s == nil {
		o.MessagesPer10s = func(identity.Kind) int { return 0 }
	}
	return o
}

func fallback[T int | time.Duration](option *T, value T) {
	if *option == 0 {
		*option = value
	}
}

// Server holds every connection of this process.
type Server struct {
	service  func(language string) sla.Service
	mayRead  func(who identity.Principal, kind string) bool
	intake   Intake
	store    Store
	windows  Windows
	desk     Desk
	files    Files
	queue    Queue
	options  Options
	now      clock.Clock
	log      *slog.Logger
	observe  Observer
	hub      *hub
	sessions *sessions
	gate     *gate.Gate[*peer]
	buffers  sync.Pool
	handle   map[string]handler // by the type of a frame
	revoked  atomic.Int64       // how many revocations have been heard of
	moment   moment
	// slowLimit is how long a client may take to accept what is written to it.
	slowLimit   time.Duration
	uploadPause time.Duration // that an upload may stand still; 0 for the usual
}

// Deps are what a Server works with. Files, Queue and Observer may be nil.
type Deps struct {
	Intake   Intake
	Store    Store
	Windows  Windows
	Desk     Desk
	Files    Files
	Queue    Queue
	Clock    clock.Clock
	Log      *slog.Logger
	Observer Observer
	// Service is what a window is told of when somebody is there; may be nil.
	Service func(language string) sla.Service
	// MayRead tells whether somebody may see the settings of a kind; without it no desk
	// is told of them.
	MayRead func(who identity.Principal, kind string) bool
}

// New makes a Server.
func New(d Deps, o Options) *Server {
	o = o.withDefaults()
	if d.Observer == nil {
		d.Observer = nobody{}
	}
	s := &Server{
		intake: d.Intake, store: d.Store, windows: d.Windows, desk: d.Desk, files: d.Files, queue: d.Queue, options: o,
		now: d.Clock, log: d.Log, observe: d.Observer, hub: newHub(), sessions: newSessions(), gate: gate.New[*peer](gate.Limits{Connections: o.Connections, Visitors: o.NewVisitors, Addresses: o.Addresses, Most: o.MaxConnections}),
		slowLimit: slowLimit, service: d.Service, mayRead: d.MayRead,
	}
	s.handle = s.handlers()
	return s
}

// nobody is the Observer of a server that is not observed.
type nobody struct{}

// SocketOpened implements Observer.
func (nobody) SocketOpened(string) func() { return func() {} }

// SlowReaderDropped implements Observer.
func (nobody) SlowReaderDropped(string) {}

// Limited implements Observer.
func (nobody) Limited(string) {}

const (
	readTimeout  = 5 * time.Second  // of a read for a client
	helloLimit   = 10 * time.Second // for hello to come, and again for its answer
	slowLimit    = 30 * time.Second // of a write
	hurryLimit   = 2 * time.Second  // of the last write
	sweepEvery   = 5 * time.Second
	inboxEvery   = 500 * time.Millisecond
	revokedEvery = 2 * time.Second
	stopLimit    = 5 * time.Second // for everybody to be told that the server stops
	// shutdownRetry is when the first clients of a server that stops should come
	// back, and comebackRate how many in a second, but all within shutdownSpread.
	shutdownRetry  = time.Second
	comebackRate   = 1000
	shutdownSpread = 10 * time.Second
)

// The sides of a conversation.
const (
	roleWindow = "window"
	roleDesk   = "desk"
)

// The reasons of closing.
const (
	closingShutdown = "shutdown"
	closingRevoked  = "revoked"
	closingExpired  = "expired"
	closingReplaced = "replaced"
	closingIdle     = "idle"
)

// Mount puts the protocol's routes on a mux.
func (s *Server) Mount(mux *http.ServeMux) {
	mux.Handle("GET /rt", s.WebSocket())
	mux.HandleFunc("POST /rt/sessions", s.OpenSession)
	mux.HandleFunc("GET /rt/stream", s.Stream)
	mux.HandleFunc("POST /rt/frames", s.Frames)
	mux.HandleFunc("POST /rt/signout", s.SignOut)
	if s.files != nil {
		mux.HandleFunc("POST /rt/attachments", s.Upload)
		mux.HandleFunc("GET /rt/attachments/{id}/link", s.Link)
	}
}

// Run looks after the connections until ctx ends, then closes them and waits for
// a few seconds until they are.
func (s *Server) Run(ctx context.Context) error {
	pos, err := s.store.LastPosition(ctx)
	if err != nil {
		s.stop()
		return err
	}
	sweep, inbox, revoked := time.NewTicker(sweepEvery), time.NewTicker(inboxEvery), time.NewTicker(revokedEvery)
	defer sweep.Stop()
	defer inbox.Stop()
	defer revoked.Stop()
	for {
		select {
		case <-ctx.Done():
			s.stop()
			return nil
		case <-sweep.C:
			s.sweep(ctx)
			s.tellService()
		case <-inbox.C:
			s.tellInbox()
		case <-revoked.C:
			pos = s.pollRevocations(ctx, pos)
		}
	}
}

// Close tells every client that the server stops, lets nobody in any more and
// returns at once. Call it when the HTTP server begins to shut down: streams are
// requests that end only by this.
func (s *Server) Close() {
	for _, p := range s.gate.Close() {
		s.sendHome(p)
	}
	s.hub.each(s.sendHome)
}

// sendHome ends a connection because the server stops. Clients come back at the
// time they are told: each is told another, or all would come at the same instant.
func (s *Server) sendHome(p *peer) {
	spread := min(shutdownSpread, time.Duration(s.gate.Crowd())*time.Second/comebackRate)
	p.close(closingShutdown, (shutdownRetry + rand.N(spread+1)).Milliseconds())
}

func (s *Server) stop() {
	s.Close()
	select {
	case <-s.gate.Empty:
	case <-time.After(stopLimit):
		s.hub.each((*peer).drop)
	}
}

// pollRevocations learns who lost access by another process, such as the
// command line.
func (s *Server) pollRevocations(ctx context.Context, pos int64) int64 {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	found, next, err := s.store.RevocationsSince(ctx, pos)
	if err != nil {
		s.log.Warn("revocations could not be read", "error", err)
		return pos
	}
	s.revoke(found)
	return next
}

// revoke ends the connections of those who lost access. A connection that is
// just being opened looks at the count and asks again.
func (s *Server) revoke(all []event.Revocation) {
	if len(all) == 0 {
		return
	}
	s.revoked.Add(1)
	for _, r := range all {
		for _, p := range s.hub.concerned(r) {
			if p.lost(r) {
				p.close(closingRevoked, 0)
			}
		}
	}
}

// lost tells whether a revocation ends the connection. A visitor whose wallet
// vouches for it at this moment goes on as a customer.
func (p *peer) lost(r event.Revocation) bool {
	who := p.principal()
	switch r.Kind {
	case event.RevokedCustomer:
		if !who.IsCustomer() || who.ID != r.Subject {
			return false
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		return !p.claiming
	case event.RevokedStaff:
		return who.Kind == identity.Staff && who.ID == r.Subject
	case event.RevokedSession:
		return who.Session == r.Subject
	default:
		return false
	}
}

// sweep closes connections that are silent or whose session is over, and asks
// after the others.
func (s *Server) sweep(ctx context.Context) {
	now := s.now()
	var due []*peer
	s.hub.each(func(p *peer) {
		st, streamed := p.out.(*stream)
		silent := p.silentSince(now)
		switch {
		case streamed && st.forsaken(now):
			p.drop()
		case silent > s.options.DeadAfter:
			p.close(closingIdle, 0)
		case p.overAt(now):
			p.close(closingExpired, 0)
		default:
			if p.recheckDue(now) {
				due = append(due, p)
			}
			if t, ok := p.out.(*socketTransport); ok && s.options.Heartbeat > 0 && silent >= s.options.Heartbeat {
				t.ask()
			}
		}
	})
	s.recheckAll(ctx, due)
}

// rechecksAtOnce bounds how many secrets are looked at again at the same time:
// many clients come at once after a restart, and are due at once ever after.
const rechecksAtOnce = 8

// recheckAll looks at the secrets of connections again, beside everything else.
func (s *Server) recheckAll(ctx context.Context, due []*peer) {
	waiting := make(chan *peer, len(due))
	for _, p := range due {
		waiting <- p
	}
	close(waiting)
	for range min(rechecksAtOnce, len(due)) {
		go func() {
			for p := range waiting {
				s.recheck(ctx, p)
			}
		}()
	}
}

// recheck asks again whether the session of a connection is still good.
func (s *Server) recheck(ctx context.Context, p *peer) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := p.recheck(ctx); err != nil && ctx.Err() == nil {
		p.close(closingRevoked, 0)
	}
}

// moment gives out contexts with an end that frames of the same second share: a
// timer for each frame would cost more than the frame.
type moment struct {
	mu     sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc // of nobody's to call: others use the context too; its timer ends it
	made   time.Time
}

// soon is a context that ends readTimeout from now, or up to a second later.
func (m *moment) soon() context.Context {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx == nil || now.Sub(m.made) > time.Second {
		m.ctx, m.cancel = context.WithTimeout(context.Background(), readTimeout+time.Second)
		m.made = now
	}
	return m.ctx
}
