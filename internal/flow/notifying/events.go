// Package notifying tells other systems what happens: it follows the log, leaves a
// delivery for every endpoint that asked for an event, and sends them until they are
// taken or it gives up. What a customer's wallet is told, so that it can show a push
// notification, is one of these events.
package notifying

import (
	"context"
	"slices"
	"sync/atomic"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/webhook"
	"kefu/internal/platform/fault"
)

// Follower is the name of the follower of the log that events come from.
const Follower = "webhooks"

// Endpoint is an endpoint under its id.
type Endpoint struct {
	ID string
	webhook.Endpoint
}

// Planner makes deliveries of what the log tells. It is a following.Consumer.
type Planner struct {
	store     PlanStore
	endpoints atomic.Pointer[[]Endpoint] // those that want something
	planned   func()
	who       identity.Principal
}

// PlanStore is what a Planner needs of the store.
type PlanStore interface {
	Conversation(ctx context.Context, p identity.Principal, id string) (conversation.State, error)
	FollowDeliveries(ctx context.Context, s event.Step, all []webhook.Delivery) error
}

// NewPlanner makes a Planner without endpoints. planned is called when deliveries
// were added.
func NewPlanner(store PlanStore, planned func()) *Planner {
	p := &Planner{store: store, planned: planned, who: identity.SystemPart(Follower)}
	p.Use(nil)
	return p
}

// Use replaces the endpoints.
func (p *Planner) Use(all []Endpoint) {
	all = slices.DeleteFunc(slices.Clone(all), func(e Endpoint) bool { return e.Paused })
	p.endpoints.Store(&all)
}

// Wants implements following.Consumer.
func (p *Planner) Wants(e *conversation.Entry) bool {
	switch e.Kind {
	case conversation.KindMessage, conversation.KindAct, conversation.KindHuman, conversation.KindAssigned, conversation.KindStatus:
		return len(*p.endpoints.Load()) > 0
	default:
		return false
	}
}

// Take implements following.Consumer.
func (p *Planner) Take(ctx context.Context, entries []conversation.Entry, s event.Step) error {
	endpoints := *p.endpoints.Load()
	states := map[string]conversation.State{}
	var all []webhook.Delivery
	for _, e := range entries {
		state, known := states[e.ConversationID]
		if !known {
			var err error
			state, err = p.store.Conversation(ctx, p.who, e.ConversationID)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			states[e.ConversationID] = state
		}
		if state.ID == "" {
			continue
		}
		for _, what := range webhook.Of(e, state) {
			all = append(all, deliveries(what, endpoints)...)
		}
	}
	if err := p.store.FollowDeliveries(ctx, s, all); err != nil {
		return err
	}
	if len(all) > 0 {
		p.planned()
	}
	return nil
}

func deliveries(what webhook.Event, to []Endpoint) []webhook.Delivery {
	var all []webhook.Delivery
	for _, e := range to {
		if !e.Wants(what.Type) {
			continue
		}
		d := webhook.Delivery{EndpointID: e.ID, Event: what}
		if what.Type == webhook.CustomerUnreached {
			d.NextAt = what.At + webhook.UnreachedAfter.Microseconds()
		}
		all = append(all, d)
	}
	return all
}
