// Package casework puts together what leads disputes and complaints, for package app: the
// packs of laws that the program brings along, the store and the intake.
package casework

import (
	"context"
	"io/fs"
	"log/slog"

	"kefu/content"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/jurisdiction"
	flow "kefu/internal/flow/casework"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/metrics"
	"kefu/internal/storage"
)

// Parts are what the room stands on.
type Parts struct {
	Store   *storage.Store
	Intake  *intake.Service
	Law     string // that counts where nobody has said another; "" for none
	Clock   clock.Clock
	Log     *slog.Logger
	Metrics *metrics.Metrics
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
	service, err := flow.New(flow.Deps{Store: p.Store, Intake: p.Intake, Book: book, Law: p.Law, Clock: p.Clock, Log: p.Log, Rang: func(r cases.Rang) {
		if r.Step == jurisdiction.Broken {
			p.Log.Error("a deadline of a case is broken: somebody has to see to it", "case", r.Case.ID, "clock", r.Clock.Key(), "jurisdiction", r.Case.Jurisdiction)
		}
		p.Metrics.CaseRang(string(r.Step))
	}})
	if err != nil {
		return nil, err
	}
	return &Room{service, p}, nil
}

// purged is how many cases are forgotten at once.
const purged = 50

// Sweep forgets what was kept for as long as its law asks.
func (r *Room) Sweep(ctx context.Context) error { return r.parts.Store.PurgeCases(ctx, purged) }

// Count sets the figures of what is open.
func (r *Room) Count(ctx context.Context) error {
	open, late, err := r.parts.Store.CountLateCases(ctx)
	if err == nil {
		r.parts.Metrics.Cases(int(open), int(late))
	}
	return err
}
