package app

import (
	"kefu/internal/connector/walletapi"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/alerting"
)

// alerts tells customers of what their wallet says looks unlike them.
func (a *App) alerts(client *walletapi.Client, issuer string) *alerting.Service {
	return alerting.New(alerting.Deps{
		Wallet: client, Store: a.Store, Intake: a.intake, Runs: a.flows, Clock: a.now, Log: a.Log, Limited: a.metrics.Limited,
		House: func() string { return settings.One[organisation.Organisation](a.settings.Snapshot()).Name },
	}, issuer)
}
