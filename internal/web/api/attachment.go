package api

import (
	"context"
	"errors"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/web/upload"
)

type attachmentOutput struct{ Body conversation.Attachment }

type inAttachment struct {
	Caller
	ID string `path:"id" doc:"of the attachment"`
}

// FileLink opens one file for one reader and a few minutes.
type FileLink struct {
	URL       string `json:"url"`
	ExpiresAt int64  `json:"expires_at"`
}

type linkOutput struct{ Body FileLink }

func (a *API) addAttachments() {
	tags := []string{"attachments"}
	const path = "/v1/attachments"
	add(a, huma.Operation{
		OperationID: "upload", Method: http.MethodPost, Path: path, Summary: "Take in a file that a message will send",
		Tags: tags, DefaultStatus: http.StatusCreated, Metadata: map[string]any{streamed: true},
	}, a.upload)
	add(a, huma.Operation{
		OperationID: "link", Method: http.MethodGet, Path: path + "/{id}/link", Summary: "Make a link to a file", Tags: tags,
	}, a.link)
	// Written down only now: for an operation with a body huma would read it, and
	// put files into temporary folders.
	a.huma.OpenAPI().Paths[path].Post.RequestBody = &huma.RequestBody{
		Required: true,
		Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
			Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary", Description: "with its name"}},
		}}},
	}
}

func (a *API) upload(ctx context.Context, in *struct{ Caller }) (*attachmentOutput, error) {
	r := in.in.request
	if kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, mediaTypeError{}
	}
	form, err := upload.Open(in.in.writer, r, upload.Limits{Bytes: a.options.AttachmentBytes, Whole: uploadTimeout})
	if err != nil {
		return nil, uploadError(err)
	}
	kept, err := a.Files.Upload(ctx, in.who(), attaching.Incoming{Name: form.Name, Bytes: form.Bytes, Body: form})
	if err != nil {
		return nil, uploadError(form.Cause(err))
	}
	// What is refused here stays without a message and goes with others of its kind.
	if err := form.End(); err != nil {
		return nil, err
	}
	return &attachmentOutput{Body: kept}, nil
}

// uploadError tells a file that is too large from a sender who sends too often.
func uploadError(err error) error {
	var limited *intake.LimitedError
	if fault.Is(err, fault.TooMany) && !errors.As(err, &limited) {
		return &tooLargeError{err}
	}
	return err
}

func (a *API) link(ctx context.Context, in *inAttachment) (*linkOutput, error) {
	link, err := a.Files.Link(ctx, in.who(), in.ID)
	if err != nil {
		return nil, err
	}
	return &linkOutput{Body: FileLink{URL: a.options.FileURL(link.Token), ExpiresAt: clock.Micros(link.ExpiresAt)}}, nil
}
