package helpcentre_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/form"
	"kefu/internal/domain/knowledge"
	"kefu/internal/domain/official"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/sla"
	"kefu/internal/flow/filling"
	"kefu/internal/flow/publishing"
	"kefu/internal/web/helpcentre"
)

func now() time.Time { return time.Date(2026, time.November, 28, 9, 0, 0, 0, time.UTC) }

type centre struct {
	http.Handler
	votes []string
	vain  []string
}

func open(t *testing.T) *centre {
	t.Helper()
	texts := func(en, zh string) map[string]knowledge.Text {
		out := map[string]knowledge.Text{"en": {Title: en, Short: "About " + en + ".", Body: "Read this.\n\n[A flow](flow:FL2), [an article](article:for-staff), [here](page:contact), [there](https://bank.example/a?b=1&c=2), [works](page:status).\n\n{channels.all}\n\nIt costs {channel.mail}.\n"}}
		if zh != "" {
			out["zh"] = knowledge.Text{Title: zh, Short: zh + "。", Body: "请看这里。\n"}
		}
		return out
	}
	at := map[string]int64{"en": now().UnixMicro(), "zh": now().UnixMicro()}
	shelf := publishing.NewShelf([]publishing.Standing{
		{Article: knowledge.Article{ID: "refund", Topic: "money", Audience: knowledge.Public, Flows: []string{"FL2", "FL99"}, Related: []string{"only-english", "for-staff"}, Order: 1, Source: "en", Texts: texts("A refund <now>", "退款")}, PublishedAt: at},
		{Article: knowledge.Article{ID: "only-english", Topic: "money", Audience: knowledge.Public, Source: "en", Texts: texts("Only in English", "")}, PublishedAt: at},
		{Article: knowledge.Article{ID: "for-staff", Topic: "money", Audience: knowledge.Staff, Source: "en", Texts: texts("How we refund", "我们怎么退款")}, PublishedAt: at},
	}, nil)
	c := &centre{}
	mux := http.NewServeMux()
	book := official.NewBook(now(), official.Channel{Kind: official.Phone, Value: "+4930123456", Name: "Help"})
	err := helpcentre.Mount(mux, helpcentre.Deps{
		Shelf: func() *publishing.Shelf { return shelf },
		Topics: func() []knowledge.Topic {
			return []knowledge.Topic{{ID: "money", Title: form.Texts{"en": "Money", "zh": "钱"}, Lead: form.Texts{"en": "All of it", "zh": "全部"}}, {ID: "empty", Title: form.Texts{"en": "Nothing"}}}
		},
		Filling: filling.Sources{
			House: func() organisation.Organisation { return organisation.Organisation{Name: "Nord", TimeZone: "UTC"} }, Channels: func() *official.Book { return book }, Clock: now,
			Service: func(string) sla.Service { return sla.Service{Open: true, ClosesAt: now().Add(time.Hour).UnixMicro()} },
		},
		House: func() string { return "Nord" }, Flow: func(id, _ string) (string, bool) { return "Why it failed", id == "FL2" }, Book: func() *official.Book { return book },
		Tables: func(string) []filling.Table {
			return []filling.Table{{Caption: "Last days", Head: []string{"Way", "Time"}, Rows: [][]string{{"Chat", "5 min"}}}}
		},
		Helped: func(_ context.Context, id, lang string, yes bool) error {
			c.votes = append(c.votes, id+" "+lang+" "+map[bool]string{true: "yes", false: "no"}[yes])
			return nil
		},
		InVain: func(q, lang string) { c.vain = append(c.vain, lang+" "+q) },
		Peer:   func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") },
		Base:   "https://kefu.example", Frame: "https://widget.kefu.example", Clock: now, Log: slog.New(slog.DiscardHandler), Keys: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Handler = mux
	return c
}

func (c *centre) get(path string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func TestPages(t *testing.T) {
	c := open(t)
	for _, x := range []struct {
		path   string
		status int
		has    []string
		lacks  []string
	}{
		{"/help/en", 200, []string{"How can we help?", "/help/en/topics/money", "A refund &lt;now&gt;", `lang="en"`}, []string{"topics/empty", "How we refund", "<now>"}},
		{"/help/zh", 200, []string{"有什么可以帮您", "退款", `lang="zh-CN"`}, nil},
		{"/help/en/topics/money", 200, []string{"A refund &lt;now&gt;", "Only in English"}, []string{"How we refund"}},
		{"/help/en/articles/refund", 200, []string{
			"https://widget.kefu.example/flow/FL2", "Why it failed", `<a href="/help/en/contact">here</a>`, `href="https://bank.example/a?b=1&amp;c=2" rel="noopener noreferrer"`, "+4930123456", "Only in English", "2026-11-28", `<a href="https://widget.kefu.example/flow/FL14">works</a>`,
			`<link rel="alternate" hreflang="zh-CN" href="https://kefu.example/help/zh/articles/refund">`, "application/ld+json",
		}, []string{"FL99", "How we refund", "articles/for-staff", "It costs", "<now>"}},
		{"/help/zh/articles/only-english", 200, []string{"暂时没有中文", `<article lang="en">`}, nil},
		{"/help/en/articles/for-staff", 404, []string{"There is no such page"}, []string{"How we refund"}},
		{"/help/en/articles/nothing", 404, nil, nil},
		{"/help/en/topics/nothing", 404, nil, nil},
		{"/help/fr", 404, nil, nil},
		{"/help/en/a/b/c", 404, nil, nil},
		{"/help/en/search?q=refund", 200, []string{"A refund", "<mark>"}, []string{"How we refund"}},
		{"/help/en/search?q=" + url.QueryEscape(`"><script>alert(1)</script>`), 200, []string{"Nothing was found"}, []string{"<script>alert"}},
		{"/help/en/search", 200, nil, []string{"Nothing was found"}},
		{"/help/en/contact", 200, []string{"4930123456", "Our hours: open until"}, nil},
		{"/help/en/times", 200, []string{"Last days", "5 min"}, nil},
	} {
		w := c.get(x.path)
		body := w.Body.String()
		if w.Code != x.status {
			t.Errorf("%s: %d", x.path, w.Code)
		}
		for _, want := range x.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", x.path, want)
			}
		}
		for _, not := range x.lacks {
			if strings.Contains(body, not) {
				t.Errorf("%s has %s", x.path, not)
			}
		}
		if w.Header().Get("Set-Cookie") != "" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: headers %v", x.path, w.Header())
		}
	}
	if len(c.vain) != 1 {
		t.Errorf("searched in vain: %q", c.vain)
	}
}

// What a page needs before it can be read: itself, its style and its script, below 50 kB.
func TestAPageIsLight(t *testing.T) {
	c := open(t)
	for _, page := range []string{"/help/en", "/help/en/articles/refund", "/help/en/search?q=refund"} {
		all := c.get(page).Body.Len() + c.get("/help/help.css").Body.Len() + c.get("/help/help.js").Body.Len()
		if all > 50<<10 {
			t.Errorf("%s weighs %d bytes", page, all)
		}
	}
}

func TestTheLanguageOfWhoBegins(t *testing.T) {
	c := open(t)
	for asked, want := range map[string]string{"": "/help/en", "fr,en": "/help/en", "zh-TW,zh;q=0.9": "/help/zh"} {
		if got := c.get("/help", "Accept-Language", asked).Header().Get("Location"); got != want {
			t.Errorf("%q leads to %s", asked, got)
		}
	}
}

func TestWhileSomebodyTypes(t *testing.T) {
	var answer struct {
		Found []struct{ Title, Short, Path string }
	}
	if err := json.Unmarshal(open(t).get("/help/en/suggest?q=refu").Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Found) == 0 || answer.Found[0].Path != "/help/en/articles/refund" || answer.Found[0].Title != "A refund <now>" {
		t.Errorf("found %+v", answer.Found)
	}
}

func TestHowManyMayBeAsked(t *testing.T) {
	c := open(t)
	refused := false
	for range 130 {
		if w := c.get("/help/en/suggest?q=a"); w.Code == http.StatusTooManyRequests {
			refused = w.Header().Get("Retry-After") != ""
		}
	}
	if !refused {
		t.Error("one network may ask without end")
	}
}

func TestWhetherItHelped(t *testing.T) {
	c := open(t)
	post := func(id, body string) int {
		r := httptest.NewRequest(http.MethodPost, "/help/en/articles/"+id+"/helped", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		return w.Code
	}
	if a, b, s := post("refund", "helped=yes"), post("refund", "helped=no"), post("for-staff", "helped=yes"); a != 200 || b != 200 || s != 404 {
		t.Errorf("answered %d, %d, %d", a, b, s)
	}
	if got := strings.Join(c.votes, ", "); got != "refund en yes, refund en no" {
		t.Errorf("kept %s", got)
	}
}

func TestWhatProgramsRead(t *testing.T) {
	c := open(t)
	for _, path := range []string{"/help/sitemap.xml", "/help/en/feed.xml"} {
		d := xml.NewDecoder(c.get(path).Body)
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
		if body := c.get(path).Body.String(); !strings.Contains(body, "https://kefu.example/help/en/articles/refund") || strings.Contains(body, "for-staff") {
			t.Errorf("%s: %s", path, body)
		}
	}
	w := c.get("/help/en/bundle.json")
	var bundle struct{ Articles []struct{ ID, HTML string } }
	if err := json.Unmarshal(w.Body.Bytes(), &bundle); err != nil || len(bundle.Articles) != 2 {
		t.Fatalf("bundle of %d: %v", len(bundle.Articles), err)
	}
	if again := c.get("/help/en/bundle.json", "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("what is known already is sent again: %d", again.Code)
	}
}
