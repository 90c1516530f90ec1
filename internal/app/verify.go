package app

import (
	"net/http"

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

// mountVerify puts the public page that says what is ours on the desk's host.
func (a *App) mountVerify(desk *http.ServeMux, carrier *session.Carrier, o origins) error {
	return verify.Mount(desk, verify.Deps{
		Book:   a.officials,
		House:  func() string { return settings.One[organisation.Organisation](a.settings.Snapshot()).Name },
		Report: takedown.New(a.intake, a.officials, a.settings.Snapshot).Report,
		Peer:   carrier.Peer, Window: o.frame() + "/frame", Clock: a.now, Log: a.Log, Limited: a.metrics.Limited, Keys: a.Config.Limits.Keys,
	})
}
