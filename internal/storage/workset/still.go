package workset

import (
	"slices"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/storage/standstill"
)

// ForPrograms are the customers for whom programs would do something. The conversations are
// loaded.
func (w *Set) ForPrograms(changes []*conversation.Change) (customers []string) {
	for _, c := range changes {
		work := w.states[c.ConversationID]
		if c.Principal.Kind == identity.Program && work != nil && !slices.Contains(customers, work.State.CustomerID) {
			customers = append(customers, work.State.CustomerID)
		}
	}
	return customers
}

// LoadStill adds those of these customers whose data stand still.
func (w *Set) LoadStill(customers []string) { w.still = customers }

// stands refuses a program what it could do otherwise, while what is kept of the customer is
// kept and used for nothing else.
func (w *Set) stands(c *conversation.Change, work *Working) error {
	if c.Principal.Kind != identity.Program || !slices.Contains(w.still, work.State.CustomerID) {
		return nil
	}
	return standstill.Refusal("storage.decide")
}
