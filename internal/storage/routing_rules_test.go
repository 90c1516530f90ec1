package storage_test

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/routing"
	"kefu/internal/platform/fault"
)

// routingRules are who may call what the queue works with.
func routingRules() []rule {
	ctx := context.Background()
	only := func(method, may string, call func(sc *scene, p identity.Principal) error) rule {
		return rule{method, may, fault.Forbidden, nil, call}
	}
	return []rule{
		only("AllDuties", workers+apart+" admin editor auditor system", func(sc *scene, p identity.Principal) error { _, err := sc.AllDuties(ctx, p); return err }),
		only("DutiesOf", workers+apart+" admin editor auditor system", func(sc *scene, p identity.Principal) error { _, err := sc.DutiesOf(ctx, p, sc.member); return err }),
		only("SetDuties", "supervisor owner admin system planner", func(sc *scene, p identity.Principal) error {
			d, err := sc.DutiesOf(ctx, identity.SystemPart("routing"), sc.member)
			if err != nil {
				return err
			}
			return sc.SetDuties(ctx, p, d)
		}),
		only("Presences", "supervisor owner system program planner", func(sc *scene, p identity.Principal) error { _, _, err := sc.Presences(ctx, p); return err }),
		only("PresenceBetween", "supervisor owner system program planner", func(sc *scene, p identity.Principal) error {
			_, err := sc.PresenceBetween(ctx, p, 0, 1, routing.Presence{}, 1)
			return err
		}),
		only("SetPresence", "supervisor owner system", func(sc *scene, p identity.Principal) error {
			return sc.SetPresence(ctx, p, routing.Presence{StaffID: sc.member, State: routing.Away})
		}),
		only("SetPresence", workers+" outsider system", func(sc *scene, p identity.Principal) error {
			own := p.ID
			if p.Kind == identity.System {
				own = sc.member
			}
			return sc.SetPresence(ctx, p, routing.Presence{StaffID: own, State: routing.Available})
		}),
		only("WaitingPage", "system", func(sc *scene, p identity.Principal) error {
			_, _, err := sc.WaitingPage(ctx, p, conversation.InboxKey{}, 0, 1)
			return err
		}),
		only("HeldBy", "system", func(sc *scene, p identity.Principal) error { _, err := sc.HeldBy(ctx, p, sc.member, 0, 1); return err }),
		only("OfferBrief", workers+" outsider", func(sc *scene, p identity.Principal) error {
			_, err := sc.OfferBrief(ctx, p, sc.conv, p.ID)
			return err
		}),
		only("OfferBrief", "", func(sc *scene, p identity.Principal) error { // it is offered to somebody else
			_, err := sc.OfferBrief(ctx, p, sc.conv, sc.start(visitor()).ID)
			return err
		}),
		only("LastAgent", "system", func(sc *scene, p identity.Principal) error {
			_, err := sc.LastAgent(ctx, p, sc.own.ID, sc.conv, 0)
			return err
		}),
		only("KeepPromises", "system", func(sc *scene, p identity.Principal) error { return sc.KeepPromises(ctx, p, nil) }),
		only("OpenPromises", "system", func(sc *scene, p identity.Principal) error { _, err := sc.OpenPromises(ctx, p, 1); return err }),
		only("WaitingOf", "system", func(sc *scene, p identity.Principal) error { _, err := sc.WaitingOf(ctx, p, nil); return err }),
		only("PromisesKept", "supervisor owner system program planner", func(sc *scene, p identity.Principal) error { _, err := sc.PromisesKept(ctx, p, nil); return err }),
		only("Learned", "system", func(sc *scene, p identity.Principal) error { _, err := sc.Learned(ctx, p); return err }),
		only("SaveLearned", "system", func(sc *scene, p identity.Principal) error { return sc.SaveLearned(ctx, p, []byte("{}")) }),
	}
}
