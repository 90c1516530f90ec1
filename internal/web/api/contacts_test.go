package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/vouch"
	"kefu/internal/flow/vouching"
	"kefu/internal/platform/id"
)

func (w *world) vouching() *vouching.Service { return vouching.New(w.store, w.intake.Clean) }

func (w *world) micros() int64 { return w.now().UnixMicro() }

func (w *world) assign(conv string, m staff.Member) {
	w.t.Helper()
	_, err := w.store.Execute(context.Background(), identity.SystemPart("test"), conv, conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: m.ID, Name: m.Alias}}})
	check(w.t, err)
}

// contacting asks about the contact in a conversation of a signed-in customer: of the
// caller's own, in which they have given a code, or of one that is nobody's.
func contacting(own bool, method, tail, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		conv, who := w.signedIn("cust-" + id.New()[:8])
		w.say(who, conv, "hello")
		if own && policy.Allow(principalOf(m), policy.VouchContact, policy.Whosever(m.ID)) {
			w.assign(conv, m)
			check(w.t, w.store.SetPhrase(context.Background(), who, "blue kettle"))
			_, err := w.store.Vouch(context.Background(), principalOf(m), conv, vouch.Chat, vouch.Question)
			check(w.t, err)
		}
		return call{method: method, path: "/v1/conversations/" + conv + "/contact" + tail, body: body}, conv
	}
}

func contactScenarios() []scenario {
	const give = `{"channel":"phone","purpose":"payment"}`
	return []scenario{
		{"contact", "", contacting(false, "GET", "", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"contact", "of one's own", contacting(true, "GET", "", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"vouch", "in nobody's", contacting(false, "POST", "", give), [5]int{403, 403, 403, 403, 403}, noKeys()},
		{"vouch", "in one's own", contacting(true, "POST", "", give), [5]int{201, 403, 201, 201, 403}, noKeys()},
		{"vouch", "to somebody who is not signed in", func(w *world, m staff.Member) (call, string) {
			conv, _ := w.talk("hello")
			if m.Role != identity.OutsideAgent && policy.Allow(principalOf(m), policy.VouchContact, policy.Whosever(m.ID)) {
				w.assign(conv, m)
			}
			return call{method: "POST", path: "/v1/conversations/" + conv + "/contact", body: give}, conv
		}, [5]int{409, 403, 409, 409, 403}, noKeys()},
		{"end-contact", "in nobody's", contacting(false, "DELETE", "", ""), [5]int{403, 403, 403, 403, 403}, noKeys()},
		{"end-contact", "in one's own", contacting(true, "DELETE", "", ""), [5]int{204, 403, 204, 204, 403}, noKeys()},
		{"reveal-phrase", "in nobody's", contacting(false, "POST", "/phrase", ""), [5]int{403, 403, 403, 403, 403}, noKeys()},
		{"reveal-phrase", "in one's own", contacting(true, "POST", "/phrase", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"contact-figures", "", plain("GET", "/v1/contact-figures?from=0&to=86400000000", ""), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"contact-figures", "of no time", plain("GET", "/v1/contact-figures?from=2&to=1", ""), [5]int{422, 403, 422, 403, 403}, noKeys()},
	}
}

// The code is told to whoever contacts the customer, and to nobody else who may read the
// conversation; neither it nor the phrase reaches the log.
func TestACodeIsToldToOnePerson(t *testing.T) {
	w := newWorld(t)
	conv, who := w.signedIn("cust-anna")
	m, colleague, outside := w.member(identity.Agent), w.member(identity.Agent), w.member(identity.OutsideAgent)
	w.assign(conv, m)
	check(t, w.store.SetPhrase(context.Background(), who, "blue kettle"))
	path := "/v1/conversations/" + conv + "/contact"
	a := w.do(call{method: "POST", path: path, body: `{"channel":"chat","purpose":"safety"}`, bearer: w.session(m)})
	own, err := w.store.OwnContacts(context.Background(), who)
	check(t, err)
	if a.status != http.StatusCreated || len(own) != 1 || !strings.Contains(a.text, own[0].Code) {
		t.Fatalf("%d %s", a.status, a.text)
	}
	code := own[0].Code
	if a = w.do(call{method: "GET", path: path, bearer: w.session(m)}); !strings.Contains(a.text, code) {
		t.Errorf("%d %s", a.status, a.text)
	}
	for _, other := range []staff.Member{colleague, w.member(identity.Owner), outside} {
		for _, one := range []call{{method: "GET", path: path}, {method: "POST", path: path + "/phrase"}} {
			one.bearer = w.session(other)
			if a = w.do(one); strings.Contains(a.text, code) || strings.Contains(a.text, "kettle") {
				t.Errorf("%s: %s", other.Role, a.text)
			}
		}
	}
	if a = w.do(call{method: "POST", path: path + "/phrase", bearer: w.session(m)}); a.status != http.StatusOK || !strings.Contains(a.text, "blue kettle") {
		t.Errorf("%d %s", a.status, a.text)
	}
	// Whom it was given to has it no more.
	w.assign(conv, outside)
	for _, one := range []call{{method: "GET", path: path}, {method: "POST", path: path + "/phrase"}, {method: "POST", path: path, body: `{"channel":"chat","purpose":"safety"}`}} {
		one.bearer = w.session(m)
		if a = w.do(one); strings.Contains(a.text, code) || strings.Contains(a.text, "kettle") || (one.method == "POST" && a.status != http.StatusForbidden) {
			t.Errorf("%s: %d %s", one.method, a.status, a.text)
		}
	}
	if a = w.do(call{method: "POST", path: path, body: `{"channel":"chat","purpose":"safety"}`, bearer: w.session(outside)}); a.status != http.StatusCreated {
		t.Errorf("an outside agent, in their own: %d %s", a.status, a.text)
	}
	if a = w.do(call{method: "POST", path: path + "/phrase", bearer: w.session(outside)}); a.status != http.StatusForbidden {
		t.Errorf("an outside agent reads the phrase: %d", a.status)
	}
	if text := w.logs.String(); strings.Contains(text, code) || strings.Contains(text, "kettle") {
		t.Error("the log tells it")
	}
}
