package api_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/apikeys"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/web/keyapi"
)

// key makes a key that may be used, and gives its secret. Where others run the house
// too, one of them agrees.
func (w *world) key(scopes ...identity.Scope) (made apikeys.Made) {
	w.t.Helper()
	return w.keyAs(w.member(identity.Owner), apikeys.Wanted{Scopes: scopes})
}

func (w *world) keyAs(maker staff.Member, wanted apikeys.Wanted) apikeys.Made {
	w.t.Helper()
	if wanted.Name == "" {
		wanted.Name = "Program " + id.New()[:8]
	}
	if len(wanted.Scopes) == 0 { // there is no key without: its row loses them
		wanted.Scopes = []identity.Scope{identity.ReadAudit}
	}
	made, err := w.keys.Make(context.Background(), principalOf(maker), w.session(maker), wanted)
	check(w.t, err)
	if made.Approval != "" {
		w.approve(made.Approval)
	}
	return made
}

func (w *world) approve(request string) {
	w.t.Helper()
	second := principalOf(w.member(identity.Owner))
	r, err := w.store.Approval(context.Background(), second, request)
	check(w.t, err)
	_, err = w.store.Approve(context.Background(), second, request, r.Hash)
	check(w.t, err)
}

// bareKey is one whose scopes are none that this program knows.
func (w *world) bareKey() string {
	w.t.Helper()
	made := w.key()
	w.deployment.Exec(w.t, "UPDATE api_key SET scopes = 'everything' WHERE id = $1", made.ID)
	return made.Secret
}

func (w *world) revokedKey() string {
	w.t.Helper()
	made := w.key(identity.AllScopes()...)
	check(w.t, w.keys.Revoke(context.Background(), principalOf(w.member(identity.Owner)), made.ID))
	return made.Secret
}

func keyScenarios() []scenario {
	revoking := func(w *world, _ staff.Member) (call, string) {
		return call{method: "DELETE", path: "/v1/keys/" + w.key(identity.WriteNotes).ID}, ""
	}
	making := func(w *world, _ staff.Member) (call, string) {
		return call{method: "POST", path: "/v1/keys", body: `{"name":"Program ` + id.New()[:8] + `","scopes":["notes.write"]}`}, ""
	}
	return []scenario{
		{"keys", "", plain("GET", "/v1/keys", ""), [5]int{200, 200, 403, 403, 403}, noKeys()},
		{"make-key", "", making, [5]int{202, 202, 403, 403, 403}, noKeys()},
		{"revoke-key", "", revoking, [5]int{204, 204, 403, 403, 403}, noKeys()},
		{"revoke-key", "that is not there", plain("DELETE", "/v1/keys/"+strings.Repeat("0", 26), ""), [5]int{404, 404, 403, 403, 403}, noKeys()},
		{"own-key", "", plain("GET", "/v1/key", ""), [5]int{403, 403, 403, 403, 403}, keyed{200, 200}},
	}
}

// programsGet tries a scenario as programs: without a scope, with all, with all but
// one of those it needs, and with that alone.
func (w *world) programsGet(t *testing.T, s scenario) {
	t.Helper()
	try := func(name, key string, want int) (a answer) {
		t.Helper()
		c, conv := s.request(w, w.member(identity.Owner))
		before := w.state(conv)
		c.bearer = key
		if a = w.do(c); a.status != want {
			t.Errorf("%s: status %d, want %d: %s", name, a.status, want, a.text)
		}
		if a.status >= 400 {
			w.unchanged(conv, before)
		}
		return a
	}
	refused := try("a key without a scope", w.programs.bare, s.keys.bare)
	try("a key with all scopes", w.programs.full.Secret, s.keys.full)
	if s.keys == noKeys() {
		if !strings.Contains(refused.text, `"field":"key","reason":"not_for_keys"`) {
			t.Errorf("the refusal is %s", refused.text)
		}
		return
	}
	if s.keys.bare != 403 {
		return
	}
	one := s.scope()
	if one == "" {
		t.Fatalf("no scope is known for %s", s.operation)
	}
	try("a key with "+string(one), w.programs.only[one], s.keys.full)
	if a := try("a key with all but "+string(one), w.programs.but[one], 403); !strings.Contains(a.text, `"field":"scope","reason":"`) || !strings.Contains(a.text, string(one)) ||
		!strings.Contains(a.header.Get("WWW-Authenticate"), "insufficient_scope") {
		t.Errorf("the refusal names no scope: %v %s", a.header, a.text)
	}
}

// scope is what the key for a scenario is made for, written here a second time on
// purpose.
func (s scenario) scope() identity.Scope {
	of := map[identity.Scope]string{
		identity.ReadConversations:   "conversations find-conversations conversation-counts conversation entries search clocks link",
		identity.ChangeConversations: "assign set-status set-priority set-tags set-topic set-language set-team set-skills set-wrap-up change-conversations staff",
		identity.ReadCustomers:       "customer find-customers",
		identity.ReadQueue:           "queue board promises",
		identity.ReadReports:         "report export-report",
		identity.ReadAudit:           "audit audit-proof",
	}
	if s.operation == "send" {
		if s.about == "a note" {
			return identity.WriteNotes
		}
		return identity.SendMessages
	}
	for scope, operations := range of {
		if slices.Contains(strings.Fields(operations), s.operation) {
			return scope
		}
	}
	return ""
}

// programs are keys that last as long as the world.
type programs struct {
	bare      string
	full      apikeys.Made
	only, but map[identity.Scope]string
}

func (w *world) makePrograms() {
	w.t.Helper()
	w.programs = &programs{bare: w.bareKey(), full: w.key(identity.AllScopes()...), only: map[identity.Scope]string{}, but: map[identity.Scope]string{}}
	for _, s := range identity.AllScopes() {
		w.programs.only[s] = w.key(s).Secret
		w.programs.but[s] = w.key(slices.DeleteFunc(identity.AllScopes(), func(o identity.Scope) bool { return o == s })...).Secret
	}
}

// checkSecurity holds the document to the table of callers.
func checkSecurity(t *testing.T, o operation, keys keyed) {
	t.Helper()
	var sessions, forKey int
	for _, way := range o.Security {
		for name, scopes := range way {
			switch name {
			case "cookie", "bearer":
				sessions++
			case "key":
				forKey++
				if len(scopes) != 1 && keys.bare == 403 {
					t.Errorf("%s names the scopes %v", o.OperationID, scopes)
				}
			}
		}
	}
	if o.OperationID == "own-key" {
		sessions += 2 // nobody else has one
	}
	if sessions != 2 || (forKey > 0) != (keys != noKeys()) {
		t.Errorf("the document says of %s: %v", o.OperationID, o.Security)
	}
}

func TestTheLifeOfAKey(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		owner := w.member(identity.Owner)
		desk := w.session(owner)
		a := w.must(201, call{method: "POST", path: "/v1/keys", body: `{"name":" Fraud service ","scopes":["notes.write","conversations.read"],"networks":["192.0.2.0/24"]}`, bearer: desk})
		var made keyapi.MadeKey
		a.json(t, &made)
		if !strings.HasPrefix(made.Secret, "kefu_key_") || len(made.Secret) < 52 || made.Approval != "" {
			t.Fatalf("made %+v", made)
		}
		w.problem(409, "conflict", call{method: "POST", path: "/v1/keys", body: `{"name":"Fraud service","scopes":["notes.write"]}`, bearer: desk})
		conv, _ := w.talk("hello")
		note := call{method: "POST", path: "/v1/conversations/" + conv + "/messages", bearer: made.Secret, remote: "192.0.2.9:1",
			body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006e","text":"looks fine","note":true}`}
		w.must(201, note)
		w.must(200, note) // the same again
		if got := w.problem(403, "forbidden", call{method: "GET", path: "/v1/key", bearer: made.Secret, remote: "198.51.100.1:1"}); !strings.Contains(got.text, `"field":"address","reason":"not_allowed"`) {
			t.Errorf("from elsewhere: %s", got.text)
		}
		var own keyapi.Key
		w.must(200, call{method: "GET", path: "/v1/key", bearer: made.Secret, remote: "192.0.2.9:1"}).json(t, &own)
		if own.Name != "Fraud service" || own.CreatedBy != nil || own.State != "active" || !slices.Equal(own.Networks, []string{"192.0.2.0/24"}) ||
			!slices.Equal(own.Scopes, []identity.Scope{identity.ReadConversations, identity.WriteNotes}) {
			t.Errorf("its own key is %+v", own)
		}
		_, _ = w.talk("uses are noted with the next commit")
		var list keyapi.KeyList
		listing := w.must(200, call{method: "GET", path: "/v1/keys", bearer: desk})
		listing.json(t, &list)
		if len(list.Items) != 1 || list.Items[0].CreatedBy.Name != owner.Name || list.Items[0].UsedAt == 0 || list.Items[0].RefusedAt == 0 {
			t.Errorf("the list is %+v", list)
		}
		if strings.Contains(listing.text, made.Secret[9:]) || strings.Contains(listing.text, "digest") {
			t.Error("the list holds the secret")
		}
		w.must(204, call{method: "DELETE", path: "/v1/keys/" + made.ID, bearer: desk})
		w.problem(404, "not_found", call{method: "DELETE", path: "/v1/keys/" + made.ID, bearer: desk})
		if got := w.problem(401, "unauthenticated", note); !strings.Contains(got.text, `"field":"key","reason":"revoked"`) || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("after it was revoked: %v %s", got.header, got.text)
		}
		w.must(200, call{method: "GET", path: "/v1/keys?revoked=true", bearer: desk}).json(t, &list)
		if len(list.Items) != 1 || list.Items[0].State != "revoked" || list.Items[0].RevokedBy.ID != owner.ID {
			t.Errorf("the revoked are %+v", list)
		}
		w.did(t, made.ID, "key.make", "key.refuse", "key.revoke")
	})
}

// did looks for records of the audit chain about a key.
func (w *world) did(t *testing.T, key string, actions ...string) {
	t.Helper()
	left := slices.Clone(actions)
	for e, err := range w.store.AuditEntries(context.Background(), identity.SystemPart("test")) {
		check(t, err)
		if i := slices.Index(left, e.Action); i >= 0 && e.Object == (audit.Object{Type: "key", ID: key}) {
			left = slices.Delete(left, i, i+1)
		}
	}
	if len(left) > 0 {
		t.Errorf("the audit chain has no %v of the key", left)
	}
}

// What a key waits for a second person for opens nothing before, and exactly what
// was asked for after.
func TestAKeyWaitsForASecondPerson(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		maker := w.member(identity.Admin)
		w.member(identity.Owner)
		a := w.must(202, call{method: "POST", path: "/v1/keys", body: `{"name":"CRM","scopes":["reports.read"]}`, bearer: w.session(maker)})
		var made keyapi.MadeKey
		a.json(t, &made)
		own := call{method: "GET", path: "/v1/key", bearer: made.Secret}
		if got := w.problem(401, "unauthenticated", own); !strings.Contains(got.text, `"reason":"unknown"`) {
			t.Errorf("a key that waits: %s", got.text)
		}
		r, err := w.approvals.Get(context.Background(), principalOf(w.member(identity.Owner)), made.Approval)
		check(t, err)
		if r.Kind != approval.MakeKey || r.Summary != "CRM" || strings.Contains(string(r.Payload), made.Secret[9:]) {
			t.Errorf("the request is %+v", r)
		}
		w.approve(made.Approval)
		w.must(200, own)
		// What was rejected never opens anything.
		no := w.must(202, call{method: "POST", path: "/v1/keys", body: `{"name":"Other","scopes":["reports.read"]}`, bearer: w.session(maker)})
		no.json(t, &made)
		check(t, w.approvals.Reject(context.Background(), principalOf(w.member(identity.Owner)), made.Approval, "no"))
		w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/key", bearer: made.Secret})
	})
}

// What a program writes carries its name, is nobody's answer, and is told of in the
// audit chain as its doing.
func TestWhatAProgramWritesIsItsOwn(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		conv, who := w.talk("where is my money?")
		key := w.keyAs(w.member(identity.Owner), apikeys.Wanted{Name: "Ledger", Scopes: []identity.Scope{identity.SendMessages}})
		before := w.state(conv)
		w.must(201, call{method: "POST", path: "/v1/conversations/" + conv + "/messages", bearer: key.Secret,
			body: `{"client_msg_id":"0192d1b2-7c3a-7def-8000-00000000006f","text":"It was booked. My key is ` + key.Secret + `"}`})
		after := w.state(conv)
		if after.Status != conversation.Open || after.WaitingSince != before.WaitingSince || after.Unread != before.Unread || after.AgentRead != before.AgentRead {
			t.Errorf("the customer does not wait any more: %+v", after)
		}
		for _, p := range []identity.Principal{who, principalOf(w.member(identity.Agent))} {
			entries, _, err := w.store.Entries(context.Background(), p, conv, conversation.EntryRange{})
			check(t, err)
			said := entries[len(entries)-1]
			if said.Author.Kind != conversation.ByProgram || said.Author.Name != "Ledger" || (said.Author.ID == key.ID) == p.IsCustomer() {
				t.Errorf("%s sees the author %+v", p.Kind, said.Author)
			}
			if strings.Contains(said.Content.Text, key.Secret[9:]) || !slices.Contains(said.Content.Classes, "key") {
				t.Errorf("the secret was stored: %+v", said.Content)
			}
		}
		// It writes, and reads nothing.
		w.problem(403, "forbidden", call{method: "GET", path: "/v1/conversations/" + conv + "/entries", bearer: key.Secret})
		if _, _, err := w.store.Entries(context.Background(), identity.Principal{Kind: identity.Program, ID: key.ID, Scopes: identity.ScopesOf(identity.SendMessages)}, conv, conversation.EntryRange{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("the store shows it the conversation: %v", err)
		}
		var acted bool
		for e, err := range w.store.AuditEntries(context.Background(), identity.SystemPart("test")) {
			check(t, err)
			acted = acted || e.Actor.Type == "program" && e.Actor.ID == key.ID && e.Object.ID == conv
		}
		if !acted {
			t.Error("the audit chain does not say that the program wrote")
		}
		reader := w.key(identity.ReadConversations)
		w.must(200, call{method: "GET", path: "/v1/conversations/" + conv + "/entries", bearer: reader.Secret})
		w.say(who, conv, "thanks") // reads come with the next commit
		var read bool
		for e, err := range w.store.AuditEntries(context.Background(), identity.SystemPart("test")) {
			check(t, err)
			read = read || e.Actor.ID == reader.ID && e.Action == "conversation.read" && e.Subject == who.ID
		}
		if !read {
			t.Error("the audit chain does not say that the program read")
		}
	})
}

func TestAKeyIsNoSession(t *testing.T) {
	w := newWorld(t)
	key := w.key(identity.AllScopes()...).Secret
	if _, _, err := w.desk.Resolve(context.Background(), key); !fault.Is(err, fault.Unauthenticated) { // of which sockets ask
		t.Errorf("the desk takes a key for a session: %v", err)
	}
	cookie := call{method: "GET", path: "/v1/conversations", cookies: []string{"__Host-kefu_session=" + key}}
	w.problem(401, "unauthenticated", cookie)
	w.problem(403, "forbidden", call{method: "POST", path: "/v1/conversations/find", body: `{"list":{}}`, bearer: key, header: map[string]string{"Origin": "https://evil.example"}})
	w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/key", bearer: "kefu_key_"})
}

func TestAKeyIsOverInTime(t *testing.T) {
	w := newWorld(t)
	key := w.keyAs(w.member(identity.Owner), apikeys.Wanted{Scopes: []identity.Scope{identity.ReadQueue}, ExpiresAt: w.now().Add(time.Hour).UnixMicro()})
	w.must(200, call{method: "GET", path: "/v1/queue", bearer: key.Secret})
	w.pass(time.Hour)
	if got := w.problem(401, "unauthenticated", call{method: "GET", path: "/v1/queue", bearer: key.Secret}); !strings.Contains(got.text, `"reason":"expired"`) {
		t.Errorf("after its end: %s", got.text)
	}
}

func TestWhoMakesAKeyProvesThemselves(t *testing.T) {
	w := newWorld(t)
	owner := w.member(identity.Owner)
	desk := w.session(owner)
	w.pass(11 * time.Minute)
	make := call{method: "POST", path: "/v1/keys", body: `{"name":"CRM","scopes":["reports.read"]}`, bearer: desk}
	if got := w.problem(403, "forbidden", make); !strings.Contains(got.text, `"field":"proof"`) {
		t.Errorf("with an old proof: %s", got.text)
	}
	make.bearer = w.session(owner)
	w.must(201, make)
	for field, body := range map[string]string{
		"name": `{"name":"  ","scopes":["reports.read"]}`, "scopes": `{"name":"A","scopes":["settings.change"]}`,
		"networks":   `{"name":"A","scopes":["reports.read"],"networks":["example.org"]}`,
		"expires_at": `{"name":"A","scopes":["reports.read"],"expires_at":1}`,
	} {
		make.body = body
		if got := w.problem(422, "invalid", make); !strings.Contains(got.text, `"field":"`+field+`"`) {
			t.Errorf("a wrong %s: %s", field, got.text)
		}
	}
}

func TestEachKeyHasALimit(t *testing.T) {
	w := newWorld(t)
	w.keys = apikeys.New(apikeys.Deps{Store: w.store, Prover: w.desk, Clean: w.intake.Name, Digests: w.digests, Clock: w.now}, ratelimit.Limit{Burst: 2, Per: time.Minute})
	w.api.Keys = w.keys
	one, other := w.key(identity.ReadQueue), w.key(identity.ReadQueue)
	ask := call{method: "GET", path: "/v1/queue", bearer: one.Secret}
	w.must(200, ask)
	w.must(200, ask)
	if got := w.problem(429, "rate_limited", ask); got.header.Get("Retry-After") == "" {
		t.Error("it is not told how long to wait")
	}
	ask.bearer = other.Secret
	w.must(200, ask)
}

// A link to a file ends with the key that it was made with.
func TestALinkEndsWithItsKey(t *testing.T) {
	w := newWorld(t)
	conv, who := w.talk("see this")
	file, key := w.file(who, conv), w.key(identity.ReadConversations)
	var link struct{ URL string }
	w.must(200, call{method: "GET", path: "/v1/attachments/" + file + "/link", bearer: key.Secret}).json(t, &link)
	token := link.URL[strings.LastIndex(link.URL, "/")+1:]
	opened, err := w.files.Open(context.Background(), token)
	check(t, err)
	check(t, opened.Content.Close())
	check(t, w.keys.Revoke(context.Background(), principalOf(w.member(identity.Owner)), key.ID))
	if _, err := w.files.Open(context.Background(), token); !fault.Is(err, fault.NotFound) {
		t.Errorf("the link of a revoked key: %v", err)
	}
}

// A key does what its maker vouched for, so it opens nothing while they may vouch for
// nothing: disabled, or in another role.
// What was taken from somebody until they are judged is taken from their keys too.
func TestAKeyStopsWhileItsMakerIsRestrained(t *testing.T) {
	for _, step := range []insider.Step{insider.Throttle, insider.Suspend} {
		w := newWorld(t)
		w.member(identity.Owner)
		maker := w.member(identity.Admin)
		use := call{method: "GET", path: "/v1/key", bearer: w.keyAs(maker, apikeys.Wanted{Scopes: []identity.Scope{identity.ReadReports}}).Secret}
		w.must(200, use)
		w.found(maker.ID, step)
		if got := w.problem(401, "unauthenticated", use); !strings.Contains(got.text, `"reason":"suspended"`) {
			t.Errorf("the key of who is restrained: %s", got.text)
		}
	}
}

func TestAKeyStopsWithItsMaker(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		owner, maker := principalOf(w.member(identity.Owner)), w.member(identity.Admin)
		made := w.keyAs(maker, apikeys.Wanted{Scopes: []identity.Scope{identity.ReadReports}})
		use := call{method: "GET", path: "/v1/key", bearer: made.Secret}
		w.must(200, use)
		change := func(c staff.Change) {
			t.Helper()
			err := w.store.ChangeStaff(context.Background(), owner, maker.ID, c)
			var pending *approval.PendingError
			if errors.As(err, &pending) {
				w.approve(pending.ID)
				err = nil
			}
			check(t, err)
		}
		yes, no, agent, admin := true, false, identity.Agent, identity.Admin
		for _, c := range []struct{ leave, back staff.Change }{
			{staff.Change{Disabled: &yes}, staff.Change{Disabled: &no}},
			{staff.Change{Role: &agent}, staff.Change{Role: &admin}},
		} {
			change(c.leave)
			if got := w.problem(401, "unauthenticated", use); !strings.Contains(got.text, `"field":"key","reason":"suspended"`) {
				t.Errorf("the key of who left: %s", got.text)
			}
			var list keyapi.KeyList
			w.must(200, call{method: "GET", path: "/v1/keys", bearer: w.session(w.member(identity.Owner))}).json(t, &list)
			if len(list.Items) != 1 || list.Items[0].State != "suspended" {
				t.Errorf("the list is %+v", list)
			}
			change(c.back)
			w.must(200, use)
		}
		w.did(t, made.ID, "key.suspend", "key.resume", "key.suspend", "key.resume")
	})
}
