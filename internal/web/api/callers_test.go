package api_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/id"
	"kefu/internal/platform/secret"
)

// scenario is one operation asked for by everybody. want are the statuses for the
// roles in the order of allRoles; keys those for a program without any scope and for
// one with all.
type scenario struct {
	operation string
	about     string
	request   func(w *world, m staff.Member) (c call, conv string)
	want      [5]int
	keys      keyed
}

// keyed is what API keys get.
type keyed struct{ bare, full int }

// noKeys is an operation that is for no key, whatever its scopes.
func noKeys() keyed { return keyed{403, 403} }

// forKeys is an operation that a key of the right scope gets a status from.
func forKeys(status int) keyed { return keyed{403, status} }

func allRoles() []identity.Role {
	return []identity.Role{identity.Owner, identity.Admin, identity.Supervisor, identity.Agent, identity.Auditor}
}

// guests are the roles with the fewest rights. Each operation refuses them as
// 403 or 404, but for those of welcome, which has the statuses for an outside agent
// (of conversations that are not theirs) and for a knowledge editor; 0 is refused.
func guests() []identity.Role { return []identity.Role{identity.OutsideAgent, identity.Editor} }

func welcome() map[string][2]int {
	all := settingWelcome()
	maps.Copy(all, map[string][2]int{
		"presence ": {200, 0}, "set-presence ": {204, 0}, "duties ": {0, 200},
		"duties-of ": {0, 200}, "duties-of oneself": {200, 200}, "skills ": {0, 200},
		"session ": {200, 200}, "sign-out ": {204, 204}, "emergencies ": {0, 200}, "open-emergency without a reason": {422, 422}, "staff ": {0, 200},
		"conversations ": {200, 0}, "find-conversations ": {200, 0}, "conversation-counts ": {200, 0}, "mentions ": {200, 0}, "search ": {200, 0},
		"change-conversations ": {200, 0}, // which says of each that it is not there
		"upload ":               {201, 0},
		"preview-window ":       {200, 0}, "delivered-forms ": {200, 0}, // they read forms, as agents do
		"assign nobody we know": {0, 422},
		"contact of one's own":  {200, 0}, "vouch in one's own": {201, 0}, "end-contact in one's own": {204, 0},
		"findings from a cursor of nobody's": {422, 422}, "decide-finding without a reason": {422, 422},
		"decisions of oneself": {0, 200}, "report of oneself": {200, 0}, "export-report of oneself": {200, 0},
	})
	maps.Copy(all, signInWelcome())
	return all
}

// on asks for something in a fresh conversation with one customer message.
func on(method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		conv, _ := w.talk("a customer's words")
		return call{method: method, path: "/v1/conversations/" + conv + what, body: body}, conv
	}
}

func plain(method, path, body string) func(*world, staff.Member) (call, string) {
	return func(*world, staff.Member) (call, string) { return call{method: method, path: path, body: body}, "" }
}

func many(w *world, _ staff.Member) (call, string) {
	conv, _ := w.talk("a customer's words")
	return call{method: "POST", path: "/v1/conversations/changes", body: `{"changes":[{"id":"` + conv + `","priority":"urgent"}]}`}, conv
}

// unseen asks for something in a conversation whose customer has written twice.
func unseen(method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		conv, who := w.talk("a customer's words")
		w.say(who, conv, "and more of them")
		return call{method: method, path: "/v1/conversations/" + conv + what, body: body}, conv
	}
}

// onOwn asks for something about a message that the caller wrote, or would have
// written if that were allowed.
func onOwn(method, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, m staff.Member) (call, string) {
		conv, _ := w.talk("a customer's words")
		seq := int64(1)
		if policy.Allow(principalOf(m), policy.SendMessage, policy.Object{}) {
			seq = w.say(principalOf(m), conv, "an agent's words")
		}
		return call{method: method, path: fmt.Sprintf("/v1/conversations/%s/messages/%d", conv, seq), body: body}, conv
	}
}

func onColleagues(method, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		conv, _ := w.talk("a customer's words")
		seq := w.say(principalOf(w.member(identity.Agent)), conv, "an agent's words")
		return call{method: method, path: fmt.Sprintf("/v1/conversations/%s/messages/%d", conv, seq), body: body}, conv
	}
}

func merging(w *world, _ staff.Member) (call, string) {
	conv, who := w.talk("one")
	return call{method: "POST", path: "/v1/conversations/" + conv + "/merge", body: fmt.Sprintf(`{"into":%q}`, w.talkOf(who, "two"))}, conv
}

func unmerging(w *world, _ staff.Member) (call, string) {
	conv, who := w.talk("one")
	check(w.t, w.store.Merge(context.Background(), principalOf(w.member(identity.Agent)), conv, w.talkOf(who, "two")))
	return call{method: "DELETE", path: "/v1/conversations/" + conv + "/merge"}, conv
}

func onStaff(role identity.Role, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		return call{method: "PATCH", path: "/v1/staff/" + w.member(role).ID, body: body}, ""
	}
}

func newMember(role identity.Role) func(*world, staff.Member) (call, string) {
	return func(*world, staff.Member) (call, string) {
		return call{method: "POST", path: "/v1/staff", body: fmt.Sprintf(
			`{"email":"%s@example.org","name":"New Person","alias":"Neo","role":%q,"password":"quartz-violin-9-meadow"}`, id.New(), role)}, ""
	}
}

func onCustomer(method, what string) func(*world, staff.Member) (call, string) {
	return onCustomerWith(method, what, "")
}

func onCustomerWith(method, what, body string) func(*world, staff.Member) (call, string) {
	return func(w *world, _ staff.Member) (call, string) {
		_, who := w.talk("hello")
		return call{method: method, path: "/v1/customers/" + who.ID + what, body: body}, ""
	}
}

// ownReport asks for a report of the caller's own work.
func ownReport(path string) func(*world, staff.Member) (call, string) {
	return func(_ *world, m staff.Member) (call, string) {
		return call{method: "GET", path: path + "?from=0&to=86400000000&time_zone=UTC&agent=" + m.ID}, ""
	}
}

func form(field, name, content string) (body *bytes.Buffer, contentType string) {
	body = &bytes.Buffer{}
	writer := multipart.NewWriter(body)
	part, _ := writer.CreateFormFile(field, name)
	_, _ = part.Write([]byte(content))
	_ = writer.Close()
	return body, writer.FormDataContentType()
}

func uploading(*world, staff.Member) (call, string) {
	body, contentType := form("file", "note.txt", "a plain text")
	return call{method: "POST", path: "/v1/attachments", reader: body, header: map[string]string{"Content-Type": contentType}}, ""
}

// linking asks for a file that a customer has sent.
func linking(w *world, _ staff.Member) (call, string) {
	conv, who := w.talk("see this")
	return call{method: "GET", path: "/v1/attachments/" + w.file(who, conv) + "/link"}, ""
}

func scenarios() []scenario {
	return append(slices.Concat(settingScenarios(), approvalScenarios(), queueScenarios(), signInScenarios(), keyScenarios(), runScenarios(), actScenarios(), caseScenarios(), privacyScenarios(), contactScenarios(), insiderScenarios(), emergencyScenarios()), []scenario{
		{"session", "", plain("GET", "/v1/session", ""), [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"sign-out", "", plain("DELETE", "/v1/session", ""), [5]int{204, 204, 204, 204, 204}, noKeys()},
		{"conversations", "", plain("GET", "/v1/conversations", ""), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"find-conversations", "", plain("POST", "/v1/conversations/find", `{"list":{"tag":["a,b"],"unread":true}}`), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"conversation-counts", "", plain("POST", "/v1/conversations/counts", `{"lists":[{"view":"all"}]}`), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"change-conversations", "", many, [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"mentions", "", plain("GET", "/v1/mentions", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"see-mention", "", on("DELETE", "/mention", ""), [5]int{204, 403, 204, 204, 403}, noKeys()},
		{"conversation", "", on("GET", "", ""), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"assign", "nobody", on("PUT", "/assignee", `{"staff_id":null}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"assign", "nobody we know", on("PUT", "/assignee", `{"staff_id":"00000000000000000000000000"}`), [5]int{422, 422, 422, 422, 422}, forKeys(422)},
		{"set-status", "", on("PUT", "/status", `{"status":"resolved"}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"set-status", "over what was not seen", unseen("PUT", "/status", `{"status":"resolved","seen":1}`), [5]int{409, 404, 409, 409, 404}, forKeys(409)},
		{"set-status", "with all seen", unseen("PUT", "/status", `{"status":"resolved","seen":2}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"set-priority", "", on("PUT", "/priority", `{"priority":"urgent"}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"set-tags", "", on("PUT", "/tags", `{"tags":["vip"]}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"set-wrap-up", "", on("PUT", "/wrap-up", `{"code":""}`), [5]int{409, 404, 409, 409, 404}, forKeys(409)},
		{"set-topic", "", on("PUT", "/topic", `{"topic":"Refund"}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"set-language", "", on("PUT", "/language", `{"language":"zh"}`), [5]int{204, 404, 204, 204, 404}, forKeys(204)},
		{"draft", "", on("GET", "/draft", ""), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"save-draft", "", on("PUT", "/draft", `{"text":"Dear"}`), [5]int{204, 404, 204, 204, 404}, noKeys()},
		{"send", "a message", on("POST", "/messages", `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006d","text":"hi"}`), [5]int{201, 404, 201, 201, 404}, forKeys(201)},
		{"send", "a note", on("POST", "/messages", `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006d","text":"hi","note":true}`), [5]int{201, 404, 201, 201, 404}, forKeys(201)},
		{"send", "to what was not seen", unseen("POST", "/messages", `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006d","text":"hi","seen":1}`), [5]int{201, 404, 201, 201, 404}, forKeys(201)},
		{"entries", "", on("GET", "/entries", ""), [5]int{200, 404, 200, 200, 404}, forKeys(200)},
		{"edit", "one's own", onOwn("PATCH", `{"text":"other words"}`), [5]int{204, 404, 204, 204, 404}, noKeys()},
		{"edit", "a customer's", on("PATCH", "/messages/1", `{"text":"other words"}`), [5]int{403, 404, 403, 403, 404}, noKeys()},
		{"edit", "a colleague's", onColleagues("PATCH", `{"text":"other words"}`), [5]int{403, 404, 403, 403, 404}, noKeys()},
		{"redact", "a customer's", on("DELETE", "/messages/1", `{"reason":"secret"}`), [5]int{204, 404, 204, 204, 404}, noKeys()},
		{"redact", "a colleague's", onColleagues("DELETE", `{"reason":"secret"}`), [5]int{204, 404, 204, 403, 404}, noKeys()},
		{"versions", "", on("GET", "/messages/1/versions", ""), [5]int{200, 404, 200, 200, 404}, noKeys()},
		{"merge", "", merging, [5]int{204, 404, 204, 204, 404}, noKeys()},
		{"unmerge", "", unmerging, [5]int{204, 404, 204, 204, 404}, noKeys()},
		{"search", "", plain("GET", "/v1/search?q=hello", ""), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"staff", "", plain("GET", "/v1/staff", ""), [5]int{200, 200, 200, 200, 200}, forKeys(200)},
		{"add-staff", "an agent", newMember(identity.Agent), [5]int{201, 201, 403, 403, 403}, noKeys()},
		{"add-staff", "an owner", newMember(identity.Owner), [5]int{201, 403, 403, 403, 403}, noKeys()},
		{"change-staff", "an agent", onStaff(identity.Agent, `{"disabled":true}`), [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"change-staff", "up to owner", onStaff(identity.Agent, `{"role":"owner"}`), [5]int{202, 403, 403, 403, 403}, noKeys()},
		{"change-staff", "an owner", onStaff(identity.Owner, `{"disabled":true}`), [5]int{202, 403, 403, 403, 403}, noKeys()},
		{"customer", "", onCustomer("GET", ""), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"find-customers", "", plain("POST", "/v1/customers/find", `{"kind":"phone","value":"+49 170 1"}`), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"add-handle", "", onCustomerWith("POST", "/handles", `{"kind":"phone","value":"+49 170 1","evidence":"claimed"}`), [5]int{204, 403, 204, 204, 403}, noKeys()},
		{"forget-handle", "one that is not there", onCustomer("DELETE", "/handles/"+strings.Repeat("0", 64)), [5]int{404, 403, 404, 404, 403}, noKeys()},
		{"wallet", "", onWallet("GET", "", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"wallet", "of a visitor", onCustomer("GET", "/wallet"), [5]int{404, 403, 404, 404, 403}, noKeys()},
		{"wallet-transactions", "", onWallet("POST", "/transactions", `{"states":["posted"],"limit":5}`), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"wallet-transactions", "that make no sense", onWallet("POST", "/transactions", `{"states":["done"]}`), [5]int{422, 403, 422, 422, 403}, noKeys()},
		{"wallet-transaction", "", onWallet("GET", "/transactions/tx-anna-10002", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"wallet-transaction", "of another customer", onWallet("GET", "/transactions/tx-li-10002", ""), [5]int{404, 403, 404, 404, 403}, noKeys()},
		{"wallet-story", "", onWallet("GET", "/transactions/tx-anna-10002/story?lang=zh", ""), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"wallet-story", "of another customer", onWallet("GET", "/transactions/tx-li-10002/story", ""), [5]int{404, 403, 404, 404, 403}, noKeys()},
		{"wallet-story", "of a visitor", onCustomer("GET", "/wallet/transactions/tx-anna-10002/story"), [5]int{404, 403, 404, 404, 403}, noKeys()},
		{"failure-code-doubts", "", plain("GET", "/v1/failure-codes/doubts", ""), [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"wallet-reveal", "of an unassigned conversation", revealing(false), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"wallet-reveal", "of the caller's own", revealing(true), [5]int{200, 403, 200, 200, 403}, noKeys()},
		{"revoke-customer", "", onCustomer("POST", "/revoke"), [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"deliveries", "", onWebhook("GET", "/deliveries"), [5]int{200, 200, 403, 403, 403}, noKeys()},
		{"webhook-secret", "", onWebhook("POST", "/secret"), [5]int{200, 200, 403, 403, 403}, noKeys()},
		{"webhook-secret", "of none", plain("POST", "/v1/webhooks/"+strings.Repeat("0", 26)+"/secret", ""), [5]int{404, 404, 403, 403, 403}, noKeys()},
		{"ping-webhook", "", onWebhook("POST", "/ping"), [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"ping-webhook", "none", plain("POST", "/v1/webhooks/"+strings.Repeat("0", 26)+"/ping", ""), [5]int{404, 404, 403, 403, 403}, noKeys()},
		{"retry-delivery", "", onDelivery, [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"retry-delivery", "of another webhook", onForeignDelivery, [5]int{404, 404, 403, 403, 403}, noKeys()},
		{"try-rule", "", plain("POST", "/v1/rules/try", tryRule), [5]int{200, 403, 200, 403, 403}, noKeys()},
		{"try-rule", "that cannot be", plain("POST", "/v1/rules/try", `{"rule":{"name":"x","when":["started"],"if":"conversation.x","then":[]}}`), [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"rights", "", plain("GET", "/v1/rights", ""), [5]int{200, 200, 200, 403, 200}, noKeys()},
		{"decisions", "of everybody", plain("GET", "/v1/decisions?refused=true&days=30", ""), [5]int{200, 200, 200, 403, 200}, noKeys()},
		{"decisions", "of oneself", func(_ *world, m staff.Member) (call, string) {
			return call{method: "GET", path: "/v1/decisions?staff=" + m.ID}, ""
		}, [5]int{200, 200, 200, 200, 200}, noKeys()},
		{"try-restriction", "", plain("POST", "/v1/restrictions/try", `{"restriction":{"name":"x","actions":["wallet.reveal"],"withhold":true}}`), [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"try-restriction", "that cannot be", plain("POST", "/v1/restrictions/try", `{"restriction":{"name":"x","actions":["inbox.list"]},"days":30}`), [5]int{200, 200, 200, 403, 403}, noKeys()},
		{"report", "of everybody", plain("GET", "/v1/reports?from=0&to=86400000000&time_zone=Asia/Shanghai", ""), [5]int{200, 403, 200, 403, 403}, forKeys(200)},
		{"report", "of oneself", ownReport("/v1/reports"), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"export-report", "", plain("GET", "/v1/reports/export?from=0&to=86400000000&time_zone=UTC&bom=true", ""), [5]int{200, 403, 200, 403, 403}, forKeys(200)},
		{"export-report", "of oneself", ownReport("/v1/reports/export"), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"clocks", "", plain("GET", "/v1/clocks?overdue=true", ""), [5]int{200, 403, 200, 200, 403}, forKeys(200)},
		{"upload", "", uploading, [5]int{201, 403, 201, 201, 403}, noKeys()},
		{"link", "", linking, [5]int{200, 404, 200, 200, 404}, forKeys(200)},
	}...)
}

// outsiders are callers without a valid session, each with what they present.
func outsiders(w *world) map[string]string {
	w.t.Helper()
	_, secretOfVisitor, stored := w.visitor()
	_, err := w.intake.Start(context.Background(), identity.Principal{Kind: identity.Visitor, ID: stored.CustomerID, Session: id.New()},
		conversation.Start{Ref: id.New(), NewID: id.New(), Channel: "chat", Secret: stored})
	check(w.t, err)
	gone, disabled, demoted, over := w.member(identity.Owner), w.member(identity.Owner), w.member(identity.Owner), w.member(identity.Owner)
	signedOut := w.session(gone)
	check(w.t, w.desk.SignOut(context.Background(), principalOf(gone), signedOut))
	ofDisabled, ofDemoted := w.session(disabled), w.session(demoted)
	yes, agent := true, identity.Agent
	check(w.t, w.store.ChangeStaff(context.Background(), identity.SystemPart("test"), disabled.ID, staff.Change{Disabled: &yes}))
	check(w.t, w.store.ChangeStaff(context.Background(), identity.SystemPart("test"), demoted.ID, staff.Change{Role: &agent}))
	expired := secret.Token()
	check(w.t, w.store.OpenSession(context.Background(), staff.Session{
		Digest: hexDigest(expired), ID: id.New(), StaffID: over.ID, ExpiresAt: w.now().UnixMicro(),
	}, 1))
	return map[string]string{
		"nobody": "", "a guesser": secret.Token(), "a visitor": secretOfVisitor, "a customer": w.window(),
		"somebody signed out": signedOut, "somebody disabled": ofDisabled, "somebody with another role now": ofDemoted,
		"an expired session": expired, "the digest of a session": hexDigest(w.as(identity.Owner)),
		"a guesser of keys": apikey.Secret(), "a revoked key": w.revokedKey(),
	}
}

func hexDigest(token string) string { return hex.EncodeToString(secret.HashToken(token)) }

// window is the secret of a window that a wallet has vouched for.
func (w *world) window() string {
	w.t.Helper()
	token := secret.Token()
	now := w.now()
	_, err := w.store.SignInCustomer(context.Background(), customer.SignIn{
		Issuer: "wallet", Subject: "c-1-" + id.New(), TokenID: id.New(), TokenExpires: now.UnixMicro(), Name: "Wang Wei", NewID: id.New(),
		Secret: customer.WindowSecret{Digest: hexDigest(token), Verified: true, CreatedAt: now.UnixMicro(), ExpiresAt: now.Add(signin.SessionLife).UnixMicro()},
	})
	check(w.t, err)
	return token
}

func TestEveryOperationRefusesWhomItMust(t *testing.T) {
	// What scenarios leave behind, settings above all, is read and judged again by those
	// after them: a house for a few takes a fraction of the time of one for all.
	// Two houses wait for their disks no longer than one. Of what waits for a second person a
	// house takes only so much, which bounds how few.
	for few := range slices.Chunk(scenarios(), 7) {
		t.Run("from "+few[0].operation+" "+few[0].about, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.member(identity.Owner) // so that no change takes away the last one
			strangers := outsiders(w)
			w.makePrograms()
			for _, s := range few {
				t.Run(s.operation+" "+s.about, func(t *testing.T) { refusesWhomItMust(t, w, s, strangers) })
			}
		})
	}
}

// refusesWhomItMust sends one scenario's request as everybody.
func refusesWhomItMust(t *testing.T, w *world, s scenario, strangers map[string]string) {
	t.Helper()
	for i, role := range allRoles() {
		m := w.member(role)
		c, conv := s.request(w, m)
		before := w.state(conv)
		c.bearer = w.session(m)
		a := w.do(c)
		if a.status != s.want[i] {
			t.Errorf("%s: status %d, want %d: %s", role, a.status, s.want[i], a.text)
		}
		if a.status >= 400 {
			w.unchanged(conv, before)
		}
	}
	for i, role := range guests() {
		m := w.member(role)
		c, conv := s.request(w, m)
		before := w.state(conv)
		c.bearer = w.session(m)
		a, want := w.do(c), welcome()[s.operation+" "+s.about][i]
		if a.status != want && (want != 0 || a.status != 403 && a.status != 404) {
			t.Errorf("%s: status %d, want %d: %s", role, a.status, want, a.text)
		}
		if a.status >= 400 {
			w.unchanged(conv, before)
		}
	}
	w.largerHouseGets(t, s)
	w.programsGet(t, s)
	owner := w.member(identity.Owner)
	for name, token := range strangers {
		c, conv := s.request(w, owner)
		before := w.state(conv)
		c.bearer = token
		if a := w.do(c); a.status != 401 {
			t.Errorf("%s: status %d: %s", name, a.status, a.text)
		}
		if c.reader == nil {
			c.bearer, c.cookies = "", []string{"__Host-kefu_session=" + token}
			c.header = map[string]string{"Origin": origin, "Sec-Fetch-Site": "same-origin"}
			w.problem(401, "unauthenticated", c)
		}
		w.unchanged(conv, before)
	}
}

func (w *world) state(conv string) conversation.State {
	w.t.Helper()
	if conv == "" {
		return conversation.State{}
	}
	state, err := w.store.Conversation(context.Background(), identity.SystemPart("test"), conv)
	check(w.t, err)
	return state
}

func (w *world) unchanged(conv string, before conversation.State) {
	w.t.Helper()
	if after := w.state(conv); !reflect.DeepEqual(before, after) {
		w.t.Errorf("a refused request changed the conversation from %+v to %+v", before, after)
	}
}

// operation is what the OpenAPI document says of one.
type operation struct {
	method, path string
	OperationID  string                `json:"operationId"`
	Security     []map[string][]string `json:"security"`
	Parameters   []struct{ Name, In string }
	RequestBody  *struct {
		Content map[string]struct {
			Schema struct {
				Ref string `json:"$ref"`
			}
		}
	} `json:"requestBody"`
}

type spec struct {
	Paths      map[string]map[string]operation
	Components struct {
		Schemas map[string]struct {
			Required   []string
			Properties map[string]struct{ Type any }
		}
	}
}

func operations(t *testing.T, w *world) (all []operation, s spec) {
	t.Helper()
	w.must(200, call{method: "GET", path: "/v1/openapi.json"}).json(t, &s)
	for path, methods := range s.Paths {
		for method, o := range methods {
			o.method, o.path = strings.ToUpper(method), path
			all = append(all, o)
		}
	}
	if len(all) < 25 {
		t.Fatalf("the document has %d operations", len(all))
	}
	return all, s
}

// doors are the operations before which nobody is known yet.
func doors() []string {
	return []string{"sign-in", "ways-in", "ask-passkey", "sign-in-by-passkey", "welcome", "join"}
}

func TestEveryOperationHasAScenario(t *testing.T) {
	w := newWorld(t)
	all, _ := operations(t, w)
	for _, o := range all {
		if slices.Contains(doors(), o.OperationID) {
			if o.Security != nil {
				t.Errorf("%s asks for a session", o.OperationID)
			}
			continue
		}
		i := slices.IndexFunc(scenarios(), func(s scenario) bool { return s.operation == o.OperationID })
		if i < 0 {
			t.Errorf("%s %s (%s) has no scenario with its forbidden callers", o.method, o.path, o.OperationID)
			continue
		}
		checkSecurity(t, o, scenarios()[i].keys)
		c, _ := scenarios()[i].request(w, w.member(identity.Agent))
		if c.method != o.method {
			t.Errorf("the scenario of %s asks with %s", o.OperationID, c.method)
		}
		mux := http.NewServeMux()
		mux.HandleFunc(o.method+" "+o.path, func(http.ResponseWriter, *http.Request) {})
		request, err := http.NewRequest(c.method, c.path, nil)
		check(t, err)
		if _, pattern := mux.Handler(request); pattern == "" {
			t.Errorf("the scenario of %s asks for %s, not for %s", o.OperationID, c.path, o.path)
		}
	}
}
