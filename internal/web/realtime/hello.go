package realtime

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
	"kefu/internal/web/frames"
	"kefu/internal/web/refusal"
	"kefu/internal/web/wire"
)

// maxListed is how many conversations welcome lists. The window asks for those before
// them when somebody wants to see them.
const maxListed = 20

// hello opens a connection and gives its welcome. A secret that ended while it
// was looked at ends the connection too: who is not in the hub yet is not found
// by a revocation.
func (s *Server) hello(ctx context.Context, p *peer, f *frames.Frame, by *handshake) ([]byte, error) {
	const op = "realtime.hello"
	if f.V != 1 || len(f.Resume) > maxResume {
		return nil, fault.InvalidField(op, "v", "must be 1, with at most %d conversations to resume", maxResume)
	}
	p.noEcho = frames.Can(f, "no_echo")
	if conversation.CheckLanguage("lang", f.Lang) == nil { // otherwise no reason to turn somebody away
		p.lang = f.Lang
	}
	now := s.now().UnixMicro()
	p.seen.Store(now)
	p.checked.Store(now)
	before := s.revoked.Load()
	var welcome func() ([]byte, error)
	var err error
	switch f.Role {
	case roleDesk:
		welcome, err = s.helloDesk(ctx, p, f, by)
	case roleWindow:
		welcome, err = s.helloWindow(ctx, p, f, by)
	default:
		err = fault.InvalidField(op, "role", "must be window or desk")
	}
	if err != nil {
		return nil, err
	}
	if s.revoked.Load() != before {
		if err := p.recheck(ctx); err != nil {
			return nil, err
		}
	}
	return welcome()
}

func (s *Server) helloDesk(ctx context.Context, p *peer, f *frames.Frame, by *handshake) (func() ([]byte, error), error) {
	p.kind, p.bearer = roleDesk, f.Token
	if p.bearer == "" {
		p.bearer = by.cookie
	}
	who, until, err := s.desk.Resolve(ctx, p.bearer)
	if err != nil {
		return nil, err
	}
	s.recognise(who.ID, by.network)
	p.over.Store(until.UnixMicro())
	s.enter(p, who)
	s.takesOffers(p, who, f)
	return func() ([]byte, error) {
		return refusal.Encode(welcomeFrame{
			T: "welcome", Session: s.sessions.open(p), ServerTime: s.now().UnixMicro(), Limits: s.limitsOf(who.Kind),
			Staff: &welcomeStaff{ID: who.ID, Name: who.Name, Role: string(who.Role)},
		}), nil
	}, nil
}

func (s *Server) helloWindow(ctx context.Context, p *peer, f *frames.Frame, by *handshake) (func() ([]byte, error), error) {
	p.kind = roleWindow
	opened, err := s.windows.Hello(ctx, f.Token, f.Visitor)
	if err != nil {
		return nil, err
	}
	if opened.NewSecret != "" && opened.Principal.Kind == identity.Visitor {
		if wait := s.limited(s.gate.Visitors, "new_visitors", by.network); wait > 0 {
			return nil, &intake.LimitedError{RetryAfter: wait}
		}
	}
	if opened.Visitor == nil { // a visitor of whom nothing is stored has shown nothing
		s.recognise(opened.Principal.ID, by.network)
	}
	p.adopt(opened, f.Visitor)
	s.enter(p, opened.Principal)
	return func() ([]byte, error) { return s.welcomeWindow(ctx, p, opened) }, nil
}

// adopt takes over what a sign-in opened.
func (p *peer) adopt(o signin.Opened, bearer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bearer = bearer; o.NewSecret != "" {
		p.bearer = o.NewSecret
	}
	p.over.Store(o.ExpiresAt.UnixMicro())
	p.opened = o.Visitor
}

func (s *Server) enter(p *peer, who identity.Principal) {
	closed := s.observe.SocketOpened(p.kind)
	p.mu.Lock()
	gone := p.gone
	p.closed = closed
	p.mu.Unlock()
	if gone {
		closed()
	}
	s.hub.add(p, who)
}

func (s *Server) welcomeWindow(ctx context.Context, p *peer, opened signin.Opened) ([]byte, error) {
	who := opened.Principal
	anonymous := who.Kind == identity.Visitor
	lines, err := s.store.ConversationsOf(ctx, who, maxListed)
	if err != nil {
		return nil, err
	}
	frame := welcomeFrame{
		T: "welcome", Session: s.sessions.open(p), ServerTime: s.now().UnixMicro(), Limits: s.limitsOf(who.Kind),
		Customer: who.ID, Anonymous: &anonymous, Visitor: opened.NewSecret,
	}
	if s.service != nil {
		now := s.service(p.lang)
		p.newService(now)
		frame.Service = &now
	}
	frame.Conversations = wire.WindowLines(lines)
	return refusal.Encode(frame), nil
}

func (s *Server) limitsOf(kind identity.Kind) welcomeLimits {
	return welcomeLimits{
		FrameBytes: s.options.MaxFrameBytes, TextChars: conversation.MaxTextChars,
		MessagesPer10s: s.options.MessagesPer10s(kind), AttachmentBytes: s.options.AttachmentBytes, AttachmentTypes: s.options.AttachmentTypes,
	}
}

// resume sends what a client has missed. Once that fills half of its queue, it
// is told to fetch the rest, at its own pace. A client whose log cannot be read
// must come back: it would wait for ever.
func (s *Server) resume(ctx context.Context, p *peer, points []frames.ResumePoint) {
	left := s.options.BufferBytes / 2
	if s.queue != nil && p.kind == roleWindow {
		s.queue.WindowOpened(p.principal().ID)
	}
	for _, r := range points {
		state, err := s.store.Conversation(ctx, p.principal(), r.Conv)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err == nil {
			p.pushReceipt(&state)
		}
		if err == nil && state.LastSeq <= r.LastSeq {
			continue
		}
		var frame []byte
		switch {
		case err != nil:
		case left <= 0:
			frame = append(append([]byte(`{"t":"resync","conv":"`), r.Conv...), `"}`...)
		default:
			frame, err = s.missed(ctx, p, r.Conv, conversation.EntryRange{After: max(0, r.LastSeq)})
		}
		if err != nil {
			s.logError("resume", err)
			p.drop()
			return
		}
		left -= len(frame)
		p.push(frame)
	}
}

// pushReceipt tells how far the other side has got, where that is anywhere: what
// it read while nobody was connected is told by no other frame.
func (p *peer) pushReceipt(st *conversation.State) {
	var frame [128]byte
	switch {
	case p.kind == roleWindow && st.AgentRead > 0:
		p.push(wire.AppendReceipt(frame[:0], st.ID, "agent", st.AgentRead, st.AgentRead))
	case p.kind == roleDesk && st.CustomerDelivered > 0:
		p.push(wire.AppendReceipt(frame[:0], st.ID, "customer", st.CustomerDelivered, st.CustomerRead))
	}
}

// identify makes a visitor who has signed in to the wallet that customer. The
// end of the visitor's secret does not end this connection.
func (s *Server) identify(ctx context.Context, p *peer, f *frames.Frame) error {
	const op = "realtime.identify"
	if p.kind != roleWindow {
		return fault.New(fault.Forbidden, op, "this is no window")
	}
	if f.Token == "" {
		return fault.InvalidField(op, "token", "is missing")
	}
	p.mu.Lock()
	bearer := p.bearer
	p.claiming = true
	p.mu.Unlock()
	before := s.revoked.Load()
	opened, err := s.windows.Hello(ctx, f.Token, bearer)
	if err == nil {
		p.adopt(opened, bearer)
		s.hub.add(p, opened.Principal)
	}
	p.mu.Lock()
	p.claiming = false
	p.mu.Unlock()
	if s.revoked.Load() != before {
		if lost := p.recheck(ctx); lost != nil {
			p.close(closingRevoked, 0)
			return nil
		}
	}
	if err != nil {
		return err
	}
	welcome, err := s.welcomeWindow(ctx, p, opened)
	if err == nil {
		p.greet(welcome)
	}
	return err
}
