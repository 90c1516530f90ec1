package storage

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
)

// Imported is a whole conversation that comes from elsewhere: another system, or
// a generator. Its entries have Seq and At; Pos is given here.
type Imported struct {
	State    conversation.State
	StartRef string
	Entries  []conversation.Entry
}

// Import writes conversations with their logs, one statement for each kind, and
// sets the positions of their entries. Nobody is told of them, and the customers
// they name must be added apart.
func (s *Store) Import(ctx context.Context, all []Imported) error {
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		w := newWorkset(t)
		states := s.stmts.importState.layout.rowset()
		inbox := s.stmts.enterInbox.layout.rowset()
		for i := range all {
			st := all[i].State
			states.text(st.ID).text(st.CustomerID).text(all[i].StartRef).text(st.Channel).text(string(st.Status)).text(st.AssigneeID).text(st.AssigneeName).
				text(string(st.Priority)).text(st.Topic).text(st.Language).text(encodeTags(st.Tags)).int(st.LastSeq).int(st.PreviewSeq).
				int(st.CreatedAt).int(st.LastActivity).int(st.WaitingSince).int(int64(st.Unread)).endRow()
			inbox.text(string(st.Status)).text(st.AssigneeID).int(st.LastActivity).text(st.ID).endRow()
			for j := range all[i].Entries {
				e := &all[i].Entries[j]
				e.Pos = t.nextPos()
				w.entries = append(w.entries, storedEntry{Entry: *e})
				if err := w.sealEntry(&w.entries[len(w.entries)-1]); err != nil {
					return err
				}
			}
		}
		if err := t.execSet(ctx, s.stmts.importState, states); err != nil {
			return err
		}
		if err := t.execSet(ctx, s.stmts.enterInbox, inbox); err != nil {
			return err
		}
		t.entries = append(t.entries, w.entries...)
		t.recordFor(identity.SystemPart("import"), "conversation.import", "log", "", "")
		return w.insertEntries(ctx)
	})
}

// ImportCustomers adds customers that a wallet has vouched for.
func (s *Store) ImportCustomers(ctx context.Context, issuer, language string, subjects map[string]string) error {
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		rows := s.stmts.importCustomer.layout.rowset()
		for id, subject := range subjects {
			rows.text(id).text(issuer).text(subject).text(language).int(t.now).endRow()
		}
		return t.execSet(ctx, s.stmts.importCustomer, rows)
	})
}
