package realtime

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"kefu/internal/web/frames"
)

// Sweep looks over the connections as Run does now and then.
func (s *Server) Sweep(ctx context.Context) { s.sweep(ctx) }

// TellService tells windows whether somebody is there, as Run does now and then.
func (s *Server) TellService() { s.tellService() }

// SetSlowLimit shortens how long a client may take to accept what is written.
func (s *Server) SetSlowLimit(d time.Duration) { s.slowLimit = d }

// FrameTypes are the types of frames that clients may send.
func (s *Server) FrameTypes() []string { return slices.Sorted(maps.Keys(s.handle)) }

// SetUploadPause shortens how long an upload may stand still.
func (s *Server) SetUploadPause(d time.Duration) { s.uploadPause = d }

// Open is how many connections hold a place.
func (s *Server) Open() int {
	return s.gate.Open()
}

// Known is how many connections are in the hub, in its indexes and in the table
// of sessions.
func (s *Server) Known() (all, indexed, sessions int) {
	s.hub.mu.RLock()
	defer s.hub.mu.RUnlock()
	s.sessions.mu.RLock()
	defer s.sessions.mu.RUnlock()
	return len(s.hub.all), len(s.hub.byCustomer) + len(s.hub.byStaff) + len(s.hub.byWatch) + len(s.hub.inbox), len(s.sessions.peers)
}

// ReadBothWays reads a frame by reflection and without, and tells whether the
// second took it and whether both then agree.
func ReadBothWays(data []byte) (taken, agree bool) {
	var hot frames.Hot
	if !frames.DecodeHot(data, &hot) {
		return false, true
	}
	s := &Server{options: Options{}.withDefaults()}
	f, err := s.decodeFrame(data)
	if err != nil {
		return true, len(data) > s.options.MaxFrameBytes
	}
	want := &frames.Frame{T: hot.T, Conv: hot.Conv, ClientMsgID: hot.ClientID, ReplyTo: hot.ReplyTo, Note: hot.Note, Seen: hot.Seen}
	switch hot.T {
	case "send":
		want.Body = &frames.Body{Type: "text", Text: hot.Text}
	case "ack":
		want.UpToSeq = hot.Seq
	case "read":
		want.Seq = hot.Seq
	}
	return true, reflect.DeepEqual(f, want)
}

// ReadFrame reads a client's frame.
func ReadFrame(data []byte) error {
	s := &Server{options: Options{}.withDefaults()}
	_, err := s.decodeFrame(data)
	return err
}
