package app

import (
	"net/http"

	"kefu/internal/app/articles"
	"kefu/internal/domain/official"
	"kefu/internal/domain/organisation"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/takedown"
	"kefu/internal/flow/vouching"
	"kefu/internal/web/session"
	"kefu/internal/web/verify"
)

// officials is the register of the house's channels as it is now.
func (a *App) officials() *official.Book { return official.BookOf(a.settings.Snapshot(), a.now) }

// vouching lets customers and those who contact them know one another.
func (a *App) vouching() *vouching.Service { return vouching.New(a.Store, a.intake.Clean) }

// micros is now, in microseconds.
func (a *App) micros() int64 { return a.now().UnixMicro() }

// mountPublic puts the pages that anybody may read on the desk's host: what is ours, and help.
func (a *App) mountPublic(desk *http.ServeMux, carrier *session.Carrier, o origins) error {
	help := articles.New(articles.Parts{
		Settings: a.settings.Snapshot, Channels: a.officials, Laws: a.cases.Book, Wallet: a.charging(), Flows: a.flows, Service: a.service, Queue: a.queue.Last,
		Clock: a.now, Log: a.Log, Limited: a.metrics.Limited, Keys: a.Config.Limits.Keys,
	})
	if err := help.Mount(desk, articles.Hosts{Base: o.desk(), Frame: o.frame()}, carrier.Peer); err != nil {
		return err
	}
	return verify.Mount(desk, verify.Deps{
		Book:   a.officials,
		House:  func() string { return settings.One[organisation.Organisation](a.settings.Snapshot()).Name },
		Report: takedown.New(a.intake, a.officials, a.settings.Snapshot).Report,
		Peer:   carrier.Peer, Window: o.frame() + "/frame", Clock: a.now, Log: a.Log, Limited: a.metrics.Limited, Keys: a.Config.Limits.Keys,
	})
}

// charging is the wallet as what tells its fees; nil where there is none.
func (a *App) charging() articles.Charging {
	if c, ok := a.wallet.(articles.Charging); ok {
		return c
	}
	return nil
}
