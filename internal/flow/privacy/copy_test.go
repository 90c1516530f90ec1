package privacy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/evidence"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// copier gathers copies over the house's store.
func (h *house) copier() *privacy.Copier {
	h.Helper()
	signer, err := audit.NewSigner(h.Ring.Subkey("audit heads"))
	h.must(err)
	led, err := casework.New(casework.Deps{Store: h.Store, Book: h.book, Clock: h.d.Clock.Now, Signer: signer})
	h.must(err)
	return privacy.NewCopier(privacy.CopyDeps{
		Kept: h.Store, Cases: led, Signer: signer, Book: h.book, Clock: h.d.Clock.Now,
		File: func(ctx context.Context, p identity.Principal, file string) (io.ReadCloser, error) {
			a, err := h.Attachment(ctx, p, file)
			return io.NopCloser(strings.NewReader("bytes of " + a.Name)), err
		},
	})
}

func (h *house) asks(p identity.Principal, conv string, r cases.Request) string {
	h.Helper()
	c, err := h.AddCase(ctx(), part(), cases.Head{ID: id.New(), Reference: "K-" + id.New()[:8], CustomerID: p.ID}, "", h.book,
		cases.Event{Kind: cases.Opened, Data: cases.Data{Type: jurisdiction.DataRequest, Request: r, Channel: "chat", Conversation: conv, Jurisdiction: "eu", Version: 1}})
	h.must(err)
	return c.ID
}

func TestACopyHoldsWhatIsKeptAndProvesItself(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		h.d.Exec(t, "DELETE FROM act") // planted raw: what they say cannot be read
		h.d.Exec(t, "DELETE FROM flow_run")
		other, othersConv := h.plant("other")
		for range conversation.MaxPage + 5 { // more than a page
			h.say(anna, conv, "planted once more <b>")
		}
		h.do(mei(), conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: "an answer"}})
		c := h.copier()
		request := h.asks(anna, conv, cases.CopyOfData)
		anna.Level = identity.AL2
		token, until, err := c.Ticket(ctx(), anna, request, "en")
		h.must(err)
		if !until.After(h.d.Clock.Now()) {
			t.Error(until)
		}
		var out bytes.Buffer
		h.must(c.Fetch(ctx(), token, func() io.Writer { return &out }))
		r, err := evidence.Verify(bytes.NewReader(out.Bytes()), int64(out.Len()), nil)
		h.must(err)
		if len(r.Manifest.Files) != 12 {
			t.Errorf("the files: %+v", r.Manifest.Files)
		}
		files := h.unpack(out.Bytes())
		var said []map[string]any
		h.must(json.Unmarshal([]byte(files["conversations.json"]), &said))
		if len(said) < conversation.MaxPage+8 {
			t.Errorf("%d entries", len(said))
		}
		everything := strings.Join([]string{files["conversations.json"], files["conversations.html"], files["profile.json"], files["cases.json"], files["index.html"], files["acts.json"]}, "\n")
		for _, want := range []string{"planted other words", "planted Name", "planted@example.com", `"phrase":"set"`, "an answer", "planted.txt", "once more &lt;b&gt;", `"request":"copy"`, `"name":"Mei"`} {
			if !strings.Contains(everything, want) {
				t.Errorf("the copy lacks %q", want)
			}
		}
		for name, text := range files {
			for _, never := range []string{"planted noted", "blue kettle", "planted draft", "other Name", othersConv, other.ID, mei().ID, "<b>\n"} {
				if strings.Contains(text, never) {
					t.Errorf("%s holds %q", name, never)
				}
			}
		}
		if files["files/001-planted.txt"] != "bytes of planted.txt" {
			t.Errorf("the file: %q", files["files/001-planted.txt"])
		}
		done, err := h.Case(ctx(), anna, request)
		h.must(err)
		if done.Stage != cases.Answered || done.Decision == nil || done.Decision.Outcome != cases.Upheld || done.PreparedAt == 0 {
			t.Errorf("the request: %+v", done)
		}
		for _, clock := range done.Clocks(h.book, h.d.Clock.Micros()) {
			if clock.Live() && clock.ID == "answer" {
				t.Errorf("its clock goes on: %+v", clock)
			}
		}
		damaged := bytes.Replace(out.Bytes(), []byte("planted Name"), []byte("planted Nine"), 1)
		if _, err := evidence.Verify(bytes.NewReader(damaged), int64(len(damaged)), nil); err == nil {
			t.Error("a changed byte is not found")
		}
	})
}

func (h *house) unpack(pack []byte) map[string]string {
	h.Helper()
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	h.must(err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		h.must(err)
		text, err := io.ReadAll(r)
		h.must(err)
		out[f.Name] = string(text)
	}
	return out
}

// A token is its customer's alone, good once and for two minutes, and comes only right
// after a proof.
func TestWhoMayFetchACopy(t *testing.T) {
	each(t, func(h *house) {
		anna, conv := h.plant("planted")
		h.d.Exec(t, "DELETE FROM act")
		h.d.Exec(t, "DELETE FROM flow_run")
		c := h.copier()
		request, erase := h.asks(anna, conv, cases.CopyOfData), h.asks(anna, conv, cases.Erasing)
		proven := anna
		proven.Level = identity.AL2
		other := h.SignIn("somebody")
		other.Level = identity.AL3
		visitor := identity.Principal{Kind: identity.Visitor, ID: anna.ID}
		for name, x := range map[string]struct {
			p      identity.Principal
			of     string
			want   fault.Code
			reason string
		}{
			"not proven": {anna, request, fault.Forbidden, privacy.ReasonProof}, "of another request": {proven, erase, fault.NotFound, ""}, "somebody else": {other, request, fault.NotFound, ""},
			"a visitor": {visitor, request, fault.NotFound, ""}, "a supervisor": {mei(), request, fault.NotFound, ""}, "nobody": {identity.Principal{}, request, fault.NotFound, ""}, "no case": {proven, id.New(), fault.NotFound, ""},
			"a part of Kefu": {part(), request, fault.NotFound, ""},
		} {
			if _, _, err := c.Ticket(ctx(), x.p, x.of, "en"); fault.CodeOf(err) != x.want || fault.ReasonOf(err) != x.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		fetch := func(token string) error { return c.Fetch(ctx(), token, func() io.Writer { return io.Discard }) }
		first, _, err := c.Ticket(ctx(), proven, request, "en")
		h.must(err)
		token, _, err := c.Ticket(ctx(), proven, request, "zh")
		h.must(err)
		for _, none := range []string{"", "x", first} { // a new one takes the place of the old one
			if err := fetch(none); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", none, err)
			}
		}
		h.must(fetch(token))
		if err := fetch(token); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second time: %v", err)
		}
		late, _, err := c.Ticket(ctx(), proven, request, "en")
		h.must(err)
		h.d.Clock.Move(privacy.TicketLife + time.Second)
		if err := fetch(late); !fault.Is(err, fault.NotFound) {
			t.Errorf("too late: %v", err)
		}
	})
}
