package app

import (
	"context"
	"time"

	"kefu/internal/domain/emergency"
	"kefu/internal/domain/identity"
	"kefu/internal/web/emergencyapi"
)

// alarmEvery is how often emergency access is looked at: within it, what is over is taken
// from sessions that are open, and whoever watches the machine hears of what was opened.
const alarmEvery = 5 * time.Second

// alarm ends emergency access whose time is over, and raises the alarm for
// what is open, and for what was and is over before anybody looked.
func (a *App) alarm() func(context.Context) error {
	var known emergency.Alarm
	return func(ctx context.Context) error {
		all, err := a.Store.EndEmergencies(ctx, identity.SystemPart("emergency"))
		if err != nil {
			return err
		}
		news, open := known.Hear(all, a.now().UnixMicro())
		a.metrics.Emergencies(open, len(news))
		for _, o := range news {
			a.Log.Warn("somebody has emergency access, or had it: more rights than their role", "staff", o.StaffID, "emergency", o.ID, "asked_by", o.AskedBy, "until", time.UnixMicro(o.UntilAt), "over", o.EndedAt != 0)
		}
		return nil
	}
}

func (a *App) emergencyDeps() emergencyapi.Deps {
	return emergencyapi.Deps{Store: a.Store, Clean: a.intake.Clean, Fresh: a.Desk.Fresh}
}
