package storage

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
	"kefu/internal/storage/core"
	"kefu/internal/storage/engine"
)

// Inbox reads a page of the inbox. Who may list nothing but their own
// conversations is given those when they ask for everybody's. Errors: Forbidden, Invalid.
func (s *Store) Inbox(ctx context.Context, p identity.Principal, q conversation.InboxQuery) ([]conversation.InboxLine, error) {
	const op = "storage.Inbox"
	if q.Assignee.Any && !policy.Allow(p, policy.ListInbox, policy.Object{}) {
		q.Assignee = conversation.Assignee{ID: p.ID} // all that there is for them
	}
	if !policy.Allow(p, policy.ListInbox, policy.Whosever(q.Assignee.ID)) {
		return nil, fault.New(fault.Forbidden, op, "%s may not list the inbox", p.Kind)
	}
	if q.Limit <= 0 || q.Limit > conversation.MaxPage {
		return nil, fault.InvalidField(op, "limit", "must lie between 1 and %d", conversation.MaxPage)
	}
	if !slices.Contains([]conversation.Status{conversation.Open, conversation.Waiting, conversation.Snoozed, conversation.Resolved, conversation.Merged}, q.Status) {
		return nil, fault.InvalidField(op, "status", "is unknown")
	}
	where, args := []string{"i.status = $1"}, []any{string(q.Status)}
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	if !q.Assignee.Any {
		where = append(where, "i.assignee_id = "+arg(q.Assignee.ID))
	}
	if q.After.ConversationID != "" {
		where = append(where, "(i.activity, i.conversation_id) < ("+arg(q.After.Activity)+", "+arg(q.After.ConversationID)+")")
	}
	text := "SELECT " + stateColumns + ", i.activity, " + lineColumns + ` FROM (
		SELECT i.activity, i.conversation_id FROM inbox i WHERE ` + strings.Join(where, " AND ") + `
		ORDER BY i.activity DESC, i.conversation_id DESC LIMIT ` + arg(q.Limit) + `) i` + lineJoins + `
		ORDER BY i.activity DESC, i.conversation_id DESC`
	rows, err := s.core.DB.Reader.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	lines := make([]conversation.InboxLine, 0, q.Limit)
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		line, err := s.scanLine(r)
		lines = append(lines, line)
		return err
	})
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	if err := s.core.RecordRead(ctx, p, listed(q.Status, lines)...); err != nil {
		return nil, err
	}
	return lines, nil
}

// listed is the reading of a page of the inbox: it names every conversation.
func listed(status conversation.Status, lines []conversation.InboxLine) []core.Read {
	if len(lines) == 0 {
		return []core.Read{{Action: "inbox.list", ObjectType: "inbox", ObjectID: string(status)}}
	}
	ids := make([]string, len(lines))
	for i := range lines {
		ids[i] = lines[i].State.ID
	}
	return readingsOf("inbox.list", ids)
}

const (
	lineColumns = `e.pos, e.seq, e.kind, e.author_kind, e.author_id, e.author_name, e.at, e.content, e.content_ref, u.name, u.name_ref, u.evidence, u.language`
	lineJoins   = ` CROSS JOIN conversation c
		LEFT JOIN entry e ON e.conversation_id = c.id AND e.seq = c.preview_seq
		LEFT JOIN customer u ON u.id = c.customer_id
		WHERE c.id = i.conversation_id`
)

func (s *Store) scanLine(row scanner) (conversation.InboxLine, error) {
	var line conversation.InboxLine
	var pos, seq, at, ref, nameRef sql.NullInt64
	var kind, authorKind, authorID, authorName, evidence, language sql.NullString
	var sealed, name []byte
	state, _, err := s.scanState(row, &line.Key.Activity, &pos, &seq, &kind, &authorKind, &authorID, &authorName, &at, &sealed, &ref, &name, &nameRef, &evidence, &language)
	if err != nil {
		return line, err
	}
	line.State, line.Key.ConversationID = state, state.ID
	line.Customer.Evidence, line.Customer.Language = evidence.String, language.String
	if line.Customer.Name, err = s.core.Read(name, nameRef.Int64, customerNameAAD(state.CustomerID)); err != nil {
		return line, err
	}
	if !seq.Valid {
		return line, nil
	}
	e := conversation.Entry{ConversationID: state.ID, Seq: seq.Int64, Pos: pos.Int64, Kind: conversation.EntryKind(kind.String), At: at.Int64,
		Author: conversation.Author{Kind: conversation.AuthorKind(authorKind.String), ID: authorID.String, Name: authorName.String}}
	if e.Content, err = s.openContent(storedContent{sealed: sealed, ref: ref.Int64}, entryAAD(state.ID, e.Seq)); err != nil {
		return line, err
	}
	line.Preview = &e
	return line, nil
}

// InboxLineOf reads the inbox line of one conversation. Errors: Forbidden for who
// has no inbox, NotFound.
func (s *Store) InboxLineOf(ctx context.Context, p identity.Principal, id string) (conversation.InboxLine, error) {
	const op = "storage.InboxLineOf"
	if !policy.Allow(p, policy.ListInbox, policy.Whosever(p.ID)) {
		return conversation.InboxLine{}, fault.New(fault.Forbidden, op, "%s may not list the inbox", p.Kind)
	}
	text := "SELECT " + stateColumns + ", i.activity, " + lineColumns + " FROM (SELECT inbox_activity AS activity, id AS conversation_id FROM conversation WHERE id = $1) i" + lineJoins
	line, err := s.scanLine(s.core.DB.Reader.QueryRowContext(ctx, text, id))
	if err != nil {
		return line, engine.MapError(op, err)
	}
	if !policy.Allow(p, policy.ListInbox, line.State.Object()) {
		return conversation.InboxLine{}, fault.New(fault.NotFound, op, "conversation %s is not %s's to see", id, p.Role)
	}
	if err := s.core.RecordRead(ctx, p, core.Read{Action: "conversation.read", ObjectType: "conversation", ObjectID: id, Subject: line.State.CustomerID}); err != nil {
		return conversation.InboxLine{}, err
	}
	return line, nil
}

// maxCounted bounds the newest entries of a conversation among which a window's
// unread ones are counted.
const maxCounted = 200

// ConversationsOf lists the conversations of the customer p, newest first, at
// most conversation.MaxPage, with how many messages p has not read, of the newest
// 200 entries of each.
func (s *Store) ConversationsOf(ctx context.Context, p identity.Principal, limit int) ([]conversation.WindowLine, error) {
	const op = "storage.ConversationsOf"
	if !policy.Allow(p, policy.ReadConversation, policy.Object{CustomerID: p.ID}) || !p.IsCustomer() {
		return nil, fault.New(fault.Forbidden, op, "%s has no conversations of its own", p.Kind)
	}
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+stateColumns+`, (SELECT count(*) FROM entry e
			WHERE e.conversation_id = c.id AND e.seq > c.customer_read AND e.seq > c.last_seq - $3 AND e.kind = 'message' AND e.author_kind <> 'customer')
		FROM conversation c WHERE c.customer_id = $1 ORDER BY c.last_activity DESC LIMIT $2`, p.ID, max(0, min(limit, conversation.MaxPage)), maxCounted)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var lines []conversation.WindowLine
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		var line conversation.WindowLine
		state, _, err := s.scanState(r, &line.Unread)
		line.State = state
		lines = append(lines, line)
		return err
	})
	return lines, engine.MapError(op, err)
}

func (s *Store) statesOf(ctx context.Context, customerID string, limit int) ([]conversation.State, error) {
	const op = "storage.statesOf"
	rows, err := s.core.DB.Reader.QueryContext(ctx, "SELECT "+stateColumns+" FROM conversation c WHERE c.customer_id = $1 ORDER BY c.last_activity DESC LIMIT $2", customerID, limit)
	if err != nil {
		return nil, engine.MapError(op, err)
	}
	var states []conversation.State
	err = engine.EachRow(rows, func(r *sql.Rows) error {
		state, _, err := s.scanState(r)
		states = append(states, state)
		return err
	})
	return states, engine.MapError(op, err)
}
