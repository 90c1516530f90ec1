package app

import (
	"context"
	"encoding/json"

	"kefu/internal/domain/identity"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// pushSecret is what the demo wallet checks Kefu's webhook with. It follows from the
// root secret, so that both sides of the demo know it after every start.
func (a *App) pushSecret() webhook.Secret {
	return a.Ring.Subkey("demo wallet's webhook")[:32]
}

// seedPush lets the demo wallet be told of answers that wait, as an operator would
// set it up. Whoever changes or archives the webhook at the desk keeps it so.
func (a *App) seedPush(ctx context.Context, d *Demo) error {
	by, one := identity.SystemPart("demo"), id.From("demo wallet's webhook")
	_, err := a.settings.Get(ctx, by, "webhook", one)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	body, err := json.Marshal(webhook.Endpoint{Name: "Demo wallet", URL: d.URLs["wallet"] + "hooks/kefu", Events: []webhook.Type{webhook.CustomerUnreached}})
	if err != nil {
		return fault.Wrap("app.seedPush", err)
	}
	if err := a.Store.ReplaceWebhookSecret(ctx, by, one, a.pushSecret()); err != nil {
		return err
	}
	_, err = a.settings.Save(ctx, by, settings.Change{Kind: "webhook", ID: one, Body: body})
	return err
}
