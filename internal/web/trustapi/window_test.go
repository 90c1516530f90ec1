package trustapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/vouch"
	"kefu/internal/flow/vouching"
	"kefu/internal/platform/fault"
	"kefu/internal/web/trustapi"
)

// house contacts c1 under one code, and knows nobody else.
type house struct {
	vouching.Store
	did []string
}

func (h *house) owned(p identity.Principal, what string) error {
	if p.Kind != identity.Customer || p.ID != "c1" {
		return fault.New(fault.Forbidden, "test", "no")
	}
	h.did = append(h.did, what)
	return nil
}

func (h *house) OwnContacts(_ context.Context, p identity.Principal) ([]vouch.Contact, error) {
	return []vouch.Contact{{ID: "k1", CustomerID: "c1", ConversationID: "conv", StaffID: "staff-secret", StaffName: "Mei", Channel: vouch.Phone, Purpose: vouch.Payment, Code: "7QX4-93HD", CreatedAt: 3, ExpiresAt: 9}}, h.owned(p, "look")
}

func (h *house) OwnPhrase(_ context.Context, p identity.Principal) (vouch.Phrase, error) {
	return vouch.Phrase{Text: "blue kettle", SetAt: 1, Read: []vouch.Reading{{StaffName: "Tom", At: 5}}}, h.owned(p, "phrase")
}

func (h *house) SeeContact(_ context.Context, p identity.Principal, id string) error {
	return h.owned(p, "see "+id)
}

func (h *house) CheckCode(_ context.Context, p identity.Principal, code string, channel vouch.Channel) (vouch.Checked, error) {
	if err := h.owned(p, "check "+code+" "+string(channel)); err != nil || code != "7QX4-93HD" {
		return vouch.Checked{Verdict: vouch.NotOurs, Left: 5, Contact: vouch.Contact{StaffName: "Somebody"}}, err
	}
	return vouch.Checked{Verdict: vouch.Ours, Left: 6, Contact: vouch.Contact{ID: "k1", StaffName: "Mei", Channel: vouch.Phone, Purpose: vouch.Payment, CheckedAt: 4}}, nil
}

func (h *house) SetPhrase(_ context.Context, p identity.Principal, text string) error {
	return h.owned(p, "set "+text)
}

func (h *house) ForgetPhrase(_ context.Context, p identity.Principal) error {
	return h.owned(p, "forget")
}

func serve(h *house, p identity.Principal) func(method, path, body string) (string, error) {
	mux := http.NewServeMux()
	var refused error
	clean := func(_ context.Context, text string) (string, error) {
		return strings.ReplaceAll(text, "hunter2", "[removed]"), nil
	}
	trustapi.Mount(mux, trustapi.Window{All: vouching.New(h, clean), Now: func() int64 { return 7 }, Verify: "https://kefu.test/verify", Ask: func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
		var found any
		if found, refused = answer(r.Context(), p); refused == nil {
			_ = json.NewEncoder(w).Encode(found)
		}
	}})
	return func(method, path, body string) (string, error) {
		refused = nil
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		text, _ := io.ReadAll(w.Body)
		return string(text), refused
	}
}

func customer(id string) identity.Principal {
	return identity.Principal{Kind: identity.Customer, ID: id, Level: identity.AL1}
}

type request struct{ method, path, body string }

func requests() []request {
	return []request{
		{"GET", "/rt/contacts", ""}, {"POST", "/rt/contacts/check", `{"code":"7QX4-93HD"}`}, {"POST", "/rt/contacts/k1/seen", `{}`},
		{"PUT", "/rt/contacts/phrase", `{"phrase":"green lamp"}`}, {"DELETE", "/rt/contacts/phrase", ""},
	}
}

func TestWhatTheWindowIsTold(t *testing.T) {
	h := &house{}
	ask := serve(h, customer("c1"))
	text, err := ask("GET", "/rt/contacts", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"now":7`, `"by":"Mei"`, `"code":"7QX4-93HD"`, `"purpose":"payment"`, `"text":"blue kettle"`, `"read":[{"by":"Tom","at":5}]`, `"verify":"https://kefu.test/verify"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	if strings.Contains(text, "staff-secret") {
		t.Error(text)
	}
	if text, err = ask("POST", "/rt/contacts/check", `{"code":"7QX4-93HD"}`); err != nil || !strings.Contains(text, `"verdict":"ours"`) || !strings.Contains(text, `"by":"Mei"`) {
		t.Errorf("%s %v", text, err)
	}
	if text, err = ask("POST", "/rt/contacts/check", `{"code":"3333"}`); err != nil || !strings.Contains(text, `"verdict":"not_ours"`) || strings.Contains(text, "Somebody") {
		t.Errorf("a false one tells of somebody: %s %v", text, err)
	}
	for _, one := range requests()[2:] {
		if _, err := ask(one.method, one.path, one.body); err != nil {
			t.Errorf("%s: %v", one.path, err)
		}
	}
	if got := strings.Join(h.did, ", "); got != "look, phrase, check 7QX4-93HD chat, check 3333 chat, see k1, set green lamp, forget" {
		t.Error(got)
	}
}

func TestWhoIsRefused(t *testing.T) {
	for name, p := range map[string]identity.Principal{
		"another customer": customer("c2"), "a visitor": {Kind: identity.Visitor, ID: "c1"}, "an agent": {Kind: identity.Staff, ID: "c1", Role: identity.Agent},
		"an owner": {Kind: identity.Staff, ID: "c1", Role: identity.Owner}, "a key": {Kind: identity.Program, ID: "c1"}, "nobody": {},
	} {
		h := &house{}
		for _, one := range requests() {
			if text, err := serve(h, p)(one.method, one.path, one.body); !fault.Is(err, fault.Forbidden) || text != "" {
				t.Errorf("%s %s: %q %v", name, one.path, text, err)
			}
		}
		if len(h.did) > 0 {
			t.Errorf("%s: %v", name, h.did)
		}
	}
	for name, one := range map[string]request{
		"a parameter": {"GET", "/rt/contacts?customer=c2", ""}, "no JSON": {"POST", "/rt/contacts/check", "7QX4"}, "a strange member": {"POST", "/rt/contacts/check", `{"code":"a","customer":"c2"}`},
		"twice": {"POST", "/rt/contacts/check", `{"code":"a","code":"b"}`}, "too much": {"POST", "/rt/contacts/check", `{"code":"` + strings.Repeat("a", 5000) + `"}`},
		"no phrase": {"PUT", "/rt/contacts/phrase", `{"phrase":" "}`}, "a secret": {"PUT", "/rt/contacts/phrase", `{"phrase":"my hunter2"}`},
	} {
		h := &house{}
		if text, err := serve(h, customer("c1"))(one.method, one.path, one.body); !fault.Is(err, fault.Invalid) || text != "" || len(h.did) > 0 {
			t.Errorf("%s: %q %v %v", name, text, err, h.did)
		}
	}
}
