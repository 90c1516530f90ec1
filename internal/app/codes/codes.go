// Package codes puts together, for package app, what is known of the codes of failed
// payments: the table that the program brings along, what the operator adds to it, and
// the alarm for codes of which neither is certain.
package codes

import (
	"io/fs"

	"kefu/content"
	"kefu/internal/domain/failure"
	"kefu/internal/domain/settings"
	"kefu/internal/flow/configuring"
	"kefu/internal/platform/fault"
)

// Load reads the table. Errors: Invalid.
func Load() (*failure.Table, error) {
	files, err := fs.Sub(content.Failures, "failures")
	if err != nil {
		return nil, fault.Wrap("codes.Load", err)
	}
	return failure.Load(files)
}

// Follow has the table go by what the operator says, from now on.
func Follow(t *failure.Table, s *configuring.Service) {
	s.Listen(func(now *settings.Snapshot) {
		var own []failure.Own
		for _, item := range settings.All[failure.Own](now) {
			own = append(own, item.Value)
		}
		t.Use(own)
	})
}
