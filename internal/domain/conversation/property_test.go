package conversation_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/customer"
	"kefu/internal/domain/identity"
	"kefu/internal/platform/fault"
)

// drawCommand gives a command of any kind with contents that are often right.
func drawCommand(t *rapid.T, last int64) conversation.Command {
	kinds := []conversation.CommandKind{
		conversation.Send, conversation.Send, conversation.Note, conversation.AskPerson, conversation.SetStatus, conversation.SetStatus,
		conversation.Wake, conversation.Assign, conversation.SetPriority, conversation.SetTags, conversation.SetTopic,
		conversation.SetLanguage, conversation.Edit, conversation.Redact, conversation.Delivered, conversation.Read,
		conversation.MergeInto, conversation.TakeIn, conversation.Unmerge, conversation.LetGo, conversation.Identify, conversation.Rate, "other",
	}
	text := rapid.SampledFrom([]string{"", "hello", "你好", "\xff", "a\x00b"})
	c := conversation.Command{
		Kind:     rapid.SampledFrom(kinds).Draw(t, "kind"),
		ClientID: rapid.SampledFrom([]string{"m", "m2", "", "m\x00"}).Draw(t, "client"),
		Seq:      rapid.Int64Range(-2, last+3).Draw(t, "seq"),
		Customer: rapid.SampledFrom([]string{"anna", "real", ""}).Draw(t, "customer"),
		Content: conversation.Content{
			Text: text.Draw(t, "text"), Topic: text.Draw(t, "topic"), WrapUp: text.Draw(t, "wrap-up"),
			ReplyTo:  rapid.Int64Range(-1, last+1).Draw(t, "reply to"),
			Of:       rapid.Int64Range(0, last+1).Draw(t, "of"),
			Status:   rapid.SampledFrom([]conversation.Status{conversation.Open, conversation.Waiting, conversation.Snoozed, conversation.Resolved, conversation.Merged, ""}).Draw(t, "status"),
			Until:    rapid.Int64Range(0, 100).Draw(t, "until"),
			Priority: rapid.SampledFrom([]conversation.Priority{conversation.Low, conversation.Urgent, "x"}).Draw(t, "priority"),
			Tags:     rapid.SliceOfN(text, 0, 3).Draw(t, "tags"),
			Language: rapid.SampledFrom([]string{"", "en", "zh-CN", "x-1", "?"}).Draw(t, "language"),
			Into:     rapid.SampledFrom([]string{"", "conv", "other"}).Draw(t, "into"),
			Level:    rapid.SampledFrom([]string{customer.Verified, customer.Claimed, ""}).Draw(t, "level"),
			Score:    rapid.Int64Range(-1, 6).Draw(t, "score"),
			Internal: rapid.Bool().Draw(t, "internal"),
		},
	}
	if rapid.Bool().Draw(t, "has target") {
		c.Target = &conversation.Target{
			Kind:       rapid.SampledFrom([]conversation.EntryKind{conversation.KindMessage, conversation.KindNote, conversation.KindStatus}).Draw(t, "target"),
			AuthorKind: rapid.SampledFrom([]identity.Kind{identity.Customer, identity.Staff, identity.System}).Draw(t, "by"),
			AuthorID:   rapid.SampledFrom([]string{"anna", "mei", "ben"}).Draw(t, "author"),
			Redacted:   rapid.Bool().Draw(t, "redacted"),
		}
	}
	if rapid.Bool().Draw(t, "has staff") {
		c.Content.Staff = &conversation.StaffRef{ID: rapid.SampledFrom([]string{"", "mei", "ben"}).Draw(t, "staff"), Name: "Mei"}
	}
	if rapid.Bool().Draw(t, "counted") {
		c.Unseen = &conversation.Unseen{Messages: rapid.IntRange(0, 3).Draw(t, "unseen"), Since: rapid.Int64Range(0, 5).Draw(t, "unseen since")}
		c.Remains = &conversation.Remains{Own: *c.Unseen}
	}
	if c.Kind == conversation.TakeIn && rapid.Bool().Draw(t, "joined") {
		c.Joined = &conversation.State{ID: "from", Unread: 1, WaitingSince: 1, StatusBefore: c.Content.Status}
	}
	return c
}

// worksMerged are the commands that a merged conversation takes.
func worksMerged() []conversation.CommandKind {
	return []conversation.CommandKind{
		conversation.Unmerge, conversation.LetGo, conversation.Delivered, conversation.Read, conversation.Redact, conversation.Identify,
	}
}

func TestAnyCommandsKeepTheInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := fresh()
		who := []identity.Principal{anna(), visitor(), bob(), mei(), ben(), sofia(), adam(), timer(), {}, {Kind: identity.Customer, ID: "real"}}
		now := begin
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			p := rapid.SampledFrom(who).Draw(t, "who")
			c := drawCommand(t, s.LastSeq)
			now += rapid.Int64Range(-2, 10).Draw(t, "later")
			before := s
			tags := slices.Clone(s.Tags)
			o, err := s.Decide(p, c, now)
			if !slices.Equal(before.Tags, tags) {
				t.Fatal("a decision changed the state it was asked about")
			}
			if err != nil {
				if code := fault.CodeOf(err); !slices.Contains([]fault.Code{fault.NotFound, fault.Forbidden, fault.Conflict, fault.Invalid}, code) {
					t.Fatalf("err = %v of code %s", err, code)
				}
				continue
			}
			if broken := brokenBy(before, o, p, c, now); broken != "" {
				t.Fatalf("%s of %s: %s\nbefore %+v\nafter  %+v", c.Kind, p.Kind, broken, before, o.State)
			}
			s = o.State
		}
	})
}

// brokenBy says which invariant an accepted command breaks.
func brokenBy(before conversation.State, o conversation.Outcome, p identity.Principal, c conversation.Command, now int64) string {
	s := o.State
	for i, e := range o.Entries {
		switch shown := e.ForCustomer(); {
		case e.Seq != before.LastSeq+int64(i)+1 || e.ConversationID != s.ID || e.At != now:
			return fmt.Sprintf("entry %d is numbered %d", i, e.Seq)
		case e.Kind == conversation.KindHidden || e.Kind == "":
			return "an entry of kind " + string(e.Kind)
		case e.Internal() && (shown.Kind != conversation.KindHidden || shown.Content.Text != "" || shown.Author != conversation.Author{}):
			return "an internal entry reaches the customer"
		case p.IsCustomer() && e.Internal():
			return "a customer made an internal entry"
		}
	}
	if want := before.LastSeq + int64(len(o.Entries)); s.LastSeq != want {
		return fmt.Sprintf("LastSeq is %d, want %d", s.LastSeq, want)
	}
	if broken := brokenMarks(before, s, c); broken != "" {
		return broken
	}
	return brokenStatus(before, s, p, c)
}

func brokenMarks(before, s conversation.State, c conversation.Command) string {
	switch {
	case s.CustomerDelivered < before.CustomerDelivered, s.CustomerRead < before.CustomerRead, s.AgentRead < before.AgentRead:
		return "a receipt went back"
	case s.CustomerDelivered > s.LastSeq, s.CustomerRead > s.CustomerDelivered, s.AgentRead > s.LastSeq:
		return "a receipt is ahead of the log or of the delivery"
	case s.PreviewSeq > s.LastSeq, s.PreviewSeq < before.PreviewSeq:
		return "the preview is no entry"
	case s.LastActivity < before.LastActivity:
		return "the last activity went back"
	case s.Reopened < before.Reopened && !(c.Kind == conversation.LetGo && s.Status == conversation.Resolved), s.Unread < 0:
		return "a count went back"
	default:
		return ""
	}
}

func brokenStatus(before, s conversation.State, p identity.Principal, c conversation.Command) string {
	wrote := c.Kind == conversation.Send || c.Kind == conversation.AskPerson
	switch {
	case (s.Status == conversation.Merged) != (s.MergedInto != ""), s.Status == conversation.Merged && s.StatusBefore == "", s.StatusBefore != "" && s.Status != conversation.Merged && s.Status != conversation.Open:
		return "merged, and into nothing, or the other way round"
	case (s.Status == conversation.Snoozed) && s.SnoozedUntil == 0:
		return "snoozed for good"
	case s.SnoozedUntil != 0 && s.Status != conversation.Snoozed && s.StatusBefore != conversation.Snoozed:
		return "a snooze outlived its status"
	case (s.Status == conversation.Resolved) != (s.ResolvedAt != 0) && s.Status != conversation.Merged:
		return "resolved without a time, or the other way round"
	case before.Status == conversation.Merged && !slices.Contains(worksMerged(), c.Kind) && (c.Kind != conversation.SetTopic || p.Kind != identity.System):
		return "a merged conversation took it"
	case p.IsCustomer() && wrote && (s.Status != conversation.Open || s.WaitingSince == 0):
		return "the customer's words are hidden from staff"
	case p.IsCustomer() && c.Kind == conversation.Send && s.Unread != before.Unread+1:
		return "the customer's message is not unread"
	case s.AssigneeID == "" && s.AssigneeName != "":
		return "assigned to a name"
	case s.CustomerID != before.CustomerID && p.Kind != identity.System, s.CustomerID == "":
		return "the conversation changed its owner"
	case p.IsCustomer() && p.ID != before.CustomerID:
		return "a stranger was obeyed"
	default:
		return ""
	}
}
