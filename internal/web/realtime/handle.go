package realtime

import (
	"context"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/wire"
)

// openedVisitor is what must be stored with a visitor's first conversation.
type openedVisitor struct{ secret *customer.WindowSecret }

// receive handles one frame of a client that has said hello.
func (s *Server) receive(ctx context.Context, p *peer, data []byte) {
	if wait := p.hear(s.now()); wait > 0 {
		p.push(encode(errorFrame{T: "error", Code: "rate_limited", RetryAfterMS: waitMS(wait)}))
		return
	}
	f, err := decodeFrame(data)
	if err != nil {
		code := "bad_frame"
		if fault.Is(err, fault.TooMany) {
			code = "too_large"
		}
		p.push(encode(errorFrame{T: "error", Code: code}))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	ref, err := s.handle(ctx, p, f)
	if err != nil {
		s.logError(f.T, err)
		p.push(encode(errorOf(err, ref)))
	}
}

func (s *Server) logError(frame string, err error) {
	if code := fault.CodeOf(err); code == fault.Internal || code == fault.Unavailable {
		s.log.Error("a frame failed", "frame", frame, "error", err)
	}
}

// handle does what a frame asks for. ref says which frame an error is about.
func (s *Server) handle(ctx context.Context, p *peer, f clientFrame) (ref string, err error) {
	switch f.T {
	case "send":
		return f.ClientMsgID, s.send(ctx, p, f)
	case "ack", "read":
		return f.T, s.mark(ctx, p, f)
	case "typing":
		return f.T, s.typing(ctx, p, f)
	case "fetch":
		return f.T, s.fetch(ctx, p, f)
	case "start":
		return f.Ref, s.start(ctx, p, f)
	case "human":
		_, err := s.intake.Do(ctx, p.principal(), f.Conv, conversation.Command{Kind: conversation.AskPerson})
		return f.T, err
	case "watch", "unwatch":
		return f.T, s.watch(ctx, p, f)
	case "identify":
		return f.T, s.identify(ctx, p, f)
	case "ping":
		pong := strconv.AppendInt([]byte(`{"t":"pong","server_time":`), s.now().UnixMicro(), 10)
		p.push(append(pong, '}'))
		return "", nil
	case "flow":
		p.push(encode(errorFrame{T: "error", Code: "not_supported", Ref: f.OpID}))
		return "", nil
	case "hello":
		return f.T, fault.New(fault.Conflict, "realtime.handle", "hello was said before")
	default:
		p.push(encode(errorFrame{T: "error", Code: "unknown_type"}))
		return "", nil
	}
}

func (s *Server) send(ctx context.Context, p *peer, f clientFrame) error {
	const op = "realtime.send"
	if f.Body == nil || !id.Valid(f.Conv) {
		return fault.InvalidField(op, "body", "is missing, or conv is no id")
	}
	if (f.Body.Type == "text") == (len(f.Body.AttachmentIDs) > 0) || (f.Body.Type != "text" && f.Body.Type != "attachments") {
		return fault.InvalidField(op, "body", "must be text, or attachments with their ids")
	}
	message := intake.Message{
		ConversationID: f.Conv, ClientID: f.ClientMsgID, Text: f.Body.Text,
		AttachmentIDs: f.Body.AttachmentIDs, ReplyTo: f.ReplyTo, Note: f.Note,
	}
	if p.noEcho {
		message.Origin = p
	}
	return s.intake.Send(ctx, p.principal(), message, func(said intake.Said) {
		if said.Err != nil {
			s.logError("send", said.Err)
			p.push(encode(errorOf(said.Err, f.ClientMsgID)))
			return
		}
		p.push(appendStored(make([]byte, 0, 160), f.Conv, f.ClientMsgID, said))
	})
}

// mark notes how far a client has got. Nobody waits for it.
func (s *Server) mark(ctx context.Context, p *peer, f clientFrame) error {
	command := conversation.Command{Kind: conversation.Delivered, Seq: f.UpToSeq}
	if f.T == "read" {
		command = conversation.Command{Kind: conversation.Read, Seq: f.Seq}
	}
	if command.Seq <= 0 {
		return fault.InvalidField("realtime.mark", "seq", "must be positive")
	}
	return s.store.Submit(ctx, &conversation.Change{Principal: p.principal(), ConversationID: f.Conv, Command: command, Done: func(r conversation.Result) {
		if r.Err != nil {
			p.push(encode(errorOf(r.Err, f.T)))
		}
	}})
}

func (s *Server) start(ctx context.Context, p *peer, f clientFrame) error {
	start := conversation.Start{Ref: f.Ref, NewID: id.New(), Channel: "chat", Topic: f.Topic, Language: f.Lang}
	p.mu.Lock()
	if p.opened != nil {
		start.Secret = p.opened.secret
	}
	p.mu.Unlock()
	state, err := s.intake.Start(ctx, p.principal(), start)
	if err != nil {
		return err
	}
	p.push(encode(startedFrame{T: "started", Ref: f.Ref, Conv: state.ID, At: state.CreatedAt}))
	return nil
}

func (s *Server) fetch(ctx context.Context, p *peer, f clientFrame) error {
	const op = "realtime.fetch"
	if (f.AfterSeq == nil) == (f.BeforeSeq == nil) {
		return fault.InvalidField(op, "after_seq", "or before_seq must be given, and not both")
	}
	r := conversation.EntryRange{Limit: f.Limit}
	if f.AfterSeq != nil {
		r.After = *f.AfterSeq
	} else {
		r.Reverse, r.Before = true, *f.BeforeSeq
	}
	return s.missed(ctx, p, f.Conv, r)
}

// missed reads a stretch of a log for a client.
func (s *Server) missed(ctx context.Context, p *peer, conv string, r conversation.EntryRange) error {
	entries, more, err := s.store.Entries(ctx, p.principal(), conv, r)
	if err != nil {
		return err
	}
	from, to := r.After, r.After
	if len(entries) > 0 {
		from, to = entries[0].Seq, entries[len(entries)-1].Seq
	}
	frame := append([]byte(`{"t":"missed","conv":"`), conv...)
	frame = append(frame, `","from":`...)
	frame = strconv.AppendInt(frame, from, 10)
	frame = append(frame, `,"to":`...)
	frame = strconv.AppendInt(frame, to, 10)
	frame = append(frame, `,"events":[`...)
	for i, e := range entries {
		if i > 0 {
			frame = append(frame, ',')
		}
		frame = wire.AppendEvent(frame, e)
	}
	frame = append(frame, `],"more":`...)
	frame = strconv.AppendBool(frame, more)
	p.push(append(frame, '}'))
	return nil
}

func (s *Server) watch(ctx context.Context, p *peer, f clientFrame) error {
	const op = "realtime.watch"
	who := p.principal()
	if !policy.Allow(who, policy.ListInbox, policy.Object{}) {
		return fault.New(fault.Forbidden, op, "%s may not watch", who.Kind)
	}
	if f.Inbox {
		s.hub.watchInbox(p, f.T == "watch")
	}
	if f.Conv == "" {
		return nil
	}
	if f.T == "unwatch" {
		s.hub.unwatch(p, f.Conv)
		return nil
	}
	if _, err := s.store.Conversation(ctx, who, f.Conv); err != nil {
		return err
	}
	if !s.hub.watch(p, f.Conv) {
		return fault.New(fault.Conflict, op, "more than %d conversations watched", maxWatched)
	}
	return nil
}

// typing tells the other side. It is stored nowhere.
func (s *Server) typing(ctx context.Context, p *peer, f clientFrame) error {
	who := p.principal()
	state, err := s.store.Conversation(ctx, who, f.Conv)
	if err != nil {
		return err
	}
	by := conversation.AuthorOf(who)
	frame := encode(struct {
		T    string `json:"t"`
		Conv string `json:"conv"`
		By   string `json:"by"`
		Name string `json:"name,omitempty"`
		On   bool   `json:"on"`
	}{"typing", f.Conv, string(by.Kind), by.Name, f.On})
	s.hub.mu.RLock()
	peers := s.hub.desksOf(nil, state.ID, state.AssigneeID)
	if !who.IsCustomer() {
		for window := range s.hub.byCustomer[state.CustomerID] {
			peers = append(peers, window)
		}
	}
	s.hub.mu.RUnlock()
	for _, other := range peers {
		if other != p {
			other.push(frame)
		}
	}
	return nil
}

// identify makes a visitor who has signed in to the wallet that customer.
func (s *Server) identify(ctx context.Context, p *peer, f clientFrame) error {
	const op = "realtime.identify"
	if p.kind != "window" || f.Token == "" {
		return fault.InvalidField(op, "token", "is missing, or this is no window")
	}
	before := p.principal()
	p.mu.Lock()
	bearer := p.bearer
	p.mu.Unlock()
	s.hub.remove(p) // so that the end of the visitor's secret does not end this connection
	opened, err := s.windows.Hello(ctx, f.Token, bearer)
	if err != nil {
		s.hub.add(p, before)
		return err
	}
	p.adopt(opened, bearer)
	s.hub.add(p, opened.Principal)
	return s.welcomeWindow(ctx, p, opened)
}

// hello opens a connection. cookie is the staff session of a browser, if any.
func (s *Server) hello(ctx context.Context, p *peer, f clientFrame, cookie string) error {
	const op = "realtime.hello"
	if f.V != 1 || len(f.Resume) > maxResume {
		return fault.InvalidField(op, "v", "must be 1, with at most %d conversations to resume", maxResume)
	}
	for _, cap := range f.Caps {
		p.noEcho = p.noEcho || cap == "no_echo"
	}
	now := s.now()
	p.seen.Store(now.UnixMicro())
	p.check.Store(now.UnixMicro())
	var err error
	switch f.Role {
	case "desk":
		err = s.helloDesk(ctx, p, f, cookie)
	case "window":
		err = s.helloWindow(ctx, p, f)
	default:
		err = fault.InvalidField(op, "role", "must be window or desk")
	}
	if err != nil {
		return err
	}
	for _, r := range f.Resume {
		if err := s.resume(ctx, p, r); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

func (s *Server) resume(ctx context.Context, p *peer, r resumePoint) error {
	state, err := s.store.Conversation(ctx, p.principal(), r.Conv)
	if err != nil || state.LastSeq <= r.LastSeq {
		return err
	}
	return s.missed(ctx, p, r.Conv, conversation.EntryRange{After: r.LastSeq})
}

func (s *Server) helloDesk(ctx context.Context, p *peer, f clientFrame, cookie string) error {
	p.kind, p.bearer = "desk", f.Token
	if p.bearer == "" {
		p.bearer = cookie
	}
	who, until, err := s.desk.Resolve(ctx, p.bearer)
	if err != nil {
		return err
	}
	p.over.Store(until.UnixMicro())
	s.enter(p, who)
	p.greet(encode(welcomeFrame{
		T: "welcome", Session: p.session, ServerTime: s.now().UnixMicro(), Limits: s.limitsOf(who.Kind),
		Staff: &welcomeStaff{ID: who.ID, Name: who.Name, Role: string(who.Role)},
	}))
	return nil
}

func (s *Server) helloWindow(ctx context.Context, p *peer, f clientFrame) error {
	p.kind = "window"
	opened, err := s.windows.Hello(ctx, f.Token, f.Visitor)
	if err != nil {
		return err
	}
	p.adopt(opened, f.Visitor)
	if p.session == "" {
		p.session = p.bearer
	}
	s.enter(p, opened.Principal)
	return s.welcomeWindow(ctx, p, opened)
}

// adopt takes over what a sign-in opened.
func (p *peer) adopt(o signin.Opened, bearer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bearer = bearer; o.NewSecret != "" {
		p.bearer = o.NewSecret
	}
	p.over.Store(o.ExpiresAt.UnixMicro())
	if p.opened = nil; o.Visitor != nil {
		p.opened = &openedVisitor{secret: o.Visitor}
	}
}

func (s *Server) enter(p *peer, who identity.Principal) {
	if s.observe != nil {
		p.closed = s.observe.SocketOpened(p.kind)
	}
	s.hub.add(p, who)
}

func (s *Server) welcomeWindow(ctx context.Context, p *peer, opened signin.Opened) error {
	who := opened.Principal
	anonymous := who.Kind == identity.Visitor
	frame := welcomeFrame{
		T: "welcome", Session: p.session, ServerTime: s.now().UnixMicro(), Limits: s.limitsOf(who.Kind),
		Customer: who.ID, Anonymous: &anonymous, Visitor: opened.NewSecret,
	}
	states, err := s.store.ConversationsOf(ctx, who, 20)
	if err != nil {
		return err
	}
	for _, st := range states {
		frame.Conversations = append(frame.Conversations, welcomeConversation{
			Conv: st.ID, Status: string(st.Status), LastSeq: st.LastSeq, ReadSeq: st.CustomerRead,
			Unread: max(0, st.LastSeq-st.CustomerRead), LastActivity: st.LastActivity,
		})
	}
	p.greet(encode(frame))
	return nil
}

func (s *Server) limitsOf(kind identity.Kind) welcomeLimits {
	return welcomeLimits{
		FrameBytes: maxFrameBytes, TextChars: conversation.MaxTextChars,
		MessagesPer10s: s.options.MessagesPer10s(kind), AttachmentBytes: s.options.AttachmentBytes,
	}
}
