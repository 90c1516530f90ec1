package casework_test

import (
	"testing"

	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/casework"
)

// What the house has chosen on screen counts before what is configured, as long as there
// is such a law.
func TestWhoseLawCounts(t *testing.T) {
	each(t, "eu", func(h *house) {
		for chosen, want := range map[string]string{"": "eu", "uk": "uk", "mars": "eu"} {
			deps := h.flow.Deps
			deps.Chosen = func() string { return chosen }
			flow, err := casework.New(deps)
			h.must(err)
			c, err := flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Complaint, Conversation: h.conv})
			h.must(err)
			if c.Jurisdiction != want || c.Pack == nil {
				h.Errorf("%q is chosen: %q counts", chosen, c.Jurisdiction)
			}
		}
	})
}
