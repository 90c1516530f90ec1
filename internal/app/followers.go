package app

import (
	"context"

	"kefu/internal/app/casework"
	"kefu/internal/domain/event"
	cases "kefu/internal/flow/casework"
	"kefu/internal/flow/following"
	"kefu/internal/platform/lifecycle"
)

// follow adds a follower of the log. What it is about says o.Name.
func (a *App) follow(o following.Options, to following.Consumer) *following.Follower {
	o.Clock, o.Log = a.now, a.Log
	f := following.New(a.Store, to, o)
	a.followers = append(a.followers, follower{o.Name, f})
	return f
}

// follower is a follower of the log with its name.
type follower struct {
	name string
	*following.Follower
}

// connectCases builds what leads disputes and complaints; what a flow hands over becomes
// a case behind the log.
func (a *App) connectCases() (err error) {
	a.cases, err = casework.New(casework.Parts{Store: a.Store, Intake: a.intake, Law: a.Config.Cases.Jurisdiction, Clock: a.now, Log: a.Log, Metrics: a.metrics})
	if err == nil {
		// Few at a time: each may open a case, in a commit of its own.
		a.follow(following.Options{Name: cases.Name, AtEnd: true, Room: 256, Page: 64}, a.cases)
	}
	return err
}

// followersCommitted tells all followers of a commit.
func (a *App) followersCommitted(c event.Commit) {
	for _, f := range a.followers {
		f.Committed(c)
	}
}

// followerWorkers run the followers.
func (a *App) followerWorkers() (all []lifecycle.Worker) {
	for _, f := range a.followers {
		all = append(all, lifecycle.Worker{Name: "follower " + f.name, Run: f.Run})
	}
	return all
}

// measureFollowers sets how far each is behind.
func (a *App) measureFollowers(context.Context) error {
	for _, f := range a.followers {
		waits, reading := f.Lag()
		a.metrics.Follower(f.name, waits, reading)
	}
	return nil
}
