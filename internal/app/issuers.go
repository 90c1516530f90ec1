package app

import (
	"kefu/internal/app/issuing"
	"kefu/internal/domain/settings"
	"kefu/internal/domain/trust"
)

// connectSigners lets settings say who signs, now and after each change.
func (a *App) connectSigners() error {
	s := issuing.NewSigners(a.Config.Identity, a.issuers)
	a.settings.Listen(func(snapshot *settings.Snapshot) {
		if err := s.Follow(snapshot); err != nil {
			a.Log.Error("who signs customers' tokens could not be changed; the last ones count", "error", err)
		}
	})
	return s.Follow(a.settings.Snapshot())
}

// embedders are the origins of the pages that may hold the window.
func (a *App) embedders() []string {
	set := settings.One[trust.Embedding](a.settings.Snapshot()).Origins
	return append(a.Config.Origins.Embed[:len(a.Config.Origins.Embed):len(a.Config.Origins.Embed)], set...)
}
