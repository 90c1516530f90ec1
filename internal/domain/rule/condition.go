package rule

import (
	"context"
	"time"

	"kefu/internal/domain/condition"
)

// Facts are what a condition may ask about. The names in the tags are those that
// operators write.
type Facts struct {
	Conversation Conversation
	Message      Message
	Customer     Customer
	At           time.Time // the time of the occasion
}

// Conversation is the conversation as it stands on the occasion.
type Conversation struct {
	Channel  string   `cel:"channel"`
	Language string   `cel:"language"`
	Status   string   `cel:"status"`
	Priority string   `cel:"priority"`
	Topic    string   `cel:"topic"`
	Team     string   `cel:"team"`
	Tags     []string `cel:"tags"`
	Assigned bool     `cel:"assigned"`
	Reopened int64    `cel:"reopened"` // how often
	Messages int64    `cel:"messages"` // of the customer, this one included
}

// Message is what was written on the occasion, secrets removed; empty where nothing
// was written.
type Message struct {
	Text        string   `cel:"text"`
	Attachments int64    `cel:"attachments"`
	Secrets     []string `cel:"secrets"` // the classes of what was removed
}

// Customer is who asks.
type Customer struct {
	SignedIn bool `cel:"signed_in"` // the wallet vouched for them
}

// language is that of the conditions of rules.
func language() (*condition.Language, error) {
	return condition.New(condition.Facts{"conversation": Conversation{}, "message": Message{}, "customer": Customer{}, "at": time.Time{}})
}

func compile(text string) (condition.Condition, error) {
	l, err := language()
	if err != nil {
		return condition.Condition{}, err
	}
	return l.Compile(text)
}

// holds works a condition out over facts. Errors: as condition.Holds.
func holds(ctx context.Context, c condition.Condition, f *Facts) (bool, error) {
	return c.Holds(ctx, map[string]any{"conversation": &f.Conversation, "message": &f.Message, "customer": &f.Customer, "at": f.At})
}
