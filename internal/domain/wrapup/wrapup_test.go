package wrapup_test

import (
	"encoding/json"
	"strings"
	"testing"

	"kefu/internal/domain/settings"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func TestWhatIsWrongWithACodeIsNamed(t *testing.T) {
	team := id.New()
	for name, c := range map[string]struct {
		code  wrapup.WrapUpCode
		field string
	}{
		"a code":               {wrapup.WrapUpCode{Name: "Refunded", Translations: map[string]string{"zh": "已退款"}, Group: "Money", Order: 3, Teams: []string{team}, Channels: []string{"chat"}}, ""},
		"no name":              {wrapup.WrapUpCode{}, "name"},
		"a long group":         {wrapup.WrapUpCode{Name: "n", Group: strings.Repeat("x", 61)}, "group"},
		"a group's words":      {wrapup.WrapUpCode{Name: "n", Group: "Money", GroupNames: map[string]string{"zh": "资金"}}, ""},
		"no language of words": {wrapup.WrapUpCode{Name: "n", Group: "Money", GroupNames: map[string]string{"?": "资金"}}, "group_translations"},
		"a long word":          {wrapup.WrapUpCode{Name: "n", Group: "Money", GroupNames: map[string]string{"zh": strings.Repeat("资", 61)}}, "group_translations.zh"},
		"words of no group":    {wrapup.WrapUpCode{Name: "n", GroupNames: map[string]string{"zh": "资金"}}, "group"},
		"an order":             {wrapup.WrapUpCode{Name: "n", Order: -1}, "order"},
		"no language":          {wrapup.WrapUpCode{Name: "n", Translations: map[string]string{"": "x"}}, "translations"},
		"no word":              {wrapup.WrapUpCode{Name: "n", Translations: map[string]string{"zh": ""}}, "translations.zh"},
		"a team by its name":   {wrapup.WrapUpCode{Name: "n", Teams: []string{"Cards"}}, "teams.0"},
		"a channel of no name": {wrapup.WrapUpCode{Name: "n", Channels: []string{""}}, "channels.0"},
	} {
		if got := fault.FieldOf(c.code.Validate()); got != c.field {
			t.Errorf("%s: the field is %q, want %q", name, got, c.field)
		}
	}
}

func book(t *testing.T, required bool, codes map[string]wrapup.WrapUpCode, archived ...string) *wrapup.Book {
	t.Helper()
	kinds, err := settings.NewRegistry(wrapup.Kind(), wrapup.CodeKind())
	if err != nil {
		t.Fatal(err)
	}
	body := func(v any) json.RawMessage { b, _ := json.Marshal(v); return b }
	items := []settings.Item{{Kind: "wrap_up", ID: settings.SingletonID("wrap_up"), Revision: 1, Body: body(wrapup.WrapUps{Required: required})}}
	for of, c := range codes {
		items = append(items, settings.Item{Kind: "wrap_up_code", ID: of, Revision: 1, Body: body(c), Archived: len(archived) > 0 && archived[0] == of})
	}
	all, problems := settings.NewSnapshot(kinds, 1, items)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return wrapup.BookOf(all)
}

func TestACodeIsForWhatItIsFor(t *testing.T) {
	team, all, cards, gone := id.New(), id.New(), id.New(), id.New()
	b := book(t, true, map[string]wrapup.WrapUpCode{
		all: {Name: "Explained"}, cards: {Name: "Card sent", Teams: []string{team}, Channels: []string{"chat"}}, gone: {Name: "Old"},
	}, gone)
	for _, c := range []struct {
		of, team, channel string
		want              string
	}{
		{all, "", "mail", "Explained"}, {cards, team, "chat", "Card sent"}, {cards, "", "chat", ""}, {cards, team, "mail", ""},
		{gone, team, "chat", ""}, {id.New(), team, "chat", ""}, {"", team, "chat", ""}, {"Explained", "", "chat", ""},
	} {
		ref, err := b.Find(c.of, c.team, c.channel)
		if ref.Name != c.want || (err == nil) != (c.want != "") || (err != nil && fault.FieldOf(err) != "code") {
			t.Errorf("%+v: %+v, %v", c, ref, err)
		}
	}
}

func TestACodeIsNeededOnlyWhereThereIsOne(t *testing.T) {
	team := id.New()
	one := map[string]wrapup.WrapUpCode{id.New(): {Name: "Card sent", Teams: []string{team}}}
	if !book(t, true, one).Needed(team, "chat") || book(t, true, one).Needed("", "chat") || book(t, false, one).Needed(team, "chat") || (*wrapup.Book)(nil).Needed(team, "chat") {
		t.Error("a code is needed where there is none, or nobody asks for one")
	}
	if _, err := (*wrapup.Book)(nil).Find(id.New(), "", "chat"); fault.FieldOf(err) != "code" {
		t.Error("a code of no book was found")
	}
}
