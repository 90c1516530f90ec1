// Package flawed is the example's wallet with something wrong with it, by choice: in what
// it takes, in how it answers and in what it does. Each fault is found by one check of
// `kefu connector verify`, and `kefu flow test --faults` has customers walk through the
// flows while it is there.
package flawed

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"time"

	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/httpsig"
)

// Fault is one thing that can be wrong with a wallet.
type Fault struct {
	Name string
	What string
	By   string // the check that finds it
	ask  func(http.Handler, func() []httpsig.Key, clock.Clock) http.Handler
	say  func(*said)
}

// said is an answer before it leaves.
type said struct {
	request *http.Request
	status  int
	header  http.Header
	body    []byte
}

// Faults lists them all. Those without a function are in faulty.go, by their names.
func Faults() []Fault {
	all := append(asking(), saying()...)
	for _, f := range [][3]string{
		{"other-customer", "tells of another customer than was asked for", "customer.right"},
		{"foreign-transaction", "gives a transaction to whoever asks", "transaction.other"},
		{"foreign-in-list", "mixes another customer's transaction into a list", "transactions.contract"},
		{"shared-devices", "tells everybody of the same devices", "devices.apart"},
		{"unordered", "tells of the oldest first", "transactions.order"},
		{"moving-pages", "counts pages from the newest, so that they move", "refunded.pages"},
		{"no-limit", "gives more than was asked for", "transactions.limit"},
		{"no-next", "ends after the first page", "transactions.next"},
		{"no-states", "does not narrow by state", "transactions.filter.state"},
		{"no-sums", "does not narrow by sum", "transactions.filter.min"},
		{"no-times", "does not narrow by time", "transactions.filter.from"},
		{"nobody-is-empty", "answers with empty lists for nobody", "devices.nobody"},
		{"wrong-sums", "tells of a balance that does not add up", "balances.contract"},
		{"torn-history", "tells of a state to which no history leads", "transactions.contract"},
		{"backward-timeline", "tells the newest first of what happened", "timeline.contract"},
		{"foreign-timeline", "tells everybody what happened to a transaction", "timeline.other"},
		{"all-refunds", "tells of all refunds where one payment's were asked for", "refunds.of.one"},
		{"generous-terms", "lets twice as much be refunded", "terms.contract"},
		{"eager-terms", "lets be refunded what never left", "terms.over"},
		{"name-oracle", "compares names without an address", "match.name.alone"},
		{"chatty-match", "names fields that nobody claimed", "match.claimed"},
		{"twice", "does a command each time that it comes", "freeze.again"},
		{"first-wins", "answers another command under a key with the first one", "freeze.mismatch"},
		{"dry-run-acts", "does what was to be a dry run", "dry.freeze"},
		{"dry-run-kept", "keeps what was to be a dry run", "dry.notify"},
		{"unsteady-dry-run", "says something else each time that it is asked", "dry.refund"},
		{"refusal-is-error", "answers a refusal with an error", "freeze.already"},
		{"any-state", "does not look at the state that was decided on", "refund.expect"},
		{"over-refund", "refunds more than is left", "refund.over"},
		{"any-currency", "refunds in another currency", "refund.currency"},
		{"elsewhere", "sends money to somebody else's account", "refund.way"},
		{"freeze-nothing", "says that it froze, and does not", "freeze.blocks"},
		{"hidden-freeze", "does not tell of a freeze", "freeze.told"},
		{"endless-alerts", "tells of an alert that is over as of an open one", "alerts.contract"},
		{"shared-alerts", "tells everybody of the same alerts", "alerts.apart"},
		{"freeze-everybody", "freezes everybody", "freeze.other"},
		{"lost-operations", "does not know its operations by their keys", "freeze.by.key"},
		{"foreign-operations", "tells everybody of an operation", "freeze.private"},
		{"free-unfreeze", "unfreezes without a proof", "freeze.unfreeze.proof"},
		{"any-proof", "takes whatever is brought for a proof", "freeze.unfreeze.forged"},
		{"many-step-ups", "asks the customer each time", "stepup.again"},
		{"foreign-step-up", "tells everybody of a step-up", "stepup.other"},
		{"script-link", "gives a script for a link", "stepup.link"},
		{"proof-of-other-act", "signs a proof for another act", "stepup.proof"},
		{"proof-of-old-nonce", "signs a proof with another nonce", "stepup.proof"},
		{"any-level", "does not know the level that was asked for", "stepup.proof"},
		{"backward-events", "tells the newest notice first", "events.order"},
		{"deaf-events", "tells of all notices, whatever is known", "events.end"},
		{"many-events", "gives more notices than were asked for", "events.limit"},
		{"silent", "tells of no notices", "freeze.notice"},
		{"any-evidence", "adds a file that it was not given", "evidence.missing"},
		{"any-paper", "asks for a refund with a file that it was not given", "evidence.refund"},
		{"shared-files", "takes what one customer gave for another's too", "evidence.other"},
		{"quiet-evidence", "does not tell which files a dispute has", "evidence.told"},
		{"piled-evidence", "adds the same file again", "evidence.told"},
		{"late-evidence", "adds to what is decided", "evidence.over"},
		{"once-only-files", "does not take a file that it has", "evidence.given"},
		{"too-little", "names less than Level 0", "capabilities.contract"},
		{"own-words", "names acts of its own", "capabilities.contract"},
		{"fickle", "names something else each time", "capabilities.steady"},
		{"boasting", "names acts that it does not take", "dry.freeze"},
	} {
		all = append(all, Fault{Name: f[0], What: f[1], By: f[2]})
	}
	return append(append(append(all, further()...), recovering()...), append(append(leaving(), collecting()...), append(gifts(), agreeing()...)...)...)
}

// asking are faults in what a wallet takes.
func asking() []Fault {
	loose := func(name, what, by string, l lax) Fault {
		return Fault{Name: name, What: what, By: by, ask: func(next http.Handler, keys func() []httpsig.Key, now clock.Clock) http.Handler {
			return taking(next, keys, now, l)
		}}
	}
	changed := func(name, what, by string, change func(*http.Request, []byte) []byte) Fault {
		return Fault{Name: name, What: what, By: by, ask: func(next http.Handler, keys func() []httpsig.Key, now clock.Clock) http.Handler {
			return taking(next, keys, now, lax{change: change})
		}}
	}
	return []Fault{
		loose("unsigned", "takes what is not signed", "signature.none", lax{anything: true}),
		loose("any-signature", "looks only whether there is a signature", "signature.zero", lax{present: true}),
		loose("no-digest", "does not compare the body with its digest", "signature.post.body", lax{anyBody: true}),
		loose("no-window", "takes what was signed at any time", "signature.old", lax{anyTime: true}),
		loose("no-nonce", "takes a signature again", "signature.replay", lax{again: true}),
		loose("any-components", "lets the signer choose what is covered", "signature.nothing.covered", lax{anyComponents: true}),
		loose("any-key", "takes a key that it does not know for the first it has", "signature.other.key", lax{anyKey: true}),
		loose("any-algorithm", "lets the signer name another algorithm", "signature.algorithm", lax{anyAlgorithm: true}),
		changed("lenient-body", "passes over fields that it does not know, and takes the last of two", "command.unknown.field", lenient),
		changed("lenient-query", "passes over fields of a query that it does not know", "devices.query", func(r *http.Request, body []byte) []byte {
			known := r.URL.Query()
			known.Del("verify")
			r.URL.RawQuery = known.Encode()
			return body
		}),
		changed("any-form", "takes any form", "command.form", func(r *http.Request, body []byte) []byte {
			if r.Method == http.MethodPost {
				r.Header.Set("Content-Type", "application/json")
			}
			return body
		}),
		changed("keyless", "takes a command without a key", "command.no.key", func(r *http.Request, body []byte) []byte {
			if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" {
				r.Header.Set("Idempotency-Key", "made-up")
			}
			return body
		}),
		changed("any-digest", "does not compare a file with its digest", "files.digest", filed(func(_ *http.Request, f *wallet.File, body []byte) { f.Digest = fileOf(body).Digest })),
		changed("any-length", "does not compare a file with its size", "files.size", filed(func(_ *http.Request, f *wallet.File, body []byte) { f.Size = int64(len(body)) })),
		changed("any-file-key", "takes a file under any key", "files.key", filed(func(r *http.Request, f *wallet.File, _ []byte) { r.Header.Set("Idempotency-Key", f.Digest) })),
		changed("any-type", "takes files of any type", "files.type", filed(func(r *http.Request, f *wallet.File, _ []byte) { r.Header.Set("Content-Type", f.Type) })),
		changed("blind", "believes what a file's type says", "files.posing", filed(func(r *http.Request, f *wallet.File, body []byte) {
			f.Type = fileOf(body).Type
			r.Header.Set("Content-Type", f.Type)
		})),
		changed("any-customer", "believes the body and not the address", "command.other.customer", func(r *http.Request, body []byte) []byte {
			if m := regexp.MustCompile(`"customer_id":"([^"]+)"`).FindSubmatch(body); m != nil && strings.HasSuffix(r.URL.Path, ":freeze") {
				r.URL.Path = "/v1/customers/" + string(m[1]) + ":freeze"
			}
			return body
		}),
	}
}

// saying are faults in how a wallet answers.
func saying() []Fault {
	replaced := func(pattern, with string) func(*said) {
		p := regexp.MustCompile(pattern)
		return func(s *said) {
			if s.status == http.StatusOK {
				s.body = p.ReplaceAll(s.body, []byte(with))
			}
		}
	}
	headed := func(name, value string) func(*said) {
		return func(s *said) { s.header.Set(name, value) }
	}
	failed := func(change func(*said)) func(*said) {
		return func(s *said) {
			if s.status >= 400 {
				change(s)
			}
		}
	}
	well := func(s *said) bool { return strings.HasPrefix(s.request.URL.Path, "/.well-known/") }
	return []Fault{
		{Name: "html-errors", What: "answers errors with a page", By: "http.problem.kind", say: failed(func(s *said) {
			s.header.Set("Content-Type", "text/html")
			s.body = []byte("<html>Not found</html>")
		})},
		{Name: "good-errors", What: "answers errors with 200", By: "customer.nobody", say: failed(func(s *said) { s.status = http.StatusOK })},
		{Name: "wrong-status", What: "says another status in a problem than it has", By: "http.problem.status", say: failed(func(s *said) {
			s.body = regexp.MustCompile(`"status":\d+`).ReplaceAll(s.body, []byte(`"status":500`))
		})},
		{Name: "leaky-errors", What: "shows its inside in errors", By: "http.problem.quiet", say: failed(func(s *said) {
			s.body = bytes.Replace(s.body, []byte(`{`), []byte(`{"trace":"goroutine 7 [running]","`), 1)
			s.body = bytes.Replace(s.body, []byte(`,""`), []byte(`,"`), 1)
		})},
		{Name: "own-codes", What: "has codes of its own", By: "http.problem.code", say: failed(func(s *said) { s.body = bytes.ReplaceAll(s.body, []byte("not_found"), []byte("E404")) })},
		{Name: "plain-text", What: "says that its answers are text", By: "http.json", say: headed("Content-Type", "text/plain")},
		{Name: "cookies", What: "sets cookies", By: "http.no.cookie", say: headed("Set-Cookie", "session=1")},
		{Name: "open-to-browsers", What: "lets every page read it", By: "http.no.cors", say: headed("Access-Control-Allow-Origin", "*")},
		{Name: "cached", What: "lets answers be kept", By: "http.no.store", say: headed("Cache-Control", "public, max-age=3600")},
		{Name: "redirects", What: "leads to another address", By: "http.no.redirect", say: func(s *said) {
			if s.status == http.StatusOK && !well(s) {
				s.status = http.StatusFound
				s.header.Set("Location", "/v2/")
			}
		}},
		{Name: "slow", What: "takes more than two seconds for a customer", By: "http.quick", say: func(s *said) {
			if s.status == http.StatusOK && s.request.URL.Path == "/v1/customers/c-anna" {
				time.Sleep(2100 * time.Millisecond)
			}
		}},
		{Name: "new-fields", What: "answers with fields that are not of the contract", By: "customer.contract", say: replaced(`"created_at"`, `"score":7,"created_at"`)},
		{Name: "double-fields", What: "answers with a field twice", By: "customer.contract", say: replaced(`"kind":"person"`, `"kind":"business","kind":"person"`)},
		{Name: "floats", What: "tells of sums as numbers", By: "balances.contract", say: replaced(`"amount":"([0-9.]+)","currency"`, `"amount":$1,"currency"`)},
		{Name: "unix-times", What: "tells of times as numbers", By: "customer.contract", say: replaced(`"created_at":"[^"]+"`, `"created_at":1795687200`)},
		{Name: "null-lists", What: "answers null for an empty list", By: "restrictions.contract", say: replaced(`"items":\[\]`, `"items":null`)},
		{Name: "two-values", What: "answers with two values", By: "customer.contract", say: func(s *said) { s.body = append(s.body, s.body...) }},
		{Name: "cut-off", What: "answers with half of the answer", By: "customer.contract", say: func(s *said) { s.body = s.body[:len(s.body)/2] }},
		{Name: "card-numbers", What: "tells of whole card numbers", By: "customer.no.card.number", say: replaced(`"brand":"visa"`, `"brand":"4111111111111111"`)},
		{Name: "private-keys", What: "publishes the private half of its key", By: "keys.public", say: replaced(`"kty":"OKP"`, `"d":"AAAA","kty":"OKP"`)},
		{Name: "other-keys", What: "publishes keys with which it does not sign", By: "stepup.proof", say: replaced(`"x":"[^"]+"`, `"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`)},
		{Name: "hidden-document", What: "wants a signature for what it can do", By: "capabilities.served", say: func(s *said) {
			if well(s) && s.request.Header.Get("Signature") == "" {
				s.status = http.StatusUnauthorized
			}
		}},
		{Name: "modest-files", What: "takes larger files than it names", By: "files.large", say: replaced(`"max_bytes":\d+`, `"max_bytes":1000`)},
		{Name: "other-file", What: "says that it took another file", By: "evidence.given", say: func(s *said) {
			if strings.HasSuffix(s.request.URL.Path, "/files") {
				replaced(`"sha256":"[0-9a-f]{64}"`, `"sha256":"`+strings.Repeat("0", 64)+`"`)(s)
			}
		}},
		{Name: "wrong-key-echo", What: "answers a command with another key", By: "freeze.done", say: replaced(`"key":"verify-[^"]+"`, `"key":"another"`)},
		{Name: "no-endpoint", What: "does not serve a reading that it names", By: "served.limits", say: func(s *said) {
			if strings.HasSuffix(s.request.URL.Path, "/limits") {
				s.status, s.body = http.StatusNotFound, []byte("404 page not found")
			}
		}},
	}
}
