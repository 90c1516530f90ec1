package api_test

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/web/api"
)

func upload(body io.Reader, contentType, bearer string) call {
	return call{method: "POST", path: "/v1/attachments", reader: body, bearer: bearer, header: map[string]string{"Content-Type": contentType}}
}

func TestAFileIsTakenSentAndOpened(t *testing.T) {
	w := newWorld(t)
	bearer := w.as(identity.Agent)
	conv, who := w.talk("hello")
	body, contentType := form("file", "../../card 4111 1111 1111 1111.txt", "Pay with 4111 1111 1111 1111.")
	var kept conversation.Attachment
	w.must(201, upload(body, contentType, bearer)).json(t, &kept)
	if kept.Type != "text/plain" || strings.Contains(kept.Name, "1111 1111") || strings.Contains(kept.Name, "/") {
		t.Errorf("kept %+v", kept)
	}
	at := "/v1/conversations/" + conv + "/messages"
	w.must(201, call{method: "POST", path: at, bearer: bearer, body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-000000000066","attachment_ids":["` + kept.ID + `"]}`})
	if c := w.line(conv, bearer); c.Preview != kept.Name {
		t.Errorf("the preview is %q", c.Preview)
	}
	var link api.FileLink
	w.must(200, call{method: "GET", path: "/v1/attachments/" + kept.ID + "/link", bearer: bearer}).json(t, &link)
	token, ours := strings.CutPrefix(link.URL, "https://files.example.org/f/")
	if !ours || link.ExpiresAt <= w.now().UnixMicro() {
		t.Errorf("the link is %+v", link)
	}
	file, err := w.files.Open(context.Background(), token)
	check(t, err)
	content, err := io.ReadAll(file.Content)
	check(t, err)
	check(t, file.Content.Close())
	if strings.Contains(string(content), "1111 1111") || !strings.HasPrefix(string(content), "Pay with ") {
		t.Errorf("the file holds %q", content)
	}
	if _, err := w.files.Link(context.Background(), who, kept.ID); err != nil {
		t.Errorf("the customer cannot open what was sent to them: %v", err)
	}
	w.must(204, call{method: "DELETE", path: at + "/2", bearer: bearer, body: `{"reason":"secret"}`})
	w.problem(404, "not_found", call{method: "GET", path: "/v1/attachments/" + kept.ID + "/link", bearer: bearer})
}

func TestFilesThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	bearer := w.as(identity.Agent)
	with := func(field, name, content string) call {
		body, contentType := form(field, name, content)
		return upload(body, contentType, bearer)
	}
	w.problem(422, "invalid", with("other", "a.txt", "text"))
	w.problem(422, "invalid", with("file", "", "text"))
	w.problem(422, "invalid", with("file", "a.txt", ""))
	w.problem(422, "invalid", with("file", "a.html", "<html><script>alert(1)</script>"))
	w.problem(422, "invalid", with("file", "a.exe", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"))
	w.problem(415, "invalid", upload(strings.NewReader("text"), "text/plain", bearer))
	w.problem(415, "invalid", upload(strings.NewReader("{}"), "application/json", bearer))
	w.problem(415, "invalid", upload(strings.NewReader("x"), "multipart/form-data", bearer))
	w.problem(422, "invalid", upload(strings.NewReader("no parts"), "multipart/form-data; boundary=b", bearer))
	if strings.Contains(w.logs.String(), "level=ERROR") {
		t.Errorf("a client's mistake was logged as ours:\n%s", w.logs)
	}
}

func TestUploadsAreBounded(t *testing.T) {
	w := newWorld(t)
	bearer := w.as(identity.Agent)
	pdf := "%PDF-1.7\n" + strings.Repeat("x", 21<<20)
	body, contentType := form("file", "a.pdf", pdf)
	w.problem(413, "too_large", upload(body, contentType, bearer))

	source := &counted{r: io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7\n"), endless{})}
	w.problem(413, "too_large", upload(source, "multipart/form-data; boundary=b", bearer))
	if source.n > 22<<20 {
		t.Errorf("%d bytes of an endless body were read", source.n)
	}
	source = &counted{r: io.MultiReader(strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7\n"), broken{})}
	w.problem(422, "invalid", upload(source, "multipart/form-data; boundary=b", bearer))

	other := w.as(identity.Agent)
	limited := 0
	for range 15 {
		body, contentType := form("file", "a.txt", "text")
		if a := w.do(upload(body, contentType, other)); a.status == 429 && a.header.Get("Retry-After") != "" {
			limited++
		}
	}
	if limited != 5 {
		t.Errorf("%d of 15 uploads at once were refused, want those beyond 10", limited)
	}
	if strings.Contains(w.logs.String(), "level=ERROR") {
		t.Errorf("a client's mistake was logged as ours:\n%s", w.logs)
	}
}

// TestOnlyOneFileComesInAForm: what stands behind the file is refused, so that
// nobody takes it for stored.
// A file may take longer to come than the server gives other requests.
func TestAnUploadHasTimeOfItsOwn(t *testing.T) {
	w := newWorld(t)
	bearer := w.as(identity.Agent)
	server := httptest.NewUnstartedServer(w.api)
	server.Config.ReadHeaderTimeout, server.Config.ReadTimeout = time.Minute, time.Nanosecond
	server.Start()
	defer server.Close()
	body, contentType := form("file", "notes.txt", strings.Repeat("a long text\n", 1<<12))
	request, err := http.NewRequest(http.MethodPost, server.URL+"/v1/attachments", body)
	check(t, err)
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", "Bearer "+bearer)
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Errorf("answered %s", response.Status)
	}
}

func TestOnlyOneFileComesInAForm(t *testing.T) {
	w := newWorld(t)
	bearer := w.as(identity.Agent)
	body := &bytes.Buffer{}
	writer := multipart.NewWriter(body)
	for _, name := range []string{"a.txt", "b.txt"} {
		part, err := writer.CreateFormFile("file", name)
		check(t, err)
		_, err = part.Write([]byte("text"))
		check(t, err)
	}
	check(t, writer.Close())
	w.problem(422, "invalid", upload(body, writer.FormDataContentType(), bearer))
}

type endless struct{}

// Read implements io.Reader.
func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

type counted struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
