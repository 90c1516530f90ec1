// Package api is the REST interface of the desk, under /v1/. The Go types of an
// operation are its contract: requests are read strictly by them, and the
// OpenAPI file is written from them. It knows who asks and what was asked for;
// who may do what is decided where the data is, by the methods it calls.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/sla"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/attaching"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/signin"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/platform/strictjson"
	"kefu/internal/web/session"
)

// Desk signs staff in and knows their sessions.
type Desk interface {
	SignIn(ctx context.Context, e signin.Entry) (signin.Session, error)
	Resolve(ctx context.Context, token string) (identity.Principal, time.Time, error)
	SignOut(ctx context.Context, p identity.Principal, token string) error
	Enrol(ctx context.Context, p identity.Principal, n signin.NewMember) (signin.Enrolled, error)
	WaysIn() signin.WaysIn
}

// Intake takes in what people write.
type Intake interface {
	Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error
	Do(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
	DoEach(ctx context.Context, p identity.Principal, all []intake.Work) ([]error, error)
	Draft(ctx context.Context, p identity.Principal, conversationID string, d conversation.Draft) error
	Handle(ctx context.Context, p identity.Principal, customerID string, h customer.Handle) error
	Merge(ctx context.Context, p identity.Principal, from, into string) error
	Unmerge(ctx context.Context, p identity.Principal, id string) error
	Name(name string) string
}

// Store is what is read and changed without words of people in it.
type Store interface {
	Inbox(ctx context.Context, p identity.Principal, q conversation.InboxQuery) (conversation.InboxPage, error)
	Counts(ctx context.Context, p identity.Principal, queries []conversation.InboxQuery) ([]conversation.Count, error)
	UnseenMentions(ctx context.Context, p identity.Principal) ([]string, error)
	SeeMention(ctx context.Context, p identity.Principal, conversationID string) error
	InboxLineOf(ctx context.Context, p identity.Principal, id string) (conversation.InboxLine, error)
	Entries(ctx context.Context, p identity.Principal, id string, r conversation.EntryRange) ([]conversation.Entry, bool, error)
	Versions(ctx context.Context, p identity.Principal, id string, seq int64) ([]conversation.Content, error)
	Draft(ctx context.Context, p identity.Principal, conversationID string) (conversation.Draft, error)
	ListStaff(ctx context.Context, p identity.Principal, after string, limit int) ([]staff.Member, error)
	StaffByID(ctx context.Context, p identity.Principal, id string) (staff.Member, error)
	ChangeStaff(ctx context.Context, p identity.Principal, id string, c staff.Change) error
	CustomerOf(ctx context.Context, p identity.Principal, id string) (customer.Customer, []conversation.State, error)
	FindCustomers(ctx context.Context, p identity.Principal, kind, value string) ([]customer.Found, error)
	ForgetHandle(ctx context.Context, p identity.Principal, customerID, handle string) error
	RevokeCustomer(ctx context.Context, p identity.Principal, customerID string) error
	ClocksOf(ctx context.Context, p identity.Principal, ids []string) ([]sla.Alert, error)
}

// Files takes files in and makes links to them.
type Files interface {
	Upload(ctx context.Context, p identity.Principal, in attaching.Incoming) (conversation.Attachment, error)
	Link(ctx context.Context, p identity.Principal, fileID string) (attaching.Link, error)
}

// Deps are what an API works with.
type Deps struct {
	Desk      Desk
	Intake    Intake
	Store     Store
	Files     Files
	Wallet    Wallet
	Settings  Settings
	Keys      Keys               // of programs; nil: none
	More      []func(*API)       // operations of packages of their own, see Add
	Decisions Decisions          // of the rights of staff; nil: nothing restricts them
	Kinds     *settings.Registry // of settings
	Carrier   *session.Carrier
	Clock     clock.Clock
	Log       *slog.Logger
	// Limited is told the name of a limit that refused a request; may be nil.
	Limited func(limit string)
}

// Options are the operator's choices.
type Options struct {
	Reads           ratelimit.Limit           // requests of one member of staff that read; no limit with a Burst of 0
	Readers         int                       // remembered at once
	AttachmentBytes int64                     // the largest file that is taken
	FileURL         func(token string) string // where the token of a link opens its file
}

// API is the handler of everything under /v1/.
type API struct {
	Deps
	options Options
	reads   *ratelimit.Limiter // nil: no limit
	mux     *http.ServeMux
	huma    huma.API
	spec    func() []byte
}

// New makes an API.
func New(d Deps, o Options) *API {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = clock.System
	}
	a := &API{Deps: d, options: o, mux: http.NewServeMux()}
	if o.Reads.Burst > 0 {
		a.reads = ratelimit.New(o.Reads, o.Readers)
	}
	a.huma = humago.New(a.mux, a.config())
	a.huma.UseMiddleware(a.admit)
	a.addSession()
	a.addConversations()
	a.addChanges()
	a.addMessages()
	a.addStaff()
	a.addCustomers()
	a.addAttachments()
	a.addWallet()
	a.addSettings()
	for _, more := range d.More {
		more(a)
	}
	a.finishDocument()
	a.spec = sync.OnceValue(func() []byte {
		spec, err := json.Marshal(a.huma.OpenAPI())
		if err != nil {
			a.Log.Error("the OpenAPI document cannot be written", "error", err)
		}
		return spec
	})
	a.mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(a.spec()) // a reader who has gone is nobody's error
	})
	return a
}

// Mount puts the API into a server's mux.
func (a *API) Mount(mux *http.ServeMux) { mux.Handle("/v1/", a) }

// Document is the OpenAPI document of every operation, in YAML.
func (a *API) Document() ([]byte, error) { return a.huma.OpenAPI().YAML() }

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	defer a.recovered(w, r)
	handler, pattern := a.mux.Handler(r)
	if pattern == "" {
		refusal := &statusOnly{header: w.Header()}
		handler.ServeHTTP(refusal, r)
		writeProblem(w, problemOfRoute(refusal.status))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// recovered answers for a handler that panicked. Below a written answer nothing
// can be added; the connection is cut then, so that nobody takes it for whole.
func (a *API) recovered(w http.ResponseWriter, r *http.Request) {
	found := recover()
	if found == nil {
		return
	}
	if err, ok := found.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	if r.Context().Err() == nil {
		a.Log.Error("a request panicked", "pattern", r.Pattern, "error", fault.OfPanic("api.recovered", found))
	}
	if w.Header().Get("Content-Type") != "" {
		panic(http.ErrAbortHandler)
	}
	writeProblem(w, problemOf(fault.New(fault.Internal, "api.recovered", "panic")))
}

// statusOnly keeps the status and the headers of an answer and drops its words.
type statusOnly struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (s *statusOnly) Header() http.Header { return s.header }

// WriteHeader implements http.ResponseWriter.
func (s *statusOnly) WriteHeader(status int) { s.status = status }

// Write implements http.ResponseWriter.
func (s *statusOnly) Write(p []byte) (int, error) { return len(p), nil }

// The ways in which a request may be signed, as the document names them.
const (
	byCookie = "cookie"
	byBearer = "bearer"
)

func (a *API) config() huma.Config {
	// Nothing else is registered: what is not JSON by our rules is not read.
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: strictjson.Decode}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Kefu", Version: "1",
				Description: "The interface of the desk. Times are microseconds since 1970 in UTC. Lists are paged by a cursor. " +
					"Every error is a problem (RFC 9457) with a code; its text is constant.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					byCookie: {Type: "apiKey", In: "cookie", Name: a.Carrier.CookieName(), Description: "for browsers"},
					byBearer: {Type: "http", Scheme: "bearer", Description: "the token of a session of staff"},
					byKey:    {Type: "http", Scheme: "bearer", BearerFormat: apikey.Prefix + "…", Description: "an API key, for programs: an operation names the scope that it needs; one without this scheme is for no key"},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{constantWords},
	}
}

// open marks an operation that needs no session. What is not marked needs one.
const open = "open"

// Free is the mark of such an operation, for a package beside this one.
func Free() map[string]any { return map[string]any{open: true} }

// Add is add for a package of operations beside this one.
func Add[I, O any](a *API, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	add(a, op, handler)
}

// add registers an operation. A handler's error is turned into a problem here
// and nowhere else.
func add[I, O any](a *API, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	op.MaxBodyBytes = maxBody + 1 // admit has measured it already
	op.BodyReadTimeout = -1       // and read it
	if op.Metadata[open] == nil {
		op.Security = security(op.OperationID)
	}
	op.Responses = map[string]*huma.Response{"default": {
		Description: "What went wrong",
		Content: map[string]*huma.MediaType{problemType: {
			Schema: &huma.Schema{Ref: "#/components/schemas/Problem"},
		}},
	}}
	id := op.OperationID
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if needs := a.decided(in, id, err); needs != nil {
			return nil, needs
		}
		if err != nil {
			return nil, a.problem(id, err)
		}
		return out, nil
	})
}

// problem is the answer to an error, which is logged here if it is ours.
func (a *API) problem(operation string, err error) *Problem {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		a.Log.Error("a request failed", "operation", operation, "error", err)
	}
	return p
}

// finishDocument puts our problem in the place of huma's own error model.
func (a *API) finishDocument() {
	schemas := a.huma.OpenAPI().Components.Schemas
	schemas.Schema(typeOf[Problem](), true, "Problem")
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
}
