package settings_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

type flag struct {
	Name  string            `json:"name"`
	Parts []part            `json:"parts,omitempty"`
	Said  map[string]string `json:"said,omitempty"`
	Key   string            `json:"key,omitempty" guard:"-"`
	Of    *part             `json:"of,omitempty"`
}

type part struct {
	Colour string `json:"colour"`
	Team   string `json:"team,omitempty"`
}

func (f flag) Validate() error { return settings.CheckLine("name", f.Name, 10) }

type house struct {
	Zone string   `json:"zone"`
	Days []string `json:"days,omitempty"`
}

func (house) Validate() error { return nil }

func flags() settings.Definition {
	return settings.Define(settings.Kind[flag]{Name: "flag", Scope: settings.Either, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings})
}

func houses() settings.Definition {
	return settings.Define(settings.Kind[house]{
		Name: "house", Singleton: true, Read: policy.ReadSetup, Change: policy.ChangeSetup, Default: house{Zone: "UTC", Days: []string{"mon", "tue"}},
	})
}

func registry(t *testing.T, all ...settings.Definition) *settings.Registry {
	t.Helper()
	r, err := settings.NewRegistry(all...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestABodyIsReadStrictlyAndWrittenInOneForm(t *testing.T) {
	stored, value, err := flags().Decode([]byte(` { "parts":[{"colour":"red"}], "name":"a" } `))
	if err != nil || string(stored) != `{"name":"a","parts":[{"colour":"red"}]}` || value.(flag).Name != "a" {
		t.Fatalf("%s %+v %v", stored, value, err)
	}
	for body, field := range map[string]string{
		`{"name":"a","more":1}`: "", `{"name":""}`: "name", `{"name":3}`: "name", `null`: "", ``: "", `{"name":"a","name":"b"}`: "",
		`{"name":"a","parts":[{"colour":[]}]}`: "parts.colour", `{"name":"a"}{}`: "",
		`{"name":"` + strings.Repeat("x", settings.MaxBody) + `"}`: "",
	} {
		if _, _, err := flags().Decode([]byte(body)); !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != field {
			t.Errorf("%.40s: %v, want the field %q", body, err, field)
		}
	}
}

func TestASnapshotIsTyped(t *testing.T) {
	r := registry(t, flags(), houses())
	items := []settings.Item{
		{Kind: "flag", ID: "b", Revision: 2, Body: json.RawMessage(`{"name":"two"}`)},
		{Kind: "flag", ID: "a", Revision: 1, Body: json.RawMessage(`{"name":"one"}`)},
		{Kind: "flag", ID: "c", Revision: 3, Archived: true, Body: json.RawMessage(`{"name":"gone"}`)},
		{Kind: "flag", ID: "d", Revision: 1, Owner: "s1", Body: json.RawMessage(`{"name":"mine"}`)},
		{Kind: "flag", ID: "e", Revision: 1, Body: json.RawMessage(`{"name":5}`)},
		{Kind: "flag", ID: "f", Revision: 1, Body: json.RawMessage(`{"name":"old","unknown":"from another version"}`)},
	}
	s, problems := settings.NewSnapshot(r, 7, items)
	var names []string
	for _, e := range settings.All[flag](s) {
		names = append(names, e.Value.Name)
	}
	if strings.Join(names, " ") != "one two old" || len(problems) != 1 || s.Version != 7 {
		t.Errorf("in use are %v, with the problems %v", names, problems)
	}
	if e, ok := settings.Find[flag](s, "c"); !ok || !e.Archived || e.Value.Name != "gone" || e.Revision != 3 {
		t.Errorf("the archived one is %+v, %v", e, ok)
	}
	for _, id := range []string{"d", "e", "x", ""} {
		if e, ok := settings.Find[flag](s, id); ok {
			t.Errorf("%s is %+v", id, e)
		}
	}
	if got := settings.One[house](s); got.Zone != "UTC" || len(got.Days) != 2 {
		t.Errorf("the default is %+v", got)
	}
	saved, _ := settings.NewSnapshot(r, 8, []settings.Item{{Kind: "house", ID: settings.SingletonID("house"), Revision: 1, Body: json.RawMessage(`{"zone":"Asia/Tokyo","days":["sun"]}`)}})
	if got := settings.One[house](saved); got.Zone != "Asia/Tokyo" || len(got.Days) != 1 {
		t.Errorf("saved is %+v", got)
	}
	if got := settings.One[house](s); got.Days[0] != "mon" {
		t.Errorf("reading another one changed the default to %+v", got)
	}
	if settings.All[flag](nil) != nil || settings.One[house](nil).Zone != "" {
		t.Error("without a snapshot there is something")
	}
}

func TestWhatDiffersIsToldByKind(t *testing.T) {
	r := registry(t, flags(), houses())
	one, two := id.New(), id.New()
	of := func(items ...settings.Item) *settings.Snapshot {
		s, problems := settings.NewSnapshot(r, 1, items)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return s
	}
	item := func(of string, revision int64) settings.Item {
		return settings.Item{Kind: "flag", ID: of, Revision: revision, Body: json.RawMessage(`{"name":"a"}`)}
	}
	saved := settings.Item{Kind: "house", ID: settings.SingletonID("house"), Revision: 1, Body: json.RawMessage(`{"zone":"UTC"}`)}
	before := of(item(one, 1))
	for name, c := range map[string]struct {
		after *settings.Snapshot
		want  []string
	}{
		"nothing":  {of(item(one, 1)), nil},
		"changed":  {of(item(one, 2)), []string{"flag"}},
		"added":    {of(item(one, 1), item(two, 1)), []string{"flag"}},
		"gone":     {of(), []string{"flag"}},
		"replaced": {of(item(two, 1)), []string{"flag"}},
		"both":     {of(item(two, 1), saved), []string{"flag", "house"}},
	} {
		if got := settings.Changed(before, c.after); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestARegistryRefusesWhatIsIncomplete(t *testing.T) {
	without := settings.Define(settings.Kind[flag]{Name: "flag"})
	named := settings.Define(settings.Kind[flag]{Name: "Flag!", Read: policy.ReadSetup, Change: policy.ChangeSetup})
	other := settings.Define(settings.Kind[flag]{Name: "banner", Read: policy.ReadSetup, Change: policy.ChangeSetup})
	for name, all := range map[string][]settings.Definition{
		"nobody's rights": {without}, "a bad name": {named}, "a name twice": {houses(), houses()}, "a type twice": {flags(), other},
	} {
		if _, err := settings.NewRegistry(all...); !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var none *settings.Registry
	if _, err := none.Find("flag"); !fault.Is(err, fault.NotFound) || none.All() != nil {
		t.Errorf("no registry: %v", err)
	}
}

func TestEveryTextIsShownToTheGuard(t *testing.T) {
	ref := id.New()
	value := flag{
		Name: "n", Parts: []part{{Colour: "c", Team: ref}, {Colour: "d"}}, Said: map[string]string{"en": "hello"},
		Key: "public", Of: &part{Colour: "e"},
	}
	got := map[string]string{}
	err := settings.Each(value, func(path, text string) error {
		got[path] += text
		return nil
	})
	want := map[string]string{"name": "n", "parts.0.colour": "c", "parts.1.colour": "d", "said": "en", "said.en": "hello", "of.colour": "e"}
	if err != nil || len(got) != len(want) {
		t.Errorf("shown %v, want %v", got, want)
	}
	for path, text := range want {
		if got[path] != text {
			t.Errorf("%s is shown as %q, want %q", path, got[path], text)
		}
	}
	stop := errors.New("stop")
	if err := settings.Each(value, func(string, string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("it went on after an error: %v", err)
	}
}

func TestLinesAndTexts(t *testing.T) {
	for text, want := range map[string]string{
		"": settings.Missing, " \u3000 ": settings.Missing, "ok": "", "客服": "", "a\nb": settings.Control, "a\u202eb": settings.Control, "12345678901": settings.TooLong,
	} {
		if got := fault.ReasonOf(settings.CheckLine("x", text, 10)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if err := settings.CheckLine("x", "", 10, true); err != nil {
		t.Error(err)
	}
	if err := settings.CheckText("x", "a\nb", 10); err != nil {
		t.Error(err)
	}
}

func TestWhoseItemsAKindHas(t *testing.T) {
	for scope, want := range map[settings.Scope][2]bool{settings.House: {true, false}, settings.Own: {false, true}, settings.Either: {true, true}} {
		if got := [2]bool{scope.Allows(""), scope.Allows("s1")}; got != want {
			t.Errorf("scope %d: %v, want %v", scope, got, want)
		}
	}
	agent := identity.Principal{Kind: identity.Staff, ID: "s1", Role: identity.Agent}
	d := flags()
	if !d.MayRead(agent, "") || d.MayChange(agent, "") || !d.MayChange(agent, "s1") || d.MayRead(agent, "s2") {
		t.Error("an agent may read the house's and change their own, and nothing else")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"name":"a","said":{"en":"x"}}`))
	f.Add([]byte(`{"name":"a","parts":[{"colour":"\u0000"}]}`))
	f.Add([]byte(`{"name":"a","said":{"&":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		stored, _, err := flags().Decode(body)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		again, _, err := flags().Decode(stored)
		if err != nil || string(again) != string(stored) {
			t.Errorf("%q is stored as %q, which reads as %q, %v", body, stored, again, err)
		}
	})
}
