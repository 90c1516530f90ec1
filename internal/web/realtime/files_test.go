package realtime_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/attaching"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
)

// form is a multipart body with one field.
func form(t *testing.T, field, name string, content []byte) ([]byte, http.Header) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	var part io.Writer
	var err error
	if name == "" {
		part, err = w.CreateFormField(field)
	} else {
		part, err = w.CreateFormFile(field, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = w.Close()
	return body.Bytes(), http.Header{"Content-Type": {w.FormDataContentType()}}
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (h *house) upload(t *testing.T, session, name string, content []byte) (int, http.Header, frame) {
	t.Helper()
	body, header := form(t, "file", name, content)
	status, answer, text := h.request("POST", "/rt/attachments", session, body, header)
	var f frame
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatalf("answered %d %q", status, text)
	}
	return status, answer, f
}

func (h *house) link(session, file string) (int, frame) {
	h.t.Helper()
	status, _, text := h.request("GET", "/rt/attachments/"+file+"/link", session, nil, nil)
	var f frame
	h.must(json.Unmarshal([]byte(text), &f))
	return status, f
}

func TestAFileFromUploadToLink(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		window, welcome := h.window("ann")
		session := welcome.text("session")
		conv := window.start()
		status, _, kept := h.upload(t, session, "card 4111 1111 1111 1111.png", picture(t))
		if status != http.StatusOK || kept.text("type") != "image/png" || kept.number("size") == 0 || !id.Valid(kept.text("id")) {
			t.Fatalf("answered %d %v", status, kept)
		}
		checkFields(t, kept, "id name type size")
		if strings.Contains(kept.text("name"), "1111 1111") {
			t.Errorf("the name is %q", kept.text("name"))
		}
		said := message(conv, "")
		said["body"] = frame{"type": "attachments", "attachment_ids": []string{kept.text("id")}, "text": "here"}
		window.say(said)
		event := window.next("event")
		if files, _ := event["payload"].(map[string]any)["attachments"].([]any); len(files) != 1 {
			t.Fatalf("the message came as %v", event)
		}
		desk := h.dial(nil)
		atDesk := desk.hello(frame{"role": "desk", "token": h.colleague(identity.Agent).token})
		streamed := h.openStream(frame{"role": "window", "visitor": welcome.text("visitor")})
		for name, session := range map[string]string{"window": session, "desk": atDesk.text("session"), "stream": streamed.text("session")} {
			status, link := h.link(session, kept.text("id"))
			url := link.text("url")
			token, ok := strings.CutPrefix(url, "https://files.kefu.test/")
			if status != http.StatusOK || !ok || link.number("expires_at") <= h.now().UnixMicro() {
				t.Fatalf("the %s was answered %d %v", name, status, link)
			}
			opened, err := h.files.Open(context.Background(), token)
			h.must(err)
			content, err := io.ReadAll(opened.Content)
			h.must(err)
			h.must(opened.Content.Close())
			if len(content) == 0 || opened.Name != kept.text("name") {
				t.Errorf("the %s's link opens %q of %d bytes", name, opened.Name, len(content))
			}
		}
		foreignFiles(t, h, window, conv, kept.text("id"))
	})
}

// foreignFiles wants everybody else to be refused.
func foreignFiles(t *testing.T, h *house, window *wire, conv, file string) {
	t.Helper()
	bob, bobs := h.window("bob")
	_, nobody := h.window("")
	hisConv := bob.start()
	_, _, his := h.upload(t, bobs.text("session"), "his.png", picture(t))
	said := message(conv, "")
	said["body"] = frame{"type": "attachments", "attachment_ids": []string{his.text("id")}}
	window.refused(said, "not_found")
	stolen := message(hisConv, "")
	stolen["body"] = frame{"type": "attachments", "attachment_ids": []string{file}}
	bob.refused(stolen, "not_found")

	sessions := map[string]string{"another customer": bobs.text("session"), "a visitor": nobody.text("session")}
	for _, role := range []identity.Role{identity.Admin, identity.Auditor} {
		desk := h.dial(nil)
		sessions[string(role)] = desk.hello(frame{"role": "desk", "token": h.colleague(role).token}).text("session")
	}
	for name, session := range sessions {
		if status, got := h.link(session, file); status != http.StatusNotFound || got.text("code") != "not_found" {
			t.Errorf("%s was given %d %v", name, status, got)
		}
		if role := identity.Role(name); identity.ValidRole(role) {
			if status, _, got := h.upload(t, session, "a.png", picture(t)); status != http.StatusForbidden {
				t.Errorf("%s could upload: %d %v", name, status, got)
			}
		}
	}
	agent := h.deskOf(h.colleague(identity.Agent))
	deskFile := h.dial(nil)
	atDesk := deskFile.hello(frame{"role": "desk", "token": h.colleague(identity.Agent).token})
	_, _, internal := h.upload(t, atDesk.text("session"), "inside.png", picture(t))
	inside := note(conv, "")
	inside["body"] = frame{"type": "attachments", "attachment_ids": []string{internal.text("id")}}
	deskFile.say(inside)
	deskFile.next("stored")
	if status, _ := h.link(bobs.text("session"), internal.text("id")); status != http.StatusNotFound {
		t.Errorf("a file of a note was given to a customer: %d", status)
	}
	agent.rest()
}

func TestSessionsOfFilesLiveAndDieWithTheirConnection(t *testing.T) {
	h := open(t, choices{})
	window, welcome := h.window("ann")
	session := welcome.text("session")
	_, _, kept := h.upload(t, session, "a.png", picture(t))
	for name, wrong := range map[string]string{
		"none": "", "the visitor's secret": welcome.text("visitor"), "the customer": welcome.text("customer"),
		"another": strings.Repeat("A", 43), "a part": session[:42], "more": session + "A", "changed": flip(session),
	} {
		if status, got := h.link(wrong, kept.text("id")); status != http.StatusUnauthorized || got.text("code") != "unauthenticated" {
			t.Errorf("%s was answered %d %v", name, status, got)
		}
		if status, _, _ := h.upload(t, wrong, "a.png", picture(t)); status != http.StatusUnauthorized {
			t.Errorf("%s could upload: %d", name, status)
		}
	}
	if status, _, _ := h.request("GET", "/rt/attachments/"+kept.text("id")+"/link", session, nil, http.Header{"Origin": {"https://evil.test"}}); status != http.StatusForbidden {
		t.Errorf("a foreign page was answered %d", status)
	}
	window.cut()
	eventually(t, "the session over", func() bool {
		status, _ := h.link(session, kept.text("id"))
		return status == http.StatusUnauthorized
	})
	second, again := h.window("ann")
	h.must(h.store.RevokeCustomer(context.Background(), identity.SystemPart("test"), again.text("customer")))
	second.gone("revoked")
	if status, _ := h.link(again.text("session"), kept.text("id")); status != http.StatusUnauthorized {
		t.Errorf("a revoked session was answered %d", status)
	}
}

func TestFilesThatAreNotTaken(t *testing.T) {
	h := open(t, choices{files: func(o *attaching.Options) {
		o.Limits.MaxBytes = 64 << 10
		o.Uploads = ratelimit.Limit{Burst: 6, Per: time.Minute}
	}})
	_, welcome := h.window("ann")
	session := welcome.text("session")
	text := []byte("a plain text")
	for _, test := range []struct {
		name, field, file string
		content           []byte
		status            int
		code              string
	}{
		{"another field", "image", "a.txt", text, 400, "invalid"},
		{"no file", "file", "", text, 400, "invalid"},
		{"a program", "file", "a.png", []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100)), 415, "invalid"},
		{"a page", "file", "a.txt", []byte("<!DOCTYPE html><script>alert(1)</script>"), 415, "invalid"},
		{"an empty one", "file", "a.txt", nil, 400, "invalid"},
		{"too large", "file", "a.txt", bytes.Repeat([]byte("words "), 20_000), 413, "too_large"},
		{"larger than a request may be", "file", "a.txt", bytes.Repeat([]byte("words "), 400_000), 413, "too_large"},
		{"a good one", "file", "a.txt", text, 200, ""},
		{"one too many", "file", "a.txt", text, 429, "rate_limited"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body, header := form(t, test.field, test.file, test.content)
			status, answer, got := h.request("POST", "/rt/attachments", session, body, header)
			if status != test.status || (test.code != "" && !strings.Contains(got, `"code":"`+test.code+`"`)) {
				t.Errorf("answered %d %s", status, got)
			}
			if (status == 429) != (answer.Get("Retry-After") != "") {
				t.Errorf("Retry-After is %q", answer.Get("Retry-After"))
			}
		})
	}
	for name, header := range map[string]http.Header{
		"no form": {"Content-Type": {"application/json"}}, "no boundary": {"Content-Type": {"multipart/form-data"}}, "half a form": {"Content-Type": {"multipart/form-data; boundary=x"}},
	} {
		if status, _, got := h.request("POST", "/rt/attachments", session, []byte("--x\r\nContent-Disp"), header); status != http.StatusBadRequest {
			t.Errorf("%s was answered %d %s", name, status, got)
		}
	}
	for _, file := range []string{"nothing", id.New(), "..%2f..%2fkeys", fmt.Sprint(strings.Repeat("x", 500))} {
		if status, _ := h.link(session, file); status != http.StatusNotFound {
			t.Errorf("%s was answered %d", file, status)
		}
	}
	if log := h.log.String(); log != "" {
		t.Errorf("the server logged %s", log)
	}
}

// TestAnUploadThatStopsIsGivenUp begins an upload and sends no more of it.
func TestAnUploadThatStopsIsGivenUp(t *testing.T) {
	h := open(t, choices{files: func(o *attaching.Options) { o.AtOnce = 1 }})
	h.server.SetUploadPause(time.Second)
	_, welcome := h.window("ann")
	_, other := h.window("bob")
	session := welcome.text("session")
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	h.must(err)
	defer conn.Close()
	body, header := form(t, "file", "a.txt", bytes.Repeat([]byte("words "), 2000))
	_, err = fmt.Fprintf(conn, "POST /rt/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		session, header.Get("Content-Type"), len(body), body[:len(body)/2])
	h.must(err)
	eventually(t, "a second upload of the same connection refused", func() bool {
		status, answer, _ := h.upload(t, session, "b.txt", []byte("x"))
		return status == http.StatusTooManyRequests && answer.Get("Retry-After") != ""
	})
	if status, _, _ := h.upload(t, other.text("session"), "c.txt", []byte("y")); status != http.StatusOK {
		t.Errorf("somebody else's upload was answered %d", status)
	}
	h.must(conn.SetReadDeadline(time.Now().Add(patience)))
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400") {
		t.Errorf("the upload that stopped was answered %q %v", answer, err)
	}
}

// What follows the file in its form is not read: a browser's form may hold more.
func TestFieldsAfterTheFileArePassedOver(t *testing.T) {
	h := open(t, choices{})
	_, welcome := h.window("ann")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "a.txt")
	h.must(err)
	_, _ = part.Write([]byte("words"))
	h.must(w.WriteField("note", "more"))
	h.must(w.Close())
	status, _, text := h.request("POST", "/rt/attachments", welcome.text("session"), body.Bytes(), http.Header{"Content-Type": {w.FormDataContentType()}})
	if status != http.StatusOK || !strings.Contains(text, `"a.txt"`) {
		t.Errorf("answered %d %s", status, text)
	}
}

// Whoever uploads is counted under the network they come from.
func TestUploadsCountForTheirNetwork(t *testing.T) {
	h := open(t, choices{files: func(o *attaching.Options) { o.Unsent.Network = 100 << 10 }})
	_, ann := h.window("ann")
	_, bob := h.window("bob")
	text := bytes.Repeat([]byte("words "), 10_000)
	if status, _, got := h.upload(t, ann.text("session"), "a.txt", text); status != http.StatusOK {
		t.Fatalf("the first was answered %d %v", status, got)
	}
	status, answer, got := h.upload(t, bob.text("session"), "b.txt", text)
	if status != http.StatusTooManyRequests || got.text("code") != "rate_limited" || answer.Get("Retry-After") == "" {
		t.Errorf("the second of the network was answered %d %v", status, got)
	}
}
