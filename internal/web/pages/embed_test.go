package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"kefu/internal/web/pages"
)

func TestTheEmbedPageHoldsCodeWithItsOwnAddresses(t *testing.T) {
	public, err := url.Parse("https://help.bank.test:8443")
	if err != nil {
		t.Fatal(err)
	}
	for widget, named := range map[string]bool{"widget.help.bank.test:8443": false, "w.bank.test:8443": true} {
		site, err := pages.New(dist(), pages.Options{Public: public, Widget: widget, Files: "f.bank.test", Examples: os.DirFS("../../../examples")})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		site.MountDesk(mux)
		get := func(path, lang string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Accept-Language", lang)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			return w
		}
		for lang, title := range map[string]string{"en-GB": "Put the window into your wallet", "zh-CN": "在钱包中嵌入客服窗口"} {
			page := get("/embed", lang)
			text := page.Body.String()
			if page.Code != http.StatusOK || !strings.Contains(text, title) || strings.Contains(text, "kefu.example") || !strings.Contains(text, "https://help.bank.test:8443/widget.js") {
				t.Errorf("%s: %d %.400s", lang, page.Code, text)
			}
			if strings.Count(text, "https://"+widget+"/frame") != map[bool]int{false: 0, true: 2}[named] {
				t.Errorf("%s with the window at %s: the frame's address is named %d times", lang, widget, strings.Count(text, widget+"/frame"))
			}
			// What is shown is text: no example becomes a part of the page.
			if strings.Contains(text, "<script") || !strings.Contains(page.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s: the page runs code", lang)
			}
		}
		if style := get("/embed.css", ""); style.Code != http.StatusOK || !strings.HasPrefix(style.Header().Get("Content-Type"), "text/css") {
			t.Errorf("the style is %d, %v", style.Code, style.Header())
		}
	}
}
