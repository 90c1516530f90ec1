package app

import (
	"kefu/internal/domain/insider"
	"kefu/internal/flow/watching"
	"kefu/internal/web/insiderapi"
)

// connectInsiders has the judging of how staff look at customers follow the audit chain.
func (a *App) connectInsiders() {
	limits := insider.DefaultLimits()
	limits.RevealsPerHour, limits.CustomersPerQuarter = a.Config.Insiders.Reveals, a.Config.Insiders.Distinct
	limits.ListedPerHour, limits.FurtherPerHour, limits.AheadPerHour = a.Config.Insiders.Listed, a.Config.Insiders.Further, a.Config.Insiders.Ahead
	limits.ProgramCustomers = a.Config.Insiders.Programs
	a.insiders = watching.New(watching.Deps{
		Chain: a.Store, Store: a.Store, Limits: limits, Act: a.Config.Insiders.Act, Found: a.metrics.StaffFinding, Clock: a.now, Log: a.Log,
	})
}

// insiderDeps are what is told of it, and by whom it is decided.
func (a *App) insiderDeps() insiderapi.Deps {
	return insiderapi.Deps{
		Store: a.Store, Clean: a.intake.Clean, Clock: a.now,
		Decoys: watching.Decoys{Shelf: a.Store, Clean: a.intake.Clean, Index: a.indexer.Committed, Learn: a.insiders.Learn, Clock: a.now},
	}
}
