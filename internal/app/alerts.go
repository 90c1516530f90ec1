package app

import (
	"kefu/content"
	"kefu/internal/connector/walletapi"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/rewarding"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/alerting"
	"kefu/internal/flow/claiming"
	"kefu/internal/flow/parting"
)

// alerts tells customers of what their wallet says looks unlike them.
func (a *App) alerts(client *walletapi.Client, issuer string) *alerting.Service {
	return alerting.New(alerting.Deps{
		Wallet: client, Store: a.Store, Intake: a.intake, Runs: a.flows, Clock: a.now, Log: a.Log, Limited: a.metrics.Limited,
		House: a.houseName,
	}, issuer)
}

// partings tells customers of the end of their account.
func (a *App) partings(client *walletapi.Client, issuer string) *parting.Service {
	return parting.New(parting.Deps{Wallet: client, Store: a.Store, Intake: a.intake, House: a.houseName, Clock: a.now, Log: a.Log}, issuer)
}

// claims tells customers how their claims of points ended. Errors: Invalid.
func (a *App) claims(client *walletapi.Client, issuer string) (*claiming.Service, error) {
	words, err := rewarding.Load(content.Points)
	return claiming.New(claiming.Deps{Wallet: client, Store: a.Store, Intake: a.intake, Words: words, House: a.houseName, Clock: a.now}, issuer), err
}

// houseName is the operator as customers know it.
func (a *App) houseName() string {
	return settings.One[organisation.Organisation](a.settings.Snapshot()).Name
}
