package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/flow/intake"
	"kefu/internal/platform/fault"
	"kefu/internal/platform/id"
	"kefu/internal/web/scope"
	"kefu/internal/web/wire"
)

type sendInput struct {
	InConversation
	Body struct {
		ClientMsgID   string   `json:"client_msg_id" minLength:"1" maxLength:"64" doc:"a UUIDv7 of the client: repeating it stores nothing and gives the first answer"`
		Text          string   `json:"text,omitempty" maxLength:"8000"`
		AttachmentIDs []string `json:"attachment_ids,omitempty" nullable:"false" maxItems:"10"`
		ReplyTo       int64    `json:"reply_to,omitempty" minimum:"0" doc:"the sequence number of the message it answers"`
		Note          bool     `json:"note,omitempty" doc:"internal: customers do not see it"`
		Seen          int64    `json:"seen,omitempty" minimum:"0" doc:"the newest entry that its author had on screen: what the customer wrote after it goes on waiting for an answer"`
		Unless        bool     `json:"unless_answered,omitempty" doc:"409 with the field unless_answered when a colleague has answered after seen"`
		Mentions      []string `json:"mentions,omitempty" nullable:"false" maxItems:"10" doc:"of a note: the ids of the members of staff whom it names"`
	}
}

// Stored says that a message is durable.
type Stored struct {
	ClientMsgID string   `json:"client_msg_id"`
	Conv        string   `json:"conv"`
	Seq         int64    `json:"seq"`
	At          int64    `json:"at"`
	Classes     []string `json:"classes,omitempty" nullable:"false" doc:"of secrets that were removed before storing"`
	Text        string   `json:"text,omitempty" doc:"what was stored, when something was removed"`
}

type sendOutput struct {
	Status int
	Body   Stored
}

type entriesInput struct {
	InConversation
	After  int64 `query:"after" minimum:"0" doc:"read on after this sequence number; 0: from the beginning"`
	Before int64 `query:"before" minimum:"0" doc:"read what stands before this sequence number; without both, the end of the log"`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// EntryPage is a stretch of a log, ascending.
type EntryPage struct {
	Items []wire.Event `json:"items" nullable:"false"`
	More  bool         `json:"more" doc:"there is more in the direction of reading"`
}

type entriesOutput struct{ Body EntryPage }

// InMessage names the message that a request is about.
type InMessage struct {
	InConversation
	Seq int64 `path:"seq" minimum:"1" doc:"the sequence number of the message"`
}

type editInput struct {
	InMessage
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"8000"`
	}
}

type redactInput struct {
	InMessage
	Body struct {
		Reason string `json:"reason" enum:"secret,privacy,mistake" doc:"why it must not stand there"`
	}
}

// VersionList is what a message said before it was edited, oldest first.
type VersionList struct {
	Items []conversation.Content `json:"items" nullable:"false"`
}

type versionsOutput struct{ Body VersionList }

func (a *API) addMessages() {
	message := func(method, path, id, summary string) huma.Operation {
		op := Change(method, path, id, summary)
		op.Tags = []string{"messages"}
		return op
	}
	send := message(http.MethodPost, "messages", "send", "Add a message or a note")
	send.DefaultStatus = http.StatusCreated
	add(a, send, a.send)
	add(a, message(http.MethodGet, "entries", "entries", "Read the log"), a.entries)
	add(a, message(http.MethodPatch, "messages/{seq}", "edit", "Change one's own message"), a.edit)
	add(a, message(http.MethodDelete, "messages/{seq}", "redact", "Remove a message for good"), a.redact)
	add(a, message(http.MethodGet, "messages/{seq}/versions", "versions", "Read what an edited message said before"), a.versions)
}

// send answers after the commit: 201, or 200 when the message was stored before.
func (a *API) send(ctx context.Context, in *sendInput) (*sendOutput, error) {
	if !id.ValidUUID(in.Body.ClientMsgID) {
		return nil, fault.InvalidField("api.send", "client_msg_id", "is no UUID")
	}
	needed := identity.SendMessages
	if in.Body.Note {
		needed = identity.WriteNotes
	}
	if err := scope.Check(in.who(), needed); err != nil {
		return nil, err
	}
	answer := make(chan intake.Said, 1)
	message := intake.Message{
		ConversationID: in.ID, ClientID: in.Body.ClientMsgID, Text: in.Body.Text,
		AttachmentIDs: in.Body.AttachmentIDs, ReplyTo: in.Body.ReplyTo, Note: in.Body.Note, Seen: in.Body.Seen, UnlessAnswered: in.Body.Unless, Mentions: in.Body.Mentions,
	}
	if err := a.Intake.Send(ctx, in.who(), message, func(s intake.Said) { answer <- s }); err != nil {
		return nil, err
	}
	var said intake.Said
	select {
	case said = <-answer:
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "api.send", "gave up waiting for the commit")
	}
	if said.Err != nil {
		return nil, said.Err
	}
	out := &sendOutput{Status: http.StatusCreated, Body: Stored{
		ClientMsgID: in.Body.ClientMsgID, Conv: in.ID, Seq: said.Seq, At: said.At, Classes: said.Classes, Text: said.Text,
	}}
	if said.Duplicate {
		out.Status = http.StatusOK
	}
	return out, nil
}

func (a *API) entries(ctx context.Context, in *entriesInput) (*entriesOutput, error) {
	r := conversation.EntryRange{After: in.After, Limit: in.Limit}
	if !in.in.request.URL.Query().Has("after") { // 0 is the beginning of the log
		r.Reverse, r.Before = true, in.Before
	} else if in.Before != 0 {
		return nil, fault.InvalidField("api.entries", "before", "does not go with after")
	}
	entries, more, err := a.Store.Entries(ctx, in.who(), in.ID, r)
	if err != nil {
		return nil, err
	}
	out := &entriesOutput{Body: EntryPage{Items: make([]wire.Event, len(entries)), More: more}}
	for i, e := range entries {
		out.Body.Items[i] = wire.FromEntry(e)
	}
	return out, nil
}

func (a *API) edit(ctx context.Context, in *editInput) (*Nothing, error) {
	return a.Do(ctx, in.InConversation, conversation.Edit, conversation.Content{Of: in.Seq, Text: in.Body.Text})
}

func (a *API) redact(ctx context.Context, in *redactInput) (*Nothing, error) {
	return a.Do(ctx, in.InConversation, conversation.Redact, conversation.Content{Of: in.Seq, Reason: in.Body.Reason})
}

func (a *API) versions(ctx context.Context, in *InMessage) (*versionsOutput, error) {
	found, err := a.Store.Versions(ctx, in.who(), in.ID, in.Seq)
	if err != nil {
		return nil, err
	}
	if found == nil {
		found = []conversation.Content{}
	}
	return &versionsOutput{Body: VersionList{Items: found}}, nil
}
