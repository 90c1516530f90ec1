package api

import (
	"context"
	"strconv"
	"strings"

	"kefu/internal/domain/conversation"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
)

// Person is a member of staff as a conversation names one.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"the alias that customers see"`
}

// CustomerLabel is what a list shows of a customer.
type CustomerLabel struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitempty"`
	Evidence  string `json:"evidence" enum:"verified,claimed,inferred,anonymous" doc:"how we came to hold that it is this customer"`
	Anonymous bool   `json:"anonymous"`
}

// Conversation is one line of the inbox.
type Conversation struct {
	ID            string                `json:"id"`
	Status        conversation.Status   `json:"status" enum:"open,waiting,snoozed,resolved,merged"`
	Priority      conversation.Priority `json:"priority" enum:"low,normal,high,urgent"`
	Assignee      *Person               `json:"assignee,omitempty"`
	Customer      CustomerLabel         `json:"customer"`
	Channel       string                `json:"channel"`
	Topic         string                `json:"topic,omitempty"`
	Language      string                `json:"language,omitempty"`
	Tags          []string              `json:"tags" nullable:"false"`
	Team          string                `json:"team,omitempty" doc:"the team it is for"`
	Skills        []string              `json:"skills,omitempty" doc:"what an agent must be able to do to be offered it"`
	Preview       string                `json:"preview" doc:"the beginning of the newest message or note"`
	PreviewKind   string                `json:"preview_kind,omitempty" doc:"message or note"`
	PreviewAuthor string                `json:"preview_author,omitempty" doc:"customer, agent, assistant or system"`
	Unread        int                   `json:"unread" doc:"customer messages that no agent has read"`
	LastSeq       int64                 `json:"last_seq"`
	LastActivity  int64                 `json:"last_activity"`
	CreatedAt     int64                 `json:"created_at"`
	WaitingSince  int64                 `json:"waiting_since,omitempty"`
	SnoozedUntil  int64                 `json:"snoozed_until,omitempty"`
	Reopened      int                   `json:"reopened"`
	Code          string                `json:"code,omitempty" doc:"the wrap-up code of the newest resolution: the id of a setting"`
	MergedInto    string                `json:"merged_into,omitempty"`
	DeliveredSeq  int64                 `json:"delivered_seq,omitempty" doc:"up to here the customer's side has it"`
	ReadSeq       int64                 `json:"read_seq,omitempty" doc:"up to here the customer has seen it"`
	Clocks        []Clock               `json:"clocks,omitempty" doc:"promises that are counted now"`
	Cursor        string                `json:"cursor,omitempty" doc:"of a line of a list: its place there"`
}

const (
	previewChars = 160
	anonymous    = "anonymous"
)

func conversationOf(s *conversation.State, label conversation.CustomerLabel, preview *conversation.Entry) Conversation {
	c := Conversation{
		ID: s.ID, Status: s.Status, Priority: s.Priority, Customer: LabelOf(s.CustomerID, label.Name, label.Evidence),
		Channel: s.Channel, Topic: s.Topic, Language: s.Language, Tags: s.Tags, Team: s.TeamID, Skills: s.Skills, Unread: s.Unread, LastSeq: s.LastSeq,
		LastActivity: s.LastActivity, CreatedAt: s.CreatedAt, WaitingSince: s.WaitingSince, SnoozedUntil: s.SnoozedUntil,
		Reopened: s.Reopened, Code: s.WrapUp, MergedInto: s.MergedInto, DeliveredSeq: s.CustomerDelivered, ReadSeq: s.CustomerRead,
	}
	if c.Language == "" {
		c.Language = label.Language
	}
	if c.Tags == nil {
		c.Tags = []string{}
	}
	if s.AssigneeID != "" {
		c.Assignee = &Person{ID: s.AssigneeID, Name: s.AssigneeName}
	}
	if preview != nil {
		c.Preview, c.PreviewKind, c.PreviewAuthor = PreviewOf(preview.Content), string(preview.Kind), string(preview.Author.Kind)
	}
	return c
}

// LabelOf is what is shown of a customer of whom that much is known.
func LabelOf(customerID, name, evidence string) CustomerLabel {
	if evidence == "" {
		evidence = anonymous
	}
	return CustomerLabel{ID: customerID, Name: name, Evidence: evidence, Anonymous: evidence == anonymous}
}

// PreviewOf is the beginning of what a message says, or the name of its file.
func PreviewOf(c conversation.Content) string {
	text := c.Text
	if text == "" && len(c.Attachments) > 0 {
		text = c.Attachments[0].Name
	}
	if len(text) <= previewChars {
		return text
	}
	chars := 0
	for i := range text {
		if chars == previewChars {
			return text[:i] + "…"
		}
		chars++
	}
	return text
}

func conversationOfLine(l *conversation.InboxLine) Conversation {
	return conversationOf(&l.State, l.Customer, l.Preview)
}

// InConversation names the conversation that a request is about.
type InConversation struct {
	Caller
	ID string `path:"id" doc:"of the conversation"`
}

type conversationOutput struct{ Body Conversation }

func (a *API) conversation(ctx context.Context, in *InConversation) (*conversationOutput, error) {
	line, err := a.Store.InboxLineOf(ctx, in.who(), in.ID)
	if err != nil {
		return nil, err
	}
	one := []Conversation{conversationOfLine(&line)}
	if err := a.addClocks(ctx, in.who(), one); err != nil {
		return nil, err
	}
	return &conversationOutput{Body: one[0]}, nil
}

// cursorOf writes a place in the inbox. It grants nothing: whoever makes one up
// starts reading at another place of what they may read anyway.
func cursorOf(k conversation.InboxKey) string {
	return strconv.FormatInt(k.Activity, 36) + "." + k.ConversationID
}

func parseCursor(field, cursor string) (conversation.InboxKey, error) {
	if cursor == "" {
		return conversation.InboxKey{}, nil
	}
	at, conv, _ := strings.Cut(cursor, ".")
	activity, err := strconv.ParseInt(at, 36, 64)
	key := conversation.InboxKey{Activity: activity, ConversationID: conv}
	if err != nil || activity < 0 || !id.Valid(conv) || cursorOf(key) != cursor {
		return conversation.InboxKey{}, fault.InvalidField("api.parseCursor", field, "was not given out by us")
	}
	return key, nil
}
