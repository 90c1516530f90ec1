package window_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"kefu/internal/domain/form"
	"kefu/internal/web/window"
)

type forms struct{ version int64 }

func (f *forms) Version(context.Context) string { return strconv.FormatInt(f.version, 10) }

func (f *forms) Greeting(lang string) string { return "hello, " + lang }

func (f *forms) Shown(_ context.Context, lang string) []form.Shown {
	return []form.Shown{{ID: "a", Revision: f.version, Title: "in " + lang}}
}

func jsonOf(v any) ([]byte, error) { return json.Marshal(v) }

func TestForms(t *testing.T) {
	f := &forms{version: 1}
	mux := http.NewServeMux()
	window.Mount(mux, window.Deps{Forms: f})
	get := func(query, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/rt/forms"+query, nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	for query, want := range map[string]string{"?lang=zh": "in zh", "?lang=zh-CN": "in zh-CN", "": "in en", "?lang=%22%0d%0ax": "in en"} {
		var got struct{ Forms []form.Shown }
		w := get(query, "")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Forms) != 1 || got.Forms[0].Title != want {
			t.Errorf("%s: %s, %v", query, w.Body, err)
		}
		tag := w.Header().Get("ETag")
		if again := get(query, tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s once more: %d", query, again.Code)
		}
		f.version++
		if news := get(query, tag); news.Code != http.StatusOK {
			t.Errorf("%s after a change: %d", query, news.Code)
		}
	}
}

// A window whose customer cannot be signed in offers to ask as a visitor only where that is of use.
func TestFormsTellWhetherVisitorsMayAsk(t *testing.T) {
	tags := map[string]bool{}
	for _, visitors := range []bool{true, false} {
		mux := http.NewServeMux()
		window.Mount(mux, window.Deps{Forms: &forms{version: 1}, Visitors: visitors})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/rt/forms", nil))
		var got struct{ Visitors bool }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Visitors != visitors {
			t.Errorf("visitors %v: %s, %v", visitors, w.Body, err)
		}
		tags[w.Header().Get("ETag")] = true
	}
	if len(tags) != 2 {
		t.Error("a cached answer outlives the operator's choice")
	}
}
