package realtime_test

import (
	"context"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

func TestACustomerSaysHowItWent(t *testing.T) {
	engines(t, func(t *testing.T, dsn string) {
		h := open(t, choices{dsn: dsn})
		window, _ := h.window("ann")
		conv := window.start()
		window.send(conv, "where is my money")
		_, err := h.store.Execute(context.Background(), identity.Principal{Kind: identity.Staff, ID: "mei", Role: identity.Agent}, conv,
			conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}, Seq: 1})
		if err != nil {
			t.Fatal(err)
		}
		window.next("event")
		window.say(frame{"t": "rate", "conv": conv, "score": 4, "text": "quick. my card is 4111 1111 1111 1111"})
		event := window.next("event")
		payload, _ := event["payload"].(map[string]any)
		text, _ := payload["text"].(string)
		if event.text("kind") != "rated" || payload["score"] != float64(4) || !strings.HasPrefix(text, "quick.") || strings.Contains(text, "4111 1111") {
			t.Errorf("told is %v", event)
		}
		for _, bad := range []frame{{"score": 0}, {"score": 6}, {}} {
			bad["t"], bad["conv"] = "rate", conv
			window.say(bad)
			if e := window.next("error"); e.text("code") != "invalid" || e.text("ref") != "rate" {
				t.Errorf("%v is answered by %v", bad, e)
			}
		}
	})
}
