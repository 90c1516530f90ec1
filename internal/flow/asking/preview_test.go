package asking_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/look"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/asking"
	"kefu/internal/flow/configuring"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

func supervisor() identity.Principal {
	return identity.Principal{Kind: identity.Staff, Role: identity.Supervisor, ID: "sofia"}
}

func ids(forms []form.Shown) (all []string) {
	for _, f := range forms {
		all = append(all, f.ID)
	}
	return all
}

// change saves a form as it was delivered, changed.
func change(t *testing.T, set *configuring.Service, of string, revision int64, how func(*form.Form)) (settings.Item, error) {
	t.Helper()
	delivered, err := form.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := delivered[slices.IndexFunc(delivered, func(f form.Form) bool { return f.ID == of })]
	how(&f)
	body, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return set.Save(t.Context(), identity.SystemPart("test"), settings.Change{Kind: "form", ID: id.From("form " + of), Revision: revision, Body: body})
}

func TestAPreviewIsTheWindowWithTheDraft(t *testing.T) {
	d := storagetest.New(t, "sqlite")
	s, set := service(t, d, nil)
	if _, err := change(t, set, "account", 1, func(f *form.Form) { f.Paused = true }); err != nil {
		t.Fatal(err)
	}
	plain, err := s.Preview(t.Context(), supervisor(), asking.Draft{Language: "en"})
	if err != nil || slices.Contains(ids(plain.Forms), "account") || len(plain.Forms) != delivered(t)-1 || plain.CSS != look.Default().CSS("") {
		t.Fatalf("%+v, %v", plain, err)
	}
	// Half a form is shown as it is, in its place, and one that is paused too.
	l := look.Default()
	l.Accent, l.Greeting = "#7a1fa2", form.Texts{"zh": "您好"}
	draft := asking.Draft{Language: "zh-CN", Look: &l, Form: &form.Form{ID: "account", Paused: true, Order: 1, Title: form.Texts{"zh": "账户"}, Fields: []form.Field{{Kind: form.Line}}}}
	seen, err := s.Preview(t.Context(), supervisor(), draft)
	if err != nil || len(seen.Forms) != delivered(t) || seen.Forms[0].Title != "账户" || seen.Greeting != "您好" || !strings.Contains(seen.CSS, "--accent:#7a1fa2") || !strings.Contains(string(seen.Button), "#7a1fa2") {
		t.Errorf("%+v, %v", seen, err)
	}
	// Nothing of it is kept.
	if again := s.Shown(t.Context(), "en"); len(again) != delivered(t)-1 || s.Greeting("zh") != "" {
		t.Errorf("what was looked at is there: %v", ids(again))
	}
	l.Accent = "red"
	if _, err = s.Preview(t.Context(), supervisor(), asking.Draft{Language: "en", Look: &l}); fault.FieldOf(err) != "accent" {
		t.Errorf("a look that is none: %v", err)
	}
	for _, p := range []identity.Principal{ann(), {}, {Kind: identity.Staff, Role: identity.Auditor, ID: "a"}} {
		if _, err := s.Preview(t.Context(), p, asking.Draft{Language: "en"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v sees the preview: %v", p, err)
		}
		if _, err := s.Delivered(t.Context(), p); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v reads the forms: %v", p, err)
		}
	}
	if all, err := s.Delivered(t.Context(), supervisor()); err != nil || len(all) != delivered(t) {
		t.Errorf("%d forms, %v", len(all), err)
	}
}

func TestAPausedFormIsNotShownAndNotFilled(t *testing.T) {
	d := storagetest.New(t, "sqlite")
	s, set := service(t, d, nil)
	given := form.Submission{Form: "account", Revision: 1, Language: "en", Answers: map[string]form.Answer{"what": {Choice: "close"}}}
	if _, _, err := s.Fill(t.Context(), bob(), given); err != nil {
		t.Fatal(err)
	}
	if _, err := change(t, set, "account", 1, func(f *form.Form) { f.Paused = true }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Fill(t.Context(), bob(), given); !fault.Is(err, fault.Conflict) || slices.Contains(ids(s.Shown(t.Context(), "en")), "account") {
		t.Errorf("a paused form is there: %v, %v", err, ids(s.Shown(t.Context(), "en")))
	}
}

func TestAFormKeepsItsIDForGood(t *testing.T) {
	d := storagetest.New(t, "sqlite")
	_, set := service(t, d, nil)
	if _, err := change(t, set, "account", 1, func(f *form.Form) { f.ID = "profile" }); fault.FieldOf(err) != "id" || fault.ReasonOf(err) != settings.Fixed {
		t.Errorf("another id: %v", err)
	}
	system := identity.SystemPart("test")
	if _, err := set.Archive(t.Context(), system, "form", id.From("form account"), 1, true); err != nil {
		t.Fatal(err)
	}
	second := []byte(`{"id":"account","title":{"en":"Account"},"fields":[{"id":"q","kind":"text","label":{"en":"What?"}}]}`)
	_, err := set.Save(t.Context(), system, settings.Change{Kind: "form", ID: id.New(), Body: second})
	if fault.FieldOf(err) != "id" || fault.ReasonOf(err) != settings.Taken {
		t.Errorf("the id of a form that is out of use: %v", err)
	}
}
