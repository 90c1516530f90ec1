package app

import (
	"context"

	"kefu/internal/connector/hook"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/rule"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/webhook"
	"kefu/internal/flow/following"
	"kefu/internal/flow/notifying"
	"kefu/internal/flow/ruling"
	"kefu/internal/platform/egress"
)

// connectTelling builds what tells other systems, and what acts by the operator's
// rules.
func (a *App) connectTelling() {
	poster := hook.New(egress.Options{Private: a.Config.Webhooks.Private, Timeout: a.Config.Webhooks.Timeout})
	a.sender = notifying.NewSender(a.Store, a.endpoints, poster, a.now, a.Log)
	a.webhooks = notifying.NewDesk(a.Store, a.endpoints, a.sender.Wake, a.now)
	a.settings.Listen(func(*settings.Snapshot) { a.sender.Wake() })
	planner := notifying.NewPlanner(a.Store, a.sender.Wake)
	tell := func(s *settings.Snapshot) { planner.Use(endpointsOf(s)) }
	a.settings.Listen(tell)
	tell(a.settings.Snapshot())
	// Few at a time: each may make a delivery for every webhook, in one transaction.
	a.follow(following.Options{Name: notifying.Follower, AtEnd: true, Room: 512, Page: 256}, planner)

	last := a.settings.Snapshot()
	a.settings.Listen(func(s *settings.Snapshot) {
		a.realtime.Changed(settings.Changed(last, s)...)
		last = s
	})

	teams := func(id string) (string, bool) {
		team, found := settings.Find[routing.Team](a.settings.Snapshot(), id)
		return team.Value.Name, found && !team.Archived
	}
	rules := ruling.NewWorker(a.Store, teams, a.Log)
	use := func(s *settings.Snapshot) { rules.Use(rulesOf(s)) }
	a.settings.Listen(use)
	use(a.settings.Snapshot())
	// Few at a time: each may give a few commands, which wait for commits, and all that
	// were handed over together are handed over again when it takes too long.
	a.follow(following.Options{Name: ruling.Follower, AtEnd: true, Room: 256, Page: 64}, rules)
}

// endpoints are the webhooks that are set up now.
func (a *App) endpoints() []notifying.Endpoint { return endpointsOf(a.settings.Snapshot()) }

func endpointsOf(s *settings.Snapshot) []notifying.Endpoint {
	all := settings.All[webhook.Endpoint](s)
	endpoints := make([]notifying.Endpoint, len(all))
	for i, e := range all {
		endpoints[i] = notifying.Endpoint{ID: e.ID, Endpoint: e.Value}
	}
	return endpoints
}

func rulesOf(s *settings.Snapshot) []rule.Numbered {
	all := settings.All[rule.Rule](s)
	rules := make([]rule.Numbered, len(all))
	for i, r := range all {
		rules[i] = rule.Numbered{ID: r.ID, Rule: r.Value}
	}
	return rules
}

func (a *App) purgeWebhooks(ctx context.Context) error {
	_, err := a.Store.PurgeWebhooks(ctx)
	return err
}
