package acting

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"kefu/internal/domain/action"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/fault"
)

const (
	lookEvery = time.Second
	atOnce    = 4  // acts that are looked at beside each other
	dueAtOnce = 50 // acts that are read at once
	proofSoon = 3 * time.Second
	laterOn   = 10 * time.Second // after something that did not work
)

// Run carries on with the acts that nobody waits for: it sends what was approved, asks
// the wallet what became of what it did not answer, and ends what nobody went on with.
// It returns when ctx ends.
func (s *Service) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-ticker.C:
		}
		err := s.Reconcile(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			s.Log.Warn("the acts that are due could not be read", "error", err)
		}
		failing = err != nil
	}
}

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Took hears that something changed in the wallet: what is under way for that customer
// is looked at now. A notice that is forged or late makes the wallet be asked, and
// nothing else. Errors: those of the store.
func (s *Service) Took(ctx context.Context, n wallet.Notice) error {
	if n.CustomerID == "" || (n.Type != wallet.OperationUpdated && n.Type != wallet.StepUpCompleted && n.Type != wallet.StepUpFailed) {
		return nil
	}
	if err := s.Store.HurryActs(ctx, part(), s.issuer, n.CustomerID); err != nil {
		return err
	}
	s.wakeUp()
	return nil
}

// Reconcile looks once at all that is due. Errors: those of the store.
func (s *Service) Reconcile(ctx context.Context) error {
	due, err := s.Store.DueActs(ctx, part(), dueAtOnce)
	if err != nil {
		return err
	}
	var looking errgroup.Group
	looking.SetLimit(atOnce)
	for _, k := range due {
		looking.Go(func() error {
			if err := s.look(ctx, k); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Conflict) {
				s.Log.Warn("an act could not be carried on with", "act", k.ID, "state", k.State, "error", err)
			}
			return nil
		})
	}
	return looking.Wait()
}

// look carries on with one act that is due.
func (s *Service) look(ctx context.Context, k action.Kept) error {
	now := s.Clock()
	if k.Alarming(now) && !k.Alarmed {
		told, err := s.Store.AlarmAct(ctx, part(), k.ID, k.Revision)
		if err != nil {
			return err
		}
		k = told
		s.Alarm(k)
	}
	switch {
	case k.Untold:
		return s.tell(ctx, k)
	case k.Doubtful():
		return s.learn(ctx, k)
	case k.State == action.Confirmed && k.AsksCustomer() && k.At(now).State == k.State && s.Wallet != nil:
		return s.proven(ctx, k)
	case k.At(now).State == action.Expired, k.State == action.Proposed, k.State == action.Confirmed, k.State == action.Waiting:
		_, err := s.changed(s.Store.LookAgain(ctx, part(), k.ID, k.Revision, time.Time{}))
		return err
	case k.State == action.Approved:
		return s.goOn(ctx, k)
	case s.Wallet == nil:
		_, err := s.Store.LookAgain(ctx, part(), k.ID, k.Revision, now.Add(action.Backoff(k.Tries)))
		return err
	case k.State == action.Planned && !k.Sending:
		return s.sendAgain(ctx, k)
	default:
		s.settle(ctx, k, s.askWhatBecame(ctx, k))
		return nil
	}
}

// sendAgain hands over what certainly never left, or of which the wallet knows nothing.
// After its time nothing leaves any more; whether something did that was still on its way
// when the wallet was asked, it is asked once more.
func (s *Service) sendAgain(ctx context.Context, k action.Kept) error {
	if !k.Resendable(s.Clock()) {
		late := action.Answer{Err: errors.New("too late"), NeverSent: true}
		if !k.LeftAt.IsZero() {
			late = s.askWhatBecame(ctx, k)
		}
		s.settle(ctx, k, late)
		return nil
	}
	again, err := s.Store.ResendAct(ctx, part(), k.ID, k.Revision)
	if err != nil {
		return err
	}
	_, err = s.send(ctx, part(), again)
	return err
}

// askWhatBecame asks the wallet for an act that it may have. That this question did not
// get there says nothing of whether the command did.
func (s *Service) askWhatBecame(ctx context.Context, k action.Kept) action.Answer {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var o wallet.Operation
	var err error
	if k.OperationID != "" {
		o, err = s.Wallet.Operation(ctx, actor(part(), k), k.Command.CustomerID, k.OperationID)
	} else {
		o, err = s.Wallet.OperationByKey(ctx, actor(part(), k), k.Command.CustomerID, k.Command.Key)
	}
	if fault.Is(err, fault.NotFound) {
		return action.Answer{Nothing: true}
	}
	return action.Answer{Operation: o, Err: err}
}

// tellFor is how long it is tried to tell a customer of what was done for them.
const tellFor = 24 * time.Hour

// tell tells the customer of what was done for them.
func (s *Service) tell(ctx context.Context, k action.Kept) error {
	now := s.Clock()
	var again time.Time
	if s.Tell != nil {
		telling, cancel := context.WithTimeout(ctx, readTime)
		defer cancel()
		if err := s.Tell(telling, k); err != nil {
			passes := fault.Is(err, fault.Unavailable) || fault.Is(err, fault.TooMany) || fault.Is(err, fault.Internal)
			if s.Log.Warn("a customer could not be told of what was done for them", "act", k.ID, "again", passes, "error", err); passes && now.Sub(k.ChangedAt) < tellFor {
				again = now.Add(action.Backoff(max(3, int(now.Sub(k.ChangedAt)/time.Minute))))
			}
		}
	}
	_, err := s.Store.ToldAct(ctx, part(), k.ID, k.Revision, again)
	return err
}

// learn asks the wallet for an act that is in doubt, by its key: nothing else is believed.
func (s *Service) learn(ctx context.Context, k action.Kept) error {
	later := func() error {
		_, err := s.Store.LookAgain(ctx, part(), k.ID, k.Revision, s.Clock().Add(k.DoubtPause(s.Clock())))
		return err
	}
	if s.Wallet == nil {
		return later()
	}
	if k.Lost {
		subject, err := s.Store.ActSubject(ctx, part(), k.CustomerID, s.issuer)
		if err != nil {
			return errors.Join(err, later())
		}
		k.Command.CustomerID, k.OperationID = subject, ""
	}
	w := s.askWhatBecame(ctx, k)
	if w.Err == nil && !w.Nothing && w.Operation.CustomerID != k.Command.CustomerID {
		w = action.Answer{Err: errors.New("the wallet answered about another customer")}
	}
	_, err := s.changed(s.Store.LearnAct(ctx, part(), k.ID, k.Revision, w))
	return err
}

// goOn has an approved act done. The proof that was given before the second person came
// is mostly old by then: the customer is asked once more.
func (s *Service) goOn(ctx context.Context, k action.Kept) error {
	later := func(wait time.Duration) error {
		_, err := s.Store.LookAgain(ctx, part(), k.ID, k.Revision, s.Clock().Add(wait))
		return err
	}
	proof, err := s.Prover.Begin(ctx, part(), k)
	if err != nil {
		return errors.Join(err, later(laterOn))
	}
	switch proof.State {
	case assurance.NotNeeded, assurance.IsProven:
	case assurance.Pending:
		return later(proofSoon)
	case assurance.WasDeclined:
		_, err := s.fail(ctx, part(), k, "declined")
		return err
	default:
		return later(laterOn)
	}
	if _, err := s.execute(ctx, part(), k); err != nil {
		if under := (*HandingError)(nil); errors.As(err, &under) {
			return later(proofSoon)
		}
		if fault.Is(err, fault.Conflict) {
			return err
		}
		return errors.Join(err, later(laterOn))
	}
	return nil
}
