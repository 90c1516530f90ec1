package pages_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"kefu/internal/domain/attachment"
	"kefu/internal/flow/attaching"
	"kefu/internal/platform/fault"
	"kefu/internal/web/pages"
)

const wallet = "https://wallet.example"

// dist is a build of pages, small enough to read.
func dist() fstest.MapFS {
	page := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"desk/index.html":         page("<title>desk</title>"),
		"desk/assets/app-1.js":    page(strings.Repeat("console.log('desk');\n", 100)),
		"widget/frame/index.html": page("<title>frame</title>"),
		"widget/loader.js":        page("/* loader */"),
		"demo/index.html":         page("<title>wallet</title>"),
	}
}

type files struct{}

func (files) Open(_ context.Context, token string) (attaching.File, error) {
	switch token {
	case "good":
		return attaching.File{ID: "k3v9", Name: `a"b\r.png`, Type: attachment.PNG, Content: content{strings.NewReader("picture")}}, nil
	case "words":
		return attaching.File{Name: "账单.txt", Type: attachment.Text, Content: content{strings.NewReader("你好")}}, nil
	case "broken":
		return attaching.File{}, fault.New(fault.Unavailable, "test", "the disk of rack 7 is gone")
	default:
		return attaching.File{}, fault.New(fault.NotFound, "test", "no link")
	}
}

type content struct{ *strings.Reader }

func (content) Close() error { return nil }

// serve is a whole site on its three hosts.
func serve(t *testing.T, embed ...string) http.Handler {
	t.Helper()
	public, err := url.Parse("https://kefu.example")
	if err != nil {
		t.Fatal(err)
	}
	site, err := pages.New(dist(), pages.Options{Public: public, Widget: "widget.kefu.example", Files: "files.kefu.example", Embed: func() []string { return embed }})
	if err != nil {
		t.Fatal(err)
	}
	always, desk, frame, attachments := http.NewServeMux(), http.NewServeMux(), http.NewServeMux(), http.NewServeMux()
	always.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ready") })
	site.MountDesk(desk)
	site.MountFrame(frame)
	pages.MountFiles(attachments, files{})
	return pages.Strict(pages.Hosts(always, map[string]http.Handler{
		"kefu.example": desk, "widget.kefu.example": frame, "files.kefu.example": attachments,
	}))
}

func get(handler http.Handler, address string, header ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestEachOriginServesItsOwnAndNothingElse(t *testing.T) {
	site := serve(t, wallet)
	cases := []struct {
		address, holds string
		status         int
	}{
		{"https://kefu.example/desk/", "desk", 200},
		{"https://kefu.example/desk/anything", "desk", 200},
		{"https://KEFU.example/desk/", "desk", 200},
		{"https://kefu.example/", "", 303},
		{"https://kefu.example/widget.js", "loader", 200},
		{"https://kefu.example/desk/assets/app-1.js", "console", 200},
		{"https://kefu.example/desk/assets/app-0.js", "", 404},
		{"https://kefu.example/frame", "", 404},
		{"https://kefu.example/a/good", "", 404},
		{"https://widget.kefu.example/frame", "frame", 200},
		{"https://widget.kefu.example/preview", "frame", 200},
		{"https://widget.kefu.example/preview/more", "", 404},
		{"https://widget.kefu.example/flow/FL2", "frame", 200},
		{"https://widget.kefu.example/flow/FL2/more", "", 404},
		{"https://kefu.example/flow/FL2", "", 404},
		{"https://kefu.example/preview", "", 404},
		{"https://widget.kefu.example/desk/", "", 404},
		{"https://files.kefu.example/a/good", "picture", 200},
		{"https://files.kefu.example/desk/", "", 404},
		{"https://files.kefu.example/frame", "", 404},
		{"https://rebound.attacker.example/desk/", "", 421},
		{"https://kefu.example.attacker.example/desk/", "", 421},
		{"https://10.0.0.7/healthz", "ready", 200},
	}
	for _, c := range cases {
		answer := get(site, c.address)
		body := text(t, answer)
		if answer.StatusCode != c.status || !strings.Contains(body, c.holds) {
			t.Errorf("%s: %d %q, want %d with %q", c.address, answer.StatusCode, body, c.status, c.holds)
		}
		if answer.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no strict transport", c.address)
		}
	}
}

func TestPoliciesOfPages(t *testing.T) {
	site := serve(t, wallet)
	desk := get(site, "https://kefu.example/desk/").Header
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "connect-src 'self' wss://kefu.example", "https://files.kefu.example"} {
		if got := desk.Get("Content-Security-Policy"); !strings.Contains(got, want) {
			t.Errorf("the desk's policy %q lacks %q", got, want)
		}
	}
	if desk.Get("X-Frame-Options") != "DENY" || desk.Get("Cross-Origin-Opener-Policy") != "same-origin" {
		t.Errorf("the desk may be framed or reached: %v", desk)
	}
	frame := get(site, "https://widget.kefu.example/frame").Header
	if got := frame.Get("Content-Security-Policy"); !strings.HasSuffix(got, "frame-ancestors "+wallet) || frame.Get("X-Frame-Options") != "" {
		t.Errorf("the wallet alone may hold the frame, but the policy is %q", got)
	}
	nobody := get(serve(t), "https://widget.kefu.example/frame").Header.Get("Content-Security-Policy")
	if !strings.HasSuffix(nobody, "frame-ancestors 'none'") {
		t.Errorf("without a wallet nobody may hold the frame, but the policy is %q", nobody)
	}
	// What the desk shows of the window is held by the desk alone, and speaks to nobody.
	preview := get(site, "https://widget.kefu.example/preview").Header.Get("Content-Security-Policy")
	if !strings.HasSuffix(preview, "; frame-ancestors https://kefu.example") || !strings.HasPrefix(preview, "default-src 'none'; ") || strings.Contains(preview, "connect-src") || strings.Contains(preview, wallet) {
		t.Errorf("the preview's policy is %q", preview)
	}
	if got := desk.Get("Content-Security-Policy"); !strings.Contains(got, "; frame-src https://widget.kefu.example/preview;") {
		t.Errorf("the desk holds more than the preview, or not even that: %q", got)
	}
	for _, inline := range []string{"'unsafe-inline'", "'unsafe-eval'", "*"} {
		if strings.Contains(desk.Get("Content-Security-Policy")+frame.Get("Content-Security-Policy")+preview, inline) {
			t.Errorf("a policy allows %s", inline)
		}
	}
}

func TestAssetsAreKeptPagesAreAskedForAgain(t *testing.T) {
	site := serve(t, wallet)
	asset := get(site, "https://kefu.example/desk/assets/app-1.js", "Accept-Encoding", "br, gzip")
	if !strings.Contains(asset.Header.Get("Cache-Control"), "immutable") || asset.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("headers %v", asset.Header)
	}
	unzipped, err := gzip.NewReader(asset.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(unzipped); err != nil || len(body) != 2100 {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
	plain := get(site, "https://kefu.example/desk/assets/app-1.js", "Accept-Encoding", "gzip;q=0")
	if plain.Header.Get("Content-Encoding") != "" || len(text(t, plain)) != 2100 {
		t.Errorf("a client that refuses gzip got %v", plain.Header)
	}
	page := get(site, "https://kefu.example/desk/")
	if page.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the page is cached: %v", page.Header)
	}
	again := get(site, "https://kefu.example/desk/", "If-None-Match", page.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || text(t, again) != "" {
		t.Errorf("status %d", again.StatusCode)
	}
}

func TestFilesAreSavedAndNeverRun(t *testing.T) {
	site := serve(t, wallet)
	answer := get(site, "https://files.kefu.example/a/good")
	h := answer.Header
	if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || h.Get("Content-Type") != "image/png" ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") ||
		!strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("headers %v", h)
	}
	part := get(site, "https://files.kefu.example/a/good", "Range", "bytes=0-3")
	if part.StatusCode != http.StatusPartialContent || text(t, part) != "pict" {
		t.Errorf("a range: %d", part.StatusCode)
	}
	words := get(site, "https://files.kefu.example/a/words").Header
	if got := words.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("a text is served as %q", got)
	}
	if got := words.Get("Content-Disposition"); !strings.Contains(got, "filename*=UTF-8''%E8%B4%A6%E5%8D%95.txt") {
		t.Errorf("a Chinese name is given as %q", got)
	}
	for token, status := range map[string]int{"old": 404, "broken": 503} {
		answer := get(site, "https://files.kefu.example/a/"+token)
		if body := text(t, answer); answer.StatusCode != status || strings.Contains(body, "rack") {
			t.Errorf("%s: %d %q", token, answer.StatusCode, body)
		}
	}
}

// A phone that loses the network goes on where it was.
func TestADownloadGoesOn(t *testing.T) {
	site := serve(t)
	const address = "https://files.kefu.example/a/good"
	whole := get(site, address)
	if tag := whole.Header.Get("ETag"); tag != `"k3v9"` || whole.Header.Get("Accept-Ranges") != "bytes" {
		t.Fatalf("headers %v", whole.Header)
	}
	rest := get(site, address, "Range", "bytes=4-", "If-Range", `"k3v9"`)
	if got := text(t, rest); rest.StatusCode != http.StatusPartialContent || got != "ure" {
		t.Errorf("the rest is %d %q", rest.StatusCode, got)
	}
	other := get(site, address, "Range", "bytes=4-", "If-Range", `"another"`)
	if got := text(t, other); other.StatusCode != http.StatusOK || got != "picture" {
		t.Errorf("the rest of another file is %d %q", other.StatusCode, got)
	}
}

// slowly is a response whose reader takes a second for each write, over a
// connection with a deadline.
type slowly struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (s *slowly) SetWriteDeadline(t time.Time) error { s.deadline = t; return nil }

// Write implements io.Writer.
func (s *slowly) Write(b []byte) (int, error) {
	time.Sleep(time.Second)
	if time.Now().After(s.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	return s.ResponseRecorder.Write(b)
}

// What takes long comes whole as long as it is taken, and not for ever.
func TestADownloadMayTakeLong(t *testing.T) {
	for size, whole := range map[int]bool{5 << 20: true, 200 << 20: false} {
		synctest.Test(t, func(t *testing.T) {
			mux := http.NewServeMux()
			pages.MountFiles(mux, large(size))
			w := &slowly{httptest.NewRecorder(), time.Now().Add(time.Minute)} // as the server's own
			began := time.Now()
			mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/a/x", nil))
			if took := time.Since(began); took < time.Minute || took > 61*time.Minute {
				t.Errorf("%d bytes took %v", size, took)
			}
			if (w.Body.Len() == size) != whole {
				t.Errorf("%d of %d bytes came", w.Body.Len(), size)
			}
		})
	}
}

// large is a file of a size.
type large int

func (l large) Open(context.Context, string) (attaching.File, error) {
	return attaching.File{ID: "k", Name: "a.pdf", Type: attachment.PDF, Content: content{strings.NewReader(strings.Repeat("x", int(l)))}}, nil
}

func TestAProgramBuiltWithoutPagesSaysSo(t *testing.T) {
	public := &url.URL{Scheme: "https", Host: "kefu.example"}
	for _, missing := range []string{"desk/index.html", "widget/frame/index.html", "widget/loader.js"} {
		without := dist()
		delete(without, missing)
		if _, err := pages.New(without, pages.Options{Public: public}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "make build") {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}
