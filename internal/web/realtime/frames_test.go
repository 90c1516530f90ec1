package realtime_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
)

func note(conv, text string) frame {
	f := message(conv, text)
	f["note"] = true
	return f
}

// eachFrame makes each frame of docs/protocol.md, section 2.1, about a
// conversation.
func eachFrame(conv string) map[string]func() frame {
	nowhere := id.New()
	return map[string]func() frame{
		"send":            func() frame { return message(conv, "hello") },
		"send to nowhere": func() frame { return message(nowhere, "hello") },
		"send a file": func() frame {
			f := message(conv, "")
			f["body"] = frame{"type": "attachments", "attachment_ids": []string{id.New()}}
			return f
		},
		"note":     func() frame { return note(conv, "a bad payer") },
		"start":    func() frame { return frame{"t": "start", "ref": uuid.NewString()} },
		"ack":      func() frame { return frame{"t": "ack", "conv": conv, "up_to_seq": 1} },
		"read":     func() frame { return frame{"t": "read", "conv": conv, "seq": 1} },
		"typing":   func() frame { return frame{"t": "typing", "conv": conv, "on": true} },
		"fetch":    func() frame { return frame{"t": "fetch", "conv": conv, "after_seq": 0} },
		"human":    func() frame { return frame{"t": "human", "conv": conv} },
		"rate":     func() frame { return frame{"t": "rate", "conv": conv, "score": 5} },
		"watch":    func() frame { return frame{"t": "watch", "conv": conv} },
		"inbox":    func() frame { return frame{"t": "watch", "inbox": true} },
		"unwatch":  func() frame { return frame{"t": "unwatch", "conv": conv} },
		"identify": func() frame { return frame{"t": "identify", "token": "abc"} },
		"accept":   func() frame { return frame{"t": "accept", "conv": conv} },
		"decline":  func() frame { return frame{"t": "decline", "conv": conv} },
		"presence": func() frame { return frame{"t": "presence", "state": "available"} },
		"ping":     func() frame { return frame{"t": "ping"} },
		"flow":     func() frame { return frame{"t": "flow", "conv": conv, "flow_id": "f", "step": "s", "op_id": "o"} },
		"hello":    func() frame { return frame{"t": "hello", "v": 1, "role": "window"} },
		"unknown":  func() frame { return frame{"t": "teleport"} },
	}
}

// answers are what callers get to each frame: the code of an error, or the type of
// the answer; "" for neither.
type answers map[string]string

// with are these answers, but for some.
func (a answers) with(more answers) answers {
	all := maps.Clone(a)
	maps.Copy(all, more)
	return all
}

// blind are the answers to a window that may not know of the conversation.
func blind() answers {
	return answers{
		"send": "not_found", "send to nowhere": "not_found", "send a file": "not_found", "note": "not_found", "start": "started",
		"ack": "not_found", "read": "not_found", "typing": "not_found", "fetch": "not_found", "human": "not_found", "rate": "not_found",
		"watch": "forbidden", "inbox": "forbidden", "unwatch": "forbidden", "identify": "unauthenticated", "ping": "pong",
		"accept": "forbidden", "decline": "forbidden", "presence": "forbidden", // no desk that takes offers
		"flow": "not_supported", "hello": "conflict", "unknown": "unknown_type",
	}
}

// TestEachFrameOfTheProtocol says each frame as those who may and as everybody who
// may not. A frame that the server knows and no caller says fails it.
func TestEachFrameOfTheProtocol(t *testing.T) {
	h := open(t, choices{})
	customer, _ := h.window("ann")
	conv := customer.start()
	customer.send(conv, "where is my money")
	foreigner, _ := h.window("bob")
	visitor, _ := h.window("")
	frames := eachFrame(conv)
	desk := func(role identity.Role) *wire { return h.deskOf(h.colleague(role)) }
	noWorker := blind().with(answers{"start": "forbidden", "identify": "forbidden"})
	worker := noWorker.with(answers{
		"send": "stored", "note": "stored", "ack": "", "read": "", "typing": "", "fetch": "missed", "human": "forbidden", "rate": "forbidden",
		"watch": "", "inbox": "", "unwatch": "",
	})
	for _, test := range []struct {
		name string
		who  *wire
		want answers
	}{
		{"customer", customer, blind().with(answers{
			"send": "stored", "note": "forbidden", "ack": "", "read": "", "typing": "", "fetch": "missed", "human": "event", "rate": "conflict", // it is not resolved
		})},
		{"another customer", foreigner, blind()},
		{"visitor", visitor, blind()},
		{"owner", desk(identity.Owner), worker},
		{"supervisor", desk(identity.Supervisor), worker},
		{"agent", desk(identity.Agent), worker},
		{"outside agent", desk(identity.OutsideAgent), noWorker.with(answers{"ack": "", "watch": "not_found", "inbox": "", "unwatch": ""})},
		{"knowledge editor", desk(identity.Editor), noWorker},
		{"admin", desk(identity.Admin), noWorker},
		{"auditor", desk(identity.Auditor), noWorker},
		{"second line", desk(identity.SecondLine), worker},
		{"fraud analyst", desk(identity.Fraud), worker},
		{"disputes agent", desk(identity.Disputes), worker},
		{"quality reviewer", desk(identity.Quality), noWorker},
		{"planner", desk(identity.Planner), noWorker},
		{"privacy officer", desk(identity.Privacy), noWorker},
		{"compliance officer", desk(identity.Compliance), noWorker},
	} {
		said := map[string]bool{}
		for name := range frames {
			want, ok := test.want[name]
			if !ok {
				t.Errorf("nobody says what a %s gets to %q", test.name, name)
				continue
			}
			said[frames[name]().text("t")] = true
			t.Run(test.name+"/"+name, func(t *testing.T) { test.who.gets(t, frames[name](), want) })
		}
		for _, kind := range h.server.FrameTypes() {
			if !said[kind] {
				t.Errorf("the frame %q has no scenario for a %s", kind, test.name)
			}
		}
	}
	desk(identity.Agent).refused(frame{"t": "identify", "token": h.walletToken("ann")}, "forbidden")
	customer.rest()
	customer.refused(frame{"t": "identify"}, "invalid")
	if log := h.log.String(); log != "" {
		t.Errorf("what clients do wrong is no failure of the server, and it logged %s", log)
	}
}

// gets says a frame and wants an answer.
func (w *wire) gets(t *testing.T, said frame, want string) {
	t.Helper()
	w.rest()
	w.say(said)
	if want == "" {
		for _, f := range w.rest() {
			if f.text("t") == "error" {
				t.Errorf("answered %v", f)
			}
		}
		return
	}
	answers := []string{"error", "stored", "started", "missed", "pong"}
	if want == "event" {
		answers = append(answers, want)
	}
	got := w.next(answers...)
	if want != got.text("t") && want != got.text("code") {
		t.Errorf("answered %v, want %s", got, want)
	}
	checkRef(t, said, got)
}

// Who has not said hello is heard in nothing.
func TestEachFrameOfStrangers(t *testing.T) {
	h := open(t, choices{})
	customer, _ := h.window("ann")
	conv := customer.start()
	customer.send(conv, "where is my money")
	before := h.state(conv)
	for name, written := range eachFrame(conv) {
		said := written()
		if said.text("t") == "hello" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := h.dial(nil)
			w.say(said)
			if got := w.next("error"); got.text("ref") != "hello" {
				t.Errorf("answered %v", got)
			}
			w.gone("")
			body, err := json.Marshal(said)
			h.must(err)
			if status, _, text := h.request("POST", "/rt/sessions", "", body, nil); status != http.StatusBadRequest {
				t.Errorf("answered %d %s", status, text)
			}
			if status := h.frames(strings.Repeat("A", 43), said); status != http.StatusUnauthorized {
				t.Errorf("posted with %d", status)
			}
		})
	}
	if after := h.state(conv); !reflect.DeepEqual(before, after) {
		t.Errorf("the conversation changed from %+v to %+v", before, after)
	}
}

// checkRef wants an error to say which frame it is about.
func checkRef(t *testing.T, said, got frame) {
	t.Helper()
	if got.text("t") != "error" || got.text("code") == "unknown_type" {
		return
	}
	want := said.text("t")
	for _, name := range []string{"client_msg_id", "ref", "op_id"} {
		if said.text(name) != "" {
			want = said.text(name)
		}
	}
	if got.text("ref") != want {
		t.Errorf("the error is about %q, want %q", got.text("ref"), want)
	}
	if conv := said.text("conv"); conv != "" && got.text("code") != "not_supported" && got.text("conv") != conv {
		t.Errorf("the error names %q, want %q", got.text("conv"), conv)
	}
}

func TestNobodyIsHeardBeforeHello(t *testing.T) {
	h := open(t, choices{})
	customer, _ := h.window("ann")
	conv := customer.start()
	for _, f := range []frame{
		{"t": "fetch", "conv": conv, "after_seq": 0}, message(conv, "x"), {"t": "ping"}, {"t": "watch", "inbox": true},
		{"t": "start", "ref": uuid.NewString()}, {"t": "identify", "token": "x"}, {"t": "base"}, {"event": "base"},
	} {
		w := h.dial(nil)
		w.refused(f, "bad_frame")
		w.gone("")
	}
	for name, f := range map[string]frame{
		"another version": {"t": "hello", "v": 2, "role": "window"},
		"no role":         {"t": "hello", "v": 1},
		"a made-up role":  {"t": "hello", "v": 1, "role": "admin"},
		"too much":        {"t": "hello", "v": 1, "role": "window", "resume": make([]frame, 51)},
	} {
		t.Run(name, func(t *testing.T) {
			w := h.dial(nil)
			w.say(f)
			if got := w.next("error").text("code"); got != "invalid" && got != "bad_frame" {
				t.Errorf("refused with %s", got)
			}
			w.gone("")
		})
	}
	if entries := customer.rest(); len(entries) != 0 {
		t.Errorf("the customer was told %v", entries)
	}
}

func TestADeskNeedsASessionOfStaff(t *testing.T) {
	h := open(t, choices{})
	agent := h.colleague(identity.Agent)
	_, welcome := h.window("")
	for name, token := range map[string]string{
		"no token": "", "nonsense": "nonsense", "a customer's token": h.walletToken("ann"),
		"a visitor's secret": welcome.text("visitor"), "a window's session": welcome.text("session"),
		"an id": agent.ID, "the name of a session": agent.Session,
	} {
		t.Run(name, func(t *testing.T) {
			w := h.dial(nil)
			w.refused(frame{"t": "hello", "v": 1, "role": "desk", "token": token}, "unauthenticated")
			w.gone("")
		})
	}
	w := h.dial(nil)
	w.say(frame{"t": "hello", "v": 1, "role": "window", "token": agent.token})
	if got := w.next("error", "welcome"); got.text("code") != "unauthenticated" {
		t.Errorf("a session of staff opened a window: %v", got)
	}
}
