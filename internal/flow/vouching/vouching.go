// Package vouching lets customers and those who contact them know one another: by codes
// from us, and by phrases of theirs. Who may what is decided where it is kept
// (storage/contacts); what customers write passes the guard here.
package vouching

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
)

// Store keeps contacts and phrases.
type Store interface {
	Vouch(ctx context.Context, p identity.Principal, conv string, channel vouch.Channel, purpose vouch.Purpose) (vouch.Contact, error)
	ContactOf(ctx context.Context, p identity.Principal, conv string) (vouch.Contact, bool, error)
	EndContact(ctx context.Context, p identity.Principal, conv string) error
	OwnContacts(ctx context.Context, p identity.Principal) ([]vouch.Contact, error)
	SeeContact(ctx context.Context, p identity.Principal, contact string) error
	CheckCode(ctx context.Context, p identity.Principal, code string, channel vouch.Channel) (vouch.Checked, error)
	SetPhrase(ctx context.Context, p identity.Principal, text string) error
	ForgetPhrase(ctx context.Context, p identity.Principal) error
	OwnPhrase(ctx context.Context, p identity.Principal) (vouch.Phrase, error)
	RevealPhrase(ctx context.Context, p identity.Principal, conv string) (vouch.Phrase, error)
	ContactFigures(ctx context.Context, p identity.Principal, from, to int64) (vouch.Figures, error)
}

// Service is the store with the guard before it.
type Service struct {
	Store
	clean func(ctx context.Context, text string) (string, error)
}

// New makes a Service; clean takes secrets out of a text.
func New(store Store, clean func(context.Context, string) (string, error)) *Service {
	return &Service{store, clean}
}

// SetPhrase keeps a customer's own phrase. One that holds a secret is refused: people take
// what they know by heart, and that is a password. Errors: Invalid with the field phrase;
// those of the store.
func (s *Service) SetPhrase(ctx context.Context, p identity.Principal, text string) error {
	const op = "vouching.SetPhrase"
	text, err := vouch.CheckPhrase(text)
	if err != nil {
		return err
	}
	cleaned, err := s.clean(ctx, text)
	if err != nil {
		return err
	}
	if cleaned != text {
		return fault.InvalidFor(op, "phrase", "secret", "holds a secret")
	}
	return s.Store.SetPhrase(ctx, p, text)
}
