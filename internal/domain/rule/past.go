package rule

import (
	"time"

	"kefu/internal/domain/conversation"
)

// Moment is an occasion of a conversation's life, with the facts as they were.
type Moment struct {
	Seq   int64 // of the entry
	On    Occasion
	Facts Facts
}

// Past follows a conversation's log entry by entry and tells at each which
// occasions it was and what the facts were. It serves both rules that are carried
// out and a dry run over what happened long ago.
type Past struct {
	facts   Facts
	written bool // the customer has written
}

// Begin is a conversation before its first entry. Of a field that was changed later
// the log does not hold the first value: in the past of such a conversation it is
// what the first entry that changes it makes of it, and empty before.
func Begin(s conversation.State, signedIn bool, entries []conversation.Entry) Past {
	first := Conversation{Channel: s.Channel, Status: string(conversation.Open), Priority: string(conversation.Normal), Topic: s.Topic, Language: s.Language}
	for _, e := range entries {
		switch e.Kind {
		case conversation.KindTopic:
			first.Topic = ""
		case conversation.KindLanguage:
			first.Language = ""
		}
	}
	return Past{facts: Facts{Conversation: first, Customer: Customer{SignedIn: signedIn}}}
}

// Next takes the next entry and gives the occasions that it is. Entries of rules
// and of other parts of Kefu change the facts and are no occasion, but for a
// conversation that comes back.
func (p *Past) Next(e conversation.Entry) []Moment {
	c, f := &p.facts.Conversation, &p.facts
	f.At, f.Message = time.UnixMicro(e.At).UTC(), Message{}
	var on []Occasion
	switch e.Kind {
	case conversation.KindMessage:
		f.Message = Message{Text: e.Content.Text, Attachments: int64(len(e.Content.Attachments)), Secrets: e.Content.Classes}
		on = p.wrote(&e)
	case conversation.KindHuman:
		c.Status = string(conversation.Open)
		on = []Occasion{PersonAsked}
	case conversation.KindAssigned:
		if c.Assigned = e.Content.Staff != nil; c.Assigned && e.Author.Kind != conversation.BySystem {
			on = []Occasion{Assigned}
		}
	case conversation.KindStatus:
		on = p.moved(e)
	case conversation.KindPriority:
		c.Priority = string(e.Content.Priority)
	case conversation.KindTags:
		c.Tags = e.Content.Tags
	case conversation.KindTeam:
		if c.Team = ""; e.Content.Team != nil {
			c.Team = e.Content.Team.ID
		}
	case conversation.KindTopic:
		c.Topic = e.Content.Topic
	case conversation.KindLanguage:
		c.Language = e.Content.Language
	}
	moments := make([]Moment, len(on))
	for i, o := range on {
		moments[i] = Moment{Seq: e.Seq, On: o, Facts: *f}
	}
	return moments
}

func (p *Past) wrote(e *conversation.Entry) []Occasion {
	c := &p.facts.Conversation
	switch e.Author.Kind {
	case conversation.ByCustomer:
		c.Status = string(conversation.Open)
		c.Messages++
		if !p.written {
			p.written = true
			return []Occasion{Started, CustomerWrote}
		}
		return []Occasion{CustomerWrote}
	case conversation.ByAgent:
		if e.Content.Owed == nil {
			c.Status = string(conversation.Waiting)
		}
		return []Occasion{AgentWrote}
	default:
		return nil
	}
}

func (p *Past) moved(e conversation.Entry) []Occasion {
	c := &p.facts.Conversation
	c.Status = string(e.Content.Status)
	switch {
	case e.Content.Undo: // it was never over
		return nil
	case e.Content.Was == conversation.Resolved:
		c.Reopened++
		return []Occasion{Reopened}
	case e.Content.Status == conversation.Resolved && e.Author.Kind != conversation.BySystem:
		return []Occasion{Resolved}
	default:
		return nil
	}
}
