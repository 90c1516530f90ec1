package client

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Transport is a way to carry frames.
type Transport string

// The transports of the protocol. Auto tries WebSocket first, each time anew.
const (
	Auto      Transport = ""
	WebSocket Transport = "websocket"
	Stream    Transport = "stream" // server-sent events and POST
)

const (
	writeTimeout     = 10 * time.Second
	silenceTimeout   = 75 * time.Second // three unanswered pings
	framesPerPost    = 32
	bytesPerPost     = 64 << 10
	streamQueue      = 256 // frames waiting to be posted
	streamLineBuffer = 64 << 10
)

// link is a connection that said hello. write does not wait for an answer; run
// reads until the end, on the calling goroutine.
type link interface {
	transport() Transport
	write(frame []byte) error
	run(handle func(frame []byte)) error
	close()
}

type socketLink struct{ conn *Conn }

func (s socketLink) transport() Transport { return WebSocket }

func (s socketLink) write(frame []byte) error {
	_ = s.conn.ws.SetWriteDeadline(time.Now().Add(writeTimeout))
	return s.conn.Write(frame)
}

func (s socketLink) run(handle func([]byte)) error {
	s.conn.SetReadDeadline(time.Now().Add(silenceTimeout))
	return s.conn.Run(func(frame []byte) {
		s.conn.SetReadDeadline(time.Now().Add(silenceTimeout))
		handle(frame)
	})
}

func (s socketLink) close() { s.conn.Close() }

// streamLink is the SSE + POST transport: one goroutine posts what write queues.
type streamLink struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	http     *http.Client
	base     string
	header   http.Header
	session  atomic.Pointer[string]
	welcome  []byte
	outgoing chan []byte
	posting  sync.WaitGroup
}

// openStream says hello by POST.
func openStream(ctx context.Context, target Target, hello []byte) (*streamLink, error) {
	base, err := baseURL(target.URL)
	if err != nil {
		return nil, err
	}
	inner, cancel := context.WithCancelCause(ctx)
	s := &streamLink{
		ctx: inner, cancel: cancel, base: base.String(), header: target.Header,
		outgoing: make(chan []byte, streamQueue),
		http: &http.Client{Transport: &http.Transport{
			DialContext: dialLocal, TLSClientConfig: target.TLS, ResponseHeaderTimeout: dialTimeout,
		}},
	}
	if err := s.hello(hello); err != nil {
		s.close()
		s.http.CloseIdleConnections()
		return nil, err
	}
	return s, nil
}

func (s *streamLink) hello(frame []byte) error {
	ctx, cancel := context.WithTimeout(s.ctx, dialTimeout)
	defer cancel()
	response, err := s.do(ctx, http.MethodPost, "/rt/sessions", frame)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxServerMessage))
	if err != nil {
		return fmt.Errorf("client: saying hello: %w", err)
	}
	body = bytes.TrimSpace(body)
	decoded, err := Decode(body)
	if err != nil || response.StatusCode != http.StatusOK {
		if refusal, ok := decoded.(*Error); ok {
			return &refused{refusal.Code, time.Duration(refusal.RetryAfterMS) * time.Millisecond}
		}
		if response.StatusCode == http.StatusUnauthorized {
			return &refused{code: "unauthenticated"}
		}
		return &Rejected{Status: response.StatusCode, Err: errors.New("hello was not answered by welcome")}
	}
	welcome, ok := decoded.(*Welcome)
	if !ok || welcome.Session == "" {
		return &Rejected{Status: response.StatusCode, Err: errors.New("the answer to hello is not a welcome")}
	}
	s.welcome = body
	s.renew(welcome.Session)
	return nil
}

// renew takes over the session of a later welcome, which follows an identify.
func (s *streamLink) renew(session string) { s.session.Store(&session) }

func (s *streamLink) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	for name, values := range s.header {
		request.Header[name] = values
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	if session := s.session.Load(); session != nil {
		request.Header.Set("Authorization", "Bearer "+*session)
	}
	response, err := s.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("client: %s %s: %w", method, path, err)
	}
	return response, nil
}

func (s *streamLink) transport() Transport { return Stream }

func (s *streamLink) close() { s.cancel(errors.New("client: the connection was closed")) }

func (s *streamLink) write(frame []byte) error {
	select {
	case s.outgoing <- bytes.Clone(frame):
		return nil
	default:
		s.cancel(errors.New("client: the server takes frames too slowly"))
		return context.Cause(s.ctx)
	}
}

func (s *streamLink) run(handle func([]byte)) error {
	defer s.http.CloseIdleConnections()
	defer s.posting.Wait()
	defer s.close()
	response, err := s.do(s.ctx, http.MethodGet, "/rt/stream", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return &Rejected{Status: response.StatusCode, Err: errors.New("the stream was refused")}
	}
	s.posting.Go(s.post)
	silence := time.AfterFunc(silenceTimeout, s.close)
	defer silence.Stop()
	handle(s.welcome)
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(make([]byte, streamLineBuffer), maxServerMessage)
	for lines.Scan() {
		silence.Reset(silenceTimeout)
		if data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data:")); ok {
			handle(bytes.TrimPrefix(data, []byte(" ")))
		}
	}
	if err := context.Cause(s.ctx); err != nil {
		return err
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("client: stream: %w", err)
	}
	return io.EOF
}

// post sends what is queued, as many frames at once as the protocol allows.
func (s *streamLink) post() {
	var held []byte
	for {
		first := held
		if held = nil; first == nil {
			select {
			case first = <-s.outgoing:
			case <-s.ctx.Done():
				return
			}
		}
		batch := bytes.Clone(first)
		for n := 1; n < framesPerPost && held == nil; n++ {
			select {
			case next := <-s.outgoing:
				if len(batch)+len(next)+1 > bytesPerPost {
					held = next
					continue
				}
				batch = append(append(batch, '\n'), next...)
			default:
				n = framesPerPost
			}
		}
		if err := s.postBatch(batch); err != nil {
			s.cancel(err)
			return
		}
	}
}

func (s *streamLink) postBatch(batch []byte) error {
	ctx, cancel := context.WithTimeout(s.ctx, writeTimeout)
	defer cancel()
	response, err := s.do(ctx, http.MethodPost, "/rt/frames", batch)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	_ = response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return &Rejected{Status: response.StatusCode, Err: errors.New("frames were refused")}
	}
	return nil
}

// openLink connects by the wanted transport. Where WebSocket is tried first and
// refused, the stream is tried in the same breath: what stops one (a proxy)
// lets the other pass.
func openLink(ctx context.Context, wanted Transport, target Target, hello func(Transport) []byte) (link, error) {
	if wanted == Stream {
		return asLink(openStream(ctx, target, hello(Stream)))
	}
	conn, err := Dial(ctx, target, hello(WebSocket))
	if err == nil {
		return socketLink{conn}, nil
	}
	if wanted == WebSocket || ctx.Err() != nil || refusedConnection(err) || busy(err) {
		return nil, err
	}
	stream, streamErr := openStream(ctx, target, hello(Stream))
	if streamErr != nil {
		return nil, errors.Join(err, streamErr)
	}
	return stream, nil
}

func asLink(s *streamLink, err error) (link, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// refusedConnection tells whether there was nobody at the address at all.
func refusedConnection(err error) bool {
	return strings.Contains(err.Error(), "connection refused")
}
