package desk_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/desk"
	"kefu/internal/platform/fault"
)

func TestWhatIsWrongIsNamed(t *testing.T) {
	text := func(language, words string) desk.Macro {
		return desk.Macro{Name: "n", Texts: []desk.MacroText{{Language: "en", Text: "hi"}, {Language: language, Text: words}}}
	}
	list := func(l desk.List) desk.View { return desk.View{Name: "n", List: l} }
	eleven := strings.Split("a b c d e f g h i j k", " ")
	for name, c := range map[string]struct {
		value interface{ Validate() error }
		field string
	}{
		"a view":             {list(desk.List{View: desk.Mine, Statuses: []conversation.Status{conversation.Snoozed}, Tags: []string{"a,b"}}), ""},
		"no name":            {desk.View{}, "name"},
		"no such list":       {list(desk.List{View: "theirs"}), "list.view"},
		"nobody":             {list(desk.List{Assignee: "x"}), "list.assignee"},
		"no status":          {list(desk.List{Statuses: []conversation.Status{conversation.Open, conversation.Merged}}), "list.status.1"},
		"no priority":        {list(desk.List{Priorities: []conversation.Priority{"most"}}), "list.priority.0"},
		"no team":            {list(desk.List{Teams: []string{"Cards"}}), "list.team.0"},
		"no code":            {list(desk.List{Codes: []string{"Refunded"}}), "list.code.0"},
		"many codes":         {list(desk.List{Codes: eleven}), "list.code"},
		"many tags":          {list(desk.List{Tags: eleven}), "list.tag"},
		"a tag of two lines": {list(desk.List{Tags: []string{"a\nb"}}), "list.tag.0"},
		"a wait of years":    {list(desk.List{WaitsMinutes: 1 << 40}), "list.waits_minutes"},
		"a macro":            {text("zh", "你好，{first_name}"), ""},
		"one that does":      {desk.Macro{Name: "n", Then: desk.MacroThen{Status: conversation.Resolved}}, ""},
		"one that is idle":   {desk.Macro{Name: "n"}, "texts"},
		"no language":        {text("", "x"), "texts.1.language"},
		"one twice":          {text("EN", "x"), "texts.1.language"},
		"no words":           {text("zh", "  "), "texts.1.text"},
		"a book":             {text("zh", strings.Repeat("a", 4001)), "texts.1.text"},
		"a snooze":           {desk.Macro{Name: "n", Then: desk.MacroThen{Status: conversation.Snoozed}}, "then.status"},
	} {
		if err := c.value.Validate(); fault.FieldOf(err) != c.field || (err != nil) != (c.field != "") {
			t.Errorf("%s: %v, want the field %q", name, err, c.field)
		}
	}
}
