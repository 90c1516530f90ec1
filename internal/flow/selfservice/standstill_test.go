package selfservice_test

import (
	"context"
	"testing"

	"kefu/internal/storage/engine"
	"kefu/internal/storage/storagetest"
)

// Whose data are kept and used for nothing else is proposed no help from their payments.
func TestNothingIsProposedFromWhatStandsStill(t *testing.T) {
	h, ctx := open(t, storagetest.New(t, engine.SQLite)), context.Background()
	if len(h.flow.Proposals(ctx, h.anna)) == 0 {
		t.Fatal("nothing is proposed before")
	}
	h.d.StandStill(t, h.anna.ID)
	if got := h.process(true).Proposals(ctx, h.anna); got != nil {
		t.Errorf("%+v", got)
	}
	h.d.Lift(t)
	if len(h.process(true).Proposals(ctx, h.anna)) == 0 {
		t.Error("nothing is proposed when it is used again")
	}
}
