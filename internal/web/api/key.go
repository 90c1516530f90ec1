package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
	"kefu/internal/web/scope"
)

// Keys lets programs in.
type Keys interface {
	Resolve(ctx context.Context, secret string, from netip.Addr) (identity.Principal, error)
}

// byKey is the way in of programs, as the document names it.
const byKey = "key"

// security is what the document says of who may ask for an operation.
func security(operation string) []map[string][]string {
	all := []map[string][]string{{byCookie: {}}, {byBearer: {}}}
	oneOf, ok := scope.For(operation)
	switch {
	case !ok:
	case operation == "own-key": // nobody else has one
		return []map[string][]string{{byKey: {}}}
	default:
		for _, s := range oneOf {
			all = append(all, map[string][]string{byKey: {string(s)}})
		}
	}
	return all
}

// scopeProblem names the scopes, for whoever wrote the program (RFC 6750 section 3.1).
func scopeProblem(e *scope.Error) *Problem {
	p := newProblem(http.StatusForbidden, "forbidden")
	if len(e.OneOf) == 0 {
		p.Field, p.Reason = "key", "not_for_keys"
		return p
	}
	names := make([]string, len(e.OneOf))
	for i, s := range e.OneOf {
		names[i] = string(s)
	}
	p.Field, p.Reason = "scope", strings.Join(names, " or ")
	p.challenge = `Bearer error="insufficient_scope", scope="` + names[0] + `"`
	return p
}

// program finds out which program asks for an operation, and whether its key is for
// it.
func (a *API) program(in *admitted, operation *huma.Operation) error {
	if a.Keys == nil {
		return fault.New(fault.Unauthenticated, "api.program", "there are no keys")
	}
	var err error
	if in.who, err = a.Keys.Resolve(in.ctx, in.token, a.Carrier.Peer(in.request)); err != nil {
		return err
	}
	return scope.Admit(in.who, operation.OperationID)
}

// isKey tells whether what a request carries is a key. A cookie never holds one.
func isKey(in *admitted) bool { return !in.byCookie && apikey.Looks(in.token) }

// keyProblem answers who came with a key that opens nothing.
func keyProblem(p *Problem, err error) *Problem {
	if field := fault.FieldOf(err); p.Status == http.StatusUnauthorized && field == "key" || p.Status == http.StatusForbidden && (field == "address" || field == "proof") {
		p.Field, p.Reason = field, plainField(fault.ReasonOf(err))
	}
	if p.Status == http.StatusUnauthorized && p.Field == "key" {
		p.challenge = `Bearer error="invalid_token"`
	}
	return p
}
