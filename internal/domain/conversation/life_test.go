package conversation_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// The people of the scenarios, and the time at which they begin.
const begin = int64(1_000_000)

func anna() identity.Principal    { return identity.Principal{Kind: identity.Customer, ID: "anna"} }
func visitor() identity.Principal { return identity.Principal{Kind: identity.Visitor, ID: "anna"} }
func bob() identity.Principal     { return identity.Principal{Kind: identity.Customer, ID: "bob"} }
func mei() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: "mei", Name: "Mei", Role: identity.Agent}
}
func ben() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: "ben", Name: "Ben", Role: identity.Agent}
}
func sofia() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: "sofia", Name: "Sofia", Role: identity.Supervisor}
}
func adam() identity.Principal {
	return identity.Principal{Kind: identity.Staff, ID: "adam", Role: identity.Admin}
}
func timer() identity.Principal { return identity.SystemPart("snooze") }

func fresh() conversation.State {
	return conversation.New("conv", "anna", "chat", "", "en", begin)
}

// step is one command and what it must lead to.
type step struct {
	who     identity.Principal
	command conversation.Command
	at      int64 // 0: a second after the step before
	kinds   string
	err     fault.Code
	then    func(s conversation.State) bool
}

func say(text string) conversation.Command {
	return conversation.Command{Kind: conversation.Send, ClientID: "m", Content: conversation.Content{Text: text}}
}

func status(s conversation.Status) conversation.Command {
	return conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: s}}
}

func snooze(until int64) conversation.Command {
	return conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Snoozed, Until: until}}
}

func mark(kind conversation.CommandKind, seq int64) conversation.Command {
	return conversation.Command{Kind: kind, Seq: seq}
}

func is(s conversation.Status) func(conversation.State) bool {
	return func(have conversation.State) bool { return have.Status == s }
}

// play runs steps and gives the state after the last one.
func play(t *testing.T, s conversation.State, steps []step) conversation.State {
	t.Helper()
	now := begin
	for i, step := range steps {
		now += 1_000_000
		if step.at != 0 {
			now = step.at
		}
		before := s
		o, err := s.Decide(step.who, step.command, now)
		if fault.CodeOf(err) != step.err {
			t.Fatalf("step %d (%s): err = %v, want %q", i, step.command.Kind, err, step.err)
		}
		if err != nil {
			continue
		}
		var kinds []string
		for j, e := range o.Entries {
			kinds = append(kinds, string(e.Kind))
			if e.Seq != before.LastSeq+int64(j)+1 || e.At != now || e.ConversationID != "conv" || e.Author != conversation.AuthorOf(step.who) {
				t.Errorf("step %d: entry %d is %+v", i, j, e)
			}
		}
		if got := strings.Join(kinds, " "); got != step.kinds {
			t.Errorf("step %d (%s): entries %q, want %q", i, step.command.Kind, got, step.kinds)
		}
		s = o.State
		if step.then != nil && !step.then(s) {
			t.Errorf("step %d (%s): the state is %+v", i, step.command.Kind, s)
		}
	}
	return s
}

func TestTheLifeOfAConversation(t *testing.T) {
	until := begin + 60_000_000
	scenarios := map[string][]step{
		"asked, answered, asked again": {
			{who: anna(), command: say("hello"), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince == begin+1_000_000 && s.PreviewSeq == 1
			}},
			{who: anna(), command: say("anybody?"), kinds: "message", then: func(s conversation.State) bool {
				return s.Unread == 2 && s.WaitingSince == begin+1_000_000 // since the first one
			}},
			{who: mei(), command: say("yes"), kinds: "message", then: func(s conversation.State) bool {
				return s.Status == conversation.Waiting && s.Unread == 0 && s.WaitingSince == 0 && s.AgentRead == 2
			}},
			{who: anna(), command: say("thanks"), kinds: "message", then: is(conversation.Open)},
		},
		"what the queue takes back is not taken from whom it was given to meanwhile": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: conversation.Command{Kind: conversation.Assign, Content: conversation.Content{Staff: &conversation.StaffRef{ID: "ben", Name: "Ben"}}}, kinds: "assigned"},
			{who: timer(), command: conversation.Command{Kind: conversation.Assign, TakenFrom: "mei"}, err: fault.Conflict},
			{who: timer(), command: conversation.Command{Kind: conversation.Assign, TakenFrom: "ben"}, kinds: "assigned", then: func(s conversation.State) bool { return s.AssigneeID == "" }},
			{who: timer(), command: conversation.Command{Kind: conversation.Assign, TakenFrom: "ben"}, err: fault.Conflict},
		},
		"a note answers nobody": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: conversation.Command{Kind: conversation.Note, ClientID: "n", Content: conversation.Content{Text: "odd"}}, kinds: "note",
				then: func(s conversation.State) bool {
					return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince != 0 && s.PreviewSeq == 2
				}},
		},
		"snoozed until its time": {
			{who: mei(), command: snooze(until), kinds: "status", then: func(s conversation.State) bool { return s.SnoozedUntil == until }},
			{who: mei(), command: snooze(until), kinds: ""},
			{who: timer(), command: conversation.Command{Kind: conversation.Wake}, at: until - 1, kinds: "", then: is(conversation.Snoozed)},
			{who: timer(), command: conversation.Command{Kind: conversation.Wake}, at: until, kinds: "status", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.SnoozedUntil == 0
			}},
			{who: timer(), command: conversation.Command{Kind: conversation.Wake}, kinds: ""},
		},
		"a snooze that is prolonged is not cut short": {
			{who: mei(), command: snooze(until), kinds: "status"},
			{who: mei(), command: snooze(until + 9), kinds: "status"},
			{who: timer(), command: conversation.Command{Kind: conversation.Wake}, at: until, kinds: "", then: is(conversation.Snoozed)},
		},
		"a snooze that ended in a resolution wakes nothing": {
			{who: mei(), command: snooze(until), kinds: "status"},
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: timer(), command: conversation.Command{Kind: conversation.Wake}, at: until, kinds: "", then: is(conversation.Resolved)},
		},
		"the customer ends a snooze": {
			{who: mei(), command: snooze(until), kinds: "status"},
			{who: anna(), command: say("still broken"), kinds: "message status", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.SnoozedUntil == 0 && s.Reopened == 0
			}},
		},
		"an agent's words end no snooze": {
			{who: mei(), command: snooze(until), kinds: "status"},
			{who: mei(), command: say("I ask the bank"), kinds: "message", then: is(conversation.Snoozed)},
		},
		"resolved and reopened by the customer": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: status(conversation.Resolved), kinds: "status", then: func(s conversation.State) bool {
				return s.ResolvedAt == begin+2_000_000 && s.Unread == 0 && s.WaitingSince == 0
			}},
			{who: mei(), command: status(conversation.Resolved), kinds: ""},
			{who: anna(), command: say("no"), kinds: "message status", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Reopened == 1 && s.ResolvedAt == 0 && s.Unread == 1
			}},
		},
		"resolved and reopened by an agent, twice": {
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: status(conversation.Open), kinds: "status"},
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: snooze(until), kinds: "status", then: func(s conversation.State) bool {
				return s.Reopened == 2 && s.ResolvedAt == 0 && s.SnoozedUntil == until
			}},
		},
		"resolved over a message the agent has not seen": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: mark(conversation.Read, 1), then: func(s conversation.State) bool { return s.Unread == 0 }},
			{who: anna(), command: say("it was stolen"), kinds: "message"},
			{who: mei(), command: conversation.Command{Kind: conversation.SetStatus, Seq: 1, Content: conversation.Content{Status: conversation.Resolved}}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.SetStatus, Seq: 1, Content: conversation.Content{Status: conversation.Snoozed, Until: until}}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.SetStatus, Seq: 2, Content: conversation.Content{Status: conversation.Resolved}}, kinds: "status"},
		},
		"a person is asked for": {
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: anna(), command: conversation.Command{Kind: conversation.AskPerson}, kinds: "human status", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.WaitingSince == begin+2_000_000 && s.Reopened == 1
			}},
			{who: anna(), command: conversation.Command{Kind: conversation.AskPerson}, kinds: "human", then: func(s conversation.State) bool {
				return s.WaitingSince == begin+2_000_000
			}},
			{who: mei(), command: conversation.Command{Kind: conversation.AskPerson}, err: fault.Forbidden},
		},
		"a status that is none, or lies in the past": {
			{who: mei(), command: status("closed"), err: fault.Invalid},
			{who: mei(), command: status(""), err: fault.Invalid},
			{who: mei(), command: status(conversation.Merged), err: fault.Invalid},
			{who: mei(), command: snooze(0), err: fault.Invalid},
			{who: mei(), command: snooze(begin), err: fault.Invalid},
			{who: mei(), command: conversation.Command{Kind: conversation.SetStatus, Content: conversation.Content{Status: conversation.Resolved, WrapUp: strings.Repeat("x", conversation.MaxWrapUpChars+1)}}, err: fault.Invalid},
		},
		"who may not": {
			{who: bob(), command: say("hello"), err: fault.NotFound},
			{who: bob(), command: mark(conversation.Read, 1), err: fault.NotFound},
			{who: adam(), command: say("hello"), err: fault.NotFound},
			{who: identity.Principal{}, command: say("hello"), err: fault.NotFound},
			{who: anna(), command: status(conversation.Resolved), err: fault.Forbidden},
			{who: anna(), command: conversation.Command{Kind: conversation.Wake}, err: fault.Forbidden},
			{who: anna(), command: conversation.Command{Kind: conversation.Note, ClientID: "n", Content: conversation.Content{Text: "x"}}, err: fault.Forbidden},
			{who: timer(), command: say("hello"), err: fault.Forbidden},
			{who: mei(), command: conversation.Command{Kind: conversation.Identify, Customer: "bob", Content: conversation.Content{Level: customer.Verified}}, err: fault.Forbidden},
			{who: mei(), command: conversation.Command{}, err: fault.Forbidden},
			{who: sofia(), command: conversation.Command{Kind: "drop"}, err: fault.Forbidden},
		},
	}
	for name, steps := range scenarios {
		t.Run(name, func(t *testing.T) { play(t, fresh(), steps) })
	}
}

func TestFieldsOfAConversation(t *testing.T) {
	set := func(kind conversation.CommandKind, c conversation.Content) conversation.Command {
		return conversation.Command{Kind: kind, Content: c}
	}
	to := func(id, name string) conversation.Command {
		return set(conversation.Assign, conversation.Content{Staff: &conversation.StaffRef{ID: id, Name: name}})
	}
	tags := func(tags ...string) conversation.Command {
		return set(conversation.SetTags, conversation.Content{Tags: tags})
	}
	many := make([]string, conversation.MaxTags+1)
	for i := range many {
		many[i] = strings.Repeat("t", i+1)
	}
	scenarios := map[string][]step{
		"assignment": {
			{who: mei(), command: to("ben", "Ben"), kinds: "assigned", then: func(s conversation.State) bool { return s.AssigneeID == "ben" && s.AssigneeName == "Ben" }},
			{who: mei(), command: to("ben", "Ben"), kinds: ""},
			{who: mei(), command: to("", "Somebody"), kinds: "assigned", then: func(s conversation.State) bool { return s.AssigneeID == "" && s.AssigneeName == "" }},
			{who: mei(), command: set(conversation.Assign, conversation.Content{}), kinds: ""},
			{who: mei(), command: to("x\x00", "Ben"), err: fault.Invalid},
			{who: mei(), command: to("x", "Ben\n"), err: fault.Invalid},
			{who: anna(), command: to("mei", "Mei"), err: fault.Forbidden},
		},
		"priority": {
			{who: mei(), command: set(conversation.SetPriority, conversation.Content{Priority: conversation.Urgent}), kinds: "priority"},
			{who: mei(), command: set(conversation.SetPriority, conversation.Content{Priority: conversation.Urgent}), kinds: ""},
			{who: mei(), command: set(conversation.SetPriority, conversation.Content{Priority: "top"}), err: fault.Invalid},
			{who: mei(), command: set(conversation.SetPriority, conversation.Content{}), err: fault.Invalid},
		},
		"tags": {
			{who: mei(), command: tags("vip", " fraud", "vip"), kinds: "tags", then: func(s conversation.State) bool { return slices.Equal(s.Tags, []string{"fraud", "vip"}) }},
			{who: mei(), command: tags("fraud", "vip"), kinds: ""},
			{who: mei(), command: tags("vip", ""), err: fault.Invalid},
			{who: mei(), command: tags("　"), err: fault.Invalid},
			{who: mei(), command: tags("a\u2028b"), err: fault.Invalid},
			{who: mei(), command: tags(strings.Repeat("标", conversation.MaxTagChars)), kinds: "tags"},
			{who: mei(), command: tags(strings.Repeat("标", conversation.MaxTagChars+1)), err: fault.Invalid},
			{who: mei(), command: tags(many...), err: fault.Invalid},
			{who: mei(), command: tags(many[:conversation.MaxTags]...), kinds: "tags"},
			{who: mei(), command: tags(), kinds: "tags", then: func(s conversation.State) bool { return len(s.Tags) == 0 }},
			{who: mei(), command: tags(), kinds: ""},
		},
		"topic": {
			{who: mei(), command: set(conversation.SetTopic, conversation.Content{Topic: "Card"}), kinds: "topic"},
			{who: mei(), command: set(conversation.SetTopic, conversation.Content{Topic: "Card"}), kinds: ""},
			{who: mei(), command: set(conversation.SetTopic, conversation.Content{Topic: "Ca\trd"}), err: fault.Invalid},
			{who: mei(), command: set(conversation.SetTopic, conversation.Content{Topic: strings.Repeat("x", conversation.MaxTopicChars+1)}), err: fault.Invalid},
			{who: mei(), command: set(conversation.SetTopic, conversation.Content{}), kinds: "topic"},
		},
		"language": {
			{who: mei(), command: set(conversation.SetLanguage, conversation.Content{Language: "zh-Hans"}), kinds: "language"},
			{who: mei(), command: set(conversation.SetLanguage, conversation.Content{Language: "klingon!"}), err: fault.Invalid},
			{who: mei(), command: set(conversation.SetLanguage, conversation.Content{Language: "x-4111-1111-1111-1111"}), err: fault.Invalid},
			{who: mei(), command: set(conversation.SetLanguage, conversation.Content{Language: "en-a-4111-1111-1111"}), err: fault.Invalid},
			{who: mei(), command: set(conversation.SetLanguage, conversation.Content{Language: strings.Repeat("en-", 20) + "GB"}), err: fault.Invalid},
			{who: mei(), command: set(conversation.SetLanguage, conversation.Content{}), kinds: "language"},
		},
	}
	for name, steps := range scenarios {
		t.Run(name, func(t *testing.T) { play(t, fresh(), steps) })
	}
}

// Whoever adds or takes away leaves alone what a colleague has set meanwhile.
func TestWordsThatComeAndGoLeaveTheOthers(t *testing.T) {
	had := []string{"fraud", "tax"}
	for kind, words := range map[conversation.CommandKind]func(*conversation.Content) *[]string{
		conversation.SetTags:   func(c *conversation.Content) *[]string { return &c.Tags },
		conversation.SetSkills: func(c *conversation.Content) *[]string { return &c.Skills },
	} {
		set := conversation.Command{Kind: kind}
		*words(&set.Content) = had
		o, err := fresh().Decide(mei(), set, begin)
		if err != nil {
			t.Fatal(err)
		}
		change := conversation.Command{Kind: kind, Adds: true, Drops: []string{"tax", "never there"}}
		*words(&change.Content) = []string{"cards"}
		if o, err = o.State.Decide(mei(), change, begin); err != nil {
			t.Fatal(err)
		}
		now := o.State.Tags
		if kind == conversation.SetSkills {
			now = o.State.Skills
		}
		if want := []string{"cards", "fraud"}; !slices.Equal(now, want) {
			t.Errorf("%s: %q, want %q", kind, now, want)
		}
	}
}

// A state that was handed out must not change under its reader.
func TestSettingTagsLeavesTheOldStateAlone(t *testing.T) {
	given := []string{"b", "a"}
	o, err := fresh().Decide(mei(), conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: given}}, begin)
	if err != nil || !slices.Equal(given, []string{"b", "a"}) {
		t.Fatalf("the given tags are %q, err = %v", given, err)
	}
	kept := slices.Clone(o.State.Tags)
	if _, err := o.State.Decide(mei(), conversation.Command{Kind: conversation.SetTags, Content: conversation.Content{Tags: []string{"z", "c"}}}, begin); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.State.Tags, kept) {
		t.Errorf("the old state has the tags %q", o.State.Tags)
	}
}

func TestMergingAndTakingItBack(t *testing.T) {
	into := conversation.Command{Kind: conversation.MergeInto, Content: conversation.Content{Into: "other"}}
	scenarios := map[string][]step{
		"what a merged conversation takes": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: into, kinds: "merged", then: func(s conversation.State) bool {
				return s.Status == conversation.Merged && s.MergedInto == "other" && s.StatusBefore == conversation.Open
			}},
			{who: anna(), command: say("hello?"), err: fault.Conflict},
			{who: mei(), command: say("hello?"), err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.Note, ClientID: "n", Content: conversation.Content{Text: "x"}}, err: fault.Conflict},
			{who: anna(), command: conversation.Command{Kind: conversation.AskPerson}, err: fault.Conflict},
			{who: mei(), command: status(conversation.Open), err: fault.Conflict},
			{who: timer(), command: conversation.Command{Kind: conversation.Wake}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.Assign}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.SetTags}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.SetPriority}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.SetTopic}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.SetLanguage}, err: fault.Conflict},
			{who: anna(), command: edit(1, "hi", customers("anna")), err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.MergeInto, Content: conversation.Content{Into: "third"}}, err: fault.Conflict},
			{who: mei(), command: conversation.Command{Kind: conversation.TakeIn, Content: conversation.Content{From: "third"}}, err: fault.Conflict},
			{who: bob(), command: say("hello?"), err: fault.NotFound},
			{who: anna(), command: mark(conversation.Delivered, 2), kinds: ""},
			{who: anna(), command: mark(conversation.Read, 2), kinds: ""},
			{who: mei(), command: mark(conversation.Read, 2), kinds: ""},
			{who: timer(), command: redact(1, "", customers("anna")), kinds: "redacted"},
			{who: mei(), command: conversation.Command{Kind: conversation.LetGo, Content: conversation.Content{Into: "third"}}, kinds: "unmerged"},
			{who: mei(), command: conversation.Command{Kind: conversation.Unmerge}, kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.MergedInto == "" && s.StatusBefore == ""
			}},
			{who: mei(), command: conversation.Command{Kind: conversation.Unmerge}, err: fault.Conflict},
		},
		"a resolved one comes back resolved": {
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: into, kinds: "merged"},
			{who: mei(), command: conversation.Command{Kind: conversation.Unmerge}, kinds: "unmerged", then: is(conversation.Resolved)},
		},
		"into itself, or nowhere": {
			{who: mei(), command: conversation.Command{Kind: conversation.MergeInto, Content: conversation.Content{Into: "conv"}}, err: fault.Invalid},
			{who: mei(), command: conversation.Command{Kind: conversation.MergeInto}, err: fault.Invalid},
			{who: anna(), command: into, err: fault.Forbidden},
			{who: timer(), command: into, err: fault.Forbidden},
		},
	}
	for name, steps := range scenarios {
		t.Run(name, func(t *testing.T) { play(t, fresh(), steps) })
	}
	merged := play(t, fresh(), []step{{who: mei(), command: into, kinds: "merged"}})
	_, err := merged.Decide(anna(), say("x"), begin)
	var told *conversation.MergedError
	if !errors.As(err, &told) || told.Into != "other" {
		t.Errorf("err = %v, want one that names the conversation to use", err)
	}
}

// What waits in a conversation that goes on elsewhere must wait there too.
func TestTakingInForgetsNobody(t *testing.T) {
	const until = begin + 500_000_000
	joined := func(before conversation.Status, unread int, since int64) *conversation.State {
		return &conversation.State{ID: "from", Status: conversation.Merged, StatusBefore: before, Unread: unread, WaitingSince: since}
	}
	cases := []struct {
		name   string
		status conversation.Status
		joined *conversation.State
		want   conversation.Status
		since  int64
		unread int
		kinds  string
	}{
		{"open into open", conversation.Open, joined(conversation.Open, 2, 5), conversation.Open, 5, 2, "merged"},
		{"open into waiting", conversation.Waiting, joined(conversation.Open, 1, 5), conversation.Open, 5, 1, "merged status"},
		{"open into resolved", conversation.Resolved, joined(conversation.Open, 1, 5), conversation.Open, 5, 1, "merged status"},
		{"open into snoozed", conversation.Snoozed, joined(conversation.Open, 1, 5), conversation.Open, 5, 1, "merged status"},
		{"snoozed into resolved", conversation.Resolved, joined(conversation.Snoozed, 1, 5), conversation.Open, 5, 1, "merged status"},
		{"snoozed into snoozed", conversation.Snoozed, joined(conversation.Snoozed, 0, 0), conversation.Snoozed, 0, 0, "merged"},
		{"resolved into resolved", conversation.Resolved, joined(conversation.Resolved, 0, 0), conversation.Resolved, 0, 0, "merged"},
		{"waiting into resolved", conversation.Resolved, joined(conversation.Waiting, 0, 0), conversation.Resolved, 0, 0, "merged"},
		{"nothing is known of it", conversation.Resolved, nil, conversation.Resolved, 0, 0, "merged"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := fresh()
			s.Status = c.status
			if c.status == conversation.Snoozed {
				s.SnoozedUntil = until
			}
			s = play(t, s, []step{{who: mei(), kinds: c.kinds, command: conversation.Command{
				Kind: conversation.TakeIn, Joined: c.joined, Content: conversation.Content{From: "from"},
			}}})
			if s.Status != c.want || s.WaitingSince != c.since || s.Unread != c.unread || (s.SnoozedUntil != 0) != (c.want == conversation.Snoozed) {
				t.Errorf("the state is %+v", s)
			}
		})
	}
	older := fresh()
	older.WaitingSince = 3
	older = play(t, older, []step{{who: mei(), kinds: "merged", command: conversation.Command{Kind: conversation.TakeIn, Joined: joined(conversation.Open, 1, 5)}}})
	if older.WaitingSince != 3 {
		t.Errorf("the customer waits since %d, want since the older message", older.WaitingSince)
	}
}

// What a merge carried over goes with the one that leaves, as far as nobody has
// dealt with it.
func TestLettingGoTakesBackWhatWasCarriedOver(t *testing.T) {
	take := conversation.Command{Kind: conversation.TakeIn, Joined: &conversation.State{StatusBefore: conversation.Open, Unread: 2, WaitingSince: 5}}
	let := func(own, others conversation.Unseen) conversation.Command {
		return conversation.Command{Kind: conversation.LetGo, Remains: &conversation.Remains{Own: own, Others: others}}
	}
	nothing, one := conversation.Unseen{}, conversation.Unseen{Messages: 1, Since: begin + 1_000_000}
	for name, steps := range map[string][]step{
		"it was resolved": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: let(one, nothing), at: begin + 9_000_000, kinds: "unmerged status", then: func(s conversation.State) bool {
				return s.Status == conversation.Resolved && s.Unread == 0 && s.WaitingSince == 0 && s.Reopened == 0 && s.ResolvedAt == begin+9_000_000 && s.StatusBefore == ""
			}},
		},
		"it waited for the customer": {
			{who: mei(), command: say("hello"), kinds: "message", then: is(conversation.Waiting)},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: let(nothing, nothing), kinds: "unmerged status", then: func(s conversation.State) bool {
				return s.Status == conversation.Waiting && s.Unread == 0 && s.WaitingSince == 0
			}},
		},
		"it was snoozed, until a time that is forgotten": {
			{who: mei(), command: snooze(begin + 60_000_000), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: let(nothing, nothing), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 0 && s.WaitingSince == 0
			}},
		},
		"it waited for an agent under a snooze": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: snooze(begin + 60_000_000), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: let(one, nothing), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince == begin+1_000_000
			}},
		},
		"it waited for an agent, and was set to waiting for the customer": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: status(conversation.Waiting), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: let(one, nothing), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince == begin+1_000_000
			}},
		},
		"since when its own words wait is not known": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: take, kinds: "merged"},
			{who: mei(), command: let(conversation.Unseen{Messages: 1}, nothing), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince == 5
			}},
		},
		"its own words wait too": {
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: take, kinds: "merged", then: func(s conversation.State) bool { return s.Unread == 3 && s.WaitingSince == 5 }},
			{who: mei(), command: let(one, nothing), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince == begin+1_000_000
			}},
		},
		"something came since": {
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: anna(), command: say("hello"), kinds: "message"},
			{who: mei(), command: let(one, nothing), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince == begin+1_000_000 && s.Reopened == 1
			}},
		},
		"another one waits in it": {
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: take, kinds: "merged"},
			{who: mei(), command: let(nothing, conversation.Unseen{Messages: 2, Since: 5}), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 2 && s.WaitingSince == 5
			}},
			{who: mei(), command: let(nothing, nothing), kinds: "unmerged status", then: is(conversation.Resolved)},
		},
		"it was answered": {
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: say("yes"), kinds: "message", then: is(conversation.Waiting)},
			{who: anna(), command: say("and more"), kinds: "message"},
			{who: mei(), command: let(one, nothing), kinds: "unmerged", then: func(s conversation.State) bool {
				return s.Status == conversation.Open && s.Unread == 1 && s.WaitingSince != 0
			}},
		},
		"it was opened by somebody": {
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: take, kinds: "merged status"},
			{who: mei(), command: status(conversation.Resolved), kinds: "status"},
			{who: mei(), command: status(conversation.Open), kinds: "status"},
			{who: mei(), command: let(nothing, nothing), kinds: "unmerged", then: is(conversation.Open)},
		},
	} {
		t.Run(name, func(t *testing.T) { play(t, fresh(), steps) })
	}
}

func TestIdentifying(t *testing.T) {
	as := func(customer, level string) conversation.Command {
		return conversation.Command{Kind: conversation.Identify, Customer: customer, Content: conversation.Content{Level: level}}
	}
	part := identity.SystemPart("identity")
	s := play(t, fresh(), []step{
		{who: visitor(), command: say("hello"), kinds: "message"},
		{who: part, command: as("", customer.Verified), err: fault.Invalid},
		{who: part, command: as("real", ""), err: fault.Invalid},
		{who: part, command: as("real", "sure"), err: fault.Invalid},
		{who: visitor(), command: as("real", customer.Verified), err: fault.Forbidden},
		{who: part, command: as("real", customer.Verified), kinds: "identified", then: func(s conversation.State) bool { return s.CustomerID == "real" }},
		{who: visitor(), command: say("I was here"), err: fault.NotFound},
	})
	real := identity.Principal{Kind: identity.Customer, ID: "real"}
	play(t, s, []step{
		{who: real, command: edit(1, "hello!", &conversation.Target{Kind: conversation.KindMessage, AuthorKind: identity.Customer, AuthorID: "anna"}), kinds: "edited"},
		{who: real, command: say("and more"), kinds: "message"},
	})
}
