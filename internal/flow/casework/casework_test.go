package casework_test

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/content"
	"kefu/internal/domain/action"
	"kefu/internal/domain/cases"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/form"
	"kefu/internal/domain/guard"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/jurisdiction"
	"kefu/internal/domain/selfservice"
	"kefu/internal/domain/staff"
	"kefu/internal/domain/wallet"
	"kefu/internal/flow/casework"
	"kefu/internal/flow/following"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/platform/ratelimit"
	"kefu/internal/storage/storagetest"
)

type house struct {
	*testing.T
	*storagetest.Process
	*storagetest.Deployment
	flow        *casework.Service
	intake      *intake.Service
	rang        []cases.Rang
	anna, agent identity.Principal
	conv        string
	first       int64 // when anna first wrote there
}

func ctx() context.Context { return context.Background() }

func each(t *testing.T, law string, run func(h *house)) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := &house{T: t, Process: d.Open(t), Deployment: d}
		detector, err := guard.New()
		h.must(err)
		wide := ratelimit.Limit{Burst: 1000, Per: time.Second}
		h.intake = intake.New(h.Store, detector, intake.Limits{Visitor: wide, Customer: wide, Staff: wide, VisitorStarts: wide, CustomerStarts: wide, Senders: 100}, d.Clock.Now, nil)
		sub, err := fs.Sub(content.Jurisdictions, "jurisdictions")
		h.must(err)
		book, err := jurisdiction.Load(sub)
		h.must(err)
		h.flow, err = casework.New(casework.Deps{Store: h.Store, Intake: h.intake, Book: book, Law: law, Clock: d.Clock.Now, Rang: func(r cases.Rang) { h.rang = append(h.rang, r) }})
		h.must(err)
		h.anna = h.SignIn("cust-anna")
		h.conv = h.Begin(h.anna, "en")
		who := id.New()
		h.must(h.AddStaff(ctx(), identity.SystemPart("cli"), staff.New{Member: staff.Member{ID: who, Email: who, Name: "Who", Alias: "Mei", Role: identity.Agent}}))
		h.agent = identity.Principal{Kind: identity.Staff, ID: who, Name: "Mei", Role: identity.Agent}
		h.first = d.Clock.Now().UnixMicro()
		h.say(h.anna, "somebody paid with my money")
		run(h)
	})
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) say(p identity.Principal, text string) int64 {
	h.Helper()
	answer := make(chan intake.Said, 1)
	h.must(h.intake.Send(ctx(), p, intake.Message{ConversationID: h.conv, ClientID: id.New(), Text: text}, func(s intake.Said) { answer <- s }))
	said := <-answer
	h.must(said.Err)
	return said.Seq
}

func (h *house) lead(c casework.Seen, k cases.Kind, data cases.Data) casework.Seen {
	h.Helper()
	c, err := h.flow.Lead(ctx(), h.agent, c.ID, casework.Change{Kind: k, Revision: int64(len(c.Events)), Data: data})
	h.must(err)
	return c
}

func (h *house) texts() (all []conversation.Entry) {
	h.Helper()
	all, _, err := h.Entries(ctx(), identity.SystemPart("test"), h.conv, conversation.EntryRange{})
	h.must(err)
	return all
}

// The clock starts with what the customer wrote, not with when somebody got to it.
func TestTheClockStartsWithTheFirstNotice(t *testing.T) {
	each(t, "eu", func(h *house) {
		h.Clock.Move(5 * time.Hour)
		later := h.say(h.anna, "and it is still not back")
		c, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Unauthorised, Conversation: h.conv})
		h.must(err)
		if c.NoticedAt != h.first || c.OpenedAt == h.first || c.Pack == nil || len(c.Clocks) == 0 || c.Confirmed {
			h.Errorf("noticed %d, first %d, %d clocks", c.NoticedAt, h.first, len(c.Clocks))
		}
		due := c.Index.DueAt
		again, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Mistake, Conversation: h.conv, Entry: later})
		h.must(err)
		if again.NoticedAt <= h.first {
			h.Errorf("another matter was told of later: %d", again.NoticedAt)
		}
		again = h.lead(again, cases.Noticed, cases.Data{Conversation: h.conv, Channel: "made up", Entry: 1})
		if again.NoticedAt != h.first || again.Channel != "chat" || again.Index.DueAt != due {
			h.Errorf("an earlier notice turned up: %d %s, due %d and %d", again.NoticedAt, again.Channel, again.Index.DueAt, due)
		}
		own := h.say(h.agent, "we look into it")
		if _, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Mistake, Conversation: h.conv, Entry: own}); fault.FieldOf(err) != "entry" {
			h.Errorf("our own words are a notice: %v", err)
		}
	})
}

func TestLettersAreSaidAndArchived(t *testing.T) {
	each(t, "", func(h *house) {
		c, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Unauthorised, Conversation: h.conv, Text: "my card is 4242 4242 4242 4242"})
		h.must(err)
		if strings.Contains(c.Events[0].Text, "4242 4242") {
			h.Error("a secret is in the case")
		}
		if _, err := h.flow.Draft(ctx(), h.agent, c.ID, jurisdiction.Acknowledgement, "en"); fault.ReasonOf(err) != "no_jurisdiction" {
			h.Errorf("a letter under no law: %v", err)
		}
		c = h.lead(c, cases.Confirmed, cases.Data{Type: jurisdiction.Unauthorised, Jurisdiction: "eu"})
		if c.Version != 1 {
			h.Errorf("version %d", c.Version)
		}
		c = h.lead(c, cases.Asked, cases.Data{Items: []string{"police_report"}})
		d, err := h.flow.Draft(ctx(), h.agent, c.ID, jurisdiction.Acknowledgement, "zh")
		h.must(err)
		if !strings.Contains(d.Text, c.Reference) || !strings.Contains(d.Text, "报警回执") || !strings.Contains(d.Text, "月") || len(d.Missing) > 0 {
			h.Errorf("%q %v", d.Text, d.Missing)
		}
		before := len(h.texts())
		if _, err := h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events))-1, jurisdiction.Acknowledgement, "en"); fault.FieldOf(err) != "revision" {
			h.Errorf("who saw an old case writes: %v", err)
		}
		if _, err := h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events)), jurisdiction.Refusal, "en"); err == nil {
			h.Error("a refusal that nobody decided is sent")
		}
		if n := len(h.texts()); n != before {
			h.Errorf("what was refused was said: %d entries, before %d", n, before)
		}
		c, err = h.flow.Write(ctx(), h.agent, c.ID, int64(len(c.Events)), jurisdiction.Acknowledgement, "en")
		h.must(err)
		all := h.texts()
		said, kept := all[len(all)-1], c.Events[len(c.Events)-1]
		if said.Content.Text != kept.Title+"\n\n"+kept.Text || kept.Entry != said.Seq || said.Author.Kind != conversation.ByAgent {
			h.Errorf("said %q, kept %q", said.Content.Text, kept.Text)
		}
		c, err = h.flow.Inform(ctx(), h.agent, c.ID, int64(len(c.Events)), "we wait for the shop")
		h.must(err)
		if all = h.texts(); all[len(all)-1].Content.Text != "we wait for the shop" || c.Events[len(c.Events)-1].Kind != cases.Informed {
			h.Errorf("%v", all[len(all)-1])
		}
	})
}

// done is an act that has succeeded in the wallet.
func (h *house) done(c wallet.Command, made ...wallet.Made) action.Kept {
	h.Helper()
	c.CustomerID, c.Reason, c.Expect = "cust-anna", "late", "posted"
	c.Key = action.Key(h.conv, id.New(), "ask", c, 0)
	a, err := action.Propose(action.Action{
		ID: id.New(), ConversationID: h.conv, CustomerID: h.anna.ID, Run: id.New(), Step: "ask", Command: c, Maker: action.ByOf(h.anna), Verdict: action.Verdict{Allow: true, Level: identity.AL1, Code: "rule", Version: 3},
		Summary: wallet.Summary{Amount: c.Amount, State: "posted"},
	}, h.Clock.Now())
	h.must(err)
	h.must(h.AddAct(ctx(), h.anna, action.Kept{Action: a}))
	k, err := h.ConfirmAct(ctx(), h.anna, a.ID, a.Hash)
	h.must(err)
	k, err = h.PlanAct(ctx(), h.anna, k.ID, k.Revision, action.Ready{Summary: k.Summary, Verdict: k.Verdict})
	h.must(err)
	k, err = h.SettleAct(ctx(), identity.SystemPart("acts"), k.ID, k.Revision, action.Answer{Operation: wallet.Operation{
		ID: id.New(), Key: k.Command.Key, Act: c.Act, CustomerID: c.CustomerID, Target: c.Target, State: wallet.OpSucceeded, CreatedAt: 1, DoneAt: 2, Made: made,
	}})
	h.must(err)
	return k
}

func TestACreditIsHeldAgainstItsAct(t *testing.T) {
	each(t, "eu", func(h *house) {
		c, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Unauthorised, Conversation: h.conv})
		h.must(err)
		sum, err := wallet.Parse("5.00", "EUR", 2)
		h.must(err)
		paid := wallet.Reference{ID: "tx-1", Amount: sum, Direction: wallet.Out, Kind: "transfer", At: h.first, State: "posted"}
		c = h.lead(c, cases.Concerns, cases.Data{Payments: []wallet.Reference{paid}})
		try := func(p identity.Principal, k cases.Kind, data cases.Data) (casework.Seen, error) {
			return h.flow.Lead(ctx(), p, c.ID, casework.Change{Kind: k, When: h.first, Revision: int64(len(c.Events)), Data: data})
		}
		high, err := wallet.Parse("99.00", "EUR", 2)
		h.must(err)
		if _, err := try(h.agent, cases.Credited, cases.Data{Amount: &sum}); fault.FieldOf(err) != "reason" {
			h.Errorf("money out of nowhere: %v", err)
		}
		if _, err := try(h.agent, cases.Credited, cases.Data{Amount: &sum, Reason: "paid by the bank"}); fault.ReasonOf(err) != "no_act" {
			h.Errorf("an agent's word: %v", err)
		}
		if _, err := try(h.agent, cases.Credited, cases.Data{Amount: &sum, Act: id.New()}); !fault.Is(err, fault.NotFound) {
			h.Errorf("an act that is not there: %v", err)
		}
		other := h.done(wallet.Command{Act: wallet.RequestRefund, Target: "tx-2", Amount: sum})
		opened := h.done(wallet.Command{Act: wallet.OpenDispute, Target: "tx-1"}, wallet.Made{Kind: "dispute", ID: "d-1"})
		nowhere := h.done(wallet.Command{Act: wallet.GrantCredit, Target: "d-2", Amount: sum})
		for name, act := range map[string]action.Kept{"of another payment": other, "that gives nothing": opened, "in another dispute": nowhere} {
			if _, err := try(h.agent, cases.Credited, cases.Data{Amount: &sum, Act: act.ID}); fault.ReasonOf(err) != "no_such_credit" {
				h.Errorf("an act %s: %v", name, err)
			}
		}
		h.Clock.Move(72 * time.Hour)
		lent := h.done(wallet.Command{Act: wallet.GrantCredit, Target: "d-1", Amount: sum})
		h.Clock.Move(24 * time.Hour)
		c, err = try(h.agent, cases.Credited, cases.Data{Amount: &high, Act: lent.ID})
		h.must(err)
		if c.Credit.At != lent.ChangedAt.UnixMicro() || c.Credit.Amount.Cmp(sum) != 0 {
			h.Errorf("credited %s at %d, the wallet says %d", c.Credit.Amount, c.Credit.At, lent.ChangedAt.UnixMicro())
		}
		boss := identity.Principal{Kind: identity.Staff, ID: "boss", Role: identity.Supervisor}
		c, err = try(boss, cases.Credited, cases.Data{Amount: &high, Reason: "paid by the bank, 2026-05"})
		h.must(err)
		if c.Credit.At != h.Clock.Now().UnixMicro() {
			h.Errorf("vouched for now, credited at %d", c.Credit.At)
		}
		for _, k := range []cases.Kind{cases.Opened, cases.Written, "anything"} {
			if _, err := h.flow.Lead(ctx(), h.agent, c.ID, casework.Change{Kind: k, Revision: int64(len(c.Events))}); fault.FieldOf(err) != "kind" {
				h.Errorf("%s: %v", k, err)
			}
		}
	})
}

// A dispute that a customer reported by themselves is a case, once, as of when they
// began to tell.
func TestAReportedDisputeIsACase(t *testing.T) {
	each(t, "uk", func(h *house) {
		sum, err := wallet.Parse("80.00", "GBP", 2)
		h.must(err)
		run := selfservice.Record{Run: selfservice.Run{
			ID: id.New(), Flow: "FL19", Digest: "d", ConversationID: h.conv, CustomerID: h.anna.ID, Step: "reported", State: selfservice.Asking, StartedAt: h.Clock.Now(),
			Slots: map[string]selfservice.Value{
				"happened": {Type: selfservice.Choice, Text: "tricked"},
				"payment":  {Type: selfservice.Payment, Payment: &selfservice.PaymentFact{There: true, ID: "tx-1", Amount: sum, Direction: "out", Kind: "transfer", Begun: wallet.Time(h.first), Party: "Mallory Smith", State: "posted"}},
			},
		}, Language: "zh-CN"}
		h.must(h.AddFlowRun(ctx(), h.anna, run))
		began := h.Clock.Now().UnixMicro()
		h.Clock.Move(20 * time.Minute)
		follower := h.RunFollower(h.flow, following.Options{Name: casework.Name, Clock: h.Clock.Now})
		tell := func(who identity.Principal, run string) {
			h.Helper()
			answer := make(chan intake.Said, 1)
			story := &intake.Story{Filled: form.Filled{Form: "fl19", Revision: 1, Title: "Dispute", Answers: []form.Item{{Field: "happened", Kind: form.Line, Label: "What", Value: "tricked"}}}}
			h.must(h.intake.Send(ctx(), who, intake.Message{ConversationID: h.conv, ClientID: "run:" + run, Story: story}, func(s intake.Said) { answer <- s }))
			h.must((<-answer).Err)
		}
		tell(h.anna, run.ID)
		tell(h.anna, run.ID)   // the same once more
		tell(h.anna, id.New()) // a run that there is not
		h.Settle(follower)
		rows, err := h.flow.List(ctx(), h.anna, cases.Query{Limit: 9})
		h.must(err)
		if len(rows) != 1 {
			h.Fatalf("%d cases", len(rows))
		}
		c, err := h.flow.Get(ctx(), h.anna, rows[0].ID)
		h.must(err)
		if c.Type != jurisdiction.Scam || c.NoticedAt != began || c.Language != "zh" || c.Jurisdiction != "uk" || c.Confirmed || len(c.Payments) != 1 || strings.Contains(c.Payments[0].Party, "Smith") {
			h.Errorf("%+v %+v", c.Case, c.Payments)
		}
	})
}

// A report is a case also where it went on to what speaks for the customer; who adds
// something to a dispute of theirs, and no more, has none.
func TestAReportThatWentOnToEvidenceIsACase(t *testing.T) {
	each(t, "uk", func(h *house) {
		given := map[string]selfservice.Value{"evidence": {Type: selfservice.Files, Files: []selfservice.FileFact{{ID: id.New(), Want: "police_report"}, {ID: id.New(), Want: "police_report"}, {ID: id.New(), Want: "device_evidence"}}}}
		sum, err := wallet.Parse("80.00", "GBP", 2)
		h.must(err)
		paid := selfservice.Value{Type: selfservice.Payment, Payment: &selfservice.PaymentFact{There: true, ID: "tx-1", Amount: sum, Direction: "out", Kind: "in_store", Begun: wallet.Time(h.first), Party: "Lotus Market", State: "posted"}}
		said := func(word string) map[string]selfservice.Value {
			return map[string]selfservice.Value{"happened": {Type: selfservice.Choice, Text: word}, "payment": paid}
		}
		follower := h.RunFollower(h.flow, following.Options{Name: casework.Name, Clock: h.Clock.Now})
		for _, legs := range [][]selfservice.Leg{{{Flow: "FL3"}, {Flow: "FL19", Slots: said("not_me")}}, {{Flow: "FL19", Slots: said("evidence")}}, nil} {
			run := selfservice.Run{ID: id.New(), Flow: "FL22", Digest: "d", ConversationID: h.conv, CustomerID: h.anna.ID, Step: "reported", State: selfservice.Handed, Outcome: "dispute", StartedAt: h.Clock.Now(), Legs: legs, Slots: given}
			h.must(h.AddFlowRun(ctx(), h.anna, selfservice.Record{Run: run, Language: "en"}))
			answer := make(chan intake.Said, 1)
			story := &intake.Story{Filled: form.Filled{Form: "fl22", Revision: 1, Title: "Dispute", Answers: []form.Item{{Field: "what", Kind: form.Line, Label: "What", Value: run.ID}}}}
			h.must(h.intake.Send(ctx(), h.anna, intake.Message{ConversationID: h.conv, ClientID: "run:" + run.ID, Story: story}, func(s intake.Said) { answer <- s }))
			h.must((<-answer).Err)
		}
		h.Settle(follower)
		rows, err := h.flow.List(ctx(), h.anna, cases.Query{Limit: 9})
		h.must(err)
		if len(rows) != 1 {
			h.Fatalf("%d cases", len(rows))
		}
		c, err := h.flow.Get(ctx(), h.anna, rows[0].ID)
		h.must(err)
		if c.Type != jurisdiction.Unauthorised || len(c.Payments) != 1 || c.Payments[0].ID != "tx-1" {
			h.Errorf("%+v %+v", c.Case, c.Payments)
		}
		if n := len(c.Events); n != 2 || !c.Items["police_report"].Settled() || c.Items["account"].Settled() || c.Events[n-1].Entry == 0 {
			h.Errorf("the police report that was given stands as missing, or more as there: %+v", c.Items)
		}
	})
}

// Whoever does not agree with a restriction has a case, with the clock of a complaint; who
// asked for a person there, and no more, has none.
func TestAnAppealIsACase(t *testing.T) {
	each(t, "uk", func(h *house) {
		follower := h.RunFollower(h.flow, following.Options{Name: casework.Name, Clock: h.Clock.Now})
		for n, run := range []selfservice.Run{{Flow: "FL15", Outcome: "appeal"}, {Flow: "FL9", Outcome: "wrong_amount"}, {Flow: "FL15", Outcome: "asked_for_person"}, {Flow: "FL3", Outcome: "hacked"},
			{Flow: "FL17", Outcome: "retrieval_unsure"}, {Flow: "FL17", Outcome: "not_brought_back"}, {Flow: "FL17", Outcome: "late_payment"}, {Flow: "FL17", Outcome: "not_retrievable"}} {
			run.ID, run.Digest, run.ConversationID, run.CustomerID, run.Step, run.State, run.StartedAt = id.New(), "d", h.conv, h.anna.ID, "appeal", selfservice.Handed, h.Clock.Now()
			h.must(h.AddFlowRun(ctx(), h.anna, selfservice.Record{Run: run, Language: "en"}))
			answer := make(chan intake.Said, 1)
			story := &intake.Story{Filled: form.Filled{Form: "fl15", Revision: 1, Title: "Frozen", Answers: []form.Item{{Field: "why_not", Kind: form.Line, Label: "Why", Value: "It is a mistake " + string(rune('a'+n))}}}}
			h.must(h.intake.Send(ctx(), h.anna, intake.Message{ConversationID: h.conv, ClientID: "run:" + run.ID, Story: story}, func(s intake.Said) { answer <- s }))
			h.must((<-answer).Err)
		}
		h.Settle(follower)
		rows, err := h.flow.List(ctx(), h.anna, cases.Query{Limit: 9})
		h.must(err)
		var types []string
		for _, r := range rows {
			types = append(types, string(r.Type))
		}
		slices.Sort(types)
		if !slices.Equal(types, []string{string(jurisdiction.Complaint), string(jurisdiction.Mistake), string(jurisdiction.Mistake), string(jurisdiction.Mistake), string(jurisdiction.Mistake)}) {
			h.Errorf("cases of %v", types)
		}
	})
}

func TestWhoIsTold(t *testing.T) {
	each(t, "eu", func(h *house) {
		c, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Unauthorised, Conversation: h.conv})
		h.must(err)
		h.lead(c, cases.Assigned, cases.Data{Staff: "me"})
		h.Clock.Move(20 * 24 * time.Hour)
		for n := 1; n > 0; {
			n, err = h.flow.Ring(ctx())
			h.must(err)
		}
		var notes []string
		for _, e := range h.texts() {
			if e.Kind == conversation.KindNote {
				notes = append(notes, e.Content.Text)
				if !slices.Contains(e.Content.Mentions, h.agent.ID) {
					h.Errorf("%q calls nobody", e.Content.Text)
				}
			}
		}
		if len(notes) != len(h.rang) || len(notes) < 2 || !strings.Contains(strings.Join(notes, "\n"), c.Reference) || !strings.Contains(strings.Join(notes, "\n"), "is broken") {
			h.Errorf("%d rang, %q", len(h.rang), notes)
		}
	})
}

func TestACustomersOwnComplaint(t *testing.T) {
	each(t, "eu", func(h *house) {
		if _, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint}); fault.FieldOf(err) != "text" {
			h.Errorf("of nothing: %v", err)
		}
		c, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Text: "nobody answers", Language: "en"})
		h.must(err)
		if c.NoticedAt != h.Clock.Now().UnixMicro() || len(c.Conversations) != 1 || c.Conversations[0] == h.conv || c.Type != jurisdiction.Complaint || c.Outlook.Next != cases.NextConfirm || c.Outlook.By == 0 {
			h.Errorf("%+v %+v", c.Case, c.Outlook)
		}
		if _, err := h.flow.Lead(ctx(), h.anna, c.ID, casework.Change{Kind: cases.Withdrawn, Revision: 1}); err != nil {
			h.Error(err)
		}
	})
}

// An agent who ends a case says by which words of the customer's.
func TestStaffTakeBackByTheCustomersWords(t *testing.T) {
	each(t, "eu", func(h *house) {
		c, err := h.flow.Open(ctx(), h.agent, casework.Opening{Type: jurisdiction.Unauthorised, Conversation: h.conv})
		h.must(err)
		try := func(data cases.Data) error {
			_, err := h.flow.Lead(ctx(), h.agent, c.ID, casework.Change{Kind: cases.Withdrawn, Revision: 1, Data: data})
			return err
		}
		h.Clock.Move(time.Hour)
		own := h.say(h.agent, "did you find it?")
		back := h.say(h.anna, "it was my son, never mind")
		for name, data := range map[string]cases.Data{
			"of nothing":             {Reason: "x"},
			"by our own words":       {Conversation: h.conv, Entry: own, Reason: "x"},
			"by their first message": {Conversation: h.conv, Entry: own - 1, Reason: "x"},
		} {
			if err := try(data); fault.FieldOf(err) != "entry" {
				h.Errorf("taken back %s: %v", name, err)
			}
		}
		if err := try(cases.Data{Conversation: h.conv, Entry: back}); fault.FieldOf(err) != "reason" {
			h.Errorf("without a reason: %v", err)
		}
		h.must(try(cases.Data{Conversation: h.conv, Entry: back, Reason: "her son"}))
	})
}

func TestTheYear(t *testing.T) {
	each(t, "eu", func(h *house) {
		_, err := h.flow.Complain(ctx(), h.anna, casework.Opening{Type: jurisdiction.Complaint, Text: "nobody answers"})
		h.must(err)
		if _, _, err := h.flow.Year(ctx(), h.agent, h.Clock.Now().Year(), time.UTC); !fault.Is(err, fault.Forbidden) {
			h.Errorf("an agent: %v", err)
		}
		boss := identity.Principal{Kind: identity.Staff, ID: "s", Role: identity.Supervisor}
		lines, text, err := h.flow.Year(ctx(), boss, h.Clock.Now().Year(), time.UTC)
		h.must(err)
		if len(lines) != 1 || lines[0].Count != 1 || !strings.Contains(string(text), "complaint") {
			h.Errorf("%+v", lines)
		}
		if lines, _, err = h.flow.Year(ctx(), boss, h.Clock.Now().Year()-1, time.UTC); err != nil || lines != nil {
			h.Errorf("%+v %v", lines, err)
		}
		if _, _, err = h.flow.Year(ctx(), boss, 1, time.UTC); fault.FieldOf(err) != "year" {
			h.Error(err)
		}
	})
}
