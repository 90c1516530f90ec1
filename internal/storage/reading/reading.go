// Package reading reads the rows of conversations and their entries: the columns in
// their order, and the names under which their words are sealed. The store and
// its parts read them alike.
package reading

import (
	"context"
	"encoding/json"
	"strconv"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/standstill"
)

// StateColumns are the columns of a conversation c in the order of ScanState.
const StateColumns = `c.id, c.customer_id, c.channel, c.status, c.status_before, c.assignee_id, c.assignee_name,
	c.priority, c.topic, c.topic_ref, c.language, c.tags, c.team, c.skills, c.merged_into, c.last_seq, c.preview_seq, c.created_at, c.last_activity,
	c.inbox_activity, c.waiting_since, c.snoozed_until, c.resolved_at, c.reopened, c.unread,
	c.customer_delivered, c.customer_read, c.agent_read, c.rated_at, c.score, c.wrap_up`

// Scanner is a row.
type Scanner interface{ Scan(...any) error }

// TopicAAD names a conversation's topic.
func TopicAAD(id string) string { return "conversation/" + id + "/topic" }

// CustomerNameAAD names a customer's name.
func CustomerNameAAD(id string) string { return "customer/" + id + "/name" }

// EntryAAD names the content of an entry.
func EntryAAD(conversationID string, seq int64) string {
	return conversationID + "/" + strconv.FormatInt(seq, 10)
}

// ScanState reads a conversation, and the activity under which it stands in the
// inbox. What follows StateColumns in the row goes to extra.
func ScanState(c *core.Core, row Scanner, extra ...any) (conversation.State, int64, error) {
	var s conversation.State
	var status, before, priority, tags, skills string
	var inboxActivity, topicRef int64
	var topic []byte
	dest := []any{
		&s.ID, &s.CustomerID, &s.Channel, &status, &before, &s.AssigneeID, &s.AssigneeName,
		&priority, &topic, &topicRef, &s.Language, &tags, &s.TeamID, &skills, &s.MergedInto, &s.LastSeq, &s.PreviewSeq, &s.CreatedAt, &s.LastActivity,
		&inboxActivity, &s.WaitingSince, &s.SnoozedUntil, &s.ResolvedAt, &s.Reopened, &s.Unread,
		&s.CustomerDelivered, &s.CustomerRead, &s.AgentRead, &s.RatedAt, &s.Score, &s.WrapUp,
	}
	if err := row.Scan(append(dest, extra...)...); err != nil {
		return s, 0, err
	}
	s.Status, s.StatusBefore, s.Priority = conversation.Status(status), conversation.Status(before), conversation.Priority(priority)
	var err error
	if s.Topic, err = c.Read(topic, topicRef, TopicAAD(s.ID)); err != nil {
		return s, 0, err
	}
	if s.Skills, err = Tags(skills); err != nil {
		return s, 0, err
	}
	s.Tags, err = Tags(tags)
	return s, inboxActivity, err
}

// Conversation reads one conversation for somebody. Errors: NotFound, also when it is
// not p's to see; Conflict to a program while what is kept of its customer stands still.
func Conversation(ctx context.Context, c *core.Core, p identity.Principal, id string) (conversation.State, error) {
	const op = "reading.Conversation"
	if !engine.ValidKey(id) {
		return conversation.State{}, fault.New(fault.NotFound, op, "no conversation has an id of that form")
	}
	state, _, err := ScanState(c, c.DB.Reader.QueryRowContext(ctx, "SELECT "+StateColumns+" FROM conversation c WHERE c.id = $1", id))
	if err != nil {
		return conversation.State{}, engine.MapError(op, err)
	}
	if !policy.Allow(p, policy.ReadConversation, state.Object()) {
		return conversation.State{}, fault.New(fault.NotFound, op, "conversation %s is not %s's to see", id, p.Kind)
	}
	if err := standstill.RefuseProgram(ctx, c.DB.Reader, op, p, state.CustomerID); err != nil {
		return conversation.State{}, err
	}
	return state, nil
}

// Tags reads the column of a conversation's tags, or skills.
func Tags(column string) (tags []string, err error) {
	if column == "[]" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(column), &tags)
	return tags, err
}

// DecodeContent reads the JSON of a content; nothing stands for an erased one.
func DecodeContent(plain []byte) (conversation.Content, error) {
	var c conversation.Content
	if len(plain) == 0 {
		return c, nil
	}
	err := json.Unmarshal(plain, &c)
	return c, fault.Wrap("reading.DecodeContent", err)
}

// OpenContent opens a content. In the place of a damaged one stands core.Damaged,
// so that the rest of a conversation can be read, and it can be redacted.
func OpenContent(c *core.Core, sealed []byte, ref int64, aad string) (conversation.Content, error) {
	plain, err := c.Open(sealed, ref, aad)
	var content conversation.Content
	if err == nil {
		content, err = DecodeContent(plain)
	}
	if err != nil && core.IsDamaged(err) {
		c.Log.Error("a stored text cannot be opened", "where", aad, "error", err)
		return conversation.Content{Text: core.Damaged}, nil
	}
	return content, err
}
