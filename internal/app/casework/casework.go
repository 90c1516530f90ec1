// Package casework puts together what leads disputes and complaints, for package app: the
// packs of laws that the program brings along, the store and the intake.
package casework

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"kefu/content"
	"kefu/internal/domain/audit"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/attaching"
	flow "kefu/internal/flow/casework"
	"kefu/internal/flow/following"
	"kefu/internal/flow/intake"
	"kefu/internal/flow/upkeep"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/metrics"
	"kefu/internal/storage"
)

// Parts are what the room stands on.
type Parts struct {
	Store   *storage.Store
	Intake  *intake.Service
	Law     string        // that counts where nobody has said another; "" for none
	Chosen  func() string // on screen, in its place; "" for nothing
	Clock   clock.Clock
	Log     *slog.Logger
	Metrics *metrics.Metrics
	Signer  audit.Signer // of evidence packs
	File    func(ctx context.Context, p identity.Principal, id string) (io.ReadCloser, error)
	Follow  func(o following.Options, to following.Consumer) *following.Follower // of the log, for what a flow hands over
}

// Room leads cases.
type Room struct {
	*flow.Service
	parts Parts
}

// New makes the room. Errors: Invalid for packs that are not whole, and for a law of
// which there is no pack.
func New(p Parts) (*Room, error) {
	const op = "casework.New"
	laws, err := fs.Sub(content.Jurisdictions, "jurisdictions")
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	book, err := jurisdiction.Load(laws)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	service, err := flow.New(flow.Deps{Store: p.Store, Intake: p.Intake, Book: book, Law: p.Law, Chosen: p.Chosen, Clock: p.Clock, Log: p.Log, Signer: p.Signer, File: p.File, Rang: func(r cases.Rang) {
		if r.Step == jurisdiction.Broken {
			p.Log.Error("a deadline of a case is broken: somebody has to see to it", "case", r.Case.ID, "clock", r.Clock.Key(), "jurisdiction", r.Case.Jurisdiction)
		}
		p.Metrics.CaseRang(string(r.Step))
	}})
	if err != nil {
		return nil, err
	}
	// Few at a time: each may open a case, in a commit of its own.
	p.Follow(following.Options{Name: flow.Name, AtEnd: true, Room: 256, Page: 64}, service)
	return &Room{service, p}, nil
}

// FilesOf opens files of a service for whoever may read them.
func FilesOf(from *attaching.Service) func(ctx context.Context, p identity.Principal, id string) (io.ReadCloser, error) {
	return func(ctx context.Context, p identity.Principal, id string) (io.ReadCloser, error) {
		link, err := from.Link(ctx, p, id)
		if err != nil {
			return nil, err
		}
		f, err := from.Open(ctx, link.Token)
		return f.Content, err
	}
}

// purged is how many cases are forgotten at once.
const purged = 50

// Work lets clocks ring, forgets what is long over and counts what is open, until ctx
// ends.
func (r *Room) Work(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	for _, one := range []struct {
		name  string
		every time.Duration
		do    func(context.Context) error
	}{{"old cases", time.Hour, r.sweep}, {"counting cases", 10 * time.Second, r.count}} {
		beside.Go(func() { _ = upkeep.Every(ctx, one.every, r.parts.Log, one.name, one.do) }) // it logs what fails
	}
	return r.Run(ctx)
}

// sweep forgets what was kept for as long as its law asks.
func (r *Room) sweep(ctx context.Context) error { return r.parts.Store.PurgeCases(ctx, purged) }

// count sets the figures of what is open.
func (r *Room) count(ctx context.Context) error {
	open, late, err := r.parts.Store.CountLateCases(ctx)
	if err == nil {
		r.parts.Metrics.Cases(int(open), int(late))
	}
	return err
}
