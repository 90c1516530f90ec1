package storage_test

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/insider"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// insiderRules are about a finding that is there not, about nobody: who has one is tried in
// package insiders.
func insiderRules() []rule {
	ctx := context.Background()
	const judges, houses = "supervisor owner", "admin owner"
	decoy := insider.NewCanary{Name: "Ann", Language: "en", Words: []string{"hello"}, Ago: 86_400_000_000}
	return []rule{
		{"Findings", judges + " auditor compliance", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Findings(ctx, p, false, "", 10)
			return err
		}},
		{"Finding", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: judges + " auditor compliance"}, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.Finding(ctx, p, id.New())
			return err
		}},
		{"Decide", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: judges}, func(sc *scene, p identity.Principal) error {
			return sc.Decide(ctx, p, id.New(), insider.Explain, "asked by the supervisor")
		}},
		{"WatchStanding", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.WatchStanding(ctx, p)
			return err
		}},
		{"ChainSince", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, _, err := sc.ChainSince(ctx, p, 0, 10)
			return err
		}},
		{"DoingsBetween", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.DoingsBetween(ctx, p, 0, 0, 1, 10)
			return err
		}},
		{"KeepStep", "", fault.Forbidden, map[fault.Code]string{fault.Conflict: "system"}, func(sc *scene, p identity.Principal) error {
			_, err := sc.KeepStep(ctx, p, insider.Stretch{From: 1 << 40, To: 1 << 41})
			return err
		}},
		{"ToFree", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ToFree(ctx, p)
			return err
		}},
		{"Freed", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.Freed(ctx, p, id.New()) }},
		{"ForgetDoings", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ForgetDoings(ctx, p, 10)
			return err
		}},
		{"DecoyTalks", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.DecoyTalks(ctx, p)
			return err
		}},
		{"AddDecoy", houses, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.AddDecoy(ctx, p, id.New(), id.New(), decoy) }},
		{"AddDecoyTalk", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: houses}, func(sc *scene, p identity.Principal) error {
			return sc.AddDecoyTalk(ctx, p, conversation.State{ID: id.New(), CustomerID: id.New()}, nil)
		}},
		{"MayAddTalk", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: houses}, func(sc *scene, p identity.Principal) error {
			return sc.MayAddTalk(ctx, p, conversation.State{ID: id.New(), CustomerID: id.New()})
		}},
		{"Decoys", houses, fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.Decoys(ctx, p)
			return err
		}},
		{"RetireDecoy", "", fault.Forbidden, map[fault.Code]string{fault.NotFound: houses}, func(sc *scene, p identity.Principal) error { return sc.RetireDecoy(ctx, p, id.New()) }},
		{"OwnLooks", "own other", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.OwnLooks(ctx, p, 0, 10)
			return err
		}},
	}
}
