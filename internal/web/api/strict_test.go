package api_test

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// clientError wants a problem that blames the request and repeats none of it.
func clientError(t *testing.T, a answer, about string, secrets ...string) {
	t.Helper()
	if a.status < 400 || a.status >= 500 || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: status %d: %s", about, a.status, a.text)
	}
	for _, s := range secrets {
		if strings.Contains(a.text, s) {
			t.Errorf("%s: the answer repeats %q: %s", about, s, a.text)
		}
	}
}

// target is a path of the document with ids that exist.
func (w *world) target(path string) string {
	conv, who := w.talk("hello")
	switch {
	case strings.HasPrefix(path, "/v1/conversations/"):
		path = strings.Replace(path, "{id}", conv, 1)
	case strings.HasPrefix(path, "/v1/customers/"):
		path = strings.Replace(path, "{id}", who.ID, 1)
	case strings.HasPrefix(path, "/v1/staff/"):
		path = strings.Replace(path, "{id}", w.member(identity.Agent).ID, 1)
	case strings.HasPrefix(path, "/v1/approvals/"):
		path = strings.Replace(path, "{id}", id.New(), 1)
	case strings.HasPrefix(path, "/v1/settings/"):
		path = strings.NewReplacer("{kind}", "team", "{id}", id.New()).Replace(path)
	case strings.HasPrefix(path, "/v1/attachments/"):
		path = strings.Replace(path, "{id}", w.file(who, conv), 1)
	}
	return strings.NewReplacer("{seq}", "1", "{delivery}", id.New(), "{transaction}", "T1", "{letter}", "acknowledgement", "{id}", id.New()).Replace(path)
}

func TestBodiesAreReadStrictly(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.as(identity.Owner)
		all, s := operations(t, w)
		tried := 0
		for _, o := range all {
			if o.RequestBody == nil || o.OperationID == "upload" {
				continue
			}
			path := w.target(o.path)
			name := strings.TrimPrefix(o.RequestBody.Content["application/json"].Schema.Ref, "#/components/schemas/")
			schema := s.Components.Schemas[name]
			if len(schema.Properties) == 0 {
				t.Fatalf("%s has no members in its body", o.OperationID)
			}
			bodies := map[string]int{
				"": 400, "{": 400, `{"a":1}{"b":2}`: 400, "nul": 400, "\xff": 400, `{"a":1,"a":2}`: 400, `{"\u0061":1}`: 400,
				strings.Repeat(`{"a":`, 9) + "1" + strings.Repeat("}", 9): 400, strings.Repeat("[", 5000): 400,
				"null": 422, "[]": 422, `"text"`: 422, "17": 422, `{"planted":"tell-tale"}`: 422,
			}
			if len(schema.Required) > 0 {
				bodies["{}"] = 422
			}
			for member, property := range schema.Properties {
				for _, wrong := range []string{"[[1]]", `{"a":1}`, "1.5", "true", `["a","b"]`, `"tell-tale \u0000"`, "null", `" "`} {
					if fits(property.Type, wrong) {
						continue
					}
					bodies[fmt.Sprintf(`{%q:%s}`, member, wrong)] = 422
					bodies[fmt.Sprintf(`{%q:%s,%q:%s}`, member, wrong, strings.ToUpper(member), wrong)] = 400
				}
			}
			for body, want := range bodies {
				a := w.do(call{method: o.method, path: path, body: body, bearer: bearer, header: map[string]string{"Content-Type": "application/json"}})
				tried++
				clientError(t, a, fmt.Sprintf("%s %.60q", o.OperationID, body), "tell-tale", "expected", "unexpected", "json")
				if a.status != want {
					t.Errorf("%s %.60q: status %d, want %d: %s", o.OperationID, body, a.status, want, a.text)
				}
			}
			w.problem(413, "too_large", call{method: o.method, path: path, body: `{"a":"` + strings.Repeat("x", 200<<10) + `"}`, bearer: bearer})
			for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json+x", "text/json", "", ";", "application/problem+json"} {
				a := w.do(call{method: o.method, path: path, body: `{}`, bearer: bearer, header: map[string]string{"Content-Type": media}})
				if a.status != 415 {
					t.Errorf("%s as %q: status %d", o.OperationID, media, a.status)
				}
			}
			w.problem(415, "invalid", call{method: o.method, path: path, body: `{}`, bearer: bearer, header: map[string]string{"Content-Encoding": "gzip"}})
		}
		if tried < 200 {
			t.Errorf("only %d bodies were tried", tried)
		}
		if strings.Contains(w.logs.String(), "level=ERROR") {
			t.Errorf("a client's mistake was logged as ours:\n%s", w.logs)
		}
	})
}

// fits tells whether a JSON value could be of a schema's type; strings are
// judged by each operation.
func fits(kind any, value string) bool {
	text := fmt.Sprint(kind)
	switch value[0] {
	case '[':
		return strings.Contains(text, "array") && value == `["a","b"]`
	case '"':
		return strings.Contains(text, "string")
	case 't':
		return strings.Contains(text, "boolean")
	case 'n':
		return strings.Contains(text, "null")
	default:
		return false
	}
}

type broken struct{}

// Read implements io.Reader.
func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestABodyThatBreaksOffIsTheClientsMistake(t *testing.T) {
	w := newWorld(t)
	conv, _ := w.talk("hello")
	bearer := w.as(identity.Agent)
	w.problem(422, "invalid", call{
		method: "PUT", path: "/v1/conversations/" + conv + "/topic", bearer: bearer,
		reader: io.MultiReader(strings.NewReader(`{"topic":`), broken{}), header: map[string]string{"Content-Type": "application/json"},
	})
}

// freeTexts are the parameters for which any text may be looked for, whatever finds nothing.
func freeTexts() []string { return []string{"q", "actor", "action", "object"} }

func TestQueriesAreReadStrictly(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.as(identity.Owner)
		all, _ := operations(t, w)
		tried := 0
		for _, o := range all {
			if o.method != "GET" {
				continue
			}
			path := w.target(o.path)
			for _, query := range []string{"planted=tell-tale", "a;b", "%zz", "view[]=all", "_=1"} {
				clientError(t, w.do(call{method: "GET", path: path + "?" + query, bearer: bearer}), o.OperationID+"?"+query, "tell-tale")
			}
			for _, p := range o.Parameters {
				if p.In != "query" {
					continue
				}
				for _, value := range []string{"tell-tale", "' OR 1=1 --", "-1", "0x10", "1e3", "9223372036854775808", "\x00", "\xff\xfe", "a,b", strings.Repeat("9", 5000)} {
					a := w.do(call{method: "GET", path: path + "?" + p.Name + "=" + url.QueryEscape(value), bearer: bearer})
					tried++
					if slices.Contains(freeTexts(), p.Name) && a.status == 200 {
						continue // nothing is found
					}
					clientError(t, a, fmt.Sprintf("%s?%s=%.20q", o.OperationID, p.Name, value), "tell-tale", "OR 1=1")
				}
				twice := p.Name + "=1&" + p.Name + "=2"
				w.problem(422, "invalid", call{method: "GET", path: path + "?" + twice, bearer: bearer})
			}
		}
		if tried < 80 {
			t.Errorf("only %d queries were tried", tried)
		}
	})
}

func TestCursorsCannotBeMadeUp(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.as(identity.Agent)
		for range 3 {
			w.talk("hello")
		}
		var page api.ConversationPage
		w.must(200, call{method: "GET", path: "/v1/conversations?limit=1", bearer: bearer}).json(t, &page)
		for _, cursor := range []string{
			page.Next + "x", page.Next[1:] + "'", "." + page.Next, strings.ToUpper(page.Next), "-1." + id.New(), "zz", ".", "1.", "1.%",
			"1' OR '1'='1." + id.New(), strings.Repeat("z", 13) + "." + id.New(), " " + page.Next, page.Next + ".1",
		} {
			a := w.problem(422, "invalid", call{method: "GET", path: "/v1/conversations?cursor=" + url.QueryEscape(cursor), bearer: bearer})
			if !strings.Contains(a.text, `"field":"cursor"`) {
				t.Errorf("%q: %s", cursor, a.text)
			}
		}
		for _, cursor := range []string{"0", "-5", "1.5", "x", "1 OR 1"} {
			w.problem(422, "invalid", call{method: "GET", path: "/v1/search?q=hello&cursor=" + url.QueryEscape(cursor), bearer: bearer})
		}
	})
}

func TestIdsThatAreNone(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		bearer := w.as(identity.Owner)
		all, _ := operations(t, w)
		handle := strings.Repeat("0", 64)
		for _, o := range all {
			if !strings.Contains(o.path, "{id}") || o.RequestBody != nil {
				continue
			}
			for _, wrong := range []string{id.New(), "x", "'", "%00", "%ff", "1%20OR%201=1", strings.Repeat("0", 27), strings.ToUpper(id.New()), "..%2f..%2fsession", "%2e%2e"} {
				path := strings.NewReplacer("{kind}", "team", "{id}", wrong, "{seq}", "1", "{handle}", handle, "{delivery}", id.New(), "{transaction}", "T1", "{letter}", "acknowledgement").Replace(o.path)
				a := w.do(call{method: o.method, path: path, bearer: bearer})
				if o.OperationID == "revoke-customer" && a.status == 204 && id.Valid(wrong) {
					continue // of whom we know nothing, nothing is open
				}
				if a.status != 404 {
					t.Errorf("%s %s: status %d: %s", o.method, path, a.status, a.text)
				}
			}
		}
		conv, _ := w.talk("hello")
		for _, seq := range []string{"0", "-1", "x", "1.0", "9223372036854775808", "1%00"} {
			w.problem(422, "invalid", call{method: "GET", path: "/v1/conversations/" + conv + "/messages/" + seq + "/versions", bearer: bearer})
		}
		w.problem(404, "not_found", call{method: "DELETE", path: "/v1/conversations/" + conv + "/messages/99", bearer: bearer, body: `{"reason":"mistake"}`})
	})
}

func TestWhereNothingStands(t *testing.T) {
	w := newWorld(t)
	w.problem(404, "not_found", call{method: "GET", path: "/v1/"})
	w.problem(404, "not_found", call{method: "GET", path: "/v1/docs"})
	w.problem(404, "not_found", call{method: "GET", path: "/v1/schemas/Conversation.json"})
	w.problem(404, "not_found", call{method: "POST", path: "/v1/conversations/x/y/z"})
	a := w.problem(405, "not_supported", call{method: "PUT", path: "/v1/session"})
	if !strings.Contains(a.header.Get("Allow"), "DELETE") {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s is set", name)
		}
	}
	if a := w.do(call{method: "OPTIONS", path: "/v1/session", header: map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}}); a.header.Get("Access-Control-Allow-Origin") != "" || a.status != 405 {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
}

// failing is a store that is down.
type failing struct{ api.Store }

func TestOurOwnFailuresSayNothing(t *testing.T) {
	w := newWorld(t)
	conv, who := w.talk("the customer's words")
	bearer := w.as(identity.Owner)
	w.api.Store = failing{}
	a := w.problem(500, "internal", call{method: "GET", path: "/v1/conversations/" + conv, bearer: bearer})
	for _, word := range []string{"panic", "nil", "runtime", who.ID, conv} {
		if strings.Contains(a.text, word) {
			t.Errorf("the answer says %q: %s", word, a.text)
		}
	}
	if !strings.Contains(w.logs.String(), "panicked") {
		t.Error("a panic was not logged")
	}
}
