package selfservice

import (
	"context"
	"time"

	"kefu/internal/domain/selfservice"
	"kefu/internal/platform/fault"
)

// Asker is who has Kefu put questions by itself.
type Asker interface {
	// Passing hears that the time of a question is over that nobody has answered, and tells
	// whether it goes on being asked. It may hear so more than once. Errors: Unavailable.
	Passing(ctx context.Context, r selfservice.Record) (bool, error)
}

// UseAsker has somebody hear of questions whose time is over. Before Run.
func (s *Service) UseAsker(a Asker) { s.asking = a }

// passAgain is how long a question waits whose asker could not tell whether it goes on.
const passAgain = 5 * time.Minute

// Asked lists the questions that Kefu itself put to a customer and that nobody has answered.
// Errors: Unavailable.
func (s *Service) Asked(ctx context.Context, customer string) ([]selfservice.Record, error) {
	return s.Store.AskedFlowRuns(ctx, part(), customer)
}

// Settle ends a question that nobody has answered, for it is settled elsewhere. It tells
// whether it did: whoever has answered goes on. Errors: NotFound, Unavailable.
func (s *Service) Settle(ctx context.Context, run string) (bool, error) {
	return s.alter(ctx, run, func(rec *selfservice.Record) {
		rec.State, rec.Effect, rec.Views = selfservice.Lapsed, nil, nil
	})
}

// Extend has a question that nobody has answered stand for as long again from now. It tells
// whether it does. Errors: NotFound, Unavailable.
func (s *Service) Extend(ctx context.Context, run string) (bool, error) {
	return s.alter(ctx, run, func(rec *selfservice.Record) { rec.ExpiresAt = s.Clock().Add(selfservice.Life) })
}

// alter changes a question that nobody has answered.
func (s *Service) alter(ctx context.Context, run string, change func(*selfservice.Record)) (bool, error) {
	rec, err := s.Store.FlowRun(ctx, part(), run)
	if err != nil || !rec.Asks() {
		return false, err
	}
	change(&rec)
	_, err = s.keep(ctx, part(), rec)
	if fault.Is(err, fault.Conflict) { // they have just answered
		return false, nil
	}
	return err == nil, err
}

// passing asks whether a question whose time is over goes on being asked. One of which that
// cannot be told is looked at again soon.
func (s *Service) passing(ctx context.Context, rec selfservice.Record) (bool, error) {
	if !rec.Asks() || s.asking == nil {
		return false, nil
	}
	on, err := s.asking.Passing(ctx, rec)
	if err != nil {
		if err := s.Store.DelayFlowRun(ctx, part(), rec, s.Clock().Add(passAgain)); err != nil {
			return false, err
		}
		return false, err
	}
	if !on {
		return false, nil
	}
	return s.Extend(ctx, rec.ID)
}
