// Package privacyapi is the part of the API about what is kept of a customer: at the desk,
// what an erasure would do and did, and asking for it; in the window, the address under
// which a customer fetches their copy once; and on the files host, that address. It decides
// nothing.
package privacyapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/attachment"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/strictjson"
	"kefu/internal/web/api"
)

// Requests are those about data, and their erasures. Errors: NotFound, also for who may not
// know of a case; Forbidden; Conflict; an approval.PendingError.
type Requests interface {
	Case(ctx context.Context, p identity.Principal, id string) (*cases.Case, error)
	Erasure(ctx context.Context, p identity.Principal, customer string) (privacy.Erasure, error)
	AskErasure(ctx context.Context, p identity.Principal, caseID string) error
}

// Deps are what the desk's side stands on.
type Deps struct {
	Requests Requests
	// Plan says what an erasure of a customer would do now.
	Plan func(ctx context.Context, customer string) (privacy.Plan, error)
	// Begun is told that an erasure may have been begun. It must not block.
	Begun func()
}

type routes struct{ Deps }

// Routes gives the operations, for api.Deps.More.
func Routes(d Deps) func(*api.API) {
	return func(a *api.API) {
		r, tags := &routes{d}, []string{"cases"}
		const one = "/v1/cases/{id}/erasure"
		api.Add(a, huma.Operation{OperationID: "case-erasure", Method: http.MethodGet, Path: one, Summary: "Say what an erasure of the customer would do, or did", Tags: tags}, r.look)
		api.Add(a, huma.Operation{OperationID: "erase-customer", Method: http.MethodPost, Path: one, Summary: "Have the customer erased, as their decided request asks", Tags: tags, DefaultStatus: http.StatusAccepted}, r.erase)
	}
}

type caseInput struct {
	api.Caller
	ID string `path:"id" doc:"of the case, which is a request about data"`
}

// ErasurePart is what becomes of one kind of thing.
type ErasurePart struct {
	Category string   `json:"category"`
	Erased   int64    `json:"erased" doc:"how many go, or went"`
	Kept     int64    `json:"kept" doc:"how many stay"`
	Until    int64    `json:"until,omitempty" doc:"the last day of those that stay; missing: nobody can say yet"`
	Why      []string `json:"why,omitempty" nullable:"false" doc:"open_case, case_law, hold, money; leftover: it was to go and is there still, and is tried again"`
}

// CaseErasure is how far the erasure of a customer is.
type CaseErasure struct {
	State   string        `json:"state" enum:"none,running,partly,whole" doc:"none: nothing was begun, and this is what it would do"`
	BegunAt int64         `json:"begun_at,omitempty"`
	Parts   []ErasurePart `json:"parts" nullable:"false"`
}

type erasureOutput struct{ Body CaseErasure }

// request finds the case of whoever leads such requests.
func (r *routes) request(ctx context.Context, p identity.Principal, id string) (*cases.Case, error) {
	const op = "privacyapi.request"
	c, err := r.Requests.Case(ctx, p, id)
	switch {
	case err != nil:
		return nil, err
	case !policy.Allow(p, policy.LeadPrivacy, policy.Object{CustomerID: c.CustomerID}):
		return nil, fault.New(fault.Forbidden, op, "%s %s does not lead requests about data", p.Kind, p.Role)
	case c.Type != jurisdiction.DataRequest:
		return nil, fault.New(fault.NotFound, op, "it is no request about data")
	}
	return c, nil
}

func (r *routes) look(ctx context.Context, in *caseInput) (*erasureOutput, error) {
	c, err := r.request(ctx, in.Who(), in.ID)
	if err != nil {
		return nil, err
	}
	out := &erasureOutput{Body: CaseErasure{State: "none", Parts: []ErasurePart{}}}
	x, err := r.Requests.Erasure(ctx, in.Who(), c.CustomerID)
	plan := x.Did.And(x.Pass)
	switch {
	case err == nil:
		out.Body.State, out.Body.BegunAt = string(x.State), x.BegunAt
	case fault.Is(err, fault.NotFound):
		if plan, err = r.Plan(ctx, c.CustomerID); err != nil {
			return nil, err
		}
	default:
		return nil, err
	}
	for _, h := range plan {
		if h.Erase == 0 && h.Keep == 0 {
			continue
		}
		part := ErasurePart{Category: string(h.Category), Erased: h.Erase, Kept: h.Keep, Until: h.Until}
		for _, why := range h.Why {
			part.Why = append(part.Why, string(why))
		}
		out.Body.Parts = append(out.Body.Parts, part)
	}
	return out, nil
}

// askedOutput answers with 204 where nobody else has to agree, and with 202 and the address
// of the request where somebody has.
type askedOutput struct {
	Status   int
	Location string `header:"Location" doc:"of 202: the request under which it waits for a second person"`
}

func (r *routes) erase(ctx context.Context, in *caseInput) (*askedOutput, error) {
	if _, err := r.request(ctx, in.Who(), in.ID); err != nil {
		return nil, err
	}
	err := r.Requests.AskErasure(ctx, in.Who(), in.ID)
	var pending *approval.PendingError
	switch {
	case errors.As(err, &pending):
		return &askedOutput{Status: http.StatusAccepted, Location: "/v1/approvals/" + pending.ID}, nil
	case err != nil:
		return nil, err
	}
	r.Begun()
	return &askedOutput{Status: http.StatusNoContent}, nil
}

// Copies are those that customers fetch.
type Copies interface {
	Ticket(ctx context.Context, p identity.Principal, caseID, language string) (token string, until time.Time, err error)
	Fetch(ctx context.Context, token string, begin func() io.Writer) error
}

// Ask answers whoever holds the session of an open connection, or refuses.
type Ask func(w http.ResponseWriter, r *http.Request, answer func(context.Context, identity.Principal) (any, error))

// maxBody bounds what a window sends, in bytes.
const maxBody = 1 << 10

// Mount puts the window's side on the mux of its host. files is the address of the files
// host, without a path.
func Mount(mux *http.ServeMux, all Copies, files string, ask Ask) {
	mux.HandleFunc("POST /rt/cases/{id}/copy", func(out http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(out, r.Body, maxBody)
		ask(out, r, func(ctx context.Context, p identity.Principal) (any, error) {
			var in struct {
				Lang string `json:"lang"`
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, fault.New(fault.Invalid, "privacyapi.Mount", "the body is too large or broke off")
			}
			if err := strictjson.Decode(body, &in); err != nil {
				return nil, err
			}
			token, until, err := all.Ticket(ctx, p, r.PathValue("id"), in.Lang)
			if err != nil {
				return nil, err
			}
			return struct {
				URL       string `json:"url"`
				ExpiresAt int64  `json:"expires_at"`
			}{files + "/copy/" + url.PathEscape(token), until.UnixMicro()}, nil
		})
	})
}

// limit bounds the writing of one copy.
const limit = time.Hour

// MountFiles puts the address of copies on the files host's mux. An address is good once,
// and no copy is shown: a browser saves it.
func MountFiles(mux *http.ServeMux, all Copies) {
	mux.HandleFunc("GET /copy/{token}", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range attachment.SafeHeaders() {
			h.Set(name, value)
		}
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		begun := false
		err := all.Fetch(ctx, r.PathValue("token"), func() io.Writer {
			begun = true
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit)) // where it can be set
			h.Set("Content-Type", "application/zip")
			h.Set("Content-Disposition", `attachment; filename="my-data.zip"`)
			h.Set("Cache-Control", "no-store")
			return w
		})
		switch {
		case err == nil:
		case begun: // it is cut off, and has no signature: it is no copy, and a browser says that it failed
			panic(http.ErrAbortHandler)
		default:
			status := http.StatusNotFound
			switch fault.CodeOf(err) {
			case fault.TooMany:
				status = http.StatusTooManyRequests
			case fault.Internal, fault.Unavailable:
				status = http.StatusServiceUnavailable
			}
			http.Error(w, http.StatusText(status), status)
		}
	})
}
