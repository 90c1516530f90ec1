package storage_test

import (
	"context"

	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/restriction"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// decisionRules are about what was decided of the rights of staff.
func decisionRules() []rule {
	ctx := context.Background()
	return []rule{
		{"NoteDecisions", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.NoteDecisions(ctx, p, []restriction.Decision{{At: 1, Staff: id.New(), Role: identity.Agent, Action: policy.RevealWallet, Times: 1}})
		}},
		{"DecisionsOf", "supervisor owner admin auditor compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.DecisionsOf(ctx, p, restriction.Query{Limit: 1})
			return err
		}},
		{"ListEmergencies", workers + apart + " admin editor auditor", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ListEmergencies(ctx, p, true)
			return err
		}},
		{"AskedEmergencies", "owner admin supervisor second fraud", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.AskedEmergencies(ctx, p)
			return err
		}},
		{"OpenEmergency", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: "owner"}, func(sc *scene, p identity.Principal) error {
			return sc.OpenEmergency(ctx, p, emergency.Wish{StaffID: id.New(), Minutes: 30, Reason: "payments stand still"})
		}},
		{"CloseEmergency", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: "owner admin system"}, func(sc *scene, p identity.Principal) error {
			return sc.CloseEmergency(ctx, p, id.New())
		}},
		{"EndEmergencies", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.EndEmergencies(ctx, p)
			return err
		}},
		{"ForgetDecisions", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.ForgetDecisions(ctx, p, 1)
		}},
	}
}
