package app

import (
	"context"
	"time"

	"kefu/internal/app/demolife"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/platform/fault"
	"kefu/internal/storage"
)

// snoozedFor is when the demo's agents come back to what they put off.
const snoozedFor = 40 * time.Hour

// seedLife gives an empty store a past. It is one commit: a start that was
// interrupted did all of it or nothing.
func (a *App) seedLife(ctx context.Context) error {
	if begun, err := a.Store.ConversationsBegun(ctx, identity.SystemPart("demo"), 1); err != nil || len(begun) > 0 {
		return err
	}
	agents, err := a.demoAgents(ctx)
	if err != nil || len(agents) == 0 {
		return err
	}
	if err := a.seedSettings(ctx); err != nil {
		return err
	}
	life, err := demolife.Invent(a.now(), agents)
	if err != nil {
		return err
	}
	for _, language := range []string{"en", "zh"} {
		var people []storage.ImportedCustomer
		for _, p := range demolife.People() {
			if p.Language == language {
				people = append(people, storage.ImportedCustomer{ID: p.ID, Subject: p.Subject, Name: p.Name})
			}
		}
		if err := a.Store.ImportCustomers(ctx, demoIssuer, language, people); err != nil {
			return err
		}
	}
	for i := range life.Talks {
		life.Talks[i].State.TeamID = demoTeamOf(life.Talks[i].State.Tags)
	}
	if err := a.Store.Import(ctx, life.Talks); err != nil {
		return err
	}
	a.indexer.Reread()
	for _, id := range life.Snoozed {
		_, err := a.Store.Execute(ctx, identity.SystemPart("demo"), id, conversation.Command{
			Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Snoozed, Until: a.now().Add(snoozedFor).UnixMicro()},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// seedSettings sets up the house. What is there already, from a start that was
// interrupted, stays.
func (a *App) seedSettings(ctx context.Context) error {
	return a.seedAll(ctx, demolife.Settings)
}

// seedAll saves some settings of the demo's house.
func (a *App) seedAll(ctx context.Context, of func() ([]settings.Change, error)) error {
	all, err := of()
	if err != nil {
		return err
	}
	for _, c := range all {
		if _, err := a.settings.Save(ctx, identity.SystemPart("demo"), c); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// demoAgents are those of the demo's staff who have helped.
func (a *App) demoAgents(ctx context.Context) ([]demolife.Agent, error) {
	var agents []demolife.Agent
	for m, err := range a.Store.AllStaff(ctx, identity.SystemPart("demo")) {
		if err != nil {
			return nil, err
		}
		if m.Role == identity.Agent && m.DisabledAt == 0 {
			agents = append(agents, demolife.Agent{ID: m.ID, Alias: m.Alias})
		}
	}
	return agents, nil
}
