package workset

import (
	"slices"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/policy"
	"kefu/internal/platform/fault"
)

// Finished are the conversations that changes of staff and programs would do something to
// though they are over: one of them may be a decoy's. The conversations are loaded.
func (w *Set) Finished(changes []*conversation.Change) (ids []string) {
	for _, c := range changes {
		work := w.states[c.ConversationID]
		if work != nil && work.State.Status == conversation.Resolved && works(c) && !slices.Contains(ids, c.ConversationID) {
			ids = append(ids, c.ConversationID)
		}
	}
	return ids
}

func works(c *conversation.Change) bool {
	return c.Principal.Kind.Recorded() && c.Command.Kind != conversation.Delivered && c.Command.Kind != conversation.Read
}

// LoadDecoys adds those of the conversations that are decoys' and stay as they are.
func (w *Set) LoadDecoys(ids []string) { w.decoys = ids }

// kept refuses what would change the conversation of a decoy: one that were open again
// would stand in the lists of everybody, who would be suspended for taking it up. That it
// was tried is recorded, or trying would tell which they are.
func (w *Set) kept(c *conversation.Change, work *Working) error {
	if !works(c) || !slices.Contains(w.decoys, c.ConversationID) || !policy.Allow(c.Principal, policy.ReadConversation, work.State.Object()) {
		return nil
	}
	w.env.Record(c.Principal, "conversation.refuse", "conversation", c.ConversationID, work.State.CustomerID)
	return &fault.Error{Code: fault.Conflict, Op: "storage.decide", Reason: "kept", Message: "the conversation is over and stays as it is"}
}
