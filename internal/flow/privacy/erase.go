// Package privacy carries out what customers may ask about what is kept of them: it
// erases, over every part of the store, and gathers a copy. What is asked for, by when it
// has to be done and who decides is a case (flow/casework); what of it a law keeps is
// domain/privacy's and the law's pack to say.
package privacy

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/privacy"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Store is what erasing needs of the store. Its steps may be done again.
type Store interface {
	BeginErasure(ctx context.Context, p identity.Principal, x privacy.Erasure) (privacy.Erasure, error)
	Erasure(ctx context.Context, p identity.Principal, customer string) (privacy.Erasure, error)
	DueErasures(ctx context.Context, p identity.Principal, limit int) ([]privacy.Erasure, error)
	KeepErasure(ctx context.Context, p identity.Principal, x privacy.Erasure, stays privacy.Plan) error
	DelayErasure(ctx context.Context, p identity.Principal, x privacy.Erasure, next int64, stays privacy.Plan) error
	HeldOf(ctx context.Context, p identity.Principal, customer string, of privacy.Category, before int64, kept map[string]bool) (privacy.Holding, error)
	TalkOf(ctx context.Context, p identity.Principal, customer string, before int64, after string, limit int) ([]privacy.Talk, error)
	EraseTalk(ctx context.Context, p identity.Principal, customer, conversation string, before int64, of privacy.CaseMark) (more bool, err error)
	EraseProfile(ctx context.Context, p identity.Principal, customer string, before int64, unlink, all bool, of privacy.CaseMark) error
	EraseFlowRuns(ctx context.Context, p identity.Principal, customer string, before int64) error
	EraseProofs(ctx context.Context, p identity.Principal, customer string, before int64) error
	EraseContacts(ctx context.Context, p identity.Principal, customer string, before int64) error
	EraseActs(ctx context.Context, p identity.Principal, customer string, before int64) (erased, kept int64, err error)
	ListCases(ctx context.Context, p identity.Principal, q cases.Query) ([]cases.Row, error)
	Case(ctx context.Context, p identity.Principal, id string) (*cases.Case, error)
	ChangeCase(ctx context.Context, p identity.Principal, id string, revision int64, b *jurisdiction.Book, do func(c *cases.Case, now int64) ([]cases.Event, error)) (*cases.Case, error)
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	Execute(ctx context.Context, p identity.Principal, conversationID string, c conversation.Command) (conversation.Result, error)
}

// Deps are what a Service works with.
type Deps struct {
	Store Store
	Book  *jurisdiction.Book
	Clock clock.Clock
	Log   *slog.Logger
}

// Service does it. It is safe for concurrent use; two that erase one customer at once do
// the same steps.
type Service struct {
	Deps
	who  identity.Principal
	wake chan struct{}
}

// Name is the part's.
const Name = "privacy"

// New makes a Service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{d, identity.SystemPart(Name), make(chan struct{}, 1)}
}

const (
	page      = 100                 // conversations looked at at once
	dueAtOnce = 10                  // erasures of one round
	lookAgain = 30 * 24 * time.Hour // after what of a case that goes on
	left      = "left"              // as the store calls acts that may have reached the wallet
)

// kept is what the cases of a customer keep.
type kept struct {
	conversations map[string]bool // they are of cases, or what acts that left are known by
	mark          privacy.CaseMark
	open          bool  // one goes on that is no request about data
	any           bool  // there is one that is no request about data
	until         int64 // the last day of those that are over; 0: nobody can say
	sure          bool  // of until
	why           []privacy.Reason
}

func (k *kept) because(r privacy.Reason) {
	if !slices.Contains(k.why, r) {
		k.why = append(k.why, r)
	}
}

// keeps reads what a customer's cases keep. A request about data keeps itself, as the proof
// that it was answered, and no conversation.
func (s *Service) keeps(ctx context.Context, customer string) (kept, error) {
	k := kept{conversations: map[string]bool{left: true}, sure: true}
	q := cases.Query{List: cases.All, CustomerID: customer, Limit: cases.MaxPage}
	for {
		rows, err := s.Store.ListCases(ctx, s.who, q)
		if err != nil {
			return k, err
		}
		for _, row := range rows {
			if err := s.keep(ctx, &k, row); err != nil {
				return k, err
			}
		}
		if len(rows) < cases.MaxPage {
			return k, nil
		}
		q.Before = rows[len(rows)-1].ID
	}
}

func (s *Service) keep(ctx context.Context, k *kept, row cases.Row) error {
	c, err := s.Store.Case(ctx, s.who, row.ID)
	if err != nil {
		return err
	}
	k.mark.Cases, k.mark.Events = k.mark.Cases+1, k.mark.Events+int64(len(c.Events))
	till := c.IndexOf(s.Book, s.Clock().UnixMicro(), nil).KeepTill
	switch {
	case c.OnHold:
		k.because(privacy.Hold)
		k.sure = false
	case c.OverAt == 0 && c.Type != jurisdiction.DataRequest:
		k.because(privacy.OpenCase)
		k.sure = false
	default:
		k.because(privacy.CaseLaw)
		k.until = max(k.until, till)
	}
	if c.Type == jurisdiction.DataRequest && !c.OnHold {
		return nil
	}
	k.any, k.open = true, k.open || c.OverAt == 0
	for _, id := range c.Conversations {
		k.conversations[id] = true
	}
	for _, e := range c.Events {
		if e.Conversation != "" {
			k.conversations[e.Conversation] = true
		}
	}
	return s.goesOn(ctx, k.conversations)
}

// goesOn adds the conversations in which those of a case go on.
func (s *Service) goesOn(ctx context.Context, conversations map[string]bool) error {
	for id := range conversations {
		for hops := 0; hops < 8 && id != left; hops++ {
			state, err := s.Store.Conversation(ctx, s.who, id)
			if fault.Is(err, fault.NotFound) || state.MergedInto == "" {
				break
			}
			if err != nil {
				return err
			}
			id = state.MergedInto
			conversations[id] = true
		}
	}
	return nil
}

// Plan says what an erasure of a customer would do now. Nothing is changed. Errors:
// Forbidden; NotFound for an id that is none.
func (s *Service) Plan(ctx context.Context, customer string) (privacy.Plan, error) {
	k, err := s.keeps(ctx, customer)
	if err != nil {
		return nil, err
	}
	return s.plan(ctx, customer, s.Clock().UnixMicro(), k)
}

func (s *Service) plan(ctx context.Context, customer string, before int64, k kept) (privacy.Plan, error) {
	var out privacy.Plan
	for _, c := range privacy.Categories() {
		h, err := s.Store.HeldOf(ctx, s.who, customer, c, before, k.conversations)
		if err != nil {
			return nil, err
		}
		switch {
		case c == privacy.Cases, c == privacy.Profile && k.any, c == privacy.Notices && k.open:
			h.Keep, h.Erase, h.Digest = h.Keep+h.Erase, 0, ""
		}
		if h.Keep > 0 {
			h.Why, h.Until = k.why, k.until
			if !k.sure {
				h.Until = 0
			}
			if c == privacy.Acts {
				h.Why, h.Until = []privacy.Reason{privacy.Money}, 0
			}
		}
		out = append(out, h)
	}
	return out, nil
}

// Erase begins the erasure of a customer and does what can be done now. It cannot be taken
// back; what is left over by a failure goes on by Due. Errors: Forbidden, NotFound,
// Unavailable.
func (s *Service) Erase(ctx context.Context, order privacy.Erasure) (privacy.Erasure, error) {
	x, err := s.Store.BeginErasure(ctx, s.who, order)
	if err != nil {
		return x, err
	}
	return s.goOn(ctx, x)
}

// Wake has erasures looked at again. It does not block.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// every is how often it is looked whether an erasure was begun elsewhere, as by a second
// person's yes.
const every = 10 * time.Second

// Run goes on with erasures until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.Due(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("erasures could not be looked at", "error", err)
		}
		timer := time.NewTimer(every)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.wake:
		}
		timer.Stop()
	}
	return nil
}

// Due goes on with the erasures that were begun and with what was kept until now.
func (s *Service) Due(ctx context.Context) error {
	due, err := s.Store.DueErasures(ctx, s.who, dueAtOnce)
	if err != nil {
		return err
	}
	for _, x := range due {
		if _, err := s.goOn(ctx, x); err != nil {
			if ctx.Err() != nil {
				return err
			}
			log := s.Log.Warn
			if x.Failures == 0 {
				log = s.Log.Error
			}
			log("a customer's erasure did not get on; it is tried again", "customer", x.CustomerID, "failures", x.Failures+1, "after", wait(x.Failures), "error", err)
		}
	}
	return nil
}

// The waits after a pass that did not get to its end.
const (
	firstWait = time.Minute
	lastWait  = 6 * time.Hour
	atOnce    = 3 // passes more, one after the other, as what they went by has changed
)

func wait(failures int64) time.Duration { return min(firstWait<<min(failures, 20), lastWait) }

// goOn does a pass of an erasure. One that does not get to its end has its turn again later,
// so that it keeps no other waiting.
func (s *Service) goOn(ctx context.Context, x privacy.Erasure) (privacy.Erasure, error) {
	done, stays, err := s.pass(ctx, x)
	for again := 0; again < atOnce && fault.ReasonOf(err) == privacy.Moved && ctx.Err() == nil; again++ {
		now, failed := s.Store.Erasure(ctx, s.who, x.CustomerID)
		if failed != nil {
			return x, errors.Join(err, failed)
		}
		x = now
		done, stays, err = s.pass(ctx, x)
	}
	if err == nil || ctx.Err() != nil {
		return done, err
	}
	return x, errors.Join(err, s.Store.DelayErasure(ctx, s.who, x, s.Clock().Add(wait(x.Failures)).UnixMicro(), stays))
}

// pass deletes everything from up to when the erasure was begun that no reason keeps, and
// looks whether it is gone. Every step may be done again; what each deletes is counted in its
// own transaction. stays is what there was at the end, where it got there.
func (s *Service) pass(ctx context.Context, x privacy.Erasure) (done privacy.Erasure, stays privacy.Plan, err error) {
	k, err := s.keeps(ctx, x.CustomerID)
	if err != nil {
		return x, nil, err
	}
	if err := s.doings(ctx, x); err != nil {
		return x, nil, err
	}
	if err := s.talk(ctx, x, k); err != nil {
		return x, nil, err
	}
	if err := s.Store.EraseProfile(ctx, s.who, x.CustomerID, x.BegunAt, !k.open, !k.any, k.mark); err != nil {
		return x, nil, err
	}
	if stays, err = s.plan(ctx, x.CustomerID, x.BegunAt, k); err != nil {
		return x, nil, err
	}
	if n := stays.Due(); n > 0 {
		return x, stays, fault.New(fault.Conflict, "privacy.pass", "%d things are there still: %s", n, stays.Proof())
	}
	now, err := s.Store.Erasure(ctx, s.who, x.CustomerID)
	if err != nil {
		return x, nil, err
	}
	if now.BegunAt != x.BegunAt || now.CaseID != x.CaseID || !slices.Equal(now.Also, x.Also) {
		// Nobody is told that it is done who asked after this pass had begun.
		return x, nil, &fault.Error{Code: fault.Conflict, Op: "privacy.pass", Reason: privacy.Moved, Message: "a further request came; it goes on with that"}
	}
	x, err = s.done(ctx, now, stays)
	return x, nil, err
}

// done notes what was done, and when somebody has to look again at what stays. The request is
// told first: whatever stops in between, the erasure goes on and comes by here again.
func (s *Service) done(ctx context.Context, x privacy.Erasure, stays privacy.Plan) (privacy.Erasure, error) {
	did := x.Did.And(x.Pass).Staying(stays)
	if x.State == privacy.Running {
		for _, request := range append([]string{x.CaseID}, x.Also...) {
			if err := s.tellCase(ctx, x, request, did); err != nil {
				return x, err
			}
		}
	}
	x.State, x.NextAt = privacy.Whole, 0
	if stays.Left() > 0 {
		x.State = privacy.Partly
		x.NextAt = s.Clock().Add(lookAgain).UnixMicro()
		if until := stays.Until(); until != 0 {
			x.NextAt = min(x.NextAt, max(until, s.Clock().UnixMicro())+time.Hour.Microseconds())
		}
	}
	if err := s.Store.KeepErasure(ctx, s.who, x, stays); err != nil {
		return x, err
	}
	x.Did, x.Pass = did, privacy.Plan{}
	return x, nil
}

// tellCase notes in the request that the erasure was done. A case that is gone or over
// keeps nobody from anything.
func (s *Service) tellCase(ctx context.Context, x privacy.Erasure, request string, did privacy.Plan) error {
	if request == "" { // whoever runs the machine asked
		return nil
	}
	_, err := s.Store.ChangeCase(ctx, s.who, request, -1, s.Book, func(c *cases.Case, _ int64) ([]cases.Event, error) {
		if c.CustomerID != x.CustomerID || c.Erased {
			return nil, nil
		}
		return []cases.Event{{Kind: cases.Erased, Data: cases.Data{Reason: did.Proof(), Until: did.Until()}}}, nil
	})
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// doings erases what hangs on no conversation.
func (s *Service) doings(ctx context.Context, x privacy.Erasure) error {
	for _, step := range []func(context.Context, identity.Principal, string, int64) error{s.Store.EraseFlowRuns, s.Store.EraseProofs, s.Store.EraseContacts} {
		if err := step(ctx, s.who, x.CustomerID, x.BegunAt); err != nil {
			return err
		}
	}
	_, _, err := s.Store.EraseActs(ctx, s.who, x.CustomerID, x.BegunAt)
	return err
}

// talk erases the conversations that no case keeps.
func (s *Service) talk(ctx context.Context, x privacy.Erasure, k kept) error {
	after := ""
	for {
		all, err := s.Store.TalkOf(ctx, s.who, x.CustomerID, x.BegunAt, after, page)
		if err != nil || len(all) == 0 {
			return err
		}
		for _, c := range all {
			after = c.ID
			if k.conversations[c.ID] {
				continue
			}
			if !c.Again {
				if err := s.close(ctx, c.ID); err != nil {
					return err
				}
			}
			for more := true; more; {
				if more, err = s.Store.EraseTalk(ctx, s.who, x.CustomerID, c.ID, x.BegunAt, k.mark); err != nil {
					return err
				}
			}
		}
	}
}

// close sees to it that nobody waits in a conversation that is empty from now on.
func (s *Service) close(ctx context.Context, id string) error {
	state, err := s.Store.Conversation(ctx, s.who, id)
	if err != nil || state.Status == conversation.Resolved || state.Status == conversation.Merged {
		return err
	}
	_, err = s.Store.Execute(ctx, s.who, id, conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved}})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}
