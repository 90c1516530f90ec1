// Package windowapi is the part of the desk's API by which an operator sees the
// window as it would be: with a draft of its look or of a form, and the forms as
// they are delivered. It stands on package api, which admits the callers.
package windowapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/asking"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/web/api"
)

// Window says what the window would be.
type Window interface {
	Preview(ctx context.Context, p identity.Principal, d asking.Draft) (asking.Preview, error)
	Delivered(ctx context.Context, p identity.Principal) ([]form.Form, error)
}

// WindowDraft is what is being changed. What is left out is as it is set.
type WindowDraft struct {
	Language string          `json:"language" minLength:"2" maxLength:"35" doc:"BCP 47"`
	Look     json.RawMessage `json:"look,omitempty" doc:"as the setting of that name"`
	Form     json.RawMessage `json:"form,omitempty" doc:"as the setting of that name; it may be half written"`
}

// WindowPreview is what the window would be told.
type WindowPreview struct {
	Frame    string          `json:"frame" doc:"address of the frame that shows it; the desk alone may hold it, and hands it the rest"`
	CSS      string          `json:"css" doc:"stylesheet of the frame"`
	Button   json.RawMessage `json:"button" doc:"what the loader is told: css, theme, side, label"`
	Greeting string          `json:"greeting,omitempty" doc:"the first line; the window's own without it"`
	Forms    []form.Shown    `json:"forms" nullable:"false" doc:"in their order, in that language"`
}

// DeliveredForms are the forms of a new deployment.
type DeliveredForms struct {
	Items []form.Form `json:"items" nullable:"false"`
}

type previewInput struct {
	api.Caller
	Body WindowDraft
}

type (
	previewOutput   struct{ Body WindowPreview }
	deliveredInput  struct{ api.Caller }
	deliveredOutput struct{ Body DeliveredForms }
)

type routes struct {
	window Window
	frame  string
}

// Routes gives the operations, for api.Deps.More. frame is the address of the
// window's frame for previews.
func Routes(w Window, frame string) func(*api.API) {
	return func(a *api.API) {
		r := &routes{w, frame}
		tags := []string{"settings"}
		api.Add(a, huma.Operation{OperationID: "preview-window", Method: http.MethodPost, Path: "/v1/window/preview", Summary: "See the window as a draft would make it; nothing is stored", Tags: tags, Metadata: api.Reading()}, r.preview)
		api.Add(a, huma.Operation{OperationID: "delivered-forms", Method: http.MethodGet, Path: "/v1/window/delivered-forms", Summary: "Read the forms as they are delivered", Tags: tags}, r.delivered)
	}
}

func (r *routes) preview(ctx context.Context, in *previewInput) (*previewOutput, error) {
	d := asking.Draft{Language: in.Body.Language}
	if err := conversation.CheckLanguage("language", d.Language); err != nil {
		return nil, err
	}
	if err := read("look", in.Body.Look, &d.Look); err != nil {
		return nil, err
	}
	if err := read("form", in.Body.Form, &d.Form); err != nil {
		return nil, err
	}
	p, err := r.window.Preview(ctx, in.Who(), d)
	if err != nil {
		return nil, err
	}
	return &previewOutput{Body: WindowPreview{Frame: r.frame, CSS: p.CSS, Button: p.Button, Greeting: p.Greeting, Forms: p.Forms}}, nil
}

// read takes a draft, no larger than a setting may be.
func read[T any](field string, body json.RawMessage, into **T) error {
	const op = "windowapi.read"
	if len(body) == 0 {
		return nil
	}
	if len(body) > settings.MaxBody {
		return fault.InvalidFor(op, field, settings.TooLong, "is larger than %d bytes", settings.MaxBody)
	}
	if err := strictjson.Decode(body, into); err != nil {
		return fault.InvalidFor(op, field, settings.Malformed, "cannot be read: %v", err)
	}
	return nil
}

func (r *routes) delivered(ctx context.Context, in *deliveredInput) (*deliveredOutput, error) {
	forms, err := r.window.Delivered(ctx, in.Who())
	return &deliveredOutput{Body: DeliveredForms{Items: forms}}, err
}
