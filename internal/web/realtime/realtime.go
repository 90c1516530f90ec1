// Package realtime serves the conversation protocol of docs/protocol.md: over
// WebSocket, and over server-sent events and POST where WebSockets do not pass.
// It turns frames into calls of the flows and commits into frames. It decides
// nothing about conversations and stores nothing.
package realtime

import (
	"context"
	"log/slog"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
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
	ConversationsOf(ctx context.Context, p identity.Principal, limit int) ([]conversation.State, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	Submit(ctx context.Context, c *conversation.Change) error
	RevocationsSince(ctx context.Context, pos int64) ([]event.Revocation, int64, error)
	LastPosition(ctx context.Context) (int64, error)
}

// Windows opens customers' windows.
type Windows interface {
	Hello(ctx context.Context, token, bearer string) (signin.Opened, error)
	Resolve(ctx context.Context, bearer string) (signin.Opened, error)
}

// Desk resolves the session tokens of staff.
type Desk interface {
	Resolve(ctx context.Context, token string) (identity.Principal, time.Time, error)
}

// Observer counts connections.
type Observer interface {
	SocketOpened(kind string) (closed func())
	SlowReaderDropped(kind string)
}

// Options are the operator's choices.
type Options struct {
	Origins         []string // of browsers that may connect; exact, such as https://help.example.org
	SessionCookie   string   // name of the cookie that holds a staff session
	MessagesPer10s  func(identity.Kind) int
	AttachmentBytes int64
	FramesPer10s    int // of one connection, beyond which it is told to wait
}

// Server holds every connection of this process.
type Server struct {
	intake  Intake
	store   Store
	windows Windows
	desk    Desk
	options Options
	now     clock.Clock
	log     *slog.Logger
	observe Observer
	hub     *hub
	streams *streams
}

// Deps are what a Server works with.
type Deps struct {
	Intake   Intake
	Store    Store
	Windows  Windows
	Desk     Desk
	Clock    clock.Clock
	Log      *slog.Logger
	Observer Observer
}

// New makes a Server.
func New(d Deps, o Options) *Server {
	if o.FramesPer10s == 0 {
		o.FramesPer10s = 500
	}
	return &Server{
		intake: d.Intake, store: d.Store, windows: d.Windows, desk: d.Desk, options: o,
		now: d.Clock, log: d.Log, observe: d.Observer, hub: newHub(), streams: newStreams(),
	}
}

const (
	readTimeout   = 5 * time.Second // of a read for a client
	idleLimit     = 60 * time.Second
	helloLimit    = 10 * time.Second
	recheckEvery  = 60 * time.Second
	sweepEvery    = 5 * time.Second
	inboxEvery    = 500 * time.Millisecond
	revokedEvery  = 2 * time.Second
	maxInboxLines = 200 // changed lines told one by one; beyond, the list is read again
)

// Run looks after the connections until ctx ends, then closes them.
func (s *Server) Run(ctx context.Context) error {
	pos, err := s.store.LastPosition(ctx)
	if err != nil {
		return err
	}
	sweep, inbox, revoked := time.NewTicker(sweepEvery), time.NewTicker(inboxEvery), time.NewTicker(revokedEvery)
	defer sweep.Stop()
	defer inbox.Stop()
	defer revoked.Stop()
	for {
		select {
		case <-ctx.Done():
			s.hub.each(func(p *peer) { p.close("shutdown", 1000) })
			return nil
		case <-sweep.C:
			s.sweep(ctx)
		case <-inbox.C:
			s.tellInbox()
		case <-revoked.C:
			pos = s.pollRevocations(ctx, pos)
		}
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
	for _, r := range found {
		s.revoke(r)
	}
	return next
}

func (s *Server) revoke(r event.Revocation) {
	s.hub.each(func(p *peer) {
		who := p.principal()
		hit := (r.Kind == event.RevokedCustomer && who.IsCustomer() && who.ID == r.Subject) ||
			(r.Kind == event.RevokedStaff && who.Kind == identity.Staff && who.ID == r.Subject) ||
			(r.Kind == event.RevokedSession && who.Session == r.Subject)
		if hit {
			p.close("revoked", 0)
		}
	})
}

// sweep closes connections that are silent or whose session is over.
func (s *Server) sweep(ctx context.Context) {
	now := s.now()
	s.streams.expire(now)
	s.hub.each(func(p *peer) {
		switch {
		case p.silentSince(now) > idleLimit:
			p.close("idle", 0)
		case p.overAt(now):
			p.close("expired", 0)
		case p.recheckDue(now):
			go s.recheck(ctx, p)
		}
	})
}

// recheck asks again whether the session of a connection is still good.
func (s *Server) recheck(ctx context.Context, p *peer) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if err := p.recheck(ctx); err != nil && ctx.Err() == nil {
		p.close("revoked", 0)
	}
}
