package webhook_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
)

// The example of the Standard Webhooks specification's own test suite.
const (
	vectorSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorTime      = 1614265330
	vectorBody      = `{"test": 2432232314}`
	vectorSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func secretOf(t testing.TB, text string) webhook.Secret {
	t.Helper()
	s, err := webhook.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSignatureOfTheSpecification(t *testing.T) {
	s := secretOf(t, vectorSecret)
	at := time.Unix(vectorTime, 0)
	if got := webhook.Sign([]webhook.Secret{s}, vectorID, at, []byte(vectorBody)); got != vectorSignature {
		t.Fatalf("signed %s, want %s", got, vectorSignature)
	}
	if s.Text() != vectorSecret {
		t.Errorf("the secret is written as %s", s.Text())
	}
}

func TestVerify(t *testing.T) {
	s, other := secretOf(t, vectorSecret), webhook.Secret(strings.Repeat("k", 32))
	at := time.Unix(vectorTime, 0)
	both := webhook.Sign([]webhook.Secret{other, s}, vectorID, at, []byte(vectorBody))
	for _, c := range []struct {
		name                    string
		id, timestamp, sig, msg string
		now                     time.Time
		want                    bool
	}{
		{"as sent", vectorID, "1614265330", vectorSignature, vectorBody, at, true},
		{"one of two secrets", vectorID, "1614265330", both, vectorBody, at, true},
		{"beside another version", vectorID, "1614265330", "v2,AAAA " + vectorSignature, vectorBody, at, true},
		{"five minutes late", vectorID, "1614265330", vectorSignature, vectorBody, at.Add(webhook.Tolerance), true},
		{"later", vectorID, "1614265330", vectorSignature, vectorBody, at.Add(webhook.Tolerance + time.Second), false},
		{"from the future", vectorID, "1614265330", vectorSignature, vectorBody, at.Add(-webhook.Tolerance - time.Second), false},
		{"another id", "msg_2", "1614265330", vectorSignature, vectorBody, at, false},
		{"another time", vectorID, "1614265331", vectorSignature, vectorBody, at, false},
		{"another body", vectorID, "1614265330", vectorSignature, vectorBody + " ", at, false},
		{"no time", vectorID, "", vectorSignature, vectorBody, at, false},
		{"no signature", vectorID, "1614265330", "", vectorBody, at, false},
		{"no base64", vectorID, "1614265330", "v1,%%%", vectorBody, at, false},
		{"half a signature", vectorID, "1614265330", vectorSignature[:20], vectorBody, at, false},
	} {
		if got := webhook.Verify(s, c.id, c.timestamp, c.sig, []byte(c.msg), c.now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if webhook.Verify(other, vectorID, "1614265330", vectorSignature, []byte(vectorBody), at) {
		t.Error("another secret verifies it")
	}
}

func TestParseSecretRefuses(t *testing.T) {
	for _, text := range []string{"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_***", "whsec_" + strings.Repeat("A", 200)} {
		if _, err := webhook.ParseSecret(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken: %v", text, err)
		} else if len(text) > 12 && strings.Contains(err.Error(), text[6:]) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	f.Add(vectorSecret)
	f.Add("whsec_AAAA====")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := webhook.ParseSecret(text)
		if err == nil && s.Text() != text {
			t.Errorf("%q is read as %q", text, s.Text())
		}
	})
}

func TestWhatIsSignedVerifies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := webhook.Secret(rapid.SliceOfN(rapid.Byte(), webhook.MinSecretBytes, webhook.MaxSecretBytes).Draw(t, "secret"))
		id, body := rapid.String().Draw(t, "id"), rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "at"), 0)
		signed := webhook.Sign([]webhook.Secret{secret}, id, at, body)
		stamp := json.Number(jsonOf(at.Unix())).String()
		if !webhook.Verify(secret, id, stamp, signed, body, at) {
			t.Fatal("what was signed does not verify")
		}
		if webhook.Verify(secret, id, stamp, signed, append(slices.Clone(body), 'x'), at) {
			t.Fatal("what was changed verifies")
		}
	})
}

func jsonOf(n int64) string { text, _ := json.Marshal(n); return string(text) }

func TestEndpoints(t *testing.T) {
	good := webhook.Endpoint{Name: "CRM", URL: "https://crm.example/hooks/kefu?x=1", Events: []webhook.Type{webhook.MessageSent}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		field  string
		change func(*webhook.Endpoint)
	}{
		{"name", func(e *webhook.Endpoint) { e.Name = "" }},
		{"name", func(e *webhook.Endpoint) { e.Name = strings.Repeat("客", 121) }},
		{"url", func(e *webhook.Endpoint) { e.URL = "" }},
		{"url", func(e *webhook.Endpoint) { e.URL = "crm.example/hooks" }},
		{"url", func(e *webhook.Endpoint) { e.URL = "ftp://crm.example/" }},
		{"url", func(e *webhook.Endpoint) { e.URL = "https:///hooks" }},
		{"url", func(e *webhook.Endpoint) { e.URL = "https://me:secret@crm.example/" }},
		{"url", func(e *webhook.Endpoint) { e.URL = "https://crm.example/#a" }},
		{"url", func(e *webhook.Endpoint) { e.URL = "https://crm.example/" + strings.Repeat("a", 2000) }},
		{"events", func(e *webhook.Endpoint) { e.Events = nil }},
		{"events", func(e *webhook.Endpoint) { e.Events = []webhook.Type{"everything"} }},
		{"events", func(e *webhook.Endpoint) { e.Events = []webhook.Type{webhook.Ping} }},
		{"events", func(e *webhook.Endpoint) {
			e.Events = []webhook.Type{webhook.MessageSent, webhook.MessageSent}
		}},
	} {
		e := good
		c.change(&e)
		var found *fault.Error
		if err := e.Validate(); !errors.As(err, &found) || found.Field != c.field {
			t.Errorf("%+v: %v, want a complaint about %s", e, err, c.field)
		}
	}
	if !good.Wants(webhook.MessageSent) || good.Wants(webhook.MessageReceived) || !good.Wants(webhook.Ping) {
		t.Error("an endpoint wants what it did not ask for, or not what it did")
	}
	good.Paused = true
	if good.Wants(webhook.MessageSent) {
		t.Error("a paused endpoint is told")
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	total, last := time.Duration(0), time.Duration(0)
	for n := 1; ; n++ {
		pause, more := webhook.Next(n, 0)
		if !more {
			if n != webhook.MaxAttempts() {
				t.Errorf("there are %d tries, want %d", n, webhook.MaxAttempts())
			}
			break
		}
		spread, _ := webhook.Next(n, 1)
		if pause <= last || spread != pause+pause/10 {
			t.Errorf("after %d tries the pause is %v to %v, before it was %v", n, pause, spread, last)
		}
		total, last = total+pause, pause
	}
	if total < 72*time.Hour || total > 96*time.Hour {
		t.Errorf("all pauses are %v", total)
	}
	if _, more := webhook.Next(0, 0); more {
		t.Error("there is a pause before the first try")
	}
}

func TestWhatEntriesAreToldAs(t *testing.T) {
	entry := func(seq int64, kind conversation.EntryKind, by conversation.AuthorKind, c conversation.Content) conversation.Entry {
		return conversation.Entry{ConversationID: "conv", Seq: seq, Pos: 77, Kind: kind, At: 1_000_000, Author: conversation.Author{Kind: by, ID: "who"}, Content: c}
	}
	words := conversation.Content{Text: "my very own words", Topic: "my topic", WrapUp: "a wrap-up"}
	status := func(now, was conversation.Status) conversation.Content {
		return conversation.Content{Status: now, Was: was, WrapUp: "a wrap-up"}
	}
	state := conversation.State{ID: "conv", CustomerID: "cust", Channel: "chat", Language: "en"}
	for _, c := range []struct {
		name  string
		entry conversation.Entry
		want  []webhook.Type
	}{
		{"the first message", entry(1, conversation.KindMessage, conversation.ByCustomer, words), []webhook.Type{webhook.ConversationStarted, webhook.MessageReceived}},
		{"a further one", entry(2, conversation.KindMessage, conversation.ByCustomer, words), []webhook.Type{webhook.MessageReceived}},
		{"an answer", entry(3, conversation.KindMessage, conversation.ByAgent, words), []webhook.Type{webhook.MessageSent, webhook.CustomerUnreached}},
		{"a word of the system", entry(3, conversation.KindMessage, conversation.BySystem, words), nil},
		{"a note", entry(4, conversation.KindNote, conversation.ByAgent, words), nil},
		{"a person asked for", entry(4, conversation.KindHuman, conversation.ByCustomer, words), []webhook.Type{webhook.PersonAskedFor}},
		{"assigned", entry(5, conversation.KindAssigned, conversation.ByAgent, conversation.Content{Staff: &conversation.StaffRef{ID: "s1", Name: "Mei"}}), []webhook.Type{webhook.ConversationAssigned}},
		{"resolved", entry(6, conversation.KindStatus, conversation.ByAgent, status(conversation.Resolved, conversation.Open)), []webhook.Type{webhook.ConversationResolved}},
		{"reopened", entry(7, conversation.KindStatus, conversation.BySystem, status(conversation.Open, conversation.Resolved)), []webhook.Type{webhook.ConversationReopened}},
		{"snoozed", entry(8, conversation.KindStatus, conversation.ByAgent, status(conversation.Snoozed, conversation.Open)), nil},
		{"tags", entry(9, conversation.KindTags, conversation.ByAgent, words), nil},
	} {
		var got []webhook.Type
		for _, e := range webhook.Of(c.entry, state) {
			got = append(got, e.Type)
			body, err := e.Body()
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"own words", "my topic", "wrap-up", "Mei"} {
				if strings.Contains(string(body), secret) {
					t.Errorf("%s: %s holds what people wrote", c.name, body)
				}
			}
			if !strings.Contains(string(body), `"timestamp":"1970-01-01T00:00:01Z"`) || !strings.Contains(string(body), `"id":"cust"`) {
				t.Errorf("%s: %s", c.name, body)
			}
			if again := webhook.Of(c.entry, state)[len(got)-1]; again.ID() != e.ID() {
				t.Errorf("%s: derived again it is %s and not %s", c.name, again.ID(), e.ID())
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s is told as %v, want %v", c.name, got, c.want)
		}
	}
}

// On the way to an address of plain http anybody may listen, but on this machine.
func TestEndpointsAreToldByHTTPS(t *testing.T) {
	for address, want := range map[string][2]bool{ // whether it may be told: in general, and where this machine may be
		"https://crm.example/h": {true, true}, "HTTPS://crm.example/h": {true, true}, "http://crm.example/h": {false, false}, "http://10.0.0.1/h": {false, false},
		"http://localhost:8080/h": {false, true}, "http://127.0.0.1/h": {false, true}, "http://[::1]:9/h": {false, true}, "http://localhost.crm.example/h": {false, false},
	} {
		for i, loopback := range []bool{false, true} {
			err := webhook.Endpoint{URL: address}.CheckWay(loopback)
			if (err == nil) != want[i] || (err != nil && fault.FieldOf(err) != "url") {
				t.Errorf("%s, loopback %v: %v", address, loopback, err)
			}
		}
	}
}
