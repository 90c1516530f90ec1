package queueapi

import (
	"context"

	"kefu/internal/domain/conversation"
	"kefu/internal/web/api"
)

// OfferOrigin is the form or the flow that a conversation came by.
type OfferOrigin struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty" doc:"a form's as the customer was shown it"`
}

// OfferView is what an agent is told of the conversation that they are offered: what
// the house says of it, and nothing of what the customer wrote or who they are.
type OfferView struct {
	Conversation string                `json:"conversation"`
	Channel      string                `json:"channel"`
	Language     string                `json:"language,omitempty"`
	Team         string                `json:"team,omitempty"`
	Priority     conversation.Priority `json:"priority" enum:"low,normal,high,urgent"`
	Since        int64                 `json:"since,omitempty" doc:"since when the customer waits"`
	Messages     int                   `json:"messages" doc:"how many of the customer's nobody has read"`
	Topic        string                `json:"topic,omitempty" doc:"where a form gave it"`
	Form         *OfferOrigin          `json:"form,omitempty" doc:"that it came by"`
	Flow         *OfferOrigin          `json:"flow,omitempty" doc:"that it came by"`
	SignedIn     bool                  `json:"signed_in" doc:"the wallet vouches for who the customer is"`
	Returning    bool                  `json:"returning" doc:"the customer has asked before"`
}

type (
	offerInput struct {
		api.Caller
		Language string `query:"lang" maxLength:"35" doc:"in which the flow's title is read"`
	}
	offerOutput struct{ Body OfferView }
)

func (r *routes) offer(ctx context.Context, in *offerInput) (*offerOutput, error) {
	b, err := r.Queue.Brief(ctx, in.Who())
	if err != nil {
		return nil, err
	}
	out := &offerOutput{Body: OfferView{
		Conversation: b.ConversationID, Channel: b.Channel, Language: b.Language, Team: b.Team, Priority: conversation.Priority(b.Priority),
		Since: b.Since, Messages: b.Messages, Topic: b.Topic, SignedIn: b.SignedIn, Returning: b.Returning,
	}}
	if b.Form != "" {
		out.Body.Form = &OfferOrigin{ID: b.Form, Title: b.FormTitle}
	}
	if b.Flow != "" {
		out.Body.Flow = &OfferOrigin{ID: b.Flow, Title: b.FlowTitle.In(in.Language)}
	}
	return out, nil
}
