package intake_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// card is a number that passes every check of a card's, and belongs to nobody.
const card = "4111 1111 1111 1111"

// house is a store with the door in front of it.
type house struct {
	t    *testing.T
	d    *storagetest.Deployment
	p    *storagetest.Process
	door *intake.Service

	observed intake.Observer
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, d: storagetest.New(t, engine.SQLite)}
	h.start(wide())
	return h
}

// start opens the store and the door as a process does that begins.
func (h *house) start(limits intake.Limits) {
	h.t.Helper()
	h.p = h.d.Open(h.t)
	found, err := detector()
	if err != nil {
		h.t.Fatal(err)
	}
	h.door = intake.New(h.p.Store, found, limits, h.d.Clock.Now, h.observed)
}

func (h *house) restart() {
	h.t.Helper()
	h.p.Stop()
	h.start(wide())
}

// wide are limits that no test reaches by accident.
func wide() intake.Limits {
	many := ratelimit.Limit{Burst: 100_000, Per: time.Second}
	return intake.Limits{Visitor: many, Customer: many, Staff: many, VisitorStarts: many, CustomerStarts: many, Senders: 100}
}

// detector is built once: its word lists take longer than most tests.
var detector = sync.OnceValues(guard.New)

func visitor() identity.Principal {
	return identity.Principal{Kind: identity.Visitor, ID: id.New(), Session: id.New()}
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Name: "Mei", Role: identity.Agent, Session: id.New()}
}

func (h *house) begin(p identity.Principal) string {
	h.t.Helper()
	s, err := h.door.Start(context.Background(), p, conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat"})
	if err != nil {
		h.t.Fatal(err)
	}
	return s.ID
}

// send sends a message and waits for its answer.
func (h *house) send(p identity.Principal, m intake.Message) intake.Said {
	h.t.Helper()
	if m.ClientID == "" {
		m.ClientID = id.New()
	}
	answer := make(chan intake.Said, 1)
	if err := h.door.Send(context.Background(), p, m, func(s intake.Said) { answer <- s }); err != nil {
		return intake.Said{Err: err}
	}
	return <-answer
}

// say sends a text that has to be stored.
func (h *house) say(p identity.Principal, conv, text string) intake.Said {
	h.t.Helper()
	said := h.send(p, intake.Message{ConversationID: conv, Text: text})
	if said.Err != nil {
		h.t.Fatal(said.Err)
	}
	return said
}

func (h *house) do(p identity.Principal, conv string, kind conversation.CommandKind, c conversation.Content) error {
	h.t.Helper()
	_, err := h.door.Do(context.Background(), p, conv, conversation.Command{Kind: kind, Content: c})
	return err
}

func (h *house) log(conv string) []conversation.Entry {
	h.t.Helper()
	entries, _, err := h.p.Entries(context.Background(), identity.SystemPart("test"), conv, conversation.EntryRange{})
	if err != nil {
		h.t.Fatal(err)
	}
	return entries
}

// texts are the present texts of the messages and notes.
func (h *house) texts(conv string) []string {
	h.t.Helper()
	var all []string
	for _, e := range h.log(conv) {
		if e.Kind == conversation.KindMessage || e.Kind == conversation.KindNote {
			all = append(all, e.Content.Text)
		}
	}
	return all
}

// retracted are the numbers of the entries that 'redacted' entries are about.
func (h *house) retracted(conv string) []int64 {
	h.t.Helper()
	var all []int64
	for _, e := range h.log(conv) {
		if e.Kind == conversation.KindRedacted {
			all = append(all, e.Content.Of)
		}
	}
	return all
}

// digits are the decimal digits that stand outside markers in all texts of a
// conversation, and in what its entries tell of them, in order.
func (h *house) digits(conv string) string {
	h.t.Helper()
	var all strings.Builder
	for _, e := range h.log(conv) {
		text := regexp.MustCompile("‹[^›]*›").ReplaceAllString(e.Content.Text, "")
		for _, r := range text {
			if r >= '0' && r <= '9' {
				all.WriteRune(r)
			}
		}
	}
	return all.String()
}

func (h *house) wantNoCard(conv string) {
	h.t.Helper()
	if left := h.digits(conv); left != "" {
		h.t.Errorf("the digits %s are left in %q", left, h.texts(conv))
	}
}

func wantCode(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != want {
		t.Errorf("err = %v, want %q", err, want)
	}
}
