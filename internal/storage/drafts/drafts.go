// Package drafts keeps what members of staff are writing and have not sent, each
// sealed and for its writer alone.
package drafts

import (
	"context"
	"database/sql"
	"errors"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/reading"
)

// Drafts is the part of the store that this package is.
type Drafts struct{ core *core.Core }

// New makes it.
func New(c *core.Core) *Drafts { return &Drafts{core: c} }

func aad(staffID, conversationID string) string {
	return "draft/" + staffID + "/" + conversationID
}

// SaveDraft keeps what p is writing; one without words removes it.
func (s *Drafts) SaveDraft(ctx context.Context, p identity.Principal, conversationID string, d conversation.Draft) error {
	const op = "drafts.SaveDraft"
	if err := s.mayDraft(ctx, p, conversationID); err != nil {
		return err
	}
	if err := conversation.CheckText("text", d.Text, conversation.MaxTextChars); err != nil {
		return err
	}
	return s.core.Do(ctx, func(ctx context.Context, t *core.Tx) error {
		var old sql.NullInt64
		err := t.SQL.QueryRowContext(ctx, "DELETE FROM draft WHERE staff_id = $1 AND conversation_id = $2 RETURNING content_ref", p.ID, conversationID).Scan(&old)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return engine.MapError(op, err)
		}
		if old.Valid {
			if err := t.DestroyKeys(ctx, []int64{old.Int64}); err != nil {
				return err
			}
		}
		if d.Text == "" {
			return nil
		}
		sealed, ref, err := t.Seal([]byte(d.Text), aad(p.ID, conversationID))
		if err != nil {
			return err
		}
		_, err = t.SQL.ExecContext(ctx, "INSERT INTO draft (staff_id, conversation_id, content, content_ref, note, at) VALUES ($1, $2, $3, $4, $5, $6)", p.ID, conversationID, sealed, ref, d.Note, t.Now)
		return engine.MapError(op, err)
	})
}

// Draft reads p's own draft for a conversation; one without words when there is none.
func (s *Drafts) Draft(ctx context.Context, p identity.Principal, conversationID string) (conversation.Draft, error) {
	const op = "drafts.Draft"
	if err := s.mayDraft(ctx, p, conversationID); err != nil {
		return conversation.Draft{}, err
	}
	var sealed []byte
	var ref int64
	var d conversation.Draft
	err := s.core.DB.Reader.QueryRowContext(ctx, "SELECT content, content_ref, note FROM draft WHERE staff_id = $1 AND conversation_id = $2", p.ID, conversationID).Scan(&sealed, &ref, &d.Note)
	if errors.Is(err, sql.ErrNoRows) {
		return conversation.Draft{}, nil
	}
	if err != nil {
		return conversation.Draft{}, engine.MapError(op, err)
	}
	text, err := s.core.Open(sealed, ref, aad(p.ID, conversationID))
	if err != nil {
		return conversation.Draft{}, err
	}
	d.Text = string(text)
	return d, nil
}

func (s *Drafts) mayDraft(ctx context.Context, p identity.Principal, conversationID string) error {
	state, err := reading.Conversation(ctx, s.core, p, conversationID)
	if err != nil {
		return err
	}
	if !policy.Allow(p, policy.UseDraft, state.Object()) {
		return fault.New(fault.Forbidden, "drafts.mayDraft", "%s keeps no drafts", p.Kind)
	}
	return nil
}
