package upload_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kefu/internal/platform/fault"
	"kefu/internal/web/upload"
)

// line is a connection on which bytes come at their time, and reading fails when
// its deadline passes first.
type line struct {
	*httptest.ResponseRecorder
	deadline time.Time
	pieces   []piece
}

type piece struct {
	after time.Duration
	bytes string
}

// SetReadDeadline is what http.ResponseController looks for.
func (l *line) SetReadDeadline(t time.Time) error { l.deadline = t; return nil }

// Read implements io.Reader.
func (l *line) Read(b []byte) (int, error) {
	if len(l.pieces) == 0 {
		return 0, io.EOF
	}
	next := &l.pieces[0]
	if left := time.Until(l.deadline); left < next.after {
		time.Sleep(left)
		return 0, io.ErrUnexpectedEOF
	}
	time.Sleep(next.after)
	next.after = 0
	n := copy(b, next.bytes)
	if next.bytes = next.bytes[n:]; next.bytes == "" {
		l.pieces = l.pieces[1:]
	}
	return n, nil
}

// send gives how long a form's file is read, and what came of it.
func send(t *testing.T, l upload.Limits, pieces ...piece) (took time.Duration, size int64, err error) {
	t.Helper()
	head := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
	at := &line{ResponseRecorder: httptest.NewRecorder(), pieces: append([]piece{{0, head}}, pieces...)}
	at.pieces = append(at.pieces, piece{0, "\r\n--b--\r\n"})
	r := httptest.NewRequest(http.MethodPost, "/", at)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	began := time.Now()
	f, err := upload.Open(at, r, l)
	if err != nil {
		t.Fatal(err)
	}
	size, err = io.Copy(io.Discard, f)
	return time.Since(began), size, f.Cause(err)
}

// A client that stops is given up after the pause, however fast it was before,
// and one that keeps on at the end of the whole.
func TestASlowClientIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := upload.Limits{Bytes: 64 << 20, Whole: 10 * time.Minute}
		took, _, err := send(t, limits, piece{0, strings.Repeat("x", 19<<20)}, piece{20 * time.Minute, "y"})
		if !fault.Is(err, fault.Invalid) || took > 11*time.Second {
			t.Errorf("fast, then nothing: given up after %v, err = %v", took, err)
		}
		var trickle []piece
		for range 300 {
			trickle = append(trickle, piece{9 * time.Second, strings.Repeat("x", 200<<10)})
		}
		took, _, err = send(t, limits, trickle...)
		if !fault.Is(err, fault.Invalid) || took > limits.Whole {
			t.Errorf("in steps of nine seconds: given up after %v, err = %v", took, err)
		}
		took, _, err = send(t, limits, piece{9 * time.Second, "x"}, piece{9 * time.Second, "x"})
		if !fault.Is(err, fault.Invalid) || took > 11*time.Second {
			t.Errorf("byte by byte: given up after %v, err = %v", took, err)
		}
		_, size, err := send(t, limits, trickle[:30]...)
		if err != nil || size != 30*200<<10 {
			t.Errorf("a slow one in time: %d bytes, err = %v", size, err)
		}
	})
}

// pipes is a listener within the process.
type pipes struct {
	net.Listener
	come chan net.Conn
}

// Accept implements net.Listener.
func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p.come; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (p pipes) Close() error { return nil }

// dial is for http.Transport.
func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.come <- server
	return client, nil
}

// Whoever sends is not blamed for the time that a place, or keeping the file, takes.
func TestAFileMayWaitForItsPlaceAndItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			second      bool // HTTP/2
			size        int
			place, keep time.Duration
		}{
			"small":         {false, 5, 15 * time.Second, 25 * time.Second},
			"large":         {false, 1 << 20, 15 * time.Second, 25 * time.Second},
			"small, HTTP/2": {true, 5, 15 * time.Second, 25 * time.Second},
			"large, HTTP/2": {true, 3 << 20, 15 * time.Second, 25 * time.Second},
		} {
			handle := func(w http.ResponseWriter, r *http.Request) {
				f, err := upload.Open(w, r, upload.Limits{Bytes: 4 << 20, Whole: 10 * time.Minute})
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				time.Sleep(c.place)
				n, err := io.Copy(io.Discard, f)
				if err != nil || n != int64(c.size) || (r.ProtoMajor == 2) != c.second {
					t.Errorf("%s: read %d bytes over %s, err = %v", name, n, r.Proto, err)
				}
				time.Sleep(c.keep)
				if err := r.Context().Err(); err != nil {
					t.Errorf("%s: the request was given up: %v", name, err)
				}
				w.WriteHeader(http.StatusNoContent)
			}
			protocols := new(http.Protocols)
			protocols.SetHTTP1(!c.second)
			protocols.SetUnencryptedHTTP2(c.second)
			p := pipes{come: make(chan net.Conn)}
			server := &http.Server{Handler: http.HandlerFunc(handle), ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, Protocols: protocols}
			go func() { _ = server.Serve(p) }()
			transport := &http.Transport{DialContext: p.dial, Protocols: protocols}
			text := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + strings.Repeat("x", c.size) + "\r\n--b--\r\n"
			answer, err := (&http.Client{Transport: transport}).Post("http://kefu.test/", "multipart/form-data; boundary=b", strings.NewReader(text))
			if err != nil || answer.StatusCode != http.StatusNoContent {
				t.Errorf("%s: answered %v, err = %v", name, answer, err)
			}
			transport.CloseIdleConnections()
			close(p.come)
			_ = server.Close()
		}
	})
}

func TestFormsThatAreNone(t *testing.T) {
	form := func(field, name string, size int) (io.Reader, string) {
		var text bytes.Buffer
		w := multipart.NewWriter(&text)
		part, err := w.CreateFormFile(field, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return &text, w.FormDataContentType()
	}
	try := func(body io.Reader, contentType string) error {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", body)
		r.Header.Set("Content-Type", contentType)
		f, err := upload.Open(w, r, upload.Limits{Bytes: 1 << 20, Whole: time.Minute})
		if err != nil {
			return err
		}
		if f.Bytes != r.ContentLength && f.Bytes != 0 {
			t.Errorf("the form has %d bytes, not %d", f.Bytes, r.ContentLength)
		}
		_, err = io.Copy(io.Discard, f)
		return f.Cause(err)
	}
	for name, c := range map[string]struct {
		field, name string
		size        int
		code        fault.Code
	}{
		"another field": {"other", "a", 1, fault.Invalid}, "no name": {"file", "", 1, fault.Invalid}, "too large": {"file", "a", 2 << 20, fault.TooMany},
	} {
		if err := try(form(c.field, c.name, c.size)); !fault.Is(err, c.code) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	if err := try(form("file", "a", 1<<20)); err != nil {
		t.Errorf("a good one: %v", err)
	}
	if err := try(strings.NewReader("x"), "text/plain"); !fault.Is(err, fault.Invalid) {
		t.Errorf("no form: %v", err)
	}
	if err := try(strings.NewReader("x"), "multipart/form-data; boundary=b"); !fault.Is(err, fault.Invalid) {
		t.Errorf("no parts: %v", err)
	}
}
