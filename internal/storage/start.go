package storage

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/event"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/engine"
)

// StartConversation begins a conversation for the customer p, or gives back the
// one that the same Ref began. Errors: Forbidden; Invalid; Unauthenticated
// when the visitor has become a customer meanwhile.
func (s *Store) StartConversation(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error) {
	const op = "storage.StartConversation"
	if !policy.Allow(p, policy.StartConversation, policy.Object{}) {
		return conversation.State{}, fault.New(fault.Forbidden, op, "%s may not start a conversation", p.Kind)
	}
	if !engine.ValidKey(start.Ref) {
		return conversation.State{}, fault.InvalidField(op, "ref", "must have 1 to %d printable characters", conversation.MaxClientID)
	}
	if err := errors.Join(conversation.CheckLine("topic", start.Topic, conversation.MaxTopicChars), conversation.CheckLine("lang", start.Language, 35)); err != nil {
		return conversation.State{}, err
	}
	var state conversation.State
	err := s.tx(ctx, func(ctx context.Context, t *Tx) error {
		found, err := t.startedBefore(ctx, p.ID, start.Ref)
		if err == nil {
			state = found
			return nil
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := t.ensureCustomer(ctx, p, start); err != nil {
			return err
		}
		state, err = t.insertConversation(ctx, p, start)
		return err
	})
	if err != nil { // after one who gave up the function may still run: see wait
		return conversation.State{}, err
	}
	return state, nil
}

func (t *Tx) startedBefore(ctx context.Context, customerID, ref string) (conversation.State, error) {
	row := t.SQL.QueryRowContext(ctx, "SELECT "+stateColumns+" FROM conversation c WHERE c.customer_id = $1 AND c.start_ref = $2", customerID, ref)
	state, _, err := t.store.scanState(row)
	return state, engine.MapError("storage.startedBefore", err)
}

// ensureCustomer writes down a visitor who has done nothing so far.
func (t *Tx) ensureCustomer(ctx context.Context, p identity.Principal, start conversation.Start) error {
	const op = "storage.ensureCustomer"
	if p.Kind != identity.Visitor {
		return nil
	}
	var became sql.NullString
	err := t.SQL.QueryRowContext(ctx, "SELECT became FROM customer WHERE id = $1", p.ID).Scan(&became)
	switch {
	case err == nil && became.Valid:
		return fault.New(fault.Unauthenticated, op, "the visitor has signed in")
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return engine.MapError(op, err)
	}
	if _, err = t.SQL.ExecContext(ctx, `INSERT INTO customer (id, language, evidence, created_at) VALUES ($1, $2, '', $3) ON CONFLICT DO NOTHING`, p.ID, start.Language, t.Now); err != nil || start.Secret == nil {
		return engine.MapError(op, err)
	}
	return t.insertSecret(ctx, *start.Secret)
}

func (t *Tx) insertConversation(ctx context.Context, p identity.Principal, start conversation.Start) (conversation.State, error) {
	const op = "storage.insertConversation"
	state := conversation.New(start.NewID, p.ID, start.Channel, start.Topic, start.Language, t.Now)
	topic, topicRef, err := t.sealTopic(state.ID, state.Topic)
	if err != nil {
		return state, err
	}
	_, err = t.SQL.ExecContext(ctx, `INSERT INTO conversation (id, customer_id, start_ref, channel, status, status_before, assignee_id, assignee_name,
		priority, topic, topic_ref, language, tags, merged_into, last_seq, preview_seq, created_at, last_activity, inbox_activity, waiting_since,
		snoozed_until, resolved_at, reopened, unread, customer_delivered, customer_read, agent_read)
		VALUES ($1, $2, $3, $4, $5, '', '', '', $6, $7, $8, $9, '[]', '', 0, 0, $10, $10, $10, 0, 0, 0, 0, 0, 0, 0, 0)`,
		state.ID, state.CustomerID, start.Ref, state.Channel, string(state.Status), string(state.Priority), topic, topicRef, state.Language, t.Now)
	if err != nil {
		return state, engine.MapError(op, err)
	}
	_, err = t.SQL.ExecContext(ctx, "INSERT INTO inbox (status, assignee_id, activity, conversation_id) VALUES ($1, '', $2, $3)", string(state.Status), t.Now, state.ID)
	if err != nil {
		return state, engine.MapError(op, err)
	}
	t.Record(p, "conversation.start", "conversation", state.ID, state.CustomerID)
	t.Commit.Changed = append(t.Commit.Changed, event.ConversationChange{State: state, InboxMoved: true})
	return state, nil
}
