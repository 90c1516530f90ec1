package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/identity"
	"kefu/internal/domain/policy"
	"kefu/internal/domain/wrapup"
	"kefu/internal/platform/fault"
)

type assigneeInput struct {
	InConversation
	Body struct {
		StaffID *string `json:"staff_id" nullable:"true" maxLength:"26" doc:"null: nobody"`
	}
}

type statusInput struct {
	InConversation
	Body struct {
		Status conversation.Status `json:"status" enum:"open,waiting,snoozed,resolved"`
		Until  int64               `json:"until,omitempty" minimum:"0" doc:"of snoozed: when it comes back"`
		WrapUp string              `json:"wrap_up,omitempty" maxLength:"2000" doc:"of resolved: what was done; customers do not see it"`
		Code   string              `json:"code,omitempty" maxLength:"26" doc:"of resolved: the id of a wrap-up code, what it was about and how it ended; 422 with the field code when it is not for such a conversation, or is missing where one has to be chosen"`
		Undo   bool                `json:"undo,omitempty" doc:"of one that was resolved within the last minute: that is taken back, and counts as no reopening"`
		Seen   int64               `json:"seen,omitempty" minimum:"0" doc:"the newest entry that the caller has on screen: 409 with the field seen when the customer has written after it, unless the status is open"`
	}
}

type wrapUpInput struct {
	InConversation
	Body struct {
		Code   string `json:"code" maxLength:"26" doc:"the id of a wrap-up code; empty: none"`
		WrapUp string `json:"wrap_up,omitempty" maxLength:"2000" doc:"what is noted beside it"`
	}
}

// codeRef names a wrap-up code by its id; its name follows from the settings.
func codeRef(id string) *wrapup.Ref {
	if id == "" {
		return nil
	}
	return &wrapup.Ref{ID: id}
}

type priorityInput struct {
	InConversation
	Body struct {
		Priority conversation.Priority `json:"priority" enum:"low,normal,high,urgent"`
	}
}

type tagsInput struct {
	InConversation
	Body struct {
		Tags []string `json:"tags" nullable:"false" maxItems:"20"`
	}
}

type topicInput struct {
	InConversation
	Body struct {
		Topic string `json:"topic" maxLength:"120"`
	}
}

type languageInput struct {
	InConversation
	Body struct {
		Language string `json:"language" maxLength:"35" doc:"a BCP 47 tag, or nothing"`
	}
}

type draftInput struct {
	InConversation
	Body DraftView
}

// DraftView is an answer or a note that is being written.
type DraftView struct {
	Text string `json:"text" maxLength:"8000"`
	Note bool   `json:"note,omitempty" doc:"it is a note: customers must not see it"`
}

type draftOutput struct{ Body DraftView }

type mergeInput struct {
	InConversation
	Body struct {
		Into string `json:"into" minLength:"26" maxLength:"26" doc:"the conversation to go on in, of the same customer"`
	}
}

// Nothing is the answer that says no more than that it was done.
type Nothing struct{}

// Change is an operation on one conversation, at a path below it.
func Change(method, what, id, summary string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: "/v1/conversations/{id}/" + what, Summary: summary, Tags: []string{"conversations"},
	}
}

func (a *API) addChanges() {
	add(a, Change(http.MethodPut, "assignee", "assign", "Give the conversation to somebody, or to nobody"), a.assign)
	add(a, Change(http.MethodPut, "status", "set-status", "Set whose turn it is"), func(ctx context.Context, in *statusInput) (*Nothing, error) {
		b := in.Body
		content := conversation.Content{Status: b.Status, Until: b.Until, WrapUp: b.WrapUp, Code: codeRef(b.Code), Undo: b.Undo}
		_, err := a.Intake.Do(ctx, in.who(), in.ID, conversation.Command{Kind: conversation.SetStatus, Seq: b.Seen, Content: content})
		return &Nothing{}, err
	})
	add(a, Change(http.MethodPut, "wrap-up", "set-wrap-up", "Say anew what a resolved conversation was about and how it ended"), func(ctx context.Context, in *wrapUpInput) (*Nothing, error) {
		return a.Do(ctx, in.InConversation, conversation.SetWrapUp, conversation.Content{Code: codeRef(in.Body.Code), WrapUp: in.Body.WrapUp})
	})
	add(a, Change(http.MethodPut, "priority", "set-priority", "Set the priority"), func(ctx context.Context, in *priorityInput) (*Nothing, error) {
		return a.Do(ctx, in.InConversation, conversation.SetPriority, conversation.Content{Priority: in.Body.Priority})
	})
	add(a, Change(http.MethodPut, "tags", "set-tags", "Replace the tags"), func(ctx context.Context, in *tagsInput) (*Nothing, error) {
		return a.Do(ctx, in.InConversation, conversation.SetTags, conversation.Content{Tags: in.Body.Tags})
	})
	add(a, Change(http.MethodPut, "topic", "set-topic", "Set the topic"), func(ctx context.Context, in *topicInput) (*Nothing, error) {
		return a.Do(ctx, in.InConversation, conversation.SetTopic, conversation.Content{Topic: in.Body.Topic})
	})
	add(a, Change(http.MethodPut, "language", "set-language", "Set the language"), func(ctx context.Context, in *languageInput) (*Nothing, error) {
		return a.Do(ctx, in.InConversation, conversation.SetLanguage, conversation.Content{Language: in.Body.Language})
	})
	add(a, Change(http.MethodGet, "draft", "draft", "Read one's own unfinished answer or note"), a.draft)
	add(a, Change(http.MethodPut, "draft", "save-draft", "Keep an unfinished answer or note"), a.saveDraft)
	add(a, Change(http.MethodPost, "merge", "merge", "Let the conversation go on in another one"), a.merge)
	add(a, Change(http.MethodDelete, "merge", "unmerge", "Take a merge back"), a.unmerge)
}

// Do applies a command that is not a message.
func (a *API) Do(ctx context.Context, in InConversation, kind conversation.CommandKind, content conversation.Content) (*Nothing, error) {
	_, err := a.Intake.Do(ctx, in.who(), in.ID, conversation.Command{Kind: kind, Content: content})
	return &Nothing{}, err
}

func (a *API) assign(ctx context.Context, in *assigneeInput) (*Nothing, error) {
	content := conversation.Content{}
	if in.Body.StaffID != nil {
		member, err := a.Assignable(ctx, in.who(), *in.Body.StaffID)
		if err != nil {
			return nil, err
		}
		content.Staff = member
	}
	return a.Do(ctx, in.InConversation, conversation.Assign, content)
}

// Assignable finds somebody who can answer. Errors: Invalid when nobody has the id.
func (a *API) Assignable(ctx context.Context, p identity.Principal, staffID string) (*conversation.StaffRef, error) {
	const op = "api.Assignable"
	member, err := a.Store.StaffByID(ctx, p, staffID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	would := identity.Principal{Kind: identity.Staff, ID: member.ID, Role: member.Role}
	if err != nil || member.DisabledAt != 0 || !policy.Allow(would, policy.SendMessage, policy.Whosever(would.ID)) {
		return nil, fault.InvalidField(op, "staff_id", "names nobody who could answer")
	}
	return &conversation.StaffRef{ID: member.ID, Name: member.Alias}, nil
}

func (a *API) draft(ctx context.Context, in *InConversation) (*draftOutput, error) {
	d, err := a.Store.Draft(ctx, in.who(), in.ID)
	if err != nil {
		return nil, err
	}
	return &draftOutput{Body: DraftView(d)}, nil
}

func (a *API) saveDraft(ctx context.Context, in *draftInput) (*Nothing, error) {
	return &Nothing{}, a.Intake.Draft(ctx, in.who(), in.ID, conversation.Draft(in.Body))
}

func (a *API) merge(ctx context.Context, in *mergeInput) (*Nothing, error) {
	return &Nothing{}, a.Intake.Merge(ctx, in.who(), in.ID, in.Body.Into)
}

func (a *API) unmerge(ctx context.Context, in *InConversation) (*Nothing, error) {
	return &Nothing{}, a.Intake.Unmerge(ctx, in.who(), in.ID)
}
