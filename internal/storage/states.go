package storage

import (
	"context"
	"database/sql"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/strictjson"
	"kefu/internal/storage/files"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/workset"
)

const stateColumns = reading.StateColumns

type scanner = reading.Scanner

// sealTopic seals what a conversation is about. No topic takes no key.
func (t *Tx) sealTopic(id, topic string) (sealed []byte, ref int64, err error) {
	if topic == "" {
		return []byte{}, 0, nil
	}
	return t.Seal([]byte(topic), reading.TopicAAD(id))
}

func (st *Store) scanState(row scanner, extra ...any) (conversation.State, int64, error) {
	return reading.ScanState(st.core, row, extra...)
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
		dst = strictjson.AppendString(dst, tag)
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
		state, inboxActivity, err := t.store.scanState(r)
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
				Text(string(s.Priority)).Text(s.Language).Text(encodeTags(s.Tags)).Text(s.TeamID).Text(encodeTags(s.Skills)).Text(s.MergedInto).Int(s.RatedAt).Int(s.Score).Text(s.WrapUp).EndRow()
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
		if err := stmts.updateCold.Exec(ctx, t.SQL, cold); err != nil {
			return err
		}
	}
	return t.updateTopics(ctx, w)
}

// updateTopics seals new topics and destroys the keys of those before.
func (t *Tx) updateTopics(ctx context.Context, w *workset.Set) error {
	stmts := &t.store.stmts
	old, topics := stmts.topicRefs.Layout.Rowset(), stmts.updateTopic.Layout.Rowset()
	for _, work := range w.Order {
		if !work.Changed || work.Before.Topic == work.State.Topic {
			continue
		}
		sealed, ref, err := t.sealTopic(work.State.ID, work.State.Topic)
		if err != nil {
			return err
		}
		old.Text(work.State.ID).EndRow()
		topics.Text(work.State.ID).Bytes(sealed).Int(ref).EndRow()
	}
	if topics.Len() == 0 {
		return nil
	}
	var dead []int64
	err := stmts.topicRefs.Query(ctx, t.SQL, old, func(r *sql.Rows) error {
		var ref int64
		err := r.Scan(&ref)
		dead = append(dead, ref)
		return err
	})
	if err != nil {
		return err
	}
	if err := stmts.updateTopic.Exec(ctx, t.SQL, topics); err != nil {
		return err
	}
	return t.DestroyKeys(ctx, dead)
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
		enter.Text(string(work.State.Status)).Text(work.State.AssigneeID).Int(work.NewInboxActivity()).Text(work.State.ID).Text(work.State.TeamID).Text(work.State.WrapUp).EndRow()
	}
	if leave.Len() == 0 {
		return nil
	}
	if err := stmts.leaveInbox.Exec(ctx, t.SQL, leave); err != nil {
		return err
	}
	return stmts.enterInbox.Exec(ctx, t.SQL, enter)
}

// moveFiles notes that the files of new messages were sent, and gives up those of
// messages that were redacted.
func (t *Tx) moveFiles(ctx context.Context, w *workset.Set) error {
	stmt := t.store.stmts.sendFiles
	sent := stmt.Layout.Rowset()
	for i := range w.Entries {
		for _, a := range w.Entries[i].Content.Attachments {
			sent.Text(a.ID).EndRow()
		}
	}
	if sent.Len() > 0 {
		if err := stmt.Exec(ctx, t.SQL, sent); err != nil {
			return err
		}
	}
	return files.Drop(ctx, &t.Tx, w.LostFiles)
}
