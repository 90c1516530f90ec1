package api

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// maxEnvelope is what a form may have around its file, in bytes.
const maxEnvelope = 64 << 10

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
	// The server's own limits are for requests that are small. Where these cannot
	// be set, they hold.
	response := http.NewResponseController(in.in.writer)
	_ = response.SetReadDeadline(time.Now().Add(uploadTimeout))
	_ = response.SetWriteDeadline(time.Now().Add(uploadTimeout + callTimeout))
	r.Body = http.MaxBytesReader(in.in.writer, r.Body, a.options.AttachmentBytes+maxEnvelope)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, mediaTypeError{}
	}
	part, err := filePart(form)
	if err != nil {
		return nil, err
	}
	kept, err := a.Files.Upload(ctx, in.who(), part.FileName(), clientReader{part})
	if err != nil {
		return nil, uploadError(err)
	}
	if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
		// The file stays without a message and goes with the others of its kind.
		return nil, fault.InvalidField("api.upload", "file", "is not the only part of the form")
	}
	return &attachmentOutput{Body: kept}, nil
}

// filePart is the one part that a form has: the file.
func filePart(form *multipart.Reader) (*multipart.Part, error) {
	const op = "api.filePart"
	part, err := form.NextPart()
	if err != nil {
		return nil, readError(err)
	}
	if part.FormName() != "file" || part.FileName() == "" {
		return nil, fault.InvalidField(op, "file", "must come first, with its name")
	}
	return part, nil
}

// clientReader blames the client for what goes wrong while reading from it.
type clientReader struct{ r io.Reader }

// Read implements io.Reader.
func (c clientReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readError(err)
	}
	return n, err
}

func readError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &tooLargeError{fault.New(fault.TooMany, "api.read", "the body is larger than %d bytes", large.Limit)}
	}
	return fault.New(fault.Invalid, "api.read", "the form broke off: %v", err)
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
