package pages_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"kefu/internal/domain/form"
	"kefu/internal/domain/look"
	"kefu/internal/web/pages"
)

func TestTheLookInUseIsServed(t *testing.T) {
	files := dist()
	files["widget/loader.js"] = &fstest.MapFile{Data: []byte("(()=>{const look=`__KEFU_LOOK__`;use(look)})()")}
	l, version := look.Default(), int64(1)
	public, err := url.Parse("https://kefu.example")
	if err != nil {
		t.Fatal(err)
	}
	site, err := pages.New(files, pages.Options{Public: public, Widget: "w.kefu.example", Files: "f.kefu.example", Look: func() (look.Look, int64) { return l, version }})
	if err != nil {
		t.Fatal(err)
	}
	desk, frame := http.NewServeMux(), http.NewServeMux()
	site.MountDesk(desk)
	site.MountFrame(frame)
	get := func(mux *http.ServeMux, path string) (int, string, http.Header) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		body, _ := io.ReadAll(w.Body)
		return w.Code, string(body), w.Header()
	}
	_, loader, _ := get(desk, "/widget.js")
	if !strings.Contains(loader, `const look={"css":":host{`) || strings.Contains(loader, "__KEFU") {
		t.Errorf("the loader is %s", loader)
	}
	_, css, head := get(frame, "/frame/look.css")
	if !strings.Contains(css, "--accent:#0b5cad") || !strings.HasPrefix(head.Get("Content-Type"), "text/css") || head.Get("Cache-Control") != "no-cache" {
		t.Errorf("the styles are %s, %v", css, head)
	}
	if code, _, _ := get(frame, "/frame/logo.png"); code != http.StatusNotFound {
		t.Errorf("there is a logo: %d", code)
	}

	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	l.Accent, l.Logo, l.Label, version = "#aa0000", base64.StdEncoding.EncodeToString(picture.Bytes()), form.Texts{"en": "Ask us"}, 2
	if _, loader, _ = get(desk, "/widget.js"); !strings.Contains(loader, "Ask us") {
		t.Errorf("after a change the loader is %s", loader)
	}
	if _, css, _ = get(frame, "/frame/look.css"); !strings.Contains(css, "--accent:#aa0000") || !strings.Contains(css, "/frame/logo.png?v=") {
		t.Errorf("after a change the styles are %s", css)
	}
	code, logo, head := get(frame, "/frame/logo.png")
	if code != http.StatusOK || head.Get("Content-Type") != "image/png" || head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the logo is %d, %v", code, head)
	}
	if _, err := png.Decode(strings.NewReader(logo)); err != nil {
		t.Error(err)
	}
}
