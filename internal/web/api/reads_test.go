package api_test

import (
	"testing"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
)

// Looking is work too: one member of staff cannot make all of it, and pays for
// nobody else.
func TestReadsOfOneMemberAreLimited(t *testing.T) {
	w := newWorld(t)
	told := w.limitReads(ratelimit.Limit{Burst: 3, Per: 30 * time.Second})
	conv, _ := w.talk("hello")
	mei, ben := w.as(identity.Agent), w.as(identity.Agent)
	read := func(path, bearer string) call { return call{method: "GET", path: path, bearer: bearer} }
	w.must(200, read("/v1/conversations", mei))
	w.must(200, read("/v1/conversations/"+conv, mei))
	w.must(200, read("/v1/search?q=hello", mei))
	for _, path := range []string{"/v1/conversations", "/v1/conversations/" + conv, "/v1/conversations/" + conv + "/entries", "/v1/search?q=hello", "/v1/staff"} {
		if a := w.problem(429, "rate_limited", read(path, mei)); a.header.Get("Retry-After") != "10" {
			t.Errorf("%s: Retry-After %q", path, a.header.Get("Retry-After"))
		}
	}
	if len(*told) != 5 || (*told)[0] != "staff_reads" {
		t.Errorf("told %q", *told)
	}
	w.must(200, read("/v1/conversations", ben))
	w.must(204, call{method: "PUT", path: "/v1/conversations/" + conv + "/draft", bearer: mei, body: `{"text":"I am on it"}`})
	// What is asked for in a body is looked at too: nobody guesses customers' numbers
	// faster because the question is a POST.
	for path, body := range map[string]string{
		"/v1/conversations/find": `{"list":{"view":"all"}}`, "/v1/conversations/counts": `{"lists":[{"view":"all"}]}`,
		"/v1/customers/find": `{"kind":"phone","value":"+4915112345678"}`, "/v1/rules/try": `{"rule":{}}`,
		"/v1/customers/" + id.New() + "/wallet/transactions": `{}`,
		"/v1/window/preview": `{"language":"en"}`,
	} {
		w.problem(429, "rate_limited", call{method: "POST", path: path, bearer: mei, body: body})
	}
	w.offset.Add(int64(10 * time.Second))
	w.must(200, read("/v1/conversations", mei))
}
