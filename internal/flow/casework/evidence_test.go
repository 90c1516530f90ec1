package casework_test

import (
	"strings"
	"testing"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/flow/casework"
	"kefu/internal/platform/fault"
)

// Who is asked for something hears of it where they talk with us, in the words of the
// pack; and what is written to them of it passes what nobody may say to customers.
func TestWhoIsAskedHearsOfIt(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		c = h.lead(c, cases.Asked, cases.Data{Items: []string{"account", "police_report"}})
		told := h.texts()
		if last := told[len(told)-1].Content.Text; !strings.Contains(last, c.Reference) || !strings.Contains(last, "Police report") {
			h.Errorf("told: %q", last)
		}
		if e := c.Events[len(c.Events)-1]; e.Kind != cases.Asked || e.Entry == 0 || c.Stage != cases.Waiting {
			h.Errorf("%+v", e)
		}
		for _, lang := range []string{"en", "zh"} {
			var err error
			if c, err = h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events)), jurisdiction.Acknowledgement, lang); err != nil {
				h.Fatalf("%s: %v", lang, err)
			}
		}
		sent := c.Events[len(c.Events)-1]
		before := len(h.texts())
		again, err := h.flow.Resend(ctx(), h.agent, c.ID, int64(len(c.Events)), sent.Seq)
		h.must(err)
		told = h.texts()
		if len(told) != before+1 || !strings.HasSuffix(told[before].Content.Text, sent.Text) || again.Events[len(again.Events)-1].Kind != cases.Resent {
			h.Errorf("sent again: %+v", told[len(told)-1])
		}
		if _, err := h.flow.Resend(ctx(), h.agent, c.ID, int64(len(again.Events)), 1); !fault.Is(err, fault.Invalid) {
			h.Errorf("what is no letter: %v", err)
		}
		tom := h.works("agent")
		if _, err := h.flow.Resend(ctx(), tom, c.ID, int64(len(again.Events)), sent.Seq); !fault.Is(err, fault.Forbidden) {
			h.Errorf("a colleague's: %v", err)
		}
	})
}

// What staff bring stands in the conversation as a note: in the case for colleagues, and
// in nothing that the customer is told.
func TestWhatStaffBringIsANote(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		c, err := h.flow.Lead(ctx(), h.agent, c.ID, casework.Change{Kind: cases.Added, Revision: int64(len(c.Events)), Data: cases.Data{Text: "the shop says that it delivered"}})
		h.must(err)
		if e := c.Events[len(c.Events)-1]; e.Kind != cases.Added || e.Entry == 0 || e.Text != "the shop says that it delivered" {
			h.Errorf("%+v", e)
		}
		all := h.texts()
		if last := all[len(all)-1]; last.Kind != conversation.KindNote {
			h.Errorf("it is no note: %+v", last)
		}
	})
}
