package conversation_test

import (
	"encoding/json"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// codes is a house with one code that must be chosen.
func codes(t *testing.T, required bool) (*wrapup.Book, string) {
	t.Helper()
	kinds, err := settings.NewRegistry(wrapup.Kind(), wrapup.CodeKind())
	if err != nil {
		t.Fatal(err)
	}
	of := id.New()
	rule, _ := json.Marshal(wrapup.WrapUps{Required: required})
	code, _ := json.Marshal(wrapup.WrapUpCode{Name: "Refunded", Channels: []string{"chat"}})
	all, problems := settings.NewSnapshot(kinds, 1, []settings.Item{
		{Kind: "wrap_up", ID: settings.SingletonID("wrap_up"), Revision: 1, Body: rule}, {Kind: "wrap_up_code", ID: of, Revision: 1, Body: code},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return wrapup.BookOf(all), of
}

func resolve(book *wrapup.Book, code string) conversation.Command {
	c := conversation.Command{Kind: conversation.SetStatus, WrapUps: book, Content: conversation.Content{Status: conversation.Resolved}}
	if code != "" {
		c.Content.Code = &wrapup.Ref{ID: code, Name: "what the sender calls it"}
	}
	return c
}

func TestAResolutionCarriesItsCode(t *testing.T) {
	book, code := codes(t, true)
	s := conversation.New("c", "anna", "chat", "", "", 1)
	mei := identity.Principal{Kind: identity.Staff, ID: "mei", Name: "Mei", Role: identity.Agent}
	for name, c := range map[string]conversation.Command{
		"none":           resolve(book, ""),
		"another":        resolve(book, id.New()),
		"of no house":    resolve(nil, code),
		"not at its end": {Kind: conversation.SetStatus, WrapUps: book, Content: conversation.Content{Status: conversation.Waiting, Code: &wrapup.Ref{ID: code}}},
	} {
		if _, err := s.Decide(mei, c, 2); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "code" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Decide(identity.SystemPart("rules"), resolve(book, ""), 2); err != nil {
		t.Errorf("a part of Kefu has to choose a code: %v", err)
	}
	o, err := s.Decide(mei, resolve(book, code), 2)
	if err != nil || o.State.WrapUp != code || *o.Entries[0].Content.Code != (wrapup.Ref{ID: code, Name: "Refunded"}) {
		t.Fatalf("%+v, %v", o, err)
	}
	if shown := o.Entries[0].ForCustomer(); shown.Content.Code != nil {
		t.Error("the customer is shown the code")
	}
	again := conversation.Command{Kind: conversation.SetWrapUp, WrapUps: book, Content: conversation.Content{WrapUp: "by card", Code: &wrapup.Ref{ID: code}}}
	changed, err := o.State.Decide(mei, again, 3)
	if err != nil || len(changed.Entries) != 1 || changed.Entries[0].Kind != conversation.KindWrapUp || !changed.Entries[0].Internal() {
		t.Errorf("%+v, %v", changed, err)
	}
	if _, err := s.Decide(mei, again, 3); !fault.Is(err, fault.Conflict) {
		t.Errorf("one that is not resolved: %v", err)
	}
	again.Content.Code = nil
	if _, err := o.State.Decide(mei, again, 3); fault.FieldOf(err) != "code" {
		t.Errorf("a code that has to be there was taken away: %v", err)
	}
	lax, _ := codes(t, false)
	again.WrapUps, again.Content.WrapUp = lax, ""
	if none, err := o.State.Decide(mei, again, 3); err != nil || none.State.WrapUp != "" || none.Entries[0].Content.Code != nil {
		t.Errorf("%+v, %v", none, err)
	}
}

func TestAResolutionThatIsTakenBackAtOnceIsNoReopening(t *testing.T) {
	s := conversation.New("c", "anna", "chat", "", "", 1)
	mei := identity.Principal{Kind: identity.Staff, ID: "mei", Name: "Mei", Role: identity.Agent}
	back := conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Open, Undo: true}}
	o, err := s.Decide(mei, resolve(nil, ""), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		after    int64
		rated    int64
		reopened int
	}{
		"at once":        {5_000_000, 0, 0},
		"an hour later":  {3_600_000_000, 0, 1},
		"after a rating": {5_000_000, 2000, 1},
	} {
		was := o.State
		was.RatedAt = c.rated
		got, err := was.Decide(mei, back, 1000+c.after)
		if err != nil || got.State.Status != conversation.Open || got.State.Reopened != c.reopened || got.Entries[0].Content.Undo != (c.reopened == 0) || got.State.ResolvedAt != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
