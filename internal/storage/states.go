package storage

import (
	"context"
	"database/sql"
	"encoding/json"

	"kefu/internal/domain/conversation"
	"kefu/internal/storage/workset"
)

// stateColumns are the columns of a conversation in the order of scanState.
const stateColumns = `c.id, c.customer_id, c.channel, c.status, c.status_before, c.assignee_id, c.assignee_name,
	c.priority, c.topic, c.language, c.tags, c.merged_into, c.last_seq, c.preview_seq, c.created_at, c.last_activity,
	c.inbox_activity, c.waiting_since, c.snoozed_until, c.resolved_at, c.reopened, c.unread,
	c.customer_delivered, c.customer_read, c.agent_read`

type scanner interface{ Scan(...any) error }

func scanState(row scanner, extra ...any) (conversation.State, int64, error) {
	var s conversation.State
	var status, before, priority, tags string
	var inboxActivity int64
	dest := []any{
		&s.ID, &s.CustomerID, &s.Channel, &status, &before, &s.AssigneeID, &s.AssigneeName,
		&priority, &s.Topic, &s.Language, &tags, &s.MergedInto, &s.LastSeq, &s.PreviewSeq, &s.CreatedAt, &s.LastActivity,
		&inboxActivity, &s.WaitingSince, &s.SnoozedUntil, &s.ResolvedAt, &s.Reopened, &s.Unread,
		&s.CustomerDelivered, &s.CustomerRead, &s.AgentRead,
	}
	if err := row.Scan(append(dest, extra...)...); err != nil {
		return s, 0, err
	}
	s.Status, s.StatusBefore, s.Priority = conversation.Status(status), conversation.Status(before), conversation.Priority(priority)
	if tags != "[]" {
		if err := json.Unmarshal([]byte(tags), &s.Tags); err != nil {
			return s, 0, err
		}
	}
	return s, inboxActivity, nil
}

func encodeTags(tags []string) string {
	if len(tags) == 0 {
		return "[]"
	}
	dst := []byte{'['}
	for i, tag := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, tag)
	}
	return string(append(dst, ']'))
}

func (t *Tx) loadStates(ctx context.Context, w *workset.Set, ids []string) error {
	stmt := t.store.stmts.loadStates
	rows := stmt.Layout.Rowset()
	for _, id := range ids {
		known, ok := t.left[id]
		if !ok {
			known, ok = t.store.cache.states[id]
		}
		if ok {
			w.LoadState(known.state, known.inboxActivity)
			continue
		}
		rows.Text(id).EndRow()
	}
	if rows.Len() == 0 {
		return nil
	}
	return stmt.Query(ctx, t.SQL, rows, func(r *sql.Rows) error {
		state, inboxActivity, err := scanState(r)
		if err != nil {
			return err
		}
		w.LoadState(state, inboxActivity)
		return nil
	})
}

// updateStates writes what every message changes, and separately the rarer
// fields of those conversations where one of them changed.
func (t *Tx) updateStates(ctx context.Context, w *workset.Set) error {
	stmts := &t.store.stmts
	hot, cold := stmts.updateHot.Layout.Rowset(), stmts.updateCold.Layout.Rowset()
	for _, work := range w.Order {
		if !work.Changed {
			continue
		}
		s := work.State
		if work.InboxMoves() {
			work.Report.InboxMoved = true
		}
		hot.Text(s.ID).Text(string(s.Status)).Int(s.LastSeq).Int(s.PreviewSeq).Int(s.LastActivity).Int(work.NewInboxActivity()).
			Int(s.WaitingSince).Int(s.SnoozedUntil).Int(s.ResolvedAt).Int(int64(s.Reopened)).Int(int64(s.Unread)).
			Int(s.CustomerDelivered).Int(s.CustomerRead).Int(s.AgentRead).EndRow()
		if work.ColdChanged() {
			cold.Text(s.ID).Text(s.CustomerID).Text(string(s.StatusBefore)).Text(s.AssigneeID).Text(s.AssigneeName).
				Text(string(s.Priority)).Text(s.Topic).Text(s.Language).Text(encodeTags(s.Tags)).Text(s.MergedInto).EndRow()
		}
	}
	if len(w.Entries) == 0 && hot.Len() > 0 {
		t.NextPos() // every change of a conversation raises it: see stateCache
	}
	if hot.Len() > 0 {
		if err := stmts.updateHot.Exec(ctx, t.SQL, hot); err != nil {
			return err
		}
	}
	if cold.Len() > 0 {
		return stmts.updateCold.Exec(ctx, t.SQL, cold)
	}
	return nil
}

// moveInbox takes conversations from their old places in the inbox and puts
// them at their new ones.
func (t *Tx) moveInbox(ctx context.Context, w *workset.Set) error {
	stmts := &t.store.stmts
	leave, enter := stmts.leaveInbox.Layout.Rowset(), stmts.enterInbox.Layout.Rowset()
	for _, work := range w.Order {
		if !work.Changed || !work.InboxMoves() {
			continue
		}
		leave.Text(string(work.Before.Status)).Text(work.Before.AssigneeID).Int(work.InboxActivity).Text(work.State.ID).EndRow()
		enter.Text(string(work.State.Status)).Text(work.State.AssigneeID).Int(work.NewInboxActivity()).Text(work.State.ID).EndRow()
	}
	if leave.Len() == 0 {
		return nil
	}
	if err := stmts.leaveInbox.Exec(ctx, t.SQL, leave); err != nil {
		return err
	}
	return stmts.enterInbox.Exec(ctx, t.SQL, enter)
}
