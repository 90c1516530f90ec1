// Package keyapi is the part of the desk's API about API keys: making, listing and
// revoking those of programs, and what a program may know of its own. It stands on
// package api, which admits the callers, programs too.
package keyapi

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/apikeys"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/api"
)

// Keys makes and ends keys.
type Keys interface {
	Make(ctx context.Context, p identity.Principal, token string, w apikeys.Wanted) (apikeys.Made, error)
	List(ctx context.Context, p identity.Principal, revoked bool, after string, limit int) ([]apikey.Key, error)
	Own(ctx context.Context, p identity.Principal) (apikey.Key, error)
	Revoke(ctx context.Context, p identity.Principal, id string) error
}

// Key is an API key. Its secret was shown when it was made.
type Key struct {
	ID        string           `json:"id"`
	Name      string           `json:"name" doc:"of the program; customers see it on what the program writes"`
	Scopes    []identity.Scope `json:"scopes" nullable:"false" doc:"what it is for"`
	Networks  []string         `json:"networks,omitempty" nullable:"false" doc:"from which it may be used; without, from anywhere"`
	State     apikey.State     `json:"state" enum:"active,expired,suspended,revoked" doc:"suspended: who made it has left or lost the right to; it works again once they are back"`
	CreatedBy *api.Changer     `json:"created_by,omitempty"`
	CreatedAt int64            `json:"created_at"`
	ExpiresAt int64            `json:"expires_at,omitempty" doc:"none: it does not"`
	UsedAt    int64            `json:"used_at,omitempty" doc:"to the minute; none: not yet"`
	RefusedAt int64            `json:"refused_at,omitempty" doc:"when it last came from a network that it is not for"`
	RevokedBy *api.Changer     `json:"revoked_by,omitempty"`
	RevokedAt int64            `json:"revoked_at,omitempty"`
}

// KeyList is a page of keys, the newest first.
type KeyList struct {
	Items []Key  `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"the cursor of the next page, when there is one"`
}

// MadeKey is a key with its secret.
type MadeKey struct {
	ID       string `json:"id"`
	Secret   string `json:"secret" doc:"for the Authorization header, as a Bearer token; it is shown this once"`
	Approval string `json:"approval,omitempty" doc:"the request under which it waits for a second person: until then it opens nothing"`
}

type keysInput struct {
	api.Caller
	Revoked bool   `query:"revoked" doc:"those that were revoked, instead of the others"`
	Cursor  string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit   int    `query:"limit" minimum:"1" maximum:"199" default:"100"`
}

type keysOutput struct{ Body KeyList }

type makeInput struct {
	api.Caller
	Body struct {
		Name      string           `json:"name" minLength:"1" maxLength:"60" doc:"of the program; customers see it on what the program writes"`
		Scopes    []identity.Scope `json:"scopes" nullable:"false" minItems:"1" maxItems:"8" enum:"conversations.read,conversations.change,messages.send,notes.write,customers.read,queue.read,reports.read,audit.read" doc:"what it is for"`
		Networks  []string         `json:"networks,omitempty" nullable:"false" maxItems:"20" doc:"addresses and networks (CIDR) from which it may be used; without, from anywhere"`
		ExpiresAt int64            `json:"expires_at,omitempty" minimum:"0" doc:"at most ten years ahead; without, it does not"`
	}
}

type makeOutput struct {
	Status int
	Body   MadeKey
}

type keyInput struct {
	api.Caller
	ID string `path:"id" doc:"of the key"`
}

type ownInput struct{ api.Caller }

type ownOutput struct{ Body Key }

// Deps are what the operations work with.
type Deps struct {
	Keys  Keys
	Clock clock.Clock
}

type routes struct{ Deps }

// Routes gives the operations, for api.Deps.More.
func Routes(d Deps) func(*api.API) {
	return func(a *api.API) {
		r, tags := &routes{d}, []string{"keys"}
		api.Add(a, huma.Operation{OperationID: "keys", Method: http.MethodGet, Path: "/v1/keys", Summary: "List the API keys of programs", Tags: tags}, r.list)
		api.Add(a, huma.Operation{OperationID: "make-key", Method: http.MethodPost, Path: "/v1/keys", Summary: "Make an API key", Tags: tags, DefaultStatus: http.StatusCreated}, r.make)
		api.Add(a, huma.Operation{OperationID: "revoke-key", Method: http.MethodDelete, Path: "/v1/keys/{id}", Summary: "End an API key at once", Tags: tags}, r.revoke)
		api.Add(a, huma.Operation{OperationID: "own-key", Method: http.MethodGet, Path: "/v1/key", Summary: "Tell a program what its own key is for", Tags: tags}, r.own)
	}
}

func (r *routes) view(k apikey.Key) Key {
	out := Key{
		ID: k.ID, Name: k.Name, Scopes: k.Scopes.List(), State: k.At(clock.Micros(r.Clock())), CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt,
		UsedAt: k.UsedAt, RefusedAt: k.RefusedAt, RevokedAt: k.RevokedAt, CreatedBy: &api.Changer{ID: k.CreatedBy, Name: k.CreatedByName},
	}
	for _, n := range k.Networks {
		out.Networks = append(out.Networks, network(n))
	}
	if k.RevokedAt != 0 {
		out.RevokedBy = &api.Changer{ID: k.RevokedBy, Name: k.RevokedByName}
	}
	return out
}

// network writes a network of one address as that address.
func network(n netip.Prefix) string {
	if n.IsSingleIP() {
		return n.Addr().String()
	}
	return n.String()
}

func (r *routes) list(ctx context.Context, in *keysInput) (*keysOutput, error) {
	if in.Cursor != "" && !id.Valid(in.Cursor) {
		return nil, fault.InvalidField("keyapi.list", "cursor", "was not given out by us")
	}
	all, err := r.Keys.List(ctx, in.Who(), in.Revoked, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &keysOutput{}
	if len(all) > in.Limit {
		all = all[:in.Limit]
		out.Body.Next = all[in.Limit-1].ID
	}
	out.Body.Items = make([]Key, len(all))
	for i, k := range all {
		out.Body.Items[i] = r.view(k)
	}
	return out, nil
}

// make answers 201 when the key may be used, and 202 while it waits.
func (r *routes) make(ctx context.Context, in *makeInput) (*makeOutput, error) {
	made, err := r.Keys.Make(ctx, in.Who(), in.Token(), apikeys.Wanted{
		Name: in.Body.Name, Scopes: in.Body.Scopes, Networks: in.Body.Networks, ExpiresAt: in.Body.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	out := &makeOutput{Status: http.StatusCreated, Body: MadeKey(made)}
	if made.Approval != "" {
		out.Status = http.StatusAccepted
	}
	return out, nil
}

func (r *routes) revoke(ctx context.Context, in *keyInput) (*api.Nothing, error) {
	return &api.Nothing{}, r.Keys.Revoke(ctx, in.Who(), in.ID)
}

// own tells nobody's name: a program needs none.
func (r *routes) own(ctx context.Context, in *ownInput) (*ownOutput, error) {
	k, err := r.Keys.Own(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	out := &ownOutput{Body: r.view(k)}
	out.Body.CreatedBy = nil
	return out, nil
}
