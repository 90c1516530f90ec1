package selfservice_test

import (
	"context"
	"fmt"
	"testing"

	"kefu/internal/platform/id"
	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// Whose data are kept and used for nothing else is proposed no help from their payments.
func TestNothingIsProposedFromWhatStandsStill(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	if len(h.flow.Proposals(ctx, h.anna)) == 0 {
		t.Fatal("nothing is proposed before")
	}
	request := id.New()
	h.d.Exec(t, fmt.Sprintf(`INSERT INTO case_file (id, reference, origin, customer_id, type, jurisdiction, stage, assignee_id, revision, noticed_at, opened_at, changed_at, due_at, breached, broken,
		outcome, answered_at, over_at, keep_until, reckoned_by, proven_at, still_since) VALUES ('%s', 'K-1', '', '%s', 'data_request', 'eu', 'answered', '', 1, 1, 1, 1, 0, 0, FALSE, 'upheld', 1, 0, 0, '', 0, 1)`, request, h.anna.ID))
	if got := h.process(true).Proposals(ctx, h.anna); got != nil {
		t.Errorf("%+v", got)
	}
	h.d.Exec(t, "UPDATE case_file SET still_since = 0")
	if len(h.process(true).Proposals(ctx, h.anna)) == 0 {
		t.Error("nothing is proposed when it is used again")
	}
}
