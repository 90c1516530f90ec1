package storage_test

import (
	"context"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// privacyRules are about erasing a customer: the part that does it, and who leads it may
// see how far it is.
func privacyRules() []rule {
	ctx := context.Background()
	const does = "system"
	return []rule{
		{"BeginErasure", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: does}, func(sc *scene, p identity.Principal) error {
			_, err := sc.BeginErasure(ctx, p, privacy.Erasure{CustomerID: id.New()})
			return err
		}},
		{"Erasure", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: does + " supervisor owner privacy"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.Erasure(ctx, p, sc.own.ID)
			return err
		}},
		{"AskErasure", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: "supervisor owner privacy"}, func(sc *scene, p identity.Principal) error {
			return sc.AskErasure(ctx, p, id.New())
		}},
		{"DueErasures", does, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.DueErasures(ctx, p, 1)
			return err
		}},
		{"DelayErasure", does, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.DelayErasure(ctx, p, privacy.Erasure{CustomerID: id.New()}, 1, nil)
		}},
		{"KeepErasure", "", fault.Forbidden, map[fault.Code]string{fault.Conflict: does}, func(sc *scene, p identity.Principal) error {
			return sc.KeepErasure(ctx, p, privacy.Erasure{CustomerID: id.New()}, privacy.Plan{})
		}},
		{"HeldOf", does, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.HeldOf(ctx, p, sc.own.ID, privacy.Messages, 1, nil)
			return err
		}},
		{"RunsOfCustomer", does, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.RunsOfCustomer(ctx, p, sc.own.ID, "", 1)
			return err
		}},
		{"Standstill", "own system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Standstill(ctx, p, sc.own.ID)
			return err
		}},
		{"TalkOf", does, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.TalkOf(ctx, p, sc.own.ID, 1, "", 1)
			return err
		}},
		{"EraseTalk", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: does}, func(sc *scene, p identity.Principal) error {
			_, err := sc.EraseTalk(ctx, p, sc.own.ID, id.New(), 1, privacy.CaseMark{})
			return err
		}},
		{"EraseProfile", does, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.EraseProfile(ctx, p, id.New(), 1, true, true, privacy.CaseMark{})
		}},
	}
}
