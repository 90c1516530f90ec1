// Package approving lets members of staff decide what colleagues asked for. Who may
// decide what, and that it is done once, is seen to where requests are kept; what
// people write passes the secret guard here.
package approving

import (
	"context"

	"kefu/internal/domain/approval"
	"kefu/internal/domain/identity"
)

// Store keeps the requests.
type Store interface {
	ListApprovals(ctx context.Context, p identity.Principal, waiting bool, after string, limit int) ([]approval.Request, error)
	Approval(ctx context.Context, p identity.Principal, id string) (approval.Request, error)
	MayDecide(p identity.Principal, r approval.Request) bool
	Approve(ctx context.Context, p identity.Principal, id, hash string) (approval.Request, error)
	Reject(ctx context.Context, p identity.Principal, id, reason string) error
	Withdraw(ctx context.Context, p identity.Principal, id string) error
}

// Seen is a request as somebody sees it.
type Seen struct {
	approval.Request
	MayDecide   bool
	MayWithdraw bool
}

// Service is the use case. It is safe for concurrent use.
type Service struct {
	store Store
	clean func(ctx context.Context, text string) (string, error)
	after func(ctx context.Context) // told when a request was carried out
}

// New makes a Service over a store and the secret guard. After is called when a
// request was carried out, so that what it changed counts at once; it may be nil.
func New(store Store, clean func(ctx context.Context, text string) (string, error), after func(context.Context)) *Service {
	if after == nil {
		after = func(context.Context) {}
	}
	return &Service{store: store, clean: clean, after: after}
}

// List gives the requests that wait, or those that were decided, the newest first.
// Errors: Forbidden.
func (s *Service) List(ctx context.Context, p identity.Principal, waiting bool, after string, limit int) ([]Seen, error) {
	all, err := s.store.ListApprovals(ctx, p, waiting, after, limit)
	if err != nil {
		return nil, err
	}
	seen := make([]Seen, len(all))
	for i, r := range all {
		seen[i] = s.seen(p, r)
	}
	return seen, nil
}

// Get finds a request. Errors: NotFound, Forbidden.
func (s *Service) Get(ctx context.Context, p identity.Principal, id string) (Seen, error) {
	r, err := s.store.Approval(ctx, p, id)
	if err != nil {
		return Seen{}, err
	}
	return s.seen(p, r), nil
}

func (s *Service) seen(p identity.Principal, r approval.Request) Seen {
	return Seen{Request: r, MayDecide: s.store.MayDecide(p, r), MayWithdraw: r.State == approval.Pending && r.MakerID == p.ID}
}

// Approve carries out what p has seen under a hash. Errors: as the store's.
func (s *Service) Approve(ctx context.Context, p identity.Principal, id, hash string) error {
	if _, err := s.store.Approve(ctx, p, id, hash); err != nil {
		return err
	}
	s.after(ctx)
	return nil
}

// Reject refuses a request and says why, in words without secrets. Errors: as the
// store's.
func (s *Service) Reject(ctx context.Context, p identity.Principal, id, reason string) error {
	clean, err := s.clean(ctx, reason)
	if err != nil {
		return err
	}
	return s.store.Reject(ctx, p, id, clean)
}

// Withdraw takes back a request of p's own. Errors: as the store's.
func (s *Service) Withdraw(ctx context.Context, p identity.Principal, id string) error {
	return s.store.Withdraw(ctx, p, id)
}
