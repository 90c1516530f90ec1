package selfservice_test

import (
	"context"
	"testing"

	"kefu/internal/domain/conversation"
	domain "kefu/internal/domain/selfservice"
	"kefu/internal/flow/selfservice"
	"kefu/internal/flow/selfservice/golden"
	"kefu/internal/storage/storagetest"
)

// Whoever adds to a dispute that they have just reported still comes because of the payment:
// what a person reads goes by the title of that flow.
func TestWhatAddsToAFlowGoesByItsTitle(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h, ctx := open(t, d), context.Background()
		w := world()
		w.Disputes = []golden.Dispute{{ID: "di-1", Tx: "tx-1", Amount: "268.00 CNY", State: "open", Claim: "merchant", Ago: "10h"}}
		h.deps.Wallet = golden.Wallet(w)
		h.flow = h.process(true)
		title := func(seen selfservice.Seen) string {
			seen = h.answer(seen, domain.Human, "")
			h.work()
			seen, err := h.flow.Get(ctx, h.anna, seen.Run.ID)
			h.must(err)
			entries, _, err := h.Entries(ctx, h.anna, seen.Run.ConversationID, conversation.EntryRange{Limit: 50})
			h.must(err)
			for _, e := range entries {
				if e.Content.Form != nil {
					return e.Content.Form.Title
				}
			}
			return ""
		}
		from := h.answer(h.begin("FL19"), domain.Set, "evidence")
		if from.Flow.ID != "FL22" || from.Run.State != domain.Asking {
			t.Fatalf("%+v", from.Run.Run)
		}
		if got := title(from); got != "This wasn't me, or I was tricked" {
			t.Errorf("from a report it is %q", got)
		}
		if got := title(h.begin("FL22")); got != "Add something to my dispute" {
			t.Errorf("by itself it is %q", got)
		}
	})
}
