package searching_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/searching"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
)

// member adds a member of staff.
func (l *library) member(name string) identity.Principal {
	l.t.Helper()
	m := staff.Member{ID: id.New(), Email: id.New() + "@example.org", Name: name + " Surname", Alias: name, Role: identity.Agent}
	if err := l.p.AddStaff(context.Background(), identity.SystemPart("test"), staff.New{Member: m}); err != nil {
		l.t.Fatal(err)
	}
	return identity.Principal{Kind: identity.Staff, ID: m.ID, Name: name, Role: identity.Agent, Session: id.New()}
}

func (l *library) search(p identity.Principal, r searching.Request) searching.Page {
	l.t.Helper()
	r.Limit = 50
	page, err := l.searcher.Search(context.Background(), p, r)
	if err != nil {
		l.t.Fatalf("%q: %v", r.Text, err)
	}
	return page
}

func textsOf(page searching.Page) string {
	var texts []string
	for _, h := range page.Hits {
		texts = append(texts, h.Entry.Content.Text)
	}
	return strings.Join(texts, "|")
}

// desk is a store with two conversations, in which two agents work.
type desk struct {
	*library
	mei, bo     identity.Principal
	anna        string // a customer
	first, then string // conversations, a day apart
}

func fullDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{library: open(t)}
	d.teams = []searching.Team{{ID: id.New(), Name: "Cards"}}
	d.mei, d.bo = d.member("Mei"), d.member("Bo")
	anna, cai := visitor(), visitor()
	d.anna = anna.ID
	d.first = d.begin(anna)
	d.fill()
	d.say(anna, d.first, "refund of one")
	d.say(d.mei, d.first, "your refund two")
	d.send(d.mei, intake.Message{ConversationID: d.first, Text: "refund note three", Note: true})
	d.do(d.mei, d.first, conversation.Assign, conversation.Content{Staff: &conversation.StaffRef{ID: d.mei.ID, Name: "Mei"}})
	d.do(d.mei, d.first, conversation.SetTags, conversation.Content{Tags: []string{"Two Words", "vip"}})
	d.do(d.mei, d.first, conversation.SetStatus, conversation.Content{Status: conversation.Resolved})
	d.d.Clock.Move(24 * time.Hour)
	d.then = d.begin(cai)
	d.say(cai, d.then, "我要退款 refund four")
	d.say(d.bo, d.then, "refund five, 请稍等")
	d.d.Clock.Move(over)
	d.fill()
	return d
}

func TestFiltersChoose(t *testing.T) {
	d := fullDesk(t)
	day := d.d.Clock.Now().UTC()
	for text, want := range map[string]string{
		"refund":                                "refund five, 请稍等|我要退款 refund four|refund note three|your refund two|refund of one",
		"refund from:customer":                  "我要退款 refund four|refund of one",
		"refund from:agent":                     "refund five, 请稍等|refund note three|your refund two",
		"refund from:mei":                       "refund note three|your refund two",
		"refund from:customer,Bo":               "refund five, 请稍等|我要退款 refund four|refund of one",
		"from:\"Mei Surname\"":                  "refund note three|your refund two",
		"退款 from:customer":                      "我要退款 refund four",
		"refund is:note":                        "refund note three",
		"is:message from:me":                    "your refund two",
		"refund status:open":                    "",
		"refund status:open,waiting":            "refund five, 请稍等|我要退款 refund four",
		"refund status:resolved from:agent":     "refund note three|your refund two",
		"assignee:me refund":                    "refund note three|your refund two|refund of one",
		"assignee:nobody from:customer":         "我要退款 refund four",
		"assignee:bo":                           "",
		"tag:\"two words\" two":                 "your refund two",
		"tag:none,VIP three":                    "refund note three",
		"channel:chat one":                      "refund of one",
		"channel:mail":                          "",
		"team:nobody one":                       "refund of one",
		"team:cards":                            "",
		"has:file":                              "",
		"customer:" + d.anna + " refund":        "refund note three|your refund two|refund of one",
		"customer:" + d.anna + " from:customer": "refund of one",
		"before:today refund":                   "refund note three|your refund two|refund of one",
		"after:today refund from:customer":      "我要退款 refund four",
		"on:yesterday from:customer":            "refund of one",
		"after:" + day.AddDate(0, 0, 1).Format("2006-01-02"): "",
		"refun* note*": "refund note three",
	} {
		if got := textsOf(d.search(d.mei, searching.Request{Text: text})); got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
	for text, field := range map[string]string{
		"refund from:nobodyhere": "query.7.22", "team:none": "query.0.9", "customer:x": "query.0.10", "card assignee:Zoe": "query.5.17",
	} {
		_, err := d.searcher.Search(context.Background(), d.mei, searching.Request{Text: text, Limit: 10})
		if fault.FieldOf(err) != field || fault.ReasonOf(err) != "unknown" {
			t.Errorf("%q: %v blames %q, want %q", text, err, fault.FieldOf(err), field)
		}
	}
}

// A status changes after the index has the words.
func TestFiltersSeeWhatAConversationIsNow(t *testing.T) {
	d := fullDesk(t)
	if got := textsOf(d.search(d.mei, searching.Request{Text: "note status:open"})); got != "" {
		t.Errorf("found %q", got)
	}
	d.do(d.mei, d.first, conversation.SetStatus, conversation.Content{Status: conversation.Open})
	if got := textsOf(d.search(d.mei, searching.Request{Text: "note status:open"})); got != "refund note three" {
		t.Errorf("opened again: found %q", got)
	}
}

func TestHitsAreCountedByTheValuesOfFilters(t *testing.T) {
	d := fullDesk(t)
	page := d.search(d.bo, searching.Request{Text: "refund", Counts: true})
	c := page.Counts
	if c == nil || c.All != 5 || c.More {
		t.Fatalf("counts = %+v", c)
	}
	got := func(key string) string {
		var all []string
		for _, one := range c.By[key] {
			name := one.Name
			if name == "" {
				name = one.Value
			}
			all = append(all, fmt.Sprint(name, " ", one.N))
		}
		return strings.Join(all, ", ")
	}
	for key, want := range map[string]string{
		"from": "agent 3, customer 2, Mei 2, Bo 1", "status": "resolved 3, waiting 2", "assignee": "Mei 3, nobody 2", "tag": "Two Words 3, vip 3",
	} {
		if sorted := strings.Split(got(key), ", "); len(sorted) != len(strings.Split(want, ", ")) || !sameSet(sorted, strings.Split(want, ", ")) {
			t.Errorf("%s: %s, want %s", key, got(key), want)
		}
	}
	if again := d.search(d.bo, searching.Request{Text: "refund", Counts: true, After: searching.Cursor{Before: 99}}); again.Counts != nil {
		t.Error("a later page is counted")
	}
}

func sameSet(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// Whatever the order, the filters and the size of the pages: the pages together are
// what one page has, each hit once.
func TestPagesMeet(t *testing.T) {
	l := open(t)
	mei, customer := l.member("Mei"), visitor()
	var convs []string
	for range 3 {
		convs = append(convs, l.begin(customer))
	}
	l.do(mei, convs[1], conversation.SetTags, conversation.Content{Tags: []string{"vip"}})
	for i := range 60 {
		who := customer
		if i%4 == 0 {
			who = mei
		}
		l.say(who, convs[i%3], fmt.Sprintf("%s saffron %d", strings.Repeat("and then ", i%7), i))
	}
	l.d.Clock.Move(over)
	l.fill()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.SampledFrom([]string{"saffron", "saffron from:customer", "saffron tag:vip", "saff* status:open,waiting", "from:mei saffron then"}).Draw(r, "text")
		request := searching.Request{Text: text, Sort: rapid.SampledFrom([]searching.Sort{searching.Newest, searching.Relevance}).Draw(r, "sort"), Limit: 200}
		whole, err := l.searcher.Search(context.Background(), mei, request)
		if err != nil || len(whole.Hits) == 0 {
			r.Fatalf("%q: %d hits, %v", text, len(whole.Hits), err)
		}
		request.Limit = rapid.IntRange(1, 40).Draw(r, "limit")
		var got []string
		for range 100 {
			page, err := l.searcher.Search(context.Background(), mei, request)
			if err != nil {
				r.Fatal(err)
			}
			for _, h := range page.Hits {
				got = append(got, h.Entry.Content.Text)
			}
			if request.After = page.Next; request.After == (searching.Cursor{}) {
				break
			}
		}
		if strings.Join(got, "|") != textsOf(whole) {
			r.Fatalf("%q by %s: the pages are %q, the whole %q", text, request.Sort, got, textsOf(whole))
		}
	})
}

// A filter that lets nothing pass, and for which no index is kept, looks through a
// bounded part at once, says how far it came, and goes on from there.
func TestALookIsBoundedAndSaysHowFarItCame(t *testing.T) {
	l := open(t)
	mei, customer := l.member("Mei"), visitor()
	first := l.begin(customer)
	l.do(mei, first, conversation.SetTags, conversation.Content{Tags: []string{"été"}})
	l.say(customer, first, "saffron of the tagged one")
	now := l.d.Clock.Now().UnixMicro()
	long := storage.Imported{State: conversation.New(id.New(), customer.ID, "chat", "", "en", now), StartRef: id.New()}
	for i := range 6000 {
		long.Entries = append(long.Entries, conversation.Entry{
			ConversationID: long.State.ID, Seq: int64(i + 1), Kind: conversation.KindMessage, ClientID: id.New(), At: now + int64(i),
			Author: conversation.Author{Kind: conversation.ByCustomer, ID: customer.ID}, Content: conversation.Content{Text: "saffron"},
		})
	}
	if err := l.p.Import(context.Background(), []storage.Imported{long}); err != nil {
		t.Fatal(err)
	}
	l.stop() // what was imported is read from the log at the start
	l.start()
	l.d.Clock.Move(over)
	l.fill()
	request := searching.Request{Text: "saffron tag:été", Limit: 10}
	var found, looks int
	for range 20 {
		page, err := l.searcher.Search(context.Background(), mei, request)
		if err != nil {
			t.Fatal(err)
		}
		looks++
		found += len(page.Hits)
		if request.After = page.Next; request.After == (searching.Cursor{}) {
			if page.Looked != 0 {
				t.Error("the end was looked at and is not said to be")
			}
			break
		}
		if page.Looked == 0 || page.Looked > l.d.Clock.Now().UnixMicro() {
			t.Errorf("it looked back to %d", page.Looked)
		}
	}
	if found != 1 || looks < 2 || looks > 5 {
		t.Errorf("%d found in %d looks", found, looks)
	}
}

// What is imported while the worker runs is found once it reads the log again.
func TestAnImportIsFoundOnceTheLogIsReadAgain(t *testing.T) {
	l := open(t)
	l.fill()
	mei, now := l.member("Mei"), l.d.Clock.Now().UnixMicro()
	one := storage.Imported{State: conversation.New(id.New(), id.New(), "chat", "", "en", now), StartRef: id.New()}
	one.Entries = []conversation.Entry{{
		ConversationID: one.State.ID, Seq: 1, Kind: conversation.KindMessage, ClientID: id.New(), At: now,
		Author: conversation.Author{Kind: conversation.ByCustomer, ID: one.State.CustomerID}, Content: conversation.Content{Text: "saffron"},
	}}
	if err := l.p.Import(context.Background(), []storage.Imported{one}); err != nil {
		t.Fatal(err)
	}
	l.d.Clock.Move(over)
	l.fill()
	if got := textsOf(l.search(mei, searching.Request{Text: "saffron"})); got != "" {
		t.Errorf("nobody was told of it, and it is found: %q", got)
	}
	l.worker.Reread()
	l.fill()
	if got := textsOf(l.search(mei, searching.Request{Text: "saffron from:customer"})); got != "saffron" {
		t.Errorf("found %q", got)
	}
}
