package rule_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/internal/domain/condition"
	"kefu/internal/domain/conversation"
	"kefu/internal/domain/rule"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

func valid() rule.Rule {
	return rule.Rule{
		Name: "Refunds to the money team", When: []rule.Occasion{rule.Started},
		If:   `message.text.mentions(["refund", "退款"]) && customer.signed_in`,
		Then: []rule.Action{{Do: rule.AddTags, Tags: []string{"refund"}}},
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	r := valid()
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	then := func(a rule.Action) func(*rule.Rule) { return func(r *rule.Rule) { r.Then = []rule.Action{a} } }
	when := func(o ...rule.Occasion) func(*rule.Rule) { return func(r *rule.Rule) { r.When = o } }
	condition := func(text string) func(*rule.Rule) { return func(r *rule.Rule) { r.If = text } }
	for _, c := range []struct {
		name, field string
		change      func(*rule.Rule)
	}{
		{"no name", "name", func(r *rule.Rule) { r.Name = "" }},
		{"a long name", "name", func(r *rule.Rule) { r.Name = strings.Repeat("x", 121) }},
		{"an order below 0", "order", func(r *rule.Rule) { r.Order = -1 }},
		{"no occasion", "when", when()},
		{"an unknown occasion", "when", when("always")},
		{"an occasion twice", "when", when(rule.Started, rule.Started)},
		{"nothing to do", "then", func(r *rule.Rule) { r.Then = nil }},
		{"too much to do", "then", func(r *rule.Rule) { r.Then = slices.Repeat(r.Then, 11) }},
		{"an unknown action", "then.0.do", then(rule.Action{Do: "refund"})},
		{"an unknown priority", "then.0.priority", then(rule.Action{Do: rule.SetPriority, Priority: "highest"})},
		{"no tags", "then.0.tags", then(rule.Action{Do: rule.AddTags})},
		{"an empty tag", "then.0.tags", then(rule.Action{Do: rule.AddTags, Tags: []string{""}})},
		{"a language that is none", "then.0.language", then(rule.Action{Do: rule.SetLanguage, Language: "not a language"})},
		{"nobody", "then.0.staff", then(rule.Action{Do: rule.AssignTo})},
		{"a team that is no id", "then.0.team", then(rule.Action{Do: rule.SetTeam, Team: "the team"})},
		{"no skills", "then.0.skills", then(rule.Action{Do: rule.AskSkills})},
		{"an empty skill", "then.0.skills", then(rule.Action{Do: rule.AskSkills, Skills: []string{" "}})},
		{"an empty note", "then.0.note", then(rule.Action{Do: rule.WriteNote})},
		{"a long note", "then.0.note", then(rule.Action{Do: rule.WriteNote, Note: strings.Repeat("字", 2001)})},
		{"another action's field", "then.0.do", then(rule.Action{Do: rule.SetPriority, Priority: conversation.High, Note: "x"})},
		{"no expression", "if", condition("conversation.")},
		{"an unknown field", "if", condition("conversation.prioritty == 'high'")},
		{"an unknown name", "if", condition("wallet.balance > 0")},
		{"no yes or no", "if", condition("conversation.reopened + 1")},
		{"a wrong type", "if", condition("conversation.reopened == 'often'")},
		{"too long", "if", condition(strings.Repeat("true && ", 300) + "true")},
		{"a text that grows and grows", "if", condition(`message.text.replace("", message.text).replace("", message.text) == ""`)},
		{"a text that grows by lists", "if", condition(`[message.text].map(a, [a, a, a].join("")).exists(a, a == "")`)},
		{"a text that grows by format", "if", condition(`"%s%s".format([message.text, message.text]) == ""`)},
		{"a text that grows by quotes", "if", condition(`strings.quote(message.text) == ""`)},
		{"lists of lists", "if", condition(`[["a"]].exists(a, a == ["a"])`)},
		{"lists of anything", "if", condition(`[dyn(["a"]), dyn(["a"])] == []`)},
		{"too deep", "if", condition(strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100))},
	} {
		r := valid()
		c.change(&r)
		var found *fault.Error
		if err := r.Validate(); !errors.As(err, &found) || found.Code != fault.Invalid || found.Field != c.field {
			t.Errorf("%s: %v, want a complaint about %s", c.name, err, c.field)
		}
	}
}

func TestAComplaintSaysWhere(t *testing.T) {
	r := valid()
	r.If = "true &&\n  conversation.prioritty == 'high'"
	if err := r.Validate(); err == nil || !strings.Contains(err.Error(), "line 2, column 15") || !strings.Contains(err.Error(), "prioritty") {
		t.Errorf("%v", err)
	}
}

func holds(t *testing.T, condition string, f rule.Facts) (bool, error) {
	t.Helper()
	r := valid()
	r.If, r.When = condition, []rule.Occasion{rule.CustomerWrote}
	set, problems := rule.NewSet([]rule.Numbered{{ID: "r", Rule: r}})
	if len(problems) > 0 {
		t.Fatal(problems[0].Err)
	}
	v := set.Decide(context.Background(), rule.CustomerWrote, f)
	if len(v.Problems) > 0 {
		return false, v.Problems[0].Err
	}
	return len(v.Fired) == 1, nil
}

func TestConditions(t *testing.T) {
	f := rule.Facts{
		Conversation: rule.Conversation{Channel: "chat", Language: "zh", Status: "open", Priority: "normal", Tags: []string{"vip"}, Messages: 3, Topic: "退款"},
		Message:      rule.Message{Text: "我的ＲＥＦＵＮＤ在哪里？", Secrets: []string{"pan"}},
		Customer:     rule.Customer{SignedIn: true},
		At:           time.Date(2026, 11, 26, 15, 30, 0, 0, time.UTC),
	}
	for condition, want := range map[string]bool{
		"":     true,
		"true": true,
		`conversation.channel == "chat" && conversation.language.startsWith("zh")`: true,
		`"vip" in conversation.tags`:                                            true,
		`conversation.tags.exists(t, t == "bulk")`:                              false,
		`message.text.mentions(["refund"])`:                                     true,
		`message.text.mentions(["Refund ", ""])`:                                false,
		`conversation.topic.mentions(["退款", "退货"])`:                             true,
		`size(message.secrets) > 0`:                                             true,
		`conversation.messages >= 3 && !conversation.assigned`:                  true,
		`at.getHours("Asia/Shanghai") >= 22`:                                    true,
		`at.getHours("Europe/Berlin") >= 22`:                                    false,
		`message.text.matches("(?i)refund")`:                                    false,
		`customer.signed_in ? conversation.priority == "normal" : false`:        true,
		`message.attachments > 0 || conversation.priority in ["high","urgent"]`: false,
	} {
		if got, err := holds(t, condition, f); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", condition, got, err, want)
		}
	}
}

func TestAConditionThatCostsTooMuchIsStopped(t *testing.T) {
	f := rule.Facts{Message: rule.Message{Text: strings.Repeat("a", 8000)}, Conversation: rule.Conversation{Tags: make([]string, 20)}}
	deep := `conversation.tags.all(a, conversation.tags.all(b, conversation.tags.all(c, conversation.tags.all(d, message.text.matches("(a|b|c)*d$") || true))))`
	began := time.Now()
	if _, err := holds(t, deep, f); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), condition.CostsTooMuch) {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A list that is added to itself costs what it comes to, and what is looked for in a
// long text what the text is long.
func TestWhatGrowsCosts(t *testing.T) {
	f := rule.Facts{Message: rule.Message{Text: strings.Repeat("a", 8000)}}
	for _, text := range []string{
		`message.text.split("").exists(x, message.text.mentions(["b"]))`,
		`message.text.split("").exists(x, message.text.lowerAscii() == "b")`,
		`message.text.split("").exists(x, message.text.indexOf("aaaaaaaaaaaaaaab") > 0)`,
		`[message.text].map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a).map(a, a + a)[0] == ""`,
		`(message.text.split("") + message.text.split("") + message.text.split("") + message.text.split("")).map(x, x + x).exists(x, x == "")`,
	} {
		began := time.Now()
		if _, err := holds(t, text, f); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), condition.CostsTooMuch) {
			t.Errorf("%s: it ended with %v", text, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: it took %v", text, took)
		}
	}
	words := `["` + strings.Repeat(`退款","`, 150) + `x"]`
	if _, err := holds(t, `message.text.mentions(`+words+`) || message.text.contains("refund") || "vip" in conversation.tags + ["a", "b"]`, f); err != nil {
		t.Errorf("what is usual costs too much: %v", err)
	}
}

// What people wrote is in no error: errors are logged.
func TestAFailureQuotesNobody(t *testing.T) {
	f := rule.Facts{Message: rule.Message{Text: "my very own words"}}
	_, err := holds(t, `int(message.text) > 3`, f)
	if err == nil || strings.Contains(err.Error(), "own words") || !strings.Contains(err.Error(), condition.FailsOnFacts) {
		t.Errorf("%v", err)
	}
}

func TestAConditionThatFailsHarmsNoOther(t *testing.T) {
	broken, good := valid(), valid()
	broken.If, broken.Order = "conversation.tags[5] == 'x'", 1
	good.If, good.Order = "true", 2
	set, problems := rule.NewSet([]rule.Numbered{{ID: "good", Rule: good}, {ID: "broken", Rule: broken}})
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	v := set.Decide(context.Background(), rule.Started, rule.Facts{})
	if len(v.Fired) != 1 || v.Fired[0].ID != "good" || len(v.Problems) != 1 || v.Problems[0].ID != "broken" {
		t.Errorf("%+v", v)
	}
}

func TestOrderStopAndWhatLaterRulesSee(t *testing.T) {
	team := id.New()
	named := func(name string, order int, condition string, stop bool, then ...rule.Action) rule.Numbered {
		return rule.Numbered{ID: name, Rule: rule.Rule{Name: name, When: []rule.Occasion{rule.Started}, If: condition, Then: then, Order: order, Stop: stop}}
	}
	paused := named("paused", 0, "", true, rule.Action{Do: rule.SetLanguage, Language: "de"})
	paused.Paused = true
	set, problems := rule.NewSet([]rule.Numbered{
		named("last", 9, "", false, rule.Action{Do: rule.WriteNote, Note: "never"}),
		named("second", 2, `"money" in conversation.tags`, false, rule.Action{Do: rule.SetPriority, Priority: conversation.Urgent}, rule.Action{Do: rule.RemoveTags, Tags: []string{"money"}}),
		named("first", 1, "", false, rule.Action{Do: rule.AddTags, Tags: []string{"money", "a"}}, rule.Action{Do: rule.SetTeam, Team: team}),
		named("third", 3, `conversation.priority == "urgent" && conversation.team != ""`, true, rule.Action{Do: rule.SetPriority, Priority: conversation.High}),
		paused,
	})
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	facts := rule.Facts{Conversation: rule.Conversation{Tags: []string{"z"}, Priority: "normal"}}
	v := set.Decide(context.Background(), rule.Started, facts)
	var fired []string
	for _, f := range v.Fired {
		fired = append(fired, f.ID)
	}
	if !slices.Equal(fired, []string{"first", "second", "third"}) {
		t.Fatalf("fired %v", fired)
	}
	c := v.Changes()
	if c.Priority != "high" || c.Team == nil || *c.Team != team || !slices.Equal(c.AddTags, []string{"a"}) || !slices.Equal(c.RemoveTags, []string{"money"}) || len(c.Notes) != 0 {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(facts.Conversation.Tags, []string{"z"}) {
		t.Errorf("the facts were changed: %v", facts.Conversation.Tags)
	}
	if set.Empty(rule.Started) || !set.Empty(rule.Resolved) {
		t.Error("Empty is wrong")
	}
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{"true", `message.text.mentions(["a"])`, "conversation.tags[0]", "1/0 == 1", `at.getHours("x") > 1`, "((((", "\x00", `message.text.matches("(a+)+$")`} {
		f.Add(s, "some text")
	}
	f.Fuzz(func(t *testing.T, condition, text string) {
		r := valid()
		r.If = condition
		if r.Validate() != nil {
			return
		}
		set, problems := rule.NewSet([]rule.Numbered{{ID: "r", Rule: r}})
		if len(problems) > 0 {
			t.Fatalf("%q is valid and cannot be used: %v", condition, problems[0].Err)
		}
		set.Decide(context.Background(), rule.Started, rule.Facts{Message: rule.Message{Text: text}})
	})
}

func TestThePastOfAConversation(t *testing.T) {
	entry := func(seq int64, kind conversation.EntryKind, by conversation.AuthorKind, c conversation.Content) conversation.Entry {
		return conversation.Entry{Seq: seq, Kind: kind, At: seq * 1_000_000, Author: conversation.Author{Kind: by}, Content: c}
	}
	staff := &conversation.StaffRef{ID: "s"}
	entries := []conversation.Entry{
		entry(1, conversation.KindMessage, conversation.ByCustomer, conversation.Content{Text: "hello"}),
		entry(2, conversation.KindTags, conversation.BySystem, conversation.Content{Tags: []string{"vip"}}),
		entry(3, conversation.KindAssigned, conversation.ByAgent, conversation.Content{Staff: staff}),
		entry(4, conversation.KindNote, conversation.ByAgent, conversation.Content{Text: "a note"}),
		entry(5, conversation.KindMessage, conversation.ByAgent, conversation.Content{Text: "hi"}),
		entry(6, conversation.KindPriority, conversation.ByAgent, conversation.Content{Priority: conversation.High}),
		entry(7, conversation.KindStatus, conversation.ByAgent, conversation.Content{Status: conversation.Resolved, Was: conversation.Waiting}),
		entry(8, conversation.KindMessage, conversation.ByCustomer, conversation.Content{Text: "again", Classes: []string{"otp"}}),
		entry(9, conversation.KindStatus, conversation.BySystem, conversation.Content{Status: conversation.Open, Was: conversation.Resolved}),
		entry(10, conversation.KindHuman, conversation.ByCustomer, conversation.Content{}),
		entry(11, conversation.KindLanguage, conversation.ByAgent, conversation.Content{Language: "zh"}),
		entry(12, conversation.KindAssigned, conversation.BySystem, conversation.Content{Staff: staff}),
	}
	state := conversation.State{Channel: "chat", Language: "zh", Topic: "a topic"}
	past := rule.Begin(state, true, entries)
	var got []string
	var last rule.Facts
	for _, e := range entries {
		for _, m := range past.Next(e) {
			got = append(got, string(m.On))
			last = m.Facts
			switch m.Seq {
			case 1:
				if c := m.Facts.Conversation; c.Language != "" || c.Topic != "a topic" || c.Messages != 1 || len(c.Tags) != 0 || m.Facts.Message.Text != "hello" || c.Assigned {
					t.Errorf("at first: %+v", m.Facts)
				}
			case 5:
				if c := m.Facts.Conversation; !c.Assigned || c.Status != "waiting" || !slices.Equal(c.Tags, []string{"vip"}) {
					t.Errorf("at the answer: %+v", m.Facts)
				}
			case 8:
				if c := m.Facts.Conversation; c.Messages != 2 || c.Priority != "high" || !slices.Equal(m.Facts.Message.Secrets, []string{"otp"}) {
					t.Errorf("when they came back: %+v", m.Facts)
				}
			}
		}
	}
	want := []string{"started", "customer_wrote", "assigned", "agent_wrote", "resolved", "customer_wrote", "reopened", "person_asked_for"}
	if !slices.Equal(got, want) {
		t.Errorf("the occasions were %v, want %v", got, want)
	}
	crossed := entry(13, conversation.KindMessage, conversation.ByAgent, conversation.Content{Text: "hi", Owed: &conversation.Owed{Since: 8_000_000}})
	if m := past.Next(crossed); len(m) != 1 || m[0].Facts.Conversation.Status != "open" {
		t.Errorf("an answer that crossed with a question: %+v", m)
	}
	if last.Conversation.Reopened != 1 || last.At != time.UnixMicro(10_000_000).UTC() || !last.Customer.SignedIn {
		t.Errorf("in the end: %+v", last)
	}
}
