// Package kept is the stores of the evaluation, in memory: acts, requests for a second
// person and proofs, by the contracts of storage/actions, storage/approvals and
// storage/verification. What is exported of them is for whoever looks on, or shows what
// happens where one of them looks away.
package kept

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/approval"
	"kefu/internal/domain/assurance"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/goodwill"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wallet"
	"kefu/internal/platform/clock"
	"kefu/internal/platform/fault"
)

// Acts keeps what is to be done, in memory, by the contract of storage/actions and
// storage/approvals: keys that no other has, a change only by whoever saw what there is,
// by who may, as domain/action says, and the proof used up with the plan.
type Acts struct {
	clock    clock.Clock
	Order    []*action.Kept
	ByID     map[string]*action.Kept
	byKey    map[string]*action.Kept
	Talks    map[string]conversation.State
	Requests map[string]*approval.Request
	Proofs   *Proofs
	// Believing takes what a proof is said to be worth, Forgets forgets keys, and Speaking lets
	// others agree for a customer: to show what comes of it.
	Believing, Forgets, Speaking bool
}

// New makes them, with nothing in them.
func New(now clock.Clock) *Acts {
	a := &Acts{
		clock: now, ByID: map[string]*action.Kept{}, byKey: map[string]*action.Kept{}, Talks: map[string]conversation.State{}, Requests: map[string]*approval.Request{},
		Proofs: &Proofs{clock: now, tries: map[string]assurance.Tries{}, used: map[string]bool{}},
	}
	a.Proofs.acts = a
	return a
}

func (a *Acts) about(talk, customer string) (policy.Object, error) {
	o := policy.Object{CustomerID: customer}
	if t, begun := a.Talks[talk]; begun {
		if o.AssigneeID, o.Open = t.AssigneeID, t.Status != conversation.Resolved; t.CustomerID != customer {
			return o, fault.New(fault.NotFound, "kept.about", "the conversation is another customer's")
		}
	}
	return o, nil
}

// AddAct implements acting.Store.
func (a *Acts) AddAct(_ context.Context, p identity.Principal, k action.Kept) error {
	const op = "kept.AddAct"
	if !policy.Allow(p, policy.ProposeAct, policy.Object{CustomerID: k.CustomerID, AssigneeID: p.ID, Open: true}) {
		return fault.New(fault.Forbidden, op, "may not propose anything")
	}
	if k.State != action.Proposed || k.Maker != action.ByOf(p) || action.Hash(k.Command, k.Summary) != k.Hash || !k.Verdict.Allow {
		return fault.New(fault.Internal, op, "what is kept was not proposed by who asks")
	}
	if !k.OwnWord() && !a.Speaking {
		return fault.New(fault.Forbidden, op, "nobody agrees to something for a customer")
	}
	o, err := a.about(k.ConversationID, k.CustomerID)
	if err != nil {
		return err
	}
	if !policy.Allow(p, policy.ProposeAct, o) {
		return fault.New(fault.Forbidden, op, "the conversation is not theirs")
	}
	if a.byKey[k.Command.Key] != nil && !a.Forgets {
		return fault.New(fault.Conflict, op, "the key is there")
	}
	k.Revision = 1
	a.Order = append(a.Order, &k)
	a.ByID[k.ID], a.byKey[k.Command.Key] = &k, &k
	return nil
}

// Act implements acting.Store.
func (a *Acts) Act(_ context.Context, p identity.Principal, id string) (action.Kept, error) {
	k := a.ByID[id]
	if k == nil {
		return action.Kept{}, fault.New(fault.NotFound, "kept.Act", "there is none")
	}
	if o, err := a.about(k.ConversationID, k.CustomerID); err != nil || !policy.Allow(p, policy.ReadActs, o) {
		return action.Kept{}, fault.New(fault.NotFound, "kept.Act", "may not know of it")
	}
	return *k, nil
}

// ActByKey implements acting.Store.
func (a *Acts) ActByKey(ctx context.Context, p identity.Principal, key string) (action.Kept, error) {
	k := a.byKey[key]
	if k == nil || a.Forgets {
		return action.Kept{}, fault.New(fault.NotFound, "kept.ActByKey", "there is none")
	}
	return a.Act(ctx, p, k.ID)
}

// ListActs implements acting.Store.
func (a *Acts) ListActs(_ context.Context, p identity.Principal, q action.Query) ([]action.Kept, error) {
	if !policy.Allow(p, policy.ReadActs, policy.Object{CustomerID: q.CustomerID}) {
		return nil, fault.New(fault.Forbidden, "kept.ListActs", "may not see what is done for this customer")
	}
	var found []action.Kept
	for _, k := range slices.Backward(a.Order) {
		if k.CustomerID == q.CustomerID && (len(q.States) == 0 || slices.Contains(q.States, k.State)) && len(found) < q.Limit {
			found = append(found, *k)
		}
	}
	return found, nil
}

// GoodwillFor implements acting.Store.
func (a *Acts) GoodwillFor(_ context.Context, p identity.Principal, k action.Kept) (goodwill.HouseRules, goodwill.Sums, error) {
	o, err := a.about(k.ConversationID, k.CustomerID)
	if err != nil {
		return goodwill.HouseRules{}, goodwill.Sums{}, err
	}
	if !policy.Allow(p, policy.GiveGoodwill, o) && !policy.Allow(p, policy.RunActs, o) {
		return goodwill.HouseRules{}, goodwill.Sums{}, fault.New(fault.Forbidden, "kept.GoodwillFor", "gives nothing here")
	}
	return goodwill.Default(), a.gifts(k), nil
}

// gifts are what counts beside one.
func (a *Acts) gifts(k action.Kept) goodwill.Sums {
	var s goodwill.Sums
	now := a.clock()
	for _, o := range a.Order {
		o := *o
		if o.ID == k.ID || !o.Command.Act.OfHouse() || o.Command.Amount.Currency() != k.Command.Amount.Currency() || !o.At(now).State.Counts() {
			continue
		}
		n, err := goodwill.Units(o.Command.Amount)
		if err != nil {
			continue
		}
		since := now.Sub(o.CreatedAt)
		if s.House += n; o.CustomerID == k.CustomerID && since < goodwill.CustomerTime {
			s.Customer += n
		}
		if o.Maker == k.Maker && since < goodwill.PersonTime {
			s.Person += n
		}
		if o.Maker == k.Maker && o.CustomerID == k.CustomerID {
			s.Repeat++
		}
	}
	return s
}

// ActTotals implements acting.Store.
func (a *Acts) ActTotals(_ context.Context, p identity.Principal, of action.Of) (action.Totals, error) {
	o := policy.Object{CustomerID: of.CustomerID, AssigneeID: p.ID, Open: true}
	if !policy.Allow(p, policy.ProposeAct, o) && !policy.Allow(p, policy.RunActs, o) {
		return action.Totals{}, fault.New(fault.Forbidden, "kept.ActTotals", "may not know")
	}
	var sums action.Totals
	now := a.clock()
	for _, k := range a.Order {
		if k.ID == of.Except || !k.CreatedAt.After(now.Add(-24*time.Hour)) || !k.At(now).State.Counts() {
			continue
		}
		if k.CustomerID == of.CustomerID && k.Command.Act == of.Act {
			sums.DayCount++
			sums.DayTotal += whole(k.Command.Amount, of.Currency)
		}
		if of.StaffID != "" && k.Maker == (action.By{Kind: identity.Staff, ID: of.StaffID}) {
			sums.StaffTotal += whole(k.Command.Amount, of.Currency)
			if k.Command.Act.Cautious() {
				sums.StaffDay++
				if now.Sub(k.CreatedAt) < time.Hour {
					sums.StaffHour++
				}
			}
		}
	}
	return sums, nil
}

func whole(m wallet.Money, currency string) float64 {
	if m.None() || m.Currency() != currency {
		return 0
	}
	units, _ := m.Smallest().Float64()
	for range m.Scale() {
		units /= 10
	}
	return units
}

func due(k *action.Kept) time.Time {
	switch {
	case k.State.Over() && !k.Untold:
		return time.Time{}
	case !k.NextAt.IsZero():
		return k.NextAt
	default:
		return k.ExpiresAt
	}
}

// DueActs gives the one that waits longest: one at a time, so that a run is the same
// each time it is played.
func (a *Acts) DueActs(_ context.Context, p identity.Principal, _ int) ([]action.Kept, error) {
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return nil, fault.New(fault.Forbidden, "kept.DueActs", "does not look at what is due")
	}
	var all []*action.Kept
	for _, k := range a.Order {
		if at := due(k); !at.IsZero() && !at.After(a.clock()) {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	longest := slices.MinFunc(all, func(x, y *action.Kept) int { return cmp.Compare(due(x).UnixNano(), due(y).UnixNano()) })
	return []action.Kept{*longest}, nil
}

const anyRevision = 0

func (a *Acts) change(id string, revision int64, may func(policy.Object) bool, do func(*action.Kept) error) (action.Kept, error) {
	const op = "kept.change"
	found := a.ByID[id]
	if found == nil {
		return action.Kept{}, fault.New(fault.NotFound, op, "there is no such act")
	}
	k := *found
	o, err := a.about(k.ConversationID, k.CustomerID)
	switch {
	case err != nil:
		return action.Kept{}, err
	case !may(o):
		return action.Kept{}, fault.New(fault.Forbidden, op, "the act is not theirs to change")
	case revision != anyRevision && revision != k.Revision:
		return action.Kept{}, &fault.Error{Code: fault.Conflict, Op: op, Field: "revision", Message: "it has changed meanwhile"}
	}
	before := k.Action
	if err := do(&k); err != nil {
		return action.Kept{}, err
	}
	if !k.Follows(before) {
		return action.Kept{}, fault.New(fault.Internal, op, "%s does not follow %s", k.State, before.State)
	}
	if k.State.Over() && k.ApprovalID != "" {
		if r := a.Requests[k.ApprovalID]; r != nil && r.State == approval.Pending {
			r.State = approval.Withdrawn
		}
	}
	k.Revision++
	*found = k
	return k, nil
}

func proposes(p identity.Principal) func(policy.Object) bool {
	return func(o policy.Object) bool { return policy.Allow(p, policy.ProposeAct, o) }
}

func runs(p identity.Principal) func(policy.Object) bool {
	return func(o policy.Object) bool { return policy.Allow(p, policy.RunActs, o) }
}

func either(p identity.Principal) func(policy.Object) bool {
	return func(o policy.Object) bool { return proposes(p)(o) || runs(p)(o) }
}

// ConfirmAct implements acting.Store.
func (a *Acts) ConfirmAct(_ context.Context, p identity.Principal, id, hash string) (action.Kept, error) {
	return a.change(id, anyRevision, proposes(p), func(k *action.Kept) (err error) {
		k.Action, err = k.Confirm(p, hash, a.clock())
		return err
	})
}

// CancelAct implements acting.Store.
func (a *Acts) CancelAct(_ context.Context, p identity.Principal, id string) (action.Kept, error) {
	return a.change(id, anyRevision, proposes(p), func(k *action.Kept) (err error) {
		k.Action, err = k.Cancel(p, a.clock())
		return err
	})
}

// SupersedeAct implements acting.Store.
func (a *Acts) SupersedeAct(_ context.Context, p identity.Principal, id string) (action.Kept, error) {
	return a.change(id, anyRevision, runs(p), func(k *action.Kept) (err error) {
		k.Action, err = k.Supersede(a.clock())
		return err
	})
}

// GaveAct implements acting.Store.
func (a *Acts) GaveAct(_ context.Context, p identity.Principal, id string, n int) (action.Kept, error) {
	return a.change(id, anyRevision, runs(p), func(k *action.Kept) (err error) {
		*k, err = k.Gave(n, a.clock())
		return err
	})
}

type asked struct {
	Act  string   `json:"act"`
	Hash string   `json:"hash"`
	Not  []string `json:"not,omitempty"`
}

func mayDecide(p identity.Principal, want asked) bool {
	return policy.Allow(p, policy.ApproveAct, policy.Object{StaffID: want.Act}) && !slices.Contains(want.Not, p.ID)
}

// AwaitAct implements acting.Store.
func (a *Acts) AwaitAct(_ context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	return a.change(id, revision, either(p), func(k *action.Kept) error {
		now := a.clock()
		want := asked{Act: k.ID, Hash: k.Hash}
		for _, who := range []action.By{k.Maker, k.Confirmer} {
			if who.Kind == identity.Staff {
				want.Not = append(want.Not, who.ID)
			}
		}
		payload, err := json.Marshal(want)
		if err != nil {
			return err
		}
		r := &approval.Request{
			ID: "approval-" + strconv.Itoa(len(a.Requests)), Kind: approval.WalletAct, Subject: "act/" + k.ID, Payload: payload, MakerID: k.Maker.ID,
			CreatedAt: clock.Micros(now), ExpiresAt: clock.Micros(now.Add(approval.Life)), State: approval.Pending,
		}
		r.Hash = approval.HashOf(r.Kind, r.Subject, payload)
		if k.Action, err = k.Await(r.ID, now); err != nil {
			return err
		}
		a.Requests[r.ID] = r
		return nil
	})
}

// PlanAct implements acting.Store.
func (a *Acts) PlanAct(_ context.Context, p identity.Principal, id string, revision int64, r action.Ready) (action.Kept, error) {
	return a.change(id, revision, either(p), func(k *action.Kept) error {
		for _, o := range a.Order {
			if o.CustomerID == k.CustomerID && o.Command.Act == k.Command.Act && o.ID != k.ID && (o.State == action.Planned || o.State == action.Unknown) && o.Command.Target == k.Command.Target {
				return &fault.Error{Code: fault.Forbidden, Op: "kept.PlanAct", Field: "act", Reason: "underway", Message: "the same may have happened already"}
			}
		}
		if !a.Believing {
			r.Level, r.Signed = identity.AL1, ""
		}
		use := func() {}
		if r.StepUp != "" && !a.Believing {
			used, undo, err := a.Proofs.use(r.StepUp, k.ID, k.ConversationID, k.Command)
			if err != nil {
				return err
			}
			r.Level, r.Signed, use = used.Proof.Level, used.Signed, undo
		}
		next, err := k.Plan(r, a.clock())
		if err != nil {
			return err
		}
		use() // in the same transaction
		k.Action, k.Sending, k.NextAt = next, true, a.clock().Add(action.SendLease)
		return nil
	})
}

// ResendAct implements acting.Store.
func (a *Acts) ResendAct(_ context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	return a.change(id, revision, runs(p), func(k *action.Kept) error {
		if k.Sending || !k.Resendable(a.clock()) {
			return fault.New(fault.Conflict, "kept.ResendAct", "it may have left, or its time is over")
		}
		k.Sending, k.HandedAt, k.NextAt = true, a.clock(), a.clock().Add(action.SendLease)
		return nil
	})
}

// SettleAct implements acting.Store.
func (a *Acts) SettleAct(_ context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error) {
	return a.change(id, revision, runs(p), func(k *action.Kept) (err error) {
		k.Action, err = k.Settle(w, a.clock())
		k.Sending = false
		return err
	})
}

// LearnAct implements acting.Store.
func (a *Acts) LearnAct(_ context.Context, p identity.Principal, id string, revision int64, w action.Answer) (action.Kept, error) {
	return a.change(id, revision, runs(p), func(k *action.Kept) (err error) {
		k.Action, err = k.Learn(w, a.clock())
		return err
	})
}

// ActSubject implements acting.Store. Nothing is lost here.
func (a *Acts) ActSubject(context.Context, identity.Principal, string, string) (string, error) {
	return "", fault.New(fault.NotFound, "kept.ActSubject", "nothing is lost here")
}

// FailAct implements acting.Store.
func (a *Acts) FailAct(_ context.Context, p identity.Principal, id string, revision int64, why wallet.Refusal) (action.Kept, error) {
	return a.change(id, revision, either(p), func(k *action.Kept) (err error) {
		k.Action, err = k.Fail(why, a.clock())
		return err
	})
}

// LookAgain implements acting.Store.
func (a *Acts) LookAgain(_ context.Context, p identity.Principal, id string, revision int64, at time.Time) (action.Kept, error) {
	return a.change(id, revision, runs(p), func(k *action.Kept) error {
		if now := a.clock(); k.At(now).State == action.Expired {
			k.Action = k.At(now)
			return nil
		}
		k.NextAt = at
		return nil
	})
}

// HurryActs implements acting.Store. There is one issuer here.
func (a *Acts) HurryActs(_ context.Context, p identity.Principal, _, subject string) error {
	if !policy.Allow(p, policy.RunActs, policy.Object{}) {
		return fault.New(fault.Forbidden, "kept.HurryActs", "hurries nothing")
	}
	for _, k := range a.Order {
		waits := k.State == action.Sent || k.State == action.Unknown || k.State == action.Approved
		if now := a.clock(); waits && k.Command.CustomerID == subject && due(k).After(now) {
			k.NextAt = now
		}
	}
	return nil
}

// ToldAct implements acting.Store.
func (a *Acts) ToldAct(_ context.Context, p identity.Principal, id string, revision int64, again time.Time) (action.Kept, error) {
	return a.change(id, revision, runs(p), func(k *action.Kept) error {
		k.Untold, k.NextAt = k.Untold && !again.IsZero(), again
		return nil
	})
}

// AlarmAct implements acting.Store.
func (a *Acts) AlarmAct(_ context.Context, p identity.Principal, id string, revision int64) (action.Kept, error) {
	return a.change(id, revision, runs(p), func(k *action.Kept) error {
		k.Alarmed = true
		return nil
	})
}

// ActRequest implements acting.Store.
func (a *Acts) ActRequest(ctx context.Context, p identity.Principal, id string) (approval.Request, error) {
	const op = "kept.ActRequest"
	if !policy.Allow(p, policy.OverseeActs, policy.Object{}) {
		return approval.Request{}, fault.New(fault.Forbidden, op, "decides over no acts")
	}
	k, err := a.Act(ctx, p, id)
	if err != nil {
		return approval.Request{}, err
	}
	r := a.Requests[k.ApprovalID]
	if r == nil {
		return approval.Request{}, fault.New(fault.NotFound, op, "the act waits for nobody")
	}
	return r.At(clock.Micros(a.clock())), nil
}

func (a *Acts) may(r approval.Request) func(identity.Principal) bool {
	return func(p identity.Principal) bool {
		var want asked
		return json.Unmarshal(r.Payload, &want) == nil && mayDecide(p, want)
	}
}

// MayDecide implements acting.Store.
func (a *Acts) MayDecide(p identity.Principal, r approval.Request) bool {
	return r.CheckApprove(p, clock.Micros(a.clock()), r.Hash, a.may(r)) == nil
}

// Conversation implements acting.Store.
func (a *Acts) Conversation(_ context.Context, p identity.Principal, id string) (conversation.State, error) {
	t, begun := a.Talks[id]
	if !begun || !policy.Allow(p, policy.ReadConversation, policy.Object{CustomerID: t.CustomerID, AssigneeID: t.AssigneeID}) {
		return conversation.State{}, fault.New(fault.NotFound, "kept.Conversation", "may not know of it")
	}
	return t, nil
}

// Approve is the second person's yes, as storage/approvals takes it.
func (a *Acts) Approve(_ context.Context, p identity.Principal, id, hash string) error {
	const op = "kept.Approve"
	r := a.Requests[id]
	if r == nil {
		return fault.New(fault.NotFound, op, "there is none")
	}
	if err := r.CheckApprove(p, clock.Micros(a.clock()), hash, a.may(*r)); err != nil {
		return err
	}
	var want asked
	if err := json.Unmarshal(r.Payload, &want); err != nil {
		return err
	}
	_, err := a.change(want.Act, anyRevision, func(policy.Object) bool { return true }, func(k *action.Kept) (err error) {
		if k.ApprovalID != r.ID {
			return fault.New(fault.Conflict, op, "the act waits for another request")
		}
		k.Action, err = k.Approve(p, want.Hash, a.clock())
		k.NextAt = a.clock()
		return err
	})
	if err != nil {
		r.State, r.Reason = approval.Expired, approval.Moved
		return &fault.Error{Code: fault.Conflict, Op: op, Field: "moved", Reason: approval.Moved, Message: "what it is about has changed", Err: err}
	}
	r.State, r.DeciderID = approval.Executed, p.ID
	return nil
}

// Reject is the second person's no.
func (a *Acts) Reject(_ context.Context, p identity.Principal, id, reason string) error {
	r := a.Requests[id]
	if r == nil {
		return fault.New(fault.NotFound, "kept.Reject", "there is none")
	}
	if err := r.CheckReject(p, clock.Micros(a.clock()), reason, a.may(*r)); err != nil {
		return err
	}
	var want asked
	if err := json.Unmarshal(r.Payload, &want); err != nil {
		return err
	}
	r.State = approval.Rejected
	_, err := a.change(want.Act, anyRevision, func(policy.Object) bool { return true }, func(k *action.Kept) (err error) {
		k.Action, err = k.Reject(p, a.clock())
		return err
	})
	return err
}
