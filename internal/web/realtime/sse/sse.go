// Package sse writes frames as server-sent events (HTML Living Standard, 9.2).
package sse

import (
	"bytes"
	"errors"
	"net/http"
)

// Writer writes server-sent events to one client, each at once.
type Writer struct {
	To       http.ResponseWriter
	Response *http.ResponseController
	Allow    func() error // gives the next write its time
}

// Frames writes frames that are separated by line feeds, an event for each.
func (w Writer) Frames(frames []byte) error {
	var out bytes.Buffer
	for frame := range bytes.SplitSeq(frames, []byte{'\n'}) {
		out.WriteString("data: ")
		out.Write(frame)
		out.WriteString("\n\n")
	}
	return w.send(out.Bytes())
}

// Comment writes what clients pass over, so that nothing between takes the line for
// dead.
func (w Writer) Comment() error { return w.send([]byte(":\n\n")) }

func (w Writer) send(data []byte) error {
	if err := w.Allow(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := w.To.Write(data); err != nil {
		return err
	}
	return w.Response.Flush()
}
