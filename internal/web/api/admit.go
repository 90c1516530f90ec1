package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/strictjson"
)

const (
	maxBody       = 128 << 10 // bytes of JSON: 8,000 characters, each written as two escapes, fit
	bodyTimeout   = 10 * time.Second
	callTimeout   = 10 * time.Second
	uploadTimeout = 2 * time.Minute
)

// streamed marks an operation that reads its body itself.
const streamed = "streamed"

// looks marks an operation that only reads, and takes its question in a body: it
// counts among what one member of staff reads.
const looks = "looks"

// Reading is the metadata of such an operation.
func Reading() map[string]any { return map[string]any{looks: true} }

// below lets admitted have huma's context without a field of its name.
type below = huma.Context

// admitted is a request that was let in, with what is known of its caller. It is
// what an operation's input gets to see of the request.
type admitted struct {
	below
	ctx      context.Context
	request  *http.Request
	writer   http.ResponseWriter
	token    string
	byCookie bool
	who      identity.Principal
	until    time.Time
	body     []byte
}

// Context implements huma.Context.
func (in *admitted) Context() context.Context { return in.ctx }

// Unwrap gives the context below, as humago.Unwrap expects.
func (in *admitted) Unwrap() huma.Context { return in.below }

// BodyReader implements huma.Context.
func (in *admitted) BodyReader() io.Reader { return bytes.NewReader(in.body) }

// Header implements huma.Context. There is one form in both directions, so that
// nothing is left to negotiate.
func (in *admitted) Header(name string) string {
	switch name {
	case "Accept":
		return ""
	case "Content-Type":
		return "application/json"
	default:
		return in.below.Header(name)
	}
}

// Caller is who a request comes from. Inputs of operations embed it.
type Caller struct{ in *admitted }

// Resolve implements huma.Resolver.
func (c *Caller) Resolve(ctx huma.Context) []error {
	c.in = ctx.(*admitted) // admit wraps every request
	return nil
}

func (c *Caller) who() identity.Principal { return c.in.who }

// Who asks.
func (c *Caller) Who() identity.Principal { return c.in.who }

// Token is the session's.
func (c *Caller) Token() string { return c.in.token }

// Request is the one that was let in. Its body is read already.
func (c *Caller) Request() *http.Request { return c.in.request }

// admit decides whether a request reaches its operation: from our own page, with
// a session, and in the form that all requests have. Nothing of it is read
// before its caller is known.
func (a *API) admit(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	timeout := callTimeout
	if ctx.Operation().Metadata[streamed] != nil {
		timeout = uploadTimeout
	}
	bounded, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	in := &admitted{below: ctx, ctx: bounded, request: r, writer: w}
	if err := a.check(in, ctx.Operation()); err != nil {
		writeProblem(w, a.problem(ctx.Operation().OperationID, err))
		return
	}
	next(in)
}

func (a *API) check(in *admitted, operation *huma.Operation) error {
	const op = "api.check"
	in.token, in.byCookie = a.Carrier.Token(in.request)
	if err := a.Carrier.CheckSource(in.request, in.byCookie); err != nil {
		return err
	}
	switch {
	case operation.Metadata[open] != nil:
	case isKey(in):
		if err := a.program(in, operation); err != nil {
			return err
		}
	default:
		var err error
		if in.who, in.until, err = a.Desk.Resolve(in.ctx, in.token); err != nil {
			return err
		}
		if a.Decisions != nil {
			in.who = a.Decisions.Asking(in.who, a.Carrier.Peer(in.request))
		}
		if err := a.limitReads(in, operation); err != nil {
			return err
		}
	}
	if err := checkQuery(in.request.URL.RawQuery); err != nil {
		return err
	}
	if name := in.request.PathValue("id"); name != "" && !id.Valid(name) {
		return fault.New(fault.NotFound, op, "nothing has an id of that form")
	}
	if operation.RequestBody == nil || operation.Metadata[streamed] != nil {
		return nil
	}
	var err error
	if in.body, err = readBody(in.writer, in.request); err != nil {
		return err
	}
	return a.refuseNulls(in.body, operation)
}

// refuseNulls refuses null for a member that may be left out but is never null: huma
// takes it for left out, and a filter that was meant would be none.
func (a *API) refuseNulls(body []byte, operation *huma.Operation) error {
	if !bytes.Contains(body, []byte("null")) {
		return nil
	}
	var members map[string]json.RawMessage
	if strictjson.Decode(body, &members) != nil {
		return nil // what is wrong with it, its operation says
	}
	schema := operation.RequestBody.Content["application/json"].Schema
	if schema.Ref != "" {
		schema = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	for name, member := range schema.Properties {
		if string(members[name]) == "null" && !member.Nullable && !slices.Contains(schema.Required, name) {
			return fault.InvalidField("api.refuseNulls", name, "is null")
		}
	}
	return nil
}

// limitReads bounds the work that one member of staff can make by looking: what
// they write is limited where it is taken in.
func (a *API) limitReads(in *admitted, operation *huma.Operation) error {
	if a.reads == nil || (in.request.Method != http.MethodGet && operation.Metadata[looks] == nil) {
		return nil
	}
	wait := a.reads.Allow(in.who.ID, 1, a.Clock())
	if wait == 0 {
		return nil
	}
	if a.Limited != nil {
		a.Limited("staff_reads")
	}
	return &intake.LimitedError{RetryAfter: wait}
}

// checkQuery refuses a query string that two readers could read differently.
func checkQuery(raw string) error {
	const op = "api.checkQuery"
	values, err := url.ParseQuery(raw)
	if err != nil {
		return fault.New(fault.Invalid, op, "the query string cannot be read")
	}
	for name, all := range values {
		if len(all) != 1 {
			return fault.InvalidField(op, name, "comes more than once")
		}
	}
	return nil
}

// readBody reads a body of JSON.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	const op = "api.readBody"
	if r.ContentLength == 0 {
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, mediaTypeError{}
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, mediaTypeError{}
	}
	// Where the deadline cannot be set, the server's own holds.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, &tooLargeError{err}
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "the body broke off: %v", err)
	}
	return body, nil
}
