package storage

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/storage/reading"
	"kefu/internal/storage/workset"
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
		w := workset.New(workset.Env{})
		states := s.stmts.importState.Layout.Rowset()
		inbox := s.stmts.enterInbox.Layout.Rowset()
		for i := range all {
			st := all[i].State
			topic, topicRef, err := t.sealTopic(st.ID, st.Topic)
			if err != nil {
				return err
			}
			states.Text(st.ID).Text(st.CustomerID).Text(all[i].StartRef).Text(st.Channel).Text(string(st.Status)).Text(st.AssigneeID).Text(st.AssigneeName).
				Text(string(st.Priority)).Bytes(topic).Int(topicRef).Text(st.Language).Text(encodeTags(st.Tags)).Text(st.TeamID).Int(st.LastSeq).Int(st.PreviewSeq).
				Int(st.CreatedAt).Int(st.LastActivity).Int(st.WaitingSince).Int(int64(st.Unread)).Text(st.WrapUp).EndRow()
			inbox.Text(string(st.Status)).Text(st.AssigneeID).Int(st.LastActivity).Text(st.ID).Text(st.TeamID).Text(st.WrapUp).EndRow()
			for j := range all[i].Entries {
				e := &all[i].Entries[j]
				e.Pos = t.NextPos()
				w.Entries = append(w.Entries, workset.Entry{Entry: *e})
				if err := t.sealEntry(&w.Entries[len(w.Entries)-1]); err != nil {
					return err
				}
			}
		}
		if err := s.stmts.importState.Exec(ctx, t.SQL, states); err != nil {
			return err
		}
		if err := s.stmts.enterInbox.Exec(ctx, t.SQL, inbox); err != nil {
			return err
		}
		t.digest(w)
		t.Record(identity.SystemPart("import"), "conversation.import", "log", "", "")
		return t.insertEntries(ctx, w)
	})
}

// AddDecoyTalk writes the conversation of a decoy, with its log, in one commit of which
// nobody is told. Errors: Forbidden; NotFound for a customer who is no decoy.
func (s *Store) AddDecoyTalk(ctx context.Context, p identity.Principal, state conversation.State, entries []conversation.Entry) error {
	if err := s.MayAddTalk(ctx, p, state); err != nil {
		return err
	}
	return s.Import(ctx, []Imported{{State: state, StartRef: state.ID, Entries: entries}})
}

// ImportedCustomer is a customer that a wallet has vouched for elsewhere.
type ImportedCustomer struct {
	ID, Subject string
	Name        string // or ""
}

// ImportCustomers adds customers that a wallet has vouched for. Those it holds
// already stay as they are.
func (s *Store) ImportCustomers(ctx context.Context, issuer, language string, customers []ImportedCustomer) error {
	return s.tx(ctx, func(ctx context.Context, t *Tx) error {
		rows := s.stmts.importCustomer.Layout.Rowset()
		for _, c := range customers {
			sealed, ref, err := t.Seal([]byte(c.Name), reading.CustomerNameAAD(c.ID))
			if err != nil {
				return err
			}
			rows.Text(c.ID).Text(issuer).Text(c.Subject).Bytes(sealed).Int(ref).Text(language).Int(t.Now).EndRow()
		}
		return s.stmts.importCustomer.Exec(ctx, t.SQL, rows)
	})
}
