package realtime_test

import (
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

// TestEachFrameOfTheProtocol says each frame of docs/protocol.md, section 2.1, as
// those who may and as everybody who may not.
func TestEachFrameOfTheProtocol(t *testing.T) {
	h := open(t, choices{})
	customer, _ := h.window("ann")
	conv := customer.start()
	customer.send(conv, "where is my money")
	foreigner, _ := h.window("bob")
	visitor, _ := h.window("")
	agent, admin, auditor := h.deskOf(h.colleague(identity.Agent)), h.deskOf(h.colleague(identity.Admin)), h.deskOf(h.colleague(identity.Auditor))
	nowhere := id.New()

	frames := map[string]func() frame{
		"send":            func() frame { return message(conv, "hello") },
		"send to nowhere": func() frame { return message(nowhere, "hello") },
		"send a file": func() frame {
			f := message(conv, "")
			f["body"] = frame{"type": "attachments", "attachment_ids": []string{id.New()}}
			return f
		},
		"note":    func() frame { return note(conv, "a bad payer") },
		"start":   func() frame { return frame{"t": "start", "ref": uuid.NewString()} },
		"ack":     func() frame { return frame{"t": "ack", "conv": conv, "up_to_seq": 1} },
		"read":    func() frame { return frame{"t": "read", "conv": conv, "seq": 1} },
		"typing":  func() frame { return frame{"t": "typing", "conv": conv, "on": true} },
		"fetch":   func() frame { return frame{"t": "fetch", "conv": conv, "after_seq": 0} },
		"human":   func() frame { return frame{"t": "human", "conv": conv} },
		"watch":   func() frame { return frame{"t": "watch", "conv": conv} },
		"inbox":   func() frame { return frame{"t": "watch", "inbox": true} },
		"unwatch": func() frame { return frame{"t": "unwatch", "conv": conv} },
		"flow":    func() frame { return frame{"t": "flow", "conv": conv, "flow_id": "f", "step": "s", "op_id": "o"} },
		"hello":   func() frame { return frame{"t": "hello", "v": 1, "role": "window"} },
		"unknown": func() frame { return frame{"t": "teleport"} },
	}
	for _, test := range []struct {
		name string
		who  *wire
		want map[string]string // the code of the error, or the answer; "" for neither
	}{
		{"customer", customer, map[string]string{
			"send": "stored", "send to nowhere": "not_found", "send a file": "not_found", "note": "forbidden", "start": "started", "ack": "", "read": "",
			"typing": "", "fetch": "missed", "human": "event", "watch": "forbidden", "inbox": "forbidden", "unwatch": "forbidden",
			"flow": "not_supported", "hello": "conflict", "unknown": "unknown_type",
		}},
		{"another customer", foreigner, map[string]string{
			"send": "not_found", "send a file": "not_found", "note": "not_found", "start": "started", "ack": "not_found", "read": "not_found",
			"typing": "not_found", "fetch": "not_found", "human": "not_found", "watch": "forbidden", "inbox": "forbidden", "unwatch": "forbidden",
		}},
		{"visitor", visitor, map[string]string{
			"send": "not_found", "send a file": "not_found", "note": "not_found", "start": "started", "ack": "not_found", "read": "not_found",
			"typing": "not_found", "fetch": "not_found", "human": "not_found", "watch": "forbidden", "inbox": "forbidden",
		}},
		{"agent", agent, map[string]string{
			"send": "stored", "send to nowhere": "not_found", "note": "stored", "start": "forbidden", "ack": "", "read": "",
			"typing": "", "fetch": "missed", "human": "forbidden", "watch": "", "inbox": "", "unwatch": "",
			"flow": "not_supported", "hello": "conflict", "unknown": "unknown_type",
		}},
		{"admin", admin, map[string]string{
			"send": "not_found", "send a file": "not_found", "note": "not_found", "start": "forbidden", "ack": "not_found", "read": "not_found",
			"typing": "not_found", "fetch": "not_found", "human": "not_found", "watch": "forbidden", "inbox": "forbidden", "unwatch": "forbidden",
		}},
		{"auditor", auditor, map[string]string{
			"send": "not_found", "send a file": "not_found", "note": "not_found", "start": "forbidden", "ack": "not_found", "read": "not_found",
			"typing": "not_found", "fetch": "not_found", "human": "not_found", "watch": "forbidden", "inbox": "forbidden", "unwatch": "forbidden",
		}},
	} {
		for name, want := range test.want {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				test.who.rest()
				said := frames[name]()
				test.who.say(said)
				if want == "" {
					for _, f := range test.who.rest() {
						if f.text("t") == "error" {
							t.Errorf("answered %v", f)
						}
					}
					return
				}
				answers := []string{"error", "stored", "started", "missed"}
				if want == "event" {
					answers = append(answers, want)
				}
				got := test.who.next(answers...)
				if want != got.text("t") && want != got.text("code") {
					t.Errorf("answered %v, want %s", got, want)
				}
				checkRef(t, said, got)
			})
		}
	}
	for _, desk := range []*wire{agent, admin} {
		desk.rest()
		desk.refused(frame{"t": "identify", "token": h.walletToken("ann")}, "forbidden")
	}
	customer.rest()
	customer.refused(frame{"t": "identify"}, "invalid")
	customer.refused(frame{"t": "identify", "token": "abc"}, "unauthenticated")
	if log := h.log.String(); log != "" {
		t.Errorf("what clients do wrong is no failure of the server, and it logged %s", log)
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
