package asking

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/look"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
)

// Draft is what somebody changes of the window and has not saved; nil is what is
// set. A form may be half written: it is shown as it is. A look is whole.
type Draft struct {
	Language string
	Look     *look.Look
	Form     *form.Form
}

// Preview is what the window would be told. Nothing in it is anyone's.
type Preview struct {
	CSS      string          // of the frame, its logo in it
	Button   json.RawMessage // of the loader; look.Button
	Greeting string
	Forms    []form.Shown
}

// Preview shows what the window would be with a draft. It stores nothing and asks
// nobody. Errors: Forbidden; Invalid with the path of the draft.
func (s *Service) Preview(_ context.Context, p identity.Principal, d Draft) (Preview, error) {
	const op = "asking.Preview"
	if !policy.Allow(p, policy.ReadWorkSettings, policy.Object{}) {
		return Preview{}, fault.New(fault.Forbidden, op, "%s %s may not see this", p.Kind, p.Role)
	}
	all := s.settings.Snapshot()
	l := settings.One[look.Look](all)
	if d.Look != nil {
		l = *d.Look
	}
	if err := l.Validate(); err != nil {
		return Preview{}, err
	}
	logo, err := l.Picture()
	if err != nil {
		return Preview{}, err
	}
	address := ""
	if logo != nil {
		address = "data:image/png;base64," + base64.StdEncoding.EncodeToString(logo)
	}
	button, err := l.Button()
	if err != nil {
		return Preview{}, fault.Wrap(op, err)
	}
	return Preview{CSS: l.CSS(address), Button: button, Greeting: greeting(l, d.Language), Forms: shown(with(all, d.Form), d.Language)}, nil
}

// with puts a draft in the place of the form that it changes, or beside the others.
// One that is paused is shown all the same: it is looked at.
func with(all *settings.Snapshot, draft *form.Form) []settings.Entry[form.Form] {
	var forms []settings.Entry[form.Form]
	revision := int64(0)
	for _, f := range settings.All[form.Form](all) {
		switch {
		case draft != nil && f.Value.ID == draft.ID:
			revision = f.Revision
		case !f.Value.Paused:
			forms = append(forms, f)
		}
	}
	if draft == nil {
		return forms
	}
	return append(forms, settings.Entry[form.Form]{Revision: revision, Value: *draft})
}

// Delivered are the forms that a new deployment begins with. Errors: Forbidden.
func (s *Service) Delivered(_ context.Context, p identity.Principal) ([]form.Form, error) {
	if !policy.Allow(p, policy.ReadWorkSettings, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, "asking.Delivered", "%s %s may not see this", p.Kind, p.Role)
	}
	return form.Builtin()
}
