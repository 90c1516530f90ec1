package storage_test

import (
	"context"
	"time"

	"kefu/content"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// run is a run of the scene's customer, kept.
func (s *scene) run() selfservice.Record {
	s.Helper()
	s.must(s.EraseFlowRuns(context.Background(), identity.SystemPart("test"), s.own.ID, 1<<60)) // so that there is room
	n := s.newRun()
	s.must(s.AddFlowRun(context.Background(), s.own, n))
	n.Revision = 1
	return n
}

func (s *scene) newRun() selfservice.Record {
	return selfservice.Record{Run: selfservice.Run{
		ID: id.New(), Flow: "FL2", Digest: "d", ConversationID: s.conv, CustomerID: s.own.ID, Step: "pick", State: selfservice.Asking, StartedAt: s.Clock.Now(),
	}, DueAt: s.Clock.Now().Add(time.Hour)}
}

// runRules are about what customers do for themselves.
func runRules() []rule {
	ctx := context.Background()
	looks, walks := "own system "+workers, "own supervisor owner"
	hidden := map[fault.Code]string{fault.Forbidden: "agent colleague system second fraud disputes"} // who may look, and no more: the conversation is nobody's
	return []rule{
		{"AddFlowRun", walks, fault.NotFound, hidden, func(sc *scene, p identity.Principal) error {
			sc.must(sc.EraseFlowRuns(ctx, identity.SystemPart("test"), sc.own.ID, 1<<60))
			return sc.AddFlowRun(ctx, p, sc.newRun())
		}},
		{"SaveFlowRun", walks + " system", fault.NotFound, hidden, func(sc *scene, p identity.Principal) error { return sc.SaveFlowRun(ctx, p, sc.run()) }},
		{"FlowRun", looks, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.FlowRun(ctx, p, sc.run().ID)
			return err
		}},
		{"SeeFlowRun", "own", fault.NotFound, nil, func(sc *scene, p identity.Principal) error { return sc.SeeFlowRun(ctx, p, sc.run().ID) }},
		{"OpenFlowRuns", "own system supervisor owner second fraud disputes", fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.OpenFlowRuns(ctx, p, sc.own.ID)
			return err
		}},
		{"FlowRunsOf", looks, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.FlowRunsOf(ctx, p, sc.conv)
			return err
		}},
		{"FlowCustomer", looks, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.FlowCustomer(ctx, p, sc.conv)
			return err
		}},
		{"FlowSubject", walks + " system", fault.NotFound, hidden, func(sc *scene, p identity.Principal) error {
			_, err := sc.FlowSubject(ctx, p, sc.conv, sc.own.ID, "wallet")
			return err
		}},
		{"SeeRunFile", workers, fault.NotFound, nil, func(sc *scene, p identity.Principal) error {
			a := conversation.StoredAttachment{Attachment: conversation.Attachment{ID: id.New(), Name: "r.png", Type: "image/png", Size: 1}}
			sc.must(sc.AddAttachment(ctx, sc.own, a))
			n := sc.run()
			n.Slots = map[string]selfservice.Value{"evidence": {Type: selfservice.Files, Files: []selfservice.FileFact{{ID: a.ID}}}}
			sc.must(sc.SaveFlowRun(ctx, sc.own, n))
			return sc.SeeRunFile(ctx, p, a.ID)
		}},
		{"ClaimFlowRuns", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.ClaimFlowRuns(ctx, p, 1, time.Second)
			return err
		}},
		{"DelayFlowRun", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			return sc.DelayFlowRun(ctx, p, sc.run(), sc.Clock.Now())
		}},
		{"WakeFlowRuns", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.WakeFlowRuns(ctx, p, "wallet", "own") }},
		{"AskedFlowRuns", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			_, err := sc.AskedFlowRuns(ctx, p, sc.own.ID)
			return err
		}},
		{"WakeFlowRun", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.WakeFlowRun(ctx, p, sc.run().ID) }},
		{"EraseFlowRuns", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error { return sc.EraseFlowRuns(ctx, p, sc.own.ID, 1<<60) }},
		{"KeepFlow", "system", fault.Forbidden, nil, func(sc *scene, p identity.Principal) error {
			text, err := content.Flows.ReadFile("flows/FL2.yaml")
			sc.must(err)
			d, err := selfservice.Parse(text, selfservice.Reads{})
			sc.must(err)
			return sc.KeepFlow(ctx, p, d)
		}},
	}
}
