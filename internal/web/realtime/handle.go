package realtime

import (
	"cmp"
	"context"
	"runtime/debug"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/frames"
	"kefu/internal/web/refusal"
	"kefu/internal/web/wire"
)

func stack() string { return string(debug.Stack()) }

// receive handles one frame of a client that has said hello.
func (s *Server) receive(p *peer, data []byte) {
	if p.hasEnded() {
		return
	}
	if wait := p.hear(s.now()); wait > 0 {
		p.push(refusal.Encode(refusal.After("rate_limited", wait)))
		return
	}
	ctx := s.moment.soon()
	var hot frames.Hot
	if len(data) <= s.options.MaxFrameBytes && frames.DecodeHot(data, &hot) {
		s.handleHot(ctx, p, &hot)
		return
	}
	f, err := s.decodeFrame(data)
	if err != nil {
		p.push(refusal.Encode(refusal.Because(refusal.OfUnread(err))))
		return
	}
	do := s.handle[f.T]
	if do == nil {
		p.push(refusal.Encode(refusal.Because("unknown_type")))
		return
	}
	ref, err := do(ctx, p, f)
	s.failed(p, f.T, ref, f.Conv, err)
}

// failed answers a frame that could not be done. The error names the
// conversation, so that a client knows which of its questions it answers.
func (s *Server) failed(p *peer, frame, ref, conv string, err error) {
	if err == nil {
		return
	}
	s.logError(frame, err)
	answer := refusal.Of(err).Over(ref)
	if answer.Conv == "" && id.Valid(conv) {
		answer.Conv = conv
	}
	p.push(refusal.Encode(answer))
}

func (s *Server) logError(frame string, err error) {
	if code := fault.CodeOf(err); code == fault.Internal || code == fault.Unavailable {
		s.log.Error("a frame failed", "frame", frame, "error", err)
	}
}

func (s *Server) handleHot(ctx context.Context, p *peer, f *frames.Hot) {
	switch f.T {
	case "send":
		err := s.send(ctx, p, intake.Message{ConversationID: f.Conv, ClientID: f.ClientID, Text: f.Text, ReplyTo: f.ReplyTo, Note: f.Note, Seen: f.Seen, UnlessAnswered: f.Unless})
		s.failed(p, f.T, f.ClientID, f.Conv, err)
	case "ack":
		s.failed(p, f.T, f.T, f.Conv, s.mark(ctx, p, f.Conv, f.T, conversation.Delivered, f.Seq))
	case "read":
		s.failed(p, f.T, f.T, f.Conv, s.mark(ctx, p, f.Conv, f.T, conversation.Read, f.Seq))
	case "ping":
		s.pong(p)
	}
}

func (s *Server) pong(p *peer) {
	var frame [64]byte
	pong := append(frame[:0], `{"t":"pong","server_time":`...)
	pong = strconv.AppendInt(pong, s.now().UnixMicro(), 10)
	p.push(append(pong, '}'))
}

// handler does what a frame asks for. ref says which frame an error is about.
type handler func(ctx context.Context, p *peer, f *frames.Frame) (ref string, err error)

// handlers are the frames of docs/protocol.md, section 2.1.
func (s *Server) handlers() map[string]handler {
	named := func(do func(context.Context, *peer, *frames.Frame) error) handler {
		return func(ctx context.Context, p *peer, f *frames.Frame) (string, error) { return f.T, do(ctx, p, f) }
	}
	return map[string]handler{
		"send": func(ctx context.Context, p *peer, f *frames.Frame) (string, error) {
			return f.ClientMsgID, s.sendBody(ctx, p, f)
		},
		"ack": func(ctx context.Context, p *peer, f *frames.Frame) (string, error) {
			return f.T, s.mark(ctx, p, f.Conv, f.T, conversation.Delivered, f.UpToSeq)
		},
		"read": func(ctx context.Context, p *peer, f *frames.Frame) (string, error) {
			return f.T, s.mark(ctx, p, f.Conv, f.T, conversation.Read, f.Seq)
		},
		"typing": named(s.typing),
		"fetch":  named(s.fetch),
		"start": func(ctx context.Context, p *peer, f *frames.Frame) (string, error) {
			return f.Ref, s.start(ctx, p, f)
		},
		"human": func(ctx context.Context, p *peer, f *frames.Frame) (string, error) {
			_, err := s.intake.Do(ctx, p.principal(), f.Conv, conversation.Command{Kind: conversation.AskPerson})
			return f.T, err
		},
		"rate": named(func(ctx context.Context, p *peer, f *frames.Frame) error {
			content := conversation.Content{Score: f.Score, Text: f.Text}
			_, err := s.intake.Do(ctx, p.principal(), f.Conv, conversation.Command{Kind: conversation.Rate, Content: content})
			return err
		}),
		"watch":    named(s.watch),
		"accept":   named(s.answerOffer),
		"decline":  named(s.answerOffer),
		"presence": named(s.answerOffer),
		"unwatch":  named(s.watch),
		"identify": named(s.identify),
		"ping": func(_ context.Context, p *peer, _ *frames.Frame) (string, error) {
			s.pong(p)
			return "", nil
		},
		"flow": func(_ context.Context, p *peer, f *frames.Frame) (string, error) {
			p.push(refusal.Encode(refusal.Because("not_supported").Over(f.OpID)))
			return "", nil
		},
		"hello": func(_ context.Context, _ *peer, f *frames.Frame) (string, error) {
			return f.T, fault.New(fault.Conflict, "realtime.handle", "hello was said before")
		},
	}
}

// sendBody is send for a frame that is not plain text.
func (s *Server) sendBody(ctx context.Context, p *peer, f *frames.Frame) error {
	const op = "realtime.send"
	if f.Body == nil {
		return fault.InvalidField(op, "body", "is missing")
	}
	if !f.Body.Whole() {
		return fault.InvalidField(op, "body", "must be text, attachments with their ids, or a form with its answers")
	}
	return s.send(ctx, p, intake.Message{
		ConversationID: f.Conv, ClientID: f.ClientMsgID, Text: f.Body.Text,
		AttachmentIDs: f.Body.AttachmentIDs, ReplyTo: f.ReplyTo, Note: f.Note, Seen: f.Seen, UnlessAnswered: f.Unless, Mentions: f.Mentions, Form: f.Body.Submission(),
	})
}

func (s *Server) send(ctx context.Context, p *peer, m intake.Message) error {
	if !id.Valid(m.ConversationID) {
		return fault.New(fault.NotFound, "realtime.send", "no conversation has an id of that form")
	}
	if !id.ValidUUID(m.ClientID) {
		return fault.InvalidField("realtime.send", "client_msg_id", "is no UUID")
	}
	m.Origin = p
	conv, clientID := m.ConversationID, m.ClientID
	return s.intake.Send(ctx, p.principal(), m, func(said intake.Said) {
		if said.Err != nil {
			s.failed(p, "send", clientID, conv, said.Err)
			return
		}
		var frame [192]byte
		p.push(wire.AppendStored(frame[:0], conv, clientID, said))
	})
}

// mark notes how far a client has got. Nobody waits for it. What arrives on a
// desk changes nothing and is not stored.
func (s *Server) mark(ctx context.Context, p *peer, conv, frame string, kind conversation.CommandKind, seq int64) error {
	const op = "realtime.mark"
	if seq <= 0 {
		return fault.InvalidField(op, "seq", "must be positive")
	}
	who := p.principal()
	if !who.IsCustomer() {
		if !policy.Allow(who, policy.MarkSeen, policy.Whosever(who.ID)) {
			return fault.New(fault.NotFound, op, "no conversation is %s's to see", who.Role)
		}
		if kind == conversation.Delivered {
			return nil
		}
	}
	return s.store.Submit(ctx, &conversation.Change{
		Principal: who, ConversationID: conv, Command: conversation.Command{Kind: kind, Seq: seq},
		Done: func(r conversation.Result) { s.failed(p, frame, frame, conv, r.Err) },
	})
}

func (s *Server) start(ctx context.Context, p *peer, f *frames.Frame) error {
	if !id.ValidUUID(f.Ref) {
		return fault.InvalidField("realtime.start", "ref", "is no UUID")
	}
	start := conversation.Start{Ref: f.Ref, NewID: id.New(), Channel: "chat", Topic: f.Topic, Language: cmp.Or(f.Lang, p.lang)}
	p.mu.Lock()
	start.Secret = p.opened
	p.mu.Unlock()
	state, err := s.intake.Start(ctx, p.principal(), start)
	if err != nil {
		return err
	}
	p.push(refusal.Encode(startedFrame{T: "started", Ref: f.Ref, Conv: state.ID, At: state.CreatedAt}))
	return nil
}

// entriesPerFrame is how many entries of a log may be asked for at the price of a
// frame: reading a page is some hundred times the work of another frame.
const entriesPerFrame = 20

func (s *Server) fetch(ctx context.Context, p *peer, f *frames.Frame) error {
	const op = "realtime.fetch"
	if (f.AfterSeq == nil) == (f.BeforeSeq == nil) {
		return fault.InvalidField(op, "after_seq", "or before_seq must be given, and not both")
	}
	r := conversation.EntryRange{Limit: f.Limit, Ahead: f.Ahead}
	if r.Limit <= 0 || r.Limit > conversation.MaxPage {
		r.Limit = conversation.MaxPage
	}
	if p.kind == roleWindow { // anybody can open one
		if wait := p.frames.Charge(s.now(), int64(r.Limit/entriesPerFrame), int64(s.options.FramesPer10s)); wait > 0 {
			return &intake.LimitedError{RetryAfter: wait}
		}
	}
	if f.AfterSeq != nil {
		r.After = max(0, *f.AfterSeq)
	} else {
		r.Reverse, r.Before = true, *f.BeforeSeq
	}
	frame, err := s.missed(ctx, p, f.Conv, r)
	if err == nil {
		p.push(frame)
	}
	return err
}

// missed reads a stretch of a log for a client, no longer than a quarter of what
// may wait for it.
func (s *Server) missed(ctx context.Context, p *peer, conv string, r conversation.EntryRange) ([]byte, error) {
	entries, more, err := s.store.Entries(ctx, p.principal(), conv, r)
	if err != nil {
		return nil, err
	}
	events, sizes := make([]byte, 0, 256*len(entries)), make([]int, 0, len(entries))
	for _, e := range entries {
		before := len(events)
		events = append(wire.AppendEvent(events, e), ',')
		sizes = append(sizes, len(events)-before)
	}
	// The entries next to what the client has stay: the first, or the last of a
	// stretch read backwards.
	for limit := s.options.BufferBytes / 4; len(events) > limit && len(entries) > 1; more = true {
		if last := len(entries) - 1; r.Reverse {
			events, entries, sizes = events[sizes[0]:], entries[1:], sizes[1:]
		} else {
			events, entries, sizes = events[:len(events)-sizes[last]], entries[:last], sizes[:last]
		}
	}
	from, to := r.After, r.After
	if len(entries) > 0 {
		from, to = entries[0].Seq, entries[len(entries)-1].Seq
	}
	frame := append(make([]byte, 0, len(events)+128), `{"t":"missed","conv":"`...)
	frame = append(frame, conv...)
	frame = append(frame, `","from":`...)
	frame = strconv.AppendInt(frame, from, 10)
	frame = append(frame, `,"to":`...)
	frame = strconv.AppendInt(frame, to, 10)
	frame = append(frame, `,"events":[`...)
	frame = append(frame, events[:max(0, len(events)-1)]...)
	frame = append(frame, `],"more":`...)
	frame = strconv.AppendBool(frame, more)
	return append(frame, '}'), nil
}

func (s *Server) watch(ctx context.Context, p *peer, f *frames.Frame) error {
	const op = "realtime.watch"
	who := p.principal()
	if !policy.Allow(who, policy.ListInbox, policy.Whosever(who.ID)) {
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
		s.tellPresent(f.Conv, false)
		return nil
	}
	if _, err := s.store.Watch(ctx, who, f.Conv); err != nil {
		return err
	}
	if !s.hub.watch(p, f.Conv) {
		return fault.New(fault.Conflict, op, "more than %d conversations watched", maxWatched)
	}
	s.tellPresent(f.Conv, true)
	return nil
}

// typing tells the other side. It is stored nowhere.
func (s *Server) typing(ctx context.Context, p *peer, f *frames.Frame) error {
	if !p.passesTyping(f.Conv, f.On, s.now().UnixMicro()) {
		return nil
	}
	who := p.principal()
	state, err := s.store.Conversation(ctx, who, f.Conv)
	if err != nil {
		return err
	}
	frame := typingFrame(who, f)
	s.hub.mu.RLock()
	peers := s.hub.desksOf(nil, state.Object(), state.ID, state.AssigneeID)
	if !who.IsCustomer() {
		peers = append(peers, s.hub.byCustomer[state.CustomerID]...)
	}
	s.hub.mu.RUnlock()
	for _, other := range peers {
		if other != p {
			other.push(frame)
		}
	}
	return nil
}

func typingFrame(who identity.Principal, f *frames.Frame) []byte {
	by := conversation.AuthorOf(who)
	return refusal.Encode(struct {
		T    string `json:"t"`
		Conv string `json:"conv"`
		By   string `json:"by"`
		Name string `json:"name,omitempty"`
		On   bool   `json:"on"`
	}{"typing", f.Conv, string(by.Kind), by.Name, f.On})
}
