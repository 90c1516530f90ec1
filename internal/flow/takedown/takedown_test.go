package takedown_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/official"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/configuring"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/takedown"
	"kefu/internal/platform/config"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

type house struct {
	testing.TB
	*storagetest.Process
	config *configuring.Service
	report func(context.Context, takedown.Report) error
}

func newHouse(t *testing.T, d *storagetest.Deployment) *house {
	t.Helper()
	h := &house{TB: t, Process: d.Open(t)}
	detector, err := guard.New()
	h.must(err)
	in := intake.New(h.Store, detector, intake.LimitsOf(config.Default().Limits, config.Default().Attachments), d.Clock.Now, nil)
	kinds, err := configuring.Kinds()
	h.must(err)
	h.config = configuring.New(configuring.Deps{Store: h.Store, Kinds: kinds, Clean: in.Clean, Clock: d.Clock.Now})
	book := func() *official.Book {
		return official.NewBook(time.Now(), official.Channel{Kind: official.Site, Value: "lotuswallet.example"})
	}
	h.report = takedown.New(in, book, h.config.Snapshot).Report
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) set(kind, item, body string) {
	h.Helper()
	_, err := h.config.Save(context.Background(), identity.SystemPart("test"), settings.Change{Kind: kind, ID: item, Body: []byte(body)})
	h.must(err)
}

func (h *house) queue() []conversation.InboxLine {
	h.Helper()
	page, err := h.Inbox(context.Background(), identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}, conversation.InboxQuery{Statuses: []conversation.Status{conversation.Open}, Limit: 10})
	h.must(err)
	return page.Lines
}

func TestAReportIsAConversationOfTheTeam(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := newHouse(t, d), context.Background()
		team := id.New()
		h.set("team", team, `{"name":"Takedowns"}`)
		h.set("impostor_reports", settings.SingletonID("impostor_reports"), `{"team":"`+team+`"}`)
		h.must(h.config.Load(ctx))
		h.must(h.report(ctx, takedown.Report{About: " lotuswalIet.example ", Happened: "They wanted my card 4111 1111 1111 1111", Where: "https://evil.test", Language: "en"}))
		lines := h.queue()
		if len(lines) != 1 {
			t.Fatalf("%d conversations", len(lines))
		}
		s := lines[0].State
		if s.TeamID != team || s.Priority != conversation.High || len(s.Tags) != 1 || s.Tags[0] != official.ReportTag {
			t.Errorf("%+v", s)
		}
		entries, _, err := h.Entries(ctx, identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}, s.ID, conversation.EntryRange{Limit: 20})
		h.must(err)
		var said string
		for _, e := range entries {
			said += e.Content.Text
		}
		for _, want := range []string{"lotuswalIet.example", "looks like ours: lotuswallet.example", "https://evil.test", "an answer here reaches nobody"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not in %q", want, said)
			}
		}
		if strings.Contains(said, "4111 1111 1111 1111") {
			t.Error("a card number was stored")
		}
	})
}

func TestWithoutATeamWhoeverIsFreeGetsIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := newHouse(t, d)
		h.must(h.report(context.Background(), takedown.Report{About: "+1 202 555 0143", Language: "zh"}))
		if lines := h.queue(); len(lines) != 1 || lines[0].State.TeamID != "" {
			t.Errorf("%+v", lines)
		}
	})
}

func TestWhatIsNoReport(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := newHouse(t, d)
		for field, r := range map[string]takedown.Report{
			"about": {About: "  "}, "happened": {About: "x", Happened: strings.Repeat("x", 2001)}, "where": {About: "x", Where: strings.Repeat("x", 501)}, "reach": {About: "x", Reach: "a\u202eb"},
		} {
			if err := h.report(context.Background(), r); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if lines := h.queue(); len(lines) != 0 {
			t.Errorf("%d conversations", len(lines))
		}
	})
}
