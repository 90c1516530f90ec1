// Package apikeys gives programs of the operator their keys, and lets them in by
// them. A key is shown once, to whoever asked for it; what is kept of it is a keyed
// digest.
package apikeys

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"

	"kefu/internal/domain/apikey"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
)

// Store keeps the keys.
type Store interface {
	AddKey(ctx context.Context, p identity.Principal, n apikey.New) error
	ListKeys(ctx context.Context, p identity.Principal, revoked bool, after string, limit int) ([]apikey.Key, error)
	OwnKey(ctx context.Context, p identity.Principal) (apikey.Key, error)
	KeyBy(ctx context.Context, digest string, from netip.Addr) (apikey.Key, error)
	RevokeKey(ctx context.Context, p identity.Principal, id string) error
}

// Prover knows whether the holder of a session has proved lately who they are.
type Prover interface {
	Fresh(ctx context.Context, token string) error
}

// Deps are what the service works with.
type Deps struct {
	Store   Store
	Prover  Prover
	Clean   func(name string) string // takes secrets out of what somebody called a program
	Digests []byte                   // the key of the digests
	Clock   clock.Clock
	Limited func(limit string) // told the name of a limit that refused; may be nil
}

// Service is the use case. It is safe for concurrent use.
type Service struct {
	Deps
	requests *ratelimit.Limiter
}

// New makes a Service in which each key may make so many requests.
func New(d Deps, requests ratelimit.Limit) *Service {
	return &Service{Deps: d, requests: ratelimit.New(requests, 4*apikey.MaxKeys)}
}

// Wanted is a key that somebody asks for.
type Wanted struct {
	Name      string
	Scopes    []identity.Scope
	Networks  []string
	ExpiresAt int64 // microseconds; 0: never
}

// Made is a key that was made, or waits for a second person. Its secret is told
// nowhere else, and never again.
type Made struct {
	ID, Secret string
	Approval   string // the request under which it waits; "" when it may be used
}

// Make makes a key for p, whose session has the token. Errors: Forbidden, with the
// field proof when p has to prove once more who they are; Invalid; Conflict.
func (s *Service) Make(ctx context.Context, p identity.Principal, token string, w Wanted) (Made, error) {
	const op = "apikeys.Make"
	if !policy.Allow(p, policy.ManageKeys, policy.Object{}) { // whom a proof would not help
		return Made{}, fault.New(fault.Forbidden, op, "%s %s may not manage keys", p.Kind, p.Role)
	}
	if err := s.Prover.Fresh(ctx, token); err != nil {
		if fault.Is(err, fault.Forbidden) {
			return Made{}, &fault.Error{Code: fault.Forbidden, Op: op, Field: "proof", Reason: "missing", Message: "the last proof of who they are is too old", Err: err}
		}
		return Made{}, err
	}
	secret := apikey.Secret()
	n := apikey.New{
		ID: id.New(), Name: s.Clean(strings.TrimSpace(w.Name)), Scopes: w.Scopes, Networks: w.Networks, ExpiresAt: w.ExpiresAt, Digest: s.digest(secret),
	}
	made := Made{ID: n.ID, Secret: secret}
	err := s.Store.AddKey(ctx, p, n)
	var pending *approval.PendingError
	if errors.As(err, &pending) {
		made.Approval = pending.ID
		return made, nil
	}
	if err != nil {
		return Made{}, err
	}
	return made, nil
}

// List gives keys, the newest first. Errors: Forbidden.
func (s *Service) List(ctx context.Context, p identity.Principal, revoked bool, after string, limit int) ([]apikey.Key, error) {
	return s.Store.ListKeys(ctx, p, revoked, after, limit)
}

// Own is the key that p acts with. Errors: Forbidden.
func (s *Service) Own(ctx context.Context, p identity.Principal) (apikey.Key, error) {
	return s.Store.OwnKey(ctx, p)
}

// Revoke ends a key at once. Errors: Forbidden, NotFound.
func (s *Service) Revoke(ctx context.Context, p identity.Principal, id string) error {
	return s.Store.RevokeKey(ctx, p, id)
}

// Resolve tells which program a key belongs to that comes from an address. The digest
// is looked up, not the secret, so that how long it takes tells nothing of one.
// Errors: Unauthenticated and Forbidden, with field and reason; a
// *intake.LimitedError when the key has asked too much.
func (s *Service) Resolve(ctx context.Context, secret string, from netip.Addr) (identity.Principal, error) {
	found, err := s.Store.KeyBy(ctx, s.digest(secret), from)
	if err != nil {
		return identity.Principal{}, err
	}
	if wait := s.requests.Allow(found.ID, 1, s.Clock()); wait > 0 {
		if s.Limited != nil {
			s.Limited("key_requests")
		}
		return identity.Principal{}, &intake.LimitedError{RetryAfter: wait}
	}
	return found.Principal(), nil
}

func (s *Service) digest(secret string) string {
	mac := hmac.New(sha256.New, s.Digests)
	mac.Write([]byte(secret))
	return hex.EncodeToString(mac.Sum(nil))
}
