package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kefu/internal/domain/conversation"
	"kefu/internal/domain/desk"
	"kefu/internal/domain/identity"
)

// queryOf is a list as the store knows it.
func queryOf(l *desk.List, who identity.Principal, now time.Time) conversation.InboxQuery {
	q := conversation.InboxQuery{Statuses: l.Statuses, Teams: l.Teams, Codes: l.Codes, OwnTeams: l.View == desk.Teams && l.Assignee == "", Filter: conversation.Filter{
		Priorities: l.Priorities, Tags: l.Tags, Languages: l.Languages, Channels: l.Channels, Unread: l.Unread,
	}}
	if len(q.Statuses) == 0 {
		q.Statuses = []conversation.Status{conversation.Open}
	}
	if l.WaitsMinutes > 0 {
		q.Filter.WaitsSince = now.Add(-time.Duration(l.WaitsMinutes) * time.Minute).UnixMicro()
	}
	switch {
	case l.Assignee != "":
		q.Assignee.ID = l.Assignee
	case l.View == desk.Mine:
		q.Assignee.ID = who.ID
	case l.View == desk.Unassigned:
	default:
		q.Assignee.Any = true
	}
	q.Mentioned = l.View == desk.Mentions
	q.Due = l.Order == desk.ByDue && !q.Mentioned // the notes have an order of their own
	return q
}

type inboxInput struct {
	Caller
	View   string              `query:"view" enum:"mine,unassigned,teams,all" default:"all" doc:"whose conversations; teams: of the teams that the caller is in"`
	Status conversation.Status `query:"status" enum:"open,waiting,snoozed,resolved" default:"open"`
	Cursor string              `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int                 `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type findInboxInput struct {
	Caller
	Body struct {
		List   desk.List `json:"list"`
		Cursor string    `json:"cursor,omitempty" maxLength:"64" doc:"next of the page before"`
		Before string    `json:"before,omitempty" maxLength:"64" doc:"in place of cursor: read the page that ends above this place, which a line's own cursor names"`
		Limit  int       `json:"limit,omitempty" minimum:"1" maximum:"100" default:"50"`
	}
}

// ConversationPage is a page of the inbox, the most recently active first.
type ConversationPage struct {
	Items []Conversation `json:"items" nullable:"false"`
	Next  string         `json:"next,omitempty" doc:"the cursor to go on with, when there may be more; a page that a filter has left short, or empty, has one too"`
}

type inboxOutput struct{ Body ConversationPage }

type countsInput struct {
	Caller
	Body struct {
		Lists []desk.List `json:"lists" nullable:"false" maxItems:"40"`
	}
}

// ListCount is how many conversations a list holds.
type ListCount struct {
	N    int  `json:"n" doc:"as far as was counted, at most 99"`
	More bool `json:"more" doc:"there are more, or may be"`
}

// ListCounts are the counts of the lists that were asked for, in their order.
type ListCounts struct {
	Items []ListCount `json:"items" nullable:"false"`
}

type countsOutput struct{ Body ListCounts }

// Mentions are the conversations in which a note names the caller, who has not
// been there since.
type Mentions struct {
	Conversations []string `json:"conversations" nullable:"false"`
}

type mentionsInput struct{ Caller }

type mentionsOutput struct{ Body Mentions }

func (a *API) addConversations() {
	add(a, huma.Operation{
		OperationID: "conversations", Method: http.MethodGet, Path: "/v1/conversations",
		Summary: "List the inbox", Tags: []string{"conversations"},
	}, a.inbox)
	add(a, huma.Operation{
		OperationID: "find-conversations", Method: http.MethodPost, Path: "/v1/conversations/find",
		Summary: "List the conversations of the inbox that fit", Tags: []string{"conversations"}, Metadata: Reading(),
	}, a.findInbox)
	add(a, huma.Operation{
		OperationID: "conversation-counts", Method: http.MethodPost, Path: "/v1/conversations/counts",
		Summary: "Count lists of the inbox", Tags: []string{"conversations"}, Metadata: Reading(),
	}, a.counts)
	add(a, huma.Operation{
		OperationID: "change-conversations", Method: http.MethodPost, Path: "/v1/conversations/changes",
		Summary: "Change many conversations at once", Tags: []string{"conversations"},
	}, a.changeMany)
	add(a, huma.Operation{
		OperationID: "conversation", Method: http.MethodGet, Path: "/v1/conversations/{id}",
		Summary: "Read the inbox line of one conversation", Tags: []string{"conversations"},
	}, a.conversation)
	add(a, huma.Operation{
		OperationID: "mentions", Method: http.MethodGet, Path: "/v1/mentions",
		Summary: "Read where one is named in notes and has not looked", Tags: []string{"conversations"},
	}, a.mentions)
	add(a, Change(http.MethodDelete, "mention", "see-mention", "Say that one has seen where one was named"), func(ctx context.Context, in *InConversation) (*Nothing, error) {
		return &Nothing{}, a.Store.SeeMention(ctx, in.who(), in.ID)
	})
}

func (a *API) inbox(ctx context.Context, in *inboxInput) (*inboxOutput, error) {
	list := desk.List{View: in.View, Statuses: []conversation.Status{in.Status}}
	return a.page(ctx, in.who(), list, in.Cursor, "", in.Limit)
}

func (a *API) findInbox(ctx context.Context, in *findInboxInput) (*inboxOutput, error) {
	b := &in.Body
	return a.page(ctx, in.who(), b.List, b.Cursor, b.Before, b.Limit)
}

func (a *API) page(ctx context.Context, who identity.Principal, list desk.List, cursor, before string, limit int) (*inboxOutput, error) {
	q := queryOf(&list, who, a.Clock())
	q.Limit = limit
	var err error
	if q.After, err = parseCursor("cursor", cursor); err != nil {
		return nil, err
	}
	if q.Before, err = parseCursor("before", before); err != nil {
		return nil, err
	}
	page, err := a.Store.Inbox(ctx, who, q)
	if err != nil {
		return nil, err
	}
	out := &inboxOutput{Body: ConversationPage{Items: make([]Conversation, len(page.Lines))}}
	if page.Next.ConversationID != "" {
		out.Body.Next = cursorOf(page.Next)
	}
	for i := range page.Lines {
		out.Body.Items[i] = conversationOfLine(&page.Lines[i])
		out.Body.Items[i].Cursor = cursorOf(page.Lines[i].Key)
	}
	return out, a.addClocks(ctx, who, out.Body.Items)
}

func (a *API) counts(ctx context.Context, in *countsInput) (*countsOutput, error) {
	queries := make([]conversation.InboxQuery, len(in.Body.Lists))
	for i := range in.Body.Lists {
		queries[i] = queryOf(&in.Body.Lists[i], in.who(), a.Clock())
	}
	counts, err := a.Store.Counts(ctx, in.who(), queries)
	if err != nil {
		return nil, err
	}
	out := &countsOutput{Body: ListCounts{Items: make([]ListCount, len(counts))}}
	for i, c := range counts {
		out.Body.Items[i] = ListCount{N: c.N, More: c.More}
	}
	return out, nil
}

func (a *API) mentions(ctx context.Context, in *mentionsInput) (*mentionsOutput, error) {
	ids, err := a.Store.UnseenMentions(ctx, in.who())
	if err != nil {
		return nil, err
	}
	return &mentionsOutput{Body: Mentions{Conversations: ids}}, nil
}
