package settings_test

import (
	"context"
	"fmt"
	"testing"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage"
	"kefu/internal/storage/storagetest"
)

type view struct {
	Name string `json:"name"`
}

func (v view) Validate() error { return settings.CheckLine("name", v.Name, 20) }

func open(t *testing.T, d *storagetest.Deployment) *storage.Store {
	t.Helper()
	kinds, err := settings.NewRegistry(settings.Define(settings.Kind[view]{
		Name: "view", Scope: settings.Either, Max: 3, Read: policy.ReadWorkSettings, Change: policy.ChangeWorkSettings,
		Unused: func(all *settings.Snapshot, id string) error {
			if e, _ := settings.Find[view](all, id); e.Value.Name == "needed" {
				return fault.InvalidFor("test", "archived", settings.InUse, "is needed")
			}
			return nil
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return d.Open(t, func(o *storage.Options) { o.Settings = kinds }).Store
}

func agent() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Agent}
}

func change(name, owner string) settings.Change {
	return settings.Change{Kind: "view", ID: id.New(), Owner: owner, Body: fmt.Appendf(nil, `{"name":%q}`, name)}
}

func TestWhatIsOnesOwnIsNobodyElses(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := open(t, d), context.Background()
		me, colleague := agent(), agent()
		owner := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Owner}
		must := func(p identity.Principal, c settings.Change) settings.Item {
			t.Helper()
			it, err := s.SaveSetting(ctx, p, c)
			if err != nil {
				t.Fatal(err)
			}
			return it
		}
		shared, mine := must(owner, change("shared", "")), must(me, change("mine", me.ID))
		must(colleague, change("theirs", colleague.ID))
		seen := func(p identity.Principal) (all []string) {
			items, err := s.ListSettings(ctx, p, "view", settings.Query{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range items {
				all = append(all, string(it.Body))
			}
			return all
		}
		if len(seen(me)) != 2 || len(seen(owner)) != 1 || len(seen(agent())) != 1 {
			t.Errorf("I see %v, the owner %v, a third one %v", seen(me), seen(owner), seen(agent()))
		}
		for _, p := range []identity.Principal{colleague, owner} {
			if _, err := s.Setting(ctx, p, "view", mine.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads my view: %v", p.Role, err)
			}
			if _, err := s.SettingHistory(ctx, p, "view", mine.ID, 0, 1); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads its history: %v", p.Role, err)
			}
			if _, err := s.SaveSetting(ctx, p, settings.Change{Kind: "view", ID: mine.ID, Revision: 1, Body: []byte(`{"name":"taken"}`)}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s changes it: %v", p.Role, err)
			}
			if _, err := s.SaveSetting(ctx, p, change("planted", me.ID)); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s plants one: %v", p.Role, err)
			}
		}
		if _, err := s.SaveSetting(ctx, me, settings.Change{Kind: "view", ID: shared.ID, Revision: 1, Body: []byte(`{"name":"x"}`)}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent changes what is everybody's: %v", err)
		}
		// Who owns an item is said when it is made, and never again.
		again := must(me, settings.Change{Kind: "view", ID: mine.ID, Owner: "", Revision: 1, Body: []byte(`{"name":"still mine"}`)})
		if again.Owner != me.ID {
			t.Errorf("it is %q's now", again.Owner)
		}
		items, _, err := s.HouseSettings(ctx, identity.SystemPart("test"))
		if err != nil || len(items) != 1 || items[0].ID != shared.ID {
			t.Errorf("the house has %+v, %v", items, err)
		}
	})
}

func TestThereAreOnlySoMany(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := open(t, d), context.Background()
		lead := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}
		var last settings.Item
		for i := range 3 {
			var err error
			if last, err = s.SaveSetting(ctx, lead, change(fmt.Sprint("view ", i), "")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.SaveSetting(ctx, lead, change("one more", "")); !fault.Is(err, fault.Conflict) || fault.ReasonOf(err) != settings.TooMany {
			t.Errorf("one more: %v", err)
		}
		if _, err := s.SaveSetting(ctx, lead, change("my own", lead.ID)); err != nil {
			t.Errorf("one's own counts for the house: %v", err)
		}
		put := settings.Change{Kind: "view", ID: last.ID, Revision: 1, Archived: true}
		if _, err := s.SaveSetting(ctx, lead, put); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SaveSetting(ctx, lead, change("needed", "")); err != nil {
			t.Errorf("in the place of an archived one: %v", err)
		}
		put.Revision, put.Archived = 2, false
		if _, err := s.SaveSetting(ctx, lead, put); fault.ReasonOf(err) != settings.TooMany {
			t.Errorf("the archived one comes back as one too many: %v", err)
		}
		items, err := s.ListSettings(ctx, lead, "view", settings.Query{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range items {
			_, err := s.SaveSetting(ctx, lead, settings.Change{Kind: "view", ID: it.ID, Revision: it.Revision, Archived: true})
			if needed := string(it.Body) == `{"name":"needed"}`; needed != (fault.ReasonOf(err) == settings.InUse) || (err == nil) == needed {
				t.Errorf("%s: %v", it.Body, err)
			}
		}
	})
}

func TestMistakesLeaveNothingBehind(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		s, ctx := open(t, d), context.Background()
		lead := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}
		for _, c := range []struct {
			change settings.Change
			want   fault.Code
		}{
			{settings.Change{Kind: "nothing", ID: id.New()}, fault.NotFound},
			{settings.Change{Kind: "view", ID: "short", Body: []byte(`{"name":"a"}`)}, fault.NotFound},
			{settings.Change{Kind: "view", ID: id.New(), Revision: 1, Body: []byte(`{"name":"a"}`)}, fault.NotFound},
			{settings.Change{Kind: "view", ID: id.New(), Body: []byte(`{"name":""}`)}, fault.Invalid},
			{settings.Change{Kind: "view", ID: id.New()}, fault.Invalid},
			{settings.Change{Kind: "view", ID: id.New(), Archived: true, Body: []byte(`{"name":"a"}`)}, fault.Invalid},
		} {
			if _, err := s.SaveSetting(ctx, lead, c.change); fault.CodeOf(err) != c.want {
				t.Errorf("%+v: %v, want %s", c.change, err, c.want)
			}
		}
		if version, err := s.SettingsVersion(ctx); err != nil || version != 0 {
			t.Errorf("version %d, %v", version, err)
		}
	})
}
