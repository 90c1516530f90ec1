package app

import (
	"context"

	"kefu/internal/domain/event"
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
