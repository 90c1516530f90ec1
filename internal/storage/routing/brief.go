package routing

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/routing"
	"kefu/internal/domain/selfservice"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
)

// formWithin is how many of a customer's first messages are looked at for the form that
// a conversation came by.
const formWithin = 3

// OfferBrief tells p of a conversation that the queue offers to somebody, who has to be
// p. It goes into the audit chain as a reading. Errors: Forbidden, NotFound.
func (s *Routing) OfferBrief(ctx context.Context, p identity.Principal, conversationID, offeredTo string) (routing.Brief, error) {
	const op = "routing.OfferBrief"
	if err := refuse(op, p, policy.ReadOffer, policy.Object{OfferedTo: offeredTo}); err != nil {
		return routing.Brief{}, err
	}
	var evidence string
	var before bool
	row := s.core.DB.Reader.QueryRowContext(ctx, "SELECT "+reading.StateColumns+`, COALESCE((SELECT u.evidence FROM customer u WHERE u.id = c.customer_id), ''),
		EXISTS (SELECT 1 FROM conversation o WHERE o.customer_id = c.customer_id AND o.created_at < c.created_at) FROM conversation c WHERE c.id = $1`, conversationID)
	state, _, err := reading.ScanState(s.core, row, &evidence, &before)
	if err != nil {
		return routing.Brief{}, engine.MapError(op, err)
	}
	b := routing.Brief{
		ConversationID: state.ID, Channel: state.Channel, Language: state.Language, Team: state.TeamID, Priority: string(state.Priority),
		Since: state.WaitingSince, Messages: state.Unread, SignedIn: evidence == string(customer.Verified), Returning: before,
	}
	if b.Topic, err = s.topicOfHouse(ctx, &state); err != nil {
		return routing.Brief{}, engine.MapError(op, err)
	}
	if err := s.cameBy(ctx, &b); err != nil {
		return routing.Brief{}, engine.MapError(op, err)
	}
	return b, s.core.RecordRead(ctx, p, core.Read{Action: "conversation.offered", ObjectType: "conversation", ObjectID: state.ID, Subject: state.CustomerID})
}

// topicOfHouse is a conversation's topic where a form gave it. What customers or
// colleagues call it are their own words.
func (s *Routing) topicOfHouse(ctx context.Context, state *conversation.State) (string, error) {
	var kind, by string
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT author_kind, author_id FROM entry WHERE conversation_id = $1 AND kind = 'topic' ORDER BY seq DESC LIMIT 1", state.ID).Scan(&kind, &by)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil || conversation.AuthorKind(kind) != conversation.BySystem || by != conversation.FormAuthor:
		return "", err
	}
	return state.Topic, nil
}

// cameBy finds the form and the flow that a conversation came by.
func (s *Routing) cameBy(ctx context.Context, b *routing.Brief) error {
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT seq, content, content_ref FROM entry WHERE conversation_id = $1 AND kind = 'message' AND author_kind = 'customer' ORDER BY seq LIMIT $2", b.ConversationID, formWithin)
	if err != nil {
		return err
	}
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var seq, ref int64
		var sealed []byte
		if err := r.Scan(&seq, &sealed, &ref); err != nil || b.Form != "" {
			return err
		}
		content, err := reading.OpenContent(s.core, sealed, ref, reading.EntryAAD(b.ConversationID, seq))
		if err == nil && content.Form != nil {
			b.Form, b.FormTitle = content.Form.Form, content.Form.Title
		}
		return err
	})
	if err != nil {
		return err
	}
	var text string
	err = s.core.DB.Reader.QueryRowContext(ctx, `SELECT r.flow, COALESCE((SELECT t.text FROM flow_text t WHERE t.digest = r.digest), '') FROM flow_run r
		WHERE r.conversation_id = $1 ORDER BY r.started_at DESC, r.id DESC LIMIT 1`, b.ConversationID).Scan(&b.Flow, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	b.FlowTitle = selfservice.TitleOf([]byte(text)) // one whose text is gone is told by its id
	return err
}
