package realtime_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"kefu/internal/domain/conversation"
	forms "kefu/internal/domain/form"
	"kefu/internal/domain/identity"
)

// filling takes every form that is built in.
type filling struct{}

func (filling) Fill(_ context.Context, _ identity.Principal, s forms.Submission) (forms.Filled, conversation.Route, error) {
	all, err := forms.Builtin()
	if err != nil {
		return forms.Filled{}, conversation.Route{}, err
	}
	filled, err := all[0].Fill(s, nil)
	return filled, conversation.Route{Topic: filled.Title}, err
}

func TestAFormIsSentAndTold(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		h.intake.UseForms(filling{})
		window, _ := h.window("ann")
		conv := window.start()
		send := func(body frame) {
			window.say(frame{"t": "send", "conv": conv, "client_msg_id": uuid.Must(uuid.NewV7()).String(), "body": body})
		}
		answers := frame{"taken": frame{"choice": "yes"}, "more": frame{"text": "It was yesterday."}}
		for name, body := range map[string]frame{
			"no revision":       {"type": "form", "form": "payment-failed", "answers": answers},
			"an unknown answer": {"type": "form", "form": "payment-failed", "revision": 1, "answers": frame{"nothing": frame{"text": "x"}}},
			"text beside it":    {"type": "form", "form": "payment-failed", "revision": 1, "answers": answers, "text": "x"},
			"answers to a text": {"type": "text", "text": "x", "answers": answers},
		} {
			send(body)
			if code := window.next("error").text("code"); code != "invalid" {
				t.Errorf("%s: %s", name, code)
			}
		}
		send(frame{"type": "form", "form": "payment-failed", "revision": 1, "lang": "zh", "answers": answers, "diagnostics": frame{"time_zone": "Europe/Berlin"}})
		event := window.next("event")
		payload, _ := event["payload"].(map[string]any)
		told, _ := payload["form"].(map[string]any)
		if told == nil || told["title"] != "支付失败" || payload["text"] != "支付失败\n钱扣了吗？\n扣了\n还有什么要补充？\nIt was yesterday." {
			t.Errorf("told is %v", payload)
		}
		if seq := window.next("stored").number("seq"); seq != 1 {
			t.Errorf("stored as %d", seq)
		}
	})
}
