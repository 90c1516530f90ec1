package ruling_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/audit"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/rule"
	"kefu/internal/domain/staff"
	"kefu/internal/flow/following"
	"kefu/internal/flow/ruling"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/storage/storagetest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a store whose log is followed by the rules.
type house struct {
	t        *testing.T
	s        *storagetest.Process
	worker   *ruling.Worker
	follower *following.Follower
}

func open(t *testing.T, d *storagetest.Deployment, rules ...rule.Numbered) *house {
	h := &house{t: t, s: d.Open(t)}
	h.worker = ruling.NewWorker(h.s.Store, func(id string) (string, bool) { return "Safety", id == safety() }, slog.New(slog.DiscardHandler))
	h.worker.Use(rules)
	h.follower = h.s.RunFollower(h.worker, following.Options{Name: ruling.Follower, AtEnd: true, Clock: d.Clock.Now})
	h.settled() // it stands at the end of the log before anything happens
	return h
}

// safety is the id of the one team there is.
func safety() string { return id.From("safety") }

func (h *house) settled() {
	h.t.Helper()
	h.s.Settle(h.follower)
}

func numbered(name string, r rule.Rule) rule.Numbered {
	r.Name = name
	return rule.Numbered{ID: name, Rule: r}
}

func (h *house) customer() (identity.Principal, string) {
	h.t.Helper()
	p := h.s.SignIn(id.New())
	return p, h.s.Begin(p, "en")
}

func (h *house) say(p identity.Principal, conv, text string) {
	h.t.Helper()
	_, err := h.s.Execute(context.Background(), p, conv, conversation.Command{Kind: conversation.Send, ClientID: id.New(), Content: conversation.Content{Text: text}})
	must(h.t, err)
}

func (h *house) log(conv string) (state conversation.State, entries []conversation.Entry) {
	h.t.Helper()
	state, err := h.s.Conversation(context.Background(), identity.SystemPart("test"), conv)
	must(h.t, err)
	entries, _, err = h.s.Entries(context.Background(), identity.SystemPart("test"), conv, conversation.EntryRange{})
	must(h.t, err)
	return state, entries
}

func TestRulesAreCarriedOut(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		mei := staff.New{Member: staff.Member{ID: id.New(), Email: "mei@example.org", Name: "Mei Chen", Alias: "Mei", Role: identity.Agent}}
		h := open(t, d,
			numbered("stolen", rule.Rule{When: []rule.Occasion{rule.Started}, If: `message.text.mentions(["stolen", "被盗"])`, Then: []rule.Action{
				{Do: rule.SetPriority, Priority: conversation.Urgent}, {Do: rule.AddTags, Tags: []string{"danger"}}, {Do: rule.WriteNote, Note: "Lock the wallet first."},
				{Do: rule.AssignTo, Staff: mei.ID}, {Do: rule.SetTeam, Team: safety()}, {Do: rule.AskSkills, Skills: []string{"fraud"}},
			}}),
			numbered("third message", rule.Rule{When: []rule.Occasion{rule.CustomerWrote}, If: `conversation.messages == 3`, Then: []rule.Action{{Do: rule.AddTags, Tags: []string{"insistent"}}}}),
			numbered("gone", rule.Rule{When: []rule.Occasion{rule.Started}, If: `!customer.signed_in`, Then: []rule.Action{{Do: rule.SetTeam, Team: id.New()}}}),
			numbered("visitors", rule.Rule{When: []rule.Occasion{rule.Started}, If: `!customer.signed_in`, Then: []rule.Action{{Do: rule.SetPriority, Priority: conversation.Low}}}),
		)
		must(t, h.s.AddStaff(context.Background(), identity.SystemPart("test"), mei))
		me, conv := h.customer()
		h.say(me, conv, "My phone was STOLEN")
		h.settled()
		state, entries := h.log(conv)
		if state.Priority != conversation.Urgent || !slices.Equal(state.Tags, []string{"danger"}) || state.AssigneeID != mei.ID || state.AssigneeName != "Mei" || state.TeamID != safety() || !slices.Equal(state.Skills, []string{"fraud"}) {
			t.Errorf("after the first message: %+v", state)
		}
		notes := 0
		for _, e := range entries {
			if e.Kind == conversation.KindNote {
				notes++
				if e.Content.Text != "Lock the wallet first." || e.Author.Kind != conversation.BySystem {
					t.Errorf("the note is %+v", e)
				}
			}
		}
		if notes != 1 {
			t.Errorf("%d notes", notes)
		}
		h.say(me, conv, "hello?")
		h.say(me, conv, "anybody?")
		h.settled()
		if state, _ := h.log(conv); !slices.Equal(state.Tags, []string{"danger", "insistent"}) {
			t.Errorf("after the third message: %v", state.Tags)
		}
		stranger := identity.Principal{Kind: identity.Visitor, ID: id.New()}
		other := h.s.Begin(stranger, "en")
		h.say(stranger, other, "hello")
		h.settled()
		if state, _ := h.log(other); state.Priority != conversation.Low || len(state.Tags) != 0 || state.AssigneeID != "" {
			t.Errorf("the visitor's: %+v", state)
		}
	})
}

// Handed over twice, as after a crash, an entry has its effect once, and what an
// agent did meanwhile stays.
// Who may not answer is given nothing: the customer would wait for nobody.
func TestNobodyIsGivenWhatTheyCannotAnswer(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		auditor := staff.New{Member: staff.Member{ID: id.New(), Email: "ada@example.org", Name: "Ada", Alias: "Ada", Role: identity.Auditor}}
		h := open(t, d, numbered("to the auditor", rule.Rule{When: []rule.Occasion{rule.Started}, Then: []rule.Action{{Do: rule.AssignTo, Staff: auditor.ID}, {Do: rule.AddTags, Tags: []string{"seen"}}}}))
		must(t, h.s.AddStaff(context.Background(), identity.SystemPart("test"), auditor))
		me, conv := h.customer()
		h.say(me, conv, "hello")
		h.settled()
		if state, _ := h.log(conv); state.AssigneeID != "" || !slices.Equal(state.Tags, []string{"seen"}) {
			t.Errorf("it is with %q, tags %v", state.AssigneeID, state.Tags)
		}
	})
}

func TestAnEntryTwiceIsAnEffectOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d, numbered("greet", rule.Rule{When: []rule.Occasion{rule.Started}, Then: []rule.Action{{Do: rule.WriteNote, Note: "once"}, {Do: rule.AddTags, Tags: []string{"new"}}}}))
		me, conv := h.customer()
		h.say(me, conv, "hello")
		h.settled()
		d.Exec(t, "UPDATE follower SET pos = 0 WHERE name = 'rules'")
		again := following.New(h.s.Store, h.worker, following.Options{Name: ruling.Follower, Clock: d.Clock.Now})
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { _ = again.Run(ctx); close(ended) }()
		waiting, stop := context.WithTimeout(context.Background(), 20*time.Second)
		must(t, again.Settled(waiting))
		stop()
		cancel()
		<-ended
		state, entries := h.log(conv)
		if len(entries) != 3 || !slices.Equal(state.Tags, []string{"new"}) {
			t.Errorf("%d entries, tags %v", len(entries), state.Tags)
		}
	})
}

func TestADryRunChangesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, d *storagetest.Deployment) {
		h := open(t, d)
		var convs []string
		for _, text := range []string{"refund please", "hello", "my refund", "refund?"} {
			me, conv := h.customer()
			h.say(me, conv, text)
			convs = append(convs, conv)
		}
		r := rule.Rule{Name: "refunds", When: []rule.Occasion{rule.Started}, If: `message.text.mentions(["refund"])`, Then: []rule.Action{{Do: rule.AddTags, Tags: []string{"refund"}}}, Paused: true}
		trials := ruling.NewTrials(h.s.Store)
		supervisor := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Supervisor}
		got, err := trials.Try(context.Background(), supervisor, r, 3)
		must(t, err)
		if got.Looked != 3 || got.Occasions != 3 || got.Held != 2 || !got.Complete || len(got.Samples) != 2 || got.Samples[0].ConversationID != convs[3] {
			t.Errorf("%+v", got)
		}
		for _, conv := range convs {
			if state, entries := h.log(conv); len(entries) != 1 || len(state.Tags) != 0 {
				t.Errorf("%s was changed", conv)
			}
		}
		me, conv := h.customer()
		h.say(me, conv, "the audit chain has what was committed before") // and a reading waits for none
		page, err := h.s.AuditPage(context.Background(), identity.SystemPart("test"), audit.Query{Actor: supervisor.ID, Action: "rule.try", Limit: 10})
		must(t, err)
		if len(page.Records) != 1 || !strings.Contains(page.Records[0].Object.ID, convs[3]) || strings.Contains(page.Records[0].Object.ID, convs[0]) {
			t.Errorf("the audit chain has %+v", page.Records)
		}
		r.If = "conversation.tags[0] == 'x'"
		if got, err = trials.Try(context.Background(), supervisor, r, 3); err != nil || got.Failed != 3 || got.Held != 0 {
			t.Errorf("a condition that fails: %+v, %v", got, err)
		}
		// An admin sees no customer: what is wrong with a rule they are told, and no more.
		admin := identity.Principal{Kind: identity.Staff, ID: id.New(), Role: identity.Admin}
		if _, err := trials.Try(context.Background(), admin, rule.Rule{Name: "x", When: r.When}, 3); !fault.Is(err, fault.Invalid) {
			t.Errorf("what is wrong with a rule, told to an admin: %v", err)
		}
		r.If = `message.text.mentions(["refund"])`
		for _, p := range []identity.Principal{{}, admin, {Kind: identity.Customer, ID: id.New()}, {Kind: identity.Staff, ID: id.New(), Role: identity.Agent}, {Kind: identity.Staff, ID: id.New(), Role: identity.Auditor}} {
			if _, err := trials.Try(context.Background(), p, r, 3); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s %s: %v", p.Kind, p.Role, err)
			}
		}
	})
}
