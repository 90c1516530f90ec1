package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/configuring"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// sample is a kind of setting for the table of callers: a value that may be saved
// as often as one likes ($ stands for something new each time), and who may do what
// with it, in the order of allRoles.
type sample struct {
	kind, value  string
	read, change [5]bool
}

// samples has a row for each kind; a kind without one fails.
func samples() []sample {
	everybody, runners := [5]bool{true, true, true, true, false}, [5]bool{true, true, false, false, false}
	leaders := [5]bool{true, true, true, false, false}
	return []sample{
		{"organisation", `{"name":"Wallet $","languages":["en","zh"],"language":"zh","time_zone":"Asia/Shanghai"}`, everybody, runners},
		{"macro", `{"name":"Macro $","texts":[{"language":"zh","text":"您好，{first_name}"}],"then":{"status":"waiting","add_tags":["退款"]}}`, everybody, leaders},
		{"view", `{"name":"View $","list":{"view":"mine","status":["open","snoozed"],"waits_minutes":30}}`, everybody, leaders},
		{"team", `{"name":"Team $"}`, everybody, leaders},
		{"embedding", `{"origins":["https://$.example"]}`, leaders, runners},
		{"issuer", `{"issuer":"https://$.example","audience":"kefu","keys":["{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"one\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"]}`, leaders, runners},
		{"look", `{"accent":"#0b5cad","corners":"soft","theme":"system","side":"end","label":{"en":"Help $"}}`, everybody, runners},
		{"form", `{"id":"form-$","title":{"en":"Form $"},"fields":[{"id":"more","kind":"longtext","label":{"en":"What is it?"}}]}`, everybody, leaders},
		{"failure_code", `{"rail":"card","code":"$","means":"limit_exceeded","note":"the scheme's bulletin"}`, leaders, leaders},
		{"webhook", `{"name":"CRM $","url":"https://crm.example/$","events":["message.sent"]}`, leaders, runners},
		{"rule", `{"name":"Rule $","when":["started"],"if":"customer.signed_in","then":[{"do":"add_tags","tags":["vip"]}]}`, everybody, leaders},
		{"calendar", `{"name":"Hours $","time_zone":"Asia/Shanghai","week":[[{"from":"09:00","to":"18:00"}],[],[],[],[],[],[]]}`, everybody, leaders},
		{"routing", `{"offer_seconds":20,"pass_seconds":120,"unanswered":3,"last_agent_seconds":60,"ageing_seconds":300,"chat_slots":4,"return_seconds":300,"quiet_seconds":900}`, everybody, leaders},
		{"availability", `{}`, everybody, leaders},
		{"target", `{"name":"Target $","first_response":30}`, everybody, leaders},
		{"wrap_up_code", `{"name":"Code $","translations":{"zh":"代码 $"},"group":"Money","order":2,"channels":["chat"]}`, everybody, leaders},
		{"action_policy", `{"rules":[{"id":"make safe $","acts":["freeze"],"if":"facts.day_count < 20","allow":true,"level":1}]}`, everybody, runners},
		{"official_channel", `{"kind":"site","value":"$.example","name":"Help"}`, everybody, runners},
		{"goodwill", `{"reasons":[{"code":"outage","name":{"en":"$","zh":"$"},"said":{"en":"because something of ours did not work","zh":"因为我们的服务未能正常使用"}}],"bounds":[{"currency":"EUR","alone":"5","gift":"20","customer":"50","person":"50","team":"500","house":"1000"}],"linked":2,"repeat":2}`, everybody, runners},
		{"plan", `{"name":{"en":"Plan $","zh":"方案 $"},"about":{"en":"For every day","zh":"日常使用"},"from":"2026-01-01","for":["adult"],"currencies":["EUR"],"uses":["shops"],"pay_in":["bank"],"fees":["account-EUR"]}`, everybody, runners},
		{"sourced_claim", `{"name":"Another $","topic":"support","text":{"en":"People answer by day","zh":"白天有人工客服"},"address":"https://another.example/help","seen":"2026-11-01"}`, everybody, runners},
		{"impostor_reports", `{}`, everybody, leaders},
		{"wrap_up", `{"required":false}`, everybody, leaders},
		{"training", `{"name":"Training $","valid_hours":8760}`, leaders, leaders},
		{"certificate", `{"training":"` + id.From("a training") + `","staff":"%"}`, leaders, leaders},
		{"restriction", `{"name":"Restriction $","actions":["customer.note_handle"],"people":["%"],"withhold":true}`, leaders, runners},
	}
}

// settingScenarios are the rows of every kind.
func settingScenarios() []scenario {
	var all []scenario
	kinds, _ := configuring.Kinds()
	statuses := func(may [5]bool) (want [5]int) {
		for i := range may {
			if want[i] = 403; may[i] {
				want[i] = 200
			}
		}
		return want
	}
	for _, s := range samples() {
		d, _ := kinds.Find(s.kind) // TestEveryKindHasASample tells of one that is not there
		read, history, change := statuses(s.read), statuses(s.change), statuses(s.change)
		for i := range change {
			if change[i] == 200 && d.FourEyes {
				change[i] = 202
			}
		}
		path := "/v1/settings/" + s.kind
		single := settings.SingletonID(s.kind)
		one := func(w *world) settings.Item {
			if d.FourEyes {
				w.nothingWaits()
			}
			if w.isSingleton(s.kind) {
				it, err := w.settings.Get(context.Background(), identity.SystemPart("test"), s.kind, single)
				check(w.t, err)
				if it.Revision > 0 {
					return it
				}
				return w.saved(s, single)
			}
			return w.saved(s, id.New())
		}
		at := func(w *world, it settings.Item) string {
			if w.isSingleton(s.kind) {
				return path
			}
			return path + "/" + it.ID
		}
		all = append(all,
			scenario{"setting-" + s.kind, "", func(w *world, _ staff.Member) (call, string) {
				return call{method: "GET", path: at(w, one(w))}, ""
			}, read, noKeys()},
			scenario{"save-setting-" + s.kind, "", func(w *world, _ staff.Member) (call, string) {
				it, value := one(w), s.fresh()
				if s.kind == "form" { // which keeps its id
					value = string(it.Body)
				}
				return call{method: "PUT", path: at(w, it), body: fmt.Sprintf(`{"revision":%d,"value":%s}`, it.Revision, value)}, ""
			}, change, noKeys()},
			scenario{"setting-history", s.kind, func(w *world, _ staff.Member) (call, string) {
				return call{method: "GET", path: path + "/" + one(w).ID + "/history"}, ""
			}, history, noKeys()},
			scenario{"restore-setting", s.kind, func(w *world, _ staff.Member) (call, string) {
				it := one(w)
				return call{method: "POST", path: path + "/" + it.ID + "/restore", body: fmt.Sprintf(`{"revision":%d,"from":%d}`, it.Revision, it.Revision)}, ""
			}, change, noKeys()},
		)
		if !d.Singleton {
			all = append(all,
				scenario{"settings-" + s.kind, "", plain("GET", path, ""), read, noKeys()},
				scenario{"archive-setting", s.kind, func(w *world, _ staff.Member) (call, string) {
					it := one(w)
					return call{method: "POST", path: path + "/" + it.ID + "/archive", body: fmt.Sprintf(`{"revision":%d}`, it.Revision)}, ""
				}, change, noKeys()})
		}
	}
	return all
}

// settingWelcome says that outside agents read what agents read.
func settingWelcome() map[string][2]int {
	all := map[string][2]int{}
	for _, s := range samples() {
		if s.read[3] {
			all["setting-"+s.kind+" "], all["settings-"+s.kind+" "] = [2]int{200, 0}, [2]int{200, 0}
		}
	}
	return all
}

// nothingWaits rejects what waits for a second person, so that the next one can ask.
func (w *world) nothingWaits() {
	w.t.Helper()
	owner := principalOf(w.member(identity.Owner))
	waiting, err := w.store.ListApprovals(context.Background(), owner, true, "", 200)
	check(w.t, err)
	for _, r := range waiting {
		check(w.t, w.store.Reject(context.Background(), owner, r.ID, "not now"))
	}
}

// fresh is the value with something new in the place of $, in letters: digits could
// look like a secret to the guard; and an id in the place of %.
func (s sample) fresh() string {
	return strings.ReplaceAll(strings.ReplaceAll(s.value, "%", id.New()), "$", strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + 'a'
		}
		return r
	}, id.New()[:8]))
}

func (w *world) isSingleton(kind string) bool {
	d, err := w.kinds.Find(kind)
	check(w.t, err)
	return d.Singleton
}

// saved is an item that a part of Kefu saved.
func (w *world) saved(s sample, id string) settings.Item {
	w.t.Helper()
	w.course(s)
	there, err := w.settings.List(context.Background(), identity.SystemPart("test"), s.kind, settings.Query{Limit: 100})
	check(w.t, err)
	for _, it := range there {
		if len(there) < 10 { // a kind may have few, and to archive each time takes long
			break
		}
		_, err := w.settings.Archive(context.Background(), identity.SystemPart("test"), s.kind, it.ID, it.Revision, true)
		check(w.t, err)
	}
	it, err := w.settings.Save(context.Background(), identity.SystemPart("test"), settings.Change{Kind: s.kind, ID: id, Body: []byte(s.fresh())})
	check(w.t, err)
	return it
}

// course is what a certificate is of.
func (w *world) course(s sample) {
	w.t.Helper()
	if s.kind == "certificate" { // is of something that there is
		_, err := w.settings.Save(context.Background(), identity.SystemPart("test"), settings.Change{Kind: "training", ID: id.From("a training"), Body: []byte(`{"name":"Ours"}`)})
		if !fault.Is(err, fault.Conflict) {
			check(w.t, err)
		}
	}
}

func TestEveryKindHasASample(t *testing.T) {
	w := newWorld(t)
	known := map[string]bool{}
	for _, s := range samples() {
		known[s.kind] = true
	}
	for _, d := range w.kinds.All() {
		if !known[d.Name] {
			t.Errorf("the kind %s has no row in samples", d.Name)
		}
	}
}

func TestASettingIsMadeChangedArchivedAndRestored(t *testing.T) {
	eachEngine(t, func(t *testing.T, w *world) {
		lead := w.member(identity.Supervisor)
		bearer := w.session(lead)
		path := "/v1/settings/team/" + id.New()
		put := func(body string) call { return call{method: "PUT", path: path, body: body, bearer: bearer} }
		var it, listed api.Setting
		w.must(200, put(`{"revision":0,"value":{"name":"Payments","description":"一线"}}`)).json(t, &it)
		if it.Revision != 1 || string(it.Value) != `{"name":"Payments","description":"一线"}` || it.ChangedBy == nil || it.ChangedBy.Name != lead.Name {
			t.Fatalf("made %+v", it)
		}
		w.must(200, put(`{"revision":1,"value":{"name":"Payments and cards"}}`)).json(t, &it)
		w.problem(409, "conflict", put(`{"revision":1,"value":{"name":"Too late"}}`))
		w.problem(409, "conflict", put(`{"revision":0,"value":{"name":"Made twice"}}`))
		w.must(200, call{method: "GET", path: path, bearer: bearer}).json(t, &listed)
		if it.Revision != 2 || string(listed.Value) != `{"name":"Payments and cards"}` {
			t.Errorf("changed to %+v, read as %+v", it, listed)
		}
		w.must(200, call{method: "POST", path: path + "/restore", body: `{"revision":2,"from":1}`, bearer: bearer}).json(t, &it)
		if it.Revision != 3 || !strings.Contains(string(it.Value), "一线") {
			t.Errorf("restored %+v", it)
		}
		w.must(200, call{method: "POST", path: path + "/archive", body: `{"revision":3}`, bearer: bearer}).json(t, &it)
		var used, archived api.SettingList
		w.must(200, call{method: "GET", path: "/v1/settings/team", bearer: bearer}).json(t, &used)
		w.must(200, call{method: "GET", path: "/v1/settings/team?archived=true", bearer: bearer}).json(t, &archived)
		if !it.Archived || len(used.Items) != 0 || len(archived.Items) != 1 {
			t.Errorf("archived %+v; in use %+v, out of use %+v", it, used, archived)
		}
		w.must(200, call{method: "POST", path: path + "/archive", body: `{"revision":4,"archived":false}`, bearer: bearer}).json(t, &it)
		var history api.SettingHistory
		w.must(200, call{method: "GET", path: path + "/history?limit=3", bearer: bearer}).json(t, &history)
		if len(history.Items) != 3 || history.Next != 3 || history.Items[0].Revision != 5 || !history.Items[1].Archived {
			t.Errorf("the history is %+v", history)
		}
		history = api.SettingHistory{}
		w.must(200, call{method: "GET", path: path + "/history?before=3", bearer: bearer}).json(t, &history)
		if len(history.Items) != 2 || history.Next != 0 || string(history.Items[0].Value) != `{"name":"Payments and cards"}` {
			t.Errorf("the rest of the history is %+v", history)
		}
	})
}

func TestWhatIsWrongWithASettingIsSaidAtItsField(t *testing.T) {
	w := newWorld(t)
	bearer := w.as(identity.Owner)
	w.must(200, call{method: "PUT", path: "/v1/settings/team/" + id.New(), body: `{"revision":0,"value":{"name":"Payments"}}`, bearer: bearer})
	for body, want := range map[string]string{
		`{"name":""}`: "name missing", `{"name":"\u0007"}`: "name control", `{"name":"` + strings.Repeat("x", 61) + `"}`: "name too_long",
		`{"name":"PAYMENTS"}`: "name taken", `{"name":7}`: "name ", `{"name":"a","colour":"red"}`: " ", `null`: " ", `[]`: " ",
		`{"name":"My card is 4111 1111 1111 1111"}`: "name secret",
	} {
		a := w.problem(422, "invalid", call{method: "PUT", path: "/v1/settings/team/" + id.New(), body: `{"revision":0,"value":` + body + `}`, bearer: bearer})
		var p api.Problem
		a.json(t, &p)
		if got := p.Field + " " + p.Reason; got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	a := w.problem(422, "invalid", call{method: "PUT", path: "/v1/settings/organisation", body: `{"revision":0,"value":{"name":"A","languages":["en"],"language":"zh","time_zone":"UTC"}}`, bearer: bearer})
	if !strings.Contains(a.text, `"field":"language","reason":"unknown"`) {
		t.Error(a.text)
	}
}

// What nobody saved is the kind's default, and is not yet anybody's change.
func TestASingletonBeginsWithItsDefault(t *testing.T) {
	w := newWorld(t)
	var it api.Setting
	w.must(200, call{method: "GET", path: "/v1/settings/organisation", bearer: w.as(identity.Agent)}).json(t, &it)
	if it.Revision != 0 || it.ChangedBy != nil || !strings.Contains(string(it.Value), `"languages":["en","zh"]`) {
		t.Errorf("%+v", it)
	}
	w.problem(403, "forbidden", call{method: "PUT", path: "/v1/settings/team/" + id.New(), body: `{"revision":0,"own":true,"value":{"name":"Mine"}}`, bearer: w.as(identity.Agent)})
	w.problem(422, "invalid", call{method: "PUT", path: "/v1/settings/team/" + id.New(), body: `{"revision":0,"own":true,"value":{"name":"Mine"}}`, bearer: w.as(identity.Supervisor)})
	if policy.Allow(principalOf(w.member(identity.Agent)), policy.ChangeSetup, policy.Object{}) {
		t.Error("agents may change the house")
	}
}
