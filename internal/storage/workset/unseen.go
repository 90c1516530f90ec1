package workset

import "kefu/internal/domain/conversation"

// maxBehind bounds how many entries are looked through for what a sender has not
// seen. Whoever is further behind is taken to have missed all that waits.
const maxBehind = 1000

// Behind gives the entries after which the store must count what customers wrote,
// because somebody acts who has seen no more. The conversations are loaded.
func (w *Set) Behind(changes []*conversation.Change) []EntryKey {
	var keys []EntryKey
	for _, c := range changes {
		work := w.states[c.ConversationID]
		if work != nil && work.State.MissesSomething(c.Principal, c.Command) && work.State.LastSeq-c.Command.Seq <= maxBehind {
			keys = append(keys, EntryKey{c.ConversationID, c.Command.Seq})
		}
	}
	return keys
}

// LoadUnseen adds what customers wrote after an entry.
func (w *Set) LoadUnseen(k EntryKey, u conversation.Unseen) { w.unseen[k] = u }

// missed is what the sender of a change has not seen: as it was stored before
// this transaction, and what others of its changes have added.
func (w *Set) missed(c *conversation.Change, work *Working) *conversation.Unseen {
	key := EntryKey{c.ConversationID, c.Command.Seq}
	found, counted := w.unseen[key]
	if !counted && work.Before.MissesSomething(c.Principal, c.Command) {
		return nil // too far behind
	}
	for i := range w.Entries {
		e := &w.Entries[i]
		if e.ConversationID != key.Conversation || e.Seq <= key.Seq {
			continue
		}
		if e.Author.Kind == conversation.ByAgent && e.Kind == conversation.KindMessage {
			found.By(e.Author.ID)
		}
		if e.Author.Kind != conversation.ByCustomer {
			continue
		}
		switch e.Kind {
		case conversation.KindMessage:
			found.Messages++
		case conversation.KindHuman:
		default:
			continue
		}
		if found.Since == 0 {
			found.Since, found.Seq = e.At, e.Seq
		}
	}
	return &found
}
