package storage_test

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/vouch"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// contactRules are about who contacts a customer, in a conversation that is nobody's: who
// has one is tried in package contacts.
func contactRules() []rule {
	ctx := context.Background()
	const customers = "own other"
	hidden := map[fault.Code]string{fault.NotFound: "outsider"}
	return []rule{
		{"Vouch", "", fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error {
			_, err := sc.Vouch(ctx, p, sc.conv, vouch.Chat, vouch.Question)
			return err
		}},
		{"ContactOf", workers, fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.ContactOf(ctx, p, sc.conv)
			return err
		}},
		{"EndContact", "", fault.Forbidden, hidden, func(sc *scene, p identity.Principal) error { return sc.EndContact(ctx, p, sc.conv) }},
		{"RevealPhrase", "", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.RevealPhrase(ctx, p, sc.conv)
			return err
		}},
		{"OwnContacts", customers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.OwnContacts(ctx, p)
			return err
		}},
		{"SeeContact", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: customers}, func(sc *scene, p identity.Principal) error { return sc.SeeContact(ctx, p, id.New()) }},
		{"CheckCode", customers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.CheckCode(ctx, p, "no code", vouch.Chat)
			return err
		}},
		{"SetPhrase", customers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.SetPhrase(ctx, p, "blue kettle") }},
		{"OwnPhrase", customers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.OwnPhrase(ctx, p)
			return err
		}},
		{"ForgetPhrase", customers, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.ForgetPhrase(ctx, p) }},
		{"ContactFigures", "supervisor owner compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ContactFigures(ctx, p, 0, 1)
			return err
		}},
		{"Expire", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.Expire(ctx, p, 10) }},
		{"EraseContacts", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.EraseContacts(ctx, p, id.New(), 1<<60) }},
	}
}
