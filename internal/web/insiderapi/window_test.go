package insiderapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/watching"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
	"kefu/internal/web/insiderapi"
)

// asked gives what the window's address answers somebody.
func asked(p *storagetest.Process, who identity.Principal, query string) (body string, refused error) {
	mux := http.NewServeMux()
	insiderapi.Mount(mux, insiderapi.Window{Store: p.Store, Ask: func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error)) {
		var found any
		if found, refused = answer(r.Context(), who); refused == nil {
			_ = json.NewEncoder(w).Encode(found)
		}
	}})
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/rt/looks"+query, nil))
	return w.Body.String(), refused
}

// A customer is told of looks at their own data page by page, without who it was by name;
// nobody else is told anything.
func TestTheWindowTellsOfOnesOwnLooksAlone(t *testing.T) {
	ctx := context.Background()
	d := storagetest.New(t, engine.SQLite)
	p := d.Open(t)
	mei := staff.Member{ID: id.New(), Email: "mei@example.org", Name: "Mei Wang", Alias: "Mei", Role: identity.Agent}
	if err := p.AddStaff(ctx, identity.SystemPart("cli"), staff.New{Member: mei}); err != nil {
		t.Fatal(err)
	}
	agent := identity.Principal{Kind: identity.Staff, ID: mei.ID, Name: mei.Alias, Role: mei.Role}
	anna, otto := p.SignIn("anna"), p.SignIn("otto")
	conv := p.Begin(anna, "en")
	for range 30 {
		if _, _, err := p.Entries(ctx, agent, conv, conversation.EntryRange{Limit: 1}); err != nil {
			t.Fatal(err)
		}
		d.Clock.Move(time.Minute)
	}
	p.Begin(otto, "en") // a commit after what was read
	judge := watching.New(watching.Deps{Chain: p.Store, Store: p.Store, Limits: insider.DefaultLimits(), Clock: d.Clock.Now})
	for range 3 {
		if _, err := judge.Step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var page struct {
		Items []struct{ What, Who, Role, Team, Conv string }
		Next  int64
	}
	told, query := 0, ""
	for range 5 {
		body, err := asked(p, anna, query)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(body, mei.ID) || strings.Contains(body, "Mei") {
			t.Errorf("it says who it was: %s", body)
		}
		page.Next = 0
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatal(err)
		}
		told += len(page.Items)
		if one := page.Items[0]; one.What != "conversation" || one.Role != "" || one.Team != "" || one.Conv != conv || len(one.Who) != 5 {
			t.Errorf("told %+v", one)
		}
		if page.Next == 0 {
			break
		}
		query = fmt.Sprint("?before=", page.Next)
	}
	if told != 30 {
		t.Errorf("told of %d looks of 30", told)
	}
	if body, err := asked(p, otto, ""); err != nil || strings.Contains(body, "conversation") {
		t.Errorf("another customer is told %s %v", body, err)
	}
	for name, who := range map[string]identity.Principal{
		"a visitor of the same id": {Kind: identity.Visitor, ID: anna.ID}, "nobody vouched for": {Kind: identity.Customer, ID: anna.ID}, "nobody": {},
		"an agent": agent, "an owner": {Kind: identity.Staff, ID: id.New(), Role: identity.Owner}, "a program": {Kind: identity.Program, ID: anna.ID}, "a part of ours": identity.SystemPart("test"),
	} {
		if body, err := asked(p, who, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s is told %s %v", name, body, err)
		}
	}
	for _, query := range []string{"?before=x", "?before=0", "?before=-1", "?before=1&before=2", "?customer=" + anna.ID, "?before=99999999999999999999"} {
		if _, err := asked(p, anna, query); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", query, err)
		}
	}
}
