package casework_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// open is a case of the law that counts, confirmed and the agent's.
func (h *house) open(about jurisdiction.Type, law string) casework.Seen {
	h.Helper()
	c, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: about, Conversation: h.conv})
	h.must(err)
	c = h.lead(c, cases.Confirmed, cases.Data{Type: about, Jurisdiction: law})
	return h.lead(c, cases.Assigned, cases.Data{Staff: "me"})
}

func (h *house) works(role identity.Role) identity.Principal {
	h.Helper()
	who := id.New()
	h.must(h.AddStaff(ctx(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Other", Alias: "Tom", Role: role}}))
	return identity.Principal{Kind: identity.Staff, ID: who, Name: "Tom", Role: role}
}

func TestNobodyWritesToTheCustomerOfAColleaguesCase(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		tom, before := h.works(identity.Agent), len(h.texts())
		if _, err := h.flow.Write(ctx(), tom, c.ID, int64(len(c.Events)), jurisdiction.Acknowledgement, "en"); !fault.Is(err, fault.Forbidden) {
			h.Errorf("a letter: %v", err)
		}
		if _, err := h.flow.Inform(ctx(), tom, c.ID, int64(len(c.Events)), "it is lost"); !fault.Is(err, fault.Forbidden) {
			h.Errorf("how it stands: %v", err)
		}
		if n := len(h.texts()); n != before {
			h.Errorf("what was refused was said: %d entries, before %d", n, before)
		}
	})
}

// between is the intake, and something that happens to a case right after a message.
type between struct {
	*intake.Service
	then func()
}

func (b *between) Send(ctx context.Context, p identity.Principal, m intake.Message, done func(intake.Said)) error {
	err := b.Service.Send(ctx, p, m, func(s intake.Said) {
		go func() { // the store goes on only after an answer
			b.then()
			done(s)
		}()
	})
	return err
}

func (h *house) meanwhile(c casework.Seen, k cases.Kind, data cases.Data) *casework.Service {
	h.Helper()
	deps := h.flow.Deps
	deps.Intake = &between{h.intake, func() {
		boss := identity.Principal{Kind: identity.Staff, ID: "boss", Role: identity.Supervisor}
		if _, err := h.flow.Lead(ctx(), boss, c.ID, casework.Change{Kind: k, Revision: int64(len(c.Events)), Data: data}); err != nil {
			h.Error(err)
		}
	}}
	flow, err := casework.New(deps)
	h.must(err)
	return flow
}

// A letter that was said is archived, whatever became of the case meanwhile: else it
// would be sent once more.
func TestWhatWasSaidIsKept(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		before, revision := len(h.texts()), int64(len(c.Events))
		flow := h.meanwhile(c, cases.Noted, cases.Data{Text: "the shop called"})
		got, err := flow.Write(ctx(), h.agent, c.ID, revision, jurisdiction.Acknowledgement, "en")
		h.must(err)
		if last := got.Events[len(got.Events)-1]; last.Kind != cases.Written || last.By.ID != h.agent.ID || len(got.Events) != len(c.Events)+2 {
			h.Errorf("%+v", got.Events)
		}
		if _, err := h.flow.Write(ctx(), h.agent, c.ID, revision, jurisdiction.Acknowledgement, "en"); fault.FieldOf(err) != "revision" {
			h.Errorf("once more: %v", err)
		}
		if n := len(h.texts()); n != before+1 {
			h.Errorf("%d entries, before %d", n, before)
		}

		// Where it does not fit any more a note holds it, and whoever sent it hears why.
		c = got
		tom := h.works(identity.Agent)
		flow = h.meanwhile(c, cases.Assigned, cases.Data{Staff: tom.ID})
		if _, err := flow.Inform(ctx(), h.agent, c.ID, int64(len(c.Events)), "we wait for the shop"); !fault.Is(err, fault.Forbidden) {
			h.Errorf("it is a colleague's by now: %v", err)
		}
		c, err = h.flow.Get(ctx(), h.agent, c.ID)
		h.must(err)
		if last := c.Events[len(c.Events)-1]; last.Kind != cases.Noted || last.Text != "we wait for the shop" || last.Staff != h.agent.ID || last.Entry == 0 {
			h.Errorf("%+v", last)
		}
	})
}

// dark is the store while it takes no changes.
type dark struct{ casework.Store }

func (dark) ChangeCase(context.Context, identity.Principal, string, int64, *jurisdiction.Book, func(*cases.Case, int64) ([]cases.Event, error)) (*cases.Case, error) {
	return nil, fault.New(fault.Unavailable, "dark.ChangeCase", "the disk is full")
}

// A letter that was said and could not be archived is archived the next day as it was
// said.
func TestALetterThatIsTriedAgain(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		before, revision := len(h.texts()), int64(len(c.Events))
		deps := h.flow.Deps
		deps.Store = dark{h.Store}
		flow, err := casework.New(deps)
		h.must(err)
		if _, err := flow.Write(ctx(), h.agent, c.ID, revision, jurisdiction.Acknowledgement, "en"); !fault.Is(err, fault.Unavailable) {
			h.Fatalf("%v", err)
		}
		h.Clock.Move(24 * time.Hour)
		c, err = h.flow.Write(ctx(), h.agent, c.ID, revision, jurisdiction.Acknowledgement, "en")
		h.must(err)
		all, kept := h.texts(), c.Events[len(c.Events)-1]
		if len(all) != before+1 || all[before].Content.Text != kept.Title+"\n\n"+kept.Text || kept.Entry != all[before].Seq {
			h.Errorf("%d entries, before %d; kept %q", len(all), before, kept.Text)
		}
		today, err := h.flow.Draft(ctx(), h.agent, c.ID, jurisdiction.Acknowledgement, "en")
		h.must(err)
		if today.Text == kept.Text {
			h.Error("the day is not in the letter: this finds nothing")
		}
	})
}

// A case goes on where its conversation goes on.
func TestAfterAMerge(t *testing.T) {
	each(t, "eu", func(h *house) {
		c := h.open(jurisdiction.Unauthorised, "eu")
		boss := h.works(identity.Supervisor)
		for range 2 {
			into := h.Begin(h.anna, "en")
			h.must(h.intake.Merge(ctx(), boss, h.conv, into))
			h.conv = into
		}
		c, err := h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events)), jurisdiction.Acknowledgement, "en")
		h.must(err)
		c, err = h.flow.Inform(ctx(), h.agent, c.ID, int64(len(c.Events)), "we wait for the shop")
		h.must(err)
		if last := c.Events[len(c.Events)-1]; last.Conversation != h.conv {
			h.Errorf("said in %s", last.Conversation)
		}
		h.Clock.Move(20 * 24 * time.Hour)
		h.ring()
		if notes := h.notes(); len(notes) == 0 || len(notes) != h.alarms() {
			h.Errorf("%d alarms, %q", h.alarms(), notes)
		}
	})
}

func (h *house) ring() {
	h.Helper()
	for n := 1; n > 0; {
		var err error
		n, err = h.flow.Ring(ctx())
		h.must(err)
	}
}

// alarms is how many rings were to be told.
func (h *house) alarms() (n int) {
	for _, r := range h.rang {
		if slices.Contains([]jurisdiction.Step{jurisdiction.DayBefore, jurisdiction.HoursBefore, jurisdiction.Broken}, r.Step) {
			n++
		}
	}
	return n
}

func (h *house) notes() (texts []string) {
	h.Helper()
	for _, e := range h.texts() {
		if e.Kind == conversation.KindNote {
			texts = append(texts, e.Content.Text)
		}
	}
	return texts
}

// A deadline that moved is told of again: the clock stood still, and the day before it
// comes a second time.
func TestADeadlineThatMovedIsToldAgain(t *testing.T) {
	each(t, "uk", func(h *house) {
		c := h.open(jurisdiction.Scam, "uk")
		days := func(n int) {
			for range n * 4 {
				h.Clock.Move(6 * time.Hour)
				h.ring()
			}
		}
		before := func(r cases.Rang) bool { return r.Clock.ID == "reimburse" && r.Step == jurisdiction.DayBefore }
		for n := 0; n < 40 && !slices.ContainsFunc(h.rang, before); n++ {
			h.Clock.Move(6 * time.Hour)
			h.ring()
		}
		c, err := h.flow.Get(ctx(), h.agent, c.ID)
		h.must(err)
		c = h.lead(c, cases.Asked, cases.Data{Items: []string{"police_report"}})
		c = h.lead(c, cases.Paused, cases.Data{Reason: "customer_information"})
		days(9)
		h.lead(c, cases.Received, cases.Data{Items: []string{"police_report"}})
		days(9)
		twice, told := 0, map[string]int{}
		for _, r := range h.rang {
			key := r.Clock.Key() + " " + string(r.Step)
			if told[key]++; told[key] == 2 && r.Step == jurisdiction.DayBefore {
				twice++
			}
		}
		if notes := h.notes(); twice == 0 || len(notes) != h.alarms() {
			h.Errorf("%d alarms, %d notes: %v\n%s", h.alarms(), len(notes), told, strings.Join(notes, "\n"))
		}
	})
}
