package selfservice

import (
	"context"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

const (
	claimAtOnce = 16
	workTime    = 20 * time.Second // for one run
	idleTime    = 2 * time.Second  // between two looks when nothing is due: what comes meanwhile is due soon
	leastRest   = 250 * time.Millisecond
	purgeEvery  = 10 * time.Minute
	purgeAtOnce = 500
)

// part is the part of Kefu that carries runs on.
func part() identity.Principal { return identity.SystemPart("flows") }

// KeepFlows keeps the text of every flow, before anybody begins a run.
func (s *Service) KeepFlows(ctx context.Context) error {
	for _, d := range s.Flows.All() {
		if err := s.Store.KeepFlow(ctx, part(), d); err != nil {
			return err
		}
	}
	return nil
}

// Run carries on what waits, what a crash left behind and what has expired, until ctx
// ends.
func (s *Service) Run(ctx context.Context) error {
	kept, purged := false, s.Clock()
	for ctx.Err() == nil {
		if !kept { // a store that cannot write ends by itself, and says why
			err := s.KeepFlows(ctx)
			if kept = err == nil; !kept && ctx.Err() == nil {
				s.Log.Warn("the flows could not be kept", "error", err)
			}
		}
		s.wakeAll(ctx)
		n, err := s.Work(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("runs could not be carried on", "error", err)
		}
		if now := s.Clock(); now.Sub(purged) >= purgeEvery {
			if err := s.Store.PurgeFlowRuns(ctx, purgeAtOnce); err != nil && ctx.Err() == nil {
				s.Log.Warn("old runs could not be forgotten", "error", err)
			}
			purged = now
		}
		if n == claimAtOnce {
			continue
		}
		s.rest(ctx)
	}
	return nil
}

func (s *Service) rest(ctx context.Context) {
	rest := idleTime
	if due, err := s.Store.NextFlowRun(ctx); err == nil && due > 0 {
		rest = min(rest, max(time.UnixMicro(due).Sub(s.Clock()), leastRest))
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-timer.C:
	}
}

// Work carries on the runs that are due, once, and tells how many there were.
func (s *Service) Work(ctx context.Context) (int, error) {
	due, err := s.Store.ClaimFlowRuns(ctx, part(), claimAtOnce, lease)
	if err != nil {
		return 0, err
	}
	for _, rec := range due {
		if err := s.workOn(ctx, rec); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Conflict) {
			s.Log.Warn("a run could not be carried on", "run", rec.ID, "step", rec.Step, "error", err)
		}
	}
	return len(due), nil
}

func (s *Service) workOn(ctx context.Context, rec selfservice.Record) error {
	ctx, cancel := context.WithTimeout(ctx, workTime)
	defer cancel()
	if now := rec.At(s.Clock()); now.State == selfservice.Lapsed {
		if on, err := s.passing(ctx, rec); on || err != nil {
			return err
		}
		now.Effect, now.Views = nil, nil
		_, err := s.keep(ctx, part(), now)
		return err
	}
	d, err := s.definition(ctx, rec.Flow, rec.Digest)
	if err != nil {
		return err
	}
	_, err = s.drive(ctx, part(), d, rec, false)
	return err
}

// maxWoken bounds what is remembered of acts that have changed; what is beyond is looked
// at when it is due.
const maxWoken = 10_000

// ActChanged hears of an act that has changed: a run that waits for it is looked at now.
// It does not block.
func (s *Service) ActChanged(k action.Kept) {
	if k.Run == "" {
		return
	}
	s.mu.Lock()
	if len(s.woken) < maxWoken {
		s.woken[k.Run] = true
	}
	s.mu.Unlock()
	s.stir()
}

// wakeAll has the runs looked at whose acts have changed.
func (s *Service) wakeAll(ctx context.Context) {
	s.mu.Lock()
	woken := s.woken
	s.woken = map[string]bool{}
	s.mu.Unlock()
	for run := range woken {
		if err := s.Store.WakeFlowRun(ctx, part(), run); err != nil && ctx.Err() == nil {
			s.Log.Warn("a run could not be woken", "run", run, "error", err)
		}
	}
}

// Took hears of a notice of the wallet's: whatever its customer waits for is looked at
// now. It implements walletnotices.Follower.
func (s *Service) Took(ctx context.Context, n wallet.Notice) error {
	if n.CustomerID == "" {
		return nil
	}
	if err := s.Store.WakeFlowRuns(ctx, part(), s.options.Issuer, n.CustomerID); err != nil {
		return err
	}
	s.stir()
	return nil
}
