package api

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/web/scope"
)

const problemType = "application/problem+json"

// Problem is the body of every error (RFC 9457). Its words are constant: an
// error's own text may hold what its reader must not see.
type Problem struct {
	Type   string `json:"type" doc:"always about:blank: see code"`
	Title  string `json:"title" doc:"the words of the status"`
	Status int    `json:"status"`
	Code   string `json:"code" enum:"invalid,unauthenticated,forbidden,not_found,conflict,merged,too_large,not_supported,rate_limited,unavailable,internal"`
	Field  string `json:"field,omitempty" doc:"the parameter or member that is to blame; of conflict: seen, when the customer has written meanwhile; revision, when somebody else was faster; of forbidden: scope, address, proof or restriction; of unauthenticated: key"`
	Reason string `json:"reason,omitempty" doc:"what is wrong with the field, in a word: missing, too_long, taken …; of scope: the scopes of which an API key needs one; of key: unknown, expired, revoked"`
	Needs  *Needs `json:"needs,omitempty" doc:"of restriction, and of proof where a restriction wants it: what the house asks for"`
	Conv   string `json:"conv,omitempty" doc:"of merged: the conversation to use instead"`

	retryAfter time.Duration
	challenge  string // WWW-Authenticate, for programs
}

// Error implements error.
func (p *Problem) Error() string { return p.Code }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	header := http.Header{}
	if p.retryAfter > 0 {
		header.Set("Retry-After", strconv.FormatInt(max(1, int64(math.Ceil(p.retryAfter.Seconds()))), 10))
	}
	if p.challenge != "" {
		header.Set("WWW-Authenticate", p.challenge)
	}
	return header
}

func newProblem(status int, code string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code}
}

// tooLargeError is a request that is larger than allowed. A fault has no code of
// its own for it.
type tooLargeError struct{ err error }

// Error implements error.
func (e *tooLargeError) Error() string { return "api: too large: " + e.err.Error() }

// Unwrap gives the cause.
func (e *tooLargeError) Unwrap() error { return e.err }

// mediaTypeError is a body of a type that is not read.
type mediaTypeError struct{}

// Error implements error.
func (mediaTypeError) Error() string { return "api: a body of another type" }

// Unwrap makes it a fault of code Invalid.
func (mediaTypeError) Unwrap() error {
	return fault.New(fault.Invalid, "api.readBody", "a body of another type")
}

// How long to wait where an error does not say.
const (
	waitWhenDown = 2 * time.Second
	waitWhenMany = 30 * time.Second
)

// problemOf is the one table from errors to HTTP.
func problemOf(err error) *Problem {
	var merged *conversation.MergedError
	var limited *intake.LimitedError
	var unscoped *scope.Error
	var large *tooLargeError
	var media mediaTypeError
	switch {
	case errors.As(err, &merged):
		p := newProblem(http.StatusConflict, "merged")
		p.Conv = merged.Into
		return p
	case errors.As(err, &unscoped):
		return scopeProblem(unscoped)
	case errors.As(err, &limited):
		p := newProblem(http.StatusTooManyRequests, "rate_limited")
		p.retryAfter = limited.RetryAfter
		return p
	case errors.As(err, &large):
		return newProblem(http.StatusRequestEntityTooLarge, "too_large")
	case errors.As(err, &media):
		return newProblem(http.StatusUnsupportedMediaType, "invalid")
	}
	p := problemOfCode(fault.CodeOf(err))
	if p.Code == "invalid" || p.Code == "conflict" {
		p.Field, p.Reason = plainPath(fault.FieldOf(err)), plainField(fault.ReasonOf(err))
	}
	return keyProblem(p, err)
}

func problemOfCode(code fault.Code) *Problem {
	switch code {
	case fault.Invalid:
		return newProblem(http.StatusUnprocessableEntity, "invalid")
	case fault.Unauthenticated:
		return newProblem(http.StatusUnauthorized, "unauthenticated")
	case fault.Forbidden:
		return newProblem(http.StatusForbidden, "forbidden")
	case fault.NotFound:
		return newProblem(http.StatusNotFound, "not_found")
	case fault.Conflict:
		return newProblem(http.StatusConflict, "conflict")
	case fault.TooMany:
		p := newProblem(http.StatusTooManyRequests, "rate_limited")
		p.retryAfter = waitWhenMany
		return p
	case fault.Unavailable:
		p := newProblem(http.StatusServiceUnavailable, "unavailable")
		p.retryAfter = waitWhenDown
		return p
	default:
		return newProblem(http.StatusInternalServerError, "internal")
	}
}

// problemOfRoute is the answer where no operation stands.
func problemOfRoute(status int) *Problem {
	if status == http.StatusMethodNotAllowed {
		return newProblem(status, "not_supported")
	}
	return newProblem(http.StatusNotFound, "not_found")
}

// constantWords replaces what huma says about a request by our problem: its
// messages and the values it repeats are not for the other side.
func constantWords(_ huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := newProblem(model.Status, "internal")
	switch {
	case model.Status == http.StatusRequestEntityTooLarge:
		p.Code = "too_large"
	case model.Status < http.StatusInternalServerError:
		p.Code = "invalid"
		if len(model.Errors) > 0 && model.Errors[0] != nil {
			p.Field = fieldOf(model.Errors[0].Location)
		}
	}
	return p, nil
}

// fieldOf is the outermost name of a location such as body.tags[3].
func fieldOf(location string) string {
	_, name, found := strings.Cut(location, ".")
	if !found {
		return ""
	}
	if i := strings.IndexAny(name, ".["); i >= 0 {
		name = name[:i]
	}
	return plainField(name)
}

// plainField lets through names as ours are, and nothing that somebody made up to
// be shown elsewhere.
func plainField(name string) string {
	if len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return name
}

// plainPath is plainField for a path of names and positions: hours.2.from.
func plainPath(path string) string {
	for part := range strings.SplitSeq(path, ".") {
		if strings.Trim(part, "0123456789") != "" && plainField(part) == "" {
			return ""
		}
	}
	if len(path) > 100 {
		return ""
	}
	return path
}

// writeProblem answers outside of an operation.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a reader who has gone is nobody's error
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }
