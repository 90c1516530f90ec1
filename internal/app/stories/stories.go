// Package stories lets the story of a payment hear, for package app, what Kefu's own
// rooms have to tell of it: flows that its customer walked through, and acts.
package stories

import (
	"context"
	"slices"
	"time"

	"kefu/internal/domain/action"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/acting"
	"kefu/internal/flow/lookup"
	flow "kefu/internal/flow/selfservice"
)

// Runs lists the runs of a conversation.
type Runs interface {
	ListOf(ctx context.Context, p identity.Principal, conversationID string) ([]flow.Seen, error)
}

// Acts lists what is done in the wallet.
type Acts interface {
	List(ctx context.Context, p identity.Principal, q action.Query) ([]acting.Seen, error)
}

// OfRuns tells of flows.
type OfRuns struct{ Runs Runs }

// About implements lookup.Doings.
func (o OfRuns) About(ctx context.Context, p identity.Principal, _, conversationID, txID string) ([]lookup.Event, error) {
	all, err := o.Runs.ListOf(ctx, p, conversationID)
	if err != nil {
		return nil, err
	}
	var events []lookup.Event
	for _, seen := range all {
		run := seen.Run.Run
		if !about(run, txID) {
			continue
		}
		events = append(events, told(run.StartedAt, lookup.SourceRun, run.Flow+" begun", run.ID, ""))
		if run.State.Over() {
			events = append(events, told(run.ChangedAt, lookup.SourceRun, run.Flow+" "+string(run.State), run.ID, ""))
		}
	}
	return events, nil
}

// about tells whether a run is about a payment.
func about(run selfservice.Run, txID string) bool {
	for _, v := range run.Slots {
		if v.Payment != nil && v.Payment.ID == txID {
			return true
		}
	}
	return false
}

// OfActs tells of what was done in the wallet.
type OfActs struct{ Acts Acts }

// About implements lookup.Doings.
func (o OfActs) About(ctx context.Context, p identity.Principal, customerID, conversationID, txID string) ([]lookup.Event, error) {
	q := action.Query{ConversationID: conversationID, Limit: action.MaxPage}
	if policy.Allow(p, policy.ReadActs, policy.Object{CustomerID: customerID}) { // in whichever conversation it was
		q.ConversationID, q.CustomerID = "", customerID
	}
	all, err := o.Acts.List(ctx, p, q)
	if err != nil {
		return nil, err
	}
	var events []lookup.Event
	for _, a := range all {
		if a.Command.Target != txID && !slices.Contains(a.Command.Also, txID) {
			continue
		}
		act := string(a.Command.Act)
		events = append(events, told(a.CreatedAt, lookup.SourceAct, act+" "+string(action.Proposed), a.ID, a.Maker.Kind.String()))
		if a.State != action.Proposed {
			events = append(events, told(a.ChangedAt, lookup.SourceAct, act+" "+string(a.State), a.ID, ""))
		}
	}
	return events, nil
}

func told(at time.Time, source, event, ref, by string) lookup.Event {
	return lookup.Event{Trace: wallet.Trace{At: wallet.At(at), Source: source, Event: event, Tellable: true}, Ref: ref, By: by}
}
