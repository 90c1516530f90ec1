package storage

import (
	"context"
	"database/sql"
	"encoding/json"

	"kefu/internal/domain/conversation"
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

func (w *workset) loadStates(ctx context.Context, ids []string) error {
	stmt := w.tx.store.stmts.loadStates
	rows := stmt.layout.rowset()
	for _, id := range ids {
		known, ok := w.tx.left[id]
		if !ok {
			known, ok = w.tx.store.cache.states[id]
		}
		if ok {
			w.workOn(known)
			continue
		}
		rows.text(id).endRow()
	}
	if rows.rows == 0 {
		return nil
	}
	return w.tx.querySet(ctx, stmt, rows, func(r *sql.Rows) error {
		state, inboxActivity, err := scanState(r)
		if err != nil {
			return err
		}
		w.workOn(cachedState{state, inboxActivity})
		return nil
	})
}

func (w *workset) workOn(known cachedState) {
	work := &working{before: known.state, state: known.state, inboxActivity: known.inboxActivity}
	w.states[known.state.ID] = work
	w.order = append(w.order, work)
}

// updateStates writes what every message changes, and separately the rarer
// fields of those conversations where one of them changed.
func (w *workset) updateStates(ctx context.Context) error {
	stmts := &w.tx.store.stmts
	hot, cold := stmts.updateHot.layout.rowset(), stmts.updateCold.layout.rowset()
	for _, work := range w.order {
		if !work.changed {
			continue
		}
		s := work.state
		if work.inboxKeyMoves() {
			work.report.InboxMoved = true
		}
		hot.text(s.ID).text(string(s.Status)).int(s.LastSeq).int(s.PreviewSeq).int(s.LastActivity).int(work.newInboxActivity()).
			int(s.WaitingSince).int(s.SnoozedUntil).int(s.ResolvedAt).int(int64(s.Reopened)).int(int64(s.Unread)).
			int(s.CustomerDelivered).int(s.CustomerRead).int(s.AgentRead).endRow()
		if work.coldChanged() {
			cold.text(s.ID).text(s.CustomerID).text(string(s.StatusBefore)).text(s.AssigneeID).text(s.AssigneeName).
				text(string(s.Priority)).text(s.Topic).text(s.Language).text(encodeTags(s.Tags)).text(s.MergedInto).endRow()
		}
	}
	if len(w.entries) == 0 && hot.rows > 0 {
		w.tx.nextPos() // every change of a conversation raises it: see stateCache
	}
	if hot.rows > 0 {
		if err := w.tx.execSet(ctx, stmts.updateHot, hot); err != nil {
			return err
		}
	}
	if cold.rows > 0 {
		return w.tx.execSet(ctx, stmts.updateCold, cold)
	}
	return nil
}

func (k *working) coldChanged() bool {
	a, b := k.before, k.state
	return a.CustomerID != b.CustomerID || a.StatusBefore != b.StatusBefore || a.AssigneeID != b.AssigneeID ||
		a.AssigneeName != b.AssigneeName || a.Priority != b.Priority || a.Topic != b.Topic ||
		a.Language != b.Language || encodeTags(a.Tags) != encodeTags(b.Tags) || a.MergedInto != b.MergedInto
}

func (k *working) inboxKeyMoves() bool {
	return k.before.Status != k.state.Status || k.before.AssigneeID != k.state.AssigneeID ||
		k.state.LastActivity-k.inboxActivity >= inboxStep
}

func (k *working) newInboxActivity() int64 {
	if k.inboxKeyMoves() {
		return k.state.LastActivity
	}
	return k.inboxActivity
}

// moveInbox takes conversations from their old places in the inbox and puts
// them at their new ones.
func (w *workset) moveInbox(ctx context.Context) error {
	stmts := &w.tx.store.stmts
	leave, enter := stmts.leaveInbox.layout.rowset(), stmts.enterInbox.layout.rowset()
	for _, work := range w.order {
		if !work.changed || !work.inboxKeyMoves() {
			continue
		}
		leave.text(string(work.before.Status)).text(work.before.AssigneeID).int(work.inboxActivity).text(work.state.ID).endRow()
		enter.text(string(work.state.Status)).text(work.state.AssigneeID).int(work.newInboxActivity()).text(work.state.ID).endRow()
	}
	if leave.rows == 0 {
		return nil
	}
	if err := w.tx.execSet(ctx, stmts.leaveInbox, leave); err != nil {
		return err
	}
	return w.tx.execSet(ctx, stmts.enterInbox, enter)
}
