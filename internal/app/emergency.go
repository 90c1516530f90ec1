package app

import (
	"context"
	"time"

	"kefu/internal/domain/identity"
	"kefu/internal/web/emergencyapi"
)

// alarmEvery is how often emergency access is looked at: within it, what is over is taken
// from sessions that are open, and whoever watches the machine hears of what was opened.
const alarmEvery = 5 * time.Second

// alarm ends emergency access whose time is over, and raises the alarm for what is open.
func (a *App) alarm() func(context.Context) error {
	told := map[string]bool{}
	return func(ctx context.Context) error {
		open, err := a.Store.EndEmergencies(ctx, identity.SystemPart("emergency"))
		if err != nil {
			return err
		}
		a.metrics.Emergencies(len(open))
		now := map[string]bool{}
		for _, o := range open {
			if now[o.ID] = true; !told[o.ID] {
				a.Log.Warn("somebody has emergency access: more rights than their role", "staff", o.StaffID, "emergency", o.ID, "asked_by", o.AskedBy, "until", time.UnixMicro(o.UntilAt))
			}
		}
		told = now
		return nil
	}
}

func (a *App) emergencyDeps() emergencyapi.Deps {
	return emergencyapi.Deps{Store: a.Store, Clean: a.intake.Clean, Fresh: a.Desk.Fresh}
}
